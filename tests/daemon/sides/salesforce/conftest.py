"""Fixtures: the connector against the Salesforce sandbox over loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import filelock
import pytest

from daemon.credentials import MemoryCredentials
from daemon.sandbox.salesforce import SalesforceOptions, SalesforceSandbox
from daemon.sides.retry import RetryPolicy
from daemon.sides.salesforce.connect import SalesforceAccount
from daemon.sides.salesforce.session import Patience
from daemon.sides.salesforce.tokens import REFRESH_TOKEN
from tests.daemon.sides.salesforce.org_setting import BRIEFLY, HURRIED, Connect, Connected


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Start an org with the given features and open a side for its first person."""
    opened: list[Connected] = []

    async def start(
        key: str = "", patience: Patience = HURRIED, policy: RetryPolicy = BRIEFLY, **features: Any
    ) -> Connected:
        features.setdefault("consent", "auto")
        features.setdefault("big_table", 0)
        sandbox = SalesforceSandbox(SalesforceOptions(**features))
        url = await sandbox.start()
        person = sandbox.people()
        credentials = MemoryCredentials()
        credentials.set(REFRESH_TOKEN, person["refresh_token"])
        slept: list[float] = []

        async def sleep(seconds: float) -> None:
            slept.append(seconds)
            sandbox.clock.shift(seconds)

        account = SalesforceAccount(
            url, person["client_id"], key, credentials, patience=patience, sleep=sleep, policy=policy
        )
        opened.append(Connected(sandbox, account, credentials, account.side("Europe/Vienna"), slept))
        return opened[-1]

    yield start
    for one in opened:
        await one.side.close()
        await one.sandbox.stop()


@pytest.fixture
async def org(connect: Connect) -> Connected:
    """An org with the defaults and a side that was opened."""
    connected: Connected = await connect()
    await connected.side.open()
    connected.sandbox.journal.clear()
    return connected


@pytest.fixture
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def callback_ports() -> Iterator[None]:
    """The call-back ports are fixed, so that only one test on this machine may use them at a time."""
    with filelock.FileLock("/tmp/daybridge-test-callback-ports.lock", timeout=120):
        yield
