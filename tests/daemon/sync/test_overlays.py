"""The overlays by themselves: what an ignore, a target that takes nothing and a guard leave of each outcome.

Catches a guard that blocks a row nobody could carry out, or lets a question through; the planner's own test compares with
``overlaid`` and so cannot see these. Tried with the guard asked from strength 3 on.
"""

from __future__ import annotations

from itertools import product

import pytest

from daemon.sync.decide import (
    STRENGTH,
    WEAKENED,
    GuardState,
    IgnoreState,
    Outcome,
    Presence,
    Status,
    Target,
    linked,
    overlaid,
    unlinked,
)

ASKED = {
    Outcome.LEFT_SCOPE,
    Outcome.DELETED_AND_PRIVATE,
    Outcome.LOCAL_QUESTION,
    Outcome.ORPHAN,
    Outcome.ORGANISER_QUESTION,
    Outcome.CONFLICT,
    Outcome.CONFLICT_HIDDEN,
    Outcome.EDIT_OR_DELETE,
}
PROPOSED = {
    Outcome.TO_SALESFORCE,
    Outcome.TO_NOTES,
    Outcome.MERGE,
    Outcome.MATCH,
    Outcome.CREATE_IN_SALESFORCE,
    Outcome.CREATE_IN_NOTES,
}
REMOVED = {Outcome.DELETE_IN_SALESFORCE, Outcome.DELETE_IN_NOTES, Outcome.WITHDRAW, Outcome.MARK_PRIVATE}
SHOWN = {Outcome.CANNOT_NOTES, Outcome.CANNOT_SALESFORCE, Outcome.CANNOT_BOTH, Outcome.WAIT}


@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_has_its_strength(outcome: Outcome) -> None:
    kinds = (SHOWN, ASKED, PROPOSED, REMOVED)
    assert STRENGTH[outcome] == sum(number for number, kind in enumerate(kinds, start=1) if outcome in kind)


@pytest.mark.parametrize(("outcome", "target", "guard"), list(product(Outcome, Target, GuardState)))
def test_an_ignore_leaves_nothing(outcome: Outcome, target: Target, guard: GuardState) -> None:
    for ignored in (IgnoreState.UNTIL_CHANGE, IgnoreState.FOREVER):
        assert overlaid(outcome, ignored, target, guard) == (Outcome.HOLD, False)


@pytest.mark.parametrize("outcome", Outcome)
def test_what_is_asked_or_proposed_waits_for_the_guard(outcome: Outcome) -> None:
    blocked = outcome in ASKED | PROPOSED | REMOVED
    for target in (Target.WRITABLE, Target.HAS_INVITEES):
        assert overlaid(outcome, IgnoreState.NONE, target, GuardState.BLOCKED) == (outcome, blocked)
        assert overlaid(outcome, IgnoreState.NONE, target, GuardState.CLEAR) == (outcome, False)
        assert overlaid(outcome, IgnoreState.NONE, target) == (outcome, False)


SAID = {"salesforce": Outcome.CANNOT_SALESFORCE, "notes": Outcome.CANNOT_NOTES}


@pytest.mark.parametrize("guard", GuardState)
@pytest.mark.parametrize("outcome", Outcome)
def test_a_target_that_takes_nothing(outcome: Outcome, guard: GuardState) -> None:
    forbidden = overlaid(outcome, IgnoreState.NONE, Target.FORBIDDEN, guard)
    locked = overlaid(outcome, IgnoreState.NONE, Target.LOCKED, guard)
    if outcome in (PROPOSED | REMOVED) - {Outcome.MATCH}:
        assert forbidden == (Outcome.HOLD, False)
        assert locked == (WEAKENED[outcome], False)
    else:
        assert forbidden == locked == (outcome, guard is GuardState.BLOCKED and outcome in ASKED | {Outcome.MATCH})


def test_what_is_shown_instead_names_the_side_that_does_not_take_it() -> None:
    expected = {outcome: SAID[outcome.value.rpartition("_")[2]] for outcome in WEAKENED if "_in_" in outcome.value}
    expected |= {outcome: SAID[outcome.value[3:]] for outcome in WEAKENED if outcome.value.startswith("to_")}
    expected |= {
        Outcome.WITHDRAW: Outcome.CANNOT_SALESFORCE,
        Outcome.MARK_PRIVATE: Outcome.CANNOT_NOTES,
        Outcome.MERGE: Outcome.CANNOT_BOTH,
    }
    assert expected == WEAKENED
    assert set(WEAKENED) == (PROPOSED | REMOVED) - {Outcome.MATCH}


@pytest.mark.parametrize(
    ("notes", "salesforce", "expected"),
    [
        (Status.LEFT_WINDOW, Status.UNCHANGED, Outcome.FREEZE),
        (Status.LEFT_FILTER, Status.UNCHANGED, Outcome.LEFT_SCOPE),
        (Status.UNCHANGED, Status.LEFT_WINDOW, Outcome.FREEZE),
        (Status.UNCHANGED, Status.LEFT_FILTER, Outcome.LEFT_SCOPE),
        (Status.LEFT_WINDOW, Status.DELETED, Outcome.FREEZE),
        (Status.LEFT_FILTER, Status.DELETED, Outcome.FORGET),
        (Status.DELETED, Status.LEFT_WINDOW, Outcome.FETCH),
        (Status.DELETED, Status.LEFT_FILTER, Outcome.FORGET),
    ],
)
def test_a_cell_with_two_halves_is_picked_by_the_side_that_left(
    notes: Status, salesforce: Status, expected: Outcome
) -> None:
    assert linked(notes, salesforce) is expected


def test_an_unknown_side_holds_everything() -> None:
    assert {linked(Status.UNKNOWN, one) for one in Status} == {linked(one, Status.UNKNOWN) for one in Status}
    assert {linked(Status.UNKNOWN, one) for one in Status} == {Outcome.HOLD}
    assert {unlinked(Presence.UNKNOWN, one) for one in Presence} == {Outcome.HOLD}
