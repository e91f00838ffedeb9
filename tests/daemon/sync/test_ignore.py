"""Which ignores speak of an item, which of them hold, and what a decision to ignore remembers.

Catches an ignore that is found by the wrong key, that outlives a deletion, or that the second gate of the executor cannot see.
Tried with the Salesforce key left out of ``holds_forever``.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from msgspec.structs import replace

from daemon.sync.appointment import CONTENT_GROUPS
from daemon.sync.base import Ignore
from daemon.sync.decide import IgnoreState
from daemon.sync.ignore import IgnoreIndex, Standing, changed_since, holds_forever, remember, seen_digest, standing
from daemon.sync.projection import redacted
from daemon.sync.proposal import Proposal
from shared.models import Image, Series
from shared.states import Action, Decision, Group, Scope, Side
from tests.fakes import planner_inputs as given

FOREVER, ONCE = Decision.IGNORE_FOREVER, Decision.IGNORE_UNTIL_CHANGE
VISIT = given.image()
SEEN = seen_digest(VISIT)
SECRET = b"the secret of this installation"


def ignore(name: str = "i", kind: Decision = FOREVER, scope: Scope = Scope.OCCURRENCE, **fields: Any) -> Ignore:
    return Ignore(id=name, kind=kind, scope=scope, **fields)


def found(ignores: list[Ignore], item: str = "", notes: str = "", salesforce: str = "", series: Any = ()) -> list[str]:
    return [one.id for one in IgnoreIndex(ignores).of(item, notes, salesforce, series)]


def test_an_ignore_is_found_by_item_and_by_either_key() -> None:
    one = ignore(item="item", notes_key="a#", salesforce_key="S-a")
    assert found([one], item="item") == found([one], notes="a#") == found([one], salesforce="S-a") == ["i"]
    assert found([one], item="S-a", notes="item", salesforce="a#") == []
    assert found([one]) == []


def test_an_ignore_found_twice_is_named_once_and_another_like_it_is_kept() -> None:
    both = [ignore(item="item", notes_key="a#"), ignore("j", item="item")]
    assert found(both, item="item", notes="a#") == ["i", "j"]
    twins = [ignore(item="item"), ignore(item="item")]
    assert found(twins, item="item") == ["i", "i"]


def test_ignores_come_in_the_order_of_their_ids() -> None:
    assert found([ignore("z", item="item"), ignore("b", item="item"), ignore("m", item="item")], item="item") == [
        "b",
        "m",
        "z",
    ]


def test_a_series_is_ignored_by_its_name_or_by_the_uid_of_its_notes_key() -> None:
    named = ignore(scope=Scope.SERIES, series="team")
    assert found([named], series=["team"]) == ["i"]
    assert found([named], notes="team#2026-03-02T09:00Z") == ["i"]
    assert found([named], notes="other#team", series=["another"]) == []
    keyed = ignore(scope=Scope.SERIES, notes_key="team#2026-03-02T09:00Z")
    assert found([keyed], notes="team#2026-03-09T09:00Z") == ["i"]
    assert found([keyed], series=["team"]) == ["i"]
    assert found([keyed], series=["2026-03-02T09:00Z"]) == []
    assert found([ignore(scope=Scope.SERIES, series="team", notes_key="a#")], notes="a#x") == []


def test_only_forever_reaches_over_a_whole_series() -> None:
    assert found([ignore(kind=ONCE, scope=Scope.SERIES, series="team")], series=["team"]) == []


def test_one_occurrence_says_nothing_of_its_series() -> None:
    assert found([ignore(series="team", notes_key="team#1")], notes="team#2", series=["team"]) == []


def test_an_item_without_a_series_is_no_part_of_a_nameless_one() -> None:
    nameless = ignore(scope=Scope.SERIES, salesforce_key="S-a")
    assert found([nameless], notes="b#", series=[""]) == []
    assert found([nameless], salesforce="S-b", series=["XXXX"]) == []
    assert found([ignore(scope=Scope.SERIES, series="XXXX")], salesforce="S-b", series=["XXXX"]) == ["i"]
    assert found([ignore(scope=Scope.SERIES, series="XXXX")], salesforce="S-b") == []
    assert found([ignore(scope=Scope.OCCURRENCE, salesforce_key="S-a")], series=["XXXX"]) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"item": "item"},
        {"notes_key": "a#"},
        {"salesforce_key": "S-a"},
        {"scope": Scope.SERIES, "series": "team"},
    ],
)
def test_an_index_is_true_where_anything_is_ignored(fields: dict[str, Any]) -> None:
    assert IgnoreIndex([ignore(**fields)])
    assert not IgnoreIndex([])
    assert not IgnoreIndex([ignore()])


# whether it holds


def test_forever_holds_whatever_became_of_the_records() -> None:
    other = given.record("a#", given.image(subject="Other"))
    one = ignore(notes_digest=SEEN)
    for notes in (None, other):
        assert standing([ignore("j", ONCE, notes_digest=b"old"), one], notes, None) == Standing(IgnoreState.FOREVER)


def test_until_change_holds_for_the_pair_that_was_seen_only() -> None:
    record = given.record("a#", VISIT)
    edited = given.record("a#", given.image(subject="Other"))
    both = ignore(kind=ONCE, notes_digest=SEEN, salesforce_digest=SEEN)
    holds, used = Standing(IgnoreState.UNTIL_CHANGE), Standing(used_up=("i",))
    assert standing([both], record, record) == holds
    assert standing([both], edited, record) == standing([both], record, edited) == used
    assert standing([both], None, record) == standing([both], record, None) == used
    alone = ignore(kind=ONCE, notes_digest=SEEN)
    assert standing([alone], record, None) == holds
    assert standing([alone], record, record) == used, "an item that appeared beside it is a change"
    assert standing([ignore(kind=ONCE)], None, None) == holds


def test_a_record_is_the_one_that_was_seen_in_three_ways() -> None:
    untidy = given.image(subject=" Visit ", location="Room 1")
    record = given.record("a#", untidy)
    for seen in (record.digest, seen_digest(untidy), seen_digest(redacted(untidy))):
        one = ignore(kind=ONCE, notes_digest=seen)
        assert standing([one], record, None).state is IgnoreState.UNTIL_CHANGE
    assert record.digest != seen_digest(untidy)


def test_every_ignore_that_was_used_up_is_named_in_order() -> None:
    old = [ignore("z", ONCE, notes_digest=b"old"), ignore("a", ONCE, notes_digest=b"older")]
    fresh = ignore("m", ONCE, notes_digest=SEEN)
    assert standing([*old, fresh], given.record("a#", VISIT), None) == Standing(IgnoreState.UNTIL_CHANGE, ("a", "z"))
    assert standing([], None, None) == Standing(IgnoreState.NONE, ())


def test_nothing_is_seen_where_there_is_nothing() -> None:
    assert seen_digest(None) == b""
    assert seen_digest(given.image(subject=" Visit ")) == SEEN != b""


# what a decision remembers


def proposal(series: Series | None = None) -> Proposal:
    return Proposal(
        id="row",
        item="item",
        action=Action.UPDATE_IN_NOTES,
        revision="rev",
        default_decision=Decision.UNDECIDED,
        title="Visit",
        starts_at="",
        ends_at="",
        all_day=False,
        notes_key="a#",
        salesforce_key="S-a",
        generation=3,
        series=series,
        notes_digest=b"notes",
        salesforce_digest=b"salesforce",
    )


TEAM = Series(id="team", title="Team")


@pytest.mark.parametrize(
    ("series", "scope", "name"),
    [
        (TEAM, Scope.SERIES, "team"),
        (TEAM, Scope.OCCURRENCE, ""),
        (None, Scope.SERIES, ""),
        (None, Scope.OCCURRENCE, ""),
    ],
)
def test_a_decision_remembers_everything_it_was_made_on(series: Series | None, scope: Scope, name: str) -> None:
    assert remember(proposal(series), ONCE, scope, "i7", "2026-03-09T08:00:00Z", b"") == Ignore(
        id="i7",
        kind=ONCE,
        scope=scope,
        item="item",
        notes_key="a#",
        salesforce_key="S-a",
        series=name,
        notes_digest=b"notes",
        salesforce_digest=b"salesforce",
        generation=3,
        at="2026-03-09T08:00:00Z",
    )


THEN = replace(VISIT, location="Room 1", description="Agenda")
BARE = replace(THEN, subject="", location="", description="", private=True)
"""A private item as it is kept: without a word."""


def remembered(notes: Image | None = THEN, salesforce: Image | None = THEN) -> Ignore:
    row = dataclasses.replace(proposal(), notes=notes, salesforce=salesforce)
    return remember(row, FOREVER, Scope.OCCURRENCE, "i", "", SECRET)


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(
    ("now", "changed"),
    [
        (THEN, set()),
        (replace(THEN, subject=" Visit  "), set()),
        (replace(THEN, subject="Call"), {Group.SUBJECT}),
        (replace(THEN, location="Room 9", show_as="free"), {Group.LOCATION, Group.SHOW_AS}),
        (replace(THEN, description="More"), {Group.DESCRIPTION}),
        (replace(THEN, starts_at="2026-03-10T09:15Z"), {Group.TIME}),
        (BARE, set()),
        (replace(BARE, starts_at="2026-03-10T09:15Z"), {Group.TIME}),
        (replace(BARE, subject="Visit"), {Group.LOCATION, Group.DESCRIPTION}),
        (replace(BARE, location="Room 1"), {Group.SUBJECT, Group.DESCRIPTION}),
        (replace(BARE, description="Agenda"), {Group.SUBJECT, Group.LOCATION}),
        (replace(BARE, private=False), {Group.SUBJECT, Group.LOCATION, Group.DESCRIPTION}),
    ],
)
def test_each_side_tells_what_changed_since_it_was_ignored(side: Side, now: Image, changed: set[Group]) -> None:
    """Catches: one side's fields compared with the other's, text told of a private item of which none was kept."""
    other = replace(THEN, subject="Other", location="Other", starts_at="2026-03-01T09:00Z")
    one = remembered(THEN, other) if side is Side.NOTES else remembered(other, THEN)
    assert changed_since(one, side, now, SECRET) == changed


def test_of_a_side_that_was_not_there_nothing_is_told() -> None:
    assert changed_since(remembered(salesforce=None), Side.SALESFORCE, THEN, SECRET) == frozenset()
    assert changed_since(remembered(notes=None), Side.NOTES, THEN, SECRET) == frozenset()


def test_what_is_remembered_of_a_text_cannot_be_guessed_without_the_secret() -> None:
    """Catches: a plain digest of a short subject, which anybody who guesses it can verify (contracts.md 6)."""
    one = remembered()
    assert changed_since(one, Side.NOTES, THEN, b"another") == set(CONTENT_GROUPS)
    assert set(one.notes_groups) == set(one.salesforce_groups) == set(CONTENT_GROUPS)


def test_the_second_gate_sees_forever_by_each_name() -> None:
    one = given.base(ignores=(ignore(item="item", notes_key="a#", salesforce_key="S-a"),))
    assert holds_forever(one, "item", "", "")
    assert holds_forever(one, "", "a#", "")
    assert holds_forever(one, "", "", "S-a")
    assert not holds_forever(one, "other", "b#", "S-b")
    team = given.base(ignores=(ignore(scope=Scope.SERIES, series="team"),))
    assert holds_forever(team, "", "", "S-b", ["team"])
    assert not holds_forever(team, "", "", "S-b")
    once = given.base(ignores=(ignore(kind=ONCE, item="item"),))
    assert not holds_forever(once, "item", "", "")
