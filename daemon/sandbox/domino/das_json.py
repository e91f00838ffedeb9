"""Writes VEVENTs and VTIMEZONEs as the JSON of the calendar service: fixed key order, `\\/` and `\\uXXXX`."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from daemon.sandbox.domino.content_lines import Component, Line, unescape
from daemon.sandbox.domino.entries import address
from daemon.sandbox.domino.values import BadValue, Moment, read_line, read_periods
from daemon.sandbox.domino.zones import zone_name

#: Properties that never appear in the JSON (notes.md 1.4), and those that have a place of their own below.
_NEVER = {"ATTACH", "GEO", "URL", "CREATED", "DTSTAMP"}
_TEXTS_BEFORE = {"SUMMARY": "summary", "LOCATION": "location", "DESCRIPTION": "description"}
_WORDS = {"CLASS": "class", "TRANSP": "transparency", "STATUS": "status"}


def encode(document: Any) -> bytes:
    """Encode as the service does: every slash escaped, everything beyond ASCII as \\uXXXX."""
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def date_time(moment: Moment) -> dict[str, Any]:
    """Return the date-time object of a moment."""
    local = moment.local
    document: dict[str, Any] = {"date": f"{local.year:04}-{local:%m-%d}"}
    if moment.kind != "date":
        document["time"] = f"{local:%H:%M:%S}"
    if moment.kind == "utc":
        document["utc"] = True
    elif moment.kind == "zone":
        document["tzid"] = moment.tzid
    return document


def event_document(event: Component, *, href: str, uid: str, links: list[dict[str, str]]) -> dict[str, Any]:
    """Return one VEVENT with the keys in the order of the service. What cannot be read is left out."""
    document: dict[str, Any] = {"href": href, "id": uid}
    for name, key in _TEXTS_BEFORE.items():
        if line := event.first(name):
            document[key] = unescape(line.value)
    _put_moment(document, "start", event.first("DTSTART"))
    _put_moment(document, "end", event.first("DTEND"))
    if rule := event.value("RRULE"):
        document["recurrenceRule"] = rule
    document.update(_dates(event))
    if links:
        document["links"] = links
    if (line := event.first("RECURRENCE-ID")) is not None:
        document["recurrenceId"] = line.value.strip()
    for name, key in _WORDS.items():
        if value := event.value(name):
            document[key] = value.lower()
    for name, key in (("SEQUENCE", "sequence"), ("LAST-MODIFIED", "last-modified"), ("DURATION", "duration")):
        value = event.value(name)
        if value:
            document[key] = int(value) if key == "sequence" and value.isdecimal() else value
    if lines := event.every("CATEGORIES"):
        document["categories"] = ";".join(unescape(line.value) for line in lines)
    if (value := event.value("PRIORITY")) and value.isdecimal():
        document["priority"] = int(value)
    if attendees := event.every("ATTENDEE"):
        document["attendees"] = [attendee_document(line) for line in attendees]
    if organizer := event.first("ORGANIZER"):
        document["organizer"] = organizer_document(organizer)
    if comment := event.first("COMMENT"):
        document["comment"] = unescape(comment.value)
    for line in event.lines:
        if line.name.startswith("X-") and line.name not in _NEVER:
            document[line.name.lower()] = {"data": unescape(line.value)}
    if alarms := [alarm_document(child) for child in event.children if child.name == "VALARM"]:
        document["alarm"] = alarms
    return document


def _put_moment(document: dict[str, Any], key: str, line: Line | None) -> None:
    """Put a date-time where there is one that can be read."""
    if line is None:
        return
    try:
        document[key] = date_time(read_line(line))
    except BadValue:
        return


def _dates(event: Component) -> dict[str, Any]:
    """Return exceptDates and recurrenceDates out of the first property of each kind."""
    document: dict[str, Any] = {}
    try:
        if except_dates := event.first("EXDATE"):
            document["exceptDates"] = [date_time(moment) for moment, _ in read_periods(except_dates)]
        if dates := event.first("RDATE"):
            document["recurrenceDates"] = [_period(start, end) for start, end in read_periods(dates)]
    except (BadValue, OverflowError):
        pass  # a list that cannot be read is left out of the JSON; the text form still has it
    return document


def _period(start: Moment, end: Moment | timedelta | None) -> dict[str, Any]:
    """Return one recurrence date with its end, where it has one."""
    document = {"start": date_time(start)}
    if isinstance(end, timedelta):
        end = start.shifted(end)
    if end is not None:
        document["end"] = date_time(end)
    return document


def attendee_document(line: Line) -> dict[str, Any]:
    """Return an attendee; words in lower case."""
    document: dict[str, Any] = {}
    for name, key in (("ROLE", "role"), ("CUTYPE", "userType"), ("PARTSTAT", "status")):
        if value := line.param(name):
            document[key] = value.lower()
    if value := line.param("RSVP"):
        document["rsvp"] = value.upper() == "TRUE"
    for name, key in (
        ("DELEGATED-TO", "delegatedTo"),
        ("DELEGATED-FROM", "delegatedFrom"),
        ("CN", "displayName"),
        ("SENT-BY", "sentBy"),
        ("DIR", "dir"),
    ):
        if value := line.param(name):
            document[key] = value
    document["email"] = address(line)
    return document


def organizer_document(line: Line) -> dict[str, Any]:
    """Return the organizer."""
    document: dict[str, Any] = {}
    if name := line.param("CN"):
        document["displayName"] = name
    if sent_by := line.param("SENT-BY"):
        document["sentBy"] = sent_by
    return {**document, "email": address(line)}


def alarm_document(alarm: Component) -> dict[str, Any]:
    """Return a VALARM."""
    document: dict[str, Any] = {"action": (alarm.value("ACTION") or "DISPLAY").lower()}
    if trigger := alarm.first("TRIGGER"):
        related = trigger.param("RELATED")
        document["trigger"] = {**({"related": related.lower()} if related else {}), "value": trigger.value.strip()}
    if description := alarm.first("DESCRIPTION"):
        document["description"] = unescape(description.value)
    if (repeat := alarm.value("REPEAT")) and repeat.isdecimal():
        document["repeat"] = int(repeat)
    if duration := alarm.value("DURATION"):
        document["duration"] = duration
    return document


def zone_document(definition: Component) -> dict[str, Any]:
    """Return a VTIMEZONE; the JSON has room for one observance of each kind, the last one stands."""
    document: dict[str, Any] = {"tzid": zone_name(definition)}
    for child in definition.children:
        observance: dict[str, Any] = {}
        _put_moment(observance, "start", child.first("DTSTART"))
        observance["offsetFrom"] = child.value("TZOFFSETFROM") or ""
        observance["offsetTo"] = child.value("TZOFFSETTO") or ""
        if rule := child.value("RRULE"):
            observance["recurrenceRule"] = rule
        document[child.name.lower()] = observance
    return document
