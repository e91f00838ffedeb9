"""The local API server: one generic path from request through guard, decoding and handler to answer, for every route.

Handlers get a Call and return the route's response document (or a Reply when the status differs from the table's). They raise
ApiProblem for what the person can mend; anything else becomes ``internal`` with an incident number that the log holds too.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from daemon.api.connection import ConnectionFactory, connection_gone
from daemon.api.guard import Guard, Passed
from daemon.api.openapi import openapi_document
from daemon.api.page_files import load_page
from daemon.api.page_sessions import CODE_SECONDS, PageSessions
from daemon.api.request_reading import read_body, read_query
from daemon.api.responses import document_response, file_response, problem_response
from daemon.api.stream import Board, StatusStreams
from shared.models import PageCode, PageSession, Status, TradeCode
from shared.problems import ApiProblem, ProblemName
from shared.routes import ROUTE, Access, Route

LOG = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"
PAGE_FOLDER = Path(__file__).resolve().parents[1] / "page"


@dataclass(frozen=True, slots=True)
class Call:
    """One request, decoded: path parameters, query parameters, the body document (or None) and who calls."""

    params: Mapping[str, str]
    query: Mapping[str, int | str]
    body: object
    access: Access


@dataclass(frozen=True, slots=True)
class Reply:
    """A response document with another success status than the route table names (200 for a run compared again)."""

    document: object
    status: int


Handler = Callable[[Call], Awaitable[object]]


class ApiServer:
    """Serves the route table on loopback. ``handlers`` maps route names to handlers; the stream, the page sessions and the
    OpenAPI document are served from here, ``status`` from the board unless a handler is given. ``port`` 0 takes a free one.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        board: Board,
        token: str,
        *,
        page_folder: Path = PAGE_FOLDER,
        port: int = 0,
        sessions: PageSessions | None = None,
        streams: StatusStreams | None = None,
    ) -> None:
        self._board = board
        self._token = token
        self._page = load_page(page_folder)
        self._port = port
        self._sessions = sessions or PageSessions()
        self._streams = streams or StatusStreams(board)
        own: dict[str, Handler] = {
            "status": self._status,
            "openapi": self._openapi,
            "make_page_code": self._make_page_code,
            "trade_page_code": self._trade_page_code,
        }
        self._handlers = own | dict(handlers)
        _check_names(self._handlers)
        self._guard: Guard | None = None
        self._runner: web.ServerRunner | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT`` once started."""
        return self._url

    async def start(self) -> str:
        """Listen on loopback and return the address, ``http://127.0.0.1:PORT``."""
        listener = _listen(self._port)
        host = f"{LOOPBACK}:{listener.getsockname()[1]}"
        self._url = f"http://{host}"
        self._guard = Guard(host=host, token=self._token, sessions=self._sessions, page_paths=frozenset(self._page))
        self._runner = web.ServerRunner(ConnectionFactory(self._answer), shutdown_timeout=1.0)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        return self._url

    async def stop(self) -> None:
        """Close the streams, then the listener; calls in flight get a second to end."""
        self._streams.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            assert self._guard is not None
            passed = self._guard.check(request)
            if passed.page_path is not None:
                file = self._page[passed.page_path]
                return file_response(file.content, file.media_type)
            assert passed.route is not None
            return await self._serve(request, passed.route, passed)
        except ApiProblem as problem:
            return problem_response(problem)
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception as error:  # noqa: BLE001 - the last resort: nothing of the error may leave, all of it is logged
            return problem_response(_incident(error))

    async def _serve(self, request: web.BaseRequest, route: Route, passed: Passed) -> web.StreamResponse:
        query = read_query(request, route)
        if route is ROUTE["stream"]:
            return await self._streams.serve(request, connection_gone(request))
        body = await read_body(request, route) if route.method != "GET" else None
        answer = await self._handlers[route.name](Call(passed.params, query, body, passed.access))
        reply = answer if isinstance(answer, Reply) else Reply(answer, route.status)
        if not isinstance(reply.document, route.response):
            raise TypeError(f"handler {route.name} answered with {type(reply.document).__name__}")
        return document_response(reply.document, reply.status)

    async def _status(self, call: Call) -> Status:
        return self._board.current()

    async def _openapi(self, call: Call) -> dict[str, object]:
        return openapi_document()

    async def _make_page_code(self, call: Call) -> PageCode:
        return self.page_code()

    def page_code(self) -> PageCode:
        """A one-time code for opening the page, for the process that holds the server (the demo opens a browser)."""
        code = self._sessions.make_code()
        return PageCode(code=code, url=f"{self._url}/#code={code}", expires_in=CODE_SECONDS)

    async def _trade_page_code(self, call: Call) -> PageSession:
        assert isinstance(call.body, TradeCode)
        token = self._sessions.trade(call.body.code)
        if token is None:
            raise ApiProblem(
                ProblemName.UNAUTHORIZED,
                "This link was used already or is older than 30 seconds. Open it from the tray again.",
            )
        return PageSession(token=token)


def _check_names(handlers: Mapping[str, Handler]) -> None:
    wanted = set(ROUTE) - {"stream"}
    missing, unknown = wanted - set(handlers), set(handlers) - wanted
    if missing or unknown:
        raise ValueError(f"handlers missing: {sorted(missing)}; handlers without a route: {sorted(unknown)}")


def _listen(port: int) -> socket.socket:
    """A listening socket on loopback that no other program can share."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "nt":
            listener.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE"), 1)  # noqa: B009 - Windows only
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _incident(error: Exception) -> ApiProblem:
    """The problem to answer with. The log gets the same number, the kind of error and where, never its text."""
    number = secrets.token_hex(6)
    places = " < ".join(
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(traceback.extract_tb(error.__traceback__))
    )
    LOG.error("incident %s: %s at %s", number, type(error).__name__, places)
    return ApiProblem(ProblemName.INTERNAL, f"The log names it as incident {number}.", incident=number)
