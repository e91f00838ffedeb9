"""Tests of invitees: named where the org shows them, counted where it does not, one query more only when there are any."""

from __future__ import annotations

import pytest

from daemon.sides.contract import Done
from shared.states import Group
from tests.daemon.sides.salesforce.org_setting import Connected, delete, event, meeting, update

REFUSED = '[{"message":"No such column","errorCode":"INVALID_FIELD"}]'


def _invite(org: Connected) -> str:
    key = org.sandbox.insert("Event", event("Review"), org.me)
    contact = next(row["Id"] for row in org.sandbox.rows("Contact"))
    for person in (org.sandbox.people(1)["user_id"], contact):
        org.sandbox.insert("EventRelation", {"EventId": key, "RelationId": person}, org.me)
    org.settle()
    return key


async def test_invitees_are_named(org: Connected) -> None:
    key = _invite(org)
    org.sandbox.insert("Event", event("alone"), org.me)
    seen = {record.image.subject: record for record in (await org.observe()).records}
    assert [(one.name, one.email) for one in seen["Review"].image.invitees] == [
        ("Priya Nair", "priya.nair@example.com"),
        ("Mara Lindt", "mara.lindt@example.net"),
    ]
    assert seen["alone"].image.invitees == ()
    assert len(org.calls("queryAll")) == 2
    assert (await org.record(key)).digest == seen["Review"].digest


@pytest.mark.parametrize(
    ("refusals", "invitees"),
    [(1, [("Priya Nair", ""), ("Mara Lindt", "")]), (2, [("", ""), ("", "")]), (3, [("", "")])],
)
async def test_what_the_org_does_not_show(org: Connected, refusals: int, invitees: list[tuple[str, str]]) -> None:
    _invite(org)
    fault = {"status": 400, "body": REFUSED, "content_type": "application/json"}
    org.fail("queryAll", "status", skip=1, times=refusals, **fault)
    (record,) = (await org.observe()).records
    assert [(one.name, one.email) for one in record.image.invitees] == invitees


async def test_a_meeting_with_invitees_is_updated_and_deleted_like_any_other(org: Connected) -> None:
    key = _invite(org)
    done = await org.one(update(await org.record(key), meeting("Renamed"), Group.SUBJECT))
    assert isinstance(done, Done)
    assert done.stored is not None
    assert len(done.stored.image.invitees) == 2
    org.settle()
    assert isinstance(await org.one(delete(done.stored)), Done)


async def test_an_invitation_does_not_ask_for_the_others(org: Connected) -> None:
    other = org.sandbox.people(1)["user_id"]
    parent = org.sandbox.insert("Event", event("Review"), other)
    org.sandbox.insert("EventRelation", {"EventId": parent, "RelationId": org.me}, other)
    (child,) = (await org.observe()).records
    assert child.image.invitees == ()
    assert len(org.calls("queryAll")) == 1


async def test_who_is_invited_is_no_change(org: Connected) -> None:
    _invite(org)
    org.sandbox.clock.shift(3600)
    known = {record.key: record for record in (await org.observe()).records}
    again = await org.observe(known=known)
    assert again.records == ()
