"""Faults that the simulation found in the engine, each as the shortest story that showed it."""

from __future__ import annotations

from shared.models import OneDecision
from shared.states import Action, Answer, Decision
from tests.fakes.engine_world import World


def world() -> World:
    made = World(keyed=False, deltas=False, private="skip", protect=False)
    made.make(0, 1, 0)
    made.sync(0)
    made.bench.clock.advance(minutes=13)
    return made


def answer(made: World, action: Action, decision: Decision, chosen: Answer | None = None) -> None:
    made.start()
    (row,) = [row for row in made.bench.rows() if row.action is action]
    made.bench.decide([OneDecision(change=row.id, revision=row.revision, decision=decision, answer=chosen)])
    made.ok()


def test_two_rows_never_share_an_id() -> None:
    """A Notes entry is deleted, re-created from Salesforce (the link keeps its id), then taken out of the bin.

    Both got the same item id: decisions could not tell the rows apart, and the second link replaced the first.
    """
    made = world()
    (first,) = made.bench.notes.entries
    made.remove(0, 0)
    answer(made, Action.DELETE_IN_SALESFORCE, Decision.USE_SALESFORCE)
    image = made.deleted[made.bench.notes.side][0][1]
    made.bench.notes.restore(first, image)
    (copy,) = made.bench.salesforce.entries
    made.bench.salesforce.edit(copy, subject="Something else", location="Elsewhere")
    made.start()
    ids = [row.id for row in made.bench.rows()]
    assert len(ids) == 2
    assert len(set(ids)) == 2


def test_leaving_a_private_copy_swallows_no_edit() -> None:
    """The Notes entry becomes private while the Salesforce copy is moved; "leave the copy"; later the entry is public again.

    The new base took both times as they were, so that the pair was quiet but different for ever.
    """
    made = world()
    (copy,) = made.bench.salesforce.entries
    made.hide(0, 0)
    made.bench.salesforce.edit(copy, starts_at="2026-05-04T07:00Z", ends_at="2026-05-04T08:00Z")
    answer(made, Action.WITHDRAW_FROM_SALESFORCE, Decision.ANSWER, Answer.LEAVE_COPY)
    made.publish(0, 0)
    for _ in range(3):
        made.sync(0)
    (entry,), (event,) = made.bench.notes.entries.values(), made.bench.salesforce.entries.values()
    assert entry.image.starts_at == event.image.starts_at
