"""Events that may be the copy which a create without an answer made: whose they may be, and what must be seen or asked first.

A suspect is an event of its own in the calendar: it may have been moved out of the window, hidden or given away since, and so
may the Notes entry it may belong to. Until the person was asked about both, or one is known to be gone, the other gets no copy
(unknown is inert, sync.md 2.4).
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from daemon.sync import explain
from daemon.sync.base import LinkState
from daemon.sync.changes import Context
from daemon.sync.draft import Draft, Subject
from daemon.sync.projection import side_name
from daemon.sync.proposal import Settlement
from daemon.sync.removal_rows import detached, removal
from daemon.sync.rows import option, propose
from shared.models import Text
from shared.states import Action, Answer, Decision, Risk, Side
from shared.texts import text


def held(
    ctx: Context, draft: Draft, subjects: Mapping[tuple[Side, str], Subject], pairable: Mapping[Side, Container[str]]
) -> set[tuple[Side, str]]:
    """Those of the new items ``subjects`` that get no ordinary row now: their partner is missing, or waits itself."""
    concerned = [one for one in subjects if one in ctx.suspected]
    found = {one for one in concerned if waits(ctx, draft, subjects[one], one[0], pairable[one[0].other])}
    more = found
    while more:
        more = {
            (side.other, other)
            for side, key in more
            for other in ctx.suspected[side, key]
            if (side.other, other) in subjects and (side.other, other) not in found
        }
        draft.quiet.update((subjects[one].id, explain.PARTNER_WAITS) for one in more)
        found |= more
    return found


def waits(ctx: Context, draft: Draft, subject: Subject, side: Side, pairable: Container[str]) -> bool:
    """Whether the item of ``side`` must wait, because a suspected partner is not among those it can be paired with.

    A partner that was not seen yet is asked for by its id; one that another row asks about, or that is ignored, is left to that.
    Of any other one the person is asked.
    """
    tree = ctx.tree(side.other)
    missing = [key for key in ctx.suspected.get((side, subject.key(side)), ()) if key not in pairable]
    if not missing:
        return False
    unseen = {key for key in missing if key not in tree.records and key not in tree.unknown and key not in tree.gone}
    if unseen:
        draft.wanted.update((side.other, key) for key in unseen)
        draft.quiet[subject.id] = explain.NOT_LISTED
    elif any(key in draft.asked or _is_ignored_alone(ctx, side.other, key) for key in missing):
        draft.quiet[subject.id] = explain.PARTNER_WAITS
    else:
        _ask(ctx, draft, subject, side, missing)
    return True


def _is_ignored_alone(ctx: Context, side: Side, key: str) -> bool:
    """Whether the person ignores this item, which is in no pair."""
    if _is_linked(ctx, side, key):
        return False
    notes_key, salesforce_key = (key, "") if side is Side.NOTES else ("", key)
    return bool(ctx.ignores) and bool(ctx.ignores.of(ctx.fresh_id(side, key), notes_key, salesforce_key))


def _ask(ctx: Context, draft: Draft, subject: Subject, side: Side, others: Sequence[str]) -> None:
    """Only the person can find out what became of the create; without a partner the item is looked at anew."""
    tree, mine = ctx.tree(side.other), subject.key(side)
    pairs = tuple((mine, other) if side is Side.NOTES else (other, mine) for other in others)
    apart = Settlement(keep_apart=pairs[0], kept_apart=pairs)
    if any(key in tree.gone and key not in tree.records for key in others):
        name = "partner_deleted"
    elif any(_is_linked(ctx, side.other, key) for key in others):
        name = "extra_copy"
    else:
        name = "unseen_partner"
    unseen = name == "unseen_partner"
    label = "no_partner" if unseen else "another_meeting"
    options = [option(Decision.ANSWER, label, apart, answer=Answer.KEEP_APART)]
    if not unseen:
        options.append(option(Decision.ANSWER, "detach", detached(subject), answer=Answer.DETACH))
        delete = removal(ctx, subject, side)
        options.append(option(Decision.ANSWER, f"delete_copy_{side}", delete, answer=Answer.DELETE_COPY))
    reasons = {tree.unknown[other].text: tree.unknown[other] for other in others if other in tree.unknown}
    propose(
        ctx,
        draft,
        subject,
        Action.QUESTION,
        options,
        summary=text(f"summary.{name}", side=side_name(side.other)),
        why=[_because(ctx, name, pairs, others), *reasons.values()],
        risks={Risk.QUESTION},
    )


def _because(ctx: Context, name: str, pairs: Sequence[tuple[str, str]], others: Sequence[str]) -> Text:
    if not ctx.base.copies.isdisjoint(pairs):
        return text("why.carries_our_key")
    return text(f"why.{name}", keys=", ".join(others))


def _is_linked(ctx: Context, side: Side, key: str) -> bool:
    return any(link.key(side) == key and link.state is not LinkState.TOMBSTONE for link in ctx.base.links)
