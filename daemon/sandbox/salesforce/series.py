"""Repeating events that were seeded: what editing or deleting one occurrence does to the others.

Facts: reference salesforce.md 1.4 and 1.5. REST shows no series id; rows carry the server's own note `_series`. From
v58 an edit of a future Lightning occurrence changes the whole series and an edit of a past one makes it an exception.
Series are not created here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.sandbox.salesforce.caller import Caller
from daemon.sandbox.salesforce.errors import ApiError, integrity
from daemon.sandbox.salesforce.event_times import TIME_FIELDS, move
from daemon.sandbox.salesforce.fields import Row
from daemon.sandbox.salesforce.object_rules import Save

if TYPE_CHECKING:
    from daemon.sandbox.salesforce.engine import Engine

#: Changes to these concern one person's occurrence only.
_ALONE = frozenset({"IsReminderSet", "ReminderDateTime"})
_SPREADS_FROM = 58.0


def before_save(engine: Engine, save: Save) -> None:
    """Mark an edited past occurrence as an exception."""
    old = save.old
    if old is None or save.caller.system or not old["IsRecurrence2"]:
        return
    if save.given - _ALONE and (save.caller.version < _SPREADS_FROM or old["StartDateTime"] <= engine.clock.now()):
        save.draft["IsRecurrence2Exception"] = True


def after_save(engine: Engine, save: Save) -> None:
    """Carry an edit of a future occurrence to the series: the same new values, times moved by as much."""
    old, draft = save.old, save.draft
    if old is None or save.caller.system or not old["IsRecurrence2"] or draft["IsRecurrence2Exception"]:
        return
    changed = {name: draft[name] for name in save.given - _ALONE - TIME_FIELDS}
    moved = draft["StartDateTime"] - old["StartDateTime"]
    longer = draft["EndDateTime"] - old["EndDateTime"] - moved
    if not changed and not moved and not longer:
        return
    for row in _others(engine, draft):
        times = move(row, moved)
        end = times["EndDateTime"] + longer
        length = draft["DurationInMinutes"]
        stamps = {name: draft[name] for name in ("LastModifiedDate", "LastModifiedById")}
        engine.touch(
            "Event",
            row,
            **{**changed, **times, "EndDateTime": end, "EndDate": end.date(), "DurationInMinutes": length, **stamps},
        )


def after_delete(engine: Engine, row: Row, user_id: str) -> None:
    """Deleting the head of a Classic series deletes every occurrence, past ones too."""
    if row["IsRecurrence"] and row["RecurrenceActivityId"] in {None, row["Id"]}:
        for other in engine.store.find("Event", "_series", row["Id"]):
            engine.bin("Event", other, user_id)


def delete_from(engine: Engine, row: Row, caller: Caller) -> None:
    """Delete an occurrence and all later ones; from the first occurrence that is the whole series."""
    if row["IsChild"] or not row["IsRecurrence2"] or row["IsRecurrence2Exclusion"]:
        raise integrity("Only an event of a series that still follows its pattern can be deleted from here on", "Id")
    if not caller.may_change("Event", row):
        raise ApiError("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", ["Id"], status=403)
    start = row["Recurrence2PatternStartDate"]
    if start is not None and row["StartDateTime"] < start:
        raise integrity("The event is earlier than the start of its series", "Id")
    with engine.store.transaction():
        for other in (row, *_others(engine, row)):
            if other["StartDateTime"] >= row["StartDateTime"]:
                engine.bin("Event", other, caller.user_id)


def _others(engine: Engine, row: Row) -> list[Row]:
    """The occurrences of the same Lightning series that still follow it."""
    key = row.get("_series")
    if not key:
        return []
    return [
        other
        for other in engine.store.find("Event", "_series", key)
        if other["Id"] != row["Id"] and not other["IsRecurrence2Exception"] and not other["IsChild"]
    ]
