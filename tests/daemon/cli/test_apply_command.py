"""How a refused Ok becomes an exit code: 3 where numbers would let it go on, 1 where nothing does."""

from __future__ import annotations

import pytest

from daemon.cli.apply_command import _refused
from daemon.cli.outcomes import ExitCode, ending_of
from shared.problems import ApiProblem, ProblemName


@pytest.mark.parametrize(
    ("problem", "code", "words"),
    [
        (
            ApiProblem(ProblemName.NEEDS_CONFIRMATION, "Confirm 2 deletions.", needed={"confirm_deletions": 2}),
            ExitCode.DECISION_NEEDED,
            "Confirm 2 deletions. Go on with: daybridge apply --confirm-deletions 2",
        ),
        (
            ApiProblem(
                ProblemName.BLOCKED_BY_GUARD, "Many move alike.", needed={"confirm_moves": 12, "confirm_deletions": 1}
            ),
            ExitCode.DECISION_NEEDED,
            "Many move alike. Go on with: daybridge apply --confirm-moves 12 --confirm-deletions 1",
        ),
        (ApiProblem(ProblemName.BLOCKED_BY_GUARD, "One side is empty."), ExitCode.FAILED, "One side is empty."),
        (ApiProblem(ProblemName.NEEDS_CONFIRMATION, "Confirm."), ExitCode.DECISION_NEEDED, "Confirm."),
        (ApiProblem(ProblemName.SIGN_IN_NEEDED, "Sign in."), ExitCode.SIGN_IN_NEEDED, "Sign in."),
        (ApiProblem(ProblemName.INTERNAL, "Broken.", incident="k3"), ExitCode.FAILED, "Broken. (incident k3)"),
    ],
)
def test_a_refused_ok(problem: ApiProblem, code: ExitCode, words: str) -> None:
    ending = ending_of(_refused(problem))
    assert (ending.code, ending.words) == (code, words)
