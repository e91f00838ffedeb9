"""What the screen of ignored items says has changed since, and how an ignored item stands in the list of all items."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daemon.runs.ignored import ignored_list
from daemon.runs.items import items
from shared.models import IgnoredItem, Image, OneDecision
from shared.states import Decision, Group
from tests.fakes.engine import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(keyed=False)
    yield made
    made.close()


def meeting(**more: str) -> Image:
    return Image(subject="Complaint", starts_at="2026-03-12T09:00Z", ends_at="2026-03-12T10:00Z", **more)


def ignore_the_only_row(bench: Bench) -> None:
    (row,) = bench.rows()
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.IGNORE_FOREVER)])
    bench.ok()


def listed(bench: Bench) -> IgnoredItem:
    bench.start()
    comparison = bench.coordinator.comparison
    assert comparison is not None
    (found,) = ignored_list(comparison.base, comparison.trees, bench.links.secret()).ignored
    return found


def test_a_linked_item_tells_which_fields_drifted(bench: Bench) -> None:
    key = bench.notes.put(meeting())
    bench.start()
    bench.ok()
    bench.notes.edit(key, location="Room 1")
    bench.start()
    ignore_the_only_row(bench)
    assert listed(bench).drifted is False
    bench.notes.edit(key, subject="Complaint, second call")
    found = listed(bench)
    assert found.drifted
    assert found.changed == (Group.SUBJECT,), "the place was another one already when it was ignored"


def test_a_pair_that_was_never_linked_tells_where_it_drifted(bench: Bench) -> None:
    """Catches: "changed since: nothing" for a difference of the first run, whatever happens to it afterwards."""
    bench.notes.put(meeting(location="Here"))
    key = bench.salesforce.put(meeting(location="There"))
    bench.start()
    ignore_the_only_row(bench)
    assert listed(bench).drifted is False
    bench.salesforce.edit(key, location="Elsewhere")
    found = listed(bench)
    assert found.drifted
    assert found.changed == (Group.LOCATION,)


def test_what_became_private_tells_no_change_of_its_text(bench: Bench) -> None:
    """Catches: "subject changed" for an item of which not a word was kept."""
    key = bench.notes.put(meeting(location="Here"))
    bench.start()
    ignore_the_only_row(bench)
    bench.notes.edit(key, private=True, starts_at="2026-03-12T09:30Z")
    assert listed(bench).changed == (Group.TIME,)


def test_an_ignored_item_is_not_said_to_be_in_step(bench: Bench) -> None:
    """Catches: "in step" for a linked pair whose differences the person chose to ignore."""
    key = bench.notes.put(meeting())
    bench.start()
    bench.ok()
    comparison = bench.coordinator.comparison
    bench.notes.edit(key, location="Room 1")
    bench.start()
    ignore_the_only_row(bench)
    bench.start()
    comparison = bench.coordinator.comparison
    assert comparison is not None
    assert {each.state for each in items(comparison, {})} == {"ignored"}
