"""Writes the dates of a series the way Notes keeps a changed one: RDATE periods, original ids aside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from daemon.sandbox.domino.content_lines import Component, Line
from daemon.sandbox.domino.expansion import Occurrence
from daemon.sandbox.domino.values import BadValue, Moment, compact, length_of, start_of
from daemon.sandbox.domino.zones import EntryZones

_LAST = datetime(9999, 1, 1, tzinfo=UTC)


def recurrence_line(identifier: str) -> Line:
    """Return RECURRENCE-ID, always UTC."""
    return Line("RECURRENCE-ID", identifier, (("VALUE", ("DATE",)),) if len(identifier) == 8 else ())


def set_dates(master: Component, rows: Sequence[Occurrence]) -> None:
    """Put the dates of `rows` (at least one) into a series as Notes keeps a changed one: RDATE, the first included."""
    ordered = sorted((row for row in rows if row.start is not None), key=lambda row: row.start_utc or _LAST)
    first = ordered[0]
    if first.start is None:
        return
    master.put(first.start.line("DTSTART"))
    if first.end_utc is not None:
        master.put(_end_of(first, first.start).line("DTEND"))
    values = []
    periods = first.start.kind != "date" and all(row.end_utc is not None for row in ordered)
    for row in ordered:
        if row.start is not None:
            value = row.start.line("X").value
            values.append(f"{value}/{_end_of(row, row.start).line('X').value}" if periods else value)
    line = Line("RDATE", ",".join(values), first.start.line("RDATE").params)
    master.drop("RRULE", "RDATE", "EXDATE")
    at = next((i for i, old in enumerate(master.lines) if old.name == "TRANSP"), len(master.lines) - 1)
    master.lines.insert(at + 1, line.with_param("VALUE", "PERIOD") if periods else line)


def _end_of(row: Occurrence, start: Moment) -> Moment:
    """Return the end of a row in the local time of its start."""
    if row.end_utc is None or row.start_utc is None:
        return start
    return start.shifted(row.end_utc - row.start_utc)


def one_date(event: Component, zones: EntryZones) -> None:
    """Give a changed occurrence the one-period RDATE that Notes writes into it."""
    start = _start(event)
    length = length_of(event, start, zones)
    event.drop("RRULE", "RDATE", "EXDATE")
    if length is None or start.kind == "date":
        return
    line = start.line("RDATE")
    value = f"{line.value}/{start.shifted(length).line('X').value}"
    event.lines.insert(2, line.with_value(value).with_param("VALUE", "PERIOD"))


def starts_at(event: Component, zones: EntryZones) -> str:
    """Return the start of a VEVENT as an id."""
    start = _start(event)
    return compact(start.utc(zones), start.kind)


def _start(event: Component) -> Moment:
    """Return DTSTART of a VEVENT that is known to have one."""
    start = start_of(event)
    if start is None:
        raise BadValue("DTSTART is missing.")
    return start
