"""sObject Collections: up to 200 records in one call, each with its own result.

Facts: reference salesforce.md 3.1. Results stand in request order and spell the code `statusCode`; with allOrNone the
rows that were fine answer ALL_OR_NONE_OPERATION_ROLLED_BACK; the records may change type at most ten times.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import SObject
from daemon.sandbox.salesforce.messages import ApiReply, ApiRequest
from daemon.sandbox.salesforce.org import Org
from daemon.sandbox.salesforce.payload import read_id
from daemon.sandbox.salesforce.record_ids import full_id

_MOST = 200
_MOST_READ = 2000
_MOST_CHUNKS = 10
_Row = dict[str, Any]
#: Does one record; returns what its result says beside success and errors.
_Step = Callable[[Any], _Row]


class _RolledBack(Exception):
    """Ends the transaction of a call in which a record failed."""


def create(org: Org, request: ApiRequest) -> ApiReply:
    """POST /composite/sobjects."""
    body, records = _records(request)

    def insert(record: Any) -> _Row:
        sobject = _kind(org, record)
        return {"id": org.engine.insert(sobject.name, _fields(record), request.caller)}

    return _each(org, records, insert, _said(body.get("allOrNone")))


def update(org: Org, request: ApiRequest) -> ApiReply:
    """PATCH /composite/sobjects."""
    body, records = _records(request)

    def change(record: Any) -> _Row:
        sobject = _kind(org, record)
        given = next((v for k, v in record.items() if k.lower() == "id"), None)
        if not given:
            raise ApiError("MISSING_ARGUMENT", "Id not specified in an update call", ["Id"])
        record_id = _existing(org, request, sobject, given)
        org.engine.update(sobject.name, record_id, _fields(record, "id"), request.caller)
        return {"id": record_id}

    return _each(org, records, change, _said(body.get("allOrNone")))


def upsert(org: Org, request: ApiRequest, name: str, key: str) -> ApiReply:
    """PATCH /composite/sobjects/{name}/{field}."""
    sobject = org.engine.need(name)
    field = org.engine.key_field(sobject, key)
    body, records = _records(request)

    def one(record: Any) -> _Row:
        if _kind(org, record) is not sobject:
            raise ApiError("INVALID_TYPE", f"The record is not of type {sobject.name}")
        value = next((v for k, v in record.items() if k.lower() == field.name.lower()), None)
        if isinstance(value, dict | list):
            raise ApiError("JSON_PARSER_ERROR", f"{field.name}: a plain value is needed", [field.name])
        if field.type == "id":
            if value in {None, ""}:
                return {"id": org.engine.insert(name, _fields(record, "id"), request.caller), "created": True}
            record_id = _existing(org, request, sobject, value)
            org.engine.update(name, record_id, _fields(record, "id"), request.caller)
            return {"id": record_id, "created": False}
        if value in {None, ""}:
            raise ApiError("MISSING_ARGUMENT", f"{field.name} not specified", [field.name])
        found = [r for r in org.store.find(name, field.name, str(value)) if request.caller.may_see(sobject.name, r)]
        if len(found) > 1:
            raise ApiError(
                "DUPLICATE_EXTERNAL_ID",
                f"{field.label}: more than one record found for external id field",
                [field.name],
            )
        if found:
            org.engine.update(name, found[0]["Id"], _fields(record, "id"), request.caller)
            return {"id": found[0]["Id"], "created": False}
        return {"id": org.engine.insert(name, _fields(record), request.caller), "created": True}

    return _each(org, records, one, _said(body.get("allOrNone")), failed={"created": True})


def delete(org: Org, request: ApiRequest) -> ApiReply:
    """DELETE /composite/sobjects?ids=...&allOrNone=."""
    ids = _ids(request.query.get("ids", ""), _MOST)

    def remove(given: Any) -> _Row:
        sobject = org.schema.of_id(full_id(given) or "")
        if sobject is None:
            raise ApiError("MALFORMED_ID", f"malformed id {given}", [])
        record_id = _existing(org, request, sobject, given)
        org.engine.delete(sobject.name, record_id, request.caller)
        return {"id": record_id}

    return _each(org, ids, remove, _said(request.query.get("allOrNone")))


def read(org: Org, request: ApiRequest, name: str) -> ApiReply:
    """GET /composite/sobjects/{name}?ids=...&fields=...; null for every id that is not there."""
    ids = _ids(request.query.get("ids", ""), _MOST_READ)
    names = [n.strip() for n in request.query.get("fields", "").split(",") if n.strip()]
    return _read(org, request, name, ids, names)


def read_posted(org: Org, request: ApiRequest, name: str) -> ApiReply:
    """POST /composite/sobjects/{name} {"ids": [...], "fields": [...]}: the same for long lists."""
    body = request.record()
    asked, names = body.get("ids") or [], body.get("fields") or []
    if not isinstance(asked, list) or not isinstance(names, list):
        raise ApiError("JSON_PARSER_ERROR", "The request body needs the arrays ids and fields")
    ids = [i for i in asked if isinstance(i, str)]
    if len(ids) > _MOST_READ:
        raise ApiError(
            "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {_MOST_READ} records into this call"
        )
    return _read(org, request, name, ids, [str(n) for n in names])


def _read(org: Org, request: ApiRequest, name: str, ids: list[str], names: list[str]) -> ApiReply:
    sobject = org.engine.need(name)
    if not names:
        raise ApiError("MISSING_ARGUMENT", "fields must be specified")
    fields = [org.engine.check_field(sobject, n) for n in names]
    if all(f.name != "Id" for f in fields):
        fields.append(org.engine.check_field(sobject, "Id"))
    shown: list[Any] = []
    for given in ids:
        row = org.store.get(sobject.name, full_id(given) or "")
        there = row is not None and not row.get("IsDeleted") and request.caller.may_see(sobject.name, row)
        shown.append(org.view.record(sobject, row, request.version, tuple(fields)) if row and there else None)
    return ApiReply(200, shown)


def _records(request: ApiRequest) -> tuple[_Row, list[Any]]:
    body = request.record()
    records = body.get("records")
    if not isinstance(records, list):
        raise ApiError("JSON_PARSER_ERROR", "The request body needs an array called records")
    if len(records) > _MOST:
        raise ApiError(
            "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {_MOST} records into this call"
        )
    types = [
        r.get("attributes", {}).get("type")
        for r in records
        if isinstance(r, dict) and isinstance(r.get("attributes"), dict)
    ]
    if sum(1 for _ in groupby(types)) > _MOST_CHUNKS:
        raise ApiError(
            "LIMIT_EXCEEDED",
            "Cannot have more than 10 chunks in a single operation. Please rearrange the data to reduce chunking.",
        )
    return body, records


def _ids(said: str, most: int) -> list[str]:
    ids = [part.strip() for part in said.split(",") if part.strip()]
    if not ids:
        raise ApiError("MISSING_ARGUMENT", "ids must be specified")
    if len(ids) > most:
        raise ApiError(
            "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {most} records into this call"
        )
    return ids


def _said(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() == "true")


def _kind(org: Org, record: Any) -> SObject:
    attributes = record.get("attributes") if isinstance(record, dict) else None
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str):
        raise ApiError("INVALID_INPUT", "Include an entity type in each record's attributes")
    sobject = org.schema.find(name)
    if sobject is None:
        raise ApiError("INVALID_TYPE", f"sObject type '{name}' is not supported.")
    return sobject


def _fields(record: _Row, *without: str) -> _Row:
    return {k: v for k, v in record.items() if k.lower() not in {"attributes", *without}}


def _existing(org: Org, request: ApiRequest, sobject: SObject, given: Any) -> str:
    """Read the id of a record to be changed; unknown ones are INVALID_CROSS_REFERENCE_KEY inside Collections."""
    record_id = read_id(given, sobject)
    row = org.store.get(sobject.name, record_id)
    if row is None or not request.caller.may_see(sobject.name, row):
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", [])
    if row.get("IsDeleted"):
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted", [])
    return record_id


def _each(org: Org, items: list[Any], step: _Step, all_or_none: bool, failed: _Row | None = None) -> ApiReply:
    """Do every record and collect the results; roll all back if one fails and the caller wants all or none."""
    results: list[_Row] = []
    try:
        with org.store.transaction():
            for item in items:
                results.append(_one(org, step, item, failed or {}))
            if all_or_none and not all(r["success"] for r in results):
                raise _RolledBack
    except _RolledBack:
        results = [_rolled_back(r) if r["success"] else r for r in results]
    return ApiReply(200, results)


def _one(org: Org, step: _Step, item: Any, failed: _Row) -> _Row:
    try:
        with org.store.transaction():
            said = step(item)
    except ApiError as error:
        return {"success": False, "errors": error.row_errors(), **failed}
    head = {"id": said.pop("id"), "success": True, "errors": []}
    return {**head, **said}


def _rolled_back(result: _Row) -> _Row:
    error = {
        "statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK",
        "message": "Record rolled back because not all records were valid and the request was using AllOrNone header",
        "fields": [],
    }
    kept = {k: v for k, v in result.items() if k == "created"}
    return {"success": False, "errors": [error], **kept}
