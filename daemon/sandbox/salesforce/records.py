"""A stored row as the API shows it: attributes, compound addresses, fields worked out while reading."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from daemon.sandbox.salesforce.clock import Clock
from daemon.sandbox.salesforce.fields import Field, Row, SObject
from daemon.sandbox.salesforce.options import SalesforceOptions
from daemon.sandbox.salesforce.values import show

_ADDRESS_PARTS = ("city", "country", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state", "street")
_ARCHIVED_AFTER = timedelta(days=365)
_PHOTO = "/services/images/photo/{}"
_USER_PHOTO = "/profilephoto/005/{}"


class RecordView:
    """Reads values out of rows; the one place that knows what is not stored."""

    def __init__(self, clock: Clock, options: SalesforceOptions) -> None:
        self._clock = clock
        self._archives = options.archive

    def archived(self, row: Row) -> bool:
        """Tell whether an event ended over a year ago (where the org archives)."""
        end = row.get("EndDateTime")
        return self._archives and end is not None and end < self._clock.now() - _ARCHIVED_AFTER

    def value(self, field: Field, row: Row) -> Any:
        """Return a field's value as stored or as worked out now."""
        if field.name == "IsArchived":
            return self.archived(row)
        if field.type == "address":
            return _address(field, row)
        value = row.get(field.name)
        if value is None and field.extra == "imageurl":
            return (_USER_PHOTO if row["Id"].startswith("005") else _PHOTO).format(row["Id"])
        return value

    def json(self, field: Field, row: Row) -> Any:
        """Return a field's value as JSON carries it."""
        return show(self.value(field, row))

    def record(
        self, sobject: SObject, row: Row, version: str, fields: tuple[Field, ...] | None = None
    ) -> dict[str, Any]:
        """Return a row with its attributes and the given fields (all visible ones where none are given)."""
        shown = {field.name: self.json(field, row) for field in fields or sobject.fields}
        return {"attributes": attributes(sobject.name, row["Id"], version), **shown}


def attributes(kind: str, record_id: str, version: str, named: str | None = None) -> dict[str, str]:
    """Return the type and address that every record carries; `named` replaces the type where a look-up is polymorphic."""
    return {"type": named or kind, "url": f"/services/data/v{version}/sobjects/{kind}/{record_id}"}


def _address(field: Field, row: Row) -> dict[str, Any] | None:
    prefix = field.name.removesuffix("Address")
    parts = {part: row.get(f"{prefix}{part[0].upper()}{part[1:]}") for part in _ADDRESS_PARTS}
    return parts if any(value is not None for value in parts.values()) else None
