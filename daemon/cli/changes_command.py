"""``daybridge changes``: the Synchronization Summary, and why a row is as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import msgspec

from daemon.cli.open_run import newest_run
from daemon.cli.outcomes import Ending, ExitCode
from daemon.cli.printing import document, line, table
from daemon.cli.row_views import show_change, show_item, summary_rows
from shared.api_client import PAGE, ApiClient
from shared.labels import ACTION_WORDS, RUN_WORDS
from shared.local_times import moment_words
from shared.models import Run
from shared.problems import ApiProblem, ProblemName
from shared.states import Action, RunState


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the document of the API, with every row.")
@click.option("--all", "every", is_flag=True, help="List each occurrence of a series, not one row for the series.")
@click.option("--why", metavar="ID", help="Explain one row of the summary, or one item that has none (see: find).")
@click.option("--run", "of_run", metavar="RUN", help="The rows of an earlier run (see: history), as it left them.")
def changes(as_json: bool, every: bool, why: str | None, of_run: str | None) -> None:
    """Show the Synchronization Summary: one row per difference between the two calendars."""
    client = ApiClient()
    if why is not None:
        _why(client, why, as_json, of_run)
        return
    run = _run(client, of_run)
    if as_json:
        document(every_row(client, run.id))
        return
    _show(client, run, None if every else "series")


def _run(client: ApiClient, named: str | None) -> Run:
    """The run that was named; without a name the open one, or the last."""
    return newest_run(client) if named is None else client.run(named)


def _show(client: ApiClient, run: Run, collapse: str | None) -> None:
    rows = client.every_change(run.id, collapse)
    settled = [row for row in rows if row.action is not Action.CANNOT_SYNC]
    impossible = [row for row in rows if row.action is Action.CANNOT_SYNC]
    line(_heading(run))
    if not rows:
        line("There is no difference between the two calendars.")
    if settled:
        table(*summary_rows(settled), wide="Title")
    if impossible:
        line()
        line("Cannot be synchronized:")
        table(*summary_rows(impossible), wide="Title")
    if run.state is RunState.AWAITING_REVIEW and rows:
        line()
        line("Decide with: daybridge decide ID --approve    Write what is approved with: daybridge apply")


def _heading(run: Run) -> str:
    words = f"Synchronization Summary, run {run.id} of {moment_words(run.started_at)}: {RUN_WORDS[run.state]}"
    if run.guard is not None:
        words += f". {run.guard.text.text}"
    return words


def every_row(client: ApiClient, run: str) -> bytes:
    """The API's list of changes with the rows of all its pages; a list that fits one page is printed as it came."""
    first = client.raw("changes", query={"offset": 0, "limit": PAGE}, places={"run": run})
    whole: dict[str, Any] = msgspec.json.decode(first)
    rows: list[Any] = whole["changes"]
    if len(rows) >= whole["total"]:
        return first
    while len(rows) < whole["total"]:
        raw = client.raw("changes", query={"offset": len(rows), "limit": PAGE}, places={"run": run})
        page = msgspec.json.decode(raw)["changes"]
        if not page:
            break
        rows += page
    return msgspec.json.encode(whole)


def _why(client: ApiClient, wanted: str, as_json: bool, of_run: str | None) -> None:
    """A row of the run (the open or last one, unless it is named) with this id, else the item with this id."""
    try:
        run = _run(client, of_run)
        if as_json:
            document(client.raw("change", places={"run": run.id, "change": wanted}))
        else:
            show_change(client.change(run.id, wanted))
    except ApiProblem as problem:
        if problem.name is not ProblemName.NOT_FOUND:
            raise
    except Ending:
        pass  # no run yet: it can still be an item
    else:
        return
    try:
        if as_json:
            document(client.raw("item", places={"id": wanted}))
        else:
            show_item(client.item(wanted))
    except ApiProblem as problem:
        if problem.name is not ProblemName.NOT_FOUND:
            raise
        if _is_series(client, wanted):
            words = f"{wanted} is a series; ask for one of its occurrences. See: daybridge changes --all"
            raise Ending(ExitCode.FAILED, words) from problem
        raise Ending(
            ExitCode.FAILED, f"There is neither a row nor an item {wanted}. See: daybridge changes, daybridge find"
        ) from problem


def _is_series(client: ApiClient, wanted: str) -> bool:
    try:
        rows = client.every_change(newest_run(client).id, "series")
    except Ending:
        return False
    return any(row.series is not None and row.series.id == wanted for row in rows)


def counts_words(counts: Mapping[str, int]) -> str:
    """``3 create in Notes, 1 conflict``; an action of a newer daemon stands as it came."""
    known = {action.value: words for action, words in ACTION_WORDS.items()}
    return ", ".join(f"{number} {known.get(action, action)}" for action, number in counts.items() if number)
