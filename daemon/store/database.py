"""The SQLite file: opened in WAL mode with full synchronization, migrated by number, written by one process."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from daemon.store.schema import MIGRATIONS


class StoreTrouble(Exception):
    """The database cannot be used; the sentence says what to do. Nothing was written."""


def _sentence(path: Path, error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith("SQLITE_FULL"):
        return f"The disk with {path} is full: make room, then try again. Nothing was lost."
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
        return f"{path} cannot be written: check the folder's rights, then try again."
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"{path} is in use by another program: end that program, then try again."
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return f"{path} is damaged: move it away and start again; both calendars are untouched."
    return f"{path} cannot be used ({name or type(error).__name__}): check the disk, then try again."


class Database:
    """One connection, one writer at a time; safe to use from worker threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.execute("PRAGMA foreign_keys=ON")
            # What is erased is overwritten: texts of items that became private must not stay in freed pages.
            self._db.execute("PRAGMA secure_delete=ON")
            self._migrate()
        except sqlite3.Error as error:
            raise StoreTrouble(_sentence(path, error)) from error

    def _migrate(self) -> None:
        (number,) = self._db.execute("PRAGMA user_version").fetchone()
        if number > len(MIGRATIONS):
            raise StoreTrouble(f"{self._path} was written by a newer Daybridge: update the program.")
        for step in range(number, len(MIGRATIONS)):
            # executescript would commit by itself; the step and its number must land together or not at all.
            self._db.executescript(f"BEGIN IMMEDIATE; {MIGRATIONS[step]} PRAGMA user_version={step + 1}; COMMIT;")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One durable step: all of it or nothing. Nested calls join the outer one. Raises StoreTrouble."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except BaseException as error:
                with contextlib.suppress(sqlite3.Error):  # some errors have rolled back by themselves
                    self._db.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise StoreTrouble(_sentence(self._path, error)) from error
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with. Raises StoreTrouble."""
        with self._lock:
            try:
                yield self._db
            except sqlite3.Error as error:
                raise StoreTrouble(_sentence(self._path, error)) from error

    def close(self) -> None:
        with self._lock:
            self._db.close()
