"""Opening a Domino calendar: discovery, sign-in in every mode, rights, and a sentence for each way it can fail."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from daemon.sandbox.domino import DominoOptions, DominoSandbox
from daemon.sandbox.faults import Fault
from daemon.sides.contract import Done, SideError, SideUnavailable, SignInNeeded, Write
from shared.texts import CATALOGUE
from tests.daemon.sides.notes.domino_setting import MAIL_FILE, by_key, calendar, opened, read, sandbox, side_of, vevent


@pytest.mark.parametrize("login", ["form", "basic", "both", "force401"])
@pytest.mark.parametrize("cookie", ["DomAuthSessId", "LtpaToken"])
async def test_signs_in_the_way_the_server_wants(login: str, cookie: str) -> None:
    async with sandbox(login=login, cookie=cookie) as (_server, url), opened(url) as side:
        probe = await side.open()
        assert probe.identity.endswith("/mail/jdoe.nsf|cn=jane doe/o=example")
        assert (probe.zone, probe.name, probe.own_calendar) == ("Europe/Berlin", "Jane Doe", True)
        assert probe.capabilities.create
        assert probe.capabilities.update
        assert probe.capabilities.delete


async def test_opening_the_own_calendar_writes_nothing() -> None:
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        await side.open()
        assert server.journal.writes == []


async def test_a_session_that_ends_in_mid_run_is_renewed() -> None:
    async with sandbox(cookie_requests=3) as (server, url), opened(url) as side:
        entries = [vevent(f"entry-{number}", f"SUMMARY:Entry {number}") for number in range(20)]
        server.load(MAIL_FILE, calendar(*entries))
        assert len((await read(side)).records) == 20
        logins = server.journal.calls("POST", "names.nsf")
        assert len(logins) > 3
        assert all(call.status == 302 for call in logins)


async def test_six_readers_sign_in_once_when_their_session_ends() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        entries = [vevent(f"entry-{number}") for number in range(12)]
        server.load(MAIL_FILE, calendar(*entries))
        await side.open()
        # The first six details meet the login page together: the session ended between the list and them.
        fields = '<input name="Username"><input type="password" name="Password">'
        page = f'<form action="/names.nsf?Login" method="post">{fields}</form>'
        server.faults.add(Fault("GET", "/events/entry", "status", 6, status=200, body=page, seconds=0.05))
        server.journal.clear()
        assert len((await read(side)).records) == 12
        assert len(server.journal.calls("POST", "names.nsf")) == 1


@pytest.mark.parametrize("login", ["form", "basic", "force401"])
async def test_a_wrong_password_is_told_once_and_not_tried_again(login: str) -> None:
    async with sandbox(login=login) as (server, url), opened(url, "jdoe", "wrong") as side:
        for _attempt in range(2):
            with pytest.raises(SignInNeeded) as told:
                await side.open()
            assert told.value.text.code == "notes.wrong_password"
        assert len(server.journal.calls("POST", "names.nsf")) == (0 if login == "basic" else 1)


async def test_no_user_asks_to_sign_in() -> None:
    async with sandbox() as (server, url), opened(url, "", "") as side:
        with pytest.raises(SignInNeeded):
            await side.open()
        assert server.journal.entries == []


async def test_the_guard_against_forged_requests_gets_its_token() -> None:
    async with sandbox(das_token=True) as (server, url), opened(url, calendar=MAIL_FILE) as side:
        server.load(MAIL_FILE, calendar(vevent("a", "SUMMARY:One")))
        await side.open()
        record = by_key(await read(side))["a#"]
        write = Write("1", "delete", key="a#", expected_version=record.version)
        outcomes = [outcome async for outcome in side.write([write])]
        assert [type(outcome) for outcome in outcomes] == [Done]


async def test_calendars_by_owner_and_by_path_with_their_rights() -> None:
    async with sandbox() as (server, url):
        async with opened(url, calendar="Jane Doe/Example") as side:
            assert (await side.open()).own_calendar
        async with opened(url, "rreader", "rick-secret-3", calendar="Jane Doe") as side:
            probe = await side.open()
            assert not probe.own_calendar
            assert not probe.capabilities.create
            assert not probe.capabilities.update
            own, chosen = await side.calendars()
            assert (own.path, own.can_write, own.selected) == ("/mail/rreed.nsf", True, False)
            assert (chosen.path, chosen.kind, chosen.can_write, chosen.selected) == (
                MAIL_FILE,
                "delegated",
                False,
                True,
            )
            assert chosen.owner == "CN=Jane Doe/O=Example"
        async with opened(url, "eeditor", "edith-secret-2", calendar="mail/jdoe.nsf") as side:
            assert (await side.open()).capabilities.update
            team = await side.find_calendar("/mail/salesteam.nsf")
            assert (team.kind, team.can_write) == ("team", True)
        assert all("workflow=false" in call.query for call in server.journal.calls("DELETE"))


async def test_the_mail_file_may_stand_in_the_address() -> None:
    async with sandbox() as (_server, url), opened(f"{url}/mail/salesteam.nsf/api/calendar/events") as side:
        probe = await side.open()
        assert "/mail/salesteam.nsf|" in probe.identity


async def test_absolute_links_are_understood() -> None:
    async with sandbox(absolute_links=True) as (_server, url), opened(url) as side:
        assert "/mail/jdoe.nsf|" in (await side.open()).identity


BAD_SERVERS: dict[str, tuple[dict[str, object], Fault | None, dict[str, object], str]] = {
    "service off": ({"service_enabled": False}, None, {}, "notes.service_off"),
    "no service": ({}, Fault("GET", "^/api$", "status", 9, status=404), {}, "notes.service_off"),
    "no such file": ({}, None, {"calendar": "/mail/nobody.nsf"}, "notes.no_mail_file"),
    "no such owner": ({}, None, {"calendar": "Nobody At All"}, "notes.no_owner"),
    "no access 403": ({"no_access": "403"}, None, {"calendar": "/mail/emoore.nsf"}, "notes.no_access"),
    "no access 401": ({"no_access": "401"}, None, {"calendar": "/mail/emoore.nsf"}, "notes.no_access"),
    "no access form": ({"no_access": "form"}, None, {"calendar": "/mail/emoore.nsf"}, "notes.no_access"),
    "truncated JSON": ({}, Fault("GET", "^/api/calendar$", "truncate", 9), {}, "notes.cut_off"),
    "cut connection": ({}, Fault("GET", "^/api/calendar$", "cut_before", 9), {}, "notes.cut_off"),
    "web page": (
        {},
        Fault("GET", "^/api/calendar$", "status", 9, status=200, body="<html><h1>Welcome</h1></html>"),
        {},
        "notes.web_page",
    ),
    "half JSON": (
        {},
        Fault("GET", "^/api$", "status", 9, status=200, body='{"services": [', content_type="application/json"),
        {},
        "notes.cut_off",
    ),
    "not JSON": (
        {},
        Fault("GET", "^/api$", "status", 9, status=200, body="hello", content_type="text/plain"),
        {},
        "notes.not_json",
    ),
    "server error": ({}, Fault("GET", "^/api$", "status", 9, status=500, body="<html>oops"), {}, "notes.server_error"),
    "busy": ({}, Fault("GET", "^/api$", "status", 9, status=503), {}, "notes.server_error"),
    "moved": (
        {},
        Fault("GET", "^/api$", "status", 9, status=301, headers={"Location": "https://elsewhere.example.com/api"}),
        {},
        "notes.redirect",
    ),
}


@pytest.mark.parametrize("name", BAD_SERVERS)
async def test_each_fault_is_one_sentence_that_says_what_to_do(name: str) -> None:
    options, fault, settings, code = BAD_SERVERS[name]
    async with sandbox(**options) as (server, url), opened(url, **settings) as side:
        if fault is not None:
            server.faults.add(fault)
        with pytest.raises(SideError) as told:
            await side.open()
        assert told.value.text.code == code
        assert "{" not in told.value.text.text
        assert told.value.text.text.endswith(".")


async def test_a_passing_fault_is_waited_out() -> None:
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.faults.add(Fault("GET", "^/api$", "status", 2, status=503, headers={"Retry-After": "1"}))
        server.faults.add(Fault("GET", "^/api/calendar$", "cut_before"))
        assert (await side.open()).name == "Jane Doe"


async def test_an_unreachable_server() -> None:
    async with sandbox() as (_server, url):
        pass
    async with opened(url) as side:
        with pytest.raises(SideUnavailable) as told:
            await side.open()
        assert told.value.text.code == "notes.unreachable"


async def test_a_silent_server_is_given_up() -> None:
    async with sandbox() as (server, url), opened(url, seconds=0.2) as side:
        server.faults.add(Fault("GET", "^/api$", "delay", 9, seconds=2))
        with pytest.raises(SideUnavailable) as told:
            await side.open()
        assert told.value.text.code == "notes.timeout"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://mail.example.com", "notes.plain_http"),
        ("ftp://mail.example.com", "notes.bad_address"),
        ("", "notes.bad_address"),
        ("https://", "notes.bad_address"),
        ("https://mail.example.com:port", "notes.bad_address"),
    ],
)
async def test_an_address_that_is_refused_before_any_request(url: str, code: str) -> None:
    with pytest.raises(SideUnavailable) as told:
        await side_of(url).open()
    assert told.value.text.code == code


async def test_certificates_are_checked_and_a_private_authority_can_be_named(tmp_path: Path) -> None:
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    ca_file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    server = DominoSandbox(DominoOptions())
    url = await server.start(ssl_context=server_side)
    try:
        async with opened(url) as side:
            with pytest.raises(SideUnavailable) as told:
                await side.open()
            assert told.value.text.code == "notes.tls"
        async with opened(url, ca_file=str(tmp_path / "nothing.pem")) as side:
            with pytest.raises(SideUnavailable) as told:
                await side.open()
            assert told.value.text.code == "notes.ca_file"
        async with opened(url, ca_file=str(ca_file)) as side:
            assert (await side.open()).name == "Jane Doe"
    finally:
        await server.stop()


async def test_https_to_a_server_that_speaks_http() -> None:
    async with sandbox() as (_server, url), opened(url.replace("http://", "https://")) as side:
        with pytest.raises(SideUnavailable) as told:
            await side.open()
        assert told.value.text.code == "notes.no_tls"


async def test_the_password_is_never_sent_to_another_server() -> None:
    posted: list[str] = []

    async def page(_request: web.Request) -> web.Response:
        form = '<form action="http://127.0.0.2:1/login"><input name="Username"><input type="password" name="P"></form>'
        return web.Response(text=form, content_type="text/html")

    async def taken(request: web.Request) -> web.Response:
        posted.append(request.path)
        return web.Response()

    app = web.Application()
    app.router.add_get("/{any:.*}", page)
    app.router.add_post("/{any:.*}", taken)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with opened(f"http://127.0.0.1:{runner.addresses[0][1]}") as side:
            with pytest.raises(SignInNeeded) as told:
                await side.open()
        assert told.value.text.code == "notes.foreign_login"
        assert posted == []
    finally:
        await runner.cleanup()


def test_every_sentence_of_the_side_is_one_sentence() -> None:
    for code, sentence in CATALOGUE.items():
        if code.startswith("notes.") and code != "notes.attachments_in_notes":
            assert sentence[-1] in ".}", code
            assert len(sentence) < 170, code
