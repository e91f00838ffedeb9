"""Invitations: EventRelation rows and the child events that invited users see in their own calendar.

Facts: reference salesforce.md 1.6. What the invitee's deleting of the child does to the relation is not known ([?]);
here it counts as declining.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from daemon.sandbox.salesforce.errors import ApiError, integrity
from daemon.sandbox.salesforce.fields import Row
from daemon.sandbox.salesforce.object_rules import Save

if TYPE_CHECKING:
    from daemon.sandbox.salesforce.engine import Engine

_MOST_INVITEES = 1000
_MOST_INVITEES_OF_SERIES = 100
#: What a child has of its own; everything else is the parent's.
_OWN = frozenset(
    {
        *("Id", "OwnerId", "IsChild", "IsReminderSet", "ReminderDateTime", "IsDeleted", "IsArchived", "_parent"),
        *("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"),
    }
)


def before_save(engine: Engine, save: Save) -> None:
    """Check a relation: the parent is no child itself, nobody is invited twice, the caps hold."""
    if save.old is not None:
        return
    for name in ("EventId", "RelationId"):
        if save.draft[name] is None:
            raise ApiError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{name}]", [name])
    parent = engine.store.get("Event", save.draft["EventId"]) or {}
    if parent.get("IsChild"):
        raise integrity("Invite people to the event itself, not to an invitee's copy", "EventId")
    if not save.caller.may_change("Event", parent):
        raise ApiError(
            "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", ["EventId"], status=403
        )
    others = engine.store.find("EventRelation", "EventId", parent["Id"])
    if any(row["RelationId"] == save.draft["RelationId"] for row in others):
        raise ApiError("DUPLICATE_VALUE", "duplicate value found: RelationId", ["RelationId"])
    repeats = parent.get("IsRecurrence") or parent.get("IsRecurrence2")
    if len(others) >= (_MOST_INVITEES_OF_SERIES if repeats else _MOST_INVITEES):
        raise integrity("Too many people are invited to this event", "EventId")
    if "IsInvitee" in save.draft and "IsInvitee" not in save.given:
        save.draft["IsInvitee"] = True


def after_save(engine: Engine, save: Save) -> None:
    """Make the invited user's copy, or take it away when they decline."""
    relation = save.draft
    parent = engine.store.get("Event", relation["EventId"])
    if parent is None:
        return
    if save.old is None:
        if not parent["IsGroupEvent"]:
            parent = engine.touch("Event", parent, IsGroupEvent=True, GroupEventType="1")
        if relation["RelationId"].startswith("005") and relation["RelationId"] != parent["OwnerId"]:
            _make_child(engine, parent, relation["RelationId"])
    if relation["Status"] == "Declined":
        for child in _children(engine, parent["Id"], relation["RelationId"]):
            engine.bin("Event", child, relation["RelationId"])


def after_relation_delete(engine: Engine, row: Row, user_id: str) -> None:
    """Withdraw the invitation: the copy goes, and an event without invitees is no group event."""
    parent = engine.store.get("Event", row["EventId"])
    if parent is None or parent["IsDeleted"]:
        return
    for child in _children(engine, parent["Id"], row["RelationId"]):
        engine.bin("Event", child, user_id)
    if not engine.store.find("EventRelation", "EventId", parent["Id"]):
        engine.touch("Event", parent, IsGroupEvent=False, GroupEventType="0")


def after_event_delete(engine: Engine, row: Row, user_id: str) -> None:
    """Delete the copies and relations of a deleted parent; the deletion of a copy declines."""
    if row["IsChild"]:
        for relation in engine.store.find("EventRelation", "EventId", row["_parent"]):
            if relation["RelationId"] == row["OwnerId"] and relation["Status"] != "Declined":
                engine.touch("EventRelation", relation, Status="Declined", RespondedDate=engine.clock.stamp())
        return
    # Relations first: a copy that goes while its relation stands would count as declined.
    for relation in engine.store.find("EventRelation", "EventId", row["Id"]):
        engine.bin("EventRelation", relation, user_id)
    for child in engine.store.find("Event", "_parent", row["Id"]):
        engine.bin("Event", child, user_id)


def copy_to_children(engine: Engine, parent: Row) -> None:
    """Give the copies what the parent now has."""
    shared = {name: value for name, value in parent.items() if name not in _OWN and not name.endswith("__c")}
    for child in engine.store.find("Event", "_parent", parent["Id"]):
        stamps = {name: parent[name] for name in ("LastModifiedDate", "LastModifiedById")}
        engine.touch("Event", child, **shared, **stamps)


def _children(engine: Engine, parent_id: str, owner_id: str) -> list[Row]:
    return [row for row in engine.store.find("Event", "_parent", parent_id) if row["OwnerId"] == owner_id]


def _make_child(engine: Engine, parent: Row, owner_id: str) -> None:
    now = engine.clock.stamp()
    child: Row = {
        **parent,
        "Id": engine.store.ids.new("00U"),
        "OwnerId": owner_id,
        "IsChild": True,
        "IsReminderSet": False,
        "ReminderDateTime": None,
        "CreatedDate": now,
        "LastModifiedDate": now,
        "SystemModstamp": now,
        "_parent": parent["Id"],
    }
    # An external id names one record; a copy must not carry it too.
    child.update({name: None for name in child if name.endswith("__c")})
    engine.store.put("Event", child)
