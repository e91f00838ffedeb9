"""A Salesforce series that goes to Notes as one entry: its dates stay rows of their own, and no lost answer doubles one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import pytest

from daemon.runs import apply
from daemon.sides.contract import Done, Outcome, Traces, Write
from daemon.sync.trees import SeriesPlace
from shared.models import Image, OneDecision
from shared.states import Action, Decision, Side
from tests.fakes.engine import Bench
from tests.fakes.engine_side import EngineSide
from tests.fakes.memory_side import Entry, created_uid

PLACE = SeriesPlace("series-1", "Call")
DAYS = (16, 23, 30)


class SeriesNotes(EngineSide):
    """A Notes calendar that keeps the dates of a new series under one UID, each by its original start."""

    def _series_key(self, write: Write) -> str:
        assert write.after is not None
        return f"{created_uid(write.series_key)}#{write.after.starts_at}"

    def _create(self, write: Write) -> Outcome:
        if not write.series_key:
            return super()._create(write)
        assert write.after is not None
        key = self._series_key(write)
        if key not in self.entries:
            self.entries[key] = Entry(write.after, self._clock())
            self._note(key)
        record = self._record(key)
        return Done(write.op_id, key, record.version, record)

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        found = dict(await super().find_created(writes))
        for write in writes:
            if write.series_key and self._series_key(write) in self.entries:
                known = found.get(write.op_id, Traces()).sure
                found[write.op_id] = Traces((self._record(self._series_key(write)), *known))
        return found


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(keyed=True)
    made.notes = SeriesNotes(Side.NOTES, keyed=True, deltas=False, clock=made.clock, identity="notes:jdoe")
    made.notes.crash_here = made.reach
    yield made
    made.close()


def meeting(day: int, subject: str = "Call") -> Image:
    return Image(subject=subject, starts_at=f"2026-03-{day}T08:00Z", ends_at=f"2026-03-{day}T09:00Z")


def put_series(bench: Bench, days: Sequence[int] = DAYS) -> None:
    for day in days:
        bench.salesforce.put(meeting(day), series=PLACE)


def notes_starts(bench: Bench) -> list[str]:
    return sorted(entry.image.starts_at for entry in bench.notes.entries.values())


def starts(days: Sequence[int] = DAYS) -> list[str]:
    return [meeting(day).starts_at for day in days]


def ignore(bench: Bench, *days: int) -> None:
    """Decide later about the dates of these days."""
    rows = [row for row in bench.rows() if row.starts_at in starts(days)]
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.UNDECIDED) for row in rows])


def settle(bench: Bench) -> None:
    """Time passes, what is under way arrives, and runs are approved until nothing is left."""
    for _ in range(4):
        bench.clock.advance(minutes=5)
        while bench.notes.arrive():
            pass
    for _ in range(3):
        bench.clock.advance(minutes=13)
        bench.start()
        if bench.waits():
            bench.ok()


def test_the_dates_go_as_one_entry_and_the_next_run_is_empty(bench: Bench) -> None:
    """Catches: a series key missing, or on creates that are no dates of a series."""
    put_series(bench)
    bench.salesforce.put(meeting(17, "Other"))
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.CREATE_IN_NOTES] * 4
    bench.ok()
    keys = {write.after.subject: set[str]() for write in bench.notes.written if write.after}
    for write in bench.notes.written:
        assert write.after is not None
        keys[write.after.subject].add(write.series_key)
    assert keys["Other"] == {""} and len(keys["Call"]) == 1 and "" not in keys["Call"]
    assert {key.partition("#")[0] for key, entry in bench.notes.entries.items() if entry.image.subject == "Call"} == {
        created_uid(next(iter(keys["Call"])))
    }
    assert {op.series_key for op in bench.runs.ops_of(bench.runs.newest(1)[0].id)} == keys["Call"] | {""}
    bench.start()
    assert not bench.waits()


def test_the_dates_of_one_series_are_written_together_although_other_rows_stand_between(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches: two series out of one, because a part of its rows fell into the next batch."""
    monkeypatch.setattr(apply, "CHUNK", 3)
    put_series(bench)
    for day in (17, 18, 24, 25):
        bench.salesforce.put(meeting(day, f"Other {day}"))
    bench.start()
    bench.ok()
    assert len({write.series_key for write in bench.notes.written} - {""}) == 1
    assert len(bench.notes.entries) == 7
    bench.start()
    assert not bench.waits()


@pytest.mark.parametrize("ways", list(product(("ok", "lose_before", "lose_after", "delay"), repeat=3)))
@pytest.mark.parametrize("left", [(), (16,), (16, 23)])
def test_whatever_is_lost_each_date_is_there_once_in_the_end(
    bench: Bench, ways: tuple[str, ...], left: tuple[int, ...]
) -> None:
    """Catches a double by a late request. Tried: the quarantine of series creates left out."""
    put_series(bench)
    bench.start()
    bench.notes.network.next = list(ways)
    bench.ok()
    # At once another Ok, for a part of the dates that may be asked about again: another set, another UID.
    bench.start()
    if bench.waits():
        ignore(bench, *left)
        bench.ok()
    settle(bench)
    assert notes_starts(bench) == starts()
    assert len(bench.base().links) == 3


def test_a_date_that_was_sent_alone_is_not_sent_again_as_part_of_a_series(bench: Bench) -> None:
    """Catches: the first request arriving late beside the series that the second attempt made."""
    put_series(bench)
    bench.start()
    ignore(bench, 23, 30)
    bench.notes.network.next = ["delay"]
    bench.ok()
    bench.start()
    assert len(bench.rows()) == 3
    bench.ok()
    assert [bool(write.series_key) for write in bench.notes.written] == [False, False, True, True]
    settle(bench)
    assert notes_starts(bench) == starts()


@pytest.mark.parametrize("point", ["before", "effect", "answered"])
@pytest.mark.parametrize("occurrence", [1, 2, 3])
def test_a_crash_between_the_dates_doubles_none(bench: Bench, point: str, occurrence: int) -> None:
    put_series(bench)
    bench.start()
    bench.crash_next(f"notes.{point}_create", occurrence)
    bench.ok()
    assert bench.crashes == 1
    settle(bench)
    assert notes_starts(bench) == starts()
    assert len({key.partition("#")[0] for key in bench.notes.entries}) <= 2


def test_undo_takes_all_dates_away_again(bench: Bench) -> None:
    put_series(bench)
    bench.start()
    bench.ok()
    run = bench.runs.newest(1)[0].id
    bench.undo(run)
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=Decision.APPROVE) for row in bench.rows()])
    bench.ok(confirm_deletions=3)
    assert bench.notes.entries == {}
