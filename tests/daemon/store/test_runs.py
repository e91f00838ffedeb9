"""Runs, decisions, journal and outcomes as stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.store.database import Database, StoreTrouble
from daemon.store.runs import Op, RowOutcome, RunStore
from daemon.sync.proposal import Settlement
from shared.models import Image, OneDecision, Run, Text
from shared.states import Action, Decision, Result, RunState, Side

CANARY = "canary-4711"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "a.sqlite")
    yield made
    made.close()


@pytest.fixture
def store(database: Database) -> RunStore:
    return RunStore(database)


def run(identifier: str, state: RunState = RunState.DONE, hour: int = 8) -> Run:
    return Run(id=identifier, state=state, started_at=f"2026-03-09T{hour:02}:00:00Z")


def op(identifier: str, phase: str = "committed", **more: object) -> Op:
    values: dict[str, object] = {"run": "r", "change": "c", "side": Side.SALESFORCE, "kind": "update", "phase": phase}
    return Op(id=identifier, **{**values, **more})  # type: ignore[arg-type]


def outcome(change: str = "c", **more: object) -> RowOutcome:
    values: dict[str, object] = {"action": Action.UPDATE_IN_SALESFORCE, "title": "Review", "result": Result.APPLIED}
    return RowOutcome(run="r", change=change, item="i", at="2026-03-09T08:00:00Z", **{**values, **more})  # type: ignore[arg-type]


def test_runs_newest_first_in_pages_without_gaps(store: RunStore) -> None:
    """Catches: a run shown twice or never when the history is read page by page, also with equal moments."""
    for identifier, hour in (("a", 8), ("b", 8), ("c", 9), ("d", 7)):
        store.put("", run(identifier, hour=hour))
    seen: list[str] = []
    while page := store.newest(1, seen[-1] if seen else ""):
        seen += [each.id for each in page]
    assert seen == ["c", "b", "a", "d"]
    assert store.newest(5, "unknown") == []


def test_a_run_stored_again_keeps_its_decisions(store: RunStore) -> None:
    """Catches: decisions deleted with each new state, because the run's row was replaced (ON DELETE CASCADE)."""
    store.put("p", run("r", RunState.AWAITING_REVIEW))
    one = OneDecision(change="c", revision="1", decision=Decision.APPROVE)
    store.decide("r", [one])
    store.put("p", run("r", RunState.APPLYING))
    assert store.decisions("r") == {"c": one}
    assert [each.id for each in store.still_open()] == ["r"]
    assert store.pairing_of("r") == "p" and store.pairing_of("unknown") == ""


def test_decisions_land_all_or_none(store: RunStore) -> None:
    """Catches: half of a click on disk."""
    store.put("", run("r", RunState.AWAITING_REVIEW))
    good = OneDecision(change="c", revision="1", decision=Decision.APPROVE)

    def click() -> None:
        with store.together():
            store.decide("r", [good])
            store.decide("unknown", [good])

    with pytest.raises(StoreTrouble):
        click()
    assert store.decisions("r") == {}


def test_open_operations_are_those_without_a_known_end(store: RunStore) -> None:
    """Catches: a write of unknown end never looked up again, or an ended one looked up for ever."""
    store.put("p", run("r"))
    phases = ("intent", "sent", "acked", "unknown", "committed", "rejected", "stale")
    store.journal("p", [op(phase, phase) for phase in phases])
    assert {each.id for each in store.open_ops("p")} == {"intent", "sent", "acked", "unknown"}
    assert store.open_ops("another pairing") == []


def test_trimming_keeps_what_is_young_or_open(store: RunStore) -> None:
    """Catches: before-images of the last days, or an operation of unknown end, dropped with the old ones."""
    store.put("p", run("r"))
    store.journal(
        "p",
        [op("2026-01-01T00:00:00Z-old"), op("2026-01-01T00:00:00Z-open", "unknown"), op("2026-03-01T00:00:00Z-new")],
    )
    store.trim("2026-02-01T00:00:00Z")
    assert [each.id for each in store.ops_of("r")] == ["2026-01-01T00:00:00Z-open", "2026-03-01T00:00:00Z-new"]


def test_updates_of_the_last_day_are_committed_updates(store: RunStore) -> None:
    """Catches: the brake counting creates, refused writes, or another calendar's."""
    store.put("p", run("r"))
    moment = "2026-03-09T08:00:00Z"
    store.journal(
        "p", [op(f"{moment}-1"), op(f"{moment}-2", "rejected"), op(f"{moment}-3", kind="create"), op("2026-03-08T")]
    )
    store.journal("q", [op(f"{moment}-4")])
    assert [each.id for each in store.updates_since("p", moment)] == [f"{moment}-1"]


def test_creates_that_failed_alone_are_known_by_their_keys(store: RunStore) -> None:
    """Catches: a date sent again under another UID while its first request may still arrive."""
    store.put("p", run("r"))
    store.journal(
        "p",
        [
            op("1", "rejected", kind="create", create_key="alone"),
            op("2", "stale", kind="create", create_key="stale"),
            op("3", "rejected", kind="create", create_key="dated", series_key="s"),
            op("4", "committed", kind="create", create_key="done"),
            op("5", "rejected"),
        ],
    )
    store.journal("q", [op("6", "rejected", kind="create", create_key="theirs")])
    assert store.failed_alone("p") == {"alone", "stale"}


def test_erasing_takes_every_text_and_keeps_what_was_done(store: RunStore, database: Database, tmp_path: Path) -> None:
    """Catches: a text of an item that became private in history, journal, freed page or write-ahead log (contracts.md 6)."""
    image = Image(subject=CANARY, description=CANARY * 50)
    store.put("p", run("r"))
    told = outcome(
        title=CANARY,
        text=Text(code="x", text=CANARY),
        ops=("o",),
        settlement=Settlement(notes_image=image, salesforce_image=image),
    )
    store.finish_row(told)
    store.journal("p", [op("o", before=image, after=image, stored=image, before_raw=CANARY)])
    store.erase_text("i")
    store.empty_log()
    assert not [path for path in tmp_path.iterdir() if CANARY.encode() in path.read_bytes()]
    (kept,) = store.history("i")
    assert (kept.action, kept.result, kept.at) == (told.action, told.result, told.at)


def test_history_is_newest_first_and_of_that_item_only(store: RunStore) -> None:
    """Catches: an item shown with what was done to another one."""
    for identifier in ("r", "s"):
        store.put("", run(identifier))
    store.finish_row(outcome())
    store.finish_row(RowOutcome(run="s", change="c", item="i", at="2026-03-10T08:00:00Z", action=Action.LINK, title=""))
    store.finish_row(RowOutcome(run="s", change="d", item="j", at="2", action=Action.LINK, title=""))
    assert [each.run for each in store.history("i")] == ["s", "r"]
    assert set(store.outcomes("s")) == {"c", "d"}
