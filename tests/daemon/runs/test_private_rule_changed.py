"""The rule for private entries is changed between two runs: what was hidden is never carried to a copy that all may read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.models import Image, OneDecision
from shared.states import Decision, Group
from tests.fakes.engine import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(keyed=True)
    yield made
    made.close()


def test_from_busy_only_to_carry_marks_the_copy_private_with_its_text(bench: Bench) -> None:
    """Catches: subject and place of a private entry written to a Salesforce event that stays public."""
    bench._rules = replace(bench._rules, private="busy_only", version="busy")
    bench.notes.put(
        Image(
            subject="Dentist",
            location="Main Street",
            starts_at="2026-03-12T09:00Z",
            ends_at="2026-03-12T10:00Z",
            private=True,
        )
    )
    bench.start()
    bench.ok()
    (copy,) = bench.salesforce.entries.values()
    assert (copy.image.subject, copy.image.private) == ("Private appointment", False)
    bench._rules = replace(bench._rules, private="carry", version="carry")
    bench.clock.advance(hours=2)
    bench.start()
    (row,) = bench.rows()
    assert Group.PRIVACY in {each.group for each in row.fields}
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.APPROVE)])
    bench.ok()
    (copy,) = bench.salesforce.entries.values()
    assert (copy.image.subject, copy.image.private) == ("Dentist", True)
    bench.start()
    assert not bench.rows()
