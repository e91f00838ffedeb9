"""The merge of two edited images, field group by field group, over the pair of images both were last in step with.

The table is sync.md 2.5.3. Start, end and all-day are one group, because taking one from each side can give a negative event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from daemon.sync.appointment import group_value
from daemon.sync.projection import Projected, canonical
from shared.models import Image, Text
from shared.states import Group, Side


class Verdict(StrEnum):
    """What follows for one group: ``rebase`` means both sides already say the same."""

    SAME = "same"
    REBASE = "rebase"
    TO_SALESFORCE = "to_salesforce"
    TO_NOTES = "to_notes"
    CONFLICT = "conflict"


class BarKind(StrEnum):
    """Why a group may not be written to a side: a rule forbids it, the side keeps its own, or it cannot take it."""

    FORBIDDEN = "forbidden"
    HELD = "held"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Bar:
    kind: BarKind
    why: Text


@dataclass(frozen=True, slots=True)
class GroupVerdict:
    """One group's verdict and what bars it from being written to either side."""

    group: Group
    verdict: Verdict
    notes_bar: Bar | None = None
    salesforce_bar: Bar | None = None

    def bar(self, target: Side) -> Bar | None:
        return self.notes_bar if target is Side.NOTES else self.salesforce_bar

    def target(self) -> Side | None:
        """The side a one-sided edit goes to."""
        return _TARGET.get(self.verdict)


_TARGET = {Verdict.TO_NOTES: Side.NOTES, Verdict.TO_SALESFORCE: Side.SALESFORCE}


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything a field-by-field decision needs: both images, both bases, both projections, a verdict per group.

    Images of private entries are without text. ``to_salesforce`` is what Salesforce would hold of the Notes image, and the
    other way round; each names the groups it shortens.
    """

    notes: Image
    salesforce: Image
    notes_base: Image | None
    salesforce_base: Image | None
    to_salesforce: Image
    to_notes: Image
    verdicts: tuple[GroupVerdict, ...]
    notes_key: str = ""
    salesforce_key: str = ""
    notes_version: str = ""
    salesforce_version: str = ""
    generation: int = 1
    keep_syncing: bool = False
    shortened_to_salesforce: frozenset[Group] = frozenset()
    shortened_to_notes: frozenset[Group] = frozenset()

    def now(self, side: Side) -> Image:
        return self.notes if side is Side.NOTES else self.salesforce

    def base(self, side: Side) -> Image | None:
        return self.notes_base if side is Side.NOTES else self.salesforce_base

    def wanted(self, target: Side) -> Image:
        """The other side's image as ``target`` would hold it."""
        return self.to_notes if target is Side.NOTES else self.to_salesforce

    def shortened(self, target: Side) -> frozenset[Group]:
        return self.shortened_to_notes if target is Side.NOTES else self.shortened_to_salesforce

    def groups(self, *verdicts: Verdict) -> tuple[Group, ...]:
        return tuple(one.group for one in self.verdicts if one.verdict in verdicts)


@dataclass(frozen=True, slots=True)
class Pair:
    """The two images to merge (as seen), their bases, their projections, and whether the Notes text is withheld."""

    notes: Image
    salesforce: Image
    notes_base: Image | None
    salesforce_base: Image | None
    to_salesforce: Projected
    to_notes: Projected
    base_shortened: Mapping[Side, frozenset[Group]] = field(default_factory=dict)
    withheld: bool = False


def verdicts(pair: Pair, groups: tuple[Group, ...]) -> dict[Group, Verdict]:
    """The verdict of each group; ``base_shortened[side]`` names the groups whose base on ``side`` is a shortened copy."""
    notes, salesforce = canonical(pair.notes), canonical(pair.salesforce)
    notes_base = canonical(pair.notes_base) if pair.notes_base is not None else None
    salesforce_base = canonical(pair.salesforce_base) if pair.salesforce_base is not None else None
    to_salesforce, to_notes = canonical(pair.to_salesforce.image), canonical(pair.to_notes.image)
    found: dict[Group, Verdict] = {}
    for group in groups:
        n, s = group_value(notes, group), group_value(salesforce, group)
        n_changed = notes_base is None or n != group_value(notes_base, group)
        s_changed = salesforce_base is None or s != group_value(salesforce_base, group)
        equal = group_value(to_salesforce, group) == s or group_value(to_notes, group) == n
        verdict = of_group(n_changed, s_changed, equal)
        if group is Group.PRIVACY and verdict is Verdict.SAME and not equal and pair.notes.private:
            # Linked under another rule for private entries: the copy must be marked before its text goes there.
            verdict = Verdict.TO_SALESFORCE
        if pair.withheld:
            verdict = _withheld(group, verdict, group_value(to_salesforce, group) == s, n_changed)
        elif verdict is Verdict.TO_NOTES and group in pair.base_shortened.get(Side.SALESFORCE, frozenset()):
            verdict = Verdict.CONFLICT  # the edit was made to a shortened copy: writing it back would cut the original
        elif verdict is Verdict.TO_SALESFORCE and group in pair.base_shortened.get(Side.NOTES, frozenset()):
            verdict = Verdict.CONFLICT
        found[group] = verdict
    return found


def of_group(notes_changed: bool, salesforce_changed: bool, equal: bool) -> Verdict:
    """The table of sync.md 2.5.3; an edit that projects to what the other side holds needs no write."""
    return _TABLE[(notes_changed, salesforce_changed, equal)]


_TABLE: dict[tuple[bool, bool, bool], Verdict] = {
    (False, False, False): Verdict.SAME,
    (False, False, True): Verdict.SAME,
    (True, False, False): Verdict.TO_SALESFORCE,
    (True, False, True): Verdict.REBASE,
    (False, True, False): Verdict.TO_NOTES,
    (False, True, True): Verdict.REBASE,
    (True, True, False): Verdict.CONFLICT,
    (True, True, True): Verdict.REBASE,
}
"""(Notes changed, Salesforce changed, equal under projection) -> verdict."""


def _withheld(group: Group, verdict: Verdict, placeholder_stands: bool, notes_changed: bool) -> Verdict:
    """Under ``busy_only`` the private side wins everything but time: its text must leave Salesforce, and none comes back."""
    if group is Group.TIME:
        return verdict
    if placeholder_stands:
        return Verdict.SAME if verdict is Verdict.SAME else Verdict.REBASE
    return Verdict.TO_SALESFORCE if notes_changed else verdict
