"""The ping-pong brake: an item to which the same value was written again and again is parked, with the reason.

Two systems that keep rewriting each other's value (a trigger, a second sync tool) would otherwise be fed for ever. A person who
edits one meeting many times writes different values and is not stopped (sync.md 2.9, loop protection).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from daemon.store.runs import Op
from daemon.sync.appointment import differing
from daemon.sync.projection import canonical
from daemon.sync.proposal import PlannedWrite, Proposal
from shared.models import Choice, Text
from shared.states import Action, Decision
from shared.texts import text

SAME_VALUE_AT_MOST = 3
"""How often one value may be written to one side of an item within 24 hours."""


def parked(rows: Iterable[Proposal], recent: Iterable[Op]) -> list[Proposal]:
    """The rows, with those that would write a value a fourth time turned into rows that cannot be synchronized."""
    by_change: dict[str, list[Op]] = {}
    for op in recent:
        by_change.setdefault(op.change, []).append(op)
    return [_parked(row) if _flips(row, by_change.get(row.id, ())) else row for row in rows]


def _flips(row: Proposal, ops: Iterable[Op]) -> bool:
    known = list(ops)
    writes = [write for settlement in row.settlements if settlement for write in settlement.writes]
    return any(
        sum(_same(write, op) for op in known) >= SAME_VALUE_AT_MOST for write in writes if write.kind == "update"
    )


def _same(write: PlannedWrite, op: Op) -> bool:
    if write.side is not op.side or write.after is None or op.after is None or not write.groups <= op.groups:
        return False
    return not differing(canonical(write.after), canonical(op.after), tuple(sorted(write.groups)))


def _parked(row: Proposal) -> Proposal:
    because: Text = text("row.ping_pong", count=SAME_VALUE_AT_MOST)
    ignores = [index for index, choice in enumerate(row.choices) if choice.decision.ignores]
    choices: tuple[Choice, ...] = tuple(row.choices[index] for index in ignores)
    return replace(
        row,
        action=Action.CANNOT_SYNC,
        default_decision=Decision.UNDECIDED,
        revision=f"{row.revision}-parked",
        choices=choices,
        settlements=tuple(row.settlements[index] for index in ignores),
        frame=None,
        summary=text("summary.cannot_sync", reason=because.text),
        why=(because, *row.why),
        risks=(),
    )
