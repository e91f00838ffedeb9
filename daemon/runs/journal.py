"""The journal of writes: intents before anything is sent, answers after, the base only when an answer is known.

Phases: intent -> sent -> acked -> committed; side exits stale, rejected, unknown. After a crash or a lost answer the calendar is
looked at before anything is sent again (sync.md 2.9, crash points c1 to c10); every step here may be repeated.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from daemon.runs.commit import Committer
from daemon.runs.compare import Comparer
from daemon.runs.moments import Clock, stamp
from daemon.runs.observing import OpenPair
from daemon.sides.contract import Found, Gone, Looked, SideError, Traces, Write
from daemon.store.runs import Op, RowOutcome, RunStore
from daemon.sync.appointment import differing, item_id
from daemon.sync.projection import canonical
from daemon.sync.proposal import Settlement
from daemon.sync.rules import Rules
from daemon.sync.trees import Record
from shared.models import Image
from shared.states import Group, Result, Side
from shared.texts import text

log = logging.getLogger(__name__)

QUARANTINE = timedelta(minutes=12)
"""Longer than a request can live at Salesforce (ten minutes), so that a create that was not found will not arrive later."""


def write_of(op: Op) -> Write:
    """The write as the side takes it."""
    return Write(
        op_id=op.id,
        kind=op.kind,
        key=op.key,
        expected_version=op.expected_version,
        before=op.before,
        after=op.after,
        groups=op.groups,
        create_key=op.create_key,
        raw=op.before_raw,
        series_key=op.series_key,
    )


def refused_twice(pair: OpenPair, op: Op) -> bool:
    """Whether the side refuses the second of two equal creates, so that a late first one cannot double the item.

    A date of a series is refused only by the series of the very same set, and the next Ok may choose another set.
    """
    keyed = op.side is Side.NOTES or pair.probe(op.side).capabilities.keyed_create
    return keyed and not op.series_key


def holds(wanted: Image | None, found: Image, op: Op) -> bool:
    """Whether ``found`` shows ``wanted`` in the groups this operation speaks of, after harmless rewriting by the server."""
    if wanted is None:
        return False
    groups = tuple(op.groups)
    return not differing(canonical(wanted), canonical(found), groups)


def _hides(settlement: Settlement, rules: Rules) -> bool:
    """Whether this decision is one after which no text of the item may be kept (contracts.md 6)."""
    images = (settlement.notes_image, settlement.salesforce_image)
    return settlement.private_seen or any(image is not None and rules.hides(image) for image in images)


@dataclass(slots=True)
class _Found:
    """What one side showed of its open operations; ``owners`` (record key -> item or operation) grows with what is adopted."""

    looked: Mapping[str, Looked]
    traces: Mapping[str, Traces]
    owners: dict[str, str] = field(default_factory=dict)

    def free(self, op: Op, records: Iterable[Record]) -> list[Record]:
        """Those that belong to no other item or operation: of the same meeting twice, each create has a record of its own."""
        return [record for record in records if self.owners.get(record.key, op.id) in (op.id, op.change)]


def nearest(records: list[Record], wanted: Image | None) -> list[Record]:
    """Of the records that may be a copy of ``wanted``, those at the same time; else those of the same subject; else all."""
    if wanted is None:
        return records
    for group in (Group.TIME, Group.SUBJECT):
        same = [record for record in records if not differing(canonical(wanted), canonical(record.image), (group,))]
        if same:
            return same
    return records


class Journal:
    """Writes phases and settles what was left open."""

    def __init__(self, runs: RunStore, comparer: Comparer, committer: Committer, clock: Clock) -> None:
        self._runs = runs
        self._comparer = comparer
        self._committer = committer
        self._clock = clock

    def intend(self, pairing: str, rows: Iterable[RowOutcome], ops: Iterable[Op]) -> None:
        """Persist approvals and intents in one transaction: all rows of an Ok or none."""
        with self._runs.together():
            for row in rows:
                self._runs.finish_row(row)
            self._runs.journal(pairing, ops)

    def remember(self, outcome: RowOutcome) -> None:
        """Write down what became of a row that has nothing open."""
        self._runs.finish_row(outcome)

    def failed_alone(self, pairing: str) -> frozenset[str]:
        """Create keys that were sent as single entries without a known success."""
        return self._runs.failed_alone(pairing)

    def sent(self, pairing: str, ops: Iterable[Op]) -> None:
        moment = stamp(self._clock())
        self._runs.journal(pairing, [msgspec.structs.replace(op, phase="sent", sent_at=moment) for op in ops])

    def acked(self, pairing: str, op: Op, key: str, record: Record | None, *, adopted: bool = False) -> Op:
        """The answer is known: what the side holds now is on record before the base changes.

        ``adopted``: the record was not made by this very request, or it cannot be told and says something else than was sent.
        It may be older than the state of this program, so no base is claimed: the pair is compared two-way, nothing is
        overwritten unasked, and undoing the run leaves it there.
        """
        now = msgspec.structs.replace(
            op,
            phase="acked",
            stored_key=key,
            stored_version=record.version if record else "",
            stored=record.image if record else None,
            adopted=adopted,
        )
        self._runs.journal(pairing, [now])
        return now

    def ended(self, pairing: str, op: Op, phase: str) -> Op:
        now = msgspec.structs.replace(op, phase=phase)
        self._runs.journal(pairing, [now])
        return now

    def lost(self, pairing: str, op: Op, *, keyed: bool) -> Op:
        """The answer was lost. A create that the side could not refuse twice waits out the quarantine."""
        wait = op.kind == "create" and not keyed
        until = stamp(self._clock() + QUARANTINE) if wait else ""
        now = msgspec.structs.replace(op, phase="unknown", not_before=until)
        self._runs.journal(pairing, [now])
        return now

    async def recover(self, pair: OpenPair, rules: Rules) -> frozenset[str]:
        """Settle what an earlier process or a lost answer left open; returns the changes that still cannot be told,
        with the items that may be what they made.

        Nothing is sent. Each side is asked once for all its operations; one that cannot be asked leaves them as they are, and
        after the other side's are settled its SideError is raised: what they made must not be compared as if it were new.
        """
        ops = self._runs.open_ops(pair.pairing)
        found: dict[Side, _Found] = {}
        trouble: SideError | None = None
        for side in Side:
            try:
                found[side] = await self._found(pair, side, [op for op in ops if op.side is side])
            except SideError as error:
                log.warning("open operations could not be looked up: %s", error.text.code)
                trouble = error
        waiting: set[str] = set()
        rows: dict[tuple[str, str], list[Op]] = {}
        settled: list[Op] = []
        for op in ops:
            if op.side in found:
                op = self._settle(pair, op, found[op.side], rules)
                settled.append(op)
            if op.phase in ("intent", "sent", "unknown"):
                waiting.add(op.change)
                waiting |= self._waiting_with(pair.pairing, op, found.get(op.side))
            rows.setdefault((op.run, op.change), []).append(op)
        ended: dict[str, list[str]] = {}
        for run, change in dict.fromkeys((*rows, *self._runs.unfinished(pair.pairing))):
            if change not in waiting:
                ended.setdefault(run, []).append(change)
        for run, changes in ended.items():
            outcomes, ops = self._runs.outcomes(run), self._runs.ops_of(run)
            for row in (outcomes[change] for change in changes if change in outcomes):
                self.finish_with(pair, row, [op for op in ops if op.id in row.ops], rules)
        for op in settled:
            self._suspect_the_rest(pair, op, found[op.side])
        if trouble is not None:
            raise trouble
        return frozenset(waiting)

    def _waiting_with(self, pairing: str, op: Op, seen: _Found | None) -> set[str]:
        """The items that may be what this open operation made: nothing is proposed for them either."""
        traces = seen.traces.get(op.id) if seen is not None else None
        if seen is None or traces is None:
            return set()
        suspects = nearest(seen.free(op, traces.doubtful), op.after)
        return {item_id(pairing, op.side, record.key) for record in suspects}

    async def _found(self, pair: OpenPair, side: Side, ops: list[Op]) -> _Found:
        """What the calendar shows of these operations. Raises the SideError of one that cannot be asked."""
        unsettled = [op for op in ops if op.phase != "acked"]
        keys = [op.key for op in unsettled if op.kind != "create"]
        creates = [write_of(op) for op in unsettled if op.kind == "create"]
        looked = await pair.side(side).look(keys) if keys else {}
        traces = await pair.side(side).find_created(creates) if creates else {}
        owners = self._committer.owners(pair.pairing, side) if creates else {}
        return _Found(looked, traces, {**owners, **{op.stored_key: op.id for op in ops if op.stored_key}})

    def _settle(self, pair: OpenPair, op: Op, seen: _Found, rules: Rules) -> Op:
        """One open operation, decided by what the calendar shows."""
        if op.phase == "acked":
            return op
        if op.kind == "create":
            return self._settle_create(pair, op, seen, rules)
        answer = seen.looked.get(op.key)
        if isinstance(answer, Gone):
            if op.kind != "delete":
                return self.ended(pair.pairing, op, "stale")
            self._comparer.record_written(pair.pairing, op.side, None, op.key, rules)
            return self.acked(pair.pairing, op, op.key, None)
        if not isinstance(answer, Found):
            return op
        record = self._comparer.record_written(pair.pairing, op.side, answer.record, op.key, rules)
        assert record is not None
        if op.kind == "update" and holds(op.after, answer.record.image, op):
            return self.acked(pair.pairing, op, op.key, record)
        untouched = answer.record.version == op.expected_version
        return self.ended(pair.pairing, op, "rejected" if untouched else "stale")

    def _settle_create(self, pair: OpenPair, op: Op, seen: _Found, rules: Rules) -> Op:
        traces = seen.traces.get(op.id, Traces())
        free = seen.free(op, traces.sure)
        if free:
            found = free[0]
            seen.owners[found.key] = op.id
            record = self._comparer.record_written(pair.pairing, op.side, found, found.key, rules)
            adopted = not holds(op.after, found.image, op)
            return self.acked(pair.pairing, op, found.key, record, adopted=adopted)
        self._suspect(pair, op, seen.free(op, traces.doubtful))
        keyed = refused_twice(pair, op)
        if not op.not_before and not keyed:
            return self.lost(pair.pairing, op, keyed=keyed)
        if keyed or stamp(self._clock()) >= op.not_before:
            return self.ended(pair.pairing, op, "rejected")
        return op

    def _suspect_the_rest(self, pair: OpenPair, op: Op, seen: _Found) -> None:
        """Of several records that look like what a create made, one was adopted; one of the others may be the real one."""
        traces = seen.traces.get(op.id)
        if traces is not None and op.phase == "acked":
            self._suspect(pair, op, [one for one in seen.free(op, traces.sure) if one.key != op.stored_key])

    def _suspect(self, pair: OpenPair, op: Op, records: list[Record]) -> None:
        """Remember which records may be the copy that a lost create made, so that the person is asked before another is made."""
        outcome = self._runs.outcome(op.run, op.change)
        settlement = outcome.settlement if outcome is not None else None
        if settlement is None or op.side is not Side.SALESFORCE or not settlement.notes_key:
            return
        self._committer.suspect(
            pair.pairing, settlement.notes_key, [record.key for record in nearest(records, op.after)]
        )

    def finish_with(self, pair: OpenPair, row: RowOutcome, ops: list[Op], rules: Rules) -> RowOutcome:
        """Commit the base for a row whose operations are all decided, and write down what became of it: one transaction."""
        done = [op for op in ops if op.phase in ("acked", "committed")]
        failed = [op for op in ops if op not in done]
        with self._runs.together():
            self._committer.commit(pair.pairing, row, done, complete=not failed)
            self._runs.journal(pair.pairing, [msgspec.structs.replace(op, phase="committed") for op in done])
            result = Result.APPLIED
            if failed:
                result = Result.STALE if all(op.phase == "stale" for op in failed) else Result.FAILED
            error = row.error
            if result is Result.FAILED and error is None:
                error = text("row.never_arrived")
            ended = msgspec.structs.replace(row, result=result, error=error, at=stamp(self._clock()))
            self._runs.finish_row(ended)
            if result is Result.APPLIED and row.settlement is not None and _hides(row.settlement, rules):
                self._runs.erase_text(row.item)
        return ended
