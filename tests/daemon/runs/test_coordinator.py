"""The open run: one at a time, decided by the person, safe against settings, sign-outs, restarts and calls that cross."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import NoReturn

import pytest

from daemon.runs.observing import OpenPair
from daemon.sides.contract import LostAnswer, Outcome, SideUnavailable, SignInNeeded, Write
from shared.models import Image, OneDecision
from shared.problems import ApiProblem, ProblemName
from shared.states import Action, Decision, Result, RunMode, RunState, Side
from tests.fakes.engine import Bench, loop
from tests.fakes.memory_side import MemorySide, sentence


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(keyed=True)
    yield made
    made.close()


def meeting(subject: str, day: int = 12, hour: int = 9, **more: object) -> Image:
    values = {
        "subject": subject,
        "starts_at": f"2026-03-{day:02}T{hour:02}:00Z",
        "ends_at": f"2026-03-{day:02}T{hour + 1:02}:00Z",
    }
    return Image(**{**values, **more})  # type: ignore[arg-type]


def in_step(bench: Bench, *subjects: str) -> list[str]:
    """Entries in Notes with their copies in Salesforce; the first run is done and everything is old."""
    keys = [bench.notes.put(meeting(subject, day=10 + number)) for number, subject in enumerate(subjects)]
    bench.start()
    bench.ok()
    bench.clock.advance(hours=2)
    return keys


def approve(bench: Bench, decision: Decision = Decision.APPROVE) -> None:
    bench.decide([OneDecision(change=row.id, revision=row.revision, decision=decision) for row in bench.rows()])


def stored_run(bench: Bench, identifier: str) -> RunState:
    run = bench.runs.get(identifier)
    assert run is not None
    return run.state


# Ok ------------------------------------------------------------------------------------------------------------------


def test_rules_changed_after_the_list_was_made_are_kept_at_ok(bench: Bench) -> None:
    """Catches: Ok writing into Notes after the person switched the direction to Salesforce only."""
    bench.salesforce.put(meeting("Visit"))
    bench.start()
    assert [row.action for row in bench.rows()] == [Action.CREATE_IN_NOTES]
    bench._rules = replace(bench._rules, direction="to_salesforce", version="r2")
    with pytest.raises(ApiProblem):
        bench.ok()
    assert bench.notes.written == []


def test_ok_goes_to_the_sides_that_are_open_now(bench: Bench) -> None:
    """Catches: writing through a connection that a test of the account or a new sign-in has closed meanwhile."""
    bench.notes.put(meeting("Review"))
    bench.start()
    comparison = bench.coordinator.comparison
    assert comparison is not None
    closed = SideUnavailable(sentence("This connection is closed."))
    bench.coordinator.comparison = replace(comparison, pair=_closed(comparison.pair, closed))
    bench.ok()
    assert [entry.image.subject for entry in bench.salesforce.entries.values()] == ["Review"]


def _closed(pair: OpenPair, error: SideUnavailable) -> OpenPair:
    class Closed(MemorySide):
        async def look(self, keys: object) -> NoReturn:
            raise error

        def write(self, writes: object) -> NoReturn:
            raise error

    return replace(pair, notes=Closed(), salesforce=Closed())


def test_ok_while_a_side_is_signed_out_keeps_list_and_decisions(bench: Bench) -> None:
    """Catches: a run thrown away, decisions and all, because the sign-in had run out before Ok."""
    bench.notes.put(meeting("Review"))
    bench.start()
    approve(bench)
    bench.connections.refuse = SignInNeeded(sentence("Sign in to Salesforce again."))
    bench.ok()
    assert bench.waits() and bench.run is not None and bench.run.because is not None
    assert bench.connections.failures
    assert bench.review is not None and len(bench.review.decisions) == 1
    bench.connections.refuse = None
    bench.ok()
    assert len(bench.salesforce.entries) == 1


def test_another_calendar_chosen_before_ok_is_not_written_to(bench: Bench) -> None:
    """Catches: rows compared with one calendar being written into another one."""
    bench.salesforce.put(meeting("Visit"))
    bench.start()
    bench.notes.identity = "notes:team"
    bench.ok()
    assert bench.notes.written == []
    assert bench.waits() and bench.run is not None and bench.run.because is not None


def test_a_side_that_asks_for_sign_in_while_writing_tells_its_account(bench: Bench) -> None:
    """Catches: needs_sign_in never shown because only comparing reported a side's error."""
    bench.notes.put(meeting("Review"))
    bench.start()
    bench.salesforce.faults.fail["write"] = SignInNeeded(sentence("Sign in to Salesforce again."))
    bench.ok()
    assert [type(error) for error in bench.connections.failures] == [SignInNeeded]


def test_a_row_that_went_stale_while_writing_comes_back_as_it_is_now(bench: Bench) -> None:
    """Catches: a stale row shown again with the old revision, so that its approval could never hold."""
    (key,) = in_step(bench, "Review")
    bench.notes.edit(key, subject="Review 2")
    bench.start()
    (before,) = bench.rows()
    copy = next(iter(bench.salesforce.entries))
    bench.salesforce.faults.before_write = lambda: bench.salesforce.edit(copy, location="Room 1")
    bench.ok()
    assert bench.waits()
    (after,) = bench.rows()
    assert after.revision != before.revision
    assert bench.review is not None and bench.review.decision(after).decision is Decision.UNDECIDED
    approve(bench)
    bench.ok()
    assert bench.salesforce.entries[copy].image.subject == "Review 2"


# automatic runs --------------------------------------------------------------------------------------------------------


def test_writing_safe_rows_acknowledges_nothing_the_person_has_not_seen(bench: Bench) -> None:
    """Catches: rows that cannot be synchronized vanishing because an unattended run had acknowledged them."""
    in_step(bench, "Review")
    bench.notes.put(meeting("Cruise", day=20, ends_at="2026-04-28T09:00Z"))
    bench.notes.put(meeting("Lunch", day=21))
    bench.start(RunMode.AUTOMATIC)
    bench.apply_safe()
    assert len(bench.salesforce.entries) == 2
    assert [row.action for row in bench.rows()] == [Action.CANNOT_SYNC]
    assert bench.base().acknowledged == {}


def test_ok_without_a_single_write_ends_an_automatic_run(bench: Bench) -> None:
    """Catches: an automatic run that only Cancel could end, because nothing in it was to be written."""
    in_step(bench, "Review")
    bench.notes.put(meeting("Cruise", day=20, ends_at="2026-04-28T09:00Z"))
    bench.start(RunMode.AUTOMATIC)
    bench.ok()
    assert bench.run is None


def test_ok_by_the_person_ends_an_automatic_run(bench: Bench) -> None:
    """Catches: an automatic run that no Ok could end, because rows without a decision always came back."""
    in_step(bench, "Review")
    bench.notes.put(meeting("Cruise", day=20, ends_at="2026-04-28T09:00Z"))
    bench.notes.put(meeting("Lunch", day=21))
    bench.start(RunMode.AUTOMATIC)
    assert len(bench.rows()) == 2
    bench.ok()
    assert bench.run is None
    assert len(bench.base().acknowledged) == 1


def test_a_manual_start_joined_to_an_automatic_run_is_manual(bench: Bench) -> None:
    """Catches: rows written unasked, and details unread, although the person had pressed Start Sync meanwhile."""
    in_step(bench, "Review")
    bench.notes.put(meeting("Lunch", day=21))
    bench.notes.calls.clear()

    async def both() -> None:
        bench.coordinator.start(RunMode.AUTOMATIC)
        await asyncio.sleep(0)
        run, new = bench.coordinator.start(RunMode.MANUAL)
        assert not new and run.mode is RunMode.MANUAL
        await bench.coordinator.wait()
        await bench.coordinator.apply_safe()

    bench.drive(both())
    assert bench.waits()
    assert len(bench.salesforce.entries) == 1


def test_the_first_run_of_another_calendar_is_never_automatic(bench: Bench) -> None:
    """Catches: a new pairing filled by an automatic run because an older pairing had its first run (contracts.md 10)."""
    in_step(bench, "Review")
    bench.notes.identity = "notes:team"
    bench.start(RunMode.AUTOMATIC)
    assert bench.run is None
    assert bench.coordinator.last_ended is not None and bench.coordinator.last_ended.state is RunState.CANCELLED
    assert not bench.links.first_run_done(bench.pairing())


def test_decisions_on_other_rows_survive_the_writing_of_safe_rows(bench: Bench) -> None:
    """Catches: what the person had decided already lost when the safe rows of the run were written."""
    (key,) = in_step(bench, "Review")
    bench.notes.remove(key)
    bench.notes.put(meeting("Lunch", day=21))
    bench.start(RunMode.AUTOMATIC)
    deletion = next(row for row in bench.rows() if row.action is Action.DELETE_IN_SALESFORCE)
    bench.decide([OneDecision(change=deletion.id, revision=deletion.revision, decision=Decision.APPROVE)])
    bench.apply_safe()
    assert bench.review is not None
    (row,) = bench.rows()
    assert bench.review.decision(row).decision is Decision.APPROVE


# restarts --------------------------------------------------------------------------------------------------------------


def test_ok_on_a_list_that_could_not_be_read_again_is_refused(bench: Bench) -> None:
    """Catches: a run stuck in applying for ever after a start without network, and Ok."""
    bench.notes.put(meeting("Review"))
    bench.start()
    approve(bench)
    real = bench._build

    def offline() -> None:
        real()
        bench.connections.refuse = SideUnavailable(sentence("No network."))

    bench._build = offline  # type: ignore[method-assign]
    bench.restart()
    assert bench.waits()
    with pytest.raises(ApiProblem) as raised:
        bench.ok()
    assert raised.value.name is ProblemName.WRONG_STATE
    bench.connections.refuse = None
    bench.start()
    assert bench.review is not None and len(bench.review.decisions) == 1


def test_a_crash_while_a_waiting_list_is_compared_again_keeps_its_decisions(bench: Bench) -> None:
    """Catches: decisions lost because a second Start Sync was under way when the process died."""
    bench.notes.put(meeting("Review"))
    bench.start()
    approve(bench, Decision.IGNORE_FOREVER)
    bench.crash_next("notes.observe")
    bench.start()
    assert bench.crashes == 1
    assert bench.waits() and bench.review is not None
    (row,) = bench.rows()
    assert bench.review.decision(row).decision is Decision.IGNORE_FOREVER


def test_an_orderly_stop_while_a_waiting_list_is_compared_again_keeps_it(bench: Bench) -> None:
    """Catches: a run cancelled, with its decisions, because the daemon was stopped while comparing it again."""
    bench.notes.put(meeting("Review"))
    run = bench.start()
    assert run is not None
    approve(bench)

    async def work() -> None:
        bench.coordinator.start(RunMode.MANUAL)
        await asyncio.sleep(0)
        await bench.coordinator.stop()

    bench.drive(work())
    assert stored_run(bench, run.id).is_open
    bench.restart()
    assert bench.waits() and bench.review is not None and len(bench.review.decisions) == 1


# one run at a time -------------------------------------------------------------------------------------------------------


def test_no_run_starts_beside_an_undo_that_is_being_prepared(bench: Bench) -> None:
    """Catches: two open runs, when Start Sync or a second undo comes while the first undo still reads."""
    in_step(bench, "Review")
    done = bench.coordinator.last_ended
    assert done is not None

    async def work() -> None:
        first = asyncio.ensure_future(bench.coordinator.undo(done.id, ()))
        for _ in range(2):
            await asyncio.sleep(0)
        with pytest.raises(ApiProblem):
            bench.coordinator.start(RunMode.MANUAL)
        with pytest.raises(ApiProblem):
            await bench.coordinator.undo(done.id, ())
        assert (await first).mode is RunMode.UNDO

    slow(bench)
    bench.drive(work())
    assert bench.run is not None and bench.run.mode is RunMode.UNDO


def slow(bench: Bench) -> None:
    """Opening the pair takes some turns of the loop."""
    real = bench.connections.open_pair

    async def open_pair() -> OpenPair:
        for _ in range(5):
            await asyncio.sleep(0)
        return await real()

    bench.connections.open_pair = open_pair  # type: ignore[method-assign]


def test_a_new_run_waits_for_the_end_of_a_cancelled_one(bench: Bench) -> None:
    """Catches: two comparisons reading through the same connections at once after Cancel and Start Sync."""
    bench.notes.put(meeting("Review"))
    under_way = most = 0
    real = bench.connections.open_pair

    async def open_pair() -> OpenPair:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        try:
            for _ in range(5):
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            for _ in range(5):  # a request that is on its way ends in its own time
                await asyncio.sleep(0)
            raise
        finally:
            under_way -= 1
        return await real()

    bench.connections.open_pair = open_pair  # type: ignore[method-assign]

    async def work() -> None:
        run, _ = bench.coordinator.start(RunMode.MANUAL)
        await asyncio.sleep(0)
        bench.coordinator.cancel(run.id)
        bench.coordinator.start(RunMode.MANUAL)
        await bench.coordinator.wait()

    bench.drive(work())
    assert most == 1
    assert bench.waits()


def test_start_sync_on_a_waiting_list_answers_with_the_same_run(bench: Bench) -> None:
    """Catches: a second run beside the waiting one, or decisions on unchanged rows lost."""
    bench.notes.put(meeting("Review"))
    first = bench.start()
    approve(bench, Decision.IGNORE_FOREVER)
    bench.notes.put(meeting("Lunch", day=20))
    second = bench.start()
    assert first is not None and second is not None and first.id == second.id
    assert bench.review is not None
    assert sorted(bench.review.decision(row).decision for row in bench.rows()) == [
        Decision.APPROVE,
        Decision.IGNORE_FOREVER,
    ]


def test_an_unexpected_fault_of_one_side_ends_the_writing_of_both(bench: Bench) -> None:
    """Catches: one calendar still being written to after the run had ended, beside the next run."""
    bench.notes.put(meeting("Review"))
    bench.salesforce.put(meeting("Visit", day=14))
    bench.start()
    order: list[str] = []

    async def broken(writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        for write in writes:
            if write.op_id:
                raise RuntimeError("a fault of ours")
            yield LostAnswer(write.op_id, sentence(""))

    async def slowly(writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        for _ in range(5):
            await asyncio.sleep(0)
        order.append("written")
        for write in writes:
            yield LostAnswer(write.op_id, sentence(""))

    bench.notes.write = broken  # type: ignore[method-assign]
    bench.salesforce.write = slowly  # type: ignore[method-assign]

    async def work() -> None:
        assert bench.run is not None
        bench.coordinator.apply(bench.run.id, bench.run.plan, None, None)
        await bench.coordinator.wait()
        order.append("ended")

    bench.drive(work())
    loop().run_until_complete(asyncio.sleep(0.01))
    assert order == ["written", "ended"]


def test_results_count_what_each_row_became(bench: Bench) -> None:
    """Catches: results that leave a kind of row out."""
    in_step(bench, "Bad")
    bench.salesforce.edit(next(iter(bench.salesforce.entries)), location="Room 1")
    (key,) = bench.notes.entries
    bench.notes.faults.refuse[key] = "No."
    bench.notes.put(meeting("Good", day=13))
    bench.notes.put(meeting("Away", day=14))
    bench.start()
    away = next(row for row in bench.rows() if row.title == "Away")
    bench.decide([OneDecision(change=away.id, revision=away.revision, decision=Decision.IGNORE_FOREVER)])
    bench.ok()
    ended = bench.coordinator.last_ended
    assert ended is not None and ended.state is RunState.DONE_WITH_FAILURES
    assert ended.results == {"applied": 1, "failed": 1, "stale": 0, "unknown": 0, "ignored": 1}
    outcomes = bench.runs.outcomes(ended.id).values()
    assert sorted(str(each.result) for each in outcomes) == [Result.APPLIED, Result.FAILED]
    assert bench.links.last_run(bench.pairing()) == ended.finished_at
    assert {each.side for each in bench.runs.ops_of(ended.id)} == set(Side)
