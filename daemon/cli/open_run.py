"""Finds the run a command is about, and follows it with a progress bar until it rests."""

from __future__ import annotations

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from daemon.cli.outcomes import Ending, ExitCode
from daemon.cli.printing import error_console
from shared.api_client import ApiClient, DaemonNotRunning
from shared.models import Change, Run
from shared.states import Action, Decision, RunState

BUSY = frozenset({RunState.COMPARING, RunState.APPLYING})


def open_run(client: ApiClient) -> Run:
    """The run that is open now."""
    run = client.status().run
    if run is None:
        raise Ending(ExitCode.FAILED, "No run is open. Start one with: daybridge sync")
    return run


def newest_run(client: ApiClient) -> Run:
    """The open run, or the last one that ended (whose rows tell what became of them)."""
    run = client.status().run
    if run is not None:
        return run
    ended = client.runs(limit=1).runs
    if not ended:
        raise Ending(ExitCode.FAILED, "There has been no run yet. Start one with: daybridge sync")
    return ended[0]


def follow(client: ApiClient, run: Run) -> Run:
    """The run once it neither compares nor writes; shows its progress on the error stream of a terminal."""
    screen = error_console()
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        console=screen,
        transient=True,
        disable=not screen.is_terminal,
    )
    with bar, client.stream() as stream:
        task = bar.add_task("Starting", total=None)
        for status in stream:
            now = status.run
            if now is None or now.id != run.id or now.state not in BUSY:
                return client.run(run.id)
            words = now.progress.phase.replace("_", " ").capitalize() or now.state.value.capitalize()
            bar.update(task, description=words, completed=now.progress.done, total=now.progress.total)
    raise DaemonNotRunning("The daemon ended before the run did. Start it again with: daybridge run")


def undecided(rows: tuple[Change, ...]) -> int:
    """How many rows still need a decision; those that cannot be synchronized need none."""
    return sum(row.decision is Decision.UNDECIDED and row.action is not Action.CANNOT_SYNC for row in rows)
