"""The walk over items without a link: who is left out, who belongs together, who is asked about, who is created."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from daemon.sync import explain, removal_rows
from daemon.sync.appointment import item_id
from daemon.sync.base import Link, LinkState, came_back
from daemon.sync.changes import Context
from daemon.sync.decide import IgnoreState, Outcome, Presence, unlinked
from daemon.sync.draft import Draft, Subject, set_aside
from daemon.sync.ignore import seen_digest, standing
from daemon.sync.matching import Fingerprint, fingerprint, match
from daemon.sync.pair_rows import create, doubtful, identical, link_up, local_question
from daemon.sync.projection import project, time_problem
from daemon.sync.proposal import Upkeep
from daemon.sync.rows import cannot
from daemon.sync.rules import filtered
from daemon.sync.series import Moved
from daemon.sync.suspects import held
from daemon.sync.trees import Record
from daemon.sync.unreadable import unreadable
from shared.models import Text
from shared.states import LeftOutReason, Side
from shared.texts import text


@dataclass(slots=True)
class Newcomers:
    """The unlinked records of one side by what they are (sync.md 2.5.2)."""

    side: Side
    new: list[Record] = field(default_factory=list)
    unholdable: list[Record] = field(default_factory=list)
    private: list[Record] = field(default_factory=list)
    out_of_scope: list[tuple[Record, LeftOutReason]] = field(default_factory=list)
    removed: dict[str, Link] = field(default_factory=dict)
    presence: dict[str, Presence] = field(default_factory=dict)

    def is_what(self, record: Record) -> Presence:
        return self.presence[record.key]


def walk(ctx: Context, draft: Draft, moved: dict[str, Moved]) -> None:
    """Every record of either tree that no link holds."""
    taken = {one.record.key for one in moved.values()}
    notes = _gather(ctx, draft, Side.NOTES, taken)
    salesforce = _gather(ctx, draft, Side.SALESFORCE, draft.asked)
    unreadable(ctx, draft)
    if ctx.trees.notes.problem is not None or ctx.trees.salesforce.problem is not None:
        _side_unknown(ctx, draft, notes, salesforce)
        return
    found = match(
        *_free(ctx, draft, notes, salesforce),
        lambda n, s: identical(ctx, n, s),
        ctx.base.kept_apart,
        ctx.base.suspects | _once_paired(notes, salesforce),
        ctx.base.copies,
    )
    for n, s in (*found.by_key, *found.linked):
        if unlinked(notes.is_what(n), salesforce.is_what(s)) is Outcome.MATCH:
            link_up(ctx, draft, n, s, notes.removed.get(n.key) or salesforce.removed.get(s.key))
        else:  # the same on both sides, but neither side could take the other's: said for each
            _alone(ctx, draft, n, notes)
            _alone(ctx, draft, s, salesforce)
    for record in found.waiting:
        draft.quiet[_subject(ctx, notes, record).id] = explain.PARTNER_WAITS
    asked = Counter(partner.key for _, partners in found.doubtful for partner, _ in partners)
    for n, partners in found.doubtful:
        sole = partners[0][0] if len(partners) == 1 and asked[partners[0][0].key] == 1 else None
        doubtful(ctx, draft, _unlinked_subject(ctx, n, sole), partners)
    rest_n = _ask_locals(ctx, draft, found.notes, salesforce, notes)
    rest_s = _ask_locals(ctx, draft, found.salesforce, notes, salesforce)
    for record in rest_n:
        _alone(ctx, draft, record, notes)
    for record in rest_s:
        _alone(ctx, draft, record, salesforce)
    _leave_out(ctx, draft, notes)
    _leave_out(ctx, draft, salesforce)


def _free(ctx: Context, draft: Draft, notes: Newcomers, salesforce: Newcomers) -> tuple[list[Record], list[Record]]:
    """The new items of both sides, without those that wait because a create without an answer may have made their partner."""
    both = [(own, record) for own in (notes, salesforce) for record in (*own.new, *own.unholdable)]
    subjects = {(own.side, record.key): _subject(ctx, own, record) for own, record in both} if ctx.suspected else {}
    waiting = held(ctx, draft, subjects, {own.side: own.presence for own in (notes, salesforce)})
    free = [(own.side, record) for own, record in both if (own.side, record.key) not in waiting]
    return [one for side, one in free if side is Side.NOTES], [one for side, one in free if side is Side.SALESFORCE]


def _subject(ctx: Context, own: Newcomers, record: Record) -> Subject:
    tombstone = own.removed.get(record.key)
    return Subject(
        id=tombstone.id if tombstone is not None else ctx.fresh_id(own.side, record.key),
        notes=record if own.side is Side.NOTES else None,
        salesforce=record if own.side is Side.SALESFORCE else None,
        hidden=ctx.rules.hides(record.image),
        generation=tombstone.generation if tombstone is not None else 0,
    )


def _once_paired(notes: Newcomers, salesforce: Newcomers) -> frozenset[tuple[str, str]]:
    """Pairs that were taken apart by a deletion, are both there again and say different things: asked, never doubled."""
    ours = {record.key: record for record in (*notes.new, *notes.unholdable)}
    theirs = {record.key: record for record in (*salesforce.new, *salesforce.unholdable)}
    pairs = ((link.notes_key, link.salesforce_key) for link in salesforce.removed.values())
    return frozenset(
        (n, s) for n, s in pairs if n in ours and s in theirs and fingerprint(ours[n]) != fingerprint(theirs[s])
    )


def _unlinked_subject(ctx: Context, notes: Record, salesforce: Record | None) -> Subject:
    item = ctx.fresh_id(Side.NOTES, notes.key)
    return Subject(id=item, notes=notes, salesforce=salesforce, hidden=ctx.rules.hides(notes.image))


def _side_unknown(ctx: Context, draft: Draft, notes: Newcomers, salesforce: Newcomers) -> None:
    """Without the other side nothing tells a new item from a known one."""
    problem = ctx.trees.notes.problem or ctx.trees.salesforce.problem
    for some in (notes, salesforce):
        for record in (*some.new, *some.unholdable):
            draft.quiet[ctx.fresh_id(some.side, record.key)] = (problem,) if problem is not None else ()
        _leave_out(ctx, draft, some)


def presence(ctx: Context, side: Side, record: Record) -> tuple[Presence, LeftOutReason | None]:
    """What an unlinked record is, and the reason where it is left out."""
    reason = filtered(record, side, ctx.rules, record.image.show_as)
    if reason is LeftOutReason.ENTRY_TYPE:
        return Presence.NEW_OUT_OF_SCOPE, reason
    if not ctx.rules.window.holds(record.image):
        return Presence.NEW_OUT_OF_SCOPE, LeftOutReason.OUTSIDE_WINDOW
    if ctx.rules.withholds(record.image, side):
        return Presence.NEW_PRIVATE, LeftOutReason.PRIVATE
    if reason is not None:
        return Presence.NEW_OUT_OF_SCOPE, reason
    capabilities = ctx.tree(side.other).capabilities
    image = project(ctx.seen(record), side.other, ctx.rules, capabilities).image
    if time_problem(image, side.other, capabilities) is not None:
        return Presence.NEW_UNHOLDABLE, None
    return Presence.NEW, None


def _gather(ctx: Context, draft: Draft, side: Side, taken: set[str]) -> Newcomers:
    found = Newcomers(side)
    tombstones: dict[str, Link] = {}
    linked: set[str] = set(taken)
    for link in ctx.base.links:
        key = link.key(side)
        if key and link.state is LinkState.TOMBSTONE:
            tombstones[key] = link
        elif key:
            linked.add(key)
    records = ctx.tree(side).records
    for key in sorted(set(records) - linked):
        record = records[key]
        tombstone = tombstones.get(key)
        if tombstone is not None and side is Side.SALESFORCE and tombstone.notes_key in ctx.trees.notes.records:
            # Both are there again, and the name of the pair they were goes on with the Notes entry.
            tombstone = replace(tombstone, id=item_id(ctx.base.pairing, side, came_back(key)))
        item = tombstone.id if tombstone is not None else ctx.fresh_id(side, key)
        if _is_ignored(ctx, draft, side, record, item):
            continue
        what, reason = presence(ctx, side, record)
        if reason is None and tombstone is not None:
            if _still_as_removed(tombstone, side, record):
                draft.quiet[item] = explain.REMOVED_EARLIER
                continue
            found.removed[key] = tombstone
        found.presence[key] = what
        if what is Presence.NEW:
            found.new.append(record)
        elif what is Presence.NEW_UNHOLDABLE:
            found.unholdable.append(record)
        elif what is Presence.NEW_PRIVATE:
            found.private.append(record)
        elif reason is not None:
            found.out_of_scope.append((record, reason))
    return found


def _is_ignored(ctx: Context, draft: Draft, side: Side, record: Record, item: str) -> bool:
    if not ctx.ignores:
        return False
    notes_key, salesforce_key = (record.key, "") if side is Side.NOTES else ("", record.key)
    series = [record.series.id] if record.series is not None else []
    states: list[IgnoreState] = []
    for one in ctx.ignores.of(item, notes_key, salesforce_key, series):
        notes = record if side is Side.NOTES else ctx.trees.notes.records.get(one.notes_key)
        salesforce = record if side is Side.SALESFORCE else ctx.trees.salesforce.records.get(one.salesforce_key)
        result = standing([one], notes, salesforce)
        states.append(result.state)
        draft.upkeep.extend(Upkeep("drop_ignore", item, ignore=used) for used in result.used_up)
    if IgnoreState.FOREVER in states:
        draft.quiet[item] = explain.IGNORED_FOREVER
    elif IgnoreState.UNTIL_CHANGE in states:
        draft.quiet[item] = explain.IGNORED_UNTIL
    else:
        return False
    return True


def _still_as_removed(tombstone: Link, side: Side, record: Record) -> bool:
    remembered = tombstone.digest(side)
    return bool(remembered) and remembered in (record.digest, seen_digest(record.image))


def _ask_locals(ctx: Context, draft: Draft, records: list[Record], others: Newcomers, own: Newcomers) -> list[Record]:
    """A new item whose twin on the other side is private or filtered out is asked about, never doubled in silence."""
    index: dict[Fingerprint, list[Record]] = {}
    by_key: dict[str, Record] = {}
    for record in (*others.private, *(one for one, _ in others.out_of_scope)):
        index.setdefault(fingerprint(record), []).append(record)
        by_key[record.key] = record
    rest: list[Record] = []
    for record in records:
        suspects = [by_key[key] for key in ctx.suspected.get((own.side, record.key), ()) if key in by_key]
        twins = [*suspects, *index.get(fingerprint(record), ())] if index else []
        twin = next((one for one in twins if not _apart(ctx, own.side, record, one)), None)
        if twin is not None and _both(own.side, own.is_what(record), others.is_what(twin)) is Outcome.LOCAL_QUESTION:
            local_question(ctx, draft, own.side, record, twin, others.is_what(twin))
        else:
            rest.append(record)
    return rest


def _both(side: Side, own: Presence, other: Presence) -> Outcome:
    """The cell of the table for a record of ``side`` and what stands on the other one."""
    return unlinked(own, other) if side is Side.NOTES else unlinked(other, own)


def _apart(ctx: Context, side: Side, record: Record, twin: Record) -> bool:
    pair = (record.key, twin.key) if side is Side.NOTES else (twin.key, record.key)
    return pair in ctx.base.kept_apart


def _alone(ctx: Context, draft: Draft, record: Record, own: Newcomers) -> None:
    tombstone = own.removed.get(record.key)
    subject = _subject(ctx, own, record)
    outcome = _both(own.side, own.is_what(record), Presence.ABSENT)
    if outcome in (Outcome.CANNOT_NOTES, Outcome.CANNOT_SALESFORCE):
        target = own.side.other
        image = project(ctx.seen(record), target, ctx.rules, ctx.tree(target).capabilities).image
        problem = time_problem(image, target, ctx.tree(target).capabilities)
        bar = _create_forbidden(ctx, target)
        if bar is not None:
            draft.quiet[subject.id] = (bar,)
        else:
            cannot(ctx, draft, subject, [problem or text("cannot.unknown")])
        return
    if (
        own.side is Side.SALESFORCE
        and record.foreign_key
        and tombstone is None
        and _orphan(ctx, draft, subject, record)
    ):
        return
    if (
        record.key in ctx.base.ours
        and tombstone is None
        and all(record.key not in pair for pair in ctx.base.kept_apart)
    ):
        # We once made it of an event that is not there: deleted or moved away while the state was lost.
        why = [text("why.made_by_us"), text("why.base_lost")]
        removal_rows.orphaned(ctx, draft, subject, Side.SALESFORCE, why)
        return
    create(ctx, draft, subject, own.side.other, tombstone)


def _create_forbidden(ctx: Context, target: Side) -> Text | None:
    if not ctx.tree(target).capabilities.create:
        return explain.read_only(target)
    return None if ctx.rules.may(target, "create") else explain.forbidden(target, "create")


def _orphan(ctx: Context, draft: Draft, subject: Subject, record: Record) -> bool:
    """A Salesforce event that carries our key, but whose Notes item is not there: looked up first, then asked about."""
    key = record.foreign_key
    notes = ctx.trees.notes
    if "#" in key and key not in notes.records and key not in notes.gone:
        if key not in notes.unknown:
            draft.wanted.add((Side.NOTES, key))
        draft.quiet[subject.id] = explain.NOT_LISTED
        return True
    removal_rows.orphaned(ctx, draft, subject, Side.NOTES, [text("why.carries_our_key"), text("why.base_lost")])
    return True


def _leave_out(ctx: Context, draft: Draft, some: Newcomers) -> None:
    for record in some.private:
        set_aside(draft, some.side, record, LeftOutReason.PRIVATE, ctx)
    for record, reason in some.out_of_scope:
        set_aside(draft, some.side, record, reason, ctx)
