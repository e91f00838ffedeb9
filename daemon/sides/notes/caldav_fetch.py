"""Fetches the text of CalDAV resources: many by calendar-multiget, one by GET where that is refused or not enough.

A row that is missing or odd, or a whole answer that is no XML (one forbidden character in one entry does that), is asked again
by GET. Text from XML has lost its carriage returns, so every text gets CRLF line ends: the same entry has one text, and one
digest, whichever way it came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from daemon.sides.notes.caldav_discovery import Collection
from daemon.sides.notes.caldav_http import Ask, BrokenAnswer, DavError, DavSession
from daemon.sides.notes.caldav_xml import CALENDAR_DATA, ETAG, MultiStatus, multiget, path_of
from daemon.sides.notes.domino_read import at_once
from shared.models import Text
from shared.texts import text

AT_A_TIME = 100


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as delivered: its encoded path, its ETag as sent (empty when it has none), its text with CRLF."""

    href: str
    etag: str
    data: bytes = field(repr=False)


@dataclass(slots=True)
class Fetched:
    """``missing``: the server says that there is nothing (404, 410); ``failed``: it could not be told, and why."""

    found: dict[str, Resource] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    failed: dict[str, Text] = field(default_factory=dict)


class Fetcher:
    """Fetches from one collection; remembers when its server does not answer multiget."""

    def __init__(self, session: DavSession, collection: Collection) -> None:
        self._session = session
        self._path = collection.path
        self._many = collection.answers("calendar-multiget")

    async def fetch(self, hrefs: Sequence[str], done: Callable[[Fetched], None]) -> None:
        """Calls ``done`` with each part as it comes; every href is in exactly one of its three members, once."""
        for start in range(0, len(hrefs), AT_A_TIME):
            done(await self._part(hrefs[start : start + AT_A_TIME]))

    async def all_of(self, hrefs: Sequence[str]) -> Fetched:
        whole = Fetched()

        def add(part: Fetched) -> None:
            whole.found.update(part.found)
            whole.missing |= part.missing
            whole.failed.update(part.failed)

        await self.fetch(hrefs, add)
        return whole

    async def _part(self, hrefs: Sequence[str]) -> Fetched:
        fetched = Fetched()
        if self._many:
            try:
                status, final = await self._session.multistatus("REPORT", self._path, multiget(hrefs))
                _take(status, final, frozenset(hrefs), fetched)
            except BrokenAnswer:
                fetched = Fetched()
            except DavError as refusal:
                if refusal.status == 404:
                    raise
                self._many = False
        await self._singly(
            [href for href in hrefs if href not in fetched.found and href not in fetched.missing], fetched
        )
        return fetched

    async def _singly(self, hrefs: Iterable[str], fetched: Fetched) -> None:
        async def get(href: str) -> None:
            try:
                answer = await self._session.read(Ask("GET", href))
            except DavError as refusal:
                if refusal.not_found:
                    fetched.missing.add(href)
                else:
                    fetched.failed[href] = text("caldav.entry_failed", host=self._session.host, status=refusal.status)
                return
            data = as_delivered(answer.body)
            if answer.kind == "html" or not is_whole(data):
                fetched.failed[href] = text("caldav.entry_not_calendar", host=self._session.host)
            else:
                fetched.found[href] = Resource(href, answer.headers.get("etag", ""), data)

        await at_once(get, hrefs)


def _take(status: MultiStatus, final: str, asked: frozenset[str], fetched: Fetched) -> None:
    for row in status.rows:
        href = path_of(row.href, final)
        if href not in asked:
            continue
        if row.status in (404, 410):
            fetched.missing.add(href)
        elif row.status == 200 and CALENDAR_DATA in row.props:
            data = as_delivered((row.props[CALENDAR_DATA].text or "").encode())
            if is_whole(data):
                fetched.found[href] = Resource(href, row.text(ETAG), data)
    fetched.missing -= fetched.found.keys()


def as_delivered(body: bytes) -> bytes:
    """The text with CRLF line ends and one at its end, whatever the way it came made of them."""
    return body.strip().replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n") + b"\r\n"


def is_whole(data: bytes) -> bool:
    """Whether the text begins and ends as a calendar does."""
    plain = data.strip().removeprefix(b"\xef\xbb\xbf").upper()
    return plain.startswith(b"BEGIN:VCALENDAR") and plain.endswith(b"END:VCALENDAR")
