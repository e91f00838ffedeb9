"""Resolves what a calendar calls a time zone to rules that convert, in the order of reference/sync.md 4.4.

A VTIMEZONE in the same file beats the zone's name; names are IANA, Windows or Notes names or lists of places as Windows shows
them; native `Z=...` strings are read as rules. Nothing is guessed: what fits nothing raises UnknownZone, never UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, Protocol

from daemon.calendars import zone_labels, zone_names
from daemon.calendars.zone_rules import NativeZone, ZoneRules, from_native, from_vtimezone, naive_utc

_YEAR: Final = timedelta(days=366)
_STEP: Final = timedelta(hours=6)
# The hour of change is missing in a native string, so days next to a change are not compared.
_CHANGE_DAY: Final = timedelta(hours=26)
MAX_YEARS: Final = 60


class UnknownZone(Exception):
    """A zone that nothing explains; `name` as it stood in the file. Reason code `zone_unknown`."""

    code: Final = "zone_unknown"

    def __init__(self, name: str) -> None:
        super().__init__(f'The time zone "{name}" is not understood.')
        self.name = name


class _Converts(Protocol):
    def to_utc(self, local: datetime, /) -> datetime: ...
    def from_utc(self, utc: datetime, /) -> datetime: ...


@dataclass(frozen=True, slots=True)
class _Named:
    name: str

    def to_utc(self, local: datetime, /) -> datetime:
        # zoneinfo reads fold=0 in a gap with the offset before it, which is the shift forward of the ruling in 4.3.
        return local.replace(tzinfo=zone_names.load(self.name), fold=0).astimezone(UTC).replace(tzinfo=None)

    def from_utc(self, utc: datetime, /) -> datetime:
        return utc.replace(tzinfo=UTC).astimezone(zone_names.load(self.name)).replace(tzinfo=None, fold=0)


@dataclass(frozen=True)
class Zone:
    """A zone that converts. `name` is the IANA name, or None with `custom` when only the file's own rule is known."""

    name: str | None
    custom: bool
    rules: _Converts = field(repr=False)

    def to_utc(self, naive_local: datetime) -> datetime:
        """Aware UTC. A local time in a gap moves forward by the gap; an ambiguous one is its first occurrence."""
        return self.rules.to_utc(naive_local).replace(tzinfo=UTC)

    def from_utc(self, moment: datetime) -> datetime:
        """Naive local time of an aware instant."""
        return self.rules.from_utc(naive_utc(moment))

    @property
    def label(self) -> str:
        """The word of interfaces.md for it: the IANA name, or `custom`."""
        return self.name or "custom"


@lru_cache(maxsize=512)
def named(name: str) -> Zone:
    """The zone of an IANA name (any case). Raises UnknownZone."""
    known = zone_names.iana(name)
    if known is None:
        raise UnknownZone(name)
    return Zone(known, custom=False, rules=_Named(known))


def resolve(
    tzid: str | None, vtimezone: str | None, user_zone: str, around: datetime, until: datetime | None = None
) -> Zone:
    """The zone a TZID stands for at the times of one event.

    `tzid` None means floating: the mailbox owner's zone. `vtimezone` is the text of the VTIMEZONE of the same file, if any.
    `around` and `until` are the first and last instant of the event (naive is good enough): a name is given to the file's
    rule only if both agree from a year before the first to a year after the last. Raises UnknownZone.
    """
    if tzid is None:
        return named(user_zone)
    name = zone_names.plain(tzid)
    rules = from_vtimezone(vtimezone) if vtimezone else None
    if rules is not None:
        candidates = [zone_names.iana(name), zone_names.iana(rules.label) if rules.label else None]
        candidates += [zone_names.windows(name), zone_names.notes(name), *zone_labels.places(name)]
        candidates.append(zone_names.iana(user_zone))
        return _agreeing(rules, candidates, around, until, timedelta(0))
    if name.upper() in ("Z", "UTC"):
        return named("UTC")
    known = zone_names.iana(name) or zone_names.windows(name) or zone_names.notes(name)
    if known is not None:
        return named(known)
    native = _native(zone_names.notes_rule(name) or name)
    if native is None:
        return _unanimous(tzid, zone_labels.places(name), around, until)
    label = native.name
    candidates = [
        zone_names.windows(label),
        zone_names.notes(label),
        zone_names.iana(label),
        zone_names.iana(user_zone),
    ]
    if native.rules is None:
        # Summer time without its dates: the name must say them, the string can only contradict.
        named_by_string = next((one for one in candidates[:3] if one), None)
        return _unanimous(tzid, zone_labels.with_offset([named_by_string], native.base), around, until)
    return _agreeing(native.rules, candidates, around, until, _CHANGE_DAY)


def _unanimous(tzid: str, names: tuple[str, ...], around: datetime, until: datetime | None) -> Zone:
    """The first of the zones when all of them agree from a year before to a year after; raises UnknownZone."""
    first, last = _span(around, until)
    years = range(first.year, last.year + 1)
    if not names or not all(_same_in_year(names[0], other, year) for other in names[1:] for year in years):
        raise UnknownZone(tzid)
    return named(names[0])


@lru_cache(maxsize=10_000)
def _same_in_year(name: str, other: str, year: int) -> bool:
    """Equal offsets at every sixth hour of a year."""
    one, two = _Named(name), _Named(other)
    start, end = datetime(year, 1, 1), datetime(year, 12, 31)  # noqa: DTZ001 (naive UTC)
    return all(
        one.from_utc(at) == two.from_utc(at) for at in (start + _STEP * n for n in range((end - start) // _STEP))
    )


def _span(around: datetime, until: datetime | None) -> tuple[datetime, datetime]:
    """(a year before the event, a year after its last instant), MAX_YEARS apart at most; naive UTC."""
    first = naive_utc(around)
    last = max(first, min(naive_utc(until) if until else first, first + MAX_YEARS * _YEAR))
    return first - _YEAR, last + _YEAR


@lru_cache(maxsize=256)
def _native(name: str) -> NativeZone | None:
    return from_native(name)


def _agreeing(
    rules: ZoneRules, candidates: list[str | None], around: datetime, until: datetime | None, blur: timedelta
) -> Zone:
    months = list(_months(*_span(around, until)))
    for name in dict.fromkeys(candidates):
        if name and all(_same_in_month(rules, name, year, month, blur) for year, month in months):
            return named(name)
    return Zone(None, custom=True, rules=rules)


def _months(first: datetime, last: datetime) -> Iterator[tuple[int, int]]:
    index, end = first.year * 12 + first.month - 1, last.year * 12 + last.month - 1
    while index <= end:
        yield index // 12, index % 12 + 1
        index += 1


@lru_cache(maxsize=100_000)
def _same_in_month(rules: ZoneRules, name: str, year: int, month: int, blur: timedelta) -> bool:
    """Equal offsets at every sixth hour of a month and on both sides of each of the rule's own changes in it."""
    start = datetime(year, month, 1)  # noqa: DTZ001 (naive UTC)
    end = datetime(year + month // 12, month % 12 + 1, 1)  # noqa: DTZ001 (naive UTC)
    changes = [moment for moment, _ in rules.onsets if start <= moment < end]
    samples = [start + step * _STEP for step in range((end - start) // _STEP)]
    if not blur:
        samples += [moment + side for moment in changes for side in (timedelta(seconds=-1), timedelta(0))]
    zone = _Named(name)
    for moment in samples:
        if any(abs(moment - change) < blur for change in changes):
            continue
        if zone.from_utc(moment) - moment != rules.offset_at(moment):
            return False
    return True
