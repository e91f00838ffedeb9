"""``daybridge sync``: starts a manual run, or compares the open one again."""

from __future__ import annotations

import click

from daemon.cli.changes_command import counts_words
from daemon.cli.open_run import follow, undecided
from daemon.cli.outcomes import Ending, ExitCode
from daemon.cli.printing import document, line
from shared.api_client import ApiClient
from shared.labels import counted
from shared.models import Run
from shared.states import DaemonState, RunState

OBJECTS = ("calendar",)
"""The object types that work, as the Status document lists them."""


@click.command()
@click.option("--only", "objects", multiple=True, type=click.Choice(OBJECTS), help="Only this object type; may repeat.")
@click.option("--wait", is_flag=True, help="Wait until the summary is ready; exit code 3 when rows need a decision.")
@click.option("--json", "as_json", is_flag=True, help="Print the Run document of the API.")
def sync(objects: tuple[str, ...], wait: bool, as_json: bool) -> None:
    """Compare the two calendars. Nothing is written before you approve it."""
    client = ApiClient()
    run = client.start_run(objects or ("calendar",))
    if not wait:
        if as_json:
            document(client.raw("run", places={"run": run.id}))
        else:
            line("Comparing the two calendars. See: daybridge changes")
        return
    run = follow(client, run)
    rows = client.every_change(run.id) if run.state is RunState.AWAITING_REVIEW else ()
    waiting = undecided(rows)
    if as_json:
        document(client.raw("run", places={"run": run.id}))
    if run.state is RunState.FAILED:
        raise _failed(client, run)
    if run.state is RunState.CANCELLED:
        raise Ending(ExitCode.FAILED, "The run was cancelled.")
    if not as_json:
        line(_found(run, len(rows), waiting))
    if waiting:
        raise Ending(ExitCode.DECISION_NEEDED)


def _found(run: Run, rows: int, waiting: int) -> str:
    if not rows:
        return "The two calendars are in step: nothing to do."
    words = f"{counted(rows, 'row', 'rows')}: {counts_words(run.counts)}."
    if waiting:
        return f"{words} {counted(waiting, 'needs', 'need')} a decision. See: daybridge changes"
    return f"{words} To write what is approved: daybridge apply"


def _failed(client: ApiClient, run: Run) -> Ending:
    said = run.because.text if run.because is not None else ""
    now = client.status()
    if now.state is DaemonState.NEEDS_SIGN_IN:
        words = now.because.text if now.because is not None else ""
        return Ending(ExitCode.SIGN_IN_NEEDED, words or said or "Sign in again.")
    return Ending(ExitCode.FAILED, said or "The comparison failed; the daemon's log says why.")
