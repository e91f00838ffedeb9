"""Where plans lead: after the person has agreed to everything, nothing is left to do, whatever the order and the edits."""

from __future__ import annotations

import random

from hypothesis import given, strategies as st

from daemon.sync.appointment import differing
from daemon.sync.base import LinkState
from daemon.sync.merge import Verdict
from daemon.sync.projection import canonical, project
from daemon.sync.proposal import Proposal
from shared.models import Image
from shared.states import Action, Decision, Side
from tests.fakes.planner_inputs import NOTES_CAN, SALESFORCE_CAN
from tests.fakes.planner_world import Chosen, World, first_offer
from tests.fakes.planner_worlds import FAST, worlds


def settle_down(world: World) -> int:
    """Rounds until nothing is planned and nothing is written; fails after four."""
    for rounds in range(5):
        before = len(world.written)
        found = world.run()
        if not found.changes and not found.wanted and len(world.written) == before:
            return rounds
    raise AssertionError([(row.action, row.id) for row in found.changes])


@FAST
@given(worlds())
def test_p3_everything_agreed_settles(world: World) -> None:
    """P3. Catches a base taken from the wrong side or a projection that reads as an edit.

    Tried with the Notes write of a merge dropped: the base then said in step while the sides differed.
    """
    assert settle_down(world) <= 3
    for link in world.links.values():
        if link.state is not LinkState.LINKED or link.private_seen or link.keep_syncing:
            continue
        notes, salesforce = world.notes.get(link.notes_key), world.salesforce.get(link.salesforce_key)
        if notes is None or salesforce is None or notes.private or salesforce.private:
            continue
        assert not _apart(world, notes, salesforce), link.id


def _apart(world: World, notes: Image, salesforce: Image) -> frozenset[str]:
    groups = world.rules.groups
    to_salesforce = canonical(project(notes, Side.SALESFORCE, world.rules, SALESFORCE_CAN).image)
    to_notes = canonical(project(salesforce, Side.NOTES, world.rules, NOTES_CAN).image)
    unequal = differing(to_salesforce, canonical(salesforce), groups) & differing(to_notes, canonical(notes), groups)
    # Formatting protection and times the other side cannot hold leave their groups apart, and say so.
    return frozenset(str(group) for group in unequal if group not in ("description", "time"))


@FAST
@given(worlds())
def test_p4_a_settled_world_has_an_empty_plan(world: World) -> None:
    """P4. Catches an update that is planned although both sides are in step.

    Tried with a row made of edits that may not be written.
    """
    settle_down(world)
    before = len(world.written)
    found = world.run()
    assert not found.changes
    assert not found.upkeep
    assert len(world.written) == before


@FAST
@given(worlds(), st.integers(0, 2**32))
def test_p5_the_order_of_a_batch_does_not_matter(world: World, seed: int) -> None:
    """P5. Catches a settlement that depends on another row of the same plan.
    Tried with a shared partner in two link rows, which the example in test_plan.py catches.
    """
    other = _copy(world)

    def shuffled(rows: list[Proposal]) -> list[Proposal]:
        random.Random(seed).shuffle(rows)
        return rows

    world.run()
    other.run(order=shuffled)
    assert sorted(world.notes.values(), key=repr) == sorted(other.notes.values(), key=repr)
    assert sorted(world.salesforce.values(), key=repr) == sorted(other.salesforce.values(), key=repr)


def _copy(world: World) -> World:
    return World(
        notes=dict(world.notes),
        salesforce=dict(world.salesforce),
        gone={side: set(keys) for side, keys in world.gone.items()},
        links=dict(world.links),
        ignores=list(world.ignores),
        apart=set(world.apart),
        rules=world.rules,
        versions=dict(world.versions),
    )


@FAST
@given(worlds())
def test_p27_disjoint_edits_both_survive(world: World) -> None:
    """P27. Catches a merge that takes a whole image from one side. Tried with the subject written beside the location."""
    found = world.plan()
    for row in found.changes:
        if row.action is not Action.UPDATE_BOTH or row.frame is None:
            continue
        settlement = next(
            s for c, s in zip(row.choices, row.settlements, strict=True) if c.decision is Decision.APPROVE
        )
        assert settlement is not None
        for write in settlement.writes:
            verdict = Verdict.TO_NOTES if write.side is Side.NOTES else Verdict.TO_SALESFORCE
            assert write.groups <= set(row.frame.groups(verdict))
            assert write.before is not None
            assert write.after is not None
            untouched = tuple(group for group in world.rules.groups if group not in write.groups)
            assert not differing(write.before, write.after, untouched)


@FAST
@given(worlds())
def test_p27_overlapping_edits_are_never_merged_silently(world: World) -> None:
    """P27. Catches "newer wins". Tried with CONFLICT answered as TO_SALESFORCE."""
    links = dict(world.links)
    found = {row.item: row for row in world.plan().changes}
    for link in links.values():
        notes, salesforce = world.notes.get(link.notes_key), world.salesforce.get(link.salesforce_key)
        old_notes, old_salesforce = link.notes_image, link.salesforce_image
        if None in (notes, salesforce, old_notes, old_salesforce) or link.state is not LinkState.LINKED:
            continue
        assert notes and salesforce and old_notes and old_salesforce
        overlap = notes.subject != old_notes.subject and salesforce.subject != old_salesforce.subject
        public = not notes.private and not salesforce.private
        if overlap and public and notes.subject != salesforce.subject and world.rules.window.holds(notes):
            row = found.get(link.id)
            assert row is not None
            assert row.action is Action.CONFLICT
            assert row.default_decision is Decision.UNDECIDED


@FAST
@given(worlds(), st.sampled_from([Decision.USE_SALESFORCE, Decision.USE_NOTES]))
def test_every_choice_settles(world: World, preferred: Decision) -> None:
    """Catches a choice that leaves the row standing.
    Tried with the undo of a text that Notes keeps offered (found by this property; the example is in test_plan.py).
    """

    def choose(row: Proposal) -> Chosen | None:
        if any(choice.decision is preferred for choice in row.choices):
            return Chosen(preferred)
        answers = [choice for choice in row.choices if choice.decision is Decision.ANSWER]
        if answers:
            return Chosen(Decision.ANSWER, answers[-1].answer, answers[-1].candidate)
        return first_offer(row)

    for _ in range(4):
        found = world.run(choose)
        if not found.changes:
            break
    left = [row for row in world.plan().changes if row.action is not Action.CREATE_IN_NOTES]
    assert not left, [(row.action, row.choices) for row in left]
