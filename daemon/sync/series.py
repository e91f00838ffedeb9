"""Occurrences of a series that Notes issued anew at other times: old and new ones are paired, so that they move, not vanish.

The rule is sync.md 4.2: by position where the count is equal and the shift uniform, else by the nearest start within the same
local day; what is left over is created or deleted.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.sync.appointment import split_notes_key
from daemon.sync.base import Link, LinkState
from daemon.sync.changes import Context
from daemon.sync.projection import minute_of
from daemon.sync.trees import Record
from shared.states import Side

SINGLE_REACH_MINUTES = 7 * 1440
"""One lone occurrence counts as moved only within a week: the next one of a long series is not the deleted one."""


@dataclass(frozen=True, slots=True)
class Moved:
    """The record that took an occurrence's place, and by how many minutes it starts later."""

    record: Record
    minutes: int


def reissued(ctx: Context) -> dict[str, Moved]:
    """Link id -> the new record of its occurrence, for series whose old occurrences are known to be gone."""
    if not ctx.trees.notes.gone or ctx.trees.notes.problem is not None:
        return {}
    known = {link.notes_key for link in ctx.base.links}
    lost: dict[str, list[tuple[int, Link]]] = {}
    surviving: set[str] = set()
    for link in ctx.base.links:
        uid, occurrence = split_notes_key(link.notes_key)
        if link.state not in (LinkState.LINKED, LinkState.NO_BASE) or not occurrence:
            continue
        if link.notes_key in ctx.trees.notes.records:
            surviving.add(uid)
        elif link.notes_key in ctx.trees.notes.gone:
            image = link.notes_image
            start = minute_of(image.starts_at) if image is not None else None
            if start is not None:
                lost.setdefault(uid, []).append((start, link))
    if not lost:
        return {}
    fresh: dict[str, list[tuple[int, Record]]] = {}
    for key, record in ctx.trees.notes.records.items():
        uid, occurrence = split_notes_key(key)
        if uid not in lost or not occurrence or key in known or ctx.rules.withholds(record.image, Side.NOTES):
            continue
        start = minute_of(record.image.starts_at)
        if start is not None:
            fresh.setdefault(uid, []).append((start, record))
    result: dict[str, Moved] = {}
    for uid in sorted(fresh):
        old = sorted(lost[uid], key=lambda one: (one[0], one[1].id))
        new = sorted(fresh[uid], key=lambda one: (one[0], one[1].key))
        result.update(_pair(old, new, _local_offset(ctx), uid in surviving))
    return result


def _pair(old: list[tuple[int, Link]], new: list[tuple[int, Record]], offset: int, partly: bool) -> dict[str, Moved]:
    shifts = {after - before for (before, _), (after, _) in zip(old, new, strict=False)}
    if len(old) == len(new) and len(shifts) == 1 and not partly:
        shift = next(iter(shifts))
        if len(old) > 1 or abs(shift) < SINGLE_REACH_MINUTES:
            return {link.id: Moved(record, shift) for (_, link), (_, record) in zip(old, new, strict=True)}
    free = list(new)
    result: dict[str, Moved] = {}
    for before, link in old:
        same_day = [one for one in free if (one[0] + offset) // 1440 == (before + offset) // 1440]
        if same_day:
            nearest = min(same_day, key=lambda one: (abs(one[0] - before), one[0], one[1].key))
            free.remove(nearest)
            result[link.id] = Moved(nearest[1], nearest[0] - before)
    return result


def _local_offset(ctx: Context) -> int:
    """Minutes by which the person's clock is ahead of UTC, read off the window's first midnight."""
    midnight, moment = minute_of(ctx.rules.window.first_day), minute_of(ctx.rules.window.starts_at)
    return midnight - moment if midnight is not None and moment is not None else 0
