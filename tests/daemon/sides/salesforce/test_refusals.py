"""Tests of bad answers: each is one sentence and the right error, and nothing is sent while we back off."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from daemon.credentials import MemoryCredentials
from daemon.sides.contract import LimitReached, SideUnavailable, SignInNeeded
from daemon.sides.salesforce.connect import connect as connect_account
from daemon.sides.salesforce.tokens import REFRESH_TOKEN
from tests.daemon.sides.salesforce.org_setting import Connect, Connected, create, meeting

IDS = "SELECT Id FROM Event"


def _said(code: str, message: str = "m") -> str:
    return json.dumps([{"message": message, "errorCode": code}])


_NO_REST = "This session is not valid for use with the REST API"
_CONCURRENT = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ({"status": 200, "body": "<html>Sign in to the hotel</html>"}, SideUnavailable, "not_salesforce"),
        ({"status": 200, "body": '{"totalSize":1,"rec'}, SideUnavailable, "not_salesforce"),
        ({"status": 403, "body": "<html>blocked</html>"}, SideUnavailable, "not_salesforce"),
        ({"status": 404, "body": "nothing"}, SideUnavailable, "not_salesforce"),
        ({"status": 503, "body": "<html>down</html>", "times": 9}, SideUnavailable, "busy"),
        ({"status": 302, "headers": {"Location": "http://[::1]:1/"}, "times": 9}, SideUnavailable, "not_salesforce"),
        ({"status": 410, "body": _said("UNSUPPORTED_API_VERSION")}, SideUnavailable, "version_retired"),
        ({"status": 401, "body": _said("INVALID_SESSION_ID", _NO_REST)}, SignInNeeded, "no_api_access"),
        ({"status": 403, "body": _said("API_DISABLED_FOR_ORG")}, SignInNeeded, "no_api_access"),
        ({"status": 403, "body": _said("REQUEST_LIMIT_EXCEEDED", "TotalRequests")}, LimitReached, "limit_daily"),
        ({"status": 403, "body": _said("REQUEST_LIMIT_EXCEEDED", _CONCURRENT)}, LimitReached, "limit_concurrent"),
        ({"status": 400, "body": _said("SOMETHING_NEW", "odd.")}, SideUnavailable, "refused_request"),
    ],
)
async def test_each_bad_answer_is_one_sentence(org: Connected, fault: dict[str, Any], error: type, code: str) -> None:
    org.fail("queryAll", "status", **fault)
    with pytest.raises(error) as raised:
        await org.observe()
    assert raised.value.text.code == f"salesforce.{code}"
    assert "{" not in raised.value.text.text
    assert raised.value.text.text.endswith(".")


async def test_after_the_limit_nothing_is_sent_for_hours(connect: Connect) -> None:
    org: Connected = await connect(api_limit=5)
    await org.side.open()
    for _ in range(3):
        await org.side._client.query_all(IDS)
    with pytest.raises(LimitReached) as stopped:
        await org.side._client.query_all(IDS)
    until = stopped.value.until
    assert until is not None
    assert until - datetime.now(UTC) > timedelta(hours=1)
    sent = len(org.calls())
    for again in (org.observe(), org.side.look(["00U000000000001AAA"]), org.write(create(meeting()))):
        with pytest.raises(LimitReached):
            await again
    assert len(org.calls()) == sent


async def test_near_the_limit_no_reading_starts(connect: Connect) -> None:
    org: Connected = await connect(api_limit=100)
    await org.side.open()
    org.side._budget.follow("api-usage=96/100")
    with pytest.raises(LimitReached) as stopped:
        await org.observe()
    assert stopped.value.text.code == "salesforce.limit_near"


async def test_nobody_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        credentials = MemoryCredentials()
        credentials.set(REFRESH_TOKEN, "token")
        side = connect_account(url, "client", "", credentials, zone_hint="UTC")
        with pytest.raises(SideUnavailable) as unreachable:
            await side.open()
        assert "connection refused" in unreachable.value.text.text
        await side.close()
    assert credentials.get(REFRESH_TOKEN) == "token"
