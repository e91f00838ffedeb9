"""One signed-in conversation with a CalDAV server: Basic sign-in, redirects within the server, retries, faults as sentences.

Bodies go as application/xml, which Xandikos insists on (machine.md 5). PROPFIND, REPORT, OPTIONS and
GET are repeated by the shared policy; PUT and DELETE are sent once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from daemon.sides.contract import SideUnavailable
from daemon.sides.notes.caldav_xml import BadXml, MultiStatus, path_of, read_conditions, read_multistatus
from daemon.sides.notes.domino_answers import BUSY, Answer
from daemon.sides.notes.wire import HOPS, MOVED, Wire
from daemon.sides.retry import Passing, seconds_to_wait
from shared.texts import text

_WRITES = frozenset({"PUT", "DELETE"})
_XML = "application/xml; charset=utf-8"


class DavError(Exception):
    """The server said no: HTTP ``status`` and the names of the DAV:error conditions it gave."""

    def __init__(self, status: int, conditions: frozenset[str] = frozenset()) -> None:
        super().__init__(f"{status} {' '.join(sorted(conditions))}".strip())
        self.status = status
        self.conditions = conditions

    @property
    def not_found(self) -> bool:
        return self.status in (404, 410)


class BrokenAnswer(SideUnavailable):
    """A 207 whose XML cannot be read."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: method, encoded path, body with its type, further headers."""

    method: str
    path: str
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def writes(self) -> bool:
        return self.method in _WRITES

    @property
    def follows(self) -> frozenset[int]:
        """The redirects that keep the method; 303 (RFC 6764 6 allows it for discovery) only for what reads."""
        return MOVED - {303} if self.writes else MOVED


class DavSession(Wire):
    """A conversation with one CalDAV server as one person."""

    async def read(self, ask: Ask) -> Answer:
        """A good answer. Raises DavError for a refusal, a SideError when there is no usable answer."""
        return await self._policy.call(lambda: self._read_once(ask))

    async def multistatus(self, method: str, path: str, body: str, depth: str = "0") -> tuple[MultiStatus, str]:
        """The rows of the answer and the path that gave it, after redirects. Raises DavError, BrokenAnswer, SideError."""
        answer = await self.read(Ask(method, path, body, {"Depth": depth}))
        if answer.status != 207:
            code = "caldav.web_page" if answer.kind == "html" else "caldav.not_caldav"
            raise SideUnavailable(text(code, host=self.host))
        try:
            return read_multistatus(answer.body), path_of(URL(answer.url).raw_path, "/")
        except BadXml:
            raise BrokenAnswer(text("caldav.broken_answer", host=self.host)) from None

    async def change(self, ask: Ask) -> Answer:
        """Sends a PUT or DELETE once and gives its answer, whatever its status.

        LostInTransit: sent without an answer. SideUnavailable: not sent at all.
        """
        return await self._ask(ask)

    async def _read_once(self, ask: Ask) -> Answer:
        answer = await self._ask(ask)
        if answer.ok:
            return answer
        if answer.status in BUSY:
            broken = SideUnavailable(text("notes.server_error", host=self.host, status=answer.status))
            raise Passing(broken, seconds_to_wait(answer.headers.get("retry-after")))
        raise DavError(answer.status, read_conditions(answer.body))

    async def _ask(self, ask: Ask) -> Answer:
        """One request, followed through redirects on this server only."""
        if self._rejected is not None:
            raise self._rejected
        url = URL(self.address.origin + ask.path, encoded=True)
        for _hop in range(HOPS):
            answer = await self._exchange(
                ask.method, url, ask.body.encode() or None, self._headers(ask), safe=not ask.writes
            )
            if answer.status not in ask.follows:
                break
            url = self._onward(answer)
        else:
            raise SideUnavailable(text("notes.redirects", host=self.host))
        if answer.status == 401:
            raise self._refused(answer)
        self._proved = self._proved or answer.ok
        return answer

    def _headers(self, ask: Ask) -> dict[str, str]:
        headers = {"Accept": "application/xml, text/xml, text/calendar;q=0.9, */*;q=0.1", **ask.headers}
        if self.user or self._password:
            headers["Authorization"] = aiohttp.encode_basic_auth(self.user, self._password)
        if ask.body:
            headers.setdefault("Content-Type", _XML)
        return headers
