"""Two rows that were answered with the same partner: one gets it, the other comes back."""

from __future__ import annotations

from shared.models import Image, OneDecision
from shared.states import Action, Answer, Decision, RunState
from tests.fakes.engine import Bench


def test_the_same_partner_is_given_once() -> None:
    """Catches: a second pair that takes the event away from the first one, which history calls paired."""
    bench = Bench(keyed=False)
    for minute in (0, 5):
        start = f"2026-03-12T09:0{minute}Z"
        bench.notes.put(Image(subject="Visit Example", starts_at=start, ends_at="2026-03-12T10:00Z"))
    event = bench.salesforce.put(
        Image(subject="Visit Examples", starts_at="2026-03-12T09:03Z", ends_at="2026-03-12T10:00Z")
    )
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.QUESTION, Action.QUESTION]
    for row in bench.rows():
        choice = next(each for each in row.choices if each.answer is Answer.PAIR)
        one = OneDecision(
            change=row.id,
            revision=row.revision,
            decision=Decision.ANSWER,
            answer=choice.answer,
            candidate=choice.candidate,
        )
        bench.decide([one])
    first, second = bench.rows()
    bench.ok()
    (link,) = bench.base().links
    assert (link.id, link.salesforce_key) == (first.id, event)
    assert bench.run is not None
    assert bench.run.state is RunState.AWAITING_REVIEW
    assert bench.review is not None
    outcome = bench.review.outcomes[second.id]
    assert outcome.error is not None
    assert outcome.error.code == "row.paired_elsewhere"
    assert [(row.id, row.action) for row in bench.rows()] == [(second.id, Action.CREATE_IN_SALESFORCE)]
    bench.close()


def test_a_copy_that_belongs_to_another_pair_is_not_taken_from_it() -> None:
    """Catches: two pairs that take one Notes entry from each other at every run, because its key outlived a lost state."""
    bench = Bench(keyed=False)
    lunch = Image(subject="Lunch", starts_at="2026-03-12T09:00Z", ends_at="2026-03-12T10:00Z")
    first = bench.salesforce.put(lunch)
    bench.start()
    bench.ok()
    (copy,) = bench.notes.entries
    bench.lose_database()
    bench.salesforce.edit(first, subject="Visit", starts_at="2026-03-19T09:00Z", ends_at="2026-03-19T10:00Z")
    bench.salesforce.faults.hidden.add(first)
    second = bench.salesforce.put(lunch)
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.LINK]
    bench.ok()
    bench.clock.advance(hours=30)
    bench.salesforce.faults.hidden.clear()
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.CREATE_IN_NOTES]
    bench.ok()
    (row,) = bench.rows()
    assert bench.review is not None
    error = bench.review.outcomes[row.id].error
    assert error is not None
    assert error.code == "row.copy_taken"
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.APPROVE)])
    bench.ok()
    assert len(bench.notes.entries) == 2
    assert {(link.notes_key == copy, link.salesforce_key) for link in bench.base().links} == {
        (True, second),
        (False, first),
    }
    bench.clock.advance(minutes=13)
    assert bench.start() is None
    bench.close()
