"""The watcher against a real server process: it shows what the stream says, survives restarts, and backs off."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared import endpoint_file
from shared.api_client import ApiClient
from shared.endpoint_file import Endpoint
from shared.models import OneDecision
from shared.states import Action, DaemonState, Decision
from tray_client.messages import Kind, Message
from tray_client.view import Connected, Moment, NoDaemon, OtherDaemon
from tray_client.watcher import Watcher

ROOT = Path(__file__).resolve().parents[2]


class Seen:
    """What the watcher showed and told, in order."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.messages: list[Message] = []

    def until(self, fits: Callable[[Moment], bool], seconds: float = 30.0) -> Moment:
        """The latest moment, once it fits."""
        deadline = time.monotonic() + seconds
        while True:
            if self.moments and fits(self.moments[-1]):
                return self.moments[-1]
            assert time.monotonic() < deadline, self.moments[-1:]
            time.sleep(0.02)


class Home:
    """A DAYBRIDGE_HOME with scripted daemons started and ended in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = folder / "state" / "endpoint.json"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *arguments: str) -> ApiClient:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.scripted_daemon", "--pause", "0.005", *arguments],
            cwd=ROOT,
            env=os.environ | {"DAYBRIDGE_HOME": str(self.folder)},
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith(b"http://")
        return ApiClient(self.place)

    def stop(self, *, kill: bool = False) -> None:
        if self.process is None:
            return
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait(20)
        self.process = None


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def watcher(home: Home, seen: Seen) -> Iterator[Watcher]:
    made = Watcher(ApiClient(home.place), seen.moments.append, seen.messages.append, jitter=lambda: 0.0)
    yield made
    made.stop()
    assert not any(thread.name == "status watcher" for thread in threading.enumerate())


def in_state(state: DaemonState) -> Callable[[Moment], bool]:
    return lambda moment: isinstance(moment, Connected) and moment.status.state is state


def test_it_shows_states_rows_and_messages(home: Home, seen: Seen, watcher: Watcher) -> None:
    client = home.start()
    client.patch_settings({"messages.decision_needed": True})
    watcher.start()
    seen.until(in_state(DaemonState.IDLE))
    run = client.start_run()
    shown = seen.until(in_state(DaemonState.AWAITING_REVIEW))
    assert isinstance(shown, Connected)
    assert len(shown.rows) == 10
    assert all(row.decision is Decision.UNDECIDED and row.action is not Action.CANNOT_SYNC for row in shown.rows)
    client.cancel(run.id)
    assert not getattr(seen.until(in_state(DaemonState.IDLE)), "rows", None)
    assert [message.kind for message in seen.messages] == [Kind.DECISION_NEEDED]


def test_decided_rows_fill_up_the_menu(home: Home, seen: Seen, watcher: Watcher) -> None:
    client = home.start()
    run = client.start_run().id
    watcher.start()
    seen.until(in_state(DaemonState.AWAITING_REVIEW))
    rows = client.changes(run, decision=Decision.UNDECIDED, limit=100).changes
    decisions = [
        OneDecision(change=row.id, revision=row.revision, decision=Decision.IGNORE_UNTIL_CHANGE) for row in rows[2:]
    ]
    client.decide(run, tuple(decisions))

    def settled(moment: Moment) -> bool:
        return isinstance(moment, Connected) and [row.decision for row in moment.rows].count(Decision.UNDECIDED) == 2

    shown = seen.until(settled)
    assert isinstance(shown, Connected)
    assert len(shown.rows) == 10
    assert [row.id for row in shown.rows[:2]] == [row.id for row in rows[:2]]


def test_a_decision_that_leaves_the_status_as_it_is_shows_after_refresh(
    home: Home, seen: Seen, watcher: Watcher
) -> None:
    client = home.start()
    run = client.start_run().id
    watcher.start()
    seen.until(in_state(DaemonState.AWAITING_REVIEW))
    watcher.refresh()
    assert isinstance(seen.moments[-1], Connected)
    assert seen.moments[-1].status.run is not None
    assert seen.moments[-1].status.run.id == run


def test_a_setting_silences_a_message(home: Home, seen: Seen, watcher: Watcher) -> None:
    client = home.start()
    client.patch_settings({"messages.decision_needed": False})
    watcher.start()
    seen.until(in_state(DaemonState.IDLE))
    run = client.start_run()
    seen.until(in_state(DaemonState.AWAITING_REVIEW))
    client.cancel(run.id)
    seen.until(in_state(DaemonState.IDLE))
    assert seen.messages == []


def test_a_failed_row_is_told_at_the_end_of_the_run(home: Home, seen: Seen, watcher: Watcher) -> None:
    client = home.start("--fail", "c1")
    watcher.start()
    seen.until(in_state(DaemonState.IDLE))
    client.start_run()
    seen.until(in_state(DaemonState.AWAITING_REVIEW))
    now = client.status()
    assert now.run is not None
    client.apply(now.run.id, now.run.plan)
    seen.until(in_state(DaemonState.IDLE))
    deadline = time.monotonic() + 10
    while seen.messages[-1].kind is not Kind.ITEM_FAILED:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("kill", [False, True])
def test_it_finds_the_next_daemon_by_itself(home: Home, seen: Seen, watcher: Watcher, kill: bool) -> None:
    home.start()
    watcher.start()
    seen.until(in_state(DaemonState.IDLE))
    home.stop(kill=kill)
    seen.until(lambda moment: isinstance(moment, NoDaemon))
    home.start()
    seen.until(in_state(DaemonState.IDLE))


def test_hurry_ends_the_waiting(home: Home, seen: Seen) -> None:
    slow = Watcher(ApiClient(home.place), seen.moments.append, seen.messages.append, jitter=lambda: 100.0)
    slow.start()
    try:
        seen.until(lambda moment: isinstance(moment, NoDaemon))
        home.start()
        slow.hurry()
        seen.until(in_state(DaemonState.IDLE))
    finally:
        slow.stop()


def test_another_version_is_shown_as_such(home: Home, seen: Seen, watcher: Watcher) -> None:
    endpoint_file.write(
        home.place,
        Endpoint(
            url="http://127.0.0.1:9",
            token="t",
            pid=1,
            api_version=2,
            version="9",
            started_at="2026-11-22T10:00:00Z",
        ),
    )
    watcher.start()
    shown = seen.until(lambda moment: isinstance(moment, OtherDaemon))
    assert isinstance(shown, OtherDaemon)
    assert "Restart" in shown.because


def test_it_waits_one_to_thirty_seconds(watcher: Watcher) -> None:
    assert [watcher.wait_before(tries) for tries in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert watcher.wait_before(10**6) == 30
    nervous = Watcher(ApiClient(Path("/nowhere")), print, print, jitter=lambda: 1.0)
    assert nervous.wait_before(0) == 1.5
    assert nervous.wait_before(99) == 45
