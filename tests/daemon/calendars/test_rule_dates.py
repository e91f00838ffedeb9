"""Generated local starts: sets worked out by hand, and generated rules of all parts against dateutil.

dateutil is wrong or silent in three places, where the oracle is given the missing words (RFC 5545 3.3.10):

1. BYSETPOS in the first week of a weekly rule counts from DTSTART there; the RFC counts in the whole week. It gets a start at the
   week's first day.
2. A week that only BYWEEKNO names gives all its seven days there; the RFC takes the weekday from DTSTART. It gets BYDAY.
3. It looks for a date until the year 9999. It gets an earlier last year.

FREQ=YEARLY with BYMONTHDAY and no BYMONTH is that day of every month (the RFC's table says "expand"), as in dateutil; libical
takes the month from DTSTART.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from unittest import mock

import pytest
from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, given, settings, strategies as st

from daemon.calendars.recurrence_rule import read_rule

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def dates(text: str, start: datetime, last: datetime) -> list[datetime]:
    return list(read_rule(text, start, all_day=False).starts(start, last))


def days(text: str, start: datetime, years: int = 8) -> list[str]:
    return [f"{moment:%y-%m-%d}" for moment in dates(text, start, start.replace(year=start.year + years))]


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        # 6 January 2026 is a Tuesday. Its week's second and third of MO, TU, TH, SA are TU 6 and TH 8.
        (
            "FREQ=WEEKLY;BYDAY=MO,TU,TH,SA;BYSETPOS=2,3;COUNT=3",
            datetime(2026, 1, 6, 9),
            ["26-01-06", "26-01-08", "26-01-13"],
        ),
        # A Thursday: the first and third working day of its week are over.
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,3;COUNT=2", datetime(2026, 1, 8, 9), ["26-01-12", "26-01-14"]),
        # The week from Sunday the 4th: SU 4 is its first day, so SA 10 its last.
        ("FREQ=WEEKLY;BYDAY=SU,SA;BYSETPOS=-1;WKST=SU;COUNT=2", datetime(2026, 1, 6, 9), ["26-01-10", "26-01-17"]),
        # 1 January 2027 is a Friday: the first Tuesday of 2027's week 1 is the 5th; of 2026's week 53 it was 29 December 2026.
        (
            "FREQ=YEARLY;BYWEEKNO=1,53;COUNT=4",
            datetime(2026, 1, 6, 9),
            ["26-12-29", "27-01-05", "28-01-04", "29-01-02"],
        ),
        # Monday of week 1 of 2026 is 29 December 2025.
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO;COUNT=2", datetime(2025, 12, 29, 9), ["25-12-29", "27-01-04"]),
        ("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SU;COUNT=2", datetime(2026, 1, 1, 9), ["27-01-03", "28-01-02"]),
        ("FREQ=YEARLY;BYMONTHDAY=-1;COUNT=2", datetime(2026, 2, 10, 9), ["26-02-28", "26-03-31"]),
        ("FREQ=YEARLY;BYMONTHDAY=10,20;BYSETPOS=-1;COUNT=2", datetime(2026, 2, 10, 9), ["26-12-20", "27-12-20"]),
        ("FREQ=YEARLY;BYDAY=20MO,-1SU;COUNT=3", datetime(2026, 1, 1, 9), ["26-05-18", "26-12-27", "27-05-17"]),
        ("FREQ=YEARLY;BYYEARDAY=-366,366;COUNT=2", datetime(2026, 1, 1, 9), ["28-01-01", "28-12-31"]),
        # The files of RFC 2445 limit shorter frequencies so.
        ("FREQ=WEEKLY;BYMONTHDAY=1,-1;COUNT=3", datetime(2026, 1, 6, 9), ["26-01-31", "26-02-01", "26-02-28"]),
        ("FREQ=MONTHLY;BYYEARDAY=60;COUNT=2", datetime(2026, 1, 6, 9), ["26-03-01", "27-03-01"]),
        ("FREQ=DAILY;BYYEARDAY=-1;COUNT=2", datetime(2026, 1, 6, 9), ["26-12-31", "27-12-31"]),
        ("FREQ=DAILY;INTERVAL=2;BYMONTH=3;BYDAY=SU;COUNT=2", datetime(2026, 1, 6, 9), ["26-03-01", "26-03-15"]),
        # Nothing: a day that no month has, a place no set has, a weekday the interval never meets.
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", datetime(2026, 1, 6, 9), []),
        ("FREQ=DAILY;BYSETPOS=366", datetime(2026, 1, 6, 9), []),
        ("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2", datetime(2026, 1, 6, 9), []),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", datetime(2026, 1, 6, 9), []),
        ("FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", datetime(2026, 1, 6, 9), []),
        ("FREQ=MONTHLY;BYDAY=20MO", datetime(2026, 1, 6, 9), []),
    ],
)
def test_dates_worked_out_by_hand(rule: str, start: datetime, expected: list[str]) -> None:
    assert days(rule, start) == expected


def test_times_of_day_and_positions() -> None:
    start = datetime(2026, 1, 6, 9, 30)
    rule = "FREQ=MONTHLY;BYMONTHDAY=6,20;BYHOUR=9,17;BYMINUTE=0,30;BYSETPOS=2,-3;COUNT=4"
    found = dates(rule, start, datetime(2027, 1, 1))
    # Eight times a month: the second is 9:30 on the 6th, the last but two 9:30 on the 20th.
    assert [f"{moment:%m-%dT%H:%M}" for moment in found] == ["01-06T09:30", "01-20T09:30", "02-06T09:30", "02-20T09:30"]


def test_every_second_of_a_month_is_not_built_for_its_last_one() -> None:
    numbers = {name: ",".join(map(str, range(size))) for name, size in (("HOUR", 24), ("MINUTE", 60), ("SECOND", 60))}
    rule = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-1;" + ";".join(f"BY{k}={v}" for k, v in numbers.items())
    assert dates(rule, datetime(2026, 1, 6, 9), datetime(2026, 3, 1)) == [
        datetime(2026, 1, 31, 23, 59, 59),
        datetime(2026, 2, 28, 23, 59, 59),
    ]


def numbers(least: int, most: int, *, negative: bool) -> st.SearchStrategy[str]:
    one = st.integers(least, most)
    signed = st.one_of(one, one.map(lambda number: -number)) if negative else one
    return st.lists(signed, min_size=1, max_size=4).map(lambda found: ",".join(map(str, found)))


PLAIN_DAYS = st.lists(st.sampled_from(DAYS), min_size=1, max_size=4).map(",".join)


@st.composite
def rules(draw: st.DrawFn) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = {"FREQ": frequency, "INTERVAL": str(draw(st.integers(1, 5))), "WKST": draw(st.sampled_from(DAYS))}
    choices = {
        "BYMONTH": numbers(1, 12, negative=False),
        "BYMONTHDAY": numbers(1, 31, negative=True),
        "BYYEARDAY": numbers(1, 366, negative=True),
        "BYHOUR": numbers(0, 23, negative=False),
        "BYMINUTE": numbers(0, 59, negative=False),
        "BYDAY": PLAIN_DAYS,
        "BYSETPOS": numbers(1, 6, negative=True),
    }
    if frequency == "YEARLY":
        # dateutil does not count a week of the next year from its end.
        choices["BYWEEKNO"] = st.lists(st.sampled_from([1, 2, 9, 20, 51, 52, 53, -1]), min_size=1, max_size=3).map(
            lambda found: ",".join(map(str, found))
        )
    names = draw(st.lists(st.sampled_from(sorted(choices)), max_size=4, unique=True))
    if frequency in ("MONTHLY", "YEARLY"):
        # dateutil fails on the 20th Monday of a month.
        of_year = [] if frequency == "MONTHLY" or "BYMONTH" in names else [20, -20, 53]
        numbered = st.tuples(st.sampled_from([1, 2, 4, 5, -1, -2, -5, *of_year]), st.sampled_from(DAYS))
        many = st.lists(numbered.map(lambda one: f"{one[0]}{one[1]}"), min_size=1, max_size=4).map(",".join)
        choices["BYDAY"] = st.one_of(PLAIN_DAYS, many)
    for name in names:
        parts[name] = draw(choices[name])
    return ";".join(f"{name}={value}" for name, value in parts.items())


def by_dateutil(text: str, start: datetime, last: datetime) -> list[datetime]:
    parts = dict(part.split("=") for part in text.split(";"))
    first = start
    if parts["FREQ"] == "WEEKLY":
        first -= timedelta(days=(start.weekday() - DAYS.index(parts["WKST"])) % 7)
        if not {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & parts.keys():
            parts["BYDAY"] = DAYS[start.weekday()]
    if "BYWEEKNO" in parts and not {"BYDAY", "BYMONTHDAY", "BYYEARDAY"} & parts.keys():
        parts["BYDAY"] = DAYS[start.weekday()]
    found = rrulestr(";".join(f"{name}={value}" for name, value in parts.items()), dtstart=first)
    with mock.patch("datetime.MAXYEAR", last.year):
        return [moment for moment in islice(found.xafter(start, inc=True), 400) if moment <= last]


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rules(), st.datetimes(datetime(1960, 1, 1), datetime(2040, 1, 1)), st.integers(0, 40))
def test_against_dateutil(text: str, start: datetime, years: int) -> None:
    start = start.replace(second=0, microsecond=0)
    last = start + timedelta(days=366 * years + 40)
    expected = by_dateutil(text, start, last)
    assert dates(text, start, last)[: len(expected)] == expected
    if len(expected) < 400:
        assert dates(text, start, last) == expected


@settings(max_examples=60, deadline=None)
@given(rules(), st.datetimes(datetime(1960, 1, 1), datetime(2040, 1, 1)), st.integers(1, 300))
def test_a_later_window_shows_the_same_dates(text: str, start: datetime, months: int) -> None:
    near, far = start + timedelta(days=31 * months), start + timedelta(days=31 * months + 700)
    assert dates(text, start, near) == [moment for moment in dates(text, start, far) if moment <= near]
