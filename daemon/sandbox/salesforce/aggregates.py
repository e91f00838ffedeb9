"""COUNT, SUM, MIN, MAX, AVG, GROUP BY and the date functions of SOQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from daemon.sandbox.salesforce.conditions import Operands, predicate
from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import NUMBER_TYPES, Field, Row
from daemon.sandbox.salesforce.paths import Getter, sort_key
from daemon.sandbox.salesforce.select_list import Column
from daemon.sandbox.salesforce.soql_nodes import Call, Item, Path, Query
from daemon.sandbox.salesforce.values import show

_FOLDS: dict[str, Callable[[list[Any]], Any]] = {
    "COUNT": len,
    "COUNT_DISTINCT": lambda values: len(set(values)),
    "SUM": lambda values: sum(values) if values else None,
    "AVG": lambda values: sum(values) / len(values) if values else None,
}
_AGGREGATES = {*_FOLDS, "MIN", "MAX"}
_DATES: dict[str, Callable[[Any], Any]] = {
    "CALENDAR_YEAR": lambda d: d.year,
    "CALENDAR_MONTH": lambda d: d.month,
    "CALENDAR_QUARTER": lambda d: (d.month - 1) // 3 + 1,
    "DAY_IN_MONTH": lambda d: d.day,
    "DAY_IN_YEAR": lambda d: d.timetuple().tm_yday,
    "DAY_IN_WEEK": lambda d: d.isoweekday() % 7 + 1,
    "WEEK_IN_MONTH": lambda d: (d.day - 1) // 7 + 1,
    "WEEK_IN_YEAR": lambda d: (d.timetuple().tm_yday - 1) // 7 + 1,
    "FISCAL_YEAR": lambda d: d.year,
    "FISCAL_QUARTER": lambda d: (d.month - 1) // 3 + 1,
    "FISCAL_MONTH": lambda d: d.month,
    "DAY_ONLY": lambda d: d.date() if isinstance(d, datetime) else d,
    "HOUR_IN_DAY": lambda d: d.hour,
}
_COUNTED = Field("expr", "Expression", "double", flags="fsg", precision=18)
_DAY = Field("expr", "Expression", "date", flags="fsg")


def is_plain_count(query: Query) -> bool:
    """Tell whether the query is SELECT COUNT() FROM ..., which answers a number only; it cannot be sorted."""
    plain = query.items == (Item(Call("COUNT", ())),) and not query.group
    if plain and query.order:
        raise ApiError("MALFORMED_QUERY", "COUNT() cannot be sorted; use COUNT(Id)")
    return plain


def is_grouped(query: Query) -> bool:
    """Tell whether the result is made of groups and not of records."""
    return bool(query.group) or any(_fold_of(item) for item in query.items)


def _fold_of(item: Any) -> Call | None:
    call = item.value if isinstance(item, Item) else None
    return call if isinstance(call, Call) and call.name in _AGGREGATES else None


def date_function(call: Call, operands: Operands) -> tuple[Field, Getter]:
    """Resolve a date function in UTC, or in the person's zone through CONVERTTIMEZONE; MALFORMED_QUERY for any other."""
    inner = call.args[0] if len(call.args) == 1 else None
    local = isinstance(inner, Call) and inner.name == "CONVERTTIMEZONE" and len(inner.args) == 1
    path = inner.args[0] if local and isinstance(inner, Call) else inner
    if call.name not in _DATES or not isinstance(path, Path):
        raise ApiError("MALFORMED_QUERY", f"unexpected function: {call.name}")
    field, get = operands.operand(path)
    if local and field.type != "datetime":
        raise ApiError("INVALID_FIELD", f"field '{field.name}' is not a date and time (CONVERTTIMEZONE)")
    zone = operands.zone if local else UTC
    if field.type not in {"date", "datetime"}:
        raise ApiError("INVALID_FIELD", f"field '{field.name}' is not a date ({call.name})")
    part = _DATES[call.name]

    def read(row: Row) -> Any:
        value = get(row)
        return None if value is None else part(value.astimezone(zone) if isinstance(value, datetime) else value)

    return (_DAY if call.name == "DAY_ONLY" else _COUNTED), read


class _Groups:
    """HAVING asks for aggregates of a group; a group stands in for a row as {"rows": [...]}."""

    def __init__(self, operands: Operands, keys: tuple[Path | Call, ...]) -> None:
        self._operands = operands
        self._keys = keys
        self.now: datetime = operands.now
        self.zone: ZoneInfo = operands.zone

    def operand(self, operand: Path | Call) -> tuple[Field, Getter]:
        """Resolve an aggregate, or a field that is the same in the whole group."""
        if isinstance(operand, Call) and operand.name in _AGGREGATES:
            field, fold = _fold(operand, self._operands)
            return field, lambda group: fold(group["rows"])
        field, get = self._operands.operand(operand)
        if operand not in self._keys:
            raise ApiError("MALFORMED_QUERY", f"{_said(operand)} must be grouped or aggregated")
        return field, lambda group: get(group["rows"][0])

    def values_of(self, query: Query) -> set[Any]:
        """Run a semi-join."""
        return self._operands.values_of(query)


def _said(operand: Path | Call) -> str:
    return operand.text if isinstance(operand, Path) else operand.name


def _fold(call: Call, operands: Operands) -> tuple[Field, Callable[[list[Row]], Any]]:
    """The field that the result is like, and how it comes from the rows of a group."""
    if len(call.args) != 1 or not isinstance(call.args[0], Path):
        raise ApiError("MALFORMED_QUERY", f"{call.name} takes one field")
    field, get = operands.operand(call.args[0])
    if not field.is_("a") and not call.name.startswith("COUNT") and field.type not in {"date", "datetime"}:
        raise ApiError("MALFORMED_QUERY", f"field {field.name} does not support aggregate operator {call.name}")
    if call.name in {"SUM", "AVG"} and field.type not in NUMBER_TYPES:
        raise ApiError("MALFORMED_QUERY", f"field {field.name} does not support aggregate operator {call.name}")
    if call.name in {"MIN", "MAX"}:
        first, last = sort_key(field, get), call.name == "MAX"
        return field, lambda rows: get(_outermost(rows, get, first, last)) if rows else None
    fold = _FOLDS[call.name]
    return _COUNTED, lambda rows: fold([value for row in rows if (value := get(row)) is not None])


def _outermost(rows: list[Row], get: Getter, key: Getter, last: bool) -> Row:
    """The row with the smallest or largest value, any row where none has a value."""
    full = [row for row in rows if get(row) is not None]
    return (max if last else min)(full, key=key) if full else rows[0]


def grouped(query: Query, operands: Operands, rows: list[Row]) -> tuple[list[Column], list[dict[str, Any]]]:
    """Return the columns and records of a grouped query."""
    keys = []
    for operand in query.group:
        field, get = operands.operand(operand)
        if not field.is_("g"):
            raise ApiError("MALFORMED_QUERY", f"field '{field.name}' can not be grouped in a query call")
        keys.append(get)
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(get(row) for get in keys), []).append(row)
    if not query.group:
        groups = {(): rows}
    having = predicate(query.having, _Groups(operands, query.group)) if query.having else lambda _group: True
    kept = [{"rows": members} for members in groups.values() if having({"rows": members})]
    kept = _in_order(query, operands, kept)
    columns = _columns(query, operands)
    start = query.offset
    cut = kept[start : None if query.limit is None else start + query.limit]
    records = []
    for group in cut:
        shown = {label: show(read(group["rows"])) for label, read in columns}
        records.append({"attributes": {"type": "AggregateResult"}, **shown})
    return [Column(label) for label, _ in columns], records


def _in_order(query: Query, operands: Operands, groups: list[Row]) -> list[Row]:
    for key in reversed(query.order):
        field, get = _Groups(operands, query.group).operand(key.operand)
        empty = [g for g in groups if get(g) is None]
        full = sorted((g for g in groups if get(g) is not None), key=sort_key(field, get), reverse=key.descending)
        groups = full + empty if key.nulls_last else empty + full
    return groups


def _columns(query: Query, operands: Operands) -> list[tuple[str, Callable[[list[Row]], Any]]]:
    made: list[tuple[str, Callable[[list[Row]], Any]]] = []
    unnamed = 0
    for item in query.items:
        call = _fold_of(item)
        if call is not None:
            label = item.alias or f"expr{unnamed}"
            unnamed += item.alias is None
            made.append((label, _fold(call, operands)[1]))
            continue
        if not isinstance(item, Item) or item.value not in query.group:
            said = item.value.text if isinstance(item, Item) and isinstance(item.value, Path) else "expression"
            raise ApiError("MALFORMED_QUERY", f"Field must be grouped or aggregated: {said}")
        _field, get = operands.operand(item.value)
        if isinstance(item.value, Path):
            label = item.alias or item.value.parts[-1]
        else:
            label = item.alias or f"expr{unnamed}"
            unnamed += item.alias is None
        made.append((label, _first(get)))
    return made


def _first(get: Getter) -> Callable[[list[Row]], Any]:
    return lambda rows: get(rows[0]) if rows else None
