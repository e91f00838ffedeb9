"""Composite, batch and tree: several calls in one, with references from one to the next.

Facts: reference salesforce.md 3.1; the outer status is 200 whatever happens inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.messages import ApiReply, ApiRequest
from daemon.sandbox.salesforce.org import Org

Dispatch = Callable[[Org, ApiRequest], ApiReply]

_MOST_REQUESTS = 25
_MOST_QUERIES = 5
_MOST_TREE_RECORDS = 200
_ADDRESS = re.compile(r"/services/data/v(\d+\.\d)/(.*)", re.DOTALL)
_REFERENCE = re.compile(r"@\{([^}]+)\}")
_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")
_METHODS = frozenset({"GET", "POST", "PATCH", "PUT", "DELETE"})


class _Halted(Exception):
    """Ends the transaction of an all-or-none call in which a request failed."""


def composite(org: Org, request: ApiRequest, dispatch: Dispatch) -> ApiReply:
    """POST /composite."""
    body = request.record()
    parts = _parts(body.get("compositeRequest"), "compositeRequest")
    _check_references(parts)
    all_or_none = body.get("allOrNone") in {True, "true"}
    replies: dict[str, ApiReply] = {}
    try:
        with org.store.transaction():
            queries = 0
            for part in parts:
                queries += _is_query(part)
                if queries > _MOST_QUERIES and _is_query(part):
                    refused = ApiError(
                        "LIMIT_EXCEEDED", f"At most {_MOST_QUERIES} subrequests can be queries or collections"
                    )
                    reply = ApiReply(400, refused.body())
                else:
                    reply = _sub_reply(org, request, part, replies, dispatch)
                replies[part["referenceId"]] = reply
                if all_or_none and reply.status >= 400:
                    raise _Halted
    except _Halted:
        replies = _halted(parts, replies)
    shown = [
        {"body": r.body, "httpHeaders": dict(r.headers), "httpStatusCode": r.status, "referenceId": reference}
        for reference, r in replies.items()
    ]
    return ApiReply(200, {"compositeResponse": shown})


def batch(org: Org, request: ApiRequest, dispatch: Dispatch) -> ApiReply:
    """POST /composite/batch: independent requests, in order."""
    body = request.record()
    parts = _parts(body.get("batchRequests"), "batchRequests")
    halt = body.get("haltOnError") in {True, "true"}
    results: list[dict[str, Any]] = []
    for part in parts:
        if halt and any(r["statusCode"] >= 400 for r in results):
            stopped = ApiError(
                "BATCH_PROCESSING_HALTED", "Batch processing halted per request's haltOnError parameter", status=412
            )
            results.append({"statusCode": 412, "result": stopped.body()})
            continue
        reply = _call(org, request, str(part.get("method")), str(part.get("url")), part.get("richInput"), {}, dispatch)
        results.append({"statusCode": reply.status, "result": reply.body})
    return ApiReply(200, {"hasErrors": any(r["statusCode"] >= 400 for r in results), "results": results})


def tree(org: Org, request: ApiRequest, name: str) -> ApiReply:
    """POST /composite/tree/{name}: records with their children; all or none."""
    sobject = org.engine.need(name)
    records = request.record().get("records")
    if not isinstance(records, list):
        raise ApiError("JSON_PARSER_ERROR", "The request body needs an array called records")
    made: list[dict[str, Any]] = []

    def grow(kind: str, record: Any, link: dict[str, str]) -> None:
        attributes = record.get("attributes") if isinstance(record, dict) else None
        reference = attributes.get("referenceId") if isinstance(attributes, dict) else None
        if not reference or len(made) >= _MOST_TREE_RECORDS:
            raise ApiError("INVALID_INPUT", "Each record needs a referenceId, and a tree holds at most 200 records")
        relations = {
            k: org.schema.child(kind, k)
            for k, v in record.items()
            if isinstance(v, dict) and isinstance(v.get("records"), list)
        }
        fields = {k: v for k, v in record.items() if relations.get(k) is None}
        try:
            record_id = org.engine.insert(kind, {**fields, **link}, request.caller)
        except ApiError as error:
            raise _TreeError(str(reference), error) from error
        made.append({"referenceId": reference, "id": record_id})
        for key, relation in relations.items():
            for child in record[key]["records"] if relation else ():
                grow(str(relation and relation.child), child, {str(relation and relation.field): record_id})

    try:
        with org.store.transaction():
            for record in records:
                grow(sobject.name, record, {})
    except _TreeError as error:
        errors = error.error.row_errors()
        return ApiReply(400, {"hasErrors": True, "results": [{"referenceId": error.reference, "errors": errors}]})
    return ApiReply(201, {"hasErrors": False, "results": made})


class _TreeError(Exception):
    """A record of a tree that was refused."""

    def __init__(self, reference: str, error: ApiError) -> None:
        super().__init__(reference)
        self.reference = reference
        self.error = error


def _parts(said: Any, name: str) -> list[dict[str, Any]]:
    if not isinstance(said, list) or not all(isinstance(part, dict) for part in said):
        raise ApiError("JSON_PARSER_ERROR", f"The request body needs an array of objects called {name}")
    if len(said) > _MOST_REQUESTS:
        raise ApiError("LIMIT_EXCEEDED", f"The number of requests in {name} cannot be more than {_MOST_REQUESTS}")
    return said


def _check_references(parts: list[dict[str, Any]]) -> None:
    names = [part.get("referenceId") for part in parts]
    for name in names:
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_]+", name):
            raise ApiError(
                "INVALID_INPUT", f"Each subrequest needs a referenceId of letters, digits and underscores, not {name!r}"
            )
    if len(set(names)) != len(names):
        raise ApiError("INVALID_INPUT", "The referenceIds of a composite request must be unique")


def _is_query(part: Mapping[str, Any]) -> bool:
    return bool(re.search(r"/v\d+\.\d/(query|queryAll|composite/sobjects)(/|\?|$)", str(part.get("url"))))


def _sub_reply(
    org: Org, request: ApiRequest, part: Mapping[str, Any], before: Mapping[str, ApiReply], dispatch: Dispatch
) -> ApiReply:
    try:
        url = str(_resolve(str(part.get("url", "")), before))
        body = _resolve(part.get("body"), before)
    except ApiError as error:
        return ApiReply(error.status, error.body())
    headers = part.get("httpHeaders") or {}
    if not isinstance(headers, dict):
        return ApiReply(400, ApiError("JSON_PARSER_ERROR", "httpHeaders is an object").body())
    return _call(org, request, str(part.get("method", "")), url, body, headers, dispatch)


def _call(
    org: Org, outer: ApiRequest, method: str, url: str, body: Any, headers: Mapping[str, Any], dispatch: Dispatch
) -> ApiReply:
    """Make one inner request; its failure is its reply."""
    match = _ADDRESS.fullmatch(url) or _ADDRESS.fullmatch(f"/services/data/{url.lstrip('/')}")
    if match is None or method.upper() not in _METHODS:
        refused = ApiError("INVALID_INPUT", f"Not a request of this API: {method} {url}")
        return ApiReply(400, refused.body())
    split = urlsplit(match[2])
    inner = ApiRequest(
        method=method.upper(),
        version=match[1],
        path=tuple(unquote(segment) for segment in split.path.split("/") if segment),
        query=dict(parse_qsl(split.query, keep_blank_values=True)),
        headers={str(k).lower(): str(v) for k, v in headers.items()},
        caller=replace(outer.caller, version=float(match[1])),
        base=outer.base,
        document=body if body is not None else None,
    )
    if inner.path[:1] == ("composite",) and inner.path[1:2] != ("sobjects",):
        return ApiReply(400, ApiError("INVALID_INPUT", "A composite request cannot stand inside another one").body())
    try:
        with org.store.transaction():
            return dispatch(org, inner)
    except ApiError as error:
        return ApiReply(error.status, error.body())


def _halted(parts: list[dict[str, Any]], replies: dict[str, ApiReply]) -> dict[str, ApiReply]:
    """All or none: every request but the one that failed says that it was rolled back."""
    stopped = ApiError(
        "PROCESSING_HALTED", "The transaction was rolled back since another operation in the same transaction failed."
    )
    halted = ApiReply(400, stopped.body())
    failed = {reference for reference, reply in replies.items() if reply.status >= 400}
    return {
        part["referenceId"]: replies[part["referenceId"]] if part["referenceId"] in failed else halted for part in parts
    }


def _resolve(value: Any, before: Mapping[str, ApiReply]) -> Any:
    """Put in what `@{reference.path}` stands for, anywhere in a value."""
    if isinstance(value, dict):
        return {key: _resolve(inner, before) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolve(inner, before) for inner in value]
    if not isinstance(value, str) or "@{" not in value:
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _look_up(whole[1], before)
    return _REFERENCE.sub(lambda m: str(_look_up(m[1], before)), value)


def _look_up(said: str, before: Mapping[str, ApiReply]) -> Any:
    name, *steps = _STEP.findall(said)
    reply = before.get(name)
    if reply is None or reply.status >= 400:
        raise ApiError("PROCESSING_HALTED", f"Invalid reference specified. No value for {said} found in {name}.")
    found: Any = reply.body
    for step in steps:
        if step.startswith("[") and isinstance(found, list) and int(step[1:-1]) < len(found):
            found = found[int(step[1:-1])]
        elif isinstance(found, dict) and step in found:
            found = found[step]
        else:
            raise ApiError("PROCESSING_HALTED", f"Invalid reference specified. No value for {said} found in {name}.")
    return found
