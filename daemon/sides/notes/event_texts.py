"""Makes the iCalendar text of a write: a new entry, or one entry or date of what was just read with some groups changed.

For Domino: one VEVENT with the VTIMEZONEs it names, no METHOD, no repetition in a single date; a description that is not to be
changed is left out, because an update that leaves it out keeps the formatted one (notes.md 1.8).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime

from daemon.calendars.content_lines import as_text, cut_line, logical_lines, read_components
from daemon.calendars.icalendar_text import parse
from daemon.calendars.icalendar_write import EventText, NoSuchEvent, patch_event, write_calendar
from daemon.sides.notes.entries import instant
from daemon.sync.appointment import split_notes_key
from shared.models import Image
from shared.states import Group

PRODID = "-//Daybridge//Daybridge calendar//EN"
_REPEATS = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE"})
_NEVER_SENT = frozenset({"X-LOTUS-SUMMARYDATAONLY"})


OUR_UIDS_END = "-Daybridge_Generated"


def created_uid(create_key: str) -> str:
    """The UID of an entry we create: the same for every attempt of the same create, so that a repeated one is refused (409)."""
    return hashlib.blake2b(create_key.encode(), digest_size=16).hexdigest().upper() + OUR_UIDS_END


def made_by_us(key: str) -> bool:
    """Whether the entry of this key was created by this program."""
    return split_notes_key(key)[0].endswith(OUR_UIDS_END)


def new_entry(uid: str, image: Image, *, zone: str, now: datetime, method: str | None) -> str:
    """The text of a new entry. A timed one is written in its own zone or the person's ``zone``; nobody is invited."""
    return write_calendar(event_text(uid, image, zone=zone, now=now), method=method)


def event_text(uid: str, image: Image, *, zone: str, now: datetime) -> EventText:
    """What a new entry shall say."""
    start, end = moments(image)
    return EventText(
        uid=uid,
        recurrence_id="",
        summary=image.subject,
        location=image.location,
        description=image.description,
        start=start,
        end=end,
        all_day=image.all_day,
        zone=image.zone or zone,
        show_as=image.show_as,
        private=image.private,
        alarm_minutes=image.reminder_minutes,
        categories=image.categories,
        sequence=None,
        organizer_email=None,
        attendees=(),
        dtstamp=now,
    )


def moments(image: Image) -> tuple[datetime | date, datetime | date]:
    """Start and end as aware UTC, or as dates with an exclusive end."""
    if image.all_day:
        return date.fromisoformat(image.starts_at), date.fromisoformat(image.ends_at)
    return instant(image.starts_at), instant(image.ends_at)


def changes_of(image: Image, groups: frozenset[Group]) -> Mapping[str, object]:
    """The fields of the groups, as ``patch_event`` takes them."""
    start, end = moments(image)
    fields: dict[Group, dict[str, object]] = {
        Group.TIME: {"start": start, "end": end},
        Group.SUBJECT: {"summary": image.subject},
        Group.LOCATION: {"location": image.location},
        Group.DESCRIPTION: {"description": image.description},
        Group.SHOW_AS: {"show_as": image.show_as},
        Group.REMINDER: {"alarm_minutes": image.reminder_minutes},
        Group.PRIVACY: {"private": image.private},
    }
    return {name: value for group in groups for name, value in fields[group].items()}


def update_body(
    original: bytes, uid: str, recurrence_id: str, image: Image, groups: frozenset[Group], *, user_zone: str
) -> str:
    """The body of an update of one entry or one date. Raises NoSuchEvent when the text does not hold it."""
    changes = changes_of(image, groups)
    # The server's zone is not known to be the person's, so what floats is written in UTC.
    patched = patch_event(original, uid, recurrence_id, changes, user_zone=user_zone, keep_floating=False)
    versions = [
        event
        for event in parse(patched, user_zone=user_zone).events
        if event.uid == uid and event.recurrence_id == recurrence_id
    ]
    if not versions:
        raise NoSuchEvent(uid)
    event = max(versions, key=lambda version: version.sort_key)
    dropped = _NEVER_SENT | (_REPEATS if recurrence_id else frozenset())
    if Group.DESCRIPTION not in groups:
        dropped |= {"DESCRIPTION"}
    zones = "".join(
        component.text
        for root in read_components(patched.encode())
        for component in root.children
        if component.name == "VTIMEZONE"
    )
    head = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODID}\r\n"
    return f"{head}{zones}{without_lines(event.raw, dropped)}END:VCALENDAR\r\n"


def without_lines(vevent: str, names: frozenset[str]) -> str:
    """The component without its own lines of these names; those of an alarm in it stay."""
    kept: list[str] = []
    depth = 0
    for unfolded, physical in logical_lines(vevent.encode()):
        line = cut_line(unfolded)
        depth += line.name == "BEGIN"
        if depth != 1 or line.name not in names:
            kept.append(as_text(physical))
        depth -= line.name == "END"
    return "".join(kept)
