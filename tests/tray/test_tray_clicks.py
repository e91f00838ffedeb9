"""The tray with a real mouse and keyboard on a virtual screen: right click, menu, and what it does to the daemon."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.states import Action, DaemonState, Decision
from tests.tray.desktop import ROOT, Desktop, Process, Programs, until

Make = Callable[[Desktop], Programs]
ROW = 25
"""Pixels from one menu row to the next with GTK's own theme at 96 dpi."""


def wait_for_review(set_up: Programs) -> str:
    run = set_up.client.start_run()
    until(lambda: set_up.client.status().state is DaemonState.AWAITING_REVIEW)
    return run.id


def open_menu(screen: Desktop) -> None:
    """Right click until a menu is there: the panel may still be moving the icon."""
    screen.icon()

    def opened() -> bool:
        if screen.popups():
            return True
        screen.click_icon(3)
        for _ in range(10):
            if screen.popups():
                return True
            until(lambda: True)
        return bool(screen.popups())

    until(opened)


def close_menu(screen: Desktop) -> None:
    screen.key("Escape", "Escape", "Escape")
    until(lambda: not screen.popups())


def titled(screen: Desktop, words: str) -> bool:
    return any(words in window.name for window in screen.windows())


def with_tray(screen: Desktop, set_up: Programs, *arguments: str, backend: str = "gtk") -> Process:
    until(lambda: not screen.icons())  # the panel may still be busy with the icon before
    tray = set_up.start_tray(*arguments, backend=backend)
    screen.icon()
    return tray


@pytest.mark.parametrize("backend", ["gtk", "appindicator"])
def test_a_right_click_opens_the_synchronization_window(panel_desktop: Desktop, programs: Make, backend: str) -> None:
    set_up = programs(panel_desktop)
    set_up.start_daemon()
    tray = with_tray(panel_desktop, set_up, "--no-start", backend=backend)
    open_menu(panel_desktop)
    menu = panel_desktop.popups()[0]
    panel_desktop.click(menu.left + 80, menu.top + ROW // 2 + 4)
    (page,) = until(set_up.opened_pages)
    assert page.startswith("http://127.0.0.1:")
    assert "/#code=" in page
    assert page.endswith("&view=synchronization")
    open_menu(panel_desktop)
    panel_desktop.key("Up", "Return")
    until(lambda: tray.popen.poll() is not None)
    assert tray.popen.returncode == 0, tray.said()


def test_a_left_click_opens_the_settings_once(panel_desktop: Desktop, programs: Make) -> None:
    set_up = programs(panel_desktop)
    set_up.start_daemon()
    with_tray(panel_desktop, set_up, "--no-start")
    until(lambda: titled(panel_desktop, "Last Run: never"))
    panel_desktop.click_icon(1)
    panel_desktop.click_icon(1)
    (page,) = until(set_up.opened_pages)
    assert page.endswith("&view=settings")


def test_rows_are_decided_and_written_from_the_menu(panel_desktop: Desktop, programs: Make) -> None:
    """Two clicks settle a row, a third writes: the effects are read back from the daemon."""
    set_up = programs(panel_desktop)
    set_up.start_daemon()
    with_tray(panel_desktop, set_up, "--no-start")
    run = wait_for_review(set_up)
    until(lambda: titled(panel_desktop, "changes wait for your decision"))
    first = set_up.client.changes(run, decision=Decision.UNDECIDED, limit=1).changes[0]
    assert first.action is Action.QUESTION
    open_menu(panel_desktop)
    panel_desktop.key("Down", "Down", "Right")
    until(lambda: len(panel_desktop.popups()) == 2)
    panel_desktop.key("Right")
    until(lambda: len(panel_desktop.popups()) == 3)
    panel_desktop.screenshot(ROOT / "artefacts" / "tray-menu.png")
    panel_desktop.key("Return")
    decided = until(
        lambda: [
            row
            for row in set_up.client.every_change(run)
            if row.id == first.id and row.decision is not Decision.UNDECIDED
        ]
    )
    assert decided[0].decision is Decision.IGNORE_UNTIL_CHANGE, "a question offers no Approve: the ignore comes first"
    approved = set_up.client.status().pending.approved
    open_menu(panel_desktop)
    panel_desktop.key("Down", "Down", "Right")
    until(lambda: len(panel_desktop.popups()) == 2)
    panel_desktop.key("Up", "Up", "Return")  # from the first row round to «Show all …» and «Ok: write n changes»
    until(lambda: set_up.client.status().run is None)
    written = set_up.client.run(run)
    assert written.results["applied"] == approved > 0
    until(lambda: titled(panel_desktop, "Daybridge: Last Run: "))


def test_the_icon_survives_the_daemon_and_finds_the_next_one(panel_desktop: Desktop, programs: Make) -> None:
    set_up = programs(panel_desktop)
    first = set_up.start_daemon()
    with_tray(panel_desktop, set_up, "--no-start")
    until(lambda: titled(panel_desktop, "Last Run: never"))
    first.stop()
    until(lambda: titled(panel_desktop, "not running"))
    set_up.client.forget_endpoint()
    set_up.start_daemon()
    until(lambda: titled(panel_desktop, "Last Run: never"), 30)


def test_without_a_menu_a_click_opens_the_window(panel_desktop: Desktop, programs: Make) -> None:
    set_up = programs(panel_desktop)
    set_up.start_daemon()
    tray = with_tray(panel_desktop, set_up, "--no-start", backend="xorg")
    until(lambda: titled(panel_desktop, "Last Run: never"))
    panel_desktop.click_icon(1)
    (page,) = until(set_up.opened_pages)
    assert page.endswith("&view=synchronization")
    assert "no menu on this desktop" in tray.said()
    assert tray.stop() == 0


def test_without_a_session_bus_the_plain_icon_is_taken(desktop: Desktop, programs: Make) -> None:
    desktop.start_panel()
    set_up = programs(desktop)
    set_up.start_daemon()
    tray = with_tray(desktop, set_up, "--no-start", backend="")
    until(lambda: titled(desktop, "Last Run: never"))
    assert "no menu on this desktop" in tray.said()
    assert tray.stop() == 0


@pytest.mark.parametrize("backend", ["gtk", "appindicator", "xorg"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(panel_desktop: Desktop, programs: Make, backend: str, number: signal.Signals) -> None:
    set_up = programs(panel_desktop)
    set_up.start_daemon()
    tray = with_tray(panel_desktop, set_up, "--no-start", backend=backend)
    until(lambda: backend == "appindicator" or titled(panel_desktop, "Last Run: never"))
    tray.popen.send_signal(number)
    until(lambda: tray.popen.poll() is not None)
    assert tray.popen.returncode == 0, tray.said()
    assert "Traceback" not in tray.said()


def test_the_x_icon_finds_a_panel_that_comes_later(desktop: Desktop, programs: Make) -> None:
    """Catches: no icon for the whole session, because the panel took its part a moment after the icon had asked for a place."""
    set_up = programs(desktop)
    set_up.start_daemon()
    tray = set_up.start_tray("--no-start", backend="xorg")
    until(lambda: [window for window in desktop.windows() if "daybridge" in window.name.lower()])
    time.sleep(1)
    desktop.start_panel()
    desktop.icon()
    assert tray.stop() == 0


def test_a_second_one_says_so_and_ends(panel_desktop: Desktop, programs: Make) -> None:
    set_up = programs(panel_desktop)
    set_up.start_daemon()
    with_tray(panel_desktop, set_up, "--no-start")
    second = set_up.start_tray("--no-start")
    assert until(lambda: second.popen.poll() is not None)
    assert second.popen.returncode == 1
    assert second.said() == "The Daybridge tray icon is running already; look for it in the panel.\n"


def test_without_a_display_one_sentence(desktop: Desktop, programs: Make) -> None:
    del desktop.env["DISPLAY"]
    tray = programs(desktop).start_tray("--no-start")
    until(lambda: tray.popen.poll() is not None)
    assert tray.popen.returncode == 1
    assert tray.said() == (
        "There is no graphical desktop here, so no tray icon can be shown; use instead: daybridge open --print\n"
    )


def test_without_a_panel_one_sentence(desktop: Desktop, programs: Make) -> None:
    desktop.start_bus()
    tray = programs(desktop).start_tray("--no-start", "--wait", "0.5")
    until(lambda: tray.popen.poll() is not None)
    assert tray.popen.returncode == 1
    assert tray.said().startswith("This desktop shows no tray icons")
    assert tray.said().count("\n") == 1


def test_a_panel_that_starts_later_is_waited_for(desktop: Desktop, programs: Make) -> None:
    desktop.start_bus()
    set_up = programs(desktop)
    set_up.start_daemon()
    tray = set_up.start_tray("--no-start", "--wait", "30")
    until(lambda: (set_up.home / "state" / "tray.lock").exists())
    desktop.start_panel()
    desktop.icon()
    assert tray.stop() == 0


def test_its_log_holds_no_titles(panel_desktop: Desktop, programs: Make) -> None:
    set_up = programs(panel_desktop)
    set_up.start_daemon()
    tray = with_tray(panel_desktop, set_up, "--no-start")
    run = wait_for_review(set_up)
    until(lambda: titled(panel_desktop, "changes wait for your decision"))
    assert tray.stop() == 0
    titles = {row.title for row in set_up.client.every_change(run)}
    log = Path(set_up.home / "logs" / "tray.log")
    written = (log.read_text("utf-8") if log.exists() else "") + tray.said()
    assert not [title for title in titles if title in written]
