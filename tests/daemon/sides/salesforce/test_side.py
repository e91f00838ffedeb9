"""Tests of the whole side on the sandbox: opening, what an org can hold, and a create, update and delete end to end."""

from __future__ import annotations

import pytest

from daemon.sides.contract import Done, Gone, Refused, SideUnavailable, WrongAccount
from daemon.sides.salesforce.oauth import TokenSet
from shared.states import Group
from tests.daemon.sides.salesforce.org_setting import Connect, Connected, create, day, delete, event, meeting, update


async def test_opening_tells_who_answers(connect: Connect) -> None:
    org: Connected = await connect(time_zone="America/Chicago")
    probe = await org.side.open()
    person = org.sandbox.people()
    assert probe.identity == f"salesforce:{person['org_id']}/{person['user_id']}"
    assert probe.zone == "America/Chicago"
    assert probe.name == "Jane Doe"
    (calendar,) = await org.side.calendars()
    assert (calendar.id, calendar.selected, calendar.can_write) == (person["user_id"], True, True)


async def test_capabilities_come_from_the_describe(connect: Connect) -> None:
    plain: Connected = await connect()
    holds = (await plain.side.open()).capabilities
    assert (holds.max_subject, holds.max_location, holds.max_description) == (255, 255, 32000)
    assert holds.show_as == {"busy", "free", "out_of_office"}
    assert holds.groups == frozenset(Group)
    assert (holds.max_days, holds.tombstones, holds.conditional_update, holds.keyed_create) == (14, True, True, False)
    hidden: Connected = await connect(hidden_fields=("Event.Location", "Event.ShowAs"))
    assert (await hidden.side.open()).capabilities.groups == frozenset(Group) - {Group.LOCATION, Group.SHOW_AS}


@pytest.mark.parametrize(
    ("features", "keyed"),
    [
        ({"key_field": True}, True),
        ({"key_field": True, "key_field_unique": False}, False),
        ({"key_field": False}, False),
    ],
)
async def test_keyed_creates_need_a_unique_key_field(connect: Connect, features: dict[str, bool], keyed: bool) -> None:
    org: Connected = await connect("daybridge_key__c", **features)
    assert (await org.side.open()).capabilities.keyed_create is keyed


async def test_create_update_and_delete(org: Connected) -> None:
    made = await org.one(
        create(meeting("Harbour visit", location="Pier 3", description="Bring\nboots", show_as="free"))
    )
    assert isinstance(made, Done)
    assert made.stored is not None
    assert org.sandbox.row("Event", made.key)["OwnerId"] == org.me
    image = made.stored.image
    assert (image.subject, image.location, image.description, image.show_as) == (
        "Harbour visit",
        "Pier 3",
        "Bring\nboots",
        "free",
    )
    assert (image.starts_at, image.ends_at) == (f"{day(3)}T09:00Z", f"{day(3)}T10:00Z")
    org.settle()

    moved = await org.one(update(made.stored, meeting("Harbour visit", offset=4), Group.TIME))
    assert isinstance(moved, Done), moved
    assert moved.stored is not None
    assert moved.stored.image.starts_at == f"{day(4)}T09:00Z"
    assert moved.stored.image.location == "Pier 3", "a group that is not named stays as it is"
    assert moved.version != made.version
    org.settle()

    gone = await org.one(delete(moved.stored))
    assert isinstance(gone, Done)
    assert gone.stored is None
    assert org.events == []
    assert isinstance((await org.side.look([made.key]))[made.key], Gone)


async def test_a_day_and_days(org: Connected) -> None:
    one = meeting("One day", starts_at=day(3), ends_at=day(4), all_day=True)
    three = meeting("Three days", starts_at=day(3), ends_at=day(6), all_day=True)
    outcomes = await org.write(create(one, "a"), create(three, "b"))
    for op_id, wanted, last in (("a", one, 3), ("b", three, 5)):
        outcome = outcomes[op_id]
        assert isinstance(outcome, Done)
        assert outcome.stored is not None
        image = outcome.stored.image
        assert (image.starts_at, image.ends_at, image.all_day) == (wanted.starts_at, wanted.ends_at, True)
        assert org.sandbox.row("Event", outcome.key)["EndDateTime"].startswith(day(last)), "the end is inclusive there"


async def test_a_refused_multi_day_event_teaches_the_side(connect: Connect) -> None:
    org: Connected = await connect(multiday=False)
    assert (await org.side.open()).capabilities.multi_day
    long = meeting("Fair", starts_at=f"{day(3)}T09:00Z", ends_at=f"{day(5)}T09:00Z")
    refused = await org.one(create(long))
    assert isinstance(refused, Refused)
    assert refused.permanent
    assert refused.text.code == "salesforce.refused.multi_day"
    assert not (await org.side.open()).capabilities.multi_day


async def test_a_quiet_run_is_one_call(org: Connected) -> None:
    org.sandbox.insert("Event", event(), org.me)
    first = await org.observe()
    known = {record.key: record for record in first.records}
    org.sandbox.journal.clear()
    quiet = await org.observe(first.coverage.bookmark, known)
    assert not quiet.full
    assert (quiet.records, dict(quiet.gone)) == ((), {})
    assert len(org.calls()) == 1


async def test_a_field_that_disappears_is_described_again(org: Connected) -> None:
    org.sandbox.insert("Event", event(), org.me)
    gone = '[{"message":"No such column","errorCode":"INVALID_FIELD"}]'
    org.fail("queryAll", "status", status=400, body=gone, content_type="application/json")
    assert len((await org.observe()).records) == 1
    assert [call.path.rpartition("/")[2] for call in org.calls("describe")] == ["describe"]
    org.fail("queryAll", "status", status=400, body=gone, content_type="application/json", skip=0)
    org.fail("queryAll", "status", status=400, body=gone, content_type="application/json", skip=1)
    with pytest.raises(SideUnavailable) as refused:
        await org.observe()
    assert "INVALID_FIELD" in refused.value.text.text


async def test_the_calls_of_this_program_are_counted(org: Connected) -> None:
    before = org.side.budget().used_by_us_24h
    await org.observe()
    meter = org.side.budget()
    assert meter.used_by_us_24h == before + 1
    assert meter.org_max == 15000
    assert meter.org_used is not None


async def test_links_of_a_before_image_come_back(org: Connected) -> None:
    contact = next(row["Id"] for row in org.sandbox.rows("Contact"))
    key = org.sandbox.insert("Event", event(WhoId=contact), org.me)
    record = await org.record(key)
    org.settle()
    assert isinstance(await org.one(delete(record)), Done)
    again = await org.one(create(record.image, raw=record.raw))
    assert isinstance(again, Done)
    assert again.key != key
    assert org.sandbox.row("Event", again.key)["WhoId"] == contact


async def test_a_link_that_is_not_allowed_is_dropped_once(org: Connected) -> None:
    key = org.sandbox.insert("Event", event(), org.me)
    record = await org.record(key)
    raw = record.raw.replace('"WhoId": null', '"WhoId": "003000000000000AAA"')
    assert raw != record.raw
    made = await org.one(create(meeting(), raw=raw))
    assert isinstance(made, Done), made
    assert org.sandbox.row("Event", made.key)["WhoId"] is None
    assert [row["Subject"] for row in org.events] == ["Visit", "Visit"]


async def test_nobody_answers(connect: Connect) -> None:
    org: Connected = await connect()
    await org.side.open()
    await org.sandbox.stop()
    with pytest.raises(SideUnavailable) as unreachable:
        await org.observe()
    assert unreachable.value.text.code == "salesforce.unreachable"


async def test_another_person_behind_the_same_side_is_refused(org: Connected) -> None:
    other = org.sandbox.people(1)
    await org.account.tokens.adopt(TokenSet(other["token"], other["refresh_token"], org.sandbox.url))
    with pytest.raises(WrongAccount):
        await org.side.open()
    side = org.account.side("UTC")
    assert (await side.open()).name == "Priya Nair"
    await side.close()
    await side.close()


async def test_the_zone_of_a_person_who_may_not_read_users(connect: Connect) -> None:
    org: Connected = await connect(time_zone="Asia/Tokyo")
    refused = '[{"message":"sObject type User is not supported","errorCode":"INVALID_TYPE"}]'
    org.fail("queryAll", "status", status=400, body=refused, content_type="application/json")
    probe = await org.side.open()
    assert (probe.zone, probe.name) == ("Asia/Tokyo", "Jane Doe")
