"""What Ok carries out for one decided row: the writes, and the link as it shall be afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from daemon.sync.appointment import CONTENT_GROUPS, canonical_text, with_groups
from daemon.sync.base import LinkState
from daemon.sync.merge import BarKind, Frame, Verdict
from daemon.sync.projection import strip_block
from daemon.sync.proposal import PlannedWrite, Proposal, Settlement
from shared.models import Image
from shared.states import Answer, Decision, Group, Side

NO_WRITE = Settlement()
"""What an ignore or an undecided row carries out: nothing."""


def settle(
    proposal: Proposal,
    decision: Decision,
    *,
    fields: Mapping[Group, Side] | None = None,
    answer: Answer | None = None,
    candidate: str | None = None,
) -> Settlement:
    """The settlement of ``decision`` on ``proposal``; raises ValueError with one sentence where the row does not offer it."""
    if decision is Decision.UNDECIDED:
        return NO_WRITE
    if decision is Decision.CHOOSE_FIELDS:
        return _chosen(proposal, fields)
    found: list[Settlement] = []
    for choice, settlement in zip(proposal.choices, proposal.settlements, strict=True):
        if choice.decision is not decision or (decision is Decision.ANSWER and choice.answer is not answer):
            continue
        if candidate is not None and choice.candidate is not None and choice.candidate != candidate:
            continue
        found.append(settlement if settlement is not None else NO_WRITE)
    if not found:
        wanted = f"the answer {answer}" if decision is Decision.ANSWER else str(decision)
        raise ValueError(f"This row does not offer {wanted}; it offers {_offered(proposal)}.")
    if decision is Decision.ANSWER and answer is Answer.KEEP_APART and candidate is None:
        return _apart(found)
    if len(found) > 1:
        raise ValueError(f"This row has {len(found)} possible partners; name the one that is meant.")
    return found[0]


def _apart(found: list[Settlement]) -> Settlement:
    pairs = tuple(pair for one in found for pair in one.kept_apart)
    return Settlement(keep_apart=pairs[0], kept_apart=pairs)


def _chosen(proposal: Proposal, fields: Mapping[Group, Side] | None) -> Settlement:
    offered = any(choice.decision is Decision.CHOOSE_FIELDS for choice in proposal.choices)
    if not offered or proposal.frame is None:
        raise ValueError(f"Fields cannot be chosen for this row; it offers {_offered(proposal)}.")
    frame = proposal.frame
    open_groups = frame.groups(Verdict.CONFLICT, Verdict.TO_NOTES, Verdict.TO_SALESFORCE)
    picks = dict(fields or {})
    strange = [group for group in picks if group not in open_groups]
    if strange:
        raise ValueError(f"{_words(strange)} does not differ in this row; it differs in {_words(open_groups)}.")
    missing = [group for group in frame.groups(Verdict.CONFLICT) if group not in picks]
    if missing:
        raise ValueError(f"Choose a side for {_words(missing)}, too.")
    barred = [group for group, side in picks.items() if not can_take(frame, group, side)]
    if barred:
        raise ValueError(
            f"{_words(barred)} cannot be taken from {picks[barred[0]]}: the other side does not accept it."
        )
    return merged(frame, {**pre_filled(frame), **picks})


def can_take(frame: Frame, group: Group, source: Side) -> bool:
    """Whether ``source``'s value may be given to the other side; in a conflict, text a side keeps for itself is settled by it."""
    judged = next(one for one in frame.verdicts if one.group is group)
    bar = judged.bar(source.other)
    return bar is None or (bar.kind is BarKind.HELD and judged.verdict is Verdict.CONFLICT)


def pre_filled(frame: Frame) -> dict[Group, Side]:
    """The side each one-sided edit comes from."""
    return {one.group: target.other for one in frame.verdicts if (target := one.target()) is not None}


def merged(frame: Frame, picks: Mapping[Group, Side]) -> Settlement:
    """The settlement that gives both sides the value of the picked side, group by group.

    A one-sided edit picked *against* is undone with the old value of its own side, never with the other side's projection.
    Groups without a pick, or barred, keep their base, so that they come again.
    """
    writes: dict[Side, dict[Side | None, list[Group]]] = {Side.NOTES: {}, Side.SALESFORCE: {}}
    unsettled: list[Group] = []
    for one in frame.verdicts:
        if one.verdict in (Verdict.SAME, Verdict.REBASE):
            continue
        source = picks.get(one.group)
        bar = one.bar(source.other) if source is not None else None
        if source is not None and bar is None:
            undo = one.target() is source  # the edit lies on the side that is written
            writes[source.other].setdefault(None if undo else source, []).append(one.group)
        elif not (bar is not None and bar.kind is BarKind.HELD and one.verdict is Verdict.CONFLICT):
            unsettled.append(
                one.group
            )  # a text that Notes keeps for itself is settled by choosing: both sides keep theirs
    notes_write = _write(frame, Side.NOTES, writes[Side.NOTES])
    salesforce_write = _write(frame, Side.SALESFORCE, writes[Side.SALESFORCE])
    body = None
    if notes_write is not None and notes_write.after is not None and Group.DESCRIPTION in notes_write.groups:
        body = notes_write.after.description
    return Settlement(
        writes=tuple(write for write in (salesforce_write, notes_write) if write is not None),
        link_state=LinkState.LINKED,
        notes_image=_believed(frame, Side.NOTES, notes_write, unsettled),
        salesforce_image=_believed(frame, Side.SALESFORCE, salesforce_write, unsettled),
        notes_key=frame.notes_key,
        salesforce_key=frame.salesforce_key,
        generation=frame.generation,
        keep_syncing=frame.keep_syncing,
        notes_body_written=body,
    )


def _write(frame: Frame, target: Side, by_source: Mapping[Side | None, list[Group]]) -> PlannedWrite | None:
    if not by_source:
        return None
    now = frame.now(target)
    after, groups = now, set[Group]()
    for source, some in by_source.items():
        base = frame.base(target)
        after = with_groups(after, base if source is None and base is not None else frame.wanted(target), some)
        groups.update(some)
    version = frame.notes_version if target is Side.NOTES else frame.salesforce_version
    key = frame.notes_key if target is Side.NOTES else frame.salesforce_key
    return PlannedWrite(target, "update", key, version, now, after, frozenset(groups))


def _believed(frame: Frame, side: Side, write: PlannedWrite | None, unsettled: Iterable[Group]) -> Image:
    image = write.after if write is not None and write.after is not None else frame.now(side)
    base = frame.base(side)
    return image if base is None else with_groups(image, base, unsettled)


def create_groups() -> frozenset[Group]:
    """A create sets every group."""
    return frozenset((*CONTENT_GROUPS, Group.REMINDER, Group.PRIVACY))


def body_of(image: Image) -> str:
    """The description of an image we put into Notes, as formatting protection remembers it."""
    return canonical_text(strip_block(image.description))


def _offered(proposal: Proposal) -> str:
    names = [str(choice.answer or choice.decision) for choice in proposal.choices]
    return ", ".join(dict.fromkeys(names)) or "nothing"


def _words(groups: Iterable[Group]) -> str:
    return ", ".join(str(group) for group in groups)
