"""A Notes calendar over Domino's calendar service (DAS): the Side that reads and writes a mail file by HTTP.

Its parts: domino_http (login, requests), domino_calendars (which mail file), domino_list and domino_read (what is there),
domino_write (changes). Identity is server, mail file and owner's distinguished name (contracts.md 10).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from daemon.sides.contract import (
    Looked,
    Observation,
    Outcome,
    Probe,
    ProgressSink,
    SideUnavailable,
    SignInNeeded,
    Traces,
    Write,
)
from daemon.sides.notes import domino_calendars as calendars_of
from daemon.sides.notes.domino_address import read_address
from daemon.sides.notes.domino_answers import DominoError
from daemon.sides.notes.domino_calendars import MailFile
from daemon.sides.notes.domino_http import SECONDS, DominoSession
from daemon.sides.notes.domino_read import DominoReading
from daemon.sides.notes.domino_write import DominoWriting
from daemon.sides.notes.entries import EntryReader
from daemon.sides.notes.images import owner_of
from daemon.sides.retry import RetryPolicy
from daemon.sync.rules import Window
from daemon.sync.trees import Capabilities, Record
from shared.models import CalendarInfo
from shared.texts import text

# Subject is an item of the summary kind; the description is a body, cut where doubts begin (notes.md 1.8 and 7, both [?]).
MAX_SUBJECT = 1000
MAX_DESCRIPTION = 32_000


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is known once signed in."""

    session: DominoSession
    own: MailFile | None
    chosen: MailFile
    can_write: bool
    reading: DominoReading
    writing: DominoWriting


class DominoSide:
    """One mail file as a Side. ``calendar``: empty for the own one, a path like /mail/jdoe.nsf, or an owner's name."""

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
        self._url = url
        self._user = user
        self._password = password
        self._calendar = calendar
        self._zone = zone
        self._ca_file = ca_file
        self._allow_http = allow_http
        self._clock = clock
        self._policy = policy
        self._seconds = seconds
        self._session: DominoSession | None = None
        self._opened: _Opened | None = None

    async def open(self) -> Probe:
        """Signs in, finds the calendar and what may be done there. Raises SideUnavailable or SignInNeeded."""
        address = read_address(self._url, allow_http=self._allow_http)
        if self._session is None:
            self._session = DominoSession(
                address, self._user, self._password, ca_file=self._ca_file, policy=self._policy, seconds=self._seconds
            )
        session = self._session
        if not self._user.strip():
            raise SignInNeeded(text("notes.no_password", user="the calendar", host=session.host))
        await calendars_of.check_service(session)
        own = await calendars_of.own_calendar(session)
        chosen = await calendars_of.choose(session, self._calendar or address.mail_file, own)
        await calendars_of.check_readable(session, chosen, self._clock())
        can_write = await calendars_of.may_write(session, chosen)
        self._opened = self._made(session, own, chosen, can_write=can_write)
        return Probe(
            identity=f"domino:{session.host.casefold()}{chosen.path.casefold()}|{chosen.owner.casefold()}",
            zone=self._zone,
            capabilities=Capabilities(
                max_subject=MAX_SUBJECT,
                max_description=MAX_DESCRIPTION,
                show_as=frozenset({"busy", "free", "tentative"}),
                create=can_write,
                update=can_write,
                delete=can_write,
                keyed_create=True,
            ),
            name=chosen.name or chosen.path,
            own_calendar=chosen.kind == "own",
        )

    def _made(self, session: DominoSession, own: MailFile | None, chosen: MailFile, *, can_write: bool) -> _Opened:
        owner = owner_of(chosen.owner, chosen.email, chosen.name if chosen.owner else "", unknown="theirs")
        reading = DominoReading(session, chosen.path, EntryReader(self._zone, owner, self._clock))
        writing = DominoWriting(session, chosen.path, reading, self._zone, self._clock)
        return _Opened(session, own, chosen, can_write, reading, writing)

    async def close(self) -> None:
        self._opened = None
        if self._session is not None:
            await self._session.close()

    async def calendars(self) -> Sequence[CalendarInfo]:
        """The own calendar and the chosen one; others are reached by owner's name or path."""
        opened = await self._open()
        found = [calendars_of.calendar_info(opened.chosen, can_write=opened.can_write, selected=True)]
        if opened.own is not None and opened.own.path != opened.chosen.path:
            found.insert(0, calendars_of.calendar_info(opened.own, can_write=True, selected=False))
        return found

    async def find_calendar(self, named: str) -> CalendarInfo:
        """A calendar by its owner's name or its path, with what may be done there. Raises SideUnavailable."""
        opened = await self._open()
        found = await calendars_of.choose(opened.session, named, opened.own)
        await calendars_of.check_readable(opened.session, found, self._clock())
        can_write = await calendars_of.may_write(opened.session, found)
        return calendars_of.calendar_info(found, can_write=can_write, selected=found.path == opened.chosen.path)

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        opened = await self._open()
        try:
            return await opened.reading.observe(window, bookmark, known, progress)
        except DominoError as refusal:
            raise calendars_of.list_error(opened.session, opened.chosen.path, refusal) from None

    async def look(self, keys: Iterable[str]) -> Mapping[str, Looked]:
        return await (await self._open()).reading.look(keys)

    async def write(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        opened = await self._open()
        async for outcome in opened.writing.write(writes):
            yield outcome

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        return await (await self._open()).writing.find_created(writes)

    async def _open(self) -> _Opened:
        if self._opened is None:
            await self.open()
        if self._opened is None:
            raise SideUnavailable(text("notes.unreachable", host=self._url))
        return self._opened
