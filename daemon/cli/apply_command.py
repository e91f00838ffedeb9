"""``daybridge apply`` and ``cancel``: Ok and Cancel of the Synchronization Summary."""

from __future__ import annotations

import click

from daemon.cli.open_run import follow, open_run
from daemon.cli.outcomes import Ending, ExitCode
from daemon.cli.printing import document, line
from shared.api_client import ApiClient, sentence
from shared.labels import counted
from shared.models import Run
from shared.problems import ApiProblem, ProblemName
from shared.states import RunState


@click.command()
@click.option("--confirm-deletions", type=click.IntRange(min=0), metavar="N", help="Allow exactly N deletions.")
@click.option("--confirm-moves", type=click.IntRange(min=0), metavar="N", help="Allow that N items are moved alike.")
@click.option("--wait", is_flag=True, help="Wait until everything is written; exit code 1 when something was not.")
@click.option("--json", "as_json", is_flag=True, help="Print the Run document of the API.")
def apply(confirm_deletions: int | None, confirm_moves: int | None, wait: bool, as_json: bool) -> None:
    """Write what is approved (the Ok button). Exit code 3 when a confirmation is missing."""
    client = ApiClient()
    run = open_run(client)
    try:
        started = client.apply(run.id, run.plan, confirm_deletions=confirm_deletions, confirm_moves=confirm_moves)
    except ApiProblem as problem:
        raise _refused(problem) from problem
    if wait:
        started = follow(client, started)
    if as_json:
        document(client.raw("run", places={"run": run.id}))
    if not wait:
        if not as_json:
            line("Writing the approved changes. See: daybridge status")
        return
    if not as_json:
        line(results_words(started))
    _judge(started)


def _refused(problem: ApiProblem) -> Exception:
    """Exit code 3 where numbers would let it go on; a guard that nothing confirms stays a failure.

    ``needed`` names the members of the apply request with their numbers (daemon/runs/confirmations.py).
    """
    needed = problem.extra.get("needed")
    if problem.name not in (ProblemName.NEEDS_CONFIRMATION, ProblemName.BLOCKED_BY_GUARD):
        return problem
    if not isinstance(needed, dict) or not needed:
        stays = problem.name is ProblemName.BLOCKED_BY_GUARD
        return problem if stays else Ending(ExitCode.DECISION_NEEDED, sentence(problem))
    options = " ".join(f"--{str(member).replace('_', '-')} {number}" for member, number in needed.items())
    return Ending(ExitCode.DECISION_NEEDED, f"{sentence(problem)} Go on with: daybridge apply {options}")


def results_words(run: Run) -> str:
    """``12 applied, 1 failed, 2 ignored``."""
    said = [f"{number} {name}" for name, number in run.results.items() if number]
    return f"{', '.join(said)}." if said else "Nothing was approved, nothing was written."


def _judge(run: Run) -> None:
    """Exit code 1 when something approved was not written."""
    stale = run.results.get("stale", 0)
    if run.state is RunState.AWAITING_REVIEW and stale:
        words = (
            f"{counted(stale, 'row was', 'rows were')} not written, having changed meanwhile. See: daybridge changes"
        )
        raise Ending(ExitCode.FAILED, words)
    if run.state is RunState.FAILED:
        raise Ending(ExitCode.FAILED, run.because.text if run.because is not None else "The run failed.")
    if run.state is RunState.DONE_WITH_FAILURES:
        raise Ending(ExitCode.FAILED, "Some rows could not be written. The reasons: daybridge changes")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the Run document of the API.")
def cancel(as_json: bool) -> None:
    """Discard the open run with all its decisions. Nothing is written."""
    client = ApiClient()
    run = client.cancel(open_run(client).id)
    if as_json:
        document(client.raw("run", places={"run": run.id}))
    else:
        line("Cancelled. Nothing was written.")
