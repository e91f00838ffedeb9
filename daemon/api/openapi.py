"""The OpenAPI 3.1 document, made from the route table and the documents' types; ``python -m daemon.api.openapi`` prints it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from daemon.api.request_reading import LARGEST_NUMBER, LIMITS
from daemon.api.responses import PROBLEM_TYPE
from daemon.runs.listing import WORDS
from shared.models import API_VERSION, Text
from shared.problems import PROBLEMS, URN, ProblemName
from shared.routes import PREFIX, ROUTES, Access, Route
from shared.states import Side

_REF = "#/components/schemas/{name}"
_EVERYWHERE = (
    ProblemName.BAD_REQUEST,
    ProblemName.UNAUTHORIZED,
    ProblemName.WRONG_ORIGIN,
    ProblemName.WRONG_METHOD,
    ProblemName.WRONG_HOST,
    ProblemName.INTERNAL,
)
_WITH_BODY = (ProblemName.TOO_LARGE, ProblemName.WRONG_MEDIA_TYPE)
_PARAMETER = re.compile(r"\{(\w+)\}")
Json = dict[str, Any]


@cache
def openapi_document() -> Json:
    """The document as plain dictionaries."""
    documents = sorted(_documents(), key=lambda kind: kind.__name__)
    _, components = msgspec.json.schema_components([*documents, Text], ref_template=_REF)
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    _repeat_under_literal_sides(paths)
    _name_the_groups(components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Daybridge local API",
            "version": str(API_VERSION),
            "description": "Offered by the daemon on loopback only; the endpoint file holds the address and the token.",
        },
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": _problem_schema()},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _repeat_under_literal_sides(paths: dict[str, Json]) -> None:
    """``/accounts/notes`` also takes what ``/accounts/{side}`` takes; OpenAPI tools look at the literal path alone."""
    for path in [path for path in paths if "{side}" in path]:
        for side in Side:
            literal = paths.get(path.replace("{side}", side))
            for method, operation in paths[path].items():
                if literal is not None and method not in literal:
                    own = {name: part for name, part in operation.items() if name != "parameters"}
                    literal[method] = own | {"operationId": f"{operation['operationId']}_{side}"}


def _name_the_groups(components: dict[str, Any]) -> None:
    """Say which keys a ``{group: side}`` object takes: msgspec checks them but leaves them out of its schema."""
    for name, field in (("OneDecision", "fields"), ("Change", "decided_fields"), ("ChangeDetail", "decided_fields")):
        for variant in components[name]["properties"][field]["anyOf"]:
            if variant.get("type") == "object":
                variant["propertyNames"] = {"$ref": _REF.format(name="Group")}


def _documents() -> set[type]:
    found = {route.response for route in ROUTES} | {route.request for route in ROUTES if route.request is not None}
    return {kind for kind in found if kind is not dict}


def _schema(kind: type) -> Json:
    return {"type": "object"} if kind is dict else {"$ref": _REF.format(name=kind.__name__)}


def _operation(route: Route) -> Json:
    operation: Json = {"operationId": route.name, "responses": _responses(route)}
    parameters = [
        *map(_path_parameter, _PARAMETER.findall(route.path)),
        *(_query_parameter(route, *q) for q in route.query),
    ]
    if parameters:
        operation["parameters"] = parameters
    if route.request is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _schema(route.request)}},
        }
    if route.access is Access.PUBLIC:
        operation["security"] = []
    if route.access is Access.FULL:
        operation["description"] = "Takes the endpoint file's token only, not a page session."
    return operation


def _path_parameter(name: str) -> Json:
    schema: Json = {"type": "string", "minLength": 1}
    if name == "side":
        schema = {"type": "string", "enum": [side.value for side in Side]}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query_parameter(route: Route, name: str, kind: type) -> Json:
    schema: Json = {"type": "string"}
    if route.name == "changes" and name in WORDS:
        schema["enum"] = ["", *WORDS[name]]
    if kind is int:
        low, high = LIMITS.get(name, (0, LARGEST_NUMBER))
        schema = {"type": "integer", "minimum": low, "maximum": high}
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _responses(route: Route) -> Json:
    success: Json = {"description": "Done.", "content": {route.media_type: {"schema": _schema(route.response)}}}
    responses: Json = {str(route.status): success}
    if route.name == "start_run":
        responses["200"] = {**success, "description": "The open run, compared again or joined."}
    names = {*_EVERYWHERE, *route.problems, *(_WITH_BODY if route.method != "GET" else ())}
    if route.name == "stream":
        names.add(ProblemName.WRONG_STATE)
    for status, together in _by_status(names).items():
        responses[str(status)] = {
            "description": " ".join(f"{name}: {PROBLEMS[name][1]}" for name in together),
            "content": {PROBLEM_TYPE: {"schema": {"$ref": _REF.format(name="Problem")}}},
        }
    return dict(sorted(responses.items()))


def _by_status(names: Iterable[ProblemName]) -> dict[int, list[ProblemName]]:
    grouped: dict[int, list[ProblemName]] = {}
    for name in sorted(names):
        grouped.setdefault(PROBLEMS[name][0], []).append(name)
    return grouped


def _problem_schema() -> Json:
    return {
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string", "enum": [URN + name for name in ProblemName]},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "incident": {"type": "string"},
        },
    }


def printed() -> str:
    """The document as it is committed: indented, keys in a fixed order, one newline at the end."""
    return msgspec.json.format(msgspec.json.encode(openapi_document(), order="sorted"), indent=2).decode() + "\n"


if __name__ == "__main__":
    sys.stdout.write(printed())
