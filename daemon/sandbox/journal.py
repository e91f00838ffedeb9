"""The journal of a sandbox: every request it got and what it answered, readable by tests and over HTTP.

Control routes (never journalled, never faulted):

* `GET /__sandbox__/faults` lists the rules in force, `POST` adds one (JSON fields of `Fault`), `DELETE` drops all;
* `GET /__sandbox__/journal` lists the entries, oldest first, `DELETE` empties it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from daemon.sandbox.faults import CONTROL_PREFIX, FAULT_KEY, Fault, FaultRules

_COOKIE_VALUE = re.compile(r"=[^;]*")


@dataclass(slots=True)
class JournalEntry:
    """One request. `status` is the handler's answer, None while it runs and when no answer was sent at all.

    `path` is decoded, `query` is the raw query string, `headers` keep the sender's spelling; the value of
    Authorization is cut to its scheme and cookie values are masked. `body` is text (bytes that are not UTF-8 are
    replaced). `fault` names the injected fault, if any; after "cut_after" `status` is what the client never saw.
    """

    n: int
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: str
    status: int | None = None
    fault: str | None = None


class RequestJournal:
    """Entries in order of arrival; `n` counts from 1 and goes on after a clear."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []
        self._last = 0

    def clear(self) -> None:
        """Forget the entries."""
        self.entries.clear()

    def calls(self, method: str | None = None, path: str = "") -> list[JournalEntry]:
        """Return the entries of a method (None: any) whose path has a match of the regular expression `path`."""
        return [e for e in self.entries if (method is None or e.method == method) and re.search(path, e.path)]

    @property
    def writes(self) -> list[JournalEntry]:
        """Return the entries whose method is not GET, HEAD or OPTIONS."""
        return [e for e in self.entries if e.method not in {"GET", "HEAD", "OPTIONS"}]

    def to_json(self) -> list[dict[str, Any]]:
        """Return the entries as JSON types."""
        return [asdict(entry) for entry in self.entries]

    def record(self, request: web.Request, body: bytes) -> JournalEntry:
        """Add the entry of a request that has just come in."""
        self._last += 1
        entry = JournalEntry(
            n=self._last,
            method=request.method,
            path=request.path,
            query=request.rel_url.raw_query_string,
            headers=_safe_headers(request.headers),
            body=body.decode("utf-8", "replace"),
        )
        self.entries.append(entry)
        return entry


def _safe_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers without secrets."""
    safe: dict[str, str] = {}
    for name, value in headers.items():
        match name.lower():
            case "authorization" | "proxy-authorization":
                value = value.split(" ", 1)[0]
            case "cookie":
                value = _COOKIE_VALUE.sub("=***", value)
        safe[name] = f"{safe[name]}, {value}" if name in safe else value
    return safe


def journal_middleware(journal: RequestJournal) -> Middleware:
    """Return the aiohttp middleware that fills the journal; put it outermost."""

    @web.middleware
    async def keep_journal(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL_PREFIX):
            return await handler(request)
        entry = journal.record(request, await request.read())
        status: int | None = 500
        try:
            answer = await handler(request)
            status = answer.status
            return answer
        except web.HTTPException as error:
            status = error.status
            raise
        finally:
            entry.fault = request.get(FAULT_KEY)
            entry.status = None if entry.fault == "cut_before" else status

    return keep_journal


def control_routes(rules: FaultRules, journal: RequestJournal) -> list[web.RouteDef]:
    """Return the routes below `/__sandbox__/`."""

    async def list_faults(_request: web.Request) -> web.Response:
        return web.json_response(rules.pending())

    async def add_fault(request: web.Request) -> web.Response:
        try:
            rules.add(Fault.from_json(json.loads(await request.text())))
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(rules.pending(), status=201)

    async def drop_faults(_request: web.Request) -> web.Response:
        rules.clear()
        return web.Response(status=204)

    async def list_journal(_request: web.Request) -> web.Response:
        return web.json_response(journal.to_json())

    async def drop_journal(_request: web.Request) -> web.Response:
        journal.clear()
        return web.Response(status=204)

    return [
        web.get(f"{CONTROL_PREFIX}faults", list_faults),
        web.post(f"{CONTROL_PREFIX}faults", add_fault),
        web.delete(f"{CONTROL_PREFIX}faults", drop_faults),
        web.get(f"{CONTROL_PREFIX}journal", list_journal),
        web.delete(f"{CONTROL_PREFIX}journal", drop_journal),
    ]
