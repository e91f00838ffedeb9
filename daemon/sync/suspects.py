"""Events that may be the copy which a create without an answer made: which an item has, and which must be looked at first.

A suspect is an event of its own in the calendar: it may have been moved out of the window or hidden since. Until it was seen, or
is known to be gone, nothing is created for the item (unknown is inert, sync.md 2.4).
"""

from __future__ import annotations

from daemon.sync.changes import Context
from daemon.sync.draft import Draft
from shared.states import Side


def suspects_of(ctx: Context, notes_key: str) -> list[str]:
    """The Salesforce keys suspected for a Notes item, without those answered to be another meeting and those that are gone."""
    if not ctx.base.suspects:
        return []
    tree = ctx.trees.salesforce
    open_pairs = ctx.base.suspects - ctx.base.kept_apart
    return sorted(
        other for mine, other in open_pairs if mine == notes_key and (other in tree.records or other not in tree.gone)
    )


def must_wait(ctx: Context, draft: Draft, notes_key: str) -> bool:
    """Whether a suspect has not been seen yet; it is asked for by its id then."""
    tree = ctx.trees.salesforce
    unseen = [key for key in suspects_of(ctx, notes_key) if key not in tree.records]
    draft.wanted.update((Side.SALESFORCE, key) for key in unseen if key not in tree.unknown)
    return bool(unseen)
