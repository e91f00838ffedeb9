"""A sandbox on a loopback port and a small HTTP client for it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from daemon.sandbox.salesforce import SalesforceOptions, SalesforceSandbox


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: Any

    @property
    def code(self) -> str:
        """The error code of a single-record reply."""
        return str(self.body[0]["errorCode"])

    @property
    def fields(self) -> list[str]:
        return list(self.body[0].get("fields", []))


class Client:
    """Calls the API as one of the people; paths start after /services/data/vXX.X."""

    def __init__(self, sandbox: SalesforceSandbox, http: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.http = http
        self.version = "67.0"
        self.person = 0

    @property
    def me(self) -> str:
        return self.sandbox.people(self.person)["user_id"]

    async def call(self, method: str, path: str, *, token: str | None = None, **more: Any) -> Answer:
        headers = {
            "Authorization": f"Bearer {token or self.sandbox.people(self.person)['token']}",
            **more.pop("headers", {}),
        }
        if not path.startswith("/"):
            path = f"/services/data/v{self.version}/{path}"
        async with self.http.request(
            method, self.sandbox.url + path, headers=headers, allow_redirects=False, **more
        ) as reply:
            raw = await reply.text()
            try:
                body = json.loads(raw) if raw else None
            except ValueError:
                body = raw
            return Answer(reply.status, body, reply.headers)

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.call("GET", path, **more)

    async def post(self, path: str, body: Any, **more: Any) -> Answer:
        return await self.call("POST", path, json=body, **more)

    async def patch(self, path: str, body: Any, **more: Any) -> Answer:
        return await self.call("PATCH", path, json=body, **more)

    async def delete(self, path: str, **more: Any) -> Answer:
        return await self.call("DELETE", path, **more)

    async def query(self, soql: str, resource: str = "query", **more: Any) -> Answer:
        return await self.get(resource, params={"q": soql}, **more)

    async def records(self, soql: str, resource: str = "query") -> list[dict[str, Any]]:
        answer = await self.query(soql, resource)
        assert answer.status == 200, answer.body
        return [{k: v for k, v in r.items() if k != "attributes"} for r in answer.body["records"]]

    async def event(self, **fields: Any) -> str:
        """Create an event tomorrow at ten for an hour, changed by the given fields."""
        given = {"Subject": "Visit", "StartDateTime": at(10), "EndDateTime": at(11), **fields}
        answer = await self.post("sobjects/Event", {k: v for k, v in given.items() if v is not ...})
        assert answer.status == 201, answer.body
        return str(answer.body["id"])

    async def read(self, record_id: str) -> dict[str, Any]:
        answer = await self.get(f"sobjects/Event/{record_id}")
        assert answer.status == 200, answer.body
        return dict(answer.body)


def at(hour: int, days: int = 1) -> str:
    """An hour of a day from today, UTC, in the form that the API returns."""
    day = datetime.now(UTC).date() + timedelta(days=days)
    return f"{day.isoformat()}T{hour:02}:00:00.000+0000"


Open = Callable[..., Awaitable[Client]]


@pytest.fixture
async def open_org() -> AsyncIterator[Open]:
    """Start sandboxes with the given options; they stop with the test."""
    running: list[SalesforceSandbox] = []
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:

        async def start(**options: Any) -> Client:
            sandbox = SalesforceSandbox(SalesforceOptions(**{"big_table": 0, **options}))
            running.append(sandbox)
            await sandbox.start()
            return Client(sandbox, http)

        yield start
        for sandbox in running:
            await sandbox.stop()


@pytest.fixture
async def org(open_org: Open) -> Client:
    """An org as it comes."""
    return await open_org()


@pytest.fixture
def clock_text() -> Callable[[int, int], str]:
    """The function `at`."""
    return at
