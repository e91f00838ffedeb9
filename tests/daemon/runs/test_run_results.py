"""What a run says it did: rows that came back and were decided anew are counted once, and told after another comparison."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from shared.models import Image, OneDecision
from shared.states import Action, Answer, Decision, Result, RunState
from tests.fakes.engine import Bench

CALL = Image(subject="Call", starts_at="2026-03-12T09:00Z", ends_at="2026-03-12T10:00Z")


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(keyed=True)
    key = made.notes.put(CALL)
    made.start()
    made.ok()
    made.clock.advance(minutes=13)
    made.notes.edit(key, location="Room 1")
    made.start()
    yield made
    made.close()


def came_back(bench: Bench) -> None:
    """Somebody edits the entry right before Ok: its row comes back."""
    (key,) = bench.notes.entries
    bench.notes.edit(key, location="Room 2")
    bench.ok()
    assert bench.run is not None
    assert bench.run.state is RunState.AWAITING_REVIEW
    assert bench.run.results["stale"] == 1


def approve(bench: Bench) -> None:
    (row,) = bench.rows()
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.APPROVE)])
    bench.ok()


def test_a_row_that_came_back_and_was_written_is_not_stale(bench: Bench) -> None:
    """Catches: a run that ends with one row written and one row changed meanwhile, of one row."""
    came_back(bench)
    approve(bench)
    ended = bench.coordinator.last_ended
    assert ended is not None
    assert (ended.state, ended.results["applied"], ended.results["stale"]) == (RunState.DONE, 1, 0)


def test_a_row_that_comes_back_twice_is_counted_once(bench: Bench) -> None:
    came_back(bench)
    (key,) = bench.notes.entries
    (row,) = bench.rows()
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.APPROVE)])
    bench.notes.edit(key, location="Room 3")
    bench.ok()
    assert bench.run is not None
    assert bench.run.results["stale"] == 1


def test_what_was_written_is_told_after_another_comparison(bench: Bench) -> None:
    """Catches: the rows an earlier Ok of the run wrote, lost from its list by the next Start Sync."""
    bench.notes.put(Image(subject="Visit", starts_at="2026-03-13T09:00Z", ends_at="2026-03-13T10:00Z"))
    bench.start()
    call = next(key for key, entry in bench.notes.entries.items() if entry.image.subject == "Call")
    bench.notes.edit(call, location="Room 2")
    bench.ok()
    bench.start()
    assert bench.review is not None
    assert [row.action for row in bench.rows()] == [Action.UPDATE_IN_SALESFORCE]
    assert [(each.title, each.result) for each in bench.review.outcomes.values()] == [("Visit", Result.APPLIED)]


def test_an_edit_against_a_deletion_shows_the_last_synchronization(bench: Bench) -> None:
    """Catches: an empty column where the person must see what was edited."""
    (copy,) = bench.salesforce.entries
    bench.salesforce.remove(copy)
    bench.start()
    (row,) = bench.rows()
    assert row.action is Action.EDIT_OR_DELETE
    assert bench.review is not None
    fields = {str(each.group): each for each in bench.review.detail(row).fields}
    assert (fields["location"].base, fields["location"].notes, fields["location"].state) == (
        "",
        "Room 1",
        "notes_changed",
    )
    assert (fields["subject"].base, fields["subject"].state) == ("Call", "same")


def test_both_halves_of_a_removed_pair_that_come_back_have_names_of_their_own() -> None:
    """Catches: two rows of one name, of which a decision on one is carried out on the other (P36)."""
    bench = Bench(keyed=False)
    first = bench.notes.put(Image(subject="Call", starts_at="2026-03-12T09:00Z", ends_at="2026-03-12T10:00Z"))
    bench.start()
    bench.ok()
    bench.clock.advance(minutes=13)
    (event,) = bench.salesforce.entries
    image = bench.notes.entries[first].image
    bench.notes.remove(first)
    bench.salesforce.edit(event, location="Room 1")
    bench.start()
    (row,) = bench.rows()
    keep = OneDecision(change=row.id, revision=row.revision, decision=Decision.ANSWER, answer=Answer.KEEP_EDIT)
    bench.decide([keep])
    bench.ok()
    bench.clock.advance(minutes=13)
    (second,) = bench.notes.entries
    bench.notes.remove(second)
    bench.start()
    (row,) = bench.rows()
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.APPROVE)])
    assert bench.review is not None
    bench.ok(bench.review.deletions())
    bench.clock.advance(minutes=13)
    for key, subject in ((first, "Call again"), (second, "Call twice")):
        bench.notes.restore(key, msgspec.structs.replace(image, subject=subject))
    bench.start()
    rows = bench.rows()
    assert len(rows) == len({row.id for row in rows}) == 2
    bench.close()
