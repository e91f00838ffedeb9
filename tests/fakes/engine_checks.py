"""The invariants of the engine, as a watch that stands between the engine and both calendars (sync.md 3).

The ghost sees more than the engine: every value each calendar ever held, every request on the wire, what the person had on screen
when Ok was pressed. A broken invariant raises Broken with its number; ``found`` keeps it, because the engine catches exceptions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from daemon.runs.compare import Comparison
from daemon.sides.contract import Write
from daemon.store.runs import Op
from daemon.sync.appointment import CONTENT_GROUPS, group_value
from daemon.sync.base import Ignore, LinkState
from daemon.sync.guards import limit
from daemon.sync.ignore import IgnoreIndex, standing
from daemon.sync.projection import PRIVATE_TITLE, canonical, strip_block
from daemon.sync.proposal import Proposal, Settlement
from shared.models import Image
from shared.states import Action, Decision, Group, Side
from tests.fakes.engine import Bench
from tests.fakes.engine_process import Crash
from tests.fakes.engine_side import EngineSide, alike, shown, values_of
from tests.fakes.memory_side import Entry

_op = msgspec.json.Decoder(Op)
TEXT = (Group.SUBJECT, Group.LOCATION, Group.DESCRIPTION)
PLAIN = (Group.TIME, Group.SHOW_AS)

MISSING_IN = {
    Action.DELETE_IN_SALESFORCE: Side.NOTES,
    Action.DELETE_IN_NOTES: Side.SALESFORCE,
}


class Broken(AssertionError):
    """An invariant does not hold."""


class Watch:
    """Put on a bench once; ``approve`` is told what Ok carries out, right before it does."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.found: list[str] = []
        self.approved: dict[str, tuple[Proposal, Settlement]] = {}
        self.gap: set[str] = set()
        self.canaries: dict[str, Side] = {}
        self.asked: dict[tuple[Side, str], dict[Group, set[tuple[Any, ...]]]] = {}
        self.restored: set[str] = set()
        self.origins: dict[str, str] = {}
        """create key -> the item on the other side that the create copies; what was forgotten with a state is not in it."""
        self._judged: Comparison | None = None
        self._effects_before = dict.fromkeys(Side, 0)
        self.writes_by_key: dict[tuple[Side, str], int] = {}
        """How often each item was sent something: (side, its key or create key) -> writes (P32)."""
        for side in bench.sides:
            side.before_wire = self._wire(side)
            side.before_effect = self._effect(side)

    def broken(self, number: str, sentence: str) -> None:
        self.found.append(f"{number}: {sentence}")

    def verify(self) -> None:
        """Raise what was found, if anything."""
        if self.found:
            raise Broken(" | ".join(dict.fromkeys(self.found)))

    def approve(self) -> None:
        """What the person sees and approves at this moment (P13)."""
        self.approved = {row.id: (row, settlement) for row, settlement in self.bench.chosen()}
        self.gap.clear()
        self._effects_before = {side.side: len(side.effects) for side in self.bench.sides}

    # on the wire -----------------------------------------------------------------------------------------------------

    def _wire(self, side: EngineSide) -> Callable[[Write], None]:
        def check(write: Write) -> None:
            try:
                self._check_wire(side, write)
            except Crash:
                raise
            except Exception as error:  # the ghost itself must not change what the engine does
                self.broken("ghost", repr(error))

        return check

    def _check_wire(self, side: EngineSide, write: Write) -> None:
        op = self._op_of(write.op_id)
        if op is None or op.phase != "sent":
            self.broken("P16", f"{write.kind} was sent before it was in the journal")
            return
        approved = self.approved.get(op.change)
        if approved is None:
            self.broken("P13", f"{write.kind} on {side.side} {write.key} was approved by nobody")
            return
        row, settlement = approved
        if not any(_same_write(side.side, write, planned) for planned in settlement.writes):
            self.broken(
                "P13", f"{write.kind} on {side.side} {write.key} is not what was approved: {shown(write.after)}"
            )
        if write.kind == "create":
            self._check_origin(side, write, row, settlement)
        self._check_seen(row, settlement)
        self._check_ignores(row)
        self._check_canaries(side, write)
        asked = self.asked.setdefault((side.side, write.key), {group: set() for group in CONTENT_GROUPS})
        if write.after is not None:
            for group, value in values_of(write.after).items():
                asked[group].add(value)
        name = (side.side, write.key or write.create_key)
        self.writes_by_key[name] = self.writes_by_key.get(name, 0) + 1

    def _check_origin(self, side: EngineSide, write: Write, row: Proposal, settlement: Settlement) -> None:
        """P7: no copy of a copy. What we made of an item is not brought back beside it, unless the person was asked."""
        origin = settlement.notes_key if side.side is Side.SALESFORCE else settlement.salesforce_key
        if not origin:
            return
        first = self.origins.get(self.bench.side(side.side.other).created_by.get(origin, ""))
        restored = {
            origin,
            first,
        } & self.restored  # taken out of the bin by hand: nothing tells what it once belonged to
        pair = (first, origin) if side.side is Side.NOTES else (origin, first)
        own = row.notes_key if side.side is Side.NOTES else row.salesforce_key  # the row says that this one is gone
        asked = pair in self.bench.base().kept_apart or first in side.faults.lost or first == own
        if first is not None and first in side.entries and not restored and not asked:
            self.broken("P7", f"{origin} was made of {first}, and is copied back to {side.side} beside it")
        self.origins[write.create_key] = origin

    def _op_of(self, op_id: str) -> Op | None:
        with self.bench.database.reading() as db:
            row = db.execute("SELECT body FROM op WHERE id=?", (op_id,)).fetchone()
        return _op.decode(row[0]) if row else None

    def _check_seen(self, row: Proposal, settlement: Settlement) -> None:
        """P14: both items are what the person saw (or already what this very row makes of them)."""
        for side in Side:
            key = row.notes_key if side is Side.NOTES else row.salesforce_key
            if not key or key in self.gap or self._just_written(side, key):
                continue
            entry = self.bench.side(side).entries.get(key)
            seen = row.notes if side is Side.NOTES else row.salesforce
            after = next((write.after for write in settlement.writes if write.side is side), None)
            mine = any(write.side is side and write.kind == "delete" for write in settlement.writes)
            if entry is None:
                if seen is not None and not mine:
                    self.broken("P14", f"{key} on {side} is gone since it was shown, and its row is carried out")
                continue
            if seen is None and key in self.bench.side(side).faults.lost:
                continue  # nobody could know, and the row said so
            if seen is None:
                self.broken("P14", f"{key} on {side} is there again since its row was shown")
            elif not (_agrees(entry.image, seen) or (after is not None and _agrees_in_parts(entry.image, seen, after))):
                self.broken("P14", f"{key} on {side} changed since it was shown: {shown(entry.image)} / {shown(seen)}")

    def _just_written(self, side: Side, key: str) -> bool:
        """Whether this very Ok has written the key: what is there now is its own work (a server may have rewritten it)."""
        done = self.bench.side(side).effects[self._effects_before[side] :]
        return any(made == key for _, made, _ in done)

    def _check_ignores(self, row: Proposal) -> None:
        """P9: nothing is sent about an item with an ignore that holds."""
        if row.action is Action.CANNOT_SYNC:
            return
        base = self.bench.base()
        for ignore in IgnoreIndex(base.ignores).of(row.item, row.notes_key, row.salesforce_key):
            if self._holds(ignore, row):
                self.broken("P9", f"{row.action} on {row.notes_key} {row.salesforce_key} is ignored ({ignore.kind})")

    def _holds(self, ignore: Ignore, row: Proposal) -> bool:
        if ignore.kind is Decision.IGNORE_FOREVER:
            return True
        notes = self._record(Side.NOTES, row.notes_key)
        salesforce = self._record(Side.SALESFORCE, row.salesforce_key)
        return standing([ignore], notes, salesforce).state.value != "none"

    def _record(self, side: Side, key: str) -> Any:
        calendar = self.bench.side(side)
        return calendar._record(key) if key in calendar.entries else None

    def _check_canaries(self, side: EngineSide, write: Write) -> None:
        """P12: not a word of a private item of the other side in what is sent."""
        sent = repr(write)
        for canary, origin in self.canaries.items():
            if origin is not side.side and canary in sent:
                self.broken("P12", f"the text of a private item was sent to {side.side}")

    def _effect(self, side: EngineSide) -> Callable[[Write, Entry | None], None]:
        def check(write: Write, entry: Entry | None) -> None:
            """P6: what is overwritten or deleted now was shown as the before-image of this very write."""
            if entry is None or write.before is None:
                if entry is not None:
                    self.broken("P6", f"{write.kind} on {side.side} {write.key} without a before-image")
                return
            groups: Iterable[Group] = write.groups if write.kind == "update" else CONTENT_GROUPS
            hidden = write.before.private or entry.image.private or write.before.subject == PRIVATE_TITLE
            for group in groups:
                if group not in CONTENT_GROUPS or (hidden and group in TEXT):
                    continue
                if group_value(canonical(entry.image), group) != group_value(canonical(write.before), group):
                    self.broken("P6", f"{write.kind} on {side.side} {write.key} overwrites {group} unseen")

        return check

    # at rest ---------------------------------------------------------------------------------------------------------

    def check_state(self) -> None:
        """P7 and P25 over the calendars and the base as they are now."""
        for side in self.bench.sides:
            living: dict[str, str] = {}
            for key in side.entries:
                name = side.created_by.get(key, "")
                if not name or key in self.restored:
                    continue
                if name in living and not side.keyed:
                    self._exchange_equals(side, (living[name], key))
                    name = side.created_by[key]
                    living = {side.created_by.get(one, ""): one for one in living.values()}
                if name in living:
                    self.broken("P7", f"{side.side} holds {living[name]} and {key} for one create")
                living[name] = key
        for side in Side:
            keys: dict[str, str] = {}
            for link in self.bench.base().links:
                key = link.key(side)
                if not key or link.state is LinkState.TOMBSTONE:
                    continue
                if key in keys:
                    self.broken("P7", f"two links hold {key} on {side}: {keys[key]} and {link.id}")
                keys[key] = link.id
        self._check_base()

    def _exchange_equals(self, side: EngineSide, keys: Iterable[str]) -> None:
        """Where nothing but time and subject tells whose copy is whose, one of two equal creates may take the other's."""
        with self.bench.database.reading() as db:
            rows = db.execute("SELECT body FROM op WHERE phase IN ('acked', 'committed')").fetchall()
        takers = {op.stored_key: op for op in (_op.decode(row[0]) for row in rows) if op.kind == "create"}
        asked = {one.write.create_key: one.write.after for one in side.requests if one.write.kind == "create"}
        for key in keys:
            taker, made = takers.get(key), asked.get(side.created_by[key])
            if taker is None or taker.side is not side.side or made is None or taker.after is None:
                continue
            if alike(made, taker.after):
                side.created_by[key] = taker.create_key

    def _check_base(self) -> None:
        """P25: every value of the base was really held by its side, or asked of it by an approved write."""
        for link in self.bench.base().links:
            if link.state not in (LinkState.LINKED, LinkState.FROZEN):
                continue
            for side in Side:
                image, key = link.image(side), link.key(side)
                if image is None or not key or image.private or image.subject == PRIVATE_TITLE:
                    continue
                held = self.bench.side(side).held.get(key, {})
                asked = {**self.asked.get((side, key), {})}
                for created, values in self.asked.items():
                    if created == (side, ""):
                        asked = {group: asked.get(group, set()) | values[group] for group in CONTENT_GROUPS}
                for group, value in values_of(image).items():
                    if value not in held.get(group, set()) and value not in asked.get(group, set()):
                        self.broken("P25", f"{key} on {side} never held its base in {group}: {value}")

    def check_plan(self) -> None:
        """P17, P18 and P36 over the rows on screen."""
        comparison = self.bench.coordinator.comparison
        if comparison is None or not self.bench.waits() or comparison is self._judged:
            return
        self._judged = comparison
        names = [row.id for row in self.bench.rows()]
        if len(names) != len(set(names)):
            self.broken("P36", f"two rows have one name: {sorted(names)}")
        for row in self.bench.rows():
            for side in Side:
                writes = [write for one in row.settlements if one is not None for write in one.writes]
                if comparison.trees.of(side).problem is not None and writes:
                    self.broken("P17", f"{row.action} is proposed although {side} could not be read whole")
            missing = MISSING_IN.get(row.action)
            if missing is not None:
                key = row.notes_key if missing is Side.NOTES else row.salesforce_key
                if key in self.bench.side(missing).entries and key not in self.gap and not self._mine(row):
                    self.broken("P18", f"{row.action}: but {key} is there on {missing}")

    def _mine(self, row: Proposal) -> bool:
        return self.bench.run is not None and self.bench.run.mode == "undo"

    def check_guards(self, confirmed: bool, before: list[int]) -> None:
        """P19: more deletions than the guard lets through only with its number confirmed."""
        links = {link.notes_key.rpartition("#")[0] or link.salesforce_key for link in self.bench.base().links}
        for side, sent in zip(self.bench.sides, before, strict=True):
            deleted = [one for one in side.requests[sent:] if one.write.kind == "delete"]
            if len(deleted) > limit(len(links)) and not confirmed:
                self.broken("P19", f"{len(deleted)} deletions were sent to {side.side} without a confirmation")

    def check_traces(self) -> None:
        """P12 over the database and the log."""
        held = self.bench.backup()
        logged = "\n".join(self.bench.log.lines)
        for canary in self.canaries:
            if canary.encode() in held:
                self.broken("P12", "the text of a private item is in the database")
            if canary in logged:
                self.broken("P12", "the text of a private item is in the log")


def _same_write(side: Side, write: Write, planned: Any) -> bool:
    if (side, write.kind, write.key, write.groups) != (planned.side, planned.kind, planned.key, planned.groups):
        return False
    return _equal(write.after, planned.after, write.groups) and _equal(write.before, planned.before, CONTENT_GROUPS)


def _equal(left: Image | None, right: Image | None, groups: Iterable[Group]) -> bool:
    if left is None or right is None:
        return left is right
    first, second = canonical(left), canonical(right)
    return all(group_value(first, group) == group_value(second, group) for group in groups)


def _agrees(now: Image, seen: Image) -> bool:
    """Whether the item is the one that was shown; of a private one only the times were."""
    groups = PLAIN if now.private or seen.private or seen.subject == PRIVATE_TITLE else CONTENT_GROUPS
    return _equal(now, seen, groups)


def _agrees_in_parts(now: Image, seen: Image, after: Image) -> bool:
    groups = PLAIN if now.private or seen.private or seen.subject == PRIVATE_TITLE else CONTENT_GROUPS
    first, second, third = canonical(now), canonical(seen), canonical(after)
    return all(group_value(first, group) in (group_value(second, group), group_value(third, group)) for group in groups)


def content(image: Image) -> tuple[Any, ...]:
    """What is compared of an image, without our block."""
    plain = canonical(image)
    return tuple(
        strip_block(plain.description) if group is Group.DESCRIPTION else group_value(plain, group)
        for group in CONTENT_GROUPS
    )
