"""Reading a mail file: every entry and date once, invitations, failing details, unchanged payloads, evidence of absence."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.sandbox.faults import Fault
from daemon.sides.contract import Found, Gone, SideUnavailable, Unclear
from daemon.sync.appointment import split_notes_key
from daemon.sync.rules import Window
from daemon.sync.trees import SeriesPlace
from shared.states import Group, LeftOutReason
from tests.daemon.sides.notes.domino_setting import (
    MAIL_FILE,
    WINDOW,
    by_key,
    calendar,
    opened,
    quiet,
    read,
    sandbox,
    vevent,
)

DETAIL = r"/events/[^/]+$"
EASTERN = (
    "BEGIN:VTIMEZONE\r\nTZID:Eastern\r\nBEGIN:STANDARD\r\nDTSTART:19501105T020000\r\nTZOFFSETFROM:-0400\r\n"
    "TZOFFSETTO:-0500\r\nRRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=1SU;BYMONTH=11\r\nEND:STANDARD\r\nBEGIN:DAYLIGHT\r\n"
    "DTSTART:19500312T020000\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\n"
    "RRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=2SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
)


async def test_an_entry_with_everything() -> None:
    entry = vevent(
        "full",
        "SUMMARY:Quarterly\\, review",
        "LOCATION:Room 4",
        "DESCRIPTION:First line\\nsecond line",
        "CATEGORIES:Sales,Travel",
        "TRANSP:TRANSPARENT",
        "CLASS:PRIVATE",
        "X-LOTUS-APPTTYPE:0",
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nEND:VALARM",
        start=";TZID=Eastern:20260316T090000",
        end=";TZID=Eastern:20260316T103000",
    )
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(EASTERN, entry))
        record = by_key(await read(side))["full#"]
    image = record.image
    assert (image.starts_at, image.ends_at, image.zone) == (
        "2026-03-16T13:00Z",
        "2026-03-16T14:30Z",
        "America/New_York",
    )
    assert (image.subject, image.location, image.description) == (
        "Quarterly, review",
        "Room 4",
        "First line\nsecond line",
    )
    assert (image.show_as, image.private, image.reminder_minutes) == ("free", True, 15)
    assert image.categories == ("Sales", "Travel")
    assert record.entry_type == "appointment"
    assert record.raw == "", "the text of a private entry goes no further than its image"
    assert record.series is None


@pytest.mark.parametrize(
    ("kind", "word"),
    [("0", "appointment"), ("1", "anniversary"), ("2", "all_day"), ("3", "meeting"), ("4", "reminder")],
)
async def test_the_kinds_of_notes_entries(kind: str, word: str) -> None:
    people = ("ORGANIZER:mailto:jane.doe@example.com", "ATTENDEE:mailto:ann@example.com") if kind == "3" else ()
    whole_day = kind in "12"
    entry = vevent(
        "x",
        f"X-LOTUS-APPTTYPE:{kind}",
        *people,
        start=";VALUE=DATE:20260310" if whole_day else "20260310T090000Z",
        end=";VALUE=DATE:20260312" if whole_day else "20260310T093000Z",
    )
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(entry))
        record = by_key(await read(side))["x#"]
    assert record.entry_type == word
    if kind == "2":
        assert (record.image.starts_at, record.image.ends_at, record.image.all_day) == (
            "2026-03-10",
            "2026-03-12",
            True,
        )


async def test_meetings_of_others_are_locked_and_own_ones_are_not() -> None:
    own = vevent(
        "own", 'ORGANIZER;CN="Jane Doe/Example":mailto:jane.doe@example.com', "ATTENDEE;CN=Ann:mailto:ann@example.com"
    )
    by_delegate = vevent(
        "sent-by",
        'ORGANIZER;SENT-BY="mailto:edith.moore@example.com":mailto:Jane.Doe@example.com',
        "ATTENDEE:mailto:ann@example.com",
    )
    other = vevent(
        "other",
        'ORGANIZER;CN="Ann Other/Example":mailto:ann@example.com',
        "ATTENDEE:mailto:jane.doe@example.com",
    )
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(own, by_delegate, other))
        records = by_key(await read(side))
    assert not records["own#"].organised_by_other
    assert not records["own#"].locked_groups
    assert [person.email for person in records["own#"].image.invitees] == ["ann@example.com"]
    assert not records["sent-by#"].organised_by_other
    locked = records["other#"]
    assert locked.organised_by_other
    assert locked.locked_groups == {Group.TIME, Group.LOCATION, Group.SUBJECT}
    assert locked.locked_because is not None
    assert "Ann Other" in locked.locked_because.text


async def test_a_series_gives_one_record_for_each_date_by_its_original_start() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("s", "SUMMARY:Daily", "RRULE:FREQ=DAILY;COUNT=4")))
        server.desk.move_occurrence("s", "20260311T090000Z", timedelta(hours=5))
        server.desk.edit_occurrence("s", "20260312T090000Z", {"SUMMARY": "Once"})
        server.desk.remove("s", "20260313T090000Z")
        observation = await read(side)
    records = by_key(observation)
    assert list(records) == ["s#20260310T090000Z", "s#20260311T090000Z", "s#20260312T090000Z"]
    assert records["s#20260311T090000Z"].image.starts_at == "2026-03-11T14:00Z"
    assert records["s#20260312T090000Z"].image.subject == "Once"
    assert records["s#20260312T090000Z"].series == SeriesPlace("s", "Daily", 3, 3)
    assert observation.coverage.complete


async def test_a_series_that_was_moved_as_a_whole_keeps_one_record_for_each_date() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("s", "RRULE:FREQ=WEEKLY;COUNT=5")))
        server.desk.move("s", timedelta(hours=1))
        records = by_key(await read(side))
    assert [record.image.starts_at[11:] for record in records.values()] == ["10:00Z"] * 5


async def test_all_pages_are_read_and_running_entries_that_began_before_the_window() -> None:
    entries = [
        vevent(f"n{number}", start=f"202603{number % 28 + 1:02}T090000Z", end=f"202603{number % 28 + 1:02}T100000Z")
        for number in range(250)
    ]
    long = vevent("long", start=";VALUE=DATE:20260120", end=";VALUE=DATE:20260220")
    over = vevent("over", "SUMMARY:Over", start="20260120T090000Z", end="20260120T100000Z")
    steps: list[tuple[str, int, int | None]] = []
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(*entries, long, over))
        await side.open()
        server.journal.clear()
        observation = await side.observe(WINDOW, "", {}, lambda *step: steps.append(step))
        lists = server.journal.calls("GET", r"/events$")
        details = server.journal.calls("GET", DETAIL)
    records = by_key(observation)
    assert len(records) == 251
    assert "long#" in records
    assert observation.left_out["over#"].reason is LeftOutReason.OUTSIDE_WINDOW
    assert len(lists) == 3
    assert len(details) == 251
    assert steps[-1] == ("reading", 251, 251)
    assert all("format=icalendar" in call.query for call in details)


@pytest.mark.parametrize("disturbance", ["skip", "double"])
async def test_a_calendar_that_changes_between_two_pages_never_reads_twice(disturbance: str) -> None:
    entries = [vevent(f"n{number}", f"SUMMARY:{number}") for number in range(150)]
    async with sandbox(disturb_pages=disturbance) as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(*entries))
        observation = await read(side)
        missing = {f"n{number}#" for number in range(150)} - by_key(observation).keys()
        looked = await side.look(missing)
    assert len({record.key for record in observation.records}) == len(observation.records)
    assert len(missing) <= 1
    assert all(isinstance(found, Found) for found in looked.values())


async def test_an_invitation_waits_in_notes() -> None:
    invitation = vevent(
        "invited", "SUMMARY:Please come", "ORGANIZER:mailto:ann@example.com", "ATTENDEE:mailto:jane.doe@example.com"
    )
    async with sandbox() as (server, url), opened(url) as side:
        server.desk.invite(MAIL_FILE, calendar(invitation))
        observation = await read(side)
        looked = await side.look(["invited#"])
    assert observation.records == ()
    left = observation.left_out["invited#"]
    assert (left.reason, left.title) == (LeftOutReason.WAITING_IN_NOTES, "Please come")
    assert left.why is not None
    assert left.why.code == "notes.waiting"
    assert isinstance(looked["invited#"], Gone)


async def test_the_true_identity_is_adopted_on_an_old_template() -> None:
    async with sandbox(old_template=True) as (server, url), opened(url) as side:
        server.load(
            MAIL_FILE,
            calendar(vevent("one", "SUMMARY:One", "LOCATION:Here"), vevent("many", "RRULE:FREQ=DAILY;COUNT=3")),
        )
        observation = await read(side)
        assert len(server.journal.calls("GET", DETAIL)) == 2, "a series is read once, not once for each row"
    records = by_key(observation)
    assert {split_notes_key(key)[0] for key in records} == {"one", "many"}
    assert len(records) == 4
    assert records["one#"].image.subject == "One"
    assert observation.left_out == {}


FAULTS = {
    "server error": Fault(
        "GET", r"/events/bad$", "status", 9, status=500, body='{"code":500}', content_type="application/json"
    ),
    "server error page": Fault("GET", r"/events/bad$", "status", 99, status=500, body="<html>Error 500"),
    "not found, in HTML": Fault("GET", r"/events/bad$", "status", 9, status=404, body="<html>Not found</html>"),
    "no calendar": Fault("GET", r"/events/bad$", "status", 9, status=200, body="hello", content_type="text/calendar"),
    "half a calendar": Fault(
        "GET",
        r"/events/bad$",
        "status",
        9,
        status=200,
        body="BEGIN:VCALENDAR\r\nBEGIN:VEVENT",
        content_type="text/calendar",
    ),
    "empty": Fault("GET", r"/events/bad$", "status", 9, status=200, body="", content_type=""),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_failing_detail_is_unreadable_and_never_gone(name: str) -> None:
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("good"), vevent("bad", "SUMMARY:Bad")))
        server.faults.add(FAULTS[name])
        observation = await read(side)
        looked = (await side.look(["bad#"]))["bad#"]
    assert [record.key for record in observation.records] == ["good#"]
    left = observation.left_out["bad#"]
    assert left.reason is LeftOutReason.UNREADABLE
    assert left.why is not None
    assert observation.gone == {}
    assert isinstance(looked, Unclear)


@pytest.mark.parametrize(("good", "bad"), [(0, 6), (20, 6), (113, 7)])
async def test_a_server_that_breaks_over_many_is_broken(good: int, bad: int) -> None:
    """Catches: a server in trouble taken for a calendar of damaged entries, each of them with a row of its own."""
    entries = [vevent(f"good{number}") for number in range(good)] + [vevent(f"bad{number}") for number in range(bad)]
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(*entries))
        server.faults.add(Fault("GET", r"/events/bad", "status", 999, status=500, body="<html>Error 500"))
        with pytest.raises(SideUnavailable) as failed:
            await read(side)
    assert failed.value.text.code == "notes.server_error"


@pytest.mark.parametrize(("good", "bad"), [(0, 1), (0, 5), (20, 5), (114, 6)])
async def test_a_few_damaged_entries_do_not_keep_the_others_from_being_read(good: int, bad: int) -> None:
    entries = [vevent(f"good{number}") for number in range(good)] + [vevent(f"bad{number}") for number in range(bad)]
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(*entries))
        server.faults.add(Fault("GET", r"/events/bad", "status", 999, status=500, body="<html>Error 500"))
        observation = await read(side)
    assert len(observation.records) == good
    assert {left.reason for left in observation.left_out.values()} == {LeftOutReason.UNREADABLE}
    assert len(observation.left_out) == bad


@pytest.mark.parametrize(
    "fault",
    [
        Fault("GET", r"/events$", "truncate", 9, skip=1),
        Fault("GET", r"/events$", "status", 9, skip=1, status=500, body="<html>"),
        Fault("GET", r"/events$", "cut_before", 9, skip=1),
        Fault("GET", r"/events$", "status", 9, skip=1, status=200, body="<html><h1>Maintenance</h1></html>"),
        Fault("GET", r"/events$", "status", 9, skip=1, status=200, body="[]", content_type="application/json"),
    ],
)
async def test_a_failing_list_fails_the_reading(fault: Fault) -> None:
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a")))
        server.faults.add(fault)
        with pytest.raises(SideUnavailable):
            await read(side)


async def test_an_empty_calendar_is_a_complete_reading() -> None:
    async with sandbox() as (_server, url), opened(url) as side:
        observation = await read(side)
    assert (observation.records, dict(observation.left_out), observation.coverage.complete) == ((), {}, True)


async def test_an_entry_without_a_readable_start_has_a_sentence() -> None:
    body = calendar(vevent("a", "SUMMARY:Odd", start=";TZID=Nowhere:20260310T090000", end=""))
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a")))
        server.faults.add(Fault("GET", r"/events/a$", "status", 9, status=200, body=body, content_type="text/calendar"))
        observation = await read(side)
        looked = (await side.look(["a#"]))["a#"]
    assert observation.records == ()
    (left,) = observation.left_out.values()
    assert (left.reason, left.key) == (LeftOutReason.UNREADABLE, "a#")
    assert left.why is not None
    assert "Nowhere" in left.why.text
    assert isinstance(looked, Unclear)


async def test_known_payloads_are_not_parsed_again_and_changed_ones_are() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(
            MAIL_FILE,
            calendar(vevent("a", "DESCRIPTION:old"), vevent("b"), vevent("s", "RRULE:FREQ=DAILY;COUNT=3")),
        )
        first = by_key(await read(side))
        server.desk.edit("a", {"DESCRIPTION": "new"})
        second = await read(side, first)
    assert [record.key for record in second.records] == ["a#"]
    assert second.records[0].image.description == "new"
    assert second.unchanged == first.keys() - {"a#"}


async def test_a_date_that_enters_the_window_is_read_although_the_text_is_the_same() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("s", "RRULE:FREQ=DAILY;COUNT=3")))
        known = by_key(await read(side))
        del known["s#20260312T090000Z"]
        second = await read(side, known)
    assert len(second.records) == 3
    assert second.unchanged == frozenset()


async def test_with_a_bookmark_only_changed_entries_and_a_share_of_the_rest_are_fetched() -> None:
    entries = [vevent(f"n{number}", f"SUMMARY:{number}") for number in range(48)]
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(*entries))
        first = await read(side)
        known = by_key(first)
        server.desk.edit("n7", {"SUMMARY": "Renamed"})
        server.desk.remove("n9")
        server.journal.clear()
        second = await read(side, known, first.coverage.bookmark)
        fetched = {call.path.rpartition("/")[2] for call in server.journal.calls("GET", DETAIL)}
        bookmark, seen = second.coverage.bookmark, set(fetched)
        for _reading in range(24):
            server.journal.clear()
            after = await read(side, known, bookmark)
            bookmark = after.coverage.bookmark
            seen |= {call.path.rpartition("/")[2] for call in server.journal.calls("GET", DETAIL)}
    assert len(fetched) == 3
    assert [record.image.subject for record in second.records] == ["Renamed"]
    assert second.unchanged == known.keys() - {"n7#", "n9#"}
    assert seen == {f"n{number}" for number in range(48)} - {"n9"}


async def test_a_bookmark_that_is_not_ours_asks_for_everything() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a")))
        for bookmark in ("nonsense", "[]", '{"v":9}', '{"v":1,"n":1,"e":{"a":[]}}'):
            assert len((await side.observe(WINDOW, bookmark, {}, quiet)).records) == 1


async def test_evidence_of_absence() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a"), vevent("s", "RRULE:FREQ=DAILY;COUNT=4"), vevent("far")))
        server.desk.remove("a")
        server.desk.remove("s", "20260311T090000Z")
        server.desk.move("far", timedelta(days=900))
        looked = await side.look(["a#", "s#20260310T090000Z", "s#20260311T090000Z", "s#20261231T090000Z", "far#", "s#"])
    kinds = {
        key: found.evidence.kind if isinstance(found, Gone) else type(found).__name__ for key, found in looked.items()
    }
    assert kinds == {
        "a#": "by_id",
        "s#20260310T090000Z": "Found",
        "s#20260311T090000Z": "series_detail",
        "s#20261231T090000Z": "series_detail",
        "far#": "Found",
        "s#": "by_id",
    }


async def test_a_date_whose_exception_cannot_be_read_is_unclear() -> None:
    odd = vevent("s", "RECURRENCE-ID:20260311T090000Z", start=";TZID=Nowhere:20260311T100000", end="")
    body = calendar(vevent("s", "RRULE:FREQ=DAILY;COUNT=3"), odd)
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("s", "RRULE:FREQ=DAILY;COUNT=3")))
        server.faults.add(Fault("GET", "/events/s$", "status", 9, status=200, body=body, content_type="text/calendar"))
        observation = await read(side)
        looked = (await side.look(["s#20260311T090000Z"]))["s#20260311T090000Z"]
    assert isinstance(looked, Unclear)
    assert [left.key for left in observation.left_out.values()] == ["s#20260311T090000Z"]
    assert "s#20260311T090000Z" not in by_key(observation), "the series' own value is not what the date shows"


async def test_an_unreachable_server_is_no_evidence() -> None:
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a")))
        await side.open()
        server.faults.add(Fault("GET", DETAIL, "cut_before", 9))
        assert isinstance((await side.look(["a#"]))["a#"], Unclear)


async def test_a_series_with_too_many_dates_is_left_out_with_its_reason() -> None:
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        body = calendar(vevent("s", "RRULE:FREQ=DAILY;COUNT=3000"))
        server.load(MAIL_FILE, calendar(vevent("s", "RRULE:FREQ=DAILY;COUNT=3")))
        server.faults.add(Fault("GET", r"/events/s$", "status", 9, status=200, body=body, content_type="text/calendar"))
        await side.open()
        wide = Window("2026-01-01T00:00Z", "2036-01-01T00:00Z", "2026-01-01", "2036-01-01")
        observation = await side.observe(wide, "", {}, quiet)
    assert observation.records == ()
    assert [left.reason for left in observation.left_out.values()] == [LeftOutReason.UNREADABLE]
