"""The rules a person set, as the planner reads them: the window, the filters, what may be written where."""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.sync.appointment import CONTENT_GROUPS
from daemon.sync.trees import Record
from shared.models import Image
from shared.states import Group, LeftOutReason, Side

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

    @property
    def groups(self) -> tuple[Group, ...]:
        """The field groups compared under these rules, in a fixed order."""
        extra = ((Group.REMINDER,) if self.reminders else ()) + ((Group.PRIVACY,) if self.private == "carry" else ())
        return CONTENT_GROUPS + extra

    def withholds(self, image: Image, side: Side) -> bool:
        """Whether a private item never leaves its side: always under ``skip``; a Salesforce one under ``busy_only``, too.

        ``busy_only`` speaks of private Notes entries (their times go to Salesforce); a private Salesforce event is the
        person's own and nothing of it is carried to a calendar others may read.
        """
        if not image.private or self.private == "carry":
            return False
        return self.private == "skip" or side is Side.SALESFORCE

    def hides(self, image: Image) -> bool:
        """Whether the text of an item must not be shown, stored or sent (contracts.md 6)."""
        return image.private and self.private != "carry"


def filtered(record: Record, side: Side, rules: Rules, show_as: str) -> LeftOutReason | None:
    """The filter that leaves ``record`` out, or None. The window and privacy are asked separately.

    Entry types and categories exist in Notes only. ``show_as`` is the value to judge by: the Salesforce copy of a
    tentative entry reads free, and must not count as free for that.
    """
    image = record.image
    if side is Side.NOTES:
        if record.entry_type not in rules.entry_types:
            return LeftOutReason.ENTRY_TYPE
        if (rules.categories_include or rules.categories_exclude) and not _category_passes(image, rules):
            return LeftOutReason.CATEGORY
    if rules.skip_all_day and image.all_day:
        return LeftOutReason.ALL_DAY
    if rules.skip_free and show_as == "free":
        return LeftOutReason.FREE
    if rules.skip_tentative and show_as == "tentative":
        return LeftOutReason.TENTATIVE
    if rules.starts_after and image.starts_at[:10] < rules.starts_after[:10]:
        return LeftOutReason.STARTS_AFTER
    if rules.subject_exclude is not None and rules.subject_exclude.search(image.subject):
        return LeftOutReason.SUBJECT_PATTERN
    return None


def _category_passes(image: Image, rules: Rules) -> bool:
    own = {category.casefold() for category in image.categories}
    if rules.categories_include and not own & {name.casefold() for name in rules.categories_include}:
        return False
    return not own & {name.casefold() for name in rules.categories_exclude}
