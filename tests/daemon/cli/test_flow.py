"""The whole flow by the command line: sync, changes, decide, apply, history, undo, with its exit codes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.local_times import day_words, span_words
from shared.states import Action, Decision
from tests.daemon.cli.conftest import CommandLine, InThisProcess

Scripted = Callable[..., CommandLine]


@pytest.fixture
def reviewing(scripted: Scripted) -> CommandLine:
    """A run waits for decisions."""
    daybridge = scripted()
    assert daybridge("sync", "--wait").code == 3
    return daybridge


def open_id(daybridge: CommandLine) -> str:
    run = daybridge.client.status().run
    assert run is not None
    return run.id


def test_sync_starts_and_does_not_wait(scripted: Scripted) -> None:
    daybridge = scripted()
    done = daybridge("sync")
    assert (done.code, done.err) == (0, "")
    assert daybridge.client.status().run is not None


def test_sync_json_is_the_run_document(scripted: Scripted) -> None:
    daybridge = scripted()
    done = daybridge("sync", "--wait", "--json")
    assert done.code == 3
    assert done.document["state"] == "awaiting_review"
    assert done.document["counts"]["conflict"] == 3
    again = daybridge("sync", "--only", "calendar", "--json")
    assert again.code == 0
    assert again.document["id"] == done.document["id"], "an open run is joined"


def test_sync_wait_says_what_was_found(scripted: Scripted) -> None:
    done = scripted()("sync", "--wait")
    assert "3 conflict" in done.out
    assert "need a decision. See: daybridge changes" in done.out
    assert done.err == ""


def test_the_table_has_a_row_for_each_difference(reviewing: CommandLine) -> None:
    run = open_id(reviewing)
    shown = reviewing("changes")
    assert shown.code == 0
    rows = reviewing.client.every_change(run, "series")
    for row in rows:
        name = row.series.id if row.series is not None and row.series.position == 0 else row.id
        assert sum(line.split(" ")[0] == name for line in shown.lines) == 1, name
    assert "Pipeline review (weekly) (6 times)" in shown.out
    assert "Cannot be synchronized:" in shown.out
    every = reviewing("changes", "--all")
    for row in reviewing.client.every_change(run):
        assert sum(line.split(" ")[0] == row.id for line in every.lines) == 1, row.id


def test_all_day_ends_are_inclusive_and_times_local(reviewing: CommandLine) -> None:
    rows = {row.title: row for row in reviewing.client.every_change(open_id(reviewing))}
    fair = rows["Trade fair Hannover"]
    last = date.fromisoformat(fair.ends_at) - timedelta(days=1)
    shown = next(line for line in reviewing("changes").lines if line.startswith(f"{fair.id} "))
    assert f"– {day_words(last)}, all day" in shown
    lunch = rows["Lunch with Ms Okafor"]
    line = next(line for line in reviewing("changes").lines if line.startswith(f"{lunch.id} "))
    assert span_words(lunch.starts_at, lunch.ends_at, zone=ZoneInfo("Europe/Berlin")) in line
    assert "11:30–12:30" not in line


def test_changes_json_is_the_api_document_unchanged(reviewing: CommandLine) -> None:
    run = open_id(reviewing)
    raw = reviewing.client.raw("changes", query={"offset": 0, "limit": 500}, places={"run": run})
    assert reviewing("changes", "--json").out.encode() == raw + b"\n"
    row = reviewing.client.every_change(run)[0]
    detail = reviewing.client.raw("change", places={"run": run, "change": row.id})
    assert reviewing("changes", "--why", row.id, "--json").out.encode() == detail + b"\n"


def test_changes_json_holds_the_rows_of_every_page(scripted: Scripted) -> None:
    daybridge = scripted("--more", "1100")
    assert daybridge("sync", "--wait").code == 3
    document = daybridge("changes", "--json").document
    ids = [row["id"] for row in document["changes"]]
    assert len(ids) == len(set(ids)) == document["total"] > 1100


def test_why_explains_a_row_field_by_field(reviewing: CommandLine) -> None:
    conflict = reviewing.client.changes(open_id(reviewing), action=Action.CONFLICT).changes[0]
    why = reviewing("changes", "--why", conflict.id).out
    assert conflict.title in why
    assert "Both sides changed since the last synchronization." in why
    assert "--use salesforce" in why
    assert "After Ok" in why
    unknown = reviewing("changes", "--why", "nothing")
    assert (unknown.code, unknown.err) == (
        1,
        "There is neither a row nor an item nothing. See: daybridge changes, daybridge find\n",
    )


def test_why_of_a_series_says_where_its_occurrences_are(reviewing: CommandLine) -> None:
    asked = reviewing("changes", "--why", "s1")
    assert (asked.code, asked.err) == (
        1,
        "s1 is a series; ask for one of its occurrences. See: daybridge changes --all\n",
    )


def test_history_before_an_unknown_run(reviewing: CommandLine) -> None:
    assert reviewing("history", "--before", "r0").out in ("There is no run before r0.\n",)


def test_why_explains_an_item_without_a_row(scripted: Scripted) -> None:
    daybridge = scripted()
    item = next(item for item in daybridge.client.items().items if item.reason)
    shown = daybridge("changes", "--why", item.id)
    assert shown.code == 0
    assert "left out: " in shown.out
    assert daybridge("changes", "--why", item.id, "--json").document["id"] == item.id


def decision_of(daybridge: CommandLine, change: str) -> Decision:
    return daybridge.client.change(open_id(daybridge), change).decision


def first_of(daybridge: CommandLine, action: Action) -> str:
    return daybridge.client.changes(open_id(daybridge), action=action).changes[0].id


def test_each_kind_of_decision(reviewing: CommandLine) -> None:
    create = first_of(reviewing, Action.CREATE_IN_SALESFORCE)
    conflict = first_of(reviewing, Action.CONFLICT)
    private = first_of(reviewing, Action.MAKE_PRIVATE_IN_NOTES)
    both = first_of(reviewing, Action.UPDATE_BOTH)
    for arguments, change, expected in (
        (("--ignore-until-change",), create, Decision.IGNORE_UNTIL_CHANGE),
        (("--ignore-forever", "--scope", "occurrence"), create, Decision.IGNORE_FOREVER),
        (("--reset",), create, Decision.UNDECIDED),
        (("--approve",), create, Decision.APPROVE),
        (("--use", "notes"), conflict, Decision.USE_NOTES),
        (("--use", "salesforce"), conflict, Decision.USE_SALESFORCE),
        (("--answer", "mark_private"), private, Decision.ANSWER),
        (("--field", "subject=notes", "--field", "location=salesforce"), both, Decision.CHOOSE_FIELDS),
    ):
        done = reviewing("decide", change, *arguments)
        assert (done.code, done.err) == (0, ""), arguments
        assert decision_of(reviewing, change) is expected, arguments
    chosen = reviewing.client.change(open_id(reviewing), both)
    assert chosen.decided_fields == {"subject": "notes", "location": "salesforce"}


def test_pair_takes_the_only_candidate(reviewing: CommandLine) -> None:
    row = next(row for row in reviewing.client.every_change(open_id(reviewing)) if row.candidates)
    assert reviewing("decide", row.id, "--answer", "pair").code == 0
    decided = reviewing.client.change(open_id(reviewing), row.id)
    assert decided.decided_candidate == row.candidates[0].id


def test_a_series_is_decided_by_its_id(reviewing: CommandLine) -> None:
    done = reviewing("decide", "s2", "--ignore-forever")
    assert done.out.startswith("4 rows decided.")
    rows = reviewing.client.changes(open_id(reviewing), series="s2").changes
    assert {(row.decision, row.decided_scope) for row in rows} == {(Decision.IGNORE_FOREVER, "series")}


def test_all_selects_every_row_without_risks_and_no_other(reviewing: CommandLine) -> None:
    done = reviewing("decide", "--all", "--reset")
    assert done.code == 0
    rows = reviewing.client.every_change(open_id(reviewing))
    assert all(row.decision is Decision.UNDECIDED for row in rows if not row.risks)
    done = reviewing("decide", "--all", "--approve")
    assert done.code == 0
    for row in reviewing.client.every_change(open_id(reviewing)):
        safe = not row.risks and row.action is not Action.CANNOT_SYNC
        assert (row.decision is Decision.APPROVE) == safe, row.action


def test_action_selects_rows_of_one_kind(reviewing: CommandLine) -> None:
    done = reviewing("decide", "--action", "conflict", "--use", "notes")
    assert done.out.startswith("3 rows decided.")
    for row in reviewing.client.every_change(open_id(reviewing)):
        assert (row.decision is Decision.USE_NOTES) == (row.action is Action.CONFLICT)


def test_what_a_row_does_not_offer_is_refused_with_what_it_offers(reviewing: CommandLine) -> None:
    conflict = first_of(reviewing, Action.CONFLICT)
    done = reviewing("decide", conflict, "--approve")
    assert done.code == 1
    assert done.err.startswith(f"Row {conflict} does not offer that; it takes: --use salesforce;")
    left = reviewing("decide", "--action", "conflict", "--approve")
    assert left.code == 0
    assert "3 rows left alone (conflict)" in left.out
    assert "No row fits" in left.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("c1",),
        ("c1", "--approve", "--reset"),
        ("--approve",),
        ("c1", "--all", "--approve"),
        ("c1", "--approve", "--scope", "series"),
        ("c1", "--approve", "--candidate", "x"),
        ("c1", "--use", "outlook"),
        ("c1", "--field", "time"),
        ("c1", "--field", "time=outlook"),
        ("c1", "--answer", "maybe"),
        ("--action", "explode", "--approve"),
    ],
)
def test_wrong_use_of_decide_is_one_sentence_and_code_2(here: InThisProcess, arguments: tuple[str, ...]) -> None:
    done = here("decide", *arguments)
    assert done.code == 2
    assert done.out == ""
    assert done.err.endswith("See: daybridge decide --help\n")
    assert done.err.count("\n") == 1


def test_apply_writes_what_is_approved(reviewing: CommandLine) -> None:
    approved = reviewing.client.status().pending.approved
    done = reviewing("apply", "--wait")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{approved} applied.\n"
    assert reviewing.client.status().run is None
    assert "Last Run, Calendar  never" not in reviewing("status").out


def test_apply_json_is_the_run_document(reviewing: CommandLine) -> None:
    done = reviewing("apply", "--wait", "--json")
    assert done.code == 0
    assert done.document["state"] == "done"


def test_apply_needs_the_number_of_deletions(reviewing: CommandLine) -> None:
    assert reviewing("decide", "--action", "delete_in_salesforce", "--approve").code == 0
    for given in ((), ("--confirm-deletions", "2")):
        done = reviewing("apply", *given)
        assert done.code == 3
        assert done.err == "Confirm 3 deletions. Go on with: daybridge apply --confirm-deletions 3\n"
    assert reviewing("apply", "--confirm-deletions", "3", "--wait").code == 0


def test_rows_that_fail_or_change_meanwhile_are_code_1(scripted: Scripted) -> None:
    daybridge = scripted("--fail", "c1", "--stale", "c2")
    assert daybridge("sync", "--wait").code == 3
    done = daybridge("apply", "--wait")
    assert done.code == 1
    assert done.err == "1 row was not written, having changed meanwhile. See: daybridge changes\n"
    shown = daybridge("changes").out
    assert "failed: Salesforce refused: the location is longer than 255 characters." in shown


def test_an_approval_of_a_row_that_changed_is_refused(reviewing: CommandLine) -> None:
    """The revision travels with the decision; the command reads and posts in one go, so the daemon is made to move."""
    from shared.api_client import ApiClient
    from shared.models import OneDecision
    from shared.problems import ApiProblem

    client: ApiClient = reviewing.client
    row = client.every_change(open_id(reviewing))[0]
    one = OneDecision(change=row.id, revision="seen-long-ago", decision=Decision.UNDECIDED)
    with pytest.raises(ApiProblem):
        client.decide(open_id(reviewing), (one,))


def test_cancel_discards_and_writes_nothing(reviewing: CommandLine) -> None:
    done = reviewing("cancel")
    assert (done.code, done.out) == (0, "Cancelled. Nothing was written.\n")
    assert reviewing.client.runs().runs[0].results.get("applied", 0) == 0
    again = reviewing("cancel")
    assert (again.code, again.err) == (1, "No run is open. Start one with: daybridge sync\n")


def test_history_and_undo(reviewing: CommandLine) -> None:
    run = open_id(reviewing)
    assert reviewing("apply", "--wait").code == 0
    history = reviewing("history")
    assert f"{run} " in history.out
    assert "done" in history.out
    assert reviewing("history", "--json", "--limit", "1").document["runs"][0]["id"] == run
    assert reviewing("history", "--json", "--before", run).document["runs"] == []
    done = reviewing("undo", run, "c1")
    assert done.code == 0
    assert "proposes the opposite" in done.out
    assert reviewing.client.runs(limit=1).runs[0].undoes == run
    assert reviewing("undo", "r99").code == 1


def test_progress_goes_to_a_terminal_only(scripted: Scripted) -> None:
    done = scripted()("sync", "--wait")
    assert "━" not in done.err + done.out
