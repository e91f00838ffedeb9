"""What the server works out on an opportunity."""

from __future__ import annotations

from typing import Any

import pytest

_READ = (
    "Probability,IsClosed,IsWon,ForecastCategory,ForecastCategoryName,ExpectedRevenue,FiscalYear,FiscalQuarter,Fiscal"
)


@pytest.mark.parametrize(
    ("fields", "derived"),
    [
        ({"Amount": "12.5"}, (10, False, False, "Pipeline", "Pipeline", 1.25, 2026, 4, "2026 4")),
        ({"StageName": "Closed Won", "Amount": 8}, (100, True, True, "Closed", "Closed", 8, 2026, 4, "2026 4")),
        ({"StageName": "Closed Lost"}, (0, True, False, "Omitted", "Omitted", None, 2026, 4, "2026 4")),
        (
            {"ForecastCategoryName": "Commit", "CloseDate": "2027-03-31", "Probability": 33, "Amount": 100},
            (33, False, False, "Forecast", "Commit", 33, 2027, 1, "2027 1"),
        ),
    ],
)
async def test_an_opportunity(org: Any, fields: dict[str, Any], derived: tuple[Any, ...]) -> None:
    plain = {"Name": "Crane", "StageName": "Prospecting", "CloseDate": "2026-12-31"}
    made = await org.post("sobjects/Opportunity", {**plain, **fields})
    assert made.status == 201, made.body
    read = (await org.get(f"sobjects/Opportunity/{made.body['id']}?fields={_READ}")).body
    assert tuple(read[name] for name in _READ.split(",")) == derived


async def test_an_opportunity_moves_on(org: Any) -> None:
    made = await org.post(
        "sobjects/Opportunity", {"Name": "Crane", "StageName": "Closed Won", "CloseDate": "2026-12-31", "Amount": 10}
    )
    path = f"sobjects/Opportunity/{made.body['id']}"
    await org.patch(path, {"StageName": "Needs Analysis"})
    read = (await org.get(path)).body
    assert (read["Probability"], read["IsWon"], read["ForecastCategory"], read["ExpectedRevenue"]) == (
        20,
        False,
        "Pipeline",
        2,
    )
    refused = await org.patch(path, {"ExpectedRevenue": 1})
    assert (refused.status, refused.code) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE")
