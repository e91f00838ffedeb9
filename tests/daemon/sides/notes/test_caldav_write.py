"""Writing to CalDAV calendars: patches that leave other lines alone, preconditions, single dates, creates that repeat."""

from __future__ import annotations

import pytest
from aiohttp import web
from msgspec.structs import replace

from daemon.sides.contract import Done, Found, LostAnswer, Refused, SignInNeeded, Stale
from daemon.sides.notes.event_texts import created_uid
from shared.states import Group
from tests.daemon.sides.notes.caldav_odd_server import CALENDAR, odd_server
from tests.daemon.sides.notes.caldav_servers import member
from tests.daemon.sides.notes.caldav_setting import (
    NEW,
    WEEKLY_IDS,
    Place,
    by_key,
    calendar,
    create,
    delete,
    entry,
    read,
    refusal_of,
    send,
    side_of,
    update,
    weekly,
)
from tests.fakes.traces import sure_of

GUESTS = (
    "ORGANIZER:mailto:jane.doe@example.com",
    "ATTENDEE;PARTSTAT=ACCEPTED:mailto:jane.doe@example.com",
    "ATTENDEE:mailto:guest@example.com",
)


async def test_an_update_changes_its_lines_and_no_other(place: Place) -> None:
    """Catches: an entry written anew, which would lose what Daybridge does not understand."""
    place.put(
        "one",
        calendar(entry("one", "SUMMARY:Old", "LOCATION:Here", "X-EXAMPLE-MARK:kept", "DESCRIPTION:Text", "PRIORITY:3")),
    )
    side = place.side()
    (record,) = (await read(side)).records
    after = replace(record.image, subject="New, ü", location="Not written")
    (done,) = await send(side, update(record, after, Group.SUBJECT))
    assert isinstance(done, Done)
    assert done.stored is not None
    assert done.stored.image.location == "Here"
    text = place.text("one")
    for line in ("SUMMARY:New\\, ü", "LOCATION:Here", "X-EXAMPLE-MARK:kept", "DESCRIPTION:Text", "PRIORITY:3"):
        assert line in text, line


async def test_one_date_of_a_series_is_edited_alone(place: Place) -> None:
    """Two dates in one batch, because they share one resource and its ETag changes with the first."""
    place.put("week", weekly("week"))
    side = place.side()
    before = by_key(await read(side))
    first, third = before[f"week#{WEEKLY_IDS[0]}"], before[f"week#{WEEKLY_IDS[2]}"]
    moved = replace(first.image, starts_at="2026-03-18T12:00Z", ends_at="2026-03-18T13:30Z")
    renamed = replace(third.image, subject="Special")
    outcomes = await send(side, update(first, moved, Group.TIME), update(third, renamed, Group.SUBJECT))
    assert [type(outcome) for outcome in outcomes] == [Done, Done]
    after = by_key(await read(place.side()))
    assert after.keys() == before.keys()
    shown = {key: (record.image.starts_at, record.image.subject) for key, record in after.items()}
    assert shown[f"week#{WEEKLY_IDS[0]}"] == ("2026-03-18T12:00Z", "Weekly")
    assert shown[f"week#{WEEKLY_IDS[1]}"] == ("2026-03-24T09:00Z", "Weekly")
    assert shown[f"week#{WEEKLY_IDS[2]}"] == ("2026-03-31T08:00Z", "Special")


async def test_one_date_of_a_series_is_deleted_alone(place: Place) -> None:
    place.put("week", weekly("week"))
    side = place.side()
    before = by_key(await read(side))
    gone = f"week#{WEEKLY_IDS[1]}"
    assert await send(side, delete(before[gone])) == [Done("d", gone, "", None)]
    after = by_key(await read(place.side()))
    assert after.keys() == before.keys() - {gone}
    assert await send(side, delete(before[gone])) == [Done("d", gone, "", None)], "a repeated delete is done"


async def test_an_all_day_series_loses_one_day_and_moves_another(place: Place) -> None:
    series = entry("days", "SUMMARY:Days", "RRULE:FREQ=DAILY;COUNT=3", start=";VALUE=DATE:20260310",
                   end=";VALUE=DATE:20260311")  # fmt: skip
    place.put("days", calendar(series))
    side = place.side()
    before = by_key(await read(side))
    assert set(before) == {"days#20260310", "days#20260311", "days#20260312"}
    moved = replace(before["days#20260312"].image, starts_at="2026-03-14", ends_at="2026-03-16")
    outcomes = await send(side, delete(before["days#20260311"]), update(before["days#20260312"], moved, Group.TIME))
    assert [type(outcome) for outcome in outcomes] == [Done, Done]
    after = by_key(await read(place.side()))
    assert {key: (record.image.starts_at, record.image.ends_at) for key, record in after.items()} == {
        "days#20260310": ("2026-03-10", "2026-03-11"),
        "days#20260312": ("2026-03-14", "2026-03-16"),
    }


async def test_a_create_that_is_repeated_does_not_undo_an_edit(place: Place) -> None:
    """Catches: a create without If-None-Match, which overwrites what the person changed meanwhile."""
    side = place.side()
    (first,) = await send(side, create(NEW))
    assert isinstance(first, Done)
    uid = created_uid("intent-1")
    place.put(uid, place.text(uid).replace("SUMMARY:New", "SUMMARY:Edited"))
    (second,) = await send(place.side(), create(NEW))
    assert isinstance(second, Done)
    assert second.stored is not None
    assert second.stored.image.subject == "Edited"
    assert len(place.server.hrefs(place.path)) == 1


@pytest.mark.parametrize("kind", ["update", "delete"])
async def test_an_edit_between_our_look_and_our_write_is_kept(kind: str) -> None:
    """Catches: a write without If-Match. The edit lands after the look that precedes the write (P6)."""
    async with odd_server() as server:
        server.entries["one.ics"] = calendar(entry("one", "SUMMARY:Old"))
        side = side_of(server.url)
        (record,) = (await read(side)).records

        async def edit_first(request: web.Request) -> None:
            if request.method in ("PUT", "DELETE"):
                server.entries["one.ics"] = calendar(entry("one", "SUMMARY:Theirs"))

        server.odd = edit_first
        write = (
            update(record, replace(record.image, subject="Ours"), Group.SUBJECT) if kind == "update" else delete(record)
        )
        (outcome,) = await send(side, write)
        assert isinstance(outcome, Stale)
        assert "SUMMARY:Theirs" in server.entries["one.ics"]
        await side.close()


@pytest.mark.parametrize("answer", [(200, "<html>Welcome</html>"), (202, ""), (203, ""), (206, "")])
@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("kind", ["update", "delete", "a date"])
async def test_a_write_that_something_else_answered_is_looked_up(
    kind: str, done: bool, answer: tuple[int, str]
) -> None:
    """Catches: the page of a portal or the receipt of a queue taken for a write that was carried out."""
    async with odd_server() as server:
        server.entries["one.ics"] = weekly("one")
        server.entries["two.ics"] = calendar(entry("two", "SUMMARY:Old"))
        side = side_of(server.url)
        records = by_key(await read(side))
        record = records[f"one#{WEEKLY_IDS[1]}" if kind == "a date" else "two#"]

        async def relayed(request: web.Request) -> web.StreamResponse | None:
            if request.method not in ("PUT", "DELETE"):
                return None
            if done:
                await server._member(request)
            return web.Response(status=answer[0], text=answer[1], content_type="text/html")

        server.odd = relayed
        changed = update(record, replace(record.image, subject="Ours"), Group.SUBJECT)
        (outcome,) = await send(side, changed if kind == "update" else delete(record))
        assert isinstance(outcome, Done if done else LostAnswer)
        await side.close()


async def test_without_an_etag_nothing_is_changed() -> None:
    async with odd_server("no_etag") as server:
        server.entries["one.ics"] = calendar(entry("one", "SUMMARY:Old"))
        side = side_of(server.url)
        (record,) = (await read(side)).records
        (refused,) = await send(side, update(record, replace(record.image, subject="New"), Group.SUBJECT))
        assert refusal_of(refused) == "caldav.no_etag"
        assert server.asked("PUT") == []
        await side.close()


async def test_a_server_that_mails_invitees_is_not_made_to() -> None:
    """Catches: invitations sent behind the person's back by a server with calendar-auto-schedule."""
    async with odd_server("schedules") as server:
        server.entries["meet.ics"] = calendar(entry("meet", "SUMMARY:Meeting", *GUESTS))
        server.entries["theirs.ics"] = calendar(
            entry("theirs", "SUMMARY:Theirs", "ORGANIZER:mailto:boss@example.com", *GUESTS[1:])
        )
        server.entries["lone.ics"] = calendar(entry("lone", "SUMMARY:Lone"))
        side = side_of(server.url)
        seen = by_key(await read(side))
        for write in (
            update(seen["meet#"], replace(seen["meet#"].image, subject="Moved"), Group.SUBJECT),
            delete(seen["meet#"]),
        ):
            (refused,) = await send(side, write)
            assert refusal_of(refused) == "caldav.would_invite"
        (declined,) = await send(side, delete(seen["theirs#"]))
        assert isinstance(declined, Done)
        assert server.headers[-1].get("Schedule-Reply") == "F"
        (done,) = await send(side, update(seen["lone#"], replace(seen["lone#"].image, subject="New"), Group.SUBJECT))
        assert isinstance(done, Done)
        await side.close()


@pytest.mark.parametrize(
    ("status", "body", "outcome", "code"),
    [
        (403, "", Refused, "notes.read_only"),
        (403, '<error xmlns="DAV:"><need-privileges/></error>', Refused, "notes.read_only"),
        (
            403,
            '<error xmlns="DAV:"><C:valid-calendar-data xmlns:C="urn:ietf:params:xml:ns:caldav"/></error>',
            Refused,
            "notes.invalid_entry",
        ),
        (409, "", Refused, "notes.refused"),
        (415, "", Refused, "notes.invalid_entry"),
        (423, "", Refused, "notes.refused"),
        (507, "", Refused, "caldav.no_room"),
        (500, "", LostAnswer, "notes.lost_answer"),
        (503, "", LostAnswer, "notes.lost_answer"),
    ],
)
async def test_each_refusal_has_its_sentence(status: int, body: str, outcome: type, code: str) -> None:
    async with odd_server() as server:
        server.entries["one.ics"] = calendar(entry("one", "SUMMARY:Old"))
        side = side_of(server.url)
        (record,) = (await read(side)).records

        async def refuse(request: web.Request) -> web.Response | None:
            return web.Response(status=status, text=body) if request.method == "PUT" else None

        server.odd = refuse
        (got,) = await send(side, update(record, replace(record.image, subject="New"), Group.SUBJECT))
        assert isinstance(got, outcome)
        assert isinstance(got, Refused | LostAnswer)
        assert got.text.code == code
        assert got.text.text
        await side.close()


async def test_a_lost_answer_is_told_and_the_create_is_found() -> None:
    """Catches: a write sent twice by the HTTP library, and a lost create taken for a failed one."""
    async with odd_server() as server:
        side = side_of(server.url)
        await side.open()

        async def store_and_break(request: web.Request) -> None:
            if request.method == "PUT":
                server.entries[request.path.removeprefix(CALENDAR)] = (await request.read()).decode()
                assert request.transport is not None
                request.transport.abort()

        server.odd = store_and_break
        (lost,) = await send(side, create(NEW))
        assert isinstance(lost, LostAnswer)
        assert len(server.asked("PUT")) == 1
        server.odd = None
        (found,) = await sure_of(side, create(NEW))
        assert found.image.subject == "New"
        assert list(await sure_of(side, create(NEW, "intent-2"))) == []
        await side.close()


async def test_a_sign_in_that_ends_between_writes_stops_them() -> None:
    async with odd_server() as server:
        side = side_of(server.url)
        await side.open()

        async def expired(_request: web.Request) -> web.Response:
            return web.Response(status=401, headers={"WWW-Authenticate": "Digest realm=x"})

        server.odd = expired
        with pytest.raises(SignInNeeded) as told:
            await send(side, create(NEW))
        assert told.value.text.code == "notes.foreign_login"
        await side.close()


async def test_a_floating_entry_keeps_its_form_when_it_moves(place: Place) -> None:
    place.put("float", calendar(entry("float", "SUMMARY:Floating", start="20260310T090000", end="20260310T100000")))
    side = place.side()
    (record,) = (await read(side)).records
    assert record.image.starts_at == "2026-03-10T08:00Z"
    after = replace(record.image, starts_at="2026-03-11T08:00Z", ends_at="2026-03-11T09:00Z")
    (done,) = await send(side, update(record, after, Group.TIME))
    assert isinstance(done, Done)
    assert "DTSTART:20260311T090000\r\n" in place.text("float")
    looked = (await side.look(["float#"]))["float#"]
    assert isinstance(looked, Found)
    assert looked.record.image.starts_at == "2026-03-11T08:00Z"


async def test_a_create_lies_where_its_key_says(place: Place) -> None:
    side = place.side()
    await send(side, create(NEW))
    assert [href.rpartition("/")[2] for href in place.server.hrefs(place.path)] == [
        member("", created_uid("intent-1")).rpartition("/")[2]
    ]
