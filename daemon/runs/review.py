"""The review list of the open run: rows with their decisions, listing and counting them, and taking decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from daemon.runs.one_sided_fields import one_sided_fields
from daemon.store.runs import RowOutcome
from daemon.sync.proposal import Plan, Proposal, Settlement
from daemon.sync.settle import settle
from shared.models import Change, ChangeDetail, OneDecision, Pending, Text
from shared.problems import ApiProblem, ProblemName
from shared.states import Action, Decision, Result, Risk, Scope

CONFLICT_RISKS = frozenset({Risk.CONFLICT, Risk.EDIT_OR_DELETE, Risk.QUESTION})


@dataclass(slots=True)
class Review:
    """Rows, decisions and outcomes of one run. Decisions count only for the revision they were made on."""

    run: str
    plan: Plan = field(default_factory=Plan)
    decisions: dict[str, OneDecision] = field(default_factory=dict)
    outcomes: dict[str, RowOutcome] = field(default_factory=dict)
    turn: int = 0
    """How often decisions were taken, from whichever window."""
    _made: dict[str, tuple[Proposal, OneDecision, RowOutcome | None, Change]] = field(default_factory=dict)
    """Documents already made: a list of thousands of rows is asked for page by page."""

    def proposal(self, change: str) -> Proposal | None:
        return next((row for row in self.plan.changes if row.id == change), None)

    def decision(self, row: Proposal) -> OneDecision:
        """The person's decision on this revision, or the default one."""
        found = self.decisions.get(row.id)
        if found is not None and found.revision == row.revision:
            return found
        return OneDecision(change=row.id, revision=row.revision, decision=row.default_decision)

    def settlement(self, row: Proposal) -> Settlement | None:
        """What the row's decision would carry out; None where it writes nothing."""
        one = self.decision(row)
        if not one.decision.writes:
            return None
        return settle(row, one.decision, fields=one.fields, answer=one.answer, candidate=one.candidate)

    def change(self, row: Proposal) -> Change:
        """The row as a document."""
        one, outcome = self.decision(row), self._outcome(row)
        made = self._made.get(row.id)
        if made is None or made[0] is not row or made[1] != one or made[2] is not outcome:
            made = (row, one, outcome, Change(**_values(row, one, self.run, outcome)))
            self._made[row.id] = made
        return made[3]

    def detail(self, row: Proposal) -> ChangeDetail:
        values = _values(row, self.decision(row), self.run, self._outcome(row))
        fields = row.fields or one_sided_fields(row, self.settlement(row))
        return ChangeDetail(**values, fields=fields, why=row.why)

    def _outcome(self, row: Proposal) -> RowOutcome | None:
        """A row that came back as stale says so until the person has decided on what it is now."""
        found = self.outcomes.get(row.id)
        if found is not None and found.result is Result.STALE and self.decision(row).decision is not Decision.UNDECIDED:
            return None
        return found

    def pending(self) -> Pending:
        rows = [row for row in self.plan.changes if row.action is not Action.CANNOT_SYNC]
        return Pending(
            changes=len(rows),
            conflicts=sum(bool(CONFLICT_RISKS.intersection(row.risks)) for row in rows),
            deletions=sum(Risk.DELETION in row.risks for row in rows),
            approved=sum(self.decision(row).decision.writes for row in rows),
            undecided=sum(self.decision(row).decision is Decision.UNDECIDED for row in rows),
            turn=self.turn,
        )

    def was_stale(self, change: str) -> bool:
        outcome = self.outcomes.get(change)
        return outcome is not None and outcome.result is Result.STALE

    def deletions(self) -> int:
        """Deletions on both sides that Ok would carry out now."""
        found = 0
        for row in self.plan.changes:
            settlement = self.settlement(row)
            found += sum(write.kind == "delete" for write in settlement.writes) if settlement else 0
        return found

    def counts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.plan.changes:
            found[row.action.value] = found.get(row.action.value, 0) + 1
        return found

    def take(self, decisions: Iterable[OneDecision]) -> list[OneDecision]:
        """Check decisions against the rows as they are; all or none.

        Raises ApiProblem: stale-decisions with the stale change ids, not-found, or bad-request for a choice that a row does
        not offer.
        """
        taken: list[OneDecision] = []
        stale: list[str] = []
        rows = {row.id: row for row in self.plan.changes}
        for one in decisions:
            for row in self._meant(one, rows):
                revision = self.plan.plan_hash if one.series else row.revision
                if one.revision != revision:
                    stale.append(row.id)
                    continue
                scope = one.scope or (Scope.SERIES if one.series else Scope.OCCURRENCE)
                single = msgspec.structs.replace(one, change=row.id, series=None, revision=row.revision, scope=scope)
                check_offered(row, single)
                taken.append(single)
        if stale:
            raise ApiProblem(ProblemName.STALE_DECISIONS, stale=stale)
        return taken

    def _meant(self, one: OneDecision, rows: Mapping[str, Proposal]) -> list[Proposal]:
        if (one.change is None) == (one.series is None):
            raise ApiProblem(ProblemName.BAD_REQUEST, "Name either a change or a series.")
        if one.change is not None:
            row = rows.get(one.change)
            if row is None:
                raise ApiProblem(ProblemName.NOT_FOUND, f"There is no row {one.change!r} in this run.")
            return [row]
        meant = [row for row in rows.values() if row.series and row.series.id == one.series and offers(row, one)]
        if not meant:
            raise ApiProblem(ProblemName.NOT_FOUND, "No row of that series offers this choice.")
        return meant


def offers(row: Proposal, one: OneDecision) -> bool:
    return one.decision is Decision.UNDECIDED or any(
        choice.decision is one.decision
        and (one.decision is not Decision.ANSWER or choice.answer is one.answer)
        and (one.candidate is None or choice.candidate in (None, one.candidate))
        for choice in row.choices
    )


def check_offered(row: Proposal, one: OneDecision) -> None:
    """Raises ApiProblem bad-request, naming what the row offers, when the decision is not among its choices."""
    if not offers(row, one):
        names = [choice.answer or choice.decision for choice in row.choices]
        offered = ", ".join(dict.fromkeys(str(name) for name in names)) or "nothing"
        raise ApiProblem(ProblemName.BAD_REQUEST, f"Row {row.id} offers: {offered}.")
    if one.decision.writes:
        try:
            settle(row, one.decision, fields=one.fields, answer=one.answer, candidate=one.candidate)
        except ValueError as error:
            raise ApiProblem(ProblemName.BAD_REQUEST, str(error)) from error


def _values(row: Proposal, one: OneDecision, run: str, outcome: RowOutcome | None) -> dict[str, Any]:
    error: Text | None = outcome.error if outcome else None
    return {
        "id": row.id,
        "run": run,
        "item": row.item,
        "action": row.action,
        "decision": one.decision,
        "default_decision": row.default_decision,
        "revision": row.revision,
        "title": row.title,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "all_day": row.all_day,
        "series": row.series,
        "salesforce": row.salesforce,
        "notes": row.notes,
        "candidates": row.candidates,
        "choices": row.choices,
        "summary": row.summary,
        "risks": row.risks,
        "result": outcome.result if outcome else None,
        "error": error,
        "decided_fields": one.fields,
        "decided_answer": one.answer,
        "decided_candidate": one.candidate,
        "decided_scope": one.scope,
    }


def ended_rows(review: Review) -> list[ChangeDetail]:
    """Rows that Ok has dealt with and that are no longer in the plan: what was done and how it ended."""
    shown = {row.id for row in review.plan.changes}
    return [
        ChangeDetail(
            id=each.change,
            run=review.run,
            item=each.item,
            action=each.action,
            decision=each.decision,
            decided_answer=each.answer,
            revision="",
            title=each.title,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            all_day=each.all_day,
            series=each.series,
            salesforce=each.settlement.salesforce_image if each.settlement else None,
            notes=each.settlement.notes_image if each.settlement else None,
            summary=each.text,
            result=each.result,
            error=each.error,
        )
        for each in review.outcomes.values()
        if each.change not in shown and each.result is not None
    ]
