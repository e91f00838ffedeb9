"""The rules a person set, as the planner reads them, with the window they ask for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from shared.models import Image
from shared.states import Side

EVERY_OPERATION = frozenset({"create", "update", "delete"})


@dataclass(frozen=True, slots=True)
class Window:
    """Today - past to today + future in the person's zone, as UTC minutes for timed items and as dates for all-day ones.

    Ends are exclusive. Image times compare as text because their forms are fixed.
    """

    starts_at: str
    ends_at: str
    first_day: str
    end_day: str

    def holds(self, image: Image) -> bool:
        """Whether the item overlaps the window; a zero-length item counts by its start."""
        low, high = (self.first_day, self.end_day) if image.all_day else (self.starts_at, self.ends_at)
        return image.starts_at < high and (image.ends_at > low or image.starts_at >= low)


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings ``rules.*`` (interfaces.md). ``version`` is a digest of all of them and goes into each row's revision."""

    window: Window
    private: str = "skip"
    direction: str = "both"
    salesforce_may: frozenset[str] = EVERY_OPERATION
    notes_may: frozenset[str] = EVERY_OPERATION
    conflicts: str = "ask"
    entry_types: frozenset[str] = frozenset({"appointment", "all_day", "meeting"})
    categories_include: frozenset[str] = frozenset()
    categories_exclude: frozenset[str] = frozenset()
    subject_exclude: re.Pattern[str] | None = None
    skip_free: bool = False
    skip_tentative: bool = False
    skip_all_day: bool = False
    starts_after: str = ""
    invitees_in_description: bool = False
    attachment_names: bool = True
    protect_formatting: bool = True
    reminders: bool = False
    version: str = ""

    def may(self, side: Side, operation: str) -> bool:
        """Whether ``operation`` (create, update, delete) may be done on ``side`` under direction and permissions."""
        if self.direction == "to_salesforce" and side is Side.NOTES:
            return False
        if self.direction == "to_notes" and side is Side.SALESFORCE:
            return False
        return operation in (self.salesforce_may if side is Side.SALESFORCE else self.notes_may)
