"""What Ok must be told again before it writes: the number of deletions, and what a guard asks for."""

from __future__ import annotations

from daemon.sync.rules import Rules
from shared.models import Run
from shared.problems import ApiProblem, ProblemName
from shared.states import RunMode


def check_rules(run: Run, then: Rules, now: Rules) -> None:
    """Raises ApiProblem wrong-state when the rules the list was made under are not those in force."""
    if then.version != now.version:
        again = "Cancel and undo again" if run.mode is RunMode.UNDO else "Start Sync again"
        raise ApiProblem(
            ProblemName.WRONG_STATE,
            f"The rules were changed after this list was made; nothing was written. {again}, so that the list follows them.",
        )


def check_confirmations(
    run: Run, deletions: int, writes: bool, confirm_deletions: int | None, confirm_moves: int | None
) -> None:
    """Raises ApiProblem blocked-by-guard or needs-confirmation; ``needed`` names the members of the apply request and their
    numbers. ``deletions`` is the number approved on both sides, ``writes`` whether anything would be written at all.
    """
    guard = run.guard
    if guard is not None and writes:
        if guard.confirm is None:
            raise ApiProblem(ProblemName.BLOCKED_BY_GUARD, guard.text.text)
        given = {"confirm_deletions": confirm_deletions, "confirm_moves": confirm_moves}[guard.confirm]
        wanted = deletions if guard.confirm == "confirm_deletions" else guard.numbers.get("items", 0)
        if wanted and given is None:
            raise ApiProblem(ProblemName.BLOCKED_BY_GUARD, guard.text.text, needed={guard.confirm: wanted})
        if wanted and given != wanted:
            what = "deletions" if guard.confirm == "confirm_deletions" else "moves"
            raise ApiProblem(
                ProblemName.NEEDS_CONFIRMATION,
                f"{wanted} {what} are approved: confirm that number.",
                needed={guard.confirm: wanted},
            )
    if deletions and confirm_deletions != deletions:
        raise ApiProblem(
            ProblemName.NEEDS_CONFIRMATION,
            f"{deletions} deletions are approved: confirm that number.",
            needed={"confirm_deletions": deletions},
        )
