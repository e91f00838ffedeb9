"""The one open run: started, compared, reviewed, applied, cancelled; and how a restarted daemon takes it up again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

import msgspec

from daemon.runs.apply import Applied, Applier, Replanner
from daemon.runs.compare import Comparer, Comparison
from daemon.runs.confirmations import check_confirmations, check_rules
from daemon.runs.journal import Journal
from daemon.runs.moments import Clock, run_id, stamp
from daemon.runs.observing import Connections, OpenPair
from daemon.runs.open_run import only
from daemon.runs.review import Review
from daemon.runs.undo_run import UndoRun
from daemon.runs.work import Work
from daemon.sides.contract import SideError
from daemon.store.database import StoreTrouble
from daemon.store.links import LinkStore
from daemon.store.runs import RunStore
from daemon.sync.proposal import Proposal
from daemon.sync.rules import Rules
from shared.models import OneDecision, Progress, Run
from shared.problems import ApiProblem, ProblemName
from shared.states import Decision, Result, RunMode, RunState
from shared.texts import text

log = logging.getLogger(__name__)


UNATTENDED_WRITES = 200
"""More than this in one automatic run is not written unasked (sync.md 2.10)."""


class Coordinator(UndoRun):
    """At most one run is open. Long work is one task at a time; everything else answers at once."""

    def __init__(
        self,
        runs: RunStore,
        links: LinkStore,
        comparer: Comparer,
        journal: Journal,
        applier: Applier,
        connections: Connections,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        super().__init__(runs, links, comparer, journal, connections, clock, changed)
        self._applier = applier
        self._planner = Replanner(comparer)
        self._plans = self._planner
        self._work = Work()

    # starting ---------------------------------------------------------------------------------------------------

    def start(self, mode: RunMode, objects: tuple[str, ...] = ("calendar",)) -> tuple[Run, bool]:
        """Open a run, or compare the waiting one again. Returns (run, new). Raises ApiProblem wrong-state while applying."""
        if self.run is not None and self.run.state is RunState.APPLYING:
            raise ApiProblem(ProblemName.WRONG_STATE, "Changes are being written; wait until that is done.")
        if self._undoing:
            raise ApiProblem(ProblemName.WRONG_STATE, "An undo is being prepared; wait until its list is there.")
        if self.run is not None and self.run.state is RunState.COMPARING:
            if mode is RunMode.MANUAL:  # joined: nothing is written unasked any more, and everything is read
                self.run = msgspec.structs.replace(self.run, mode=mode)
            return self.run, False
        if self.run is not None:
            if self.run.mode is RunMode.UNDO:
                raise ApiProblem(
                    ProblemName.WRONG_STATE, "An undo waits for review; finish it with Ok or Cancel first."
                )
            if mode is RunMode.MANUAL:
                self.run = msgspec.structs.replace(self.run, mode=mode)
            self._move(RunState.COMPARING)
            self._work.begin(self._compare())
            return self.run, False
        identifier = run_id(self._clock())
        run = Run(id=identifier, mode=mode, objects=objects, state=RunState.COMPARING, started_at=stamp(self._clock()))
        self._runs.put("", run)  # a store that cannot be written refuses the run before anything has begun
        self.run, self.review = run, Review(run=identifier)
        self._plans = self._planner
        self._changed()
        self._work.begin(self._compare())
        return self.run, True

    async def wait(self) -> None:
        """Until the work under way is done or cancelled."""
        await self._work.wait()

    async def _compare(self) -> None:
        assert self.run is not None
        mine = self.run.id
        try:
            pair = await self._connections.open_pair()
            rules = self._connections.rules(pair)
            if self.run.mode is RunMode.AUTOMATIC and not self._links.first_run_done(pair.pairing):
                self._end(RunState.CANCELLED, text("run.first_by_hand"))
                return
            waiting = await self._journal.recover(pair, rules)
            if self.run.mode is RunMode.UNDO:
                found = await self._undo_taken_up(pair, rules, self.run)
            else:
                found = await self._compared(pair, rules)
            if waiting:
                # What was on its way may have arrived between the two looks, and was compared as if it were new.
                waiting = await self._journal.recover(pair, rules)
                found = await asyncio.to_thread(self._plans.again, found, found.trees)
            self._show(found, waiting)
        except asyncio.CancelledError:
            # Another run may have been started since; a list that was up for review is taken up at the next start.
            if self.run is not None and self.run.id == mine and not self.run.plan:
                self._end(RunState.CANCELLED, None)
            raise
        except SideError as error:
            self._connections.failed(error)
            self._not_compared(error.text)
        except (ApiProblem, StoreTrouble) as error:
            self._not_compared(text("run.problem", sentence=str(error)))
        except Exception:  # a fault of ours must end the run with a sentence, not leave it hanging
            log.exception("comparing failed")
            self._end(RunState.FAILED, text("run.internal"))

    async def _compared(self, pair: OpenPair, rules: Rules) -> Comparison:
        """The comparison as the run's mode wants it; when a manual start joins an automatic run, everything is read again."""
        while True:
            assert self.run is not None
            mode = self.run.mode
            comparison = await self._comparer.compare(pair, rules, mode, self._progress)
            if self.run.mode is mode:
                return comparison

    # deciding ---------------------------------------------------------------------------------------------------

    def waiting(self, run: str) -> Review:
        """The review of the run, if it is the open one and waits. Raises ApiProblem not-found or wrong-state."""
        if self.run is None or self.run.id != run:
            if self._runs.get(run) is None:
                raise ApiProblem(ProblemName.NOT_FOUND, f"There is no run {run!r}.")
            raise ApiProblem(ProblemName.WRONG_STATE, "That run has ended; start a new one with Start Sync.")
        if self.run.state is not RunState.AWAITING_REVIEW or self.review is None:
            raise ApiProblem(ProblemName.WRONG_STATE, "The list is not ready; wait until comparing or writing is done.")
        return self.review

    def decide(self, run: str, decisions: Iterable[OneDecision]) -> list[OneDecision]:
        """Take decisions, all or none."""
        review = self.waiting(run)
        taken = review.take(decisions)
        self._runs.decide(run, taken)
        for one in taken:
            assert one.change is not None
            review.decisions[one.change] = one
        review.turn += 1
        self._changed()
        return taken

    def cancel(self, run: str) -> Run:
        """End the open run and write nothing. While writing, the rows already sent are finished first."""
        if self.run is None or self.run.id != run:
            self.waiting(run)
        assert self.run is not None
        if self.run.state is RunState.APPLYING:
            raise ApiProblem(ProblemName.WRONG_STATE, "Changes are being written; this cannot be cancelled any more.")
        if self.run.state is RunState.COMPARING:
            self._work.cancel()
        ended = self._end(RunState.CANCELLED, None)
        assert ended is not None
        return ended

    # applying ---------------------------------------------------------------------------------------------------

    def apply(self, run: str, plan_hash: str, confirm_deletions: int | None, confirm_moves: int | None) -> Run:
        """Check what Ok needs and start writing. Raises plan-changed, needs-confirmation, blocked-by-guard, wrong-state."""
        review = self.waiting(run)
        assert self.run is not None
        if self.comparison is None:  # taken up after a restart, while a side could not be read
            raise ApiProblem(
                ProblemName.WRONG_STATE,
                "The two sides have not been compared since the program started; Start Sync again.",
            )
        if plan_hash != self.run.plan:
            raise ApiProblem(ProblemName.PLAN_CHANGED)
        check_rules(self.run, self.comparison.rules, self._connections.rules(self.comparison.pair))
        chosen = [row for row in review.plan.changes if review.decision(row).decision.writes]
        check_confirmations(self.run, review.deletions(), bool(chosen), confirm_deletions, confirm_moves)
        self._move(RunState.APPLYING)
        self._work.begin(self._apply(review, chosen))
        return self.run

    async def apply_safe(self) -> None:
        """Write the rows without risks of a waiting automatic run; the others go on waiting, seen and acknowledged by nobody."""
        run, review = self.run, self.review
        if run is None or review is None or run.mode is not RunMode.AUTOMATIC or run.guard:
            return
        if run.state is not RunState.AWAITING_REVIEW:
            return
        safe = [
            row for row in review.plan.changes if not row.risks and review.decision(row).decision is Decision.APPROVE
        ]
        if 0 < len(safe) <= UNATTENDED_WRITES:
            self._move(RunState.APPLYING)
            part = replace(review, plan=only(review.plan, {row.id for row in safe}))
            self._work.begin(self._apply(part, safe))
            await self.wait()

    async def _apply(self, review: Review, chosen: list[Proposal]) -> None:
        """Carry out ``chosen``; ``review`` holds the rows this Ok speaks of, the other rows of the list go on waiting."""
        assert self.run is not None and self.review is not None
        spoken = {row.id for row in review.plan.changes}
        others = {row.id for row in self.review.plan.changes} - spoken
        comparison = await self._connected_anew()
        if comparison is None:
            return
        try:
            done = await self._applier.apply(review, comparison, chosen, self._progress, self._plans)
        except StoreTrouble as error:
            self._end(RunState.FAILED, text("run.problem", sentence=str(error)))
            return
        except Exception:  # what was sent is in the journal; the next comparison looks it up
            log.exception("writing failed")
            self._end(RunState.FAILED, text("run.internal"))
            return
        assert done.comparison is not None
        for failure in done.failures:
            self._connections.failed(failure)
        # What was written is in the store; items looked up from now on must show it.
        pair, rules = done.comparison.pair, done.comparison.rules
        fresh = await asyncio.to_thread(self._comparer.stored, pair, rules)
        if self._after(done, others):
            self.comparison = fresh

    async def _connected_anew(self) -> Comparison | None:
        """The comparison over the sides as they are open now: those it was made with may have been closed since by a test
        or a new sign-in. None when they cannot be had; then the list waits again, with the reason, and nothing was written.
        """
        assert self.comparison is not None
        try:
            pair = await self._connections.open_pair()
        except SideError as error:
            self._connections.failed(error)
            self._not_compared(error.text)
        except (ApiProblem, StoreTrouble) as error:
            self._not_compared(text("run.problem", sentence=str(error)))
        except Exception:  # a fault of ours must not leave the run writing for ever
            log.exception("opening the sides failed")
            self._end(RunState.FAILED, text("run.internal"))
        else:
            if pair.pairing == self.comparison.pair.pairing:
                return replace(self.comparison, pair=pair)
            self._not_compared(text("run.other_calendar"))
        return None

    def _after(self, done: Applied, others: set[str]) -> bool:
        """Stale rows come back undecided, beside the ``others``; where there are none the run ends. True when it ended."""
        assert self.run is not None and self.review is not None and done.comparison is not None
        if done.stopped is not None:
            log.warning("the run ended early: %s", done.stopped.code)
        results = dict(self.run.results)
        for name, number in done.results().items():
            results[name] = results.get(name, 0) + number
        # A row that had come back and was decided anew counts as what became of it in the end.
        again = [change for change in done.outcomes if self.review.was_stale(change)]
        results["stale"] = results.get("stale", 0) - len(again)
        stale = {change for change, outcome in done.outcomes.items() if outcome.result is Result.STALE}
        left = [row for row in done.comparison.plan.changes if row.id in stale or row.id in others]
        self.run = msgspec.structs.replace(self.run, results=results, progress=Progress(), because=done.stopped)
        if left:
            self._come_back(done, left, stale)
            return False
        bad = sum(results.get(name, 0) for name in ("failed", "unknown"))
        self._end(RunState.DONE_WITH_FAILURES if bad else RunState.DONE, done.stopped)
        return True

    # restart and end -----------------------------------------------------------------------------------------------

    def take_up_again(self) -> None:
        """At start: a run that waited for review or was writing is compared again under its id, so that decisions on unchanged
        revisions survive; one that was comparing for the first time has nothing to keep. Intents stay in the journal either way.
        """
        for run in self._runs.still_open():
            fresh = run.state is RunState.COMPARING and not run.plan
            if fresh or self.run is not None:
                ended = msgspec.structs.replace(
                    run, state=RunState.FAILED, finished_at=stamp(self._clock()), because=text("run.interrupted")
                )
                self._runs.put(self._runs.pairing_of(run.id), ended)
                continue
            self.run = msgspec.structs.replace(run, state=RunState.COMPARING, guard=None, progress=Progress())
            self.review = Review(run=run.id)
            self._work.begin(self._compare())

    async def stop(self) -> None:
        """Let the item under way finish (ten seconds at most), then let go."""
        if self.run is not None and self.run.state is RunState.COMPARING:
            self._work.cancel()
        await self._work.finish(10)
