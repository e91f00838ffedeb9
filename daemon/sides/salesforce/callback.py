"""The browser's way back: a tiny listener on 127.0.0.1 and ::1 that lives for the seconds of one sign-in.

It reads one GET line of at most 8 KiB, answers one page and closes. ``localhost`` is the registered name, compared
character by character with its port (reference/salesforce.md 4), and browsers may resolve it to either address.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
from collections.abc import Callable, Sequence
from urllib.parse import parse_qs, urlsplit

from daemon.sides.contract import SideUnavailable
from shared.texts import text

CALLBACK_PATH = "/daybridge/callback"
LINE_LIMIT = 8192
READ_SECONDS = 10.0
PORT_WAITS = (0.25,) * 12
"""Seconds between two looks for a free port: another sign-in on this machine holds one for seconds only."""

Heard = Callable[[dict[str, str]], str | None]
"""Takes the query of a call-back; returns the sentence for the page, or None when the call is not for us."""

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Daybridge</title>
<body style="font-family:sans-serif;margin:4rem"><h1>Daybridge</h1><p>{sentence}</p></body></html>
"""


class CallbackListener:
    """Listens on one of ``ports``, on both loopback addresses; ``redirect_uri`` is what to register and to send."""

    def __init__(self, ports: Sequence[int], heard: Heard) -> None:
        self._ports = ports
        self._heard = heard
        self._servers: list[asyncio.Server] = []
        self.port = 0

    @property
    def redirect_uri(self) -> str:
        return f"http://localhost:{self.port}{CALLBACK_PATH}"

    async def open(self) -> None:
        """Take the first port that is free on both addresses; raises SideUnavailable when none becomes free in a while."""
        for wait in (*PORT_WAITS, None):
            for port in self._ports:
                if await self._listen(port):
                    self.port = port
                    return
            if wait is not None:
                await asyncio.sleep(wait)
        raise SideUnavailable(text("salesforce.no_port", ports=", ".join(str(port) for port in self._ports)))

    async def close(self) -> None:
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for server in servers:
            await server.wait_closed()

    async def _listen(self, port: int) -> bool:
        """A port that somebody else holds on either address is no good: the browser might end up there."""
        try:
            self._servers.append(await asyncio.start_server(self._answer, "127.0.0.1", port, limit=LINE_LIMIT))
        except OSError:
            return False
        try:
            self._servers.append(await asyncio.start_server(self._answer, "::1", port, limit=LINE_LIMIT))
        except OSError as error:
            if not _no_ipv6(error):
                await self.close()
                return False
        return True

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(READ_SECONDS):
                status, sentence = self._reply(await reader.readline())
                await _skip_headers(reader)
                writer.write(_response(status, sentence))
                await writer.drain()
        except (TimeoutError, OSError, ValueError):
            # Too slow, gone, or a line above the limit: there is nobody to tell.
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _reply(self, line: bytes) -> tuple[str, str]:
        words = line.decode("latin-1").split()
        if len(words) != 3 or words[0] != "GET":
            return "405 Method Not Allowed", "Only the browser's own way back is served here."
        target = urlsplit(words[1])
        if target.path != CALLBACK_PATH:
            return "404 Not Found", "There is nothing here."
        query = {name: values[0] for name, values in parse_qs(target.query, keep_blank_values=True).items()}
        sentence = self._heard(query)
        if sentence is None:
            return "400 Bad Request", "This is not the sign-in that Daybridge started. Choose Connect Now again."
        return "200 OK", sentence


async def _skip_headers(reader: asyncio.StreamReader) -> None:
    """Read to the empty line, so that closing does not reset the connection under the answer."""
    for _ in range(200):
        if (await reader.readline()) in (b"\r\n", b"\n", b""):
            return


def _response(status: str, sentence: str) -> bytes:
    body = _PAGE.format(sentence=html.escape(sentence)).encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n"
        "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


def _no_ipv6(error: OSError) -> bool:
    """Whether ::1 does not exist on this machine (as opposed to being taken)."""
    import errno

    return error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT) or "address family" in str(error).lower()
