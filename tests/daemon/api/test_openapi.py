"""The OpenAPI document: the committed copy is current, every route is in it, and every reference leads somewhere."""

from __future__ import annotations

from pathlib import Path

from daemon.api.openapi import openapi_document, printed
from daemon.api.route_matching import find_route
from shared.problems import ProblemName
from shared.routes import PREFIX, ROUTES

COPY = Path(__file__).with_name("openapi.json")


def test_the_committed_copy_is_current() -> None:
    """Regenerate with: python -m daemon.api.openapi > tests/daemon/api/openapi.json"""
    assert COPY.read_text(encoding="utf-8") == printed()


def test_every_route_is_described() -> None:
    paths = openapi_document()["paths"]
    described = {(path, method.upper()) for path, methods in paths.items() for method in methods}
    assert described - {("/accounts/notes", "DELETE")} == {(route.path, route.method) for route in ROUTES}


def test_the_methods_of_a_literal_path_are_complete() -> None:
    """What Allow says for a path is what the document says (schemathesis compares them)."""
    for path, methods in openapi_document()["paths"].items():
        match = find_route("OPTIONS", PREFIX + path.replace("{side}", "salesforce"))
        assert match is not None
        assert {method.upper() for method in methods} == set(match.allowed)


def test_field_groups_are_named() -> None:
    schemas = openapi_document()["components"]["schemas"]
    choices = schemas["OneDecision"]["properties"]["fields"]["anyOf"]
    assert {"$ref": "#/components/schemas/Group"} in [choice.get("propertyNames") for choice in choices]


def test_every_reference_leads_somewhere() -> None:
    document = openapi_document()
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert set(_references(document)) <= known


def _references(part: object) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if "$ref" in part else []
        return own + [ref for value in part.values() for ref in _references(value)]
    if isinstance(part, list):
        return [ref for value in part for ref in _references(value)]
    return []


def test_problems_are_a_closed_list() -> None:
    kinds = openapi_document()["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    assert len(kinds) == len(ProblemName)


def test_only_the_trade_needs_no_token() -> None:
    paths = openapi_document()["paths"]
    free = [op["operationId"] for methods in paths.values() for op in methods.values() if op.get("security") == []]
    assert free == ["trade_page_code"]
