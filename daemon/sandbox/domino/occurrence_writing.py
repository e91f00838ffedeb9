"""Changes to single dates of a series: an exception in place of a date, dates taken away."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from daemon.sandbox.domino.calls import Call, empty_answer
from daemon.sandbox.domino.content_lines import Component, Line
from daemon.sandbox.domino.detail import find_entry, find_occurrence, one_occurrence
from daemon.sandbox.domino.entries import Entry
from daemon.sandbox.domino.errors import BAD_ACTION, calendar_error
from daemon.sandbox.domino.expansion import END_OF_TIME, Occurrence, exception_id, masters_of, repeats, series_rows
from daemon.sandbox.domino.rule_forms import LONGEST
from daemon.sandbox.domino.series_dates import one_date, recurrence_line, set_dates, starts_at
from daemon.sandbox.domino.values import compact, in_kind_of, length_of, start_of, utc_stamp
from daemon.sandbox.domino.workflow import notice_of
from daemon.sandbox.domino.zones import EntryZones

RANGES = {"": "this", "all": "all", "future": "future", "previous": "previous"}


def dates_of(entry: Entry, master: Component) -> list[Occurrence]:
    """Return the dates of a series as they stand in its own rule or list, each with its original id."""
    zones = entry.zones()
    start = start_of(master)
    horizon = END_OF_TIME
    rule = master.value("RRULE")
    if start is not None and rule is not None and "COUNT" not in rule.upper() and "UNTIL" not in rule.upper():
        # An imported endless rule becomes finite with its first change: Notes keeps lists.
        horizon = max(start.utc(zones), entry.modified) + LONGEST
    rows = series_rows(master, zones, horizon)
    return [
        Occurrence(entry.moved.get(row.id or "", row.id), row.start, row.start_utc, row.end_utc, row.event)
        for row in rows
    ]


def target(entry: Entry, recurrence_id: str, event: Component, zones: EntryZones) -> tuple[Component, bool]:
    """Return the occurrence as it was and whether `event` moves it; 404/1031 where the series has no such date."""
    row = find_occurrence(entry, recurrence_id, "Error updating event")
    old = one_occurrence(entry, row)
    return old, row.start_utc is None or row.start is None or starts_at(event, zones) != compact(
        row.start_utc, row.start.kind
    )


def replace_date(entry: Entry, recurrence_id: str, made: Component) -> None:
    """Put `made` in place of one date: an exception of its own, and the series as a list with the present times."""
    zones = entry.zones()
    master = _series_with(entry, recurrence_id)
    made.drop("RECURRENCE-ID")
    at = next((i for i, line in enumerate(made.lines) if line.name == "LAST-MODIFIED"), len(made.lines))
    made.lines.insert(at, recurrence_line(recurrence_id))
    one_date(made, zones)
    entry.events = [e for e in entry.events if e is master or exception_id(e, zones) != recurrence_id]
    entry.events.append(made)
    if master is not None:
        _move(entry, master, recurrence_id, made, zones)
    entry.changed()


def _series_with(entry: Entry, recurrence_id: str) -> Component | None:
    """Return the series that has a date of that id."""
    for master in masters_of(entry.events):
        if repeats(master) and recurrence_id in {row.id for row in dates_of(entry, master)}:
            return master
    return None


def _move(entry: Entry, master: Component, recurrence_id: str, made: Component, zones: EntryZones) -> None:
    """Write the new time of a changed date into the list of its series and remember the original one."""
    rows = dates_of(entry, master)
    old = next(row for row in rows if row.id == recurrence_id)
    others = [row for row in rows if row.id != recurrence_id]
    start = start_of(made)
    if start is None or old.start is None or old.start_utc is None:
        return
    new_id = starts_at(made, zones)
    entry.moved.pop(compact(old.start_utc, old.start.kind), None)
    length = length_of(made, start, zones)
    utc = start.utc(zones)
    dated = {start.kind, old.start.kind}
    # A date among times (or a time among dates) has no place in the list; the exception then stands alone.
    there = start if dated == {"date"} else None if "date" in dated else in_kind_of(utc, old.start, zones)
    if there is not None:
        taken = new_id in {compact(row.start_utc, row.start.kind) for row in others if row.start_utc and row.start}
        others.append(Occurrence(recurrence_id, there, utc, None if length is None else utc + length, master))
        if taken:
            entry.apart.add(recurrence_id)
        elif new_id != recurrence_id:
            entry.moved[new_id] = recurrence_id
    if others:
        set_dates(master, others)
    master.put(Line("LAST-MODIFIED", utc_stamp(entry.modified)))


def delete_occurrence(call: Call, uid: str, recurrence_id: str) -> web.Response:
    """Answer `DELETE /events/{uid}/{recurrenceId}` with `recurrenceRange` (default: only this one)."""
    call.need_write()
    entry = find_entry(call, uid, "Error deleting event")
    which = RANGES.get(call.query.get("recurrenceRange", "").lower())
    if which is None:
        raise calendar_error(BAD_ACTION, "Error deleting event", "recurrenceRange is all, future or previous.")
    row = find_occurrence(entry, recurrence_id, "Error deleting event")
    notice = notice_of("CANCEL", entry, row.event, call)
    remove_dates(entry, recurrence_id, which, call.now)
    if entry.events:
        call.mail_file.save(entry)
    else:
        call.mail_file.remove(entry.uid)
    call.mail(notice)
    return empty_answer()


def remove_dates(entry: Entry, recurrence_id: str, which: str, now: datetime) -> None:
    """Take dates away, by original id. An entry left without VEVENTs has no date any more."""

    def goes(identifier: str | None) -> bool:
        if which == "all" or identifier is None:
            return which == "all"
        if which == "this":
            return identifier == recurrence_id
        return identifier >= recurrence_id if which == "future" else identifier <= recurrence_id

    zones = entry.zones()
    kept: list[Component] = []
    for event in entry.events:
        if event.first("RECURRENCE-ID") is not None:
            if not goes(exception_id(event, zones)):
                kept.append(event)
        elif not repeats(event):
            if which != "all":
                kept.append(event)
        elif _thin_out(entry, event, [row for row in dates_of(entry, event) if not goes(row.id)], which, recurrence_id):
            event.put(Line("LAST-MODIFIED", utc_stamp(now)))
            kept.append(event)
    entry.events = kept
    entry.modified = now
    entry.changed()


def _thin_out(entry: Entry, master: Component, rest: list[Occurrence], which: str, recurrence_id: str) -> bool:
    """Leave a series with the dates of `rest`: a rule gets an EXDATE, a list loses the date. False: nothing is left."""
    if not rest:
        return False
    start = start_of(master)
    if which == "this" and master.first("RRULE") is not None and start is not None:
        line = recurrence_line(recurrence_id)
        dates = [old.value for old in master.every("EXDATE") if old.params == line.params]
        others = [old for old in master.every("EXDATE") if old.params != line.params]
        master.drop("EXDATE")
        at = next(i for i, old in enumerate(master.lines) if old.name == "RRULE")
        master.lines[at + 1 : at + 1] = [Line("EXDATE", ",".join([*dates, recurrence_id]), line.params), *others]
        return True
    kept = {row.id for row in rest}
    entry.moved = {new: old for new, old in entry.moved.items() if old in kept}
    set_dates(master, rest)
    return True
