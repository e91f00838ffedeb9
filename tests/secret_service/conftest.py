"""A real Secret Service for these tests: gnome-keyring under its own D-Bus session, in folders of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Inside = Callable[[str, str | None], subprocess.CompletedProcess[str]]


@pytest.fixture
def inside(tmp_path: Path) -> Inside:
    """Run Python code in a session whose keyring was unlocked with a password (None: never unlocked)."""
    missing = [name for name in ("dbus-run-session", "gnome-keyring-daemon") if shutil.which(name) is None]
    if missing:
        if os.environ.get("CI"):
            pytest.fail(f"not installed: {', '.join(missing)}")
        pytest.skip(f"not installed: {', '.join(missing)}")
    for name in ("run", "data"):
        (tmp_path / name).mkdir(mode=0o700)

    def run(code: str, password: str | None = "test") -> subprocess.CompletedProcess[str]:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "XDG_RUNTIME_DIR": str(tmp_path / "run"),
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "PYTHONPATH": str(ROOT),
        }
        start = "gnome-keyring-daemon --components=secrets >/dev/null 2>&1 &"
        if password is not None:
            start = f"printf {password} | gnome-keyring-daemon --unlock --components=secrets >/dev/null"
        script = f'{start}\nexec "$0" -c "$1"'
        command = ["dbus-run-session", "--", "sh", "-c", script, sys.executable, code]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)

    return run
