"""Reads the JSON of a create or update into components, with the refusals of the service."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from daemon.sandbox.domino.content_lines import Component, Line, escape
from daemon.sandbox.domino.errors import DasError

_TEXTS = {
    "id": "UID",
    "summary": "SUMMARY",
    "location": "LOCATION",
    "description": "DESCRIPTION",
    "categories": "CATEGORIES",
    "comment": "COMMENT",
}
_WORDS = {"class": "CLASS", "transparency": "TRANSP", "status": "STATUS"}
_PLAIN = {
    "recurrenceRule": "RRULE",
    "sequence": "SEQUENCE",
    "priority": "PRIORITY",
    "duration": "DURATION",
    "recurrenceId": "RECURRENCE-ID",
}
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ATTENDEE_WORDS = {"role": "ROLE", "userType": "CUTYPE", "status": "PARTSTAT"}
_ATTENDEE_TEXTS = {
    "delegatedTo": "DELEGATED-TO",
    "delegatedFrom": "DELEGATED-FROM",
    "displayName": "CN",
    "sentBy": "SENT-BY",
    "dir": "DIR",
}


def _text(value: Any) -> str:
    """Return a value as the text of a property. Control characters and halves of character pairs have no place in one."""
    if isinstance(value, dict | list):
        raise TypeError("A text is expected.")
    return _CONTROLS.sub("", str(value)).encode("utf-8", "replace").decode()


def _word(value: Any) -> str:
    """Return a value that stands in a content line as it is: on one line."""
    return re.sub(r"[\r\n]+", " ", _text(value)).strip()


def read_json(text: str) -> Component:
    """Return the VCALENDAR that a JSON body means; DasError 400 (500 where a value has a shape nobody converts)."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DasError(400, "Error parsing JSON content.", detail=str(error)) from error
    if not isinstance(document, dict):
        raise DasError(400, "Error parsing JSON content.", detail="The content is not a JSON object.")
    try:
        return _calendar(document)
    except (TypeError, AttributeError, KeyError) as error:
        raise DasError(500, "Error converting JSON content.", detail=repr(error)) from error


def _calendar(document: Mapping[str, Any]) -> Component:
    """Convert the whole body."""
    calendar = Component("VCALENDAR", [Line("VERSION", "2.0")])
    if "scheduleMethod" in document:
        calendar.lines.append(Line("METHOD", _word(document["scheduleMethod"]).upper()))
    for zone in document.get("timezones") or []:
        calendar.children.append(_zone(zone))
    known = {child.value("TZID") or "" for child in calendar.children}
    for event in document.get("events") or []:
        calendar.children.append(_event(event, known))
    return calendar


def _zone(zone: Mapping[str, Any]) -> Component:
    """Convert a time zone."""
    made = Component("VTIMEZONE", [Line("TZID", _word(zone["tzid"]))])
    for key in ("standard", "daylight"):
        if observance := zone.get(key):
            child = Component(key.upper())
            child.lines.append(_moment("DTSTART", observance["start"], set()))
            child.lines.append(Line("TZOFFSETFROM", _word(observance["offsetFrom"])))
            child.lines.append(Line("TZOFFSETTO", _word(observance["offsetTo"])))
            if rule := observance.get("recurrenceRule"):
                child.lines.append(Line("RRULE", _word(rule)))
            made.children.append(child)
    return made


def _event(event: Mapping[str, Any], known: set[str]) -> Component:
    """Convert an event."""
    made = Component("VEVENT")
    event = {key: value for key, value in event.items() if value is not None}
    for key, name in _TEXTS.items():
        if key in event:
            made.lines.append(Line(name, escape(_text(event[key]))))
    for key, name in (("start", "DTSTART"), ("end", "DTEND")):
        if key in event:
            made.lines.append(_moment(name, event[key], known))
    for key, name in _WORDS.items():
        if key in event:
            made.lines.append(Line(name, _word(event[key]).upper()))
    for key, name in _PLAIN.items():
        if key in event:
            made.lines.append(Line(name, _word(event[key])))
    made.lines += [_period(entry, known) for entry in event.get("recurrenceDates") or []]
    made.lines += [_moment("EXDATE", entry, known) for entry in event.get("exceptDates") or []]
    made.lines += [_person("ATTENDEE", entry) for entry in event.get("attendees") or []]
    if organizer := event.get("organizer"):
        made.lines.append(_person("ORGANIZER", organizer))
    for key, value in event.items():
        if key.lower().startswith("x-"):
            made.lines.append(
                Line(_word(key).upper(), escape(_text(value["data"] if isinstance(value, dict) else value)))
            )
    made.children += [_alarm(entry) for entry in event.get("alarm") or []]
    return made


def _moment(name: str, value: Mapping[str, Any], known: set[str]) -> Line:
    """Convert a date-time object."""
    tzid, utc = value.get("tzid"), value.get("utc")
    if not isinstance(utc, bool | None):
        raise TypeError("utc is true or false.")
    if utc and tzid:
        raise DasError(400, "Error parsing JSON content.", detail="utc and tzid exclude each other.")
    if "date" not in value:
        raise DasError(400, "Error parsing JSON content.", detail="A date-time object has no date.")
    if tzid and tzid not in known:
        raise DasError(400, "Error parsing JSON content.", detail=f"The time zone {tzid} is not among timezones.")
    day, time = str(value["date"]), value.get("time")
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", day) or (
        time is not None and not re.fullmatch(r"\d\d:\d\d:\d\d", str(time))
    ):
        raise DasError(400, "Error parsing JSON content.", detail="A date or a time has the wrong form.")
    if time is None:
        return Line(name, day.replace("-", ""), (("VALUE", ("DATE",)),))
    stamp = f"{day.replace('-', '')}T{str(time).replace(':', '')}"
    return Line(name, stamp + ("Z" if utc else ""), (("TZID", (_word(tzid),)),) if tzid else ())


def _period(value: Mapping[str, Any], known: set[str]) -> Line:
    """Convert one recurrence date."""
    start = _moment("RDATE", value["start"], known)
    if "end" not in value:
        return start
    end = _moment("RDATE", value["end"], known)
    return start.with_value(f"{start.value}/{end.value}").with_param("VALUE", "PERIOD")


def _person(name: str, value: Mapping[str, Any]) -> Line:
    """Convert an attendee or the organizer."""
    params: list[tuple[str, tuple[str, ...]]] = []
    for key, parameter in _ATTENDEE_WORDS.items():
        if value.get(key):
            params.append((parameter, (_word(value[key]).upper(),)))
    if "rsvp" in value:
        params.append(("RSVP", ("TRUE" if value["rsvp"] else "FALSE",)))
    for key, parameter in _ATTENDEE_TEXTS.items():
        if value.get(key):
            params.append((parameter, (_word(value[key]),)))
    return Line(name, f"mailto:{_word(value['email'])}", tuple(params))


def _alarm(value: Mapping[str, Any]) -> Component:
    """Convert an alarm."""
    made = Component("VALARM", [Line("ACTION", _word(value.get("action", "display")).upper())])
    trigger = value["trigger"]
    related = (("RELATED", (_word(trigger["related"]).upper(),)),) if trigger.get("related") else ()
    made.lines.append(Line("TRIGGER", _word(trigger["value"]), related))
    if "description" in value:
        made.lines.append(Line("DESCRIPTION", escape(_text(value["description"]))))
    for key, name in (("repeat", "REPEAT"), ("duration", "DURATION")):
        if key in value:
            made.lines.append(Line(name, _word(value[key])))
    return made
