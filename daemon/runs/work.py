"""The long work of the coordinator: one task at a time, also after a task that was cancelled and still winds down."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class Work:
    """Runs one coroutine after the other."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def begin(self, work: Coroutine[object, object, None]) -> None:
        """Start ``work`` as soon as the task before it has ended: a side is used by one at a time."""
        self._task = asyncio.create_task(_after(self._task, work))
        self._task.add_done_callback(lambda _: work.close())  # cancelled before its turn, it would never be awaited

    async def wait(self) -> None:
        """Until the work under way is done or cancelled; raises what it raised."""
        task = self._task
        if task is not None:
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()

    def cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def finish(self, seconds: float) -> None:
        """Let the work under way end, for so long at most."""
        if self._task is not None and not self._task.done():
            await asyncio.wait([self._task], timeout=seconds)


async def _after(before: asyncio.Task[None] | None, work: Coroutine[object, object, None]) -> None:
    if before is not None and not before.done():
        await asyncio.wait([before])
    await work
