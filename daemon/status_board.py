"""The one place that knows the current Status document and tells watchers when it changes (latest wins)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from shared.models import Status


class StatusBoard:
    """Builds the Status from ``compose`` when asked, and wakes watchers on ``changed``."""

    def __init__(self, compose: Callable[[], Status]) -> None:
        self._compose = compose
        self._generation = 0
        self._closed = False
        self._waiters: set[asyncio.Event] = set()

    def current(self) -> Status:
        return self._compose()

    def changed(self) -> None:
        """Something in the Status changed; must be called on the event loop."""
        self._generation += 1
        for waiter in self._waiters:
            waiter.set()

    async def watch(self) -> AsyncIterator[Status]:
        """The Status at once, then the latest after each change; a slow watcher skips, it never queues. Ends on close."""
        waiter = asyncio.Event()
        self._waiters.add(waiter)
        last: Status | None = None
        try:
            while not self._closed:
                waiter.clear()
                status = self._compose()
                if status != last:
                    last = status
                    yield status
                if not self._closed:
                    await waiter.wait()
        finally:
            self._waiters.discard(waiter)

    def close(self) -> None:
        """End every watcher."""
        self._closed = True
        self.changed()
