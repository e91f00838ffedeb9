"""The two decision tables of the sync algorithm written as data, and the overlays that can only weaken an outcome.

sync.md 2.5.1 (linked pairs, 49 cells), 2.5.2 (no base, 36 cells), 2.5.4 (overlays), as sharpened by contracts.md. A cell
``a|b`` means ``a`` where the item merely left the window (Lw) and ``b`` where a filter no longer matches (Lf). X x Lw is read
like E x Lw, of which it is a sub-case: a window that shrinks must ask nothing (product.md, Rules; property P20).
"""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """One side against its base (sync.md 2.4)."""

    UNCHANGED = "U"
    EDITED = "E"
    UNHOLDABLE = "X"
    HIDDEN = "H"
    LEFT_WINDOW = "Lw"
    LEFT_FILTER = "Lf"
    DELETED = "D"
    UNKNOWN = "?"

    @property
    def code(self) -> str:
        """The row or column of the table it belongs to."""
        return "L" if self in (Status.LEFT_WINDOW, Status.LEFT_FILTER) else self.value


class Presence(StrEnum):
    """One side of a pair without a base (sync.md 2.5.2)."""

    ABSENT = "-"
    NEW = "C"
    NEW_UNHOLDABLE = "Cx"
    NEW_PRIVATE = "Cp"
    NEW_OUT_OF_SCOPE = "Co"
    UNKNOWN = "?"


class Outcome(StrEnum):
    """What a cell says. ``fetch_*``: the other side is read by its id first, then judged again as if it were in the window."""

    KEEP = "keep"
    TO_SALESFORCE = "to_salesforce"
    TO_NOTES = "to_notes"
    MERGE = "merge"
    DELETE_IN_SALESFORCE = "delete_in_salesforce"
    DELETE_IN_NOTES = "delete_in_notes"
    WITHDRAW = "withdraw"
    MARK_PRIVATE = "mark_private"
    CONFLICT = "conflict"
    CONFLICT_HIDDEN = "conflict_hidden"
    EDIT_OR_DELETE = "edit_or_delete"
    CANNOT_NOTES = "cannot_notes"
    CANNOT_SALESFORCE = "cannot_salesforce"
    CANNOT_BOTH = "cannot_both"
    FREEZE = "freeze"
    DETACH_PRIVATE = "detach_private"
    LEFT_SCOPE = "left_scope"
    DELETED_AND_PRIVATE = "deleted_and_private"
    FORGET = "forget"
    FORGET_PRIVATE = "forget_private"
    FORGET_BOTH = "forget_both"
    FETCH = "fetch"
    HOLD = "hold"
    CREATE_IN_SALESFORCE = "create_in_salesforce"
    CREATE_IN_NOTES = "create_in_notes"
    MATCH = "match"
    LOCAL_QUESTION = "local_question"
    ORPHAN = "orphan"
    ORGANISER_QUESTION = "organiser_question"
    LEFT_OUT = "left_out"
    WAIT = "wait"


_LINKED_TEXT = """
N\\S U                    E                X                     H                   L                     D               ?
U    keep                 to_notes         cannot_notes          mark_private        freeze|left_scope     delete_in_notes hold
E    to_salesforce        merge            merge                 conflict_hidden     fetch|left_scope      edit_or_delete  hold
X    cannot_salesforce    merge            conflict              conflict_hidden     fetch|left_scope      edit_or_delete  hold
H    withdraw             withdraw         withdraw              detach_private      fetch|fetch           forget_private  hold
L    freeze|left_scope    fetch|left_scope fetch|left_scope      freeze|freeze       freeze|freeze         freeze|forget   hold
D    delete_in_salesforce edit_or_delete   edit_or_delete        deleted_and_private fetch|forget          forget_both     hold
?    hold                 hold             hold                  hold                hold                  hold            hold
"""

_UNLINKED_TEXT = """
N\\S -                    C               Cx           Cp                Co                ?
-    left_out             create_in_notes cannot_notes left_out          left_out          hold
C    create_in_salesforce match           match        local_question    local_question    hold
Cx   cannot_salesforce    match           cannot_both  cannot_salesforce cannot_salesforce hold
Cp   left_out             local_question  cannot_notes left_out          left_out          hold
Co   left_out             local_question  cannot_notes left_out          left_out          hold
?    hold                 hold            hold         hold              hold              hold
"""


def _parse(table: str) -> dict[tuple[str, str], tuple[Outcome, ...]]:
    header, *rows = [line.split() for line in table.strip().splitlines()]
    return {
        (row[0], column): tuple(Outcome(name) for name in cell.split("|"))
        for row in rows
        for column, cell in zip(header[1:], row[1:], strict=True)
    }


LINKED = _parse(_LINKED_TEXT)
"""(row code, column code) -> the outcome, or (outcome for Lw, outcome for Lf)."""

UNLINKED = _parse(_UNLINKED_TEXT)
"""(Notes presence, Salesforce presence) -> the outcome. Two presences in one row means that they match (sync.md 2.7)."""


def linked(notes: Status, salesforce: Status) -> Outcome:
    """The outcome for a linked pair. Where both sides left the scope, the Notes side picks the half of the cell."""
    cell = LINKED[(notes.code, salesforce.code)]
    if len(cell) == 1:
        return cell[0]
    leaving = notes if notes.code == "L" else salesforce
    return cell[0] if leaving is Status.LEFT_WINDOW else cell[1]


def unlinked(notes: Presence, salesforce: Presence) -> Outcome:
    """The outcome where no base exists."""
    return UNLINKED[(notes.value, salesforce.value)][0]


class IgnoreState(StrEnum):
    NONE = "none"
    UNTIL_CHANGE = "until_change"
    FOREVER = "forever"


class Target(StrEnum):
    """What the side to be written to allows: everything, nothing at all, not this item, or only with its own tick."""

    WRITABLE = "writable"
    FORBIDDEN = "forbidden"
    LOCKED = "locked"
    HAS_INVITEES = "has_invitees"


class GuardState(StrEnum):
    CLEAR = "clear"
    BLOCKED = "blocked"


STRENGTH: dict[Outcome, int] = {
    **dict.fromkeys(
        (
            Outcome.KEEP,
            Outcome.FREEZE,
            Outcome.DETACH_PRIVATE,
            Outcome.FORGET,
            Outcome.FORGET_PRIVATE,
            Outcome.FORGET_BOTH,
        ),
        0,
    ),
    **dict.fromkeys((Outcome.FETCH, Outcome.HOLD, Outcome.LEFT_OUT), 0),
    **dict.fromkeys((Outcome.CANNOT_NOTES, Outcome.CANNOT_SALESFORCE, Outcome.CANNOT_BOTH, Outcome.WAIT), 1),
    **dict.fromkeys(
        (
            Outcome.LEFT_SCOPE,
            Outcome.DELETED_AND_PRIVATE,
            Outcome.LOCAL_QUESTION,
            Outcome.ORPHAN,
            Outcome.ORGANISER_QUESTION,
            Outcome.CONFLICT,
            Outcome.CONFLICT_HIDDEN,
            Outcome.EDIT_OR_DELETE,
        ),
        2,
    ),
    **dict.fromkeys(
        (
            Outcome.TO_SALESFORCE,
            Outcome.TO_NOTES,
            Outcome.MERGE,
            Outcome.MATCH,
            Outcome.CREATE_IN_SALESFORCE,
            Outcome.CREATE_IN_NOTES,
        ),
        3,
    ),
    **dict.fromkeys(
        (Outcome.DELETE_IN_SALESFORCE, Outcome.DELETE_IN_NOTES, Outcome.WITHDRAW, Outcome.MARK_PRIVATE),
        4,
    ),
}
"""0 nothing to see, 1 shown only, 2 asked, 3 proposes a write, 4 proposes to remove or hide. An overlay never raises it."""

WEAKENED = {
    Outcome.TO_SALESFORCE: Outcome.CANNOT_SALESFORCE,
    Outcome.CREATE_IN_SALESFORCE: Outcome.CANNOT_SALESFORCE,
    Outcome.DELETE_IN_SALESFORCE: Outcome.CANNOT_SALESFORCE,
    Outcome.WITHDRAW: Outcome.CANNOT_SALESFORCE,
    Outcome.TO_NOTES: Outcome.CANNOT_NOTES,
    Outcome.CREATE_IN_NOTES: Outcome.CANNOT_NOTES,
    Outcome.DELETE_IN_NOTES: Outcome.CANNOT_NOTES,
    Outcome.MARK_PRIVATE: Outcome.CANNOT_NOTES,
    Outcome.MERGE: Outcome.CANNOT_BOTH,
}
"""What is shown instead where the target does not take the write."""


def overlaid(
    outcome: Outcome, ignored: IgnoreState, target: Target, guard: GuardState = GuardState.CLEAR
) -> tuple[Outcome, bool]:
    """(outcome after the overlays, whether a guard keeps it from being carried out). Order: sync.md 2.5.4.

    An ignore leaves nothing; a forbidden target leaves nothing to propose (contracts.md 4), a locked one says so; a guard
    lets the row stand and blocks Ok; invitees ask for a tick of their own, which is a risk and changes no outcome.
    """
    if ignored is not IgnoreState.NONE:
        return Outcome.HOLD, False
    if outcome in WEAKENED:
        if target is Target.FORBIDDEN:
            return Outcome.HOLD, False
        if target is Target.LOCKED:
            return WEAKENED[outcome], False
    return outcome, guard is GuardState.BLOCKED and STRENGTH[outcome] >= 2
