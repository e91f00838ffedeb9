"""Tests of our requests session: plain http on loopback only, time-outs, what is repeated and what is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from daemon.sides.contract import SideUnavailable
from daemon.sides.salesforce.session import Patience, SalesforceSession, checked_origin
from tests.daemon.sides.salesforce.org_setting import BRIEFLY, HURRIED, Connect, Connected

IDS = "SELECT Id FROM Event"


def test_trap_4_only_a_plain_loopback_origin_is_rewritten() -> None:
    session = SalesforceSession(HURRIED)
    assert session._address("https://127.0.0.1:8080/x") == "https://127.0.0.1:8080/x"
    session.serve("http://127.0.0.1:8080")
    assert session._address("https://127.0.0.1:8080/x?q=1") == "http://127.0.0.1:8080/x?q=1"
    assert session._address("https://127.0.0.1:8081/x") == "https://127.0.0.1:8081/x"
    assert session._address("https://acme.my.salesforce.com/x") == "https://acme.my.salesforce.com/x"
    session.serve("https://127.0.0.1:9000")
    assert session._address("https://127.0.0.1:9000/x") == "https://127.0.0.1:9000/x"


async def test_trap_5_a_read_does_not_wait_for_ever(connect: Connect) -> None:
    org: Connected = await connect(patience=Patience(connect=5, read=0.3))
    await org.side.open()
    org.fail("queryAll", "delay", seconds=1.5)
    org.sandbox.journal.clear()
    with pytest.raises(SideUnavailable) as late:
        await org.observe()
    assert late.value.text.code == "salesforce.unreachable"
    assert len(org.calls("queryAll")) == 1, "it has cost a minute already"


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
    org: Connected = await connect(policy=replace(BRIEFLY, attempts=6))
    await org.side.open()
    org.sandbox.journal.clear()
    org.fail("queryAll", "status", status=420, times=9)
    with pytest.raises(SideUnavailable):
        await org.observe()
    assert len(org.calls("queryAll")) == 3


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
