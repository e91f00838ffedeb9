"""Tests of the call-back listener by itself: bad lines, foreign paths, slow callers."""

from __future__ import annotations

import asyncio
import socket

import pytest

from daemon.sides.contract import SideUnavailable
from daemon.sides.salesforce import callback
from daemon.sides.salesforce.callback import CallbackListener


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _ask(port: int, request: bytes) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    try:
        answer = await reader.read()
    except ConnectionError:
        answer = b""
    writer.close()
    return answer.decode().split("\r\n")[0]


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"GET /daybridge/callback?code=1&state=s HTTP/1.1", "HTTP/1.1 200 OK"),
        (b"GET /daybridge/callback?code=1 HTTP/1.1", "HTTP/1.1 400 Bad Request"),
        (b"GET / HTTP/1.1", "HTTP/1.1 404 Not Found"),
        (b"GET /daybridge/callback/../x HTTP/1.1", "HTTP/1.1 404 Not Found"),
        (b"POST /daybridge/callback?code=1&state=s HTTP/1.1", "HTTP/1.1 405 Method Not Allowed"),
        (b"\x16\x03\x01", "HTTP/1.1 405 Method Not Allowed"),
        (b"", "HTTP/1.1 405 Method Not Allowed"),
        (b"GET /daybridge/callback?code=" + b"x" * 20000 + b" HTTP/1.1", ""),
    ],
)
async def test_what_is_answered(request_line: bytes, status: str) -> None:
    heard: list[dict[str, str]] = []

    def hear(query: dict[str, str]) -> str | None:
        heard.append(query)
        return "Signed in <b>." if query.get("state") == "s" else None

    listener = CallbackListener([_free_port()], hear)
    await listener.open()
    assert await _ask(listener.port, request_line + b"\r\nHost: localhost\r\n\r\n") == status
    assert len(heard) == (status.endswith(("OK", "Bad Request")))
    assert await _ask(listener.port, b"GET /daybridge/callback?state=s HTTP/1.1\r\n\r\n") == "HTTP/1.1 200 OK"
    await listener.close()


async def test_a_caller_that_says_nothing_does_not_hold_up_the_closing() -> None:
    listener = CallbackListener([_free_port()], lambda query: None)
    await listener.open()
    _, writer = await asyncio.open_connection("127.0.0.1", listener.port)
    async with asyncio.timeout(30):
        await listener.close()
    writer.close()


async def test_a_port_taken_on_either_address_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback, "PORT_WAITS", (0.01,))
    with socket.socket() as taken, socket.socket(socket.AF_INET6) as other:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        try:
            other.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no ::1")
        other.listen()
        ports = [taken.getsockname()[1], other.getsockname()[1]]
        with pytest.raises(SideUnavailable):
            await CallbackListener(ports, lambda query: None).open()
        listener = CallbackListener([*ports, _free_port()], lambda query: None)
        await listener.open()
        assert listener.port not in ports
        await listener.close()


async def test_a_port_that_becomes_free_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback, "PORT_WAITS", (0.01,) * 500)
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    listener = CallbackListener([taken.getsockname()[1]], lambda query: None)
    opening = asyncio.create_task(listener.open())
    await asyncio.sleep(0.03)
    assert not opening.done()
    taken.close()
    await opening
    assert listener.port
    await listener.close()
