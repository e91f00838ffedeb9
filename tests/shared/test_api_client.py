"""The API client against real loopback servers: the scripted daemon for its methods, a misbehaving one for its errors."""

from __future__ import annotations

import inspect
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from shared import endpoint_file
from shared.api_client import (
    ApiClient,
    DaemonNotRunning,
    DaemonSilent,
    NotUnderstood,
    OtherVersion,
)
from shared.endpoint_file import Endpoint, EndpointRefused
from shared.models import OneDecision, PutNotesAccount, Status
from shared.problems import ApiProblem, ProblemName
from shared.routes import ROUTES
from shared.states import Action, DaemonState, Decision, RunState, Side

ROOT = Path(__file__).resolve().parents[2]
Respond = Callable[["Stranger"], None]


class Stranger(BaseHTTPRequestHandler):
    """Answers each request with what the test wants, and keeps what was asked."""

    respond: Respond
    asked: list[tuple[str, str, dict[str, str], bytes]]

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.asked.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
        type(self).respond(self)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def answer(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test output quiet."""


class Server:
    def __init__(self, respond: Respond) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        handler = type("Handler", (Stranger,), {"respond": staticmethod(respond), "asked": self.asked})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[[Respond], Server]]:
    servers: list[Server] = []

    def start(respond: Respond) -> Server:
        servers.append(Server(respond))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "endpoint.json"


def announce(place: Path, url: str, token: str = "token-1", api_version: int = 1) -> None:
    endpoint_file.write(
        place,
        Endpoint(
            url=url, token=token, pid=1, api_version=api_version, version="9.9", started_at="2026-11-22T10:00:00Z"
        ),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


STATUS = msgspec.json.encode(Status(version="9.9", state=DaemonState.IDLE))


def a_status(request: Stranger) -> None:
    request.answer(200, "application/json", STATUS)


def a_problem(name: str, status: int, **more: object) -> Respond:
    body = json.dumps({"type": f"urn:daybridge:problem:{name}", "title": "T", "status": status} | more).encode()
    return lambda request: request.answer(status, "application/problem+json", body)


# what is sent


def test_every_route_has_a_method_of_its_name() -> None:
    for route in ROUTES:
        assert inspect.isfunction(getattr(ApiClient, route.name, None)), route.name


def test_a_request_carries_the_token_and_the_exact_host(serve: Callable[[Respond], Server], place: Path) -> None:
    server = serve(a_status)
    announce(place, server.url)
    assert ApiClient(place).status().state is DaemonState.IDLE
    method, path, headers, body = server.asked[0]
    assert (method, path, body) == ("GET", "/api/v1/status", b"")
    assert headers["Authorization"] == "Bearer token-1"
    assert f"http://{headers['Host']}" == server.url
    assert "Cookie" not in headers


def test_unsafe_requests_are_json_and_places_are_quoted(serve: Callable[[Respond], Server], place: Path) -> None:
    server = serve(lambda request: request.answer(200, "application/json", b"{}"))
    announce(place, server.url)
    ApiClient(place).rearm("a/b?c=d e")
    method, path, headers, _ = server.asked[0]
    assert (method, path) == ("DELETE", "/api/v1/ignored/a%2Fb%3Fc%3Dd%20e")
    assert headers["Content-Type"] == "application/json"


def test_queries_leave_out_what_is_not_asked(serve: Callable[[Respond], Server], place: Path) -> None:
    server = serve(lambda request: request.answer(200, "application/json", b'{"total":0,"counts":{},"changes":[]}'))
    announce(place, server.url)
    ApiClient(place).changes("r1", action=Action.CONFLICT, q="a&b", limit=5)
    assert server.asked[0][1] == "/api/v1/runs/r1/changes?limit=5&action=conflict&q=a%26b"


def test_proxies_are_ignored(serve: Callable[[Respond], Server], place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = serve(a_status)
    server = serve(a_status)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    announce(place, server.url)
    ApiClient(place).status()
    assert len(server.asked) == 1
    assert proxy.asked == []


# no daemon, another daemon


def test_no_endpoint_file_means_no_daemon(place: Path) -> None:
    with pytest.raises(DaemonNotRunning, match="daybridge run"):
        ApiClient(place).status()


def test_a_stale_endpoint_file_means_no_daemon(place: Path) -> None:
    announce(place, f"http://127.0.0.1:{free_port()}")
    with pytest.raises(DaemonNotRunning):
        ApiClient(place).status()


def test_a_restarted_daemon_is_found_after_a_refused_connection(
    serve: Callable[[Respond], Server], place: Path
) -> None:
    first = serve(a_status)
    announce(place, first.url)
    client = ApiClient(place)
    client.status()
    first.close()
    second = serve(a_status)
    announce(place, second.url, "token-2")
    client.status()
    assert second.asked[0][2]["Authorization"] == "Bearer token-2"


def test_a_restarted_daemon_is_found_after_a_401(serve: Callable[[Respond], Server], place: Path) -> None:
    def only_second(request: Stranger) -> None:
        if request.headers["Authorization"] == "Bearer token-2":
            a_status(request)
        else:
            a_problem("unauthorized", 401)(request)

    server = serve(only_second)
    announce(place, server.url)
    client = ApiClient(place)
    with pytest.raises(ApiProblem) as caught:
        client.status()
    assert caught.value.name is ProblemName.UNAUTHORIZED
    assert len(server.asked) == 1, "the same token is not sent again"
    announce(place, server.url, "token-2")
    assert client.status().state is DaemonState.IDLE
    assert len(server.asked) == 3


def test_a_request_that_may_have_been_carried_out_is_not_repeated(
    serve: Callable[[Respond], Server], place: Path
) -> None:
    def hang_up(request: Stranger) -> None:
        request.connection.shutdown(socket.SHUT_RDWR)

    server = serve(hang_up)
    announce(place, server.url)
    with pytest.raises(DaemonSilent):
        ApiClient(place).start_run()
    assert len(server.asked) == 1


def test_another_version_is_named_and_can_still_be_stopped(serve: Callable[[Respond], Server], place: Path) -> None:
    server = serve(lambda request: request.answer(202, "application/json", b"{}"))
    announce(place, server.url, api_version=7)
    client = ApiClient(place)
    with pytest.raises(OtherVersion, match=r"API 7.*Restart"):
        client.status()
    assert server.asked == [], "nothing is sent to a daemon we do not understand"
    client.shutdown()
    assert [each[:2] for each in server.asked] == [("POST", "/api/v7/shutdown")]


@pytest.mark.parametrize(
    "url", ["http://example.com:80", "https://127.0.0.1:1", "http://127.0.0.1", "http://127.0.0.1:x", "nonsense"]
)
def test_an_address_that_is_not_ours_is_refused(place: Path, url: str) -> None:
    announce(place, url)
    with pytest.raises(NotUnderstood, match="this machine"):
        ApiClient(place).status()


@pytest.mark.skipif(os.name != "posix", reason="only POSIX files have such bits")
def test_an_endpoint_file_others_can_read_is_refused(place: Path) -> None:
    announce(place, "http://127.0.0.1:1")
    place.chmod(0o644)
    with pytest.raises(EndpointRefused, match="delete it"):
        ApiClient(place).status()


# answers that are not the API's


@pytest.mark.parametrize(
    ("media_type", "status", "body"),
    [
        ("text/html", 200, b"<html>Sign in</html>"),
        ("application/json", 200, b'{"version":'),
        ("application/json", 200, b'{"version":"1","state":"dreaming"}'),
        ("application/json", 200, b"[]"),
        ("application/json", 200, b"\xff\xfe"),
        ("text/html", 404, b"<h1>nginx</h1>"),
        ("application/json", 500, b'{"error":"x"}'),
        ("application/problem+json", 500, b"not json"),
        ("application/problem+json", 500, b"[1]"),
        ("text/html", 302, b""),
    ],
)
def test_an_answer_that_is_not_ours_is_not_understood(
    serve: Callable[[Respond], Server], place: Path, media_type: str, status: int, body: bytes
) -> None:
    server = serve(lambda request: request.answer(status, media_type, body))
    announce(place, server.url)
    with pytest.raises(NotUnderstood, match=r"Daybridge|daemon"):
        ApiClient(place).status()


def test_something_that_speaks_no_http(place: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def greet() -> None:
        connection, _ = listener.accept()
        connection.recv(4096)
        connection.sendall(b"SSH-2.0-OpenSSH_9\r\n")
        connection.close()

    thread = threading.Thread(target=greet)
    thread.start()
    announce(place, f"http://127.0.0.1:{listener.getsockname()[1]}")
    with pytest.raises(NotUnderstood, match="not Daybridge"):
        ApiClient(place).status()
    thread.join()
    listener.close()


def test_a_silent_daemon_is_given_up(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.api_client.QUICK", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        announce(place, f"http://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(DaemonSilent, match=r"0\.2 seconds"):
            ApiClient(place).status()


def test_a_problem_comes_with_its_name_sentence_and_members(serve: Callable[[Respond], Server], place: Path) -> None:
    server = serve(a_problem("needs-confirmation", 409, detail="Confirm 3 deletions.", needed=3))
    announce(place, server.url)
    with pytest.raises(ApiProblem) as caught:
        ApiClient(place).apply("r1", "p")
    assert caught.value.name is ProblemName.NEEDS_CONFIRMATION
    assert caught.value.detail == "Confirm 3 deletions."
    assert caught.value.extra == {"needed": 3}


def test_a_problem_of_a_newer_daemon_keeps_its_sentence(serve: Callable[[Respond], Server], place: Path) -> None:
    server = serve(a_problem("moon-phase", 409, detail="Wait for the full moon."))
    announce(place, server.url)
    with pytest.raises(ApiProblem, match="full moon") as caught:
        ApiClient(place).status()
    assert caught.value.name is ProblemName.INTERNAL


def test_members_of_a_newer_daemon_are_ignored(serve: Callable[[Respond], Server], place: Path) -> None:
    body = json.dumps(json.loads(STATUS) | {"mood": "good"}).encode()
    server = serve(lambda request: request.answer(200, "application/json", body))
    announce(place, server.url)
    assert ApiClient(place).status().version == "9.9"


# the stream


def streaming(*chunks: bytes, hold: threading.Event | None = None) -> Respond:
    def respond(request: Stranger) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/event-stream")
        request.end_headers()
        for chunk in chunks:
            request.wfile.write(chunk)
            request.wfile.flush()
        if hold is not None:
            hold.wait(20)

    return respond


def test_the_stream_yields_each_status_and_ends(serve: Callable[[Respond], Server], place: Path) -> None:
    working = msgspec.json.encode(Status(version="9.9", state=DaemonState.COMPARING))
    half = len(working) // 2
    server = serve(
        streaming(
            b": ping\n\n",
            b"event: status\ndata: " + STATUS + b"\n\n",
            b"event: other\ndata: {}\n\n",
            b"data: " + working[:half],
            working[half:] + b"\r\n\r\n",
            b"data: " + STATUS,  # not finished by a blank line: no event
        )
    )
    announce(place, server.url)
    with ApiClient(place).stream() as stream:
        assert [status.state for status in stream] == [DaemonState.IDLE, DaemonState.COMPARING]


def test_a_stream_of_something_else_is_not_understood(serve: Callable[[Respond], Server], place: Path) -> None:
    server = serve(streaming(b"data: {}\n\n"))
    announce(place, server.url)
    with ApiClient(place).stream() as stream, pytest.raises(NotUnderstood):
        next(iter(stream))


def test_a_stream_that_falls_silent_is_given_up(serve: Callable[[Respond], Server], place: Path) -> None:
    hold = threading.Event()
    server = serve(streaming(b"data: " + STATUS + b"\n\n", hold=hold))
    announce(place, server.url)
    try:
        with ApiClient(place).stream(silence=0.3) as stream:
            states = iter(stream)
            next(states)
            with pytest.raises(DaemonNotRunning):
                next(states)
    finally:
        hold.set()


def test_closing_a_stream_from_another_thread_ends_its_reader(serve: Callable[[Respond], Server], place: Path) -> None:
    hold = threading.Event()
    server = serve(streaming(b"data: " + STATUS + b"\n\n", hold=hold))
    announce(place, server.url)
    seen: list[DaemonState] = []
    try:
        with ApiClient(place).stream(silence=60) as stream:
            reader = threading.Thread(target=lambda: seen.extend(status.state for status in stream))
            reader.start()
            time.sleep(0.2)
            stream.close()
            reader.join(10)
            assert not reader.is_alive()
    finally:
        hold.set()
    assert seen == [DaemonState.IDLE]


# every method against the real server with scripted answers


@pytest.fixture(scope="module")
def scripted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiClient]:
    home = tmp_path_factory.mktemp("home")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.scripted_daemon", "--pause", "0.002", "--more", "520"],
        cwd=ROOT,
        env=os.environ | {"DAYBRIDGE_HOME": str(home)},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"http://127.0.0.1:")
    yield ApiClient(home / "state" / "endpoint.json")
    process.terminate()
    process.stdout.close()
    assert process.wait(20) == 0


def reviewed(client: ApiClient) -> str:
    run = client.start_run()
    with client.stream() as stream:
        for status in stream:
            if status.state is DaemonState.AWAITING_REVIEW:
                return run.id
    raise AssertionError("the stream ended")


def test_a_whole_run_through_the_client(scripted: ApiClient) -> None:
    run = reviewed(scripted)
    rows = scripted.every_change(run)
    assert len(rows) == scripted.changes(run).total > 500
    assert len({row.id for row in rows}) == len(rows)
    assert len(scripted.every_change(run, "series")) < len(rows)
    conflict = scripted.changes(run, action=Action.CONFLICT, limit=1).changes[0]
    assert scripted.change(run, conflict.id).fields
    one = OneDecision(change=conflict.id, revision=conflict.revision, decision=Decision.USE_NOTES)
    assert scripted.decide(run, (one,)).taken == 1
    with pytest.raises(ApiProblem) as stale:
        scripted.decide(run, (OneDecision(change=conflict.id, revision="old", decision=Decision.USE_NOTES),))
    assert stale.value.extra["stale"] == [conflict.id]
    assert scripted.cancel(run).state is RunState.CANCELLED
    assert scripted.run(run).state is RunState.CANCELLED
    assert scripted.runs(limit=1).runs[0].id == run
    with pytest.raises(ApiProblem):
        scripted.undo(run)


def test_the_other_calls_through_the_client(scripted: ApiClient) -> None:
    assert scripted.settings_schema().settings
    assert scripted.patch_settings({"rules.past_days": 7}).values["rules.past_days"] == 7
    assert scripted.patch_settings({"rules.past_days": None}).values["rules.past_days"] == 30
    assert scripted.settings().values["rules.past_days"] == 30
    assert scripted.accounts().notes.state == "connected"
    assert scripted.test_account(Side.NOTES).ok
    assert not scripted.put_notes_account(PutNotesAccount(url="http://127.0.0.1:1", user="j", password="wrong")).ok
    assert scripted.connect_salesforce().authorize_url.startswith("http")
    assert scripted.calendars().calendars
    assert scripted.doctor().findings
    assert scripted.items().total == len(scripted.items().items)
    assert scripted.item(scripted.items().items[0].id).id == scripted.items().items[0].id
    kept = scripted.ignored().ignored
    scripted.rearm(kept[0].id)
    assert len(scripted.ignored().ignored) == len(kept) - 1
    assert scripted.pause(60).paused_until
    assert scripted.resume().paused_until is None
    scripted.forget_links()
    code = scripted.make_page_code()
    assert scripted.trade_page_code(code.code).token
    assert scripted.openapi()["openapi"].startswith("3.")
    scripted.disconnect(Side.NOTES)
    assert scripted.accounts().notes.state == "not_connected"
    with pytest.raises(ApiProblem) as refused:
        scripted.start_run()
    assert refused.value.name is ProblemName.NOT_CONNECTED
