"""Undo as a list of its own: what cannot be put back says why, and the list outlives the daemon."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.models import Image, OneDecision
from shared.states import Action, Answer, Decision, Result, RunMode
from tests.fakes.engine import Bench

CALL = Image(subject="Call", starts_at="2026-03-12T09:00Z", ends_at="2026-03-12T10:00Z")
VISIT = Image(subject="Visit", starts_at="2026-03-13T09:00Z", ends_at="2026-03-13T10:00Z")


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(keyed=True)
    yield made
    made.close()


def synchronized(bench: Bench, *images: Image) -> list[str]:
    """Entries that were just brought over; returns the run and lets the newest changes settle."""
    keys = [bench.notes.put(image) for image in images]
    bench.start()
    bench.ok()
    bench.clock.advance(minutes=13)
    return keys


def newest(bench: Bench) -> str:
    return bench.runs.newest(1)[0].id


def approve(bench: Bench) -> None:
    rows = [row for row in bench.rows() if any(each.decision is Decision.APPROVE for each in row.choices)]
    bench.decide(OneDecision(change=row.id, revision=row.revision, decision=Decision.APPROVE) for row in rows)
    assert bench.review is not None
    bench.ok(bench.review.deletions() or None)


def test_an_undo_survives_a_restart_with_its_decisions(bench: Bench) -> None:
    """Catches: an undo that is thrown away because the daemon was restarted while it waited for review."""
    synchronized(bench, CALL, VISIT)
    bench.undo(newest(bench))
    first, second = bench.rows()
    bench.decide([OneDecision(change=first.id, revision=first.revision, decision=Decision.APPROVE)])
    bench.restart()
    assert bench.run is not None
    assert bench.run.mode is RunMode.UNDO
    assert {row.id for row in bench.rows()} == {first.id, second.id}
    assert bench.review is not None
    assert bench.review.decision(bench.rows()[0]).decision is Decision.APPROVE
    approve(bench)
    assert not bench.salesforce.entries


def test_an_undo_of_one_change_comes_back_with_that_change_alone(bench: Bench) -> None:
    """Catches: a restart that widens the undo of one item to its whole run."""
    synchronized(bench, CALL, VISIT)
    run = newest(bench)
    one = next(each.change for each in bench.runs.outcomes(run).values() if each.title == "Visit")
    bench.drive(bench.coordinator.undo(run, (one,)))
    bench.restart()
    assert [row.id for row in bench.rows()] == [one]


def test_an_undo_killed_while_it_writes_goes_on_with_the_rest(bench: Bench) -> None:
    """Catches: rows undone twice, or called changed since, after a crash in the middle of an undo."""
    synchronized(bench, CALL, VISIT)
    bench.undo(newest(bench))
    bench.crash_next("journal.finish_with.after")
    approve(bench)
    assert bench.crashes == 1
    assert bench.run is None or [row.summary.code for row in bench.rows()] != ["undo.changed_since"]
    if bench.waits():
        approve(bench)
    assert not bench.salesforce.entries
    assert len(bench.notes.entries) == 2


def test_what_was_not_kept_because_it_was_private_is_said(bench: Bench) -> None:
    """Catches: a row that silently has no undo."""
    key, _ = synchronized(bench, CALL, VISIT)
    bench.notes.edit(key, private=True)
    bench.start()
    (row,) = bench.rows()
    assert row.action is Action.WITHDRAW_FROM_SALESFORCE
    choice = next(each for each in row.choices if each.recommended)
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=choice.decision, answer=choice.answer)])
    bench.ok(1)
    bench.clock.advance(minutes=13)
    acknowledged = bench.base().acknowledged
    bench.undo(newest(bench))
    (row,) = bench.rows()
    assert (row.action, row.summary.code, row.title) == (Action.CANNOT_SYNC, "undo.text_erased", "")
    bench.ok()
    assert bench.base().acknowledged == acknowledged, "a row of an undo says nothing of the item"
    assert bench.runs.newest(1)[0].mode is RunMode.UNDO


def test_what_is_too_old_is_said(bench: Bench) -> None:
    (key,) = synchronized(bench, CALL)
    run = newest(bench)
    bench.clock.advance(days=31)
    bench.runs.trim("2026-04-01T00:00:00Z")
    bench.undo(run)
    (row,) = bench.rows()
    assert (row.action, row.summary.code) == (Action.CANNOT_SYNC, "undo.too_old")
    assert key in bench.notes.entries
    assert all(each.result is Result.APPLIED for each in bench.runs.outcomes(run).values())


def test_a_failed_row_has_nothing_to_undo(bench: Bench) -> None:
    call, visit = synchronized(bench, CALL, VISIT)
    copy = next(key for key, entry in bench.salesforce.entries.items() if entry.image.subject == "Call")
    bench.notes.edit(call, location="Room 1")
    bench.notes.edit(visit, location="Room 2")
    bench.salesforce.faults.refuse[copy] = "No."
    bench.start()
    bench.ok()
    bench.undo(newest(bench))
    assert [row.title for row in bench.rows()] == ["Visit"]


def test_what_two_undos_make_are_two_entries(bench: Bench) -> None:
    """Catches: an undo that takes the entry an earlier one made for its own, and makes nothing (one create key for both)."""
    (visit,) = synchronized(bench, VISIT)
    backup = bench.backup()
    (copy,) = bench.salesforce.entries
    bench.salesforce.remove(copy)
    for _ in range(2):
        bench.start()
        assert [row.action for row in bench.rows() if row.notes_key == visit] == [Action.DELETE_IN_NOTES]
        approve(bench)
        bench.clock.advance(minutes=13)
        bench.undo(newest(bench))
        approve(bench)
        bench.clock.advance(minutes=13)
        made = set(bench.notes.entries)
        bench.notes.restore(visit, VISIT)  # out of the bin, together with an old copy of the state
        bench.lose_database(backup)
    assert visit in bench.notes.entries
    assert len(made - {visit}) == 2


def test_the_undo_of_a_deletion_shows_what_is_there_now(bench: Bench) -> None:
    """Catches: the image of an entry that the person deleted shown as if it were still in the calendar."""
    (key,) = synchronized(bench, CALL)
    bench.notes.remove(key)
    bench.start()
    approve(bench)
    bench.clock.advance(minutes=13)
    bench.undo(newest(bench))
    (row,) = bench.rows()
    assert (row.action, row.notes, row.salesforce) == (Action.CREATE_IN_SALESFORCE, None, None)


def test_a_run_undone_twice_makes_nothing_twice() -> None:
    """Catches: two copies of a deleted event, because Undo was pressed twice (seed 323)."""
    unkeyed = Bench(keyed=False)
    (key,) = synchronized(unkeyed, CALL)
    unkeyed.notes.remove(key)
    unkeyed.start()
    approve(unkeyed)
    unkeyed.clock.advance(minutes=13)
    deleted = newest(unkeyed)
    unkeyed.undo(deleted)
    approve(unkeyed)
    unkeyed.clock.advance(minutes=13)
    unkeyed.undo(deleted)
    (row,) = unkeyed.rows()
    assert (row.action, row.summary.code) == (Action.CANNOT_SYNC, "undo.already")
    unkeyed.cancel()
    assert len(unkeyed.salesforce.entries) == 1
    unkeyed.close()


def test_a_copy_that_was_there_before_the_run_is_not_undone_by_it(bench: Bench) -> None:
    """Catches: an entry deleted by the undo of a run that only came upon it, because its listing had not shown it (106347)."""
    bench.salesforce.put(CALL)
    bench.start()
    bench.ok()
    (copy,) = bench.notes.entries
    bench.lose_database()
    bench.notes.faults.hidden.add(copy)
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.CREATE_IN_NOTES]
    bench.ok()
    bench.notes.faults.hidden.clear()
    bench.clock.advance(minutes=13)
    bench.undo(newest(bench))
    (row,) = bench.rows()
    assert row.action is Action.CANNOT_SYNC
    approve(bench)
    assert list(bench.notes.entries) == [copy]


def keyless() -> Bench:
    """An org without a key field, with a pair that has nothing to do with it."""
    bench = Bench(keyed=False)
    synchronized(bench, VISIT)
    return bench


def test_an_undo_asked_for_again_while_its_create_is_open_makes_nothing_twice() -> None:
    """Catches: two events, because the second undo did not look what had become of the first one."""
    bench = keyless()
    (entry,) = synchronized(bench, CALL)
    bench.notes.remove(entry)
    bench.start()
    approve(bench)
    deleted = newest(bench)
    bench.clock.advance(minutes=13)
    bench.undo(deleted)
    bench.salesforce.network.next = ["lose_after"]
    approve(bench)
    bench.clock.advance(minutes=1)
    bench.undo(deleted)
    assert [row.summary.code for row in bench.rows()] == ["undo.already"]
    assert [one.image.subject for one in bench.salesforce.entries.values()] == ["Visit", "Call"]
    bench.close()


def kept_apart(bench: Bench) -> str:
    """Two that are alike were answered to be different meetings; the run of that answer."""
    bench.notes.put(CALL)
    bench.salesforce.put(Image(subject="Call!", starts_at=CALL.starts_at, ends_at=CALL.ends_at))
    bench.start()
    (row,) = bench.rows()
    assert row.action is Action.QUESTION
    bench.decide(
        [OneDecision(change=row.id, revision=row.revision, decision=Decision.ANSWER, answer=Answer.KEEP_APART)]
    )
    bench.ok()
    bench.clock.advance(minutes=13)
    return newest(bench)


def test_keep_apart_can_be_taken_back() -> None:
    """Catches: "undone" of an answer that still holds."""
    bench = keyless()
    run = kept_apart(bench)
    assert bench.base().kept_apart
    bench.undo(run)
    (row,) = bench.rows()
    assert row.summary.code == "undo.apart"
    approve(bench)
    assert not bench.base().kept_apart
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.QUESTION]
    bench.close()


def test_keep_apart_that_led_to_copies_is_not_taken_back() -> None:
    """Catches: a link that a later run made thrown away by the undo of the answer before it."""
    bench = keyless()
    run = kept_apart(bench)
    bench.start()
    bench.ok()
    links = bench.base().links
    assert len(links) == 3
    bench.clock.advance(minutes=13)
    bench.undo(run)
    assert [row.summary.code for row in bench.rows()] == ["undo.changed_since"]
    bench.cancel()
    assert bench.base().links == links
    bench.close()


def test_an_undo_that_comes_upon_another_pairs_copy_makes_its_own_at_the_second_try() -> None:
    """Catches: a row that is stale at every Ok, because the key of its create never changes."""
    bench = keyless()
    event = bench.salesforce.put(CALL)
    bench.start()
    bench.ok()
    bench.clock.advance(minutes=13)
    bench.salesforce.remove(event)
    bench.start()
    approve(bench)
    deleted = newest(bench)
    bench.clock.advance(minutes=13)
    before = bench.backup()
    bench.undo(deleted)
    approve(bench)
    bench.clock.advance(minutes=13)
    bench.lose_database(before)  # the undo is forgotten, what it made is there and becomes a pair
    bench.start()
    (row,) = bench.rows()
    assert row.why[0].code == "why.made_by_us"
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.ANSWER, answer=Answer.RECREATE)])
    bench.ok()
    bench.clock.advance(minutes=13)
    bench.undo(deleted)
    approve(bench)
    assert bench.review is not None
    assert [one.error.code for one in bench.review.outcomes.values() if one.error] == ["row.copy_taken"]
    approve(bench)
    assert bench.run is None
    assert [one.image.subject for one in bench.notes.entries.values()] == ["Visit", "Call", "Call"]
    bench.close()
