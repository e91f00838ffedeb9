"""Rows about what was deleted, became private, or left the filters on one side of a linked pair."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from daemon.sync import explain
from daemon.sync.appointment import with_groups
from daemon.sync.base import LinkState
from daemon.sync.changes import Context, Seen
from daemon.sync.draft import Draft, Option, Subject
from daemon.sync.projection import PRIVATE_TITLE, redacted, side_name
from daemon.sync.proposal import PlannedWrite, Settlement
from daemon.sync.risks import write_risks
from daemon.sync.rows import copy_for, option, propose
from daemon.sync.settle import body_of, create_groups
from daemon.sync.trees import Record
from shared.models import Image, Text
from shared.states import Action, Answer, Decision, Group, Risk, Side
from shared.texts import text

_DELETE = {Side.SALESFORCE: Action.DELETE_IN_SALESFORCE, Side.NOTES: Action.DELETE_IN_NOTES}
_USE = {Side.SALESFORCE: Decision.USE_SALESFORCE, Side.NOTES: Decision.USE_NOTES}


def delete_write(ctx: Context, record: Record, side: Side, hidden: bool) -> PlannedWrite:
    before = redacted(record.image) if hidden else ctx.seen(record)
    return PlannedWrite(side, "delete", record.key, record.version, before=before)


def removal(ctx: Context, subject: Subject, side: Side, keep: Image | None = None) -> Settlement:
    """Delete the copy on ``side`` and remember that.

    ``keep`` is the image of what stays on the other side. Where nothing stays, the base of that side is remembered, so that
    an item taken out of the trash unchanged is not copied again.
    """
    record = subject.record(side)
    if keep is None and subject.link is not None and not subject.hidden and subject.record(side.other) is None:
        keep = subject.link.image(side.other)
    writes = (delete_write(ctx, record, side, subject.hidden),) if record is not None else ()
    gone = writes[0].before if writes else None
    return Settlement(
        writes=writes,
        link_state=LinkState.TOMBSTONE,
        notes_image=gone if side is Side.NOTES else keep,
        salesforce_image=gone if side is Side.SALESFORCE else keep,
        notes_key=subject.key(Side.NOTES),
        salesforce_key=subject.key(Side.SALESFORCE),
        generation=max(subject.generation, 1),
    )


def recreation(ctx: Context, subject: Subject, target: Side, generation: int) -> Settlement:
    """Create on ``target`` what the other side holds, and link the two."""
    source = subject.record(target.other)
    if source is None:
        raise ValueError("nothing is left to re-create from")
    image, _ = copy_for(ctx, source, target)
    withheld = subject.hidden and (not source.image.private or ctx.rules.withholds(source.image, target.other))
    if withheld:  # not a word leaves its side: a private placeholder with the times alone
        image = msgspec.structs.replace(redacted(source.image), id="", version="", zone=None)
    seen = redacted(source.image) if subject.hidden else ctx.seen(source)
    return Settlement(
        writes=(PlannedWrite(target, "create", after=image, groups=create_groups()),),
        link_state=LinkState.LINKED,
        notes_image=image if target is Side.NOTES else seen,
        salesforce_image=image if target is Side.SALESFORCE else seen,
        notes_key="" if target is Side.NOTES else source.key,
        salesforce_key="" if target is Side.SALESFORCE else source.key,
        generation=generation,
        notes_body_written=body_of(image) if target is Side.NOTES else None,
        private_seen=withheld,
    )


def detached(subject: Subject) -> Settlement:
    """Keep both as they are and stop comparing them. The base stays as it was."""
    link = subject.link
    return Settlement(
        link_state=LinkState.FROZEN,
        notes_image=link.notes_image if link is not None else None,
        salesforce_image=link.salesforce_image if link is not None else None,
        notes_key=subject.key(Side.NOTES),
        salesforce_key=subject.key(Side.SALESFORCE),
        generation=max(subject.generation, 1),
    )


def deleted(ctx: Context, draft: Draft, subject: Subject, gone: Side) -> None:
    """Deleted on ``gone``, untouched on the other side: delete there, or re-create the missing copy."""
    left = gone.other
    record = subject.record(left)
    if record is None:
        return
    if left is Side.NOTES and record.organised_by_other:
        _three_answers(
            ctx,
            draft,
            subject,
            text("summary.organiser_question"),
            [explain.deleted_on(gone), text("why.organised_by_other")],
        )
        return
    approve = removal(ctx, subject, left)
    action = _DELETE[left]
    options = [
        option(Decision.APPROVE, str(action), approve),
        option(_USE[left], f"recreate_in_{gone}", recreation(ctx, subject, gone, subject.generation + 1)),
    ]
    propose(
        ctx,
        draft,
        subject,
        action,
        options,
        summary=text(f"summary.{action}"),
        why=[explain.deleted_on(gone)],
        risks={Risk.DELETION} | write_risks(subject, approve.writes),
    )


def edited_or_deleted(ctx: Context, draft: Draft, subject: Subject, gone: Side, holdable: bool) -> None:
    """Deleted on ``gone``, edited on the other side: keep the edit (re-create the copy) or delete both."""
    left = gone.other
    kept = recreation(ctx, subject, gone, subject.generation + 1) if holdable else detached(subject)
    both = removal(ctx, subject, left)
    label = f"keep_edit_{gone}" if holdable else "keep_edit_alone"
    options = [
        option(Decision.ANSWER, label, kept, answer=Answer.KEEP_EDIT, recommended=(Answer.KEEP_EDIT,)),
        option(Decision.ANSWER, "delete_both", both, answer=Answer.DELETE_BOTH),
    ]
    why = [explain.deleted_on(gone), text("why.edited_since", side=side_name(left))]
    propose(
        ctx,
        draft,
        subject,
        Action.EDIT_OR_DELETE,
        options,
        summary=text("summary.edit_or_delete", deleted_in=side_name(gone), edited_in=side_name(left)),
        why=why,
        risks={Risk.EDIT_OR_DELETE} | (write_risks(subject, both.writes) - {Risk.DELETION}),
    )


def withdraw(ctx: Context, draft: Draft, subject: Subject, salesforce: Seen, edited_there: bool) -> None:
    """The Notes entry became private: delete the copy (recommended), hide its text, or leave it."""
    notes, copy = subject.notes, salesforce.record
    if notes is None or copy is None:
        return
    hidden = redacted(notes.image)
    placeholder = Image(
        subject=PRIVATE_TITLE,
        starts_at=copy.image.starts_at,
        ends_at=copy.image.ends_at,
        all_day=copy.image.all_day,
        show_as=copy.image.show_as,
    )
    groups = frozenset({Group.SUBJECT, Group.LOCATION, Group.DESCRIPTION})
    hide = PlannedWrite(Side.SALESFORCE, "update", copy.key, copy.version, redacted(copy.image), placeholder, groups)
    answers = (
        ("delete_copy_salesforce", Answer.DELETE_COPY, removal(ctx, subject, Side.SALESFORCE, keep=hidden)),
        ("hide_text", Answer.HIDE_TEXT, _seen_private(subject, hidden, placeholder, (hide,))),
        ("leave_copy", Answer.LEAVE_COPY, _seen_private(subject, hidden, redacted(copy.image), ())),
    )
    why = [text("why.became_private", side="Notes")]
    if edited_there:
        why.append(text("why.edited_since", side="Salesforce"))
    propose(
        ctx,
        draft,
        subject,
        Action.WITHDRAW_FROM_SALESFORCE,
        _answers(answers, Answer.DELETE_COPY),
        summary=text("summary.withdraw_from_salesforce"),
        why=[*why, text("why.recycle_bin")],
        risks={Risk.PRIVATE, Risk.DELETION},
    )


def mark_private(ctx: Context, draft: Draft, subject: Subject, conflict: bool) -> None:
    """The Salesforce event became private: mark the Notes copy private and detach it (recommended), or leave it."""
    notes, event = subject.notes, subject.salesforce
    if notes is None or event is None:
        return
    before = msgspec.structs.replace(redacted(notes.image), private=notes.image.private)
    after = msgspec.structs.replace(before, private=True)
    mark = PlannedWrite(Side.NOTES, "update", notes.key, notes.version, before, after, frozenset({Group.PRIVACY}))
    marked = Settlement(
        writes=(mark,),
        link_state=LinkState.FROZEN,
        notes_image=after,
        salesforce_image=redacted(event.image),
        notes_key=notes.key,
        salesforce_key=event.key,
        generation=max(subject.generation, 1),
    )
    answers = (
        ("mark_private", Answer.MARK_PRIVATE, marked),
        ("leave_copy", Answer.LEAVE_COPY, _seen_private(subject, before, redacted(event.image), ())),
    )
    why = [text("why.became_private", side="Salesforce")]
    if conflict:
        why.append(text("why.edited_since", side="Notes"))
    propose(
        ctx,
        draft,
        subject,
        Action.CONFLICT if conflict else Action.MAKE_PRIVATE_IN_NOTES,
        _answers(answers, Answer.MARK_PRIVATE),
        summary=text("summary.conflict_hidden" if conflict else "summary.make_private_in_notes"),
        why=why,
        risks={Risk.PRIVATE, Risk.CONFLICT} if conflict else {Risk.PRIVATE},
    )


def _seen_private(subject: Subject, notes: Image, salesforce: Image, writes: tuple[PlannedWrite, ...]) -> Settlement:
    """The pair stays, no text flows while the item is private, and the stored text is erased.

    Times stay those of the base, so that a move made meanwhile is still an edit when the item is public again.
    """
    if subject.link is not None:
        notes = _at_base_time(notes, subject.link.notes_image)
        salesforce = _at_base_time(salesforce, subject.link.salesforce_image)
    return Settlement(
        writes=writes,
        link_state=LinkState.LINKED,
        notes_image=notes,
        salesforce_image=salesforce,
        notes_key=subject.key(Side.NOTES),
        salesforce_key=subject.key(Side.SALESFORCE),
        generation=max(subject.generation, 1),
        private_seen=True,
    )


def _answers(answers: Iterable[tuple[str, Answer, Settlement]], best: Answer) -> list[Option]:
    return [
        option(Decision.ANSWER, label, settlement, answer=answer, recommended=(best,))
        for label, answer, settlement in answers
    ]


def left_scope(ctx: Context, draft: Draft, subject: Subject, side: Side, seen: Seen) -> None:
    """A rule no longer lets ``side``'s item through: detach (recommended), delete the other copy, or keep syncing."""
    other, link = side.other, subject.link
    keep = Settlement(
        link_state=LinkState.LINKED,
        notes_image=link.notes_image if link is not None else None,
        salesforce_image=link.salesforce_image if link is not None else None,
        notes_key=subject.key(Side.NOTES),
        salesforce_key=subject.key(Side.SALESFORCE),
        generation=max(subject.generation, 1),
        keep_syncing=True,
    )
    here = subject.record(side)
    answers = [("detach", Answer.DETACH, detached(subject))]
    if subject.record(other) is not None:
        image = ctx.seen(here) if here is not None else None
        answers.append((f"delete_copy_{other}", Answer.DELETE_COPY, removal(ctx, subject, other, keep=image)))
    answers.append(("keep_syncing", Answer.KEEP_SYNCING, keep))
    why = [text("why.left_scope", side=side_name(side))]
    if seen.left_out is not None:
        why.append(explain.left_out(seen.left_out))
    propose(
        ctx,
        draft,
        subject,
        Action.QUESTION,
        _answers(answers, Answer.DETACH),
        summary=text("summary.left_scope", side=side_name(side)),
        why=why,
        risks={Risk.QUESTION},
    )


def orphaned(ctx: Context, draft: Draft, subject: Subject, missing: Side, why: list[Text]) -> None:
    """The partner on ``missing`` is gone and nothing tells what was meant, or the item became private since."""
    left = subject.record(missing.other)
    private = left is not None and ctx.rules.withholds(left.image, missing.other)
    summary = text("summary.deleted_and_private" if private else "summary.orphan", side=side_name(missing))
    _three_answers(ctx, draft, subject, summary, why)


def _three_answers(ctx: Context, draft: Draft, subject: Subject, summary: Text, why: list[Text]) -> None:
    left = Side.NOTES if subject.notes is not None else Side.SALESFORCE
    answers = (
        ("detach", Answer.DETACH, detached(subject)),
        (
            f"recreate_in_{left.other}",
            Answer.RECREATE,
            recreation(ctx, subject, left.other, subject.generation + 1),
        ),
        (f"delete_copy_{left}", Answer.DELETE_COPY, removal(ctx, subject, left)),
    )
    risks = {Risk.QUESTION, Risk.PRIVATE} if subject.hidden else {Risk.QUESTION}
    propose(
        ctx, draft, subject, Action.QUESTION, _answers(answers, Answer.DETACH), summary=summary, why=why, risks=risks
    )


def _at_base_time(image: Image, base: Image | None) -> Image:
    return image if base is None else with_groups(image, base, (Group.TIME, Group.SHOW_AS))
