"""The status stream: the current state at once, the latest after changes, pings, a cap, and a quick end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from daemon.api.server import ApiServer
from daemon.api.stream import MAX_STREAMS, StatusStreams
from tests.fakes.scripted_daemon import ScriptedDaemon
from tests.fakes.scripted_handlers import handlers


@pytest.fixture
async def daemon() -> AsyncIterator[ScriptedDaemon]:
    one = ScriptedDaemon(pause=0)
    await one.start()
    yield one
    await one.stop()


@asynccontextmanager
async def opened(daemon: ScriptedDaemon, server: ApiServer | None = None) -> AsyncIterator[aiohttp.ClientResponse]:
    url = (server or daemon.server).url + "/api/v1/stream"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {daemon.token}"}) as client:
        async with client.get(url) as response:
            yield response


async def event(response: aiohttp.ClientResponse) -> dict:
    while True:
        line = await asyncio.wait_for(response.content.readline(), 10)
        assert line, "the stream ended"
        if line.startswith(b"data: "):
            return json.loads(line[6:])


async def test_the_state_comes_at_once_and_after_changes(daemon: ScriptedDaemon) -> None:
    async with opened(daemon) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        assert (await event(response))["state"] == "idle"
        daemon.paused_until = "2030-01-01T00:00:00Z"
        daemon.publish()
        assert (await event(response))["state"] == "paused"


async def test_a_slow_reader_gets_the_latest_state(daemon: ScriptedDaemon) -> None:
    async with opened(daemon) as response:
        await event(response)
        for number in range(500):
            daemon.last_run = f"2026-01-01T00:{number // 60:02d}:{number % 60:02d}Z"
            daemon.publish()
        seen = 0
        while True:
            seen += 1
            told = await event(response)
            if told["objects"][0]["last_run"] == daemon.last_run:
                break
        assert seen < 500


async def test_the_ninth_stream_is_refused_until_one_goes(daemon: ScriptedDaemon) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {daemon.token}"}) as client:
        url = daemon.server.url + "/api/v1/stream"
        streams = [await client.get(url) for _ in range(MAX_STREAMS)]
        for stream in streams:
            await event(stream)
        async with client.get(url) as ninth:
            assert ninth.status == 409
            assert (await ninth.json(content_type=None))["type"].endswith("wrong-state")
        streams[0].close()
        for _ in range(100):
            async with client.get(url) as again:
                if again.status == 200:
                    break
            await asyncio.sleep(0.01)
        assert again.status == 200
        for stream in streams:
            stream.close()


async def test_silence_is_broken_by_pings(daemon: ScriptedDaemon) -> None:
    streams = StatusStreams(daemon.board, ping_seconds=0.01)
    server = ApiServer(handlers(daemon), daemon.board, daemon.token, streams=streams)
    await server.start()
    async with opened(daemon, server) as response:
        await event(response)
        await response.content.readline()
        assert await asyncio.wait_for(response.content.readline(), 10) == b": ping\n"
    await server.stop()


async def test_stopping_ends_open_streams(daemon: ScriptedDaemon) -> None:
    async with opened(daemon) as response:
        await event(response)
        await asyncio.wait_for(daemon.server.stop(), 10)
        rest = await asyncio.wait_for(response.content.read(), 10)
        assert rest.strip() == b""


async def test_a_closed_board_ends_the_stream(daemon: ScriptedDaemon) -> None:
    async with opened(daemon) as response:
        await event(response)
        daemon.board.close()
        assert (await asyncio.wait_for(response.content.read(), 10)).strip() == b""
