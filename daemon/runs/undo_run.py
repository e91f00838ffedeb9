"""The undo of a run as the open run: begun on demand, listed from what the calendars hold now, taken up after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from daemon.runs.apply import Replanner
from daemon.runs.compare import Comparer, Comparison
from daemon.runs.journal import Journal
from daemon.runs.moments import Clock, run_id, stamp
from daemon.runs.observing import Connections, OpenPair
from daemon.runs.open_run import OpenRun
from daemon.runs.review import Review
from daemon.runs.undo import UndoReplanner, undo_of
from daemon.store.links import LinkStore
from daemon.store.runs import RunStore
from daemon.sync.rules import Rules
from shared.models import Run
from shared.problems import ApiProblem, ProblemName
from shared.states import Result, RunMode, RunState


class UndoRun(OpenRun):
    """An open run that may be an undo; ``_plans`` says how the open run is planned again."""

    def __init__(
        self,
        runs: RunStore,
        links: LinkStore,
        comparer: Comparer,
        journal: Journal,
        connections: Connections,
        clock: Clock,
        changed: Callable[[], None],
    ) -> None:
        super().__init__(runs, links, clock, changed)
        self._comparer = comparer
        self._journal = journal
        self._connections = connections
        self._plans = Replanner(comparer)
        self._undoing = False

    async def undo(self, run: str, changes: tuple[str, ...]) -> Run:
        """Open a run of inverse proposals. Raises not-found, wrong-state while another run is open, or the side's error."""
        if self.run is not None or self._undoing:
            raise ApiProblem(ProblemName.WRONG_STATE, "Another run is open; finish it with Ok or Cancel first.")
        if self._runs.get(run) is None:
            raise ApiProblem(ProblemName.NOT_FOUND, f"There is no run {run!r}.")
        plans = undo_of(self._comparer, self._runs, run, changes)
        if plans.empty:
            raise ApiProblem(ProblemName.NOT_FOUND, "Nothing of that run can be undone.")
        self._undoing = True
        try:
            pair = await self._connections.open_pair()
            if self._runs.pairing_of(run) != pair.pairing:
                raise ApiProblem(
                    ProblemName.WRONG_STATE, "That run belongs to another calendar; choose that one first."
                )
            rules = self._connections.rules(pair)
            waiting = await self._journal.recover(pair, rules)
            plans = undo_of(self._comparer, self._runs, run, changes)
            found = await self._undo_compared(pair, rules, plans)
        finally:
            self._undoing = False
        identifier = run_id(self._clock())
        self.run = Run(
            id=identifier,
            mode=RunMode.UNDO,
            state=RunState.COMPARING,
            started_at=stamp(self._clock()),
            undoes=run,
            undoes_changes=changes,
        )
        self.review = Review(run=identifier)
        self._plans = plans
        self._runs.put(found.pair.pairing, self.run)
        self._show(found, waiting)
        return self.run or self.last_ended or self._require(identifier)

    async def _undo_taken_up(self, pair: OpenPair, rules: Rules, run: Run) -> Comparison:
        """The list of an undo that was open when the daemon ended, without the rows it had undone by then."""
        assert run.undoes is not None
        if self._runs.pairing_of(run.undoes) != pair.pairing:
            raise ApiProblem(ProblemName.WRONG_STATE, "That run belongs to another calendar; choose that one first.")
        undone = [each.change for each in self._runs.outcomes(run.id).values() if each.result is Result.APPLIED]
        plans = undo_of(self._comparer, self._runs, run.undoes, run.undoes_changes, undone)
        self._plans = plans
        return await self._undo_compared(pair, rules, plans)

    async def _undo_compared(self, pair: OpenPair, rules: Rules, plans: UndoReplanner) -> Comparison:
        """What the calendars hold now of the records the run wrote, with the inverse proposals."""
        stored = await asyncio.to_thread(self._comparer.stored, pair, rules)
        trees = await self._comparer.look(pair, stored.trees, stored.base, rules, plans.wanted())
        return plans.again(stored, trees)
