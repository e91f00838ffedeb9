"""The HTTP side: versions, authorization, call limits, JSON and compression around the REST resources."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from daemon.sandbox.faults import CONTROL_PREFIX, FaultRules, fault_middleware
from daemon.sandbox.journal import RequestJournal, control_routes, journal_middleware
from daemon.sandbox.salesforce.bulk import BulkApi
from daemon.sandbox.salesforce.errors import ApiError, not_found
from daemon.sandbox.salesforce.messages import ApiReply, ApiRequest, http_date
from daemon.sandbox.salesforce.oauth import OAuth, bearer
from daemon.sandbox.salesforce.org import Org
from daemon.sandbox.salesforce.org_resources import NEWEST, OLDEST_ALIVE, version_list
from daemon.sandbox.salesforce.routing import dispatch

_LOG = logging.getLogger(__name__)
_MOST_BYTES = 16_384
_MOST_BODY = 50 * 1024 * 1024
#: Smaller bodies are not worth compressing.
_WORTH_GZIP = 512
_VERSION = re.compile(r"v(\d+)\.(\d)")
_API_SCOPES = frozenset({"api", "full", "web"})
_WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})


class ApiServer:
    """Serves one org; `instance_port` is where its API lives when that is not where people log in."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.oauth = OAuth(org)
        self.faults = FaultRules()
        self.journal = RequestJournal()
        self.instance_port: int | None = None

    def build(self) -> web.Application:
        """Return the application."""
        middlewares = [journal_middleware(self.journal), fault_middleware(self.faults)]
        app = web.Application(middlewares=middlewares, client_max_size=_MOST_BODY)
        app.on_response_prepare.append(self._date)
        app.add_routes(control_routes(self.faults, self.journal))
        app.add_routes([web.post(f"{CONTROL_PREFIX}clock", self.move_clock)])
        app.add_routes(self.oauth.routes())
        app.add_routes(BulkApi(self._org).routes())
        # Salesforce's own CLI puts its instance address, which ends in a slash, before every path.
        for slash in ("/", "//"):
            app.add_routes([web.route("*", f"{slash}services/data{end}", self.versions) for end in ("", "/")])
            app.add_routes([web.route("*", f"{slash}services/data/{{rest:.+}}", self.api)])
        return app

    async def move_clock(self, request: web.Request) -> web.Response:
        """POST /__sandbox__/clock `{"shift": SECONDS}`: the server's clock goes on (or back) by so much; else 400."""
        try:
            seconds = float(json.loads(await request.text())["shift"])
            _ = self._org.clock.now() + 2 * timedelta(seconds=seconds)  # a clock beyond the calendar stands for good
            self._org.clock.shift(seconds)
        except (ValueError, TypeError, KeyError, OverflowError):
            return web.json_response({"error": 'The body must be {"shift": SECONDS}.'}, status=400)
        return web.json_response({"now": self._org.clock.now().isoformat()})

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        # The server's own clock, skewed or not: clients take their time from here.
        response.headers["Date"] = http_date(self._org.clock.now())

    async def versions(self, request: web.Request) -> web.Response:
        """GET /services/data: no authorization, not counted."""
        return self._answer(request, ApiReply(200, version_list()))

    async def api(self, request: web.Request) -> web.StreamResponse:
        """Answer a call below /services/data/."""
        counted: dict[str, str] = {}
        try:
            self._check_size(request)
            call = await self._authorized(request, counted)
            with self._org.clock.at(await self._started(call)), self._org.store.transaction():
                reply = dispatch(self._org, call)
        except ApiError as error:
            reply = _refusal(error)
        except Exception:  # noqa: BLE001
            # A fault of ours must reach the client as Salesforce words it, and the log as it is.
            _LOG.exception("The Salesforce sandbox failed")
            reply = _refusal(ApiError("UNKNOWN_EXCEPTION", "An unexpected error occurred.", status=500))
        if counted:
            counted["Sforce-Limit-Info"] = self._org.limit_info()
        return self._answer(request, reply, counted)

    async def _started(self, call: ApiRequest) -> datetime | None:
        """Return the moment a call counts as made; where the org's transactions are long, a write commits later."""
        seconds = self._org.options.commit_seconds
        if not seconds or call.method not in _WRITES:
            return None
        start = self._org.clock.now()
        self._org.open_transactions.append(start)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._org.open_transactions.remove(start)
        return start

    async def _authorized(self, request: web.Request, counted: dict[str, str]) -> ApiRequest:
        segments = [unquote(s) for s in request.rel_url.raw_path.split("/") if s][2:]
        version, number = _version(segments[0])
        if self.instance_port is not None and _port(request) != self.instance_port:
            raise not_found()
        session = self._org.tokens.session(bearer(request))
        if session is None:
            raise ApiError("INVALID_SESSION_ID", "Session expired or invalid", status=401)
        if not _API_SCOPES & set(session.scopes):
            raise ApiError("INVALID_SESSION_ID", "This session is not valid for use with the REST API", status=401)
        counted["Sforce-Limit-Info"] = ""
        self._org.count_call()
        headers = {name.lower(): value for name, value in request.headers.items()}
        duplicates = "allowsave=true" in headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower()
        return ApiRequest(
            method=request.method,
            version=version,
            path=tuple(segments[1:]),
            query=dict(parse_qsl(request.rel_url.raw_query_string, keep_blank_values=True)),
            headers=headers,
            caller=self._org.caller(session.user_id, number, duplicates),
            base=self.oauth.instance_url or f"{request.scheme}://{request.host}",
            raw=await request.read(),
        )

    @staticmethod
    def _check_size(request: web.Request) -> None:
        uri = len(request.raw_path)
        if uri > _MOST_BYTES:
            raise ApiError("URI_TOO_LONG", "URI Too Long", status=414)
        if uri + sum(len(name) + len(value) + 4 for name, value in request.raw_headers) > _MOST_BYTES:
            raise ApiError("REQUEST_HEADER_FIELDS_TOO_LARGE", "Request Header Fields Too Large", status=431)

    def _answer(self, request: web.Request, reply: ApiReply, headers: Mapping[str, str] | None = None) -> web.Response:
        sent = {**(headers or {}), **reply.headers}
        if reply.status == 401:
            sent["WWW-Authenticate"] = "Token"
        if reply.body is None:
            return web.Response(status=reply.status, headers=sent)
        pretty = request.headers.get("X-PrettyPrint", "0").strip() not in {"0", "", "false"}
        text = _json(reply.body, pretty)
        sent["Content-Type"] = "application/json;charset=UTF-8"
        response = web.Response(body=text.encode(), status=reply.status, headers=sent)
        if len(text) >= _WORTH_GZIP and "gzip" in request.headers.get("Accept-Encoding", "").lower():
            response.enable_compression(web.ContentCoding.gzip)
        return response


def _json(body: Any, pretty: bool) -> str:
    if pretty:
        return json.dumps(body, indent=2, ensure_ascii=False)
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False)


def _version(said: str) -> tuple[str, float]:
    match = _VERSION.fullmatch(said)
    number = int(match[1]) if match else 0
    if match is None or match[2] != "0" or number > NEWEST:
        raise not_found()
    if number < OLDEST_ALIVE:
        raise ApiError("GONE", f"The API version v{number}.0 is retired", status=410)
    return f"{number}.0", float(number)


def _refusal(error: ApiError) -> ApiReply:
    return ApiReply(error.status, error.body())


def _port(request: web.Request) -> int | None:
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return int(name[1]) if name else None
