"""Derives the repeat rule of a set of dates: the simplest one with COUNT that gives exactly these dates, or none.

Only the repeat units that Notes has are tried: days, weeks by weekday, months by date or by position, years (reference/notes.md 5
and 7). Dates that a calendar could count in another way (the 29th to 31st, a fifth weekday, several weekdays a fortnight across
a Sunday) get no rule: they are listed one by one. Times are naive local ones of the zone the series is written in.
"""

from __future__ import annotations

import calendar
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from daemon.calendars.recurrence_rule import read_rule

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_IN_EVERY_MONTH = 28
_LONGEST_DAILY, _LONGEST_WEEKLY = 31, 52
"""A longer even distance is no pattern that a person set (two dates always have one); the dates are listed."""

Candidate = tuple[int, int, str]
"""(how many weekdays it tells apart, interval, the rule's other parts)."""


def rule_of(starts: Sequence[datetime]) -> str | None:
    """The RRULE value whose dates from the earliest start on are exactly ``starts`` (distinct; dates as midnights).

    None for fewer than two starts, for different times of day, and where no rule of one unit fits. Of several that fit, the one
    that tells fewer weekdays apart, then the smaller interval, then the finer unit.
    """
    ordered = sorted(starts)
    if len(ordered) < 2 or len({start.time() for start in ordered}) > 1:
        return None
    candidates = [found for units in _UNITS for found in units(ordered)]
    for _weekdays, interval, parts in sorted(candidates, key=lambda one: one[:2]):
        every = f";INTERVAL={interval}" if interval > 1 else ""
        rule = f"{parts.replace(';', f'{every};', 1) if ';' in parts else parts + every};COUNT={len(ordered)}"
        if all(_gives(f"{rule};WKST={week_start}", ordered) for week_start in ("MO", "SU")):
            return rule
    return None


def _gives(rule: str, ordered: Sequence[datetime]) -> bool:
    """Whether our own reading of the rule gives these dates and no other."""
    read = read_rule(rule, ordered[0], all_day=False)
    return list(read.starts(ordered[0], ordered[-1])) == list(ordered)


def _daily(starts: Sequence[datetime]) -> Iterator[Candidate]:
    step = _even_step([start.toordinal() for start in starts])
    if step is not None and step <= _LONGEST_DAILY:
        yield 1, step, "FREQ=DAILY"


def _weekly(starts: Sequence[datetime]) -> Iterator[Candidate]:
    weeks = sorted({(start.toordinal() - 1) // 7 for start in starts})
    interval = math.gcd(*(later - earlier for earlier, later in pairwise(weeks))) or 1
    days = sorted({start.weekday() for start in starts})
    if interval <= _LONGEST_WEEKLY:
        yield len(days), interval, f"FREQ=WEEKLY;BYDAY={','.join(_WEEKDAYS[day] for day in days)}"


def _monthly(starts: Sequence[datetime]) -> Iterator[Candidate]:
    step = _even_step([start.year * 12 + start.month for start in starts])
    if step is None:
        return
    first = starts[0]
    if first.day <= _IN_EVERY_MONTH:
        yield 1, step, f"FREQ=MONTHLY;BYMONTHDAY={first.day}"
    if (nth := (first.day - 1) // 7 + 1) < 5:
        yield 1, step, f"FREQ=MONTHLY;BYDAY={nth}{_WEEKDAYS[first.weekday()]}"
    if first.day + 7 > calendar.monthrange(first.year, first.month)[1]:
        yield 1, step, f"FREQ=MONTHLY;BYDAY=-1{_WEEKDAYS[first.weekday()]}"


def _yearly(starts: Sequence[datetime]) -> Iterator[Candidate]:
    step = _even_step([start.year for start in starts])
    if step is not None and starts[0].day <= _IN_EVERY_MONTH:
        yield 1, step, f"FREQ=YEARLY;BYMONTH={starts[0].month};BYMONTHDAY={starts[0].day}"


_UNITS = (_daily, _weekly, _monthly, _yearly)


def _even_step(numbers: Sequence[int]) -> int | None:
    """The one distance between neighbours; None where they differ or two are equal."""
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    return steps.pop() if len(steps) == 1 and 0 not in steps else None
