"""Reads iCalendar dates, date-times, durations and periods as written, before any zone is known.

Shapes follow RFC 5545 section 3.3; tolerated beyond it: missing seconds, ISO punctuation, lower case, 24:00, a numeric offset,
VALUE=DATE on a date-time and the reverse (the shape of the value decides). Seven-digit dates and the like are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

_TIME = re.compile(
    r"(\d{4})-?(\d{2})-?(\d{2})(?:[Tt ](\d{2}):?(\d{2})(?::?(\d{2})(?:[.,]\d+)?)?\s*([Zz]|[+-]\d{2}:?\d{2})?)?"
)
_DURATION = re.compile(
    r"([+-]?)[Pp](?:(\d{1,6})[Ww])?(?:(\d{1,6})[Dd])?(?:[Tt](?:(\d{1,7})[Hh])?(?:(\d{1,9})[Mm])?(?:(\d{1,9})[Ss])?)?"
)
FIRST_YEAR: Final = 1601
LAST_YEAR: Final = 9000
MAX_DURATION: Final = timedelta(days=36_600)


class BadValue(ValueError):
    """A value that cannot be read; `code` is the reason code, the text one sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class TimeValue:
    """A date (`naive` at midnight), an instant in UTC, or a local time with the TZID it named (None = floating)."""

    kind: Literal["date", "utc", "local"]
    naive: datetime
    tzid: str | None = None


@dataclass(frozen=True, slots=True)
class Duration:
    """Nominal days plus exact seconds (RFC 5545: days follow the local clock, hours do not). Both carry the sign."""

    days: int
    seconds: int

    @property
    def delta(self) -> timedelta:
        """As if every day had 24 hours."""
        return timedelta(days=self.days, seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class PeriodValue:
    """One RDATE value: a start and either an end, a duration, or neither."""

    start: TimeValue
    end: TimeValue | None = None
    duration: Duration | None = None


def read_time(value: str, tzid: str | None = None) -> TimeValue:
    """One date or date-time. A blank TZID stays blank (""), an absent one is None. Raises BadValue("bad_date")."""
    found = _TIME.fullmatch(value.strip())
    if not found:
        raise BadValue("bad_date", "A date in this entry cannot be read; correct it in the calendar it comes from.")
    year, month, day, hour, minute, second, suffix = found.groups()
    if not FIRST_YEAR <= int(year) <= LAST_YEAR:
        raise BadValue("bad_date", f"A date in this entry lies outside the years {FIRST_YEAR} to {LAST_YEAR}.")
    try:
        midnight = datetime(int(year), int(month), int(day))  # noqa: DTZ001 (naive on purpose: no zone is known yet)
        if hour is None:
            return TimeValue("date", midnight)
        if int(hour) > 24 or int(minute) > 59 or (int(hour) == 24 and int(minute)):
            raise ValueError(hour)
    except ValueError:
        raise BadValue(
            "bad_date", "A date in this entry does not exist; correct it in the calendar it comes from."
        ) from None
    # A leap second (60) is the last second of its minute: Python has no other.
    moment = midnight + timedelta(hours=int(hour), minutes=int(minute), seconds=min(int(second or 0), 59))
    if suffix is None:
        return TimeValue("local", moment, tzid)
    if suffix not in "Zz":
        digits = suffix[1:].replace(":", "")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        moment -= offset if suffix[0] == "+" else -offset
    return TimeValue("utc", moment)


def read_duration(value: str) -> Duration:
    """One duration, such as PT2H or -P1D. Raises BadValue("bad_duration")."""
    found = _DURATION.fullmatch(value.strip())
    if not found or not any(part is not None for part in found.groups()[1:]):
        raise BadValue("bad_duration", "A length of time in this entry cannot be read.")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    sign = -1 if found[1] == "-" else 1
    length = Duration(sign * (weeks * 7 + days), sign * (hours * 3600 + minutes * 60 + seconds))
    if abs(length.days) > MAX_DURATION.days or abs(length.seconds) > MAX_DURATION.total_seconds():
        raise BadValue("bad_duration", "This entry is longer than a hundred years.")
    return length


def read_periods(value: str, tzid: str | None) -> list[PeriodValue]:
    """The values of one RDATE line: dates, date-times and periods (end or duration), also separated by `;`."""
    periods = []
    for part in re.split(r"[,;]", value):
        if not part.strip():
            continue
        start, slash, rest = part.strip().partition("/")
        if not slash:
            periods.append(PeriodValue(read_time(start, tzid)))
        elif rest.strip().lstrip("+-")[:1] in ("P", "p"):
            periods.append(PeriodValue(read_time(start, tzid), duration=read_duration(rest)))
        else:
            periods.append(PeriodValue(read_time(start, tzid), end=read_time(rest, tzid)))
    return periods


def read_stamp(value: str) -> datetime | None:
    """DTSTAMP, CREATED, LAST-MODIFIED as an aware UTC datetime; one without `Z` is taken as UTC; None if unreadable."""
    try:
        return read_time(value).naive.replace(tzinfo=UTC)
    except BadValue:
        return None


def stamp(moment: datetime) -> str:
    """An aware datetime in the form 20260301T090000Z."""
    # Each date of each series passes here: cut from the ISO form, three times as fast as strftime.
    written = moment.astimezone(UTC).isoformat(timespec="seconds")
    return written[:19].replace("-", "").replace(":", "") + "Z"
