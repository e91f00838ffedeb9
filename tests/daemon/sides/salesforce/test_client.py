"""Tests of the port: each trap of simple-salesforce (reference/salesforce.md 5) once, and what bad answers become."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import trustme

from daemon.credentials import MemoryCredentials
from daemon.sandbox.salesforce import SalesforceOptions, SalesforceSandbox
from daemon.sides.contract import LimitReached, SideUnavailable, SignInNeeded
from daemon.sides.salesforce.answers import AnswerLost, collection_results, composite_results
from daemon.sides.salesforce.client import API_VERSION, Patch, checked_id
from daemon.sides.salesforce.connect import connect as connect_account
from daemon.sides.salesforce.session import Patience, SalesforceSession, checked_origin
from daemon.sides.salesforce.tokens import REFRESH_TOKEN
from tests.daemon.sides.salesforce.org_setting import HURRIED, Connect, Connected, create, event, meeting

ROOT = Path(__file__).parents[4]
IDS = "SELECT Id FROM Event"


# -- traps, by their numbers ------------------------------------------------------------------------------------------


async def test_trap_1_a_replay_keeps_the_callers_headers(org: Connected) -> None:
    key = org.sandbox.insert("Event", event(), org.me)
    org.sandbox.expire_sessions()
    org.sandbox.journal.clear()
    client = org.side._client
    await client.update_rows("Event", [Patch(key, {"Subject": "x"}, "Sun, 01 Jan 2006 00:00:00 GMT")])
    refused, repeated = org.calls("/composite$")
    assert (refused.status, repeated.status) == (401, 200)
    assert refused.body == repeated.body
    assert "If-Unmodified-Since" in repeated.body
    assert refused.headers["Sforce-Call-Options"] == repeated.headers["Sforce-Call-Options"] == "client=Daybridge"
    assert org.sandbox.row("Event", key)["Subject"] == "Visit"


async def test_trap_2_a_401_that_persists_ends_after_one_refresh(org: Connected) -> None:
    body = '[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]'
    org.fail("queryAll", "status", status=401, body=body, content_type="application/json", times=50)
    with pytest.raises(SignInNeeded):
        await org.side._client.query_all(IDS)
    assert len(org.calls("queryAll")) == 2
    assert len(org.calls("/services/oauth2/token")) == 1


async def test_trap_3_an_expired_session_is_refreshed_by_us(org: Connected) -> None:
    org.sandbox.expire_sessions()
    assert (await org.side._client.query_all(IDS)).complete
    assert len(org.calls("/services/oauth2/token")) == 1
    assert org.side._client._library._salesforce_login_partial is None, "the library is never allowed to refresh"


def test_trap_4_only_a_plain_loopback_origin_is_rewritten() -> None:
    session = SalesforceSession(HURRIED)
    assert session._address("https://127.0.0.1:8080/x") == "https://127.0.0.1:8080/x"
    session.serve("http://127.0.0.1:8080")
    assert session._address("https://127.0.0.1:8080/x?q=1") == "http://127.0.0.1:8080/x?q=1"
    assert session._address("https://127.0.0.1:8081/x") == "https://127.0.0.1:8081/x"
    assert session._address("https://acme.my.salesforce.com/x") == "https://acme.my.salesforce.com/x"
    session.serve("https://127.0.0.1:9000")
    assert session._address("https://127.0.0.1:9000/x") == "https://127.0.0.1:9000/x"


async def test_trap_4_and_over_tls_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    bundle = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(bundle)
    sandbox = SalesforceSandbox(SalesforceOptions(big_table=0))
    url = await sandbox.start(ssl_context=context)
    credentials = MemoryCredentials()
    credentials.set(REFRESH_TOKEN, sandbox.people()["refresh_token"])
    side = connect_account(url, sandbox.people()["client_id"], "", credentials, zone_hint="UTC")
    try:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt")
        with pytest.raises(SideUnavailable) as refused:
            await side.open()
        assert "certificate" in refused.value.text.text
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
        assert (await side.open()).name == "Jane Doe"
    finally:
        await side.close()
        await sandbox.stop()


async def test_trap_5_a_read_does_not_wait_for_ever(connect: Connect) -> None:
    org: Connected = await connect(patience=Patience(connect=5, read=0.3, tries=3, pause=0.01, longest_pause=0.02))
    await org.side.open()
    org.fail("queryAll", "delay", seconds=1.5)
    with pytest.raises(SideUnavailable) as late:
        await org.observe()
    assert late.value.text.code == "salesforce.unreachable"


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        ({"action": "status", "status": 500}, 3),
        ({"action": "status", "status": 502}, 3),
        ({"action": "status", "status": 503, "body": "<html>maintenance</html>"}, 3),
        ({"action": "status", "status": 504}, 3),
        ({"action": "status", "status": 429}, 3),
        ({"action": "status", "status": 420}, 3),
        ({"action": "cut_before"}, 3),
        ({"action": "truncate"}, 3),
        ({"action": "status", "status": 400, "body": '[{"message":"m","errorCode":"X"}]'}, 1),
        ({"action": "status", "status": 501}, 1),
    ],
)
async def test_trap_5_reads_are_repeated_for_what_may_pass(org: Connected, fault: dict[str, Any], tries: int) -> None:
    org.fail("queryAll", times=2, **fault)
    if tries == 3:
        assert (await org.observe()).coverage.complete
    else:
        with pytest.raises(SideUnavailable):
            await org.observe()
    assert len(org.calls("queryAll")) == tries


async def test_trap_5_status_420_is_repeated_twice_at_most(connect: Connect) -> None:
    org: Connected = await connect(patience=Patience(connect=5, read=5, tries=6, pause=0.01, longest_pause=0.02))
    await org.side.open()
    org.sandbox.journal.clear()
    org.fail("queryAll", "status", status=420, times=9)
    with pytest.raises(SideUnavailable):
        await org.observe()
    assert len(org.calls("queryAll")) == 3


async def test_trap_6_an_empty_list_is_an_empty_list(org: Connected) -> None:
    org.fail("composite/sobjects", "status", status=200, body="[]", content_type="application/json")
    assert await org.side._client.create_rows("Event", []) == []
    org.fail("composite/sobjects", "status", status=204)
    with pytest.raises(AnswerLost):
        await org.side._client.create_rows("Event", [{"Subject": "x"}])
    assert collection_results(None, 0) == []
    with pytest.raises(AnswerLost):
        composite_results(None, 1)
    with pytest.raises(AnswerLost):
        collection_results([{"success": True}], 2)


async def test_trap_7_a_401_that_is_not_json_is_refreshed_all_the_same(org: Connected) -> None:
    org.fail("queryAll", "status", status=401, body="<html>log in</html>")
    assert (await org.observe()).coverage.complete
    assert len(org.calls("/services/oauth2/token")) == 1


async def test_trap_8_the_delete_log_is_asked_with_good_moments(org: Connected) -> None:
    key = org.sandbox.insert("Event", event(), org.me)
    org.sandbox.delete("Event", key, org.me)
    now = datetime.now(UTC)
    zoned = now.astimezone(datetime.now().astimezone().tzinfo)
    assert list(await org.side._client.deleted_ids("Event", zoned - timedelta(days=2), zoned)) == [key]
    (call,) = org.calls("/deleted/")
    asked = parse_qs(call.query)
    assert asked["start"] == [(now - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:00+00:00")]


@pytest.mark.parametrize("bad", ["", "00U/../Contact", "00U 000000000001", "00U000000000001AA", "../../limits", "a:b"])
def test_trap_9_only_ids_stand_in_an_address(bad: str) -> None:
    with pytest.raises(ValueError):
        checked_id(bad)
    assert checked_id("00U000000000001AAA")
    assert checked_id("00U000000000001")


async def test_trap_10_the_usage_header_of_every_answer_is_followed(org: Connected) -> None:
    for _ in range(3):
        await org.side._client.query_all(IDS)
    assert org.side.budget().org_used == org.sandbox.org.used_calls()


async def test_trap_11_one_thread_does_it_all(org: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()
    original = SalesforceSession._once

    def noted(self: SalesforceSession, *args: Any, **options: Any) -> Any:
        threads.add(threading.get_ident())
        return original(self, *args, **options)

    monkeypatch.setattr(SalesforceSession, "_once", noted)
    await asyncio.gather(*(org.side._client.query_all(IDS) for _ in range(8)))
    assert len(threads) == 1
    assert threading.get_ident() not in threads


def test_trap_12_the_library_is_imported_when_first_needed() -> None:
    code = "import sys, daemon.sides.salesforce.connect; sys.exit('simple_salesforce' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


async def test_a_netrc_file_does_not_replace_the_token(
    org: Connected, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login jane password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    org.side._client._session.trust_env = True
    await org.side._client.query_all(IDS)
    assert {call.headers["Authorization"] for call in org.calls("queryAll")} == {"Bearer"}


async def test_the_version_is_pinned(org: Connected) -> None:
    await org.observe()
    assert all(call.path.startswith(f"/services/data/v{API_VERSION}/") for call in org.calls())
    assert "X-PrettyPrint" not in org.calls()[0].headers


# -- bad answers -----------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://login.salesforce.com", "https://login.salesforce.com"),
        ("https://login.salesforce.com/", "https://login.salesforce.com"),
        (" acme--uat.sandbox.my.salesforce.com ", "https://acme--uat.sandbox.my.salesforce.com"),
        ("http://localhost:8080/x", "http://localhost:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_login_addresses(given: str, origin: str) -> None:
    assert checked_origin(given) == origin


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "salesforce.bad_login_url"),
        ("my company", "salesforce.bad_login_url"),
        ("ftp://login.salesforce.com", "salesforce.bad_login_url"),
        ("https://acme.lightning.force.com", "salesforce.bad_login_url"),
        ("http://login.salesforce.com", "salesforce.https_only"),
        ("https://host:99999999", "salesforce.bad_login_url"),
    ],
)
def test_bad_login_addresses(given: str, code: str) -> None:
    with pytest.raises(SideUnavailable) as refused:
        checked_origin(given)
    assert refused.value.text.code == code
