"""Builds every object of the daemon, starts them in order and stops them in reverse; the only place that knows all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta

from tzlocal import get_localzone_name

from daemon.api.handlers import Handlers
from daemon.api.server import ApiServer
from daemon.credentials import Credentials
from daemon.instance_lock import InstanceLock
from daemon.runs.accounts import AccountBook
from daemon.runs.apply import Applier
from daemon.runs.commit import Committer
from daemon.runs.compare import Comparer
from daemon.runs.coordinator import Coordinator
from daemon.runs.folder_news import FolderNews, Patience
from daemon.runs.journal import Journal
from daemon.runs.moments import Clock, read_stamp, stamp, system_clock
from daemon.runs.status import Pauser, StatusComposer
from daemon.scheduler import Scheduler, next_run_at
from daemon.settings import Settings
from daemon.status_board import StatusBoard
from daemon.store.database import Database
from daemon.store.links import LinkStore
from daemon.store.runs import RunStore
from daemon.store.trees import TreeStore
from shared import endpoint_file
from shared.app_paths import AppPaths
from shared.models import API_VERSION, Status
from shared.problems import ApiProblem
from shared.states import RunMode
from shared.version import VERSION

log = logging.getLogger(__name__)


BEFORE_IMAGES_KEPT = timedelta(days=30)
"""How long a run can be undone (sync.md 2.11)."""


def local_zone() -> str:
    """The person's IANA zone as the system tells it; UTC where it tells none."""
    with contextlib.suppress(
        Exception
    ):  # tzlocal raises its own kinds for odd systems; a window in UTC is right enough
        return str(get_localzone_name()) or "UTC"
    return "UTC"


class App:
    """One daemon. ``run`` returns when it was told to stop."""

    def __init__(
        self,
        paths: AppPaths,
        credentials: Credentials,
        *,
        port: int = 0,
        demo: bool = False,
        clock: Clock = system_clock,
        patience: Patience = Patience(),  # noqa: B008 (frozen)
    ) -> None:
        self._paths = paths
        self._clock = clock
        self._stopping = asyncio.Event()
        self.settings = Settings(paths.settings_file)
        self.database = Database(paths.database)
        trees, self.links, self.runs = TreeStore(self.database), LinkStore(self.database), RunStore(self.database)
        self.board = StatusBoard(self._compose)
        self.accounts = AccountBook(self.settings, credentials, self.links, clock, local_zone(), self._changed)
        comparer = Comparer(trees, self.links, clock)
        journal = Journal(self.runs, comparer, Committer(self.links, clock), clock)
        applier = Applier(comparer, journal, self.links, clock)
        self.coordinator = Coordinator(
            self.runs, self.links, comparer, journal, applier, self.accounts, clock, self._changed
        )
        self.scheduler = Scheduler(self._tick)
        self.news = FolderNews(
            self.settings, self.accounts, self.coordinator, self.scheduler.look_now, self.board.changed, patience
        )
        self.pauser = Pauser(clock, self.board.changed)
        self.composer = StatusComposer(
            self.coordinator,
            self.accounts,
            self.settings,
            self.pauser,
            self.next_run,
            self.last_run,
            credentials=credentials.kind,
            demo=demo,
        )
        handlers = Handlers(
            self.coordinator,
            comparer,
            self.accounts,
            self.settings,
            self.database,
            self.runs,
            self.links,
            self.board,
            self.pauser,
            self._stopping.set,
        )
        self._token = secrets.token_urlsafe(32)
        self.server = ApiServer(handlers.table(), self.board, self._token, port=port)

    def _compose(self) -> Status:
        return self.composer.compose()

    def _changed(self) -> None:
        """Accounts, settings or the open run changed."""
        self.news.follow()
        self.board.changed()

    def last_run(self) -> str | None:
        """When the last run of the pairing in use ended well."""
        comparison = self.coordinator.comparison
        if comparison is not None:
            return self.links.last_run(comparison.pair.pairing)
        good = [run for run in self.runs.newest(20) if run.state in ("done", "done_with_failures")]
        return good[0].finished_at if good else None

    def next_run(self) -> datetime | None:
        newest = self.runs.newest(1)
        last = read_stamp(newest[0].started_at) if newest else None
        earliest = max(self._clock(), self.accounts.rest_until or self._clock())
        return next_run_at(self.settings, last, earliest, self.accounts.zone, self.news.soonest())

    async def _tick(self) -> None:
        """Once a minute: start an automatic run when one is due and nothing stands against it."""
        self.accounts.remember_calls()
        self.news.keep_watching()
        due = self.next_run()
        if due is None or due > self._clock() or self.pauser.until or self.coordinator.run is not None:
            return
        if any(each.state in ("not_connected", "needs_sign_in") for each in self.accounts.status.values()):
            return
        if not self._first_run_done():
            return
        with contextlib.suppress(ApiProblem):
            self.coordinator.start(RunMode.AUTOMATIC)
            await self.coordinator.wait()
            if self.settings["automatic.apply_safe_rows"]:
                await self.coordinator.apply_safe()

    def _first_run_done(self) -> bool:
        """The first run of a pairing must be manual (product.md)."""
        newest = [
            run for run in self.runs.newest(50) if run.finished_at and run.state in ("done", "done_with_failures")
        ]
        return any(self.links.first_run_done(self.runs.pairing_of(run.id)) for run in newest)

    async def run(self) -> None:
        """Start, serve until told to stop, stop. The endpoint file exists exactly while requests are answered."""
        url = await self.server.start()
        await self.accounts.look_at_credentials()
        endpoint_file.write(
            self._paths.endpoint_file,
            endpoint_file.Endpoint(
                url=url,
                token=self._token,
                pid=os.getpid(),
                api_version=API_VERSION,
                version=VERSION,
                started_at=stamp(self._clock()),
            ),
        )
        try:
            self.composer.phase = "running"
            self.runs.trim(stamp(self._clock() - BEFORE_IMAGES_KEPT))
            self.coordinator.take_up_again()
            self.scheduler.start()
            self._changed()
            log.info("listening on %s", url)
            with stop_on_signals(self._stopping):
                await self._stopping.wait()
        finally:
            await self._stop()

    async def _stop(self) -> None:
        """In reverse: no new work, the item under way finishes, streams end, the endpoint goes, the file closes."""
        self.composer.phase = "stopping"
        self.board.changed()
        self.scheduler.stop()
        await self.news.stop()
        await self.coordinator.stop()
        self.board.close()
        await self.server.stop()
        endpoint_file.remove(self._paths.endpoint_file, self._token)
        self.accounts.remember_calls()
        await self.accounts.stop()
        self.database.close()
        log.info("stopped")


@contextlib.contextmanager
def stop_on_signals(stopping: asyncio.Event) -> Iterator[None]:
    """SIGINT and SIGTERM set the event; on Windows, whose loops know no signal handlers, through ``signal.signal``."""
    loop = asyncio.get_running_loop()
    names = [signal.SIGINT, signal.SIGTERM]
    try:
        for name in names:
            loop.add_signal_handler(name, stopping.set)
    except NotImplementedError:
        for name in names:
            signal.signal(name, lambda *_: loop.call_soon_threadsafe(stopping.set))
    yield


async def serve(paths: AppPaths, credentials: Credentials, *, port: int = 0, demo: bool = False) -> None:
    """Run one daemon in the foreground. Raises AlreadyRunning, BadSetting or StoreTrouble before anything is served."""
    paths.make()
    lock = InstanceLock(paths.lock_file)
    lock.take()
    try:
        await App(paths, credentials, port=port, demo=demo).run()
    finally:
        lock.release()
