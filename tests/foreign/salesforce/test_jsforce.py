"""The published jsforce against the Salesforce sandbox: CRUD, collections, upsert, paging, metadata, sign-in."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest

from daemon.sandbox.salesforce import SalesforceOptions, SalesforceSandbox

JUDGE = Path(__file__).with_name("judge_jsforce.mjs")
CHECKS = re.findall(r"^  async (\w+)\(", JUDGE.read_text("utf-8"), re.MULTILINE)
_SECONDS = 60


def test_the_checks_are_found() -> None:
    assert len(CHECKS) == 13


@pytest.mark.parametrize("check", CHECKS)
async def test_jsforce(check: str, node: Path, jsforce: Path) -> None:
    sandbox = SalesforceSandbox(SalesforceOptions(consent="auto", big_table=5200))
    url = await sandbox.start()
    me = sandbox.people()
    env = {
        "PATH": os.environ["PATH"],
        "JSFORCE_HOME": str(jsforce),
        "SF_URL": url,
        "SF_TOKEN": me["token"],
        "SF_REFRESH": me["refresh_token"],
        "SF_CLIENT": me["client_id"],
        "SF_SECRET": me["client_secret"],
        "SF_USERNAME": me["username"],
        "SF_PASSWORD": me["password"],
        "SF_USER": me["user_id"],
    }
    try:
        process = await asyncio.create_subprocess_exec(
            str(node), str(JUDGE), check, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        try:
            said, _ = await asyncio.wait_for(process.communicate(), _SECONDS)
        except TimeoutError:
            process.kill()
            raise
    finally:
        await sandbox.stop()
    assert process.returncode == 0, said.decode()
    assert sandbox.journal.entries
    assert not [e for e in sandbox.journal.entries if e.status == 500]
