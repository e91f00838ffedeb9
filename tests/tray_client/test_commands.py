"""Menu commands: what each does to a real scripted daemon, and that trouble becomes one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import daemon_start
from shared.api_client import ApiClient, DaemonNotRunning
from shared.app_paths import AppPaths
from shared.models import OneDecision
from shared.states import Action, DaemonState, Decision, RunState
from tray_client.commands import Commands, page_address
from tray_client.menu import (
    Apply,
    Command,
    Decide,
    OpenPage,
    PauseRuns,
    Place,
    Quit,
    Restart,
    ResumeRuns,
    StartDaemon,
)

ROOT = Path(__file__).resolve().parents[2]


class Around:
    """Writes down what the commands ask of the tray client."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.changed = threading.Event()

    def complain(self, text: str) -> None:
        self.said.append(text)
        self.changed.set()

    def rows_changed(self) -> None:
        self.asked.append("rows")

    def daemon_changed(self) -> None:
        self.asked.append("daemon")

    def leave(self) -> None:
        self.asked.append("leave")

    def leave_and_return(self) -> None:
        self.asked.append("return")


class Desk:
    """Commands with everything around them."""

    def __init__(self, home: Path) -> None:
        self.paths = AppPaths(home / "config", home / "state", home / "logs")
        self.client = ApiClient(self.paths.endpoint_file)
        self.around = Around()
        self.opened: list[str] = []
        self.now = 0.0
        self.can_open = True
        self.commands = Commands(
            ApiClient(self.paths.endpoint_file), self.paths, self.around, open_url=self._open, clock=lambda: self.now
        )

    def _open(self, url: str) -> bool:
        self.opened.append(url)
        return self.can_open

    def do(self, command: Command) -> None:
        self.commands.carry_out(command)

    def review(self) -> str:
        run = self.client.start_run()
        with self.client.stream() as stream:
            next(status for status in stream if status.state is DaemonState.AWAITING_REVIEW)
        return run.id


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("DAYBRIDGE_HOME", str(tmp_path))
    return Desk(tmp_path)


@pytest.fixture
def daemon(desk: Desk, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.scripted_daemon", "--pause", "0.002"],
        cwd=ROOT,
        env=os.environ | {"DAYBRIDGE_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        yield process
        process.terminate()
        process.wait(20)


def row_of(desk: Desk, run: str, action: Action) -> tuple[str, str]:
    row = desk.client.changes(run, action=action).changes[0]
    return row.id, row.revision


@pytest.mark.usefixtures("daemon")
def test_a_page_is_opened_with_a_code_that_works_once(desk: Desk) -> None:
    desk.do(OpenPage(Place.SUMMARY, "c 7"))
    (url,) = desk.opened
    assert url.endswith("&view=summary&change=c+7")
    code = url.partition("#code=")[2].partition("&")[0]
    assert desk.client.trade_page_code(code).token


@pytest.mark.usefixtures("daemon")
def test_a_double_click_opens_one_page(desk: Desk) -> None:
    settings = OpenPage(Place.SETTINGS)
    desk.do(settings)
    desk.now = 0.4
    desk.do(settings)
    assert len(desk.opened) == 1
    desk.do(OpenPage(Place.SYNCHRONIZATION))
    desk.now = 2.0
    desk.do(OpenPage(Place.SYNCHRONIZATION))
    assert len(desk.opened) == 3


@pytest.mark.usefixtures("daemon")
def test_without_a_browser_it_says_what_to_do(desk: Desk) -> None:
    desk.can_open = False
    desk.do(OpenPage(Place.SETTINGS))
    assert desk.around.said == ["No browser could be opened. Run: daybridge open --print"]


@pytest.mark.usefixtures("daemon")
def test_a_decision_reaches_the_daemon(desk: Desk) -> None:
    run = desk.review()
    change, revision = row_of(desk, run, Action.CREATE_IN_NOTES)
    desk.do(Decide(run, revision, Decision.IGNORE_FOREVER, change=change))
    assert desk.client.change(run, change).decision is Decision.IGNORE_FOREVER
    plan = desk.client.run(run).plan
    desk.do(Decide(run, plan, Decision.IGNORE_UNTIL_CHANGE, series="s1"))
    assert {row.decision for row in desk.client.changes(run, series="s1").changes} == {Decision.IGNORE_UNTIL_CHANGE}
    assert desk.around.asked == ["rows", "rows"]
    assert desk.around.said == []


@pytest.mark.usefixtures("daemon")
def test_a_stale_decision_is_told_and_the_rows_are_read_again(desk: Desk) -> None:
    run = desk.review()
    change, _ = row_of(desk, run, Action.CREATE_IN_NOTES)
    desk.do(Decide(run, "seen-before", Decision.APPROVE, change=change))
    assert desk.around.said == ["Some rows changed since you saw them. Look at them again."]
    assert desk.around.asked == ["rows"]


@pytest.mark.usefixtures("daemon")
def test_ok_writes_the_plan_that_was_seen(desk: Desk) -> None:
    run = desk.review()
    desk.do(Apply(run, desk.client.run(run).plan))
    assert desk.client.run(run).state in (RunState.APPLYING, RunState.DONE)
    assert desk.opened == []


@pytest.mark.usefixtures("daemon")
@pytest.mark.parametrize("trouble", ["deletion", "plan"])
def test_ok_that_needs_the_window_opens_it_and_writes_nothing(desk: Desk, trouble: str) -> None:
    run = desk.review()
    plan = desk.client.run(run).plan
    if trouble == "deletion":
        change, revision = row_of(desk, run, Action.DELETE_IN_NOTES)
        desk.client.decide(run, (OneDecision(change=change, revision=revision, decision=Decision.APPROVE),))
    else:
        plan = "an older plan"
    desk.do(Apply(run, plan))
    assert [url.rpartition("&")[2] for url in desk.opened] == ["view=summary"]
    assert desk.client.run(run).state is RunState.AWAITING_REVIEW


@pytest.mark.usefixtures("daemon")
def test_pause_and_resume(desk: Desk) -> None:
    desk.do(PauseRuns(2))
    assert desk.client.status().paused_until
    desk.do(ResumeRuns())
    assert desk.client.status().paused_until is None


def test_without_a_daemon_the_sentence_is_told_and_the_queue_goes_on(desk: Desk) -> None:
    with pytest.raises(DaemonNotRunning):
        desk.do(PauseRuns(1))
    desk.commands.start()
    desk.commands.post(PauseRuns(1))
    desk.commands.post(Quit())
    desk.commands.stop()
    assert desk.around.said == [str(DaemonNotRunning())]
    assert desk.around.asked == ["leave"]


def test_a_fault_in_one_command_leaves_the_menu_alive(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.commands, "_open", None)
    desk.commands.start()
    desk.commands.post(OpenPage(Place.SETTINGS))
    desk.commands.post(Quit())
    desk.commands.stop()
    assert desk.around.said == ["That did not work. The log of the tray client says why."]
    assert desk.around.asked == ["leave"]


def test_start_and_restart(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon_start, "program", lambda *_: [sys.executable, "-m", "tests.fakes.scripted_daemon"])
    desk.do(StartDaemon())
    first = desk.client.endpoint().pid
    desk.commands._clock = __import__("time").monotonic
    desk.do(Restart())
    desk.client.forget_endpoint()
    try:
        assert desk.client.endpoint().pid != first
        assert desk.around.asked == ["daemon", "return"]
    finally:
        desk.client.shutdown()


def test_the_address_keeps_the_code_first() -> None:
    address = page_address("http://127.0.0.1:1/#code=x", OpenPage(Place.SYNCHRONIZATION))
    assert address == "http://127.0.0.1:1/#code=x&view=synchronization"
