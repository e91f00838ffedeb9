"""Reads a CalDAV collection into records: everything in it, or what changed since a bookmark.

The window is ours: servers' time ranges differ in what they mean, so every resource is read and expanded here. A text that is
known already is not parsed again; copies of one UID under several hrefs are read as one entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from daemon.calendars.content_lines import decode
from daemon.calendars.icalendar_text import NotACalendar
from daemon.sides.contract import Coverage, Found, Gone, Looked, Observation, ProgressSink
from daemon.sides.notes.caldav_discovery import Collection, list_error
from daemon.sides.notes.caldav_fetch import Fetched, Resource
from daemon.sides.notes.caldav_http import DavError, DavSession
from daemon.sides.notes.caldav_look import CaldavLookup, Entry, uids_in
from daemon.sides.notes.caldav_register import Register
from daemon.sides.notes.entries import EntryReader, WholeStreamUnreadable
from daemon.sides.notes.images import Payload
from daemon.sync.appointment import notes_key, split_notes_key
from daemon.sync.rules import Window
from daemon.sync.trees import Evidence, LeftOut, Record
from shared.models import Text
from shared.states import LeftOutReason
from shared.texts import text


@dataclass(slots=True)
class _Collected:
    """What one reading has found so far; ``touched`` are the UIDs it speaks of."""

    window: Window
    by_digest: Mapping[bytes, Record]
    records: dict[str, Record] = field(default_factory=dict)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    unchanged: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)


class CaldavReading:
    """Reads one collection. ``reader`` knows the person's zone and names."""

    def __init__(self, session: DavSession, collection: Collection, reader: EntryReader) -> None:
        self.lookup = CaldavLookup(session, collection, reader)
        self._session = session
        self._collection = collection
        self._reader = reader

    @property
    def _register(self) -> Register:
        return self.lookup.register

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        """Everything for an empty or useless ``bookmark``, else a delta with evidence of what is gone. Raises SideError."""
        progress("listing", 0, None)
        started = self._reader.clock()
        listing, delta = await self.lookup.listing(Register.from_bookmark(bookmark, self._collection.path))
        to_read = self._register.take(listing)
        if delta:
            to_read = sorted({*to_read, *self._register.sharing(to_read)})
        digests = {
            record.payload_digest: record
            for key, record in known.items()
            if key.endswith("#") and record.payload_digest
        }
        collected = _Collected(window, digests)
        collected.touched.update(uid for href in to_read for uid in self._register.uids.get(href, ()))
        await self._read(to_read, collected, progress)
        # Taken now: the looks that follow may learn of later changes, which the next reading must still be told.
        mark = self._register.bookmark()
        await self._read_doubled(collected)
        gone = await self._gone(collected, known) if delta else {}
        return Observation(
            full=not delta,
            records=tuple(collected.records.values()),
            coverage=Coverage(True, window, started, mark),
            gone=gone,
            unchanged=frozenset(collected.unchanged),
            left_out=collected.left_out,
        )

    async def look(self, keys: Iterable[str]) -> Mapping[str, Looked]:
        """Each key by itself, with evidence."""
        return await self.lookup.look(keys)

    async def _read(self, hrefs: Sequence[str], collected: _Collected, progress: ProgressSink) -> None:
        done = 0
        progress("reading", 0, len(hrefs))

        def take(part: Fetched) -> None:
            nonlocal done
            for href in part.missing:
                self._register.drop(href)
            for href, why in part.failed.items():
                self._left_unread(href, why, collected)
            for href in sorted(part.found):
                self._read_resource(part.found[href], collected)
            done += len(part.found) + len(part.missing) + len(part.failed)
            progress("reading", done, len(hrefs))

        try:
            await self.lookup.fetcher.fetch(hrefs, take)
        except DavError as refusal:
            raise list_error(self._session, self._collection.path, refusal) from None

    def _left_unread(self, href: str, why: Text, collected: _Collected) -> None:
        """A resource that is there but could not be read: nothing is decided about what it held, and it is read again."""
        self._register.note_unread(href)
        name = href.removeprefix(self._collection.path)
        uids = self._register.uids.get(href, ())
        for uid in uids or ("",):
            key = notes_key(uid) if uid else ""
            collected.left_out[f"{name}: {uid}"] = LeftOut(LeftOutReason.UNREADABLE, key, why=why)
        collected.touched.difference_update(uids)

    def _read_resource(self, resource: Resource, collected: _Collected) -> None:
        digest = self._reader.digest(resource.data)
        same = collected.by_digest.get(digest)
        if same is not None and resource.data.upper().count(b"BEGIN:VEVENT") == 1:
            collected.unchanged.add(same.key)
            self._register.note(resource.href, [split_notes_key(same.key)[0]])
            return
        try:
            parsed = self._reader.parse(resource.data)
        except (NotACalendar, WholeStreamUnreadable) as refusal:
            self._left_unread(resource.href, text("notes.unreadable", reason=str(refusal)), collected)
            return
        self._register.note(resource.href, uids_in(parsed))
        one = len({event.uid for event in parsed.events}) == 1
        payload = Payload(digest, decode(resource.data)) if one else None
        reading = self._reader.read_parsed(parsed, collected.window, payload)
        name = resource.href.removeprefix(self._collection.path)
        collected.records.update((record.key, record) for record in reading.records)
        collected.left_out.update((f"{name}: {handle}", left) for handle, left in reading.left_out.items())
        collected.touched |= reading.uids

    async def _read_doubled(self, collected: _Collected) -> None:
        """UIDs that stand in several resources, read together in place of what each alone gave."""
        for uid, hrefs in self._register.doubled().items():
            if uid not in collected.touched and not any(split_notes_key(key)[0] == uid for key in collected.unchanged):
                continue
            entry = (await self.lookup.entries([uid]))[uid]
            if not isinstance(entry, Entry):
                continue
            collected.touched.add(uid)
            collected.unchanged = {key for key in collected.unchanged if split_notes_key(key)[0] != uid}
            names = tuple(f"{href.removeprefix(self._collection.path)}: {uid}" for href in hrefs)
            for handle in [handle for handle in collected.left_out if handle.startswith(names)]:
                del collected.left_out[handle]
            for key in [key for key in collected.records if split_notes_key(key)[0] == uid]:
                del collected.records[key]
            reading = self._reader.read_parsed(entry.parsed, collected.window, entry.payload)
            collected.records.update((record.key, record) for record in reading.records)
            collected.left_out.update((f"{names[0]}: {handle}", left) for handle, left in reading.left_out.items())

    async def _gone(self, collected: _Collected, known: Mapping[str, Record]) -> dict[str, Evidence]:
        """Evidence for each known key of a touched entry that the entry no longer has; others found so become records."""
        read = collected.records.keys() | collected.unchanged
        absent = [key for key in known if key not in read and split_notes_key(key)[0] in collected.touched]
        gone: dict[str, Evidence] = {}
        for key, looked in (await self.lookup.look(absent)).items() if absent else ():
            if isinstance(looked, Gone):
                gone[key] = looked.evidence
            elif isinstance(looked, Found):
                collected.records[key] = looked.record
        return gone
