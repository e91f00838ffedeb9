"""PURE: which pop-up messages a change of the daemon's state deserves, under the settings ``messages.*``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.labels import counted
from shared.models import Run, Status
from shared.states import DaemonState, RunState
from tray_client.view import reviewing

TEXT_LENGTH = 200
"""Windows takes 255 UTF-16 units (anchors.md 4)."""


class Kind(StrEnum):
    """A message by the name of its setting below ``messages.``."""

    RUN_FAILED = "run_failed"
    DECISION_NEEDED = "decision_needed"
    RUN_FINISHED = "run_finished"
    ITEM_FAILED = "item_failed"
    SIGN_IN_NEEDED = "sign_in_needed"


DEFAULTS: dict[Kind, bool] = {kind: kind is not Kind.RUN_FINISHED for kind in Kind}
"""As in interfaces.md, Settings keys."""


@dataclass(frozen=True, slots=True)
class Message:
    """A pop-up: at most one for each kind at a time, without subjects or names."""

    kind: Kind
    text: str


def wanted(values: Mapping[str, object]) -> frozenset[Kind]:
    """The kinds the settings ask for; a key that is missing has its default."""
    return frozenset(kind for kind in Kind if values.get(f"messages.{kind}", DEFAULTS[kind]) is True)


def messages_for(before: Status | None, now: Status, ended: Run | None, kinds: frozenset[Kind]) -> tuple[Message, ...]:
    """The messages for the step from ``before`` (None at the start) to ``now``.

    ``ended`` is the run that was open before and is no longer, as it ended. What already held before says nothing
    again, so an error that lasts is told once.
    """
    found: list[Message] = []
    if now.state is DaemonState.NEEDS_SIGN_IN and (before is None or before.state is not now.state):
        found.append(Message(Kind.SIGN_IN_NEEDED, _because(now, "Sign in again.")))
    if _asks(now) and (before is None or not _asks(before) or _run_id(before) != _run_id(now)):
        found.append(Message(Kind.DECISION_NEEDED, _decision_words(now)))
    if ended is not None:
        found += _end_of(ended)
    return tuple(message for message in found if message.kind in kinds)


def _run_id(status: Status) -> str | None:
    return status.run.id if status.run is not None else None


def _asks(status: Status) -> bool:
    """Whether a run waits whose Ok needs the person: something is undecided, or a guard holds it."""
    run = reviewing(status)
    if run is None:
        return False
    return run.guard is not None or status.pending.changes > 0


def _decision_words(status: Status) -> str:
    pending = status.pending
    words = f"{counted(pending.changes, 'change waits', 'changes wait')} for your decision"
    parts = []
    if pending.conflicts:
        parts.append(counted(pending.conflicts, "conflict", "conflicts"))
    if pending.deletions:
        parts.append(counted(pending.deletions, "deletion", "deletions"))
    return f"{words}, among them {' and '.join(parts)}." if parts else f"{words}."


def _because(status: Status, otherwise: str) -> str:
    return _short(status.because.text if status.because is not None and status.because.text else otherwise)


def _end_of(run: Run) -> list[Message]:
    failed = run.results.get("failed", 0) + run.results.get("unknown", 0)
    applied = run.results.get("applied", 0)
    if run.state is RunState.FAILED:
        said = run.because.text if run.because is not None and run.because.text else "The last run failed."
        return [Message(Kind.RUN_FAILED, _short(said))]
    if failed:
        words = f"{counted(failed, 'change', 'changes')} could not be written; the reasons stand in the Summary."
        return [Message(Kind.ITEM_FAILED, words)]
    if run.state is RunState.DONE and applied:
        return [Message(Kind.RUN_FINISHED, f"{counted(applied, 'change was', 'changes were')} written.")]
    return []


def _short(text: str) -> str:
    return text if len(text) <= TEXT_LENGTH else text[: TEXT_LENGTH - 1] + "…"
