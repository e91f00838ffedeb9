"""Tests of the account: connecting by real redirects, what is stored, finishing what was not started."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from daemon.credentials import MemoryCredentials
from daemon.sides.contract import SignInNeeded
from daemon.sides.salesforce.connect import SalesforceAccount
from daemon.sides.salesforce.sign_in import CLOSE_WINDOW
from daemon.sides.salesforce.tokens import REFRESH_TOKEN
from tests.daemon.sides.salesforce.org_setting import HURRIED, Connected

pytestmark = pytest.mark.usefixtures("callback_ports")


async def test_the_whole_way_by_real_redirects(org: Connected, browser: aiohttp.ClientSession) -> None:
    credentials = MemoryCredentials()
    account = SalesforceAccount(org.sandbox.url, org.sandbox.people()["client_id"], "", credentials, patience=HURRIED)
    assert not await account.connected()
    address, expires = await account.start_sign_in()
    assert timedelta(0) < expires - datetime.now(UTC) <= timedelta(minutes=10)
    finishing = asyncio.create_task(account.finish_sign_in())
    async with browser.get(address) as page:
        assert page.status == 200
        assert CLOSE_WINDOW in await page.text()
        assert page.headers["Cache-Control"] == "no-store"
    await finishing
    assert await account.connected()
    assert credentials.get(REFRESH_TOKEN)
    side = account.side("UTC")
    assert (await side.open()).name == "Jane Doe"
    await side.close()
    (token,) = [call for call in org.calls("/services/oauth2/token") if "authorization_code" in call.body]
    assert "code_verifier=" in token.body
    assert "client_secret" not in token.body


async def test_finishing_what_was_not_started(org: Connected) -> None:
    with pytest.raises(SignInNeeded):
        await org.account.finish_sign_in()
