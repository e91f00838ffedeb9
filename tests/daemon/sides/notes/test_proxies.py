"""Reaching a server through a proxy: found in the environment, with its own credentials, never for this machine."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from aiohttp import web

from daemon.sides.contract import SideUnavailable
from daemon.sides.notes.ics_files import IcsFileSide
from daemon.sides.notes.proxies import Proxy, proxy_for
from tests.daemon.sides.notes.domino_setting import NOW, QUICK, WINDOW, ZONE, calendar, quiet, vevent

NAMES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("environment", "origin", "proxy"),
    [
        ({}, "https://mail.example.com", Proxy()),
        (
            {"https_proxy": "http://proxy.example.com:3128"},
            "https://mail.example.com",
            Proxy("http://proxy.example.com:3128"),
        ),
        ({"https_proxy": "proxy.example.com:3128"}, "https://mail.example.com", Proxy("http://proxy.example.com:3128")),
        ({"https_proxy": "http://proxy.example.com:3128"}, "http://mail.example.com", Proxy()),
        (
            {"https_proxy": "http://proxy.example.com:3128", "no_proxy": "example.com"},
            "https://mail.example.com:8443",
            Proxy(),
        ),
        (
            {"https_proxy": "http://ann:s%40cret@proxy.example.com:3128"},
            "https://mail.example.com",
            Proxy(
                "http://proxy.example.com:3128",
                {"Proxy-Authorization": "Basic " + base64.b64encode(b"ann:s@cret").decode()},
            ),
        ),
    ],
)
def test_the_proxy_of_a_server(
    environment: dict[str, str], origin: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(origin) == proxy


async def test_a_calendar_is_read_through_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, str]] = []

    async def relay(request: web.Request) -> web.Response:
        headers = request.headers
        asked.append((str(request.url), headers.get("Proxy-Authorization", ""), headers.get("Authorization", "")))
        return web.Response(text=calendar(vevent("a", "SUMMARY:One")), content_type="text/calendar")

    # A netrc entry for the same server must not get in the way of the name and password that were entered.
    netrc = tmp_path / "netrc"
    netrc.write_text("machine calendar.example.com login other password other\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", relay)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("http_proxy", f"http://p:q@127.0.0.1:{runner.addresses[0][1]}")
    source = "http://calendar.example.com/team.ics"
    side = IcsFileSide(source, "ann", "secret", zone=ZONE, allow_http=True, clock=lambda: NOW, policy=QUICK)
    try:
        observation = await side.observe(WINDOW, "", {}, quiet)
    finally:
        await side.close()
        await runner.cleanup()
    assert [record.image.subject for record in observation.records] == ["One"]
    basic = {name: "Basic " + base64.b64encode(name).decode() for name in (b"p:q", b"ann:secret")}
    assert asked == [(source, basic[b"p:q"], basic[b"ann:secret"])]


async def test_a_proxy_that_is_away_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    side = IcsFileSide("http://calendar.example.com/team.ics", zone=ZONE, allow_http=True, policy=QUICK)
    with pytest.raises(SideUnavailable) as told:
        await side.open()
    assert told.value.text.code == "notes.unreachable"
    await side.close()
