"""The menus of the scripted rows: for each action the entries a person can choose."""

from __future__ import annotations

from shared.models import Choice, Effects, Text
from shared.states import Action, Answer, Decision, Effect

N, C, U, D = Effect.NOTHING, Effect.CREATE, Effect.UPDATE, Effect.DELETE
IGNORES = (
    Choice(
        decision=Decision.IGNORE_UNTIL_CHANGE,
        text=Text(code="scripted", text="Ignore differences until the next time one changes"),
    ),
    Choice(decision=Decision.IGNORE_FOREVER, text=Text(code="scripted", text="Ignore difference forever")),
)
LATER = Choice(decision=Decision.UNDECIDED)


def _choice(
    label: str,
    decision: Decision,
    salesforce: Effect = N,
    notes: Effect = N,
    *,
    answer: Answer | None = None,
    recommended: bool = False,
) -> Choice:
    return Choice(
        decision=decision,
        answer=answer,
        effect=Effects(salesforce=salesforce, notes=notes),
        destructive=D in (salesforce, notes),
        recommended=recommended,
        text=Text(code="scripted", text=label),
    )


def _approve(label: str, salesforce: Effect = N, notes: Effect = N) -> Choice:
    return _choice(label, Decision.APPROVE, salesforce, notes, recommended=True)


_USE_BOTH_WAYS = (
    _choice("Use the Salesforce version", Decision.USE_SALESFORCE, N, U),
    _choice("Use the Notes version", Decision.USE_NOTES, U, N),
    _choice("Choose a side for each field", Decision.CHOOSE_FIELDS, U, U),
)

_MENU: dict[Action, tuple[Choice, ...]] = {
    Action.CREATE_IN_SALESFORCE: (_approve("Create in Salesforce", C),),
    Action.CREATE_IN_NOTES: (_approve("Create in Notes", N, C),),
    Action.UPDATE_IN_SALESFORCE: (
        _approve("Update in Salesforce", U),
        _choice("Undo the change in Notes", Decision.USE_SALESFORCE, N, U),
        _choice("Choose a side for each field", Decision.CHOOSE_FIELDS, U, U),
    ),
    Action.UPDATE_IN_NOTES: (
        _approve("Update in Notes", N, U),
        _choice("Undo the change in Salesforce", Decision.USE_NOTES, U, N),
        _choice("Choose a side for each field", Decision.CHOOSE_FIELDS, U, U),
    ),
    Action.UPDATE_BOTH: (_approve("Update both", U, U), *_USE_BOTH_WAYS),
    Action.DELETE_IN_SALESFORCE: (
        _choice("Delete in Salesforce", Decision.APPROVE, D),
        _choice("Create again in Notes", Decision.USE_SALESFORCE, N, C),
    ),
    Action.DELETE_IN_NOTES: (
        _choice("Delete in Notes", Decision.APPROVE, N, D),
        _choice("Create again in Salesforce", Decision.USE_NOTES, C, N),
    ),
    Action.WITHDRAW_FROM_SALESFORCE: (
        _choice("Delete the copy in Salesforce", Decision.ANSWER, D, N, answer=Answer.DELETE_COPY, recommended=True),
        _choice("Keep the copy, hide its text", Decision.ANSWER, U, N, answer=Answer.HIDE_TEXT),
        _choice("Leave the copy as it is", Decision.ANSWER, answer=Answer.LEAVE_COPY),
    ),
    Action.MAKE_PRIVATE_IN_NOTES: (
        _choice("Mark private in Notes", Decision.ANSWER, N, U, answer=Answer.MARK_PRIVATE, recommended=True),
        _choice("Leave the copy as it is", Decision.ANSWER, answer=Answer.LEAVE_COPY),
    ),
    Action.LINK: (_approve("Link the two"),),
    Action.CONFLICT: _USE_BOTH_WAYS,
    Action.EDIT_OR_DELETE: (
        _choice("Keep the edited meeting", Decision.ANSWER, C, N, answer=Answer.KEEP_EDIT, recommended=True),
        _choice("Delete on both sides", Decision.ANSWER, N, D, answer=Answer.DELETE_BOTH),
    ),
    Action.QUESTION: (),
    Action.CANNOT_SYNC: (),
}

_ANSWERS: dict[Answer, Choice] = {
    Answer.PAIR: _choice("These are the same meeting", Decision.ANSWER, answer=Answer.PAIR),
    Answer.KEEP_APART: _choice("These are two meetings", Decision.ANSWER, C, C, answer=Answer.KEEP_APART),
    Answer.DETACH: _choice(
        "Stop synchronizing, keep both copies", Decision.ANSWER, answer=Answer.DETACH, recommended=True
    ),
    Answer.DELETE_COPY: _choice("Delete the copy in Salesforce", Decision.ANSWER, D, N, answer=Answer.DELETE_COPY),
    Answer.KEEP_SYNCING: _choice("Keep synchronizing it", Decision.ANSWER, answer=Answer.KEEP_SYNCING),
}


def choices_of(action: Action, answers: tuple[Answer, ...] = ()) -> tuple[Choice, ...]:
    """The menu of a row; a question lists its ``answers``, a row that cannot sync has only the ignores."""
    if action is Action.CANNOT_SYNC:
        return IGNORES
    return (*_MENU[action], *(_ANSWERS[answer] for answer in answers), *IGNORES, LATER)
