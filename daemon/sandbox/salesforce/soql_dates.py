"""Date literals of SOQL, such as TODAY and LAST_N_DAYS:7, as spans of days in a person's zone; fiscal years begin in January."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.soql_nodes import DateWord

_SHIFT = {"LAST": -1, "THIS": 0, "NEXT": 1}
_STEP = {
    "DAY": relativedelta(days=1),
    "WEEK": relativedelta(weeks=1),
    "MONTH": relativedelta(months=1),
    "QUARTER": relativedelta(months=3),
    "YEAR": relativedelta(years=1),
}
_RELATIVE = re.compile(r"(LAST|THIS|NEXT)_(?:FISCAL_)?(WEEK|MONTH|QUARTER|YEAR)")
_COUNTED = re.compile(r"(LAST|NEXT)_N_(?:FISCAL_)?(DAY|WEEK|MONTH|QUARTER|YEAR)S")
_AGO = re.compile(r"N_(?:FISCAL_)?(DAY|WEEK|MONTH|QUARTER|YEAR)S_AGO")


def day_span(word: DateWord, today: date) -> tuple[date, date]:
    """Return the first day of the span and the day after its last; ApiError for a span beyond the calendar.

    Weeks start on Sunday, as in the en_US locale; fiscal years are calendar years, as in an org that has not changed it.
    """
    try:
        return _day_span(word, today)
    except (OverflowError, ValueError) as error:
        raise _beyond(word) from error


def _beyond(word: DateWord) -> ApiError:
    return ApiError("MALFORMED_QUERY", f"{word.word}:{word.n} lies beyond the calendar")


def _day_span(word: DateWord, today: date) -> tuple[date, date]:
    match word.word:
        case "YESTERDAY" | "TODAY" | "TOMORROW" as said:
            first = today + timedelta(days={"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}[said])
            return first, first + timedelta(days=1)
        case "LAST_90_DAYS":
            return today - timedelta(days=90), today + timedelta(days=1)
        case "NEXT_90_DAYS":
            return today + timedelta(days=1), today + timedelta(days=91)
    if match := _RELATIVE.fullmatch(word.word):
        return _period(today, match[2], _SHIFT[match[1]], 1)
    if match := _COUNTED.fullmatch(word.word):
        if match[2] == "DAY":
            past = (today - timedelta(days=word.n), today + timedelta(days=1))
            return past if match[1] == "LAST" else (today + timedelta(days=1), today + timedelta(days=word.n + 1))
        return _period(today, match[2], -word.n if match[1] == "LAST" else 1, word.n)
    if match := _AGO.fullmatch(word.word):
        return _period(today, match[1], -word.n, 1)
    raise ApiError("MALFORMED_QUERY", f"{word.word} is not a date literal")


def moment_span(word: DateWord, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the span as instants in UTC, its end exclusive."""
    first, after = day_span(word, now.astimezone(zone).date())
    try:
        start, end = (datetime(d.year, d.month, d.day, tzinfo=zone).astimezone(UTC) for d in (first, after))
    except OverflowError as error:
        raise _beyond(word) from error
    return start, end


def _period(today: date, unit: str, shift: int, count: int) -> tuple[date, date]:
    start = _start_of(today, unit) + _STEP[unit] * shift
    return start, start + _STEP[unit] * count


def _start_of(today: date, unit: str) -> date:
    match unit:
        case "WEEK":
            return today - timedelta(days=(today.weekday() + 1) % 7)
        case "MONTH":
            return today.replace(day=1)
        case "QUARTER":
            return date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
        case "YEAR":
            return date(today.year, 1, 1)
    return today
