"""From an image to the fields of a write: only the groups that may change, in the form Salesforce stores.

Only StartDateTime and EndDateTime are sent, never their twins DurationInMinutes and ActivityDate(Time), which are
refused unless they agree (reference/salesforce.md 1.2). A reminder is an absolute time there, so it moves with the start.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta, tzinfo
from typing import Any

from daemon.sides.salesforce.events import Profile, Row, UnreadableEvent, image_of, start_instant
from daemon.sides.salesforce.fields import SHOW_AS
from shared.models import Image
from shared.states import Group

_SHOW_AS_OUT = {ours: theirs for theirs, ours in SHOW_AS.items()} | {"tentative": "Free"}
_LINKS = ("WhoId", "WhatId")
_ALWAYS_CREATED = (Group.TIME, Group.SUBJECT, Group.LOCATION, Group.DESCRIPTION, Group.SHOW_AS)


def create_fields(
    after: Image, groups: Iterable[Group], create_key: str, profile: Profile, before_row: Row
) -> dict[str, Any]:
    """The row to insert. ``before_row`` is a before-image whose links come back (undo); a private event takes none."""
    fields: dict[str, Any] = {"OwnerId": profile.user_id}
    wanted = {*_ALWAYS_CREATED, *groups}
    if after.private:
        wanted.add(Group.PRIVACY)
    if after.reminder_minutes is not None:
        wanted.add(Group.REMINDER)
    for group in wanted:
        fields |= _group_fields(after, group, profile.tz())
    if not after.private:
        fields |= {name: before_row[name] for name in _LINKS if before_row.get(name)}
    if create_key and profile.shape.key_field:
        fields[profile.shape.key_field] = create_key
    return {name: value for name, value in fields.items() if name in profile.shape.createable and value is not None}


def without_links(fields: dict[str, Any]) -> dict[str, Any]:
    """The same row without WhoId and WhatId."""
    return {name: value for name, value in fields.items() if name not in _LINKS}


def restored_fields(row: Row, profile: Profile) -> dict[str, Any]:
    """A deleted row as it may be inserted again: every field with a value that can be set, without the derived twins."""
    skipped = {"Id", "DurationInMinutes", "ActivityDate", "ActivityDateTime", "IsRecurrence", "Recurrence2PatternText"}
    if profile.shape.key_field:
        # The recycled row still holds the unique key.
        skipped.add(profile.shape.key_field)
    return {
        name: value
        for name, value in row.items()
        if name in profile.shape.createable and name not in skipped and value is not None
    }


def update_fields(after: Image, groups: Iterable[Group], before_row: Row, profile: Profile) -> dict[str, Any]:
    """The fields to patch; null clears. A set reminder follows a moved start even when reminders are not synced."""
    chosen = set(groups)
    fields: dict[str, Any] = {}
    for group in chosen:
        fields |= _group_fields(after, group, profile.tz())
    if Group.TIME in chosen and Group.REMINDER not in chosen and before_row.get("IsReminderSet"):
        fields |= _moved_reminder(after, before_row, profile)
    return {name: value for name, value in fields.items() if name in profile.shape.updateable}


def _moved_reminder(after: Image, before_row: Row, profile: Profile) -> dict[str, Any]:
    try:
        before = image_of(before_row, profile)
    except UnreadableEvent:
        return {}
    if before.reminder_minutes is None:
        return {}
    rings = start_instant(after, profile.tz()) - timedelta(minutes=before.reminder_minutes)
    return {"ReminderDateTime": rings.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _group_fields(after: Image, group: Group, zone: tzinfo) -> dict[str, Any]:
    match group:
        case Group.TIME:
            return _time_fields(after)
        case Group.SUBJECT:
            return {"Subject": after.subject or None}
        case Group.LOCATION:
            return {"Location": after.location or None}
        case Group.DESCRIPTION:
            return {"Description": after.description or None}
        case Group.SHOW_AS:
            return {"ShowAs": _SHOW_AS_OUT.get(after.show_as, "Busy")}
        case Group.PRIVACY:
            return {"IsPrivate": after.private}
        case Group.REMINDER:
            return _reminder_fields(after, zone)


def _time_fields(after: Image) -> dict[str, Any]:
    if after.all_day:
        last = date.fromisoformat(after.ends_at) - timedelta(days=1)
        return {
            "IsAllDayEvent": True,
            "StartDateTime": f"{after.starts_at}T00:00:00Z",
            "EndDateTime": f"{last.isoformat()}T00:00:00Z",
        }
    return {
        "IsAllDayEvent": False,
        "StartDateTime": _seconds(after.starts_at),
        "EndDateTime": _seconds(after.ends_at),
    }


def _seconds(minute: str) -> str:
    return minute.removesuffix("Z") + ":00Z"


def _reminder_fields(after: Image, zone: tzinfo) -> dict[str, Any]:
    if after.reminder_minutes is None:
        return {"IsReminderSet": False, "ReminderDateTime": None}
    rings = start_instant(after, zone) - timedelta(minutes=after.reminder_minutes)
    return {"IsReminderSet": True, "ReminderDateTime": rings.strftime("%Y-%m-%dT%H:%M:%SZ")}
