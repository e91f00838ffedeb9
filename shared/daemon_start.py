"""Starts the daemon as a process of its own and waits until it answers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from shared.api_client import ApiClient, ClientError
from shared.app_paths import AppPaths
from shared.endpoint_file import EndpointRefused
from shared.problems import ApiProblem


class CannotStart(Exception):
    """The daemon's program could not be started, or ended at once; the sentence says why and what to do."""


def program(name: str, module: str, *arguments: str) -> list[str]:
    """The command that runs one of our programs: the installed script beside this interpreter, else ``-m module``.

    In a frozen build (PyInstaller) both programs lie in one folder and there is no interpreter to hand a module to.
    """
    ending = ".exe" if os.name == "nt" else ""
    beside = Path(sys.executable).parent / f"{name}{ending}"
    if beside.is_file():
        return [str(beside), *arguments]
    if getattr(sys, "frozen", False):
        raise CannotStart(f"{beside} is missing; install Daybridge again.")
    return [sys.executable, "-m", module, *arguments]


def detached() -> dict[str, Any]:
    """Popen arguments for a process that outlives us and shares no console, stream or process group with us."""
    own: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "close_fds": True}
    if sys.platform == "win32":
        flags = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS | subprocess.CREATE_NO_WINDOW
        return own | {"creationflags": flags}
    return own | {"start_new_session": True}


def spawn_daemon(paths: AppPaths) -> subprocess.Popen[bytes]:
    """Start ``daybridge run``; what it says before its log opens goes to ``daemon-start.log`` in the log folder."""
    paths.make()
    command = program("daybridge", "daemon", "run")
    # Run from where the packages lie: that works installed and from a source tree, and holds no folder of the person.
    home = Path(__file__).resolve().parent.parent
    with (paths.logs / "daemon-start.log").open("wb") as complaints:
        try:
            return subprocess.Popen(command, cwd=home, stderr=complaints, **detached())
        except OSError as error:
            raise CannotStart(
                f"The daemon could not be started ({error.strerror}); install Daybridge again."
            ) from error


def answers(client: ApiClient) -> bool:
    """Whether a daemon of our API version answers now."""
    try:
        client.status()
    except (ClientError, EndpointRefused, ApiProblem):
        client.forget_endpoint()
        return False
    return True


def start_daemon(
    client: ApiClient,
    paths: AppPaths,
    *,
    seconds: float = 30.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Start the daemon unless one answers, and wait for its first answer. Raises CannotStart.

    Two clients may do this at once: the daemon's own lock lets one of the processes live, and both clients find it.
    """
    if answers(client):
        return
    process = spawn_daemon(paths)
    # It outlives us or ends before us; in the second case somebody must take note, or it stays behind as a zombie.
    threading.Thread(target=process.wait, name="daemon process", daemon=True).start()
    deadline = clock() + seconds
    while clock() < deadline:
        if answers(client):
            return
        if process.poll() not in (None, 0) and not answers(client):
            raise CannotStart(_complaint(paths, process.returncode))
        sleep(0.1)
    raise CannotStart(f"The daemon did not answer within {seconds:g} seconds; look at {paths.log_file}.")


def _complaint(paths: AppPaths, code: int) -> str:
    """The daemon's last word, or its exit code."""
    try:
        lines = (paths.logs / "daemon-start.log").read_text("utf-8", "replace").split("\n")
    except OSError:
        lines = []
    said = [line.strip() for line in lines if line.strip()]
    return said[-1] if said else f"The daemon ended at once with exit code {code}; look at {paths.log_file}."
