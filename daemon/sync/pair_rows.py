"""Rows about items without a link: create the missing copy, link two that are the same, ask where it is doubtful."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from daemon.sync import explain
from daemon.sync.appointment import differing
from daemon.sync.base import Link, LinkState
from daemon.sync.changes import Context
from daemon.sync.decide import Presence
from daemon.sync.draft import Draft, Option, Subject
from daemon.sync.merge import Verdict
from daemon.sync.merge_rows import choose_options, conflict_risks, field_rows, frame_of
from daemon.sync.projection import canonical, project, side_name
from daemon.sync.proposal import PlannedWrite, Settlement
from daemon.sync.rows import copy_for, option, propose
from daemon.sync.settle import body_of, create_groups, merged
from daemon.sync.trees import Record
from shared.models import Candidate
from shared.states import Action, Answer, Decision, Risk, Side
from shared.texts import text

_CREATE = {Side.SALESFORCE: Action.CREATE_IN_SALESFORCE, Side.NOTES: Action.CREATE_IN_NOTES}


def identical(ctx: Context, notes: Record, salesforce: Record) -> bool:
    """Whether the two say the same in every compared group, as far as the other side can hold it."""
    n, s = canonical(ctx.seen(notes)), canonical(ctx.seen(salesforce))
    to_s = canonical(project(n, Side.SALESFORCE, ctx.rules, ctx.trees.salesforce.capabilities).image)
    to_n = canonical(project(s, Side.NOTES, ctx.rules, ctx.trees.notes.capabilities).image)
    return not (differing(to_s, s, ctx.groups) & differing(to_n, n, ctx.groups))


def create(ctx: Context, draft: Draft, subject: Subject, target: Side, tombstone: Link | None) -> None:
    """The missing copy on ``target``; where one was removed before, the row says so and takes its own tick."""
    record = subject.record(target.other)
    if record is None:
        return
    image, shortened = copy_for(ctx, record, target)
    generation = tombstone.generation + 1 if tombstone is not None else 1
    approve = Settlement(
        writes=(PlannedWrite(target, "create", after=image, groups=create_groups()),),
        link_state=LinkState.LINKED,
        notes_image=image if target is Side.NOTES else ctx.seen(record),
        salesforce_image=image if target is Side.SALESFORCE else ctx.seen(record),
        notes_key="" if target is Side.NOTES else record.key,
        salesforce_key="" if target is Side.SALESFORCE else record.key,
        generation=generation,
        notes_body_written=body_of(image) if target is Side.NOTES else None,
    )
    action = _CREATE[target]
    why = [text("why.only_on", side=side_name(target.other), other=side_name(target))]
    risks: set[Risk] = set()
    if shortened:
        risks.add(Risk.SHORTENED)
        why.append(text("why.shortened", side=side_name(target), groups=explain.group_words(shortened)))
    if target is Side.NOTES and record.series is not None:
        why.append(text("why.one_series"))
    if tombstone is not None:
        why.append(text("why.removed_earlier"))
        before = tombstone.image(target.other)
        if before is None or not before.private:  # private to public is an ordinary create (sync.md 2.8)
            risks.add(Risk.RECREATES_REMOVED)
    propose(
        ctx,
        draft,
        subject,
        action,
        [option(Decision.APPROVE, str(action), approve)],
        summary=text(f"summary.{action}"),
        why=why,
        risks=risks,
    )


def link_up(ctx: Context, draft: Draft, notes: Record, salesforce: Record, tombstone: Link | None) -> None:
    """The same meeting on both sides: link it; what differs is chosen group by group, because no base tells who changed."""
    frame = frame_of(ctx, notes, salesforce, None)
    if tombstone is not None:
        frame = replace(frame, generation=tombstone.generation + 1)
    item = tombstone.id if tombstone is not None else ctx.fresh_id(Side.NOTES, notes.key)
    subject = Subject(
        id=item, notes=notes, salesforce=salesforce, hidden=ctx.rules.hides(notes.image), generation=frame.generation
    )
    why = [text("why.carries_our_key" if _by_key(ctx, notes, salesforce) else "why.same_meeting")]
    conflicts = frame.groups(Verdict.CONFLICT)
    options = choose_options(frame) if conflicts else []
    if conflicts and options:
        why.extend(explain.merge_reasons(frame))
        summary = text("summary.link_differs", groups=explain.group_words(conflicts))
        risks = conflict_risks(subject, frame)
    else:  # nothing differs, or nothing that differs may be written: they are linked as they are
        options = [option(Decision.APPROVE, "link", merged(frame, {}))]
        why.extend(explain.bars(frame))
        summary = text("summary.link")
        risks = set()
    propose(
        ctx,
        draft,
        subject,
        Action.LINK,
        options,
        summary=summary,
        why=why,
        risks=risks,
        frame=frame,
        fields=field_rows(frame),
    )


def _by_key(ctx: Context, notes: Record, salesforce: Record) -> bool:
    if (notes.key, salesforce.key) in ctx.base.copies:
        return True
    return bool(salesforce.foreign_key) and salesforce.foreign_key in (notes.key, notes.foreign_key)


def doubtful(ctx: Context, draft: Draft, subject: Subject, partners: list[tuple[Record, float]]) -> None:
    """A Notes item with one or more Salesforce events that may be the same meeting: pair with one, or keep apart.

    The subject names the event too where there is just one and nobody else asks about it: then the row speaks of both.
    """
    notes = subject.notes
    if notes is None:
        return
    options: list[Option] = []
    candidates: list[Candidate] = []
    for partner, score in partners:
        candidate = ctx.fresh_id(Side.SALESFORCE, partner.key)
        candidates.append(Candidate(id=candidate, side=Side.SALESFORCE, image=ctx.seen(partner), score=score))
        options.append(
            option(
                Decision.ANSWER,
                "pair",
                Settlement(
                    link_state=LinkState.NO_BASE,
                    notes_key=notes.key,
                    salesforce_key=partner.key,
                    generation=subject.generation + 1,
                ),
                answer=Answer.PAIR,
                candidate=candidate,
                title=ctx.seen(partner).subject,
            )
        )
        options.append(_keep_apart(notes, partner, candidate))
    propose(
        ctx,
        draft,
        replace(subject, partners=tuple(partner for partner, _ in partners)),
        Action.QUESTION,
        _pairs_first(options),
        summary=text("summary.doubtful_pair", count=len(partners)),
        why=[text(_why_doubtful(ctx, {(notes.key, partner.key) for partner, _ in partners}), count=len(partners))],
        risks={Risk.QUESTION},
        candidates=tuple(candidates),
    )


def _why_doubtful(ctx: Context, pairs: set[tuple[str, str]]) -> str:
    if pairs & ctx.base.suspects:
        return "why.lost_create"
    once = {(link.notes_key, link.salesforce_key) for link in ctx.base.links if link.state is LinkState.TOMBSTONE}
    return "why.once_paired" if pairs & once else "why.doubtful_pair"


def _pairs_first(options: Iterable[Option]) -> list[Option]:
    return sorted(options, key=lambda one: one.choice.answer is Answer.KEEP_APART)


def _keep_apart(notes: Record, salesforce: Record, candidate: str) -> Option:
    pair = (notes.key, salesforce.key)
    apart = Settlement(keep_apart=pair, kept_apart=(pair,))
    return option(Decision.ANSWER, "keep_apart", apart, answer=Answer.KEEP_APART, candidate=candidate)


def local_question(ctx: Context, draft: Draft, side: Side, record: Record, twin: Record, what: Presence) -> None:
    """The other side already has the same meeting, but private or filtered out: the same one, or another?"""
    notes, salesforce = (record, twin) if side is Side.NOTES else (twin, record)
    private = what is Presence.NEW_PRIVATE
    candidate = ctx.fresh_id(side.other, twin.key)
    ours = (notes.key, salesforce.key) in ctx.base.suspects | ctx.base.copies
    # A private twin is only remembered as the same meeting: the pair stands still, and nothing of it is compared. What may be
    # our own copy is a pair like any other: a copy of what became private is withdrawn.
    state = LinkState.FROZEN if private and not ours else LinkState.NO_BASE
    paired = Settlement(link_state=state, notes_key=notes.key, salesforce_key=salesforce.key, keep_syncing=not private)
    summary = "summary.private_twin" if private else "summary.filtered_twin"
    image = ctx.seen(twin)
    options = [
        option(Decision.ANSWER, "pair", paired, answer=Answer.PAIR, candidate=candidate, title=image.subject),
        _keep_apart(notes, salesforce, candidate),
    ]
    propose(
        ctx,
        draft,
        Subject(
            id=ctx.fresh_id(side, record.key),
            notes=record if side is Side.NOTES else None,
            salesforce=record if side is Side.SALESFORCE else None,
            hidden=ctx.rules.hides(record.image),
            partners=(twin,),
        ),
        Action.QUESTION,
        options,
        summary=text(summary, side=side_name(side.other)),
        why=[text("why.made_of_it") if ours else text(summary, side=side_name(side.other))],
        risks={Risk.QUESTION, Risk.PRIVATE} if private else {Risk.QUESTION},
        candidates=(Candidate(id=candidate, side=side.other, image=ctx.seen(twin), score=1.0),),
    )
