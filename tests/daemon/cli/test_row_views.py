"""How a row reads in the table of the command line, and how its choices are written."""

from __future__ import annotations

from daemon.cli.history_commands import _outcome
from daemon.cli.row_views import choice_words, summary_rows
from shared.models import Change, Choice, Run, Series, Text
from shared.states import Action, Answer, Decision, RunMode, RunState


def occurrence(counts: dict[str, int]) -> Change:
    return Change(
        id="c1",
        run="r1",
        item="i1",
        action=Action.LINK,
        revision="v1",
        title="Stand-up",
        starts_at="2026-03-12T09:00Z",
        ends_at="2026-03-12T10:00Z",
        series=Series(id="s1", title="Stand-up", count=sum(counts.values()), counts=counts),
    )


def test_a_series_with_several_actions_names_each() -> None:
    """Catches: a deletion that hides behind the link of the first occurrence."""
    _, cells = summary_rows([occurrence({"link": 19, "delete_in_notes": 1})])
    assert cells[0][1] == "19 link, 1 delete in Notes"
    _, cells = summary_rows([occurrence({"link": 20})])
    assert cells[0][1] == "link"


def test_a_long_option_does_not_run_into_its_label() -> None:
    choice = Choice(
        decision=Decision.ANSWER,
        answer=Answer.KEEP_APART,
        candidate="wgm76dsyxltk",
        text=Text(code="x", text="Different meetings"),
    )
    assert choice_words(choice) == "--answer keep_apart --candidate wgm76dsyxltk  Different meetings"


def run(state: RunState, because: str = "", **results: int) -> Run:
    said = Text(code="x", text=because) if because else None
    return Run(
        id="r1", mode=RunMode.MANUAL, state=state, started_at="2026-03-12T09:00:00Z", results=results, because=said
    )


def test_the_history_says_why_a_run_failed_and_nothing_false_of_an_open_one() -> None:
    assert _outcome(run(RunState.AWAITING_REVIEW)) == ""
    assert _outcome(run(RunState.AWAITING_REVIEW, applied=2, stale=1)) == "2 applied, 1 stale."
    assert _outcome(run(RunState.FAILED, "The server cannot be reached.")).endswith("The server cannot be reached.")
