"""What may be written to an Event: links, private events, child rows, series; and what follows from a write."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from daemon.sandbox.salesforce import invitees, series
from daemon.sandbox.salesforce.derived import account_of
from daemon.sandbox.salesforce.errors import ApiError, integrity
from daemon.sandbox.salesforce.event_times import complete_times
from daemon.sandbox.salesforce.fields import Row
from daemon.sandbox.salesforce.object_rules import RULES, ObjectRules, Save

if TYPE_CHECKING:
    from daemon.sandbox.salesforce.engine import Engine

#: All that may be changed on the copy that an invitee sees.
_CHILD_FIELDS = frozenset({"IsReminderSet", "ReminderDateTime"})
_SERIES_FIELDS = frozenset({"IsRecurrence", "Recurrence2PatternText"})
_USUAL_REMINDER = timedelta(minutes=15)


def before_save(engine: Engine, save: Save) -> None:
    """Complete a draft or refuse it."""
    if not save.caller.system:
        _refuse_series(save)
        _refuse_child_edit(save)
    complete_times(save, engine.options.multiday or save.caller.system)
    _check_links(engine, save)
    draft = save.draft
    draft["AccountId"] = account_of(engine, draft)
    draft["EventSubtype"] = draft["EventSubtype"] or "Event"
    if "WhoCount" in draft:
        draft["WhoCount"], draft["WhatCount"] = int(bool(draft["WhoId"])), int(bool(draft["WhatId"]))
    if not draft["IsReminderSet"]:
        draft["ReminderDateTime"] = None
    elif draft["ReminderDateTime"] is None:
        draft["ReminderDateTime"] = draft["StartDateTime"] - _USUAL_REMINDER
    series.before_save(engine, save)


def after_save(engine: Engine, save: Save) -> None:
    """Carry a change to the copies of the people invited and to the other occurrences."""
    if save.old is not None:
        invitees.copy_to_children(engine, save.draft)
        series.after_save(engine, save)


def after_delete(engine: Engine, row: Row, user_id: str) -> None:
    """Take the copies and relations of a deleted event with it."""
    invitees.after_event_delete(engine, row, user_id)
    series.after_delete(engine, row, user_id)


def _refuse_series(save: Save) -> None:
    asked = [name for name in sorted(_SERIES_FIELDS & save.given) if save.draft[name]]
    if asked and save.old is None:
        raise ApiError(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            "This sandbox holds series that were seeded; it does not create them. Create single events instead.",
            asked,
        )


def _refuse_child_edit(save: Save) -> None:
    refused = sorted(save.given - _CHILD_FIELDS)
    if save.old is not None and save.old["IsChild"] and refused:
        raise ApiError(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Only the reminder of an event one was invited to can be changed, not {', '.join(refused)}",
            refused,
        )


def _check_links(engine: Engine, save: Save) -> None:
    draft = save.draft
    linked = [name for name in ("WhoId", "WhatId") if draft[name]]
    if draft["IsPrivate"] and linked:
        raise integrity("A private event cannot be related to other records", *linked)
    who = engine.schema.of_id(draft["WhoId"]) if draft["WhoId"] else None
    if who is not None and who.name == "Lead" and draft["WhatId"]:
        raise integrity("An event with a lead cannot be related to another record", "WhatId")


def register() -> None:
    """Make the engine apply these rules."""
    RULES["Event"] = ObjectRules(before_save, after_save, after_delete)
    RULES["EventRelation"] = ObjectRules(invitees.before_save, invitees.after_save, invitees.after_relation_delete)
