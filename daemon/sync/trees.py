"""The two observed trees: what each side held when it was last read, with evidence of what is gone or unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from shared.models import Image, Text
from shared.states import Group, LeftOutReason, Side

_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SeriesPlace:
    """The series an item belongs to on its side: ``id`` (Notes: UID), its title, and the place in it (1-based)."""

    id: str
    title: str = ""
    position: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One item as one side holds it.

    ``version`` is opaque and compared for equality only. ``payload_digest`` is over the bytes as delivered, so that an
    unchanged payload need not be parsed. ``entry_type``: appointment, all_day, meeting, anniversary, reminder (Notes) or
    event (Salesforce). ``locked_groups`` cannot be written on this side; ``locked_because`` says why. ``organised_by_other``
    is true where someone else called the meeting. ``foreign_key`` is our key as stored on the record, where the org has
    such a field. ``raw`` is the payload for before-images; the planner never looks at it.
    """

    key: str
    version: str
    image: Image
    digest: bytes
    payload_digest: bytes = b""
    series: SeriesPlace | None = None
    entry_type: str = "appointment"
    locked_groups: frozenset[Group] = frozenset()
    locked_because: Text | None = None
    organised_by_other: bool = False
    foreign_key: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Positive evidence that an item was deleted (contracts.md 1): ``kind`` tombstone, by_id, series_detail, file_gone."""

    kind: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was read but is no item: why, and what can be told of it. No text of private entries."""

    reason: LeftOutReason
    key: str = ""
    title: str = ""
    starts_at: str = ""
    ends_at: str = ""
    all_day: bool = False
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a side can hold and do. Lengths count characters; ``max_days`` is the longest item in days (0: no limit)."""

    groups: frozenset[Group] = frozenset(Group)
    max_subject: int = 0
    max_location: int = 0
    max_description: int = 0
    max_days: int = 0
    multi_day: bool = True
    show_as: frozenset[str] = frozenset({"busy", "free", "tentative", "out_of_office"})
    create: bool = True
    update: bool = True
    delete: bool = True
    conditional_update: bool = False
    tombstones: bool = False
    keyed_create: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """One side as observed.

    ``records`` holds every readable item by key, inside the window or not, filtered or not: rules are the planner's.
    ``gone`` and ``unknown`` speak of keys that were asked for or listed; a linked key that is in none of the three is
    merely not listed and must be looked up (``Plan.wanted``). ``lost`` are those unknown keys that waiting does not make
    known. ``left_out`` holds what is no item.
    ``problem`` is set when the side as a whole is unknown (unreachable, incomplete listing, other identity): then nothing
    that depends on this side may be proposed.
    """

    side: Side
    records: Mapping[str, Record] = field(default_factory=dict)
    gone: Mapping[str, Evidence] = field(default_factory=dict)
    unknown: Mapping[str, Text] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    capabilities: Capabilities = Capabilities()
    problem: Text | None = None
    own_calendar: bool = True


@dataclass(frozen=True, slots=True)
class Trees:
    notes: Tree
    salesforce: Tree

    def of(self, side: Side) -> Tree:
        return self.notes if side is Side.NOTES else self.salesforce
