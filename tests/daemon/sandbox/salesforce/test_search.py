"""SOSL."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("sosl", "names"),
    [
        ("FIND {Ac*} IN ALL FIELDS RETURNING Account(Id, Name)", ["Acme Harbour Works"]),
        ("find {harbour works} returning Account(Name)", ["Acme Harbour Works"]),
        ("FIND {Hamburg} IN NAME FIELDS RETURNING Account(Name)", ["Acme Harbour Works"]),
        ("FIND {Bir?h} RETURNING Account(Name), Contact(Name)", ["Birch & Sons", "Elsa Birch"]),
        ("FIND {birch} IN EMAIL FIELDS RETURNING Contact(Name), Account(Name)", ["Elsa Birch"]),
        ("FIND {b*} RETURNING Account(Name) LIMIT 1", ["Birch & Sons"]),
        ("FIND {nothing} RETURNING Account(Name)", []),
    ],
)
async def test_search(org: Any, sosl: str, names: list[str]) -> None:
    answer = await org.get("search", params={"q": sosl})
    assert [r["Name"] for r in answer.body["searchRecords"]] == names


@pytest.mark.parametrize(
    ("sosl", "code"),
    [
        ("FIND Acme", "MALFORMED_SEARCH"),
        ("FIND {}", "MALFORMED_SEARCH"),
        ("FIND {a} RETURNING Account(", "MALFORMED_SEARCH"),
        ("FIND {a} RETURNING Nothing(Id)", "INVALID_TYPE"),
        ("FIND {a} RETURNING Account(Nothing)", "INVALID_FIELD"),
    ],
)
async def test_what_is_refused(org: Any, sosl: str, code: str) -> None:
    answer = await org.get("search", params={"q": sosl})
    assert (answer.status, answer.code) == (400, code)
