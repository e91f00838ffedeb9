"""Transport: versions, sizes, authorization, limits, JSON forms (behaviours 1 to 4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest


async def test_the_version_list_needs_no_authorization_and_is_not_counted(org: Any) -> None:
    async with org.http.get(f"{org.sandbox.url}/services/data/") as reply:
        listed = await reply.json()
        assert reply.status == 200
        assert "Sforce-Limit-Info" not in reply.headers
    assert [v["version"] for v in listed] == [f"{n}.0" for n in range(41, 69)]
    labels = {v["version"]: v["label"] for v in listed}
    assert (labels["41.0"], labels["67.0"], labels["68.0"]) == ("Winter '18", "Summer '26", "Winter '27")
    assert listed[0]["url"] == "/services/data/v41.0"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/services/data/v30.0/sobjects", 410, "GONE"),
        ("/services/data/v69.0/sobjects", 404, "NOT_FOUND"),
        ("/services/data/v67.1/sobjects", 404, "NOT_FOUND"),
        ("/services/data/v41.0/nothing", 404, "NOT_FOUND"),
        ("/services/data/v67.0/sobjects/Nothing", 404, "NOT_FOUND"),
    ],
)
async def test_addresses_that_do_not_exist(org: Any, path: str, status: int, code: str) -> None:
    answer = await org.get(path)
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize("version", ["31.0", "41.0", "50.0", "68.0"])
async def test_every_living_version_answers_and_names_its_resources(org: Any, version: str) -> None:
    answer = await org.get(f"/services/data/v{version}/")
    assert answer.status == 200
    assert answer.body["sobjects"] == f"/services/data/v{version}/sobjects"
    assert answer.body["identity"].endswith(org.me)


async def test_a_wrong_method_is_405_and_names_the_right_ones(org: Any) -> None:
    answer = await org.call("PUT", "sobjects/Event")
    assert (answer.status, answer.code) == (405, "METHOD_NOT_ALLOWED")
    assert "GET,POST" in answer.body[0]["message"]


async def test_long_addresses_and_headers(org: Any) -> None:
    answer = await org.query("SELECT Id FROM Event WHERE Subject = '" + "x" * 16_400 + "'")
    assert answer.status == 414
    answer = await org.get("limits", headers={"X-Long": "x" * 16_300})
    assert answer.status == 431
    assert (await org.query("SELECT Id FROM Event WHERE Subject = '" + "x" * 12_000 + "'")).status == 200


async def test_tokens_are_checked(org: Any) -> None:
    answer = await org.get("limits", token="00Dnone!none")
    assert (answer.status, answer.code) == (401, "INVALID_SESSION_ID")
    assert answer.body[0]["message"] == "Session expired or invalid"
    assert "WWW-Authenticate" in answer.headers
    assert "Sforce-Limit-Info" not in answer.headers
    org.sandbox.expire_sessions()
    assert (await org.get("limits")).status == 401


async def test_a_session_without_the_api_scope_is_the_second_kind_of_401(org: Any) -> None:
    tokens = org.sandbox.org.tokens
    session = tokens.grant(org.me, "app", ("openid", "refresh_token"))
    answer = await org.get("limits", token=session.token)
    assert (answer.status, answer.code) == (401, "INVALID_SESSION_ID")
    assert answer.body[0]["message"] == "This session is not valid for use with the REST API"


async def test_calls_are_counted_and_the_limit_holds(open_org: Any) -> None:
    org = await open_org(api_limit=3)
    first = await org.get("limits")
    assert first.headers["Sforce-Limit-Info"] == "api-usage=1/3"
    assert first.body["DailyApiRequests"] == {"Max": 3, "Remaining": 2}
    refused = await org.get("sobjects/Nothing")
    assert refused.headers["Sforce-Limit-Info"] == "api-usage=2/3"
    await org.get("limits")
    over = await org.get("limits")
    assert (over.status, over.code) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert over.headers["Sforce-Limit-Info"] == "api-usage=3/3"
    org.sandbox.clock.shift(25 * 3600)
    assert (await org.get("limits", token=org.sandbox.people(1)["token"])).status == 401
    org.sandbox._signed_in.clear()
    assert (await org.get("limits")).headers["Sforce-Limit-Info"] == "api-usage=1/3"


async def test_json_is_compact_unless_asked_and_utf8(org: Any) -> None:
    headers = {"Authorization": f"Bearer {org.sandbox.people()['token']}"}
    url = f"{org.sandbox.url}/services/data/v67.0/limits"
    async with org.http.get(url, headers=headers) as reply:
        assert reply.headers["Content-Type"] == "application/json;charset=UTF-8"
        assert "\n" not in await reply.text()
        assert reply.headers["Content-Encoding"] == "gzip"
    plain = {**headers, "X-PrettyPrint": "1", "Accept-Encoding": "identity"}
    async with org.http.get(url, headers=plain) as reply:
        assert "\n  " in await reply.text()
        assert "Content-Encoding" not in reply.headers


async def test_a_reply_without_content_has_no_body(org: Any) -> None:
    event = await org.event()
    answer = await org.patch(f"sobjects/Event/{event}/", {"Location": "Leeds"})
    assert (answer.status, answer.body) == (204, None)
    assert "Content-Type" not in answer.headers


async def test_names_and_trailing_slashes_do_not_matter(org: Any) -> None:
    event = await org.event()
    answer = await org.get(f"sobjects/event/{event[:15]}/?fields=subject,OWNERID")
    assert {k: v for k, v in answer.body.items() if k != "attributes"} == {
        "Subject": "Visit",
        "OwnerId": org.me,
        "Id": event,
    }
    assert answer.body["attributes"] == {"type": "Event", "url": f"/services/data/v67.0/sobjects/Event/{event}"}


async def test_bad_json_is_refused(org: Any) -> None:
    answer = await org.call("POST", "sobjects/Event", data=b'{"Subject": ')
    assert (answer.status, answer.code) == (400, "JSON_PARSER_ERROR")
    answer = await org.post("sobjects/Event", ["Subject"])
    assert (answer.status, answer.code) == (400, "JSON_PARSER_ERROR")


async def test_the_clock_is_the_servers_own(open_org: Any) -> None:
    org = await open_org(clock_skew=3600.0)
    answer = await org.get("limits")
    ahead = parsedate_to_datetime(answer.headers["Date"]) - datetime.now(UTC)
    assert timedelta(minutes=55) < ahead < timedelta(minutes=65)
    event = await org.read(await org.event())
    assert event["SystemModstamp"] > (datetime.now(UTC) + timedelta(minutes=50)).strftime("%Y-%m-%dT%H:%M:%S")


async def test_a_fault_of_our_own_is_a_500_in_the_apis_words(org: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.sandbox.salesforce.org.Org.limit_info", lambda self: "api-usage=0/0")
    monkeypatch.setattr("daemon.sandbox.salesforce.org.Org.count_call", lambda self: 1 / 0)
    answer = await org.get("limits")
    assert (answer.status, answer.code) == (500, "UNKNOWN_EXCEPTION")


async def test_post_may_stand_for_patch(org: Any) -> None:
    event = await org.event()
    answer = await org.post(f"sobjects/Event/{event}?_HttpMethod=PATCH", {"Subject": "Moved"})
    assert answer.status == 204
    assert (await org.read(event))["Subject"] == "Moved"


async def test_a_doubled_first_slash_is_forgiven(org: Any) -> None:
    for path in ("//services/data", "//services/data/v67.0/limits"):
        assert (await org.get(path)).status == 200


async def test_the_clock_can_be_moved_from_outside(org: Any) -> None:
    """Catches: a harness in another process that has to wait for minutes to pass."""
    before = org.sandbox.clock.now()
    async with org.http.post(f"{org.sandbox.url}/__sandbox__/clock", json={"shift": 660}) as reply:
        assert reply.status == 200
        moved = datetime.fromisoformat((await reply.json())["now"])
    assert timedelta(seconds=660) <= moved - before < timedelta(seconds=720)


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"shift": "soon"}', '{"shift": null}', '{"shift": 1e308}', '{"shift": 2e11}', '{"shift": NaN}'],
)
async def test_a_clock_is_moved_by_seconds_only(org: Any, body: str) -> None:
    before = org.sandbox.clock.now()
    async with org.http.post(f"{org.sandbox.url}/__sandbox__/clock", data=body) as reply:
        assert reply.status == 400
        assert "SECONDS" in (await reply.json())["error"]
    assert org.sandbox.clock.now() - before < timedelta(seconds=60)
