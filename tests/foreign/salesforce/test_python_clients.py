"""Python's Salesforce clients against the sandbox: aio-sf, aiosalesforce, and simple-salesforce over https."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from daemon.sandbox.salesforce import SalesforceOptions, SalesforceSandbox

AIO_SF = "aio-sf==0.1.0b14"
AIOSALESFORCE = "aiosalesforce==0.6.2"
SIMPLE_SALESFORCE = "simple-salesforce==1.12.10"
BIG = 4500
_SECONDS = 90
PythonWith = Callable[[str], Path]


async def _judge(python: Path, program: str, *arguments: str, **env: str) -> None:
    """Run a judge; it must end well."""
    process = await asyncio.create_subprocess_exec(
        str(python),
        str(Path(__file__).with_name(program)),
        *arguments,
        env=env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), _SECONDS)
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode == 0, said.decode()


@asynccontextmanager
async def _served(*arguments: str) -> AsyncIterator[dict[str, Any]]:
    """`daybridge sandbox` as a process: what its first line says."""
    command = (
        sys.executable,
        "-m",
        "daemon",
        "sandbox",
        "--seed",
        "empty",
        "--feature",
        f"big_table={BIG}",
        *arguments,
    )
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield json.loads(await asyncio.wait_for(process.stdout.readline(), _SECONDS))
    finally:
        process.terminate()
        await process.communicate()


async def test_aio_sf(python_with: PythonWith) -> None:
    sandbox = SalesforceSandbox(SalesforceOptions(big_table=BIG))
    url = await sandbox.start()
    try:
        await _judge(python_with(AIO_SF), "judge_aio_sf.py", url, sandbox.people()["token"])
    finally:
        await sandbox.stop()
    assert not [e for e in sandbox.journal.entries if e.status == 500]


async def test_aiosalesforce(python_with: PythonWith) -> None:
    sandbox = SalesforceSandbox(SalesforceOptions(big_table=BIG, client_credentials=True))
    url = await sandbox.start()
    app = sandbox.people()
    try:
        await _judge(python_with(AIOSALESFORCE), "judge_aiosalesforce.py", url, app["client_id"], app["client_secret"])
    finally:
        await sandbox.stop()
    assert not [e for e in sandbox.journal.entries if e.status == 500]


async def test_simple_salesforce_over_https(python_with: PythonWith) -> None:
    async with _served("--tls") as said:
        org = said["salesforce"]
        assert org["url"].startswith("https://127.0.0.1:")
        python = python_with(SIMPLE_SALESFORCE)
        await _judge(python, "judge_simple_salesforce.py", org["url"], org["token"], REQUESTS_CA_BUNDLE=said["ca_file"])
