"""A scripted daemon on loopback and a raw HTTP client for it: what is sent is exactly what the test wrote."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from shared.routes import Route
from tests.fakes.scripted_daemon import ScriptedDaemon


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    raw: bytes


class Served:
    """A running ScriptedDaemon; ``send`` opens one connection per request."""

    def __init__(self, daemon: ScriptedDaemon, url: str) -> None:
        self.daemon = daemon
        self.token = daemon.token
        self.host = url.removeprefix("http://")
        self.port = int(self.host.rpartition(":")[2])

    async def send(
        self,
        start: str,
        lines: tuple[str, ...],
        *,
        host: str | None = "{host}",
        body: bytes = b"",
        raw_body: bytes = b"",
    ) -> Answer:
        head = [start, *([f"Host: {host}"] if host is not None else []), *lines, "Connection: close"]
        if body:
            head.append(f"Content-Length: {len(body)}")
        told = "\r\n".join(head).format(host=self.host, token=self.token, port=self.port)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(told.encode() + b"\r\n\r\n" + (body or raw_body))
            raw = await asyncio.wait_for(reader.read(), 20)
        except ConnectionError:
            raw = b""
        finally:
            writer.close()
        return _parsed(raw)

    async def page_code(self) -> dict[str, Any]:
        lines = ("Authorization: Bearer {token}", "Content-Type: application/json")
        answer = await self.send("POST /api/v1/page-sessions/codes HTTP/1.1", lines, body=b"{}")
        return json.loads(answer.body)

    async def page_session(self) -> str:
        body = json.dumps({"code": (await self.page_code())["code"]}).encode()
        lines = ("Content-Type: application/json",)
        answer = await self.send("POST /api/v1/page-sessions HTTP/1.1", lines, body=body)
        return json.loads(answer.body)["token"]

    @staticmethod
    def example_path(route: Route) -> str:
        return (
            route.full_path.replace("{side}", "notes")
            .replace("{run}", "r0")
            .replace("{change}", "c0")
            .replace("{id}", "x0")
        )


def _parsed(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Answer(int(first.split()[1]) if first else 0, headers, body, raw)


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    daemon = ScriptedDaemon(pause=0)
    url = await daemon.start()
    yield Served(daemon, url)
    await daemon.stop()
