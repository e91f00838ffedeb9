"""Rows, field tables and items as a person reads them: local times, inclusive all-day ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from daemon.cli.printing import line, pairs, table
from shared.labels import ACTION_WORDS, DECISION_WORDS, RISK_WORDS, SIDE_WORDS
from shared.local_times import moment_words, span_words
from shared.models import Change, ChangeDetail, Choice, Image, Item
from shared.states import Decision, Group

FULL_TEXT = 400
"""Characters of a value in the field table; the whole text is on the page and in ``--json``."""


TITLE = 60
"""Characters of a title in a table: a row must stay one line of a wide terminal; ``--why`` and ``--json`` give all."""


def cut(title: str, length: int = TITLE) -> str:
    """A title that fits a table."""
    return title if len(title) <= length else title[: length - 1].rstrip() + "…"


def is_series(row: Change) -> bool:
    """Whether this row stands for all rows of its series."""
    return row.series is not None and row.series.position == 0 and row.series.count > 1


def summary_rows(rows: Sequence[Change]) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of the summary; a column for what became of the rows once there is something to say."""
    ended = any(row.result is not None for row in rows)
    headings = ["ID", "Action", "When", "Title", "Decision", "Risks"]
    cells = [[_id(row), _action(row), _when(row), _title(row), _decision(row), _risks(row)] for row in rows]
    if ended:
        headings.append("Result")
        for row, cell in zip(rows, cells, strict=True):
            cell.append(_result(row))
    return headings, cells


def _id(row: Change) -> str:
    return row.series.id if row.series is not None and is_series(row) else row.id


def _action(row: Change) -> str:
    """The action; of a series with several, how often each: a deletion must not hide behind the first occurrence's link."""
    counts = row.series.counts if row.series is not None and is_series(row) else {}
    known = {action.value: words for action, words in ACTION_WORDS.items()}
    if len(counts) < 2:
        return ACTION_WORDS[row.action]
    return ", ".join(f"{number} {known.get(action, action)}" for action, number in counts.items())


def _title(row: Change) -> str:
    title = cut(row.title) or "(no subject)"
    return f"{title} ({row.series.count} times)" if row.series is not None and is_series(row) else title


def _when(row: Change) -> str:
    words = span_words(row.starts_at, row.ends_at)
    return f"from {words}" if is_series(row) else words


def _decision(row: Change) -> str:
    words = DECISION_WORDS[row.decision]
    if row.decision is Decision.ANSWER and row.decided_answer is not None:
        return row.decided_answer.value.replace("_", " ")
    if row.decision is Decision.CHOOSE_FIELDS and row.decided_fields:
        return ", ".join(f"{group}={side}" for group, side in row.decided_fields.items())
    return words


def _risks(row: Change) -> str:
    return ", ".join(RISK_WORDS[risk] for risk in row.risks)


def _result(row: Change) -> str:
    words = row.result.value if row.result is not None else ""
    return f"{words}: {row.error.text}" if row.error is not None else words


def show_change(row: ChangeDetail) -> None:
    """One row in full: what is proposed and why, field by field, and what can be chosen."""
    facts = [
        ("Row", row.id),
        ("Title", row.title or "(no subject)"),
        ("When", span_words(row.starts_at, row.ends_at)),
        ("Action", ACTION_WORDS[row.action]),
        ("Decision", _decision(row)),
    ]
    if row.summary is not None:
        facts.append(("Proposal", row.summary.text))
    facts += [("Why", each.text) for each in row.why]
    if row.risks:
        facts.append(("Risks", _risks(row)))
    if row.result is not None:
        facts.append(("Result", _result(row)))
    pairs(facts)
    if row.fields:
        line()
        headings = ["Field", "Last time", "Salesforce", "Notes", "After Ok"]
        cells = [
            [each.group.value.replace("_", " "), *(value_words(each.group, value) for value in _values(each))]
            for each in row.fields
        ]
        table(headings, cells)
    for each in row.candidates:
        line(f"Candidate {each.id} in {SIDE_WORDS[each.side]}: {_image_words(each.image)} (alike {each.score:.0%})")
    if row.choices:
        line()
        line("You can choose:")
        for choice in row.choices:
            line(f"  {choice_words(choice)}")


def _values(each: Any) -> tuple[Any, ...]:
    return (each.base, each.salesforce, each.notes, each.result)


def value_words(group: Group, value: Any) -> str:
    """One value of the field table."""
    if value is None:
        return ""
    if group is Group.TIME and isinstance(value, dict):
        words = span_words(str(value.get("starts_at", "")), str(value.get("ends_at", "")))
        zone = value.get("zone")
        return f"{words} ({zone})" if zone else words
    text = str(value)
    return text if len(text) <= FULL_TEXT else text[: FULL_TEXT - 1] + "…"


def choice_words(choice: Choice) -> str:
    """The option of ``daybridge decide`` that makes this choice, and its label."""
    option = {
        Decision.APPROVE: "--approve",
        Decision.USE_SALESFORCE: "--use salesforce",
        Decision.USE_NOTES: "--use notes",
        Decision.CHOOSE_FIELDS: "--field GROUP=SIDE",
        Decision.ANSWER: f"--answer {choice.answer}",
        Decision.IGNORE_UNTIL_CHANGE: "--ignore-until-change",
        Decision.IGNORE_FOREVER: "--ignore-forever",
        Decision.UNDECIDED: "--reset",
    }[choice.decision]
    if choice.candidate is not None:
        option += f" --candidate {choice.candidate}"
    label = choice.text.text if choice.text is not None else DECISION_WORDS[choice.decision]
    notes = [words for words, holds in (("recommended", choice.recommended), ("deletes", choice.destructive)) if holds]
    return f"{option:<31}  {label}" + (f" ({', '.join(notes)})" if notes else "")


def _image_words(image: Image | None) -> str:
    return "" if image is None else f"{image.subject}, {span_words(image.starts_at, image.ends_at)}"


_ITEM_STATES = {
    "in_step": "in step",
    "row": "in the list",
    "frozen": "kept, not compared",
    "unlinked": "not linked",
}


def item_state(item: Item) -> str:
    """How an item stands, in words; of one that is left out also the reason."""
    if item.reason is not None:
        return f"left out: {item.reason.replace('_', ' ')}"
    return _ITEM_STATES.get(item.state, item.state.replace("_", " "))


def show_item(item: Item) -> None:
    """One item of either calendar: whether it is linked, why it does or does not synchronize, and its history."""
    facts = [
        ("Item", item.id),
        ("Title", item.title or "(no subject)"),
        ("When", span_words(item.starts_at, item.ends_at)),
        ("Linked", "yes" if item.linked else "no"),
        ("State", item_state(item)),
    ]
    facts += [("Why", each.text) for each in item.why]
    facts += [("Salesforce", _image_words(item.salesforce)), ("Notes", _image_words(item.notes))]
    for entry in item.history:
        said = f": {entry.text.text}" if entry.text is not None else ""
        facts.append((moment_words(entry.at), f"{ACTION_WORDS[entry.action]}, {entry.result.value}{said}"))
    pairs([fact for fact in facts if fact[1]])
