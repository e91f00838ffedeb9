"""query, queryAll, their further pages, column metadata and query plans."""

from __future__ import annotations

import re
from typing import Any

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import NUMBER_TYPES, TEXT_TYPES
from daemon.sandbox.salesforce.messages import ApiReply, ApiRequest
from daemon.sandbox.salesforce.org import Org
from daemon.sandbox.salesforce.query import QueryResult
from daemon.sandbox.salesforce.select_list import Column

_SMALLEST, _LARGEST = 200, 2000
_APEX_TYPES = {"boolean": "Boolean", "int": "Integer", "double": "Double", "currency": "Double", "percent": "Double"}


def query(org: Org, request: ApiRequest) -> ApiReply:
    """GET /query?q=: rows neither deleted nor archived."""
    return _run(org, request, include_deleted=False)


def query_all(org: Org, request: ApiRequest) -> ApiReply:
    """GET /queryAll?q=: deleted and archived rows too."""
    return _run(org, request, include_deleted=True)


def next_page(org: Org, request: ApiRequest, locator: str) -> ApiReply:
    """GET /query/{locator}."""
    return ApiReply(200, org.cursors.next(locator, request.caller.user_id, request.version))


def _run(org: Org, request: ApiRequest, include_deleted: bool) -> ApiReply:
    if "explain" in request.query:
        return _plan(org, request)
    text = request.query.get("q")
    if text is None or not text.strip():
        raise ApiError("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
    result = org.query(text, request.caller, request.version, include_deleted)
    if request.query.get("columns", "").lower() == "true":
        return ApiReply(200, _column_metadata(result))
    if result.grouped:
        return _groups(result)
    size = _page_size(request, org.options.query_batch)
    page = org.cursors.first(result.records, result.total, request.caller.user_id, size, request.version)
    return ApiReply(200, page)


def _groups(result: QueryResult) -> ApiReply:
    """Groups come on one page or not at all."""
    if result.total > _LARGEST:
        raise ApiError(
            "EXCEEDED_ID_LIMIT",
            "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch",
        )
    return ApiReply(200, {"totalSize": result.total, "done": True, "records": list(result.records)})


def _page_size(request: ApiRequest, largest: int) -> int:
    """The batch size that was asked for is only a hint between 200 and 2000."""
    said = re.search(r"batchSize\s*=\s*(\d+)", request.headers.get("sforce-query-options", ""))
    asked = min(max(int(said[1]), _SMALLEST), _LARGEST) if said else _LARGEST
    return min(asked, largest)


def _column_metadata(result: QueryResult) -> dict[str, Any]:
    return {
        "columnMetadata": [_column(column) for column in result.columns],
        "entityName": result.sobject.name,
        "groupBy": result.grouped,
        "idSelected": any(c.label == "Id" for c in result.columns),
        "keyPrefix": result.sobject.prefix,
    }


def _column(column: Column) -> dict[str, Any]:
    field = column.found.field if column.found else None
    kind = field.type if field else ""
    names = column.label.split(".")
    made: dict[str, Any] = {
        "aggregate": field is None,
        "apexType": _APEX_TYPES.get(kind, "Id" if kind in {"id", "reference"} else "String"),
        "booleanType": kind == "boolean",
        "columnName": names[-1],
        "custom": bool(field and field.custom),
        "displayName": names[-1],
        "foreignKeyName": field.rel if field and kind == "reference" else None,
        "insertable": bool(field and field.is_("c")),
        "joinColumns": [],
        "numberType": kind in NUMBER_TYPES,
        "textType": kind in TEXT_TYPES,
        "updatable": bool(field and field.is_("u")),
    }
    for name in reversed(names[:-1]):
        made = {**made, "columnName": name, "displayName": name, "joinColumns": [made]}
    return made


def _plan(org: Org, request: ApiRequest) -> ApiReply:
    """Explain a query (or a list view) as a scan of the table, which is what the sandbox does."""
    text = request.query["explain"]
    if re.fullmatch(r"00B[0-9A-Za-z]{12,15}", text):
        kind = next((o for o in org.schema.objects if text[3:6] == o.prefix), None)
        text = f"SELECT Id FROM {kind.name if kind else 'Account'}"
    result = org.query(text, request.caller, request.version, include_deleted=False)
    size = org.store.count(result.sobject.name)
    plan = {
        "cardinality": result.total,
        "fields": [],
        "leadingOperationType": "TableScan",
        "notes": [],
        "relativeCost": round(0.5 + result.total / max(size, 1), 3),
        "sobjectCardinality": size,
        "sobjectType": result.sobject.name,
    }
    return ApiReply(200, {"plans": [plan], "sourceQuery": text})
