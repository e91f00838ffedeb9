"""The real command as a process against the scripted daemon, each under a DAYBRIDGE_HOME of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from daemon.cli.group import run_command_line
from shared.api_client import ApiClient

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Ended:
    """A finished command: exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


@dataclass(frozen=True)
class CommandLine:
    """Runs ``daybridge`` with ``home`` as DAYBRIDGE_HOME, in the zone TZ names."""

    home: Path
    environment: dict[str, str]

    def __call__(self, *arguments: str, given: str | None = None, **more: str) -> Ended:
        done = subprocess.run(
            [sys.executable, "-m", "daemon", *arguments],
            cwd=ROOT,
            env=self.environment | more,
            input=given if given is not None else "",
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    @property
    def client(self) -> ApiClient:
        return ApiClient(self.home / "state" / "endpoint.json")


def _environment(home: Path) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "BROWSER", "WAYLAND_DISPLAY")}
    return plain | {"DAYBRIDGE_HOME": str(home), "TZ": "Europe/Berlin", "COLUMNS": "80"}


@pytest.fixture
def lonely(tmp_path: Path) -> CommandLine:
    """The command line with no daemon anywhere."""
    return CommandLine(tmp_path, _environment(tmp_path))


InThisProcess = Callable[..., Ended]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> InThisProcess:
    """The command line without a process of its own, for the many ways to be refused; no daemon anywhere."""
    monkeypatch.setenv("DAYBRIDGE_HOME", str(tmp_path))

    def call(*arguments: str) -> Ended:
        code = run_command_line(list(arguments))
        out, err = capfd.readouterr()
        return Ended(code, out, err)

    return call


@contextmanager
def _daemon(home: Path, *arguments: str) -> Iterator[CommandLine]:
    environment = _environment(home)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.scripted_daemon", "--pause", "0.005", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline().startswith(b"http://127.0.0.1:")
        yield CommandLine(home, environment)
        if process.poll() is None:
            process.terminate()
        process.wait(20)


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Callable[..., CommandLine]]:
    """Starts a scripted daemon with the given arguments; the command line that talks to it."""
    with ExitStack() as started:
        yield lambda *arguments: started.enter_context(_daemon(tmp_path, *arguments))


@pytest.fixture(scope="module")
def steady(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """One scripted daemon for the tests of a module that leave no run and no changed setting behind."""
    with _daemon(tmp_path_factory.mktemp("steady")) as daybridge:
        yield daybridge
