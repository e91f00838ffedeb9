"""One daemon per user: an operating system's lock on a file, held for life."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock, Timeout


class AlreadyRunning(Exception):
    """Another daemon of this user holds the lock."""


class InstanceLock:
    """The lock dies with the process, also after kill -9; the file itself means nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path)

    def take(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise AlreadyRunning(
                "Daybridge is already running for this user; `daybridge status` shows what it does."
            ) from None

    def release(self) -> None:
        self._lock.release()
