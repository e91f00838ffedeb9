"""What the detail of a create or a deletion shows: everything that would be written, or that would go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daemon.sync.proposal import Proposal
from shared.models import ChangeDetail, FieldRow, Image, OneDecision
from shared.states import Action, Decision, Group
from tests.fakes.engine import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(keyed=True)
    yield made
    made.close()


MEETING = Image(
    subject="Review",
    location="Room 2",
    description="Bring the figures.",
    starts_at="2026-03-12T09:00Z",
    ends_at="2026-03-12T10:00Z",
)


def only_row(bench: Bench) -> Proposal:
    (row,) = bench.rows()
    return row


def detail(bench: Bench) -> ChangeDetail:
    assert bench.review is not None
    return bench.review.detail(only_row(bench))


def field(bench: Bench, group: Group) -> FieldRow:
    return next(each for each in detail(bench).fields if each.group is group)


def decide(bench: Bench, decision: Decision) -> None:
    row = only_row(bench)
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=decision)])


def test_a_create_shows_every_field_it_would_write(bench: Bench) -> None:
    bench.notes.put(MEETING)
    bench.start()
    assert only_row(bench).action is Action.CREATE_IN_SALESFORCE
    text = field(bench, Group.DESCRIPTION)
    assert (text.notes, text.salesforce, text.result, text.source) == (
        "Bring the figures.",
        None,
        "Bring the figures.",
        "notes",
    )
    assert field(bench, Group.TIME).notes["starts_at"] == "2026-03-12T09:00Z"
    decide(bench, Decision.UNDECIDED)
    assert (field(bench, Group.LOCATION).result, field(bench, Group.LOCATION).source) == (None, None)


def test_a_shortened_text_is_shown_as_it_will_stand(bench: Bench) -> None:
    long = "x" * 400
    bench.notes.put(Image(subject=long, starts_at=MEETING.starts_at, ends_at=MEETING.ends_at))
    bench.start()
    decide(bench, Decision.APPROVE)
    subject = field(bench, Group.SUBJECT)
    assert subject.notes == long
    assert len(subject.result) <= 255


def test_a_deletion_shows_what_goes_and_leaves_nothing(bench: Bench) -> None:
    key = bench.notes.put(MEETING)
    bench.start()
    bench.ok()
    bench.clock.advance(hours=2)
    bench.notes.remove(key)
    bench.start()
    assert only_row(bench).action is Action.DELETE_IN_SALESFORCE
    assert field(bench, Group.SUBJECT).salesforce == "Review"
    assert field(bench, Group.SUBJECT).source is None
    decide(bench, Decision.APPROVE)
    assert (field(bench, Group.SUBJECT).result, field(bench, Group.SUBJECT).source) == (None, "both")
