"""The one clock of the runs and the form in which the program's own moments are written."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the moment in UTC; tests hand in their own."""

Sleep = Callable[[float], Awaitable[None]]
"""Waits so many seconds; tests move their clock instead."""


def system_clock() -> datetime:
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SSZ`` in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_stamp(text: str) -> datetime:
    """The moment of a stamp. Raises ValueError for anything else."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def run_id(moment: datetime) -> str:
    """A name for a run begun at ``moment``; names sort as the runs began, also within one second."""
    begun = moment.astimezone(UTC).strftime("%Y%m%dt%H%M%Sz%f")
    return begun + secrets.token_hex(2)
