"""Rows about edits of a linked or matched pair: update one side, update both, choose in a conflict, or link as it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from daemon.sync import explain
from daemon.sync.appointment import canonical_text, group_value, text_digest
from daemon.sync.base import Link
from daemon.sync.changes import Context
from daemon.sync.draft import Draft, Option, Subject
from daemon.sync.merge import Bar, BarKind, Frame, GroupVerdict, Pair, Verdict, verdicts
from daemon.sync.projection import project, strip_block, time_problem
from daemon.sync.proposal import Upkeep
from daemon.sync.risks import write_risks
from daemon.sync.rows import cannot, locked_groups, locked_reason, option, propose
from daemon.sync.settle import can_take, merged, pre_filled
from daemon.sync.trees import Record
from shared.models import FieldRow, Image, Text
from shared.states import Action, Decision, Group, Risk, Side
from shared.texts import text

_OPEN = (Verdict.CONFLICT, Verdict.TO_NOTES, Verdict.TO_SALESFORCE)
_UPDATES = {
    (True, False): (Action.UPDATE_IN_SALESFORCE, "update_in_salesforce"),
    (False, True): (Action.UPDATE_IN_NOTES, "update_in_notes"),
    (True, True): (Action.UPDATE_BOTH, "update_both"),
}


def frame_of(ctx: Context, notes: Record, salesforce: Record, link: Link | None) -> Frame:
    """The merge of two records over the base of ``link`` (none, or one whose base was lost: a two-way comparison)."""
    rules = ctx.rules
    n_caps, s_caps = ctx.trees.notes.capabilities, ctx.trees.salesforce.capabilities
    notes_image, salesforce_image = ctx.seen(notes), ctx.seen(salesforce)
    notes_base = link.notes_image if link is not None else None
    salesforce_base = link.salesforce_image if link is not None else None
    to_salesforce = project(notes_image, Side.SALESFORCE, rules, s_caps)
    to_notes = project(salesforce_image, Side.NOTES, rules, n_caps)
    pair = Pair(
        notes_image,
        salesforce_image,
        notes_base,
        salesforce_base,
        to_salesforce,
        to_notes,
        {
            Side.SALESFORCE: _shortened(notes_base, Side.SALESFORCE, ctx),
            Side.NOTES: _shortened(salesforce_base, Side.NOTES, ctx),
        },
        withheld=rules.hides(notes.image),
    )
    found = verdicts(pair, ctx.groups)
    frame = Frame(
        notes=notes_image,
        salesforce=salesforce_image,
        notes_base=notes_base,
        salesforce_base=salesforce_base,
        to_salesforce=to_salesforce.image,
        to_notes=to_notes.image,
        verdicts=(),
        notes_key=notes.key,
        salesforce_key=salesforce.key,
        notes_version=notes.version,
        salesforce_version=salesforce.version,
        generation=link.generation if link is not None else 1,
        keep_syncing=link.keep_syncing if link is not None else False,
        shortened_to_salesforce=to_salesforce.shortened,
        shortened_to_notes=to_notes.shortened,
    )
    judged = tuple(
        GroupVerdict(group, verdict)
        if verdict in (Verdict.SAME, Verdict.REBASE)
        else GroupVerdict(
            group,
            verdict,
            notes_bar=_bar(ctx, frame, group, Side.NOTES, notes, link),
            salesforce_bar=_bar(ctx, frame, group, Side.SALESFORCE, salesforce, link),
        )
        for group, verdict in found.items()
    )
    return replace(frame, verdicts=judged)


def _shortened(base: Image | None, target: Side, ctx: Context) -> frozenset[Group]:
    if base is None:
        return frozenset()
    return project(base, target, ctx.rules, ctx.tree(target).capabilities).shortened


def _bar(ctx: Context, frame: Frame, group: Group, target: Side, record: Record, link: Link | None) -> Bar | None:
    """Why ``group`` may not be written to ``target``, or None."""
    capabilities = ctx.tree(target).capabilities
    if not capabilities.update:
        return Bar(BarKind.FORBIDDEN, explain.read_only(target))
    if not ctx.rules.may(target, "update"):
        return Bar(BarKind.FORBIDDEN, explain.forbidden(target, "update"))
    if target is Side.NOTES and group is not Group.TIME and ctx.rules.hides(record.image):
        return Bar(BarKind.HELD, text("why.private_text_stays"))
    if group in locked_groups(record, target):
        return Bar(BarKind.BLOCKED, locked_reason(record, target))
    if group is Group.TIME:
        problem = time_problem(frame.wanted(target), target, capabilities)
        return Bar(BarKind.BLOCKED, problem) if problem is not None else None
    if target is Side.NOTES and group is Group.DESCRIPTION and not _may_overwrite(ctx, record, link):
        return Bar(BarKind.HELD, text("why.formatting_protected"))
    return None


def _may_overwrite(ctx: Context, record: Record, link: Link | None) -> bool:
    """Formatting protection (contracts.md 8): only an empty Notes body, or the one we last wrote, is overwritten."""
    body = canonical_text(strip_block(record.image.description))
    if not ctx.rules.protect_formatting or not body:
        return True
    return link is not None and bool(link.notes_body_written) and text_digest(body) == link.notes_body_written


def edited(ctx: Context, draft: Draft, subject: Subject, link: Link, notes: Record, salesforce: Record) -> None:
    """The row (or silence) for a linked pair of which at least one side was edited."""
    frame = frame_of(ctx, notes, salesforce, link)
    open_conflicts = [group for group in frame.groups(Verdict.CONFLICT) if _can_be_chosen(frame, group)]
    if open_conflicts:
        _conflict(ctx, draft, subject, frame, link)
        return
    stuck = bool(frame.groups(Verdict.CONFLICT))
    approve = merged(frame, pre_filled(frame))
    if approve.writes and not stuck:
        _update(ctx, draft, subject, frame)
        return
    blocked = explain.bars(frame, BarKind.BLOCKED)
    if blocked:
        cannot(ctx, draft, subject, blocked)
        return
    silent = merged(frame, {})
    if frame.groups(Verdict.REBASE) or link.private_seen:
        draft.upkeep.append(Upkeep("rebase", subject.id, silent.notes_image, silent.salesforce_image))
    reasons = explain.bars(frame)
    draft.quiet[subject.id] = tuple(reasons) or (explain.REBASED if frame.groups(Verdict.REBASE) else explain.IN_STEP)


def _can_be_chosen(frame: Frame, group: Group) -> bool:
    return can_take(frame, group, Side.NOTES) or can_take(frame, group, Side.SALESFORCE)


def _update(ctx: Context, draft: Draft, subject: Subject, frame: Frame) -> None:
    approve = merged(frame, pre_filled(frame))
    sides = {write.side for write in approve.writes}
    action, label = _UPDATES[(Side.SALESFORCE in sides, Side.NOTES in sides)]
    options = [option(Decision.APPROVE, label, approve)]
    for winner in (Side.SALESFORCE, Side.NOTES):
        lost = [one.group for one in frame.verdicts if one.target() is winner]
        if winner in sides and all(can_take(frame, group, winner) for group in lost):
            undo = merged(frame, {**pre_filled(frame), **dict.fromkeys(lost, winner)})
            options.append(option(_use(winner), f"undo_in_{winner.other}", undo))
    if len(frame.groups(*_OPEN)) > 1:
        options.append(option(Decision.CHOOSE_FIELDS, "choose_fields", None))
    shortened = {side: frame.shortened(side) for side in Side}
    risks = write_risks(subject, approve.writes, shortened)
    if subject.moved_minutes is not None:
        risks.add(Risk.SERIES_WIDE)
    if ctx.rules.hides(frame.notes) and frame.notes_base is not None and not frame.notes_base.private:
        risks.add(Risk.PRIVATE)
    groups = {group for write in approve.writes for group in write.groups}
    propose(
        ctx,
        draft,
        subject,
        action,
        options,
        summary=text(f"summary.{action}", groups=explain.group_words(groups)),
        why=_why(frame, subject),
        risks=risks,
        frame=frame,
        fields=field_rows(frame),
    )


def _use(winner: Side) -> Decision:
    return Decision.USE_SALESFORCE if winner is Side.SALESFORCE else Decision.USE_NOTES


def _conflict(ctx: Context, draft: Draft, subject: Subject, frame: Frame, link: Link) -> None:
    conflicts = frame.groups(Verdict.CONFLICT)
    propose(
        ctx,
        draft,
        subject,
        Action.CONFLICT,
        choose_options(frame),
        summary=text("summary.conflict", groups=explain.group_words(conflicts)),
        why=_why(frame, subject),
        risks=conflict_risks(subject, frame),
        frame=frame,
        fields=field_rows(frame),
    )


def choose_options(frame: Frame) -> list[Option]:
    """A side for the groups in conflict (what only one side changed is merged as it is), and the choice field by field."""
    conflicts = frame.groups(Verdict.CONFLICT)
    options: list[Option] = []
    for winner in (Side.SALESFORCE, Side.NOTES):
        if all(can_take(frame, group, winner) for group in conflicts):
            chosen = merged(frame, {**pre_filled(frame), **dict.fromkeys(conflicts, winner)})
            options.append(option(_use(winner), f"use_{winner}", chosen))
    if options or any(_can_be_chosen(frame, group) for group in conflicts):
        options.append(option(Decision.CHOOSE_FIELDS, "choose_fields", None))
    return options


def conflict_risks(subject: Subject, frame: Frame) -> set[Risk]:
    """Whatever side is chosen: the risks of both."""
    risks = {Risk.CONFLICT}
    for winner in Side:
        chosen = merged(frame, {**pre_filled(frame), **dict.fromkeys(frame.groups(Verdict.CONFLICT), winner)})
        risks |= write_risks(subject, chosen.writes, {side: frame.shortened(side) for side in Side})
    return risks


def _why(frame: Frame, subject: Subject) -> list[Text]:
    reasons = explain.merge_reasons(frame)
    if subject.moved_minutes is not None:
        reasons.append(text("why.series_moved", minutes=subject.moved_minutes))
    for side in Side:
        if frame.shortened(side):
            reasons.append(
                text("why.shortened", side=explain.side_name(side), groups=explain.group_words(frame.shortened(side)))
            )
    return reasons


def field_rows(frame: Frame) -> tuple[FieldRow, ...]:
    """The field-by-field view of a row."""
    return tuple(_field_row(frame, one) for one in frame.verdicts)


_STATES = {
    Verdict.SAME: "same",
    Verdict.REBASE: "both_changed",
    Verdict.TO_SALESFORCE: "notes_changed",
    Verdict.TO_NOTES: "salesforce_changed",
    Verdict.CONFLICT: "conflict",
}


def _field_row(frame: Frame, one: GroupVerdict) -> FieldRow:
    notes, salesforce = read_value(frame.notes, one.group), read_value(frame.salesforce, one.group)
    result, source = None, None
    if one.verdict in (Verdict.SAME, Verdict.REBASE):
        result, source = notes, "both"
    elif (target := one.target()) is not None and one.bar(target) is None:
        source = str(target.other)
        result = notes if target is Side.SALESFORCE else salesforce
    return FieldRow(
        group=one.group,
        base=read_value(frame.notes_base, one.group) if frame.notes_base is not None else None,
        salesforce=salesforce,
        notes=notes,
        result=result,
        source=source,
        state=_STATES[one.verdict],
    )


def read_value(image: Image, group: Group) -> Any:
    """A group's value as a person reads it."""
    if group is Group.TIME:
        return {"starts_at": image.starts_at, "ends_at": image.ends_at, "all_day": image.all_day, "zone": image.zone}
    if group is Group.DESCRIPTION:
        return strip_block(image.description)
    return group_value(image, group)[0]
