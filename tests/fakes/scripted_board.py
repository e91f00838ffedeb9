"""A status board for the scripted daemon: one state, and watchers that always get the latest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from shared.models import Status


class ScriptedBoard:
    """Keeps one Status; each watcher waits on the same counter, so that a slow one skips states."""

    def __init__(self, first: Status) -> None:
        self._status = first
        self._turn = asyncio.Condition()
        self._count = 0
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()

    def current(self) -> Status:
        return self._status

    def publish(self, status: Status) -> None:
        self._status = status
        self._count += 1
        self._wake()

    def close(self) -> None:
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        task = asyncio.get_running_loop().create_task(self._notify())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _notify(self) -> None:
        async with self._turn:
            self._turn.notify_all()

    async def watch(self) -> AsyncIterator[Status]:
        seen = -1
        while True:
            async with self._turn:
                while not self._closed and self._count == seen:
                    await self._turn.wait()
            if self._closed:
                return
            seen = self._count
            yield self._status
