"""The tables of decide.py against the notation of the design document, typed in a second time by hand.

Catches a wrong word in one cell, which a test that reads its expectation from the same data cannot see. Tried with
``D x U`` holding ``delete_in_notes``.
"""

from __future__ import annotations

from daemon.sync.decide import LINKED, UNLINKED, Outcome

SYMBOLS: dict[str, Outcome] = {
    ".": Outcome.KEEP,
    ">S": Outcome.TO_SALESFORCE,
    ">N": Outcome.TO_NOTES,
    "<>": Outcome.MERGE,
    "-S": Outcome.DELETE_IN_SALESFORCE,
    "-N": Outcome.DELETE_IN_NOTES,
    "W>": Outcome.WITHDRAW,
    "<W": Outcome.MARK_PRIVATE,
    "K": Outcome.CONFLICT,
    "Kh": Outcome.CONFLICT_HIDDEN,
    "Kd": Outcome.EDIT_OR_DELETE,
    "B!N": Outcome.CANNOT_NOTES,
    "B!S": Outcome.CANNOT_SALESFORCE,
    "B!2": Outcome.CANNOT_BOTH,
    "F": Outcome.FREEZE,
    "Fp": Outcome.DETACH_PRIVATE,
    "Q": Outcome.LEFT_SCOPE,
    "Qh": Outcome.DELETED_AND_PRIVATE,
    "Ql": Outcome.LOCAL_QUESTION,
    "G": Outcome.FORGET,
    "Gp": Outcome.FORGET_PRIVATE,
    "G2": Outcome.FORGET_BOTH,
    "id": Outcome.FETCH,
    "?": Outcome.HOLD,
    "+S": Outcome.CREATE_IN_SALESFORCE,
    "+N": Outcome.CREATE_IN_NOTES,
    "=": Outcome.MATCH,
    "o": Outcome.LEFT_OUT,
}

LINKED_ROWS = {
    "U": ".   >N   B!N  <W  F/Q   -N  ?",
    "E": ">S  <>   <>   Kh  id/Q  Kd  ?",
    "X": "B!S <>   K    Kh  id/Q  Kd  ?",
    "H": "W>  W>   W>   Fp  id/id Gp  ?",
    "L": "F/Q id/Q id/Q F/F F/F   F/G ?",
    "D": "-S  Kd   Kd   Qh  id/G  G2  ?",
    "?": "?   ?    ?    ?   ?     ?   ?",
}

UNLINKED_ROWS = {
    "-": "o   +N  B!N  o   o   ?",
    "C": "+S  =   =    Ql  Ql  ?",
    "Cx": "B!S =   B!2  B!S B!S ?",
    "Cp": "o   Ql  B!N  o   o   ?",
    "Co": "o   Ql  B!N  o   o   ?",
    "?": "?   ?   ?    ?   ?   ?",
}


def test_the_linked_table() -> None:
    for row, cells in LINKED_ROWS.items():
        for column, cell in zip("UEXHLD?", cells.split(), strict=True):
            assert LINKED[(row, column)] == tuple(SYMBOLS[one] for one in cell.split("/")), (row, column)


def test_the_unlinked_table() -> None:
    for row, cells in UNLINKED_ROWS.items():
        for column, cell in zip(UNLINKED_ROWS, cells.split(), strict=True):
            assert UNLINKED[(row, column)] == (SYMBOLS[cell],), (row, column)
