"""Finding items by their words, the rows of an earlier run, long titles, and the code of a sign-in that is needed."""

from __future__ import annotations

from collections.abc import Callable

from daemon.cli.account_commands import failure_code
from daemon.cli.find_command import _nothing
from daemon.cli.outcomes import ExitCode
from daemon.cli.row_views import TITLE, cut, item_state, summary_rows
from shared.models import Accounts, AccountStatus, Change, Item, ItemList
from shared.states import Action, Decision, Side
from tests.daemon.cli.conftest import CommandLine

Scripted = Callable[..., CommandLine]


def test_find_says_why_an_item_is_absent(steady: CommandLine) -> None:
    """Catches: no way to ask from the command line why a meeting is absent, since ``--why`` wants an id nobody knows."""
    one = steady("find", "trip")
    assert one.code == 0
    assert "left out: outside window" in one.out
    assert "It starts more than 365 days ahead" in one.out
    report = steady("find", "weekly", "report")
    assert "create in Salesforce, applied" in report.out  # what happened to the item so far
    listed = steady("find")
    assert listed.lines[0].split() == ["ID", "When", "Title", "State", "Why"]
    assert "left out: private, in Notes" in listed.out
    assert listed.lines[-1].startswith("Kinds: ")
    private = steady("find", "--kind", "private", "--json").document
    assert [each["reason"] for each in private["items"]] == ["private"]


def test_find_without_a_hit_is_one_sentence(steady: CommandLine) -> None:
    none = steady("find", "no such words")
    assert (none.code, none.out) == (1, "")
    assert "No item has “no such words”" in none.err
    assert "1 private entry is left out" in none.err
    assert none.err.count("\n") == 1
    kind = steady("find", "--kind", "purple")
    assert kind.code == 1
    assert kind.err.startswith("There are no items of the kind purple. There are: in_step ")
    assert steady("find", "--limit", "0").code == 2


def test_private_entries_are_only_named_where_there_are_some() -> None:
    assert "private" not in _nothing(ItemList(total=0, counts={"in_step": 3}, items=()), "dentist")


def test_the_state_of_an_item_in_words() -> None:
    assert item_state(Item(id="i", state="row")) == "in the list"
    assert item_state(Item(id="i", state="ignored")) == "ignored"
    assert item_state(Item(id="i", state="left_out", reason="entry_type")) == "left out: entry type"


def test_the_rows_of_an_earlier_run(scripted: Scripted) -> None:
    """Catches: ``undo RUN CHANGE`` wants ids of rows that no command shows once another run was started."""
    daybridge = scripted()
    assert daybridge("sync", "--wait").code == 3
    first = daybridge.client.status().run
    assert first is not None
    assert daybridge("apply", "--wait").code == 0
    assert daybridge("sync", "--wait").code == 3
    earlier = daybridge("changes", "--run", first.id)
    assert (earlier.code, f"run {first.id} of" in earlier.lines[0]) == (0, True)
    assert "applied" in earlier.out
    assert "applied" not in daybridge("changes").out
    assert "Result" in daybridge("changes", "--run", first.id, "--why", "c1").out
    assert daybridge("changes", "--run", first.id, "--json").document["changes"][0]["run"] == first.id
    missing = daybridge("changes", "--run", "nope")
    assert (missing.code, missing.out, missing.err.count("\n")) == (1, "", 1)


def test_a_long_title_does_not_break_the_table() -> None:
    row = Change(
        id="c",
        run="r",
        item="i",
        action=Action.CREATE_IN_NOTES,
        decision=Decision.APPROVE,
        default_decision=Decision.APPROVE,
        revision="v",
        title="x" * 300,
    )
    assert len(summary_rows([row])[1][0][3]) == TITLE
    assert cut("x" * TITLE) == "x" * TITLE


def test_a_needed_sign_in_has_the_code_of_its_own() -> None:
    accounts = Accounts(salesforce=AccountStatus(state="needs_sign_in"), notes=AccountStatus(state="unreachable"))
    assert failure_code(accounts, tuple(Side)) is ExitCode.SIGN_IN_NEEDED
    assert failure_code(accounts, (Side.NOTES,)) is ExitCode.FAILED
