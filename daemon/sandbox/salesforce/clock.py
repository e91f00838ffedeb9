"""The server's clock: shifted against the machine's, and held at a transaction's start while that one commits late."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class Clock:
    """The only source of time of the sandbox; all moments are aware and in UTC."""

    def __init__(self, skew_seconds: float = 0.0) -> None:
        self._offset = timedelta(seconds=skew_seconds)
        self._pinned: datetime | None = None

    def now(self) -> datetime:
        """Return the present with microseconds."""
        return self._pinned or datetime.now(UTC) + self._offset

    def stamp(self) -> datetime:
        """Return the present as records carry it: whole seconds."""
        return self.now().replace(microsecond=0)

    def shift(self, seconds: float) -> None:
        """Move the clock on (or back, if negative) from where it is."""
        self._offset += timedelta(seconds=seconds)

    @contextmanager
    def at(self, moment: datetime | None) -> Iterator[None]:
        """Hold the clock at a moment for the length of a block; None leaves it running."""
        before, self._pinned = self._pinned, moment or self._pinned
        try:
            yield
        finally:
            self._pinned = before
