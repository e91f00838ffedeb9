"""Reads a CalDAV collection into records: everything in it, what changed since a bookmark, or single entries by their UID.

The window is ours: servers' time ranges differ in what they mean, so every resource is read and expanded here. An entry is gone
when its href is 404 and no other resource holds its UID; a date of a series when the series, read whole, lacks it. Copies of
one UID under several hrefs (invitations do that) are read as one entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC

from daemon.calendars.icalendar_text import NotACalendar, ParsedCalendar, ParsedEvent
from daemon.sides.contract import Coverage, Found, Gone, Looked, Observation, ProgressSink, Unclear
from daemon.sides.notes.caldav_discovery import Collection, list_error
from daemon.sides.notes.caldav_fetch import Fetched, Fetcher, Resource
from daemon.sides.notes.caldav_http import DavError, DavSession
from daemon.sides.notes.caldav_register import Listing, Register, list_everything, list_since
from daemon.sides.notes.entries import EntryReader, WholeStreamUnreadable
from daemon.sides.notes.ics_files import find_in
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


@dataclass(frozen=True, slots=True)
class Entry:
    """One UID as the server holds it now: its components, their text, and the resources they stand in."""

    uid: str
    parsed: ParsedCalendar
    payload: Payload
    resources: tuple[Resource, ...]
    alone: bool


_Seen = Entry | Text | None
"""What was found of a UID: the entry, why it cannot be told, or nothing."""


class CaldavReading:
    """Reads one collection. ``reader`` knows the person's zone and names."""

    def __init__(self, session: DavSession, collection: Collection, reader: EntryReader) -> None:
        self._session = session
        self._collection = collection
        self._reader = reader
        self._fetcher = Fetcher(session, collection)
        self._register = Register(collection.path)

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        """Everything for an empty or useless ``bookmark``, else a delta with evidence of what is gone. Raises SideError."""
        progress("listing", 0, None)
        started = self._reader.clock()
        listing, delta = await self._listing(Register.from_bookmark(bookmark, self._collection.path))
        to_read = self._register.take(listing)
        if delta:
            to_read = sorted({*to_read, *self._register.sharing(to_read)})
        digests = {
            record.payload_digest: record
            for key, record in known.items()
            if key.endswith("#") and record.payload_digest and not record.young
        }
        collected = _Collected(window, digests)
        collected.touched.update(uid for href in to_read for uid in self._register.uids.get(href, ()))
        await self._read(to_read, collected, progress)
        await self._read_doubled(collected)
        gone = await self._gone(collected, known) if delta else {}
        return Observation(
            full=not delta,
            records=tuple(collected.records.values()),
            coverage=Coverage(True, window, started, self._register.bookmark()),
            gone=gone,
            unchanged=frozenset(collected.unchanged),
            left_out=collected.left_out,
        )

    async def look(self, keys: Iterable[str]) -> dict[str, Looked]:
        """Each key by its UID. Unclear for what the server cannot deliver; an unreachable server raises SideUnavailable."""
        groups: dict[str, list[str]] = {}
        for key in keys:
            groups.setdefault(split_notes_key(key)[0], []).append(key)
        seen = await self._seen(list(groups))
        return {key: self._look_in(seen[uid], key) for uid, keys_of in groups.items() for key in keys_of}

    async def look_closely(self, key: str) -> tuple[Looked, Entry | None]:
        """One key, with the entry it was read from."""
        uid = split_notes_key(key)[0]
        seen = (await self._seen([uid]))[uid]
        return self._look_in(seen, key), seen if isinstance(seen, Entry) else None

    async def _listing(self, register: Register | None) -> tuple[Listing, bool]:
        """What changed since ``register`` (and True), which becomes the current one; else everything, for a new one."""
        try:
            listing = await list_since(self._session, self._collection, register) if register is not None else None
            if listing is not None and register is not None:
                self._register = register
                return listing, True
            listing = await list_everything(self._session, self._collection)
        except DavError as refusal:
            raise list_error(self._session, self._collection.path, refusal) from None
        self._register = self._register.renewed()
        return listing, False

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
            await self._fetcher.fetch(hrefs, take)
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
        payload = Payload(digest, resource.data.decode("utf-8", "replace")) if one else None
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
            entry = (await self._seen([uid]))[uid]
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
        for key, looked in (await self.look(absent)).items() if absent else ():
            if isinstance(looked, Gone):
                gone[key] = looked.evidence
            elif isinstance(looked, Found):
                collected.records[key] = looked.record
        return gone

    async def _seen(self, uids: Sequence[str]) -> dict[str, _Seen]:
        """Every UID as it is now. Where its resource is gone or was never known, the server is asked what changed."""
        seen = await self._seen_at(uids)
        absent = [uid for uid in uids if seen[uid] is None]
        if absent:
            await self._refresh()
            seen.update(await self._seen_at(absent))
            for uid in absent:
                if seen[uid] is None and self._register.unread and not self._register.knew(uid):
                    # It may stand in a resource that cannot be read.
                    seen[uid] = text("caldav.entry_unclear", host=self._session.host)
        return seen

    async def _seen_at(self, uids: Sequence[str]) -> dict[str, _Seen]:
        places = {uid: self._register.hrefs(uid) for uid in uids}
        hrefs = sorted({href for found in places.values() for href in found})
        fetched = await self._fetch(hrefs)
        parsed: dict[str, ParsedCalendar | Text] = {}
        for href, resource in fetched.found.items():
            try:
                parsed[href] = self._reader.parse(resource.data)
            except (NotACalendar, WholeStreamUnreadable) as refusal:
                parsed[href] = text("notes.unreadable", reason=str(refusal))
        return {uid: self._entry(uid, places[uid], fetched, parsed) for uid in uids}

    def _entry(
        self, uid: str, hrefs: list[str], fetched: Fetched, parsed: Mapping[str, ParsedCalendar | Text]
    ) -> _Seen:
        resources: list[Resource] = []
        events: list[ParsedEvent] = []
        alone = True
        for href in hrefs:
            if href in fetched.failed:
                return fetched.failed[href]
            if href in fetched.missing:
                continue
            calendar = parsed[href]
            if isinstance(calendar, Text):
                return calendar
            if calendar.unreadable:
                return text("notes.unreadable", reason=calendar.unreadable[0][2])
            mine = [event for event in calendar.events if event.uid == uid]
            if mine:
                resources.append(fetched.found[href])
                events += mine
                alone = alone and len(mine) == len(calendar.events)
        if not resources:
            return None
        one = len(resources) == 1 and alone
        data = resources[0].data
        payload = (
            Payload(self._reader.digest(data), data.decode("utf-8", "replace"))
            if one
            else self._reader.payload_of(events)
        )
        return Entry(uid, ParsedCalendar(tuple(events), (), ()), payload, tuple(resources), one)

    async def _refresh(self) -> None:
        """Brings the register up to date without expanding anything: which resource holds which UIDs now."""
        register = self._register
        listing, _delta = await self._listing(register)
        # A complete list, too, is compared with what is known: only what differs is fetched.
        self._register = register
        fetched = await self._fetch(register.take(listing))
        for href in fetched.missing:
            register.drop(href)
        for href in fetched.failed:
            register.note_unread(href)
        for href, resource in fetched.found.items():
            try:
                register.note(href, uids_in(self._reader.parse(resource.data)))
            except (NotACalendar, WholeStreamUnreadable):
                register.note_unread(href)

    async def _fetch(self, hrefs: Sequence[str]) -> Fetched:
        try:
            return await self._fetcher.all_of(hrefs)
        except DavError as refusal:
            raise list_error(self._session, self._collection.path, refusal) from None

    def _look_in(self, seen: _Seen, key: str) -> Looked:
        if isinstance(seen, Text):
            return Unclear(seen)
        now = self._reader.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if seen is None:
            return Gone(Evidence("by_id", now))
        evidence = Evidence("series_detail" if split_notes_key(key)[1] else "by_id", now)
        return find_in(self._reader, seen.parsed, key, seen.payload, evidence)


def uids_in(parsed: ParsedCalendar) -> list[str]:
    """The UIDs a resource holds; of components that cannot be read, every UID that their handle may stand for."""
    found = dict.fromkeys(event.uid for event in parsed.events)
    for handle, _code, _sentence in parsed.unreadable:
        plain = handle.rpartition("#")[0] or handle
        found.update(dict.fromkeys((handle, plain, plain.rpartition("/")[0] or plain)))
    return list(found)
