"""`GET /events`: the window, the rows of the view in it, paging, and the short elements that a list is made of."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from daemon.sandbox.domino.calls import Call, empty_answer, json_answer, text_answer
from daemon.sandbox.domino.content_lines import Component, Line, escape, unescape
from daemon.sandbox.domino.das_json import event_document
from daemon.sandbox.domino.errors import DasError
from daemon.sandbox.domino.normalising import app_type
from daemon.sandbox.domino.series_dates import recurrence_line
from daemon.sandbox.domino.values import BadValue, utc_stamp
from daemon.sandbox.domino.views import Row

YEAR = timedelta(days=365)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_FIELDS = re.compile(r"[A-Za-z0-9-]+(?:,[A-Za-z0-9-]+)*")
#: The names `fields` knows, odd spellings included -> property of the element (notes.md 1.3).
_KNOWN_FIELDS = {
    "categories": "CATEGORIES",
    "class": "CLASS",
    "end": "DTEND",
    "location": "LOCATION",
    "priority": "PRIORITY",
    "reccurenceid": "RECURRENCE-ID",
    "sequence": "SEQUENCE",
    "start": "DTSTART",
    "status": "STATUS",
    "summary": "SUMMARY",
    "transparency": "TRANSP",
    "x-lotus-apptype": "X-LOTUS-APPTTYPE",
    "x-lotus-noticetype": "X-LOTUS-NOTICETYPE",
    "x-lotus-onlinemeeting-url": "X-LOTUS-ONLINEMEETING-URL",
    "x-lotus-organizer": "X-LOTUS-ORGANIZER",
    "x-lotus-room": "X-LOTUS-ROOM",
}


def list_events(call: Call) -> web.Response:
    """Answer a list."""
    since, before = window(call.query, call.now)
    start = _number(call.query, "start", 0, 0, None)
    count = _number(call.query, "count", 50, 1, 100)
    fields = _fields(call.query.get("fields"))
    rows = call.views.rows(call.mail_file, since, before, call.rights.sees_private)
    at = first = call.views.disturbed(start, call.options.disturb_pages)
    chosen: list[tuple[int, Row]] = []
    while at < len(rows) and len(chosen) < count:
        if rows[at].entry.hidden is None:
            chosen.append((at, rows[at]))
        at += 1
    if not chosen:
        return empty_answer()
    # The range counts the rows gone through, hidden ones as well, so it may exceed the elements in the body.
    headers = {"Content-Range": f"items {start}-{start + (at - first) - 1}"}
    if call.wants_icalendar:
        return text_answer(call, [_summary(call, n, row, fields) for n, row in chosen], headers=headers)
    elements = [_element(call, n, row, fields) for n, row in chosen]
    return json_answer(call.request, {"events": elements}, headers=headers)


def window(query: dict[str, str], now: datetime) -> tuple[datetime, datetime]:
    """Return [since, before) of a list; DasError 400 for each fault of notes.md 1.3."""
    for one, other in (("since", "sincenow"), ("before", "days")):
        if one in query and other in query:
            raise DasError(400, f"Parameters {one} and {other} exclude each other.")
    since = stamp(query, "since")
    before = stamp(query, "before")
    if "sincenow" in query:
        since = now + timedelta(days=_number(query, "sincenow", 0, -36500, 36500))
    days = timedelta(days=_number(query, "days", 365, 1, 36500))
    if "days" in query or before is None:
        since = since or now
        before = _shifted(since, days)
    elif since is None:
        since = _shifted(before, -YEAR)
    if before <= since:
        raise DasError(400, "The end of the range must be after its start.")
    return since, before


def _shifted(moment: datetime, by: timedelta) -> datetime:
    """Return a moment moved, no further than dates go."""
    try:
        return moment + by
    except OverflowError:
        return _LAST if by > timedelta() else _FIRST


def stamp(query: dict[str, str], name: str) -> datetime | None:
    """Return a time parameter in its one allowed form."""
    if name not in query:
        return None
    try:
        if not _STAMP.fullmatch(query[name]):
            raise ValueError("another form")
        return datetime.strptime(query[name], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise DasError(400, f"Invalid parameter: {name}", detail=f"{query[name]!r}: {error}") from error


def _number(query: dict[str, str], name: str, default: int, low: int, high: int | None) -> int:
    """Return a whole number parameter within its limits."""
    text = query.get(name)
    if text is None:
        return default
    try:
        number = int(text)
    except ValueError as error:
        raise DasError(400, f"Invalid parameter: {name}", detail=str(error)) from error
    if number < low or (high is not None and number > high):
        raise DasError(400, f"Invalid parameter: {name}", detail=f"{number} is out of range.")
    return number


def _fields(text: str | None) -> set[str]:
    """Return the properties to keep; an empty set means all."""
    if text is None:
        return set()
    if not _FIELDS.fullmatch(text):
        raise DasError(400, "Invalid parameter: fields", detail=f"{text!r} is not a list of names.")
    return {_KNOWN_FIELDS[name.lower()] for name in text.split(",") if name.lower() in _KNOWN_FIELDS}


def _summary(call: Call, position: int, row: Row, fields: set[str]) -> Component:
    """Return the VEVENT of a row: UTC times, nothing that needs the document; of `fields` only, unless that is empty."""
    source, occurrence, old = row.occurrence.event, row.occurrence, call.options.old_template
    made = Component("VEVENT")
    dated = occurrence.start is not None and occurrence.start.kind == "date"
    for name, moment in (("DTSTART", occurrence.start_utc), ("DTEND", occurrence.end_utc)):
        if moment is None:
            continue
        stamp = utc_stamp(moment)
        made.lines.append(Line(name, stamp[:8], (("VALUE", ("DATE",)),)) if dated else Line(name, stamp))
    if occurrence.id is not None:
        made.lines.append(recurrence_line(occurrence.id))
    summary = unescape(source.value("SUMMARY") or "")
    if old:
        chair = unescape(call.mail_file.owner.notes_name)
        summary = ",".join([summary, unescape(source.value("LOCATION") or ""), chair])
    made.lines.append(Line("SUMMARY", escape(summary)))
    names = ["LOCATION", "CATEGORIES", "PRIORITY", "STATUS", "CLASS"] + ([] if old else ["TRANSP", "SEQUENCE"])
    for name in names:
        if line := source.first(name):
            made.lines.append(Line(name, line.value))
    uid = row.entry.uid if not old else f"{row.entry.unid}_{position + 1}-Lotus_ReadRange_Generated"
    made.lines.append(Line("UID", escape(uid)))
    made.lines.append(Line("X-LOTUS-ORGANIZER", _organizer(call, source)))
    made.lines.append(Line("X-LOTUS-SUMMARYDATAONLY", "TRUE"))
    if row.entry.notice:
        made.lines.append(Line("X-LOTUS-NOTICETYPE", row.entry.notice))
    made.lines += [Line(n, v) for n in ("X-LOTUS-ROOM", "X-LOTUS-ONLINEMEETING-URL") if (v := source.value(n))]
    made.lines.append(Line("X-LOTUS-APPTTYPE", source.value("X-LOTUS-APPTTYPE") or _type(source)))
    if fields:
        made.lines = [line for line in made.lines if line.name in fields or line.name == "UID"]
    return made


def _type(event: Component) -> str:
    """Return the type of an imported entry; an appointment where its start cannot be read."""
    try:
        return app_type(event)
    except (BadValue, DasError):
        return "0"


def _organizer(call: Call, event: Component) -> str:
    """Return the chair as a canonical Notes name."""
    line = event.first("ORGANIZER")
    name = line.param("CN") if line is not None else None
    if not name:
        return call.mail_file.owner.distinguished_name
    first, *units, organisation = name.split("/") if "/" in name else (name, "")
    parts = [f"CN={first}", *(f"OU={unit}" for unit in units), *([f"O={organisation}"] if organisation else [])]
    return "/".join(parts)


def _element(call: Call, position: int, row: Row, fields: set[str]) -> dict[str, Any]:
    """Return one list element."""
    event = _summary(call, position, row, fields)
    uid = unescape(event.value("UID") or "")
    parts = ("events", uid) if row.occurrence.id is None else ("events", uid, row.occurrence.id)
    return event_document(event, href=call.link(*parts), uid=uid, links=[])
