"""Field paths of SOQL: from `Owner.Name` to the field it means and a function that reads it from a row."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import TEXT_TYPES, Field, Row, SObject, text
from daemon.sandbox.salesforce.records import RecordView
from daemon.sandbox.salesforce.schema import Schema
from daemon.sandbox.salesforce.soql import place
from daemon.sandbox.salesforce.soql_nodes import Path
from daemon.sandbox.salesforce.store import Store

Getter = Callable[[Row], Any]

#: What every polymorphic look-up can be asked for besides the fields of the records themselves.
_TYPE = text("Type", "Object Type", 40, "fsg")
#: All else that may be asked through one, in small letters: the fields of the object Name, whatever the record is.
_NAME_FIELDS = frozenset(
    {
        *("id", "name", "firstname", "lastname", "middlename", "suffix", "nameoralias", "alias", "email", "phone"),
        *("title", "username", "isactive", "profile", "profileid", "userrole", "userroleid", "recordtypeid"),
        *("lastvieweddate", "lastreferenceddate"),
    }
)


@dataclass(frozen=True, slots=True)
class Resolved:
    """A path understood: the canonical names on the way, the field at its end, and how to read it."""

    names: tuple[str, ...]
    field: Field
    get: Getter


def sort_key(field: Field, get: Getter) -> Getter:
    """Text is sorted without regard to case, ids exactly: clients resume after the last id they saw."""
    if field.type in TEXT_TYPES:
        return lambda row: str(get(row)).casefold()
    return get


class PathFinder:
    """Resolves the paths of one query."""

    def __init__(self, schema: Schema, store: Store, view: RecordView, text: str) -> None:
        self._schema = schema
        self._store = store
        self._view = view
        self._text = text

    def find(self, sobject: SObject, path: Path, alias: str | None = None) -> Resolved:
        """Resolve a path that starts at an object; INVALID_FIELD when it leads nowhere."""
        parts = path.parts
        own = {sobject.name.lower(), (alias or "").lower()}
        if len(parts) > 1 and parts[0].lower() in own and sobject.relationship(parts[0]) is None:
            parts = parts[1:]
        return self._walk((sobject,), parts, path, named=False)

    def _walk(self, kinds: tuple[SObject, ...], parts: tuple[str, ...], path: Path, named: bool) -> Resolved:
        head, *rest = parts
        if not rest:
            return self._last(kinds, head, path, named)
        links = (kind.relationship(head) for kind in kinds) if not named or head.lower() in _NAME_FIELDS else ()
        link = next((f for f in links if f is not None), None)
        targets = tuple(o for o in map(self._schema.find, link.to if link else ()) if o is not None)
        if link is None or link.type != "reference" or not targets:
            raise ApiError(
                "INVALID_FIELD",
                self._at(
                    path,
                    f"Didn't understand relationship '{head}' in field path. "
                    "If you are attempting to use a custom relationship, be sure to append the '__r' after the custom "
                    "relationship name. Please reference your WSDL or the describe call for the appropriate names.",
                ),
            )
        inner = self._walk(targets, tuple(rest), path, named=link.is_("p"))
        name, read = link.name, inner.get

        def through(row: Row) -> Any:
            related = self.related(row.get(name))
            return None if related is None else read(related)

        return Resolved((str(link.rel), *inner.names), inner.field, through)

    def related(self, record_id: str | None) -> Row | None:
        """Return the row that a look-up points at."""
        target = self._schema.of_id(record_id) if record_id else None
        return self._store.get(target.name, str(record_id)) if target else None

    def _last(self, kinds: tuple[SObject, ...], name: str, path: Path, named: bool) -> Resolved:
        fields = {kind.name: field for kind in kinds if (field := kind.field(name)) is not None}
        if named and name.lower() == "type":
            return Resolved(("Type",), _TYPE, self._kind_of)
        if not fields or (named and name.lower() not in _NAME_FIELDS):
            owner = "Name" if named else kinds[0].name
            raise ApiError(
                "INVALID_FIELD",
                self._at(
                    path,
                    f"No such column '{name}' on entity '{owner}'. If you are attempting "
                    "to use a custom field, be sure to append the '__c' after the custom field name. Please reference "
                    "your WSDL or the describe call for the appropriate names.",
                ),
            )
        field = next(iter(fields.values()))
        view = self._view
        if len(kinds) == 1:
            return Resolved((field.name,), field, lambda row: view.value(field, row))

        def by_kind(row: Row) -> Any:
            kind = self._schema.of_id(row["Id"])
            own = fields.get(kind.name) if kind else None
            return view.value(own, row) if own else None

        return Resolved((field.name,), field, by_kind)

    def _kind_of(self, row: Row) -> str | None:
        kind = self._schema.of_id(row["Id"])
        return kind.name if kind else None

    def _at(self, path: Path, message: str) -> str:
        """Add the place of a path in the query to a message."""
        found = re.search(rf"(?<![\w.]){re.escape(path.text)}(?![\w.])", self._text)
        before = self._text[: found.start()] if found else ""
        return place(self._text, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1, message)
