"""The real engine over two calendars in memory and SQLite in memory: one thread, a clock of its own, crashes where asked.

Coordinator, Comparer, Applier, Journal, Committer and the stores are the real ones. A crash is a BaseException at a named point;
the objects of that process are dead afterwards (they cannot reach the database any more) and new ones are built on it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from daemon.runs.apply import Applier
from daemon.runs.commit import Committer
from daemon.runs.compare import Comparer
from daemon.runs.coordinator import Coordinator
from daemon.runs.journal import Journal
from daemon.runs.observing import OpenPair
from daemon.runs.review import Review
from daemon.runs.rules_in_force import window
from daemon.sides.contract import SideError
from daemon.store.database import Database
from daemon.store.links import LinkStore
from daemon.store.runs import RunStore
from daemon.store.trees import TreeStore
from daemon.sync.base import Base
from daemon.sync.proposal import Proposal, Settlement
from daemon.sync.rules import Rules
from shared.models import OneDecision, Run
from shared.states import RunMode, RunState, Side
from tests.fakes.engine_process import START, Crash, Gate, LogLines, VirtualClock, loop
from tests.fakes.engine_side import EngineSide

Answer = TypeVar("Answer")

ZONE = "Europe/Berlin"

JOURNAL_STEPS = ("intend", "sent", "acked", "ended", "lost", "finish_with")
CRASH_POINTS = (
    *(f"journal.{step}.{when}" for step in JOURNAL_STEPS for when in ("before", "after")),
    "commit.before",
    "commit.after",
    *(
        f"{side}.{point}_{kind}"
        for side in Side
        for point in ("before", "effect", "answered")
        for kind in ("create", "update", "delete")
    ),
    *(f"{side}.{call}" for side in Side for call in ("observe", "look", "find_created")),
)
"""Where a process may end: around every step of the journal and the base, and around every effect on a calendar."""


class Connections:
    """The pair a bench has open and the rules in force for it."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self.failures: list[SideError] = []
        self.refuse: SideError | None = None

    async def open_pair(self) -> OpenPair:
        if self.refuse is not None:
            raise self.refuse
        bench = self._bench
        notes, salesforce = await bench.notes.open(), await bench.salesforce.open()
        pairing = bench.links.pairing(notes.identity, salesforce.identity, "2026-03-09T08:00:00Z")
        return OpenPair(pairing, bench.notes, bench.salesforce, notes, salesforce)

    def rules(self, pair: OpenPair) -> Rules:
        return self._bench.rules_now()

    def failed(self, error: SideError) -> None:
        self.failures.append(error)


class Bench:
    """One installation. ``keyed``: whether Salesforce has a unique key field."""

    def __init__(self, *, keyed: bool, deltas: bool = True, rules: Rules | None = None) -> None:
        self.clock = VirtualClock()
        self.notes = EngineSide(Side.NOTES, keyed=True, deltas=False, clock=self.clock, identity="notes:jdoe")
        self.salesforce = EngineSide(
            Side.SALESFORCE, keyed=keyed, deltas=deltas, clock=self.clock, identity="salesforce:00D/005"
        )
        self._rules = rules or Rules(window(START, ZONE, 30, 365), version="r1")
        self.past_days, self.future_days = 30, 365
        self.database = Database(Path(":memory:"))
        self.reached: dict[str, int] = {}
        self.crash_plan: tuple[str, int] | None = None
        self.crashes = 0
        self.stay_down = False
        self.at_point: Callable[[str], None] | None = None
        self.log = LogLines()
        for side in self.sides:
            side.crash_here = self.reach
        self._build()

    @property
    def sides(self) -> tuple[EngineSide, EngineSide]:
        return (self.notes, self.salesforce)

    def side(self, side: Side) -> EngineSide:
        return self.notes if side is Side.NOTES else self.salesforce

    def rules_now(self) -> Rules:
        return replace(self._rules, window=window(self.clock.now, ZONE, self.past_days, self.future_days))

    # the process ---------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.gate = Gate(self.database)
        trees, self.links, self.runs = TreeStore(self.gate), LinkStore(self.gate), RunStore(self.gate)
        self.connections = Connections(self)
        self.comparer = Comparer(trees, self.links, self.clock, self.clock.sleep)
        committer = Committer(self.links, self.clock)
        self._around(committer, "commit", "commit")
        self.journal = Journal(self.runs, self.comparer, committer, self.clock)
        for step in JOURNAL_STEPS:
            self._around(self.journal, step, f"journal.{step}")
        applier = Applier(self.comparer, self.journal, self.links, self.clock)
        self.coordinator = Coordinator(
            self.runs,
            self.links,
            self.comparer,
            self.journal,
            applier,
            self.connections,
            self.clock,
            lambda: None,
        )

    def _around(self, owner: object, method: str, point: str) -> None:
        real = getattr(owner, method)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.reach(f"{point}.before")
            answer = real(*args, **kwargs)
            self.reach(f"{point}.after")
            return answer

        setattr(owner, method, wrapped)

    def reach(self, point: str) -> None:
        """A named point was reached; the process may end here."""
        self.reached[point] = self.reached.get(point, 0) + 1
        if self.at_point is not None and not self.gate.shut:
            self.at_point(point)
        if self.crash_plan is None or self.gate.shut:
            return
        wanted, left = self.crash_plan
        if point != wanted and wanted != "*":
            return
        if left > 1:
            self.crash_plan = (wanted, left - 1)
            return
        self.crash_plan = None
        raise Crash(point)

    def crash_next(self, point: str, occurrence: int = 1) -> None:
        """End the process when ``point`` (``*``: any) is reached for the ``occurrence``-th time from now."""
        self.crash_plan = (point, occurrence)

    def drive(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Run to the end; a crash restarts the process, and None is returned for it."""
        logger = logging.getLogger("daemon")
        logger.addHandler(self.log)
        logger.propagate = False
        try:
            return loop().run_until_complete(work)
        except Crash:
            self.go_down()
            if not self.stay_down:
                self.come_up()
            return None  # type: ignore[return-value]
        finally:
            logger.removeHandler(self.log)
            logger.propagate = True

    def restart(self) -> None:
        """The process ends as by kill -9 and a new one starts on the same database and takes the open run up again."""
        self.go_down()
        self.come_up()

    def go_down(self) -> None:
        """The process ends: nothing of it reaches the database or a calendar any more."""
        self.crashes += 1
        self.gate.shut = True
        left = [task for task in asyncio.all_tasks(loop()) if not task.done()]
        for task in left:
            task.cancel()
        if left:
            loop().run_until_complete(asyncio.gather(*left, return_exceptions=True))
        for side in self.sides:
            side.forget_process()

    def come_up(self) -> None:
        """A new process on the same database."""
        self._build()
        self.drive(self.take_up())

    async def take_up(self) -> None:
        self.coordinator.take_up_again()
        await self.coordinator.wait()

    def lose_database(self, backup: bytes = b"") -> None:
        """The state is gone: another file, empty or as it was when ``backup`` was taken."""
        self.gate.shut = True
        self.database.close()
        self.database = Database(Path(":memory:"))
        if backup:
            with self.database.reading() as db:
                db.deserialize(backup)
        for side in self.sides:
            side.forget_process()
        self._build()

    def backup(self) -> bytes:
        """The database as it is now."""
        with self.database.reading() as db:
            return bytes(db.serialize())

    def close(self) -> None:
        self.gate.shut = True
        self.database.close()

    # what a person does ----------------------------------------------------------------------------------------------

    @property
    def run(self) -> Run | None:
        return self.coordinator.run

    @property
    def review(self) -> Review | None:
        return self.coordinator.review

    def start(self, mode: RunMode = RunMode.MANUAL) -> Run | None:
        """Start Sync, until the summary is there or the run has ended."""

        async def work() -> None:
            self.coordinator.start(mode)
            await self.coordinator.wait()

        self.drive(work())
        return self.run

    def rows(self) -> tuple[Proposal, ...]:
        return self.review.plan.changes if self.review is not None else ()

    def waits(self) -> bool:
        return self.run is not None and self.run.state is RunState.AWAITING_REVIEW

    def decide(self, decisions: Iterable[OneDecision]) -> None:
        assert self.run is not None
        self.coordinator.decide(self.run.id, decisions)

    def chosen(self) -> list[tuple[Proposal, Settlement]]:
        """What Ok would carry out now."""
        if self.review is None:
            return []
        pairs = [(row, self.review.settlement(row)) for row in self.rows()]
        return [(row, settlement) for row, settlement in pairs if settlement is not None]

    def ok(self, confirm_deletions: int | None = None, confirm_moves: int | None = None) -> None:
        """Ok. Raises ApiProblem as the coordinator does."""

        async def work() -> None:
            assert self.run is not None
            self.coordinator.apply(self.run.id, self.run.plan, confirm_deletions, confirm_moves)
            await self.coordinator.wait()

        self.drive(work())

    def apply_safe(self) -> None:
        self.drive(self.coordinator.apply_safe())

    def cancel(self) -> None:
        if self.run is not None:
            self.coordinator.cancel(self.run.id)

    def undo(self, run: str) -> Run | None:
        return self.drive(self.coordinator.undo(run, ()))

    def base(self) -> Base:
        return self.links.base(self.pairing())

    def pairing(self) -> str:
        return self.links.pairing(self.notes.identity, self.salesforce.identity, "2026-03-09T08:00:00Z")
