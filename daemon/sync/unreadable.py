"""What a side could not make an item of: a row for what cannot be read, the reason for what is no item at all."""

from __future__ import annotations

from daemon.sync import explain
from daemon.sync.appointment import split_notes_key
from daemon.sync.changes import Context
from daemon.sync.decide import IgnoreState
from daemon.sync.draft import Draft, Subject
from daemon.sync.ignore import standing
from daemon.sync.rows import cannot
from shared.models import Image
from shared.states import LeftOutReason, Side
from shared.texts import text


def unreadable(ctx: Context, draft: Draft) -> None:
    """What a side could not make an item of: unreadable ones are shown, the rest is kept with its reason."""
    linked = {side: ctx.base.by_key(side) for side in Side}
    for side in (Side.NOTES, Side.SALESFORCE):
        for key in sorted(ctx.set_aside[side]):
            left = ctx.set_aside[side][key]
            if left.reason is not LeftOutReason.UNREADABLE:
                draft.left_out[(side, key)] = left
                continue
            if key in linked[side] and key not in ctx.tree(side).records:
                continue  # its pair says so
            item = ctx.fresh_id(side, key)
            if _is_ignored(ctx, side, key, item):
                draft.quiet[item] = explain.IGNORED_FOREVER
                draft.left_out[(side, key)] = left
                continue
            image = Image(
                subject=left.title, starts_at=left.starts_at, ends_at=left.ends_at, all_day=left.all_day, id=key
            )
            before = len(draft.changes)
            cannot(ctx, draft, Subject(id=item, fallback=image), [left.why or text("cannot.unreadable")])
            if len(draft.changes) == before:
                draft.left_out[(side, key)] = left


def _is_ignored(ctx: Context, side: Side, key: str, item: str) -> bool:
    notes_key, salesforce_key = (key, "") if side is Side.NOTES else ("", key)
    found = ctx.ignores.of(item, notes_key, salesforce_key, [split_notes_key(key)[0]])
    return bool(found) and standing(found, None, None).state is not IgnoreState.NONE
