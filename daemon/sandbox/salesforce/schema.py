"""The objects of one org: the tables of fields, changed by what the org has switched on or hidden."""

from __future__ import annotations

from dataclasses import dataclass, replace

from daemon.sandbox.salesforce import objects_activity as activity
from daemon.sandbox.salesforce.fields import Field, SObject, text
from daemon.sandbox.salesforce.objects_people import CONTACT, LEAD, ORGANIZATION, USER
from daemon.sandbox.salesforce.objects_sales import (
    ACCOUNT,
    BIG_TABLE,
    CASE,
    OPPORTUNITY,
    PROFILE,
    RECORD_TYPE,
    UPSERT_TABLE,
)
from daemon.sandbox.salesforce.options import SalesforceOptions

#: The external id that an administrator may make on Activity for Daybridge.
KEY_FIELD = "Daybridge_Key__c"
REQUIRED_FIELD = "Reason__c"


@dataclass(frozen=True, slots=True)
class ChildRelation:
    """`parent`'s rows have child rows in `child`, whose field `field` points at them; `name` is None where not queryable."""

    parent: str
    child: str
    field: str
    name: str | None


#: Where the plural of the child object is not the name of the relationship.
_CHILD_NAMES = {
    ("Account", "ParentId"): "ChildAccounts",
    ("Event", "RecurrenceActivityId"): "RecurringEvents",
}
#: Look-ups that have a child relationship with a name; audit look-ups and owners have none.
_UNNAMED = frozenset(
    {
        *("CreatedById", "LastModifiedById", "OwnerId", "MasterRecordId", "ReportsToId", "ManagerId"),
        *("ConvertedAccountId", "ConvertedContactId", "ConvertedOpportunityId"),
    }
)


class Schema:
    """Every object an org has, found by name in any case or by the first three characters of an id."""

    def __init__(self, objects: tuple[SObject, ...]) -> None:
        self.objects = objects
        self._by_name = {o.name.lower(): o for o in objects}
        self._by_prefix = {o.prefix: o for o in objects}
        self._children = tuple(_relations(objects))

    def find(self, name: str) -> SObject | None:
        """Find an object by its name in any case."""
        return self._by_name.get(name.lower())

    def of_id(self, record_id: str) -> SObject | None:
        """Find the object that an id belongs to."""
        return self._by_prefix.get(record_id[:3])

    def children(self, parent: str) -> tuple[ChildRelation, ...]:
        """Return the relations in which an object is the parent."""
        return tuple(r for r in self._children if r.parent == parent)

    def child(self, parent: str, name: str) -> ChildRelation | None:
        """Find a relation by the name used in sub-queries."""
        return next((r for r in self.children(parent) if r.name and r.name.lower() == name.lower()), None)


def _relations(objects: tuple[SObject, ...]) -> list[ChildRelation]:
    names = {o.name for o in objects}
    found = []
    for child in objects:
        for field in child.fields:
            if field.type != "reference":
                continue
            unnamed = field.name in _UNNAMED or (child.name, field.name) == ("EventRelation", "AccountId")
            name = None if unnamed else _CHILD_NAMES.get((child.name, field.name), child.child_name)
            found += [ChildRelation(parent, child.name, field.name, name) for parent in field.to if parent in names]
    return found


def build_schema(options: SalesforceOptions) -> Schema:
    """Build the objects of an org with these options; ValueError names a hidden field that does not exist."""
    event, task = activity.EVENT.all_fields, activity.TASK.all_fields
    relation = activity.EVENT_RELATION.all_fields
    if options.type_visible:
        event = (*event, activity.EVENT_TYPE)
    if options.shared_activities:
        event = (*event, *activity.SHARED_EVENT_FIELDS)
        relation = (*relation, *activity.SHARED_RELATION_FIELDS)
    if options.key_field:
        key = text(KEY_FIELD, "Daybridge Key", 255, "cunfsgaixP" + ("U" if options.key_field_unique else ""))
        event, task = (*event, key), (*task, key)
    if options.required_field:
        event = (*event, text(REQUIRED_FIELD, "Reason", 80, "cufsgaP"))
    objects = (
        ACCOUNT,
        BIG_TABLE,
        CASE,
        CONTACT,
        replace(activity.EVENT, all_fields=event),
        replace(activity.EVENT_RELATION, all_fields=relation),
        LEAD,
        OPPORTUNITY,
        ORGANIZATION,
        PROFILE,
        RECORD_TYPE,
        replace(activity.TASK, all_fields=task),
        UPSERT_TABLE,
        USER,
    )
    return Schema(tuple(_hide(o, options.hidden_fields) for o in objects) if options.hidden_fields else objects)


def _hide(sobject: SObject, names: tuple[str, ...]) -> SObject:
    """Take away the fields named `Object.Field`; unknown names are refused so that a typing error shows."""
    hidden = set()
    for name in names:
        owner, _, field = name.partition(".")
        if owner.lower() != sobject.name.lower():
            continue
        found: Field | None = sobject.field(field)
        if found is None or not found.is_("n"):
            raise ValueError(f"hidden_fields: {name} is not a field of {sobject.name} that can be hidden.")
        hidden.add(found.name)
    return replace(sobject, hidden=frozenset(hidden))
