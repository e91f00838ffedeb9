"""A Side in memory with switches for its faults: what the engine's tests run against.

Notes-like by default (keys ``UID#``), or Salesforce-like by its ``make_key``. Nothing sleeps; the clock moves by ``advance``
only.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from daemon.sides.contract import (
    Coverage,
    Done,
    Found,
    Gone,
    Looked,
    LostAnswer,
    Observation,
    Outcome,
    Probe,
    ProgressSink,
    Refused,
    SideError,
    SideUnavailable,
    Stale,
    Traces,
    Unclear,
    Write,
)
from daemon.sync.appointment import FIELDS, digest, notes_key
from daemon.sync.rules import Window
from daemon.sync.trees import Capabilities, Evidence, LeftOut, Record, SeriesPlace
from shared.models import CalendarInfo, Image, Text
from shared.states import Group, LeftOutReason


def sentence(words: str) -> Text:
    return Text(code="test.memory_side", text=words)


@dataclass(slots=True)
class Entry:
    """One item: its image, the traits of its record, when it was made, and a count of its changes."""

    image: Image
    made: datetime
    count: int = 1
    series: SeriesPlace | None = None
    entry_type: str = "appointment"
    locked_groups: frozenset[Group] = frozenset()
    locked_because: Text | None = None
    organised_by_other: bool = False
    foreign_key: str = ""


@dataclass(slots=True)
class Faults:
    """Switches. ``fail`` is raised by the next call of that name (open, observe, look, write); the others stay until reset.

    ``lose_answers``: that many writes are carried out and answered with LostAnswer; ``drop_writes``: not carried out, same
    answer. ``refuse``: key (or create key) -> text of a permanent refusal. ``unclear``: keys whose look tells nothing;
    ``lost``: those of them that waiting does not make known. ``hidden``: keys the listing passes over although they exist.
    ``unreadable``: keys listed as unreadable.
    ``before_write`` runs once, right before the next write is checked: another program's edit in the last moment.
    """

    fail: dict[str, SideError] = field(default_factory=dict)
    incomplete: bool = False
    lose_answers: int = 0
    drop_writes: int = 0
    refuse: dict[str, str] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    before_write: Callable[[], None] | None = None
    fail_write_at: int | None = None


class MemorySide:
    """The contract over a dictionary. ``entries`` is the calendar; ``put``, ``edit`` and ``remove`` are other programs."""

    def __init__(
        self,
        *,
        identity: str = "memory:calendar",
        zone: str = "Europe/Berlin",
        capabilities: Capabilities | None = None,
        own_calendar: bool = True,
        now: datetime = datetime(2026, 3, 9, 8, 0, tzinfo=UTC),
        make_key: Callable[[str], str] = notes_key,
    ) -> None:
        self.identity = identity
        self.zone = zone
        self.capabilities = capabilities or Capabilities(keyed_create=True)
        self.own_calendar = own_calendar
        self.now = now
        self.entries: dict[str, Entry] = {}
        self.left_out: dict[str, LeftOut] = {}
        self.faults = Faults()
        self.calls: list[str] = []
        self.written: list[Write] = []
        self.closed = False
        self._make_key = make_key
        self._count = 0
        self._deleted: set[str] = set()

    # behind the engine's back

    def put(self, image: Image, uid: str = "", **traits: object) -> str:
        """Adds an item as another program would, made long ago unless ``made`` is given; its key."""
        self._count += 1
        key = self._make_key(uid or f"item{self._count:04}")
        made = traits.pop("made", self.now - timedelta(days=30))
        assert isinstance(made, datetime)
        self.entries[key] = Entry(image, made, **traits)  # type: ignore[arg-type]
        self._deleted.discard(key)
        return key

    def edit(self, key: str, **fields: object) -> None:
        entry = self.entries[key]
        entry.image = replace(entry.image, **fields)
        entry.count += 1

    def touch(self, key: str) -> None:
        """A save that changes nothing visible: another version, the same image."""
        self.entries[key].count += 1

    def remove(self, key: str) -> None:
        del self.entries[key]
        self._deleted.add(key)

    def advance(self, by: timedelta) -> None:
        self.now += by

    # the contract

    async def open(self) -> Probe:
        self._called("open")
        return Probe(self.identity, self.zone, self.capabilities, name="Memory", own_calendar=self.own_calendar)

    async def close(self) -> None:
        self.closed = True

    async def calendars(self) -> Sequence[CalendarInfo]:
        self._called("calendars")
        return [CalendarInfo(id=self.identity, name="Memory", selected=True)]

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        self._called("observe")
        records: list[Record] = []
        unchanged: set[str] = set()
        left_out = dict(self.left_out)
        for number, (key, entry) in enumerate(self.entries.items(), start=1):
            progress("reading", number, len(self.entries))
            if key in self.faults.hidden or not window.holds(entry.image):
                continue
            if key in self.faults.unreadable:
                left_out[key] = LeftOut(LeftOutReason.UNREADABLE, key, why=sentence("This entry cannot be read."))
                continue
            record = self._record(key)
            if key in known and known[key].payload_digest == record.payload_digest:
                unchanged.add(key)
            else:
                records.append(record)
        coverage = Coverage(not self.faults.incomplete, window, self.now, f"bookmark-{self._count}")
        return Observation(True, tuple(records), coverage, unchanged=frozenset(unchanged), left_out=left_out)

    async def look(self, keys: Iterable[str]) -> Mapping[str, Looked]:
        self._called("look")
        return {key: self._look(key) for key in keys}

    async def write(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        self._called("write")
        for number, one in enumerate(writes):
            if self.faults.fail_write_at == number:
                self.faults.fail_write_at = None
                raise SideUnavailable(sentence("The memory side went away."))
            yield self._write(one)

    def key_of_create(self, create_key: str) -> str:
        return self._make_key(created_uid(create_key)) if self.capabilities.keyed_create else ""

    def made_here(self, key: str) -> bool:
        return key.startswith(self._make_key("made-").rstrip("#"))

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        self._called("find_created")
        keys = {write.op_id: self._make_key(created_uid(write.create_key)) for write in writes}
        return {op_id: Traces((self._record(key),)) for op_id, key in keys.items() if key in self.entries}

    # inside

    def _called(self, name: str) -> None:
        self.calls.append(name)
        failure = self.faults.fail.pop(name, None)
        if failure is not None:
            raise failure

    def _look(self, key: str) -> Looked:
        if key in self.faults.unclear or key in self.faults.unreadable:
            return Unclear(sentence("Nothing can be told of this item."), lasting=key in self.faults.lost)
        if key in self.entries:
            return Found(self._record(key))
        kind = "tombstone" if self.capabilities.tombstones and key in self._deleted else "by_id"
        return Gone(Evidence(kind, self.now.strftime("%Y-%m-%dT%H:%M:%SZ")))

    def _write(self, write: Write) -> Outcome:
        hook, self.faults.before_write = self.faults.before_write, None
        if hook is not None:
            hook()
        self.written.append(write)
        reason = self.faults.refuse.get(write.key or write.create_key)
        if reason is not None:
            return Refused(write.op_id, "refused", sentence(reason))
        if self.faults.drop_writes:
            self.faults.drop_writes -= 1
            return LostAnswer(write.op_id, sentence("No answer came."))
        outcome = self._carry_out(write)
        if self.faults.lose_answers and isinstance(outcome, Done):
            self.faults.lose_answers -= 1
            return LostAnswer(write.op_id, sentence("No answer came."))
        return outcome

    def _carry_out(self, write: Write) -> Outcome:
        if write.kind == "create":
            return self._create(write)
        entry = self.entries.get(write.key)
        if entry is None:
            return Done(write.op_id, write.key, "", None) if write.kind == "delete" else Stale(write.op_id)
        if self._record(write.key).version != write.expected_version:
            return Stale(write.op_id)
        if write.kind == "delete":
            self.remove(write.key)
            return Done(write.op_id, write.key, "", None)
        assert write.after is not None
        wanted = {name: getattr(write.after, name) for group in write.groups for name in FIELDS[group]}
        self.edit(write.key, **wanted)
        record = self._record(write.key)
        return Done(write.op_id, write.key, record.version, record)

    def _create(self, write: Write) -> Outcome:
        assert write.after is not None
        key = self._make_key(created_uid(write.create_key))
        was_there = key in self.entries
        if not was_there:
            self.entries[key] = Entry(write.after, self.now)
        record = self._record(key)
        return Done(write.op_id, key, record.version, record, was_there)

    def _record(self, key: str) -> Record:
        entry = self.entries[key]
        version = f"v{entry.count}"
        image = replace(entry.image, id=key, version=version)
        payload = f"{version} {digest(image).hex()} {image}"
        return Record(
            key=key,
            version=version,
            image=image,
            digest=digest(image),
            payload_digest=hashlib.blake2b(payload.encode(), digest_size=16).digest(),
            series=entry.series,
            entry_type=entry.entry_type,
            locked_groups=entry.locked_groups,
            locked_because=entry.locked_because,
            organised_by_other=entry.organised_by_other,
            foreign_key=entry.foreign_key,
        )


def created_uid(create_key: str) -> str:
    """The identity a create gets: the same for every attempt."""
    return "made-" + hashlib.blake2b(create_key.encode(), digest_size=6).hexdigest()
