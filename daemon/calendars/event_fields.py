"""Reads the fields of one VEVENT that are not times: texts, people, attachments, categories, class, alarm, Notes marks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import unquote, urlsplit

from daemon.calendars.content_lines import Component, ContentLine, unescape
from daemon.calendars.time_values import BadValue, read_duration, read_time

Person = tuple[str | None, str | None, str | None]
Attendee = tuple[str, str, str, str]

_MAILTO = re.compile(r"\s*mailto:", re.IGNORECASE)
# An ALTREP without quotes (old Notes): the colon of CID: was taken for the end of the parameters.
_UNQUOTED_ALTREP = re.compile(r'<[^>]*>"?:(.*)', re.DOTALL)
# Up to a comma that is not escaped, or any semicolon.
_CATEGORY = re.compile(r"(?:\\[^;]|[^\\,;])+", re.DOTALL)
_FILE_NAME_PARAMS: Final = ("FILENAME", "X-FILENAME", "X-APPLE-FILENAME", "X-ORACLE-FILENAME", "X-LABEL", "LABEL")
CLASSES: Final = ("PUBLIC", "PRIVATE", "CONFIDENTIAL")
_TRUE: Final = ("1", "TRUE", "YES")


def text(component: Component, name: str) -> str:
    """The first value of a text property, unescaped, with LF line ends, without outer blanks; empty when absent."""
    line = component.first(name)
    if line is None:
        return ""
    value = line.value
    if (line.param("ALTREP") or "").upper() == "CID":
        found = _UNQUOTED_ALTREP.fullmatch(value)
        value = found[1] if found else value
    return unescape(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def word(component: Component, name: str, default: str) -> str:
    """An upper-case keyword, or the default when the property is absent or empty."""
    return component.value(name).upper() or default


def class_word(component: Component) -> str:
    """PUBLIC, PRIVATE or CONFIDENTIAL; a word outside the list is treated as PRIVATE, as RFC 5545 3.8.1.3 asks."""
    found = word(component, "CLASS", "PUBLIC")
    return found if found in CLASSES else "PRIVATE"


def number(component: Component, name: str) -> int:
    """A whole number that is not negative; 0 when absent or unreadable."""
    found = re.fullmatch(r"\d{1,9}", component.value(name))
    return int(found[0]) if found else 0


def address(value: str) -> str:
    """The mail address of a calendar address, without `mailto:`."""
    return _MAILTO.sub("", value, count=1).strip()


def organizer(component: Component) -> Person | None:
    """(email, name, sent by), or None without an ORGANIZER."""
    line = component.first("ORGANIZER")
    if line is None:
        return None
    sent_by = line.param("SENT-BY")
    return address(line.value) or None, line.param("CN") or None, address(sent_by) if sent_by else None


def attendees(component: Component) -> tuple[Attendee, ...]:
    """(name, email, role, participation state) of each ATTENDEE; roles and states in upper case, RFC defaults filled in."""
    return tuple(
        (
            line.param("CN") or "",
            address(line.value),
            (line.param("ROLE") or "REQ-PARTICIPANT").upper(),
            (line.param("PARTSTAT") or "NEEDS-ACTION").upper(),
        )
        for line in component.every("ATTENDEE")
    )


def attachment_names(lines: Iterable[ContentLine]) -> tuple[str, ...]:
    """File names where ATTACH delivers one: a parameter, or the last part of a web or file address."""
    names: list[str] = []
    for line in lines:
        name = next((value for key in _FILE_NAME_PARAMS if (value := line.param(key))), "")
        if not name and re.match(r"(https?|ftp|file):", line.value.strip(), re.IGNORECASE):
            try:
                name = unquote(urlsplit(line.value.strip()).path.rsplit("/", 1)[-1])
            except ValueError:
                name = ""
        if name and name not in names:
            names.append(name)
    return tuple(names)


def has_attachments(component: Component) -> bool:
    """True with an ATTACH, or where Notes only says that there are some (X-LOTUS-HASATTACH)."""
    return component.first("ATTACH") is not None or component.value("X-LOTUS-HASATTACH").upper() in _TRUE


def categories(component: Component) -> tuple[str, ...]:
    """Category names in order, once each; Notes separates them with `;`, iCalendar with `,`."""
    names: list[str] = []
    for line in component.every("CATEGORIES"):
        for part in _CATEGORY.findall(line.value):
            name = unescape(part).strip()
            if name and name not in names:
                names.append(name)
    return tuple(names)


def lotus_marks(component: Component) -> dict[str, str]:
    """Every X-LOTUS property (upper-case name, also the illegal ones with `_`) with its raw value."""
    return {line.name: line.value.strip() for line in component.lines if line.name.startswith("X-LOTUS-")}


def alarm_minutes(component: Component, start: datetime | None, end: datetime | None) -> int | None:
    """Minutes before the start of the first alarm; None without one, or when it rings after the start.

    `start` and `end` are aware UTC (None for an all-day entry: only alarms relative to the start are read then).
    """
    for alarm in component.children:
        trigger = alarm.first("TRIGGER") if alarm.name == "VALARM" else None
        if trigger is None:
            continue
        before = _before_start(trigger, start, end)
        if before is not None and before >= timedelta(0):
            return int(before.total_seconds()) // 60
    return None


def _before_start(trigger: ContentLine, start: datetime | None, end: datetime | None) -> timedelta | None:
    try:
        offset = read_duration(trigger.value).delta
    except BadValue:
        try:
            moment = read_time(trigger.value)
        except BadValue:
            return None
        return start - moment.naive.replace(tzinfo=UTC) if start is not None else None
    if (trigger.param("RELATED") or "").upper() != "END":
        return -offset
    return start - (end + offset) if start is not None and end is not None else None
