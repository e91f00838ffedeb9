"""Every REST resource of the sandbox in one table, and the function that finds the right one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from daemon.sandbox.salesforce import (
    collections as sobject_collections,
    composite,
    describe,
    layouts,
    org_resources,
    query_resources,
    replication,
    row_resources as rows,
    search,
)
from daemon.sandbox.salesforce.errors import ApiError, not_found
from daemon.sandbox.salesforce.messages import ApiReply, ApiRequest
from daemon.sandbox.salesforce.org import Org

Handler = Callable[..., ApiReply]


def _with_dispatch(handler: Callable[[Org, ApiRequest, composite.Dispatch], ApiReply]) -> Handler:
    return lambda org, request: handler(org, request, dispatch)


#: (method, segments, handler). A segment in braces matches anything and is handed on; earlier lines win.
ROUTES: tuple[tuple[str, tuple[str, ...], Handler], ...] = tuple(
    (method, tuple(pattern.split("/")) if pattern else (), handler)
    for method, pattern, handler in (
        ("GET", "", org_resources.resources),
        ("GET", "limits", org_resources.limits),
        ("GET", "limits/recordCount", replication.record_count),
        ("GET", "recent", org_resources.recent),
        ("GET", "tabs", org_resources.tabs),
        ("GET", "theme", org_resources.theme),
        ("GET", "search", search.search),
        ("GET", "query", query_resources.query),
        ("GET", "query/{locator}", query_resources.next_page),
        ("GET", "queryAll", query_resources.query_all),
        ("GET", "queryAll/{locator}", query_resources.next_page),
        ("GET", "sobjects", describe.global_describe),
        ("GET", "sobjects/{name}", rows.overview),
        ("POST", "sobjects/{name}", rows.create),
        ("GET", "sobjects/{name}/describe", describe.object_describe),
        ("GET", "sobjects/{name}/describe/layouts", layouts.layouts),
        ("GET", "sobjects/{name}/describe/layouts/{record_type}", layouts.one_layout),
        ("GET", "sobjects/{name}/describe/namedLayouts/{layout}", layouts.named_layouts),
        ("GET", "sobjects/{name}/describe/compactLayouts", layouts.compact_layouts),
        ("GET", "sobjects/{name}/describe/approvalLayouts", layouts.approval_layouts),
        ("GET", "sobjects/{name}/listviews", layouts.list_views),
        ("GET", "sobjects/{name}/listviews/{view}", layouts.list_view),
        ("GET", "sobjects/{name}/listviews/{view}/describe", layouts.list_view_columns),
        ("GET", "sobjects/{name}/listviews/{view}/results", layouts.list_view_results),
        ("GET", "sobjects/{name}/updated", replication.updated),
        ("GET", "sobjects/{name}/deleted", replication.deleted),
        ("DELETE", "sobjects/{name}/{id}/fromThisEventOnwards", rows.delete_from_here),
        ("GET", "sobjects/{name}/{id}", rows.read),
        ("PATCH", "sobjects/{name}/{id}", rows.update),
        ("DELETE", "sobjects/{name}/{id}", rows.delete),
        ("POST", "sobjects/{name}/{field}", rows.create_by_id_field),
        ("GET", "sobjects/{name}/{field}/{value}", rows.read_by_key),
        ("PATCH", "sobjects/{name}/{field}/{value}", rows.upsert),
        ("POST", "sobjects/{name}/{field}/{value}", rows.upsert),
        ("DELETE", "sobjects/{name}/{field}/{value}", rows.delete_by_key),
        ("POST", "composite", _with_dispatch(composite.composite)),
        ("POST", "composite/batch", _with_dispatch(composite.batch)),
        ("POST", "composite/tree/{name}", composite.tree),
        ("POST", "composite/sobjects", sobject_collections.create),
        ("PATCH", "composite/sobjects", sobject_collections.update),
        ("DELETE", "composite/sobjects", sobject_collections.delete),
        ("GET", "composite/sobjects/{name}", sobject_collections.read),
        ("POST", "composite/sobjects/{name}", sobject_collections.read_posted),
        ("PATCH", "composite/sobjects/{name}/{field}", sobject_collections.upsert),
    )
)


def dispatch(org: Org, request: ApiRequest) -> ApiReply:
    """Answer a call; ApiError NOT_FOUND for an unknown path and 405 for a method the path does not have."""
    method = "GET" if request.method == "HEAD" else request.method
    override = request.query.get("_HttpMethod", "").upper()
    if method == "POST" and override:
        method = override
    allowed: list[str] = []
    for name, pattern, handler in ROUTES:
        found = _match(pattern, request.path)
        if found is None:
            continue
        if name == method:
            return handler(org, request, *found)
        allowed.append(name)
    if allowed:
        raise ApiError(
            "METHOD_NOT_ALLOWED",
            f"HTTP Method '{method}' not allowed. Allowed are {','.join(dict.fromkeys(allowed))}",
            status=405,
        )
    raise not_found()


def _match(pattern: tuple[str, ...], path: tuple[str, ...]) -> tuple[Any, ...] | None:
    if len(pattern) != len(path):
        return None
    found = []
    for wanted, given in zip(pattern, path, strict=True):
        if wanted.startswith("{"):
            found.append(given)
        elif wanted.lower() != given.lower():
            return None
    return tuple(found)
