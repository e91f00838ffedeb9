"""Expands an entry into its occurrences: rules by dateutil on naive local times, dates lists, exceptions.

The id of an occurrence is its original start in UTC for ever, also when the start moved. Where the series was changed
here, `moved` (new start -> original start) says which is which; for an imported text an exception whose own new start
stands in the RDATE list is taken as that date.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dateutil.rrule import rrulestr

from daemon.sandbox.domino.content_lines import Component
from daemon.sandbox.domino.values import (
    BadValue,
    Moment,
    compact,
    length_of,
    read_line,
    read_periods,
    read_value,
    start_of,
)
from daemon.sandbox.domino.zones import EntryZones, to_utc

MAX_CANDIDATES = 20_000
#: Steps of a rule between two dates: one that never comes to a date would be followed to the year 9999, by the second.
MAX_STEPS = 10_000
#: A horizon behind every date that can be written.
END_OF_TIME = datetime(9980, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One row of the calendar view. `id` is None for an entry that does not repeat.

    `start` is as written in `event` (None: missing or not understood, then `start_utc` is None as well); `end_utc` is
    None for a reminder or an anniversary.
    """

    id: str | None
    start: Moment | None
    start_utc: datetime | None
    end_utc: datetime | None
    event: Component


def masters_of(events: Sequence[Component]) -> list[Component]:
    """Return the VEVENTs without RECURRENCE-ID."""
    return [event for event in events if event.first("RECURRENCE-ID") is None]


def exceptions_of(events: Sequence[Component]) -> list[Component]:
    """Return the VEVENTs with RECURRENCE-ID."""
    return [event for event in events if event.first("RECURRENCE-ID") is not None]


def repeats(event: Component) -> bool:
    """Tell whether a VEVENT is a series."""
    return event.first("RRULE") is not None or event.first("RDATE") is not None


def exception_id(event: Component, zones: EntryZones) -> str:
    """Return the id an exception names, in UTC; the raw value where it cannot be understood."""
    line = event.first("RECURRENCE-ID")
    if line is None:
        return ""
    try:
        return read_line(line).identifier(zones)
    except (BadValue, OverflowError):
        return line.value.strip()


def expand(
    events: Sequence[Component],
    zones: EntryZones,
    moved: Mapping[str, str],
    apart: Set[str],
    horizon: datetime,
) -> list[Occurrence]:
    """Return every occurrence that starts before `horizon` (aware UTC), and all exceptions wherever they are.

    `apart` names exceptions that were moved onto the time of another date: both stand.
    """
    rows: list[Occurrence] = []
    open_exceptions = {exception_id(event, zones): event for event in exceptions_of(events)}
    for master in masters_of(events):
        if not repeats(master):
            rows.append(_row(None, master, zones))
            continue
        series = [_with_id(row, moved, zones) for row in series_rows(master, zones, horizon)]
        rows += _with_exceptions(series, master, open_exceptions, zones, apart)
    for identifier, event in open_exceptions.items():
        rows += _alone(identifier, event, zones)
    return rows


def series_rows(master: Component, zones: EntryZones, horizon: datetime) -> list[Occurrence]:
    """Return the dates of a series out of its rule or its list, minus EXDATE; each id is the start as it stands."""
    first = _row(None, master, zones)
    if first.start is None or first.start_utc is None:
        return [first]
    length = None if first.end_utc is None else first.end_utc - first.start_utc
    found: dict[str, Occurrence] = {}
    listed = list(_listed(master, zones, first.start))
    starts: list[tuple[Moment, Moment | timedelta | None]] = listed
    if not any(isinstance(end, Moment | timedelta) for _, end in listed):
        # A list of periods names the first date itself; a rule or a plain list has it in DTSTART.
        starts = [(first.start, None), *((m, None) for m in rule_starts(master, first.start, zones, horizon)), *listed]
    for start, end in starts:
        try:
            utc = start.utc(zones)
        except (BadValue, OverflowError):
            continue
        identifier = compact(utc, start.kind)
        if utc < horizon and identifier not in found:
            found[identifier] = Occurrence(identifier, start, utc, _end(utc, end, length, zones), master)
    for identifier in _excluded(master, zones, first.start):
        found.pop(identifier, None)
    return sorted(found.values(), key=lambda row: row.start_utc or END_OF_TIME)


def _end(utc: datetime, end: Moment | timedelta | None, length: timedelta | None, zones: EntryZones) -> datetime | None:
    """Return the end of an occurrence in UTC: its own, or the series' length after its start. None where no such date is."""
    try:
        if isinstance(end, Moment):
            return end.utc(zones)
        if isinstance(end, timedelta):
            return utc + end
        return None if length is None else utc + length
    except (BadValue, OverflowError):
        return None


def _listed(master: Component, zones: EntryZones, first: Moment) -> Iterator[tuple[Moment, Moment | timedelta | None]]:
    """Yield the values of RDATE; a zone nobody defines is read as that of DTSTART."""
    for line in master.every("RDATE"):
        try:
            values = read_periods(line)
        except BadValue:
            continue
        for start, end in values:
            yield _known(start, zones, first), _known(end, zones, first) if isinstance(end, Moment) else end


def _known(moment: Moment, zones: EntryZones, first: Moment) -> Moment:
    """Return the moment in a zone that can be resolved."""
    if moment.kind == "zone" and zones.find(moment.tzid or "") is None:
        return replace(moment, kind=first.kind, tzid=first.tzid)
    return moment


def _excluded(master: Component, zones: EntryZones, first: Moment) -> Iterator[str]:
    """Yield the ids that EXDATE takes away; a bare date takes away that day of a timed series."""
    for line in master.every("EXDATE"):
        try:
            values = read_periods(line)
        except BadValue:
            continue
        for moment, _ in values:
            if moment.kind == "date" and first.kind != "date":
                moment = Moment(datetime.combine(moment.local, first.local.time()), first.kind, first.tzid)
            yield _known(moment, zones, first).identifier(zones)


def rule_starts(master: Component, first: Moment, zones: EntryZones, horizon: datetime) -> Iterator[Moment]:
    """Yield the starts that the RRULEs give before the horizon; a rule that is not understood gives none."""
    last = min(horizon, END_OF_TIME).replace(tzinfo=None) + timedelta(days=1)
    for line in master.every("RRULE"):
        try:
            rule: Any = rrulestr(_local_rule(line.value, first, zones), dtstart=first.local, cache=False)
            rule._interval = steps = _Steps(rule._interval)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
            continue
        with contextlib.suppress(_NeverComes):
            for count, local in enumerate(rule):
                if local > last or count >= MAX_CANDIDATES:
                    break
                steps.taken = 0
                yield replace(first, local=local)


class _NeverComes(Exception):
    """A rule was followed for MAX_STEPS steps without a date."""


class _Steps(int):
    """The interval of a rule, which dateutil adds at each step: counting there is the only way to stop it between dates."""

    taken = 0

    def _step(self) -> None:
        self.taken += 1
        if self.taken > MAX_STEPS:
            raise _NeverComes

    def __radd__(self, other: int) -> int:
        self._step()
        return other + int(self)

    def __mul__(self, other: int) -> int:
        self._step()
        return int(self) * other


def _local_rule(rule: str, first: Moment, zones: EntryZones) -> str:
    """Return the rule with UNTIL as naive local time of the series; ValueError for a rule that has no end of steps."""
    rule = rule.strip().upper()
    if re.search(r"INTERVAL=0+(;|$)", rule):
        raise ValueError("INTERVAL=0")
    found = re.search(r"UNTIL=([^;]*)", rule)
    if found is None:
        return rule
    until = read_value(found[1], None)
    local = until.local
    if until.kind == "date" and first.kind != "date":
        local += timedelta(hours=23, minutes=59, seconds=59)
    elif until.kind == "utc" and first.kind in {"zone", "floating"}:
        zone = zones.find(first.tzid or "") if first.kind == "zone" else zones.server_zone
        local = until.local.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    elif until.kind == "floating" and first.kind == "utc":
        local = to_utc(until.local, zones.server_zone).replace(tzinfo=None)
    return rule.replace(found[0], f"UNTIL={local.year:04}{local:%m%dT%H%M%S}")


def _row(identifier: str | None, event: Component, zones: EntryZones) -> Occurrence:
    """Return one VEVENT as a row of its own."""
    start = start_of(event)
    try:
        utc = None if start is None else start.utc(zones)
    except (BadValue, OverflowError):
        utc = None
    if start is None or utc is None:
        return Occurrence(identifier, None, None, None, event)
    return Occurrence(identifier, start, utc, _end(utc, None, length_of(event, start, zones), zones), event)


def _with_id(row: Occurrence, moved: Mapping[str, str], zones: EntryZones) -> Occurrence:
    """Give a row its original id."""
    return row if row.id is None else replace(row, id=moved.get(row.id, row.id))


def _with_exceptions(
    series: list[Occurrence],
    master: Component,
    waiting: dict[str, Component],
    zones: EntryZones,
    apart: Set[str],
) -> list[Occurrence]:
    """Put the exceptions in place of the dates they change; what was used leaves `waiting`."""
    rows = {row.id or "": row for row in series}
    by_day = {f"{row.start.local:%Y%m%d}": row.id or "" for row in series if row.start is not None}
    for identifier, event in list(waiting.items()):
        place = _place(identifier, event, rows, by_day, master, zones)
        if place is None or (identifier in apart and identifier not in rows):
            continue
        at, own_id = place
        del waiting[identifier]
        line = event.first("RECURRENCE-ID")
        if line is not None and (line.param("RANGE") or "").upper() == "THISANDFUTURE":
            _shift_following(rows, at, event, zones)
        rows[at] = _row(own_id, event, zones)
    return list(rows.values())


def _place(
    identifier: str,
    event: Component,
    rows: Mapping[str, Occurrence],
    by_day: Mapping[str, str],
    master: Component,
    zones: EntryZones,
) -> tuple[str, str] | None:
    """Return which row of the series an exception changes, and the id that the changed row bears."""
    if identifier in rows:
        return identifier, identifier
    start = start_of(master)
    if len(identifier) == 8 or (start is not None and start.kind == "date"):
        # One side is a date, the other a time: senders mix them.
        at = by_day.get(identifier[:8])
        return None if at is None else (at, at)
    own = _row(None, event, zones)
    if master.first("RDATE") is not None and own.start is not None and own.start_utc is not None:
        moved_to = compact(own.start_utc, own.start.kind)
        return (moved_to, identifier) if moved_to in rows else None
    return None


def _shift_following(rows: dict[str, Occurrence], at: str, event: Component, zones: EntryZones) -> None:
    """Carry RANGE=THISANDFUTURE (seen in imported mail) over the later dates."""
    changed, old = _row(at, event, zones), rows[at]
    if changed.start_utc is None or old.start_utc is None or changed.start is None or repeats(event):
        return
    by = changed.start_utc - old.start_utc
    length = None if changed.end_utc is None else changed.end_utc - changed.start_utc
    for key, row in rows.items():
        if row.start_utc is not None and row.start is not None and row.start_utc > old.start_utc:
            start = row.start_utc + by
            rows[key] = replace(
                row,
                start=row.start.shifted(by),
                start_utc=start,
                end_utc=None if length is None else start + length,
                event=event,
            )


def _alone(identifier: str, event: Component, zones: EntryZones) -> list[Occurrence]:
    """Return the rows of an exception whose series is not in the text."""
    dates = series_rows(event, zones, END_OF_TIME) if event.first("RDATE") is not None else []
    if len(dates) < 2:
        return [_row(identifier, event, zones)]
    return [replace(dates[0], id=identifier), *dates[1:]]
