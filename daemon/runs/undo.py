"""Undo: the inverse of what a run wrote, as proposals of their own through the same review and journal.

A row can be undone while the calendar still holds what the run left there. Salesforce has no undelete over REST, so a deleted
event is made anew and gets another Id (contracts.md 9).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from daemon.runs.apply import Replanner
from daemon.runs.compare import Comparer, Comparison
from daemon.store.runs import Op, RowOutcome, RunStore
from daemon.sync.appointment import differing
from daemon.sync.base import Base, Link, LinkState
from daemon.sync.projection import canonical
from daemon.sync.proposal import Plan, PlannedWrite, Proposal, Settlement
from daemon.sync.trees import Record, Trees
from shared.models import Choice, Effects, Image
from shared.states import Action, Decision, Effect, Group, Result, Risk, Side
from shared.texts import text

EVERY_GROUP = tuple(Group)

_ACTIONS = {
    ("create", Side.SALESFORCE): Action.CREATE_IN_SALESFORCE,
    ("create", Side.NOTES): Action.CREATE_IN_NOTES,
    ("update", Side.SALESFORCE): Action.UPDATE_IN_SALESFORCE,
    ("update", Side.NOTES): Action.UPDATE_IN_NOTES,
    ("delete", Side.SALESFORCE): Action.DELETE_IN_SALESFORCE,
    ("delete", Side.NOTES): Action.DELETE_IN_NOTES,
}
_INVERSE = {"create": "delete", "update": "update", "delete": "create"}


Made = Mapping[str, Sequence[tuple[Side, str]]]


def undo_plan(outcomes: Iterable[RowOutcome], ops: Iterable[Op], trees: Trees, base: Base, made: Made) -> Plan:
    """The inverse proposals of applied rows. Pure: the trees must hold the records the operations speak of.

    ``base`` are the links as they are now: a row whose link a later run has moved on cannot be put back. ``made`` are the
    records an earlier undo of the run made anew, by change: while one is there, nothing is made a second time.
    """
    by_id = {op.id: op for op in ops}
    links = {link.id: link for link in base.links}
    rows = []
    for outcome in outcomes:
        if outcome.result is not Result.APPLIED:
            continue
        done = [by_id[each] for each in outcome.ops if each in by_id and by_id[each].phase == "committed"]
        if any(key in trees.of(side).records for side, key in made.get(outcome.change, ())):
            rows.append(_cannot(outcome, done, {}, trees, "undo.already"))
        elif outcome.settlement is None:
            rows.append(_cannot(outcome, done, {}, trees, "undo.text_erased"))
        elif len(done) < len(outcome.ops):
            rows.append(_cannot(outcome, done, {}, trees, "undo.too_old"))
        else:
            rows.append(_row(outcome, done, trees, links.get(outcome.item)))
    rows.sort(key=lambda row: (row.starts_at, row.id))
    joined = "\n".join(f"{row.id} {row.revision}" for row in rows)
    return Plan(changes=tuple(rows), plan_hash=hashlib.blake2b(joined.encode(), digest_size=12).hexdigest())


def _row(outcome: RowOutcome, ops: list[Op], trees: Trees, link: Link | None) -> Proposal:
    records = {op.side: trees.of(op.side).records.get(_key(op)) for op in ops}
    moved_on = not _as_left(outcome, ops, link)
    if any(op.adopted for op in ops):
        return _cannot(outcome, ops, records, trees, "undo.was_there")
    if moved_on or any(not _still_there(op, records[op.side], trees) for op in ops):
        return _cannot(outcome, ops, records, trees, "undo.changed_since")
    writes = tuple(_inverse(op, records[op.side]) for op in ops)
    deletes = any(write.kind == "delete" for write in writes)
    effects = Effects(salesforce=_effect(writes, Side.SALESFORCE), notes=_effect(writes, Side.NOTES))
    action = _ACTIONS[(writes[0].kind, writes[0].side)] if writes else Action.LINK
    if len(writes) > 1:
        action = Action.UPDATE_BOTH
    summary = text(_what(outcome, writes))
    return Proposal(
        action=action,
        default_decision=Decision.UNDECIDED if deletes else Decision.APPROVE,
        choices=(
            Choice(
                decision=Decision.APPROVE,
                effect=effects,
                destructive=deletes,
                recommended=True,
                text=text("undo.approve"),
            ),
        ),
        settlements=(_settlement(outcome, writes),),
        risks=(Risk.DELETION,) if deletes else (),
        summary=summary,
        why=(summary,),
        **_common(outcome, ops, records, trees),
    )


def _what(outcome: RowOutcome, writes: tuple[PlannedWrite, ...]) -> str:
    """The sentence for what undoing this row does."""
    kinds = {write.kind for write in writes}
    for kind, name in (("create", "undo.recreate"), ("delete", "undo.delete"), ("update", "undo.update")):
        if kind in kinds:
            return name
    kept_apart = outcome.settlement is not None and outcome.settlement.kept_apart
    return "undo.apart" if kept_apart else "undo.link"


def _cannot(
    outcome: RowOutcome, ops: list[Op], records: Mapping[Side, Record | None], trees: Trees, why: str
) -> Proposal:
    """A row that says why it cannot be put back."""
    return Proposal(
        action=Action.CANNOT_SYNC,
        default_decision=Decision.UNDECIDED,
        summary=text(why),
        why=(text(why),),
        **_common(outcome, ops, records, trees),
    )


def _common(outcome: RowOutcome, ops: list[Op], records: Mapping[Side, Record | None], trees: Trees) -> dict[str, Any]:
    """What a row of an undo shows, whatever it proposes."""
    images = _shown(outcome, records, trees)
    return {
        "id": outcome.change,
        "item": outcome.item,
        "revision": _revision(outcome, ops, records),
        "title": outcome.title,
        "starts_at": outcome.starts_at,
        "ends_at": outcome.ends_at,
        "all_day": outcome.all_day,
        "notes": images[Side.NOTES],
        "salesforce": images[Side.SALESFORCE],
        "notes_key": next((_key(op) for op in ops if op.side is Side.NOTES), ""),
        "salesforce_key": next((_key(op) for op in ops if op.side is Side.SALESFORCE), ""),
        "generation": outcome.link_before.generation if outcome.link_before else 0,
    }


def _key(op: Op) -> str:
    return op.stored_key or op.key


def _still_there(op: Op, record: Record | None, trees: Trees) -> bool:
    """Whether the side still holds what this operation left: nothing after a delete, the after-image otherwise."""
    if op.kind == "delete":
        return record is None
    left = op.stored or op.after
    if record is None or left is None:
        return False
    return not differing(canonical(left), canonical(record.image), EVERY_GROUP)


def _as_left(outcome: RowOutcome, ops: list[Op], link: Link | None) -> bool:
    """Whether the link is still the one this run left: the same two items, of the same generation."""
    settlement = outcome.settlement
    if settlement is None:
        return False
    if settlement.link_state is None:
        return link is None if settlement.forget else link == outcome.link_before
    keys = {Side.NOTES: settlement.notes_key, Side.SALESFORCE: settlement.salesforce_key}
    for op in ops:
        if op.kind != "delete" and op.stored_key:
            keys[op.side] = op.stored_key
    return (
        link is not None
        and all(link.key(side) == key for side, key in keys.items())
        and (link.generation == settlement.generation)
    )


def _inverse(op: Op, record: Record | None) -> PlannedWrite:
    return PlannedWrite(
        side=op.side,
        kind=_INVERSE[op.kind],
        key="" if op.kind == "delete" else _key(op),
        expected_version=record.version if record else "",
        before=record.image if record else None,
        after=op.before,
        groups=frozenset(op.groups) if op.kind == "update" else frozenset(Group),
        raw=op.before_raw if op.kind == "delete" else "",
        origin=f"undo of {op.id}" if op.kind == "delete" else "",
    )


def _effect(writes: Iterable[PlannedWrite], side: Side) -> Effect:
    return next((Effect(write.kind) for write in writes if write.side is side), Effect.NOTHING)


def _settlement(outcome: RowOutcome, writes: tuple[PlannedWrite, ...]) -> Settlement:
    """The writes, with the link as it was before the run; a re-created copy is a new generation."""
    apart = outcome.settlement.kept_apart if outcome.settlement is not None else ()
    if apart and not writes:
        return Settlement(no_more_apart=apart)
    link = outcome.link_before
    if link is None:
        return Settlement(writes=writes, forget=True)
    recreates = [write for write in writes if write.kind == "create"]
    one_sided = bool(recreates) and link.state is LinkState.LINKED and len(recreates) < 2
    if one_sided:
        # The other side's copy was deleted by the person, not by the run: there is no pair to restore.
        return Settlement(writes=writes, forget=True)
    return Settlement(
        writes=writes,
        link_state=link.state,
        notes_image=link.notes_image,
        salesforce_image=link.salesforce_image,
        notes_key=link.notes_key,
        salesforce_key=link.salesforce_key,
        generation=link.generation + (1 if recreates else 0),
        keep_syncing=link.keep_syncing,
        private_seen=link.private_seen,
    )


def _shown(outcome: RowOutcome, records: Mapping[Side, Record | None], trees: Trees) -> dict[Side, Image | None]:
    """What each side holds now: of a side the run did not write to, the record of the pair, if it is still there."""
    settlement = outcome.settlement
    found: dict[Side, Record | None] = {
        Side.NOTES: trees.notes.records.get(settlement.notes_key) if settlement else None,
        Side.SALESFORCE: trees.salesforce.records.get(settlement.salesforce_key) if settlement else None,
        **records,
    }
    return {side: record.image if record else None for side, record in found.items()}


def _revision(outcome: RowOutcome, ops: list[Op], records: Mapping[Side, Record | None]) -> str:
    found = hashlib.blake2b(digest_size=12)
    for part in (outcome.run, outcome.change, *(op.id for op in ops)):
        found.update(part.encode() + b"\n")
    for side in sorted(records):
        record = records[side]
        found.update(record.digest if record else b"-")
    return found.hexdigest()


class UndoReplanner(Replanner):
    """Plans an undo run again over re-read trees."""

    acknowledges = False

    def __init__(self, comparer: Comparer, outcomes: Iterable[RowOutcome], ops: Iterable[Op], made: Made) -> None:
        super().__init__(comparer)
        self._outcomes = tuple(outcomes)
        self._ops = tuple(ops)
        self._made = made

    def again(self, comparison: Comparison, trees: Trees) -> Comparison:
        base = self._comparer.base(comparison.pair.pairing)
        made = undo_plan(self._outcomes, self._ops, trees, base, self._made)
        return replace(comparison, trees=trees, base=base, plan=made)

    @property
    def empty(self) -> bool:
        return not self._outcomes

    def wanted(self) -> set[tuple[Side, str]]:
        known = {(op.side, op.stored_key or op.key) for op in self._ops if op.stored_key or op.key}
        return known.union(*self._made.values())


def undo_of(
    comparer: Comparer, runs: RunStore, run: str, changes: Collection[str], undone: Collection[str] = ()
) -> UndoReplanner:
    """What undoes the applied rows of ``run``: all of them, or ``changes``; without those that are ``undone`` already."""
    outcomes = [
        each
        for each in runs.outcomes(run).values()
        if each.result is Result.APPLIED and (not changes or each.change in changes) and each.change not in undone
    ]
    return UndoReplanner(comparer, outcomes, runs.ops_of(run), runs.made_by_undoing(run))
