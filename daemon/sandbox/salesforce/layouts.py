"""Layouts, compact layouts and list views, made from the tables of fields: one page layout per object, two lists."""

from __future__ import annotations

from typing import Any

from daemon.sandbox.salesforce.errors import not_found
from daemon.sandbox.salesforce.fields import Field, SObject
from daemon.sandbox.salesforce.messages import ApiReply, ApiRequest
from daemon.sandbox.salesforce.org import Org
from daemon.sandbox.salesforce.record_ids import suffix

_MASTER = "012000000000000AAA"
#: Layouts that exist beside the page layout, per object.
_NAMED = {"User": frozenset({"UserAlt"})}
_LISTS = ("All {}", "My {}")
_COLUMNS = 4


def _made_id(prefix: str, sobject: SObject, number: int = 0) -> str:
    short = f"{prefix}{sobject.prefix}5J0{number:06d}"
    return short + suffix(short)


def _layoutable(org: Org, name: str) -> SObject:
    sobject = org.engine.need(name)
    if "layoutable" not in sobject.traits:
        raise not_found()
    return sobject


def _item(field: Field, tab: int) -> dict[str, Any]:
    component = {"displayLines": 1, "tabOrder": tab, "type": "Field", "value": field.name}
    return {
        "editableForNew": field.is_("c"),
        "editableForUpdate": field.is_("u"),
        "label": field.label,
        "layoutComponents": [component],
        "placeholder": False,
        "required": field.is_("c") and not field.is_("n") and field.type != "boolean",
    }


def _sections(sobject: SObject, fields: list[Field]) -> list[dict[str, Any]]:
    rows = [{"layoutItems": [_item(f, n + 1)], "numItems": 1} for n, f in enumerate(fields)]
    return [
        {
            "columns": 1,
            "heading": f"{sobject.label} Information",
            "layoutRows": rows,
            "layoutSectionId": _made_id("01B", sobject),
            "parentLayoutId": _made_id("00h", sobject),
            "rows": len(rows),
            "tabOrder": "TopToBottom",
            "useCollapsibleSection": False,
            "useHeading": False,
        }
    ]


def _layout(org: Org, sobject: SObject) -> dict[str, Any]:
    written = [f for f in sobject.fields if f.is_("c") or f.is_("u")]
    related = [
        {
            "columns": [],
            "custom": False,
            "field": r.field,
            "label": r.name,
            "limitRows": 5,
            "name": r.name,
            "sobject": r.child,
            "sort": [],
        }
        for r in org.schema.children(sobject.name)
        if r.name
    ]
    return {
        "buttonLayoutSection": {"detailButtons": []},
        "detailLayoutSections": _sections(sobject, [f for f in sobject.fields if f.name != "Id"]),
        "editLayoutSections": _sections(sobject, written),
        "feedView": None,
        "highlightsPanelLayoutSection": None,
        "id": _made_id("00h", sobject),
        "multirowEditLayoutSections": [],
        "offlineLinks": [],
        "quickActionList": {"quickActionListItems": []},
        "relatedContent": None,
        "relatedLists": related,
        "saveOptions": [],
    }


def layouts(org: Org, request: ApiRequest, name: str) -> ApiReply:
    """GET /sobjects/{name}/describe/layouts."""
    sobject = _layoutable(org, name)
    mapping = {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "layoutId": _made_id("00h", sobject),
        "master": True,
        "name": "Master",
        "picklistsForRecordType": [],
        "recordTypeId": _MASTER,
        "urls": {"layout": f"/services/data/v{request.version}/sobjects/{sobject.name}/describe/layouts/{_MASTER}"},
    }
    body = {"layouts": [_layout(org, sobject)], "recordTypeMappings": [mapping], "recordTypeSelectorRequired": [False]}
    return ApiReply(200, body)


def one_layout(org: Org, request: ApiRequest, name: str, record_type: str) -> ApiReply:
    """GET /sobjects/{name}/describe/layouts/{recordTypeId}."""
    if record_type not in {_MASTER, _MASTER[:15]}:
        raise not_found()
    return ApiReply(200, _layout(org, _layoutable(org, name)))


def named_layouts(org: Org, request: ApiRequest, name: str, layout: str) -> ApiReply:
    """GET /sobjects/{name}/describe/namedLayouts/{layout}."""
    if layout not in _NAMED.get(_layoutable(org, name).name, frozenset()):
        raise not_found()
    return layouts(org, request, name)


def compact_layouts(org: Org, request: ApiRequest, name: str) -> ApiReply:
    """GET /sobjects/{name}/describe/compactLayouts: the system default, which has no id."""
    sobject = _layoutable(org, name)
    named = [f for f in sobject.fields if f.is_("N")]
    compact = {
        "actions": [],
        "fieldItems": [_item(f, n + 1) for n, f in enumerate(named)],
        "id": None,
        "imageItems": [],
        "label": "System Default",
        "name": "SYSTEM",
        "objectType": sobject.name,
    }
    mapping = {
        "available": True,
        "compactLayoutId": None,
        "compactLayoutName": "SYSTEM",
        "recordTypeId": _MASTER,
        "recordTypeName": "Master",
    }
    body = {"compactLayouts": [compact], "defaultCompactLayoutId": None, "recordTypeCompactLayoutMappings": [mapping]}
    return ApiReply(200, body)


def approval_layouts(org: Org, request: ApiRequest, name: str) -> ApiReply:
    """GET /sobjects/{name}/describe/approvalLayouts: no approval process is set up."""
    _layoutable(org, name)
    return ApiReply(200, {"approvalLayouts": []})


def _views(sobject: SObject, version: str) -> list[dict[str, Any]]:
    base = f"/services/data/v{version}/sobjects/{sobject.name}/listviews"
    made = []
    for number, text in enumerate(_LISTS):
        label, view = text.format(sobject.plural), _made_id("00B", sobject, number)
        made.append(
            {
                "describeUrl": f"{base}/{view}/describe",
                "developerName": label.replace(" ", ""),
                "id": view,
                "label": label,
                "resultsUrl": f"{base}/{view}/results",
                "soqlCompatible": True,
                "url": f"{base}/{view}",
            }
        )
    return made


def list_views(org: Org, request: ApiRequest, name: str) -> ApiReply:
    """GET /sobjects/{name}/listviews."""
    sobject = _layoutable(org, name)
    views = _views(sobject, request.version)
    return ApiReply(
        200, {"done": True, "listviews": views, "nextRecordsUrl": None, "size": len(views), "sobjectType": sobject.name}
    )


def _view(
    org: Org, request: ApiRequest, name: str, view: str
) -> tuple[SObject, dict[str, Any], list[dict[str, Any]], str]:
    sobject = _layoutable(org, name)
    found = next((v for v in _views(sobject, request.version) if view in {v["id"], v["id"][:15]}), None)
    if found is None:
        raise not_found()
    name_field = sobject.name_field
    shown = [f for f in sobject.fields if f.is_("s") and f.is_("c") and f is not name_field][: _COLUMNS - 1]
    fields = [f for f in (name_field, *shown) if f is not None]
    columns = [
        {
            "ascendingLabel": "Z-A",
            "descendingLabel": "A-Z",
            "fieldNameOrPath": f.name,
            "hidden": False,
            "label": f.label,
            "selectListItem": f.name,
            "sortDirection": "ascending" if f is name_field else None,
            "sortIndex": 0 if f is name_field else None,
            "sortable": True,
            "type": f.type,
        }
        for f in fields
    ]
    mine = " USING SCOPE mine" if found["label"].startswith("My ") else ""
    order = f" ORDER BY {name_field.name} ASC NULLS FIRST, Id ASC NULLS FIRST" if name_field else ""
    soql = f"SELECT {', '.join(dict.fromkeys(['Id', *(f.name for f in fields)]))} FROM {sobject.name}{mine}{order}"
    return sobject, found, columns, soql


def list_view(org: Org, request: ApiRequest, name: str, view: str) -> ApiReply:
    """GET /sobjects/{name}/listviews/{id}."""
    return ApiReply(200, _view(org, request, name, view)[1])


def list_view_columns(org: Org, request: ApiRequest, name: str, view: str) -> ApiReply:
    """GET /sobjects/{name}/listviews/{id}/describe."""
    sobject, found, columns, soql = _view(org, request, name, view)
    order = [
        {"fieldNameOrPath": c["fieldNameOrPath"], "nullsPosition": "first", "sortDirection": "ascending"}
        for c in columns[:1]
    ]
    scope = "mine" if found["label"].startswith("My ") else "everything"
    body = {
        "columns": columns,
        "id": found["id"],
        "orderBy": order,
        "query": soql,
        "relatedEntityId": None,
        "scope": scope,
        "scopeEntityId": None,
        "sobjectType": sobject.name,
        "whereCondition": None,
    }
    return ApiReply(200, body)


def list_view_results(org: Org, request: ApiRequest, name: str, view: str) -> ApiReply:
    """GET /sobjects/{name}/listviews/{id}/results."""
    _sobject, found, columns, soql = _view(org, request, name, view)
    result = org.query(soql, request.caller, request.version, include_deleted=False)
    shown = [
        {
            "columns": [
                {"fieldNameOrPath": c["fieldNameOrPath"], "value": record.get(c["fieldNameOrPath"])} for c in columns
            ]
        }
        for record in result.records
    ]
    body = {
        "columns": columns,
        "developerName": found["developerName"],
        "done": True,
        "id": found["id"],
        "label": found["label"],
        "records": shown,
        "size": len(shown),
    }
    return ApiReply(200, body)
