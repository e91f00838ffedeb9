"""What Ok must be told again: the number of deletions, and what a guard asks for."""

from __future__ import annotations

import pytest

from daemon.runs.confirmations import check_confirmations
from shared.models import Guard, Run, Text
from shared.problems import ApiProblem, ProblemName
from shared.states import RunState

MASS = Guard(
    name="mass_deletion", text=Text(code="g", text="Many."), numbers={"deletions": 9}, confirm="confirm_deletions"
)
SHIFT = Guard(name="uniform_shift", text=Text(code="g", text="Moved."), numbers={"items": 11}, confirm="confirm_moves")
EMPTIED = Guard(name="emptied_side", text=Text(code="g", text="Empty."))

CASES = [
    ("nothing to confirm", None, 0, True, None, None, None, {}),
    ("deletions not told", None, 2, True, None, None, ProblemName.NEEDS_CONFIRMATION, {"confirm_deletions": 2}),
    ("another number", None, 2, True, 1, None, ProblemName.NEEDS_CONFIRMATION, {"confirm_deletions": 2}),
    ("the number", None, 2, True, 2, None, None, {}),
    ("emptied", EMPTIED, 0, True, 9, 9, ProblemName.BLOCKED_BY_GUARD, {}),
    ("emptied, only ignores", EMPTIED, 0, False, None, None, None, {}),
    ("mass, not told", MASS, 9, True, None, None, ProblemName.BLOCKED_BY_GUARD, {"confirm_deletions": 9}),
    ("mass, another number", MASS, 9, True, 8, None, ProblemName.NEEDS_CONFIRMATION, {"confirm_deletions": 9}),
    ("mass, told", MASS, 9, True, 9, None, None, {}),
    ("mass, none approved", MASS, 0, True, None, None, None, {}),
    ("shift, not told", SHIFT, 0, True, None, None, ProblemName.BLOCKED_BY_GUARD, {"confirm_moves": 11}),
    ("shift, told deletions", SHIFT, 0, True, 11, None, ProblemName.BLOCKED_BY_GUARD, {"confirm_moves": 11}),
    ("shift, told", SHIFT, 0, True, None, 11, None, {}),
    ("shift and deletions", SHIFT, 2, True, None, 11, ProblemName.NEEDS_CONFIRMATION, {"confirm_deletions": 2}),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_ok_goes_on_only_with_what_it_must_be_told(case: tuple[object, ...]) -> None:
    """Catches: a guard confirmed by another number or passed by an Ok that still writes; a refusal without the number."""
    _, guard, deletions, writes, told_deletions, told_moves, problem, needed = case
    run = Run(id="r", state=RunState.AWAITING_REVIEW, started_at="", guard=guard)  # type: ignore[arg-type]
    arguments = (run, deletions, writes, told_deletions, told_moves)
    if problem is None:
        check_confirmations(*arguments)  # type: ignore[arg-type]
        return
    with pytest.raises(ApiProblem) as raised:
        check_confirmations(*arguments)  # type: ignore[arg-type]
    assert raised.value.name is problem
    assert raised.value.extra.get("needed", {}) == needed
