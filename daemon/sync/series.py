"""Occurrences of a series that Notes issued anew at other times: old and new ones are paired, so that they move, not vanish.

The rule is sync.md 4.2: by position where the count is equal and the shift uniform (by the local clock), else by the nearest
start within the same local day; what is left over is created or deleted.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.sync.appointment import split_notes_key
from daemon.sync.base import Link, LinkState
from daemon.sync.changes import Context
from daemon.sync.projection import minute_of
from daemon.sync.trees import Record
from shared.models import Image
from shared.states import Side

CLOCK_CHANGE_MINUTES = 60
"""A series moved to another day of the week differs by this where the clocks change between the two days."""

SINGLE_REACH_MINUTES = 7 * 1440
"""One lone occurrence counts as moved only within a week: the next one of a long series is not the deleted one."""


@dataclass(frozen=True, slots=True)
class _Start:
    """When one occurrence starts: minutes since the year 1, and the person's day it lies on."""

    minutes: int
    day: int


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
    lost: dict[str, list[tuple[_Start, Link]]] = {}
    surviving: set[str] = set()
    offset = _local_offset(ctx)
    for link in ctx.base.links:
        uid, occurrence = split_notes_key(link.notes_key)
        if link.state not in (LinkState.LINKED, LinkState.NO_BASE) or not occurrence:
            continue
        if link.notes_key in ctx.trees.notes.records:
            surviving.add(uid)
        elif link.notes_key in ctx.trees.notes.gone:
            start = _start(link.notes_image, offset)
            if start is not None:
                lost.setdefault(uid, []).append((start, link))
    if not lost:
        return {}
    fresh: dict[str, list[tuple[_Start, Record]]] = {}
    for key, record in ctx.trees.notes.records.items():
        uid, occurrence = split_notes_key(key)
        if uid not in lost or not occurrence or key in known or ctx.rules.withholds(record.image, Side.NOTES):
            continue
        start = _start(record.image, offset)
        if start is not None:
            fresh.setdefault(uid, []).append((start, record))
    result: dict[str, Moved] = {}
    for uid in sorted(fresh):
        old = sorted(lost[uid], key=lambda one: (one[0].minutes, one[1].id))
        new = sorted(fresh[uid], key=lambda one: (one[0].minutes, one[1].key))
        result.update(_pair(old, new, uid in surviving))
    return result


def _start(image: Image | None, offset: int) -> _Start | None:
    minutes = minute_of(image.starts_at) if image is not None else None
    if image is None or minutes is None:
        return None
    return _Start(minutes, (minutes if image.all_day else minutes + offset) // 1440)


def _pair(old: list[tuple[_Start, Link]], new: list[tuple[_Start, Record]], partly: bool) -> dict[str, Moved]:
    shifts = [after.minutes - before.minutes for (before, _), (after, _) in zip(old, new, strict=False)]
    uniform = len(old) == len(new) and max(shifts) - min(shifts) <= CLOCK_CHANGE_MINUTES
    if partly or not uniform or (len(old) == 1 and abs(shifts[0]) >= SINGLE_REACH_MINUTES):
        return _nearest(old, new)
    return {link.id: Moved(record, shift) for (_, link), (_, record), shift in zip(old, new, shifts, strict=True)}


def _nearest(old: list[tuple[_Start, Link]], new: list[tuple[_Start, Record]]) -> dict[str, Moved]:
    """Pairs within the same day, the nearest two of all first."""
    near = sorted(
        (abs(after.minutes - before.minutes), first, second)
        for first, (before, _) in enumerate(old)
        for second, (after, _) in enumerate(new)
        if before.day == after.day
    )
    result: dict[str, Moved] = {}
    used: set[int] = set()
    for _, first, second in near:
        (before, link), (after, record) = old[first], new[second]
        if link.id not in result and second not in used:
            used.add(second)
            result[link.id] = Moved(record, after.minutes - before.minutes)
    return result


def _local_offset(ctx: Context) -> int:
    """Minutes by which the person's clock is ahead of UTC, read off the window's first midnight."""
    midnight, moment = minute_of(ctx.rules.window.first_day), minute_of(ctx.rules.window.starts_at)
    return midnight - moment if midnight is not None and moment is not None else 0
