"""What the tests of the Domino connector share: a running sandbox, a side signed in to it, entries written for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

from daemon.sandbox.domino import DominoOptions, DominoSandbox
from daemon.sides.contract import Observation
from daemon.sides.notes.domino import DominoSide
from daemon.sides.retry import RetryPolicy
from daemon.sync.rules import Window
from daemon.sync.trees import Record

MAIL_FILE = "/mail/jdoe.nsf"
TODAY = date(2026, 3, 9)
NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
WINDOW = Window("2026-02-06T23:00Z", "2026-06-30T22:00Z", "2026-02-07", "2026-07-01")
ZONE = "Europe/Berlin"


async def no_wait(_seconds: float) -> None:
    """Takes the place of sleeping between attempts."""


QUICK = RetryPolicy(sleep=no_wait)


def quiet(_phase: str, _done: int, _total: int | None) -> None:
    """A progress sink that nobody watches."""


def vevent(uid: str, *lines: str, start: str = "20260310T090000Z", end: str = "20260310T100000Z") -> str:
    """One VEVENT; times are UTC unless a form with its own parameters is given."""

    def moment(name: str, value: str) -> str:
        return f"{name}{value}" if value[0] in ":;" else f"{name}:{value}"

    given = [moment("DTSTART", start), *([moment("DTEND", end)] if end else []), f"UID:{uid}", *lines]
    return "\r\n".join(["BEGIN:VEVENT", *given, "END:VEVENT"]) + "\r\n"


def calendar(*parts: str) -> str:
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Example//EN\r\n" + "".join(parts) + "END:VCALENDAR\r\n"


@asynccontextmanager
async def sandbox(**options: Any) -> AsyncIterator[tuple[DominoSandbox, str]]:
    """A running sandbox, its clock at TODAY, and its address."""
    server = DominoSandbox(DominoOptions(**options), today=TODAY)
    url = await server.start()
    try:
        yield server, url
    finally:
        await server.stop()


def side_of(url: str, user: str = "jdoe", password: str = "jane-secret-1", **given: Any) -> DominoSide:
    settings: dict[str, Any] = {"zone": ZONE, "clock": lambda: NOW, "policy": QUICK, **given}
    return DominoSide(url, user, password, **settings)


@asynccontextmanager
async def opened(url: str, *args: str, **given: Any) -> AsyncIterator[DominoSide]:
    """A side, closed at the end."""
    side = side_of(url, *args, **given)
    try:
        yield side
    finally:
        await side.close()


async def read(side: DominoSide, known: dict[str, Record] | None = None, bookmark: str = "") -> Observation:
    return await side.observe(WINDOW, bookmark, known or {}, quiet)


def by_key(observation: Observation) -> dict[str, Record]:
    return {record.key: record for record in observation.records}
