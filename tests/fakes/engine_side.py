"""A calendar in memory that remembers everything it ever held and was asked: the ghost the engine's invariants look at.

It adds to MemorySide what goes wrong between two programs: answers lost before or after the effect, requests that arrive after
their retry, listings that lag or stop short, rows that vanish from a listing, a server that rewrites what it is sent.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from daemon.sides.contract import (
    Coverage,
    Done,
    LostAnswer,
    Observation,
    Outcome,
    ProgressSink,
    SideUnavailable,
    Traces,
    Write,
)
from daemon.sync.appointment import CONTENT_GROUPS, group_value
from daemon.sync.projection import canonical
from daemon.sync.rules import Window
from daemon.sync.trees import Capabilities, Evidence, Record
from shared.models import Image
from shared.states import Group, Side
from tests.fakes.memory_side import Entry, MemorySide, created_uid, sentence

REQUEST_LIFE = timedelta(minutes=10)
"""A request that was sent arrives within this time or never (Salesforce's call timeout; sync.md 2.9)."""

OVERLAP = timedelta(minutes=10)

NOTES_CAN = Capabilities(show_as=frozenset({"busy", "free", "tentative"}), keyed_create=True)
SALESFORCE_CAN = Capabilities(
    max_subject=255,
    max_location=255,
    max_description=32000,
    max_days=14,
    show_as=frozenset({"busy", "free", "out_of_office"}),
    conditional_update=True,
    tombstones=True,
)

Rewriting = Callable[[Image], Image]


@dataclass(frozen=True, slots=True)
class Request:
    """One write as it reached the wire."""

    write: Write
    at: datetime


@dataclass(slots=True)
class Network:
    """What the network does to the next writes, in order: ok, lose_before, lose_after, delay, cut (the side goes away)."""

    next: list[str] = field(default_factory=list)
    under_way: list[Request] = field(default_factory=list)

    def take(self) -> str:
        return self.next.pop(0) if self.next else "ok"


def values_of(image: Image) -> dict[Group, tuple[Any, ...]]:
    """The compared values of an image."""
    plain = canonical(image)
    return {group: group_value(plain, group) for group in CONTENT_GROUPS}


class EngineSide(MemorySide):
    """``side`` says which calendar it is. ``held`` is every value each key ever had; ``requests`` everything that was sent."""

    def __init__(self, side: Side, *, keyed: bool, deltas: bool, clock: Callable[[], datetime], identity: str) -> None:
        can = NOTES_CAN if side is Side.NOTES else SALESFORCE_CAN
        super().__init__(
            identity=identity,
            capabilities=dataclasses.replace(can, keyed_create=keyed),
            now=clock(),
            make_key=(lambda uid: f"{uid}#") if side is Side.NOTES else (lambda uid: f"00U{uid}"),
        )
        self.side = side
        self.keyed = keyed
        self.deltas = deltas
        self.network = Network()
        self.requests: list[Request] = []
        self.effects: list[tuple[Write, str, Image | None]] = []
        self.held: dict[str, dict[Group, set[tuple[Any, ...]]]] = {}
        self.created_by: dict[str, str] = {}
        self.rewrite: Rewriting | None = None
        self.lagging: dict[str, Entry | None] = {}
        self.before_effect: Callable[[Write, Entry | None], None] | None = None
        self.before_wire: Callable[[Write], None] | None = None
        self.crash_here: Callable[[str], None] = lambda _point: None
        self._clock = clock
        self._tick = 0
        self._given = 0
        self._changed_at: dict[str, datetime] = {}
        self._tried: dict[str, datetime] = {}
        self._made: dict[str, str] = {}

    # behind the engine's back ------------------------------------------------------------------------------------

    def put(self, image: Image, uid: str = "", **traits: object) -> str:
        self.now = self._clock()
        key = super().put(image, uid, **traits)
        self._note(key)
        return key

    def edit(self, key: str, **fields: object) -> None:
        super().edit(key, **fields)
        self._note(key)

    def touch(self, key: str) -> None:
        super().touch(key)
        self._note(key)

    def remove(self, key: str) -> None:
        super().remove(key)
        self._changed_at[key] = self._clock()
        self._tick += 1

    def restore(self, key: str, image: Image) -> None:
        """Take a deleted item out of the bin: the same key again."""
        self.entries[key] = Entry(image, self._clock() - timedelta(days=30))
        self._deleted.discard(key)
        self._note(key)

    def forget_process(self) -> None:
        """What only the daemon's process knew is gone (a crash): which create made which record, and when each was tried."""
        self._tried.clear()
        self._made.clear()

    def lag(self, key: str, entry: Entry | None) -> None:
        """Until it catches up, listings show ``entry`` (None: nothing) under this key."""
        self.lagging[key] = dataclasses.replace(entry) if entry is not None else None

    def lose_sight_of(self, key: str) -> None:
        """The item is given to somebody else or purged: in no listing, and nothing can be told of it any more."""
        for keys in (self.faults.hidden, self.faults.unclear, self.faults.lost):
            keys.add(key)

    def catch_up(self) -> None:
        """Every listing shows what is there, whole again."""
        for key in self.lagging:
            self._changed_at[key] = self._clock()
        self.lagging.clear()
        self.faults.hidden.clear()
        self.faults.unclear.clear()
        self.faults.lost.clear()
        self.faults.incomplete = False

    def arrive(self, number: int = 0) -> bool:
        """Let one request under way arrive; False when there is none. One that is too old never does."""
        self.network.under_way = [one for one in self.network.under_way if self._clock() - one.at <= REQUEST_LIFE]
        if not self.network.under_way:
            return False
        request = self.network.under_way.pop(number % len(self.network.under_way))
        self._carry_out(request.write)
        return True

    def _note(self, key: str) -> None:
        self._tick += 1
        entry = self.entries[key]
        entry.count = self._tick
        self._changed_at[key] = self._clock()
        kept = self.held.setdefault(key, {group: set() for group in CONTENT_GROUPS})
        for group, value in values_of(entry.image).items():
            kept[group].add(value)

    # the contract ------------------------------------------------------------------------------------------------

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        self.now = self._clock()
        self.crash_here(f"{self.side}.observe")
        real = dict(self.entries)
        for key, entry in self.lagging.items():
            if entry is None:
                self.entries.pop(key, None)
            else:
                self.entries[key] = entry
        try:
            if bookmark and self.deltas and not self.faults.incomplete:
                seen = self._delta(window, bookmark)
            else:
                seen = await super().observe(window, bookmark, known, progress)
        finally:
            self.entries.clear()
            self.entries.update(real)
        mark = self._clock().isoformat() if self.deltas else ""
        return dataclasses.replace(seen, coverage=dataclasses.replace(seen.coverage, bookmark=mark))

    def _delta(self, window: Window, bookmark: str) -> Observation:
        """What changed since ``bookmark`` less an overlap, deleted rows as tombstones."""
        self._called("observe")
        since = datetime.fromisoformat(bookmark) - OVERLAP
        changed = [key for key, at in self._changed_at.items() if at >= since and key not in self.faults.hidden]
        records = tuple(self._record(key) for key in changed if key in self.entries)
        gone = {key: Evidence("tombstone") for key in changed if key not in self.entries and key in self._deleted}
        coverage = Coverage(not self.faults.incomplete, window, self._clock())
        return Observation(False, records, coverage, gone=gone)

    async def look(self, keys: Any) -> Any:
        self.now = self._clock()
        self.crash_here(f"{self.side}.look")
        return await super().look(keys)

    async def write(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        self.now = self._clock()
        self._called("write")
        for one in writes:
            self.crash_here(f"{self.side}.before_{one.kind}")
            way = self.network.take()
            if way == "cut":
                raise SideUnavailable(sentence("The calendar went away."))
            yield self._send(one, way)
            self.crash_here(f"{self.side}.answered_{one.kind}")

    def _send(self, write: Write, way: str) -> Outcome:
        hook, self.faults.before_write = self.faults.before_write, None
        if hook is not None:
            hook()
        if self.before_wire is not None:
            self.before_wire(write)
        self.requests.append(Request(write, self._clock()))
        self.written.append(write)
        self._tried.setdefault(write.op_id, self._clock())
        if way == "lose_before":
            return LostAnswer(write.op_id, sentence("No answer came."))
        if way == "delay":
            self.network.under_way.append(Request(write, self._clock()))
            return LostAnswer(write.op_id, sentence("No answer came."))
        reason = self.faults.refuse.get(write.key or (write.after.subject if write.after else ""))
        if reason is not None:
            return super()._write(write)
        outcome = self._carry_out(write)
        self.crash_here(f"{self.side}.effect_{write.kind}")
        if isinstance(outcome, Done) and write.kind == "create" and way == "ok":
            self._made[write.op_id] = outcome.key
        return LostAnswer(write.op_id, sentence("No answer came.")) if way == "lose_after" else outcome

    def _carry_out(self, write: Write) -> Outcome:
        if self.before_effect is not None:
            current = self.entries.get(write.key) if write.key else None
            if current is not None and self._record(write.key).version == write.expected_version:
                self.before_effect(write, current)
        outcome = super()._carry_out(write)
        if isinstance(outcome, Done):
            self.effects.append((write, outcome.key, outcome.stored.image if outcome.stored else None))
        if isinstance(outcome, Done) and write.kind == "update":
            return self._rewritten(outcome)
        return outcome

    def _rewritten(self, outcome: Done) -> Done:
        """What a before-save trigger makes of it."""
        entry = self.entries[outcome.key]
        if self.rewrite is not None:
            entry.image = self.rewrite(entry.image)
            self._note(outcome.key)
        record = self._record(outcome.key)
        return dataclasses.replace(outcome, version=record.version, stored=record)

    def _create(self, write: Write) -> Outcome:
        assert write.after is not None
        if self.keyed:
            key = self._make_key(created_uid(write.create_key))
            if key in self.entries:
                record = self._record(key)
                return Done(write.op_id, key, record.version, record, was_there=True)
        else:
            self._given += 1
            key = self._make_key(f"{self.side[0]}{self._given:05}")
        stored_key = write.create_key if self.keyed and self.side is Side.SALESFORCE else ""
        self.entries[key] = Entry(write.after, self._clock(), foreign_key=stored_key)
        self.created_by[key] = write.create_key
        self._deleted.discard(key)
        self._note(key)
        if not self.keyed:
            assert self.created_by[key]
        record = self._record(key)
        return self._rewritten(Done(write.op_id, key, record.version, record))

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        """By the key where the calendar has one; else as the Salesforce side does: same start and subject, made since."""
        self.now = self._clock()
        self.crash_here(f"{self.side}.find_created")
        if self.keyed:
            return await super().find_created(writes)
        self._called("find_created")
        return {write.op_id: self._traces(write) for write in writes}

    def _traces(self, write: Write) -> Traces:
        known = self._made.get(write.op_id)
        if known is not None:
            return Traces((self._record(known),) if known in self.entries else ())
        assert write.after is not None
        tried = self._tried.get(write.op_id, datetime.fromisoformat(write.op_id[:20]))
        free = [key for key in self.entries if self._made_for(key) in ("", write.op_id)]
        first, last = tried - timedelta(minutes=2), tried + timedelta(minutes=30)
        since = [key for key in free if first <= self.entries[key].made <= last]
        since.sort(key=lambda key: self.entries[key].made, reverse=True)
        found = [key for key in since if alike(self.entries[key].image, write.after)]
        return Traces(
            tuple(self._record(key) for key in found), tuple(self._record(key) for key in since if key not in found)
        )

    def _made_for(self, key: str) -> str:
        return next((name for name, made in self._made.items() if made == key), "")


def alike(stored: Image, wanted: Image) -> bool:
    """Whether ``stored`` is taken for the result of a create of ``wanted`` where no key tells it."""
    same = (stored.starts_at, stored.ends_at, stored.all_day) == (wanted.starts_at, wanted.ends_at, wanted.all_day)
    return same and stored.subject.casefold() == wanted.subject.casefold()


def shown(image: Image | None) -> str:
    """An image in one line, for messages of failed invariants."""
    return "-" if image is None else msgspec.json.encode(image).decode()
