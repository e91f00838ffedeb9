"""The pure view: menu labels word for word, what each entry asks for, icon states and tooltips."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from shared.models import Change, Choice, Effects, Guard, Pending, Run, Series, Status, SyncObject, Text
from shared.states import Action, DaemonState, Decision, Effect, RunState
from tray_client.menu import (
    LINE,
    Apply,
    Decide,
    Entry,
    IconState,
    OpenPage,
    PauseRuns,
    Place,
    Quit,
    Restart,
    ResumeRuns,
    StartDaemon,
    View,
)
from tray_client.view import (
    ICON_OF_STATE,
    MOST_ROWS,
    TOOLTIP_LENGTH,
    Connected,
    NoDaemon,
    OtherDaemon,
    first_rows,
    make_view,
    row_words,
)

IGNORES = (Choice(decision=Decision.IGNORE_UNTIL_CHANGE), Choice(decision=Decision.IGNORE_FOREVER))
APPROVE = Choice(decision=Decision.APPROVE, effect=Effects(salesforce=Effect.CREATE))
DELETE = Choice(decision=Decision.APPROVE, effect=Effects(salesforce=Effect.DELETE), destructive=True)


def row(number: int = 1, **more: object) -> Change:
    base = Change(
        id=f"c{number}",
        run="r1",
        item=f"i{number}",
        action=Action.CREATE_IN_SALESFORCE,
        revision=f"v{number}",
        title="Lunch",
        starts_at="2026-11-23T11:30Z",
        ends_at="2026-11-23T12:30Z",
        choices=(APPROVE, *IGNORES),
    )
    return replace(base, **more)


def status(state: DaemonState = DaemonState.IDLE, **more: object) -> Status:
    return replace(Status(version="1.0", state=state, objects=(SyncObject(id="calendar", name="Calendar"),)), **more)


def review(changes: int = 3, approved: int = 2, guard: Guard | None = None) -> Status:
    run = Run(id="r1", state=RunState.AWAITING_REVIEW, plan="p1", started_at="2026-11-22T10:00:00Z", guard=guard)
    return status(DaemonState.AWAITING_REVIEW, run=run, pending=Pending(changes=changes, approved=approved))


def view_of(current: Status, *rows: Change) -> View:
    return make_view(Connected(current, rows), UTC)


def labels(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.label for entry in entries]


def entry(entries: tuple[Entry, ...], label: str) -> Entry:
    return next(each for each in entries if each.label == label)


def pending(view: View) -> tuple[Entry, ...]:
    return next(each for each in view.entries if each.label.startswith("Pending changes")).entries


def test_the_menu_of_a_resting_daemon() -> None:
    view = view_of(status())
    assert labels(view.entries) == [
        "Open Synchronization in manual mode",
        "",
        "Pause automatic runs",
        "Settings",
        "",
        "Last Run: never",
        "Quit",
    ]
    assert view.entries[0].command == OpenPage(Place.SYNCHRONIZATION)
    assert entry(view.entries, "Settings").command == OpenPage(Place.SETTINGS)
    assert not entry(view.entries, "Last Run: never").enabled
    assert entry(view.entries, "Quit").command == Quit()
    assert view.click == OpenPage(Place.SETTINGS), "a double click opens the settings (product.md)"
    assert view.only_click == OpenPage(Place.SYNCHRONIZATION), "an icon without a menu leads to everything"


def test_the_pending_submenu_has_rows_then_ok_and_show_all() -> None:
    view = view_of(review(), row(1), row(2, title="Dinner"))
    entries = pending(view)
    assert labels(view.entries)[1] == "Pending changes (3)"
    assert labels(entries) == [
        "Lunch · 23 Nov 11:30 · create in Salesforce",
        "Dinner · 23 Nov 11:30 · create in Salesforce",
        "",
        "Ok: write 2 changes",
        "Show all …",
    ]
    assert entry(entries, "Ok: write 2 changes").command == Apply("r1", "p1")
    assert entry(entries, "Show all …").command == OpenPage(Place.SUMMARY)


def test_a_row_has_approve_both_ignores_and_show() -> None:
    inside = pending(view_of(review(), row(1)))[0].entries
    assert labels(inside) == [
        "Approve",
        "Ignore differences until the next time one changes",
        "Ignore difference forever",
        "Show",
    ]
    assert [each.command for each in inside] == [
        Decide("r1", "v1", Decision.APPROVE, change="c1"),
        Decide("r1", "v1", Decision.IGNORE_UNTIL_CHANGE, change="c1"),
        Decide("r1", "v1", Decision.IGNORE_FOREVER, change="c1"),
        OpenPage(Place.SUMMARY, "c1"),
    ]


def test_a_row_offers_only_its_choices() -> None:
    inside = pending(view_of(review(), row(1, action=Action.CONFLICT, choices=IGNORES)))[0].entries
    assert "Approve" not in labels(inside)
    assert labels(inside)[-1] == "Show"


def test_the_decision_stands_in_the_row_and_is_ticked() -> None:
    decided = pending(view_of(review(), row(1, decision=Decision.IGNORE_FOREVER)))[0]
    assert decided.label.endswith("· ignore forever")
    assert [each.ticked for each in decided.entries] == [False, False, True, None]


def test_a_deletion_is_never_approved_from_the_menu() -> None:
    gone = row(1, action=Action.DELETE_IN_SALESFORCE, choices=(DELETE, *IGNORES))
    inside = pending(view_of(review(), gone))[0].entries
    assert entry(inside, "Approve …").command == OpenPage(Place.SUMMARY, "c1")
    assert not any(isinstance(each.command, Decide) and each.command.decision is Decision.APPROVE for each in inside)


def test_a_guard_turns_ok_into_opening_the_window() -> None:
    guard = Guard(name="mass_deletion", text=Text(code="g", text="Many deletions."), confirm="confirm_deletions")
    ok = next(each for each in pending(view_of(review(guard=guard))) if each.label.startswith("Ok"))
    assert ok.command == OpenPage(Place.SUMMARY)
    assert ok.label == "Ok: write 2 changes …"


def test_ok_is_grey_while_nothing_is_approved_and_counts_one() -> None:
    assert not entry(pending(view_of(review(approved=0))), "Ok: write 0 changes").enabled
    assert entry(pending(view_of(review(approved=1))), "Ok: write 1 change").enabled


def test_a_collapsed_series_is_decided_as_a_whole() -> None:
    collapsed = row(1, title="Weekly", series=Series(id="s1", position=0, count=6))
    line = pending(view_of(review(), collapsed))[0]
    assert line.label == "Weekly · 6 times · create in Salesforce"
    assert line.entries[0].command == Decide("r1", "p1", Decision.APPROVE, series="s1")
    single = row(1, series=Series(id="s1", position=2, count=6))
    assert pending(view_of(review(), single))[0].entries[0].command == Decide("r1", "v1", Decision.APPROVE, change="c1")


def test_no_more_than_ten_rows_stand_in_the_menu() -> None:
    rows = tuple(row(number) for number in range(30))
    entries = pending(view_of(review(changes=30), *rows))
    assert len([each for each in entries if each.entries]) == MOST_ROWS == 10


def test_no_pending_submenu_while_comparing_or_writing() -> None:
    for state, run_state in ((DaemonState.COMPARING, RunState.COMPARING), (DaemonState.APPLYING, RunState.APPLYING)):
        run = Run(id="r1", state=run_state, started_at="2026-11-22T10:00:00Z")
        view = view_of(status(state, run=run), row(1))
        assert not any(label.startswith("Pending") for label in labels(view.entries))
        assert view.icon is IconState.WORKING


def test_pause_offers_hours_and_resume_when_paused() -> None:
    hours = entry(view_of(status()).entries, "Pause automatic runs").entries
    assert labels(hours) == ["1 hour", "2 hours", "4 hours"]
    assert [each.command for each in hours] == [PauseRuns(1), PauseRuns(2), PauseRuns(4)]
    paused = view_of(status(DaemonState.PAUSED, paused_until="2026-11-22T15:00:00Z"))
    assert entry(paused.entries, "Resume automatic runs").command == ResumeRuns()
    assert "paused until Sun 22 Nov 2026 15:00" in paused.tooltip
    waiting = replace(review(), paused_until="2026-11-22T15:00:00Z")
    assert "Resume automatic runs" in labels(view_of(waiting).entries), "a pause shows while a run waits, too"


def test_the_status_line_tells_last_and_next_run() -> None:
    calendar = SyncObject(id="calendar", name="Calendar", last_run="2026-11-22T10:00:00Z")
    view = view_of(status(objects=(calendar,), next_run_at="2026-11-22T11:00:00Z"))
    assert "Last Run: Sun 22 Nov 2026 10:00, next: Sun 22 Nov 2026 11:00" in labels(view.entries)


def test_trouble_is_said_in_the_daemons_own_words() -> None:
    because = Text(code="x", text="Sign in to Salesforce again.")
    view = view_of(status(DaemonState.NEEDS_SIGN_IN, because=because))
    assert "Sign in to Salesforce again." in labels(view.entries)
    assert view.icon is IconState.SIGN_IN


def test_without_a_daemon_it_can_be_started() -> None:
    view = make_view(NoDaemon("The daemon is not running."))
    assert labels(view.entries) == ["Start Daybridge", "", "The daemon is not running.", "Quit"]
    assert view.entries[0].command == view.click == view.only_click == StartDaemon()
    assert view.icon is IconState.NO_DAEMON


def test_another_version_offers_only_restart_and_quit() -> None:
    view = make_view(OtherDaemon("The running daemon is version 9."))
    assert [each.command for each in view.entries] == [Restart(), Quit()]
    assert labels(view.entries) == ["Restart", "Quit"]


@pytest.mark.parametrize("state", list(DaemonState))
def test_every_state_has_an_icon_and_a_menu(state: DaemonState) -> None:
    view = view_of(status(state))
    assert view.icon is ICON_OF_STATE[state]
    assert labels(view.entries)[-1] == "Quit"


def test_titles_are_one_short_line() -> None:
    assert row_words(row(title="a\n b\t" + "x" * 100), UTC).split(" · ")[0] == "a b " + "x" * 35 + "…"
    assert row_words(row(title=" \n"), UTC).startswith("(no subject) · ")


def test_an_all_day_row_shows_its_day() -> None:
    words = row_words(row(starts_at="2026-12-25", ends_at="2026-12-26", all_day=True), UTC)
    assert words == "Lunch · 25 Dec · create in Salesforce"


def test_undecided_rows_come_first_and_cannot_sync_never() -> None:
    rows = (
        row(1, decision=Decision.APPROVE),
        row(2),
        row(3, action=Action.CANNOT_SYNC),
        row(4, decision=Decision.IGNORE_FOREVER),
        row(5),
    )
    assert [each.id for each in first_rows(rows)] == ["c2", "c5", "c1", "c4"]


@given(st.text(max_size=500))
def test_a_tooltip_fits_windows_and_holds_no_title(words: str) -> None:
    because = Text(code="x", text=words)
    view = view_of(status(DaemonState.FAILED, because=because))
    assert len(view.tooltip) <= TOOLTIP_LENGTH
    assert "Lunch" not in view_of(review(), row(1)).tooltip


def test_the_same_moment_gives_the_same_view() -> None:
    assert view_of(review(), row(1)) == view_of(review(), row(1))
    assert LINE in view_of(review(), row(1)).entries
