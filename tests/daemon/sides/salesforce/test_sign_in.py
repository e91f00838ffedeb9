"""Tests of signing in: the real redirects of the sandbox followed, errors as sentences, foreign call-backs ignored."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from daemon.sides.contract import SideUnavailable, SignInNeeded
from daemon.sides.salesforce import callback
from daemon.sides.salesforce.sign_in import CLOSE_WINDOW, PORTS, SignIn
from tests.daemon.sides.salesforce.org_setting import HURRIED, Connect, Connected

pytestmark = pytest.mark.usefixtures("callback_ports")


def _sign_in(org: Connected, **more: object) -> SignIn:
    return SignIn(org.sandbox.url, org.sandbox.people()["client_id"], patience=HURRIED, **more)  # type: ignore[arg-type]


def _asked(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def test_what_is_asked_for(org: Connected) -> None:
    ports = _free_ports(2)
    first, second = _sign_in(org, ports=ports), _sign_in(org, ports=ports)
    addresses = [(await one.start())[0] for one in (first, second)]
    asked = [_asked(address) for address in addresses]
    assert asked[0]["redirect_uri"] == f"http://localhost:{ports[0]}/daybridge/callback"
    assert asked[1]["redirect_uri"] == f"http://localhost:{ports[1]}/daybridge/callback"
    assert asked[0]["code_challenge_method"] == "S256"
    assert {"api", "refresh_token"} <= set(asked[0]["scope"].split())
    assert asked[0]["state"] != asked[1]["state"]
    assert asked[0]["code_challenge"] != asked[1]["code_challenge"]
    await first.cancel()
    await second.cancel()


async def test_both_loopback_addresses_listen_for_the_sign_in_only(org: Connected) -> None:
    sign_in = _sign_in(org, ports=_free_ports(1))
    await sign_in.start()
    port = sign_in._listener.port
    hosts = ["127.0.0.1", "::1"] if socket.has_ipv6 and _has_loopback_6() else ["127.0.0.1"]
    for host in hosts:
        _, writer = await asyncio.open_connection(host, port)
        writer.close()
        await writer.wait_closed()
    await sign_in.cancel()
    for host in hosts:
        with pytest.raises(OSError):
            await asyncio.open_connection(host, port)


def _has_loopback_6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


async def test_a_wrong_state_neither_ends_nor_completes_it(org: Connected, browser: aiohttp.ClientSession) -> None:
    sign_in = _sign_in(org)
    address, _ = await sign_in.start()
    back = _asked(address)["redirect_uri"]
    finishing = asyncio.create_task(sign_in.finished())
    for query in ("code=stolen", "code=stolen&state=wrong", "error=access_denied&state=", ""):
        async with browser.get(f"{back}?{query}") as page:
            assert page.status == 400
    state = _asked(address)["state"]
    async with browser.get(f"{back}?state={state}") as page:
        assert page.status == 400
    async with browser.get(back.replace("callback", "other")) as page:
        assert page.status == 404
    async with browser.post(f"{back}?code=x&state={state}") as page:
        assert page.status == 405
    assert not finishing.done()
    async with browser.get(address) as page:
        assert CLOSE_WINDOW in await page.text()
    assert (await finishing).refresh_token


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("error=access_denied&error_description=end-user+denied+authorization", "salesforce.denied"),
        ("error=invalid_client&error_description=app+must+be+installed+into+org", "salesforce.app_not_installed"),
        ("error=OAUTH_APPROVAL_ERROR_GENERIC&error_description=An+error", "salesforce.app_not_installed"),
        ("error=server_error&error_description=%3Cscript%3E", "salesforce.sign_in_refused"),
    ],
)
async def test_errors_come_back_as_one_sentence(
    org: Connected, browser: aiohttp.ClientSession, query: str, code: str
) -> None:
    sign_in = _sign_in(org, ports=_free_ports(1))
    address, _ = await sign_in.start()
    asked = _asked(address)
    finishing = asyncio.create_task(sign_in.finished())
    async with browser.get(f"{asked['redirect_uri']}?{query}&state={asked['state']}") as page:
        shown = await page.text()
    with pytest.raises(SignInNeeded) as refused:
        await finishing
    assert refused.value.text.code == code
    assert "<script>" not in shown


async def test_a_refusal_without_state_is_shown_and_ends_nothing(
    org: Connected, browser: aiohttp.ClientSession
) -> None:
    refusal = "error=invalid_client&error_description=app+must+be+installed+into+org"
    for expired in (True, False):
        sign_in = _sign_in(org)
        address, _ = await sign_in.start()
        async with browser.get(f"{_asked(address)['redirect_uri']}?{refusal}") as page:
            assert "install" in await page.text()
        if expired:
            sign_in._deadline = 0.0
            with pytest.raises(SignInNeeded) as refused:
                await sign_in.finished()
            assert refused.value.text.code == "salesforce.app_not_installed"
        else:
            async with browser.get(address) as page:
                assert CLOSE_WINDOW in await page.text()
            assert (await sign_in.finished()).refresh_token


async def test_an_app_that_is_not_installed(connect: Connect, browser: aiohttp.ClientSession) -> None:
    org: Connected = await connect(app_installed=False)
    sign_in = _sign_in(org)
    address, _ = await sign_in.start()
    finishing = asyncio.create_task(sign_in.finished())
    async with browser.get(address) as page:
        await page.text()
    with pytest.raises(SignInNeeded) as refused:
        await finishing
    assert refused.value.text.code == "salesforce.app_not_installed"


def test_the_registered_ports() -> None:
    assert PORTS == (51721, 51722, 51723)


async def test_taken_ports_are_passed_over(org: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback, "PORT_WAITS", (0.01,))
    ports = _free_ports(3)
    with _taken(ports[0]):
        sign_in = _sign_in(org, ports=ports)
        address, _ = await sign_in.start()
        assert f":{ports[1]}/" in _asked(address)["redirect_uri"]
        await sign_in.cancel()
    with _taken(ports[0]), _taken(ports[1]), _taken(ports[2]), pytest.raises(SideUnavailable) as refused:
        await _sign_in(org, ports=ports).start()
    assert str(ports[2]) in refused.value.text.text


def _free_ports(count: int) -> tuple[int, ...]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return tuple(probe.getsockname()[1] for probe in probes)


def _taken(port: int) -> socket.socket:
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", port))
    taken.listen()
    return taken


async def test_it_expires_and_can_be_cancelled(org: Connected) -> None:
    late = _sign_in(org, ports=_free_ports(1), good_for=timedelta(seconds=0.05))
    await late.start()
    with pytest.raises(SignInNeeded) as expired:
        await late.finished()
    assert expired.value.text.code == "salesforce.sign_in_expired"
    other = _sign_in(org, ports=_free_ports(1))
    await other.start()
    finishing = asyncio.create_task(other.finished())
    await asyncio.sleep(0)
    await other.cancel()
    with pytest.raises(SignInNeeded) as cancelled:
        await finishing
    assert cancelled.value.text.code == "salesforce.sign_in_cancelled"


async def test_a_code_the_org_refuses(org: Connected, browser: aiohttp.ClientSession) -> None:
    sign_in = _sign_in(org, ports=_free_ports(1))
    address, _ = await sign_in.start()
    asked = _asked(address)
    finishing = asyncio.create_task(sign_in.finished())
    async with browser.get(f"{asked['redirect_uri']}?code=invented&state={asked['state']}") as page:
        assert page.status == 200
    with pytest.raises(SignInNeeded):
        await finishing


@pytest.mark.parametrize(
    ("login_url", "client_id", "error"),
    [
        ("https://login.salesforce.com", "", SignInNeeded),
        ("http://login.salesforce.com", "id", SideUnavailable),
        ("not an address", "id", SideUnavailable),
    ],
)
async def test_settings_that_cannot_work_are_refused_at_once(login_url: str, client_id: str, error: type) -> None:
    with pytest.raises(error):
        await SignIn(login_url, client_id).start()
