"""Items 1 and 2 of notes.md 10: login forms, cookies that end, Basic, 401 mode, the DasToken guard."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

FORM = {"Username": "Jane Doe", "Password": "jane-secret-1", "%%ModDate": "0", "RedirectTo": "/mail/jdoe.nsf"}


async def test_a_request_without_login_gets_200_html_for_every_method(start: Any) -> None:
    client = await start(login="form")
    client.user = None
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = await client(method, "events")
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/html")
        assert answer.headers["Expires"] == "Tue, 01 Jan 1980 06:00:00 GMT"
        assert 'action="/names.nsf?Login"' in answer.text
        assert {"%%ModDate", "Username", "Password", "RedirectTo"} <= set(re.findall('name="([^"]+)"', answer.text))


async def test_form_mode_does_not_look_at_basic(start: Any) -> None:
    client = await start(login="form")
    assert "<form" in (await client.get("events")).text


@pytest.mark.parametrize("cookie", ["DomAuthSessId", "LtpaToken"])
async def test_the_form_gives_302_and_a_cookie_that_opens_the_calendar(start: Any, cookie: str) -> None:
    client = await start(login="form", cookie=cookie)
    client.user = None
    answer = await client("POST", "/names.nsf?Login", data=FORM)
    assert (answer.status, answer.headers["Location"]) == (302, "/mail/jdoe.nsf")
    assert answer.headers["Set-Cookie"].startswith(f"{cookie}=")
    listed = await client.get("events")
    assert (listed.status, listed.body) == (200, b"")


@pytest.mark.parametrize("name", ["jdoe", "JDOE", "Jane Doe/Example", "CN=Jane Doe/O=Example", "jane.doe@example.com"])
async def test_any_form_of_the_name_signs_in(start: Any, name: str) -> None:
    client = await start(login="form")
    assert (await client("POST", "/names.nsf?Login", data={**FORM, "Username": name})).status == 302


async def test_a_wrong_password_gives_the_form_again(start: Any) -> None:
    client = await start(login="form")
    answer = await client("POST", "/names.nsf?Login", data={**FORM, "Password": "wrong"})
    assert (answer.status, "Set-Cookie" in answer.headers) == (200, False)
    assert "<form" in answer.text


async def test_a_redirect_to_another_host_is_not_followed(start: Any) -> None:
    client = await start(login="form")
    answer = await client("POST", "/names.nsf?Login", data={**FORM, "RedirectTo": "//evil.example.net/"})
    assert answer.headers["Location"] == "/"


async def test_a_session_ends_after_its_requests(start: Any) -> None:
    client = await start(login="form", cookie_requests=2)
    client.user = None
    await client("POST", "/names.nsf?Login", data=FORM)
    kinds = ["<form" in (await client.get("events")).text for _ in range(3)]
    assert kinds == [False, False, True]


async def test_a_session_ends_after_idle_time(start: Any) -> None:
    client = await start(login="form", cookie_seconds=600)
    client.user = None
    await client("POST", "/names.nsf?Login", data=FORM)
    client.sandbox.advance(timedelta(seconds=599))
    assert "<form" not in (await client.get("events")).text
    client.sandbox.advance(timedelta(seconds=601))
    assert "<form" in (await client.get("events")).text


async def test_basic_mode_answers_401_with_a_challenge(start: Any) -> None:
    client = await start(login="basic")
    assert (await client.get("events")).status == 200
    answer = await client("GET", "events", headers={"Authorization": "Basic bm9ib2R5Ong="})
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="/"')


async def test_401_mode_sends_the_form_under_a_true_401(start: Any) -> None:
    client = await start(login="force401")
    client.user = None
    answer = await client.get("events")
    assert answer.status == 401
    assert "<form" in answer.text


async def test_a_write_needs_the_header_once_the_das_token_cookie_is_set(client: Any, kit: Any) -> None:
    event = kit.vevent(SUMMARY="x", DTSTART="20260302T090000Z", DTEND="20260302T100000Z")
    assert (await client.post_ics(event)).status == 201
    answer = await client.get("/api/core/nonce")
    token = re.search("DasToken=([^;]+)", answer.headers["Set-Cookie"])
    assert token is not None
    assert (await client.post_ics(event)).error == (403, None)
    headers = {"Content-Type": "text/calendar", "X-DAS-Token": token[1]}
    assert (await client("POST", "events", data=kit.calendar(event), headers=headers)).status == 201
    assert (await client.get("events")).status == 200


async def test_the_login_can_set_the_das_token(start: Any, kit: Any) -> None:
    client = await start(login="form", das_token=True)
    client.user = None
    await client("POST", "/names.nsf?Login", data=FORM)
    assert (await client.post_ics(kit.vevent(SUMMARY="x", DTSTART="20260302T090000Z"))).status == 403
