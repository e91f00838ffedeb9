"""Reads a mail file's calendar: the list, then each entry in full, and single entries again by their id.

An entry's detail decides: its UID becomes the key (ids of the list on an old template are thrown away), its text the record.
A failing detail makes that entry unreadable, a failing list the whole reading; neither ever means that something is gone. A
server that breaks over a few entries (a damaged document) is told apart from one that is broken by how many they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta

from daemon.calendars.content_lines import decode, unescape
from daemon.calendars.icalendar_text import NotACalendar, ParsedCalendar
from daemon.calendars.recurrence import Expansion, TooMany
from daemon.calendars.time_values import BadValue
from daemon.sides.contract import Coverage, Found, Gone, Looked, Observation, ProgressSink, SideUnavailable, Unclear
from daemon.sides.notes.domino_address import events_path
from daemon.sides.notes.domino_answers import DominoError, ServerFault
from daemon.sides.notes.domino_calendars import list_error
from daemon.sides.notes.domino_http import DominoSession
from daemon.sides.notes.domino_list import INVITATION, Element, Listing, by_entry, lead, list_entries
from daemon.sides.notes.entries import EntryReader, WholeStreamUnreadable, instant
from daemon.sides.notes.images import Payload
from daemon.sides.notes.reading_plan import ReadingPlan
from daemon.sync.appointment import split_notes_key
from daemon.sync.rules import Window
from daemon.sync.trees import Evidence, LeftOut, Record
from shared.models import Text
from shared.states import LeftOutReason
from shared.texts import text

AT_ONCE = 6
BROKEN_AT_MOST, BROKEN_SHARE = 5, 20
"""Over how many entries a server may break before the whole reading counts as failed: five, or one in twenty."""


@dataclass(slots=True)
class _Collected:
    records: dict[str, Record] = field(default_factory=dict)
    left_out: dict[str, LeftOut] = field(default_factory=dict)
    unchanged: set[str] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)
    faults: list[ServerFault] = field(default_factory=list)
    bears: int = BROKEN_AT_MOST


class DominoReading:
    """Reads one mail file in one conversation. ``reader`` knows the person's zone and the calendar's owner."""

    def __init__(self, session: DominoSession, mail_file: str, reader: EntryReader) -> None:
        self._session = session
        self._mail_file = mail_file
        self._reader = reader

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        """A full listing; details of all entries of the window, or with a ``bookmark`` of those that may have changed."""
        first = min(instant(window.starts_at), instant(window.first_day)) - lead(_longest(known.values()))
        last = max(instant(window.ends_at), instant(window.end_day)) + timedelta(days=1)
        try:
            listing = await list_entries(self._session, self._mail_file, first, last, progress)
        except DominoError as refusal:
            raise list_error(self._session, self._mail_file, refusal) from None
        collected = _Collected()
        entries = _in_window(listing, window, collected)
        plan = ReadingPlan.make(bookmark, entries, known)
        for keys in plan.untouched.values():
            collected.unchanged |= keys
        done = 0
        progress("reading", 0, len(plan.to_read))

        async def read(entry: str) -> None:
            nonlocal done
            uid = await self._read_entry(entries[entry], window, plan.known_of(entry), collected)
            plan.note_read(entry, uid)
            done += 1
            progress("reading", done, len(plan.to_read))

        collected.bears = max(BROKEN_AT_MOST, len(plan.to_read) // BROKEN_SHARE)
        await at_once(read, plan.to_read)
        return Observation(
            full=True,
            records=tuple(collected.records.values()),
            coverage=Coverage(True, window, listing.server_time, plan.bookmark()),
            unchanged=frozenset(collected.unchanged),
            left_out=collected.left_out,
        )

    async def look(self, keys: Iterable[str]) -> dict[str, Looked]:
        """Each key by its UID. Gone only for 404 with the calendar's own code, or a detail that lacks the date."""
        groups: dict[str, list[str]] = {}
        for key in keys:
            groups.setdefault(split_notes_key(key)[0], []).append(key)
        found: dict[str, Looked] = {}

        async def look_at(uid: str) -> None:
            try:
                found.update((await self._look_uid(uid, groups[uid]))[0])
            except SideUnavailable as unavailable:
                found.update(dict.fromkeys(groups[uid], Unclear(unavailable.text)))

        await at_once(look_at, list(groups))
        return found

    async def look_closely(self, key: str) -> tuple[Looked, bytes]:
        """One key, with the text it was read from (empty unless found). Raises SideUnavailable."""
        found, data = await self._look_uid(split_notes_key(key)[0], [key])
        return found[key], data

    def is_only_date(self, data: bytes, key: str) -> bool:
        """Whether the date of a series that ``key`` names is the last one in the text that ``look_closely`` gave."""
        return self._reader.is_only_date(self._reader.parse(data), key)

    async def detail(self, uid: str) -> bytes:
        """The text of one entry. DominoError when the server refuses, NotACalendar when it sends something else."""
        answer = await self._session.get(events_path(self._mail_file, uid), {"format": "icalendar"})
        if answer.kind == "html":
            raise SideUnavailable(text("notes.web_page", host=self._session.host))
        body = answer.body.strip()
        if not body.upper().startswith(b"BEGIN:VCALENDAR") or not body.upper().endswith(b"END:VCALENDAR"):
            raise NotACalendar(text("notes.detail_not_calendar", host=self._session.host).text)
        return answer.body

    async def _read_entry(
        self, elements: Sequence[Element], window: Window, known: Mapping[str, Record], collected: _Collected
    ) -> str:
        """Reads one entry into ``collected``; its UID, or empty when it could not be read."""
        data = await self._first_detail(elements, collected)
        if data is None:
            return ""
        digest = self._reader.digest(data)
        if _unchanged(data, digest, elements, known):
            collected.unchanged |= known.keys()
            collected.uids.add(elements[0].handle)
            return elements[0].handle
        try:
            reading = self._reader.read(data, window)
        except (NotACalendar, WholeStreamUnreadable) as refusal:
            self._unreadable(elements, text("notes.unreadable", reason=str(refusal)), collected)
            return ""
        fresh = reading.uids - collected.uids
        collected.uids |= fresh
        collected.records.update(
            (record.key, record) for record in reading.records if split_notes_key(record.key)[0] in fresh
        )
        if fresh or not reading.uids:
            collected.left_out.update(
                (handle, _with_title(left, elements)) for handle, left in reading.left_out.items()
            )
        return next(iter(reading.uids), "")

    async def _first_detail(self, elements: Sequence[Element], collected: _Collected) -> bytes | None:
        """The detail by the first handle that leads to it; None after noting why there is none."""
        error: DominoError | None = None
        for handle in dict.fromkeys(element.handle for element in elements):
            try:
                return await self.detail(handle)
            except NotACalendar as refusal:
                self._unreadable(elements, text("notes.unreadable", reason=str(refusal)), collected)
                return None
            except DominoError as refusal:
                error = refusal
            except ServerFault as fault:
                collected.faults.append(fault)
                if len(collected.faults) > collected.bears:
                    raise
                error = DominoError(500)
                break
        if error is None:
            return None
        if error.not_found and elements[0].notice == INVITATION:
            self._leave_out(elements, LeftOutReason.WAITING_IN_NOTES, text("notes.waiting"), collected)
        elif not error.not_found or elements[0].handle != elements[0].entry:
            why = text("notes.detail_failed", host=self._session.host, status=error.status)
            self._unreadable(elements, why, collected)
        # Else it was deleted between the listing and this request: absent, and looked up if it was ever linked.
        return None

    def _unreadable(self, elements: Sequence[Element], why: Text, collected: _Collected) -> None:
        self._leave_out(elements, LeftOutReason.UNREADABLE, why, collected)

    def _leave_out(self, elements: Sequence[Element], reason: LeftOutReason, why: Text, collected: _Collected) -> None:
        for element in elements:
            collected.left_out[element.place] = _listed(element, reason, why)

    async def _look_uid(self, uid: str, keys: Sequence[str]) -> tuple[dict[str, Looked], bytes]:
        try:
            # Keys hold a UID as the text writes it; paths and the list hold what it says.
            data = await self.detail(unescape(uid))
            parsed = self._reader.parse(data)
        except DominoError as refusal:
            if refusal.not_found:
                return dict.fromkeys(keys, Gone(Evidence("by_id", self._now()))), b""
            return self._unclear(keys, text("notes.detail_failed", host=self._session.host, status=refusal.status))
        except (NotACalendar, WholeStreamUnreadable) as refusal:
            return self._unclear(keys, text("notes.unreadable", reason=str(refusal)))
        if parsed.unreadable or not any(event.uid == uid for event in parsed.events):
            reason = parsed.unreadable[0][2] if parsed.unreadable else uid
            return self._unclear(keys, text("notes.unreadable", reason=reason))
        payload = Payload(self._reader.digest(data), decode(data))
        # Many dates of one series are found in one expansion instead of one each.
        whole = self._reader.all_dates(parsed, uid) if len(keys) > 1 else None
        return {key: self._look_in(parsed, key, payload, whole) for key in keys}, data

    def _unclear(self, keys: Sequence[str], why: Text) -> tuple[dict[str, Looked], bytes]:
        return dict.fromkeys(keys, Unclear(why)), b""

    def _look_in(self, parsed: ParsedCalendar, key: str, payload: Payload, whole: Expansion | None) -> Looked:
        try:
            record = self._reader.find(parsed, key, payload, whole)
        except (TooMany, BadValue) as refusal:
            return Unclear(text("notes.unreadable", reason=str(refusal)))
        kind = "series_detail" if split_notes_key(key)[1] else "by_id"
        return Found(record) if record is not None else Gone(Evidence(kind, self._now()))

    def _now(self) -> str:
        return self._reader.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def at_once(job: Callable[[str], Awaitable[None]], names: Iterable[str]) -> None:
    """Runs ``job`` for every name, AT_ONCE at a time; the first error ends the others and is raised as it was."""
    waiting = iter(list(names))

    async def work() -> None:
        for name in waiting:
            await job(name)

    try:
        async with asyncio.TaskGroup() as group:
            for _worker in range(AT_ONCE):
                group.create_task(work())
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


def _longest(known: Iterable[Record]) -> int:
    """The length in days of the longest known entry, rounded up."""
    longest = timedelta(0)
    for record in known:
        image = record.image
        if image.starts_at and image.ends_at:
            longest = max(longest, instant(image.ends_at) - instant(image.starts_at))
    return longest.days + 1


def _in_window(listing: Listing, window: Window, collected: _Collected) -> dict[str, list[Element]]:
    """The entries to read. One that is over before the window is left out as a whole, unread."""
    entries: dict[str, list[Element]] = {}
    for entry, elements in by_entry(listing.elements).items():
        if all(element.ends_before(window.starts_at, window.first_day) for element in elements):
            for element in elements:
                collected.left_out[element.place] = _listed(element, LeftOutReason.OUTSIDE_WINDOW, None)
        else:
            near = [element for element in elements if _is_near(element, window)]
            entries[entry] = near or elements
    for number in range(listing.nameless):
        why = text("notes.element_without_id")
        collected.left_out[f"element {number + 1}"] = LeftOut(LeftOutReason.UNREADABLE, why=why)
    return entries


def _is_near(element: Element, window: Window) -> bool:
    """Whether a date may lie in the window; the list is asked for more than that."""
    edge = window.end_day if element.all_day else window.ends_at
    return element.starts_at < edge and not element.ends_before(window.starts_at, window.first_day)


def _with_title(left: LeftOut, elements: Sequence[Element]) -> LeftOut:
    """What the list tells of an entry whose detail could not be understood."""
    if left.starts_at or left.reason is not LeftOutReason.UNREADABLE:
        return left
    first = elements[0]
    return replace(left, title=first.title, starts_at=first.starts_at, ends_at=first.ends_at, all_day=first.all_day)


def _listed(element: Element, reason: LeftOutReason, why: Text | None) -> LeftOut:
    return LeftOut(reason, element.key, element.title, element.starts_at, element.ends_at, element.all_day, why)


def _unchanged(data: bytes, digest: bytes, elements: Sequence[Element], known: Mapping[str, Record]) -> bool:
    """Whether the stored records of an entry still stand for it: same text, one component, and each listed date known.

    A text of several components also holds what is no record (cancelled dates); it is read again so that they are told.
    """
    if not known or data.upper().count(b"BEGIN:VEVENT") != 1:
        return False
    if any(record.payload_digest != digest for record in known.values()):
        return False
    return all(element.key in known for element in elements)
