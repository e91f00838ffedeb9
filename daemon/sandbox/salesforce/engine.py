"""The one way in which a row of any object comes to be, changes, is deleted, restored or upserted.

REST rows, Collections, Composite, tests and the demo's seed all end here, so every rule holds for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from daemon.sandbox.salesforce.caller import Caller
from daemon.sandbox.salesforce.clock import Clock
from daemon.sandbox.salesforce.derived import derive
from daemon.sandbox.salesforce.errors import ApiError, is_deleted, no_column, not_found
from daemon.sandbox.salesforce.fields import Field, Row, SObject, Value
from daemon.sandbox.salesforce.object_rules import RULES, Save
from daemon.sandbox.salesforce.options import SalesforceOptions
from daemon.sandbox.salesforce.payload import PayloadReader, Verb
from daemon.sandbox.salesforce.schema import Schema
from daemon.sandbox.salesforce.store import DeletedRow, Store

_TRAIT = {"c": "createable", "u": "updateable"}


class Engine:
    """Writes rows under the org's rules. Every method is one transaction and raises ApiError when refused."""

    def __init__(self, schema: Schema, store: Store, clock: Clock, options: SalesforceOptions) -> None:
        self.schema = schema
        self.store = store
        self.clock = clock
        self.options = options
        #: Writes still to be refused with UNABLE_TO_LOCK_ROW.
        self.locks_left = options.lock_rows
        self._payload = PayloadReader(schema, store, options.line_breaks)

    def insert(self, name: str, fields: Mapping[str, Any], caller: Caller) -> str:
        """Create a row and return its id."""
        sobject = self.need(name)
        self._check_verb(sobject, "c", caller)
        with self.store.transaction():
            given = self._payload.read(sobject, fields, "c", caller)
            self._take_lock(caller)
            draft = self._blank(sobject, given, caller)
            draft.update({k: v for k, v in given.items() if v is not None or k not in draft})
            return self._save(Save(sobject, None, draft, frozenset(given), caller))

    def update(self, name: str, record_id: str, fields: Mapping[str, Any], caller: Caller) -> None:
        """Change the given fields of a row; the others stay."""
        sobject = self.need(name)
        self._check_verb(sobject, "u", caller)
        with self.store.transaction():
            old = self.row(sobject, record_id, caller)
            given = self._payload.read(sobject, fields, "u", caller)
            self._check_access(sobject, old, caller)
            self._take_lock(caller)
            self._save(Save(sobject, old, {**old, **given}, frozenset(given), caller))

    def delete(self, name: str, record_id: str, caller: Caller) -> None:
        """Put a row, and what depends on it, into the recycle bin."""
        sobject = self.need(name)
        if "deletable" not in sobject.traits and not caller.system:
            raise ApiError(
                "INSUFFICIENT_ACCESS_OR_READONLY", f"entity type {sobject.name} does not support delete", status=403
            )
        with self.store.transaction():
            row = self.row(sobject, record_id, caller)
            self._check_access(sobject, row, caller)
            self._take_lock(caller)
            self.bin(sobject.name, row, caller.user_id)

    def bin(self, name: str, row: Row, user_id: str) -> None:
        """Delete a row on the server's own account: no access check; idempotent."""
        if row.get("IsDeleted"):
            return
        now = self.clock.stamp()
        stamped = {"SystemModstamp": now, "LastModifiedDate": now, "LastModifiedById": user_id}
        self.store.put(name, {**row, "IsDeleted": True, **stamped})
        self.store.delete_log.append(DeletedRow(name, row["Id"], now))
        rules = RULES.get(name)
        if rules and rules.after_delete:
            rules.after_delete(self, row, user_id)

    def undelete(self, name: str, record_id: str, caller: Caller) -> None:
        """Take a row out of the recycle bin with the same id."""
        sobject = self.need(name)
        row = self.store.get(sobject.name, record_id)
        if "undeletable" not in sobject.traits:
            raise ApiError("INVALID_TYPE_FOR_OPERATION", f"entity type {sobject.name} does not support undelete")
        if row is None or not row.get("IsDeleted") or not caller.may_see(sobject.name, row):
            raise ApiError("UNDELETE_FAILED", "Entity is not in the recycle bin")
        now = self.clock.stamp()
        with self.store.transaction():
            stamped = {"SystemModstamp": now, "LastModifiedDate": now, "LastModifiedById": caller.user_id}
            self.store.put(sobject.name, {**row, "IsDeleted": False, **stamped})
            self.store.delete_log[:] = [e for e in self.store.delete_log if e.record_id != record_id]

    def touch(self, name: str, row: Row, **changes: Value) -> Row:
        """Change a row on the server's own account: SystemModstamp moves, LastModifiedDate and -ById do not."""
        changed = {**row, **changes, "SystemModstamp": self.clock.stamp()}
        self.store.put(name, changed)
        return changed

    # ---- look-ups -------------------------------------------------------------------------------------------

    def need(self, name: str) -> SObject:
        """Find an object or answer 404."""
        sobject = self.schema.find(name)
        if sobject is None:
            raise not_found()
        return sobject

    def row(self, sobject: SObject, record_id: str, caller: Caller) -> Row:
        """Find a row that the caller may see, or answer 404: ENTITY_IS_DELETED, else NOT_FOUND."""
        row = self.store.get(sobject.name, record_id)
        if row is None or not caller.may_see(sobject.name, row):
            raise not_found()
        if row.get("IsDeleted"):
            raise is_deleted()
        return row

    def key_field(self, sobject: SObject, name: str) -> Field:
        """Find a field that upserts and look-ups by value may use."""
        field = sobject.field(name)
        if field is None or not (field.is_("x") or field.is_("i")):
            raise not_found(f"Provided external ID field does not exist or is not accessible: {name}")
        return field

    # ---- saving ---------------------------------------------------------------------------------------------

    def _blank(self, sobject: SObject, given: Mapping[str, Value], caller: Caller) -> Row:
        """A new row with every field, defaults filled in."""
        draft: Row = {f.name: f.default for f in sobject.all_fields}
        draft["Id"] = self.store.ids.new(sobject.prefix)
        if "OwnerId" in draft:
            draft["OwnerId"] = caller.user_id
        for field in sobject.defaulted:
            if field.name in given and given[field.name] is None:
                draft[field.name] = field.default
        return draft

    def _save(self, save: Save) -> str:
        """Apply the rules to a draft and store it."""
        sobject, draft, old = save.sobject, save.draft, save.old
        rules = RULES.get(sobject.name)
        self._automation(save)
        if rules and rules.before_save:
            rules.before_save(self, save)
        derive(self, save)
        _check_required(save)
        self._check_unique(sobject, draft)
        self._validate(save)
        now = self.clock.stamp()
        user_id = save.caller.user_id
        stamps: Row = {"LastModifiedDate": now, "LastModifiedById": user_id, "SystemModstamp": now}
        if old is None:
            stamps |= {"CreatedDate": now, "CreatedById": user_id}
        if save.caller.system:
            stamps = {k: v for k, v in stamps.items() if k not in save.given}
        draft.update({k: v for k, v in stamps.items() if sobject.has(k)})
        self.store.put(sobject.name, draft)
        if rules and rules.after_save:
            rules.after_save(self, save)
        return str(draft["Id"])

    def _automation(self, save: Save) -> None:
        """The customer's before-save flow, where one is switched on."""
        prefix = self.options.before_save
        subject = save.draft.get("Subject")
        if (
            save.sobject.name == "Event"
            and prefix
            and not save.caller.system
            and not str(subject or "").startswith(prefix)
        ):
            save.draft["Subject"] = f"{prefix}{subject or ''}"[:255]

    def _validate(self, save: Save) -> None:
        """The customer's validation rule and duplicate rule, where they are switched on."""
        if save.caller.system:
            return
        pattern = self.options.validation
        if pattern and save.sobject.name == "Event" and re.search(pattern, str(save.draft.get("Subject") or "")):
            raise ApiError(
                "FIELD_CUSTOM_VALIDATION_EXCEPTION", "The organization does not accept this subject.", ["Subject"]
            )
        if (
            not self.options.duplicate_rule
            or save.caller.allow_duplicates
            or save.sobject.name not in {"Contact", "Lead"}
        ):
            return
        same = self.store.find(save.sobject.name, "Email", save.draft["Email"]) if save.draft["Email"] else []
        if any(row["Id"] != save.draft["Id"] for row in same):
            raise ApiError("DUPLICATES_DETECTED", "Use one of these records?", [])

    def _check_unique(self, sobject: SObject, draft: Row) -> None:
        for field in sobject.unique:
            if draft[field.name] is None:
                continue
            clash = [r for r in self.store.find(sobject.name, field.name, draft[field.name]) if r["Id"] != draft["Id"]]
            if clash:
                raise ApiError(
                    "DUPLICATE_VALUE",
                    f"duplicate value found: {field.name} duplicates value on record with id: {clash[0]['Id'][:15]}",
                    [field.name],
                )

    def _check_verb(self, sobject: SObject, verb: Verb, caller: Caller) -> None:
        trait = _TRAIT[verb]
        if trait not in sobject.traits and not caller.system:
            said = "insert" if verb == "c" else "update"
            raise ApiError("INVALID_TYPE_FOR_OPERATION", f"entity type {sobject.name} does not support {said}")

    def _check_access(self, sobject: SObject, row: Row, caller: Caller) -> None:
        if not caller.may_change(sobject.name, row):
            raise ApiError(
                "INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id", ["Id"], status=403
            )

    def _take_lock(self, caller: Caller) -> None:
        if self.locks_left and not caller.system:
            self.locks_left -= 1
            raise ApiError("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", [])

    def check_field(self, sobject: SObject, name: str) -> Field:
        """Find a readable field or refuse as the row resources do."""
        field = sobject.field(name)
        if field is None:
            raise no_column(name, sobject.name)
        return field


def _check_required(save: Save) -> None:
    if save.caller.system:
        return
    missing = [f.name for f in save.sobject.required if save.draft[f.name] is None]
    if missing:
        raise ApiError("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", missing)
