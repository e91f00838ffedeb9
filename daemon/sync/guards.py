"""Brakes on a whole plan: mass deletion, an emptied side, a sudden drop, and many items moved by the same offset.

They count UIDs, so that a series counts once (contracts.md 5). A guard blocks Ok until it is confirmed with its number; an
emptied side cannot be confirmed.
"""

from __future__ import annotations

from collections.abc import Iterable

from daemon.sync.appointment import split_notes_key
from daemon.sync.base import Base, Link, LinkState
from daemon.sync.projection import side_name
from daemon.sync.proposal import Proposal
from daemon.sync.risks import uniform_shift
from daemon.sync.trees import Trees
from shared.models import Guard, Text
from shared.states import Action, Decision, Group, Side
from shared.texts import text

FLOOR = 5
SHARE = 10
"""Per cent of the linked UIDs that may be deleted in one run before it is asked."""
DROP_SHARE = 30
SHIFT_FLOOR = 10
SHIFTS = frozenset({-1440, -60, -30, 30, 60, 1440})

_DELETES = {
    Action.DELETE_IN_SALESFORCE: Side.SALESFORCE,
    Action.WITHDRAW_FROM_SALESFORCE: Side.SALESFORCE,
    Action.DELETE_IN_NOTES: Side.NOTES,
}


def check(changes: Iterable[Proposal], base: Base, trees: Trees) -> Guard | None:
    """The guard that holds this plan back, the strictest first, or None.

    An emptied side is one without a single record although more than five UIDs are linked to it: fewer may be deleted one by
    one, each on its own evidence and its own tick.
    """
    rows = list(changes)
    linked = linked_uids(base)
    for side in Side:
        guard = _emptied(rows, linked, trees, side)
        if guard is not None:
            return guard
    for side in Side:
        guard = _mass_deletion(rows, linked, side)
        if guard is not None:
            return guard
    return _uniform_shift(rows)


def linked_uids(base: Base) -> frozenset[str]:
    """The UIDs of all links in force."""
    return frozenset(_uid(link.notes_key, link.salesforce_key) for link in base.links if _counts(link))


def _counts(link: Link) -> bool:
    return link.state in (LinkState.LINKED, LinkState.NO_BASE)


def _uid(notes_key: str, salesforce_key: str) -> str:
    return split_notes_key(notes_key)[0] if notes_key else salesforce_key


def limit(linked: int) -> int:
    """How many UIDs may be deleted on one side without a confirmation."""
    return max(FLOOR, linked * SHARE // 100)


def _emptied(rows: list[Proposal], linked: frozenset[str], trees: Trees, side: Side) -> Guard | None:
    tree = trees.of(side)
    if tree.records or tree.problem is not None or len(linked) <= FLOOR:
        return None
    losing = [row for row in rows if _DELETES.get(row.action) is side.other or row.action is Action.EDIT_OR_DELETE]
    if not losing:
        return None
    numbers = {"linked": len(linked), "deletions": len({_uid(row.notes_key, row.salesforce_key) for row in losing})}
    return Guard(
        name="emptied_side",
        text=text("guard.emptied_side", side=side_name(side), other=side_name(side.other), **numbers),
        numbers=numbers,
    )


def _mass_deletion(rows: list[Proposal], linked: frozenset[str], side: Side) -> Guard | None:
    losing = [row for row in rows if _DELETES.get(row.action) is side]
    uids = {_uid(row.notes_key, row.salesforce_key) for row in losing}
    allowed = limit(len(linked))
    if len(uids) <= allowed:
        return None
    numbers = {"deletions": len(uids), "rows": len(losing), "linked": len(linked), "limit": allowed}
    return Guard(
        name="mass_deletion",
        text=text("guard.mass_deletion", side=side_name(side), **numbers),
        numbers=numbers,
        confirm="confirm_deletions",
    )


def _uniform_shift(rows: list[Proposal]) -> Guard | None:
    moved: dict[int, set[str]] = {}
    for row in rows:
        shift = only_shift(row)
        if shift is not None:
            moved.setdefault(shift, set()).add(_uid(row.notes_key, row.salesforce_key))
    if not moved:
        return None
    shift = max(moved, key=lambda one: (len(moved[one]), one))
    if len(moved[shift]) <= SHIFT_FLOOR:
        return None
    numbers = {"items": len(moved[shift]), "minutes": shift}
    return Guard(
        name="uniform_shift", text=text("guard.uniform_shift", **numbers), numbers=numbers, confirm="confirm_moves"
    )


def only_shift(row: Proposal) -> int | None:
    """The suspicious offset of a row whose only change is that offset, or None."""
    for choice, settlement in zip(row.choices, row.settlements, strict=True):
        if choice.decision is not Decision.APPROVE or settlement is None or len(settlement.writes) != 1:
            continue
        write = settlement.writes[0]
        if write.kind == "update" and write.groups == {Group.TIME} and write.before and write.after:
            shift = uniform_shift(write.before, write.after)
            return shift if shift in SHIFTS else None
    return None


def sudden_drop(side: Side, before: int, now: int) -> Text | None:
    """Why ``side`` counts as unknown when its items fell from ``before`` to ``now`` since the last complete reading, or None."""
    lost = before - now
    if lost <= FLOOR or lost * 100 <= before * DROP_SHARE:
        return None
    return text("guard.sudden_drop", side=side_name(side), before=before, now=now)
