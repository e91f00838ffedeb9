"""The guard in front of every request: host, origin, size, media type and credential, in one fixed order, deny by default.

Order and reasons: anchors.md 3.3, with header tokens as in interfaces.md (cookies are ignored, query tokens do not exist).
Everything it compares with is a constructor argument; nothing can change it while the daemon runs.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import hdrs, web

from daemon.api.page_sessions import PageSessions
from daemon.api.route_matching import Match, find_route
from shared.problems import ApiProblem, ProblemName
from shared.routes import Access, Route

SAFE_METHODS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})
DEFAULT_BODY_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Passed:
    """A request that may go on: to ``route`` with ``params`` as ``access``, or to the static file at ``page_path``."""

    route: Route | None
    params: Mapping[str, str]
    access: Access
    page_path: str | None = None


class Guard:
    """Checks requests; ``host`` is ``127.0.0.1:PORT`` exactly, ``page_paths`` the static paths anyone may read."""

    def __init__(self, *, host: str, token: str, sessions: PageSessions, page_paths: frozenset[str]) -> None:
        self._host = host
        self._origin = f"http://{host}"
        self._token = token.encode()
        self._sessions = sessions
        self._page_paths = page_paths

    def check(self, request: web.BaseRequest) -> Passed:
        """What the request may do; raises ApiProblem with the first rule it breaks."""
        self._check_host(request)
        self._check_origin(request)
        path = request.rel_url.raw_path
        match = find_route(request.method, path)
        _check_body(request, match)
        if path in self._page_paths:
            if request.method not in SAFE_METHODS:
                raise _wrong_method(("GET", "HEAD"))
            return Passed(None, {}, Access.PUBLIC, page_path=path)
        if match is not None and match.route is not None and match.route.access is Access.PUBLIC:
            return Passed(match.route, match.params, Access.PUBLIC)
        access = self._credential(request)
        if match is None:
            raise ApiProblem(ProblemName.NOT_FOUND, "There is nothing at this address.")
        if match.route is None:
            raise _wrong_method(match.allowed)
        if match.route.access is Access.FULL and access is not Access.FULL:
            raise ApiProblem(
                ProblemName.UNAUTHORIZED, "A page session may not call this; use the endpoint file's token."
            )
        return Passed(match.route, match.params, access)

    def _check_host(self, request: web.BaseRequest) -> None:
        # The raw header and what aiohttp makes of it can differ (absolute-form target, HTTP/1.0 without Host).
        if request.headers.getall(hdrs.HOST, []) != [self._host] or request.host != self._host:
            raise ApiProblem(ProblemName.WRONG_HOST)
        if request.rel_url.is_absolute() and request.rel_url.authority != self._host:
            raise ApiProblem(ProblemName.WRONG_HOST)

    def _check_origin(self, request: web.BaseRequest) -> None:
        if any(origin != self._origin for origin in request.headers.getall(hdrs.ORIGIN, [])):
            raise ApiProblem(ProblemName.WRONG_ORIGIN)
        if request.method not in SAFE_METHODS:
            sites = request.headers.getall("Sec-Fetch-Site", [])
            if any(site != "same-origin" for site in sites):
                raise ApiProblem(ProblemName.WRONG_ORIGIN)
        if request.method == hdrs.METH_OPTIONS:
            found = find_route(request.method, request.rel_url.raw_path)
            raise _wrong_method(found.allowed if found is not None else ())

    def _credential(self, request: web.BaseRequest) -> Access:
        values = request.headers.getall(hdrs.AUTHORIZATION, [])
        if len(values) != 1:
            raise ApiProblem(ProblemName.UNAUTHORIZED)
        scheme, _, secret = values[0].partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise ApiProblem(ProblemName.UNAUTHORIZED)
        if hmac.compare_digest(secret.encode("utf-8", "surrogateescape"), self._token):
            return Access.FULL
        if self._sessions.admit(secret):
            return Access.PAGE
        raise ApiProblem(ProblemName.UNAUTHORIZED)


def body_limit(route: Route | None) -> int:
    """The largest body the route takes, in bytes."""
    return DEFAULT_BODY_LIMIT if route is None else route.max_body


def _check_body(request: web.BaseRequest, match: Match | None) -> None:
    if request.method in SAFE_METHODS:
        return
    types = request.headers.getall(hdrs.CONTENT_TYPE, [])
    if types or request.can_read_body:
        kinds = [value.partition(";")[0].strip().lower() for value in types]
        if kinds != ["application/json"] or hdrs.CONTENT_ENCODING in request.headers:
            raise ApiProblem(ProblemName.WRONG_MEDIA_TYPE)
    limit = body_limit(match.route if match is not None else None)
    if (request.content_length or 0) > limit:
        raise ApiProblem(ProblemName.TOO_LARGE, f"At most {limit} bytes are taken here.")


def _wrong_method(allowed: tuple[str, ...]) -> ApiProblem:
    return ApiProblem(ProblemName.WRONG_METHOD, allow=list(allowed))
