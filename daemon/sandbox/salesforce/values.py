"""Values on their way in and out: types, lengths, picklists, text normalisation, date forms.

Input forms follow reference salesforce.md 1.2: datetimes with `Z`, `+hh:mm` or `+hhmm`, with or without fraction;
numbers and booleans also as text. Output is always `2026-07-08T17:00:00.000+0000`.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import NUMBER_TYPES, TEXT_TYPES, Field, Value
from daemon.sandbox.salesforce.record_ids import full_id

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_MOMENT = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?\s*(?:(Z)|([+-])(\d\d):?(\d\d))?", re.IGNORECASE
)
_YEARS = range(1700, 4001)
_BREAK = re.compile(r"\r\n|\r|\n")


def parse_date(given: str) -> date | None:
    """Read `yyyy-MM-dd`, or None."""
    match = _DATE.fullmatch(given)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def parse_moment(given: str) -> datetime | None:
    """Read a datetime in any input form as UTC with whole seconds, or None; without an offset it is taken as UTC."""
    match = _MOMENT.fullmatch(given.strip())
    day = parse_date(match[1]) if match else None
    if match is None or day is None:
        return None
    offset = timedelta()
    if match[7]:
        offset = timedelta(hours=int(match[8]), minutes=int(match[9])) * (-1 if match[7] == "-" else 1)
    try:
        local = datetime(day.year, day.month, day.day, int(match[2]), int(match[3]), int(match[4] or 0))  # noqa: DTZ001
        return local.replace(tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def show(value: Any) -> Any:
    """Return a stored value as JSON carries it."""
    if isinstance(value, datetime):
        # All stored moments are in UTC and whole seconds; isoformat is several times faster than strftime.
        return f"{value.isoformat()[:19]}.000+0000"
    if isinstance(value, date):
        return value.isoformat()
    return value


def normal_text(given: str, line_breaks: str) -> str | None:
    """Return text as it is stored: outer blanks gone, empty as null, line breaks of the org's style."""
    trimmed = given.strip()
    if not trimmed:
        return None
    return _BREAK.sub("\r\n" if line_breaks == "crlf" else "\n", trimmed)


def _unreadable(field: Field, given: Any) -> ApiError:
    kind = {"datetime": "datetime", "date": "date", "boolean": "boolean"}.get(field.type, field.type)
    shape = "VALUE_STRING" if isinstance(given, str) else type(given).__name__
    return ApiError(
        "JSON_PARSER_ERROR",
        f"Cannot deserialize instance of {kind} from {shape} value {given} or request may be missing a required field",
        [field.name] if field.type in NUMBER_TYPES else (),
    )


def read(field: Field, given: Any, line_breaks: str) -> Value:
    """Turn a JSON value for a field into the value to store; ApiError when it does not fit."""
    if given is None:
        return False if field.type == "boolean" else None
    if isinstance(given, dict | list):
        raise _unreadable(field, given)
    if field.type in TEXT_TYPES:
        return _read_text(field, str(given), line_breaks)
    reader = _READERS[field.type]
    if isinstance(given, str) and not given.strip():
        return False if field.type == "boolean" else None
    return reader(field, given)


def _read_text(field: Field, given: str, line_breaks: str) -> str | None:
    stored = normal_text(given, line_breaks)
    if stored is None:
        return None
    if field.is_("r") and stored not in {choice.value for choice in field.choices}:
        known = next((c.value for c in field.choices if stored.lower() in (c.value.lower(), c.label.lower())), None)
        if known is None:
            raise ApiError(
                "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                f"{field.label}: bad value for restricted picklist field: {stored}",
                [field.name],
            )
        return known
    if field.length and len(stored) > field.length:
        raise ApiError(
            "STRING_TOO_LONG",
            f"{field.label}: data value too large: {stored[:40]} (max length={field.length})",
            [field.name],
        )
    if field.type == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", stored):
        raise ApiError("INVALID_EMAIL_ADDRESS", f"{field.label}: invalid email address: {stored}", [field.name])
    return stored


def _read_boolean(field: Field, given: Any) -> bool:
    if isinstance(given, bool):
        return given
    said = str(given).strip().lower()
    if said not in {"true", "false", "1", "0"}:
        raise _unreadable(field, given)
    return said in {"true", "1"}


def _read_number(field: Field, given: Any) -> int | float:
    try:
        if isinstance(given, bool):
            raise ValueError("a boolean is no number")
        number = float(given)
        if not math.isfinite(number):
            raise ValueError("not finite")
    except ValueError as error:
        raise _unreadable(field, given) from error
    whole = field.digits or max(field.precision - field.scale, 1)
    if abs(number) >= 10**whole:
        raise ApiError(
            "NUMBER_OUTSIDE_VALID_RANGE", f"{field.label}: value outside of valid range: {given}", [field.name]
        )
    if field.type == "int":
        if not number.is_integer():
            raise _unreadable(field, given)
        return int(number)
    return round(number, field.scale)


def _read_date(field: Field, given: Any) -> date:
    said = str(given)
    day = parse_date(said) or parse_date(said[:10] if parse_moment(said) else "")
    if day is None:
        raise _unreadable(field, given)
    _check_year(field, day)
    return day


def _read_moment(field: Field, given: Any) -> datetime:
    moment = parse_moment(str(given))
    day = None if moment else parse_date(str(given))
    if day is not None:
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if moment is None:
        raise _unreadable(field, given)
    _check_year(field, moment)
    return moment


def _check_year(field: Field, day: date) -> None:
    """Dates run from 1700 to 4000; the code of the refusal is not known ([?])."""
    if day.year not in _YEARS:
        raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", f"{field.label}: date outside of valid range: {day}", [field.name])


def _read_id(field: Field, given: Any) -> str:
    found = full_id(str(given).strip())
    if found is None:
        raise ApiError("MALFORMED_ID", f"{field.label}: id value of incorrect type: {given}", [field.name])
    return found


_READERS = {
    "boolean": _read_boolean,
    "int": _read_number,
    "double": _read_number,
    "currency": _read_number,
    "percent": _read_number,
    "date": _read_date,
    "datetime": _read_moment,
    "id": _read_id,
    "reference": _read_id,
}
