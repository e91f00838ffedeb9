"""Changes the text of a calendar file: marks it as published, and takes one date out of a series."""

from __future__ import annotations

from daemon.calendars.content_lines import as_bytes, as_text, cut_line, logical_lines
from daemon.calendars.icalendar_write import patch_event

_HEAD = "X-LOTUS-CHARSET:UTF-8\r\nMETHOD:PUBLISH\r\n"
_REPLACED = frozenset({"X-LOTUS-CHARSET", "METHOD"})


def as_published(calendar: str) -> str:
    """With METHOD:PUBLISH and X-LOTUS-CHARSET:UTF-8 at the head of each calendar in it, as Notes imports it (notes.md 3)."""
    parts: list[str] = []
    depth = 0
    for unfolded, physical in logical_lines(as_bytes(calendar)):
        line = cut_line(unfolded)
        depth += line.name == "BEGIN"
        if depth != 1 or line.name not in _REPLACED:
            parts.append(as_text(physical))
        if line.name == "BEGIN" and line.value.strip().upper() == "VCALENDAR":
            parts.append(_HEAD)
        depth -= line.name == "END"
    return "".join(parts)


def without_date(calendar: bytes | str, uid: str, recurrence_id: str, *, user_zone: str) -> str:
    """The series with one date cancelled: an exception that says so, which also removes a date moved since.

    Raises NoSuchEvent when the text has no such series.
    """
    return patch_event(calendar, uid, recurrence_id, {"cancelled": True}, user_zone=user_zone)
