"""Reads RRULE texts into checked rules and generates their local starts, bounded by counts.

Rules are checked when an entry is read, so a bad one is a visible reason and not a crash later. FREQ=SECONDLY, MINUTELY and
HOURLY are refused (reference/sync.md 4.5). vCalendar 1.0 rules are translated first. All times here are naive local times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from daemon.calendars.rule_dates import Frequency, Parts, generate
from daemon.calendars.time_values import BadValue, TimeValue, read_time
from daemon.calendars.vcalendar_rule import translate

MAX_CANDIDATES: Final = 20_000
MAX_TEXT: Final = 4_000
END_OF_TIME: Final = datetime(2500, 12, 31)  # noqa: DTZ001 (naive local)
# The shortest period of each frequency.
_FREQUENCIES: Final[dict[Frequency, timedelta]] = {
    "YEARLY": timedelta(days=365),
    "MONTHLY": timedelta(days=28),
    "WEEKLY": timedelta(days=7),
    "DAILY": timedelta(days=1),
}
_TOO_FINE: Final = ("SECONDLY", "MINUTELY", "HOURLY")
# Part -> (field of Parts, lowest, highest, may be negative)
_NUMBERS: Final = {
    "BYSECOND": ("seconds", 0, 59, False),
    "BYMINUTE": ("minutes", 0, 59, False),
    "BYHOUR": ("hours", 0, 23, False),
    "BYMONTHDAY": ("month_days", 1, 31, True),
    "BYYEARDAY": ("year_days", 1, 366, True),
    "BYWEEKNO": ("weeks", 1, 53, True),
    "BYMONTH": ("months", 1, 12, False),
    "BYSETPOS": ("positions", 1, 366, True),
}
_DAYS: Final = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_DAY = re.compile(r"([+-]?\d{1,2})?\s*(MO|TU|WE|TH|FR|SA|SU)")
_TIME_OF_DAY: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")


@dataclass(frozen=True)
class Rule:
    """A checked rule. `until` is as written; `problems` are codes of what was tolerated."""

    frequency: Frequency
    interval: int
    count: int | None
    until: TimeValue | None
    week_start: int
    parts: Parts
    problems: tuple[str, ...]

    @property
    def endless(self) -> bool:
        """True without COUNT and UNTIL."""
        return self.count is None and self.until is None

    def reach(self, start: datetime) -> datetime:
        """How far MAX_CANDIDATES periods carry from a start, at most END_OF_TIME."""
        step = _FREQUENCIES[self.frequency] * self.interval
        try:
            return min(start + step * MAX_CANDIDATES, END_OF_TIME)
        except OverflowError:
            return END_OF_TIME

    def starts(self, start: datetime, last: datetime) -> Iterator[datetime]:
        """Local starts from `start` to `last` inclusive, COUNT kept, UNTIL only roughly (the caller compares exactly)."""
        if self.until is not None:
            last = min(last, self.until.naive + timedelta(days=2))
        dates = generate(self.frequency, self.interval, self.week_start, self.parts, start, last)
        return islice(dates, self.count) if self.count is not None else dates


def _refuse(sentence: str) -> BadValue:
    return BadValue("bad_rule", f"The repeat rule of this entry cannot be read: {sentence}.")


def read_rule(text: str, start: datetime, *, all_day: bool) -> Rule:
    """Checks one rule. Raises BadValue with code bad_rule or frequency_refused."""
    if len(text) > MAX_TEXT:
        raise _refuse("it is too long")
    if "FREQ" not in text.upper():
        text = translate(text, start)
    parts, problems = _parts(text)
    frequency = _frequency(parts.pop("FREQ", ""))
    interval = _positive(parts.pop("INTERVAL", "1"), "INTERVAL")
    count = _positive(parts.pop("COUNT"), "COUNT") if "COUNT" in parts else None
    until = read_time(parts.pop("UNTIL")) if "UNTIL" in parts else None
    if count is not None and until is not None:
        problems.append("count_and_until")
    week_start = parts.pop("WKST", "MO")
    if week_start not in _DAYS:
        raise _refuse("WKST is no weekday")
    if all_day:
        for name in _TIME_OF_DAY:
            parts.pop(name, None)
    # RFC 5545 also forbids BYMONTHDAY and BYYEARDAY with the shorter frequencies; RFC 2445 did not, and they limit there.
    if "BYWEEKNO" in parts and frequency != "YEARLY":
        raise _refuse(f"BYWEEKNO has no meaning with FREQ={frequency}")
    by = _by_parts(parts, frequency, problems)
    return Rule(frequency, interval, count, until, _DAYS[week_start], by, tuple(problems))


def _frequency(word: str) -> Frequency:
    if word in _TOO_FINE:
        raise BadValue("frequency_refused", "This entry repeats more often than daily; that cannot be kept in step.")
    if word not in _FREQUENCIES:
        raise _refuse("it names no known frequency")
    return word


def _parts(text: str) -> tuple[dict[str, str], list[str]]:
    """NAME=VALUE parts in upper case. Words that are no such part and X- parts are left out and noted."""
    parts: dict[str, str] = {}
    problems: list[str] = []
    for part in text.upper().split(";"):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        name = name.rpartition(":")[2]
        if not part.strip():
            continue
        if not equals or name.startswith("X-"):
            problems.append("rule_part_ignored")
        elif name in parts:
            raise _refuse(f"{name} stands twice in it")
        else:
            parts[name] = value
    if parts.pop("RSCALE", "GREGORIAN") != "GREGORIAN":
        raise _refuse("only the Gregorian calendar is known")
    if parts.pop("SKIP", "OMIT") != "OMIT":
        raise _refuse("SKIP other than OMIT is not known")
    return parts, problems


def _positive(value: str, name: str) -> int:
    if not re.fullmatch(r"\+?\d{1,9}", value) or int(value) < 1:
        raise _refuse(f"{name} is no positive number")
    # More than a million periods or dates reach past every window; the number only has to stay computable.
    return min(int(value), 1_000_000)


def _by_parts(parts: dict[str, str], frequency: Frequency, problems: list[str]) -> Parts:
    found: dict[str, Any] = {}
    for name, value in parts.items():
        if name == "BYDAY":
            found["weekdays"] = _weekdays(value, frequency, problems)
        elif name in _NUMBERS:
            field, lowest, highest, negative = _NUMBERS[name]
            numbers = (_number(item, name, lowest, highest, negative) for item in value.split(",") if item.strip())
            found[field] = frozenset(numbers)
            if not found[field]:
                raise _refuse(f"{name} is empty")
        else:
            raise _refuse(f"{name[:20]} is not known")
    return Parts(**found)


def _number(item: str, name: str, lowest: int, highest: int, negative: bool) -> int:
    if not re.fullmatch(r"\s*[+-]?\d{1,3}\s*", item):
        raise _refuse(f"{name} holds no number")
    value = int(item)
    # A leap second is the last second of its minute.
    value = 59 if name == "BYSECOND" and value == 60 else value
    if not lowest <= (abs(value) if negative else value) <= highest:
        raise _refuse(f"{name} is out of range")
    return value


def _weekdays(value: str, frequency: Frequency, problems: list[str]) -> frozenset[tuple[int, int]]:
    """(n, weekday) as in Parts; a number means nothing to a week or a day and is left out there."""
    items: list[tuple[int, int]] = []
    for item in value.split(","):
        found = _DAY.fullmatch(item.strip())
        if not found or (found[1] and (int(found[1]) == 0 or abs(int(found[1])) > 53)):
            raise _refuse("BYDAY holds no weekday")
        items.append((int(found[1] or 0), _DAYS[found[2]]))
    if frequency in ("YEARLY", "MONTHLY") or not any(number for number, _ in items):
        return frozenset(items)
    problems.append("rule_part_ignored")
    return frozenset((0, day) for _, day in items)


def rough_end(rules: Sequence[str], start: datetime, dates: Sequence[datetime]) -> datetime | None:
    """About when a finite set ends (naive), to know which years of a zone matter; None for one date or an endless set."""
    ends = list(dates)
    for text in rules:
        upper = text.upper()
        until = re.search(r"UNTIL=([0-9TZ]+)", upper)
        count = re.search(r"COUNT=(\d{1,6})", upper)
        frequency = re.search(r"FREQ=([A-Z]+)", upper)
        interval = re.search(r"INTERVAL=(\d{1,4})", upper)
        try:
            if until:
                ends.append(read_time(until[1]).naive)
            elif count and frequency:
                step = _FREQUENCIES[_frequency(frequency[1])] * int(interval[1] if interval else 1)
                ends.append(start + step * int(count[1]))
        except (BadValue, OverflowError):
            continue
    last = max(ends, default=start)
    return min(last, END_OF_TIME) if last > start else None
