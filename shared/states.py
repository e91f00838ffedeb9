"""States, actions, decisions, answers, risks and reasons as enums, with the allowed moves."""

from __future__ import annotations

from enum import StrEnum


class Side(StrEnum):
    SALESFORCE = "salesforce"
    NOTES = "notes"

    @property
    def other(self) -> Side:
        return Side.NOTES if self is Side.SALESFORCE else Side.SALESFORCE


class DaemonState(StrEnum):
    """The daemon's state: the first that holds, in this order (interfaces.md, Status)."""

    STOPPING = "stopping"
    STARTING = "starting"
    APPLYING = "applying"
    COMPARING = "comparing"
    NEEDS_SIGN_IN = "needs_sign_in"
    FAILED = "failed"
    AWAITING_REVIEW = "awaiting_review"
    OFFLINE = "offline"
    PAUSED = "paused"
    IDLE = "idle"


class RunMode(StrEnum):
    MANUAL = "manual"
    AUTOMATIC = "automatic"
    UNDO = "undo"


class RunState(StrEnum):
    COMPARING = "comparing"
    AWAITING_REVIEW = "awaiting_review"
    APPLYING = "applying"
    DONE = "done"
    DONE_WITH_FAILURES = "done_with_failures"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_open(self) -> bool:
        return self in (RunState.COMPARING, RunState.AWAITING_REVIEW, RunState.APPLYING)


RUN_MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.COMPARING: frozenset({RunState.AWAITING_REVIEW, RunState.DONE, RunState.FAILED, RunState.CANCELLED}),
    RunState.AWAITING_REVIEW: frozenset(
        {RunState.COMPARING, RunState.APPLYING, RunState.CANCELLED, RunState.FAILED, RunState.DONE}
    ),
    RunState.APPLYING: frozenset(
        {RunState.AWAITING_REVIEW, RunState.DONE, RunState.DONE_WITH_FAILURES, RunState.FAILED}
    ),
    RunState.DONE: frozenset(),
    RunState.DONE_WITH_FAILURES: frozenset(),
    RunState.CANCELLED: frozenset(),
    RunState.FAILED: frozenset(),
}
"""Which state of a run may follow which; anything else is a fault in the program."""


class Action(StrEnum):
    CREATE_IN_SALESFORCE = "create_in_salesforce"
    CREATE_IN_NOTES = "create_in_notes"
    UPDATE_IN_SALESFORCE = "update_in_salesforce"
    UPDATE_IN_NOTES = "update_in_notes"
    UPDATE_BOTH = "update_both"
    DELETE_IN_SALESFORCE = "delete_in_salesforce"
    DELETE_IN_NOTES = "delete_in_notes"
    WITHDRAW_FROM_SALESFORCE = "withdraw_from_salesforce"
    MAKE_PRIVATE_IN_NOTES = "make_private_in_notes"
    LINK = "link"
    CONFLICT = "conflict"
    EDIT_OR_DELETE = "edit_or_delete"
    QUESTION = "question"
    CANNOT_SYNC = "cannot_sync"


class Decision(StrEnum):
    APPROVE = "approve"
    USE_SALESFORCE = "use_salesforce"
    USE_NOTES = "use_notes"
    CHOOSE_FIELDS = "choose_fields"
    ANSWER = "answer"
    IGNORE_UNTIL_CHANGE = "ignore_until_change"
    IGNORE_FOREVER = "ignore_forever"
    UNDECIDED = "undecided"

    @property
    def writes(self) -> bool:
        """Whether Ok carries this decision out towards a calendar or the links."""
        return self in _WRITING

    @property
    def ignores(self) -> bool:
        return self in (Decision.IGNORE_UNTIL_CHANGE, Decision.IGNORE_FOREVER)


_WRITING = frozenset(
    {Decision.APPROVE, Decision.USE_SALESFORCE, Decision.USE_NOTES, Decision.CHOOSE_FIELDS, Decision.ANSWER}
)


class Answer(StrEnum):
    PAIR = "pair"
    KEEP_APART = "keep_apart"
    DETACH = "detach"
    DELETE_COPY = "delete_copy"
    KEEP_SYNCING = "keep_syncing"
    HIDE_TEXT = "hide_text"
    LEAVE_COPY = "leave_copy"
    MARK_PRIVATE = "mark_private"
    KEEP_EDIT = "keep_edit"
    DELETE_BOTH = "delete_both"
    RECREATE = "recreate"


class Scope(StrEnum):
    OCCURRENCE = "occurrence"
    SERIES = "series"


class Risk(StrEnum):
    DELETION = "deletion"
    CONFLICT = "conflict"
    EDIT_OR_DELETE = "edit_or_delete"
    QUESTION = "question"
    SHORTENED = "shortened"
    MOVED_FAR = "moved_far"
    ZONE_LIKE_SHIFT = "zone_like_shift"
    RECREATES_REMOVED = "recreates_removed"
    PRIVATE = "private"
    HAS_INVITEES = "has_invitees"
    SERIES_WIDE = "series_wide"


class Result(StrEnum):
    """What became of a row after Ok."""

    APPLIED = "applied"
    FAILED = "failed"
    STALE = "stale"
    UNKNOWN = "unknown"


class Group(StrEnum):
    """Field groups: what is compared and merged as a unit (contracts.md, The planner)."""

    TIME = "time"
    SUBJECT = "subject"
    LOCATION = "location"
    DESCRIPTION = "description"
    SHOW_AS = "show_as"
    REMINDER = "reminder"
    PRIVACY = "privacy"
    """Only under ``rules.private=carry``, where the flag travels like a field (contracts.md 6)."""


class Effect(StrEnum):
    """What a choice does to one side."""

    NOTHING = "nothing"
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class LeftOutReason(StrEnum):
    """Why an item that was read gets no row (interfaces and issue wording)."""

    OUTSIDE_WINDOW = "outside_window"
    PRIVATE = "private"
    ENTRY_TYPE = "entry_type"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    NOT_AN_EVENT = "not_an_event"
    UNREADABLE = "unreadable"
    CATEGORY = "category"
    SUBJECT_PATTERN = "subject_pattern"
    FREE = "free"
    TENTATIVE = "tentative"
    ALL_DAY = "all_day"
    STARTS_AFTER = "starts_after"
    WAITING_IN_NOTES = "waiting_in_notes"
