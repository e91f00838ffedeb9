"""The documents of one row: text, image, choices, change; and the bases of every document.

Times in images are ``YYYY-MM-DDTHH:MMZ`` (UTC, whole minutes) or, for all-day items, ``YYYY-MM-DD`` with an exclusive end.
"""

from __future__ import annotations

from typing import Any

import msgspec

from shared.states import Action, Answer, Decision, Effect, Group, Result, Risk, Scope, Side


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Base of every document: immutable, keyword construction, unknown members ignored on reading."""


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every request body: an unknown member is refused, so that a typing mistake is seen."""


class Text(Document, frozen=True, kw_only=True):
    """A sentence for people: ``code`` of the catalogue in texts.py, its ``params``, and the English ``text``."""

    code: str
    params: dict[str, Any] = {}
    text: str = ""


class Person(Document, frozen=True, kw_only=True):
    name: str = ""
    email: str = ""
    role: str = ""


class Attachment(Document, frozen=True, kw_only=True):
    name: str


class Image(Document, frozen=True, kw_only=True):
    """One meeting as one side holds it."""

    subject: str = ""
    location: str = ""
    description: str = ""
    starts_at: str = ""
    ends_at: str = ""
    all_day: bool = False
    zone: str | None = None
    show_as: str = "busy"
    private: bool = False
    reminder_minutes: int | None = None
    invitees: tuple[Person, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    categories: tuple[str, ...] = ()
    organizer: str = ""
    id: str = ""
    version: str = ""
    url: str = ""


class Series(Document, frozen=True, kw_only=True):
    """Where a row stands in its series; on a collapsed row ``count`` is the number of its rows."""

    id: str
    title: str = ""
    position: int = 0
    count: int = 0
    counts: dict[str, int] = {}
    moved_minutes: int | None = None


class Effects(Document, frozen=True, kw_only=True):
    salesforce: Effect = Effect.NOTHING
    notes: Effect = Effect.NOTHING


class Choice(Document, frozen=True, kw_only=True):
    """One entry of a row's menu; ``text`` is its label."""

    decision: Decision
    answer: Answer | None = None
    effect: Effects = Effects()
    destructive: bool = False
    recommended: bool = False
    text: Text | None = None
    candidate: str | None = None


class Candidate(Document, frozen=True, kw_only=True):
    """A possible partner of a doubtful pair: the item on the other side and how alike it is (0 to 1)."""

    id: str
    side: Side
    image: Image | None = None
    score: float = 0.0


class FieldRow(Document, frozen=True, kw_only=True):
    """One field group of a row: the value at the last synchronization, on both sides, and what Ok would leave.

    ``result`` is what both sides will hold (null while undecided), ``source`` (``from`` on the wire) says where it comes
    from: ``salesforce``, ``notes``, ``both`` (equal) or null. ``state``: same, salesforce_changed, notes_changed,
    both_changed, conflict. Values are what a person reads; ``time`` is a dict of starts_at, ends_at, all_day, zone.
    """

    group: Group
    base: Any = None
    salesforce: Any = None
    notes: Any = None
    result: Any = None
    source: str | None = msgspec.field(default=None, name="from")
    state: str = "same"


class Change(Document, frozen=True, kw_only=True):
    """One row of the Synchronization Summary."""

    id: str
    run: str
    object: str = "calendar"
    item: str
    action: Action
    decision: Decision = Decision.UNDECIDED
    default_decision: Decision = Decision.UNDECIDED
    revision: str
    title: str = ""
    starts_at: str = ""
    ends_at: str = ""
    all_day: bool = False
    series: Series | None = None
    salesforce: Image | None = None
    notes: Image | None = None
    candidates: tuple[Candidate, ...] = ()
    choices: tuple[Choice, ...] = ()
    summary: Text | None = None
    risks: tuple[Risk, ...] = ()
    result: Result | None = None
    error: Text | None = None
    decided_fields: dict[Group, Side] | None = None
    decided_answer: Answer | None = None
    decided_candidate: str | None = None
    decided_scope: Scope | None = None


class ChangeDetail(Change, frozen=True, kw_only=True):
    """One row with its field-by-field view and the reasons."""

    fields: tuple[FieldRow, ...] = ()
    why: tuple[Text, ...] = ()


class ChangeList(Document, frozen=True, kw_only=True):
    total: int
    counts: dict[str, int]
    changes: tuple[Change, ...]
