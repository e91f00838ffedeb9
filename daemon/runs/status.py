"""The Status document, put together from the open run, the accounts and the clock; and the pause of automatic runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from daemon.runs.accounts import AccountBook
from daemon.runs.coordinator import Coordinator
from daemon.runs.moments import Clock, stamp
from daemon.settings import Settings
from shared.models import ApiBudget, Pending, Status, SyncObject, Text
from shared.states import DaemonState, RunState, Side
from shared.texts import text
from shared.version import VERSION


class Pauser:
    """Automatic runs stop until a moment; manual runs never do."""

    def __init__(self, clock: Clock, changed: Callable[[], None]) -> None:
        self._clock = clock
        self._changed = changed
        self._until: datetime | None = None

    def pause(self, minutes: int) -> None:
        self._until = self._clock() + timedelta(minutes=minutes)
        self._changed()

    def resume(self) -> None:
        self._until = None
        self._changed()

    @property
    def until(self) -> datetime | None:
        """The end of the pause, or None where there is none (any more)."""
        return self._until if self._until is not None and self._until > self._clock() else None


class StatusComposer:
    """Makes the Status. ``phase`` is starting, running or stopping."""

    def __init__(
        self,
        coordinator: Coordinator,
        accounts: AccountBook,
        settings: Settings,
        pauser: Pauser,
        next_run: Callable[[], datetime | None],
        last_run: Callable[[], str | None],
        *,
        credentials: str,
        demo: bool,
    ) -> None:
        self._coordinator = coordinator
        self._accounts = accounts
        self._settings = settings
        self._pauser = pauser
        self._next_run = next_run
        self._last_run = last_run
        self._credentials = credentials
        self._demo = demo
        self.phase = "starting"

    def compose(self) -> Status:
        state, because = self._state()
        run = self._coordinator.run
        review = self._coordinator.review
        waits = run is not None and run.state is RunState.AWAITING_REVIEW and review is not None
        until = self._pauser.until
        upcoming = self._next_run()
        return Status(
            version=VERSION,
            state=state,
            because=because,
            needs_user=state in (DaemonState.NEEDS_SIGN_IN, DaemonState.AWAITING_REVIEW),
            objects=(SyncObject(id="calendar", name="Calendar", last_run=self._last_run()),),
            run=run,
            pending=review.pending() if waits and review is not None else Pending(),
            accounts=self._accounts.accounts(),
            next_run_at=stamp(upcoming) if upcoming and not until else None,
            paused_until=stamp(until) if until else None,
            api_budget=ApiBudget(salesforce=self._accounts.budget()),
            credentials=self._credentials,
            demo=self._demo,
        )

    def _state(self) -> tuple[DaemonState, Text | None]:
        """The first that holds (interfaces.md, Status)."""
        if self.phase != "running":
            state = DaemonState.STARTING if self.phase == "starting" else DaemonState.STOPPING
            return state, text(f"state.{state}")
        run, review = self._coordinator.run, self._coordinator.review
        if run is not None and run.state in (RunState.APPLYING, RunState.COMPARING):
            state = DaemonState.APPLYING if run.state is RunState.APPLYING else DaemonState.COMPARING
            return state, text(f"state.{state}")
        for side in Side:
            account = self._accounts.status[side]
            if account.state == "needs_sign_in":
                return DaemonState.NEEDS_SIGN_IN, account.because or text("state.needs_sign_in", side=side.title())
        unreachable = next((each for each in self._accounts.status.values() if each.state == "unreachable"), None)
        ended = self._coordinator.last_ended
        failed = run is None and ended is not None and ended.state is RunState.FAILED and unreachable is None
        if ended is not None and failed and ended.because != self._accounts.mended:
            return DaemonState.FAILED, ended.because
        if run is not None and review is not None:
            pending = review.pending()
            return DaemonState.AWAITING_REVIEW, run.because or text(
                "state.awaiting_review", count=pending.changes, waiting=pending.undecided
            )
        if unreachable is not None:
            return DaemonState.OFFLINE, unreachable.because
        until = self._pauser.until
        if until is not None:
            return DaemonState.PAUSED, text("state.paused", until=stamp(until))
        waiting = [side.title() for side in Side if self._accounts.status[side].state == "not_connected"]
        if waiting:
            return DaemonState.IDLE, text("state.not_connected", side=" and ".join(waiting))
        return DaemonState.IDLE, text("state.idle")
