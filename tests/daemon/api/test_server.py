"""The generic path of the API server: handlers, statuses, bodies, queries and problems, over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from daemon.api.page_files import PAGE_FILES
from daemon.api.server import PAGE_FOLDER, ApiServer
from shared.models import Status
from tests.fakes.scripted_daemon import ScriptedDaemon
from tests.fakes.scripted_handlers import handlers


@pytest.fixture
async def daemon() -> AsyncIterator[ScriptedDaemon]:
    one = ScriptedDaemon(pause=0)
    await one.start()
    yield one
    await one.stop()


async def call(daemon: ScriptedDaemon, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {daemon.token}", "Content-Type": "application/json"}
    async with aiohttp.ClientSession(headers=headers) as client:
        async with client.request(method, f"{daemon.server.url}/api/v1{path}", json=body) as answer:
            return answer.status, await answer.json(content_type=None)


async def test_a_missing_or_unknown_handler_is_refused_at_the_start(daemon: ScriptedDaemon) -> None:
    right = dict(handlers(daemon))
    with pytest.raises(ValueError, match="nonsense"):
        ApiServer({**right, "nonsense": right["run"]}, daemon.board, "t")
    del right["run"]
    with pytest.raises(ValueError, match="'run'"):
        ApiServer(right, daemon.board, "t")


async def test_a_handler_may_answer_with_another_status(daemon: ScriptedDaemon) -> None:
    first, run = await call(daemon, "POST", "/runs", {"objects": ["calendar"]})
    second, again = await call(daemon, "POST", "/runs", {"objects": ["calendar"]})
    assert (first, second) == (202, 200)
    assert run["id"] == again["id"]


async def test_an_answer_of_the_wrong_kind_is_an_incident(daemon: ScriptedDaemon) -> None:
    async def wrong(_: object) -> Status:
        return daemon.board.current()

    server = ApiServer({**handlers(daemon), "ignored": wrong}, daemon.board, daemon.token)
    url = await server.start()
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {daemon.token}"}) as client:
        async with client.get(f"{url}/api/v1/ignored") as answer:
            assert answer.status == 500
    await server.stop()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("limit=0", "limit must be a whole number from 1 to 500."),
        ("limit=501", "limit must be a whole number from 1 to 500."),
        ("limit=1e1", "limit must be a whole number from 1 to 500."),
        ("offset=-1", "offset must be a whole number from 0 to 1000000000."),
        ("offset=", "offset must be a whole number from 0 to 1000000000."),
        ("limit=1&limit=2", "The query parameter limit is given twice."),
        ("colour=red", "Unknown query parameter"),
    ],
)
async def test_bad_queries_get_a_sentence(daemon: ScriptedDaemon, query: str, sentence: str) -> None:
    status, told = await call(daemon, "GET", f"/runs/r1/changes?{query}")
    assert status == 400
    assert told["detail"].startswith(sentence)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"objects": "calendar"}, "Expected `array`, got `str` - at `$.objects`."),
        ({"objets": []}, "Object contains unknown field `objets`."),
        (["calendar"], "Expected `object`, got `array`."),
    ],
)
async def test_bad_bodies_get_a_sentence(daemon: ScriptedDaemon, body: Any, sentence: str) -> None:
    status, told = await call(daemon, "POST", "/runs", body)
    assert (status, told["detail"]) == (400, sentence)


async def test_a_body_where_none_is_taken(daemon: ScriptedDaemon) -> None:
    assert (await call(daemon, "POST", "/resume"))[0] == 200
    assert (await call(daemon, "POST", "/resume", {}))[0] == 200
    assert (await call(daemon, "POST", "/resume", {"minutes": 5}))[0] == 400


async def test_a_broken_page_folder_is_noticed_at_the_start(daemon: ScriptedDaemon, tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        ApiServer(handlers(daemon), daemon.board, "t", page_folder=tmp_path)


def test_every_file_of_the_page_is_listed_and_none_other() -> None:
    found = {path.name for path in PAGE_FOLDER.iterdir() if path.suffix not in (".py", "") and path.is_file()}
    assert found == set(PAGE_FILES)


async def test_the_address_is_loopback(daemon: ScriptedDaemon) -> None:
    assert daemon.server.url.startswith("http://127.0.0.1:")
