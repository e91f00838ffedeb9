"""The words for actions, decisions, states and sides wherever a person reads them; menu labels as in product.md."""

from __future__ import annotations

from typing import Final

from shared.states import Action, DaemonState, Decision, Risk, RunState, Side

OPEN_SYNCHRONIZATION: Final = "Open Synchronization in manual mode"
IGNORE_UNTIL_CHANGE: Final = "Ignore differences until the next time one changes"
IGNORE_FOREVER: Final = "Ignore difference forever"

ACTION_WORDS: dict[Action, str] = {
    Action.CREATE_IN_SALESFORCE: "create in Salesforce",
    Action.CREATE_IN_NOTES: "create in Notes",
    Action.UPDATE_IN_SALESFORCE: "update in Salesforce",
    Action.UPDATE_IN_NOTES: "update in Notes",
    Action.UPDATE_BOTH: "update both",
    Action.DELETE_IN_SALESFORCE: "delete in Salesforce",
    Action.DELETE_IN_NOTES: "delete in Notes",
    Action.WITHDRAW_FROM_SALESFORCE: "withdraw from Salesforce",
    Action.MAKE_PRIVATE_IN_NOTES: "make private in Notes",
    Action.LINK: "link",
    Action.CONFLICT: "conflict",
    Action.EDIT_OR_DELETE: "edited or deleted",
    Action.QUESTION: "question",
    Action.CANNOT_SYNC: "cannot be synchronized",
}

DECISION_WORDS: dict[Decision, str] = {
    Decision.APPROVE: "approved",
    Decision.USE_SALESFORCE: "use Salesforce",
    Decision.USE_NOTES: "use Notes",
    Decision.CHOOSE_FIELDS: "fields chosen",
    Decision.ANSWER: "answered",
    Decision.IGNORE_UNTIL_CHANGE: "ignore until it changes",
    Decision.IGNORE_FOREVER: "ignore forever",
    Decision.UNDECIDED: "undecided",
}

STATE_WORDS: dict[DaemonState, str] = {
    DaemonState.STOPPING: "Stopping",
    DaemonState.STARTING: "Starting",
    DaemonState.APPLYING: "Writing the approved changes",
    DaemonState.COMPARING: "Comparing the two calendars",
    DaemonState.NEEDS_SIGN_IN: "Sign-in needed",
    DaemonState.FAILED: "The last run failed",
    DaemonState.AWAITING_REVIEW: "Waiting for your decision",
    DaemonState.OFFLINE: "Offline",
    DaemonState.PAUSED: "Automatic runs are paused",
    DaemonState.IDLE: "Nothing to do",
}

RUN_WORDS: dict[RunState, str] = {
    RunState.COMPARING: "comparing",
    RunState.AWAITING_REVIEW: "waiting for decisions",
    RunState.APPLYING: "writing",
    RunState.DONE: "done",
    RunState.DONE_WITH_FAILURES: "done with failures",
    RunState.CANCELLED: "cancelled",
    RunState.FAILED: "failed",
}

RISK_WORDS: dict[Risk, str] = {
    Risk.DELETION: "deletion",
    Risk.CONFLICT: "conflict",
    Risk.EDIT_OR_DELETE: "edited and deleted",
    Risk.QUESTION: "question",
    Risk.SHORTENED: "text is shortened",
    Risk.MOVED_FAR: "moved far",
    Risk.ZONE_LIKE_SHIFT: "looks like a time zone shift",
    Risk.RECREATES_REMOVED: "brings back what was removed",
    Risk.PRIVATE: "private",
    Risk.HAS_INVITEES: "invitees are not told",
    Risk.SERIES_WIDE: "whole series",
}

SIDE_WORDS: dict[Side, str] = {Side.SALESFORCE: "Salesforce", Side.NOTES: "Notes"}


def counted(number: int, one: str, many: str) -> str:
    """``1 change``, ``2 changes``."""
    return f"{number} {one if number == 1 else many}"
