"""Changes in a watched calendar folder: they bring the next automatic run forward, and a list that waits says that it is old.

The watch only hints: when the folder has come to rest its files are looked at, so that neither our own writes nor a change that
the comparison has already read counts as news. Automatic runs that are switched off stay off.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from daemon.runs.accounts import FILE_KINDS, AccountBook
from daemon.runs.coordinator import Coordinator
from daemon.settings import Settings
from daemon.sides.notes.folder_watch import FolderWatch, KnowsItsFiles, Place
from daemon.sides.notes.ics_files import is_web_address
from shared.states import RunState, Side
from shared.texts import text

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """``rest``: seconds without a change until a folder counts as at rest; after ten times that it is looked at anyway.

    ``between``: the shortest time between the starts of two runs; a folder that is written all day must not use up the day's
    requests to Salesforce.
    """

    rest: float = 30.0
    between: timedelta = timedelta(minutes=5)


def watched(settings: Settings) -> Place | None:
    """The folder or file that the settings name, or None where the calendar is not on a disk."""
    kind, place = settings["notes.kind"], settings["notes.url"]
    if not place or kind not in FILE_KINDS or is_web_address(place):
        return None
    path = Path(place).expanduser().absolute()
    return Place(path) if kind == "ics_folder" else Place(path.parent, path.name)


class FolderNews:
    """``waiting``: the folder holds changes that no comparison has read. Lives on the event loop."""

    def __init__(
        self,
        settings: Settings,
        accounts: AccountBook,
        coordinator: Coordinator,
        wake: Callable[[], None],
        changed: Callable[[], None],
        patience: Patience,
    ) -> None:
        self._settings = settings
        self._accounts = accounts
        self._coordinator = coordinator
        self._wake = wake
        self._changed = changed
        self._patience = patience
        self._watch = FolderWatch(self._noticed)
        self._place: Place | None = None
        self._state: RunState | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._first: float | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = False
        self.waiting = False

    def soonest(self) -> timedelta | None:
        """The time after the last start at which an automatic run is due already, or None when there is no news."""
        return self._patience.between if self.waiting else None

    def follow(self) -> None:
        """Something changed in the settings or the open run: watch the right folder, mark or forget news. Never fails."""
        run = self._coordinator.run
        state = run.state if run is not None else None
        before, self._state = self._state, state
        if state is not before:
            if state is RunState.COMPARING:
                self.waiting = False  # from now on everything is read
            if state is RunState.AWAITING_REVIEW and self.waiting:
                self._coordinator.outdated(text("run.folder_changed"))
        place = watched(self._settings)
        if place != self._place:
            self._place, self.waiting = place, False
            self.keep_watching()

    def keep_watching(self) -> None:
        """Watch again where the watch was lost: the folder was not there, or was made anew."""
        if not self._ended:
            self._begin(self._watch.point_at(self._place))

    async def stop(self) -> None:
        """End the watch, its threads and what is under way."""
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._watch.stop()

    def _noticed(self) -> None:
        """Wait until the folder is at rest."""
        if self._ended:
            return
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._first = now if self._first is None else self._first
        if self._timer is not None:
            self._timer.cancel()
        longest = self._first + 10 * self._patience.rest
        self._timer = loop.call_at(min(now + self._patience.rest, max(longest, now)), self._at_rest)

    def _at_rest(self) -> None:
        self._first = self._timer = None
        self._begin(self._look())

    async def _look(self) -> None:
        """Whether it is news; while a run reads or writes the folder nobody can say, so later."""
        state = self._state
        if state is not RunState.APPLYING and not await self._changed_since_read(self._accounts.opened(Side.NOTES)):
            return
        if self._ended:
            return
        if state is RunState.APPLYING or self._state is not state:
            self._noticed()
            return
        self.waiting = True
        self._coordinator.outdated(text("run.folder_changed"))
        self._changed()
        self._wake()

    async def _changed_since_read(self, side: object) -> bool:
        """True where nothing was read yet: then what the watch reported cannot be our own doing."""
        return not isinstance(side, KnowsItsFiles) or await asyncio.to_thread(side.changed_since_read)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("watching the calendar folder failed", exc_info=task.exception())
