"""Writing and patching: what Domino takes, what a file needs, and that nothing but the named properties changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from daemon.calendars.icalendar_text import ParsedEvent, parse
from daemon.calendars.icalendar_write import EventText, NoSuchEvent, patch_event, write_calendar
from daemon.calendars.recurrence import expand

TEXT = EventText(
    uid="one@example.com",
    recurrence_id="",
    summary="Review",
    location="Desk",
    description="First\nSecond; third, fourth \\ fifth",
    start=datetime(2026, 3, 27, 9, 0, tzinfo=UTC),
    end=datetime(2026, 3, 27, 10, 0, tzinfo=UTC),
    all_day=False,
    zone="Europe/Berlin",
    show_as="busy",
    private=False,
    alarm_minutes=15,
    categories=("Sales", "North; South"),
    sequence=2,
    organizer_email="owner@example.com",
    attendees=(("Doe, Jane", "jane@example.com", "OPT-PARTICIPANT", "ACCEPTED"),),
)

NOTES = (
    "BEGIN:VCALENDAR\r\nX-LOTUS-CHARSET:UTF-8\r\nVERSION:2.0\r\n"
    "PRODID:-//Lotus Development Corporation//NONSGML Notes 9.0//EN_API_S\r\n"
    "BEGIN:VTIMEZONE\r\nTZID:Eastern\r\nBEGIN:STANDARD\r\nDTSTART:19501105T020000\r\nTZOFFSETFROM:-0400\r\n"
    "TZOFFSETTO:-0500\r\nRRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=1SU;BYMONTH=11\r\nEND:STANDARD\r\n"
    "BEGIN:DAYLIGHT\r\nDTSTART:19500312T020000\r\nTZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\n"
    "RRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=2SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
    'BEGIN:VEVENT\r\nDTSTART;TZID="Eastern":20260302T090000\r\nDTEND;TZID="Eastern":20260302T100000\r\n'
    "RRULE:FREQ=DAILY;COUNT=3\r\nTRANSP:OPAQUE\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:Series\r\n"
    'ATTENDEE;ROLE=CHAIR;PARTSTAT=ACCEPTED;CN="Jane Doe/Org"\r\n ;RSVP=FALSE:mailto:jane@example.com\r\n'
    "X-LOTUS-UPDATE-WISL:$S:2;$L:2\r\n"
    "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:ring\r\nTRIGGER:-PT30M\r\nEND:VALARM\r\n"
    "UID:two@example.com\r\nEND:VEVENT\r\n"
    'BEGIN:VEVENT\r\nDTSTART;TZID="Eastern":20260303T110000\r\nDURATION:PT1H\r\n'
    "RDATE;TZID=Eastern;VALUE=PERIOD:20260303T110000/20260303T120000\r\nRECURRENCE-ID:20260303T140000Z\r\n"
    "SUMMARY:Moved\r\nUID:two@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def read(text: str, user_zone: str = "Europe/Berlin") -> list[ParsedEvent]:
    parsed = parse(text, user_zone=user_zone)
    assert parsed.unreadable == ()
    return list(parsed.events)


def patch(text: str, uid: str, recurrence_id: str, changes: Mapping[str, object], *, keep_floating: bool = True) -> str:
    return patch_event(text, uid, recurrence_id, changes, user_zone="Europe/Berlin", keep_floating=keep_floating)


def test_for_domino() -> None:
    text = write_calendar(TEXT, method=None)
    assert "METHOD" not in text
    assert "X-LOTUS-CHARSET" not in text
    assert "DTSTART;TZID=Europe/Berlin:20260327T100000\r\n" in text
    assert "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n" in text
    assert text.count("BEGIN:VALARM") == 1
    (event,) = read(text)
    assert (event.start, event.end, event.zone) == (TEXT.start, TEXT.end, "Europe/Berlin")
    assert (event.summary, event.location, event.description) == (TEXT.summary, TEXT.location, TEXT.description)
    assert event.categories == ("Sales", "North, South")
    assert (event.alarm_minutes, event.sequence, event.klass, event.show_as) == (15, 2, "PUBLIC", "busy")
    assert event.organizer == ("owner@example.com", None, None)
    assert event.attendees == TEXT.attendees


def test_for_a_file() -> None:
    lines = write_calendar(TEXT, method="PUBLISH").split("\r\n")
    assert lines[1] == "X-LOTUS-CHARSET:UTF-8"
    assert "METHOD:PUBLISH" in lines


@pytest.mark.parametrize("zone", [None, "UTC", "custom", "Not/AZone"])
def test_without_a_zone_times_are_utc(zone: str | None) -> None:
    text = write_calendar(replace(TEXT, zone=zone), method=None)
    assert "DTSTART:20260327T090000Z\r\n" in text
    assert "VTIMEZONE" not in text


def test_the_second_of_two_equal_local_hours_is_written_in_utc() -> None:
    start = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    text = write_calendar(replace(TEXT, start=start, end=start + timedelta(hours=1)), method=None)
    assert read(text)[0].start == start


def test_all_day_and_recurrence_ids() -> None:
    day = replace(TEXT, start=date(2026, 3, 2), end=date(2026, 3, 4), all_day=True, recurrence_id="20260301")
    text = write_calendar(day, method=None)
    assert "DTSTART;VALUE=DATE:20260302\r\nDTEND;VALUE=DATE:20260304\r\n" in text
    assert "RECURRENCE-ID;VALUE=DATE:20260301\r\n" in text
    (event,) = read(text)
    assert (event.start, event.end, event.recurrence_id) == (day.start, day.end, "20260301")
    timed = write_calendar(replace(TEXT, recurrence_id="20260327T080000Z"), method=None)
    assert "RECURRENCE-ID:20260327T080000Z\r\n" in timed


@pytest.mark.parametrize("show_as", ["busy", "free", "tentative", "out_of_office"])
def test_show_as(show_as: str) -> None:
    assert read(write_calendar(replace(TEXT, show_as=show_as), method=None))[0].show_as == show_as


def test_wrong_use_is_refused() -> None:
    with pytest.raises(ValueError, match="show_as"):
        write_calendar(replace(TEXT, show_as="away"), method=None)
    with pytest.raises(ValueError, match="dates"):
        write_calendar(replace(TEXT, all_day=True), method=None)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120), st.text("ab\\,;:\n\"'ü😀 ", max_size=120))
def test_any_text_comes_back(summary: str, description: str) -> None:
    text = write_calendar(replace(TEXT, summary=summary, description=description), method=None)
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    (event,) = read(text)
    assert (event.summary, event.description) == (summary.strip(), description.strip())


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    old, new = before.split("\r\n"), after.split("\r\n")
    return [line for line in old if line not in new], [line for line in new if line not in old]


def test_a_text_field_changes_alone() -> None:
    after = patch(NOTES, "two@example.com", "", {"summary": "New, title"})
    assert changed_lines(NOTES, after) == (["SUMMARY:Series"], ["SUMMARY:New\\, title"])


def test_a_missing_field_is_added_and_the_alarm_s_text_is_left() -> None:
    after = patch(NOTES, "two@example.com", "", {"description": "body"})
    assert changed_lines(NOTES, after) == ([], ["DESCRIPTION:body"])
    assert read(after)[0].description == "body"


def test_times_stay_in_the_entry_s_own_zone() -> None:
    start = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)
    after = patch(
        NOTES,
        "two@example.com",
        "20260303T140000Z",
        {"start": start, "end": start + timedelta(hours=2), "zone": "Asia/Tokyo"},
    )
    removed, added = changed_lines(NOTES, after)
    assert added == ["DTSTART;TZID=Eastern:20260303T120000", "DTEND;TZID=Eastern:20260303T140000"]
    # The period that repeated the former time is gone with it.
    assert [line[:5] for line in removed] == ["DTSTA", "DURAT", "RDATE"]
    found = expand(read(after), datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert [item.start for item in found.occurrences if item.recurrence_id == "20260303T140000Z"] == [start]
    assert found.total == 3


def test_changing_one_date_of_a_series_adds_an_exception() -> None:
    after = patch(NOTES, "two@example.com", "20260304T140000Z", {"summary": "Only today"})
    assert changed_lines(NOTES, after)[0] == []
    found = expand(read(after), datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert [(item.recurrence_id, item.start.strftime("%dT%H"), item.event.summary) for item in found.occurrences] == [
        ("20260302T140000Z", "02T14", "Series"),
        ("20260303T140000Z", "03T16", "Moved"),
        ("20260304T140000Z", "04T14", "Only today"),
    ]
    assert found.occurrences[2].event.attendees == found.occurrences[0].event.attendees


def test_alarms_are_changed_added_and_removed() -> None:
    assert changed_lines(NOTES, patch(NOTES, "two@example.com", "", {"alarm_minutes": 5})) == (
        ["TRIGGER:-PT30M"],
        ["TRIGGER:-PT5M"],
    )
    exception = patch(NOTES, "two@example.com", "20260303T140000Z", {"alarm_minutes": 5})
    assert [event.alarm_minutes for event in read(exception)] == [30, 5]
    assert read(patch(NOTES, "two@example.com", "", {"alarm_minutes": None}))[0].alarm_minutes is None


def test_the_other_fields() -> None:
    changes = {
        "private": True,
        "show_as": "tentative",
        "categories": ("A", "B"),
        "location": "Room",
        "sequence": 7,
        "dtstamp": datetime(2026, 2, 1, tzinfo=UTC),
    }
    event = read(patch(NOTES, "two@example.com", "", changes))[0]
    assert (event.klass, event.show_as, event.categories) == ("PRIVATE", "tentative", ("A", "B"))
    assert (event.location, event.sequence, event.dtstamp) == ("Room", 7, datetime(2026, 2, 1, tzinfo=UTC))
    assert read(patch(NOTES, "two@example.com", "", {"categories": ()}))[0].categories == ()


def test_timed_becomes_all_day_and_back() -> None:
    text = write_calendar(TEXT, method=None)
    days = patch(text, TEXT.uid, "", {"start": date(2026, 3, 27), "end": date(2026, 3, 28), "all_day": True})
    assert (read(days)[0].start, read(days)[0].end) == (date(2026, 3, 27), date(2026, 3, 28))
    timed = patch(days, TEXT.uid, "", {"start": TEXT.start, "end": TEXT.end, "all_day": False})
    assert (read(timed)[0].start, read(timed)[0].end) == (TEXT.start, TEXT.end)


def test_floating_times_stay_floating_where_they_are_to() -> None:
    lines = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:f", "DTSTART:20260302T100000", "DTEND:20260302T110000"]
    text = "\r\n".join([*lines, "END:VEVENT", "END:VCALENDAR", ""])
    changes = {"start": TEXT.start, "end": TEXT.end}
    assert "DTSTART:20260327T100000\r\n" in patch(text, "f", "", changes)
    assert "DTSTART:20260327T090000Z\r\n" in patch(text, "f", "", changes, keep_floating=False)
    # 25 October, 01:30Z is the second 02:30 of Berlin: no floating time says that, and the end goes with the start.
    repeated = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    (event,) = read(patch(text, "f", "", {"start": repeated, "end": repeated + timedelta(hours=1)}))
    assert (event.start, event.end) == (repeated, repeated + timedelta(hours=1))


def test_nothing_changed_is_the_same_text() -> None:
    assert patch(NOTES, "two@example.com", "", {}) == NOTES


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(NoSuchEvent):
        patch(NOTES, "other@example.com", "", {"summary": "x"})
    with pytest.raises(ValueError, match="attendees"):
        patch(NOTES, "two@example.com", "", {"attendees": ()})
