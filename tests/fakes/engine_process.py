"""What stands for a process in the engine's bench: a clock, a gate to the database, one event loop, the log, and sudden death."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from daemon.store.database import Database

START = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


class Crash(BaseException):
    """The process is gone."""


class VirtualClock:
    """The only clock of a bench; sleeping moves it."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class Gate(Database):
    """The database as one process sees it; shut when that process has crashed."""

    def __init__(self, inner: Database) -> None:
        self._inner = inner
        self.shut = False

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        if self.shut:
            raise Crash
        with self._inner.transaction() as db:
            yield db

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        if self.shut:
            raise Crash
        with self._inner.reading() as db:
            yield db


class _Inline(ThreadPoolExecutor):
    """Worker threads that are none: everything happens in one order."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **kwargs))
        except BaseException as error:
            done.set_exception(error)
        return done


_loop: asyncio.AbstractEventLoop | None = None


def loop() -> asyncio.AbstractEventLoop:
    """One event loop for every bench of this process."""
    global _loop
    if _loop is None or _loop.is_closed():
        _loop = asyncio.new_event_loop()
        _loop.set_default_executor(_Inline())
        _loop.set_exception_handler(lambda _loop, _context: None)
    return _loop


class LogLines(logging.Handler):
    """Everything the daemon logs, for the search for canaries."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))
