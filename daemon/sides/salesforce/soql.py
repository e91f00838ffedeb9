"""Pieces of SOQL text: literals that cannot break out, id lists that fit an address, one order for every query.

Addresses are refused above 16,384 bytes (reference/salesforce.md 1.3), so id lists come in chunks. Description cannot
be filtered on at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from daemon.sides.salesforce.client import checked_id

IDS_IN_ONE_QUERY = 400
"""27 bytes each once encoded: 10.8 kB, with room for the field list."""

_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\f": "\\f", "\b": "\\b"})


def quoted(value: str) -> str:
    """A string literal."""
    return "'" + value.translate(_ESCAPES) + "'"


def moment(when: datetime) -> str:
    """A datetime literal, in UTC and unquoted."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def one_of(values: Iterable[str]) -> str:
    """``IN (...)`` over string literals."""
    return "IN (" + ",".join(quoted(value) for value in values) + ")"


def ids_in(ids: Iterable[str]) -> str:
    """``Id IN (...)``; raises ValueError for something that is no record id."""
    return "Id " + one_of(checked_id(one) for one in ids)


def select(fields: Sequence[str], sobject: str, where: str, order: str = "SystemModstamp, Id") -> str:
    """A query in the one order that pages well (section 2)."""
    return f"SELECT {','.join(fields)} FROM {sobject} WHERE {where} ORDER BY {order}"


def chunks(values: Sequence[str], size: int = IDS_IN_ONE_QUERY) -> Iterator[Sequence[str]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
