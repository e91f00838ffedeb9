"""aio-sf against the Salesforce sandbox, in a cached environment of its own (it brings pandas and pyarrow)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from daemon.sandbox.salesforce import SalesforceOptions, SalesforceSandbox

AIO_SF = "aio-sf==0.1.0b14"
JUDGE = Path(__file__).with_name("judge_aio_sf.py")


@pytest.fixture(scope="session")
def aio_sf_python(foreign_cache: Path) -> Path:
    """The interpreter of an environment that has aio-sf."""
    folder = foreign_cache / "aio-sf"
    python, uv = folder / "bin" / "python", str(Path(sys.executable).with_name("uv"))
    with FileLock(foreign_cache / "aio-sf.lock"):
        if not (folder / ".ready").exists():
            subprocess.run(
                [uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)], check=True, timeout=60
            )
            subprocess.run([uv, "pip", "install", "-q", "--python", str(python), AIO_SF], check=True, timeout=300)
            (folder / ".ready").touch()
    return python


async def test_aio_sf(aio_sf_python: Path) -> None:
    sandbox = SalesforceSandbox(SalesforceOptions(big_table=4500))
    url = await sandbox.start()
    try:
        process = await asyncio.create_subprocess_exec(
            str(aio_sf_python),
            str(JUDGE),
            url,
            sandbox.people()["token"],
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await asyncio.wait_for(process.communicate(), 90)
    finally:
        await sandbox.stop()
    assert process.returncode == 0, said.decode()
    assert not [e for e in sandbox.journal.entries if e.status == 500]
