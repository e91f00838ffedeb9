"""Tests of deletes on the sandbox: a look before, already gone, an edit that lands in between, lost answers."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.sides.contract import Done, Gone, LostAnswer, Refused, Stale
from daemon.sides.salesforce.client import SalesforceClient
from tests.daemon.sides.salesforce.org_setting import Connected, delete, event


async def _records(org: Connected, count: int) -> list[Any]:
    keys = [org.sandbox.insert("Event", event(f"event {n}"), org.me) for n in range(count)]
    org.settle()
    return [await org.record(key) for key in keys]


async def test_many_in_a_look_a_delete_and_a_check(org: Connected) -> None:
    records = await _records(org, 20)
    org.sandbox.journal.clear()
    outcomes = await org.write(*(delete(record, record.key) for record in records))
    assert all(isinstance(outcome, Done) and outcome.stored is None for outcome in outcomes.values())
    assert org.events == []
    assert (len(org.sandbox.journal.writes), len(org.calls("queryAll"))) == (1, 2)


async def test_an_edited_event_is_not_deleted(org: Connected) -> None:
    kept, doomed = await _records(org, 2)
    org.sandbox.update("Event", kept.key, {"Subject": "edited"}, org.me)
    outcomes = await org.write(delete(kept, "kept"), delete(doomed, "doomed"))
    assert isinstance(outcomes["kept"], Stale)
    assert isinstance(outcomes["doomed"], Done)
    assert [row["Id"] for row in org.events] == [kept.key]


async def test_already_gone_is_done(org: Connected) -> None:
    binned, purged = await _records(org, 2)
    for record in (binned, purged):
        org.sandbox.delete("Event", record.key, org.me)
    org.sandbox.purge("Event", purged.key)
    org.sandbox.journal.clear()
    outcomes = await org.write(delete(binned, "binned"), delete(purged, "purged"))
    assert all(isinstance(outcome, Done) for outcome in outcomes.values())
    assert org.sandbox.journal.writes == []


async def test_out_of_sight_is_not_already_gone(org: Connected) -> None:
    (record,) = await _records(org, 1)
    org.sandbox.hide(record.key, org.me)
    refused = await org.one(delete(record))
    assert isinstance(refused, Refused)
    assert not refused.permanent


async def test_an_edit_between_look_and_delete_is_put_back(org: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    (record,) = await _records(org, 1)
    original = SalesforceClient.delete_rows

    async def edited_just_before(self: SalesforceClient, ids: Any) -> Any:
        org.sandbox.update("Event", record.key, {"Subject": "edited at the last moment"}, org.me)
        return await original(self, ids)

    monkeypatch.setattr(SalesforceClient, "delete_rows", edited_just_before)
    refused = await org.one(delete(record))
    assert isinstance(refused, Refused)
    assert refused.text.code == "salesforce.edited_while_deleting"
    (back,) = org.events
    assert (back["Subject"], back["StartDateTime"]) == (
        "edited at the last moment",
        event()["StartDateTime"].replace("Z", "+0000"),
    )
    assert isinstance((await org.side.look([record.key]))[record.key], Gone)


async def test_a_version_that_cannot_be_put_back_is_named(org: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    (record,) = await _records(org, 1)
    original = SalesforceClient.delete_rows

    async def edited_just_before(self: SalesforceClient, ids: Any) -> Any:
        org.sandbox.update("Event", record.key, {"Subject": "edited at the last moment"}, org.me)
        return await original(self, ids)

    monkeypatch.setattr(SalesforceClient, "delete_rows", edited_just_before)
    org.fail("composite/sobjects", "status", method="POST", status=503, body="<html/>")
    refused = await org.one(delete(record))
    assert isinstance(refused, Refused)
    assert refused.text.code == "salesforce.edited_while_deleting_lost"


@pytest.mark.parametrize("action", ["cut_after", "cut_before", "truncate"])
async def test_a_lost_answer_is_not_repeated(org: Connected, action: str) -> None:
    (record,) = await _records(org, 1)
    org.fail("composite/sobjects", action, method="DELETE")
    assert isinstance(await org.one(delete(record)), LostAnswer)
    assert len(org.calls("composite/sobjects", "DELETE")) == 1
    looked = (await org.side.look([record.key]))[record.key]
    assert isinstance(looked, Gone) == (action != "cut_before")


async def test_a_locked_row_is_tried_again(org: Connected) -> None:
    (record,) = await _records(org, 1)
    org.sandbox.lock_rows(1)
    assert isinstance(await org.one(delete(record)), Done)
    assert len(org.calls("composite/sobjects", "DELETE")) == 2


async def test_an_invitation_can_be_declined(org: Connected) -> None:
    other = org.sandbox.people(1)["user_id"]
    parent = org.sandbox.insert("Event", event("Review"), other)
    org.sandbox.insert("EventRelation", {"EventId": parent, "RelationId": org.me}, other)
    org.settle()
    (child,) = (await org.observe()).records
    assert isinstance(await org.one(delete(child)), Done)
    assert [row["Id"] for row in org.events] == [parent]
