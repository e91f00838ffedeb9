"""The scripted daemon's runs: compare, decide, apply and cancel in memory, as interfaces.md says they behave."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec.structs import replace

from shared.models import ApplyRun, ChangeDetail, Choice, Guard, OneDecision, Pending, Progress, Run, Text
from shared.problems import ApiProblem, ProblemName
from shared.states import Action, Decision, Effect, Result, Risk, RunMode, RunState
from tests.fakes.scripted_rows import settled_fields


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class ScriptedRun:
    """One run and its rows. ``pause`` is the length of one step in seconds; ``changed`` is called after every move.

    ``fails``: ids whose write fails; ``stale``: ids that change while Ok is being carried out.
    """

    def __init__(
        self, number: int, rows: list[ChangeDetail], *, pause: float, changed: Callable[[], None], mode: RunMode
    ) -> None:
        self.id = f"r{number}"
        self.rows = {row.id: replace(row, run=self.id) for row in rows}
        self.fails: set[str] = set()
        self.stale: set[str] = set()
        self.guard: Guard | None = None
        self.undoes: str | None = None
        self.failure: Text | None = None
        self._told: Text | None = None
        self.turn = 0
        self._mode = mode
        self._state = RunState.COMPARING
        self._pause = pause
        self._changed = changed
        self._progress = Progress(phase="reading", done=0, total=None)
        self._started = now()
        self._finished: str | None = None

    @property
    def state(self) -> RunState:
        return self._state

    @property
    def plan(self) -> str:
        told = "".join(f"{row.id}{row.revision}" for row in self.rows.values())
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def listed(self) -> list[ChangeDetail]:
        """The rows by start; none while the two sides are still being compared."""
        if self._state is RunState.COMPARING:
            return []
        return sorted(self.rows.values(), key=lambda row: (row.starts_at, row.id))

    def document(self) -> Run:
        rows = [row for row in self.listed() if row.result in (None, Result.STALE)]
        results = Counter(row.result.value for row in self.rows.values() if row.result is not None)
        results["ignored"] += sum(row.decision.ignores for row in self.rows.values())
        return Run(
            id=self.id,
            mode=self._mode,
            state=self._state,
            plan=self.plan,
            started_at=self._started,
            finished_at=self._finished,
            progress=self._progress,
            counts=dict(Counter(row.action.value for row in rows)),
            results=dict(results),
            guard=self.guard,
            undoes=self.undoes,
            because=self.failure if self._state is RunState.FAILED else self._told,
        )

    def pending(self) -> Pending:
        rows = [
            r for r in self.rows.values() if r.action is not Action.CANNOT_SYNC and r.result in (None, Result.STALE)
        ]
        return Pending(
            changes=len(rows),
            conflicts=sum(row.action is Action.CONFLICT for row in rows),
            deletions=sum(Risk.DELETION in row.risks for row in rows),
            approved=sum(row.decision.writes for row in rows),
            undecided=sum(row.decision is Decision.UNDECIDED for row in rows),
            turn=self.turn,
        )

    async def compare(self) -> None:
        """Read both sides step by step, then wait for review (or end, when there is nothing)."""
        for phase, total in (("reading_notes", 86), ("reading_salesforce", 64), ("comparing", 150)):
            for done in range(0, total + 1, max(total // 4, 1)):
                await self._step(RunState.COMPARING, Progress(phase=phase, done=done, total=total))
                if self._state is not RunState.COMPARING:
                    return
        if self.failure is not None:
            self._move(RunState.FAILED, Progress())
            return
        self._move(RunState.AWAITING_REVIEW if self.rows else RunState.DONE, Progress())

    async def _step(self, state: RunState, progress: Progress) -> None:
        self._move(state, progress)
        await asyncio.sleep(self._pause)

    def _move(self, state: RunState, progress: Progress) -> None:
        self._state, self._progress = state, progress
        if not state.is_open:
            self._finished = now()
        self._changed()

    def tell(self, because: Text) -> None:
        """Say something on the list that waits."""
        self._told = because
        self._changed()

    def touch(self, change: str) -> None:
        """The other program changed this row: a new revision, no decision."""
        row = self.rows[change]
        fresh = hashlib.sha256((row.revision + "*").encode()).hexdigest()[:12]
        self.rows[change] = replace(row, revision=fresh, decision=Decision.UNDECIDED, decided_fields=None)
        self._changed()

    def detail(self, change: str) -> ChangeDetail:
        row = self.rows.get(change)
        if row is None:
            raise ApiProblem(ProblemName.NOT_FOUND, "There is no such row in this run.")
        return replace(row, fields=settled_fields(row))

    def decide(self, decisions: tuple[OneDecision, ...]) -> list[str]:
        """Take all of them or none; the ids of the rows decided."""
        if self._state is not RunState.AWAITING_REVIEW:
            raise ApiProblem(ProblemName.WRONG_STATE, "Decisions can be made while a run waits for them.")
        wanted: list[tuple[ChangeDetail, OneDecision]] = []
        stale: list[str] = []
        for one in decisions:
            for row in self._meant(one):
                right = self.plan if one.series is not None else row.revision
                if one.revision != right:
                    stale.append(row.id)
                wanted.append((row, one))
        if stale:
            raise ApiProblem(ProblemName.STALE_DECISIONS, stale=sorted(set(stale)))
        for row, one in wanted:
            _allowed(row, one)
        for row, one in wanted:
            self.rows[row.id] = replace(
                row,
                decision=one.decision,
                decided_fields=one.fields,
                decided_answer=one.answer,
                decided_candidate=one.candidate,
                decided_scope=one.scope,
            )
        self.turn += 1
        self._changed()
        return [row.id for row, _ in wanted]

    def _meant(self, one: OneDecision) -> list[ChangeDetail]:
        if (one.change is None) == (one.series is None):
            raise ApiProblem(ProblemName.BAD_REQUEST, "Name either a change or a series.")
        if one.series is not None:
            rows = [row for row in self.rows.values() if row.series is not None and row.series.id == one.series]
        else:
            rows = [row for row in self.rows.values() if row.id == one.change]
        if not rows:
            raise ApiProblem(ProblemName.NOT_FOUND, "There is no such row in this run.")
        return rows

    def deletions(self) -> int:
        """How many deletions Ok would carry out, on both sides."""
        return sum(Effect.DELETE in _effects(row) for row in self._writing())

    def _writing(self) -> list[ChangeDetail]:
        open_rows = [row for row in self.rows.values() if row.result in (None, Result.STALE)]
        return [row for row in open_rows if row.decision.writes or row.decision.ignores]

    def check_apply(self, asked: ApplyRun) -> None:
        if self._state is not RunState.AWAITING_REVIEW:
            raise ApiProblem(ProblemName.WRONG_STATE, "Only a run that waits for review can be written.")
        if asked.plan != self.plan:
            raise ApiProblem(ProblemName.PLAN_CHANGED)
        if self.guard is not None:
            given = {"confirm_deletions": asked.confirm_deletions, "confirm_moves": asked.confirm_moves}
            confirmed = self.guard.confirm is not None and given[self.guard.confirm] is not None
            if not confirmed:
                raise ApiProblem(ProblemName.BLOCKED_BY_GUARD, self.guard.text.text)
            told = given[self.guard.confirm or ""]
            if self.guard.confirm == "confirm_moves" and told != self.guard.numbers["items"]:
                raise ApiProblem(ProblemName.NEEDS_CONFIRMATION, needed={"confirm_moves": self.guard.numbers["items"]})
        needed = self.deletions()
        if needed and asked.confirm_deletions != needed:
            raise ApiProblem(
                ProblemName.NEEDS_CONFIRMATION, f"Confirm {needed} deletions.", needed={"confirm_deletions": needed}
            )

    async def apply(self) -> None:
        """Write row by row; rows that changed come back undecided, failures stay with their reason."""
        rows = self._writing()
        for done, row in enumerate(rows):
            await self._step(RunState.APPLYING, Progress(phase="writing", done=done, total=len(rows)))
            if row.id in self.stale:
                self.touch(row.id)
                self.rows[row.id] = replace(self.rows[row.id], result=Result.STALE)
            elif row.id in self.fails:
                reason = Text(code="scripted", text="Salesforce refused: the location is longer than 255 characters.")
                self.rows[row.id] = replace(row, result=Result.FAILED, error=reason)
            elif not row.decision.ignores:
                self.rows[row.id] = replace(row, result=Result.APPLIED)
        self.guard = None
        came_back = self.stale & {row.id for row in rows}
        self.stale -= came_back
        failed = any(row.result is Result.FAILED for row in self.rows.values())
        end = RunState.AWAITING_REVIEW if came_back else RunState.DONE_WITH_FAILURES if failed else RunState.DONE
        self._move(end, Progress())

    def cancel(self) -> None:
        if not self._state.is_open or self._state is RunState.APPLYING:
            raise ApiProblem(ProblemName.WRONG_STATE, "This run cannot be cancelled any more.")
        self._move(RunState.CANCELLED, Progress())


def _choice(row: ChangeDetail, decision: Decision, answer: object) -> Choice | None:
    return next((c for c in row.choices if c.decision is decision and c.answer == answer), None)


def _effects(row: ChangeDetail) -> tuple[Effect, ...]:
    found = _choice(row, row.decision, row.decided_answer)
    return (found.effect.salesforce, found.effect.notes) if found is not None else ()


def _allowed(row: ChangeDetail, one: OneDecision) -> None:
    if one.decision is not Decision.UNDECIDED and _choice(row, one.decision, one.answer) is None:
        raise ApiProblem(ProblemName.BAD_REQUEST, "This row does not offer that decision.")
    clashes = {line.group for line in row.fields if line.state == "conflict"}
    if one.decision is Decision.CHOOSE_FIELDS and not clashes <= set(one.fields or {}):
        raise ApiProblem(ProblemName.BAD_REQUEST, "Choose a side for each field that differs.")
