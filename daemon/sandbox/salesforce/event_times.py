"""When an Event is: start, end, duration and their legacy twins made consistent, or refused.

Facts: reference salesforce.md 1.2. All-day events are dates at midnight UTC with an inclusive end. Two things are not
known and chosen here: a changed start alone keeps the length ([?]), and seconds are kept ([?]).
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from daemon.sandbox.salesforce.errors import ApiError, integrity
from daemon.sandbox.salesforce.fields import Row

if TYPE_CHECKING:
    from daemon.sandbox.salesforce.object_rules import Save

_DAY = 1440
_MOST_DAYS = 14
TIME_FIELDS = frozenset(
    {"StartDateTime", "EndDateTime", "DurationInMinutes", "ActivityDateTime", "ActivityDate", "IsAllDayEvent"}
)


def complete_times(save: Save, multiday: bool) -> None:
    """Fill the time fields of a draft from those that the caller gave, or refuse."""
    draft, old = save.draft, save.old
    if old is not None and not save.given & TIME_FIELDS:
        return
    start = _start(save)
    if draft["IsAllDayEvent"]:
        start = _midnight(start.date())
        end, minutes = _all_day_end(save, start)
    else:
        end = _timed_end(save, start)
        minutes = math.floor((end - start).total_seconds() / 60)
    blamed = (
        "EndDateTime"
        if save.caller.version >= 39 and _given(save, "DurationInMinutes") is None
        else "DurationInMinutes"
    )
    _check_length(start, end, minutes, multiday, blamed)
    draft["StartDateTime"], draft["EndDateTime"], draft["DurationInMinutes"] = start, end, minutes
    draft["ActivityDateTime"] = None if draft["IsAllDayEvent"] else start
    draft["ActivityDate"], draft["EndDate"] = start.date(), end.date()


def move(row: Row, by: timedelta) -> Row:
    """Return the time fields of a row shifted by whole minutes."""
    start, end = row["StartDateTime"] + by, row["EndDateTime"] + by
    return {
        "StartDateTime": start,
        "EndDateTime": end,
        "ActivityDateTime": None if row["IsAllDayEvent"] else start,
        "ActivityDate": start.date(),
        "EndDate": end.date(),
    }


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _given(save: Save, name: str) -> Any:
    """What the caller gave for a field; None when absent or null."""
    return save.draft[name] if name in save.given else None


def _start(save: Save) -> datetime:
    start: datetime | None = _given(save, "StartDateTime")
    moment: datetime | None = _given(save, "ActivityDateTime")
    day: date | None = _given(save, "ActivityDate")
    old = save.old
    if start is not None:
        if moment is not None and moment != start and not save.draft["IsAllDayEvent"]:
            raise integrity("Activity date and start date must be the same", "ActivityDateTime")
        if day is not None and day != start.date():
            raise integrity("Activity date and start date must be the same", "ActivityDate")
        return start
    if moment is not None:
        return moment
    if day is not None:
        return (
            _midnight(day)
            if old is None
            else _midnight(day) + (old["StartDateTime"] - _midnight(old["StartDateTime"].date()))
        )
    if old is not None and not save.given & {"StartDateTime", "ActivityDateTime"}:
        before: datetime = old["StartDateTime"]
        return before
    raise ApiError("REQUIRED_FIELD_MISSING", "Required fields are missing: [StartDateTime]", ["StartDateTime"])


def _all_day_end(save: Save, start: datetime) -> tuple[datetime, int]:
    end: datetime | None = _given(save, "EndDateTime")
    minutes: int | None = _given(save, "DurationInMinutes")
    old = save.old
    if end is not None:
        days = (end.date() - start.date()).days + 1
        if minutes is not None and minutes != days * _DAY and days > 0:
            raise _disagree()
    elif minutes is not None:
        days = max(1, math.ceil(minutes / _DAY)) if minutes >= 0 else 0
    elif old is not None and not save.given & {"EndDateTime", "DurationInMinutes"}:
        days = (old["EndDateTime"].date() - old["StartDateTime"].date()).days + 1
    else:
        days = 1
    return start + timedelta(days=days - 1), days * _DAY


def _timed_end(save: Save, start: datetime) -> datetime:
    end: datetime | None = _given(save, "EndDateTime")
    minutes: int | None = _given(save, "DurationInMinutes")
    old = save.old
    if end is not None:
        if minutes is not None and math.floor((end - start).total_seconds() / 60) != minutes:
            raise _disagree()
        return end
    if minutes is not None:
        return start + timedelta(minutes=minutes)
    if old is not None and not old["IsAllDayEvent"] and not save.given & {"EndDateTime", "DurationInMinutes"}:
        length: timedelta = old["EndDateTime"] - old["StartDateTime"]
        return start + length
    raise ApiError("REQUIRED_FIELD_MISSING", "Required fields are missing: [EndDateTime]", ["EndDateTime"])


def _disagree() -> ApiError:
    return ApiError(
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "Duration and end of the event do not agree",
        ["DurationInMinutes", "EndDateTime"],
    )


def _check_length(start: datetime, end: datetime, minutes: int, multiday: bool, blamed: str) -> None:
    if end < start:
        raise integrity("The end of an event cannot be before its start", blamed)
    if not multiday and minutes > _DAY:
        raise integrity("Duration must be between 0 and 1440 minutes", blamed)
    if minutes > _MOST_DAYS * _DAY:
        raise integrity("An event cannot last longer than 14 days", blamed)
