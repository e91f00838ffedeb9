"""Finds the route of the table that a path and method mean, with the values of its ``{parameters}``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from shared.routes import ROUTES, Route
from shared.states import Side

_SIDES = frozenset(side.value for side in Side)


@dataclass(frozen=True, slots=True)
class Match:
    """``route`` is None where the path is known but not with this method; ``allowed`` are the path's methods."""

    route: Route | None
    params: Mapping[str, str]
    allowed: tuple[str, ...]


_PATTERNS: tuple[tuple[tuple[str, ...], Route], ...] = tuple((tuple(r.full_path.split("/")), r) for r in ROUTES)


def find_route(method: str, raw_path: str) -> Match | None:
    """The match for a raw (still percent-encoded) path, or None for an unknown one.

    Segments are split before they are decoded, so that an encoded slash stays inside its parameter. A literal segment wins
    over a parameter (``/settings/schema`` is not a parameter's value).
    """
    segments = raw_path.split("/")
    fitting = [(pattern, route) for pattern, route in _PATTERNS if _fits(pattern, segments)]
    if not fitting:
        return None
    allowed = tuple(sorted({route.method for _, route in fitting}))
    right = [(pattern, route) for pattern, route in fitting if route.method == method]
    if not right:
        return Match(None, {}, allowed)
    pattern, route = min(right, key=lambda pair: sum(_is_parameter(part) for part in pair[0]))
    params = {
        part[1:-1]: unquote(segment, errors="replace")
        for part, segment in zip(pattern, segments, strict=True)
        if _is_parameter(part)
    }
    return Match(route, params, allowed)


def _is_parameter(part: str) -> bool:
    return part.startswith("{")


def _fits(pattern: tuple[str, ...], segments: list[str]) -> bool:
    if len(pattern) != len(segments):
        return False
    return all(_means(part, segment) for part, segment in zip(pattern, segments, strict=True))


def _means(part: str, segment: str) -> bool:
    if part == "{side}":
        return segment in _SIDES
    return bool(segment) if _is_parameter(part) else part == segment
