"""The plan while it is being made: its parts, what a row speaks of, and the entries of its menu."""

from __future__ import annotations

from dataclasses import dataclass, field

from daemon.sync import explain
from daemon.sync.base import Link
from daemon.sync.changes import Context
from daemon.sync.proposal import Proposal, Settlement, Upkeep
from daemon.sync.trees import LeftOut, Record
from shared.models import Choice, Image, Text
from shared.states import LeftOutReason, Side
from shared.texts import text


@dataclass(slots=True)
class Draft:
    """The plan while it is being made."""

    changes: list[Proposal] = field(default_factory=list)
    wanted: set[tuple[Side, str]] = field(default_factory=set)
    upkeep: list[Upkeep] = field(default_factory=list)
    left_out: dict[tuple[Side, str], LeftOut] = field(default_factory=dict)
    quiet: dict[str, tuple[Text, ...]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    """Salesforce keys that a question about a linked item names; they get no row of their own."""


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a row's menu with what it carries out (None: worked out from the chosen fields)."""

    choice: Choice
    settlement: Settlement | None


@dataclass(frozen=True, slots=True)
class Subject:
    """What a row speaks of. ``hidden``: not a word of its text may appear. ``fallback`` is shown where no record is left.

    ``partners`` are the records it may be paired with; a change of one of them makes an answer stale.
    """

    id: str
    notes: Record | None = None
    salesforce: Record | None = None
    link: Link | None = None
    hidden: bool = False
    generation: int = 0
    moved_minutes: int | None = None
    fallback: Image | None = None
    partners: tuple[Record, ...] = ()

    def record(self, side: Side) -> Record | None:
        return self.notes if side is Side.NOTES else self.salesforce

    def key(self, side: Side) -> str:
        record = self.record(side)
        return record.key if record is not None else self.link.key(side) if self.link is not None else ""


def set_aside(draft: Draft, side: Side, record: Record, reason: LeftOutReason, ctx: Context) -> None:
    """Note why a record gets no row. Private entries are named without their text."""
    image = record.image
    title = text("left_out.private_title").text if ctx.rules.hides(image) else image.subject
    draft.left_out[(side, record.key)] = LeftOut(
        reason=reason,
        key=record.key,
        title=title,
        starts_at=image.starts_at,
        ends_at=image.ends_at,
        all_day=image.all_day,
        why=explain.left_out(reason),
    )
