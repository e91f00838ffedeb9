"""Pop-up messages: only on a step that deserves one, only the kinds that are wanted, never twice."""

from __future__ import annotations

from msgspec.structs import replace

from shared.models import Guard, Pending, Run, Status, Text
from shared.states import DaemonState, RunState
from tray_client.messages import DEFAULTS, Kind, Message, messages_for, wanted

EVERY = frozenset(Kind)
IDLE = Status(version="1", state=DaemonState.IDLE)


def a_run(state: RunState = RunState.AWAITING_REVIEW, **more: object) -> Run:
    return replace(Run(id="r1", state=state, started_at="2026-11-22T10:00:00Z"), **more)


def waiting(changes: int = 2, run: Run | None = None, **pending: int) -> Status:
    return Status(
        version="1",
        state=DaemonState.AWAITING_REVIEW,
        run=run or a_run(),
        pending=Pending(changes=changes, **pending),
    )


def kinds(*messages: Message) -> list[Kind]:
    return [message.kind for message in messages]


def test_a_run_that_waits_says_so_once() -> None:
    (message,) = messages_for(IDLE, waiting(12, conflicts=2, deletions=1), None, EVERY)
    assert message == Message(
        Kind.DECISION_NEEDED, "12 changes wait for your decision, among them 2 conflicts and 1 deletion."
    )
    assert messages_for(waiting(12), waiting(11), None, EVERY) == ()
    assert kinds(*messages_for(waiting(), waiting(run=a_run(id="r2")), None, EVERY)) == [Kind.DECISION_NEEDED]


def test_a_tray_that_starts_while_a_run_waits_says_so() -> None:
    assert kinds(*messages_for(None, waiting(1), None, EVERY)) == [Kind.DECISION_NEEDED]
    assert messages_for(None, IDLE, None, EVERY) == ()


def test_a_guard_needs_a_decision() -> None:
    guard = Guard(name="g", text=Text(code="g", text="Stop."))
    assert kinds(*messages_for(IDLE, waiting(0, run=a_run(guard=guard)), None, EVERY)) == [Kind.DECISION_NEEDED]


def test_the_end_of_a_run() -> None:
    reason = Text(code="x", text="Salesforce cannot be reached.")
    failed = messages_for(waiting(), IDLE, a_run(RunState.FAILED, because=reason), EVERY)
    assert failed == (Message(Kind.RUN_FAILED, "Salesforce cannot be reached."),)
    some = messages_for(waiting(), IDLE, a_run(RunState.DONE_WITH_FAILURES, results={"applied": 3, "failed": 1}), EVERY)
    assert kinds(*some) == [Kind.ITEM_FAILED]
    assert some[0].text.startswith("1 change could not be written")
    done = messages_for(waiting(), IDLE, a_run(RunState.DONE, results={"applied": 3}), EVERY)
    assert done == (Message(Kind.RUN_FINISHED, "3 changes were written."),)
    assert messages_for(waiting(), IDLE, a_run(RunState.DONE), EVERY) == (), "a quiet run is quiet"
    assert messages_for(waiting(), IDLE, a_run(RunState.CANCELLED), EVERY) == ()


def test_sign_in_is_asked_once_while_it_lasts() -> None:
    now = Status(version="1", state=DaemonState.NEEDS_SIGN_IN, because=Text(code="x", text="Sign in to Notes again."))
    assert messages_for(IDLE, now, None, EVERY) == (Message(Kind.SIGN_IN_NEEDED, "Sign in to Notes again."),)
    assert messages_for(now, now, None, EVERY) == ()


def test_only_wanted_kinds_are_told() -> None:
    assert messages_for(IDLE, waiting(), None, frozenset()) == ()
    assert wanted({}) == frozenset(kind for kind, on in DEFAULTS.items() if on)
    assert wanted({}) == EVERY - {Kind.RUN_FINISHED}
    assert wanted({f"messages.{kind}": False for kind in Kind}) == frozenset()
    assert Kind.RUN_FINISHED in wanted({"messages.run_finished": True})


def test_a_long_reason_is_cut_for_windows() -> None:
    long = Text(code="x", text="y" * 900)
    (message,) = messages_for(waiting(), IDLE, a_run(RunState.FAILED, because=long), EVERY)
    assert len(message.text) <= 200
