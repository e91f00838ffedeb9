"""Imports of exported calendars: every VEVENT stored, everything else reported, texts kept as they came."""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from daemon.sandbox.domino import DominoSandbox
from daemon.sandbox.domino.expansion import END_OF_TIME
from daemon.sandbox.domino.importing import NotACalendar, decode

JANE = "/mail/jdoe.nsf"
SAMPLES = Path(os.environ.get("DAYBRIDGE_SAMPLES", Path(__file__).parents[5] / "shared" / "data"))


def test_text_is_kept_as_it_came(kit: Any) -> None:
    event = (
        'BEGIN:VEVENT\r\nuid:k1\r\nSUMMARY;LANGUAGE=de:Über\r\n  uns\r\nDTSTART;TZID="Eastern"\r\n'
        " :20260302T090000\r\nX-ODD:1\r\nEND:VEVENT\r\n"
    )
    sandbox = DominoSandbox()
    sandbox.load(JANE, f"BEGIN:VCALENDAR\r\n{event}END:VCALENDAR\r\n")
    entry = sandbox.entry(JANE, "k1")
    assert entry is not None
    assert entry.text == event


def test_what_is_no_event_is_reported(kit: Any) -> None:
    others = "".join(f"BEGIN:{name}\nUID:{name}-1\nEND:{name}\n" for name in ("VTODO", "VJOURNAL", "VFREEBUSY"))
    report = DominoSandbox().load(JANE, kit.calendar(others + kit.vevent(UID="e", DTSTART="20260302T090000Z")))
    assert report.stored == 1
    assert [(one.component, one.uid, one.code) for one in report.left_out] == [
        (name, f"{name}-1", "not_an_event") for name in ("VTODO", "VJOURNAL", "VFREEBUSY")
    ]
    assert report.reasons == {"not_an_event": 3}


def test_uids_are_made_and_the_same_in_every_run(kit: Any) -> None:
    text = kit.calendar(kit.vevent(SUMMARY="a", DTSTART="20260302T090000Z") + "\n" + kit.vevent(SUMMARY="a"))
    first, second = DominoSandbox().load(JANE, text), DominoSandbox().load(JANE, text)
    assert first.uids == second.uids
    assert len(set(first.uids)) == 2
    assert all(re.fullmatch("[0-9A-F]{32}-Lotus_Notes_Generated", uid) for uid in first.uids)
    assert first.remarks == {"uid_made": 2, "start_not_understood": 1}


async def test_two_masters_of_one_uid_are_both_kept(client: Any, kit: Any) -> None:
    one = kit.vevent(UID="d", SEQUENCE="0", SUMMARY="old", DTSTART="20260302T090000Z")
    two = kit.vevent(UID="d", SEQUENCE="1", SUMMARY="new", DTSTART="20260303T090000Z")
    report = client.sandbox.load(JANE, kit.calendar(one) + kit.calendar(two))
    assert (report.stored, report.uids) == (2, ("d",))
    assert [event["summary"] for event in await client.listed()] == ["old", "new"]
    assert (await client.get("events/d", format="icalendar")).text.count("BEGIN:VEVENT") == 2


def test_a_cancel_message_marks_its_entry(kit: Any) -> None:
    sandbox = DominoSandbox()
    sandbox.load(JANE, kit.calendar(kit.vevent(UID="c", DTSTART="20260302T090000Z"), "METHOD:CANCEL"))
    entry = sandbox.entry(JANE, "c")
    assert entry is not None
    assert entry.master.value("STATUS") == "CANCELLED"


async def test_a_moved_occurrence_in_another_programs_text(client: Any, kit: Any) -> None:
    series = kit.vevent(
        UID="s",
        SUMMARY="s",
        DTSTART="20260302T090000Z",
        DTEND="20260302T100000Z",
        RDATE=";VALUE=PERIOD:20260302T090000Z/PT1H,20260303T110000Z/20260303T120000Z",
    )
    exception = kit.vevent(
        UID="s", SUMMARY="moved", DTSTART="20260303T110000Z", DTEND="20260303T120000Z", RECURRENCE_ID="20260303T090000Z"
    )
    client.sandbox.load(JANE, kit.calendar(series + "\n" + exception))
    assert [(e["recurrenceId"], e["summary"]) for e in await client.listed()] == [
        ("20260302T090000Z", "s"),
        ("20260303T090000Z", "moved"),
    ]


async def test_an_exception_without_its_series_stands_alone(client: Any, kit: Any) -> None:
    client.sandbox.load(
        JANE, kit.calendar(kit.vevent(UID="o", DTSTART="20260303T110000Z", RECURRENCE_ID="20260303T090000Z"))
    )
    assert [e["recurrenceId"] for e in await client.listed()] == ["20260303T090000Z"]
    assert (await client.get("events/o/20260303T090000Z")).status == 200


async def test_ids_are_shown_in_utc(client: Any, kit: Any) -> None:
    event = kit.vevent(UID="o", DTSTART=";TZID=Eastern:20260303T110000", RECURRENCE_ID=";TZID=Eastern:20260303T090000")
    client.sandbox.load(JANE, kit.calendar(kit.eastern + event))
    assert "RECURRENCE-ID:20260303T140000Z" in (await client.get("events/o", format="icalendar")).text


async def test_this_and_future_carries_over_the_later_dates(client: Any, kit: Any) -> None:
    series = kit.vevent(
        UID="s", SUMMARY="s", DTSTART="20260302T090000Z", DTEND="20260302T100000Z", RRULE="FREQ=DAILY;COUNT=4"
    )
    change = kit.vevent(
        UID="s",
        SUMMARY="t",
        DTSTART="20260304T100000Z",
        DTEND="20260304T103000Z",
        RECURRENCE_ID=";RANGE=THISANDFUTURE:20260304T090000Z",
    )
    client.sandbox.load(JANE, kit.calendar(series + "\n" + change))
    assert [(e["start"]["time"][:5], e["end"]["time"][:5], e["summary"]) for e in await client.listed()] == [
        ("09:00", "10:00", "s"), ("09:00", "10:00", "s"), ("10:00", "10:30", "t"), ("10:00", "10:30", "t"),
    ]  # fmt: skip


def test_span_and_reasons(kit: Any) -> None:
    events = [
        kit.vevent(UID="a", DTSTART=";VALUE=DATE:20250110", DTEND=";VALUE=DATE:20250112"),
        kit.vevent(UID="b", DTSTART="20260302T090000Z", RRULE="FREQ=DAILY;COUNT=3"),
        kit.vevent(UID="c", DTSTART="20240302T090000Z", RRULE="FREQ=DAILY;COUNT=1", EXDATE="20240302T090000Z"),
    ]
    report = DominoSandbox().load(JANE, kit.calendar("\n".join(events)))
    assert (report.stored, report.first, report.last) == (2, date(2025, 1, 10), date(2026, 3, 4))
    assert report.reasons == {"no_occurrence": 1}


@pytest.mark.parametrize("text", ["", "hello", "BEGIN:VCARD\nEND:VCARD\n"])
def test_what_is_no_calendar_is_refused(text: str) -> None:
    with pytest.raises(NotACalendar, match="BEGIN:VCALENDAR"):
        DominoSandbox().load(JANE, text)


def test_damaged_texts_lose_no_entry(kit: Any) -> None:
    text = "BEGIN:VCALENDAR\n\nBEGIN:VEVENT\nUID:a\nno colon here\nDTSTART:20260302T090000Z\nBEGIN:VEVENT\nUID:b\nEND:VCALENDAR\n"
    report = DominoSandbox().load(JANE, text)
    assert (report.stored, set(report.uids)) == (2, {"a", "b"})
    assert report.remarks["damaged_lines"] >= 2


def test_files_are_decoded_whatever_their_bytes() -> None:
    assert decode(b"\xef\xbb\xbfBEGIN") == "BEGIN"
    assert decode("SUMMARY:über".encode("cp1252")) == "SUMMARY:über"
    assert decode(b"SUMMARY:\xc3\r\n \xbcber\r\nX:1") == "SUMMARY:über\r\nX:1"


@pytest.mark.skipif(not SAMPLES.is_dir() and "CI" not in os.environ, reason=f"no sample calendars at {SAMPLES}")
@pytest.mark.parametrize("folder", ["ics-notes", "ics-general"])
def test_every_vevent_of_the_samples_is_stored_or_reported(folder: str) -> None:
    files = sorted((SAMPLES / folder).iterdir())
    assert files
    for path in files:
        text = decode(path.read_bytes())
        sandbox = DominoSandbox()
        report = sandbox.load(JANE, text)
        vevents = len(re.findall(r"(?im)^BEGIN:VEVENT\s*$", text))
        missing = sum(one.component == "VEVENT" for one in report.left_out)
        assert report.stored + missing == vevents, path.name
        horizon = datetime(2030, 1, 1, tzinfo=UTC)
        assert all(entry.occurrences(horizon) for entry in sandbox.mail_files[JANE].entries.values()), path.name


@pytest.mark.parametrize(
    ("rule", "dates"),
    [
        ("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", 1),
        ("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", 1),
        ("FREQ=DAILY;BYSETPOS=2", 1),
        ("FREQ=WEEKLY;BYMONTH=2;BYMONTHDAY=30", 1),
        ("FREQ=DAILY;BYMONTH=3;COUNT=40", 40),
        ("FREQ=HOURLY;INTERVAL=5;BYMONTHDAY=29;BYMONTH=2;COUNT=9", 10),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,WE;COUNT=7", 7),
        ("FREQ=YEARLY;INTERVAL=4;COUNT=5", 5),
    ],
)
def test_a_rule_that_never_comes_to_a_date_ends(kit: Any, rule: str, dates: int) -> None:
    """Catches: a sandbox that follows such a rule by the second to the year 9999."""
    sandbox = DominoSandbox(today=date(2026, 3, 9))
    sandbox.load(JANE, kit.calendar(kit.vevent(UID="odd", DTSTART="20260302T090000Z", RRULE=rule)))
    entry = sandbox.entry(JANE, "odd")
    assert entry is not None
    assert len(entry.occurrences(END_OF_TIME)) == dates


@pytest.mark.parametrize(
    "lines",
    [
        {"RDATE": ";VALUE=PERIOD:20260302T090000Z/P9999999W"},
        {"RDATE": ";VALUE=PERIOD:20260302T090000Z/P99999999999W"},
        {"DURATION": "P9999999W"},
        {"DURATION": "P99999999999W"},
    ],
)
async def test_a_length_beyond_the_calendar_spoils_no_import(client: Any, kit: Any, lines: dict[str, str]) -> None:
    odd = kit.vevent(UID="odd", DTSTART="20260302T090000Z", **lines)
    client.sandbox.load(JANE, kit.calendar(f"{odd}\n{kit.vevent(UID='good', DTSTART='20260303T090000Z')}"))
    assert {one["id"] for one in await client.listed()} == {"odd", "good"}
    for form in ("json", "icalendar"):
        assert (await client.get("events/odd", format=form)).status == 200
