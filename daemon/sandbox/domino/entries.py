"""The store of the Domino sandbox: mail files with their entries, each one UID's iCalendar text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from daemon.sandbox.domino.content_lines import Component, Line
from daemon.sandbox.domino.expansion import Occurrence, exceptions_of, expand, masters_of, repeats
from daemon.sandbox.domino.people import Person
from daemon.sandbox.domino.zones import EntryZones


@dataclass(slots=True)
class Entry:
    """One UID: its VTIMEZONEs and VEVENTs as text, and what the documents behind it hold besides.

    `notice` is "I" while an invitation waits for an answer. `hidden` says why the view passes the entry by although
    it stands in it (declined, delegated, draft, cancelled). `moved` maps the present start of a date of a series to
    its original one; `apart` names dates that were moved onto the time of another one. Times are aware UTC of one second.
    """

    uid: str
    unid: str
    definitions: list[Component]
    events: list[Component]
    modified: datetime
    server_zone: str
    notice: str | None = None
    hidden: str | None = None
    moved: dict[str, str] = field(default_factory=dict)
    apart: set[str] = field(default_factory=set)
    _rows: tuple[datetime, list[Occurrence]] | None = None

    @property
    def master(self) -> Component:
        """Return the first VEVENT of the entry itself (or, where only exceptions are known, the first of those)."""
        return (masters_of(self.events) or self.events)[0]

    @property
    def exceptions(self) -> list[Component]:
        """Return the changed occurrences."""
        return exceptions_of(self.events)

    @property
    def is_series(self) -> bool:
        """Tell whether the entry repeats."""
        return any(repeats(event) or event.first("RECURRENCE-ID") is not None for event in self.events)

    @property
    def is_finite(self) -> bool:
        """Tell whether every rule has an end (imported ones may not)."""
        rules = [line.value.upper() for event in self.events for line in event.every("RRULE")]
        return all("COUNT" in rule or "UNTIL" in rule for rule in rules)

    @property
    def private(self) -> bool:
        """Tell whether $PublicAccess is missing from the document."""
        return any((event.value("CLASS") or "").upper() in {"PRIVATE", "CONFIDENTIAL"} for event in self.events)

    @property
    def text(self) -> str:
        """Return the text as it is kept: zones, then entries."""
        return "".join(part.text() for part in (*self.definitions, *self.events))

    def zones(self) -> EntryZones:
        """Return the zones that the entry's times are read in."""
        return EntryZones(self.definitions, self.server_zone)

    def occurrences(self, horizon: datetime) -> list[Occurrence]:
        """Return the rows that start before `horizon` (aware UTC) and maybe some later ones."""
        if self._rows is None or self._rows[0] < horizon:
            self._rows = (horizon, expand(self.events, self.zones(), self.moved, self.apart, horizon))
        return self._rows[1]

    def changed(self) -> None:
        """Forget what was worked out from the text."""
        self._rows = None


@dataclass(slots=True)
class MailFile:
    """One mail file. `version` rises with every change, so that a view can be kept until then."""

    path: str
    owner: Person
    entries: dict[str, Entry] = field(default_factory=dict)
    version: int = 0

    def find(self, uid: str) -> Entry | None:
        """Return the entry of that UID."""
        return self.entries.get(uid)

    def by_unid(self, unid: str) -> Entry | None:
        """Return the entry whose document has that id."""
        return next((entry for entry in self.entries.values() if entry.unid == unid.upper()), None)

    def save(self, entry: Entry) -> None:
        """Keep an entry, new or changed."""
        entry.changed()
        self.entries[entry.uid] = entry
        self.version += 1

    def remove(self, uid: str) -> None:
        """Delete all documents of a UID."""
        del self.entries[uid]
        self.version += 1


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail that the server would have sent: iTIP `method`, to whom, about what, with the person's comment."""

    method: str
    uid: str
    recipients: tuple[str, ...]
    comment: str = ""


class Unids:
    """Makes document ids: 32 hex digits, the same ones in every run."""

    def __init__(self) -> None:
        self._count = 0

    def make(self, hint: str = "") -> str:
        """Return the next id."""
        self._count += 1
        return hashlib.sha256(f"{self._count}:{hint}".encode()).hexdigest()[:32].upper()


Clock = Callable[[], datetime]

CHAIR = "CHAIR"


def role_at(attendee: Line) -> str:
    """Return the ROLE of an ATTENDEE in upper case."""
    return (attendee.param("ROLE") or "REQ-PARTICIPANT").upper()


def invitees(event: Component) -> list[Line]:
    """Return the ATTENDEEs other than the chair."""
    return [line for line in event.every("ATTENDEE") if role_at(line) != CHAIR]


def address(line: Line) -> str:
    """Return the mail address of an ATTENDEE or ORGANIZER."""
    value = line.value.strip()
    return value[7:] if value[:7].lower() == "mailto:" else value
