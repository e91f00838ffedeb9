"""sObject Collections (behaviour 28)."""

from __future__ import annotations

from typing import Any

import pytest

ROLLED_BACK = "ALL_OR_NONE_OPERATION_ROLLED_BACK"


def account(**fields: Any) -> dict[str, Any]:
    return {"attributes": {"type": "Account"}, **fields}


def codes(answer: Any) -> list[str]:
    assert answer.status == 200, answer.body
    return ["ok" if r["success"] else r["errors"][0]["statusCode"] for r in answer.body]


async def test_results_stand_in_request_order(org: Any, clock_text: Any) -> None:
    records = [
        account(Name="a"),
        {"attributes": {"type": "Event"}, "Subject": "no times"},
        {"attributes": {"type": "Event"}, "StartDateTime": clock_text(9), "DurationInMinutes": 5},
        account(Nothing="x"),
        {"Name": "no type"},
    ]
    answer = await org.post("composite/sobjects", {"records": records})
    assert codes(answer) == ["ok", "REQUIRED_FIELD_MISSING", "ok", "INVALID_FIELD", "INVALID_INPUT"]
    assert answer.body[0]["id"].startswith("001")
    assert answer.body[2]["id"].startswith("00U")
    assert set(answer.body[1]) == {"success", "errors"}
    assert set(answer.body[1]["errors"][0]) == {"statusCode", "message", "fields"}


async def test_all_or_none_rolls_back(org: Any) -> None:
    before = len(org.sandbox.rows("Account"))
    records = [account(Name="a"), account(Name=None), account(Name="c")]
    answer = await org.post("composite/sobjects", {"allOrNone": True, "records": records})
    assert codes(answer) == [ROLLED_BACK, "REQUIRED_FIELD_MISSING", ROLLED_BACK]
    assert len(org.sandbox.rows("Account")) == before


async def test_update(org: Any) -> None:
    ids = [r["Id"] for r in await org.records("SELECT Id FROM Account ORDER BY Id")]
    await org.delete(f"sobjects/Account/{ids[2]}")
    records = [
        account(id=ids[0], Site="x"),
        account(Id=ids[1][:15], Site="y"),
        account(id=ids[2], Site="z"),
        account(id="0015J0000000zzzQAA", Site="z"),
        account(id="nothing", Site="z"),
        account(Site="z"),
    ]
    answer = await org.patch("composite/sobjects", {"records": records})
    assert codes(answer) == [
        "ok",
        "ok",
        "ENTITY_IS_DELETED",
        "INVALID_CROSS_REFERENCE_KEY",
        "MALFORMED_ID",
        "MISSING_ARGUMENT",
    ]
    assert [r["id"] for r in answer.body[:2]] == ids[:2]
    assert [r["Site"] for r in org.sandbox.rows("Account")] == ["x", "y", None]


@pytest.mark.parametrize("version", ["45.0", "50.0", "67.0"])
async def test_upsert(org: Any, version: str) -> None:
    org.version = version
    kind = {"type": "UpsertTable__c"}
    path = "composite/sobjects/UpsertTable__c/ExtId__c"
    first = await org.patch(path, {"records": [{"attributes": kind, "ExtId__c": k, "Name": k} for k in "ab"]})
    assert [(r["success"], r["created"]) for r in first.body] == [(True, True), (True, True)]
    second = await org.patch(path, {"records": [{"attributes": kind, "ExtId__c": k, "Name": "n"} for k in "bc"]})
    assert [(r["id"] == first.body[1]["id"], r["created"]) for r in second.body] == [(True, False), (False, True)]
    mixed = [
        {"attributes": kind, "ExtId__c": "d", "Name": "n"},
        {"attributes": kind, "ExtId__c": "e", "OwnerId": "bad"},
    ]
    third = await org.patch(path, {"allOrNone": True, "records": mixed})
    assert codes(third) == [ROLLED_BACK, "MALFORMED_ID"]
    assert [r["created"] for r in third.body] == [True, True]
    assert len(org.sandbox.rows("UpsertTable__c")) == 3


async def test_upsert_by_id(org: Any) -> None:
    account_id = (await org.records("SELECT Id FROM Account LIMIT 1"))[0]["Id"]
    records = [account(Id=account_id, Site="x"), account(Id=None, Name="new"), account(Id="bad", Name="x")]
    answer = await org.patch("composite/sobjects/Account/Id", {"records": records})
    assert codes(answer) == ["ok", "ok", "MALFORMED_ID"]
    assert [r["created"] for r in answer.body] == [False, True, True]


async def test_delete(org: Any) -> None:
    ids = [await org.event() for _ in range(3)]
    answer = await org.delete("composite/sobjects", params={"ids": f"{ids[0]},00U5J0000000zzzUAA,x,{ids[1]}"})
    assert codes(answer) == ["ok", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID", "ok"]
    answer = await org.delete("composite/sobjects", params={"ids": f"{ids[2]},{ids[0]}", "allOrNone": "true"})
    assert codes(answer) == [ROLLED_BACK, "ENTITY_IS_DELETED"]
    assert [r["IsDeleted"] for r in org.sandbox.rows("Event")] == [True, True, False]
    assert [e.sobject for e in org.sandbox.org.store.delete_log] == ["Event", "Event"]


async def test_read(org: Any) -> None:
    ids = [r["Id"] for r in await org.records("SELECT Id FROM Account ORDER BY Id")]
    await org.delete(f"sobjects/Account/{ids[1]}")
    asked = f"{ids[0]},{ids[1]},{ids[2][:15]},x"
    got = (await org.get("composite/sobjects/Account", params={"ids": asked, "fields": "name"})).body
    posted = (await org.post("composite/sobjects/Account", {"ids": asked.split(","), "fields": ["Name"]})).body
    assert got == posted
    assert [r and (r["Id"], r["Name"]) for r in got] == [
        (ids[0], "Acme Harbour Works"),
        None,
        (ids[2], "Cedar Logistics"),
        None,
    ]


async def test_caps(org: Any) -> None:
    assert (await org.post("composite/sobjects", {"records": [account(Name="x")] * 201})).code == "EXCEEDED_ID_LIMIT"
    turns = [{"attributes": {"type": ("Account", "Contact")[n % 2]}, "Name": "x"} for n in range(11)]
    assert (await org.post("composite/sobjects", {"records": turns})).status == 400
    assert (await org.post("composite/sobjects", {"records": turns[:10]})).status == 200
    assert (await org.post("composite/sobjects", {"records": "x"})).status == 400
    assert (await org.delete("composite/sobjects")).status == 400


async def test_one_call_however_many_records(org: Any) -> None:
    used = org.sandbox.org.used_calls()
    answer = await org.post("composite/sobjects", {"records": [account(Name=f"n{n}") for n in range(200)]})
    assert codes(answer) == ["ok"] * 200
    assert org.sandbox.org.used_calls() == used + 1
