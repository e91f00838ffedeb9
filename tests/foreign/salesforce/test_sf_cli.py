"""Salesforce's own command line against the sandbox: both sign-ins, events, describe, rotation; part of ``make soak``.

It is 300 MB and takes some seconds for every command, which is too much for each ``make test-foreign``.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlsplit

import aiohttp
import pytest
import trustme
from playwright.async_api import Page

from daemon.sandbox.salesforce import SalesforceOptions, SalesforceSandbox
from tests.foreign.salesforce.sf_cli import SalesforceCli

CLI = "2.150.6"
#: The installation counts for the first test that needs it.
pytestmark = [pytest.mark.soak, pytest.mark.timeout(1200)]

Open = Callable[..., Awaitable[SalesforceSandbox]]


@pytest.fixture
def sf(node: Path, npm_folder: Callable[[str, str], Path], tmp_path: Path) -> SalesforceCli:
    """The command line, signed in nowhere."""
    folder = npm_folder("@salesforce/cli", CLI)
    return SalesforceCli(node, folder / "node_modules" / "@salesforce" / "cli" / "bin" / "run.js", tmp_path)


@pytest.fixture
async def open_org() -> AsyncIterator[Open]:
    """Starts sandboxes; none may have failed inside by the end of the test."""
    running: list[SalesforceSandbox] = []

    async def start(context: ssl.SSLContext | None = None, **options: object) -> SalesforceSandbox:
        sandbox = SalesforceSandbox(SalesforceOptions(**{"big_table": 0, **options}))
        running.append(sandbox)
        await sandbox.start(ssl_context=context)
        return sandbox

    yield start
    for sandbox in running:
        await sandbox.stop()
        assert not [e for e in sandbox.journal.entries if e.status == 500]


def _at(hour: int) -> str:
    return f"{datetime.now(UTC).date() + timedelta(days=2)}T{hour:02}:00:00Z"


async def _approve(page: Page, username: str, password: str) -> None:
    """Log in with a typing error first, then allow the app, and read what the command line says at the end."""
    for attempt in (f"{password}x", password):
        await page.fill("#username", username)
        await page.fill("#password", attempt)
        await page.click("#Login")
    assert "Salesforce CLI" in await page.inner_text("body")
    await page.click("#oaapprove")
    await page.wait_for_url("http://localhost:1717/OauthSuccess")


async def test_events_through_an_access_token(sf: SalesforceCli, open_org: Open) -> None:
    sandbox = await open_org()
    me = sandbox.people(1)
    signed_in = (await sf.log_in_by_token(sandbox.url, me["token"])).result
    assert (signed_in["username"], signed_in["orgId"]) == (me["username"], me["org_id"])
    assert (await sf.json("org", "display")).result["connectedStatus"] == "Connected"

    event = ("--sobject", "Event")
    values = f"Subject='Visit to Leeds' StartDateTime={_at(9)} EndDateTime={_at(10)} ShowAs=OutOfOffice"
    made = (await sf.json("data", "create", "record", *event, "--values", values)).result
    assert made["success"]
    row = sandbox.row("Event", made["id"])
    assert (row["Subject"], row["OwnerId"], row["ShowAs"]) == ("Visit to Leeds", me["user_id"], "OutOfOffice")

    soql = "SELECT Id, Subject, Owner.Name, StartDateTime FROM Event WHERE Subject LIKE 'Visit%'"
    found = (await sf.json("data", "query", "--query", soql)).result
    assert (found["totalSize"], found["done"]) == (1, True)
    assert (found["records"][0]["Id"], found["records"][0]["Owner"]["Name"]) == (made["id"], "Priya Nair")
    table = await sf.run("data", "query", "--query", soql, "--target-org", sf.org, "--result-format", "csv")
    assert table.text.splitlines()[0] == "Id,Subject,Owner.Name,StartDateTime"

    one = (*event, "--record-id", made["id"])
    changes = ("--values", "Location='Room 2' DurationInMinutes=30")
    assert (await sf.json("data", "update", "record", *one, *changes)).result["success"]
    read = (await sf.json("data", "get", "record", *one)).result
    assert (read["Location"], read["EndDateTime"]) == ("Room 2", _at(9).replace(":00:00Z", ":30:00.000+0000"))
    refused = await sf.json("data", "update", "record", *one, "--values", "EndDate=2026-01-01")
    assert (refused.code, refused.document["name"]) == (1, "INVALID_FIELD_FOR_INSERT_UPDATE")
    assert (await sf.json("data", "delete", "record", *one)).result["success"]
    assert (await sf.json("data", "query", "--query", soql)).result["totalSize"] == 0
    everything = (await sf.json("data", "query", "--all-rows", "--query", soql)).result
    assert [r["Id"] for r in everything["records"]] == [made["id"]]
    gone = await sf.json("data", "get", "record", *one)
    assert (gone.code, gone.document["name"]) == (1, "ENTITY_IS_DELETED")


async def test_describe_and_plain_requests(sf: SalesforceCli, open_org: Open) -> None:
    sandbox = await open_org()
    await sf.log_in_by_token(sandbox.url, sandbox.people()["token"])
    described = (await sf.json("sobject", "describe", "--sobject", "Event")).result
    assert {f["name"]: f["length"] for f in described["fields"]}["Subject"] == 255
    assert {"Event", "EventRelation", "User"} <= set((await sf.json("sobject", "list")).result)
    wrong = await sf.json("data", "query", "--query", "SELECT Nothing FROM Event")
    assert (wrong.code, wrong.document["name"]) == (1, "INVALID_FIELD")
    limits = {one["name"]: one for one in (await sf.json("org", "list", "limits")).result}
    assert limits["DailyApiRequests"]["max"] == sandbox.options.api_limit
    request = ("api", "request", "rest", "--target-org", sf.org)
    shown = await sf.run(*request, "/services/data/v67.0/limits")
    assert shown.document["DailyApiRequests"]["Remaining"] < limits["DailyApiRequests"]["remaining"]
    body = f'{{"Subject": "By hand", "StartDateTime": "{_at(11)}", "EndDateTime": "{_at(12)}"}}'
    made = await sf.run(*request, "/services/data/v67.0/sobjects/Event", "--method", "POST", "--body", body)
    assert sandbox.row("Event", made.document["id"])["Subject"] == "By hand"
    searched = (await sf.json("data", "search", "--query", "FIND {Acme} RETURNING Account(Name)")).result
    assert [r["Name"] for r in searched["searchRecords"]] == ["Acme Harbour Works"]


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_browser_sign_in_and_refresh_tokens_that_rotate(
    sf: SalesforceCli, open_org: Open, tmp_path: Path, scheme: str
) -> None:
    context = None
    if scheme == "https":
        authority = trustme.CA()
        sf.ca_file = tmp_path / "authority.pem"
        authority.cert_pem.write_to_path(sf.ca_file)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
    sandbox = await open_org(context, pkce="required")
    me = sandbox.people(1)
    async with sf.log_in_in_a_browser(sandbox.url) as (page, ending):
        await _approve(page, me["username"], me["password"])
        signed_in = (await ending).result
    assert (signed_in["username"], signed_in["clientId"]) == (me["username"], "PlatformCLI")

    asked = parse_qs(urlsplit(sf.seen[0]).query)
    (redeemed,) = sandbox.journal.calls("POST", "/oauth2/token")
    sent = dict(parse_qsl(redeemed.body))
    proof = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    assert asked["code_challenge"] == [proof]
    assert "client_secret" not in sent

    used = []
    for _ in range(3):
        sandbox.expire_sessions()
        sandbox.journal.clear()
        assert (await sf.json("data", "query", "--query", "SELECT Id FROM Account")).result["totalSize"] == 3
        (refreshed,) = sandbox.journal.calls("POST", "/oauth2/token")
        assert refreshed.status == 200
        used.append(dict(parse_qsl(refreshed.body))["refresh_token"])
    assert len(set(used)) == 3

    # A copy of a token that was rotated away, used by somebody else, ends the whole sign-in.
    form = {"grant_type": "refresh_token", "client_id": "PlatformCLI", "refresh_token": used[0]}
    trusted = context and ssl.create_default_context(cafile=str(sf.ca_file))
    async with aiohttp.ClientSession() as http:
        thief = await http.post(f"{sandbox.url}/services/oauth2/token", data=form, ssl=trusted or True)
        assert (thief.status, (await thief.json())["error"]) == (400, "invalid_grant")
    ended = await sf.json("data", "query", "--query", "SELECT Id FROM Account")
    assert ended.code != 0
    assert "expired access/refresh token" in ended.text


async def test_a_person_who_denies(sf: SalesforceCli, open_org: Open) -> None:
    sandbox = await open_org()
    me = sandbox.people()
    async with sf.log_in_in_a_browser(sandbox.url) as (page, ending):
        await page.fill("#username", me["username"])
        await page.fill("#password", me["password"])
        await page.click("#Login")
        await page.click("#oadeny")
        await page.wait_for_url("http://localhost:1717/OauthError")
        ended = await ending
    assert (ended.code, ended.document["name"]) == (1, "access_denied")
    assert not sandbox.journal.calls("POST", "/oauth2/token")


async def test_an_org_without_the_app(sf: SalesforceCli, open_org: Open) -> None:
    sandbox = await open_org(app_installed=False)
    async with sf.log_in_in_a_browser(sandbox.url) as (page, ending):
        await page.wait_for_url("http://localhost:1717/OauthError")
        ended = await ending
    assert (ended.code, ended.document["name"]) == (1, "invalid_client")
