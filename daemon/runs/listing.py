"""Listing the rows of a run: filtered, searched, sorted, paged, series collapsed into one row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from shared.models import Change, ChangeList, Series
from shared.problems import ApiProblem, ProblemName
from shared.states import Action, Decision, Risk

SORTS = {
    "time": lambda row: (row.starts_at, row.title, row.id),
    "-time": lambda row: (row.starts_at, row.title, row.id),
    "title": lambda row: (row.title.casefold(), row.starts_at, row.id),
    "-title": lambda row: (row.title.casefold(), row.starts_at, row.id),
    "action": lambda row: (row.action, row.starts_at, row.id),
    "-action": lambda row: (row.action, row.starts_at, row.id),
}
MOST = 500
WORDS: Mapping[str, tuple[str, ...]] = {
    "action": tuple(sorted(Action)),
    "decision": tuple(sorted(Decision)),
    "risk": tuple(sorted([*Risk, "any", "none"])),
    "sort": tuple(sorted(SORTS)),
    "collapse": ("series",),
}
"""What the parameters that are words may be; an empty one counts as left out."""


def listing(
    rows: Sequence[Change],
    *,
    offset: int = 0,
    limit: int = 100,
    action: str = "",
    decision: str = "",
    risk: str = "",
    q: str = "",
    sort: str = "time",
    series: str = "",
    collapse: str = "",
) -> ChangeList:
    """One page of rows. ``counts`` are per action over the whole run; an empty parameter counts as left out.

    Raises ApiProblem bad-request for a bad parameter.
    """
    order = sort or "time"
    _check(offset, limit, action, decision, risk, order, collapse)
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.action.value] = counts.get(row.action.value, 0) + 1
    wanted = [row for row in rows if _matches(row, action, decision, risk, q.casefold(), series)]
    if collapse == "series":
        wanted = collapsed(wanted)
    wanted.sort(key=SORTS[order], reverse=order.startswith("-"))
    return ChangeList(total=len(wanted), counts=counts, changes=tuple(wanted[offset : offset + limit]))


def _check(offset: int, limit: int, action: str, decision: str, risk: str, sort: str, collapse: str) -> None:
    if offset < 0 or not 1 <= limit <= MOST:
        raise ApiProblem(ProblemName.BAD_REQUEST, f"offset starts at 0 and limit is 1 to {MOST}.")
    given = {"action": action, "decision": decision, "risk": risk, "sort": sort, "collapse": collapse}
    for name, value in given.items():
        if value and value not in WORDS[name]:
            raise ApiProblem(ProblemName.BAD_REQUEST, f"{name} is one of: {', '.join(WORDS[name])}.")


def _matches(row: Change, action: str, decision: str, risk: str, words: str, series: str) -> bool:
    if (action and row.action.value != action) or (decision and row.decision.value != decision):
        return False
    if (risk == "any" and not row.risks) or (risk == "none" and row.risks):
        return False
    if risk not in ("", "any", "none") and risk not in row.risks:
        return False
    if series and not (row.series and row.series.id == series):
        return False
    if not words:
        return True
    places = [image.location for image in (row.salesforce, row.notes) if image]
    return any(words in text.casefold() for text in (row.title, row.id, *places))


def collapsed(rows: Iterable[Change]) -> list[Change]:
    """Rows of one series as one row that stands for them: its counts say how many of each action it holds."""
    groups: dict[str, list[Change]] = {}
    single: list[Change] = []
    for row in rows:
        if row.series is None:
            single.append(row)
        else:
            groups.setdefault(row.series.id, []).append(row)
    for members in groups.values():
        if len(members) == 1:
            single.append(members[0])
            continue
        first = min(members, key=lambda row: row.starts_at)
        assert first.series is not None
        counts: dict[str, int] = {}
        for row in members:
            counts[row.action.value] = counts.get(row.action.value, 0) + 1
        place = first.series
        series = Series(
            id=place.id,
            title=place.title or first.title,
            position=0,
            count=len(members),
            counts=counts,
            moved_minutes=place.moved_minutes,
        )
        decisions = {row.decision for row in members}
        single.append(
            msgspec.structs.replace(
                first,
                series=series,
                decision=decisions.pop() if len(decisions) == 1 else Decision.UNDECIDED,
                risks=tuple(sorted({risk for row in members for risk in row.risks})),
            )
        )
    return single
