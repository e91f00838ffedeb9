"""The run that is open: its document, its rows and the moves of its state, each stored before it is told."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import msgspec

from daemon.runs.apply import Applied
from daemon.runs.brake import parked
from daemon.runs.compare import Comparison
from daemon.runs.moments import Clock, stamp
from daemon.runs.review import Review
from daemon.store.database import StoreTrouble
from daemon.store.links import LinkStore
from daemon.store.runs import RunStore
from daemon.sync.appointment import item_id
from daemon.sync.guards import check
from daemon.sync.proposal import Plan, Proposal
from shared.models import OneDecision, Progress, Run, Text
from shared.states import RUN_MOVES, Decision, RunMode, RunState, Side
from shared.texts import text

log = logging.getLogger(__name__)


PROGRESS_EVERY = 0.1
"""Seconds between two steps of progress that are told to watchers."""


class OpenRun:
    """At most one run is open; ``comparison`` outlives it, so that items can be looked up afterwards."""

    def __init__(self, runs: RunStore, links: LinkStore, clock: Clock, changed: Callable[[], None]) -> None:
        self._runs = runs
        self._links = links
        self._clock = clock
        self._changed = changed
        self.run: Run | None = None
        self.review: Review | None = None
        self.comparison: Comparison | None = None
        self.last_ended: Run | None = None
        self._told = 0.0

    def _progress(self, phase: str, done: int, total: int | None) -> None:
        """Tell progress; a new phase and the end at once, steps between ten times a second at most."""
        if self.run is None:
            return
        before = self.run.progress
        self.run = msgspec.structs.replace(self.run, progress=Progress(phase=phase, done=done, total=total))
        now = time.monotonic()
        if phase != before.phase or done == total or now - self._told >= PROGRESS_EVERY:
            self._told = now
            self._changed()

    def outdated(self, because: Text) -> None:
        """A calendar changed since the waiting list was made: say so on it, unless it already tells something worse."""
        run = self.run
        if run is None or run.state is not RunState.AWAITING_REVIEW or run.mode is RunMode.UNDO or run.because:
            return
        self.run = msgspec.structs.replace(run, because=because)
        self._runs.put(self._pairing(), self.run)
        self._changed()

    def _not_compared(self, because: Text) -> None:
        """A list that was already up for review stays, with its decisions and the reason; otherwise the run failed."""
        assert self.run is not None
        if not self.run.plan:
            self._end(RunState.FAILED, because)
            return
        self.run = msgspec.structs.replace(self.run, because=because)
        self._move(RunState.AWAITING_REVIEW)

    def _show(self, comparison: Comparison, waiting: frozenset[str]) -> None:
        """Put a comparison up for review; decisions on unchanged revisions survive."""
        assert self.run is not None and self.review is not None
        made = comparison.plan
        if waiting:
            pairing = comparison.pair.pairing
            named = {name for row in made.changes if row.id in waiting for name in _named(pairing, row)}
            made = without(made, waiting)
            made = replace(made, quiet={**made.quiet, **dict.fromkeys(waiting | named, (text("row.waiting"),))})
        if self.run.mode is not RunMode.UNDO:
            since = stamp(self._clock() - timedelta(hours=24))
            made = _with_rows(made, parked(made.changes, self._runs.updates_since(comparison.pair.pairing, since)))
        self.comparison = replace(comparison, plan=made)
        problem = comparison.trees.notes.problem or comparison.trees.salesforce.problem
        revisions = {row.id: row.revision for row in made.changes}
        kept = {
            change: one
            for change, one in self._runs.decisions(self.run.id).items()
            if revisions.get(change) == one.revision
        }
        gone = self.review.decisions.keys() - kept.keys()
        self._runs.decide(self.run.id, (), gone)
        # What an earlier Ok of this run did stays told; rows that are there again speak for themselves.
        ended = {
            change: one
            for change, one in self._runs.outcomes(self.run.id).items()
            if change not in revisions and one.result is not None
        }
        self.review = Review(run=self.run.id, plan=made, decisions=kept, outcomes=ended)
        self.run = msgspec.structs.replace(
            self.run,
            plan=made.plan_hash,
            counts=self.review.counts(),
            guard=made.guard,
            progress=Progress(),
            because=problem,
        )
        self._runs.put(comparison.pair.pairing, self.run)
        if made.changes:
            self._move(RunState.AWAITING_REVIEW)
        else:
            # A side that could not be read whole was not compared: that is no good end, and last_run stays.
            self._end(RunState.FAILED if problem else RunState.DONE, problem)

    def _come_back(self, done: Applied, left: list[Proposal], stale: set[str]) -> None:
        assert self.run is not None and done.comparison is not None
        made = only(done.comparison.plan, {row.id for row in left})
        if self.run.mode is not RunMode.UNDO:
            made = replace(made, guard=check(made.changes, done.comparison.base, done.comparison.trees))
        kept = dict(self.review.decisions) if self.review else {}
        undecided = {
            row.id: OneDecision(change=row.id, revision=row.revision, decision=Decision.UNDECIDED)
            for row in left
            if row.id in stale
        }
        outcomes = {**self.review.outcomes, **done.outcomes} if self.review else dict(done.outcomes)
        self.comparison = replace(done.comparison, plan=made)
        self.review = Review(run=self.run.id, plan=made, decisions={**kept, **undecided}, outcomes=outcomes)
        self._runs.decide(self.run.id, undecided.values())
        self.run = msgspec.structs.replace(self.run, plan=made.plan_hash, counts=self.review.counts(), guard=made.guard)
        self._move(RunState.AWAITING_REVIEW)

    def _require(self, identifier: str) -> Run:
        found = self._runs.get(identifier)
        assert found is not None
        return found

    def _move(self, state: RunState) -> None:
        assert self.run is not None
        assert state in RUN_MOVES[self.run.state], f"{self.run.state} -> {state}"
        self.run = msgspec.structs.replace(self.run, state=state, progress=Progress())
        self._runs.put(self._pairing(), self.run)
        self._changed()

    def _pairing(self) -> str:
        assert self.run is not None
        return self.comparison.pair.pairing if self.comparison else self._runs.pairing_of(self.run.id)

    def _end(self, state: RunState, because: Text | None) -> Run | None:
        """End the open run; last_run moves when it ended well."""
        if self.run is None:
            return None
        if state not in RUN_MOVES[self.run.state]:
            state = RunState.FAILED
        moment = stamp(self._clock())
        ended = msgspec.structs.replace(self.run, state=state, finished_at=moment, because=because, progress=Progress())
        try:
            pairing = self._pairing()
            self._runs.put(pairing, ended)
            if pairing and state in (RunState.DONE, RunState.DONE_WITH_FAILURES):
                self._links.run_succeeded(pairing, moment)
            self._runs.empty_log()
        except StoreTrouble:
            log.exception("the end of the run could not be stored")
        self.last_ended = ended
        self.run = self.review = None
        self._changed()
        return ended


def only(made: Plan, keep: set[str]) -> Plan:
    """The plan with some of its rows; the hash speaks of those rows."""
    return _with_rows(made, [row for row in made.changes if row.id in keep])


def without(made: Plan, drop: frozenset[str]) -> Plan:
    return _with_rows(made, [row for row in made.changes if row.id not in drop])


def _with_rows(made: Plan, rows: list[Proposal]) -> Plan:
    joined = "\n".join(f"{row.id} {row.revision}" for row in rows)
    return replace(made, changes=tuple(rows), plan_hash=hashlib.blake2b(joined.encode(), digest_size=12).hexdigest())


def _named(pairing: str, row: Proposal) -> set[str]:
    """The items a row speaks of: they wait with it."""
    keys = ((Side.NOTES, row.notes_key), (Side.SALESFORCE, row.salesforce_key))
    return {each.id for each in row.candidates} | {item_id(pairing, side, key) for side, key in keys if key}
