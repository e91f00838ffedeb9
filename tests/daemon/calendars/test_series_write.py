"""A new series as text: in every form it stands for exactly the dates it was made of, in any zone, over every clock change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from daemon.calendars.icalendar_text import parse
from daemon.calendars.icalendar_write import EventText, write_calendar, write_series
from daemon.calendars.occurrence_set import Moment, moment_id
from daemon.calendars.recurrence import expand
from daemon.calendars.series_rule import rule_of

BERLIN = ZoneInfo("Europe/Berlin")
FAR = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
EVENT = EventText(
    uid="series@example.com",
    recurrence_id="",
    summary="Pipeline call",
    location="Phone",
    description="Figures",
    start=datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
    end=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    all_day=False,
    zone="Europe/Berlin",
    show_as="busy",
    private=False,
    alarm_minutes=None,
    categories=(),
    sequence=None,
    organizer_email=None,
    attendees=(),
)
FAIR = replace(EVENT, start=date(2026, 3, 2), end=date(2026, 3, 4), all_day=True)


def dates_in(text: str) -> set[tuple[str, Moment, Moment]]:
    """(id, start, end) of every date the text stands for, by our own reading."""
    parsed = parse(text, user_zone="Europe/Berlin")
    assert parsed.unreadable == ()
    expansion = expand(parsed.events, *FAR)
    assert expansion.whole
    return {(found.recurrence_id, found.start, found.end) for found in expansion.occurrences}


def wanted(starts: Sequence[Moment], length: timedelta) -> set[tuple[str, Moment, Moment]]:
    return {(moment_id(start), start, start + length) for start in starts}


def line_of(text: str, name: str) -> str:
    lines = text.replace("\r\n ", "").splitlines()
    start = lines.index("BEGIN:VEVENT")
    return next((line for line in lines[start:] if line.startswith(name)), "")


def days(*texts: str, at: str = "09:00") -> list[datetime]:
    return [datetime.fromisoformat(f"{text}T{at}") for text in texts]


@pytest.mark.parametrize(
    ("starts", "rule"),
    [
        (days("2026-03-02", "2026-03-03", "2026-03-04"), "FREQ=DAILY;COUNT=3"),
        (days("2026-03-02", "2026-03-05"), "FREQ=DAILY;INTERVAL=3;COUNT=2"),
        (days("2026-03-16", "2026-03-02", "2026-03-09"), "FREQ=WEEKLY;BYDAY=MO;COUNT=3"),
        (days("2026-03-02", "2026-03-16"), "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=2"),
        (days("2026-03-03", "2026-03-05", "2026-03-10", "2026-03-12"), "FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4"),
        (days("2026-01-15", "2026-02-15", "2026-03-15"), "FREQ=MONTHLY;BYMONTHDAY=15;COUNT=3"),
        (days("2026-01-13", "2026-02-10", "2026-03-10"), "FREQ=MONTHLY;BYDAY=2TU;COUNT=3"),
        (days("2026-01-30", "2026-02-27", "2026-03-27"), "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3"),
        (days("2026-01-15", "2026-04-15", "2026-07-15"), "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15;COUNT=3"),
        (days("2026-05-08", "2027-05-08"), "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=8;COUNT=2"),
        (days("2026-03-02"), None),
        ([], None),
        ([*days("2026-03-02"), *days("2026-03-03", at="10:00")], None),
        (days("2026-01-31", "2026-03-31", "2026-05-31"), None),
        (days("2024-02-29", "2028-02-29"), None),
        (days("2026-03-02", "2026-03-03", "2026-03-12", "2026-03-17"), None),
        # Every second week on Saturday and Sunday: which Sunday depends on the day a week begins with.
        (days("2026-03-07", "2026-03-08", "2026-03-21", "2026-03-22"), None),
    ],
)
def test_the_rule_is_the_simplest_that_gives_the_dates(starts: list[datetime], rule: str | None) -> None:
    """Catches: a rule where there is none, a coarser one, and one that two calendars read differently."""
    assert rule_of(starts) == rule


def test_a_weekly_series_keeps_its_local_time_over_the_clock_change() -> None:
    """Catches: the rule worked out in UTC, where the hour moves on 29 March, and a text without its zone."""
    starts = [datetime(2026, 3, day, 9, tzinfo=BERLIN).astimezone(UTC) for day in (16, 23, 30)]
    ruled, listed = write_series(EVENT, starts, method=None)
    assert line_of(ruled, "RRULE") == "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3"
    assert line_of(ruled, "DTSTART") == "DTSTART;TZID=Europe/Berlin:20260316T090000"
    assert "BEGIN:VTIMEZONE" in ruled and "METHOD" not in ruled
    assert line_of(listed, "RDATE") == (
        "RDATE;TZID=Europe/Berlin;VALUE=PERIOD:20260316T090000/20260316T103000,"
        "20260323T090000/20260323T103000,20260330T090000/20260330T103000"
    )
    assert line_of(listed, "RRULE") == "" == line_of(ruled, "RDATE")
    assert dates_in(ruled) == dates_in(listed) == wanted(starts, timedelta(minutes=90))


def test_dates_without_a_rule_are_only_listed() -> None:
    (listed,) = write_series(EVENT, [EVENT.start, EVENT.start + timedelta(days=31, hours=1)], method=None)
    assert line_of(listed, "RDATE")


def test_whole_days_are_listed_as_days_and_files_may_list_plain_starts() -> None:
    fair = [date(2026, 3, 2), date(2026, 3, 9)]
    ruled, listed = write_series(FAIR, fair, method="PUBLISH")
    assert "METHOD:PUBLISH" in ruled
    assert line_of(listed, "RDATE") == "RDATE;VALUE=DATE:20260302,20260309"
    assert dates_in(ruled) == dates_in(listed) == wanted(fair, timedelta(days=2))
    plain = write_series(replace(EVENT, zone=None), [EVENT.start, EVENT.end], method=None, periods=False)[-1]
    assert line_of(plain, "RDATE") == "RDATE:20260302T080000Z,20260302T093000Z"


@pytest.mark.parametrize("write", [write_calendar, lambda e, method: write_series(e, [e.start], method=method)])
def test_mixed_kinds_of_moments_are_refused(write: object) -> None:
    with pytest.raises(ValueError, match="all-day entry needs dates"):
        write(replace(EVENT, end=date(2026, 3, 3)), method=None)  # type: ignore[operator]


ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC", None)
steps = st.one_of(
    st.tuples(st.just("days"), st.lists(st.integers(1, 40), min_size=1, max_size=12)),
    st.tuples(st.just("even"), st.tuples(st.sampled_from([1, 2, 3, 7, 14, 28, 30, 365]), st.integers(2, 60))),
    st.tuples(st.just("week"), st.tuples(st.sets(st.integers(0, 6), min_size=1), st.integers(1, 3))),
    st.tuples(st.just("month"), st.tuples(st.integers(1, 12), st.integers(2, 14))),
    st.tuples(st.just("position"), st.tuples(st.integers(1, 3), st.integers(2, 14))),
)


def spread(first: date, step: tuple[str, object]) -> list[date]:
    """Days that follow a pattern a person may have set, or none."""
    kind, given_ = step
    found = [first]
    if kind == "days":
        for distance in given_:  # type: ignore[attr-defined]
            found.append(found[-1] + timedelta(days=distance))
        return found
    if kind == "week":
        weekdays, interval = given_  # type: ignore[misc]
        monday = first - timedelta(days=first.weekday())
        return [monday + timedelta(days=7 * interval * week + day) for week in range(4) for day in sorted(weekdays)]
    distance, count = given_  # type: ignore[misc]
    if kind == "even":
        return [first + timedelta(days=distance * number) for number in range(count)]
    months = [divmod(first.month - 1 + distance * number, 12) for number in range(count)]
    if kind == "month":
        return [date(first.year + year, month + 1, min(first.day, 28)) for year, month in months]
    firsts = [date(first.year + year, month + 1, 1) for year, month in months]
    return [day + timedelta(days=(first.weekday() - day.weekday()) % 7 + 7) for day in firsts]


@settings(deadline=None)
@given(
    st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    steps,
    st.times(),
    st.sampled_from(ZONES),
    st.integers(0, 3000),
    st.booleans(),
)
def test_every_form_stands_for_exactly_the_dates(
    first: date, step: tuple[str, object], at: object, zone: str | None, minutes: int, periods: bool
) -> None:
    """Catches a rule that gives one date more, less or at another hour. Tried: WKST left unchecked, gcd left out, COUNT + 1."""
    clock = at.replace(second=0, microsecond=0, fold=0)  # type: ignore[attr-defined]
    locals_ = [datetime.combine(day, clock, ZoneInfo(zone or "Europe/Berlin")) for day in spread(first, step)]
    starts = sorted({moment.astimezone(UTC) for moment in locals_})
    length = timedelta(minutes=minutes)
    event = replace(EVENT, zone=zone, start=starts[0], end=starts[0] + length)
    for text in write_series(event, starts, method=None, periods=periods):
        assert dates_in(text) == wanted(starts, length)


@settings(deadline=None)
@given(st.dates(date(2025, 1, 1), date(2027, 12, 31)), steps, st.integers(1, 4))
def test_every_form_of_whole_days_stands_for_exactly_these(first: date, step: tuple[str, object], length: int) -> None:
    starts = sorted(set(spread(first, step)))
    event = replace(FAIR, start=starts[0], end=starts[0] + timedelta(days=length))
    for text in write_series(event, starts, method="PUBLISH"):
        assert dates_in(text) == wanted(starts, timedelta(days=length))
