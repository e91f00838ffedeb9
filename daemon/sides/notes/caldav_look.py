"""Finds single CalDAV entries by their UID, wherever they stand, and tells with evidence that one is gone.

An entry is gone when its href is 404 and no other resource holds its UID; a date of a series when the series, read whole,
lacks it. For that the register of resources is brought up to date by asking the server what changed. Copies of one UID under
several hrefs (invitations do that) are one entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from daemon.calendars.content_lines import decode
from daemon.calendars.icalendar_text import NotACalendar, ParsedCalendar, ParsedEvent
from daemon.sides.contract import Gone, Looked, Unclear
from daemon.sides.notes.caldav_discovery import Collection, list_error
from daemon.sides.notes.caldav_fetch import Fetched, Fetcher, Resource
from daemon.sides.notes.caldav_http import DavError, DavSession
from daemon.sides.notes.caldav_register import Listing, Register, list_everything, list_since
from daemon.sides.notes.entries import EntryReader, WholeStreamUnreadable
from daemon.sides.notes.ics_files import find_in
from daemon.sides.notes.images import Payload
from daemon.sync.appointment import split_notes_key
from daemon.sync.trees import Evidence
from shared.models import Text
from shared.texts import text


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


class CaldavLookup:
    """Looks into one collection. ``register`` says where each UID stands; a reading renews it."""

    def __init__(self, session: DavSession, collection: Collection, reader: EntryReader) -> None:
        self.session = session
        self.collection = collection
        self.reader = reader
        self.fetcher = Fetcher(session, collection)
        self.register = Register(collection.path)

    async def look(self, keys: Iterable[str]) -> dict[str, Looked]:
        """Each key by its UID. Unclear for what the server cannot deliver; an unreachable server raises SideUnavailable."""
        groups: dict[str, list[str]] = {}
        for key in keys:
            groups.setdefault(split_notes_key(key)[0], []).append(key)
        seen = await self.entries(list(groups))
        return {key: self._look_in(seen[uid], key) for uid, keys_of in groups.items() for key in keys_of}

    async def look_closely(self, key: str) -> tuple[Looked, Entry | None]:
        """One key, with the entry it was read from."""
        uid = split_notes_key(key)[0]
        seen = (await self.entries([uid]))[uid]
        return self._look_in(seen, key), seen if isinstance(seen, Entry) else None

    async def listing(self, register: Register | None) -> tuple[Listing, bool]:
        """What changed since ``register`` (and True), which becomes the current one; else everything, for a new one."""
        try:
            listing = await list_since(self.session, self.collection, register) if register is not None else None
            if listing is not None and register is not None:
                register.former = {**self.register.former, **register.former}
                self.register = register
                return listing, True
            listing = await list_everything(self.session, self.collection)
        except DavError as refusal:
            raise list_error(self.session, self.collection.path, refusal) from None
        self.register = self.register.renewed()
        return listing, False

    async def entries(self, uids: Sequence[str]) -> dict[str, _Seen]:
        """Every UID as it is now. Where its resource is gone or was never known, the server is asked what changed."""
        seen = await self._seen_at(uids)
        absent = [uid for uid in uids if seen[uid] is None]
        if absent:
            await self._refresh()
            seen.update(await self._seen_at(absent))
            for uid in absent:
                if seen[uid] is None and self.register.unread and not self.register.knew(uid):
                    # It may stand in a resource that cannot be read.
                    seen[uid] = text("caldav.entry_unclear", host=self.session.host)
        return seen

    async def _seen_at(self, uids: Sequence[str]) -> dict[str, _Seen]:
        places = {uid: self.register.hrefs(uid) for uid in uids}
        hrefs = sorted({href for found in places.values() for href in found})
        fetched = await self._fetch(hrefs)
        parsed: dict[str, ParsedCalendar | Text] = {}
        for href, resource in fetched.found.items():
            try:
                parsed[href] = self.reader.parse(resource.data)
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
        payload = Payload(self.reader.digest(data), decode(data)) if one else self.reader.payload_of(events)
        return Entry(uid, ParsedCalendar(tuple(events), (), ()), payload, tuple(resources), one)

    async def _refresh(self) -> None:
        """Brings the register up to date without expanding anything: which resource holds which UIDs now."""
        register = self.register
        listing, _delta = await self.listing(register)
        # A complete list, too, is compared with what is known: only what differs is fetched.
        self.register = register
        fetched = await self._fetch(register.take(listing))
        for href in fetched.missing:
            register.drop(href)
        for href in fetched.failed:
            register.note_unread(href)
        for href, resource in fetched.found.items():
            try:
                register.note(href, uids_in(self.reader.parse(resource.data)))
            except (NotACalendar, WholeStreamUnreadable):
                register.note_unread(href)

    async def _fetch(self, hrefs: Sequence[str]) -> Fetched:
        try:
            return await self.fetcher.all_of(hrefs)
        except DavError as refusal:
            raise list_error(self.session, self.collection.path, refusal) from None

    def _look_in(self, seen: _Seen, key: str) -> Looked:
        if isinstance(seen, Text):
            return Unclear(seen)
        now = self.reader.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if seen is None:
            return Gone(Evidence("by_id", now))
        evidence = Evidence("series_detail" if split_notes_key(key)[1] else "by_id", now)
        return find_in(self.reader, seen.parsed, key, seen.payload, evidence)


def uids_in(parsed: ParsedCalendar) -> list[str]:
    """The UIDs a resource holds, those of components that cannot be read too."""
    return list(dict.fromkeys([event.uid for event in parsed.events] + [one.uid for one in parsed.unreadable]))
