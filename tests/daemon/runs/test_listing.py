"""The rows of a run, sorted and filtered by what a request gives; an empty parameter is one left out."""

from __future__ import annotations

import pytest

from daemon.runs.listing import SORTS, listing
from shared.models import Change
from shared.problems import ApiProblem
from shared.states import Action

ROWS = tuple(
    Change(id=title, run="r", item=title, action=action, revision="1", title=title, starts_at=starts)
    for title, action, starts in (
        ("b", Action.UPDATE_IN_NOTES, "2026-03-01T09:00Z"),
        ("a", Action.CREATE_IN_NOTES, "2026-03-03T09:00Z"),
        ("c", Action.CREATE_IN_NOTES, "2026-03-02T09:00Z"),
    )
)


def test_an_empty_parameter_is_one_left_out() -> None:
    plain = listing(ROWS)
    assert [row.id for row in plain.changes] == ["b", "c", "a"]
    assert listing(ROWS, action="", decision="", risk="", q="", sort="", series="", collapse="") == plain


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_holds_every_row_and_minus_reverses(sort: str) -> None:
    found = [row.id for row in listing(ROWS, sort=sort).changes]
    assert sorted(found) == ["a", "b", "c"]
    other = sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"
    assert [row.id for row in listing(ROWS, sort=other).changes] == found[::-1]


@pytest.mark.parametrize("name", ["action", "decision", "risk", "sort", "collapse"])
def test_an_unknown_word_is_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(ApiProblem, match=f"{name} is one of: "):
        listing(ROWS, **{name: "nonsense"})  # type: ignore[arg-type]
