"""Reads iCalendar text into events: tolerant of bad writing, strict about what it does not understand.

Every VEVENT of the stream ends up exactly once in `events` or in `unreadable`; every other component (VTODO, VJOURNAL,
VFREEBUSY and unknown ones) in `not_events`. Facts: reference/notes.md 6, reference/sync.md 4.3 and 4.4.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final, NamedTuple

from daemon.calendars import event_fields, event_times
from daemon.calendars.content_lines import Component, TooLarge, as_bytes, read_components
from daemon.calendars.event_times import EventTimes, RecurrenceDate, ZoneBook
from daemon.calendars.time_values import BadValue, Duration, read_stamp
from daemon.calendars.zones import UnknownZone, Zone

# The handle of a refusal that concerns the whole stream: nothing of it was read, so nothing in it is known to be absent.
WHOLE_STREAM: Final = "stream"
_VERSION_PROPERTIES: Final = frozenset({"DTSTAMP", "LAST-MODIFIED", "CREATED", "SEQUENCE", "UID"})
_BUSY_WORDS: Final = {"FREE": "free", "TENTATIVE": "tentative", "OOF": "out_of_office"}


class NotACalendar(ValueError):
    """The bytes hold no VCALENDAR; the text is one sentence for people."""


@dataclass(frozen=True)
class ParsedEvent:
    """One VEVENT. Times are aware UTC datetimes, or dates (`all_day`) with an EXCLUSIVE end.

    `handle` names the component uniquely within its stream. `recurrence_id` is "" for a master or a single event, else the
    original start as `20260301T090000Z` or, when given as a date, `20260301`; `recurrence_day` is its local date. `local_start`
    is the start as written (naive; a repeat rule goes by it also where a change of the clocks moves the start). `zone` is an
    IANA name, `custom`, or None (all-day). `zone_rules` converts its local times. `exact_end`: each instance has the same exact
    length; otherwise `duration` counts days by the local clock. `problems` are codes of what was tolerated.
    """

    handle: str
    uid: str
    uid_derived: bool
    recurrence_id: str
    recurrence_day: date | None
    range_future: bool
    start: datetime | date
    local_start: datetime
    end: datetime | date
    all_day: bool
    zone: str | None
    zone_rules: Zone = field(repr=False)
    floating: bool
    duration: Duration | None
    summary: str
    location: str
    description: str
    status: str
    transp: str
    klass: str
    categories: tuple[str, ...]
    organizer: event_fields.Person | None
    attendees: tuple[event_fields.Attendee, ...]
    attachments: tuple[str, ...]
    has_attachments: bool
    alarm_minutes: int | None
    sequence: int
    dtstamp: datetime | None
    last_modified: datetime | None
    apptype: str | None
    noticetype: str | None
    busy_word: str
    rrules: tuple[str, ...]
    exrules: tuple[str, ...]
    rdates: tuple[RecurrenceDate, ...]
    exdates: tuple[datetime | date, ...]
    raw: str = field(repr=False)
    x_lotus: Mapping[str, str]
    problems: tuple[str, ...]

    @property
    def show_as(self) -> str:
        """busy, free, tentative or out_of_office, from TRANSP, STATUS and the word Microsoft programs add."""
        if self.transp == "TRANSPARENT":
            return "free"
        if self.busy_word in _BUSY_WORDS:
            return _BUSY_WORDS[self.busy_word]
        return "tentative" if self.status == "TENTATIVE" else "busy"

    @property
    def recurs(self) -> bool:
        """True when the component describes more than one date."""
        return bool(self.rrules or self.rdates)

    @property
    def sort_key(self) -> tuple[int, datetime, datetime]:
        """Orders versions of one component: SEQUENCE, then DTSTAMP, then LAST-MODIFIED."""
        never = datetime.min.replace(tzinfo=UTC)
        return self.sequence, self.dtstamp or never, self.last_modified or never


class Unreadable(NamedTuple):
    """A VEVENT that could not be read: reason code and sentence, and what of its identity can be told.

    `exception`: it stands for a date of the series `uid` (`future`: and for the later ones); `recurrence_id` is that date as in
    ParsedEvent, "" where it cannot be told.
    """

    handle: str
    code: str
    sentence: str
    uid: str = ""
    exception: bool = False
    recurrence_id: str = ""
    future: bool = False


@dataclass(frozen=True)
class ParsedCalendar:
    """What a stream holds: events, (component name, uid) of everything else, and what could not be read."""

    events: tuple[ParsedEvent, ...]
    not_events: tuple[tuple[str, str], ...]
    unreadable: tuple[Unreadable, ...]


def parse(data: bytes | str, *, user_zone: str) -> ParsedCalendar:
    """Reads a stream of one or more VCALENDARs. `user_zone` (IANA) is where floating times and all-day entries live.

    Raises NotACalendar when there is no VCALENDAR; content never raises. A stream over the limits gives no events and one
    `unreadable` entry with the handle WHOLE_STREAM.
    """
    octets = as_bytes(data)
    try:
        roots = read_components(octets)
    except TooLarge as refusal:
        return ParsedCalendar((), (), (Unreadable(WHOLE_STREAM, "too_large", str(refusal)),))
    if not any(root.name == "VCALENDAR" for root in roots):
        raise NotACalendar("This is not a calendar: it holds no VCALENDAR. Choose an iCalendar (.ics) file.")
    reader = _Reader(user_zone)
    for root in roots:
        # Components outside any VCALENDAR (a file cut at its head) are read with the zones that stand beside them.
        whole = root.name == "VCALENDAR"
        reader.read(root.children if whole else [root], cancels=whole and root.value("METHOD").upper() == "CANCEL")
    return ParsedCalendar(tuple(reader.events), tuple(reader.not_events), tuple(reader.unreadable))


class _Reader:
    """Collects the events of one stream and hands out handles that are unique in it."""

    def __init__(self, user_zone: str) -> None:
        self.user_zone = user_zone
        self.events: list[ParsedEvent] = []
        self.not_events: list[tuple[str, str]] = []
        self.unreadable: list[Unreadable] = []
        self._handles: Counter[str] = Counter()

    def read(self, components: list[Component], *, cancels: bool) -> None:
        """The components of one VCALENDAR; `cancels`: its METHOD takes back what they name (RFC 5546 3.2.5)."""
        zones = ZoneBook(self.user_zone, [part for part in components if part.name == "VTIMEZONE"])
        for component in components:
            if component.name == "VEVENT":
                self._read_event(component, zones, cancels=cancels)
            elif component.name != "VTIMEZONE":
                self.not_events.append((component.name, component.value("UID")))

    def _read_event(self, component: Component, zones: ZoneBook, *, cancels: bool) -> None:
        uid = component.value("UID")
        derived = not uid
        uid = uid or _derived_uid(component)
        try:
            times = event_times.read_times(component, zones)
        except (BadValue, UnknownZone) as refusal:
            named, future = event_times.named_date(component, zones)
            written = component.value("RECURRENCE-ID")
            handle = self._unique(f"{uid}/{named or written}" if written else uid)
            self.unreadable.append(
                Unreadable(handle, refusal.code, str(refusal), uid, bool(written), named, future=future)
            )
            return
        handle = self._unique(f"{uid}/{times.recurrence_id}" if times.recurrence_id else uid)
        event = _event(component, times, handle, uid, derived)
        self.events.append(replace(event, status="CANCELLED") if cancels else event)

    def _unique(self, handle: str) -> str:
        self._handles[handle] += 1
        count = self._handles[handle]
        return handle if count == 1 else f"{handle}#{count}"


def _derived_uid(component: Component) -> str:
    """A UID from the content, so that the same entry has the same UID in the next reading (version stamps left out)."""
    lines = sorted(
        f"{line.name};{line.params}:{line.value}" for line in component.lines if line.name not in _VERSION_PROPERTIES
    )
    digest = hashlib.sha256("\n".join(lines).encode("utf-8", "replace")).hexdigest()
    return f"content-{digest[:32]}"


def _event(component: Component, times: EventTimes, handle: str, uid: str, derived: bool) -> ParsedEvent:
    timed = isinstance(times.start, datetime) and isinstance(times.end, datetime)
    start = times.start if isinstance(times.start, datetime) else None
    end = times.end if timed and isinstance(times.end, datetime) else None
    problems = list(times.problems)
    problems += [f"line_too_long:{line.name}" for line in component.lines if line.cut]
    marks = event_fields.lotus_marks(component)
    return ParsedEvent(
        handle=handle,
        uid=uid,
        uid_derived=derived,
        recurrence_id=times.recurrence_id,
        recurrence_day=times.recurrence_day,
        range_future=times.range_future,
        start=times.start,
        local_start=times.local_start,
        end=times.end,
        all_day=times.all_day,
        zone=None if times.all_day else times.zone.label,
        zone_rules=times.zone,
        floating=times.floating,
        duration=times.duration,
        summary=event_fields.text(component, "SUMMARY"),
        location=event_fields.text(component, "LOCATION"),
        description=event_fields.text(component, "DESCRIPTION"),
        status=event_fields.word(component, "STATUS", ""),
        transp=event_fields.word(component, "TRANSP", "OPAQUE"),
        klass=event_fields.class_word(component),
        categories=event_fields.categories(component),
        organizer=event_fields.organizer(component),
        attendees=event_fields.attendees(component),
        attachments=event_fields.attachment_names(component.every("ATTACH")),
        has_attachments=event_fields.has_attachments(component),
        alarm_minutes=event_fields.alarm_minutes(component, start, end),
        sequence=event_fields.number(component, "SEQUENCE"),
        dtstamp=read_stamp(component.value("DTSTAMP")),
        last_modified=read_stamp(component.value("LAST-MODIFIED")),
        apptype=marks.get("X-LOTUS-APPTTYPE"),
        noticetype=marks.get("X-LOTUS-NOTICETYPE"),
        busy_word=component.value("X-MICROSOFT-CDO-BUSYSTATUS").upper(),
        rrules=times.rrules,
        exrules=times.exrules,
        rdates=times.rdates,
        exdates=times.exdates,
        raw=component.text,
        x_lotus=marks,
        problems=tuple(dict.fromkeys(problems)),
    )


def same_component(first: ParsedEvent, second: ParsedEvent) -> bool:
    """True when two parsed components say the same, whatever their handles are."""
    return replace(first, handle="") == replace(second, handle="")
