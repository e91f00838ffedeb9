"""Carries out what a menu entry asks for, one at a time in a thread of its own, over the local API."""

from __future__ import annotations

import logging
import queue
import threading
import time
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from shared.api_client import ApiClient, ClientError, sentence
from shared.app_paths import AppPaths
from shared.daemon_start import CannotStart, answers, start_daemon
from shared.endpoint_file import EndpointRefused
from shared.models import OneDecision
from shared.problems import ApiProblem, ProblemName
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

_LOG = logging.getLogger(__name__)

TWICE_SECONDS = 1.0
"""A double click arrives as two clicks on some desktops: the same page is not opened twice within this time."""

SHUTDOWN_SECONDS = 15.0

NEEDS_WINDOW = frozenset(
    {
        ProblemName.NEEDS_CONFIRMATION,
        ProblemName.BLOCKED_BY_GUARD,
        ProblemName.PLAN_CHANGED,
        ProblemName.STALE_DECISIONS,
    }
)
"""Answers to Ok or a decision that the person settles in the window: deletions, guards, a list that changed."""


class Surroundings(Protocol):
    """What the commands do to the rest of the tray client."""

    def complain(self, text: str) -> None:
        """Show one sentence to the person."""

    def rows_changed(self) -> None:
        """Read the pending rows again."""

    def daemon_changed(self) -> None:
        """Look for the daemon now."""

    def leave(self) -> None:
        """End the tray client."""

    def leave_and_return(self) -> None:
        """End the tray client and start the installed one."""


@dataclass(frozen=True, slots=True)
class _Opened:
    command: OpenPage
    at: float


class Commands:
    """Takes commands from any thread; ``open_url`` shows an address in the person's browser and says whether it could."""

    def __init__(
        self,
        client: ApiClient,
        paths: AppPaths,
        surroundings: Surroundings,
        *,
        open_url: Callable[[str], bool] = webbrowser.open,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._paths = paths
        self._around = surroundings
        self._open_url = open_url
        self._clock = clock
        self._opened: _Opened | None = None
        self._queue: queue.Queue[Command | None] = queue.Queue()
        self._thread = threading.Thread(target=self._work, name="commands", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def post(self, command: Command) -> None:
        """Carry the command out soon; returns at once, since menus must not wait for the network."""
        self._queue.put(command)

    def stop(self) -> None:
        """Take no more commands and wait for the current one (at most 5 seconds)."""
        self._queue.put(None)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(5.0)

    def _work(self) -> None:
        while (command := self._queue.get()) is not None:
            try:
                self.carry_out(command)
            except ApiProblem as problem:
                self._around.complain(sentence(problem))
            except (ClientError, EndpointRefused, CannotStart) as error:
                self._around.complain(str(error))
            except Exception:  # noqa: BLE001 - a fault in one command must not silence the whole menu
                _LOG.exception("a menu command failed")
                self._around.complain("That did not work. The log of the tray client says why.")

    def carry_out(self, command: Command) -> None:
        """Do it now. Raises ApiProblem, ClientError, EndpointRefused or CannotStart."""
        match command:
            case OpenPage():
                self._open(command)
            case Decide():
                self._decide(command)
            case Apply(run, plan):
                self._apply(run, plan)
            case PauseRuns(hours):
                self._client.pause(hours * 60)
            case ResumeRuns():
                self._client.resume()
            case StartDaemon():
                self._start_daemon()
            case Restart():
                self._restart()
            case Quit():
                self._around.leave()

    def _open(self, command: OpenPage) -> None:
        now = self._clock()
        if self._opened is not None and self._opened.command == command and now - self._opened.at < TWICE_SECONDS:
            return
        self._opened = _Opened(command, now)
        url = page_address(self._client.make_page_code().url, command)
        if not self._open_url(url):
            self._around.complain("No browser could be opened. Run: daybridge open --print")

    def _decide(self, command: Decide) -> None:
        one = OneDecision(
            change=command.change, series=command.series, revision=command.revision, decision=command.decision
        )
        try:
            self._client.decide(command.run, (one,))
        except ApiProblem as problem:
            if problem.name not in NEEDS_WINDOW:
                raise
            self._around.complain(sentence(problem))
        self._around.rows_changed()

    def _apply(self, run: str, plan: str) -> None:
        try:
            self._client.apply(run, plan)
        except ApiProblem as problem:
            if problem.name not in NEEDS_WINDOW:
                raise
            self._open(OpenPage(Place.SUMMARY))

    def _start_daemon(self) -> None:
        start_daemon(self._client, self._paths)
        self._around.daemon_changed()

    def _restart(self) -> None:
        """End the daemon of the other version, start the installed one, and come back as the installed tray client."""
        try:
            self._client.shutdown()
        except (ClientError, EndpointRefused, ApiProblem) as error:
            _LOG.info("the old daemon could not be asked to end: %s", type(error).__name__)
        deadline = self._clock() + SHUTDOWN_SECONDS
        while self._clock() < deadline and self._paths.endpoint_file.exists():
            time.sleep(0.1)
        self._client.forget_endpoint()
        if not answers(self._client):
            start_daemon(self._client, self._paths)
        self._around.leave_and_return()


def page_address(url: str, command: OpenPage) -> str:
    """The one-time address with the part of the page to show, in the fragment: it never reaches a server."""
    where = {"view": str(command.place)}
    if command.change is not None:
        where["change"] = command.change
    return f"{url}&{urlencode(where)}"
