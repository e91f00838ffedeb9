"""Decisions on the list: all or none, only what a row offers, only on the revision that was seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daemon.sync.trees import SeriesPlace
from shared.models import Image, OneDecision
from shared.problems import ApiProblem, ProblemName
from shared.states import Action, Answer, Decision, Group, Scope, Side
from tests.fakes.engine import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(keyed=True)
    yield made
    made.close()


def meeting(subject: str, day: int = 12) -> Image:
    return Image(subject=subject, starts_at=f"2026-03-{day:02}T09:00Z", ends_at=f"2026-03-{day:02}T10:00Z")


def refused(bench: Bench, *decisions: OneDecision) -> ApiProblem:
    with pytest.raises(ApiProblem) as raised:
        bench.decide(decisions)
    return raised.value


def approved(bench: Bench) -> list[Decision]:
    assert bench.review is not None
    return [bench.review.decision(row).decision for row in bench.rows()]


def test_one_bad_decision_refuses_all(bench: Bench) -> None:
    """Catches: half of a click taken, in memory or on disk."""
    bench.notes.put(meeting("One"))
    bench.notes.put(meeting("Two", 13))
    bench.start()
    one, two = bench.rows()
    good = OneDecision(change=one.id, revision=one.revision, decision=Decision.IGNORE_FOREVER)
    old = OneDecision(change=two.id, revision="older", decision=Decision.APPROVE)
    strange = OneDecision(change=two.id, revision=two.revision, decision=Decision.USE_SALESFORCE)
    unknown = OneDecision(change="nobody", revision="x", decision=Decision.APPROVE)
    neither = OneDecision(revision="x", decision=Decision.APPROVE)
    answer = refused(bench, good, old)
    assert answer.name is ProblemName.STALE_DECISIONS and answer.extra["stale"] == [two.id]
    assert refused(bench, good, strange).name is ProblemName.BAD_REQUEST
    assert refused(bench, good, unknown).name is ProblemName.NOT_FOUND
    assert refused(bench, good, neither).name is ProblemName.BAD_REQUEST
    assert approved(bench) == [Decision.APPROVE, Decision.APPROVE]
    assert bench.run is not None and bench.runs.decisions(bench.run.id) == {}


def test_a_series_is_decided_with_the_runs_plan_and_ignored_as_one(bench: Bench) -> None:
    """Catches: a series decided on a list that was never seen, or ignored occurrence by occurrence only."""
    for day in (12, 13):
        bench.notes.put(meeting("Weekly", day), uid=f"weekly{day}", series=_place(day))
    bench.notes.put(meeting("Alone", 14))
    bench.start()
    assert bench.run is not None
    wanted = OneDecision(series="weekly", revision="older", decision=Decision.IGNORE_FOREVER)
    assert refused(bench, wanted).name is ProblemName.STALE_DECISIONS
    bench.decide([OneDecision(series="weekly", revision=bench.run.plan, decision=Decision.IGNORE_FOREVER)])
    assert approved(bench) == [Decision.IGNORE_FOREVER, Decision.IGNORE_FOREVER, Decision.APPROVE]
    bench.ok()
    assert {each.scope for each in bench.base().ignores} == {Scope.SERIES}
    assert [entry.image.subject for entry in bench.salesforce.entries.values()] == ["Alone"]


def _place(day: int) -> SeriesPlace:

    return SeriesPlace("weekly", "Weekly", day - 11, 2)


def test_fields_are_chosen_group_by_group(bench: Bench) -> None:
    """Catches: a conflict half decided, or the wrong side's value written for a group."""
    key = bench.notes.put(meeting("Review"))
    bench.start()
    bench.ok()
    bench.clock.advance(hours=2)
    (copy,) = bench.salesforce.entries
    bench.notes.edit(key, subject="Review N", location="Room N")
    bench.salesforce.edit(copy, subject="Review S", location="Room S")
    bench.start()
    (row,) = bench.rows()
    assert row.action is Action.CONFLICT

    def chosen(**fields: Side) -> OneDecision:
        picks = {Group(name): side for name, side in fields.items()}
        return OneDecision(change=row.id, revision=row.revision, decision=Decision.CHOOSE_FIELDS, fields=picks)

    assert refused(bench, chosen(subject=Side.NOTES)).name is ProblemName.BAD_REQUEST
    assert refused(bench, chosen(time=Side.NOTES)).name is ProblemName.BAD_REQUEST
    bench.decide([chosen(subject=Side.NOTES, location=Side.SALESFORCE)])
    bench.ok()
    for image in (bench.notes.entries[key].image, bench.salesforce.entries[copy].image):
        assert (image.subject, image.location) == ("Review N", "Room S")


def test_an_answer_must_be_one_that_the_row_gives(bench: Bench) -> None:
    """Catches: 'delete both' taken for a row that asks something else."""
    key = bench.notes.put(meeting("Review"))
    bench.start()
    bench.ok()
    bench.clock.advance(hours=2)
    (copy,) = bench.salesforce.entries
    bench.notes.remove(key)
    bench.salesforce.edit(copy, subject="Review S")
    bench.start()
    (row,) = bench.rows()
    assert row.action is Action.EDIT_OR_DELETE

    def answered(answer: Answer | None) -> OneDecision:
        return OneDecision(change=row.id, revision=row.revision, decision=Decision.ANSWER, answer=answer)

    assert refused(bench, answered(Answer.PAIR)).name is ProblemName.BAD_REQUEST
    assert refused(bench, answered(None)).name is ProblemName.BAD_REQUEST
    bench.decide([answered(Answer.DELETE_BOTH)])
    assert bench.review is not None and bench.review.deletions() == 1
    bench.ok(confirm_deletions=1)
    assert not bench.salesforce.entries and not bench.notes.entries


def test_pending_leaves_out_what_cannot_be_synchronized(bench: Bench) -> None:
    """Catches: a badge that counts rows nobody can decide (interfaces.md, cannot_sync)."""
    bench.notes.put(meeting("Fine"))
    bench.notes.put(Image(subject="Cruise", starts_at="2026-03-20T09:00Z", ends_at="2026-04-28T09:00Z"))
    bench.start()
    assert bench.review is not None
    pending = bench.review.pending()
    assert (pending.changes, pending.approved, pending.conflicts, pending.deletions) == (1, 1, 0, 0)
    assert bench.review.counts() == {"create_in_salesforce": 1, "cannot_sync": 1}


def test_an_ignored_row_needs_no_decision_and_every_decision_is_a_turn(bench: Bench) -> None:
    """Catches: "1 still undecided" for what was ignored; a window that cannot see that another one decided."""
    bench.notes.put(meeting("Fine"))
    bench.start()
    assert bench.review is not None
    before = bench.review.pending()
    assert (before.undecided, before.turn) == (0, 0)
    (row,) = bench.review.plan.changes
    for number, decision in enumerate((Decision.UNDECIDED, Decision.IGNORE_FOREVER, Decision.APPROVE), start=1):
        one = OneDecision(change=row.id, revision=row.revision, decision=decision)
        bench.decide([one])
        pending = bench.review.pending()
        assert (pending.undecided, pending.turn) == (int(decision is Decision.UNDECIDED), number)
