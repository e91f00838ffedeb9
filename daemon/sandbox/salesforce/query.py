"""Running a SOQL query: rows chosen, sorted, cut and shown, with sub-queries, grouping and COUNT()."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from daemon.sandbox.salesforce import aggregates
from daemon.sandbox.salesforce.caller import Caller
from daemon.sandbox.salesforce.conditions import predicate
from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import Field, Row, SObject
from daemon.sandbox.salesforce.paths import Getter, PathFinder, sort_key
from daemon.sandbox.salesforce.record_ids import full_id
from daemon.sandbox.salesforce.records import RecordView
from daemon.sandbox.salesforce.schema import Schema
from daemon.sandbox.salesforce.select_list import Column, ColumnBuilder, render
from daemon.sandbox.salesforce.soql import parse_soql, place
from daemon.sandbox.salesforce.soql_nodes import Call, Compare, Logic, Path, Query
from daemon.sandbox.salesforce.store import Store

_MOST_OFFSET = 2000


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Everything a query found, rendered: a snapshot that pages are cut from."""

    sobject: SObject
    total: int
    records: tuple[dict[str, Any], ...]
    columns: tuple[Column, ...]
    grouped: bool = False
    #: Ids of rows that a FOR VIEW query has made recently seen.
    viewed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a query runs against."""

    schema: Schema
    store: Store
    view: RecordView
    now: datetime
    zone: ZoneInfo


def run_query(text: str, caller: Caller, around: Surroundings, version: str, include_deleted: bool) -> QueryResult:
    """Parse and run a query for a person; `include_deleted` is what queryAll adds (deleted and archived rows)."""
    try:
        query = parse_soql(text)
        return _Run(text, query, caller, around, version, include_deleted or query.all_rows).result()
    except RecursionError as error:
        raise ApiError("QUERY_TOO_COMPLICATED", "The query's conditions are nested too deeply") from error


class _Run:
    """One query under way; also the `Operands` of its conditions."""

    def __init__(
        self, text: str, query: Query, caller: Caller, around: Surroundings, version: str, include_deleted: bool
    ) -> None:
        sobject = around.schema.find(query.source)
        if sobject is None or "queryable" not in sobject.traits:
            raise ApiError("INVALID_TYPE", _unknown_object(text, query))
        self._text, self._query, self._caller, self._around = text, query, caller, around
        self._version, self._include_deleted = version, include_deleted
        self.sobject = sobject
        self.now, self.zone = around.now, around.zone
        self._paths = PathFinder(around.schema, around.store, around.view, text)

    def result(self) -> QueryResult:
        """Run the query."""
        query = self._query
        if aggregates.is_plain_count(query):
            return QueryResult(self.sobject, len(self._cut(self._chosen())), (), ())
        if aggregates.is_grouped(query):
            columns, records = aggregates.grouped(query, self, self._chosen())
            return QueryResult(self.sobject, len(records), tuple(records), tuple(columns), grouped=True)
        builder = ColumnBuilder(self.sobject, self._paths, self._query.alias, self._around.schema)
        columns = builder.columns(query)
        rows = self._cut(self._sorted(self._chosen()))
        shown = tuple(render(self, columns, row, self._version) for row in rows)
        viewed = tuple(str(row["Id"]) for row in rows) if query.viewed else ()
        return QueryResult(self.sobject, len(rows), shown, tuple(columns), viewed=viewed)

    # ---- what conditions and columns ask -----------------------------------------------------------------------

    def operand(self, operand: Path | Call) -> tuple[Field, Getter]:
        """Resolve a path, or a date function of one."""
        if isinstance(operand, Call):
            return aggregates.date_function(operand, self)
        found = self._paths.find(self.sobject, operand, self._query.alias)
        return found.field, found.get

    def values_of(self, query: Query) -> set[Any]:
        """Run the inner query of a semi-join."""
        inner = self._inner(query)
        (item,) = query.items
        field, get = inner.operand(item.value)
        if field.type not in {"id", "reference"}:
            raise ApiError("MALFORMED_QUERY", f"The selected field '{field.name}' of a sub-select must be an id")
        return {value for row in inner.rows() if (value := get(row)) is not None}

    def children(self, parent: Row, relation_field: str, child: Query) -> tuple[list[dict[str, Any]], int]:
        """Run a sub-query for one parent row."""
        inner = self._inner(child)
        builder = ColumnBuilder(inner.sobject, inner._paths, child.alias, self._around.schema)
        columns = builder.columns(child)
        rows = [row for row in inner._chosen() if row.get(relation_field) == parent["Id"]]
        rows = inner._cut(inner._sorted(rows))
        return [render(inner, columns, row, self._version) for row in rows], len(rows)

    def related(self, record_id: str | None) -> Row | None:
        """Return the row that a look-up points at."""
        return self._paths.related(record_id)

    @property
    def view(self) -> RecordView:
        """How rows are read."""
        return self._around.view

    def kind_of(self, record_id: str) -> str:
        """Return the name of the object that an id belongs to."""
        kind = self._around.schema.of_id(record_id)
        return kind.name if kind else "Name"

    def _inner(self, query: Query) -> _Run:
        return _Run(self._text, query, self._caller, self._around, self._version, self._include_deleted)

    # ---- rows ----------------------------------------------------------------------------------------------------

    def rows(self) -> list[Row]:
        """Return the rows the query finds, sorted and cut."""
        return self._cut(self._sorted(self._chosen()))

    def _chosen(self) -> list[Row]:
        holds = predicate(self._query.where, self)
        name, caller, mine = self.sobject.name, self._caller, self._scope()
        return [
            row
            for row in self._candidates()
            if self._shown(row)
            and caller.may_see(name, row)
            and (not mine or row.get("OwnerId") == mine)
            and holds(row)
        ]

    def _shown(self, row: Row) -> bool:
        return self._include_deleted or not (row.get("IsDeleted") or self._around.view.archived(row))

    def _scope(self) -> str | None:
        scope = (self._query.scope or "everything").lower()
        if scope not in {"everything", "mine"}:
            raise ApiError("MALFORMED_QUERY", f"Scope {scope} is not supported here: use everything or mine")
        return self._caller.user_id if scope == "mine" else None

    def _candidates(self) -> Iterable[Row]:
        """Return the rows worth testing: those named by id where the query names some, else all."""
        store, name = self._around.store, self.sobject.name
        terms = (
            self._query.where.terms
            if isinstance(self._query.where, Logic) and self._query.where.operator == "and"
            else ()
        )
        for term in terms or (self._query.where,):
            if isinstance(term, Compare) and term.operator in {"=", "in"} and term.operand == Path("Id"):
                ids = {full_id(v) for v in term.values if isinstance(v, str)} - {None}
                return [row for i in sorted(map(str, ids)) if (row := store.get(name, i)) is not None]
        return store.rows(name)

    def _sorted(self, rows: list[Row]) -> list[Row]:
        for key in reversed(self._query.order):
            field, get = self.operand(key.operand)
            if not field.is_("s"):
                raise ApiError("INVALID_FIELD", f"field '{field.name}' can not be sorted in a query call")
            empty = [row for row in rows if get(row) is None]
            full = [row for row in rows if get(row) is not None]
            full.sort(key=sort_key(field, get), reverse=key.descending)
            rows = full + empty if key.nulls_last else empty + full
        return rows

    def _cut(self, rows: list[Row]) -> list[Row]:
        start, limit = self._query.offset, self._query.limit
        if start < 0 or start > _MOST_OFFSET:
            raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_MOST_OFFSET}")
        return rows[start : None if limit is None else start + limit]


def _unknown_object(text: str, query: Query) -> str:
    before = text[: max(query.source_at - 1, 0)]
    return place(
        text,
        before.count("\n") + 1,
        query.source_at,
        f"sObject type '{query.source}' is not supported. If you are attempting to use a custom object, be sure to append the "
        "'__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
    )
