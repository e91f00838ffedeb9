"""Reads of one entry: `/events/{uid}`, one occurrence, `/instances`; and how a kept VEVENT is shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from daemon.sandbox.domino.calls import Call, empty_answer, json_answer, text_answer
from daemon.sandbox.domino.content_lines import Component, Line
from daemon.sandbox.domino.das_json import event_document, zone_document
from daemon.sandbox.domino.entries import CHAIR, Entry, role_at
from daemon.sandbox.domino.errors import BAD_ID, NOT_FOUND, DasError, calendar_error
from daemon.sandbox.domino.expansion import END_OF_TIME, Occurrence, exception_id, masters_of, repeats, series_rows
from daemon.sandbox.domino.rule_forms import LONGEST
from daemon.sandbox.domino.series_dates import recurrence_line
from daemon.sandbox.domino.values import utc_stamp

_RECURRENCE_ID = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z)?")
_READ_RANGE = re.compile(r"([0-9A-Fa-f]{32})_\d+-Lotus_ReadRange_Generated")


def find_entry(call: Call, uid: str, message: str) -> Entry:
    """Return the entry that a path names; 404/1031 for one that is absent, hidden from the caller or an invitation."""
    found = call.mail_file.find(uid)
    if found is None and (handle := _READ_RANGE.fullmatch(uid)):
        found = call.mail_file.by_unid(handle[1])
    if found is None or found.notice is not None or (found.private and not call.rights.sees_private):
        raise calendar_error(NOT_FOUND, message, f"There is no entry {uid}.")
    return found


def find_occurrence(entry: Entry, recurrence_id: str, message: str) -> Occurrence:
    """Return the occurrence of that id; 400/1025 for a text that is no id, 404/1031 for one that is absent."""
    form = _RECURRENCE_ID.fullmatch(recurrence_id)
    try:
        if form is None:
            raise ValueError("another form")
        start = datetime(int(form[1]), int(form[2]), int(form[3]), tzinfo=UTC)
    except ValueError as error:
        raise calendar_error(BAD_ID, message, f"{recurrence_id!r} is no recurrence id: {error}.") from error
    horizon = min(start, END_OF_TIME) + timedelta(days=400)
    for row in entry.occurrences(horizon):
        if row.id == recurrence_id:
            return row
    raise calendar_error(NOT_FOUND, message, f"There is no occurrence {recurrence_id}.")


def shown(event: Component, entry: Entry, call: Call) -> Component:
    """Return a VEVENT as a read gives it: quoted zones, ids in UTC, answers of invitees hidden, a time of last save."""
    made = event.copy()
    made.lines = [_shown_line(line, call.options.partstat) for line in made.lines]
    if event.first("RECURRENCE-ID"):
        identifier = exception_id(event, entry.zones())
        if _RECURRENCE_ID.fullmatch(identifier):
            made.put(recurrence_line(identifier))
    if made.first("LAST-MODIFIED") is None:
        made.lines.append(Line("LAST-MODIFIED", utc_stamp(entry.modified)))
    return made


def _shown_line(line: Line, partstat: str) -> Line:
    """Return one property as a read gives it."""
    if line.name == "ATTENDEE" and partstat == "needs_action" and role_at(line) != CHAIR:
        return line.with_param("PARTSTAT", "NEEDS-ACTION")
    if line.name in {"DTSTART", "DTEND", "RDATE", "EXDATE"} and line.param("TZID"):
        return Line(line.name, line.value, line.params)
    return line


def one_occurrence(entry: Entry, row: Occurrence) -> Component:
    """Return an occurrence as a VEVENT of its own. An exception for a range may bring a list of dates: each is one, too."""
    exception = row.event.first("RECURRENCE-ID") is not None
    if row.start is None or row.id is None or (exception and not repeats(row.event)):
        return row.event
    made = row.event.copy()
    made.drop("RRULE", "RDATE", "EXDATE", "DURATION")
    made.put(row.start.line("DTSTART"))
    if row.end_utc is not None and row.start_utc is not None:
        made.put(row.start.shifted(row.end_utc - row.start_utc).line("DTEND"))
    made.put(recurrence_line(row.id))
    return made


def answer_entry(
    call: Call, entry: Entry, events: Sequence[Component], *, icalendar: bool, status: int = 200
) -> web.Response:
    """Answer with VEVENTs of an entry (all, or one occurrence) and the zones they use."""
    headers = {"Location": call.location(entry.uid)} if status == 201 else None
    parts = [shown(event, entry, call) for event in events]
    zones = list(entry.definitions)
    if icalendar:
        return text_answer(call, [*zones, *parts], status, headers)
    document: dict[str, Any] = {"href": call.link("events", entry.uid)}
    if zones:
        document["timezones"] = [zone_document(zone) for zone in zones]
    document["events"] = [_document(call, entry, part) for part in parts]
    return json_answer(call.request, document, status, headers)


def _document(call: Call, entry: Entry, event: Component) -> dict[str, Any]:
    """Return one VEVENT of an entry as JSON."""
    recurrence_id = event.value("RECURRENCE-ID")
    parts = ("events", entry.uid) if recurrence_id is None else ("events", entry.uid, recurrence_id)
    links = []
    if recurrence_id is None and repeats(event):
        links = [{"rel": "instances", "href": call.link("events", entry.uid, "instances")}]
    return event_document(event, href=call.link(*parts), uid=entry.uid, links=links)


def read_entry(call: Call, uid: str) -> web.Response:
    """Answer `GET /events/{uid}`: the entry first, then its exceptions."""
    entry = find_entry(call, uid, "Error reading event")
    return answer_entry(call, entry, [*masters_of(entry.events), *entry.exceptions], icalendar=call.wants_icalendar)


def read_occurrence(call: Call, uid: str, recurrence_id: str) -> web.Response:
    """Answer `GET /events/{uid}/{recurrenceId}`."""
    entry = find_entry(call, uid, "Error reading event")
    row = find_occurrence(entry, recurrence_id, "Error reading event")
    return answer_entry(call, entry, [one_occurrence(entry, row)], icalendar=call.wants_icalendar)


def read_instances(call: Call, uid: str) -> web.Response:
    """Answer `GET /events/{uid}/instances`: present starts as ids, which for a moved occurrence is the wrong id."""
    entry = find_entry(call, uid, "Error reading event")
    master = entry.master
    if not repeats(master):
        raise DasError(400, "Event does not recur")
    zones = entry.zones()
    first = series_rows(master, zones, END_OF_TIME if master.first("RDATE") else _far(call))
    start = first[0].start_utc if first else None
    rows = [row for row in first if row.id and row.start_utc and start and row.start_utc < start + LONGEST]
    if not rows:
        return empty_answer()
    instances = [{"recurrenceId": row.id, "href": call.link("events", entry.uid, row.id or "")} for row in rows]
    return json_answer(call.request, {"instances": instances})


def _far(call: Call) -> datetime:
    """Return a horizon beyond any ten years that have begun."""
    return call.now + 3 * LONGEST
