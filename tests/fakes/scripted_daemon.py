"""A daemon without calendars: the real API server over scripted, in-memory handlers, for tests of page, tray and command line.

Run it with ``python -m tests.fakes.scripted_daemon``; it writes the endpoint file under DAYBRIDGE_HOME and prints the page's
address. ``--more N`` adds N rows, ``--fail ID`` and ``--stale ID`` make a row fail or come back after Ok.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import secrets
import signal
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from daemon.api.server import ApiServer
from shared import endpoint_file
from shared.app_paths import app_paths
from shared.models import (
    API_VERSION,
    Accounts,
    ApiBudget,
    Run,
    SideBudget,
    Status,
    SyncObject,
    Text,
)
from shared.states import DaemonState, RunMode, RunState, Side
from shared.version import VERSION
from tests.fakes.scripted_board import ScriptedBoard
from tests.fakes.scripted_handlers import handlers
from tests.fakes.scripted_lists import CONNECTED, SCHEMA, ignored, items
from tests.fakes.scripted_run import ScriptedRun, now
from tests.fakes.scripted_script import scripted_rows

_STATE_OF_RUN = {
    RunState.COMPARING: DaemonState.COMPARING,
    RunState.APPLYING: DaemonState.APPLYING,
    RunState.AWAITING_REVIEW: DaemonState.AWAITING_REVIEW,
}


class ScriptedDaemon:
    """The state behind the handlers. ``pause`` is the seconds a step of a run takes; ``token`` the full-access token."""

    def __init__(self, *, more: int = 0, pause: float = 0.02, token: str = "") -> None:
        self.token = token or secrets.token_urlsafe(32)
        self.pause = pause
        self.script = scripted_rows(more)
        self.fails: set[str] = set()
        self.stale: set[str] = set()
        self.failure: Text | None = None
        self.runs: list[ScriptedRun] = []
        self.last_run: str | None = None
        self.paused_until: str | None = None
        self.accounts = dict(CONNECTED)
        self.settings = {one.key: one.default for one in SCHEMA}
        self.sign_in_takes = 0.0
        self.ignored = ignored()
        self.items = items()
        self.stopped = asyncio.Event()
        self.board = ScriptedBoard(self._status())
        self.server = ApiServer(handlers(self), self.board, self.token)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def open_run(self) -> ScriptedRun | None:
        return next((run for run in self.runs if run.state.is_open), None)

    def publish(self) -> None:
        run = self.runs[-1] if self.runs else None
        if run is not None and run.state in (RunState.DONE, RunState.DONE_WITH_FAILURES):
            self.last_run = run.document().finished_at
        self.board.publish(self._status())

    def _status(self) -> Status:
        run = self.open_run
        state = DaemonState.PAUSED if self.paused_until else DaemonState.IDLE
        because = Text(code="state.idle", text="Nothing to do.")
        if run is not None:
            state = _STATE_OF_RUN[run.state]
            because = Text(code=f"state.{state}", text=_BECAUSE[state])
        every = self.settings["automatic.every_minutes"]
        upcoming = (datetime.now(UTC) + timedelta(minutes=every)).strftime("%Y-%m-%dT%H:%M:%SZ") if every else None
        base = Status(
            version=VERSION,
            state=state,
            because=because,
            needs_user=run is not None and run.state is RunState.AWAITING_REVIEW,
            objects=(SyncObject(id="calendar", name="Calendar", last_run=self.last_run),),
            run=run.document() if run is not None else None,
            accounts=Accounts(salesforce=self.accounts[Side.SALESFORCE], notes=self.accounts[Side.NOTES]),
            next_run_at=upcoming,
            paused_until=self.paused_until,
            api_budget=ApiBudget(salesforce=SideBudget(used_by_us_24h=214, org_used=3120, org_max=15000)),
            credentials="memory",
            demo=True,
        )
        return replace(base, pending=run.pending()) if run is not None else base

    def start_run(self, mode: RunMode = RunMode.MANUAL) -> ScriptedRun:
        """A new run over the rows that are still open; it compares by itself."""
        run = ScriptedRun(len(self.runs) + 1, self.script, pause=self.pause, changed=self.publish, mode=mode)
        run.failure = self.failure
        run.fails, run.stale = set(self.fails), set(self.stale)
        self.runs.append(run)
        self.spawn(run.compare())
        self.publish()
        return run

    async def browser_comes_back(self) -> None:
        """The end of a sign-in that somebody started: at once, unless ``sign_in_takes`` says how long it takes."""
        await asyncio.sleep(self.sign_in_takes)
        self.accounts[Side.SALESFORCE] = CONNECTED[Side.SALESFORCE]
        self.publish()

    def finish(self, run: ScriptedRun) -> None:
        """Forget what was written or ignored, so that the next comparison no longer finds it."""
        done = {row.id for row in run.rows.values() if row.result == "applied" or row.decision.ignores}
        self.script = [row for row in self.script if row.id not in done]

    def spawn(self, work: object) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)  # type: ignore[arg-type]
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def history(self) -> list[Run]:
        return [run.document() for run in reversed(self.runs)]

    async def start(self) -> str:
        return await self.server.start()

    async def stop(self) -> None:
        self.board.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.server.stop()


_BECAUSE = {
    DaemonState.COMPARING: "Comparing the two calendars.",
    DaemonState.APPLYING: "Writing the approved changes.",
    DaemonState.AWAITING_REVIEW: "Changes wait for your decision.",
}


async def _serve(arguments: argparse.Namespace) -> None:
    daemon = ScriptedDaemon(more=arguments.more, pause=arguments.pause)
    daemon.fails, daemon.stale = set(arguments.fail), set(arguments.stale)
    url = await daemon.start()
    place = app_paths().endpoint_file
    endpoint_file.write(
        place,
        endpoint_file.Endpoint(
            url=url, token=daemon.token, pid=os.getpid(), api_version=API_VERSION, version=VERSION, started_at=now()
        ),
    )
    code = daemon.server.page_code()
    print(code.url, flush=True)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, daemon.stopped.set)
    try:
        await daemon.stopped.wait()
    finally:
        endpoint_file.remove(place, daemon.token)
        await daemon.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--more", type=int, default=0, metavar="N", help="add N rows")
    parser.add_argument("--pause", type=float, default=0.05, metavar="SECONDS", help="length of one step of a run")
    parser.add_argument("--fail", action="append", default=[], metavar="ID", help="this row's write fails")
    parser.add_argument("--stale", action="append", default=[], metavar="ID", help="this row comes back after Ok")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
