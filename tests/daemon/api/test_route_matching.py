"""Route matching: literal before parameter, encoded slashes stay inside, methods of a path together."""

from __future__ import annotations

from daemon.api.route_matching import find_route


def test_parameters_are_decoded_after_splitting() -> None:
    match = find_route("GET", "/api/v1/items/a%2Fb%20c")
    assert match is not None
    assert match.route is not None
    assert (match.route.name, dict(match.params)) == ("item", {"id": "a/b c"})


def test_a_literal_segment_wins() -> None:
    match = find_route("PUT", "/api/v1/accounts/notes")
    assert match is not None
    assert match.route is not None
    assert match.route.name == "put_notes_account"
    assert match.allowed == ("DELETE", "PUT")


def test_unknown_paths_and_methods() -> None:
    assert find_route("GET", "/api/v1/items/a/b") is None
    assert find_route("GET", "/api/v1/items/") is None
    assert find_route("GET", "/api/v1/items//") is None
    assert find_route("GET", "/api/v1") is None
    assert find_route("DELETE", "/api/v1/accounts/exchange") is None
    match = find_route("PATCH", "/api/v1/items")
    assert match is not None
    assert (match.route, match.allowed) == (None, ("GET",))
