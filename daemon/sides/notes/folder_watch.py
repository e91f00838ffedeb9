"""Tells when the operating system reports a change in a calendar's folder or file; only a hint, never what is believed.

Network drives often report nothing, and a limit of the system may leave a folder unwatched: then a change is found by the next
run, which reads every file's state anyway. The only user of watchdog.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from watchdog.events import (
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

log = logging.getLogger(__name__)

# Not that a file was opened or closed unchanged: our own reading does that.
_KINDS: Final[list[type[FileSystemEvent]]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileClosedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirDeletedEvent,
    DirMovedEvent,
]
_JOIN_SECONDS: Final = 5.0


@runtime_checkable
class KnowsItsFiles(Protocol):
    """A side made of files: tells what is true where the watch only hints."""

    def changed_since_read(self) -> bool:
        """Whether the files differ from what was last observed and from what this side wrote since. Reads the disk."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """What to watch: a folder of entries, or with `only` the one file of that name in it."""

    folder: Path
    only: str = ""


def is_calendar_name(name: str) -> bool:
    """Whether a file of this name belongs to a folder of entries: `.ics` in any case, and not hidden."""
    return name.lower().endswith(".ics") and not name.startswith(".")


class FolderWatch:
    """Watches one place; `told` is called on the event loop after each change reported."""

    def __init__(self, told: Callable[[], None]) -> None:
        self._told = told
        self._place: Place | None = None
        self._observer: BaseObserver | None = None
        self._turn = asyncio.Lock()

    async def point_at(self, place: Place | None) -> None:
        """Watch that place from now on, None for nothing. Again for the same one: only if its watch was lost.

        Never fails: what cannot be watched is not watched.
        """
        async with self._turn:
            if place == self._place and self.watching:
                return
            await asyncio.to_thread(self._end)
            self._place = place
            if place is not None:
                handler = _Handler(place, asyncio.get_running_loop(), self._told)
                await asyncio.to_thread(self._begin, handler)

    async def stop(self) -> None:
        """End the watch and its threads."""
        await self.point_at(None)

    @property
    def watching(self) -> bool:
        """Whether the system reports changes; false after the folder itself was removed, too."""
        observer = self._observer
        return observer is not None and observer.is_alive() and all(emitter.is_alive() for emitter in observer.emitters)

    def _begin(self, handler: _Handler) -> None:
        observer = Observer()
        try:
            observer.schedule(handler, handler.folder, recursive=False, event_filter=_KINDS)
            observer.start()
        except OSError as failure:
            log.info("the calendar folder is not watched: %s", failure.strerror or type(failure).__name__)
            with contextlib.suppress(RuntimeError):
                observer.stop()
            return
        self._observer = observer

    def _end(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None:
            observer.stop()
            observer.join(_JOIN_SECONDS)


class _Handler(FileSystemEventHandler):
    """Lives in watchdog's thread; hands what concerns the calendar over to the event loop."""

    def __init__(self, place: Place, loop: asyncio.AbstractEventLoop, told: Callable[[], None]) -> None:
        self.folder = os.path.realpath(place.folder)
        self._place = place
        self._loop = loop
        self._told = told

    def on_any_event(self, event: FileSystemEvent) -> None:
        if any(self._concerns(os.fsdecode(path)) for path in (event.src_path, event.dest_path) if path):
            with contextlib.suppress(RuntimeError):  # the loop may have been closed while this event was on its way
                self._loop.call_soon_threadsafe(self._told)

    def _concerns(self, path: str) -> bool:
        name = Path(path).name
        if path == self.folder:
            return True
        return name == self._place.only if self._place.only else is_calendar_name(name)
