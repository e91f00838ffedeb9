"""Faults that a sandbox injects on request: slow answers, cut connections, foreign status codes, half bodies.

A rule names requests by method and by a regular expression searched in the decoded path (without the query). It
lets `skip` matching requests pass, then acts on the next `times` ones and is spent. The first rule that is ready
acts; a request meets one fault at most. Requests below `/__sandbox__/` never meet any.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

CONTROL_PREFIX = "/__sandbox__/"
#: Key of the request under which the fault middleware leaves the name of what it did, for the journal.
FAULT_KEY = web.RequestKey("sandbox_fault", str)

Action = Literal["delay", "cut_before", "cut_after", "status", "truncate"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule. `seconds` is waited before any action; `status`, `body`, `content_type` and `headers` are for "status".

    delay: the handler answers late. cut_before: the connection closes and the handler never runs. cut_after: the
    handler runs to its end (a write is committed) and the connection closes without an answer. truncate: half of
    the real body is sent under the full Content-Length. status: answered in place of the handler.
    """

    method: str | None
    path: str
    action: Action
    times: int = 1
    skip: int = 0
    seconds: float = 0
    status: int = 500
    body: str = ""
    content_type: str = "text/html"
    headers: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.action not in get_args(Action):
            raise ValueError(f"action must be one of {', '.join(get_args(Action))}, not {self.action!r}")
        if self.times < 1 or self.skip < 0 or self.seconds < 0:
            raise ValueError("times must be at least 1; skip and seconds must not be negative")
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"path is not a regular expression: {error}") from error

    @classmethod
    def from_json(cls, document: Any) -> Fault:
        """Build a rule from a decoded JSON object; ValueError names what is wrong."""
        if not isinstance(document, dict):
            raise ValueError("a fault is a JSON object")
        unknown = sorted(set(document) - {f.name for f in fields(cls)})
        if unknown:
            raise ValueError(f"unknown field {unknown[0]!r}")
        kinds: dict[str, type | tuple[type, ...]] = {
            "method": (str, type(None)),
            "path": str,
            "action": str,
            "times": int,
            "skip": int,
            "seconds": (int, float),
            "status": int,
            "body": str,
            "content_type": str,
            "headers": dict,
        }
        for name, value in document.items():
            if not isinstance(value, kinds[name]):
                raise ValueError(f"{name!r} has the wrong type")
        if "path" not in document or "action" not in document:
            raise ValueError("'path' and 'action' are needed")
        return cls(**{"method": None, **document})

    def to_json(self) -> dict[str, Any]:
        """Return the rule as JSON types."""
        return asdict(self)

    def matches(self, method: str, path: str) -> bool:
        """Tell whether the rule is about such a request."""
        return (self.method is None or self.method.upper() == method.upper()) and bool(re.search(self.path, path))


@dataclass(slots=True)
class _Armed:
    """A rule with what is left of its counters."""

    fault: Fault
    skip: int
    times: int


class FaultRules:
    """The rules in force, in the order they were added."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []

    def add(self, fault: Fault) -> None:
        """Put a rule in force."""
        self._armed.append(_Armed(fault, fault.skip, fault.times))

    def clear(self) -> None:
        """Drop every rule."""
        self._armed.clear()

    def pending(self) -> list[dict[str, Any]]:
        """Return the rules not yet spent, with `skip` and `times` as they are now."""
        return [{**armed.fault.to_json(), "skip": armed.skip, "times": armed.times} for armed in self._armed]

    def take(self, method: str, path: str) -> Fault | None:
        """Count this request against the rules and return the fault it must meet, if any."""
        for armed in self._armed:
            if not armed.fault.matches(method, path):
                continue
            if armed.skip:
                armed.skip -= 1
                continue
            armed.times -= 1
            if not armed.times:
                self._armed.remove(armed)
            return armed.fault
        return None


def fault_middleware(rules: FaultRules) -> Middleware:
    """Return the aiohttp middleware that makes requests meet the rules; put it inside the journal's."""

    @web.middleware
    async def meet_faults(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(CONTROL_PREFIX):
            return await handler(request)
        fault = rules.take(request.method, request.path)
        if fault is None:
            return await handler(request)
        request[FAULT_KEY] = fault.action
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        return await _meet(fault, request, handler)

    return meet_faults


async def _meet(fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Carry out one fault."""
    match fault.action:
        case "delay":
            return await handler(request)
        case "status":
            return web.Response(
                status=fault.status,
                body=fault.body.encode(),
                headers={"Content-Type": fault.content_type, **fault.headers},
            )
        case "cut_before":
            _close(request)
            return web.Response()
        case "cut_after":
            try:
                await handler(request)
            finally:
                _close(request)
            return web.Response()
        case "truncate":
            return await _truncated(request, await handler(request))


def _close(request: web.Request) -> None:
    """Close the connection as a dying server would: at once, with nothing more sent."""
    if request.transport is not None:
        request.transport.abort()


async def _truncated(request: web.Request, answer: web.StreamResponse) -> web.StreamResponse:
    """Send the real head and half of the real body, then close. An answer without a body in memory is sent whole."""
    body = answer.body if isinstance(answer, web.Response) else None
    if not isinstance(body, bytes | bytearray) or not body:
        return answer
    half = web.StreamResponse(status=answer.status, reason=answer.reason, headers=answer.headers)
    half.content_length = len(body)
    await half.prepare(request)
    await half.write(bytes(body[: len(body) // 2]))
    if request.transport is not None:
        # close, not abort: what was written must reach the client.
        request.transport.close()
    return half
