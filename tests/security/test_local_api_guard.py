"""The security table of the local API (anchors.md 3.7): each line is one request over a raw socket and its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from daemon.api.page_files import PAGE_FILES
from daemon.api.server import Call
from shared.routes import ROUTES, Access
from tests.security.raw_http import Answer, Served, served

__all__ = ["served"]

PUBLIC_ROUTES = {("POST", "/api/v1/page-sessions")}
FULL_ROUTES = {("POST", "/api/v1/shutdown"), ("POST", "/api/v1/page-sessions/codes")}
JSON = "Content-Type: application/json"


@dataclass(frozen=True)
class Line:
    """``lines`` may hold {host}, {token} and {port}; ``start`` is the request line, ``host`` None leaves Host out."""

    name: str
    start: str
    lines: tuple[str, ...]
    status: int
    problem: str = ""
    host: str | None = "{host}"
    body: bytes = b""


BEARER = "Authorization: Bearer {token}"
STATUS = "GET /api/v1/status HTTP/1.1"
RUNS = "POST /api/v1/runs HTTP/1.1"
START = b'{"objects":["calendar"]}'

TABLE = (
    Line("right", STATUS, (BEARER,), 200),
    Line("right, scheme in small letters", STATUS, ("Authorization: bearer {token}",), 200),
    Line("right origin", STATUS, (BEARER, "Origin: http://{host}"), 200),
    Line("other name", STATUS, (BEARER,), 421, "wrong-host", host="calendar.example.com:{port}"),
    Line("name without port", STATUS, (BEARER,), 421, "wrong-host", host="127.0.0.1"),
    Line("other port", STATUS, (BEARER,), 421, "wrong-host", host="127.0.0.1:1"),
    Line("prefix trick", STATUS, (BEARER,), 421, "wrong-host", host="{host}.example.com"),
    Line("user trick", STATUS, (BEARER,), 421, "wrong-host", host="{host}@example.com"),
    Line("0.0.0.0", STATUS, (BEARER,), 421, "wrong-host", host="0.0.0.0:{port}"),
    Line("localhost", STATUS, (BEARER,), 421, "wrong-host", host="localhost:{port}"),
    Line("HTTP/1.0 without Host", "GET /api/v1/status HTTP/1.0", (BEARER,), 421, "wrong-host", host=None),
    Line("page on HTTP/1.0 without Host", "GET / HTTP/1.0", (), 421, "wrong-host", host=None),
    Line("absolute form, other host", "GET http://example.com/api/v1/status HTTP/1.1", (BEARER,), 421, "wrong-host"),
    Line(
        "absolute form, header wrong",
        "GET http://{host}/api/v1/status HTTP/1.1",
        (BEARER,),
        421,
        "wrong-host",
        host="example.com",
    ),
    Line("page under another host", "GET / HTTP/1.1", (), 421, "wrong-host", host="evil.example.com:{port}"),
    Line("foreign origin", STATUS, (BEARER, "Origin: https://evil.example.com"), 403, "wrong-origin"),
    Line("null origin", STATUS, (BEARER, "Origin: null"), 403, "wrong-origin"),
    Line("origin of another port", STATUS, (BEARER, "Origin: http://127.0.0.1:1"), 403, "wrong-origin"),
    Line("origin with https", STATUS, (BEARER, "Origin: https://{host}"), 403, "wrong-origin"),
    Line("origin prefix trick", STATUS, (BEARER, "Origin: http://{host}.example.com"), 403, "wrong-origin"),
    Line("second origin", STATUS, (BEARER, "Origin: http://{host}", "Origin: null"), 403, "wrong-origin"),
    Line("same-site POST", RUNS, (BEARER, JSON, "Sec-Fetch-Site: same-site"), 403, "wrong-origin", body=START),
    Line("cross-site POST", RUNS, (BEARER, JSON, "Sec-Fetch-Site: cross-site"), 403, "wrong-origin", body=START),
    Line("POST opened by hand", RUNS, (BEARER, JSON, "Sec-Fetch-Site: none"), 403, "wrong-origin", body=START),
    Line("same-origin POST", RUNS, (BEARER, JSON, "Sec-Fetch-Site: same-origin"), 202, body=START),
    Line("no token", STATUS, (), 401, "unauthorized"),
    Line("wrong token", STATUS, ("Authorization: Bearer {token}x",), 401, "unauthorized"),
    Line("shorter token", STATUS, ("Authorization: Bearer x",), 401, "unauthorized"),
    Line("beginning of the token", STATUS, ("Authorization: Bearer {token:.10}",), 401, "unauthorized"),
    Line("empty token", STATUS, ("Authorization: Bearer ",), 401, "unauthorized"),
    Line("token as Basic", STATUS, ("Authorization: Basic {token}",), 401, "unauthorized"),
    Line("bare token", STATUS, ("Authorization: {token}",), 401, "unauthorized"),
    Line("two credentials", STATUS, (BEARER, "Authorization: Bearer x"), 401, "unauthorized"),
    Line("token in the query", "GET /api/v1/status?token={token} HTTP/1.1", (), 401, "unauthorized"),
    Line("access_token in the query", "GET /api/v1/status?access_token={token} HTTP/1.1", (), 401, "unauthorized"),
    Line("token in a cookie", STATUS, ("Cookie: token={token}; session={token}",), 401, "unauthorized"),
    Line("token and cookie: the cookie is ignored", STATUS, (BEARER, "Cookie: token=x"), 200),
    Line("unknown path without token", "GET /api/v1/nothing HTTP/1.1", (), 401, "unauthorized"),
    Line("unknown path with token", "GET /api/v1/nothing HTTP/1.1", (BEARER,), 404, "not-found"),
    Line("unlisted file", "GET /__init__.py HTTP/1.1", (), 401, "unauthorized"),
    Line("climbing path", "GET /../api/guard.py HTTP/1.1", (), 401, "unauthorized"),
    Line("climbing path, encoded", "GET /%2e%2e/api/guard.py HTTP/1.1", (BEARER,), 404, "not-found"),
    Line("other API version", "GET /api/v2/status HTTP/1.1", (BEARER,), 404, "not-found"),
    Line("unknown side", "DELETE /api/v1/accounts/exchange HTTP/1.1", (BEARER,), 404, "not-found"),
    Line("form body", RUNS, (BEARER, "Content-Type: application/x-www-form-urlencoded"), 415, body=b"a=b"),
    Line("text body", RUNS, (BEARER, "Content-Type: text/plain"), 415, "wrong-media-type", body=START),
    Line("body of no type", RUNS, (BEARER,), 415, "wrong-media-type", body=START),
    Line("two types", RUNS, (BEARER, JSON, "Content-Type: text/plain"), 400, "bad-request", body=START),
    Line("packed body", RUNS, (BEARER, JSON, "Content-Encoding: gzip"), 415, "wrong-media-type", body=START),
    Line("form type on a bodyless POST", "POST /api/v1/resume HTTP/1.1", (BEARER, "Content-Type: text/plain"), 415),
    Line("public route, form", "POST /api/v1/page-sessions HTTP/1.1", ("Content-Type: text/plain",), 415, body=b"{}"),
    Line("large body", RUNS, (BEARER, JSON), 413, "too-large", body=b"[" + b" " * 65536),
    Line("large body to a public route", "POST /api/v1/page-sessions HTTP/1.1", (JSON,), 413, body=b" " * 65537),
    Line("large body without token", RUNS, (JSON,), 413, "too-large", body=b" " * 65537),
    Line("bad JSON", RUNS, (BEARER, JSON), 400, "bad-request", body=b"{"),
    Line("not UTF-8", RUNS, (BEARER, JSON), 400, "bad-request", body=b'{"objects":["\xff"]}'),
    Line("deep JSON", RUNS, (BEARER, JSON), 400, "bad-request", body=b"[" * 60000),
    Line("OPTIONS", "OPTIONS /api/v1/runs HTTP/1.1", (), 405, "wrong-method"),
    Line("OPTIONS with token", "OPTIONS /api/v1/runs HTTP/1.1", (BEARER,), 405, "wrong-method"),
    Line("OPTIONS *", "OPTIONS * HTTP/1.1", (), 405, "wrong-method"),
    Line(
        "preflight of our own origin",
        "OPTIONS /api/v1/runs HTTP/1.1",
        ("Origin: http://{host}", "Access-Control-Request-Method: POST"),
        405,
    ),
    Line("TRACE", "TRACE /api/v1/runs HTTP/1.1", (BEARER,), 405, "wrong-method"),
    Line("POST to the page", "POST / HTTP/1.1", (JSON,), 405, "wrong-method", body=b"{}"),
    Line("the page", "GET / HTTP/1.1", (), 200),
    Line("the page, followed from elsewhere", "GET / HTTP/1.1", ("Sec-Fetch-Site: cross-site",), 200),
    Line("unknown page code", "POST /api/v1/page-sessions HTTP/1.1", (JSON,), 401, body=b'{"code":"x"}'),
    Line("not HTTP", "NONSENSE", (), 400),
    Line("a header that is none", STATUS, ("Authorization : Bearer {token}",), 400),
    Line("a token in the wrong place", STATUS, ("Bearer {token}",), 400),
    Line("two Hosts", STATUS, (BEARER, "Host: example.com"), 400),
)


@pytest.mark.parametrize("line", TABLE, ids=lambda line: line.name)
async def test_the_table(served: Served, line: Line, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    answer = await served.send(line.start, line.lines, host=line.host, body=line.body)
    assert answer.status == line.status
    if line.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        told = json.loads(answer.body)
        assert told["type"].startswith("urn:daybridge:problem:" + line.problem)
        assert told["status"] == line.status
    _check_headers(answer)
    assert served.token.encode() not in answer.raw
    assert served.token not in caplog.text


def _check_headers(answer: Answer) -> None:
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["daybridge-api-version"] == "1"
    assert answer.headers["server"] == ""
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
async def test_every_route_is_guarded_or_on_the_public_list(served: Served, route) -> None:
    path = served.example_path(route)
    body = b"{}" if route.method != "GET" else b""
    answer = await served.send(f"{route.method} {path} HTTP/1.1", (JSON,) if body else (), body=body)
    if (route.method, path) in PUBLIC_ROUTES:
        assert answer.status == 400  # it went as far as reading the body
    else:
        assert answer.status == 401


def test_the_public_list_is_the_route_tables() -> None:
    assert {(r.method, r.full_path) for r in ROUTES if r.access is Access.PUBLIC} == PUBLIC_ROUTES
    assert {(r.method, r.full_path) for r in ROUTES if r.access is Access.FULL} == FULL_ROUTES


@pytest.mark.parametrize("name", PAGE_FILES)
async def test_page_files_are_public_and_hold_no_data(served: Served, name: str) -> None:
    path = "/" if name == "index.html" else f"/{name}"
    answer = await served.send(f"GET {path} HTTP/1.1", ())
    assert answer.status == 200
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert served.token.encode() not in answer.raw


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method != "GET"], ids=lambda route: route.name)
async def test_get_on_an_unsafe_route_is_refused(served: Served, route) -> None:
    path = served.example_path(route)
    answer = await served.send(f"GET {path} HTTP/1.1", (BEARER,))
    also_read = {r.full_path for r in ROUTES if r.method == "GET"}
    assert answer.status == (200 if route.full_path in also_read else 405)
    if answer.status == 405:
        assert "GET" not in answer.headers["allow"]


@pytest.mark.parametrize("path", [path for _, path in sorted(FULL_ROUTES)])
async def test_a_page_session_may_not_use_full_routes(served: Served, path: str) -> None:
    session = await served.page_session()
    as_page = (f"Authorization: Bearer {session}", JSON)
    assert (await served.send("GET /api/v1/status HTTP/1.1", as_page[:1])).status == 200
    assert (await served.send(f"POST {path} HTTP/1.1", as_page, body=b"{}")).status == 401
    assert not served.daemon.stopped.is_set()


async def test_a_page_code_works_once(served: Served) -> None:
    code = (await served.page_code())["code"]
    body = json.dumps({"code": code}).encode()
    first = await served.send("POST /api/v1/page-sessions HTTP/1.1", (JSON,), body=body)
    second = await served.send("POST /api/v1/page-sessions HTTP/1.1", (JSON,), body=body)
    assert (first.status, second.status) == (201, 401)


async def test_an_unexpected_error_leaves_no_trace_outside(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    async def fails(call: Call) -> None:
        raise ValueError(f"cannot read “{call.query['q']}” of Jo Doe")

    served.daemon.server._handlers["items"] = fails
    answer = await served.send("GET /api/v1/items?q=secret HTTP/1.1", (BEARER,))
    told = json.loads(answer.body)
    assert (answer.status, told["type"]) == (500, "urn:daybridge:problem:internal")
    assert told["incident"] in caplog.text
    assert "ValueError" in caplog.text
    assert b"Traceback" not in answer.raw
    assert b"ValueError" not in answer.raw
    assert b"Jo Doe" not in answer.raw
    assert "secret" not in caplog.text
    assert "Jo Doe" not in caplog.text
    _check_headers(answer)


async def test_decisions_may_be_large(served: Served) -> None:
    start = "PUT /api/v1/runs/none/decisions HTTP/1.1"
    fits = await served.send(start, (BEARER, JSON), body=b" " * (4 * 1024 * 1024 - 2) + b"{}")
    over = await served.send(start, (BEARER, JSON), body=b" " * (4 * 1024 * 1024 - 1) + b"{}")
    assert (fits.status, over.status) == (400, 413)


async def test_a_chunked_body_is_counted_too(served: Served) -> None:
    piece = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    answer = await served.send(RUNS, (BEARER, JSON, "Transfer-Encoding: chunked"), raw_body=piece * 3 + b"0\r\n\r\n")
    assert answer.status == 413


async def test_hostile_text_stays_text_in_the_answers(served: Served) -> None:
    answer = await served.send("GET /api/v1/items?q=script HTTP/1.1", (BEARER,))
    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.body)["items"][0]["title"].startswith("<script>")
