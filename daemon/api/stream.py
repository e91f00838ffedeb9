"""The status stream: server-sent events of whole Status documents, the current one at once, then the latest after changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Protocol

import msgspec
from aiohttp import hdrs, web

from daemon.api.responses import security_headers
from shared.models import Status
from shared.problems import ApiProblem, ProblemName

MAX_STREAMS = 8
PING_SECONDS = 15.0


class Board(Protocol):
    """Where the state of the daemon stands (daemon/status_board.py)."""

    def current(self) -> Status:
        """The state now."""

    def watch(self) -> AsyncIterator[Status]:
        """The state at once, then the latest one after each change; ends when the board is closed."""


class StatusStreams:
    """The open streams. A slow reader skips states, it never holds up the others: the board keeps one state per watcher."""

    def __init__(self, board: Board, *, max_streams: int = MAX_STREAMS, ping_seconds: float = PING_SECONDS) -> None:
        self._board = board
        self._max = max_streams
        self._ping = ping_seconds
        self._closing = asyncio.Event()
        self._open = 0

    def close(self) -> None:
        """End every stream soon; new ones are refused."""
        self._closing.set()

    async def serve(self, request: web.BaseRequest, gone: asyncio.Event) -> web.StreamResponse:
        """Write the stream until the client goes (``gone``), the board closes or the server stops."""
        if self._closing.is_set():
            raise ApiProblem(ProblemName.WRONG_STATE, "Daybridge is stopping.")
        if self._open >= self._max:
            raise ApiProblem(ProblemName.WRONG_STATE, f"{self._max} streams are open already; close another page.")
        self._open += 1
        try:
            response = web.StreamResponse(headers={**security_headers(), hdrs.CONTENT_TYPE: "text/event-stream"})
            await response.prepare(request)
            with contextlib.suppress(ConnectionError):
                await self._write_states(response, gone)
                await response.write_eof()
            return response
        finally:
            self._open -= 1

    async def _write_states(self, response: web.StreamResponse, gone: asyncio.Event) -> None:
        states = self._board.watch()
        ends = [asyncio.ensure_future(gone.wait()), asyncio.ensure_future(self._closing.wait())]
        following = asyncio.ensure_future(anext(states, None))
        try:
            while True:
                done, _ = await asyncio.wait(
                    {following, *ends}, timeout=self._ping, return_when=asyncio.FIRST_COMPLETED
                )
                if any(end in done for end in ends):
                    return
                if not done:
                    await response.write(b": ping\n\n")
                    continue
                state = following.result()
                if state is None:
                    return
                await response.write(b"event: status\ndata: " + msgspec.json.encode(state) + b"\n\n")
                following = asyncio.ensure_future(anext(states, None))
        finally:
            for task in (following, *ends):
                task.cancel()
            await asyncio.gather(following, *ends, return_exceptions=True)
            close = getattr(states, "aclose", None)
            if close is not None:
                await close()
