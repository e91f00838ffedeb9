"""Faults and journal over real HTTP: what the client sees, what the handler did, what the journal kept."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from daemon.sandbox.faults import Fault, FaultRules, fault_middleware
from daemon.sandbox.journal import RequestJournal, control_routes, journal_middleware


class Bench:
    """A small server with one handler that counts, behind both middlewares."""

    def __init__(self) -> None:
        self.rules = FaultRules()
        self.journal = RequestJournal()
        self.committed: list[str] = []
        app = web.Application(middlewares=[journal_middleware(self.journal), fault_middleware(self.rules)])
        app.add_routes(control_routes(self.rules, self.journal))
        app.router.add_route("*", "/things/{name}", self.handle)
        self.server = TestServer(app)
        self.client: TestClient[web.Request, web.Application] = TestClient(self.server)

    async def handle(self, request: web.Request) -> web.Response:
        self.committed.append(f"{request.method} {request.match_info['name']} {await request.text()}".strip())
        if request.match_info["name"] == "gone":
            raise web.HTTPNotFound
        return web.json_response({"text": "x" * 1000}, headers={"X-Kept": "yes"})


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    await made.client.start_server()
    yield made
    await made.client.close()


async def test_no_rule_no_fault(bench: Bench) -> None:
    answer = await bench.client.get("/things/a")
    assert answer.status == 200
    assert len((await answer.json())["text"]) == 1000


async def test_cut_before_keeps_the_handler_from_running(bench: Bench) -> None:
    bench.rules.add(Fault(None, "^/things/", "cut_before"))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bench.client.post("/things/a", data="1")
    assert bench.committed == []
    assert [(e.status, e.fault) for e in bench.journal.entries] == [(None, "cut_before")]
    assert (await bench.client.post("/things/a", data="2")).status == 200
    assert bench.committed == ["POST a 2"]


async def test_cut_after_commits_and_answers_nothing(bench: Bench) -> None:
    bench.rules.add(Fault("POST", "^/things/a$", "cut_after"))
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await bench.client.post("/things/a", data="1")
    assert bench.committed == ["POST a 1"]
    assert [(e.status, e.fault) for e in bench.journal.entries] == [(200, "cut_after")]


async def test_truncate_sends_half_of_the_real_body(bench: Bench) -> None:
    bench.rules.add(Fault("GET", "things", "truncate"))
    answer = await bench.client.get("/things/a")
    assert answer.status == 200
    assert answer.headers["X-Kept"] == "yes"
    with pytest.raises(aiohttp.ClientPayloadError):
        await answer.read()
    assert bench.committed == ["GET a"]


async def test_status_answers_in_place_of_the_handler(bench: Bench) -> None:
    bench.rules.add(Fault(None, "a$", "status", status=503, body="<h1>later</h1>", headers={"Retry-After": "1"}))
    answer = await bench.client.get("/things/a")
    assert (answer.status, answer.content_type, answer.headers["Retry-After"]) == (503, "text/html", "1")
    assert await answer.text() == "<h1>later</h1>"
    assert bench.committed == []


async def test_delay_answers_in_the_end(bench: Bench) -> None:
    bench.rules.add(Fault(None, "a$", "delay", seconds=0.01))
    assert (await bench.client.get("/things/a")).status == 200
    assert bench.journal.entries[-1].fault == "delay"


def test_skip_and_times_count_matching_requests_only() -> None:
    rules = FaultRules()
    rules.add(Fault("PUT", "/a$", "cut_before", times=2, skip=1))
    seen = [rules.take(m, p) for m, p in [("PUT", "/b"), ("GET", "/a"), ("PUT", "/a"), ("put", "/a"), ("PUT", "/a")]]
    assert [bool(f) for f in seen] == [False, False, False, True, True]
    assert rules.take("PUT", "/a") is None
    assert rules.pending() == []


def test_the_first_ready_rule_acts_and_the_other_waits() -> None:
    rules = FaultRules()
    rules.add(Fault(None, "a", "status", status=500))
    rules.add(Fault(None, "a", "status", status=503))
    assert [(rules.take("GET", "/a") or Fault(None, "", "delay")).status for _ in range(2)] == [500, 503]


@pytest.mark.parametrize(
    ("document", "needle"),
    [
        ("[]", "JSON object"),
        ("{", "Expecting"),
        ('{"path": "a"}', "action"),
        ('{"path": "a", "action": "explode"}', "action must be one of"),
        ('{"path": "(", "action": "delay"}', "regular expression"),
        ('{"path": "a", "action": "delay", "times": 0}', "times"),
        ('{"path": "a", "action": "delay", "seconds": "2"}', "seconds"),
        ('{"path": "a", "action": "delay", "colour": 1}', "colour"),
    ],
)
async def test_a_bad_rule_is_refused_with_what_is_wrong(bench: Bench, document: str, needle: str) -> None:
    answer = await bench.client.post("/__sandbox__/faults", data=document)
    assert answer.status == 400
    assert re.search(needle, (await answer.json())["error"])
    assert bench.rules.pending() == []


async def test_control_routes_add_list_and_drop_and_are_not_faulted(bench: Bench) -> None:
    rule = {"path": ".", "action": "status", "status": 418, "times": 9}
    assert (await bench.client.post("/__sandbox__/faults", json=rule)).status == 201
    listed = await (await bench.client.get("/__sandbox__/faults")).json()
    assert [(r["action"], r["times"]) for r in listed] == [("status", 9)]
    assert (await bench.client.get("/things/a")).status == 418
    assert (await bench.client.delete("/__sandbox__/faults")).status == 204
    assert (await bench.client.get("/things/a")).status == 200


async def test_the_journal_keeps_requests_without_secrets(bench: Bench) -> None:
    await bench.client.get("/things/gone?x=1&y=%20", headers={"Authorization": "Basic c2VjcmV0", "Cookie": "a=b; c=d"})
    await bench.client.post("/things/a", data="grüß dich")
    listed = await (await bench.client.get("/__sandbox__/journal")).json()
    assert [(e["n"], e["method"], e["path"], e["status"]) for e in listed] == [
        (1, "GET", "/things/gone", 404),
        (2, "POST", "/things/a", 200),
    ]
    assert listed[0]["query"] == "x=1&y=%20"
    assert listed[0]["headers"]["Authorization"] == "Basic"
    assert listed[0]["headers"]["Cookie"] == "a=***; c=***"
    assert "c2VjcmV0" not in str(listed)
    assert listed[1]["body"] == "grüß dich"
    assert [e.path for e in bench.journal.writes] == ["/things/a"]
    assert (await bench.client.delete("/__sandbox__/journal")).status == 204
    assert bench.journal.entries == []
