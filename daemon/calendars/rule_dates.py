"""Works out the local starts of one repeat rule, period by period, as RFC 5545 3.3.10 expands and limits its parts.

Not dateutil's `rrule`: that one goes on to the year 9999 for a rule without dates, counts BYSETPOS in the first week from DTSTART
instead of from the week's first day, and takes all seven days of a week where only BYWEEKNO names it. Every part that names days
says which days of the period stay; a part that is missing comes from the start. A day belongs to the calendar year it lies in,
also where its week is counted to the next one.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import Final, Literal

Frequency = Literal["YEARLY", "MONTHLY", "WEEKLY", "DAILY"]
_EVERY_MONTH: Final = list(range(1, 13))


@dataclass(frozen=True, slots=True)
class Parts:
    """The BY parts of a rule as numbers, empty where the rule has none; weekdays count from 0 = Monday.

    `weekdays`: (n, weekday), n = 0 for every one of them, else the n-th of the month or year (from its end when negative).
    """

    months: frozenset[int] = frozenset()
    month_days: frozenset[int] = frozenset()
    year_days: frozenset[int] = frozenset()
    weeks: frozenset[int] = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()
    hours: frozenset[int] = frozenset()
    minutes: frozenset[int] = frozenset()
    seconds: frozenset[int] = frozenset()
    positions: frozenset[int] = frozenset()

    @property
    def names_days(self) -> bool:
        """True when a part says which days are meant."""
        return bool(self.month_days or self.year_days or self.weeks or self.weekdays)


def generate(
    frequency: Frequency, interval: int, week_start: int, parts: Parts, start: datetime, last: datetime
) -> Iterator[datetime]:
    """The naive local starts from `start` to `last` inclusive, ascending, each once. The periods up to `last` bound the work."""
    parts = _completed(frequency, parts, start)
    times = _times(parts, start)
    for days in _periods(frequency, interval, week_start, parts, start.date(), last.date()):
        for moment in _moments(days, times, parts.positions):
            if moment > last:
                return
            if moment >= start:
                yield moment


def _completed(frequency: Frequency, parts: Parts, start: datetime) -> Parts:
    """The parts with what DTSTART gives where the rule says nothing (RFC 5545 3.3.10, "derived from the Start Time")."""
    if frequency == "WEEKLY" and not parts.names_days:
        return replace(parts, weekdays=frozenset({(0, start.weekday())}))
    if frequency in ("YEARLY", "MONTHLY") and not parts.names_days:
        months = parts.months or frozenset({start.month} if frequency == "YEARLY" else ())
        return replace(parts, months=months, month_days=frozenset({start.day}))
    if parts.weeks and not (parts.month_days or parts.year_days or parts.weekdays):
        return replace(parts, weekdays=frozenset({(0, start.weekday())}))
    return parts


def _times(parts: Parts, start: datetime) -> list[time]:
    return sorted(
        time(*clock)
        for clock in product(
            parts.hours or {start.hour}, parts.minutes or {start.minute}, parts.seconds or {start.second}
        )
    )


def _moments(days: list[date], times: Sequence[time], positions: frozenset[int]) -> Iterator[datetime]:
    """Every time of every day of a period, or those at the given positions; the whole set is never built."""
    if not positions:
        for day in days:
            for clock in times:
                yield datetime.combine(day, clock)
        return
    size = len(days) * len(times)
    for place in sorted({place - 1 if place > 0 else size + place for place in positions if abs(place) <= size}):
        yield datetime.combine(days[place // len(times)], times[place % len(times)])


def _periods(
    frequency: Frequency, interval: int, week_start: int, parts: Parts, first: date, last: date
) -> Iterator[list[date]]:
    """The days of each period that has some, from the period of `first` to that of `last`."""
    if frequency in ("YEARLY", "MONTHLY"):
        by_year = frequency == "YEARLY"
        for month in _months(interval, first, last, by_year=by_year):
            months = sorted(parts.months) or _EVERY_MONTH
            names = [(month[0], one) for one in months] if by_year else [month] if month[1] in months else []
            days = [day for year, one in names for day in _days_of_month(year, one, parts.month_days)]
            if days := [day for day in days if _fits(day, frequency, week_start, parts)]:
                yield days
        return
    length, step = (7, interval * 7) if frequency == "WEEKLY" else (1, interval)
    back = (first.weekday() - week_start) % 7 if frequency == "WEEKLY" else 0
    for ordinal in range(first.toordinal() - back, last.toordinal() + 1, step):
        days = [date.fromordinal(one) for one in range(max(ordinal, 1), ordinal + length)]
        if days := [day for day in days if _fits(day, frequency, week_start, parts)]:
            yield days


def _months(interval: int, first: date, last: date, *, by_year: bool) -> Iterator[tuple[int, int]]:
    """(year, month) of each month, or of the first month of each year."""
    begin, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    if by_year:
        begin -= begin % 12
    for index in range(begin, end + 1, interval * 12 if by_year else interval):
        yield index // 12, index % 12 + 1


def _days_of_month(year: int, month: int, wanted: frozenset[int]) -> Iterator[date]:
    length = monthrange(year, month)[1]
    numbers = {number if number > 0 else length + 1 + number for number in wanted} if wanted else range(1, length + 1)
    for number in sorted(numbers):
        if 1 <= number <= length:
            yield date(year, month, number)


def _fits(day: date, frequency: Frequency, week_start: int, parts: Parts) -> bool:
    """True when every part of the rule agrees to the day (the month days of months and years were chosen before)."""
    if parts.months and day.month not in parts.months:
        return False
    if parts.weekdays and not _is_weekday(day, frequency, parts):
        return False
    if parts.month_days and frequency in ("DAILY", "WEEKLY"):
        length = monthrange(day.year, day.month)[1]
        if day.day not in parts.month_days and day.day - length - 1 not in parts.month_days:
            return False
    if parts.year_days:
        number, length = day.timetuple().tm_yday, 366 if isleap(day.year) else 365
        if number not in parts.year_days and number - length - 1 not in parts.year_days:
            return False
    return not parts.weeks or _is_in_weeks(day, week_start, parts.weeks)


def _is_weekday(day: date, frequency: Frequency, parts: Parts) -> bool:
    weekday = day.weekday()
    if (0, weekday) in parts.weekdays:
        return True
    numbers = [number for number, named in parts.weekdays if named == weekday]
    if not numbers:
        return False
    # Counted in the month, except that a yearly rule without BYMONTH counts in the year.
    if frequency == "YEARLY" and not parts.months:
        place, length = day.timetuple().tm_yday, 366 if isleap(day.year) else 365
    else:
        place, length = day.day, monthrange(day.year, day.month)[1]
    return (place + 6) // 7 in numbers or -((length - place + 7) // 7) in numbers


def _is_in_weeks(day: date, week_start: int, weeks: frozenset[int]) -> bool:
    """Whether a day's week has one of the numbers; week 1 is the first with four days in its year (ISO 8601, any week start)."""
    first = day - timedelta(days=(day.weekday() - week_start) % 7)
    # The fourth day decides to which year a week belongs.
    middle = first + timedelta(days=3)
    number = (middle.timetuple().tm_yday + 6) // 7
    left = (366 if isleap(middle.year) else 365) - middle.timetuple().tm_yday
    return number in weeks or -(left // 7 + 1) in weeks
