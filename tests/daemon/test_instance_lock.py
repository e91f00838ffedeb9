"""One daemon per user: the second one is refused, and the lock dies with its process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from daemon.instance_lock import AlreadyRunning, InstanceLock

HOLD = "import sys; from pathlib import Path; from daemon.instance_lock import InstanceLock;"


def test_a_second_daemon_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    """Catches: two daemons writing to the same calendars."""
    first, second = InstanceLock(tmp_path / "state" / "daemon.lock"), InstanceLock(tmp_path / "state" / "daemon.lock")
    first.take()
    with pytest.raises(AlreadyRunning, match="already running"):
        second.take()
    first.release()
    second.take()
    second.release()


def test_a_killed_daemon_leaves_no_lock(tmp_path: Path) -> None:
    """Catches: a start refused for ever after kill -9, because the lock file is still there."""
    path = tmp_path / "daemon.lock"
    code = f"{HOLD} lock = InstanceLock(Path({str(path)!r})); lock.take(); print('held', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning):
            InstanceLock(path).take()
    finally:
        holder.kill()
        holder.communicate()
    again = InstanceLock(path)
    again.take()
    again.release()
