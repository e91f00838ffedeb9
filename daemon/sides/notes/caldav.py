"""A CalDAV calendar as a Notes side, for the gateways that offer a Notes calendar that way: the Side over HTTP.

Its parts: caldav_http (sign-in, requests), caldav_discovery (which calendar), caldav_register and caldav_fetch (what is there),
caldav_read and caldav_look (records), caldav_write (changes). Identity is the collection's address (contracts.md 10).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from daemon.sides.contract import Looked, Observation, Outcome, Probe, ProgressSink, SideUnavailable, Traces, Write
from daemon.sides.notes import caldav_discovery as discovery
from daemon.sides.notes.caldav_http import DavError, DavSession
from daemon.sides.notes.caldav_read import CaldavReading
from daemon.sides.notes.caldav_write import CaldavWriting
from daemon.sides.notes.domino import utc_now
from daemon.sides.notes.domino_address import read_address
from daemon.sides.notes.domino_http import SECONDS
from daemon.sides.notes.entries import EntryReader
from daemon.sides.notes.images import owner_of
from daemon.sides.retry import RetryPolicy
from daemon.sync.rules import Window
from daemon.sync.trees import Capabilities, Record
from shared.models import CalendarInfo
from shared.texts import text


@dataclass(frozen=True, slots=True)
class _Opened:
    """What is known once signed in."""

    found: discovery.Found
    reading: CaldavReading
    writing: CaldavWriting


class CaldavSide:
    """One CalDAV collection as a Side.

    ``url``: the server, a principal, a home or the calendar itself. ``calendar``: empty, a path, an address or a name.
    """

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
        self._url, self._user, self._password, self._calendar = url, user, password, calendar
        self._zone, self._ca_file, self._allow_http = zone, ca_file, allow_http
        self._clock, self._policy, self._seconds = clock, policy, seconds
        self._session: DavSession | None = None
        self._opened: _Opened | None = None

    async def open(self) -> Probe:
        """Signs in, finds the calendar and what may be done there. Raises SideUnavailable or SignInNeeded."""
        session = self._signed_in()
        try:
            found = await discovery.find(session, self._entered_path(), self._calendar)
        except DavError as refusal:
            raise discovery.list_error(session, self._entered_path() or "/", refusal) from None
        chosen = found.chosen
        owner = owner_of(self._user, *found.names, unknown="own" if chosen.own else "theirs")
        reading = CaldavReading(session, chosen, EntryReader(self._zone, owner, self._clock))
        writing = CaldavWriting(session, chosen, reading.lookup, self._zone, self._clock, found.invites)
        self._opened = _Opened(found, reading, writing)
        may = chosen.can_write
        return Probe(
            identity=f"caldav:{session.address.origin.casefold()}{chosen.path}",
            zone=self._zone,
            capabilities=Capabilities(create=may, update=may, delete=may, conditional_update=True, keyed_create=True),
            name=chosen.name,
            own_calendar=chosen.own,
        )

    def _signed_in(self) -> DavSession:
        if self._session is None:
            if ":" in self._user:
                raise SideUnavailable(text("caldav.bad_user"))
            try:
                address = read_address(self._url, allow_http=self._allow_http)
            except SideUnavailable as refusal:
                bad = refusal.text.code == "notes.bad_address"
                raise SideUnavailable(text("caldav.bad_address", url=self._url)) if bad else refusal from None
            self._session = DavSession(
                address, self._user, self._password, ca_file=self._ca_file, policy=self._policy, seconds=self._seconds
            )
        return self._session

    def _entered_path(self) -> str:
        whole = self._url.strip() if "://" in self._url else f"https://{self._url.strip()}"
        return urlsplit(whole).path

    async def close(self) -> None:
        self._opened = None
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def calendars(self) -> Sequence[CalendarInfo]:
        """The calendars of the person's home, or the one whose address was given."""
        found = (await self._open()).found
        return [
            CalendarInfo(
                id=each.path,
                name=each.name,
                kind="own" if each.own else "delegated",
                path=each.path,
                can_write=each.can_write,
                selected=each.path == found.chosen.path,
            )
            for each in found.calendars
        ]

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        return await (await self._open()).reading.observe(window, bookmark, known, progress)

    async def look(self, keys: Iterable[str]) -> Mapping[str, Looked]:
        return await (await self._open()).reading.lookup.look(keys)

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
