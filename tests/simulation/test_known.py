"""Faults of the engine that are known and not yet mended, each as the shortest story that shows it.

Strict: when one is mended its test fails as "unexpectedly passed", and the guard named in its docstring is taken out of the
simulation, so that the seeds look for it again.
"""

from __future__ import annotations

import pytest

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


@pytest.mark.xfail(
    strict=True, reason="an item taken out of the bin has the id of the link its copy was re-created under"
)
def test_two_rows_never_share_an_id() -> None:
    """A Notes entry is deleted, re-created from Salesforce (the link keeps its id), then taken out of the bin.

    Both get the same item id: decisions cannot tell the rows apart, and the second link replaces the first. The simulation leaves
    such restores out (Surroundings.restore).
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


@pytest.mark.xfail(strict=True, reason="'leave the copy' takes an edit that Salesforce made meanwhile for settled")
def test_leaving_a_private_copy_swallows_no_edit() -> None:
    """The Notes entry becomes private while the Salesforce copy is moved; "leave the copy"; later the entry is public again.

    The new base takes both times as they are, so that the pair is quiet but different for ever. The simulation does not compare
    pairs that were private once (World._agreement).
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
