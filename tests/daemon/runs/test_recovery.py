"""What a crash between the last answer and the base leaves behind is told in the history, and nothing waits for ever."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.models import Image
from shared.states import Result
from tests.fakes.engine import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(keyed=True)
    yield made
    made.close()


@pytest.mark.parametrize("refused", [True, False])
def test_a_row_whose_writes_had_all_ended_before_a_crash_has_a_result(bench: Bench, refused: bool) -> None:
    """Catches: a row without a result for ever: its operations were no longer open, so nobody finished it."""
    key = bench.notes.put(Image(subject="Review", starts_at="2026-03-12T09:00Z", ends_at="2026-03-12T10:00Z"))
    bench.start()
    bench.ok()
    bench.clock.advance(hours=2)
    (copy,) = bench.salesforce.entries
    bench.notes.edit(key, subject="Review 2")
    bench.start()
    if refused:
        bench.salesforce.faults.refuse[copy] = "No."
    else:
        bench.salesforce.faults.before_write = lambda: bench.salesforce.edit(copy, location="Room 1")
    assert bench.run is not None
    run = bench.run.id
    bench.crash_next("journal.ended.after")
    bench.ok()
    assert bench.crashes == 1
    (outcome,) = bench.runs.outcomes(run).values()
    assert outcome.result is (Result.FAILED if refused else Result.STALE)
    assert bench.waits()
