"""The status of one side of a linked pair against its base, from what was really observed (sync.md 2.4, 2.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from daemon.sync.appointment import differing
from daemon.sync.base import Base, Link, fresh_ids
from daemon.sync.decide import Status
from daemon.sync.ignore import IgnoreIndex
from daemon.sync.projection import canonical, project, redacted, time_problem
from daemon.sync.rules import Rules, filtered
from daemon.sync.trees import LeftOut, Record, Tree, Trees
from shared.models import Image, Text
from shared.states import Group, LeftOutReason, Side


@dataclass(frozen=True, slots=True)
class Context:
    """The inputs of one plan with what is derived from them once."""

    trees: Trees
    base: Base
    rules: Rules
    groups: tuple[Group, ...]
    ignores: IgnoreIndex
    set_aside: dict[Side, dict[str, LeftOut]]
    has_filters: bool
    fresh_id: Callable[[Side, str], str]
    """(side, key) -> the id of an item that has no link."""
    suspected: dict[tuple[Side, str], list[str]]
    """(side, key) -> the keys on the other side that may be its partner by a create without an answer (suspects.py)."""

    def seen(self, record: Record) -> Image:
        """The image the planner may use: without text where the item is private."""
        return redacted(record.image) if self.rules.hides(record.image) else record.image

    def tree(self, side: Side) -> Tree:
        return self.trees.of(side)


def context(trees: Trees, base: Base, rules: Rules) -> Context:
    """Both sides must be able to hold a group for it to be compared."""
    shared_groups = trees.notes.capabilities.groups & trees.salesforce.capabilities.groups
    set_aside = {
        tree.side: {(left.key or handle): left for handle, left in tree.left_out.items()}
        for tree in (trees.notes, trees.salesforce)
    }
    filters = (
        rules.categories_include,
        rules.categories_exclude,
        rules.subject_exclude,
        rules.skip_free,
        rules.skip_tentative,
        rules.skip_all_day,
        rules.starts_after,
    )
    groups = tuple(group for group in rules.groups if group in shared_groups)
    return Context(
        trees,
        base,
        rules,
        groups,
        IgnoreIndex(base.ignores),
        set_aside,
        any(filters),
        fresh_ids(base),
        _suspected(trees.salesforce, base),
    )


def _suspected(salesforce: Tree, base: Base) -> dict[tuple[Side, str], list[str]]:
    """The open suspicions from both sides; an event that is gone is nobody's copy any more."""
    found: dict[tuple[Side, str], list[str]] = {}
    for notes_key, salesforce_key in sorted((base.suspects | base.copies) - base.kept_apart):
        if salesforce_key in salesforce.records or salesforce_key not in salesforce.gone:
            found.setdefault((Side.NOTES, notes_key), []).append(salesforce_key)
            found.setdefault((Side.SALESFORCE, salesforce_key), []).append(notes_key)
    return found


@dataclass(frozen=True, slots=True)
class Seen:
    """One side of a linked pair. ``reason`` says why it is unknown or left out; ``unreadable`` that the item itself is broken."""

    status: Status
    record: Record | None = None
    reason: Text | None = None
    left_out: LeftOutReason | None = None
    wanted: bool = False
    unreadable: bool = False


def look(ctx: Context, link: Link, side: Side) -> Seen:
    """The status of ``side``. Absence is never a deletion: only evidence is (contracts.md 1)."""
    tree, key = ctx.tree(side), link.key(side)
    if tree.problem is not None:
        return Seen(Status.UNKNOWN, reason=tree.problem)
    record = tree.records.get(key)
    if record is not None:
        return judge(ctx, link, side, record)
    if key in tree.gone:
        return Seen(Status.DELETED)
    if key in tree.unknown:
        return Seen(Status.UNKNOWN, reason=tree.unknown[key])
    aside = ctx.set_aside[side].get(key)
    if aside is not None:
        if aside.reason is LeftOutReason.CANCELLED:
            return Seen(Status.DELETED)  # the calendar itself says that it will not take place (sync.md 4.3)
        return Seen(Status.UNKNOWN, reason=aside.why, unreadable=aside.reason is LeftOutReason.UNREADABLE)
    base = link.image(side)
    if base is not None and not ctx.rules.window.holds(base):
        return Seen(Status.LEFT_WINDOW)
    return Seen(Status.UNKNOWN, wanted=bool(key))


def judge(ctx: Context, link: Link, side: Side, record: Record) -> Seen:
    """The status of a record that was read."""
    if ctx.rules.withholds(record.image, side):
        return Seen(Status.HIDDEN, record)
    reason = scope_reason(ctx, link, side, record)
    if reason is not None and not link.keep_syncing:
        return Seen(Status.LEFT_FILTER, record, left_out=reason)
    seen = in_window(ctx, link, side, record)
    if seen.status is Status.UNCHANGED and not ctx.rules.window.holds(record.image):
        return Seen(Status.LEFT_WINDOW, record, left_out=LeftOutReason.OUTSIDE_WINDOW)
    return seen


def in_window(ctx: Context, link: Link, side: Side, record: Record) -> Seen:
    """The status of a record as if it were in the window (after it was fetched by its id)."""
    if ctx.rules.withholds(record.image, side):
        return Seen(Status.HIDDEN, record)
    changed = changed_groups(ctx, link, side, record)
    if not changed:
        return Seen(Status.UNCHANGED, record)
    if Group.TIME in changed:
        other = ctx.tree(side.other)
        image = project(ctx.seen(record), side.other, ctx.rules, other.capabilities).image
        if time_problem(image, side.other, other.capabilities) is not None:
            return Seen(Status.UNHOLDABLE, record)
    return Seen(Status.EDITED, record)


def changed_groups(ctx: Context, link: Link, side: Side, record: Record) -> frozenset[Group]:
    """The groups whose value differs from this side's own base; every group where there is no base."""
    base = link.image(side)
    if base is None:
        return frozenset(ctx.groups)
    if record.digest == link.digest(side) and not ctx.rules.hides(record.image):
        return frozenset()
    return differing(canonical(ctx.seen(record)), canonical(base), ctx.groups)


def scope_reason(ctx: Context, link: Link, side: Side, record: Record) -> LeftOutReason | None:
    """The filter that leaves a linked record out."""
    if side is Side.SALESFORCE and not ctx.has_filters:
        return None
    show_as = record.image.show_as
    if side is Side.SALESFORCE and show_as == "free":
        notes, base = link.notes_image, link.salesforce_image
        if notes is not None and base is not None and base.show_as == show_as:
            show_as = notes.show_as  # an untouched copy is judged by what it is a copy of
    return filtered(record, side, ctx.rules, show_as)


def quick_test(ctx: Context) -> Callable[[Link, Record, Record], bool]:
    """Whether a pair is unchanged and in scope, told from digests alone: nothing is decoded for it."""
    if (
        ctx.trees.notes.problem is not None
        or ctx.trees.salesforce.problem is not None
        or ctx.has_filters
        or ctx.ignores
    ):
        return lambda link, n, s: False
    window, types = ctx.rules.window, ctx.rules.entry_types
    low, high, first, end = window.starts_at, window.ends_at, window.first_day, window.end_day
    carry = ctx.rules.private == "carry"

    def quick(link: Link, n: Record, s: Record) -> bool:
        if n.digest != link.notes_digest or s.digest != link.salesforce_digest or not n.digest:
            return False
        image, other = n.image, s.image
        if image.all_day:
            inside = image.starts_at < end and image.ends_at > first
        else:
            inside = image.starts_at < high and image.ends_at > low
        private = (image.private or other.private) and not carry
        return inside and not private and not link.private_seen and n.entry_type in types

    return quick
