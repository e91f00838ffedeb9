"""Date literals, day by day."""

from __future__ import annotations

from datetime import date

import pytest

from daemon.sandbox.salesforce.soql_dates import day_span
from daemon.sandbox.salesforce.soql_nodes import DateWord

#: A Wednesday.
TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("word", "n", "first", "after"),
    [
        ("TODAY", 0, date(2026, 11, 25), date(2026, 11, 26)),
        ("YESTERDAY", 0, date(2026, 11, 24), date(2026, 11, 25)),
        ("TOMORROW", 0, date(2026, 11, 26), date(2026, 11, 27)),
        ("THIS_WEEK", 0, date(2026, 11, 22), date(2026, 11, 29)),
        ("LAST_WEEK", 0, date(2026, 11, 15), date(2026, 11, 22)),
        ("NEXT_MONTH", 0, date(2026, 12, 1), date(2027, 1, 1)),
        ("THIS_QUARTER", 0, date(2026, 10, 1), date(2027, 1, 1)),
        ("LAST_YEAR", 0, date(2025, 1, 1), date(2026, 1, 1)),
        ("LAST_N_DAYS", 7, date(2026, 11, 18), date(2026, 11, 26)),
        ("NEXT_N_DAYS", 7, date(2026, 11, 26), date(2026, 12, 3)),
        ("LAST_N_MONTHS", 2, date(2026, 9, 1), date(2026, 11, 1)),
        ("NEXT_N_WEEKS", 2, date(2026, 11, 29), date(2026, 12, 13)),
        ("N_DAYS_AGO", 3, date(2026, 11, 22), date(2026, 11, 23)),
        ("LAST_N_FISCAL_QUARTERS", 2, date(2026, 4, 1), date(2026, 10, 1)),
        ("N_FISCAL_YEARS_AGO", 2, date(2024, 1, 1), date(2025, 1, 1)),
        ("LAST_90_DAYS", 0, date(2026, 8, 27), date(2026, 11, 26)),
        ("NEXT_90_DAYS", 0, date(2026, 11, 26), date(2027, 2, 24)),
    ],
)
def test_spans(word: str, n: int, first: date, after: date) -> None:
    assert day_span(DateWord(word, n), TODAY) == (first, after)
