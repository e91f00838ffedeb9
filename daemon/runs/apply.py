"""Ok: re-read what was approved, plan again, write what is still as the person saw it, journal first, each row by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from daemon.runs.approval import Approved, approve, is_taken, not_written, origin_of, owners_of, paired_items, partners
from daemon.runs.compare import Comparer, Comparison
from daemon.runs.journal import Journal, refused_twice, write_of
from daemon.runs.moments import Clock, stamp
from daemon.runs.review import Review
from daemon.runs.series_creates import batches, marked, new_series, series_keys
from daemon.sides.contract import Done, Outcome, ProgressSink, Refused, SideError, Stale
from daemon.store.links import LinkStore
from daemon.store.runs import Op, RowOutcome
from daemon.sync.ignore import holds_forever, remember
from daemon.sync.proposal import Proposal
from daemon.sync.trees import Trees
from shared.models import OneDecision, Text
from shared.states import Action, Result, Scope, Side
from shared.texts import text

log = logging.getLogger(__name__)

CHUNK = 200
"""Rows re-read and written together: one collections call at Salesforce; a crash leaves at most this many open intents."""


@dataclass(slots=True)
class Applied:
    """What one Ok did: outcomes by change, rows that came back, and why a side stopped, if one did (``failures``).

    ``overtaken``: rows that became stale by what this very Ok wrote, after they had been planned for the last time.
    """

    outcomes: dict[str, RowOutcome] = field(default_factory=dict)
    ignored: int = 0
    stopped: Text | None = None
    comparison: Comparison | None = None
    failures: list[SideError] = field(default_factory=list)
    overtaken: set[str] = field(default_factory=set)

    def stop(self, error: SideError) -> None:
        """A side cannot go on; the first reason is the one that is told."""
        self.failures.append(error)
        self.stopped = self.stopped or error.text

    def results(self) -> dict[str, int]:
        found = {result.value: 0 for result in Result} | {"ignored": self.ignored}
        for outcome in self.outcomes.values():
            if outcome.result is not None:
                found[outcome.result.value] += 1
        return found


class Replanner:
    """How a kind of run plans again over re-read trees: a comparison by the planner, an undo by its own list.

    ``acknowledges``: whether Ok also means that rows which cannot be synchronized were seen (of an undo they speak of the run).
    """

    acknowledges = True

    def __init__(self, comparer: Comparer) -> None:
        self._comparer = comparer

    def again(self, comparison: Comparison, trees: Trees) -> Comparison:
        return self._comparer.replan(comparison, trees)


class Applier:
    """Carries out the decisions of a run."""

    def __init__(self, comparer: Comparer, journal: Journal, links: LinkStore, clock: Clock) -> None:
        self._comparer = comparer
        self._journal = journal
        self._links = links
        self._clock = clock
        self._secret = links.secret()

    async def apply(
        self,
        review: Review,
        comparison: Comparison,
        chosen: Sequence[Proposal],
        progress: ProgressSink,
        plans: Replanner,
    ) -> Applied:
        """Write the chosen rows, keep ignores, acknowledge what cannot be synchronized.

        Nothing approved is lost: a row that changed meanwhile comes back as stale, one that fails keeps its reason, and a
        side that stops (sign-in, limit, network) leaves its rows for the next run.
        """
        done = Applied(comparison=comparison)
        pairing = comparison.pair.pairing
        for row in review.plan.changes:
            one = review.decision(row)
            if one.decision.ignores:
                self._ignore(pairing, row, one)
                done.ignored += 1
        if plans.acknowledges:
            unable = [row for row in review.plan.changes if row.action is Action.CANNOT_SYNC]
            self._links.acknowledge(pairing, [(row.id, row.revision) for row in unable])
        total = len(chosen)
        progress("writing", 0, total)
        start = 0
        for part in batches(chosen, lambda row: new_series(row, review.settlement(row)), CHUNK):
            try:
                await self._chunk(review, part, done, plans, start, total, progress)
            except SideError as error:
                log.warning("writing stopped: %s", error.text.code)
                done.stop(error)
            if done.stopped is not None:
                for row in chosen:
                    failed = not_written(review.run, row, stamp(self._clock()), Result.FAILED, done.stopped)
                    done.outcomes.setdefault(row.id, failed)
                break
            start += len(part)
        await self._look_at_stale(chosen, done, plans)
        for outcome in done.outcomes.values():
            if not outcome.ops and outcome.result is not None:
                self._journal.remember(outcome)
        return done

    async def _chunk(
        self,
        review: Review,
        rows: Sequence[Proposal],
        done: Applied,
        plans: Replanner,
        start: int,
        total: int,
        progress: ProgressSink,
    ) -> None:
        assert done.comparison is not None
        fresh = await self._seen_again(done.comparison, rows, plans)
        done.comparison = fresh
        approved = self._approved(review, rows, fresh, done)
        pairing = fresh.pair.pairing
        self._journal.intend(pairing, [each.outcome for each in approved], [op for each in approved for op in each.ops])
        answers, errors = await self._send(
            fresh, approved, done, lambda count: progress("writing", start + count, total)
        )
        written = [(op.side, op.stored_key or op.key) for op in answers.values() if op.phase == "acked"]
        done.comparison = replace(fresh, trees=self._comparer.with_stored(pairing, fresh.trees, written))
        for each in approved:
            ops = [answers.get(op.id, op) for op in each.ops]
            outcome = each.outcome
            problems = [errors[op.id] for op in ops if op.id in errors]
            if problems:
                outcome = msgspec.structs.replace(outcome, error=problems[0])
            if any(op.phase in ("intent", "sent", "unknown") for op in ops):
                unclear = outcome.error or text("row.answer_lost")
                done.outcomes[each.row.id] = msgspec.structs.replace(outcome, result=Result.UNKNOWN, error=unclear)
                self._journal.remember(msgspec.structs.replace(outcome, error=unclear))
                continue
            done.outcomes[each.row.id] = self._journal.finish_with(fresh.pair, outcome, ops, fresh.rules)
        progress("writing", min(start + len(rows), total), total)

    def _approved(self, review: Review, rows: Sequence[Proposal], fresh: Comparison, done: Applied) -> list[Approved]:
        """The rows that are still as the person saw them, with their operations; the others get their outcome at once."""
        current = {row.id: row for row in fresh.plan.changes}
        links = {link.id: link for link in fresh.base.links}
        moment = stamp(self._clock())
        approved: list[Approved] = []
        paired: set[tuple[Side, str]] = set()

        def stale(row: Proposal, why: str) -> None:
            done.outcomes[row.id] = not_written(review.run, row, moment, Result.STALE, text(why))

        for row in rows:
            now = current.get(row.id)
            if now is None or now.revision != row.revision:
                stale(row, "row.changed_meanwhile")
                continue
            if holds_forever(fresh.base, now.item, now.notes_key, now.salesforce_key, _series_ids(now)):
                stale(row, "row.ignored_meanwhile")
                continue
            prepared = approve(review, now, fresh, links.get(now.item), moment)
            if paired & paired_items(prepared.settlement):
                stale(row, "row.paired_elsewhere")
                done.overtaken.add(row.id)
                continue
            paired |= paired_items(prepared.settlement)
            approved.append(prepared)
        creates = [
            (new_series(each.row, each.settlement), each.settlement.generation, op)
            for each in approved
            for op in each.ops
        ]
        pairing = fresh.pair.pairing
        keys = series_keys(pairing, creates, self._journal.failed_alone(pairing))
        return [replace(each, ops=marked(each.ops, keys)) for each in approved]

    async def _look_at_stale(self, chosen: Sequence[Proposal], done: Applied, plans: Replanner) -> None:
        """Rows that turned out stale only when they were written: read again, so that they come back as they are now."""
        written = {change for change, outcome in done.outcomes.items() if _stale_on_writing(outcome)}
        stale = [row for row in chosen if row.id in written | done.overtaken]
        if not stale or done.stopped is not None or done.comparison is None:
            return
        try:
            done.comparison = await self._seen_again(done.comparison, stale, plans)
        except SideError as error:
            log.warning("stale rows could not be read again: %s", error.text.code)
            done.stop(error)

    async def _seen_again(self, comparison: Comparison, rows: Sequence[Proposal], plans: Replanner) -> Comparison:
        """The comparison with every record these rows speak of re-read by itself, and planned again."""
        wanted = {
            (side, key)
            for row in rows
            for side, key in ((Side.NOTES, row.notes_key), (Side.SALESFORCE, row.salesforce_key))
            if key
        }
        wanted |= {pair for row in rows for one in row.settlements if one is not None for pair in partners(one)}
        trees = await self._comparer.look(comparison.pair, comparison.trees, comparison.base, comparison.rules, wanted)
        return await asyncio.to_thread(plans.again, comparison, trees)

    async def _send(
        self, fresh: Comparison, approved: Sequence[Approved], done: Applied, count: Callable[[int], None]
    ) -> tuple[Mapping[str, Op], Mapping[str, Text]]:
        """Send every write, both sides at the same time; returns the operations as they stand then, and sentences by id."""
        ops = {op.id: op for each in approved for op in each.ops}
        row_of = {op.id: each for each in approved for op in each.ops}
        owners = owners_of(fresh, approved)
        errors: dict[str, Text] = {}
        finished = 0

        async def one_side(side: Side) -> None:
            nonlocal finished
            mine = [op for op in ops.values() if op.side is side]
            if not mine:
                return
            self._journal.sent(fresh.pair.pairing, mine)
            try:
                async for answer in fresh.pair.side(side).write([write_of(op) for op in mine]):
                    each = row_of[answer.op_id]
                    if isinstance(answer, Done) and is_taken(fresh, owners, each, side, answer):
                        self._use_another_key(fresh, each, ops[answer.op_id])
                        answer = Stale(answer.op_id)
                        errors[answer.op_id] = text("row.copy_taken")
                    elif isinstance(answer, Stale):
                        errors[answer.op_id] = text("row.changed_meanwhile")
                    elif not isinstance(answer, Done):
                        errors[answer.op_id] = answer.text
                    ops[answer.op_id] = self._answered(fresh, ops[answer.op_id], answer)
                    finished += 1
                    count(finished)
            except SideError as error:
                # What was not answered may have been sent: it stays open and is looked up before anything else.
                log.warning("%s stopped while writing: %s", side, error.text.code)
                done.stop(error)
                for op in mine:
                    if ops[op.id].phase == "intent":
                        errors[op.id] = error.text

        # A fault of ours on one side must not leave the other one writing after the run has ended.
        ends = await asyncio.gather(one_side(Side.NOTES), one_side(Side.SALESFORCE), return_exceptions=True)
        for end in ends:
            if end is not None:
                raise end
        return ops, errors

    def _answered(self, fresh: Comparison, op: Op, answer: Outcome) -> Op:
        pairing = fresh.pair.pairing
        if isinstance(answer, Done):
            record = self._comparer.record_written(pairing, op.side, answer.stored, answer.key or op.key, fresh.rules)
            seen_before = op.kind == "create" and answer.key in fresh.trees.of(op.side).records
            adopted = seen_before or answer.was_there
            return self._journal.acked(pairing, op, answer.key or op.key, record, adopted=adopted)
        if isinstance(answer, Stale):
            return self._journal.ended(pairing, op, "stale")
        if isinstance(answer, Refused):
            return self._journal.ended(pairing, op, "rejected")
        return self._journal.lost(pairing, op, keyed=refused_twice(fresh.pair, op))

    def _use_another_key(self, fresh: Comparison, each: Approved, op: Op) -> None:
        """Remember that what answers to this create's key is another meeting: one more that is apart makes another key."""
        write = next(one for one in each.settlement.writes if one.side is op.side and one.kind == "create")
        keys = {op.side.other: origin_of(each.row, write), op.side: op.create_key}
        self._links.keep_apart(fresh.pair.pairing, keys[Side.NOTES], keys[Side.SALESFORCE])

    def _ignore(self, pairing: str, row: Proposal, one: OneDecision) -> None:
        scope = one.scope if one.scope and row.series else Scope.OCCURRENCE
        self._links.put_ignore(pairing, remember(row, one.decision, scope, row.id, stamp(self._clock()), self._secret))


def _stale_on_writing(outcome: RowOutcome) -> bool:
    return outcome.result is Result.STALE and bool(outcome.ops)


def _series_ids(row: Proposal) -> tuple[str, ...]:
    return (row.series.id,) if row.series else ()
