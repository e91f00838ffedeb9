"""Signing in to CalDAV servers, redirects, certificates, and the sentence for each foreign answer."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from daemon.sides.contract import Refused, SideUnavailable, SignInNeeded
from tests.daemon.sides.notes.caldav_odd_server import CALENDAR, odd_server
from tests.daemon.sides.notes.caldav_servers import PASSWORD, USER, Relay, Server
from tests.daemon.sides.notes.caldav_setting import NEW, Place, code_of, create, read, send, side_of


async def test_a_wrong_password_is_told_and_not_sent_again(a_radicale: Server) -> None:
    """Catches: a refused password sent over and over, which locks people out."""
    relay = Relay(a_radicale.port)
    url = await relay.start()
    assert await code_of(url, password="wrong") == "notes.wrong_password"
    assert await code_of(url, password="") == "notes.no_password"
    await relay.cut()
    async with odd_server() as server:
        side = side_of(server.url, password="wrong")
        for _attempt in range(3):
            with pytest.raises(SignInNeeded):
                await side.open()
        assert len(server.seen) == 1, "nothing is asked after the refusal"
        await side.close()


async def test_rights_lost_after_the_sign_in_are_no_wrong_password() -> None:
    async with odd_server() as server:
        side = side_of(server.url)
        await side.open()

        async def refuse(_request: web.Request) -> web.Response:
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})

        server.odd = refuse
        with pytest.raises(SideUnavailable) as told:
            await read(side)
        assert told.value.text.code == "notes.no_access"
        await side.close()


async def test_an_address_that_is_none_is_refused_before_any_request() -> None:
    assert await code_of("not an address") == "caldav.bad_address"
    assert await code_of("http://cal.example.com/") == "notes.plain_http"
    assert await code_of("http://127.0.0.1:9/", user="a:b") == "caldav.bad_user"


async def test_a_server_that_is_not_there_is_unreachable(place: Place) -> None:
    await place.relay.cut()
    assert await code_of(place.url) == "notes.unreachable"


async def test_redirects_go_no_further_than_the_server() -> None:
    """Catches: name and password sent to where a redirect points."""
    async with odd_server() as server, odd_server() as other:

        async def moved(request: web.Request) -> web.Response | None:
            if request.path.startswith("/old/"):
                return web.Response(status=308, headers={"Location": CALENDAR})
            if request.path.startswith("/round/"):
                return web.Response(status=302, headers={"Location": "/round/"})
            if request.path.startswith("/away/"):
                return web.Response(status=301, headers={"Location": other.url + CALENDAR})
            return None

        server.odd = moved
        side = side_of(server.url + "/old/")
        probe = await side.open()
        assert probe.identity == f"caldav:{server.url}{CALENDAR}"
        await side.close()
        assert await code_of(server.url + "/round/") == "notes.redirects"
        assert await code_of(server.url + "/away/") == "notes.redirect"
        assert other.seen == []


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (200, "<html><body>Please sign in</body></html>", "text/html", "caldav.web_page"),
        (200, "ok", "text/plain", "caldav.not_caldav"),
        (207, "<html></html>", "text/html", "caldav.broken_answer"),
        (207, '<multistatus xmlns="DAV:"><response><href>/', "application/xml", "caldav.broken_answer"),
        (207, "", "application/xml", "caldav.broken_answer"),
        (207, '<!DOCTYPE x [<!ENTITY a "b">]><multistatus xmlns="DAV:"/>', "application/xml", "caldav.broken_answer"),
        (207, '<multistatus xmlns="DAV:"/>', "application/xml", "caldav.not_caldav"),
        (403, "", "text/plain", "notes.no_access"),
        (404, "", "text/plain", "caldav.no_calendar"),
        (405, "", "text/plain", "caldav.not_caldav"),
        (500, "", "text/plain", "notes.server_error"),
        (503, "", "text/plain", "notes.server_error"),
    ],
)
async def test_each_foreign_answer_has_its_sentence(status: int, body: str, kind: str, code: str) -> None:
    async with odd_server() as server:

        async def answer(_request: web.Request) -> web.Response:
            return web.Response(status=status, text=body, content_type=kind)

        server.odd = answer
        assert await code_of(server.url + CALENDAR) == code
        assert await code_of(server.url) == code


async def test_a_private_authority_is_trusted_when_its_file_is_named(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with odd_server(tls=context) as server:
        assert await code_of(server.url) == "notes.tls"
        assert await code_of(server.url, ca_file=str(tmp_path / "missing.pem")) == "notes.ca_file"
        side = side_of(server.url, ca_file=str(tmp_path / "ca.pem"))
        await side.open()
        (made,) = await send(side, create(NEW))
        assert not isinstance(made, Refused)
        await side.close()


async def test_requests_are_sent_as_servers_insist() -> None:
    """Xandikos refuses XML sent as text/plain; Basic sign-in is UTF-8; no request names a password in its address."""
    async with odd_server() as server:
        side = side_of(server.url)
        await read(side)
        kinds = {
            headers["Content-Type"]
            for (method, _path), headers in zip(server.seen, server.headers, strict=True)
            if method in ("PROPFIND", "REPORT")
        }
        assert kinds == {"application/xml; charset=utf-8"}
        assert all(headers["Authorization"].startswith("Basic ") for headers in server.headers)
        assert not any(PASSWORD in path or USER + ":" in path for _method, path in server.seen)
        await side.close()
