"""The walk over linked pairs: the status of both sides, the cell of the table, and the row that follows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from daemon.sync import explain, removal_rows
from daemon.sync.base import Link, LinkState
from daemon.sync.changes import Context, Seen, in_window, look, quick_test
from daemon.sync.decide import IgnoreState, Outcome, Status, Target, linked, overlaid
from daemon.sync.draft import Draft, Subject, set_aside
from daemon.sync.ignore import NOTHING, Standing, standing
from daemon.sync.matching import by_likeness
from daemon.sync.merge_rows import edited
from daemon.sync.pair_rows import doubtful
from daemon.sync.projection import redacted
from daemon.sync.proposal import Upkeep
from daemon.sync.rows import cannot
from daemon.sync.series import Moved
from daemon.sync.special_pairs import lost_sight, without_base
from daemon.sync.suspects import waits
from shared.models import Image, Text
from shared.states import LeftOutReason, Side
from shared.texts import text


@dataclass(frozen=True, slots=True)
class LinkedPair:
    """A link with what was seen of both sides."""

    link: Link
    subject: Subject
    notes: Seen
    salesforce: Seen
    outcome: Outcome

    def seen(self, side: Side) -> Seen:
        return self.notes if side is Side.NOTES else self.salesforce


def walk(ctx: Context, draft: Draft, moved: Mapping[str, Moved]) -> None:
    """Every link that is no tombstone. ``moved`` gives re-issued occurrences their new Notes record."""
    notes_records, salesforce_records = ctx.trees.notes.records, ctx.trees.salesforce.records
    quick = quick_test(ctx)
    for link in sorted(ctx.base.links, key=lambda one: one.id):
        if link.state is LinkState.LINKED:
            n = notes_records.get(link.notes_key)
            s = salesforce_records.get(link.salesforce_key)
            if n is not None and s is not None and quick(link, n, s):
                draft.quiet[link.id] = explain.IN_STEP
                continue
        if link.state is LinkState.TOMBSTONE:
            continue
        if link.state is LinkState.FROZEN:
            _frozen(ctx, draft, link)
            continue
        _one(ctx, draft, link, moved.get(link.id))


def _frozen(ctx: Context, draft: Draft, link: Link) -> None:
    """A detached pair stands still; once both copies are known to be gone there is nothing to remember."""
    keys = [(side, link.key(side)) for side in Side if link.key(side)]
    if all(key in ctx.tree(side).gone and key not in ctx.tree(side).records for side, key in keys):
        draft.upkeep.append(Upkeep("forget", link.id))
    draft.quiet[link.id] = explain.DETACHED


def _one(ctx: Context, draft: Draft, link: Link, moved: Moved | None) -> None:
    notes, salesforce = look(ctx, link, Side.NOTES), look(ctx, link, Side.SALESFORCE)
    if moved is not None:
        notes = in_window(ctx, link, Side.NOTES, moved.record)
    ignored = _ignored(ctx, link, notes, salesforce)
    outcome, _ = overlaid(linked(notes.status, salesforce.status), ignored.state, Target.WRITABLE)
    draft.upkeep.extend(Upkeep("drop_ignore", link.id, ignore=one) for one in ignored.used_up)
    if ignored.state is not IgnoreState.NONE:
        forever = ignored.state is IgnoreState.FOREVER
        draft.quiet[link.id] = explain.IGNORED_FOREVER if forever else explain.IGNORED_UNTIL
        return
    if outcome is Outcome.FETCH:
        notes, salesforce = _fetched(ctx, link, Side.NOTES, notes), _fetched(ctx, link, Side.SALESFORCE, salesforce)
        outcome = linked(notes.status, salesforce.status)
    if link.state is LinkState.NO_BASE:
        outcome = without_base(notes, salesforce, outcome)
    outcome = lost_sight(ctx, link, notes, salesforce) or outcome
    subject = _subject(ctx, link, notes, salesforce, moved)
    away = salesforce.status is Status.DELETED or (outcome is Outcome.ORPHAN and salesforce.record is None)
    if away and notes.record is not None and _asks_for_copies(ctx, draft, subject):
        return
    _ACT[outcome](ctx, draft, LinkedPair(link, subject, notes, salesforce, outcome))


def _asks_for_copies(ctx: Context, draft: Draft, subject: Subject) -> bool:
    """Events that may be the re-created copy of a pair whose own event is gone, because that create was never answered.

    Two pairs may suspect the same events; whichever gets one is decided by the answers (an event is given once).
    """
    records, linked_keys = ctx.trees.salesforce.records, ctx.base.by_key(Side.SALESFORCE)
    suspects = ctx.suspected.get((Side.NOTES, subject.key(Side.NOTES)), ())
    # What is out of sight for good is most likely the pair's own old event, purged from the bin: nothing can be found out of it.
    open_ones = [key for key in suspects if key not in linked_keys and key not in ctx.trees.salesforce.lost]
    if not open_ones:
        return False
    there = [key for key in open_ones if key in records]
    draft.asked.update(there)
    if waits(ctx, draft, subject, Side.NOTES, {*records, *linked_keys}):
        draft.quiet.update((ctx.fresh_id(Side.SALESFORCE, key), explain.PARTNER_WAITS) for key in there)
    else:
        assert subject.notes is not None
        doubtful(ctx, draft, subject, by_likeness(subject.notes, [records[key] for key in there]))
    return True


def _ignored(ctx: Context, link: Link, notes: Seen, salesforce: Seen) -> Standing:
    if not ctx.ignores:
        return NOTHING
    series = [seen.record.series.id for seen in (notes, salesforce) if seen.record is not None and seen.record.series]
    found = ctx.ignores.of(link.id, link.notes_key, link.salesforce_key, series)
    result = standing(found, notes.record, salesforce.record)
    unseen = any(seen.record is None and seen.status is not Status.DELETED for seen in (notes, salesforce))
    if result.used_up and unseen:  # what was not read cannot be told to have changed
        return Standing(IgnoreState.UNTIL_CHANGE)
    return result


def _fetched(ctx: Context, link: Link, side: Side, seen: Seen) -> Seen:
    """The side as if it were in the window: judged again where it was read, wanted by its id where not."""
    if seen.status.code != "L":
        return seen
    if seen.record is None:
        return Seen(Status.UNKNOWN, wanted=True)
    return in_window(ctx, link, side, seen.record)


def _subject(ctx: Context, link: Link, notes: Seen, salesforce: Seen, moved: Moved | None) -> Subject:
    records = (notes.record, salesforce.record)
    hidden = any(record is not None and ctx.rules.hides(record.image) for record in records)
    fallback: Image | None = None
    if notes.record is None and salesforce.record is None:
        fallback = link.notes_image or link.salesforce_image
        if fallback is not None and fallback.private and ctx.rules.private != "carry":
            fallback = redacted(fallback)
    return Subject(
        id=link.id,
        notes=notes.record,
        salesforce=salesforce.record,
        link=link,
        hidden=hidden,
        generation=link.generation,
        moved_minutes=moved.minutes if moved is not None else None,
        fallback=fallback,
    )


def _keep(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    draft.quiet[pair.link.id] = explain.IN_STEP


def _edit(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    if pair.notes.record is not None and pair.salesforce.record is not None:
        edited(ctx, draft, pair.subject, pair.link, pair.notes.record, pair.salesforce.record)


def _delete_in_salesforce(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    removal_rows.deleted(ctx, draft, pair.subject, Side.NOTES)


def _delete_in_notes(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    removal_rows.deleted(ctx, draft, pair.subject, Side.SALESFORCE)


def _edit_or_delete(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    gone = Side.NOTES if pair.notes.status is Status.DELETED else Side.SALESFORCE
    holdable = pair.seen(gone.other).status is not Status.UNHOLDABLE
    removal_rows.edited_or_deleted(ctx, draft, pair.subject, gone, holdable)


def _withdraw(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    if pair.link.private_seen:
        draft.quiet[pair.link.id] = explain.PRIVATE_LEFT
        return
    known = pair.link.state is not LinkState.NO_BASE
    edited_there = known and pair.salesforce.status in (Status.EDITED, Status.UNHOLDABLE)
    removal_rows.withdraw(ctx, draft, pair.subject, pair.salesforce, edited_there)


def _mark_private(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    if pair.link.private_seen:
        draft.quiet[pair.link.id] = explain.PRIVATE_LEFT
        return
    removal_rows.mark_private(ctx, draft, pair.subject, pair.outcome is Outcome.CONFLICT_HIDDEN)


def _freeze(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    """Silently out of scope: the base stays, so that the pair goes on where it was when it comes back."""
    reasons: list[Text] = []
    for side in Side:
        seen = pair.seen(side)
        reason = seen.left_out
        if reason is None:
            continue
        reasons.append(explain.left_out(reason))
        if seen.record is not None:
            set_aside(draft, side, seen.record, reason, ctx)
    if Status.DELETED in (pair.notes.status, pair.salesforce.status):
        reasons.append(text("quiet.deleted_outside_window"))
    draft.quiet[pair.link.id] = tuple(_once(reasons)) or explain.OUTSIDE_WINDOW


def _once(reasons: list[Text]) -> list[Text]:
    found: list[Text] = []
    for one in reasons:
        if one not in found:
            found.append(one)
    return found


def _detach_private(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    draft.upkeep.append(Upkeep("freeze", pair.link.id))
    draft.quiet[pair.link.id] = explain.BOTH_PRIVATE


def _left_scope(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    side = Side.NOTES if pair.notes.status.code == "L" else Side.SALESFORCE
    removal_rows.left_scope(ctx, draft, pair.subject, side, pair.seen(side))


def _deleted_and_private(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    why = [explain.deleted_on(Side.NOTES), text("why.became_private", side="Salesforce")]
    removal_rows.orphaned(ctx, draft, pair.subject, Side.NOTES, why)


def _orphan(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    missing = Side.NOTES if pair.notes.record is None else Side.SALESFORCE
    lost = pair.seen(missing).reason
    why = [lost] if lost is not None else [explain.deleted_on(missing), text("why.base_lost")]
    removal_rows.orphaned(ctx, draft, pair.subject, missing, why)


def _forget(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    draft.upkeep.append(Upkeep("forget", pair.link.id))
    for side in Side:
        seen = pair.seen(side)
        if seen.record is not None and seen.left_out is not None:
            set_aside(draft, side, seen.record, seen.left_out, ctx)
    draft.quiet[pair.link.id] = (text("quiet.forgotten"),)


def _forget_private(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    notes = pair.notes.record
    draft.upkeep.append(Upkeep("tombstone", pair.link.id, notes_image=redacted(notes.image) if notes else None))
    if notes is not None:
        set_aside(draft, Side.NOTES, notes, LeftOutReason.PRIVATE, ctx)
    draft.quiet[pair.link.id] = (text("quiet.forgotten"),)


def _forget_both(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    draft.upkeep.append(Upkeep("tombstone", pair.link.id))
    draft.quiet[pair.link.id] = explain.BOTH_DELETED


def _hold(ctx: Context, draft: Draft, pair: LinkedPair) -> None:
    """Nothing is proposed while a side is unknown; an item that cannot be read is named."""
    reasons: list[Text] = []
    for side in Side:
        seen = pair.seen(side)
        if seen.unreadable:
            cannot(ctx, draft, pair.subject, [seen.reason or text("cannot.unreadable")])
            return
        if seen.wanted:
            draft.wanted.add((side, pair.link.key(side)))
        if seen.reason is not None:
            reasons.append(seen.reason)
    draft.quiet[pair.link.id] = tuple(_once(reasons)) or explain.NOT_LISTED


_ACT: dict[Outcome, Callable[[Context, Draft, LinkedPair], None]] = {
    Outcome.KEEP: _keep,
    Outcome.TO_SALESFORCE: _edit,
    Outcome.TO_NOTES: _edit,
    Outcome.MERGE: _edit,
    Outcome.CONFLICT: _edit,
    Outcome.CANNOT_NOTES: _edit,
    Outcome.CANNOT_SALESFORCE: _edit,
    Outcome.DELETE_IN_SALESFORCE: _delete_in_salesforce,
    Outcome.DELETE_IN_NOTES: _delete_in_notes,
    Outcome.EDIT_OR_DELETE: _edit_or_delete,
    Outcome.WITHDRAW: _withdraw,
    Outcome.MARK_PRIVATE: _mark_private,
    Outcome.CONFLICT_HIDDEN: _mark_private,
    Outcome.FREEZE: _freeze,
    Outcome.DETACH_PRIVATE: _detach_private,
    Outcome.LEFT_SCOPE: _left_scope,
    Outcome.DELETED_AND_PRIVATE: _deleted_and_private,
    Outcome.ORPHAN: _orphan,
    Outcome.FORGET: _forget,
    Outcome.FORGET_PRIVATE: _forget_private,
    Outcome.FORGET_BOTH: _forget_both,
    Outcome.FETCH: _hold,
    Outcome.HOLD: _hold,
}
"""What each outcome of the table of linked pairs does."""
