"""From an approved row, as planned again just now, to its operations in the journal and its entry in the history."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from daemon.runs.compare import Comparison
from daemon.runs.create_keys import create_key
from daemon.runs.review import Review
from daemon.sides.contract import Done
from daemon.store.runs import Op, RowOutcome
from daemon.sync.appointment import item_id
from daemon.sync.base import Link, LinkState, came_back
from daemon.sync.proposal import PlannedWrite, Proposal, Settlement
from shared.models import OneDecision, Text
from shared.states import Result, Side


@dataclass(frozen=True, slots=True)
class Approved:
    """One row on its way: as re-planned just now, with what its decision carries out."""

    row: Proposal
    one: OneDecision
    settlement: Settlement
    ops: tuple[Op, ...]
    outcome: RowOutcome


def approve(review: Review, row: Proposal, fresh: Comparison, link: Link | None, moment: str) -> Approved:
    """The operations and the entry in the history of one approved row.

    ``link`` is the item's link as it is; ``moment`` a stamp, the beginning of the operations' names.
    """
    one = review.decision(row)
    settlement = review.settlement(row)
    assert settlement is not None
    attempt = uuid.uuid4().hex[:12]
    ops = tuple(
        _op(f"{moment}-{attempt}-{number}", review.run, row, write, settlement, fresh)
        for number, write in enumerate(settlement.writes)
    )
    outcome = _entry(
        review.run,
        row,
        moment,
        decision=one.decision,
        answer=one.answer,
        settlement=settlement,
        link_before=link,
        ops=tuple(op.id for op in ops),
    )
    return Approved(row, one, settlement, ops, outcome)


def _op(identifier: str, run: str, row: Proposal, write: PlannedWrite, settlement: Settlement, fresh: Comparison) -> Op:
    record = fresh.trees.of(write.side).records.get(write.key)
    origin = origin_of(row, write)
    # What was answered to be another meeting may have been made by the very same create, before the state was lost.
    apart = sum(origin in pair for pair in fresh.base.kept_apart)
    if row.item == item_id(fresh.pair.pairing, write.side.other, came_back(origin)):
        origin = came_back(origin)  # its first copy lives on under another item
    key = create_key(fresh.pair.pairing, write.side, origin, settlement.generation, apart)
    return Op(
        id=identifier,
        run=run,
        change=row.id,
        side=write.side,
        kind=write.kind,
        key=write.key,
        expected_version=write.expected_version,
        before=write.before,
        after=write.after,
        groups=write.groups,
        create_key=key if write.kind == "create" else "",
        before_raw=write.raw or (record.raw if record else ""),
    )


def origin_of(row: Proposal, write: PlannedWrite) -> str:
    """What a create is a copy of: the item of the other side, or what an undo puts back."""
    return write.origin or (row.salesforce_key if write.side is Side.NOTES else row.notes_key) or row.item


def not_written(run: str, row: Proposal, moment: str, result: Result, error: Text) -> RowOutcome:
    """The entry in the history of a row of which nothing was sent."""
    return _entry(run, row, moment, result=result, error=error)


def _entry(run: str, row: Proposal, moment: str, **more: Any) -> RowOutcome:
    return RowOutcome(
        run=run,
        change=row.id,
        item=row.item,
        at=moment,
        action=row.action,
        title=row.title,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        all_day=row.all_day,
        text=row.summary,
        series=row.series,
        **more,
    )


def paired_items(settlement: Settlement) -> set[tuple[Side, str]]:
    """The items this settlement links: each belongs to one pair only."""
    if settlement.link_state in (None, LinkState.TOMBSTONE):
        return set()
    keys = {(Side.NOTES, settlement.notes_key), (Side.SALESFORCE, settlement.salesforce_key)}
    return {(side, key) for side, key in keys if key}


def owners_of(fresh: Comparison, approved: Sequence[Approved]) -> dict[tuple[Side, str], str]:
    """(side, key) -> the item whose pair holds it, with the pairs this Ok makes."""
    linked = (link for link in fresh.base.links if link.state is not LinkState.TOMBSTONE)
    owners = {(side, link.key(side)): link.id for link in linked for side in Side}
    return owners | {key: each.row.item for each in approved for key in paired_items(each.settlement)}


def is_taken(
    fresh: Comparison, owners: Mapping[tuple[Side, str], str], each: Approved, side: Side, answer: Done
) -> bool:
    """Whether this create came upon a record that outlived a lost state and is not its copy: it belongs to the pair of another
    item, or was answered to be another meeting.
    """
    if not answer.was_there:
        return False
    keys = {Side.NOTES: each.settlement.notes_key, Side.SALESFORCE: each.settlement.salesforce_key, side: answer.key}
    apart = (keys[Side.NOTES], keys[Side.SALESFORCE]) in fresh.base.kept_apart
    return apart or owners.get((side, answer.key), each.row.item) != each.row.item


def partners(settlement: Settlement) -> list[tuple[Side, str]]:
    """The items that an answer pairs or keeps apart."""
    pairs = [*settlement.kept_apart, (settlement.notes_key, settlement.salesforce_key)]
    return [named for n, s in pairs for named in ((Side.NOTES, n), (Side.SALESFORCE, s)) if named[1]]
