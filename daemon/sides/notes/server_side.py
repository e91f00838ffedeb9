"""What the sides have in common that speak to a server: Domino and CalDAV. Settings, one conversation, what is known once open.

A side opens itself when it is first asked something. Its parts read and write; here they are only handed their questions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, Protocol, TypeVar

from daemon.sides.contract import Looked, Observation, Outcome, Probe, ProgressSink, Traces, Write
from daemon.sides.notes.event_texts import created_uid, made_by_us
from daemon.sides.notes.wire import SECONDS, Wire
from daemon.sides.retry import RetryPolicy
from daemon.sync.appointment import notes_key
from daemon.sync.rules import Window
from daemon.sync.trees import Record


def utc_now() -> datetime:
    return datetime.now(UTC)


class Reading(Protocol):
    """Reads one calendar; as the methods of a Side."""

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation: ...

    async def look(self, keys: Iterable[str]) -> Mapping[str, Looked]: ...


class Writing(Protocol):
    """Writes to one calendar; as the methods of a Side."""

    def write(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]: ...

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person set: the server's address, who signs in, which calendar, the zone (IANA), and how to get there.

    ``seconds`` is the limit for one answer.
    """

    url: str
    user: str
    password: str
    calendar: str
    zone: str
    ca_file: str
    allow_http: bool
    clock: Callable[[], datetime]
    policy: RetryPolicy | None
    seconds: float


S = TypeVar("S", bound=Wire)
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Opened(Generic[F]):
    """What is known once signed in: what was ``found``, and the parts that read and write there."""

    found: F
    reading: Reading
    writing: Writing


class ServerSide(ABC, Generic[S, F]):
    """One calendar on a server as a Side. ``calendar``: empty, or what names one on that kind of server."""

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        calendar: str = "",
        *,
        zone: str,
        ca_file: str = "",
        allow_http: bool = False,
        clock: Callable[[], datetime] = utc_now,
        policy: RetryPolicy | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self.settings = Settings(url, user, password, calendar, zone, ca_file, allow_http, clock, policy, seconds)
        self._session: S | None = None
        self._opened: Opened[F] | None = None

    @abstractmethod
    def begin(self) -> S:
        """A new conversation, nothing sent yet. Raises SideUnavailable for settings that cannot be right."""

    @abstractmethod
    async def enter(self, session: S) -> tuple[Probe, Opened[F]]:
        """Signs in and finds the calendar and what may be done there. Raises SideUnavailable or SignInNeeded."""

    async def open(self) -> Probe:
        """Signs in, finds the calendar and what may be done there. Raises SideUnavailable or SignInNeeded."""
        return (await self._entered())[0]

    async def _entered(self) -> tuple[Probe, Opened[F]]:
        if self._session is None:
            self._session = self.begin()
        probe, self._opened = await self.enter(self._session)
        return probe, self._opened

    async def opened(self) -> Opened[F]:
        """What is known of the calendar, from the server where nothing is known yet."""
        return self._opened or (await self._entered())[1]

    async def close(self) -> None:
        """Ends the connections. The conversation still remembers a refused password, which is not sent again."""
        self._opened = None
        if self._session is not None:
            await self._session.close()

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        return await (await self.opened()).reading.observe(window, bookmark, known, progress)

    async def look(self, keys: Iterable[str]) -> Mapping[str, Looked]:
        return await (await self.opened()).reading.look(keys)

    async def write(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        opened = await self.opened()
        async for outcome in opened.writing.write(writes):
            yield outcome

    def key_of_create(self, create_key: str) -> str:
        return notes_key(created_uid(create_key))

    def made_here(self, key: str) -> bool:
        return made_by_us(key)

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        return await (await self.opened()).writing.find_created(writes)
