"""``daybridge decide``: posts decisions on rows, chosen by id, by kind, or all without risks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import click

from daemon.cli.open_run import open_run
from daemon.cli.outcomes import Ending, ExitCode
from daemon.cli.printing import line
from daemon.cli.row_views import choice_words
from shared.api_client import ApiClient
from shared.labels import ACTION_WORDS, counted
from shared.models import Change, Choice, OneDecision, Run
from shared.problems import ApiProblem, ProblemName
from shared.states import Action, Answer, Decision, Group, Scope, Side


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the person said, apart from the rows it is about."""

    decision: Decision
    fields: dict[Group, Side] | None = None
    answer: Answer | None = None
    candidate: str | None = None
    scope: Scope | None = None


def _fields(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[Group, Side]:
    """``time=notes`` for each ``--field``."""
    fields: dict[Group, Side] = {}
    for each in given:
        group, _, side = each.partition("=")
        try:
            fields[Group(group)] = Side(side)
        except ValueError as error:
            groups, sides = ", ".join(Group), " or ".join(Side)
            raise click.BadParameter(f"{each!r} is not GROUP=SIDE; groups: {groups}; sides: {sides}.") from error
    return fields


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--approve", is_flag=True, help="Carry out what the row proposes.")
@click.option("--ignore-until-change", is_flag=True, help="Ignore differences until the next time one changes.")
@click.option("--ignore-forever", is_flag=True, help="Ignore difference forever.")
@click.option("--use", type=click.Choice([side.value for side in Side]), help="Take this side's version.")
@click.option("--field", "fields", multiple=True, callback=_fields, metavar="GROUP=SIDE", help="Per field; may repeat.")
@click.option("--answer", type=click.Choice([answer.value for answer in Answer]), help="Answer the row's question.")
@click.option("--reset", is_flag=True, help="Take the decision back: the row waits again.")
@click.option("--candidate", metavar="ID", help="With --answer pair: which item is the partner.")
@click.option("--scope", type=click.Choice([scope.value for scope in Scope]), help="What an ignore covers.")
@click.option("--all", "every", is_flag=True, help="Every row without risks.")
@click.option("--action", type=click.Choice([action.value for action in Action]), help="Every row of this kind.")
def decide(ids: tuple[str, ...], every: bool, action: str | None, **said: Any) -> None:
    """Decide rows of the Synchronization Summary. Nothing is written before: daybridge apply.

    ID is a row's or a series' id as shown by: daybridge changes
    """
    verdict = _verdict(said)
    if bool(ids) == (every or action is not None):
        raise click.UsageError("Name the rows by their ids, or choose them with --all or --action.")
    client = ApiClient()
    run = open_run(client)
    rows = client.every_change(run.id)
    if ids:
        decisions = [_by_id(one, run, rows, verdict) for one in dict.fromkeys(ids)]
    else:
        decisions = _by_kind(rows, verdict, Action(action) if action else None, only_safe=every)
    if not decisions:
        line("No row fits; nothing was decided.")
        return
    _post(client, run, tuple(decisions))


def _verdict(said: dict[str, Any]) -> Verdict:
    """The one decision among the options."""
    found: list[Verdict] = []
    if said["approve"]:
        found.append(Verdict(Decision.APPROVE))
    if said["ignore_until_change"]:
        found.append(Verdict(Decision.IGNORE_UNTIL_CHANGE, scope=_scope(said)))
    if said["ignore_forever"]:
        found.append(Verdict(Decision.IGNORE_FOREVER, scope=_scope(said)))
    if said["use"]:
        found.append(Verdict(Decision.USE_SALESFORCE if said["use"] == Side.SALESFORCE else Decision.USE_NOTES))
    if said["fields"]:
        found.append(Verdict(Decision.CHOOSE_FIELDS, fields=said["fields"]))
    if said["answer"]:
        found.append(Verdict(Decision.ANSWER, answer=Answer(said["answer"]), candidate=said["candidate"]))
    if said["reset"]:
        found.append(Verdict(Decision.UNDECIDED))
    if len(found) != 1:
        raise click.UsageError(
            "Say exactly one of --approve, --ignore-until-change, --ignore-forever, --use, --field, --answer, --reset."
        )
    if said["scope"] and not found[0].decision.ignores:
        raise click.UsageError("--scope goes with --ignore-until-change or --ignore-forever.")
    if said["candidate"] and found[0].answer is not Answer.PAIR:
        raise click.UsageError("--candidate goes with --answer pair.")
    return found[0]


def _scope(said: dict[str, Any]) -> Scope | None:
    return Scope(said["scope"]) if said["scope"] else None


def _fits(row: Change, verdict: Verdict) -> list[Choice]:
    return [
        choice
        for choice in row.choices
        if choice.decision is verdict.decision
        and choice.answer == verdict.answer
        and (verdict.candidate is None or choice.candidate in (None, verdict.candidate))
    ]


def _by_id(one: str, run: Run, rows: tuple[Change, ...], verdict: Verdict) -> OneDecision:
    """The decision for the row, or for all rows of the series, with this id."""
    row = next((row for row in rows if row.id == one), None)
    if row is not None:
        return _on_row(row, verdict)
    members = [row for row in rows if row.series is not None and row.series.id == one]
    if not members:
        raise Ending(ExitCode.FAILED, f"There is no row {one} in this run. See: daybridge changes")
    for member in members:
        _check(member, verdict)
    return OneDecision(
        series=one,
        revision=run.plan,
        decision=verdict.decision,
        fields=verdict.fields,
        answer=verdict.answer,
        candidate=verdict.candidate,
        scope=verdict.scope or (Scope.SERIES if verdict.decision.ignores else None),
    )


def _check(row: Change, verdict: Verdict) -> list[Choice]:
    fitting = _fits(row, verdict)
    if not fitting and verdict.decision is not Decision.UNDECIDED:
        offered = "; ".join(choice_words(choice).split("  ")[0].strip() for choice in row.choices)
        raise Ending(ExitCode.FAILED, f"Row {row.id} does not offer that; it takes: {offered}.")
    return fitting


def _on_row(row: Change, verdict: Verdict) -> OneDecision:
    fitting = _check(row, verdict)
    return OneDecision(
        change=row.id,
        revision=row.revision,
        decision=verdict.decision,
        fields=verdict.fields,
        answer=verdict.answer,
        candidate=_candidate(row, verdict, fitting),
        scope=verdict.scope,
    )


def _candidate(row: Change, verdict: Verdict, fitting: list[Choice]) -> str | None:
    """The partner for ``pair``: the one named, or the only one there is."""
    if verdict.answer is not Answer.PAIR or verdict.candidate is not None:
        return verdict.candidate
    known = list(dict.fromkeys(choice.candidate for choice in fitting if choice.candidate is not None))
    known = known or [each.id for each in row.candidates]
    if len(known) > 1:
        raise Ending(ExitCode.FAILED, f"Row {row.id} has several candidates; name one: --candidate {'|'.join(known)}.")
    return known[0] if known else None


def _by_kind(
    rows: tuple[Change, ...], verdict: Verdict, action: Action | None, *, only_safe: bool
) -> list[OneDecision]:
    """The rows of a kind, or those without risks, that offer the decision; the others are counted aloud."""
    chosen = [row for row in rows if action is None or row.action is action]
    if only_safe:
        chosen = [row for row in chosen if not row.risks and (row.action is not Action.CANNOT_SYNC or action)]
    able = [row for row in chosen if verdict.decision is Decision.UNDECIDED or _fits(row, verdict)]
    left = Counter(row.action for row in chosen if row not in able)
    for kind, number in left.items():
        line(f"{counted(number, 'row', 'rows')} left alone ({ACTION_WORDS[kind]}): that decision is not offered there.")
    return [_on_row(row, verdict) for row in able]


def _post(client: ApiClient, run: Run, decisions: tuple[OneDecision, ...]) -> None:
    try:
        taken = client.decide(run.id, decisions)
    except ApiProblem as problem:
        stale = problem.extra.get("stale")
        if problem.name is not ProblemName.STALE_DECISIONS or not isinstance(stale, list):
            raise
        words = ", ".join(str(each) for each in stale)
        raise Ending(
            ExitCode.FAILED, f"Nothing was decided: {words} changed since. See: daybridge changes"
        ) from problem
    now = client.status()
    line(
        f"{counted(taken.taken, 'row', 'rows')} decided. Ok writes {counted(now.pending.approved, 'change', 'changes')}."
    )
