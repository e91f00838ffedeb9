"""Every cell of the two decision tables under every overlay, asked of the real planner: 2,040 cases.

Catches: a planner that does something the table does not say, or more than it says, for any pair of statuses, ignore, target
and guard. Tried once with ``D x U`` acting as ``D x E`` and with an ignore that is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import product

import pytest

from daemon.sync.base import Ignore, Link
from daemon.sync.decide import (
    LINKED,
    STRENGTH,
    UNLINKED,
    WEAKENED,
    GuardState,
    IgnoreState,
    Outcome,
    Presence,
    Status,
    Target,
    linked,
    overlaid,
    unlinked,
)
from daemon.sync.ignore import seen_digest
from daemon.sync.plan import plan
from daemon.sync.projection import redacted
from daemon.sync.proposal import Plan, Proposal
from daemon.sync.rules import Rules
from daemon.sync.trees import Capabilities, Record, Tree, Trees
from shared.models import Image, Person, Text
from shared.states import Action, Decision, Group, Scope, Side
from tests.fakes import planner_inputs as given

NOBODY: frozenset[str] = frozenset()
EXCLUDED = "out"
LATER = {"starts_at": "2028-03-02T09:00Z", "ends_at": "2028-03-02T09:30Z"}
BACKWARDS = {Side.NOTES: "2026-03-02T08:00Z", Side.SALESFORCE: "2026-03-02T07:00Z"}
LONG = {"starts_at": "2026-03-02T09:00Z", "ends_at": "2026-03-22T09:00Z"}

SEEN: dict[Outcome, str] = {
    Outcome.TO_SALESFORCE: Action.UPDATE_IN_SALESFORCE,
    Outcome.TO_NOTES: Action.UPDATE_IN_NOTES,
    Outcome.DELETE_IN_SALESFORCE: Action.DELETE_IN_SALESFORCE,
    Outcome.DELETE_IN_NOTES: Action.DELETE_IN_NOTES,
    Outcome.WITHDRAW: Action.WITHDRAW_FROM_SALESFORCE,
    Outcome.MARK_PRIVATE: Action.MAKE_PRIVATE_IN_NOTES,
    Outcome.CONFLICT: Action.CANNOT_SYNC,  # X x X: neither side can hold the other's time
    Outcome.CONFLICT_HIDDEN: Action.CONFLICT,
    Outcome.EDIT_OR_DELETE: Action.EDIT_OR_DELETE,
    Outcome.CANNOT_NOTES: Action.CANNOT_SYNC,
    Outcome.CANNOT_SALESFORCE: Action.CANNOT_SYNC,
    Outcome.CANNOT_BOTH: Action.CANNOT_SYNC,
    Outcome.LEFT_SCOPE: Action.QUESTION,
    Outcome.DELETED_AND_PRIVATE: Action.QUESTION,
    Outcome.CREATE_IN_SALESFORCE: Action.CREATE_IN_SALESFORCE,
    Outcome.CREATE_IN_NOTES: Action.CREATE_IN_NOTES,
    Outcome.MATCH: Action.LINK,
    Outcome.LOCAL_QUESTION: Action.QUESTION,
}
"""The row that shows an outcome; outcomes that are not here show none."""

MERGES = {
    (Status.EDITED, Status.EDITED): Action.UPDATE_BOTH,
    (Status.EDITED, Status.UNHOLDABLE): Action.UPDATE_IN_SALESFORCE,
    (Status.UNHOLDABLE, Status.EDITED): Action.UPDATE_IN_NOTES,
}
FETCHED = {Status.LEFT_WINDOW: Status.UNCHANGED, Status.LEFT_FILTER: Status.UNCHANGED}
UPKEEP = {
    Outcome.FORGET: "forget",
    Outcome.FORGET_BOTH: "tombstone",
    Outcome.FORGET_PRIVATE: "tombstone",
    Outcome.DETACH_PRIVATE: "freeze",
}


def test_there_are_49_and_36_cells() -> None:
    assert len(LINKED) == 49
    assert len(UNLINKED) == 36


def base_and_now(side: Side, status: Status) -> tuple[Image, Image | None]:
    """(what the side held when in step, what it holds now)."""
    held = given.image()
    edit = {"subject": "Visit to Berlin"} if side is Side.NOTES else {"location": "Room 2"}
    match status:
        case Status.UNCHANGED:
            return held, held
        case Status.EDITED:
            return held, given.changed(held, **edit)
        case Status.UNHOLDABLE:
            return held, given.changed(held, ends_at=BACKWARDS[side])
        case Status.HIDDEN:
            return held, given.changed(held, private=True)
        case Status.LEFT_WINDOW:
            later = given.changed(held, **LATER)
            return later, later
        case Status.LEFT_FILTER:
            out = given.changed(held, subject=EXCLUDED)
            return out, out
        case _:
            return held, None


def linked_case(
    n: Status, s: Status, ignore: IgnoreState, target: Target, guard: GuardState
) -> tuple[Trees, Link, Rules, list[Ignore]]:
    notes_base, notes = base_and_now(Side.NOTES, n)
    salesforce_base, salesforce = base_and_now(Side.SALESFORCE, s)
    link = given.link(notes_base, salesforce_base)
    trees = given.trees(
        _records("a#", notes, target),
        _records("S-a", salesforce, target),
        notes_gone=["a#"] if n is Status.DELETED else [],
        salesforce_gone=["S-a"] if s is Status.DELETED else [],
        notes_unknown={"a#": given.UNREADABLE} if n is Status.UNKNOWN else {},
        salesforce_unknown={"S-a": given.UNREADABLE} if s is Status.UNKNOWN else {},
    )
    return trees, link, _rules(target), _ignores(ignore, notes, salesforce)


def _records(key: str, held: Image | None, target: Target) -> list[Record]:
    if held is None:
        return []
    if target is Target.HAS_INVITEES:
        held = given.changed(held, invitees=(Person(name="Ada Example", email="ada@example.com"),))
    locked = frozenset(Group) if target is Target.LOCKED else frozenset[Group]()
    return [given.record(key, held, locked_groups=locked)]


def _rules(target: Target, **more: object) -> Rules:
    rules = replace(given.RULES, subject_exclude=re.compile(f"^{EXCLUDED}$"), **more)  # type: ignore[arg-type]
    return replace(rules, salesforce_may=NOBODY, notes_may=NOBODY) if target is Target.FORBIDDEN else rules


def _ignores(state: IgnoreState, notes: Image | None, salesforce: Image | None) -> list[Ignore]:
    if state is IgnoreState.NONE:
        return []
    kind = Decision.IGNORE_FOREVER if state is IgnoreState.FOREVER else Decision.IGNORE_UNTIL_CHANGE
    notes, salesforce = (redacted(one) if one and one.private else one for one in (notes, salesforce))
    return [
        Ignore("i", kind, Scope.OCCURRENCE, "link-a", "a#", "S-a", "", seen_digest(notes), seen_digest(salesforce)),
    ]


def with_guard(trees: Trees, guard: GuardState) -> tuple[Trees, list[Link]]:
    """Twelve more deletions, so that the run as a whole is held back."""
    if guard is GuardState.CLEAR:
        return trees, []
    held = given.image(
        subject="Other", location="Elsewhere", starts_at="2026-04-01T09:00Z", ends_at="2026-04-01T10:00Z"
    )
    links = [given.link(held, held, f"g{number:02}") for number in range(12)]
    extra = {link.notes_key: given.record(link.notes_key, held) for link in links}
    gone = {link.salesforce_key: given.Evidence("tombstone") for link in links}
    notes = replace(trees.notes, records={**trees.notes.records, **extra})
    salesforce = replace(trees.salesforce, gone={**trees.salesforce.gone, **gone})
    return Trees(notes, salesforce), links


def rows_of(found: Plan) -> list[Proposal]:
    return [row for row in found.changes if not row.id.startswith("link-g")]


def strength(rows: Iterable[Proposal]) -> int:
    """How much the rows could do at most, on the scale of ``STRENGTH``."""
    found = 0
    for row in rows:
        if row.action is Action.CANNOT_SYNC:
            found = max(found, 1)
            continue
        for choice, settlement in zip(row.choices, row.settlements, strict=True):
            if settlement is None:
                continue
            kinds = {write.kind for write in settlement.writes}
            asked = choice.decision is Decision.ANSWER and row.action not in (
                Action.WITHDRAW_FROM_SALESFORCE,
                Action.MAKE_PRIVATE_IN_NOTES,
            )
            found = max(found, 2 if asked else 4 if "delete" in kinds else 3)
    return found


def settled_outcome(n: Status, s: Status) -> tuple[Outcome, Status, Status]:
    outcome = linked(n, s)
    if outcome is Outcome.FETCH:
        n, s = FETCHED.get(n, n), FETCHED.get(s, s)
        outcome = linked(n, s)
    return outcome, n, s


def expected_row(outcome: Outcome, n: Status, s: Status) -> str | None:
    return MERGES[(n, s)] if outcome is Outcome.MERGE else SEEN.get(outcome)


OVERLAYS = list(product(IgnoreState, Target, GuardState))


@pytest.mark.parametrize(("n", "s"), [(n, s) for n, s in product(Status, Status)])
def test_linked_cell(n: Status, s: Status) -> None:
    outcome, n_now, s_now = settled_outcome(n, s)
    for ignore, target, guard in OVERLAYS:
        trees, link, rules, ignores = linked_case(n, s, ignore, target, guard)
        trees, more = with_guard(trees, guard)
        found = plan(trees, given.base(link, *more, ignores=tuple(ignores)), rules)
        rows = rows_of(found)
        allowed, _ = overlaid(outcome, ignore, target, guard)
        case = f"{n.value} x {s.value}: {ignore} {target} {guard}: {[row.action for row in rows]} for {outcome}"
        assert len(rows) <= 1, case
        assert bool(rows) != ("link-a" in found.quiet), case
        if target not in (Target.FORBIDDEN, Target.LOCKED):
            assert [str(row.action) for row in rows] == [
                one for one in (expected_row(allowed, n_now, s_now),) if one
            ], case
            if ignore is IgnoreState.NONE:
                kinds = {one.kind for one in found.upkeep if one.item == "link-a"}
                assert kinds == ({UPKEEP[outcome]} if outcome in UPKEEP else set()), case
        elif outcome in WEAKENED:
            assert strength(rows) <= STRENGTH[allowed], case
        assert strength(rows) <= STRENGTH[outcome], case
        if guard is GuardState.BLOCKED and target is not Target.FORBIDDEN:
            assert found.guard is not None, case
            assert found.guard.name in ("mass_deletion", "emptied_side"), case
        if target is Target.HAS_INVITEES and any(_writes_existing(row) for row in rows):
            assert all(row.default_decision is Decision.UNDECIDED for row in rows), case


def _writes_existing(row: Proposal) -> bool:
    return any(write.kind != "create" for one in row.settlements if one for write in one.writes) and row.action in (
        Action.UPDATE_IN_NOTES,
        Action.UPDATE_IN_SALESFORCE,
        Action.UPDATE_BOTH,
    )


def unlinked_case(n: Presence, s: Presence, ignore: IgnoreState, target: Target) -> tuple[Trees, Rules, list[Ignore]]:
    long = Presence.NEW_UNHOLDABLE in (n, s)
    held = given.image(**LONG) if long else given.image()
    if target is Target.HAS_INVITEES:
        held = given.changed(held, invitees=(Person(name="Ada Example"),))
    writable = target is not Target.LOCKED
    notes_can = Capabilities(
        max_days=14 if s is Presence.NEW_UNHOLDABLE else 0, create=writable, update=writable, delete=writable
    )
    salesforce_can = replace(notes_can, max_days=14 if n is Presence.NEW_UNHOLDABLE else 0)
    notes = _new(Side.NOTES, n, held, notes_can)
    salesforce = _new(Side.SALESFORCE, s, held, salesforce_can)
    ignores: list[Ignore] = []
    if ignore is not IgnoreState.NONE:
        kind = Decision.IGNORE_FOREVER if ignore is IgnoreState.FOREVER else Decision.IGNORE_UNTIL_CHANGE
        for tree in (notes, salesforce):
            for record in tree.records.values():
                mark = seen_digest(redacted(record.image) if record.image.private else record.image)
                on_notes = tree.side is Side.NOTES
                ignores.append(
                    Ignore(
                        f"i-{tree.side}",
                        kind,
                        notes_key=record.key if on_notes else "",
                        salesforce_key="" if on_notes else record.key,
                        notes_digest=mark if on_notes else b"",
                        salesforce_digest=b"" if on_notes else mark,
                    )
                )
    rules = _rules(target, skip_free=s is Presence.NEW_OUT_OF_SCOPE)
    return Trees(notes, salesforce), rules, ignores


def _new(side: Side, what: Presence, held: Image, capabilities: Capabilities) -> Tree:
    if what is Presence.ABSENT:
        return Tree(side, capabilities=capabilities)
    problem: Text | None = given.UNREADABLE if what is Presence.UNKNOWN else None
    entry_type = "appointment"
    if what is Presence.NEW_PRIVATE:
        held = given.changed(held, private=True)
    elif what is Presence.NEW_OUT_OF_SCOPE and side is Side.SALESFORCE:
        held = given.changed(held, show_as="free")
    elif what is Presence.NEW_OUT_OF_SCOPE:
        entry_type = "reminder"
    key = "a#" if side is Side.NOTES else "S-a"
    record = given.record(key, held, entry_type=entry_type)
    return Tree(side, {key: record}, capabilities=capabilities, problem=problem)


@pytest.mark.parametrize(("n", "s"), [(n, s) for n, s in product(Presence, Presence)])
def test_unlinked_cell(n: Presence, s: Presence) -> None:
    outcome = unlinked(n, s)
    for ignore, target, guard in OVERLAYS:
        trees, rules, ignores = unlinked_case(n, s, ignore, target)
        trees, more = with_guard(trees, guard)
        found = plan(trees, given.base(*more, ignores=tuple(ignores)), rules)
        rows = rows_of(found)
        allowed, _ = overlaid(outcome, ignore, target, guard)
        case = f"{n.value} x {s.value}: {ignore} {target} {guard}: {[row.action for row in rows]} for {outcome}"
        if target in (Target.WRITABLE, Target.HAS_INVITEES):
            expected = SEEN.get(allowed)
            assert {str(row.action) for row in rows} == ({expected} if expected else set()), case
            assert len(rows) == (2 if allowed is Outcome.CANNOT_BOTH else 1 if expected else 0), case
        assert strength(rows) <= STRENGTH[allowed], case


def test_the_cases_are_2040() -> None:
    assert (len(LINKED) + len(UNLINKED)) * len(OVERLAYS) == 2040
