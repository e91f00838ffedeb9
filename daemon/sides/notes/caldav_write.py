"""Writes to a CalDAV collection: creates, changes and deletes entries and single dates, each behind a precondition.

An update reads the resource, compares the version, patches its text and sends it with If-Match and the ETag of that reading, so
that no edit can slip in between. A create goes to an href made from its key with If-None-Match: *, so that a repeated one
is refused. What is stored is always read back: Radicale and Xandikos rewrite the text and send an ETag all the same. Where the
server mails invitees by itself, entries with invitees are not written: Daybridge never sends invitations.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from daemon.calendars.icalendar_write import NoSuchEvent, patch_event
from daemon.sides.contract import (
    Done,
    Found,
    Gone,
    Looked,
    LostAnswer,
    Outcome,
    Refused,
    SideUnavailable,
    Stale,
    Traces,
    Unclear,
    Write,
)
from daemon.sides.notes.caldav_discovery import Collection
from daemon.sides.notes.caldav_http import Ask, DavSession
from daemon.sides.notes.caldav_look import CaldavLookup, Entry
from daemon.sides.notes.caldav_xml import read_conditions
from daemon.sides.notes.domino_answers import BUSY, Answer
from daemon.sides.notes.event_texts import changes_of, created_uid, new_entry
from daemon.sides.notes.file_texts import without_date
from daemon.sides.notes.new_series import date_keys, every_created_key, grouped, outcomes_of, series_texts, traces_in
from daemon.sides.notes.wire import LostInTransit
from daemon.sync.appointment import notes_key, split_notes_key
from daemon.sync.trees import Record
from shared.models import Image, Text
from shared.texts import text

_ICALENDAR = "text/calendar; charset=utf-8"
_NO_MORE_ROOM, _LOCKED = 507, 423
_THERE = (403, 409, 412)
"""What servers answer to a create of a UID that is there already."""


@dataclass(frozen=True, slots=True)
class CaldavWriting:
    """Writes to one collection. ``zone``: the person's IANA zone; ``invites``: whether the server mails invitees by itself."""

    session: DavSession
    collection: Collection
    lookup: CaldavLookup
    zone: str
    clock: Callable[[], datetime]
    invites: bool

    async def write(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        """One after another, because dates of one series share one resource. A SideError ends the rest, unsent."""
        for group in grouped(writes):
            try:
                outcomes = [await self._write(group[0])] if len(group) == 1 else await self._create_series(group)
            except LostInTransit:
                outcomes = [self._lost(one) for one in group]
            for outcome in outcomes:
                yield outcome

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        """What stands under the UIDs that these creates may have given. SideUnavailable when it cannot be told."""
        looked = await self.lookup.look(every_created_key(writes))
        for found in looked.values():
            if isinstance(found, Unclear):
                raise SideUnavailable(found.reason)
        return traces_in(writes, looked)

    async def _write(self, write: Write) -> Outcome:
        if write.kind == "create":
            return await self._create(write)
        found, entry = await self.lookup.look_closely(write.key)
        if isinstance(found, Unclear):
            return Refused(write.op_id, "unclear", found.reason, permanent=False)
        if isinstance(found, Gone):
            return Done(write.op_id, write.key, "", None) if write.kind == "delete" else Stale(write.op_id)
        if entry is None or found.record.version != write.expected_version:
            return Stale(write.op_id)
        hindrance = self._hindrance(write, found.record, entry)
        if hindrance is not None:
            return hindrance
        if write.kind == "delete" and self._is_whole(write, entry):
            return await self._delete(write, found.record, entry)
        return await self._update(write, entry)

    def _is_whole(self, write: Write, entry: Entry) -> bool:
        """Whether nothing of the entry is left without what the key names."""
        return not split_notes_key(write.key)[1] or self.lookup.reader.is_only_date(entry.parsed, write.key)

    def _hindrance(self, write: Write, record: Record, entry: Entry) -> Outcome | None:
        """Why this entry cannot be written safely; None when it can."""
        if not entry.alone:
            return Refused(write.op_id, "shared_resource", text("caldav.several", host=self.session.host))
        if not entry.resources[0].etag:
            return Refused(write.op_id, "no_etag", text("caldav.no_etag", host=self.session.host))
        whole = write.kind == "delete" and self._is_whole(write, entry)
        if self.invites and record.image.invitees and not (whole and record.organised_by_other):
            return Refused(write.op_id, "would_invite", text("caldav.would_invite", host=self.session.host))
        return None

    async def _create_series(self, dates: Sequence[Write]) -> list[Outcome]:
        """One outcome for each date of a new series, which is one resource. Its dates are listed as plain starts where no rule
        gives them: some servers pass periods over when they look into a range of time.
        """
        uid = created_uid(dates[0].series_key)
        body = series_texts(uid, dates, zone=self.zone, now=self.clock(), method=None, periods=False)[0]
        answer = await self._put(self._href(uid), body, {"If-None-Match": "*"})
        if not answer.ok and answer.status not in _THERE:
            return [self._refused(one, answer) for one in dates]
        looked: dict[str, Looked] = {}
        with contextlib.suppress(SideUnavailable):
            looked = await self.lookup.look(date_keys(uid, dates))
        found = outcomes_of(uid, dates, looked, lambda one, _seen: self._lost(one), was_there=not answer.ok)
        if answer.ok or not looked or any(isinstance(outcome, Done) for outcome in found):
            return found
        return [self._refused(one, answer) for one in dates]

    def _href(self, uid: str) -> str:
        return f"{self.collection.path}{quote(uid, safe='')}.ics"

    async def _create(self, write: Write) -> Outcome:
        if write.after is None:
            return Refused(write.op_id, "nothing_to_write", text("notes.nothing_to_write"))
        uid = created_uid(write.create_key)
        body = new_entry(uid, write.after, zone=self.zone, now=self.clock(), method=None)
        answer = await self._put(self._href(uid), body, {"If-None-Match": "*"})
        if answer.ok:
            return await self._stored(write, notes_key(uid))
        if answer.status in _THERE:
            # The UID is made from this create alone: what is there came from an earlier attempt at it.
            try:
                found = (await self.find_created([write])).get(write.op_id)
            except SideUnavailable:
                return self._lost(write)
            if found is not None:
                return Done(write.op_id, found.sure[0].key, found.sure[0].version, found.sure[0], was_there=True)
        return self._refused(write, answer)

    async def _update(self, write: Write, entry: Entry) -> Outcome:
        uid, recurrence_id = split_notes_key(write.key)
        resource = entry.resources[0]
        original = resource.data
        try:
            if write.kind == "delete":
                body = without_date(original, uid, recurrence_id, user_zone=self.zone)
            elif write.after is None:
                return Refused(write.op_id, "nothing_to_write", text("notes.nothing_to_write"))
            else:
                body = patched(original, uid, recurrence_id, write, write.after, now=self.clock(), zone=self.zone)
        except NoSuchEvent:
            return Stale(write.op_id)
        answer = await self._put(resource.href, body, {"If-Match": strong(resource.etag)})
        if answer.status == 412 or answer.status in (404, 410):
            return Stale(write.op_id)
        if not answer.ok:
            return self._refused(write, answer)
        if write.kind == "delete":
            return await self._deleted(write, answer)
        outcome = await self._stored(write, write.key)
        unchanged = isinstance(outcome, Done) and outcome.version == write.expected_version
        return self._lost(write) if unchanged and not _is_taken(answer) else outcome

    async def _delete(self, write: Write, record: Record, entry: Entry) -> Outcome:
        headers = {"If-Match": strong(entry.resources[0].etag)}
        if record.organised_by_other:
            # RFC 6638 8.1: the organizer is not told that the person declines.
            headers["Schedule-Reply"] = "F"
        answer = await self.session.change(Ask("DELETE", entry.resources[0].href, headers=headers))
        if answer.ok:
            return await self._deleted(write, answer)
        if answer.status in (404, 410):
            return Done(write.op_id, write.key, "", None)
        return Stale(write.op_id) if answer.status == 412 else self._refused(write, answer)

    async def _deleted(self, write: Write, answer: Answer) -> Outcome:
        """The outcome of a delete that was answered with 2xx."""
        if not _is_taken(answer) and not isinstance(await self._found(write.key), Gone):
            return self._lost(write)
        return Done(write.op_id, write.key, "", None)

    async def _put(self, href: str, body: str, condition: dict[str, str]) -> Answer:
        return await self.session.change(Ask("PUT", href, body, {"Content-Type": _ICALENDAR, **condition}))

    async def _stored(self, write: Write, key: str) -> Outcome:
        """What the server holds after a write it took. When that cannot be read, the write counts as unanswered."""
        found = await self._found(key)
        if isinstance(found, Found):
            return Done(write.op_id, key, found.record.version, found.record)
        return self._lost(write)

    async def _found(self, key: str) -> Looked | None:
        """What stands under a key now; None where that cannot be told."""
        with contextlib.suppress(SideUnavailable):
            return (await self.lookup.look([key]))[key]
        return None

    def _lost(self, write: Write) -> LostAnswer:
        return LostAnswer(write.op_id, text("notes.lost_answer", host=self.session.host))

    def _refused(self, write: Write, answer: Answer) -> Outcome:
        """The outcome for an answer that says no. A failure inside the server leaves open whether it wrote."""
        if answer.status == _NO_MORE_ROOM:
            return Refused(write.op_id, "no_room", text("caldav.no_room", host=self.session.host), permanent=False)
        if answer.status >= 500 or answer.status in BUSY:
            return self._lost(write)
        code, sentence = self._sentence(answer)
        return Refused(write.op_id, code, sentence, permanent=answer.status != _LOCKED)

    def _sentence(self, answer: Answer) -> tuple[str, Text]:
        host = self.session.host
        conditions = read_conditions(answer.body)
        reason = ", ".join(sorted(conditions)) or f"code {answer.status}"
        if answer.status == 403 and not conditions - {"need-privileges"}:
            return "read_only", text("notes.read_only", path=self.collection.path, user=self.session.user)
        if answer.status == 405:
            return "read_only", text("notes.read_only", path=self.collection.path, user=self.session.user)
        if answer.status in (400, 415) or conditions & {"valid-calendar-data", "valid-calendar-object-resource"}:
            return "invalid_entry", text("notes.invalid_entry", host=host, reason=reason)
        return "refused", text("notes.refused", host=host, reason=reason)


def patched(
    original: bytes, uid: str, recurrence_id: str, write: Write, after: Image, *, now: datetime, zone: str
) -> str:
    """The text with the groups of the write changed and nothing else. Raises NoSuchEvent."""
    changes = {**changes_of(after, write.groups), "dtstamp": now}
    return patch_event(original, uid, recurrence_id, changes, user_zone=zone)


def _is_taken(answer: Answer) -> bool:
    """Whether a 2xx is the server's own to a PUT or DELETE; a web page or a queue in between answers otherwise."""
    return answer.status in (201, 204) or (answer.status == 200 and answer.kind == "empty")


def strong(etag: str) -> str:
    """An ETag as If-Match takes it. A proxy that compresses marks it weak, which never matches (RFC 9110 13.1.1)."""
    return etag.removeprefix("W/")
