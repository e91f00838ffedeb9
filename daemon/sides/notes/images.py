"""Turns one occurrence of a Notes entry into a Record: its image, its kind, what of it is locked, and its version.

The person's words for an entry's kind come from X-LOTUS-APPTTYPE (0 appointment, 1 anniversary, 2 all-day event, 3 meeting,
4 reminder: notes.md 5); without it, the shape decides. Meetings that someone else organises have time, place and subject
locked (contracts.md 7). The version of an entry that does not repeat is its last-modified with a digest of its text;
occurrences of a series share one text, so theirs is a digest of what they show: writing one leaves the others' alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import msgspec

from daemon.calendars.icalendar_text import ParsedEvent
from daemon.calendars.recurrence import Expansion, Occurrence
from daemon.sync.appointment import digest, notes_key
from daemon.sync.trees import Record, SeriesPlace
from shared.models import Attachment, Image, Person
from shared.states import Group
from shared.texts import text

ENTRY_TYPES: Mapping[str, str] = {
    "0": "appointment",
    "1": "anniversary",
    "2": "all_day",
    "3": "meeting",
    "4": "reminder",
}
ORGANISERS_GROUPS = frozenset({Group.TIME, Group.LOCATION, Group.SUBJECT})
_encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns the calendar, by every name known: mail addresses and Notes names in any form.

    ``unknown`` says whose meetings are when no name is known: "theirs" (a colleague's mail file) or "own" (a folder).
    """

    names: frozenset[str] = frozenset()
    unknown: str = "own"

    def organises(self, event: ParsedEvent) -> bool:
        """Whether the entry is the owner's own; one without an organizer is."""
        if event.organizer is None:
            return True
        if not self.names:
            return self.unknown == "own"
        email, name, _sent_by = event.organizer
        said = {plain_name(name or ""), (email or "").casefold()}
        # Notes makes addresses out of names: jane doe/example@host (notes.md 6).
        said.add(plain_name((email or "").partition("@")[0]))
        return bool((said - {""}) & self.names)


def owner_of(*names: str, unknown: str = "own") -> Owner:
    """An Owner from mail addresses and names; empty ones are left out."""
    return Owner(frozenset(plain_name(name) for name in names if name.strip()), unknown)


def plain_name(name: str) -> str:
    """A Notes name in its abbreviated form, in lower case: «CN=Jane Doe/O=Example» and «Jane Doe/Example» are equal."""
    parts = (part.strip() for part in name.strip().split("/"))
    return "/".join(part.partition("=")[2].strip() if "=" in part[:3] else part for part in parts).casefold()


@dataclass(frozen=True, slots=True)
class Payload:
    """The text an entry was read from: its digest, and whether it stands for one entry (``whole``) or is part of a file."""

    digest: bytes
    text: str


def entry_type(event: ParsedEvent) -> str:
    """appointment, all_day, meeting, anniversary or reminder."""
    known = ENTRY_TYPES.get((event.apptype or "").strip())
    if known:
        return known
    if event.attendees:
        return "meeting"
    return "all_day" if event.all_day else "appointment"


def image_of(occurrence: Occurrence) -> Image:
    """The image, without ``id``, ``version`` and ``url``. Times to the minute (seconds are cut off), all-day ends exclusive."""
    event = occurrence.event
    start, end = occurrence.start, occurrence.end
    if occurrence.all_day and end <= start:
        end = start + timedelta(days=1)
    names = tuple(Attachment(name=name) for name in event.attachments)
    if not names and event.has_attachments:
        names = (Attachment(name=text("notes.attachments_in_notes").text),)
    return Image(
        subject=event.summary,
        location=event.location,
        description=event.description,
        starts_at=image_time(start),
        ends_at=image_time(end),
        all_day=occurrence.all_day,
        zone=event.zone,
        show_as=event.show_as,
        private=event.klass != "PUBLIC",
        reminder_minutes=event.alarm_minutes,
        invitees=_invitees(event),
        attachments=names,
        categories=event.categories,
        organizer=_organizer(event),
    )


def image_time(moment: datetime | date) -> str:
    """``2026-03-01T09:00Z`` or ``2026-03-01``."""
    return moment.strftime("%Y-%m-%dT%H:%MZ") if isinstance(moment, datetime) else moment.isoformat()


def _organizer(event: ParsedEvent) -> str:
    if event.organizer is None:
        return ""
    email, name, _sent_by = event.organizer
    return name or email or ""


def _invitees(event: ParsedEvent) -> tuple[Person, ...]:
    """Everybody invited, without the organizer's own line."""
    called_by = (event.organizer[0] or "").casefold() if event.organizer else ""
    return tuple(
        Person(name=name, email=email, role=role.casefold())
        for name, email, role, _answer in event.attendees
        if not (called_by and email.casefold() == called_by)
    )


def record_of(occurrence: Occurrence, place: SeriesPlace | None, payload: Payload, owner: Owner) -> Record:
    """The record of one occurrence."""
    event = occurrence.event
    bare = image_of(occurrence)
    key = notes_key(occurrence.uid, occurrence.recurrence_id)
    version = version_of(occurrence, bare, payload.digest)
    image = msgspec.structs.replace(bare, id=key, version=version)
    own = owner.organises(event)
    return Record(
        key=key,
        version=version,
        image=image,
        digest=digest(image),
        payload_digest=payload.digest,
        series=place,
        entry_type=entry_type(event),
        locked_groups=frozenset() if own else ORGANISERS_GROUPS,
        locked_because=None if own else text("notes.organised_by_other", organizer=image.organizer),
        organised_by_other=not own,
        # The text of a private entry is not carried further than its image.
        raw="" if image.private else (event.raw if occurrence.recurrence_id else payload.text),
    )


def place_of(occurrence: Occurrence, expansion: Expansion, events: Sequence[ParsedEvent]) -> SeriesPlace | None:
    """The occurrence's place in its series, named by the series itself; None for an entry that does not repeat."""
    if not occurrence.recurrence_id:
        return None
    series = next((event for event in events if not event.recurrence_id), occurrence.event)
    open_to_all = series.klass == "PUBLIC" and occurrence.event.klass == "PUBLIC"
    return SeriesPlace(occurrence.uid, series.summary if open_to_all else "", occurrence.position, expansion.total)


def version_of(occurrence: Occurrence, bare: Image, payload_digest: bytes) -> str:
    """The version of one occurrence, as the module's docstring says."""
    if occurrence.recurrence_id:
        return "shown-" + hashlib.blake2b(_encode(bare), digest_size=12).hexdigest()
    stamp = occurrence.event.last_modified
    return f"{stamp.strftime('%Y%m%dT%H%M%SZ') if stamp else 'undated'}-{payload_digest.hex()}"
