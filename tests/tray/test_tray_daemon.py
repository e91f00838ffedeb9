"""The tray client with the real daemon: it starts one, tells why one cannot start, and restarts one of another version."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from shared import endpoint_file
from shared.api_client import ApiClient, ClientError
from shared.endpoint_file import Endpoint
from shared.states import DaemonState
from tests.tray.desktop import Desktop, Programs, until
from tests.tray.notifier import Watcher

Make = Callable[[Desktop], Programs]


@pytest.fixture
def watcher(desktop: Desktop) -> Iterator[Watcher]:
    found = Watcher(desktop.start_bus())
    yield found
    found.close()


def end(client: ApiClient) -> None:
    """End a daemon that the tray client started, if there is one."""
    client.forget_endpoint()
    try:
        client.shutdown()
    except ClientError:
        return
    until(lambda: not _answers(client))


def _answers(client: ApiClient) -> bool:
    try:
        client.status()
    except ClientError:
        client.forget_endpoint()
        return False
    return True


def test_the_real_daemon_is_shown(desktop: Desktop, watcher: Watcher, programs: Make) -> None:
    made = programs(desktop)
    command = [sys.executable, "-m", "daemon", "run", "--memory-credentials"]
    daemon = desktop.start(command, "daemon", DAYBRIDGE_HOME=str(made.home))
    until(lambda: _answers(made.client))
    made.start_tray("--no-start")
    watcher.until(lambda: watcher.items)
    watcher.until(lambda: "Open Synchronization in manual mode" in watcher.labels())
    assert made.client.status().state is DaemonState.IDLE
    watcher.choose("Open Synchronization in manual mode")
    (page,) = watcher.until(made.opened_pages)
    assert page.startswith(made.client.endpoint().url + "/#code=")
    assert daemon.stop() == 0
    watcher.until(lambda: "Start Daybridge" in watcher.labels())


def test_why_a_daemon_cannot_start_is_said(desktop: Desktop, watcher: Watcher, programs: Make) -> None:
    """This bus has no Secret Service, so the real daemon refuses to run; its sentence reaches the menu."""
    made = programs(desktop)
    tray = made.start_tray()
    watcher.until(lambda: watcher.items)
    watcher.until(lambda: any(label.startswith("No safe place for passwords was found.") for label in watcher.labels()))
    assert "Start Daybridge" in watcher.labels()
    assert "No safe place for passwords was found." in tray.said()
    assert tray.said().count("\n") == 1


def test_a_missing_daemon_is_started(desktop: Desktop, watcher: Watcher, programs: Make) -> None:
    made = programs(desktop)
    desktop.start(
        ["sh", "-c", "printf x | exec gnome-keyring-daemon --unlock --foreground --components=secrets"],
        "keyring",
        HOME=str(made.home),
        XDG_RUNTIME_DIR=str(made.home),
    )
    watcher.until(lambda: watcher.has_owner("org.freedesktop.secrets"))
    made.start_tray()
    try:
        watcher.until(lambda: watcher.items)
        watcher.until(lambda: "Open Synchronization in manual mode" in watcher.labels())
        assert made.client.status().credentials == "keyring"
    finally:
        end(made.client)


def test_restart_replaces_a_daemon_of_another_version(desktop: Desktop, watcher: Watcher, programs: Make) -> None:
    """The old daemon is a file only (it does not answer any more); Restart starts the installed one or says why not."""
    made = programs(desktop)
    endpoint_file.write(
        made.home / "state" / "endpoint.json",
        Endpoint(
            url="http://127.0.0.1:9",
            token="t",
            pid=1,
            api_version=2,
            version="9.0",
            started_at="2026-11-22T10:00:00Z",
        ),
    )
    tray = made.start_tray("--no-start")
    watcher.until(lambda: watcher.items)
    watcher.until(lambda: watcher.labels() == ["Restart", "Quit"])
    watcher.choose("Restart")
    watcher.until(lambda: "No safe place for passwords was found." in tray.said(), 40)
    assert tray.popen.poll() is None, "it stays, so that the person can try again or quit"
