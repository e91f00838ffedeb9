"""From the JSON of a written record to checked values: known, writable, of the right type, pointing at real rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from daemon.sandbox.salesforce.caller import Caller
from daemon.sandbox.salesforce.errors import ApiError, integrity, no_column
from daemon.sandbox.salesforce.fields import Field, SObject, Value
from daemon.sandbox.salesforce.record_ids import full_id
from daemon.sandbox.salesforce.schema import Schema
from daemon.sandbox.salesforce.store import Store
from daemon.sandbox.salesforce.values import read

Verb = Literal["c", "u"]


class PayloadReader:
    """Reads written records against the org's schema and rows."""

    def __init__(self, schema: Schema, store: Store, line_breaks: str) -> None:
        self._schema = schema
        self._store = store
        self._line_breaks = line_breaks

    def read(self, sobject: SObject, fields: Mapping[str, Any], verb: Verb, caller: Caller) -> dict[str, Value]:
        """Return canonical name -> value for every field given; ApiError for the first that cannot be written.

        Names are taken in any case; `attributes` is ignored; a relationship given as an object with one external id
        is looked up.
        """
        known: dict[str, tuple[Field, Any]] = {}
        for name, value in fields.items():
            if name.lower() == "attributes":
                continue
            field, given = self._resolve(sobject, name, value, caller)
            known[field.name] = (field, given)
        if not caller.system:
            _check_writable(sobject, [field for field, _ in known.values()], verb)
        values = {name: read(field, given, self._line_breaks) for name, (field, given) in known.items()}
        for name, (field, _) in known.items():
            if field.type == "reference" and values[name] is not None:
                self._check_reference(field, str(values[name]), caller)
        return values

    def _resolve(self, sobject: SObject, name: str, value: Any, caller: Caller) -> tuple[Field, Any]:
        field = sobject.field(name)
        if field is None and caller.system:
            field = next((f for f in sobject.all_fields if f.name == name), None)
        if field is not None:
            return field, value
        link = sobject.relationship(name)
        if link is None or not isinstance(value, dict):
            raise no_column(name, sobject.name)
        return link, self._by_external_id(sobject, link, value)

    def _by_external_id(self, sobject: SObject, link: Field, value: Mapping[str, Any]) -> str:
        """Find the row that `{"Account": {"ExtId__c": "x"}}` means."""
        keys = {name: v for name, v in value.items() if name.lower() not in {"attributes", "type"}}
        attributes = value.get("attributes")
        said = (attributes.get("type") if isinstance(attributes, dict) else None) or value.get("type")
        if said is not None and not isinstance(said, str):
            raise ApiError("JSON_PARSER_ERROR", f"{link.rel}: the type of the related record is a text")
        targets = [t for t in map(self._schema.find, [said] if said else link.to) if t is not None]
        if len(keys) != 1 or len(targets) != 1:
            raise integrity(f"{link.rel}: give the type and one external id of the related record", link.name)
        ((name, key),) = keys.items()
        key_field = targets[0].field(name)
        if key_field is None or not (key_field.is_("i") or key_field.is_("x")) or key_field.type == "id":
            raise ApiError(
                "INVALID_FIELD",
                f"Foreign key external ID: {key} not found for field {name} in entity {targets[0].name}",
            )
        found = self._store.find(targets[0].name, key_field.name, str(key))
        if len(found) != 1:
            raise ApiError(
                "INVALID_FIELD",
                f"Foreign key external ID: {key} not found for field {name} in entity {targets[0].name}",
            )
        return str(found[0]["Id"])

    def _check_reference(self, field: Field, record_id: str, caller: Caller) -> None:
        target = self._schema.of_id(record_id)
        if target is not None and target.name not in field.to:
            raise integrity(f"{field.label}: id value of incorrect type: {record_id}", field.name)
        row = self._store.get(target.name, record_id) if target else None
        if target is None or row is None or row.get("IsDeleted") or not caller.may_see(target.name, row):
            raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [field.name])
        if target.name == "User" and not row.get("IsActive") and field.name == "OwnerId":
            raise ApiError("INACTIVE_OWNER_OR_USER", "operation performed with inactive user", [field.name])


def _check_writable(sobject: SObject, fields: list[Field], verb: Verb) -> None:
    if verb == "c" and any(f.name == "Id" for f in fields):
        raise ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", ["Id"])
    if verb == "u" and any(f.name == "Id" for f in fields):
        raise ApiError("INVALID_FIELD", "The Id field should not be specified in the sobject data.")
    refused = [f.name for f in fields if not f.is_(verb)]
    if refused:
        raise ApiError(
            "INVALID_FIELD_FOR_INSERT_UPDATE",
            f"Unable to create/update fields: {', '.join(refused)}. Please check the security settings of this field and "
            "verify that it is read/write for your profile or permission set.",
            refused,
        )


def read_id(given: Any, sobject: SObject, label: str = "Record ID") -> str:
    """Read the id of a row of an object; MALFORMED_ID when it cannot be one."""
    found = full_id(given.strip()) if isinstance(given, str) else None
    if found is None or found[:3] != sobject.prefix:
        raise ApiError("MALFORMED_ID", f"{label}: id value of incorrect type: {given}", ["Id"])
    return found
