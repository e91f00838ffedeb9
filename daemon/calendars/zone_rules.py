"""Offsets of a time zone that is given by rules instead of by name: a VTIMEZONE, or a native Notes zone string.

A VTIMEZONE may lack STANDARD or DAYLIGHT, start in 1601 or 1950, hold BYHOUR and BYMINUTE, and end its rules with a local
UNTIL (reference/notes.md 6). Before the first onset the first TZOFFSETFROM holds. Onsets are worked out for 1900 to 2100.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from dateutil.rrule import rrulestr

from daemon.calendars.content_lines import Component, as_bytes, read_components
from daemon.calendars.time_values import BadValue, read_periods, read_time

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100
MAX_ONSETS: Final = 2_000
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2}):?(\d{2})?")
_NUMBER = re.compile(r"-?\d{1,2}")
_NATIVE = re.compile(r"(?:^|\$)(Z|DO|DL|ZX|ZN)=([^$]*)")


@dataclass(frozen=True, slots=True, eq=False)
class ZoneRules:
    """Onsets as (naive UTC, offset from then on), sorted, and the offset before the first. `label` is its own IANA hint.

    Compared by identity: the rules of one text are made once, and caches keyed by them must not walk the list of onsets.
    """

    before: timedelta
    onsets: tuple[tuple[datetime, timedelta], ...]
    label: str = ""

    def offset_at(self, utc: datetime) -> timedelta:
        """The offset from UTC at a naive UTC instant."""
        index = bisect_right(self.onsets, utc, key=lambda onset: onset[0])
        return self.onsets[index - 1][1] if index else self.before

    def to_utc(self, local: datetime) -> datetime:
        """Naive local to naive UTC: an ambiguous time is its first occurrence, a time in a gap moves forward by the gap."""
        earlier, later = self.offset_at(local - timedelta(days=1)), self.offset_at(local + timedelta(days=1))
        fitting = [local - offset for offset in (earlier, later) if self.offset_at(local - offset) == offset]
        return min(fitting) if fitting else local - earlier

    def from_utc(self, utc: datetime) -> datetime:
        """Naive UTC to naive local."""
        return utc + self.offset_at(utc)


def _offset(value: str) -> timedelta | None:
    found = _OFFSET.fullmatch(value.strip())
    if not found:
        return None
    size = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    if size >= timedelta(hours=24):
        return None
    return -size if found[1] == "-" else size


@lru_cache(maxsize=256)
def from_vtimezone(text: str) -> ZoneRules | None:
    """The rules of a VTIMEZONE's text, or None when it holds no usable observance."""
    zone = next((part for part in read_components(as_bytes(text)) if part.name == "VTIMEZONE"), None)
    if zone is None:
        return None
    found: list[tuple[datetime, timedelta, timedelta]] = []
    for observance in zone.children:
        if observance.name in ("STANDARD", "DAYLIGHT"):
            found.extend(_onsets(observance))
    if not found:
        return None
    found.sort(key=lambda onset: onset[0])
    return ZoneRules(found[0][1], tuple((moment, offset) for moment, _, offset in found), zone.value("X-LIC-LOCATION"))


def _onsets(observance: Component) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """(naive UTC, offset before, offset after) for each onset; nothing when the observance is not readable."""
    before, after = _offset(observance.value("TZOFFSETFROM")), _offset(observance.value("TZOFFSETTO"))
    if after is None:
        return
    before = after if before is None else before
    try:
        first = read_time(observance.value("DTSTART")).naive
    except BadValue:
        return
    yield first - before, before, after
    for line in observance.every("RDATE"):
        try:
            starts = [period.start for period in read_periods(line.value, None)]
        except BadValue:
            continue
        for start in starts[:MAX_ONSETS]:
            yield (start.naive if start.kind == "utc" else start.naive - before), before, after
    for line in observance.every("RRULE"):
        for local in _yearly(line.value, first, before):
            yield local - before, before, after


def _yearly(rule: str, first: datetime, before: timedelta) -> Iterator[datetime]:
    """The local onsets of a rule between FIRST_YEAR and LAST_YEAR; a rule dateutil refuses gives none."""
    parts = dict(part.upper().partition("=")[::2] for part in rule.strip().split(";") if "=" in part)
    until: datetime | None = None
    if "UNTIL" in parts:
        try:
            value = read_time(parts.pop("UNTIL"))
        except BadValue:
            return
        until = value.naive + before if value.kind == "utc" else value.naive
        if value.kind == "date":
            until += timedelta(days=1)
    if parts.get("FREQ") != "YEARLY":
        return
    plain_years = "COUNT" not in parts and parts.get("INTERVAL", "1") == "1" and (first.month, first.day) != (2, 29)
    start = first.replace(year=max(first.year, FIRST_YEAR)) if plain_years else first
    last = min(until or datetime.max, datetime(LAST_YEAR, 12, 31, 23))  # noqa: DTZ001, DTZ901 (naive local)
    text = ";".join(f"{key}={value}" for key, value in parts.items() if not key.startswith("X-"))
    try:
        for count, moment in enumerate(rrulestr(text, dtstart=start)):
            if moment > last or count > MAX_ONSETS:
                return
            yield moment
    except (ValueError, TypeError, KeyError, IndexError, OverflowError):
        return


@dataclass(frozen=True, slots=True)
class NativeZone:
    """A Notes zone string: its standard offset, the zone name it carries, and its rules (02:00 taken as the hour of change).

    `rules` is None when the string says that there is summer time but not, or not legibly, from when to when.
    """

    base: timedelta
    name: str
    rules: ZoneRules | None


def from_native(text: str) -> NativeZone | None:
    """Reads `Z=5$DO=1$DL=3 2 1 11 1 1$ZX=40$ZN=Eastern` (reference/sync.md 4.1), or None when it is not one.

    Z: hours west, `-3005` = 5 h 30 min east. DL: month, week (-1 last), weekday (1 = Sunday) of start and end; absent without
    summer time (DO=0). ZX differs per machine and is not used. The parts come in any order: ZN before ZX was seen.
    The hour of change is not stored: 02:00 standard time is taken.
    """
    fields = dict(_NATIVE.findall(text.strip().strip('"')))
    zone = re.fullmatch(r"(-?)(\d{1,6})", fields.get("Z", "").strip())
    if not zone:
        return None
    minutes, hours = divmod(int(zone[2]), 100)
    size = timedelta(hours=hours, minutes=minutes)
    if size >= timedelta(hours=24):
        return None
    base = size if zone[1] else -size
    name = fields.get("ZN", "").strip()
    switches = fields.get("DL", "").split()
    if fields.get("DO", "1" if switches else "0").strip() == "0":
        return NativeZone(base, name, ZoneRules(base, ()))
    if len(switches) != 6 or not all(_NUMBER.fullmatch(number) for number in switches):
        return NativeZone(base, name, None)
    numbers = [int(number) for number in switches]
    days = [
        (_nth_weekday(year, *numbers[:3]), _nth_weekday(year, *numbers[3:]))
        for year in range(FIRST_YEAR, LAST_YEAR + 1)
    ]
    if not all(start and end for start, end in days):
        return NativeZone(base, name, None)
    hour = timedelta(hours=1)
    onsets = [(day - base, base + hour * on) for pair in days for day, on in zip(pair, (1, 0), strict=True) if day]
    return NativeZone(base, name, ZoneRules(base, tuple(sorted(onsets))))


def _nth_weekday(year: int, month: int, week: int, weekday: int) -> datetime | None:
    """02:00 on the week-th weekday (1 = Sunday) of a month, counted from the end when week is negative.

    Week 5 is the last one, as in the rules of Windows, from which Notes takes its own; most years have no fifth one.
    """
    if not (1 <= month <= 12 and 1 <= weekday <= 7 and -4 <= week <= 5 and week):
        return None
    week = -1 if week == 5 else week
    python_day = (weekday - 2) % 7
    if week > 0:
        first = datetime(year, month, 1, 2)  # noqa: DTZ001 (naive local)
        day = first + timedelta(days=(python_day - first.weekday()) % 7 + 7 * (week - 1))
    else:
        following = datetime(year + month // 12, month % 12 + 1, 1, 2)  # noqa: DTZ001 (naive local)
        last = following - timedelta(days=1)
        day = last - timedelta(days=(last.weekday() - python_day) % 7 + 7 * (-week - 1))
    return day if day.month == month else None


def naive_utc(moment: datetime) -> datetime:
    """An aware datetime as naive UTC; a naive one is taken as UTC already."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
