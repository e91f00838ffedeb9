"""Events that may be the copy which a create without an answer made: whose they may be, and what must be seen or asked first.

A suspect is an event of its own in the calendar: it may have been moved out of the window, hidden or given away since, and so may
the Notes entry it may belong to. Until one of two suspected partners was seen, is known to be gone, or was answered to be another
meeting, the other gets no copy (unknown is inert, sync.md 2.4).
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from daemon.sync import explain
from daemon.sync.base import LinkState
from daemon.sync.changes import Context
from daemon.sync.draft import Draft, Subject
from daemon.sync.projection import side_name
from daemon.sync.proposal import Settlement
from daemon.sync.rows import option, propose
from shared.states import Action, Answer, Decision, Risk, Side
from shared.texts import text


def suspected(ctx: Context, side: Side, key: str) -> list[str]:
    """The keys on the other side suspected for an item of ``side``, without those kept apart and those that are gone."""
    if not ctx.base.suspects:
        return []
    tree = ctx.tree(side.other)
    found: list[str] = []
    for pair in sorted(ctx.base.suspects - ctx.base.kept_apart):
        mine, other = pair if side is Side.NOTES else pair[::-1]
        if mine == key and (other in tree.records or other not in tree.gone):
            found.append(other)
    return found


def held(
    ctx: Context, draft: Draft, subjects: Mapping[tuple[Side, str], Subject], pairable: Mapping[Side, Container[str]]
) -> set[tuple[Side, str]]:
    """Those of the new items ``subjects`` that get no ordinary row now: their partner is missing, or waits itself."""
    if not ctx.base.suspects:
        return set()
    found = {one for one, subject in subjects.items() if waits(ctx, draft, subject, one[0], pairable[one[0].other])}
    more = found
    while more:
        more = {
            (side.other, other)
            for side, key in more
            for other in suspected(ctx, side, key)
            if (side.other, other) in subjects and (side.other, other) not in found
        }
        draft.quiet.update((subjects[one].id, explain.PARTNER_WAITS) for one in more)
        found |= more
    return found


def waits(ctx: Context, draft: Draft, subject: Subject, side: Side, pairable: Container[str]) -> bool:
    """Whether the item of ``side`` must wait, because a suspected partner is not among those it can be paired with.

    A partner that was not seen yet is asked for by its id, one that is in a pair is left to its pair; of any other one the
    person is asked.
    """
    tree = ctx.tree(side.other)
    missing = [key for key in suspected(ctx, side, subject.key(side)) if key not in pairable]
    if not missing:
        return False
    unseen = {key for key in missing if key not in tree.records and key not in tree.unknown}
    if unseen:
        draft.wanted.update((side.other, key) for key in unseen)
        draft.quiet[subject.id] = explain.NOT_LISTED
    elif any(_is_linked(ctx, side.other, key) for key in missing):
        draft.quiet[subject.id] = explain.PARTNER_WAITS
    else:
        _ask(ctx, draft, subject, side, missing)
    return True


def _is_linked(ctx: Context, side: Side, key: str) -> bool:
    return any(link.key(side) == key and link.state is not LinkState.TOMBSTONE for link in ctx.base.links)


def _ask(ctx: Context, draft: Draft, subject: Subject, side: Side, others: Iterable[str]) -> None:
    """Only the person can find out what became of the create; nothing is written by the answer itself."""
    mine = subject.key(side)
    pairs = tuple((mine, other) if side is Side.NOTES else (other, mine) for other in others)
    apart = Settlement(keep_apart=pairs[0], kept_apart=pairs)
    unknown = ctx.tree(side.other).unknown
    reasons = {unknown[other].text: unknown[other] for other in others if other in unknown}
    propose(
        ctx,
        draft,
        subject,
        Action.QUESTION,
        [option(Decision.ANSWER, "no_partner", apart, answer=Answer.KEEP_APART)],
        summary=text("summary.unseen_partner", side=side_name(side.other)),
        why=[text("why.unseen_partner", keys=", ".join(others)), *reasons.values()],
        risks={Risk.QUESTION},
    )
