"""What an org tells about itself."""

from __future__ import annotations

from typing import Any


async def test_limits_tabs_and_theme(org: Any) -> None:
    limits = (await org.get("limits")).body
    assert {"DailyApiRequests", "DataStorageMB", "FileStorageMB"} <= set(limits)
    assert all(entry["Remaining"] <= entry["Max"] for entry in limits.values())
    tabs = (await org.get("tabs")).body
    assert {"Event", "Account"} <= {tab["sobjectName"] for tab in tabs}
    assert all(tab["label"] and tab["url"].startswith(org.sandbox.url) for tab in tabs)
    items = (await org.get("theme")).body["themeItems"]
    assert {"Event", "Account"} <= {item["name"] for item in items}


async def test_the_organization_row_has_the_recorded_shape(org: Any, samples: Any) -> None:
    import json

    real = json.loads((samples / "salesforce" / "organization-record.json").read_text("utf-8"))["data"]
    mine = (await org.get(f"sobjects/Organization/{org.sandbox.people()['org_id']}")).body
    assert list(mine) == list(real)
    types = {key: type(value) for key, value in real.items() if value is not None}
    assert all(isinstance(mine[key], types[key]) for key in mine if key in types and mine[key] is not None)
    (row,) = await org.records("SELECT Id, Name FROM Organization")
    assert row["Id"] == org.sandbox.people()["org_id"]


async def test_the_people(org: Any) -> None:
    names = [org.sandbox.people(n)["username"] for n in range(4)]
    assert names[0] == "jane.doe@sales.example.com"
    rows = await org.records("SELECT Username, TimeZoneSidKey, IsActive, Profile.Name FROM User ORDER BY Id")
    assert [r["Username"] for r in rows] == names
    assert {r["IsActive"] for r in rows} == {True}
