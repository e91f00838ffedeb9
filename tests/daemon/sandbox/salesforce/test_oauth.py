"""Sign-in over HTTP (behaviour 5)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from daemon.sandbox.salesforce.apps import COMMAND_LINE, DAYBRIDGE

CLIENT_ID, CLIENT_SECRET, REDIRECT_URIS = DAYBRIDGE.client_id, DAYBRIDGE.secret, DAYBRIDGE.redirect_uris
CALLBACK = REDIRECT_URIS[0]
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ASKED = {
    "response_type": "code",
    "client_id": CLIENT_ID,
    "redirect_uri": CALLBACK,
    "state": "s 1",
    "code_challenge": CHALLENGE,
}


async def authorize(org: Any, **changed: Any) -> tuple[int, dict[str, str], str]:
    asked = {k: v for k, v in {**ASKED, **changed}.items() if v is not None}
    answer = await org.get("/services/oauth2/authorize", params=asked)
    where = answer.headers.get("Location", "")
    return answer.status, {k: v[0] for k, v in parse_qs(urlsplit(where).query).items()}, where


async def token(org: Any, **form: Any) -> Any:
    return await org.call("POST", "/services/oauth2/token", data={"client_id": CLIENT_ID, **form})


async def redeem(org: Any, code: str, **changed: Any) -> Any:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **changed,
    }
    return await token(org, **{k: v for k, v in form.items() if v is not None})


async def sign_in(org: Any) -> dict[str, str]:
    _status, answer, _where = await authorize(org)
    reply = await redeem(org, answer["code"])
    assert reply.status == 200, reply.body
    return dict(reply.body)


async def refresh(org: Any, refresh_token: str) -> Any:
    return await token(org, grant_type="refresh_token", refresh_token=refresh_token)


async def test_the_whole_flow_with_automatic_consent(open_org: Any) -> None:
    org = await open_org(consent="auto")
    status, answer, where = await authorize(org)
    assert (status, answer["state"]) == (302, "s 1")
    assert where.startswith(f"{CALLBACK}?")
    body = (await redeem(org, answer["code"])).body
    assert body["instance_url"] == org.sandbox.url
    assert body["token_type"] == "Bearer"
    assert int(body["issued_at"]) > 1_700_000_000_000
    assert set(body["scope"].split()) == {"refresh_token", "api", "openid", "id"}
    assert "expires_in" not in body
    assert body["access_token"].startswith(org.sandbox.people()["org_id"][:15] + "!")
    assert (await org.get("limits", token=body["access_token"])).status == 200
    assert (await org.get(urlsplit(body["id"]).path, token=body["access_token"])).body["user_id"] == org.me


async def test_login_hint_chooses_the_person(open_org: Any) -> None:
    org = await open_org(consent="auto")
    other = org.sandbox.people(1)
    _status, answer, _where = await authorize(org, login_hint=other["username"])
    body = (await redeem(org, answer["code"])).body
    assert (await org.get("/services/oauth2/userinfo", token=body["access_token"])).body["user_id"] == other["user_id"]


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"redirect_uri": CALLBACK + "/"}, "redirect_uri_mismatch"),
        ({"redirect_uri": CALLBACK.replace("localhost", "127.0.0.1")}, "redirect_uri_mismatch"),
        ({"redirect_uri": CALLBACK.replace("51721", "51724")}, "redirect_uri_mismatch"),
        ({"client_id": "unknown"}, "invalid_client_id"),
    ],
)
async def test_an_app_that_cannot_be_trusted_gets_no_redirect(
    open_org: Any, changed: dict[str, str], error: str
) -> None:
    org = await open_org(consent="auto")
    answer = await org.get("/services/oauth2/authorize", params={**ASKED, **changed})
    assert answer.status == 400
    assert "Location" not in answer.headers
    assert error in answer.body


async def test_refusals_go_back_to_the_app(open_org: Any) -> None:
    org = await open_org(consent="auto", app_installed=False)
    status, answer, _where = await authorize(org)
    assert (status, answer["error"]) == (302, "invalid_client")
    assert answer["error_description"] == "app must be installed into org"
    assert answer["state"] == "s 1"
    org = await open_org(consent="auto", pkce="required")
    assert (await authorize(org, code_challenge=None))[1]["error"] == "invalid_request"
    assert (await authorize(org, response_type="token"))[1]["error"] == "unsupported_response_type"


async def test_a_code_works_once_and_briefly(open_org: Any) -> None:
    org = await open_org(consent="auto", code_seconds=60)
    _status, answer, _where = await authorize(org)
    assert (await redeem(org, answer["code"])).status == 200
    again = await redeem(org, answer["code"])
    assert (again.status, again.body["error"]) == (400, "invalid_grant")
    _status, answer, _where = await authorize(org)
    org.sandbox.clock.shift(61)
    late = await redeem(org, answer["code"])
    assert (late.status, late.body["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_grant"),
        ({"redirect_uri": REDIRECT_URIS[1]}, "redirect_uri_mismatch"),
        ({"client_id": "unknown"}, "invalid_client_id"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"grant_type": "device"}, "unsupported_grant_type"),
    ],
)
async def test_a_code_is_bound_to_what_was_asked(open_org: Any, changed: dict[str, Any], error: str) -> None:
    org = await open_org(consent="auto")
    _status, answer, _where = await authorize(org)
    reply = await redeem(org, answer["code"], **changed)
    assert (reply.status, reply.body["error"]) == (400, error)


async def test_without_a_challenge_the_secret_is_needed(open_org: Any) -> None:
    org = await open_org(consent="auto")
    _status, answer, _where = await authorize(org, code_challenge=None)
    assert (await redeem(org, answer["code"], code_verifier=None)).body["error"] == "invalid_client"
    _status, answer, _where = await authorize(org, code_challenge=None)
    assert (await redeem(org, answer["code"], code_verifier=None, client_secret=CLIENT_SECRET)).status == 200


async def test_rotation_and_the_punishment_for_reuse(open_org: Any) -> None:
    org = await open_org(consent="auto")
    first = await sign_in(org)
    second = (await refresh(org, first["refresh_token"])).body
    assert second["refresh_token"] != first["refresh_token"]
    assert (await org.get("limits", token=first["access_token"])).status == 200
    reused = await refresh(org, first["refresh_token"])
    assert (reused.status, reused.body["error"]) == (400, "invalid_grant")
    assert reused.body["error_description"] == "expired access/refresh token"
    assert (await refresh(org, second["refresh_token"])).status == 400
    for dead in (first, second):
        assert (await org.get("limits", token=dead["access_token"])).status == 401


async def test_without_rotation_the_refresh_token_stays(open_org: Any) -> None:
    org = await open_org(consent="auto", rotation=False)
    first = await sign_in(org)
    for _ in range(2):
        again = await refresh(org, first["refresh_token"])
        assert again.status == 200
        assert "refresh_token" not in again.body


async def test_a_second_refresh_meanwhile_is_told_to_wait(open_org: Any) -> None:
    org = await open_org(consent="auto", refresh_seconds=0.3)
    first = await sign_in(org)
    replies = await asyncio.gather(*(refresh(org, first["refresh_token"]) for _ in range(2)))
    assert sorted(r.status for r in replies) == [200, 400]
    (refused,) = [r.body for r in replies if r.status == 400]
    assert refused == {"error": "invalid_grant", "error_description": "token request is already being processed"}
    (granted,) = [r.body for r in replies if r.status == 200]
    assert (await org.get("limits", token=granted["access_token"])).status == 200


async def test_idle_refresh_tokens_die_and_use_keeps_them(open_org: Any) -> None:
    org = await open_org(consent="auto")
    held = await sign_in(org)
    org.sandbox.clock.shift(29 * 86400)
    held = (await refresh(org, held["refresh_token"])).body
    org.sandbox.clock.shift(29 * 86400)
    held = (await refresh(org, held["refresh_token"])).body
    org.sandbox.clock.shift(31 * 86400)
    assert (await refresh(org, held["refresh_token"])).body["error"] == "invalid_grant"


async def test_access_tokens_die_after_idle_minutes(open_org: Any) -> None:
    org = await open_org(consent="auto", access_token_minutes=10)
    held = await sign_in(org)
    for _ in range(3):
        org.sandbox.clock.shift(9 * 60)
        assert (await org.get("limits", token=held["access_token"])).status == 200
    org.sandbox.clock.shift(11 * 60)
    assert (await org.get("limits", token=held["access_token"])).status == 401


async def test_a_sixth_grant_ends_the_oldest(open_org: Any) -> None:
    org = await open_org(consent="auto")
    held = [await sign_in(org) for _ in range(6)]
    alive = [(await org.get("limits", token=h["access_token"])).status for h in held]
    assert alive == [401, 200, 200, 200, 200, 200]
    assert (await refresh(org, held[0]["refresh_token"])).status == 400


async def test_revoke(open_org: Any) -> None:
    org = await open_org(consent="auto")
    held = await sign_in(org)
    again = (await refresh(org, held["refresh_token"])).body
    form = {"token": held["access_token"]}
    assert (await org.call("POST", "/services/oauth2/revoke", data=form)).status == 200
    assert (await org.get("limits", token=held["access_token"])).status == 401
    assert (await org.get("limits", token=again["access_token"])).status == 200
    assert (await org.get("/services/oauth2/revoke", params={"token": again["refresh_token"]})).status == 200
    assert (await org.get("limits", token=again["access_token"])).status == 401
    assert (await org.call("POST", "/services/oauth2/revoke", data={"token": "unknown"})).status == 400


async def test_identity_and_userinfo(org: Any) -> None:
    me = org.sandbox.people()
    found = (await org.get(f"/id/{me['org_id']}/{me['user_id']}?format=json")).body
    assert found["id"].startswith("https://")
    assert (found["user_id"], found["organization_id"]) == (me["user_id"], me["org_id"])
    assert found["email"]
    assert isinstance(found["photos"], dict)
    assert isinstance(found["urls"], dict)
    info = (await org.get("/services/oauth2/userinfo")).body
    assert info["preferred_username"] == me["username"]
    assert info["zoneinfo"] == "Europe/Berlin"
    assert (await org.get("/services/oauth2/userinfo", token="bad")).status == 403
    other = org.sandbox.people(1)
    assert (await org.get(f"/id/{me['org_id']}/{other['user_id']}")).status == 403


async def test_introspect(org: Any) -> None:
    me = org.sandbox.people()
    form = {"token": me["token"], "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    found = (await org.call("POST", "/services/oauth2/introspect", data=form)).body
    assert (found["active"], found["username"], found["token_type"]) == (True, me["username"], "access_token")
    assert (await org.call("POST", "/services/oauth2/introspect", data={**form, "token": "x"})).body == {
        "active": False
    }
    assert (await org.call("POST", "/services/oauth2/introspect", data={"token": me["token"]})).status == 401


async def test_password_and_client_credentials(open_org: Any) -> None:
    org = await open_org(client_credentials=True)
    me = org.sandbox.people()
    form = {"grant_type": "password", "username": me["username"], "password": me["password"]}
    body = (await token(org, **form)).body
    assert (await org.get("limits", token=body["access_token"])).status == 200
    assert "refresh_token" not in body
    assert (await token(org, **{**form, "password": "x"})).body["error"] == "invalid_grant"
    body = (await token(org, grant_type="client_credentials", client_secret=CLIENT_SECRET)).body
    info = (await org.get("/services/oauth2/userinfo", token=body["access_token"])).body
    assert info["user_id"] == org.sandbox.people(-1)["user_id"]
    closed = await open_org(password_grant=False)
    assert (await token(closed, **form)).body["error"] == "unsupported_grant_type"
    assert (await token(closed, grant_type="client_credentials")).body["error"] == "unsupported_grant_type"


async def test_a_chunked_token_request_is_read(org: Any) -> None:
    me = org.sandbox.people()

    async def parts() -> Any:
        for piece in ("grant_type=refresh_token&", f"client_id={CLIENT_ID}&", f"refresh_token={me['refresh_token']}"):
            yield piece.encode()

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await org.call("POST", "/services/oauth2/token", data=parts(), headers=headers)
    assert answer.status == 200


async def test_the_instance_is_elsewhere_and_can_move(open_org: Any) -> None:
    org = await open_org(consent="auto", instance_split=True)
    held = await sign_in(org)
    assert held["instance_url"] != org.sandbox.url
    assert (await org.get("limits", token=held["access_token"])).status == 404
    headers = {"Authorization": f"Bearer {held['access_token']}"}
    async with org.http.get(f"{held['instance_url']}/services/data/v67.0/limits", headers=headers) as reply:
        assert reply.status == 200
    moved = await org.sandbox.move_instance()
    assert (await refresh(org, held["refresh_token"])).body["instance_url"] == moved
    async with org.http.get(f"{held['instance_url']}/services/data/v67.0/limits", headers=headers) as reply:
        assert reply.status == 404


async def test_pages_log_in_then_ask_then_answer(org: Any) -> None:
    me = org.sandbox.people()
    _status, _answer, where = await authorize(org)
    assert where.startswith("/?ec=302&startURL=")
    page = await org.get(where)
    assert 'id="username"' in page.body
    start = re.search(r'name="startURL" value="([^"]+)"', page.body)
    assert start
    form = {"username": me["username"], "password": "wrong", "startURL": start[1].replace("&amp;", "&")}
    assert "check your username" in (await org.call("POST", "/", data=form)).body
    answer = await org.call("POST", "/", data={**form, "password": me["password"]})
    assert answer.headers["Location"].startswith("/services/oauth2/authorize?")
    consent = (await org.get(answer.headers["Location"])).headers["Location"]
    assert consent.startswith("/setup/secur/RemoteAccessAuthorizationPage.apexp?source=")
    page = await org.get(consent)
    assert 'id="oaapprove"' in page.body
    assert "Daybridge asks" in page.body
    source = consent.rpartition("=")[2]
    done = await org.call("POST", consent.partition("?")[0], data={"source": source, "answer": "allow"})
    code = parse_qs(urlsplit(done.headers["Location"]).query)
    assert code["state"] == ["s 1"]
    assert (await redeem(org, code["code"][0])).status == 200
    again = await org.call("POST", consent.partition("?")[0], data={"source": source, "answer": "allow"})
    assert again.status == 400


async def test_the_consent_page_names_the_app_that_asks(org: Any) -> None:
    me = org.sandbox.people()
    await org.call("POST", "/", data={"username": me["username"], "password": me["password"]})
    callback = COMMAND_LINE.redirect_uris[0]
    _status, _answer, where = await authorize(org, client_id=COMMAND_LINE.client_id, redirect_uri=callback)
    assert "Salesforce CLI asks" in (await org.get(where)).body


async def test_pages_deny_and_prompt_login(org: Any) -> None:
    me = org.sandbox.people()
    await org.call(
        "POST", "/", data={"username": me["username"], "password": me["password"], "startURL": "//evil.example.com"}
    )
    _status, _answer, where = await authorize(org, prompt="login")
    assert where.startswith("/?ec=302")
    _status, _answer, consent = await authorize(org)
    form = {"source": consent.rpartition("=")[2], "answer": "deny"}
    denied = await org.call("POST", "/setup/secur/RemoteAccessAuthorizationPage.apexp", data=form)
    answer = parse_qs(urlsplit(denied.headers["Location"]).query)
    assert answer["error"] == ["access_denied"]
    assert answer["state"] == ["s 1"]


async def test_the_login_page_never_sends_people_elsewhere(org: Any) -> None:
    me = org.sandbox.people()
    form = {"username": me["username"], "password": me["password"], "startURL": "https://evil.example.com/"}
    assert (await org.call("POST", "/", data=form)).headers["Location"] == "/"


async def test_an_administrators_revocation_ends_everything(open_org: Any) -> None:
    org = await open_org(consent="auto")
    held = await sign_in(org)
    org.sandbox.revoke_all()
    assert (await org.get("limits", token=held["access_token"])).status == 401
    assert (await refresh(org, held["refresh_token"])).body["error"] == "invalid_grant"


async def test_the_command_line_is_a_public_client_of_its_own(open_org: Any) -> None:
    org = await open_org(consent="auto")
    mine = {"client_id": COMMAND_LINE.client_id, "redirect_uri": COMMAND_LINE.redirect_uris[0]}
    _status, answer, _where = await authorize(org, **mine)
    assert (await redeem(org, answer["code"], redirect_uri=mine["redirect_uri"])).body["error"] == "invalid_grant"
    _status, answer, _where = await authorize(org, **mine)
    body = (await redeem(org, answer["code"], **mine)).body
    assert (await org.get("limits", token=body["access_token"])).status == 200
    assert (await refresh(org, body["refresh_token"])).body["error"] == "invalid_grant"
    refused = await org.get("/services/oauth2/authorize", params={**ASKED, "client_id": COMMAND_LINE.client_id})
    assert refused.status == 400
