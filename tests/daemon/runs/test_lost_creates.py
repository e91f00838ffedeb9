"""A create whose answer was lost, in an org without a key field: found, asked about or made again, never doubled in silence."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from daemon.sides.contract import SideUnavailable
from daemon.sync.appointment import item_id
from daemon.sync.base import LinkState
from shared.models import Image, OneDecision
from shared.states import Action, Answer, Decision, Group, RunState, Side
from tests.fakes.engine import Bench
from tests.fakes.engine_surroundings import prefixed
from tests.fakes.memory_side import sentence

CALL = Image(subject="Call", starts_at="2026-03-12T09:00Z", ends_at="2026-03-12T10:00Z")


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(keyed=False)
    yield made
    made.close()


def lost(bench: Bench) -> str:
    """One Notes entry whose copy was made, changed by the org, and never heard of; returns the copy's key."""
    bench.notes.put(CALL)
    bench.salesforce.rewrite = prefixed
    bench.start()
    bench.salesforce.network.next = ["lose_after"]
    bench.ok()
    (copy,) = bench.salesforce.entries
    bench.restart()
    return copy


def answered(bench: Bench, answer: Answer) -> None:
    (row,) = bench.rows()
    choice = next(each for each in row.choices if each.answer is answer)
    one = OneDecision(
        change=row.id,
        revision=row.revision,
        decision=Decision.ANSWER,
        answer=answer,
        candidate=choice.candidate,
    )
    bench.decide([one])
    bench.ok()
    bench.clock.advance(minutes=13)


def test_while_the_request_may_still_arrive_neither_row_is_shown(bench: Bench) -> None:
    """Catches: the copy offered to be created in Notes, approved by default, while its own create is still open."""
    copy = lost(bench)
    bench.start()
    assert bench.rows() == ()
    comparison = bench.coordinator.comparison
    assert comparison is not None
    waiting = [item for item, why in comparison.plan.quiet.items() if why[0].code == "row.waiting"]
    assert len(waiting) == 2
    assert copy in bench.salesforce.entries


def test_a_copy_that_the_org_changed_is_asked_about(bench: Bench) -> None:
    """Catches: a second copy, because the first one does not look like what was sent."""
    copy = lost(bench)
    bench.clock.advance(minutes=13)
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.default_decision) == (Action.QUESTION, Decision.UNDECIDED)
    assert row.why[0].code == "why.lost_create"
    answered(bench, Answer.PAIR)
    bench.start()
    (row,) = bench.rows()
    assert {write.side for one in row.settlements if one for write in one.writes} <= {Side.NOTES, Side.SALESFORCE}
    assert list(bench.salesforce.entries) == [copy]
    assert len(bench.notes.entries) == 1


def test_kept_apart_means_another_copy_is_wanted(bench: Bench) -> None:
    lost(bench)
    bench.clock.advance(minutes=13)
    bench.start()
    answered(bench, Answer.KEEP_APART)
    bench.start()
    assert sorted(row.action for row in bench.rows()) == [Action.CREATE_IN_NOTES, Action.CREATE_IN_SALESFORCE]


def test_a_re_created_copy_is_asked_about_as_well(bench: Bench) -> None:
    """Catches: the question only for new items; a pair whose event was deleted and made again is in the same danger."""
    key = bench.notes.put(CALL)
    bench.start()
    bench.ok()
    bench.clock.advance(minutes=13)
    (first,) = bench.salesforce.entries
    bench.salesforce.remove(first)
    bench.notes.edit(key, location="Room 1")
    bench.start()
    (row,) = bench.rows()
    assert row.action is Action.EDIT_OR_DELETE
    keep = next(each for each in row.choices if each.answer is Answer.KEEP_EDIT)
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.ANSWER, answer=keep.answer)])
    bench.salesforce.rewrite = prefixed
    bench.salesforce.network.next = ["lose_after"]
    bench.ok()
    bench.restart()
    bench.clock.advance(minutes=13)
    bench.start()
    (row,) = bench.rows()
    assert row.action is Action.QUESTION
    answered(bench, Answer.PAIR)
    assert len(bench.salesforce.entries) == 1


def test_nothing_is_asked_where_nothing_was_made(bench: Bench) -> None:
    """Catches: a question about every event, because a create never arrived."""
    older = bench.salesforce.put(msgspec.structs.replace(CALL, subject="Visit"))
    bench.start()
    bench.ok()
    bench.clock.advance(hours=2)
    bench.notes.put(msgspec.structs.replace(CALL, subject="Lunch"))
    bench.start()
    bench.salesforce.network.next = ["lose_before"]
    bench.ok()
    bench.clock.advance(minutes=13)
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.CREATE_IN_SALESFORCE]
    assert list(bench.salesforce.entries) == [older]


def test_many_open_operations_are_looked_up_together(bench: Bench) -> None:
    """Catches: a call for each of two hundred creates after a crash (sync.md 2.9, c8)."""
    for day in range(1, 29):
        start = f"2026-04-{day:02}T09:00Z"
        bench.notes.put(Image(subject=f"Visit {day}", starts_at=start, ends_at=start.replace("09:", "10:")))
    bench.start()
    bench.crash_next("salesforce.answered_create", 20)
    bench.ok()
    asked = bench.salesforce.calls.count("find_created")
    assert asked == 2, "before and after the calendar is read"
    bench.clock.advance(minutes=13)
    bench.start()
    bench.ok()
    bench.clock.advance(minutes=13)
    assert bench.start() is None or not bench.rows()
    assert len(bench.salesforce.entries) == 28


def test_a_copy_that_was_made_private_is_asked_about_as_well(bench: Bench) -> None:
    """Catches: a second copy beside one that is hidden by now (seed 6153)."""
    copy = lost(bench)
    bench.salesforce.edit(copy, private=True, subject="Doctor")
    bench.clock.advance(minutes=13)
    bench.start()
    (row,) = bench.rows()
    assert row.action is Action.QUESTION
    assert "Doctor" not in repr(row)


def test_a_copy_that_was_moved_out_of_the_window_is_asked_about_as_well(bench: Bench) -> None:
    """Catches: a second copy because the first one is in no listing any more (seed 219)."""
    copy = lost(bench)
    bench.start()  # the copy is seen here, and suspected from now on
    bench.salesforce.edit(copy, starts_at="2027-08-01T09:00Z", ends_at="2027-08-01T10:00Z")
    bench.clock.advance(hours=30)  # the daily full reading does not list it
    bench.start()
    (row,) = bench.rows()
    assert row.action is Action.QUESTION
    answered(bench, Answer.PAIR)
    assert list(bench.salesforce.entries) == [copy]


def test_a_suspect_that_was_deleted_is_forgotten(bench: Bench) -> None:
    copy = lost(bench)
    bench.start()
    bench.salesforce.remove(copy)
    bench.clock.advance(hours=30)
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.CREATE_IN_SALESFORCE]


def test_what_only_looks_like_the_copy_is_compared_and_not_taken_for_what_was_sent(bench: Bench) -> None:
    """Catches: a base that Salesforce never held, after which the difference is an edit that nobody made (P25)."""
    older = bench.salesforce.put(CALL, made=bench.clock.now)
    bench.salesforce.faults.hidden.add(older)
    bench.notes.put(msgspec.structs.replace(CALL, location="Room 1"))
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.CREATE_IN_SALESFORCE]
    bench.crash_next("salesforce.before_create")
    bench.ok()
    bench.salesforce.faults.hidden.clear()
    bench.clock.advance(minutes=13)
    (link,) = bench.base().links
    assert (link.state, link.salesforce_key, link.salesforce_image) == (LinkState.NO_BASE, older, None)
    bench.start()
    (row,) = bench.rows()
    assert [one.group for one in row.fields if one.notes != one.salesforce] == [Group.LOCATION]
    assert bench.salesforce.entries[older].image.location == ""


def out_of_sight(bench: Bench, side: Side, key: str) -> None:
    """From the next full reading on, ``key`` is in no listing and cannot be looked up (given to somebody else, purged)."""
    bench.side(side).faults.hidden.add(key)
    bench.side(side).faults.unclear.add(key)
    bench.clock.advance(hours=30)
    bench.start()  # a calendar that is empty all at once is believed when the next reading agrees


def test_a_suspect_that_cannot_be_read_is_asked_about(bench: Bench) -> None:
    """Catches: an entry that is held for ever without a word, because nobody can tell what became of its copy."""
    copy = lost(bench)
    bench.start()
    out_of_sight(bench, Side.SALESFORCE, copy)
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.default_decision) == (Action.QUESTION, Decision.UNDECIDED)
    assert [choice.answer for choice in row.choices if choice.decision is Decision.ANSWER] == [Answer.KEEP_APART]
    assert copy in row.why[0].text
    answered(bench, Answer.KEEP_APART)
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.CREATE_IN_SALESFORCE]


def test_a_suspect_that_comes_into_sight_again_makes_the_answer_stale(bench: Bench) -> None:
    """Catches: «it has no partner» carried out although the partner was there when it was looked at once more."""
    copy = lost(bench)
    bench.start()
    out_of_sight(bench, Side.SALESFORCE, copy)
    bench.start()
    bench.salesforce.faults.hidden.clear()
    bench.salesforce.faults.unclear.clear()
    (before,) = bench.rows()
    one = OneDecision(
        change=before.id, revision=before.revision, decision=Decision.ANSWER, answer=Answer.KEEP_APART, candidate=None
    )
    bench.decide([one])
    bench.ok()
    (row,) = bench.rows()
    assert row.revision != before.revision
    assert Answer.PAIR in [choice.answer for choice in row.choices]
    assert not bench.base().kept_apart


def test_the_copy_of_an_entry_that_cannot_be_seen_is_not_brought_to_notes(bench: Bench) -> None:
    """Catches: a second Notes entry beside one that is out of sight, and a second event when it comes back (seed 35182)."""
    copy = lost(bench)
    bench.start()
    (entry,) = bench.notes.entries
    out_of_sight(bench, Side.NOTES, entry)
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.salesforce_key) == (Action.QUESTION, copy)
    answered(bench, Answer.KEEP_APART)
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.CREATE_IN_NOTES]


def test_whoever_may_be_the_partner_of_one_that_waits_waits_too(bench: Bench) -> None:
    """Catches: one of two suspects offered as new while the person is asked about the other."""
    copy = lost(bench)
    second = bench.salesforce.put(msgspec.structs.replace(CALL, subject="[Y] Call"), made=bench.clock.now)
    bench.start()
    assert len(bench.base().suspects) == 2
    out_of_sight(bench, Side.SALESFORCE, second)
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.salesforce_key) == (Action.QUESTION, "")
    comparison = bench.coordinator.comparison
    assert comparison is not None
    assert [why[0].code for why in comparison.plan.quiet.values()] == ["quiet.partner_waits"]
    answered(bench, Answer.KEEP_APART)
    bench.start()
    (row,) = bench.rows()
    assert [one.image.id for one in row.candidates] == [copy]


def test_of_two_equal_creates_each_gets_its_own_copy(bench: Bench) -> None:
    """Catches: one event adopted by both, and a third one made for the one that lost it."""
    for _ in range(2):
        bench.notes.put(CALL)
    bench.start()
    bench.salesforce.network.next = ["lose_after", "lose_after"]
    bench.ok()
    bench.restart()
    assert bench.start() is None
    assert {link.salesforce_key for link in bench.base().links} == set(bench.salesforce.entries)
    assert len(bench.salesforce.entries) == 2


def test_another_copy_that_looks_the_same_does_not_hide_the_changed_one(bench: Bench) -> None:
    """Catches: no suspicion because an equal event was found, which belongs to another pair (seed 101883)."""
    for _ in range(2):
        bench.notes.put(CALL)
    bench.start()
    _, second = bench.rows()
    bench.decide([OneDecision(change=second.id, revision=second.revision, decision=Decision.UNDECIDED)])
    bench.ok()
    bench.salesforce.rewrite = prefixed
    bench.start()
    bench.salesforce.network.next = ["lose_after"]
    bench.ok()
    bench.clock.advance(minutes=13)
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.id) == (Action.QUESTION, second.id)


def test_without_a_look_at_what_is_open_nothing_is_compared(bench: Bench) -> None:
    """Catches: our own copy brought to Notes as if it were new, because it could not be told from a stranger's (seed 114129)."""
    lost(bench)
    bench.salesforce.faults.fail["find_created"] = SideUnavailable(sentence("Away."))
    assert bench.start() is None
    ended = bench.coordinator.last_ended
    assert ended is not None and ended.because is not None
    assert (ended.state, ended.because.text) == (RunState.FAILED, "Away.")
    bench.start()
    assert [row.action for row in bench.rows()] == []


def test_a_pair_that_waits_is_explained_on_both_sides(bench: Bench) -> None:
    """Catches: an event that is nowhere, and nothing says why, while the row that would link it waits (seed 110306)."""
    entry = bench.notes.put(CALL)
    bench.start()
    bench.salesforce.network.next = ["lose_before"]
    bench.ok()
    event = bench.salesforce.put(CALL)
    bench.start()
    assert bench.rows() == ()
    comparison = bench.coordinator.comparison
    assert comparison is not None
    for side, key in ((Side.NOTES, entry), (Side.SALESFORCE, event)):
        assert comparison.plan.quiet[item_id(bench.pairing(), side, key)][0].code == "row.waiting"
