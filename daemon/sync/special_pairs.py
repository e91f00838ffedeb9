"""Linked pairs of which the table does not speak: without a base, or with a side that is out of sight for good."""

from __future__ import annotations

from daemon.sync.base import Link
from daemon.sync.changes import Context, Seen
from daemon.sync.decide import Outcome, Status
from shared.states import Side


def without_base(notes: Seen, salesforce: Seen, outcome: Outcome) -> Outcome:
    """``linked-nobase`` (sync.md 2.5.2): compare two ways; never a deletion."""
    statuses = {notes.status, salesforce.status}
    if Status.UNKNOWN in statuses or Status.HIDDEN in statuses:
        # Without a base nobody can be said to have edited it.
        return Outcome.MARK_PRIVATE if outcome is Outcome.CONFLICT_HIDDEN else outcome
    if statuses == {Status.DELETED}:
        return Outcome.FORGET_BOTH
    if Status.DELETED in statuses:
        left = salesforce if notes.status is Status.DELETED else notes
        return Outcome.ORPHAN if left.record is not None else Outcome.FREEZE
    if Status.LEFT_WINDOW in statuses or Status.LEFT_FILTER in statuses:
        return Outcome.FREEZE
    return Outcome.MERGE


def lost_sight(ctx: Context, link: Link, notes: Seen, salesforce: Seen) -> Outcome | None:
    """A side that is unknown for good (given to somebody else, deleted too long ago to be told) is no deletion: it is asked."""
    both = {Side.NOTES: notes, Side.SALESFORCE: salesforce}
    for side, seen in both.items():
        if seen.status is not Status.UNKNOWN or link.key(side) not in ctx.tree(side).lost:
            continue
        other = both[side.other].status
        if other in (Status.UNCHANGED, Status.EDITED, Status.UNHOLDABLE):
            return Outcome.ORPHAN
        return Outcome.FORGET_BOTH if other is Status.DELETED else None
    return None
