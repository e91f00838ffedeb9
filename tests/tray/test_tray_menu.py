"""The tray's menu exactly as a desktop gets it over D-Bus (StatusNotifierItem and dbusmenu), and what its entries do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from shared import endpoint_file
from shared.endpoint_file import Endpoint
from shared.states import DaemonState, Decision
from tests.tray.desktop import Desktop, Programs
from tests.tray.notifier import Watcher

Make = Callable[[Desktop], Programs]
RESTING = ["Open Synchronization in manual mode", "", "Pause automatic runs", "Settings", "", "Last Run: never", "Quit"]


@pytest.fixture
def watcher(desktop: Desktop) -> Iterator[Watcher]:
    found = Watcher(desktop.start_bus())
    yield found
    found.close()


@pytest.fixture
def set_up(desktop: Desktop, watcher: Watcher, programs: Make) -> Programs:
    """A daemon and a tray client whose icon is registered; the back-end is found by the client itself."""
    made = programs(desktop)
    made.start_daemon()
    made.start_tray("--no-start")
    watcher.until(lambda: watcher.items)
    watcher.until(lambda: watcher.labels() == RESTING)
    return made


def review(set_up: Programs, watcher: Watcher) -> str:
    run = set_up.client.start_run()
    watcher.until(lambda: set_up.client.status().state is DaemonState.AWAITING_REVIEW)
    watcher.until(lambda: any(label.startswith("Pending changes") for label in watcher.labels()))
    return run.id


def pending_lines(watcher: Watcher) -> list[str]:
    return [line.label for each in watcher.menu() if each.label.startswith("Pending changes") for line in each.lines]


def test_the_resting_menu_word_for_word(set_up: Programs, watcher: Watcher) -> None:
    menu = watcher.menu()
    assert [line.label for line in menu] == RESTING
    assert [line.label for line in menu if not line.enabled and line.label] == ["Last Run: never"]
    assert [line.label for line in menu[2].lines] == ["1 hour", "2 hours", "4 hours"]
    assert watcher.property("Title") == "Daybridge: Last Run: never"


def test_the_pending_menu_word_for_word(set_up: Programs, watcher: Watcher) -> None:
    run = review(set_up, watcher)
    now = set_up.client.status()
    (pending,) = [line for line in watcher.menu() if line.label.startswith("Pending")]
    assert pending.label == f"Pending changes ({now.pending.changes})"
    rows = [line for line in pending.lines if line.lines]
    assert len(rows) == 10
    assert [line.label for line in pending.lines[10:]] == [
        "",
        f"Ok: write {now.pending.approved} changes",
        "Show all …",
    ]
    undecided = set_up.client.changes(run, decision=Decision.UNDECIDED, limit=100, collapse="series").changes
    for line, row in zip(rows, undecided, strict=False):
        assert line.label.startswith(" ".join(row.title.split())[:30])
        offered = {choice.decision: choice for choice in row.choices}
        approve = offered.get(Decision.APPROVE)
        first = [] if approve is None else ["Approve …" if approve.destructive else "Approve"]
        assert [inside.label for inside in line.lines] == [
            *first,
            "Ignore differences until the next time one changes",
            "Ignore difference forever",
            "Show",
        ]


def test_approve_posts_the_decision_and_ticks_the_row(set_up: Programs, watcher: Watcher) -> None:
    run = review(set_up, watcher)
    before = set_up.client.status().pending.approved
    row = next(
        row
        for row in set_up.client.changes(run, decision=Decision.UNDECIDED, limit=100).changes
        if row.series is None and any(c.decision is Decision.APPROVE and not c.destructive for c in row.choices)
    )
    words = row.title[:30] + "*"
    watcher.choose("Pending changes*", words, "Approve")
    watcher.until(lambda: set_up.client.change(run, row.id).decision is Decision.APPROVE)
    watcher.until(lambda: f"Ok: write {before + 1} changes" in pending_lines(watcher))


def test_ignoring_a_series_decides_all_its_rows(set_up: Programs, watcher: Watcher) -> None:
    run = review(set_up, watcher)
    watcher.choose("Pending changes*", "Regional sales call · 4 times*", "Ignore difference forever")
    watcher.until(
        lambda: (
            [row.decision for row in set_up.client.changes(run, series="s2").changes] == [Decision.IGNORE_FOREVER] * 4
        )
    )


def test_a_deletion_opens_the_window_at_its_row(set_up: Programs, watcher: Watcher) -> None:
    run = review(set_up, watcher)
    gone = next(row for row in set_up.client.every_change(run) if row.action == "delete_in_salesforce")
    watcher.choose("Pending changes*", f"{gone.title}*", "Approve …")
    (page,) = watcher.until(set_up.opened_pages)
    assert page.endswith(f"&view=summary&change={gone.id}")
    assert set_up.client.change(run, gone.id).decision is Decision.UNDECIDED


def test_ok_with_approved_deletions_opens_the_window_and_writes_nothing(set_up: Programs, watcher: Watcher) -> None:
    from shared.models import OneDecision

    run = review(set_up, watcher)
    gone = next(row for row in set_up.client.every_change(run) if row.action == "delete_in_salesforce")
    before = set_up.client.status().pending.approved
    one = OneDecision(change=gone.id, revision=gone.revision, decision=Decision.APPROVE)
    set_up.client.decide(run, (one,))
    watcher.until(lambda: f"Ok: write {before + 1} changes" in pending_lines(watcher))
    watcher.choose("Pending changes*", f"Ok: write {before + 1} changes")
    (page,) = watcher.until(set_up.opened_pages)
    assert page.endswith("&view=summary")
    assert set_up.client.status().state is DaemonState.AWAITING_REVIEW


def test_ok_writes_and_last_run_changes(set_up: Programs, watcher: Watcher) -> None:
    run = review(set_up, watcher)
    approved = set_up.client.status().pending.approved
    watcher.choose("Pending changes*", f"Ok: write {approved} changes")
    watcher.until(lambda: set_up.client.status().run is None)
    assert set_up.client.run(run).results["applied"] == approved
    watcher.until(
        lambda: any(label.startswith("Last Run: ") and label != "Last Run: never" for label in watcher.labels())
    )


def test_pause_and_resume(set_up: Programs, watcher: Watcher) -> None:
    watcher.choose("Pause automatic runs", "2 hours")
    watcher.until(lambda: set_up.client.status().paused_until)
    watcher.until(lambda: "Resume automatic runs" in watcher.labels())
    watcher.choose("Resume automatic runs")
    watcher.until(lambda: set_up.client.status().paused_until is None)
    watcher.until(lambda: watcher.labels() == RESTING)


def test_settings_and_quit(set_up: Programs, watcher: Watcher) -> None:
    watcher.choose("Settings")
    (page,) = watcher.until(set_up.opened_pages)
    assert page.endswith("&view=settings")
    tray = set_up.desktop._processes[-1]
    watcher.choose("Quit")
    watcher.until(lambda: tray.popen.poll() is not None)
    assert tray.popen.returncode == 0, tray.said()
    assert set_up.client.status().state is DaemonState.IDLE, "the daemon goes on"


def test_a_daemon_of_another_version_offers_restart_and_quit_only(
    desktop: Desktop, watcher: Watcher, programs: Make
) -> None:
    made = programs(desktop)
    place = made.home / "state" / "endpoint.json"
    endpoint_file.write(
        place,
        Endpoint(
            url="http://127.0.0.1:9",
            token="t",
            pid=os.getpid(),
            api_version=2,
            version="9.0",
            started_at="2026-11-22T10:00:00Z",
        ),
    )
    made.start_tray("--no-start")
    watcher.until(lambda: watcher.items)
    watcher.until(lambda: watcher.labels() == ["Restart", "Quit"])


def test_without_a_daemon_it_offers_to_start_one(desktop: Desktop, watcher: Watcher, programs: Make) -> None:
    made = programs(desktop)
    made.start_tray("--no-start")
    watcher.until(lambda: watcher.items)
    watcher.until(lambda: [label for label in watcher.labels() if label][::2] == ["Start Daybridge", "Quit"])
