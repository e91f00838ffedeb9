"""Reply bodies of real orgs that others kept as fixtures: ours have the same members, types and codes.

The fixtures are trimmed, so ours may have more members; values are invented and not compared, codes are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

#: Our fields and ids where the fixtures have made-up ones.
_LOOSE = {"records", "sobjects", "attributes", "columns", "results"}


def fixtures(samples: Path) -> dict[str, Any]:
    return dict(json.loads((samples / "salesforce" / "restforce-fixtures.json").read_text("utf-8"))["data"])


def assert_like(mine: Any, real: Any, where: str = "") -> None:
    """``mine`` has at least the members of ``real``, of the same JSON types, and the same codes."""
    if isinstance(real, dict):
        assert isinstance(mine, dict), where
        assert set(real) <= set(mine), (where, set(real) - set(mine))
        for key, value in real.items():
            if key in {"errorCode", "error", "success", "done"}:
                assert mine[key] == value, (where, key)
            elif key not in _LOOSE:
                assert_like(mine[key], value, f"{where}.{key}")
    elif isinstance(real, list):
        assert isinstance(mine, list), where
        if real:
            assert mine, where
            assert_like(mine[0], real[0], f"{where}[0]")
    elif real is not None and mine is not None:
        number = isinstance(real, int | float) and not isinstance(real, bool)
        assert isinstance(mine, (int, float) if number else type(real)), (where, mine, real)


#: fixture -> (method, path, body, status); ``{span}`` stands for a year that holds the deletion of one account.
_CALLS: dict[str, tuple[str, str, Any, int]] = {
    "services_data_success_response.json": ("GET", "/services/data", None, 200),
    "sobject/create_success_response.json": ("POST", "sobjects/Account", {"Name": "x"}, 201),
    "sobject/delete_error_response.json": ("DELETE", "sobjects/Account/rid", None, 404),
    "sobject/get_deleted_success_response.json": ("GET", "sobjects/Account/deleted/?{span}", None, 200),
    "sobject/get_updated_success_response.json": ("GET", "sobjects/Account/updated/?{span}", None, 200),
    "sobject/list_sobjects_success_response.json": ("GET", "sobjects", None, 200),
    "sobject/org_query_response.json": ("GET", "query?q=SELECT Id FROM Organization", None, 200),
    "sobject/query_aggregate_success_response.json": (
        "GET",
        "query?q=SELECT AccountId, SUM(Amount) FROM Opportunity GROUP BY AccountId",
        None,
        200,
    ),
    "sobject/query_empty_response.json": ("GET", "query?q=SELECT Id FROM Account LIMIT 0", None, 200),
    "sobject/query_error_response.json": ("GET", "query?q=SELECT Nope FROM Account", None, 400),
    "sobject/query_paginated_first_page_response.json": ("GET", "query?q=SELECT Name FROM Contact", None, 200),
    "sobject/query_success_response.json": ("GET", "query?q=SELECT Name, Parent.Name FROM Account", None, 200),
    "sobject/search_error_response.json": ("GET", "search?q=bar", None, 400),
    "sobject/sobject_find_error_response.json": ("GET", "sobjects/Account/23foo", None, 404),
    "sobject/upsert_created_success_response.json": ("PATCH", "sobjects/UpsertTable__c/ExtId__c/n", {}, 201),
    "sobject/upsert_error_response.json": ("PATCH", "sobjects/UpsertTable__c/Namez/x", {}, 404),
    "sobject/write_error_response.json": ("POST", "sobjects/Account", {"foo": 1}, 400),
    "expired_session_response.json": ("GET", "limits", None, 401),
}


@pytest.mark.parametrize("name", sorted(_CALLS))
async def test_a_reply_has_the_recorded_shape(open_org: Any, samples: Path, name: str) -> None:
    org = await open_org(**({"query_batch": 2} if "paginated" in name else {}))
    method, path, body, status = _CALLS[name]
    gone = org.sandbox.insert("Account", {"Name": "gone"})
    org.sandbox.delete("Account", gone)
    now = org.sandbox.clock.now()
    span = f"start={now:%Y-%m-%dT%H:%M:00Z}&end={now.replace(year=now.year + 1, day=1):%Y-%m-%dT%H:%M:00Z}"
    more = {"token": "dead"} if status == 401 else {}
    answer = await org.call(method, path.replace("{span}", span), json=body, **more)
    assert answer.status == status, answer.body
    real = fixtures(samples)[name]
    assert_like(answer.body, real)
    assert ("nextRecordsUrl" in answer.body) is ("nextRecordsUrl" in real)


@pytest.mark.parametrize(
    ("name", "form", "status"),
    [
        ("auth_success_response.json", {"grant_type": "password"}, 200),
        ("auth_error_response.json", {"grant_type": "password", "password": "wrong"}, 400),
        ("refresh_success_response.json", {"grant_type": "refresh_token"}, 200),
        ("reauth_success_response.json", {"grant_type": "refresh_token"}, 200),
        ("refresh_error_response.json", {"grant_type": "refresh_token", "refresh_token": "dead"}, 400),
    ],
)
async def test_token_replies(org: Any, samples: Path, name: str, form: dict[str, str], status: int) -> None:
    whole = {**org.sandbox.people(), **form}
    async with org.http.post(f"{org.sandbox.url}/services/oauth2/token", data=whole) as reply:
        assert reply.status == status
        assert_like(await reply.json(), fixtures(samples)[name])


async def test_several_rows_with_one_key(org: Any, samples: Path) -> None:
    real = fixtures(samples)["sobject/upsert_multiple_error_response.json"]
    for _ in range(2):
        org.sandbox.insert("Contact", {"LastName": "twin", "Email": "twin@example.com"})
    answer = await org.patch("sobjects/Contact/Email/twin@example.com", {"LastName": "x"})
    assert (answer.status, len(answer.body)) == (300, len(real))
    assert_like(answer.body, real)


async def test_one_record(org: Any, samples: Path) -> None:
    every = fixtures(samples)
    account = org.sandbox.insert("Account", {"Name": "one"})
    whole = (await org.get(f"sobjects/Account/{account}")).body
    part = (await org.get(f"sobjects/Account/{account}?fields=Name")).body
    assert set(whole["attributes"]) == set(every["sobject/sobject_find_success_response.json"]["attributes"])
    audit = {"Id", "OwnerId", "IsDeleted", "Name", "CreatedById", "LastModifiedById"}
    assert audit <= set(whole) & set(every["sobject/sobject_find_success_response.json"])
    assert set(part) == {"attributes", "Id", "Name"}
    assert len(every["sobject/sobject_select_success_response.json"]) == len(part)


async def test_recent_records_and_list_views(org: Any, samples: Path) -> None:
    every = fixtures(samples)
    account = (await org.post("sobjects/Account", {"Name": "seen"})).body["id"]
    await org.get(f"sobjects/Account/{account}")
    await org.get("query?q=SELECT Id, Name FROM Account FOR VIEW")
    assert_like((await org.get("recent")).body, every["sobject/recent_success_response.json"])
    found = (await org.get("search?q=FIND {seen} RETURNING Account(Id)")).body
    real = every["sobject/search_success_response.json"]
    assert_like(found["searchRecords"] if isinstance(found, dict) else found, real)
    views = (await org.get("sobjects/Account/listviews")).body["listviews"]
    results = (await org.get(f"sobjects/Account/listviews/{views[0]['id']}/results")).body
    assert_like(results, every["sobject/list_view_results_success_response.json"])
    assert_like(results["columns"], every["sobject/list_view_results_success_response.json"]["columns"])
