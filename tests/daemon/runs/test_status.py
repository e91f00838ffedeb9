"""The Status document: its state is the first that holds, and a pause stops automatic runs only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from daemon.runs.review import Review
from daemon.runs.status import Pauser, StatusComposer
from shared.models import Accounts, AccountStatus, Run, SideBudget, Text
from shared.states import DaemonState, RunState, Side

NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


class House:
    """Everything the composer asks, set by hand."""

    def __init__(self) -> None:
        self.now = NOW
        self.coordinator = SimpleNamespace(run=None, review=None, last_ended=None)
        self.status = {side: AccountStatus(state="connected") for side in Side}
        self.accounts = SimpleNamespace(status=self.status, accounts=Accounts, budget=SideBudget, mended=None)
        self.told = 0
        self.pauser = Pauser(lambda: self.now, self._tell)
        self.composer = StatusComposer(
            cast("Any", self.coordinator),
            cast("Any", self.accounts),
            cast("Any", None),
            self.pauser,
            lambda: NOW + timedelta(hours=1),
            lambda: None,
            credentials="keyring",
            demo=False,
        )
        self.composer.phase = "running"

    def _tell(self) -> None:
        self.told += 1

    def run(self, state: RunState) -> None:
        self.coordinator.run = Run(id="r", state=state, started_at="2026-03-09T08:00:00Z")
        self.coordinator.review = Review(run="r")

    def account(self, side: Side, state: str) -> None:
        self.status[side] = AccountStatus(state=state, because=Text(code="x", text="Why."))


def ended(house: House) -> None:
    house.coordinator.last_ended = Run(
        id="r", state=RunState.FAILED, started_at="", because=Text(code="x", text="Why.")
    )


STEPS: list[tuple[DaemonState, Callable[[House], None]]] = [
    (DaemonState.IDLE, lambda house: None),
    (DaemonState.PAUSED, lambda house: house.pauser.pause(60)),
    (DaemonState.OFFLINE, lambda house: house.account(Side.NOTES, "unreachable")),
    (DaemonState.AWAITING_REVIEW, lambda house: house.run(RunState.AWAITING_REVIEW)),
    (DaemonState.NEEDS_SIGN_IN, lambda house: house.account(Side.SALESFORCE, "needs_sign_in")),
    (DaemonState.COMPARING, lambda house: house.run(RunState.COMPARING)),
    (DaemonState.APPLYING, lambda house: house.run(RunState.APPLYING)),
    (DaemonState.STARTING, lambda house: setattr(house.composer, "phase", "starting")),
    (DaemonState.STOPPING, lambda house: setattr(house.composer, "phase", "stopping")),
]


def test_the_state_is_the_first_that_holds() -> None:
    """Catches: a lower state shown above a higher one (interfaces.md, Status); each step adds the next higher one."""
    house = House()
    for state, step in STEPS:
        step(house)
        found = house.composer.compose()
        assert found.state is state
        assert found.because is not None
        assert found.needs_user == (state in (DaemonState.NEEDS_SIGN_IN, DaemonState.AWAITING_REVIEW))


def test_a_failed_run_shows_until_the_next_one() -> None:
    """Catches: a failure that nobody sees, or one that hides the list of the run after it."""
    house = House()
    ended(house)
    assert house.composer.compose().state is DaemonState.FAILED
    house.run(RunState.AWAITING_REVIEW)
    assert house.composer.compose().state is DaemonState.AWAITING_REVIEW


def test_a_failure_is_no_news_once_its_account_works_again() -> None:
    """Catches: "sign in again" in every window after the person has signed in."""
    house = House()
    ended(house)
    house.accounts.mended = Text(code="x", text="Why.")
    assert house.composer.compose().state is DaemonState.IDLE
    house.accounts.mended = Text(code="y", text="Another trouble.")
    assert house.composer.compose().state is DaemonState.FAILED


def test_a_pause_ends_by_itself_and_hides_the_next_run() -> None:
    """Catches: automatic runs paused for ever, or a next run announced that will not come."""
    house = House()
    assert house.composer.compose().next_run_at == "2026-03-09T09:00:00Z"
    house.pauser.pause(60)
    assert house.composer.compose().next_run_at is None
    assert house.composer.compose().paused_until == "2026-03-09T09:00:00Z"
    house.now += timedelta(minutes=60)
    assert house.pauser.until is None and house.composer.compose().state is DaemonState.IDLE
    house.pauser.pause(60)
    house.pauser.resume()
    assert house.pauser.until is None
    assert house.told == 3


@pytest.mark.parametrize("state", [RunState.COMPARING, RunState.APPLYING])
def test_pending_counts_only_a_list_that_waits(state: RunState) -> None:
    """Catches: a badge with the numbers of the list that is being replaced."""
    house = House()
    house.run(state)
    assert house.composer.compose().pending.changes == 0
