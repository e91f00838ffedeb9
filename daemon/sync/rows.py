"""How a row is put together: its menu, what each entry carries out, its risks, its revision, and whether it may stand at all."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

import msgspec

from daemon.sync import explain
from daemon.sync.appointment import CONTENT_GROUPS, digest
from daemon.sync.changes import Context
from daemon.sync.draft import Draft, Option, Subject
from daemon.sync.ignore import seen_digest
from daemon.sync.merge import Bar, BarKind, Frame
from daemon.sync.projection import PRIVATE_TITLE, project, redacted, side_name, time_problem
from daemon.sync.proposal import PlannedWrite, Proposal, Settlement
from daemon.sync.trees import Record
from shared.models import Candidate, Choice, Effects, FieldRow, Image, Series, Text
from shared.states import Action, Answer, Decision, Effect, Group, Risk, Side
from shared.texts import text

ORGANISER_GROUPS = frozenset({Group.TIME, Group.LOCATION, Group.SUBJECT})
"""What only the person who called a meeting may change (contracts.md 7)."""

_EFFECTS = {"create": Effect.CREATE, "update": Effect.UPDATE, "delete": Effect.DELETE}
_HIDING = frozenset({Action.WITHDRAW_FROM_SALESFORCE, Action.MAKE_PRIVATE_IN_NOTES})
"""Rows that only have a sense while something can be hidden."""

_DEFAULT_APPROVED = frozenset(
    {
        Action.CREATE_IN_SALESFORCE,
        Action.CREATE_IN_NOTES,
        Action.UPDATE_IN_SALESFORCE,
        Action.UPDATE_IN_NOTES,
        Action.UPDATE_BOTH,
        Action.LINK,
    }
)


def option(
    decision: Decision,
    label: str,
    settlement: Settlement | None,
    *,
    answer: Answer | None = None,
    recommended: Iterable[Answer] = (),
    candidate: str | None = None,
    **params: str,
) -> Option:
    """A menu entry labelled with the sentence ``choice.<label>``; its effects are read off the settlement."""
    effects = {Side.NOTES: Effect.NOTHING, Side.SALESFORCE: Effect.NOTHING}
    for write in settlement.writes if settlement is not None else ():
        effects[write.side] = _EFFECTS[write.kind]
    return Option(
        Choice(
            decision=decision,
            answer=answer,
            effect=Effects(salesforce=effects[Side.SALESFORCE], notes=effects[Side.NOTES]),
            destructive=Effect.DELETE in effects.values() or answer is Answer.HIDE_TEXT,
            recommended=answer is not None and answer in tuple(recommended),
            text=text(f"choice.{label}", **params),
            candidate=candidate,
        ),
        settlement,
    )


IGNORES = (
    option(Decision.IGNORE_UNTIL_CHANGE, "ignore_until_change", None),
    option(Decision.IGNORE_FOREVER, "ignore_forever", None),
)
LATER = option(Decision.UNDECIDED, "decide_later", None)
"""Takes a decision back, a default approval too: the row waits for the next run."""


def barrier(ctx: Context, subject: Subject, write: PlannedWrite) -> Bar | None:
    """Why ``write`` may not be sent, or None: rules and read-only calendars forbid, locked items and times block."""
    tree = ctx.tree(write.side)
    allowed = {
        "create": tree.capabilities.create,
        "update": tree.capabilities.update,
        "delete": tree.capabilities.delete,
    }
    if not allowed[write.kind]:
        return Bar(BarKind.FORBIDDEN, explain.read_only(write.side))
    if not ctx.rules.may(write.side, write.kind):
        return Bar(BarKind.FORBIDDEN, explain.forbidden(write.side, write.kind))
    record = subject.record(write.side)
    if record is not None and write.kind != "create":
        touched = write.groups if write.kind == "update" else frozenset(CONTENT_GROUPS)
        locked = locked_groups(record, write.side)
        if (locked & touched) if write.kind == "update" else locked >= touched:
            return Bar(BarKind.BLOCKED, locked_reason(record, write.side))
    if write.after is not None and (write.kind == "create" or Group.TIME in write.groups):
        problem = time_problem(write.after, write.side, tree.capabilities)
        if problem is not None:
            return Bar(BarKind.BLOCKED, problem)
    return None


def locked_groups(record: Record, side: Side) -> frozenset[Group]:
    own = record.locked_groups
    return own | ORGANISER_GROUPS if side is Side.NOTES and record.organised_by_other else own


def locked_reason(record: Record, side: Side) -> Text:
    if record.locked_because is not None:
        return record.locked_because
    if side is Side.NOTES and record.organised_by_other:
        return text("cannot.organised_by_other")
    return text("cannot.locked", side=side_name(side))


def propose(
    ctx: Context,
    draft: Draft,
    subject: Subject,
    action: Action,
    options: Sequence[Option],
    *,
    summary: Text,
    why: Sequence[Text],
    risks: Iterable[Risk] = (),
    frame: Frame | None = None,
    fields: tuple[FieldRow, ...] = (),
    candidates: tuple[Candidate, ...] = (),
) -> None:
    """Add the row, with the entries that can be carried out; without any, the reason goes to ``quiet`` or a cannot_sync row.

    The first option of a create, update or delete is the proposal itself: where that is barred, the row has no sense.
    """
    kept: list[Option] = []
    bars: list[Bar] = []
    for one in options:
        found = [
            bar for write in (one.settlement.writes if one.settlement else ()) if (bar := barrier(ctx, subject, write))
        ]
        if not found:
            kept.append(one)
        elif one is options[0] or one.choice.decision is not Decision.APPROVE:
            bars.extend(found)
    leading = bool(options) and options[0].choice.decision is Decision.APPROVE and options[0] not in kept
    if action in _HIDING:
        leading = not any(one.settlement is not None and one.settlement.writes for one in kept)
    if leading or not any(_carries_out(one) for one in kept):
        reasons = _unique(bar.why for bar in bars)
        if any(bar.kind is BarKind.BLOCKED for bar in bars):
            cannot(ctx, draft, subject, reasons)
        else:
            draft.quiet[subject.id] = tuple(reasons) or (text("quiet.nothing_to_do"),)
        return
    row = _row(ctx, subject, action, (*kept, *IGNORES, LATER), summary, why)
    unique_risks = tuple(risk for risk in Risk if risk in set(risks))
    row = replace(row, risks=unique_risks, frame=frame, fields=fields, candidates=candidates)
    draft.changes.append(replace(row, default_decision=_default(ctx, row)))


def _unique(texts: Iterable[Text]) -> list[Text]:
    found: list[Text] = []
    for one in texts:
        if one not in found:
            found.append(one)
    return found


def _carries_out(one: Option) -> bool:
    return one.choice.decision is not Decision.CHOOSE_FIELDS


def _default(ctx: Context, row: Proposal) -> Decision:
    offered = {choice.decision for choice in row.choices}
    if row.action in _DEFAULT_APPROVED and not row.risks and Decision.APPROVE in offered:
        return Decision.APPROVE
    if Risk.CONFLICT in row.risks and row.action in (Action.CONFLICT, Action.LINK):
        preferred = {"salesforce": Decision.USE_SALESFORCE, "notes": Decision.USE_NOTES}.get(ctx.rules.conflicts)
        if preferred is not None and preferred in offered:
            return preferred
    return Decision.UNDECIDED


def cannot(ctx: Context, draft: Draft, subject: Subject, reasons: Sequence[Text]) -> None:
    """A cannot_sync row, silent once the person has seen this very revision."""
    reason = reasons[0] if reasons else text("cannot.unknown")
    row = _row(
        ctx,
        subject,
        Action.CANNOT_SYNC,
        IGNORES,
        text("summary.cannot_sync", reason=reason.text),
        tuple(reasons) or (reason,),
    )
    if ctx.base.acknowledged.get(row.id) == row.revision:
        draft.quiet[subject.id] = tuple(reasons) or (reason,)
    else:
        draft.changes.append(row)


def _row(
    ctx: Context, subject: Subject, action: Action, options: Sequence[Option], summary: Text, why: Sequence[Text]
) -> Proposal:
    notes, salesforce = _shown(subject, subject.notes), _shown(subject, subject.salesforce)
    main = notes or salesforce or subject.fallback or Image()
    if subject.hidden:
        main = redacted(main)
    return Proposal(
        id=subject.id,
        item=subject.id,
        action=action,
        revision=revision(ctx, subject, action),
        default_decision=Decision.UNDECIDED,
        title=main.subject,
        starts_at=main.starts_at,
        ends_at=main.ends_at,
        all_day=main.all_day,
        notes_key=subject.key(Side.NOTES),
        salesforce_key=subject.key(Side.SALESFORCE),
        notes_version=subject.notes.version if subject.notes else "",
        salesforce_version=subject.salesforce.version if subject.salesforce else "",
        generation=subject.generation,
        series=_series(subject),
        notes=notes,
        salesforce=salesforce,
        base=_base(subject),
        choices=tuple(one.choice for one in options),
        settlements=tuple(one.settlement for one in options),
        summary=summary,
        why=tuple(why),
        notes_digest=record_digest(ctx, subject.notes),
        salesforce_digest=record_digest(ctx, subject.salesforce),
    )


def _base(subject: Subject) -> Image | None:
    link = subject.link
    if link is None or subject.hidden:
        return None
    return link.notes_image or link.salesforce_image


def _shown(subject: Subject, record: Record | None) -> Image | None:
    if record is None:
        return None
    image = record.image
    if subject.hidden:
        image = msgspec.structs.replace(redacted(image), private=image.private)
    return msgspec.structs.replace(image, id=image.id or record.key, version=image.version or record.version)


def _series(subject: Subject) -> Series | None:
    record = subject.notes if subject.notes is not None and subject.notes.series is not None else subject.salesforce
    place = record.series if record is not None else None
    if place is None:
        return None
    return Series(
        id=place.id,
        title=PRIVATE_TITLE if subject.hidden else place.title,
        position=place.position,
        count=place.count,
        moved_minutes=subject.moved_minutes,
    )


def revision(ctx: Context, subject: Subject, action: Action) -> str:
    """A hash of the inputs only: action, both images, the base and its generation, the version of the rules."""
    parts = [str(action).encode(), ctx.rules.version.encode(), str(subject.generation).encode()]
    for side in (Side.NOTES, Side.SALESFORCE):
        parts.append(record_digest(ctx, subject.record(side)).hex().encode())
        link = subject.link
        parts.append(link.digest(side).hex().encode() if link is not None else b"")
        record = subject.record(side)
        parts.append(",".join(sorted(record.locked_groups)).encode() if record is not None else b"")
    if subject.notes is None and subject.salesforce is None and subject.fallback is not None:
        parts.append(digest(subject.fallback).hex().encode())
    parts.extend(f"{one.key} {record_digest(ctx, one).hex()}".encode() for one in subject.partners)
    raw = hashlib.blake2b(b"\n".join(parts), digest_size=15).digest()
    return base64.b32encode(raw).decode("ascii").lower()


def record_digest(ctx: Context, record: Record | None) -> bytes:
    """The digest of a record as it is compared; of a private one without its text; empty where there is none."""
    return b"" if record is None else seen_digest(ctx.seen(record))


def copy_for(ctx: Context, record: Record, target: Side) -> tuple[Image, frozenset[Group]]:
    """(the image to create on ``target``, the groups that lose text there)."""
    projected = project(ctx.seen(record), target, ctx.rules, ctx.tree(target).capabilities)
    return projected.image, projected.shortened
