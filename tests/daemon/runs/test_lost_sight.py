"""A pair whose event is out of sight for good: given to somebody else, or deleted too long ago for any record of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daemon.sync.base import LinkState
from shared.models import Image, OneDecision
from shared.states import Action, Answer, Decision, Side
from tests.fakes.engine import Bench

CALL = Image(subject="Call", starts_at="2026-03-12T09:00Z", ends_at="2026-03-12T10:00Z")
VISIT = Image(subject="Visit", starts_at="2026-03-13T09:00Z", ends_at="2026-03-13T10:00Z")


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(keyed=True)
    for image in (CALL, VISIT):
        made.notes.put(image)
    made.start()
    made.ok()
    made.clock.advance(hours=30)
    yield made
    made.close()


def gone_for_good(bench: Bench, side: Side) -> str:
    key = next(key for key, entry in bench.side(side).entries.items() if entry.image.subject == "Call")
    bench.side(side).lose_sight_of(key)
    return key


def answered(bench: Bench, answer: Answer) -> None:
    (row,) = bench.rows()
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.ANSWER, answer=answer)])
    assert bench.review is not None
    bench.ok(bench.review.deletions() or None)
    bench.clock.advance(minutes=13)


@pytest.mark.parametrize("side", list(Side))
def test_it_is_asked_about_and_never_called_deleted(bench: Bench, side: Side) -> None:
    """Catches: a Notes entry that keeps a copy nobody maintains for ever, without a word; a deletion that nothing proves."""
    gone_for_good(bench, side)
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.default_decision) == (Action.QUESTION, Decision.UNDECIDED)
    assert [one.answer for one in row.choices if one.decision is Decision.ANSWER] == [
        Answer.DETACH,
        Answer.RECREATE,
        Answer.DELETE_COPY,
    ]
    assert [one.answer for one in row.choices if one.recommended] == [Answer.DETACH]
    assert "Nothing can be told" in row.why[0].text


def test_detached_it_stands_still_and_stays_silent(bench: Bench) -> None:
    gone_for_good(bench, Side.SALESFORCE)
    bench.start()
    answered(bench, Answer.DETACH)
    assert bench.start() is None
    assert sorted(link.state for link in bench.base().links) == [LinkState.FROZEN, LinkState.LINKED]
    assert len(bench.notes.entries) == 2


def test_a_new_event_takes_its_place(bench: Bench) -> None:
    lost = gone_for_good(bench, Side.SALESFORCE)
    bench.start()
    answered(bench, Answer.RECREATE)
    assert bench.start() is None
    assert lost not in {link.salesforce_key for link in bench.base().links}
    assert [entry.image.subject for key, entry in bench.salesforce.entries.items() if key != lost] == ["Visit", "Call"]


def test_the_copy_is_deleted_where_the_person_says_so(bench: Bench) -> None:
    gone_for_good(bench, Side.SALESFORCE)
    bench.start()
    answered(bench, Answer.DELETE_COPY)
    assert [entry.image.subject for entry in bench.notes.entries.values()] == ["Visit"]


def test_what_is_only_out_of_sight_for_a_while_is_waited_for(bench: Bench) -> None:
    """Catches: a question each time a server hiccups."""
    key = gone_for_good(bench, Side.SALESFORCE)
    bench.salesforce.faults.lost.clear()
    assert bench.start() is None
    bench.salesforce.faults.unclear.clear()
    bench.salesforce.faults.hidden.clear()
    bench.salesforce.edit(key, location="Room 1")
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.UPDATE_IN_NOTES]


def test_when_the_other_copy_is_deleted_too_the_pair_is_over(bench: Bench) -> None:
    gone_for_good(bench, Side.SALESFORCE)
    entry = next(key for key, one in bench.notes.entries.items() if one.image.subject == "Call")
    bench.notes.remove(entry)
    assert bench.start() is None
    assert sorted(link.state for link in bench.base().links) == [LinkState.LINKED, LinkState.TOMBSTONE]


def test_answered_and_back_again_it_is_looked_at_anew(bench: Bench) -> None:
    """Catches: the copy deleted although the event was there when it was looked at once more."""
    gone_for_good(bench, Side.SALESFORCE)
    bench.start()
    (row,) = bench.rows()
    one = OneDecision(change=row.id, revision=row.revision, decision=Decision.ANSWER, answer=Answer.DELETE_COPY)
    bench.decide([one])
    bench.salesforce.catch_up()
    assert bench.review is not None
    bench.ok(bench.review.deletions() or None)
    assert len(bench.notes.entries) == 2
