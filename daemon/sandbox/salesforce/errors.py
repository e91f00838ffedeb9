"""How the REST API says no: an HTTP status and one or more coded errors.

Codes and statuses: reference salesforce.md 1.3. Wordings are those of recorded replies where we have one; clients
must not depend on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Fault:
    """One coded error; `fields` are canonical field names."""

    code: str
    message: str
    fields: tuple[str, ...] = ()


class ApiError(Exception):
    """A refused request. Single-record resources answer `body()`, Collections put `row_errors()` into the row."""

    def __init__(self, code: str, message: str, fields: Sequence[str] = (), status: int = 400) -> None:
        super().__init__(message)
        self.status = status
        self.fault = Fault(code, message, tuple(fields))

    def body(self) -> list[dict[str, Any]]:
        """The error as the array that single-record resources send."""
        shown: dict[str, Any] = {"message": self.fault.message, "errorCode": self.fault.code}
        if self.fault.fields or self.fault.code in _WITH_FIELDS:
            shown["fields"] = list(self.fault.fields)
        return [shown]

    def row_errors(self) -> list[dict[str, Any]]:
        """The error as a row of a Collections result carries it: `statusCode`, not `errorCode`."""
        return [{"statusCode": self.fault.code, "message": self.fault.message, "fields": list(self.fault.fields)}]


#: Errors of the save itself always name fields, if only an empty list.
_WITH_FIELDS = frozenset(
    {
        "FIELD_INTEGRITY_EXCEPTION",
        "INVALID_FIELD_FOR_INSERT_UPDATE",
        "REQUIRED_FIELD_MISSING",
        "STRING_TOO_LONG",
        "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "INVALID_CROSS_REFERENCE_KEY",
        "ENTITY_IS_DELETED",
        "DUPLICATE_VALUE",
        "UNABLE_TO_LOCK_ROW",
        "MALFORMED_ID",
    }
)


def not_found(message: str = "The requested resource does not exist") -> ApiError:
    """404 for an unknown resource or row."""
    return ApiError("NOT_FOUND", message, status=404)


def is_deleted() -> ApiError:
    """404 for a row in the recycle bin ([M] in the reference: the status of this one is not certain)."""
    return ApiError("ENTITY_IS_DELETED", "entity is deleted", status=404)


def no_column(name: str, sobject: str) -> ApiError:
    """400 for a field that the object does not have or the caller may not see, in a written record."""
    return ApiError("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject}")


def integrity(message: str, *fields: str) -> ApiError:
    """400 for values that do not go together."""
    return ApiError("FIELD_INTEGRITY_EXCEPTION", message, fields)
