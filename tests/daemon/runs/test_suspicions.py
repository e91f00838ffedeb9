"""What befalls an entry or an event while one may be the copy of the other: asked about, held with a reason, never doubled."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from daemon.runs.rules_in_force import window
from daemon.sync.base import LinkState
from daemon.sync.proposal import Proposal
from daemon.sync.rules import Rules
from shared.models import Image, OneDecision
from shared.states import Action, Answer, Decision, RunMode, Side
from tests.fakes.engine import ZONE, Bench
from tests.fakes.engine_process import START
from tests.fakes.engine_surroundings import prefixed

CALL = Image(subject="Call", starts_at="2026-03-12T09:00Z", ends_at="2026-03-12T10:00Z")
VISIT = Image(subject="Visit", starts_at="2026-03-14T09:00Z", ends_at="2026-03-14T10:00Z")


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A pair that has nothing to do with it, so that no calendar is ever empty."""
    made = Bench(keyed=False)
    made.notes.put(VISIT)
    carry_out(made)
    yield made
    made.close()


def carry_out(bench: Bench) -> None:
    bench.start()
    bench.ok()
    bench.clock.advance(minutes=13)


def lost(bench: Bench, *images: Image) -> list[str]:
    """New entries whose copies were made, changed by the org, and never heard of; the entries' keys."""
    keys = [bench.notes.put(image) for image in images]
    bench.salesforce.rewrite = prefixed
    bench.start()
    bench.salesforce.network.next = ["lose_after"] * len(keys)
    bench.ok()
    bench.restart()
    bench.salesforce.rewrite = None
    return keys


def pair_of(bench: Bench, image: Image) -> tuple[str, str]:
    entry = bench.notes.put(image)
    carry_out(bench)
    return entry, next(link.salesforce_key for link in bench.base().links if link.notes_key == entry)


def re_created_and_lost(bench: Bench, *entries: str) -> None:
    """The events of these pairs were deleted, their edits kept, and the answers of the new creates lost."""
    for entry in entries:
        event = next(link.salesforce_key for link in bench.base().links if link.notes_key == entry)
        bench.salesforce.remove(event)
        bench.notes.edit(entry, location="Room 1")
    bench.start()
    for row in bench.rows():
        decide(bench, row, Answer.KEEP_EDIT)
    bench.salesforce.rewrite = prefixed
    bench.salesforce.network.next = ["lose_after"] * len(entries)
    bench.ok()
    bench.restart()
    bench.salesforce.rewrite = None
    bench.clock.advance(minutes=13)


def decide(bench: Bench, row: Proposal, answer: Answer, number: int = 0) -> None:
    choice = [each for each in row.choices if each.answer is answer][number]
    one = OneDecision(
        change=row.id, revision=row.revision, decision=Decision.ANSWER, answer=answer, candidate=choice.candidate
    )
    bench.decide([one])


def answered(bench: Bench, row: Proposal, answer: Answer) -> None:
    decide(bench, row, answer)
    assert bench.review is not None
    bench.ok(bench.review.deletions() or None)
    bench.clock.advance(minutes=13)


def quiet(bench: Bench) -> set[str]:
    comparison = bench.coordinator.comparison
    assert comparison is not None
    return {why[0].code for why in comparison.plan.quiet.values()} - {"quiet.in_step"}


def offered(row: Proposal) -> list[Answer]:
    return [choice.answer for choice in row.choices if choice.answer is not None]


def calls(bench: Bench) -> list[str]:
    return [entry.image.subject for entry in bench.salesforce.entries.values() if "Call" in entry.image.subject]


def test_two_pairs_that_suspect_the_same_events_are_both_asked(bench: Bench) -> None:
    """Catches: a third copy, because the first question had taken every event the second one might name."""
    first, _ = pair_of(bench, CALL)
    second, _ = pair_of(bench, msgspec.structs.replace(CALL, subject="Phone"))
    re_created_and_lost(bench, first, second)
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.QUESTION, Action.QUESTION]
    for row in bench.rows():
        assert row.candidates[0].image.subject == f"[X] {row.title}", "the likest comes first"
        decide(bench, row, Answer.PAIR)
    bench.ok()
    assert len(bench.salesforce.entries) == 3
    assert len({link.salesforce_key for link in bench.base().links}) == 3


def test_a_new_entry_waits_for_the_question_that_names_its_suspects(bench: Bench) -> None:
    """Catches: «it cannot be read» of an event that the row below shows, and a duplicate by the only answer there is."""
    entry, event = pair_of(bench, CALL)
    bench.salesforce.remove(event)
    bench.notes.edit(entry, location="Room 1")
    other = bench.notes.put(msgspec.structs.replace(CALL, subject="Phone"))
    bench.start()
    for row in bench.rows():
        if row.action is Action.EDIT_OR_DELETE:
            decide(bench, row, Answer.KEEP_EDIT)
    bench.salesforce.rewrite = prefixed
    bench.salesforce.network.next = ["lose_after", "lose_after"]
    bench.ok()
    bench.restart()
    bench.clock.advance(minutes=13)
    bench.start()
    (row,) = bench.rows()
    assert row.notes_key == entry
    assert quiet(bench) == {"quiet.partner_waits"}
    answered(bench, row, Answer.PAIR)
    bench.start()
    assert [row.notes_key for row in bench.rows() if row.action is Action.QUESTION] == [other]


def test_the_copy_of_an_entry_that_was_deleted_since_does_not_bring_it_back(bench: Bench) -> None:
    """Catches: an automatic run that writes back into Notes what the person deleted there."""
    (entry,) = lost(bench, CALL)
    bench.notes.remove(entry)
    bench.start(RunMode.AUTOMATIC)
    assert bench.rows() == (), "what was sent may still arrive"
    assert quiet(bench) == {"row.waiting"}
    bench.clock.advance(minutes=13)
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.default_decision) == (Action.QUESTION, Decision.UNDECIDED)
    assert offered(row) == [Answer.KEEP_APART, Answer.DETACH, Answer.DELETE_COPY]
    answered(bench, row, Answer.DELETE_COPY)
    assert calls(bench) == []
    assert bench.start() is None


def test_the_copy_of_an_entry_that_became_private_is_withdrawn(bench: Bench) -> None:
    """Catches: a frozen pair, and text that became private staying in Salesforce for good."""
    (entry,) = lost(bench, msgspec.structs.replace(CALL, subject="Oncologist"))
    bench.notes.edit(entry, private=True)
    bench.clock.advance(minutes=13)
    bench.start()
    (row,) = bench.rows()
    answered(bench, row, Answer.PAIR)
    bench.start()
    (row,) = bench.rows()
    assert row.action is Action.WITHDRAW_FROM_SALESFORCE
    assert "Oncologist" not in f"{row.title}{row.summary.text}"


def test_an_extra_copy_beside_a_pair_that_goes_on_is_asked_about(bench: Bench) -> None:
    """Catches: a second Notes entry, after the pair's own event came back and its next update ended the suspicion."""
    entry, event = pair_of(bench, CALL)
    image = bench.salesforce.entries[event].image
    re_created_and_lost(bench, entry)
    bench.start()
    bench.cancel()
    bench.salesforce.restore(event, image)
    bench.clock.advance(hours=1)
    bench.start()
    update, question = sorted(bench.rows(), key=lambda row: row.action is Action.QUESTION)
    assert (update.action, offered(question)) == (
        Action.UPDATE_IN_SALESFORCE,
        [Answer.KEEP_APART, Answer.DETACH, Answer.DELETE_COPY],
    )
    bench.ok()
    bench.clock.advance(minutes=13)
    bench.start()
    (row,) = bench.rows()
    assert row.action is Action.QUESTION
    answered(bench, row, Answer.DELETE_COPY)
    assert calls(bench) == ["Call"]
    assert bench.start() is None


@pytest.mark.parametrize("answer", [Answer.PAIR, Answer.KEEP_APART])
def test_the_copy_of_a_pair_out_of_sight_that_was_made_anew_is_asked_about(bench: Bench, answer: Answer) -> None:
    """Catches: the question of the lost event once more, and a second copy by its answer."""
    entry, event = pair_of(bench, CALL)
    bench.salesforce.lose_sight_of(event)
    bench.clock.advance(hours=30)
    bench.start()
    (row,) = bench.rows()
    decide(bench, row, Answer.RECREATE)
    bench.salesforce.rewrite = prefixed
    bench.salesforce.network.next = ["lose_after"]
    bench.ok()
    bench.restart()
    bench.clock.advance(minutes=13)
    bench.start()
    (row,) = bench.rows()
    assert offered(row) == [Answer.PAIR, Answer.KEEP_APART]
    answered(bench, row, answer)
    bench.start()
    if answer is Answer.KEEP_APART:
        assert sorted(row.action for row in bench.rows()) == [Action.CREATE_IN_NOTES, Action.QUESTION]
    assert len(bench.notes.entries) == 2
    assert [link.notes_key for link in bench.base().links if link.state is LinkState.NO_BASE] == (
        [entry] if answer is Answer.PAIR else []
    )


def test_what_arrives_between_the_look_and_the_reading_waits(bench: Bench) -> None:
    """Catches: two entries and two events, because a late copy was compared before it could be suspected."""
    bench.notes.put(CALL)
    bench.salesforce.rewrite = prefixed
    bench.start()
    bench.salesforce.network.next = ["delay"]
    bench.ok()
    bench.clock.advance(minutes=1)
    bench.at_point = lambda point: (point == "salesforce.observe" and bench.salesforce.arrive(), None)[1]
    assert bench.start() is None
    bench.at_point = None
    assert calls(bench) == ["[X] Call"]
    assert quiet(bench) == {"row.waiting"}
    bench.clock.advance(minutes=13)
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.QUESTION]


def test_what_was_made_long_after_the_attempt_is_nobodys_copy(bench: Bench) -> None:
    """Catches: every event of the day in one question, because a create of yesterday never arrived."""
    bench.notes.put(CALL)
    bench.start()
    bench.salesforce.network.next = ["lose_before"]
    bench.ok()
    bench.clock.advance(hours=24)
    for day in range(15, 20):
        start = f"2026-03-{day}T09:00Z"
        bench.salesforce.put(
            Image(subject=f"Customer {day}", starts_at=start, ends_at=start.replace("09:", "10:")),
            made=bench.clock.now,
        )
    bench.start()
    assert {row.action for row in bench.rows()} == {Action.CREATE_IN_SALESFORCE, Action.CREATE_IN_NOTES}
    assert not bench.base().suspects


def test_an_ignored_question_stays_silent_on_both_sides(bench: Bench) -> None:
    """Catches: «it cannot be read» of an entry that the person chose to ignore."""
    lost(bench, CALL)
    bench.salesforce.put(msgspec.structs.replace(CALL, subject="[Y] Call"), made=bench.clock.now)
    bench.clock.advance(minutes=13)
    bench.start()
    (row,) = bench.rows()
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.IGNORE_FOREVER)])
    bench.ok()
    bench.clock.advance(minutes=13)
    assert bench.start() is None
    assert quiet(bench) == {"quiet.ignored_forever", "quiet.partner_waits"}


def test_the_times_of_a_private_entry_go_on_travelling_after_its_copy_was_made_anew() -> None:
    """Catches: a busy-only pair that counts as became private: its copy keeps the old time for ever, without a row."""
    bench = Bench(keyed=False, rules=Rules(window(START, ZONE, 30, 365), version="r1", private="busy_only"))
    entry = bench.notes.put(msgspec.structs.replace(CALL, subject="Doctor", private=True))
    bench.notes.put(VISIT)
    carry_out(bench)
    (event,) = [key for key, one in bench.salesforce.entries.items() if one.image.starts_at == CALL.starts_at]
    bench.salesforce.remove(event)
    bench.start()
    (row,) = bench.rows()
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.USE_NOTES)])
    bench.ok()
    bench.clock.advance(hours=1)
    bench.notes.edit(entry, starts_at="2026-03-12T11:00Z", ends_at="2026-03-12T12:00Z")
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.UPDATE_IN_SALESFORCE]
    assert "Doctor" not in repr([one.image for one in bench.salesforce.entries.values()])
    bench.close()


def test_a_lost_private_copy_is_not_said_to_be_deleted() -> None:
    bench = Bench(keyed=False, rules=Rules(window(START, ZONE, 30, 365), version="r1", private="busy_only"))
    bench.notes.put(msgspec.structs.replace(CALL, subject="Doctor", private=True))
    bench.notes.put(VISIT)
    carry_out(bench)
    (event,) = [key for key, one in bench.salesforce.entries.items() if one.image.starts_at == CALL.starts_at]
    bench.salesforce.lose_sight_of(event)
    bench.clock.advance(hours=30)
    bench.start()
    (row,) = bench.rows()
    assert row.summary.code == "summary.orphan"
    bench.close()


def test_an_event_given_away_is_forgotten_by_the_stored_tree(bench: Bench) -> None:
    """Catches: a row for an event that is out of sight, at every run until the next full reading, and nothing comes of it."""
    entry, event = pair_of(bench, CALL)
    bench.salesforce.lose_sight_of(event)
    bench.notes.edit(entry, location="Room 1")
    bench.clock.advance(hours=1)
    bench.start()
    bench.ok()
    (row,) = bench.rows()
    assert row.action is Action.QUESTION
    answered(bench, row, Answer.RECREATE)
    bench.clock.advance(hours=1)
    assert bench.start() is None
    assert Side.SALESFORCE not in {side for side, _ in bench.coordinator.comparison.plan.wanted}  # type: ignore[union-attr]


@pytest.mark.parametrize("side", list(Side))
def test_what_a_pair_lost_and_was_replaced_is_asked_about_when_it_comes_back(bench: Bench, side: Side) -> None:
    """Catches: one meeting twice on both sides, after the first copy came out of the bin (or back from its new owner)."""
    entry, event = pair_of(bench, CALL)
    old = entry if side is Side.NOTES else event
    image = bench.side(side).entries[old].image
    bench.side(side).remove(old)
    bench.side(side.other).edit(event if side is Side.NOTES else entry, location="Room 1")
    bench.start()
    (row,) = bench.rows()
    answered(bench, row, Answer.KEEP_EDIT)
    bench.side(side).restore(old, image)
    bench.clock.advance(hours=30)
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.summary.code) == (Action.QUESTION, "summary.extra_copy")
    assert offered(row) == [Answer.KEEP_APART, Answer.DETACH, Answer.DELETE_COPY]
    answered(bench, row, Answer.DELETE_COPY)
    assert bench.start() is None
    assert len(bench.notes.entries) == len(bench.salesforce.entries) == 2


def test_of_two_that_look_like_the_copy_the_other_one_is_asked_about(bench: Bench) -> None:
    """Catches: our copy brought to Notes as new, because a twin was taken for it (seed 700971)."""
    entry = bench.notes.put(CALL)
    bench.start()
    bench.salesforce.network.next = ["lose_after"]
    bench.ok()
    bench.salesforce.put(CALL, made=bench.clock.now)
    bench.restart()
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.summary.code) == (Action.QUESTION, "summary.extra_copy")
    assert entry in {link.notes_key for link in bench.base().links}


def test_an_old_event_purged_from_the_bin_does_not_hold_the_deletion_of_the_new_one(bench: Bench) -> None:
    """Catches: a question about an event that was deleted weeks ago in place of the deletion of today."""
    entry, event = pair_of(bench, CALL)
    bench.salesforce.remove(event)
    bench.notes.edit(entry, location="Room 1")
    bench.start()
    (row,) = bench.rows()
    answered(bench, row, Answer.KEEP_EDIT)
    new = next(link.salesforce_key for link in bench.base().links if link.notes_key == entry)
    bench.salesforce.remove(new)
    bench.salesforce.lose_sight_of(event)
    bench.clock.advance(hours=30)
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.DELETE_IN_NOTES]
