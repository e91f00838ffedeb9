"""A Notes calendar in one .ics file, or behind a web address that delivers one: read only (contracts.md 14).

What Notes writes with File > Export is read. A file knows no look-up by id, so an entry counts as gone only when two readings
one after another miss it (contracts.md 1); the first miss is kept in the bookmark and in memory. A file that ends in the
middle of an entry is not read at all, and one whose calendar is not closed proves no absence: half an export must not look
like deletions.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from daemon.calendars.content_lines import as_bytes
from daemon.calendars.icalendar_text import NotACalendar, ParsedCalendar
from daemon.calendars.recurrence import TooMany
from daemon.calendars.time_values import BadValue
from daemon.sides.contract import (
    Coverage,
    Found,
    Gone,
    Looked,
    Observation,
    Outcome,
    Probe,
    ProgressSink,
    Refused,
    SideUnavailable,
    Traces,
    Unclear,
    Write,
)
from daemon.sides.notes.domino_address import read_address
from daemon.sides.notes.domino_answers import DominoError
from daemon.sides.notes.domino_http import DominoSession
from daemon.sides.notes.entries import EntryReader, WholeStreamUnreadable
from daemon.sides.notes.event_texts import made_by_us
from daemon.sides.notes.file_access import read_bytes
from daemon.sides.notes.file_stamps import Stamp, stamps_of
from daemon.sides.notes.images import Payload, owner_of
from daemon.sides.retry import RetryPolicy
from daemon.sync.appointment import split_notes_key
from daemon.sync.rules import Window
from daemon.sync.trees import Capabilities, Evidence, LeftOut, Record
from shared.models import CalendarInfo
from shared.states import LeftOutReason
from shared.texts import text

_BLOCK = re.compile(rb"^[ \t]*(BEGIN|END)[ \t]*:[ \t]*(VEVENT|VCALENDAR)[ \t]*$", re.IGNORECASE | re.MULTILINE)
READ_ONLY = Capabilities(create=False, update=False, delete=False)


def is_web_address(source: str) -> bool:
    return source.lower().startswith(("http://", "https://", "webcal://"))


class IcsFileSide:
    """One file or address as a Side. ``user`` and ``password`` serve an address that asks for them."""

    def __init__(
        self,
        source: str,
        user: str = "",
        password: str = "",
        *,
        zone: str,
        ca_file: str = "",
        allow_http: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        policy: RetryPolicy | None = None,
    ) -> None:
        self._web = is_web_address(source)
        self._source = (
            source.replace("webcal://", "https://", 1) if self._web else str(Path(source).expanduser().absolute())
        )
        self._user, self._password = user, password
        self._ca_file, self._allow_http, self._policy = ca_file, allow_http, policy
        self._zone, self._clock = zone, clock
        self._reader = EntryReader(zone, owner_of(user), clock)
        self._session: DominoSession | None = None
        self._missed: dict[str, int] = {}
        self._parsed: tuple[bytes, ParsedCalendar] | None = None
        self._whole = True
        self._observed: dict[Path, Stamp] = {}

    async def open(self) -> Probe:
        """Reads the file once. Raises SideUnavailable with what is wrong with it."""
        await self._read()
        return Probe(f"ics_file:{self._source}", self._zone, READ_ONLY, name=self._name())

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def calendars(self) -> Sequence[CalendarInfo]:
        return [
            CalendarInfo(
                id=self._source, name=self._name(), kind="file", path=self._source, can_write=False, selected=True
            )
        ]

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        """The whole file. ``gone`` holds known keys that this reading and the one before it missed."""
        if not self._web:  # before reading: what changes meanwhile must show afterwards
            self._observed = await asyncio.to_thread(stamps_of, [Path(self._source)])
        parsed = await self._read()
        progress("reading", 0, len(parsed.events))
        reading = await asyncio.to_thread(self._reader.read_parsed, parsed, window, None)
        records = {record.key: record for record in reading.records}
        before = {**_read_bookmark(bookmark), **self._missed}
        missed: dict[str, int] = {}
        for key in known.keys() - records.keys():
            looked = self._find(parsed, key)
            if isinstance(looked, Found):
                records[key] = looked.record
            elif isinstance(looked, Gone):
                missed[key] = before.get(key, 0) + (1 if self._whole else 0)
        self._missed = missed
        progress("reading", len(parsed.events), len(parsed.events))
        now = self._now()
        return Observation(
            full=True,
            records=tuple(records.values()),
            coverage=Coverage(True, window, self._clock(), json.dumps({"v": 1, "missed": missed}, sort_keys=True)),
            gone={key: Evidence("file_gone", now) for key, times in missed.items() if times > 1 and self._whole},
            left_out={handle: left for handle, left in reading.left_out.items() if not _found_again(left, records)},
        )

    async def look(self, keys: Iterable[str]) -> Mapping[str, Looked]:
        parsed = await self._read()
        found: dict[str, Looked] = {}
        for key in keys:
            looked = self._find(parsed, key)
            doubtful = not self._whole or self._missed.get(key, 0) < 2
            found[key] = Unclear(text("notes.absent_once")) if isinstance(looked, Gone) and doubtful else looked
        return found

    async def write(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        """Refuses every write: the file belongs to the program that exports it."""
        for one in writes:
            yield Refused(one.op_id, "read_only", text("notes.file_read_only"))

    def key_of_create(self, create_key: str) -> str:
        return ""

    def made_here(self, key: str) -> bool:
        return made_by_us(key)

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        return {}

    def changed_since_read(self) -> bool:
        """Whether the file was written since it was observed; never known of a web address."""
        return not self._web and stamps_of([Path(self._source)]) != self._observed

    def _find(self, parsed: ParsedCalendar, key: str) -> Looked:
        uid = split_notes_key(key)[0]
        payload = self._reader.payload_of([event for event in parsed.events if event.uid == uid])
        if any(one.uid == uid for one in parsed.unreadable):
            return Unclear(text("notes.unreadable", reason=uid))
        return find_in(self._reader, parsed, key, payload, Evidence("file_gone", self._now()))

    async def _read(self) -> ParsedCalendar:
        data = await (self._fetch() if self._web else asyncio.to_thread(self._bytes))
        digest = hashlib.blake2b(data, digest_size=16).digest()
        if self._parsed is None or self._parsed[0] != digest:
            # In a thread: 10 MB take long enough for the page and the tray to notice.
            self._parsed = digest, await asyncio.to_thread(parse_whole, self._reader, data, self._source)
            self._whole = is_whole(data)
        return self._parsed[1]

    def _bytes(self) -> bytes:
        try:
            return read_bytes(Path(self._source))
        except FileNotFoundError:
            raise SideUnavailable(text("notes.file_missing", path=self._source)) from None

    async def _fetch(self) -> bytes:
        address = read_address(self._source, allow_http=self._allow_http)
        if self._session is None:
            self._session = DominoSession(
                address, self._user, self._password, ca_file=self._ca_file, policy=self._policy
            )
        parts = urlsplit(self._source)
        query = f"?{parts.query}" if parts.query else ""
        try:
            answer = await self._session.get((parts.path or "/") + query)
        except DominoError as refusal:
            code = "notes.file_missing" if refusal.status == 404 else "notes.server_error"
            raise SideUnavailable(text(code, path=self._source, host=address.host, status=refusal.status)) from None
        return answer.body

    def _name(self) -> str:
        return urlsplit(self._source).path.rpartition("/")[2] or self._source if self._web else Path(self._source).name

    def _now(self) -> str:
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _found_again(left: LeftOut, records: Mapping[str, Record]) -> bool:
    """Whether a date outside the window is a record after all, because it was asked for by its key."""
    return left.reason is LeftOutReason.OUTSIDE_WINDOW and left.key in records


def find_in(reader: EntryReader, parsed: ParsedCalendar, key: str, payload: Payload, evidence: Evidence) -> Looked:
    """One key in text that was read whole; ``evidence`` where it is not in it."""
    try:
        record = reader.find(parsed, key, payload)
    except (TooMany, BadValue) as refusal:
        return Unclear(text("notes.unreadable", reason=str(refusal)))
    return Gone(evidence) if record is None else Found(record)


def parse_whole(reader: EntryReader, data: bytes, source: str) -> ParsedCalendar:
    """The calendar in ``data``. Raises SideUnavailable when it is none, ends in the middle or is beyond the limits."""
    try:
        parsed = reader.parse(data)
    except NotACalendar:
        raise SideUnavailable(text("notes.not_a_calendar", path=source)) from None
    except WholeStreamUnreadable as refusal:
        raise SideUnavailable(text("notes.file_too_large", path=source, reason=str(refusal))) from None
    if not is_complete(data):
        raise SideUnavailable(text("notes.file_cut_off", path=source))
    return parsed


def is_complete(data: bytes) -> bool:
    """Whether every entry that begins in the text also ends in it."""
    blocks = _blocks(data)
    if not blocks["BEGIN", "VEVENT"]:
        return is_whole(data)
    return blocks["BEGIN", "VEVENT"] <= blocks["END", "VEVENT"]


def is_whole(data: bytes) -> bool:
    """Whether every calendar in the text is closed, so that what is not in it is absent."""
    blocks = _blocks(data)
    return 0 < blocks["END", "VCALENDAR"] >= blocks["BEGIN", "VCALENDAR"]


def _blocks(data: bytes) -> Counter[tuple[str, str]]:
    """How often calendars and entries begin and end: lines of their own, after unfolding, in any case."""
    lines = as_bytes(data).replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    unfolded = lines.replace(b"\n ", b"").replace(b"\n\t", b"")
    return Counter((found[1].decode().upper(), found[2].decode().upper()) for found in _BLOCK.finditer(unfolded))


def _read_bookmark(bookmark: str) -> dict[str, int]:
    try:
        document = json.loads(bookmark) if bookmark else {}
        return {str(key): int(times) for key, times in document["missed"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
