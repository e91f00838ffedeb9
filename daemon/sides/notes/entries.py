"""Reads iCalendar text, from a server or a file, into records: every VEVENT and every date of a series once.

What is no record is in ``left_out`` with its reason and sentence (interfaces.md: outside_window, cancelled, superseded,
not_an_event, unreadable). Private entries become records too; the planner's rules decide about them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from daemon.calendars.content_lines import decode
from daemon.calendars.exceptions import day_named
from daemon.calendars.icalendar_text import WHOLE_STREAM, ParsedCalendar, ParsedEvent, Unreadable, parse
from daemon.calendars.recurrence import Expansion, TooMany, expand
from daemon.calendars.time_values import BadValue
from daemon.sides.notes.images import Owner, Payload, image_time, place_of, record_of
from daemon.sync.appointment import notes_key, split_notes_key
from daemon.sync.rules import Window
from daemon.sync.trees import LeftOut, Record
from shared.models import Text
from shared.states import LeftOutReason
from shared.texts import text

_STAMP = re.compile(rb"^DTSTAMP[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n", re.MULTILINE | re.IGNORECASE)
_RECURRENCE_ID = re.compile(r"\d{8}(?:T\d{6}Z)?")
# A date that a rule moved further than its own exception says is looked for in ever wider windows.
REACHES = (timedelta(days=2), timedelta(days=400), timedelta(days=36_500))
ALWAYS = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2400, 1, 1, tzinfo=UTC))
_SENTENCES = {LeftOutReason.CANCELLED: "notes.cancelled", LeftOutReason.SUPERSEDED: "notes.superseded"}


class WholeStreamUnreadable(Exception):
    """Nothing of a stream could be read, so nothing in it is known to be absent; the text is a sentence."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a stream held. ``uids`` are those of which something was read."""

    records: tuple[Record, ...] = ()
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    uids: frozenset[str] = frozenset()


def payload_digest(data: bytes, zone: str) -> bytes:
    """16 bytes over an entry's text without DTSTAMP (which some writers renew on every reading) and the person's zone."""
    return hashlib.blake2b(_STAMP.sub(b"", data) + zone.encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class EntryReader:
    """Reads entries for one calendar: the person's IANA ``zone`` (floating times), the calendar's ``owner``, the clock."""

    zone: str
    owner: Owner
    clock: Callable[[], datetime]

    def digest(self, data: bytes) -> bytes:
        return payload_digest(data, self.zone)

    def parse(self, data: bytes) -> ParsedCalendar:
        """Raises NotACalendar; WholeStreamUnreadable for a stream beyond the limits."""
        parsed = parse(data, user_zone=self.zone)
        for one in parsed.unreadable:
            if one.handle == WHOLE_STREAM:
                raise WholeStreamUnreadable(one.sentence)
        return parsed

    def read(self, data: bytes, window: Window) -> Reading:
        """A stream that holds one entry (a server's detail, a file of a folder): all its components, one payload."""
        return self.read_parsed(self.parse(data), window, Payload(self.digest(data), decode(data)))

    def read_parsed(self, parsed: ParsedCalendar, window: Window, payload: Payload | None) -> Reading:
        """The records of every UID. Without a ``payload`` each UID's is the text of its own components."""
        groups: dict[str, list[ParsedEvent]] = {}
        for event in parsed.events:
            groups.setdefault(event.uid, []).append(event)
        records: list[Record] = []
        left_out = {**_not_events(parsed), **_unreadable(parsed)}
        for uid, events in groups.items():
            found, without = self._read_uid(uid, events, window, payload or self.payload_of(events))
            doubts = [one for one in parsed.unreadable if one.exception and one.uid == uid]
            records += _without_doubtful(found, doubts, events, left_out) if doubts else found
            left_out.update(without)
        return Reading(tuple(records), left_out, frozenset(groups))

    def find(self, parsed: ParsedCalendar, key: str, payload: Payload, whole: Expansion | None = None) -> Record | None:
        """The record of one key, wherever it lies in time; None when the entry does not have it, or has it cancelled.

        ``whole`` is what ``all_dates`` gave for the entry, if it was asked. Raises TooMany or BadValue when the series cannot be
        worked out: then nothing is known of the key.
        """
        uid, recurrence_id = split_notes_key(key)
        events = [event for event in parsed.events if event.uid == uid]
        if not events:
            return None
        handle = f"{uid}/{recurrence_id}" if recurrence_id else uid
        start, end = _around(events, recurrence_id)
        for reach in REACHES:
            expansion = whole or expand(events, start - reach, end + reach)
            for occurrence in expansion.occurrences:
                if occurrence.recurrence_id == recurrence_id:
                    place = place_of(occurrence, expansion, events)
                    return record_of(occurrence, place, payload, self.owner)
            if (handle, LeftOutReason.OUTSIDE_WINDOW.value) not in expansion.left_out:
                return None
        return None

    def all_dates(self, parsed: ParsedCalendar, uid: str) -> Expansion | None:
        """Every date of an entry, wherever it lies in time; None where they cannot all be told."""
        try:
            expansion = expand([event for event in parsed.events if event.uid == uid], *ALWAYS)
        except (TooMany, BadValue):
            return None
        beyond = any(reason == LeftOutReason.OUTSIDE_WINDOW for _handle, reason in expansion.left_out)
        return expansion if expansion.whole and not beyond else None

    def is_only_date(self, parsed: ParsedCalendar, key: str) -> bool:
        """Whether ``key`` names a date of a series that has no other one left, wherever in time; in doubt it is not."""
        uid, recurrence_id = split_notes_key(key)
        if not recurrence_id or parsed.unreadable:
            return False
        whole = self.all_dates(parsed, uid)
        return whole is not None and [found.recurrence_id for found in whole.occurrences] == [recurrence_id]

    def payload_of(self, events: Iterable[ParsedEvent]) -> Payload:
        whole = "".join(event.raw for event in events)
        return Payload(self.digest(whole.encode("utf-8", "replace")), whole)

    def _read_uid(
        self, uid: str, events: list[ParsedEvent], window: Window, payload: Payload
    ) -> tuple[list[Record], dict[str, LeftOut]]:
        start, end = instant(window.starts_at), instant(window.ends_at)
        if len(events) == 1 and not events[0].recurs:
            # One date: it is a record wherever it lies, and the planner says that it is outside the window.
            start, end = _stretched(events, start, end)
        else:
            # All-day dates of the window's edges may begin before or end after its instants.
            start, end = min(start, instant(window.first_day)), max(end, instant(window.end_day))
        try:
            expansion = expand(events, start, end)
        except (TooMany, BadValue) as refusal:
            why = text("notes.unreadable", reason=str(refusal))
            return [], {
                event.handle: _shown(event, LeftOutReason.UNREADABLE, event.recurrence_id, why) for event in events
            }
        records = [
            record_of(one, place_of(one, expansion, events), payload, self.owner) for one in expansion.occurrences
        ]
        return records, _left_out(uid, events, expansion)


def instant(moment: str) -> datetime:
    """A time of a window or an image as aware UTC; a day is its midnight in UTC."""
    form = "%Y-%m-%dT%H:%MZ" if "T" in moment else "%Y-%m-%d"
    return datetime.strptime(moment, form).replace(tzinfo=UTC)


def _around(events: list[ParsedEvent], recurrence_id: str) -> tuple[datetime, datetime]:
    """A window that holds the date a key names: its original start, and where an exception moved it to."""
    named = [event for event in events if event.recurrence_id == recurrence_id]
    if not _RECURRENCE_ID.fullmatch(recurrence_id):
        first = _aware((named or events)[0].start)
        return _stretched(named or events, first, first)
    form = "%Y%m%dT%H%M%SZ" if "T" in recurrence_id else "%Y%m%d"
    original = datetime.strptime(recurrence_id, form).replace(tzinfo=UTC)
    return _stretched(named, original, original)


def _stretched(events: list[ParsedEvent], start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The window made wide enough for the events themselves, whatever zone all-day ones live in."""
    for event in events:
        start = min(start, _aware(event.start) - timedelta(days=2))
        end = max(end, _aware(event.start) + timedelta(days=2), _aware(event.end) + timedelta(days=2))
    return start, end


def _aware(moment: object) -> datetime:
    if isinstance(moment, datetime):
        return moment
    return datetime.strptime(str(moment), "%Y-%m-%d").replace(tzinfo=UTC)


def _left_out(uid: str, events: list[ParsedEvent], expansion: Expansion) -> dict[str, LeftOut]:
    by_handle = {event.handle: event for event in events}
    series = next((event for event in events if not event.recurrence_id), events[0])
    found: dict[str, LeftOut] = {}
    for handle, word in expansion.left_out:
        reason = LeftOutReason(word)
        why = text(_SENTENCES[reason]) if reason in _SENTENCES else None
        event = by_handle.get(handle)
        place = handle if handle not in found else f"{handle}~{len(found)}"
        if event is not None:
            found[place] = _shown(event, reason, event.recurrence_id, why)
        else:
            recurrence_id = handle[len(uid) + 1 :] if handle.startswith(f"{uid}/") else ""
            shown = _shown(series, reason, recurrence_id, why)
            found[place] = replace(shown, starts_at=_id_time(recurrence_id), ends_at="")
    return found


def _shown(event: ParsedEvent, reason: LeftOutReason, recurrence_id: str, why: Text | None) -> LeftOut:
    """What can be told of an entry that is no record; nothing of a private one but its times."""
    return LeftOut(
        reason,
        notes_key(event.uid, recurrence_id if _RECURRENCE_ID.fullmatch(recurrence_id) else ""),
        title=event.summary if event.klass == "PUBLIC" else "",
        starts_at=image_time(event.start),
        ends_at=image_time(event.end),
        all_day=event.all_day,
        why=why,
    )


def _id_time(recurrence_id: str) -> str:
    """The original start a key names, in the form of an image time; empty when it names none."""
    if not _RECURRENCE_ID.fullmatch(recurrence_id):
        return ""
    day = f"{recurrence_id[:4]}-{recurrence_id[4:6]}-{recurrence_id[6:8]}"
    return day if len(recurrence_id) == 8 else f"{day}T{recurrence_id[9:11]}:{recurrence_id[11:13]}Z"


def _not_events(parsed: ParsedCalendar) -> dict[str, LeftOut]:
    return {
        f"{kind} {number} {uid}".strip(): LeftOut(LeftOutReason.NOT_AN_EVENT, why=text("notes.not_an_event", kind=kind))
        for number, (kind, uid) in enumerate(parsed.not_events, start=1)
    }


def _without_doubtful(
    records: list[Record], doubts: list[Unreadable], events: list[ParsedEvent], left_out: dict[str, LeftOut]
) -> list[Record]:
    """Takes out the dates for which an exception exists that could not be read: the series' own value is not what they show."""
    series = next((event for event in events if not event.recurrence_id), events[0])
    spoken_of = {left.key for left in left_out.values()}
    kept: list[Record] = []
    for record in records:
        recurrence_id = split_notes_key(record.key)[1]
        doubt = next((one for one in doubts if recurrence_id and _concerns(one, recurrence_id, series)), None)
        if doubt is None:
            kept.append(record)
        elif record.key not in spoken_of:
            left_out[f"{series.uid}/{recurrence_id} in doubt"] = LeftOut(
                LeftOutReason.UNREADABLE,
                record.key,
                "" if record.image.private else record.image.subject,
                record.image.starts_at,
                record.image.ends_at,
                record.image.all_day,
                text("notes.unreadable", reason=doubt.sentence),
            )
    return kept


def _concerns(doubt: Unreadable, recurrence_id: str, series: ParsedEvent) -> bool:
    """Whether an unreadable exception may stand for a date; where it cannot be told which it names, it may be every one."""
    if not doubt.recurrence_id or recurrence_id == doubt.recurrence_id:
        return True
    day, named = day_named(recurrence_id, series), day_named(doubt.recurrence_id, series)
    if doubt.future and (day > named or (day == named and recurrence_id > doubt.recurrence_id)):
        return True
    return day == named and len(recurrence_id) != len(doubt.recurrence_id)


def _unreadable(parsed: ParsedCalendar) -> dict[str, LeftOut]:
    return {
        one.handle: LeftOut(
            LeftOutReason.UNREADABLE,
            notes_key(one.uid, one.recurrence_id) if one.recurrence_id or not one.exception else notes_key(one.handle),
            why=text("notes.unreadable", reason=one.sentence),
        )
        for one in parsed.unreadable
    }
