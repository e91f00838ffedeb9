"""COUNT, SUM, MIN, MAX, AVG, GROUP BY and the date functions of SOQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from daemon.sandbox.salesforce.conditions import Operands, predicate
from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import NUMBER_TYPES, Field, Row
from daemon.sandbox.salesforce.paths import Getter
from daemon.sandbox.salesforce.select_list import Column
from daemon.sandbox.salesforce.soql_nodes import Call, Item, Path, Query
from daemon.sandbox.salesforce.values import show

_FOLDS: dict[str, Callable[[list[Any]], Any]] = {
    "COUNT": len,
    "COUNT_DISTINCT": lambda values: len(set(values)),
    "MIN": lambda values: min(values, default=None),
    "MAX": lambda values: max(values, default=None),
    "SUM": lambda values: sum(values) if values else None,
    "AVG": lambda values: sum(values) / len(values) if values else None,
}
_DATES: dict[str, Callable[[Any], Any]] = {
    "CALENDAR_YEAR": lambda d: d.year,
    "CALENDAR_MONTH": lambda d: d.month,
    "CALENDAR_QUARTER": lambda d: (d.month - 1) // 3 + 1,
    "DAY_IN_MONTH": lambda d: d.day,
    "DAY_IN_YEAR": lambda d: d.timetuple().tm_yday,
    "DAY_IN_WEEK": lambda d: d.isoweekday() % 7 + 1,
    "DAY_ONLY": lambda d: d.date() if isinstance(d, datetime) else d,
    "HOUR_IN_DAY": lambda d: d.hour,
}
_COUNTED = Field("expr", "Expression", "double", flags="fsg", precision=18)
_DAY = Field("expr", "Expression", "date", flags="fsg")


def is_plain_count(query: Query) -> bool:
    """Tell whether the query is SELECT COUNT() FROM ..., which answers a number only."""
    return query.items == (Item(Call("COUNT", ())),) and not query.group


def is_grouped(query: Query) -> bool:
    """Tell whether the result is made of groups and not of records."""
    return bool(query.group) or any(_fold_of(item) for item in query.items)


def _fold_of(item: Any) -> Call | None:
    call = item.value if isinstance(item, Item) else None
    return call if isinstance(call, Call) and call.name in _FOLDS else None


def date_function(call: Call, operands: Operands) -> tuple[Field, Getter]:
    """Resolve a date function in the organization's days (UTC); MALFORMED_QUERY for any other function."""
    if call.name not in _DATES or len(call.args) != 1 or not isinstance(call.args[0], Path):
        raise ApiError("MALFORMED_QUERY", f"unexpected function: {call.name}")
    field, get = operands.operand(call.args[0])
    if field.type not in {"date", "datetime"}:
        raise ApiError("INVALID_FIELD", f"field '{field.name}' is not a date ({call.name})")
    part = _DATES[call.name]

    def read(row: Row) -> Any:
        value = get(row)
        return None if value is None else part(value)

    return (_DAY if call.name == "DAY_ONLY" else _COUNTED), read


class _Groups:
    """HAVING asks for aggregates of a group; a group stands in for a row as {"rows": [...]}."""

    def __init__(self, operands: Operands) -> None:
        self._operands = operands
        self.now: datetime = operands.now
        self.zone: ZoneInfo = operands.zone

    def operand(self, operand: Path | Call) -> tuple[Field, Getter]:
        """Resolve an aggregate, or a field that is the same in the whole group."""
        if isinstance(operand, Call) and operand.name in _FOLDS:
            fold = _fold(operand, self._operands)
            return _COUNTED, lambda group: fold(group["rows"])
        field, get = self._operands.operand(operand)
        return field, lambda group: get(group["rows"][0])

    def values_of(self, query: Query) -> set[Any]:
        """Run a semi-join."""
        return self._operands.values_of(query)


def _fold(call: Call, operands: Operands) -> Callable[[list[Row]], Any]:
    if not call.args:
        return len
    if len(call.args) != 1 or not isinstance(call.args[0], Path):
        raise ApiError("MALFORMED_QUERY", f"{call.name} takes one field")
    field, get = operands.operand(call.args[0])
    if not field.is_("a") and not call.name.startswith("COUNT") and field.type not in {"date", "datetime"}:
        raise ApiError("MALFORMED_QUERY", f"field {field.name} does not support aggregate operator {call.name}")
    if call.name in {"SUM", "AVG"} and field.type not in NUMBER_TYPES:
        raise ApiError("MALFORMED_QUERY", f"field {field.name} does not support aggregate operator {call.name}")
    fold = _FOLDS[call.name]
    return lambda rows: fold([value for row in rows if (value := get(row)) is not None])


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
    having = predicate(query.having, _Groups(operands)) if query.having else lambda _group: True
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
        _field, get = _Groups(operands).operand(key.operand)
        empty = [g for g in groups if get(g) is None]
        full = sorted((g for g in groups if get(g) is not None), key=get, reverse=key.descending)
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
            made.append((label, _fold(call, operands)))
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
