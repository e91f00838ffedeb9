"""A started Domino sandbox and a plain HTTP client that has signed in."""

from __future__ import annotations

import base64
import json as jsonlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from daemon.sandbox.domino import DominoOptions, DominoSandbox

BASE = "/mail/jdoe.nsf/api/calendar"
PASSWORDS = {
    "jdoe": "jane-secret-1",
    "eeditor": "edith-secret-2",
    "rreader": "rick-secret-3",
    "cdelegate": "carla-secret-4",
}


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: Any
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return jsonlib.loads(self.body)

    @property
    def error(self) -> tuple[int, int | None]:
        """(HTTP status, cserror)"""
        document = self.json
        assert document["code"] == self.status
        assert len(document["data"]) > 1500
        assert "\n\tat " in document["data"]
        return self.status, document.get("cserror")


class Client:
    """Speaks HTTP to one sandbox; paths below the owner's calendar unless they begin with a slash."""

    def __init__(self, sandbox: DominoSandbox, url: str, session: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.url = url
        self.session = session
        self.user: str | None = "jdoe"

    async def __call__(self, method: str, path: str, **options: Any) -> Answer:
        headers = dict(options.pop("headers", {}))
        if self.user is not None and "Authorization" not in headers:
            token = base64.b64encode(f"{self.user}:{PASSWORDS[self.user]}".encode()).decode()
            headers["Authorization"] = f"Basic {token}"
        target = self.url + (path if path.startswith("/") else f"{BASE}/{path}")
        async with self.session.request(method, target, headers=headers, allow_redirects=False, **options) as answer:
            return Answer(answer.status, answer.headers, await answer.read())

    async def get(self, path: str, **params: str) -> Answer:
        return await self("GET", path, params=params)

    async def listed(self, **params: str) -> list[dict[str, Any]]:
        """All elements of a wide window, page by page."""
        window = {"since": "2026-01-01T00:00:00Z", "before": "2027-01-01T00:00:00Z", "count": "100", **params}
        found: list[dict[str, Any]] = []
        start = 0
        while True:
            answer = await self.get("events", start=str(start), **window)
            assert answer.status == 200
            if not answer.body:
                return found
            found += answer.json["events"]
            start = int(answer.headers["Content-Range"].rsplit("-", 1)[1]) + 1

    async def post_ics(self, events: str, **params: str) -> Answer:
        return await self.write("POST", "events", events, **params)

    async def write(self, method: str, path: str, events: str, **params: str) -> Answer:
        text = calendar(events)
        headers = {"Content-Type": "text/calendar; charset=utf-8"}
        return await self(method, path, params=params, data=text.encode(), headers=headers)

    async def write_json(self, method: str, path: str, document: Any, **params: str) -> Answer:
        return await self(method, path, params=params, json=document)


def calendar(inner: str, head: str = "") -> str:
    """Wrap components in a VCALENDAR, with CRLF line ends."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Example//Test//EN",
        *head.split(),
        *inner.split("\n"),
        "END:VCALENDAR",
    ]
    return "".join(f"{line.strip()}\r\n" for line in lines if line.strip())


def vevent(**lines: str) -> str:
    """A VEVENT: keys are names (`__` for the parameters' semicolon is not needed: write them into the value)."""
    body = "\n".join(
        f"{name.replace('_', '-')}{value if value.startswith((';', ':')) else ':' + value}"
        for name, value in lines.items()
    )
    return f"BEGIN:VEVENT\n{body}\nEND:VEVENT"


EASTERN = """BEGIN:VTIMEZONE
TZID:Eastern
BEGIN:STANDARD
DTSTART:20071104T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20070311T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


class Kit:
    """The texts above, for test modules (which cannot import from a conftest)."""

    calendar = staticmethod(calendar)
    vevent = staticmethod(vevent)
    eastern = EASTERN
    base = BASE


@pytest.fixture
def kit() -> type[Kit]:
    return Kit


Start = Callable[..., Awaitable[Client]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start sandboxes with options; all end with the test."""
    opened: list[tuple[DominoSandbox, aiohttp.ClientSession]] = []

    async def begin(**options: Any) -> Client:
        sandbox = DominoSandbox(DominoOptions(**{"login": "both", **options}))
        url = await sandbox.start()
        session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        opened.append((sandbox, session))
        return Client(sandbox, url, session)

    yield begin
    for sandbox, session in opened:
        await session.close()
        await sandbox.stop()


@pytest.fixture
async def client(start: Start) -> Client:
    """A sandbox with its usual options."""
    return await start()
