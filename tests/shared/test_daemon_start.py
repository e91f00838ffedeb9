"""Starting the daemon: a real process that outlives us, its last words when it cannot start, and no second one."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shared import daemon_start
from shared.api_client import ApiClient
from shared.app_paths import AppPaths
from shared.daemon_start import CannotStart, program, start_daemon


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppPaths:
    monkeypatch.setenv("DAYBRIDGE_HOME", str(tmp_path))
    return AppPaths(tmp_path / "config", tmp_path / "state", tmp_path / "logs")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets ``daybridge run`` be another program of ours."""

    def instead(*command: str) -> None:
        monkeypatch.setattr(daemon_start, "program", lambda *_: [sys.executable, *command])

    return instead


def test_it_is_started_once_and_found(paths: AppPaths, runs: Callable[..., None]) -> None:
    runs("-m", "tests.fakes.scripted_daemon")
    client = ApiClient(paths.endpoint_file)
    start_daemon(client, paths)
    first = client.endpoint().pid
    try:
        assert os.getsid(first) == first, "it has a session of its own, so closing a terminal does not end it"
        start_daemon(client, paths)
        assert client.endpoint().pid == first
    finally:
        client.shutdown()
        deadline = time.monotonic() + 20
        while paths.endpoint_file.exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_its_last_words_are_told(paths: AppPaths, runs: Callable[..., None]) -> None:
    runs("-c", "import sys; print('first'); sys.exit('The settings file is damaged.')")
    with pytest.raises(CannotStart, match=r"^The settings file is damaged\.$"):
        start_daemon(ApiClient(paths.endpoint_file), paths)


def test_one_that_says_nothing_is_told_by_its_code(paths: AppPaths, runs: Callable[..., None]) -> None:
    runs("-c", "raise SystemExit(3)")
    with pytest.raises(CannotStart, match="exit code 3"):
        start_daemon(ApiClient(paths.endpoint_file), paths)


def test_one_that_never_answers_is_given_up(paths: AppPaths, runs: Callable[..., None]) -> None:
    runs("-c", "pass")
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with pytest.raises(CannotStart, match="did not answer within 5 seconds"):
        start_daemon(ApiClient(paths.endpoint_file), paths, seconds=5, clock=lambda: now[0], sleep=sleep)


def test_a_program_that_is_missing(paths: AppPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon_start, "program", lambda *_: [str(paths.state / "nothing")])
    with pytest.raises(CannotStart, match="install Daybridge again"):
        start_daemon(ApiClient(paths.endpoint_file), paths)


def test_the_script_beside_the_interpreter_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter = tmp_path / "python"
    monkeypatch.setattr(sys, "executable", str(interpreter))
    assert program("daybridge", "daemon", "run") == [str(interpreter), "-m", "daemon", "run"]
    ending = ".exe" if os.name == "nt" else ""
    script = tmp_path / f"daybridge{ending}"
    script.write_text("")
    assert program("daybridge", "daemon", "run") == [str(script), "run"]
    script.unlink()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with pytest.raises(CannotStart, match="install Daybridge again"):
        program("daybridge", "daemon", "run")
