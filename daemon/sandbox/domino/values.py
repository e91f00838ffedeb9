"""Date and time values of calendar entries: reading them, comparing them in UTC, writing them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from daemon.sandbox.domino.content_lines import Component, Line, split_values
from daemon.sandbox.domino.zones import EntryZones, to_utc

_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})[Tt](\d{2})(\d{2})(\d{2})([Zz]?)")
_DURATION = re.compile(
    r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?",
)

Kind = Literal["date", "utc", "zone", "floating"]


class BadValue(ValueError):
    """A value that is not what its property asks for; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A date or a time as written: `local` is naive (midnight for a date), `tzid` is set for kind "zone" only."""

    local: datetime
    kind: Kind
    tzid: str | None = None

    def utc(self, zones: EntryZones) -> datetime:
        """Return the aware UTC time; a date is its midnight in UTC. BadValue where the zone is not known."""
        match self.kind:
            case "date" | "utc":
                return self.local.replace(tzinfo=UTC)
            case "floating":
                return to_utc(self.local, zones.server_zone)
            case "zone":
                zone = zones.find(self.tzid or "")
                if zone is None:
                    raise BadValue(f"The time zone {self.tzid!r} is not defined.")
                return to_utc(self.local, zone)

    def identifier(self, zones: EntryZones) -> str:
        """Return the form of a recurrence id: 20170407T100000Z, or 20170407 for a date."""
        return compact(self.utc(zones), self.kind)

    def shifted(self, by: timedelta) -> Moment:
        """Return the moment moved in its own local time."""
        return Moment(self.local + by, self.kind, self.tzid)

    def line(self, name: str) -> Line:
        """Write the moment as a property."""
        match self.kind:
            case "date":
                return Line(name, f"{self.local:%Y%m%d}", (("VALUE", ("DATE",)),))
            case "utc":
                return Line(name, f"{_stamp(self.local)}Z")
            case "zone":
                return Line(name, _stamp(self.local), (("TZID", (self.tzid or "",)),))
            case "floating":
                return Line(name, _stamp(self.local))


def _stamp(local: datetime) -> str:
    """Write a naive time in the basic form; %Y would drop leading zeros of early years on some systems."""
    return f"{local.year:04}{local:%m%dT%H%M%S}"


def compact(utc: datetime, kind: Kind) -> str:
    """Write an aware UTC time as a recurrence id."""
    return f"{utc.year:04}{utc:%m%d}" if kind == "date" else f"{_stamp(utc)}Z"


def utc_stamp(moment: datetime) -> str:
    """Write an aware time as 20170503T182135Z."""
    return f"{_stamp(moment.astimezone(UTC))}Z"


def read_stamp(text: str | None) -> datetime | None:
    """Read 20170503T182135Z; None for anything else."""
    try:
        moment = read_value(text or "", None)
    except BadValue:
        return None
    return moment.local.replace(tzinfo=UTC) if moment.kind == "utc" else None


def read_value(text: str, tzid: str | None) -> Moment:
    """Read one DATE or DATE-TIME by its shape (senders forget VALUE=DATE); BadValue where it is neither."""
    text = text.strip()
    try:
        if found := _DATE.fullmatch(text):
            return Moment(datetime(int(found[1]), int(found[2]), int(found[3])), "date")  # noqa: DTZ001 - a date
        if found := _TIME.fullmatch(text):
            local = datetime(*(int(found[n]) for n in range(1, 7)))  # type: ignore[arg-type]  # noqa: DTZ001
            if found[7]:
                return Moment(local, "utc")
            return Moment(local, "zone", tzid) if tzid else Moment(local, "floating")
    except ValueError as error:
        raise BadValue(f"{text!r} is no date or time: {error}.") from error
    raise BadValue(f"{text!r} is no date or time.")


def read_line(line: Line) -> Moment:
    """Read the moment of a property such as DTSTART."""
    tzid = (line.param("TZID") or "").strip().strip('"')
    return read_value(line.value, tzid or None)


def read_duration(text: str) -> timedelta:
    """Read PT1H, P1D, -PT15M; BadValue where it is none."""
    found = _DURATION.fullmatch(text.strip().upper())
    if found is None or not any(found.groups()[1:]):
        raise BadValue(f"{text!r} is no duration.")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    try:
        size = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError as error:
        raise BadValue(f"{text!r} is longer than any calendar.") from error
    return -size if found[1] == "-" else size


def start_of(event: Component) -> Moment | None:
    """Return DTSTART, or None where it is missing or no date or time."""
    line = event.first("DTSTART")
    if line is None:
        return None
    try:
        return read_line(line)
    except BadValue:
        return None


def length_of(event: Component, start: Moment, zones: EntryZones) -> timedelta | None:
    """Return DTEND - DTSTART (or DURATION); None where the entry has no end or it cannot be read."""
    try:
        if line := event.first("DTEND"):
            return read_line(line).utc(zones) - start.utc(zones)
        if line := event.first("DURATION"):
            return read_duration(line.value)
    except BadValue:
        return None
    return None


def read_periods(line: Line) -> list[tuple[Moment, Moment | timedelta | None]]:
    """Read the values of an RDATE or EXDATE: (start, end or length); the end is None unless the value is a period."""
    tzid = (line.param("TZID") or "").strip().strip('"') or None
    values: list[tuple[Moment, Moment | timedelta | None]] = []
    for value in split_values(line.value):
        if not value.strip():
            continue
        first, _, last = value.strip().partition("/")
        start = read_value(first, tzid)
        if not last:
            values.append((start, None))
        elif last[:1] in "+-P":
            values.append((start, read_duration(last)))
        else:
            values.append((start, read_value(last, tzid)))
    return values


def in_kind_of(utc: datetime, like: Moment, zones: EntryZones) -> Moment | None:
    """Return a UTC time written the way `like` is (UTC, local in its zone, floating); None where its zone is unknown."""
    if like.kind in {"utc", "date"}:
        return Moment(utc.replace(tzinfo=None), "utc")
    zone = zones.server_zone if like.kind == "floating" else zones.find(like.tzid or "")
    if zone is None:
        return None
    return Moment(utc.astimezone(zone).replace(tzinfo=None), like.kind, like.tzid)
