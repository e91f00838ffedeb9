"""WHERE and HAVING of SOQL as predicates over rows, with the type checks that the server makes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import NUMBER_TYPES, TEXT_TYPES, Field, Row
from daemon.sandbox.salesforce.paths import Getter
from daemon.sandbox.salesforce.record_ids import full_id
from daemon.sandbox.salesforce.soql_dates import day_span, moment_span
from daemon.sandbox.salesforce.soql_nodes import Call, Compare, DateWord, Literal, Logic, Path, Query, SemiJoin

Predicate = Callable[[Row], bool]
_ORDERED = frozenset({"<", "<=", ">", ">="})
_ID_TYPES = frozenset({"id", "reference"})


class Operands(Protocol):
    """What a condition needs of the query it stands in."""

    now: datetime
    zone: ZoneInfo

    def operand(self, operand: Path | Call) -> tuple[Field, Getter]:
        """Resolve the left side of a comparison."""
        ...

    def values_of(self, query: Query) -> set[Any]:
        """Run the inner query of a semi-join and return the values of its one column."""
        ...


def predicate(condition: Any, operands: Operands) -> Predicate:
    """Turn a condition into a function of a row; ApiError when it cannot be asked."""
    if condition is None:
        return lambda _row: True
    if isinstance(condition, Logic):
        terms = [predicate(term, operands) for term in condition.terms]
        if condition.operator == "and":
            return lambda row: all(term(row) for term in terms)
        if any(isinstance(term, SemiJoin) for term in condition.terms):
            operator = condition.operator.upper()
            raise ApiError("MALFORMED_QUERY", f"Semi join sub-selects are not allowed with the '{operator}' operator")
        if condition.operator == "not":
            return lambda row: not terms[0](row)
        return lambda row: any(term(row) for term in terms)
    if isinstance(condition, SemiJoin):
        return _semi_join(condition, operands)
    return _comparison(condition, operands)


def _semi_join(condition: SemiJoin, operands: Operands) -> Predicate:
    field, get = operands.operand(condition.operand)
    if field.type not in _ID_TYPES:
        raise ApiError(
            "MALFORMED_QUERY",
            "The left operand field in the where expression for outer query should be an id field, cannot use: "
            f"'{condition.operand.text}'",
        )
    found = operands.values_of(condition.query)
    if condition.negated:
        return lambda row: get(row) not in found
    return lambda row: get(row) in found


def _comparison(condition: Compare, operands: Operands) -> Predicate:
    field, get = operands.operand(condition.operand)
    name = condition.operand.text if isinstance(condition.operand, Path) else field.name
    # An address is asked through its parts, whatever describe says of the whole.
    if not field.is_("f") or field.type == "address":
        raise ApiError("INVALID_FIELD", f"field '{name}' can not be filtered in a query call")
    operator = condition.operator
    if operator in _ORDERED and field.type == "boolean":
        raise ApiError("INVALID_QUERY_FILTER_OPERATOR", "invalid operator on boolean field")
    if operator == "like":
        return _like(field, name, get, condition.values[0])
    if operator in {"includes", "excludes"}:
        raise ApiError(
            "INVALID_QUERY_FILTER_OPERATOR",
            f"invalid operator on {field.type} field: only multi-select picklists have it",
        )
    if any(isinstance(value, DateWord) for value in condition.values):
        return _dated(field, name, get, condition, operands)
    values = [_checked(field, name, value) for value in condition.values]
    if operator in {"in", "not_in"}:
        wanted = {_folded(field, value) for value in values}
        if operator == "in":
            return lambda row: _folded(field, get(row)) in wanted
        return lambda row: _folded(field, get(row)) not in wanted
    return _single(field, get, operator, _folded(field, values[0]))


def _single(field: Field, get: Getter, operator: str, value: Any) -> Predicate:
    def has(row: Row) -> Any:
        return _folded(field, get(row))

    match operator:
        case "=":
            return lambda row: has(row) == value
        case "!=":
            return lambda row: has(row) != value
    if value is None:
        raise ApiError("MALFORMED_QUERY", f"null can only be compared with = and != ({field.name})")

    def ordered(test: Callable[[Any], bool]) -> Predicate:
        return lambda row: (found := has(row)) is not None and test(found)

    match operator:
        case "<":
            return ordered(lambda found: found < value)
        case "<=":
            return ordered(lambda found: found <= value)
        case ">":
            return ordered(lambda found: found > value)
    return ordered(lambda found: found >= value)


def _like(field: Field, name: str, get: Getter, pattern: Literal) -> Predicate:
    if field.type not in TEXT_TYPES:
        raise ApiError("INVALID_QUERY_FILTER_OPERATOR", f"invalid operator on {field.type} field ({name})")
    escaped = re.escape(str(pattern))
    # re.escape leaves % and _ alone and doubles the backslash of \% and \_.
    expression = re.sub(r"\\\\([%_])|([%_])", lambda m: m[1] or {"%": ".*", "_": "."}[m[2]], escaped)
    matcher = re.compile(expression, re.IGNORECASE | re.DOTALL)
    return lambda row: bool((found := get(row)) is not None and matcher.fullmatch(found))


def _dated(field: Field, name: str, get: Getter, condition: Compare, operands: Operands) -> Predicate:
    """Compare with date literals; a span is equal to everything inside it."""
    if field.type not in {"date", "datetime"}:
        raise _wrong_type(field, name)
    if condition.operator in {"in", "not_in"} or len(condition.values) != 1:
        raise ApiError("MALFORMED_QUERY", f"date literals cannot stand in a list ({name})")
    word = condition.values[0]
    assert isinstance(word, DateWord)
    start: date
    end: date
    if field.type == "datetime":
        start, end = moment_span(word, operands.now, operands.zone)
    else:
        start, end = day_span(word, operands.now.astimezone(operands.zone).date())
    tests: dict[str, Callable[[Any], bool]] = {
        "=": lambda v: start <= v < end,
        "!=": lambda v: not start <= v < end,
        "<": lambda v: v < start,
        "<=": lambda v: v < end,
        ">": lambda v: v >= end,
        ">=": lambda v: v >= start,
    }
    test = tests[condition.operator]
    if condition.operator == "!=":
        return lambda row: (found := get(row)) is None or test(found)
    return lambda row: (found := get(row)) is not None and test(found)


def _wrong_type(field: Field, name: str) -> ApiError:
    kind = {"datetime": "dateTime", "id": "ID", "reference": "ID"}.get(field.type, field.type)
    quotes = (
        "should be enclosed in quotes" if field.type in TEXT_TYPES | _ID_TYPES else "should not be enclosed in quotes"
    )
    kind = "string" if field.type in TEXT_TYPES else kind
    return ApiError(
        "INVALID_FIELD", f"value of filter criterion for field '{name}' must be of type {kind} and {quotes}"
    )


def _checked(field: Field, name: str, value: Literal) -> Any:
    """Check a literal against the field's type."""
    if value is None:
        return None
    if field.type in _ID_TYPES:
        if not isinstance(value, str):
            raise _wrong_type(field, name)
        found = full_id(value)
        if value and found is None:
            raise ApiError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value}")
        return found
    fits = {
        "boolean": isinstance(value, bool),
        "datetime": isinstance(value, datetime),
        "date": isinstance(value, date) and not isinstance(value, datetime),
    }.get(field.type)
    if fits is None:
        fits = (
            isinstance(value, int | float) and not isinstance(value, bool)
            if field.type in NUMBER_TYPES
            else isinstance(value, str)
        )
    if not fits:
        raise _wrong_type(field, name)
    return value or None if isinstance(value, str) else value


def _folded(field: Field, value: Any) -> Any:
    """Text is compared without regard to case, ids exactly."""
    return value.casefold() if isinstance(value, str) and field.type not in _ID_TYPES else value
