"""Times for people: local clock, inclusive all-day ends, and nothing lost when a value is not a time."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from shared.local_times import moment_words, short_start, span_words

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "words"),
    [
        ("2026-11-23T11:30Z", "2026-11-23T12:30Z", "Mon 23 Nov 2026 12:30–13:30"),
        ("2026-07-01T22:30Z", "2026-07-01T23:00Z", "Thu 2 Jul 2026 00:30–01:00"),
        ("2026-11-23T22:30Z", "2026-11-23T23:30Z", "Mon 23 Nov 2026 23:30 – Tue 24 Nov 2026 00:30"),
        ("2026-10-25T00:30Z", "2026-10-25T01:30Z", "Sun 25 Oct 2026 02:30–02:30"),
        ("2026-11-23T11:30Z", "2026-11-23T11:30Z", "Mon 23 Nov 2026 12:30"),
        ("2026-11-23T11:30Z", "", "Mon 23 Nov 2026 12:30"),
        ("2026-12-25", "2026-12-26", "Fri 25 Dec 2026, all day"),
        ("2026-12-24", "2026-12-27", "Thu 24 Dec 2026 – Sat 26 Dec 2026, all day"),
        ("2026-12-25", "2026-12-25", "Fri 25 Dec 2026, all day"),
        ("2026-12-25", "", "Fri 25 Dec 2026, all day"),
        ("", "", ""),
        ("soon", "later", "soon"),
        ("2026-99-99", "x", "2026-99-99"),
    ],
)
def test_when_an_item_is(starts_at: str, ends_at: str, words: str) -> None:
    assert span_words(starts_at, ends_at, zone=BERLIN) == words


@given(st.dates(date(1970, 1, 1), date(2200, 1, 1)), st.integers(1, 400))
def test_the_last_day_shown_is_the_day_before_the_exclusive_end(first: date, days: int) -> None:
    words = span_words(first.isoformat(), (first + timedelta(days=days)).isoformat())
    last = first + timedelta(days=days - 1)
    assert f"{last.day} " in words.rpartition("–")[2]
    assert str(last.year) in words.rpartition("–")[2]
    assert ("–" in words) == (days > 1)


def test_moments_and_short_starts() -> None:
    assert moment_words("2026-11-22T12:58:01Z", BERLIN) == "Sun 22 Nov 2026 13:58"
    assert moment_words(None) == "never"
    assert moment_words("", missing="not yet") == "not yet"
    assert short_start("2026-11-23T11:30Z", BERLIN) == "23 Nov 12:30"
    assert short_start("2026-12-25") == "25 Dec"
    assert short_start("whenever") == "whenever"
