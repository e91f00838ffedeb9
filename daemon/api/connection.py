"""What aiohttp's server connection says by itself, made ours: refusals of broken HTTP, the access log, and when a client goes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

from daemon.api.responses import problem_response
from shared.problems import ApiProblem, ProblemName

LOG = logging.getLogger(__name__)


class AccessLog(AbstractAccessLogger):
    """One line per request: method, path without the query, status, milliseconds."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        self.logger.debug("%s %r %s %.1f ms", request.method, request.rel_url.raw_path, response.status, time * 1000)

    @property
    def enabled(self) -> bool:
        return self.logger.isEnabledFor(logging.DEBUG)


class Connection(web.RequestHandler):
    """One client connection. Requests that are not HTTP get a problem document, and nothing of them is repeated or logged."""

    def __init__(self, server: web.Server, *, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            server,
            loop=loop,
            access_log_class=AccessLog,
            access_log=logging.getLogger("daemon.api.access"),
            auto_decompress=False,
        )
        self.gone = asyncio.Event()

    def connection_lost(self, exc: BaseException | None) -> None:
        self.gone.set()
        super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        LOG.info("a request was not understood: %s", type(exc).__name__)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer had begun already")
        name = ProblemName.INTERNAL if status >= 500 else ProblemName.BAD_REQUEST
        response = problem_response(ApiProblem(name, "This is not a well-formed HTTP request."))
        response.force_close()
        return response


class ConnectionFactory(web.Server):
    """aiohttp's low-level server, making our connections."""

    def __init__(self, handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        super().__init__(handler)

    def __call__(self) -> Connection:
        return Connection(self, loop=self._loop)


def connection_gone(request: web.BaseRequest) -> asyncio.Event:
    """Set when the client of this request has closed the connection."""
    protocol = request.protocol
    assert isinstance(protocol, Connection)
    return protocol.gone
