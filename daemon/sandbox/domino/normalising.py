"""Turns the body of a create or update into VEVENTs as Domino keeps them: its order, its defaults, its losses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dateutil.rrule import rrulestr

from daemon.sandbox.domino.content_lines import Component, Line, escape, read_text, unescape
from daemon.sandbox.domino.das_json_reading import read_json
from daemon.sandbox.domino.entries import CHAIR, role_at
from daemon.sandbox.domino.errors import INVALID, NOT_SUPPORTED, DasError, calendar_error
from daemon.sandbox.domino.options import DominoOptions
from daemon.sandbox.domino.people import Person
from daemon.sandbox.domino.rule_forms import finite, is_refused_by_frequency, refusal
from daemon.sandbox.domino.series_dates import recurrence_line
from daemon.sandbox.domino.values import BadValue, Moment, length_of, read_duration, read_line, read_periods, utc_stamp
from daemon.sandbox.domino.zones import EntryZones, as_notes_writes, zone_name

_INVALID = "Error parsing iCalendar content."
#: Lotus properties a client may set; every other X- property is dropped.
_KEPT_LOTUS = ("X-LOTUS-ROOM", "X-LOTUS-ONLINEMEETING-URL", "X-LOTUS-PREVENTCOUNTER", "X-LOTUS-PREVENTDELEGATION")
_WISL = ";".join(f"${item}:{{n}}" for item in ("S", "L", "B", "R", "E", "M", "W", "O"))
_HIGHEST = 2**31 - 1  # of an INTEGER (RFC 5545 3.3.8)
_MEDIA = {"application/json", "text/calendar"}


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes into whose mail file, when (aware UTC, whole seconds), under which options."""

    person: Person
    owner: Person
    now: datetime
    options: DominoOptions


@dataclass(frozen=True, slots=True)
class Body:
    """A checked request body: the zones it defines and its VEVENTs, not yet in Domino's form."""

    definitions: list[Component]
    events: list[Component]

    def uid(self) -> str:
        """Return the UID the body names, or an empty text."""
        return next((uid for event in self.events if (uid := unescape(event.value("UID") or ""))), "")


def invalid(detail: str) -> DasError:
    """Return error 1034."""
    return calendar_error(INVALID, _INVALID, detail)


def read_body(text: str, media: str, zone: str) -> Body:
    """Read a body of either media type; DasError 415, 400 or 400/1034."""
    if media not in _MEDIA:
        raise DasError(415, "Content type not supported.", detail=f"The type {media!r} is not taken.")
    if not text.strip():
        raise DasError(400, "Empty request body.")
    calendar = read_json(text) if media == "application/json" else _one_calendar(text)
    if calendar.first("METHOD"):
        raise invalid("Unexpected METHOD.")
    events = [child for child in calendar.children if child.name == "VEVENT"]
    if not events:
        raise invalid("There is no VEVENT.")
    if len({unescape(event.value("UID") or "") for event in events}) > 1:
        raise invalid("There is more than one UID.")
    if any(event.first("X-LOTUS-SUMMARYDATAONLY") for event in events):
        raise invalid("An entry that holds summary data only cannot be written.")
    definitions = [child for child in calendar.children if child.name == "VTIMEZONE"]
    body = Body(definitions, events)
    zones = EntryZones(definitions, zone)
    for event in events:
        _check_times(event, zones)
        sequence = event.value("SEQUENCE") or "0"
        if not sequence.isdecimal() or int(sequence) > _HIGHEST:
            raise invalid("SEQUENCE is not a whole number.")
    return body


def _one_calendar(text: str) -> Component:
    """Parse a text/calendar body strictly."""
    read = read_text(text)
    if read.flaws or len(read.components) != 1 or read.components[0].name != "VCALENDAR":
        raise invalid(read.flaws[0] if read.flaws else "There must be exactly one VCALENDAR.")
    return read.components[0]


def _check_times(event: Component, zones: EntryZones) -> None:
    """Refuse times that cannot be read, zones that the body does not define, and an end before the start."""
    if event.first("DTSTART") is None:
        raise invalid("DTSTART is missing.")
    try:
        for line in event.lines:
            if line.name not in {"DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE"}:
                continue
            for moment, _ in read_periods(line):
                if moment.kind == "zone" and not zones.defined(moment.tzid or ""):
                    raise invalid(f"The time zone {moment.tzid} is not defined.")
                moment.utc(zones)
        start = read_line(event.lines[[line.name for line in event.lines].index("DTSTART")])
        if duration := event.value("DURATION"):
            read_duration(duration)
        _end_line(event, start, zones)
        length = length_of(event, start, zones)
    except (BadValue, OverflowError) as error:
        raise invalid(str(error)) from error
    if length is not None and length < timedelta():
        raise invalid("The end is before the start.")


def notes_zones(body: Body) -> list[Component]:
    """Return the zones the events use, in the form of Notes."""
    used = {(line.param("TZID") or "").strip('"') for event in body.events for line in event.lines}
    return [as_notes_writes(zone) for zone in body.definitions if zone_name(zone) in used]


def app_type(event: Component) -> str:
    """Return X-LOTUS-APPTTYPE: decided by what is present (notes.md 1.4), never by what the client says."""
    if event.first("ATTENDEE"):
        return "3"
    dated = read_line(_start_line(event)).kind == "date"
    ends = event.first("DTEND") is not None or event.first("DURATION") is not None
    if dated:
        return "2" if ends else "1"
    return "0" if ends else "4"


def _start_line(event: Component) -> Line:
    line = event.first("DTSTART")
    if line is None:
        raise invalid("DTSTART is missing.")
    return line


def stored_event(event: Component, uid: str, writer: Writer, zones: EntryZones, update_seq: int = 1) -> Component:
    """Return a VEVENT as Domino keeps it. `update_seq` counts the saves of the document from 1."""
    start = read_line(_start_line(event))
    kind = app_type(event)
    made = Component("VEVENT", [start.line("DTSTART")])
    if (end := _end_line(event, start, zones)) is not None:
        made.lines.append(end)
    made.lines.append(Line("TRANSP", _transparency(event, kind)))
    if rule := event.value("RRULE"):
        made.lines.append(Line("RRULE", checked_rule(rule, start, writer.options)))
    made.lines += [_plain_line(line) for line in merged(event, "RDATE") + merged(event, "EXDATE")]
    if recurrence_id := event.first("RECURRENCE-ID"):
        made.lines.append(recurrence_line(read_line(recurrence_id).identifier(zones)))
    made.lines += [Line("LAST-MODIFIED", utc_stamp(writer.now)), Line("DTSTAMP", utc_stamp(writer.now))]
    made.lines.append(Line("SEQUENCE", (event.value("SEQUENCE") or "0") if kind == "3" else "0"))
    made.lines += _attendees(event, kind, writer)
    private = (event.value("CLASS") or "").upper() in {"PRIVATE", "CONFIDENTIAL"}
    made.lines.append(Line("CLASS", "PRIVATE" if private else "PUBLIC"))
    for name in ("DESCRIPTION", "SUMMARY", "LOCATION", "PRIORITY", "STATUS"):
        if (line := event.first(name)) is not None and line.value:
            made.lines.append(Line(name, line.value.strip() if name in {"PRIORITY", "STATUS"} else line.value))
    if categories := _categories(event):
        made.lines.append(Line("CATEGORIES", categories))
    made.lines += _organizer(event, kind, writer)
    made.lines.append(Line("UID", escape(uid)))
    made.lines += [Line(line.name, line.value) for line in event.lines if line.name in _KEPT_LOTUS]
    made.lines += _lotus(kind, update_seq)
    made.children = [alarm.copy() for alarm in event.children if alarm.name == "VALARM"][:1]
    return made


def _end_line(event: Component, start: Moment, zones: EntryZones) -> Line | None:
    """Return DTEND, worked out of a DURATION where that was given."""
    if line := event.first("DTEND"):
        return read_line(line).line("DTEND")
    length = length_of(event, start, zones)
    return None if length is None else start.shifted(length).line("DTEND")


def _transparency(event: Component, kind: str) -> str:
    """Return TRANSP: as given, else free for anniversaries and reminders, busy for the rest."""
    given = (event.value("TRANSP") or "").upper()
    if given in {"OPAQUE", "TRANSPARENT"}:
        return given
    return "TRANSPARENT" if kind in {"1", "4"} else "OPAQUE"


def checked_rule(rule: str, start: Moment, options: DominoOptions) -> str:
    """Return the rule with an end; 400/1034 for one that is broken, that or 400/1028 for one that Notes cannot hold."""
    why = refusal(rule) if options.strict_rules else None
    if is_refused_by_frequency(rule, options.refused_rules):
        why = "This server keeps no such rule."
    if why is not None:
        raise invalid(why) if options.rule_error == "invalid" else calendar_error(NOT_SUPPORTED, _INVALID, why)
    if re.search(r"INTERVAL=0+(;|$)", rule):
        raise invalid("INTERVAL=0 has no meaning.")
    try:
        rrulestr(re.sub(r"UNTIL=([0-9T]+)Z?", r"UNTIL=\1", rule.strip().upper()), dtstart=start.local)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise invalid(f"The rule cannot be read: {error}.") from error
    return finite(rule, start)


def merged(event: Component, name: str) -> list[Line]:
    """Return the date lists of one name as a single property, where they agree in zone and type."""
    lines = event.every(name)
    if len({(line.param("TZID"), line.param("VALUE")) for line in lines}) > 1 or not lines:
        return lines
    return [lines[0].with_value(",".join(line.value.strip() for line in lines))]


def _plain_line(line: Line) -> Line:
    """Return the line without its physical text."""
    return Line(line.name, line.value.strip(), line.params)


def _categories(event: Component) -> str:
    """Return the categories as the one string that Notes keeps, `;` between them."""
    names = [
        name.strip() for line in event.every("CATEGORIES") for name in re.split("[,;]", unescape(line.value)) if name
    ]
    return escape(";".join(name for name in names if name))


def _attendees(event: Component, kind: str, writer: Writer) -> list[Line]:
    """Return the ATTENDEEs: the status a client sends is ignored, a chair is always among them."""
    if kind != "3":
        return []
    lines = [
        Line("ATTENDEE", line.value.strip(), line.params).with_param(
            "PARTSTAT", "ACCEPTED" if role_at(line) == CHAIR else "NEEDS-ACTION"
        )
        for line in event.every("ATTENDEE")
    ]
    if not any(role_at(line) == CHAIR for line in lines):
        owner = (
            ("ROLE", (CHAIR,)),
            ("PARTSTAT", ("ACCEPTED",)),
            ("CN", (writer.owner.notes_name,)),
            ("RSVP", ("FALSE",)),
        )
        lines.insert(0, Line("ATTENDEE", f"mailto:{writer.owner.email}", owner))
    return lines


def _organizer(event: Component, kind: str, writer: Writer) -> list[Line]:
    """Return ORGANIZER: the mail file's owner, with SENT-BY where somebody else writes for them."""
    if kind != "3":
        return []
    given = event.first("ORGANIZER")
    if given is not None and not is_owner(given, writer.owner):
        return [_plain_line(given)]
    line = Line("ORGANIZER", f"mailto:{writer.owner.email}", (("CN", (writer.owner.notes_name,)),))
    if writer.person != writer.owner:
        line = line.with_param("SENT-BY", f"mailto:{writer.person.email}")
    return [line]


def is_owner(organizer: Line, owner: Person) -> bool:
    """Tell whether an ORGANIZER is the owner of the mail file."""
    return organizer.value.strip().lower().removeprefix("mailto:") == owner.email.lower()


def _lotus(kind: str, update_seq: int) -> list[Line]:
    """Return the properties Notes adds of its own."""
    lines = [
        Line("X-LOTUS-UPDATE-SEQ", str(update_seq)),
        Line("X-LOTUS-UPDATE-WISL", _WISL.format(n=update_seq)),
        Line("X-LOTUS-NOTESVERSION", "2"),
        Line("X-LOTUS-APPTTYPE", kind),
    ]
    return [*lines, Line("X-LOTUS-BROADCAST", "FALSE")] if kind == "3" else lines


def update_count(event: Component) -> int:
    """Return X-LOTUS-UPDATE-SEQ."""
    value = event.value("X-LOTUS-UPDATE-SEQ") or ""
    return int(value) if value.isdecimal() else 1


def refuse_series(events: Sequence[Component]) -> None:
    """Refuse what no update can do: several VEVENTs, a range, a rule (400/1028)."""
    ranged = any((line := event.first("RECURRENCE-ID")) and line.param("RANGE") for event in events)
    if len(events) > 1 or ranged:
        raise calendar_error(NOT_SUPPORTED, "Error updating event", "Not yet implemented.")
