"""sObject rows: create, read, update, delete, upsert by external id, conditional requests.

Facts: reference salesforce.md 3.1 and 3.3. Conditions are compared with LastModifiedDate in whole seconds ([?] whether
a real org takes SystemModstamp); DELETE ignores them; entity tags exist for Account only.
"""

from __future__ import annotations

import hashlib
from typing import Any

from daemon.sandbox.salesforce import series
from daemon.sandbox.salesforce.describe import summary
from daemon.sandbox.salesforce.errors import ApiError, not_found
from daemon.sandbox.salesforce.fields import Field, Row, SObject
from daemon.sandbox.salesforce.messages import ApiReply, ApiRequest, http_date
from daemon.sandbox.salesforce.org import Org
from daemon.sandbox.salesforce.payload import read_id
from daemon.sandbox.salesforce.record_ids import full_id

_TAGGED = frozenset({"Account"})


def created(record_id: str, version: str, sobject: str, **more: Any) -> ApiReply:
    """Answer a create."""
    where = {"Location": f"/services/data/v{version}/sobjects/{sobject}/{record_id}"}
    return ApiReply(201, {"id": record_id, "success": True, "errors": [], **more}, where)


def create(org: Org, request: ApiRequest, name: str) -> ApiReply:
    """POST /sobjects/{name}."""
    sobject = org.engine.need(name)
    record_id = org.engine.insert(name, request.record(), request.caller)
    return created(record_id, request.version, sobject.name)


def overview(org: Org, request: ApiRequest, name: str) -> ApiReply:
    """GET /sobjects/{name}: a short description and the recently seen rows."""
    sobject = org.engine.need(name)
    recent = [
        org.view.record(e["object"], e["row"], request.version, _named(e["object"]))
        for e in org.recent(request.caller.user_id, sobject.name)
    ]
    return ApiReply(200, {"objectDescribe": summary(sobject, request.version), "recentItems": recent})


def _named(sobject: SObject) -> tuple[Field, ...]:
    return tuple(f for f in (sobject.field("Id"), sobject.name_field) if f is not None)


def read(org: Org, request: ApiRequest, name: str, given: str) -> ApiReply:
    """GET /sobjects/{name}/{id}."""
    sobject = org.engine.need(name)
    row = org.engine.row(sobject, _address(sobject, given), request.caller)
    return _shown(org, request, sobject, row)


def update(org: Org, request: ApiRequest, name: str, given: str) -> ApiReply:
    """PATCH /sobjects/{name}/{id}."""
    sobject = org.engine.need(name)
    row = org.engine.row(sobject, _address(sobject, given), request.caller)
    _check_conditions(request, sobject, row)
    org.engine.update(name, row["Id"], request.record(), request.caller)
    return ApiReply(204)


def delete(org: Org, request: ApiRequest, name: str, given: str) -> ApiReply:
    """DELETE /sobjects/{name}/{id}; conditional headers mean nothing here."""
    sobject = org.engine.need(name)
    org.engine.delete(name, _address(sobject, given), request.caller)
    return ApiReply(204)


def delete_from_here(org: Org, request: ApiRequest, name: str, given: str) -> ApiReply:
    """DELETE /sobjects/Event/{id}/fromThisEventOnwards."""
    sobject = org.engine.need(name)
    if sobject.name != "Event":
        raise not_found()
    row = org.engine.row(sobject, _address(sobject, given), request.caller)
    series.delete_from(org.engine, row, request.caller)
    return ApiReply(204)


def read_by_key(org: Org, request: ApiRequest, name: str, key: str, value: str) -> ApiReply:
    """GET /sobjects/{name}/{field}/{value}, or the record behind a relationship: /sobjects/{name}/{id}/{relationship}."""
    sobject = org.engine.need(name)
    if sobject.field(key) is None and full_id(key) is not None:
        return _related(org, request, sobject, key, value)
    field = org.engine.key_field(sobject, key)
    rows = _visible(org, request, sobject, field, value)
    if not rows:
        raise not_found()
    if len(rows) > 1:
        return _several(request, sobject, rows)
    return _shown(org, request, sobject, rows[0])


def upsert(org: Org, request: ApiRequest, name: str, key: str, value: str) -> ApiReply:
    """PATCH /sobjects/{name}/{field}/{value}: 201 created, 200 (204 before v46) updated, 300 when several rows match."""
    sobject = org.engine.need(name)
    field = org.engine.key_field(sobject, key)
    record = _without_key(request.record(), field)
    rows = _visible(org, request, sobject, field, value)
    if len(rows) > 1:
        return _several(request, sobject, rows)
    modern = request.caller.version >= 46
    if rows:
        _check_conditions(request, sobject, rows[0])
        org.engine.update(name, rows[0]["Id"], record, request.caller)
        said = {"id": rows[0]["Id"], "success": True, "errors": [], "created": False}
        return ApiReply(200, said) if modern else ApiReply(204)
    if field.type == "id" or request.query.get("updateOnly", "").lower() == "true":
        raise not_found()
    record_id = org.engine.insert(name, {**record, field.name: value}, request.caller)
    return created(record_id, request.version, sobject.name, **({"created": True} if modern else {}))


def create_by_id_field(org: Org, request: ApiRequest, name: str, key: str) -> ApiReply:
    """POST /sobjects/{name}/Id: an upsert by Id without one, which is a create."""
    if key.lower() != "id":
        raise ApiError(
            "METHOD_NOT_ALLOWED", "HTTP Method 'POST' not allowed. Allowed are HEAD,GET,PATCH,DELETE", status=405
        )
    return create(org, request, name)


def delete_by_key(org: Org, request: ApiRequest, name: str, key: str, value: str) -> ApiReply:
    """DELETE /sobjects/{name}/{field}/{value}."""
    sobject = org.engine.need(name)
    rows = _visible(org, request, sobject, org.engine.key_field(sobject, key), value)
    if not rows:
        raise not_found()
    if len(rows) > 1:
        return _several(request, sobject, rows)
    org.engine.delete(name, rows[0]["Id"], request.caller)
    return ApiReply(204)


def _address(sobject: SObject, given: str) -> str:
    """Read the id in an address: anything that is no id is an unknown resource, an id of another object is malformed."""
    if full_id(given) is None:
        raise not_found(f"Provided external ID field does not exist or is not accessible: {given}")
    return read_id(given, sobject)


def _visible(org: Org, request: ApiRequest, sobject: SObject, field: Field, value: str) -> list[Row]:
    if field.type == "id":
        row = org.store.get(sobject.name, full_id(value) or "")
        found = [row] if row and not row.get("IsDeleted") else []
    else:
        found = org.store.find(sobject.name, field.name, value)
    return [row for row in found if request.caller.may_see(sobject.name, row)]


def _without_key(record: dict[str, Any], field: Field) -> dict[str, Any]:
    if any(name.lower() == field.name.lower() for name in record):
        raise ApiError("INVALID_FIELD", f"The {field.name} field should not be specified in the sobject data.")
    return record


def _several(request: ApiRequest, sobject: SObject, rows: list[Row]) -> ApiReply:
    return ApiReply(300, [f"/services/data/v{request.version}/sobjects/{sobject.name}/{row['Id']}" for row in rows])


def _related(org: Org, request: ApiRequest, sobject: SObject, given: str, relationship: str) -> ApiReply:
    """Follow a look-up, or list child rows."""
    row = org.engine.row(sobject, _address(sobject, given), request.caller)
    link = sobject.relationship(relationship)
    if link is not None:
        target = org.schema.of_id(row[link.name]) if row[link.name] else None
        if target is None:
            raise not_found()
        return _shown(org, request, target, org.engine.row(target, row[link.name], request.caller))
    relation = org.schema.child(sobject.name, relationship)
    if relation is None:
        raise not_found()
    child = org.engine.need(relation.child)
    rows = [
        org.view.record(child, r, request.version)
        for r in org.store.rows(child.name)
        if r.get(relation.field) == row["Id"] and not r.get("IsDeleted") and request.caller.may_see(child.name, r)
    ]
    return ApiReply(200, {"totalSize": len(rows), "done": True, "records": rows})


def _shown(org: Org, request: ApiRequest, sobject: SObject, row: Row) -> ApiReply:
    names = [n.strip() for n in request.query.get("fields", "").split(",") if n.strip()]
    fields = tuple(org.engine.check_field(sobject, n) for n in names) or None
    headers = {"Last-Modified": http_date(row["LastModifiedDate"])} if row.get("LastModifiedDate") else {}
    if sobject.name in _TAGGED:
        headers["ETag"] = _tag(row)
    if _not_modified(request, sobject, row):
        return ApiReply(304, headers=headers)
    _check_conditions(request, sobject, row)
    if fields is not None and "Id" not in {f.name for f in fields}:
        fields = (*fields, org.engine.check_field(sobject, "Id"))
    return ApiReply(200, org.view.record(sobject, row, request.version, fields), headers)


def _tag(row: Row) -> str:
    said = f"{row['Id']}{row['SystemModstamp']}{row['LastModifiedDate']}{row.get('Name')}"
    return f'"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'


def _tags(said: str) -> set[str]:
    return {part.strip().removeprefix("W/").removesuffix("--gzip") for part in said.split(",")}


def _not_modified(request: ApiRequest, sobject: SObject, row: Row) -> bool:
    wanted = request.headers.get("if-none-match")
    if wanted is not None and sobject.name in _TAGGED:
        return bool(_tags(wanted) & {_tag(row), "*"})
    since = request.date_header("if-modified-since")
    return since is not None and "LastModifiedDate" in row and row["LastModifiedDate"] <= since


def _check_conditions(request: ApiRequest, sobject: SObject, row: Row) -> None:
    """Refuse with 412 when the row is not as the caller last saw it."""
    wanted = request.headers.get("if-match")
    stale = wanted is not None and sobject.name in _TAGGED and not _tags(wanted) & {_tag(row), "*"}
    unchanged = request.date_header("if-unmodified-since")
    if unchanged is not None and row.get("LastModifiedDate"):
        stale = stale or row["LastModifiedDate"] > unchanged
    if stale:
        raise ApiError("PRECONDITION_FAILED", "The record was changed after the time or version given", status=412)
