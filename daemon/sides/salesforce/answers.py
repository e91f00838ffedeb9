"""What Salesforce's answers mean: error bodies read, and each code turned into what the caller should do about it.

Single requests answer ``[{"message","errorCode","fields"}]``, rows of Collections ``{"statusCode","message","fields"}``
(reference/salesforce.md 1.3). Wordings are unknown or change, so decisions go by code, with two documented exceptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from daemon.sides.contract import Refused
from shared.texts import text

PRECONDITION_FAILED = "PRECONDITION_FAILED"
"""Our name for a 412, which comes without a code that is documented."""


@dataclass(frozen=True, slots=True)
class RowError:
    """One error of one row or request."""

    code: str
    message: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowResult:
    """What became of one row of a write; ``error`` is None when it was written."""

    id: str = ""
    error: RowError | None = None
    status: int = 200


class RequestRefused(Exception):
    """Salesforce understood the request and refused it as a whole."""

    def __init__(self, status: int, error: RowError) -> None:
        super().__init__(f"{status} {error.code}")
        self.status = status
        self.error = error


class AnswerLost(Exception):
    """A write was sent and may or may not have been carried out."""


class Meaning(StrEnum):
    """What a row's error asks for."""

    PERMANENT = "permanent"
    """Not again until the item or a rule changes."""
    PASSING = "passing"
    """May work the next time."""
    STALE = "stale"
    """The row is not what we believed, or is no longer there."""
    LOCKED = "locked"
    """Another transaction holds the row or its parent: again in a moment."""
    EXISTS = "exists"
    """A row with our key is there: adopt it."""
    LINK = "link"
    """WhoId or WhatId is not allowed: once more without them."""


_TABLE: Mapping[str, tuple[Meaning, str]] = {
    PRECONDITION_FAILED: (Meaning.STALE, ""),
    "NOT_FOUND": (Meaning.STALE, ""),
    "ENTITY_IS_DELETED": (Meaning.STALE, ""),
    "INVALID_CROSS_REFERENCE_KEY": (Meaning.LINK, "salesforce.refused.access"),
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": (Meaning.LINK, "salesforce.refused.access"),
    "INSUFFICIENT_ACCESS_OR_READONLY": (Meaning.PERMANENT, "salesforce.refused.access"),
    "INSUFFICIENT_ACCESS": (Meaning.PERMANENT, "salesforce.refused.access"),
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": (Meaning.PERMANENT, "salesforce.refused.rule"),
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": (Meaning.PERMANENT, "salesforce.refused.rule"),
    "FIELD_FILTER_VALIDATION_EXCEPTION": (Meaning.PERMANENT, "salesforce.refused.rule"),
    "FIELD_INTEGRITY_EXCEPTION": (Meaning.PERMANENT, "salesforce.refused.times"),
    "INVALID_FIELD_FOR_INSERT_UPDATE": (Meaning.PERMANENT, "salesforce.refused.field"),
    "INVALID_FIELD": (Meaning.PERMANENT, "salesforce.refused.field"),
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": (Meaning.PERMANENT, "salesforce.refused.value"),
    "STRING_TOO_LONG": (Meaning.PERMANENT, "salesforce.refused.too_long"),
    "REQUIRED_FIELD_MISSING": (Meaning.PERMANENT, "salesforce.refused.required"),
    "DUPLICATE_VALUE": (Meaning.EXISTS, "salesforce.refused.key_taken"),
    "UNABLE_TO_LOCK_ROW": (Meaning.LOCKED, "salesforce.refused.locked_row"),
    "ALL_OR_NONE_OPERATION_ROLLED_BACK": (Meaning.PASSING, "salesforce.refused.other"),
    "SERVER_UNAVAILABLE": (Meaning.PASSING, "salesforce.refused.other"),
    "QUERY_TIMEOUT": (Meaning.PASSING, "salesforce.refused.other"),
    "UNKNOWN_EXCEPTION": (Meaning.PASSING, "salesforce.refused.other"),
    "REQUEST_RUNNING_TOO_LONG": (Meaning.PASSING, "salesforce.refused.other"),
    "INVALID_SESSION_ID": (Meaning.PASSING, "salesforce.refused.other"),
    "REQUEST_LIMIT_EXCEEDED": (Meaning.PASSING, "salesforce.refused.other"),
    "PROCESSING_HALTED": (Meaning.PASSING, "salesforce.refused.other"),
}
"""Table 1.3. A code that is not in it is permanent: a poison row must not be sent for ever."""


def meaning(error: RowError) -> Meaning:
    return _TABLE.get(error.code, (Meaning.PERMANENT, ""))[0]


def refusal(op_id: str, error: RowError) -> Refused:
    """The outcome for a row that Salesforce refused, with the customer's own message where there is one."""
    what, sentence = _TABLE.get(error.code, (Meaning.PERMANENT, ""))
    words = text(
        sentence or "salesforce.refused.other",
        error=error.code,
        message=error.message.strip(),
        fields=", ".join(error.fields) or "no field named",
    )
    return Refused(op_id, error.code, words, permanent=what not in (Meaning.PASSING, Meaning.LOCKED))


def error_of(content: object) -> RowError | None:
    """The first error of a JSON error body of any of the known shapes; None for anything else."""
    first: Any = content[0] if isinstance(content, list) and content else content
    if not isinstance(first, Mapping):
        return None
    code = first.get("errorCode") or first.get("statusCode") or first.get("error")
    if not isinstance(code, str):
        return None
    fields = first.get("fields")
    names = tuple(str(name) for name in fields) if isinstance(fields, list) else ()
    return RowError(code, str(first.get("message") or first.get("error_description") or ""), names)


def collection_results(body: object, sent: int) -> list[RowResult]:
    """Results of a Collections request, in request order; raises AnswerLost when they do not fit what was sent."""
    rows = body if isinstance(body, list) else []
    if len(rows) != sent or not all(isinstance(row, Mapping) for row in rows):
        raise AnswerLost
    return [_row_result(row) for row in rows]


def _row_result(row: Mapping[str, Any]) -> RowResult:
    if row.get("success") is True:
        return RowResult(id=str(row.get("id") or ""))
    return RowResult(id=str(row.get("id") or ""), error=error_of(row.get("errors")) or RowError("UNKNOWN_EXCEPTION"))


def composite_results(body: object, sent: int) -> list[RowResult]:
    """Results of a Composite request, in request order; raises AnswerLost when they do not fit what was sent."""
    rows = body.get("compositeResponse") if isinstance(body, Mapping) else None
    if not isinstance(rows, list) or len(rows) != sent or not all(isinstance(row, Mapping) for row in rows):
        raise AnswerLost
    return [_composite_result(row) for row in rows]


def _composite_result(row: Mapping[str, Any]) -> RowResult:
    status = row.get("httpStatusCode")
    code = status if isinstance(status, int) else 500
    if 200 <= code < 300:
        return RowResult(status=code)
    if code == 412:
        return RowResult(error=RowError(PRECONDITION_FAILED), status=code)
    return RowResult(error=error_of(row.get("body")) or RowError("UNKNOWN_EXCEPTION", str(code)), status=code)
