"""``daybridge history``, ``undo`` and ``ignored``: what was done, taking it back, and what is left alone."""

from __future__ import annotations

import click

from daemon.cli.apply_command import results_words
from daemon.cli.printing import document, line, table
from daemon.cli.row_views import cut
from shared.api_client import ApiClient
from shared.labels import DECISION_WORDS, RUN_WORDS, counted
from shared.local_times import moment_words, short_start
from shared.models import Run


@click.command()
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="How many runs.")
@click.option("--before", metavar="RUN", help="Only runs before this one.")
@click.option("--json", "as_json", is_flag=True, help="Print the document of the API.")
def history(limit: int, before: str | None, as_json: bool) -> None:
    """List past runs, newest first."""
    client = ApiClient()
    if as_json:
        document(client.raw("runs", query={"limit": limit, "before": before}))
        return
    rows = [
        [run.id, moment_words(run.started_at), run.mode.value, RUN_WORDS[run.state], _outcome(run)]
        for run in client.runs(limit, before).runs
    ]
    if rows:
        table(["Run", "Started", "Mode", "State", "Results"], rows, wide="Results")
    elif before is not None:
        line(f"There is no run before {before}.")
    else:
        line("There has been no run yet. Start one with: daybridge sync")


def _outcome(run: Run) -> str:
    """What became of the run, and why it ended as it did; of one that still goes on, only what is done already."""
    said = "" if run.state.is_open and not any(run.results.values()) else results_words(run)
    return " ".join(part for part in (said, run.because.text if run.because is not None else "") if part)


@click.command()
@click.argument("run")
@click.argument("changes", nargs=-1, metavar="[CHANGE]...")
@click.option("--json", "as_json", is_flag=True, help="Print the Run document of the API.")
def undo(run: str, changes: tuple[str, ...], as_json: bool) -> None:
    """Propose the opposite of RUN, or of some of its CHANGEs, as a new run to review."""
    client = ApiClient()
    proposed = client.undo(run, changes)
    if as_json:
        document(client.raw("run", places={"run": proposed.id}))
    else:
        line(f"Run {proposed.id} proposes the opposite. See: daybridge changes    Write it with: daybridge apply")


@click.command()
@click.option("--rearm", multiple=True, metavar="ID", help="Stop ignoring this item; may repeat.")
@click.option("--json", "as_json", is_flag=True, help="Print the document of the API.")
def ignored(rearm: tuple[str, ...], as_json: bool) -> None:
    """List ignored items, or let some of them take part again."""
    client = ApiClient()
    for one in rearm:
        client.rearm(one)
    if as_json:
        document(client.raw("ignored"))
        return
    if rearm:
        line(f"{counted(len(rearm), 'item takes', 'items take')} part again from the next run on.")
        return
    rows = [
        [
            each.id,
            cut(each.title) or "(no subject)",
            short_start(each.starts_at),
            DECISION_WORDS[each.kind],
            each.scope.value,
            moment_words(each.at),
            each.who,
            ", ".join(group.value.replace("_", " ") for group in each.changed) or ("yes" if each.drifted else ""),
        ]
        for each in client.ignored().ignored
    ]
    if rows:
        table(["ID", "Title", "Starts", "Kind", "Scope", "Since", "By", "Changed since"], rows, wide="Title")
    else:
        line("Nothing is ignored.")
