"""Writing to a mail file: guarded, quiet, sent once, read back; conflicts, faults inside the server, lost answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from daemon.sandbox.faults import Fault
from daemon.sides.contract import Done, Gone, LostAnswer, Outcome, Refused, SideUnavailable, Stale, Write
from daemon.sides.notes.domino import DominoSide
from daemon.sync.trees import Record
from shared.models import Image
from shared.states import Group
from tests.daemon.sides.notes.domino_setting import (
    MAIL_FILE,
    by_key,
    calendar,
    opened,
    read,
    sandbox,
    vevent,
)
from tests.fakes.traces import sure_of

EVERY = frozenset(Group)
MEETING = (
    "SUMMARY:Meeting",
    "DESCRIPTION:Agenda",
    'ORGANIZER;CN="Jane Doe/Example":mailto:jane.doe@example.com',
    "ATTENDEE;ROLE=REQ-PARTICIPANT;CN=Ann:mailto:ann@example.com",
    "X-LOTUS-APPTTYPE:3",
)
NEW = Image(
    subject="Visit, planned; ü",
    location="Berlin",
    description="Line one\nLine two",
    starts_at="2026-03-12T10:00Z",
    ends_at="2026-03-12T11:30Z",
    show_as="tentative",
    reminder_minutes=20,
)


async def send(side: DominoSide, kind: str, **given: Any) -> Outcome:
    outcomes = [outcome async for outcome in side.write([Write("op", kind, **given)])]
    assert len(outcomes) == 1
    return outcomes[0]


async def change(side: DominoSide, record: Record, groups: set[Group], **fields: Any) -> Outcome:
    return await send(
        side,
        "update",
        key=record.key,
        expected_version=record.version,
        before=record.image,
        after=replace(record.image, **fields),
        groups=frozenset(groups),
    )


def shown(image: Image) -> Image:
    """The image without what the server adds."""
    return replace(image, id="", version="", zone=None)


async def test_a_created_entry_is_stored_as_wanted_and_read_back() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        outcome = await send(side, "create", after=NEW, create_key="intent-1", groups=EVERY)
        assert isinstance(outcome, Done)
        assert outcome.stored is not None
        assert shown(outcome.stored.image) == NEW
        assert outcome.stored.image.zone == "Europe/Berlin"
        assert by_key(await read(side))[outcome.key].version == outcome.version
        assert [record.key for record in await sure_of(side, Write("x", "create", create_key="intent-1"))] == [
            outcome.key
        ]
        assert server.outbox == []


@pytest.mark.parametrize("private", [True, False])
async def test_an_all_day_entry_is_created_with_an_exclusive_end(private: bool) -> None:
    image = Image(subject="Fair", starts_at="2026-03-12", ends_at="2026-03-14", all_day=True, private=private)
    async with sandbox() as (_server, url), opened(url) as side:
        outcome = await send(side, "create", after=image, create_key="k", groups=EVERY)
        assert isinstance(outcome, Done)
        assert outcome.stored is not None
        assert shown(outcome.stored.image) == image
        assert outcome.stored.entry_type == "all_day"


async def test_a_repeated_create_adopts_what_the_first_attempt_made() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        await side.open()
        server.faults.add(Fault("POST", "/events$", "cut_after"))
        lost = await send(side, "create", after=NEW, create_key="intent-1", groups=EVERY)
        assert isinstance(lost, LostAnswer)
        again = await send(side, "create", after=NEW, create_key="intent-1", groups=EVERY)
        assert isinstance(again, Done)
        assert len((await read(side)).records) == 1
        assert len(server.journal.calls("POST", "/events$")) == 2


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
@pytest.mark.parametrize("action", ["cut_before", "cut_after"])
async def test_a_write_goes_over_the_wire_once(method: str, action: Any) -> None:
    """aiohttp would send PUT and DELETE a second time by itself."""
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a", "SUMMARY:One")))
        record = by_key(await read(side))["a#"]
        server.faults.add(Fault(method, "/events", action))
        match method:
            case "PUT":
                outcome = await change(side, record, {Group.SUBJECT}, subject="Two")
            case "DELETE":
                outcome = await send(side, "delete", key="a#", expected_version=record.version)
            case _:
                outcome = await send(side, "create", after=NEW, create_key="k", groups=EVERY)
        assert isinstance(outcome, LostAnswer)
        assert len(server.journal.calls(method, "/events")) == 1


@pytest.mark.parametrize(
    ("groups", "fields"),
    [
        ({Group.SUBJECT}, {"subject": "Other"}),
        ({Group.LOCATION}, {"location": "There"}),
        ({Group.LOCATION}, {"location": ""}),
        ({Group.DESCRIPTION}, {"description": "New\ntext"}),
        ({Group.DESCRIPTION}, {"description": ""}),
        ({Group.TIME}, {"starts_at": "2026-03-11T07:00Z", "ends_at": "2026-03-11T07:45Z"}),
        ({Group.TIME}, {"starts_at": "2026-03-11", "ends_at": "2026-03-13", "all_day": True}),
        ({Group.SHOW_AS}, {"show_as": "free"}),
        ({Group.SHOW_AS}, {"show_as": "tentative"}),
        ({Group.REMINDER}, {"reminder_minutes": 30}),
        ({Group.REMINDER}, {"reminder_minutes": None}),
        ({Group.PRIVACY}, {"private": True}),
        ({Group.SUBJECT, Group.TIME}, {"subject": "Both", "starts_at": "2026-03-10T08:30Z"}),
    ],
)
async def test_an_update_changes_its_groups_and_nothing_else(groups: set[Group], fields: dict[str, Any]) -> None:
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT10M\r\nEND:VALARM"
    entry = vevent("a", *MEETING, "LOCATION:Here", "CATEGORIES:Sales", alarm)
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(entry))
        record = by_key(await read(side))["a#"]
        outcome = await change(side, record, groups, **fields)
        assert isinstance(outcome, Done)
        assert outcome.stored is not None
        assert shown(outcome.stored.image) == shown(replace(record.image, **fields))
        assert outcome.stored.image.invitees == record.image.invitees
        assert server.outbox == [], "nobody is told"


async def test_only_the_named_groups_are_taken_from_the_wanted_image() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a", "SUMMARY:One", "LOCATION:Here")))
        record = by_key(await read(side))["a#"]
        outcome = await change(side, record, {Group.SUBJECT}, subject="Two", location="Elsewhere")
        assert isinstance(outcome, Done)
        assert outcome.stored is not None
        assert (outcome.stored.image.subject, outcome.stored.image.location) == ("Two", "Here")


async def test_a_description_that_is_not_to_change_is_not_sent() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a", *MEETING)))
        record = by_key(await read(side))["a#"]
        await change(side, record, {Group.SUBJECT}, subject="Two")
        (sent,) = server.journal.calls("PUT")
        assert "Agenda" not in sent.body
        assert by_key(await read(side))["a#"].image.description == "Agenda"


@pytest.mark.parametrize("attached", [False, True])
async def test_a_server_that_keeps_an_emptied_description(attached: bool) -> None:
    extra = ("X-LOTUS-HASATTACH:1",) if attached else ()
    async with sandbox(empty_description="keeps") as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a", *MEETING, *extra)))
        record = by_key(await read(side))["a#"]
        outcome = await change(side, record, {Group.DESCRIPTION}, description="")
        assert isinstance(outcome, Done)
        assert outcome.stored is not None
        # A complete replacement would take the files away, so the text stays where there are some.
        assert outcome.stored.image.description == ("Agenda" if attached else "")
        literally = [call for call in server.journal.calls("PUT") if "literally=true" in call.query]
        assert len(literally) == (0 if attached else 1)


async def test_one_date_is_changed_and_its_neighbours_stay() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("s", "SUMMARY:Daily", "DESCRIPTION:Text", "RRULE:FREQ=DAILY;COUNT=4")))
        before = by_key(await read(side))
        keys = sorted(before)
        moved = await change(
            side, before[keys[1]], {Group.TIME}, starts_at="2026-03-11T15:00Z", ends_at="2026-03-11T16:00Z"
        )
        assert isinstance(moved, Done)
        assert moved.key == keys[1]
        # The neighbour's version still holds, although the whole series was stored anew.
        renamed = await change(side, before[keys[2]], {Group.SUBJECT}, subject="Special")
        assert isinstance(renamed, Done)
        again = await change(side, before[keys[2]], {Group.SUBJECT}, subject="Other")
        assert isinstance(again, Stale)
        after = by_key(await read(side))
        assert sorted(after) == keys
        assert [after[key].image.starts_at[11:16] for key in keys] == ["09:00", "15:00", "09:00", "09:00"]
        assert [after[key].image.subject for key in keys] == ["Daily", "Daily", "Special", "Daily"]
        assert {after[key].image.description for key in keys} == {"Text"}
        assert {key: after[key].version for key in (keys[0], keys[3])} == {
            key: before[key].version for key in (keys[0], keys[3])
        }


async def test_one_date_is_deleted_and_its_neighbours_stay() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("s", *MEETING, "RRULE:FREQ=DAILY;COUNT=3")))
        before = by_key(await read(side))
        key = "s#20260311T090000Z"
        outcome = await send(side, "delete", key=key, expected_version=before[key].version)
        assert outcome == Done("op", key, "", None)
        assert sorted(by_key(await read(side))) == ["s#20260310T090000Z", "s#20260312T090000Z"]
        assert server.outbox == []


async def test_a_second_delete_is_done_too() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a", *MEETING)))
        record = by_key(await read(side))["a#"]
        for _attempt in range(2):
            outcome = await send(side, "delete", key="a#", expected_version=record.version)
            assert outcome == Done("op", "a#", "", None)
        assert len(server.journal.calls("DELETE")) == 1
        assert server.outbox == []


@pytest.mark.parametrize("kind", ["update", "delete"])
@pytest.mark.parametrize("interference", ["edit", "body", "move", "touch"])
async def test_what_changed_meanwhile_is_not_written_over(kind: str, interference: str) -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a", "SUMMARY:One", "DESCRIPTION:Old")))
        record = by_key(await read(side))["a#"]
        match interference:
            case "edit":
                server.desk.edit("a", {"SUMMARY": "Theirs"})
            case "body":
                server.desk.edit("a", {"DESCRIPTION": "Theirs"})
            case "move":
                server.desk.move("a", timedelta(hours=1))
            case _:
                server.touch("a")
        if kind == "update":
            outcome = await change(side, record, {Group.SUBJECT}, subject="Ours")
        else:
            outcome = await send(side, "delete", key="a#", expected_version=record.version)
        assert outcome == Stale("op")
        assert server.journal.calls("PUT") + server.journal.calls("DELETE") == []


async def test_an_update_of_what_is_gone_is_stale() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a"), vevent("s", "RRULE:FREQ=DAILY;COUNT=3")))
        records = by_key(await read(side))
        server.desk.remove("a")
        server.desk.remove("s", "20260311T090000Z")
        for key in ("a#", "s#20260311T090000Z"):
            assert await change(side, records[key], {Group.SUBJECT}, subject="Ours") == Stale("op")


def answer(status: int, number: int | None = None, message: str = "No") -> dict[str, Any]:
    code = f',"cserror":{number}' if number else ""
    body = f'{{"code":{status}{code},"message":"{message}","data":"secret trace"}}'
    return {"action": "status", "status": status, "body": body, "content_type": "application/json"}


REFUSALS: dict[str, tuple[dict[str, Any], type[Outcome], str, bool]] = {
    "newer version": (answer(409, 1027), Stale, "", False),
    "personal changes": (answer(409, 1030), Refused, "conflict", True),
    "gone in between": (answer(404, 1031), Stale, "", False),
    "not supported": (answer(400, 1028), Refused, "not_supported", True),
    "invalid": (answer(400, 1034), Refused, "invalid_entry", True),
    "other": (answer(400), Refused, "refused", True),
    "wrong type": (answer(415), Refused, "invalid_entry", True),
    "read only": (answer(403), Refused, "read_only", True),
    "busy": (answer(503), Refused, "try_later", False),
    "inner failure": (answer(500, 1024), LostAnswer, "", False),
    "gateway": ({"action": "status", "status": 502, "body": "<html>"}, LostAnswer, "", False),
    "notices, not stored": (answer(500, 1026), Refused, "notices_failed", False),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_what_the_server_says_to_an_update(name: str) -> None:
    fault, kind, code, permanent = REFUSALS[name]
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a", "SUMMARY:One")))
        record = by_key(await read(side))["a#"]
        server.faults.add(Fault("PUT", "/events/a$", times=9, **fault))
        outcome = await change(side, record, {Group.SUBJECT}, subject="Two")
        assert isinstance(outcome, kind)
        if isinstance(outcome, Refused):
            assert (outcome.code, outcome.permanent) == (code, permanent)
            assert "trace" not in outcome.text.text


@pytest.mark.parametrize("kind", ["create", "update", "delete"])
async def test_notices_that_could_not_be_sent_are_looked_into(kind: str) -> None:
    """Code 1026: the server stored the change and then failed; the write counts as done, without a second one."""
    fault = answer(500, 1026)
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a", "SUMMARY:One")))
        record = by_key(await read(side))["a#"]
        # Stored behind the back, then the failing answer: what 1026 is.
        if kind == "update":
            server.faults.add(Fault("PUT", "/events", **fault))
            outcome = await _stored_then_1026(server, side, record)
        elif kind == "create":
            done = await send(side, "create", after=NEW, create_key="k", groups=EVERY)
            assert isinstance(done, Done)
            server.faults.add(Fault("POST", "/events$", **fault))
            outcome = await send(side, "create", after=NEW, create_key="k", groups=EVERY)
        else:
            server.faults.add(Fault("DELETE", "/events", **fault))
            outcome = await send(side, "delete", key="a#", expected_version=record.version)
            assert isinstance(outcome, Refused), "it is still there"
            return
        assert isinstance(outcome, Done)
        assert not outcome.was_there, "it was this very request that stored it"


async def _stored_then_1026(server: Any, side: DominoSide, record: Record) -> Outcome:
    """Wants what the entry already holds, so that the look after the failure finds it stored."""
    return await change(side, record, {Group.SUBJECT}, subject="One")


async def test_a_reader_is_refused_with_a_sentence() -> None:
    async with sandbox() as (server, url), opened(url, "rreader", "rick-secret-3", calendar=MAIL_FILE) as side:
        server.load(MAIL_FILE, calendar(vevent("a", "SUMMARY:One")))
        record = by_key(await read(side))["a#"]
        outcome = await change(side, record, {Group.SUBJECT}, subject="Two")
        assert isinstance(outcome, Refused)
        assert (outcome.code, outcome.permanent) == ("read_only", True)


async def test_a_server_that_goes_away_ends_the_writes_unsent() -> None:
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a"), vevent("b")))
        records = by_key(await read(side))
        server.faults.add(Fault("GET", "/events/a$", "cut_before", 9))
        with pytest.raises(SideUnavailable):
            await change(side, records["a#"], {Group.SUBJECT}, subject="Two")
        assert server.journal.calls("PUT") == []


async def test_every_write_is_quiet() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("m", *MEETING), vevent("s", *MEETING, "RRULE:FREQ=DAILY;COUNT=3")))
        records = by_key(await read(side))
        for key in ("m#", "s#20260311T090000Z"):
            outcome = await change(
                side, records[key], {Group.TIME}, starts_at="2026-03-20T09:00Z", ends_at="2026-03-20T10:00Z"
            )
            assert isinstance(outcome, Done)
            assert isinstance(await send(side, "delete", key=key, expected_version=outcome.version), Done)
            assert isinstance((await side.look([key]))[key], Gone)
        await send(side, "create", after=NEW, create_key="k", groups=EVERY)
        writes = [call for call in server.journal.writes if "names.nsf" not in call.path]
        assert len(writes) == 5
        assert all("workflow=false" in call.query for call in writes)
        assert server.outbox == []
