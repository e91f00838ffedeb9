"""The documents that cross the wire between daemon, page, tray and command line; those of one row are in models_rows.py.

Times in images are ``YYYY-MM-DDTHH:MMZ`` (UTC, whole minutes) or, for all-day items, ``YYYY-MM-DD`` with an exclusive
end. Moments of the program itself (``started_at``, ``at``) are ``YYYY-MM-DDTHH:MM:SSZ``. Shapes: interfaces.md.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from shared.models_rows import (
    Attachment as Attachment,
    Candidate as Candidate,
    Change as Change,
    ChangeDetail as ChangeDetail,
    ChangeList as ChangeList,
    Choice as Choice,
    Document as Document,
    Effects as Effects,
    FieldRow as FieldRow,
    Image as Image,
    Person as Person,
    Request as Request,
    Series as Series,
    Text as Text,
)
from shared.states import (
    Action,
    Answer,
    DaemonState,
    Decision,
    Group,
    Result,
    RunMode,
    RunState,
    Scope,
    Side,
)

API_VERSION = 1


class Progress(Document, frozen=True, kw_only=True):
    phase: str = ""
    done: int = 0
    total: int | None = None


class Guard(Document, frozen=True, kw_only=True):
    """A guard that holds a run back: ``confirm`` names the confirmation it takes, or null when it cannot be confirmed."""

    name: str
    text: Text
    numbers: dict[str, int] = {}
    confirm: str | None = None


class Run(Document, frozen=True, kw_only=True):
    id: str
    mode: RunMode = RunMode.MANUAL
    objects: tuple[str, ...] = ("calendar",)
    state: RunState
    plan: str = ""
    started_at: str
    finished_at: str | None = None
    progress: Progress = Progress()
    counts: dict[str, int] = {}
    results: dict[str, int] = {}
    guard: Guard | None = None
    because: Text | None = None
    undoes: str | None = None
    undoes_changes: tuple[str, ...] = ()


class RunList(Document, frozen=True, kw_only=True):
    runs: tuple[Run, ...]


class SyncObject(Document, frozen=True, kw_only=True):
    id: str
    name: str
    selected: bool = True
    last_run: str | None = None


class Pending(Document, frozen=True, kw_only=True):
    changes: int = 0
    conflicts: int = 0
    deletions: int = 0
    approved: int = 0
    """Rows that Ok would write now (n of «Ok: write n changes»)."""
    undecided: int = 0
    turn: int = 0
    """Counts the decisions taken on this list: a window that saw a smaller number reads its rows again."""


class AccountStatus(Document, frozen=True, kw_only=True):
    """``state``: not_connected, connected, needs_sign_in, unreachable. ``name`` is the person or calendar as shown."""

    state: str = "not_connected"
    name: str = ""
    address: str = ""
    because: Text | None = None


class Accounts(Document, frozen=True, kw_only=True):
    salesforce: AccountStatus = AccountStatus()
    notes: AccountStatus = AccountStatus()


class SideBudget(Document, frozen=True, kw_only=True):
    used_by_us_24h: int = 0
    org_used: int | None = None
    org_max: int | None = None


class ApiBudget(Document, frozen=True, kw_only=True):
    salesforce: SideBudget = SideBudget()


class Status(Document, frozen=True, kw_only=True):
    """The whole state of the daemon; the stream sends it at once and after each change."""

    version: str
    api_version: int = API_VERSION
    state: DaemonState
    because: Text | None = None
    needs_user: bool = False
    objects: tuple[SyncObject, ...] = ()
    run: Run | None = None
    pending: Pending = Pending()
    accounts: Accounts = Accounts()
    next_run_at: str | None = None
    paused_until: str | None = None
    api_budget: ApiBudget = ApiBudget()
    credentials: str = "keyring"
    """Where secrets are kept: ``keyring`` or ``memory`` (the demo; forgotten at the end)."""
    demo: bool = False


class StartRun(Request, frozen=True, kw_only=True):
    objects: tuple[str, ...] = ("calendar",)


class OneDecision(Request, frozen=True, kw_only=True):
    """A decision on one row (``change``) or on every row of a series (``series``, with the run's plan as ``revision``)."""

    change: str | None = None
    series: str | None = None
    revision: str
    decision: Decision
    fields: dict[Group, Side] | None = None
    answer: Answer | None = None
    candidate: str | None = None
    scope: Scope | None = None


class PutDecisions(Request, frozen=True, kw_only=True):
    decisions: tuple[OneDecision, ...]


class DecisionsTaken(Document, frozen=True, kw_only=True):
    """``turn`` is the pending turn after these decisions: one more than the last seen when nobody decided in between."""

    taken: int
    turn: int = 0
    changes: tuple[Change, ...]
    run: Run


class ApplyRun(Request, frozen=True, kw_only=True):
    plan: str
    confirm_deletions: int | None = None
    confirm_moves: int | None = None


class UndoRun(Request, frozen=True, kw_only=True):
    changes: tuple[str, ...] = ()


class IgnoredItem(Document, frozen=True, kw_only=True):
    """One ignored item; ``changed`` tells what differs now from the moment it was ignored (field group names)."""

    id: str
    kind: Decision
    scope: Scope = Scope.OCCURRENCE
    item: str = ""
    title: str = ""
    starts_at: str = ""
    at: str = ""
    who: str = ""
    changed: tuple[Group, ...] = ()
    drifted: bool = False
    """Something changed since; ``changed`` says what, where the pair was linked when it was ignored."""


class IgnoredList(Document, frozen=True, kw_only=True):
    ignored: tuple[IgnoredItem, ...]


class HistoryEntry(Document, frozen=True, kw_only=True):
    at: str
    run: str
    action: Action
    result: Result
    text: Text | None = None


class Item(Document, frozen=True, kw_only=True):
    """One item of either calendar: its link, both images, and why it does or does not sync.

    ``state``: in_step, row (waits in the open run), left_out, ignored, frozen, unlinked. ``reason`` is a LeftOutReason
    value or null; ``why`` holds the sentences.
    """

    id: str
    title: str = ""
    starts_at: str = ""
    ends_at: str = ""
    all_day: bool = False
    linked: bool = False
    state: str = "unlinked"
    side: Side | None = None
    reason: str | None = None
    why: tuple[Text, ...] = ()
    salesforce: Image | None = None
    notes: Image | None = None
    history: tuple[HistoryEntry, ...] = ()


class ItemList(Document, frozen=True, kw_only=True):
    total: int
    counts: dict[str, int]
    items: tuple[Item, ...]


class PutNotesAccount(Request, frozen=True, kw_only=True):
    kind: str = "domino"
    url: str = ""
    user: str = ""
    password: str = ""
    calendar: str = ""


class ConnectStarted(Document, frozen=True, kw_only=True):
    authorize_url: str
    expires_at: str


class TestResult(Document, frozen=True, kw_only=True):
    ok: bool
    text: Text


class CalendarInfo(Document, frozen=True, kw_only=True):
    id: str
    name: str
    kind: str = "own"
    owner: str = ""
    path: str = ""
    can_write: bool = True
    sees_private: bool = True
    selected: bool = False


class CalendarList(Document, frozen=True, kw_only=True):
    calendars: tuple[CalendarInfo, ...]


class Finding(Document, frozen=True, kw_only=True):
    """One thing the doctor found: ``kind`` duplicate, orphan, identity, storage, ...; ``items`` are item ids."""

    kind: str
    text: Text
    items: tuple[str, ...] = ()


class DoctorReport(Document, frozen=True, kw_only=True):
    ok: bool
    findings: tuple[Finding, ...]


class Pause(Request, frozen=True, kw_only=True):
    minutes: Annotated[int, msgspec.Meta(ge=1, le=10080)]


class Nothing(Document, frozen=True, kw_only=True):
    """An empty answer: ``{}``."""


class PageCode(Document, frozen=True, kw_only=True):
    code: str
    url: str
    expires_in: int = 30


class TradeCode(Request, frozen=True, kw_only=True):
    code: str


class PageSession(Document, frozen=True, kw_only=True):
    token: str


class SettingSchema(Document, frozen=True, kw_only=True):
    """One setting: ``type`` is text, url, flag, number, choice, choices, time, date or list."""

    key: str
    type: str
    default: Any
    text: Text
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


class SettingsSchema(Document, frozen=True, kw_only=True):
    settings: tuple[SettingSchema, ...]


class SettingsDocument(Document, frozen=True, kw_only=True):
    """Every key with its value in force, keys as in interfaces.md (``rules.past_days``)."""

    values: dict[str, Any]


class PatchSettings(Request, frozen=True, kw_only=True):
    """Keys to set; a null value resets the key to its default."""

    values: dict[str, Any]
