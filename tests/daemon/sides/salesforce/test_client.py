"""Tests of the port: each trap of simple-salesforce (reference/salesforce.md 5) once, and what bad answers become."""

from __future__ import annotations

import asyncio
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
from daemon.sides.contract import SideUnavailable, SignInNeeded
from daemon.sides.salesforce.answers import AnswerLost, collection_results, composite_results
from daemon.sides.salesforce.client import API_VERSION, Patch, checked_id
from daemon.sides.salesforce.connect import connect as connect_account
from daemon.sides.salesforce.session import SalesforceSession
from daemon.sides.salesforce.tokens import REFRESH_TOKEN
from tests.daemon.sides.salesforce.org_setting import Connected, event

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


async def test_the_version_is_pinned(org: Connected) -> None:
    await org.observe()
    assert all(call.path.startswith(f"/services/data/v{API_VERSION}/") for call in org.calls())
    assert "X-PrettyPrint" not in org.calls()[0].headers
