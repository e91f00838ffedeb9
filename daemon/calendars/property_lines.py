"""Makes single iCalendar lines from our values: escaped, folded at 75 octets, one place for each property's form."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from icalendar.parser import Contentline

from daemon.calendars.event_fields import Attendee
from daemon.calendars.time_values import stamp

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_TOKEN = re.compile(r"[A-Z0-9-]+")
_ESCAPES: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
SHOW_AS: Final = ("busy", "free", "tentative", "out_of_office")


def folded(line: str) -> str:
    """One content line with CRLF at its end, folded so that no physical line is longer than 75 octets."""
    octets: bytes = Contentline(line).to_ical()  # type: ignore[no-untyped-call]
    return octets.decode("utf-8") + "\r\n"


def escaped(text: str) -> str:
    """TEXT with its escapes; control characters are left out, lines end in LF before escaping."""
    cleaned = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    # Not the library's vText: it takes the \N of a path such as C:\New for a line break.
    return cleaned.translate(_ESCAPES)


def text_line(name: str, text: str) -> str:
    """NAME:text."""
    return f"{name}:{escaped(text)}"


def moment_line(name: str, moment: datetime | date, tzid: str | None = None, local: datetime | None = None) -> str:
    """A date, an instant in UTC, or (with `tzid` and its naive `local` time) a zoned time."""
    if not isinstance(moment, datetime):
        return f"{name};VALUE=DATE:{moment:%Y%m%d}"
    if tzid is None or local is None:
        return f"{name}:{stamp(moment)}"
    return f"{name};TZID={parameter(tzid)}:{local:%Y%m%dT%H%M%S}"


def parameter(value: str) -> str:
    """A parameter value; quoted where its characters ask for it. A double quote cannot be written and becomes a single one."""
    cleaned = _CONTROL.sub("", value.replace("\n", " ")).replace('"', "'")
    return f'"{cleaned}"' if re.search(r"[,;: ]", cleaned) else cleaned


def category_line(categories: Sequence[str]) -> str:
    """CATEGORIES; Notes separates categories by `;`, so one inside a name is written as a comma."""
    return "CATEGORIES:" + ",".join(escaped(name.replace(";", ",")) for name in categories)


def show_as_lines(show_as: str) -> list[str]:
    """TRANSP, STATUS and, for out_of_office only, the word Microsoft programs read. Raises ValueError for another word."""
    if show_as not in SHOW_AS:
        raise ValueError(f"show_as is one of {', '.join(SHOW_AS)}.")
    lines = [
        "TRANSP:TRANSPARENT" if show_as == "free" else "TRANSP:OPAQUE",
        "STATUS:TENTATIVE" if show_as == "tentative" else "STATUS:CONFIRMED",
    ]
    return [*lines, "X-MICROSOFT-CDO-BUSYSTATUS:OOF"] if show_as == "out_of_office" else lines


def alarm_lines(minutes: int) -> list[str]:
    """A VALARM that rings that many minutes before the start."""
    return ["BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Reminder", trigger_line(minutes), "END:VALARM"]


def trigger_line(minutes: int) -> str:
    """TRIGGER before the start, in minutes."""
    return f"TRIGGER:-PT{max(minutes, 0)}M"


def class_line(private: bool) -> str:
    """CLASS has two levels in Notes."""
    return "CLASS:PRIVATE" if private else "CLASS:PUBLIC"


def people_lines(organizer_email: str | None, attendees: Iterable[Attendee]) -> list[str]:
    """ORGANIZER and ATTENDEE lines; (name, email, role, participation state) as read by event_fields."""
    lines = [f"ORGANIZER:mailto:{address(organizer_email)}"] if organizer_email else []
    for name, email, role, state in attendees:
        common = f";CN={parameter(name)}" if name else ""
        role, state = _token(role, "REQ-PARTICIPANT"), _token(state, "NEEDS-ACTION")
        lines.append(f"ATTENDEE{common};ROLE={role};PARTSTAT={state}:mailto:{address(email)}")
    return lines


def address(email: str) -> str:
    """A mail address without blanks and control characters."""
    return re.sub(r"[\s\x00-\x1f]", "", email)


def _token(word: str, default: str) -> str:
    return word.upper() if _TOKEN.fullmatch(word.upper()) else default
