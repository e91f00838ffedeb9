"""Reads a request strictly: query parameters against the route table, the body against its document type."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from aiohttp import web

from daemon.api.guard import body_limit
from shared.problems import ApiProblem, ProblemName
from shared.routes import Route

LARGEST_NUMBER = 1_000_000_000
LIMITS: Mapping[str, tuple[int, int]] = {"offset": (0, LARGEST_NUMBER), "limit": (1, 500)}
"""Smallest and largest value of each whole-number query parameter."""
_DIGITS = re.compile(r"[0-9]{1,10}\Z")


def read_query(request: web.BaseRequest, route: Route) -> dict[str, int | str]:
    """The query parameters with their types; unknown, repeated or ill-formed ones are refused."""
    known = dict(route.query)
    found: dict[str, int | str] = {}
    for name, value in request.query.items():
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise ApiProblem(ProblemName.BAD_REQUEST, f"Unknown query parameter; allowed here: {allowed}.")
        if name in found:
            raise ApiProblem(ProblemName.BAD_REQUEST, f"The query parameter {name} is given twice.")
        found[name] = _number(name, value) if known[name] is int else value
    return found


def _number(name: str, value: str) -> int:
    low, high = LIMITS.get(name, (0, LARGEST_NUMBER))
    number = int(value) if _DIGITS.match(value) else -1
    if not low <= number <= high:
        raise ApiProblem(ProblemName.BAD_REQUEST, f"{name} must be a whole number from {low} to {high}.")
    return number


async def read_body(request: web.BaseRequest, route: Route) -> object:
    """The decoded body, or None for a route that takes none; an empty JSON object is as good as no body there."""
    raw = await _read_bytes(request, body_limit(route))
    if route.request is None:
        if raw.strip() not in (b"", b"{}"):
            raise ApiProblem(ProblemName.BAD_REQUEST, "This address takes no body.")
        return None
    try:
        document: object = msgspec.json.decode(raw, type=route.request)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ApiProblem(ProblemName.BAD_REQUEST, f"{error}.".replace("..", ".")) from error
    return document


async def _read_bytes(request: web.BaseRequest, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.content.iter_any():
        size += len(part)
        if size > limit:
            raise ApiProblem(ProblemName.TOO_LARGE, f"At most {limit} bytes are taken here.")
        parts.append(part)
    return b"".join(parts)
