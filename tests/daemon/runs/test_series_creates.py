"""Which creates of one Ok are dates of one new series in Notes, and which rows are written together."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, strategies as st

from daemon.runs.series_creates import batches, marked, series_keys
from daemon.store.runs import Op
from shared.models import Image
from shared.states import Side

MONDAY = Image(subject="Call", starts_at="2026-03-16T08:00Z", ends_at="2026-03-16T08:30Z")


def create(name: str, day: int = 16, **more: object) -> Op:
    given_ = {"starts_at": f"2026-03-{day}T08:00Z", "ends_at": f"2026-03-{day}T08:30Z", **more}
    after = msgspec.structs.replace(MONDAY, **given_)
    return Op(id=name, run="r", change=name, side=Side.NOTES, kind="create", after=after, create_key=f"key-{name}")


def keys(*creates: tuple[str, int, Op], pairing: str = "p", alone: frozenset[str] = frozenset()) -> dict[str, str]:
    return series_keys(pairing, creates, alone)


THREE = [("s", 1, create("a", 16)), ("s", 1, create("b", 23)), ("s", 1, create("c", 30))]


def test_dates_of_one_series_share_a_key_that_only_this_set_has() -> None:
    """Catches: another key per attempt (the series would be doubled), and one key for two sets (dates would be lost)."""
    found = keys(*THREE)
    assert found.keys() == {"a", "b", "c"} and len(set(found.values())) == 1
    (key,) = set(found.values())
    again = [
        (series, generation, msgspec.structs.replace(op, id=f"{op.id}2", run="r2")) for series, generation, op in THREE
    ]
    assert set(keys(*reversed(again)).values()) == {key}
    others = [
        keys(*THREE[:2]),
        keys(*THREE, pairing="q"),
        keys(*[("t", 1, op) for _, _, op in THREE]),
        keys(*[("s", 2, op) for _, _, op in THREE]),
    ]
    assert len({key, *(value for other in others for value in other.values())}) == 5
    assert [op.series_key for op in marked([op for *_, op in THREE], {"b": key})] == ["", key, ""]


@pytest.mark.parametrize(
    "more",
    [
        {"subject": "Other"},
        {"location": "Room"},
        {"description": "Text"},
        {"show_as": "free"},
        {"private": True},
        {"reminder_minutes": 10},
        {"zone": "Europe/Paris"},
        {"ends_at": "2026-03-30T09:30Z"},
        {"starts_at": "2026-03-30", "ends_at": "2026-03-31", "all_day": True},
    ],
)
def test_a_date_that_says_something_else_is_an_entry_of_its_own(more: dict[str, object]) -> None:
    """Catches: one date's text written over its neighbour's by making both one series."""
    odd = ("s", 1, create("c", 30, **more))
    assert keys(*THREE[:2], odd).keys() == {"a", "b"}
    assert keys(THREE[0], odd) == {}


def test_what_is_no_date_of_a_new_series_gets_no_key() -> None:
    elsewhere = msgspec.structs.replace(create("c", 30), side=Side.SALESFORCE)
    update = msgspec.structs.replace(create("d", 30), kind="update")
    assert keys(*THREE[:2], ("s", 1, elsewhere), ("s", 1, update)).keys() == {"a", "b"}
    assert keys(("", 1, create("a")), ("", 1, create("b", 23))) == {}
    assert keys(THREE[0], ("s", 2, create("b", 23)), ("t", 1, create("c", 30))) == {}


def test_two_at_the_same_time_are_not_dates_of_one_series() -> None:
    """Catches: a series with one date less than there are rows: the second row would adopt the first one's record."""
    assert keys(*THREE[:2], ("s", 1, create("twin", 16))).keys() == {"a", "b"}
    assert keys(THREE[0], ("s", 1, create("twin", 16))) == {}


def test_what_was_sent_alone_before_stays_alone() -> None:
    """Catches: a late first request that doubles a date because the second attempt went under another UID."""
    assert keys(*THREE, alone=frozenset({"key-b"})).keys() == {"a", "c"}
    assert keys(*THREE[:2], alone=frozenset({"key-b"})) == {}


@given(st.lists(st.sampled_from(["", "", "s", "t", "u"]), max_size=30), st.integers(1, 8))
def test_batches_keep_a_series_together_and_lose_nothing(names: list[str], size: int) -> None:
    """Catches: a series cut at the edge of a batch, a row lost or written twice, a batch that is too large."""
    rows = list(enumerate(names))
    found = list(batches(rows, lambda row: row[1], size))
    assert sorted(row for batch in found for row in batch) == rows
    assert all(0 < len(batch) <= size for batch in found)
    for name in set(names) - {""}:
        count = names.count(name)
        holding = [sum(row[1] == name for row in batch) for batch in found if any(row[1] == name for row in batch)]
        assert len(holding) == -(-count // size), "cut only where it is larger than a batch"
    if not any(names):
        assert [row for batch in found for row in batch] == rows
