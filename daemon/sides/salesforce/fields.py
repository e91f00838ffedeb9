"""Which Event fields this org shows this person: the describe, cut down to what we read, may write and can promise.

Selecting a field the org hides refuses the whole query, and field-level security hides fields without a word
(reference/salesforce.md 1.1). So the describe is read first and everything is intersected with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from daemon.sides.contract import SideUnavailable
from daemon.sync.trees import Capabilities
from shared.states import Group
from shared.texts import text

MAX_DAYS = 14
"""The longest event with multi-day events switched on (1.2)."""

KEY_LENGTH = 36
"""Characters of our key, a UUID."""

NEEDED = (
    "Id",
    "OwnerId",
    "StartDateTime",
    "EndDateTime",
    "IsAllDayEvent",
    "SystemModstamp",
    "LastModifiedDate",
    "IsDeleted",
)

WANTED = (
    *NEEDED,
    "Subject",
    "Location",
    "Description",
    "DurationInMinutes",
    "ActivityDate",
    "ActivityDateTime",
    "EndDate",
    "ShowAs",
    "IsPrivate",
    "IsReminderSet",
    "ReminderDateTime",
    "WhoId",
    "WhatId",
    "Type",
    "IsChild",
    "IsGroupEvent",
    "GroupEventType",
    "IsRecurrence",
    "RecurrenceActivityId",
    "IsRecurrence2",
    "IsRecurrence2Exception",
    "Recurrence2PatternText",
    "Recurrence2PatternStartDate",
    "Recurrence2PatternTimeZone",
    "IsClientManaged",
    "IsArchived",
    "CreatedById",
    "CreatedDate",
)

GROUP_FIELDS: Mapping[Group, tuple[str, ...]] = {
    Group.TIME: ("StartDateTime", "EndDateTime", "IsAllDayEvent"),
    Group.SUBJECT: ("Subject",),
    Group.LOCATION: ("Location",),
    Group.DESCRIPTION: ("Description",),
    Group.SHOW_AS: ("ShowAs",),
    Group.REMINDER: ("IsReminderSet", "ReminderDateTime"),
    Group.PRIVACY: ("IsPrivate",),
}

SHOW_AS = {"Busy": "busy", "Free": "free", "OutOfOffice": "out_of_office"}
"""Salesforce's restricted value -> ours. There is no tentative."""


@dataclass(frozen=True, slots=True)
class EventShape:
    """The Event object as this person sees it in this org."""

    select: tuple[str, ...]
    createable: frozenset[str]
    updateable: frozenset[str]
    lengths: Mapping[str, int]
    show_as: frozenset[str]
    key_field: str = ""
    may_create: bool = True
    may_update: bool = True
    may_delete: bool = True

    def capabilities(self, *, multi_day: bool) -> Capabilities:
        return Capabilities(
            groups=frozenset(group for group, names in GROUP_FIELDS.items() if self.updateable.issuperset(names)),
            max_subject=self.lengths.get("Subject", 255),
            max_location=self.lengths.get("Location", 255),
            max_description=self.lengths.get("Description", 32000),
            max_days=MAX_DAYS,
            multi_day=multi_day,
            show_as=self.show_as,
            create=self.may_create,
            update=self.may_update,
            delete=self.may_delete,
            conditional_update=True,
            tombstones=True,
            keyed_create=bool(self.key_field),
        )


def event_shape(describe: Mapping[str, Any], key_field: str = "") -> EventShape:
    """Read a describe of Event. Raises SideUnavailable when the person cannot read events at all.

    ``key_field`` counts only if the org has it, shows it, and holds it unique: anything less cannot keep a repeated
    create from making a duplicate.
    """
    fields = {str(field["name"]): field for field in describe.get("fields") or [] if field.get("name")}
    if not all(name in fields for name in NEEDED):
        raise SideUnavailable(text("salesforce.no_events"))
    key = _usable_key(fields, key_field)
    wanted = [*WANTED, key] if key else WANTED
    return EventShape(
        select=tuple(name for name in wanted if name in fields),
        createable=frozenset(name for name, field in fields.items() if field.get("createable")),
        updateable=frozenset(name for name, field in fields.items() if field.get("updateable")),
        lengths={name: int(field["length"]) for name, field in fields.items() if field.get("length")},
        show_as=_show_as(fields.get("ShowAs", {})),
        key_field=key,
        may_create=describe.get("createable") is not False,
        may_update=describe.get("updateable") is not False,
        may_delete=describe.get("deletable") is not False,
    )


def _usable_key(fields: Mapping[str, Mapping[str, Any]], wanted: str) -> str:
    by_name = {name.lower(): name for name in fields}
    name = by_name.get(wanted.strip().lower(), "")
    field = fields.get(name, {})
    good = field.get("externalId") and field.get("unique") and field.get("createable") and field.get("filterable", True)
    return name if good and int(field.get("length") or 0) >= KEY_LENGTH else ""


def _show_as(field: Mapping[str, Any]) -> frozenset[str]:
    values = [str(entry.get("value")) for entry in field.get("picklistValues") or [] if entry.get("active", True)]
    known = frozenset(SHOW_AS[value] for value in values if value in SHOW_AS)
    return known or frozenset(SHOW_AS.values())
