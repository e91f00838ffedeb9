"""Layouts and list views."""

from __future__ import annotations

from typing import Any


async def test_layouts(org: Any) -> None:
    body = (await org.get("sobjects/Account/describe/layouts")).body
    (layout,) = body["layouts"]
    assert {
        "buttonLayoutSection",
        "detailLayoutSections",
        "editLayoutSections",
        "quickActionList",
        "relatedLists",
    } <= set(layout)
    assert body["recordTypeMappings"][0]["layoutId"] == layout["id"]
    assert (await org.get("sobjects/Account/describe/layouts/012000000000000AAA")).body == layout
    assert (await org.get("sobjects/User/describe/namedLayouts/UserAlt")).status == 200
    assert (await org.get("sobjects/User/describe/namedLayouts/Other")).status == 404
    assert (await org.get("sobjects/Organization/describe/layouts")).status == 404
    compact = (await org.get("sobjects/Account/describe/compactLayouts")).body
    assert compact["compactLayouts"][0]["objectType"] == "Account"
    assert (await org.get("sobjects/Account/describe/approvalLayouts")).body == {"approvalLayouts": []}


async def test_list_views_are_queries(org: Any) -> None:
    views = (await org.get("sobjects/Account/listviews")).body["listviews"]
    assert [v["label"] for v in views] == ["All Accounts", "My Accounts"]
    described = (await org.get(views[0]["describeUrl"])).body
    assert described["id"] == views[0]["id"]
    assert len((await org.query(described["query"])).body["records"]) == 3
    results = (await org.get(views[0]["resultsUrl"])).body
    assert [r["columns"][0]["value"] for r in results["records"]] == [
        "Acme Harbour Works",
        "Birch & Sons",
        "Cedar Logistics",
    ]
    org.person = 1
    assert (await org.get(views[1]["resultsUrl"])).body["size"] == 0
    plan = (await org.get("query", params={"explain": views[0]["id"]})).body["plans"][0]
    assert plan["sobjectType"] == "Account"
    assert (await org.get("sobjects/Account/listviews/00Bnothing")).status == 404
