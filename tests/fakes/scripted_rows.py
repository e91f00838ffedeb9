"""Rows for the scripted daemon: a sales person's differences of every action, with images, fields, choices and reasons."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.models import (
    Attachment,
    Candidate,
    ChangeDetail,
    FieldRow,
    Image,
    Person,
    Series,
    Text,
)
from shared.states import Action, Answer, Decision, Group, Risk, Side
from tests.fakes.scripted_choices import choices_of

HOSTILE = "<script>document.title='taken over'</script><img src=x onerror=\"document.title='taken over'\">"
SAFE = frozenset(
    {
        Action.CREATE_IN_SALESFORCE,
        Action.CREATE_IN_NOTES,
        Action.UPDATE_IN_SALESFORCE,
        Action.UPDATE_IN_NOTES,
        Action.UPDATE_BOTH,
        Action.LINK,
    }
)


def words(sentence: str, code: str = "scripted") -> Text:
    return Text(code=code, text=sentence)


@dataclass(slots=True)
class Script:
    """Builds rows on a fixed today (midnight UTC); ids count up."""

    today: datetime
    rows: list[ChangeDetail] = field(default_factory=list)

    def image(self, subject: str, day: int, start: str = "09:00", minutes: int = 60, **more: Any) -> Image:
        if minutes % 1440 == 0:
            first = (self.today + timedelta(days=day)).date()
            return Image(
                subject=subject,
                starts_at=first.isoformat(),
                ends_at=(first + timedelta(days=minutes // 1440)).isoformat(),
                all_day=True,
                **more,
            )
        hour, minute = map(int, start.split(":"))
        begin = self.today + timedelta(days=day, hours=hour, minutes=minute)
        end = begin + timedelta(minutes=minutes)
        more.setdefault("zone", "Europe/Berlin")
        return Image(subject=subject, starts_at=stamp(begin), ends_at=stamp(end), **more)

    def add(
        self,
        action: Action,
        *,
        salesforce: Image | None = None,
        notes: Image | None = None,
        base: Image | None = None,
        risks: tuple[Risk, ...] = (),
        why: tuple[str, ...] = (),
        summary: str = "",
        series: Series | None = None,
        candidates: tuple[Candidate, ...] = (),
        answers: tuple[Answer, ...] = (),
    ) -> None:
        number = len(self.rows) + 1
        shown = notes or salesforce or base
        assert shown is not None
        default = Decision.APPROVE if action in SAFE and not risks else Decision.UNDECIDED
        self.rows.append(
            ChangeDetail(
                id=f"c{number}",
                run="",
                item=f"i{number}",
                action=action,
                decision=default,
                default_decision=default,
                revision=hashlib.sha256(f"{number}/0".encode()).hexdigest()[:12],
                title=shown.subject,
                starts_at=shown.starts_at,
                ends_at=shown.ends_at,
                all_day=shown.all_day,
                series=series,
                salesforce=salesforce,
                notes=notes,
                candidates=candidates,
                choices=choices_of(action, answers),
                summary=words(summary or _SUMMARY[action]),
                risks=risks,
                fields=tuple(field_rows(base, salesforce, notes)),
                why=tuple(words(sentence) for sentence in why),
            )
        )


_SUMMARY: dict[Action, str] = {
    Action.CREATE_IN_SALESFORCE: "New in Notes: create in Salesforce.",
    Action.CREATE_IN_NOTES: "New in Salesforce: create in Notes.",
    Action.UPDATE_IN_SALESFORCE: "Changed in Notes: update in Salesforce.",
    Action.UPDATE_IN_NOTES: "Changed in Salesforce: update in Notes.",
    Action.UPDATE_BOTH: "Changed on both sides in different fields: update both.",
    Action.DELETE_IN_SALESFORCE: "Deleted in Notes: delete in Salesforce.",
    Action.DELETE_IN_NOTES: "Deleted in Salesforce: delete in Notes.",
    Action.WITHDRAW_FROM_SALESFORCE: "Became private in Notes: withdraw from Salesforce.",
    Action.MAKE_PRIVATE_IN_NOTES: "Became private in Salesforce: mark private in Notes.",
    Action.LINK: "The same meeting on both sides: link them. Nothing is written.",
    Action.CONFLICT: "Changed differently on both sides: choose a side.",
    Action.EDIT_OR_DELETE: "Deleted on one side, but changed on the other: keep the edit or delete both.",
    Action.QUESTION: "This needs an answer.",
    Action.CANNOT_SYNC: "This cannot be synchronized.",
}


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%MZ")


def value(image: Image | None, group: Group) -> Any:
    """What a person reads of one field group of an image."""
    if image is None:
        return None
    if group is Group.TIME:
        return {
            "starts_at": image.starts_at,
            "ends_at": image.ends_at,
            "all_day": image.all_day,
            "zone": image.zone,
        }
    return getattr(image, group.value)


def field_rows(base: Image | None, salesforce: Image | None, notes: Image | None) -> Iterator[FieldRow]:
    for group in (Group.TIME, Group.SUBJECT, Group.LOCATION, Group.DESCRIPTION, Group.SHOW_AS):
        old, left, right = (value(image, group) for image in (base, salesforce, notes))
        if salesforce is None or notes is None or left == right:
            state = "same" if base is None or left == right == old else "both_changed"
            if base is not None and (left is None or right is None):
                present = right if left is None else left
                state = "same" if present == old else ("notes_changed" if left is None else "salesforce_changed")
        elif base is None or (left != old and right != old):
            state = "conflict"
        else:
            state = "salesforce_changed" if left != old else "notes_changed"
        yield FieldRow(group=group, base=old, salesforce=left, notes=right, state=state)


def settled_fields(row: ChangeDetail) -> tuple[FieldRow, ...]:
    """The field table with what Ok would leave under the row's decision."""
    return tuple(_settled(row, line) for line in row.fields)


def _settled(row: ChangeDetail, line: FieldRow) -> FieldRow:
    chosen: str | None = None
    if row.decision is Decision.USE_SALESFORCE:
        chosen = "salesforce"
    elif row.decision is Decision.USE_NOTES:
        chosen = "notes"
    elif row.decision is Decision.CHOOSE_FIELDS and row.decided_fields:
        chosen = row.decided_fields.get(line.group)
    if chosen is None and row.decision in (Decision.APPROVE, Decision.CHOOSE_FIELDS):
        chosen = {"salesforce_changed": "salesforce", "notes_changed": "notes"}.get(line.state)
        if chosen is None and line.state != "conflict":
            chosen = "notes" if row.salesforce is None else "salesforce" if row.notes is None else "both"
    if chosen is None:
        return FieldRow(**{**_members(line), "result": None, "source": None})
    held = line.notes if chosen == "notes" else line.salesforce
    return FieldRow(**{**_members(line), "result": held, "source": chosen})


def _members(line: FieldRow) -> dict[str, Any]:
    return {name: getattr(line, name) for name in ("group", "base", "salesforce", "notes", "state")}


PEOPLE = (
    Person(name="Ines Adler", email="ines.adler@example.com", role="required"),
    Person(name="Tom Baker", email="tom.baker@example.com", role="optional"),
)
PAPERS = (Attachment(name="offer-2026.pdf"), Attachment(name="floor plan.png"))


def today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def candidate(image: Image, side: Side, score: float) -> Candidate:
    return Candidate(id=f"k-{image.subject[:6].lower()}", side=side, image=image, score=score)


def bulk_rows(script: Script, count: int) -> None:
    """``count`` further creates, to try the page with a long list."""
    for number in range(count):
        image = script.image(f"Customer call {number + 1:04d}", number % 300 - 20, f"{8 + number % 9:02d}:00", 30)
        action = Action.CREATE_IN_NOTES if number % 3 == 0 else Action.CREATE_IN_SALESFORCE
        if action is Action.CREATE_IN_NOTES:
            script.add(action, salesforce=image)
        else:
            script.add(action, notes=image)
