"""Generated series against two other expanders; where they disagree RFC 5545 and the rulings of sync.md 4.3 decide.

Oracles: recurring-ical-events 3.8 and ical 14.3 (test dependencies only). Known disagreements, each with the case that shows it:

1. Local time in a gap. recurring-ical-events keeps 02:30 for the start and gives an instance of no length; ical reads the offset
   before the gap. Ruling: shift forward, keep the exact length (`test_disagreement_gap`).
2. DTSTART outside its rule. recurring-ical-events adds it, ical does not; undefined in the RFC. Ruling: add, flag.
3. THISANDFUTURE is ignored by ical, which also keeps the date it replaces. RFC 5545 3.8.4.4: it changes that and the later ones.
4. A TZID that looks like an IANA name beats the file's VTIMEZONE in both. RFC 5545 3.2.19: the definition in the object decides.
5. Length over a change of the clock. recurring-ical-events repeats the local length of DTEND - DTSTART. RFC 5545 3.8.5.3: the
   exact duration counts when DTEND is given.
6. UNTIL before DTSTART. recurring-ical-events gives nothing. RFC 5545 3.8.5.3: DTSTART is the first instance in any case.

The generated cases stay clear of these, so that any other difference is a fault of ours until proved otherwise.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
import recurring_ical_events
from hypothesis import HealthCheck, given, settings, strategies as st
from ical.calendar_stream import IcsCalendarStream

from daemon.calendars.icalendar_text import parse
from daemon.calendars.recurrence import expand

WINDOW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney"]


def whole(*lines: str) -> str:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example//EN", "BEGIN:VEVENT", "UID:x@example.com"]
    tail = ["END:VEVENT", "END:VCALENDAR", ""]
    return "\r\n".join([*head, "DTSTAMP:20260101T000000Z", *lines, *tail])


@st.composite
def rules(draw: st.DrawFn, start: datetime) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 4))}"]
    if draw(st.booleans()) and frequency in ("DAILY", "WEEKLY"):
        parts.append("BYDAY=" + ",".join(draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True))))
    if frequency == "MONTHLY":
        kind = draw(st.sampled_from(["", "day", "weekday", "position"]))
        if kind == "day":
            parts.append(f"BYMONTHDAY={draw(st.sampled_from([1, 15, 29, 31, -1]))}")
        elif kind == "weekday":
            parts.append(f"BYDAY={draw(st.sampled_from([1, 2, 3, 4, -1]))}{draw(st.sampled_from(DAYS))}")
        elif kind == "position":
            parts.append("BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1")
    if frequency == "YEARLY" and draw(st.booleans()):
        parts.append(f"BYMONTH={draw(st.sampled_from(['3', '2,11']))}")
    ending = draw(st.sampled_from(["count", "until", "none"]))
    if ending == "count":
        parts.append(f"COUNT={draw(st.integers(1, 30))}")
    elif ending == "until":
        parts.append(f"UNTIL=2026{draw(st.integers(start.month + 1, 12)):02}15T120000Z")
    return ";".join(parts)


@st.composite
def series(draw: st.DrawFn) -> str:
    # 10:15 to 16:00 local: no zone changes its clock then (disagreement 1).
    start = datetime(2026, 1, 1, 10, 15) + timedelta(days=draw(st.integers(0, 200)), hours=draw(st.integers(0, 5)))
    zone = draw(st.sampled_from(ZONES))
    rule = draw(rules(start))
    lines = [f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}", "DURATION:PT45M", f"RRULE:{rule}"]
    for _ in range(draw(st.integers(0, 2))):
        extra = start + timedelta(days=draw(st.integers(1, 90)))
        lines.append(f"{draw(st.sampled_from(['RDATE', 'EXDATE']))};TZID={zone}:{extra:%Y%m%dT%H%M%S}")
    return whole(*lines)


def instant(moment: datetime | date) -> datetime:
    assert isinstance(moment, datetime)
    return moment.astimezone(UTC)


def ours(text: str) -> tuple[list[tuple[datetime, datetime]], tuple[str, ...]]:
    parsed = parse(text, user_zone="Europe/Berlin")
    assert parsed.unreadable == ()
    found = expand(parsed.events, *WINDOW)
    return sorted((instant(item.start), instant(item.end)) for item in found.occurrences), found.flags


def by_recurring_ical_events(text: str) -> list[tuple[datetime, datetime]]:
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(*WINDOW)
    return sorted((instant(item["DTSTART"].dt), instant(item["DTEND"].dt)) for item in found)


def by_ical(text: str) -> list[tuple[datetime, datetime]]:
    found = IcsCalendarStream.calendar_from_ics(text).timeline_tz(UTC).overlapping(*WINDOW)
    return sorted((instant(item.start_datetime), instant(item.end_datetime)) for item in found)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(series())
def test_against_recurring_ical_events(text: str) -> None:
    assert ours(text)[0] == by_recurring_ical_events(text)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(series())
def test_against_ical(text: str) -> None:
    found, flags = ours(text)
    if "start_not_in_rule" in flags:
        # Disagreement 2: ours holds the start in addition.
        assert set(by_ical(text)) <= set(found)
    else:
        assert found == by_ical(text)


def test_disagreement_gap() -> None:
    text = whole(
        "DTSTART;TZID=Europe/Berlin:20260328T023000",
        "DTEND;TZID=Europe/Berlin:20260328T033000",
        "RRULE:FREQ=DAILY;COUNT=2",
    )
    shifted = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert ours(text)[0][1] == (shifted, shifted + timedelta(hours=1))
    assert by_recurring_ical_events(text)[1] == (shifted, shifted)


def test_disagreement_start_outside_the_rule() -> None:
    text = whole("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=3")
    assert (len(ours(text)[0]), len(by_recurring_ical_events(text)), len(by_ical(text))) == (4, 4, 3)


def test_disagreement_until_before_the_start() -> None:
    text = whole("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20260301T090000Z")
    assert (len(ours(text)[0]), len(by_recurring_ical_events(text))) == (1, 0)


def test_disagreement_length_over_the_change_of_the_clock() -> None:
    text = whole(
        "DTSTART;TZID=Europe/Berlin:20260321T200000",
        "DTEND;TZID=Europe/Berlin:20260322T080000",
        "RRULE:FREQ=WEEKLY;COUNT=2",
    )
    first, second = ours(text)[0]
    assert first[1] - first[0] == second[1] - second[0] == timedelta(hours=12)
    local = by_recurring_ical_events(text)[1]
    assert local[1] - local[0] == timedelta(hours=11)


def test_disagreement_this_and_future() -> None:
    exception = (
        "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:x@example.com\r\nDTSTAMP:20260101T000000Z\r\n"
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260303T090000Z\r\nDTSTART:20260303T100000Z\r\nDURATION:PT1H"
    )
    text = whole("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", exception)
    assert [start.hour for start, _ in ours(text)[0]] == [9, 10, 10]
    assert ours(text)[0] == by_recurring_ical_events(text)
    assert [start.hour for start, _ in by_ical(text)] == [9, 9, 10, 9]


@pytest.mark.parametrize("tzid", ["GMT", "EST"])
def test_disagreement_name_against_definition(tzid: str) -> None:
    zone = (
        f"BEGIN:VTIMEZONE\r\nTZID:{tzid}\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0900\r\n"
        "TZOFFSETTO:+0900\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    text = whole(f"DTSTART;TZID={tzid}:20260701T140000", "DURATION:PT1H").replace("BEGIN:VEVENT", f"{zone}BEGIN:VEVENT")
    assert ours(text)[0][0][0] == datetime(2026, 7, 1, 5, 0, tzinfo=UTC)
    assert by_recurring_ical_events(text)[0][0] != ours(text)[0][0][0]
