"""Tests of SOQL pieces: literals that cannot break out, id lists that fit an address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import quote_plus

import pytest

from daemon.sides.salesforce import soql
from daemon.sides.salesforce.fields import WANTED


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain", "'plain'"),
        ("O'Brien", "'O\\'Brien'"),
        ("back\\slash", "'back\\\\slash'"),
        ("\\' OR Id != '", "'\\\\\\' OR Id != \\''"),
        ("two\nlines", "'two\\nlines'"),
    ],
)
def test_quoted(value: str, literal: str) -> None:
    assert soql.quoted(value) == literal


def test_moments_are_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert soql.moment(datetime(2026, 1, 1, 0, 30, tzinfo=berlin)) == "2025-12-31T23:30:00Z"
    assert soql.moment(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"


def test_only_ids_are_taken() -> None:
    with pytest.raises(ValueError):
        soql.ids_in(["00U000000000001AAA", "x') OR (Id != '"])


def test_a_full_chunk_fits_an_address() -> None:
    ids = [f"00U{number:012d}AAA" for number in range(1000)]
    sizes = []
    for some in soql.chunks(ids):
        query = soql.select(WANTED, "Event", soql.ids_in(some))
        sizes.append(len("/services/data/v67.0/queryAll/?q=" + quote_plus(query)))
    assert len(sizes) == 3
    assert max(sizes) < 16384 - 2048, "headers count, too"


def test_an_odd_subject_is_taken_by_a_strict_grammar() -> None:
    query = soql.select(("Id",), "Event", f"Subject = {soql.quoted(chr(39) + chr(92))}")
    assert query == "SELECT Id FROM Event WHERE Subject = '\\'\\\\' ORDER BY SystemModstamp, Id"
