"""Changes the text of a calendar file: marks it as published, and takes one date out of a series."""

from __future__ import annotations

import re

from daemon.calendars.icalendar_text import parse
from daemon.calendars.icalendar_write import NoSuchEvent, patch_event
from daemon.sides.notes.event_texts import without_lines

_BEGIN = re.compile(r"BEGIN:VCALENDAR[ \t]*\r?\n", re.IGNORECASE)
_METHOD = re.compile(r"^METHOD:[^\r\n]*\r?\n", re.IGNORECASE | re.MULTILINE)
_CHARSET = re.compile(r"^X-LOTUS-CHARSET:[^\r\n]*\r?\n", re.IGNORECASE | re.MULTILINE)


def as_published(calendar: str) -> str:
    """With METHOD:PUBLISH and X-LOTUS-CHARSET:UTF-8 at its head, as Notes wants for an import (notes.md 3)."""
    bare = _CHARSET.sub("", _METHOD.sub("", calendar))
    return _BEGIN.sub("BEGIN:VCALENDAR\r\nX-LOTUS-CHARSET:UTF-8\r\nMETHOD:PUBLISH\r\n", bare, count=1)


def without_date(calendar: str, uid: str, recurrence_id: str, *, user_zone: str) -> str:
    """The series with one date cancelled: an exception that says so, which also removes a date moved since.

    Raises NoSuchEvent when the text has no such series.
    """
    patched = patch_event(calendar, uid, recurrence_id, {})
    for event in parse(patched, user_zone=user_zone).events:
        if event.uid == uid and event.recurrence_id == recurrence_id:
            bare = without_lines(event.raw, frozenset({"STATUS"}))
            cancelled = bare.replace("END:VEVENT", "STATUS:CANCELLED\r\nEND:VEVENT")
            if event.raw in patched:
                return patched.replace(event.raw, cancelled, 1)
    raise NoSuchEvent(uid)
