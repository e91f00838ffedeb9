"""Rules: what is accepted, tolerated and refused, and that no rule runs away."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings, strategies as st

from daemon.calendars.recurrence_rule import MAX_CANDIDATES, read_rule, rough_end
from daemon.calendars.time_values import BadValue
from daemon.calendars.vcalendar_rule import translate

START = datetime(2026, 3, 2, 9, 0)
LAST = datetime(2027, 3, 2)


def dates(text: str, *, all_day: bool = False) -> list[str]:
    return [f"{moment:%y-%m-%d}" for moment in read_rule(text, START, all_day=all_day).starts(START, LAST)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=2", ["26-03-02", "26-03-03"]),
        ("freq=weekly;byday=mo,we;count=3;wkst=su", ["26-03-02", "26-03-04", "26-03-09"]),
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", ["26-03-27", "26-04-24"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", ["26-03-31", "26-04-30"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=1", []),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", []),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", []),
        ("RRULE:junk;FREQ=DAILY;X-WORD=1;COUNT=1", ["26-03-02"]),
        ("FREQ=DAILY;COUNT=1;RSCALE=GREGORIAN;SKIP=OMIT", ["26-03-02"]),
        # Plain and numbered weekdays together are a union: every Monday and the last Sunday.
        (
            "FREQ=MONTHLY;BYDAY=MO,-1SU;COUNT=7",
            ["26-03-02", "26-03-09", "26-03-16", "26-03-23", "26-03-29", "26-03-30", "26-04-06"],
        ),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=MO,1SU;COUNT=5", ["26-03-02", "26-03-09", "26-03-16", "26-03-23", "26-03-30"]),
        ("FREQ=WEEKLY;BYDAY=1MO;COUNT=2", ["26-03-02", "26-03-09"]),
    ],
)
def test_dates(rule: str, expected: list[str]) -> None:
    assert dates(rule) == expected


def test_a_day_has_no_hours() -> None:
    assert dates("FREQ=DAILY;BYHOUR=1,2,3;COUNT=2", all_day=True) == ["26-03-02", "26-03-03"]


@pytest.mark.parametrize(
    "rule",
    [
        "", "FREQ=", "FREQ=DAILY;FREQ=WEEKLY", "FREQ=DAILY;COUNT=-1", "FREQ=DAILY;COUNT=x", "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;BYMONTH=", "FREQ=MONTHLY;BYDAY=0MO", "FREQ=MONTHLY;BYDAY=99MO", "FREQ=DAILY;WKST=XX", "FREQ=DAILY;WHAT=1",
        "FREQ=YEARLY;SKIP=FORWARD", "FREQ=YEARLY;BYEASTER=0", "FREQ=DAILY;BYWEEKNO=3", "FREQ=DAILY;" + "BYDAY=MO;" * 1000,
    ],
)  # fmt: skip
def test_refused(rule: str) -> None:
    with pytest.raises(BadValue) as refusal:
        read_rule(rule, START, all_day=False)
    assert refusal.value.code == "bad_rule"


@pytest.mark.parametrize("frequency", ["HOURLY", "MINUTELY", "SECONDLY"])
def test_finer_than_daily_is_refused(frequency: str) -> None:
    with pytest.raises(BadValue) as refusal:
        read_rule(f"FREQ={frequency}", START, all_day=False)
    assert refusal.value.code == "frequency_refused"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("D2 #5", "FREQ=DAILY;INTERVAL=2;COUNT=5"),
        ("W1 MO WE #0", "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,WE"),
        ("MP1 1+ 2- SU MO #3", "FREQ=MONTHLY;INTERVAL=1;BYDAY=1SU,-2SU,1MO,-2MO;COUNT=3"),
        ("MD1 1 LD 20270101T000000Z", "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=1,-1;UNTIL=20270101T000000Z"),
        ("YM1 6 7", "FREQ=YEARLY;INTERVAL=1;BYMONTH=6,7;BYMONTHDAY=2;COUNT=2"),
        ("YD1 1 100 #0", "FREQ=YEARLY;INTERVAL=1;BYYEARDAY=1,100"),
    ],
)
def test_rules_of_vcalendar_1_0(old: str, new: str) -> None:
    assert translate(old, START) == new
    read_rule(old, START, all_day=False)


@pytest.mark.parametrize("rule", ["M5 #3", "D", "W1 M0 #2", "D1 0900 T1"])
def test_refused_rules_of_vcalendar_1_0(rule: str) -> None:
    with pytest.raises(BadValue):
        read_rule(rule, START, all_day=False)


def test_rough_ends() -> None:
    assert rough_end(["FREQ=DAILY"], START, []) is None
    assert rough_end(["FREQ=DAILY;COUNT=11"], START, []) == datetime(2026, 3, 13, 9)
    assert rough_end(["FREQ=DAILY;UNTIL=20300101"], START, []) == datetime(2030, 1, 1)
    assert rough_end([], START, [datetime(2026, 5, 1)]) == datetime(2026, 5, 1)


PARTS = st.sampled_from(
    [
        "INTERVAL=2", "INTERVAL=999999999", "COUNT=5", "COUNT=999999", "UNTIL=20300101", "BYDAY=MO,-1SU", "BYDAY=5MO",
        "BYMONTH=2", "BYMONTHDAY=-31,31", "BYMONTHDAY=1", "BYYEARDAY=366", "BYWEEKNO=53", "BYSETPOS=-1,366", "BYHOUR=0,23",
        "BYMINUTE=1,2,3", "BYSECOND=60", "WKST=SU",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]), st.lists(PARTS, max_size=5, unique=True))
def test_no_rule_runs_away(frequency: str, parts: list[str]) -> None:
    text = ";".join([f"FREQ={frequency}", *parts])
    try:
        rule = read_rule(text, START, all_day=False)
    except BadValue:
        return
    found = []
    for moment in rule.starts(START, LAST):
        found.append(moment)
        if len(found) > MAX_CANDIDATES:
            break
    assert found == sorted(found)
    assert all(START <= moment <= LAST for moment in found)
