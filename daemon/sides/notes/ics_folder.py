"""A Notes calendar as a folder with one entry per .ics file: read, and written atomically.

A file of ours has METHOD:PUBLISH and X-LOTUS-CHARSET:UTF-8, so that Notes imports it. An entry is gone when no file holds it and
every file could be read (evidence ``file_gone``). A file with several entries is read but not written. A new series is one file.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from daemon.calendars.content_lines import as_bytes, decode
from daemon.calendars.icalendar_text import ParsedCalendar, ParsedEvent
from daemon.calendars.icalendar_write import NoSuchEvent, patch_event
from daemon.sides.contract import (
    Coverage,
    Done,
    Found,
    Gone,
    Looked,
    Observation,
    Outcome,
    Probe,
    ProgressSink,
    Refused,
    SideUnavailable,
    Stale,
    Traces,
    Unclear,
    Write,
)
from daemon.sides.notes.entries import EntryReader
from daemon.sides.notes.event_texts import changes_of, created_uid, made_by_us, new_entry
from daemon.sides.notes.file_access import calendar_files, new_file_in, read_bytes, refusal, replace_file, shown, sweep
from daemon.sides.notes.file_stamps import Stamp, is_settled, stamp_of, stamps_of
from daemon.sides.notes.file_texts import as_published, without_date
from daemon.sides.notes.folder_watch import is_calendar_name
from daemon.sides.notes.ics_files import find_in, is_whole, parse_whole
from daemon.sides.notes.images import Payload, owner_of
from daemon.sides.notes.new_series import date_keys, every_created_key, grouped, outcomes_of, series_texts, traces_in
from daemon.sync.appointment import notes_key, split_notes_key
from daemon.sync.rules import Window
from daemon.sync.trees import Capabilities, Evidence, LeftOut, Record
from shared.models import CalendarInfo, Text
from shared.states import LeftOutReason
from shared.texts import text

_AT_ONCE = 100
"""Files between two steps of progress."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class _File:
    """One file as last read; ``stamp`` tells whether it need be read again, if it was ``settled`` when it was read."""

    path: Path
    stamp: Stamp
    settled: bool
    data: bytes
    parsed: ParsedCalendar
    whole: bool


@dataclass(slots=True)
class _Contents:
    """The folder at one moment: files by UID, files that could not be read (name -> why), files with unreadable entries."""

    by_uid: dict[str, list[_File]] = field(default_factory=dict)
    files: list[_File] = field(default_factory=list)
    broken: dict[str, Text] = field(default_factory=dict)
    doubtful: list[str] = field(default_factory=list)


class IcsFolderSide:
    """A folder as a Side. ``user`` is the person's mail address, to know own meetings from others'; may be empty."""

    def __init__(
        self, folder: str, user: str = "", *, zone: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._folder = Path(folder).expanduser()
        self._zone, self._clock = zone, clock
        self._reader = EntryReader(zone, owner_of(user), clock)
        self._cache: dict[Path, _File] = {}
        self._observed: dict[Path, Stamp] = {}

    async def open(self) -> Probe:
        await asyncio.to_thread(self._enter)
        may = os.access(self._folder, os.W_OK)
        capabilities = Capabilities(create=may, update=may, delete=may, keyed_create=True)
        return Probe(f"ics_folder:{self._folder.resolve()}", self._zone, capabilities, name=self._folder.name)

    def _enter(self) -> None:
        calendar_files(self._folder)
        sweep(self._folder)

    async def close(self) -> None:
        self._cache.clear()

    async def calendars(self) -> Sequence[CalendarInfo]:
        may = os.access(self._folder, os.W_OK)
        path = str(self._folder)
        return [CalendarInfo(id=path, name=self._folder.name, kind="file", path=path, can_write=may, selected=True)]

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        """Every file; one that has not changed since is not read again. ``bookmark`` is not needed and stays empty."""
        contents = await asyncio.to_thread(self._observe)
        progress("reading", 0, len(contents.files))
        records: list[Record] = []
        left_out = {name: LeftOut(LeftOutReason.UNREADABLE, why=why) for name, why in contents.broken.items()}
        for first in range(0, len(contents.files), _AT_ONCE):
            files = contents.files[first : first + _AT_ONCE]
            for found, without in await asyncio.to_thread(self._read_all, files, contents, window):
                records += found
                left_out.update(without)
            progress("reading", first + len(files), len(contents.files))
        return Observation(True, tuple(records), Coverage(True, window, self._clock()), left_out=left_out)

    def _read_all(
        self, files: Sequence[_File], contents: _Contents, window: Window
    ) -> list[tuple[tuple[Record, ...], dict[str, LeftOut]]]:
        """What each file holds; in a thread, because a rule may have thousands of dates."""
        found = []
        for file in files:
            reading = self._reader.read_parsed(self._only_first(file, contents), window, self._payload(file))
            left_out = {f"{shown(file.path.name)}: {handle}": left for handle, left in reading.left_out.items()}
            found.append((reading.records, left_out))
        return found

    async def look(self, keys: Iterable[str]) -> Mapping[str, Looked]:
        return await asyncio.to_thread(self._look_all, list(keys))

    def _look_all(self, keys: Sequence[str]) -> Mapping[str, Looked]:
        contents = self._scan()
        return {key: self._look_in(contents, key) for key in keys}

    async def write(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        for group in grouped(writes):
            try:
                outcomes = await asyncio.to_thread(self._write_group, group)
            except OSError as failure:
                sentence = refusal("notes.file_not_written", self._meant(failure), failure)
                outcomes = [Refused(one.op_id, "not_written", sentence, permanent=False) for one in group]
            for outcome in outcomes:
                yield outcome

    def key_of_create(self, create_key: str) -> str:
        return notes_key(created_uid(create_key))

    def made_here(self, key: str) -> bool:
        return made_by_us(key)

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        return traces_in(writes, await self.look(every_created_key(writes)))

    def changed_since_read(self) -> bool:
        """Whether a file came, went or changed since the folder was observed, other than by a write of ours."""
        try:
            return stamps_of(calendar_files(self._folder)) != self._observed
        except SideUnavailable:
            return True

    def _observe(self) -> _Contents:
        # Before reading: what changes meanwhile must show afterwards.
        self._observed = stamps_of(calendar_files(self._folder))
        return self._scan()

    def _meant(self, failure: OSError) -> Path:
        """The file a refusal is about, where the system names one of the person's; else the folder."""
        named = failure.filename2 or failure.filename
        path = Path(os.fsdecode(named)) if isinstance(named, str | bytes) else self._folder
        return path if is_calendar_name(path.name) else self._folder

    def _look_in(self, contents: _Contents, key: str) -> Looked:
        uid, recurrence_id = split_notes_key(key)
        files = contents.by_uid.get(uid, [])
        if not files:
            unread = [*contents.broken, *contents.doubtful]
            if unread:
                return Unclear(text("notes.file_entry_unclear", path=unread[0]))
            return Gone(Evidence("file_gone", self._now()))
        for file in files:
            if file.parsed.unreadable:
                return Unclear(text("notes.unreadable", reason=file.parsed.unreadable[0][2]))
        evidence = Evidence("series_detail" if recurrence_id else "file_gone", self._now())
        merged = _merged(files, uid)
        payload = self._payload(files[0]) or self._reader.payload_of(merged.events)
        return find_in(self._reader, merged, key, payload, evidence)

    def _write_group(self, group: Sequence[Write]) -> Sequence[Outcome]:
        return [self._write(group[0])] if len(group) == 1 else self._create_series(group)

    def _create_series(self, dates: Sequence[Write]) -> list[Outcome]:
        uid = created_uid(dates[0].series_key)
        was_there = uid in self._scan().by_uid
        if not was_there:
            made = series_texts(uid, dates, zone=self._zone, now=self._clock(), method="PUBLISH")[0]
            self._put(self._new_path(uid), as_published(made))
        contents = self._scan()
        looked = {key: self._look_in(contents, key) for key in date_keys(uid, dates)}
        return outcomes_of(uid, dates, looked, _not_stored, was_there=was_there)

    def _new_path(self, uid: str) -> Path:
        return new_file_in(self._folder, _UNSAFE.sub("_", uid))

    def _write(self, write: Write) -> Outcome:
        if write.kind == "create":
            return self._create(write)
        contents = self._scan()
        found = self._look_in(contents, write.key)
        uid, recurrence_id = split_notes_key(write.key)
        if isinstance(found, Unclear):
            return Refused(write.op_id, "unclear", found.reason, permanent=False)
        if isinstance(found, Gone):
            return Done(write.op_id, write.key, "", None) if write.kind == "delete" else Stale(write.op_id)
        if found.record.version != write.expected_version:
            return Stale(write.op_id)
        files = contents.by_uid[uid]
        if len(files) > 1 or any(event.uid != uid for event in files[0].parsed.events):
            return Refused(write.op_id, "shared_file", text("notes.shared_file"))
        if write.kind == "delete":
            return self._delete(write, files[0], uid, recurrence_id)
        return self._update(write, files[0], uid, recurrence_id)

    def _create(self, write: Write) -> Outcome:
        if write.after is None:
            return Refused(write.op_id, "nothing_to_write", text("notes.nothing_to_write"))
        uid = created_uid(write.create_key)
        was_there = uid in self._scan().by_uid
        if not was_there:
            made = new_entry(uid, write.after, zone=self._zone, now=self._clock(), method="PUBLISH")
            self._put(self._new_path(uid), as_published(made))
        return self._stored(write, notes_key(uid), was_there=was_there)

    def _update(self, write: Write, file: _File, uid: str, recurrence_id: str) -> Outcome:
        if write.after is None:
            return Refused(write.op_id, "nothing_to_write", text("notes.nothing_to_write"))
        changes = {**changes_of(write.after, write.groups), "dtstamp": self._clock()}
        try:
            patched = patch_event(file.data, uid, recurrence_id, changes, user_zone=self._zone)
        except NoSuchEvent:
            return Stale(write.op_id)
        self._put(file.path, as_published(patched))
        return self._stored(write, write.key)

    def _delete(self, write: Write, file: _File, uid: str, recurrence_id: str) -> Outcome:
        if not recurrence_id or self._reader.is_only_date(file.parsed, write.key):
            file.path.unlink(missing_ok=True)
            self._observed.pop(file.path, None)
            return Done(write.op_id, write.key, "", None)
        try:
            rest = without_date(file.data, uid, recurrence_id, user_zone=self._zone)
        except NoSuchEvent:
            return Stale(write.op_id)
        self._put(file.path, as_published(rest))
        return Done(write.op_id, write.key, "", None)

    def _put(self, path: Path, content: str) -> None:
        replace_file(path, content)
        self._observed[path] = stamp_of(path)

    def _stored(self, write: Write, key: str, *, was_there: bool = False) -> Outcome:
        found = self._look_in(self._scan(), key)
        if isinstance(found, Found):
            return Done(write.op_id, key, found.record.version, found.record, was_there)
        return _not_stored(write, found)

    def _scan(self) -> _Contents:
        contents = _Contents()
        cache: dict[Path, _File] = {}
        for path in calendar_files(self._folder):
            try:
                file = self._read_file(path)
            except FileNotFoundError:
                if path.is_symlink():  # what it led to may be back tomorrow; a file that just went is simply gone
                    contents.broken[shown(path.name)] = text("notes.file_missing", path=shown(path))
                continue
            except SideUnavailable as broken:
                contents.broken[shown(path.name)] = broken.text
                continue
            except OSError as failure:
                contents.broken[shown(path.name)] = refusal("notes.file_unreadable", path, failure)
                continue
            cache[path] = file
            contents.files.append(file)
            for uid in dict.fromkeys(event.uid for event in file.parsed.events):
                contents.by_uid.setdefault(uid, []).append(file)
            if file.parsed.unreadable or not file.whole:
                contents.doubtful.append(shown(path.name))
        self._cache = cache
        return contents

    def _read_file(self, path: Path) -> _File:
        stamp = stamp_of(path)
        known = self._cache.get(path)
        if known is not None and known.settled and known.stamp == stamp:
            return known
        data = read_bytes(path)
        parsed = parse_whole(self._reader, data, shown(path))
        return _File(path, stamp, is_settled(stamp), data, parsed, is_whole(data))

    def _only_first(self, file: _File, contents: _Contents) -> ParsedCalendar:
        """What a file adds: a UID that stands in several files is read once, with all its components."""
        events: list[ParsedEvent] = []
        for uid in dict.fromkeys(event.uid for event in file.parsed.events):
            files = contents.by_uid[uid]
            if files[0] is file:
                events += _merged(files, uid).events
        return ParsedCalendar(tuple(events), file.parsed.not_events, file.parsed.unreadable)

    def _payload(self, file: _File) -> Payload | None:
        """A file of one entry is that entry's payload; in a file of several each has its own part."""
        if len({event.uid for event in file.parsed.events}) != 1:
            return None
        return Payload(self._reader.digest(file.data), decode(as_bytes(file.data)))

    def _now(self) -> str:
        return self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _not_stored(write: Write, found: Looked | None) -> Refused:
    why = found.reason if isinstance(found, Unclear) else text("notes.missing_entry")
    return Refused(write.op_id, "not_stored", why, permanent=False)


def _merged(files: Sequence[_File], uid: str) -> ParsedCalendar:
    events = [event for file in files for event in file.parsed.events if event.uid == uid]
    return ParsedCalendar(tuple(events), (), ())
