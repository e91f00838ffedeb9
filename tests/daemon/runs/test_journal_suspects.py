"""The journal where no key tells whose a record is: what may be the copy of a lost create is remembered, the nearest only.

Each case exists because a mutant of daemon/runs/journal.py lived without it (tests/soak/mutation.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from daemon.runs.journal import nearest
from daemon.sides.contract import Traces, Write
from daemon.sync.appointment import item_id
from daemon.sync.proposal import Settlement
from daemon.sync.trees import Capabilities
from shared.states import Result, Side
from tests.fakes import planner_inputs as given
from tests.fakes.journal_desk import VISIT, Desk, a_desk, operation, record, unkeyed
from tests.fakes.memory_side import MemorySide, created_uid

__all__ = ["a_desk"]

SAME_TIME = given.image(subject="[X] Visit")
SAME_SUBJECT = given.image(starts_at="2026-03-20T09:00Z", ends_at="2026-03-20T10:00Z")
ANOTHER = given.image(subject="Lunch", starts_at="2026-03-21T09:00Z", ends_at="2026-03-21T10:00Z")


class Doubtful(MemorySide):
    """Finds every entry for any create, and is sure of none."""

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        return {write.op_id: Traces(doubtful=tuple(self._record(key) for key in self.entries)) for write in writes}


def doubtful(desk: Desk) -> None:
    side = Doubtful(capabilities=Capabilities(), make_key=lambda uid: f"S-{uid}")
    desk.salesforce = side
    side.put(SAME_TIME, "near")
    side.put(ANOTHER, "far")


def suspects(desk: Desk) -> frozenset[tuple[str, str]]:
    return desk.links.base(desk.pairing).suspects


def test_the_nearest_are_those_at_the_same_time_else_of_the_same_subject_else_all() -> None:
    time, subject, other = record(SAME_TIME, "t"), record(SAME_SUBJECT, "s"), record(ANOTHER, "o")
    assert nearest([other, subject, time], VISIT) == [time]
    assert nearest([other, subject], VISIT) == [subject]
    assert nearest([other], VISIT) == [other]
    assert nearest([other, time], None) == [other, time]
    assert nearest([], VISIT) == []


@unkeyed
async def test_what_may_be_the_copy_is_suspected_and_the_create_still_waits(desk: Desk) -> None:
    doubtful(desk)
    desk.intend(operation("create", Side.SALESFORCE, phase="sent"))
    assert await desk.recover() == {"change", item_id(desk.pairing, Side.SALESFORCE, "S-near")}
    assert suspects(desk) == {("a#", "S-near")}


@unkeyed
@pytest.mark.parametrize("settlement", [None, Settlement(salesforce_key="S-a")])
async def test_without_an_entry_it_may_be_the_copy_of_nobody_is_suspected(
    desk: Desk, settlement: Settlement | None
) -> None:
    doubtful(desk)
    desk.intend(operation("create", Side.SALESFORCE, phase="sent"), settlement=settlement)
    await desk.recover()
    assert suspects(desk) == frozenset()


@unkeyed
async def test_an_operation_without_its_row_suspects_nobody(desk: Desk) -> None:
    doubtful(desk)
    desk.runs.journal(desk.pairing, [operation("create", Side.SALESFORCE, phase="sent")])
    assert "change" in await desk.recover()
    assert suspects(desk) == frozenset()


async def test_in_notes_nobody_is_suspected(desk: Desk) -> None:
    """Catches: a suspicion whose event is a Notes entry; Notes entries are recognised by their UID."""
    side = Doubtful(make_key=lambda uid: f"{uid}#")
    desk.notes = side
    side.put(SAME_TIME, "near")
    desk.intend(operation("create", phase="sent"))
    await desk.recover()
    assert suspects(desk) == frozenset()


@pytest.mark.parametrize("side", list(Side))
async def test_a_create_is_looked_for_by_what_it_made_and_by_no_key(desk: Desk, side: Side) -> None:
    desk.intend(operation("create", side, phase="sent"))
    await desk.recover()
    assert desk.side(side).calls == ["open", "find_created"]


async def test_a_create_whose_answer_is_known_is_not_looked_for_again(desk: Desk) -> None:
    key = desk.notes.put(VISIT, created_uid("ck"))
    desk.intend(operation("create"))
    desk.journal.acked(desk.pairing, desk.stored(), key, record(VISIT, key))
    assert await desk.recover() == frozenset()
    assert desk.notes.calls == ["open"]
    assert desk.stored().phase == "committed"


async def test_a_row_whose_operations_have_ended_is_finished(desk: Desk) -> None:
    """Catches: a row without a result for ever, because the daemon ended between the last answer and the end of the row."""
    desk.intend(operation())
    desk.journal.ended(desk.pairing, desk.stored(), "rejected")
    assert await desk.recover() == frozenset()
    assert desk.result().result is Result.FAILED


def test_creates_that_failed_alone_are_those_of_this_pairing(desk: Desk) -> None:
    desk.runs.journal(desk.pairing, [operation("create", phase="rejected")])
    desk.runs.journal(desk.stranger, [operation("create", id="o9", run="theirs", phase="rejected", create_key="other")])
    assert desk.journal.failed_alone(desk.pairing) == {"ck"}
