"""The SELECT list of SOQL: which columns a query has, and one row rendered with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import Field, Row, SObject
from daemon.sandbox.salesforce.paths import PathFinder, Resolved
from daemon.sandbox.salesforce.records import RecordView, attributes
from daemon.sandbox.salesforce.schema import Schema
from daemon.sandbox.salesforce.soql_nodes import Call, Item, Path, Query, TypeOf
from daemon.sandbox.salesforce.values import show

#: The most rows that FIELDS(ALL) and FIELDS(CUSTOM) allow.
_MOST_FOR_ALL = 200
#: Argument of FIELDS() -> whether its fields are custom.
_FIELD_SETS = {"ALL": (False, True), "STANDARD": (False,), "CUSTOM": (True,)}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: a path, a sub-query (`child`), or a TYPEOF. `label` is its name in the result."""

    label: str
    found: Resolved | None = None
    child: Query | None = None
    child_field: str = ""
    cases: dict[str, tuple[Column, ...]] = field(default_factory=dict)
    otherwise: tuple[Resolved, ...] = ()
    links: tuple[Field, ...] = ()


class RowSource(Protocol):
    """What rendering asks of the query it renders for."""

    sobject: SObject

    @property
    def view(self) -> RecordView:
        """How rows are read."""
        ...

    def related(self, record_id: str | None) -> Row | None:
        """Return the row a look-up points at."""
        ...

    def kind_of(self, record_id: str) -> str:
        """Return the object an id belongs to."""
        ...

    def children(self, parent: Row, relation_field: str, child: Query) -> tuple[list[dict[str, Any]], int]:
        """Run a sub-query for one parent."""
        ...


class ColumnBuilder:
    """Turns a SELECT list into columns."""

    def __init__(self, sobject: SObject, paths: PathFinder, alias: str | None, schema: Schema) -> None:
        self._sobject = sobject
        self._paths = paths
        self._alias = alias
        self._schema = schema

    def columns(self, query: Query) -> list[Column]:
        """Return the columns in order; ApiError for anything that cannot be selected."""
        made: list[Column] = []
        for item in query.items:
            if isinstance(item, Query):
                made.append(self._child(item))
            elif isinstance(item, TypeOf):
                made.append(self._type_of(item))
            elif isinstance(item.value, Call):
                made += self._call(item, query)
            elif item.alias:
                raise ApiError("MALFORMED_QUERY", "only aggregate expressions use field aliasing")
            else:
                made.append(self._path(item.value))
        # A label beside its value is one field shown in two ways.
        labelled = any(
            isinstance(i, Item) and isinstance(i.value, Call) and i.value.name == "TOLABEL" for i in query.items
        )
        labels = [c.label for c in made if c.found]
        twice = next((label for label in labels if labels.count(label) > 1), None)
        if twice and not labelled:
            raise ApiError("MALFORMED_QUERY", f"duplicate field selected: {twice}")
        return made

    def _path(self, path: Path) -> Column:
        found = self._paths.find(self._sobject, path, self._alias)
        links: list[Field] = []
        kinds: tuple[SObject, ...] = (self._sobject,)
        for name in found.names[:-1]:
            link = next(f for kind in kinds if (f := kind.relationship(name)) is not None)
            links.append(link)
            kinds = tuple(o for o in map(self._schema.find, link.to) if o is not None)
        return Column(".".join(found.names), found, links=tuple(links))

    def _child(self, query: Query) -> Column:
        relation = self._schema.child(self._sobject.name, query.source)
        if relation is None:
            raise ApiError(
                "INVALID_TYPE",
                f"Didn't understand relationship '{query.source}' in FROM part of query call. If you are attempting to use a "
                "custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your "
                "WSDL or the describe call for the appropriate names.",
            )
        child = Query(
            query.items,
            relation.child,
            query.alias,
            query.scope,
            query.where,
            (),
            None,
            query.order,
            query.limit,
            query.offset,
        )
        return Column(str(relation.name), child=child, child_field=relation.field)

    def _type_of(self, item: TypeOf) -> Column:
        link = self._sobject.relationship(item.path.text)
        if link is None or not link.is_("p"):
            raise ApiError("INVALID_FIELD", f"TYPEOF needs a polymorphic relationship, and '{item.path.text}' is none")
        cases = {}
        for kind, names in item.cases:
            target = self._schema.find(kind)
            if target is None or target.name not in link.to:
                raise ApiError("INVALID_TYPE", f"'{kind}' is not a type that {item.path.text} can have")
            builder = ColumnBuilder(target, self._paths, None, self._schema)
            cases[target.name] = tuple(builder._path(Path(name)) for name in names)
        # ELSE is about records of any kind, so only what every kind has can be asked.
        otherwise = tuple(self._paths.find(self._sobject, Path(f"{link.rel}.{name}")) for name in item.otherwise)
        return Column(str(link.rel), cases=cases, otherwise=otherwise, links=(link,))

    def _call(self, item: Item, query: Query) -> list[Column]:
        call = item.value
        assert isinstance(call, Call)
        if call.name == "FIELDS" and len(call.args) == 1 and isinstance(call.args[0], Path):
            which = call.args[0].text.upper()
            if which in {"ALL", "CUSTOM"} and (query.limit is None or query.limit > _MOST_FOR_ALL):
                raise ApiError(
                    "MALFORMED_QUERY", f"The SOQL FIELDS function must have a LIMIT of at most {_MOST_FOR_ALL}"
                )
            if which in _FIELD_SETS:
                custom = _FIELD_SETS[which]
                return [self._path(Path(f.name)) for f in self._sobject.fields if f.custom in custom]
        if call.name == "TOLABEL" and len(call.args) == 1 and isinstance(call.args[0], Path):
            column = self._path(call.args[0])
            assert column.found is not None
            return [
                Column(item.alias or column.label, _labelled(column.found), links=() if item.alias else column.links)
            ]
        raise ApiError("MALFORMED_QUERY", f"unexpected function: {call.name}")


def _labelled(found: Resolved) -> Resolved:
    labels = {choice.value: choice.label for choice in found.field.choices}

    def label(row: Row) -> Any:
        value = found.get(row)
        return labels.get(value, value)

    return Resolved(found.names, found.field, label)


def render(source: RowSource, columns: list[Column], row: Row, version: str) -> dict[str, Any]:
    """Return one row of the result."""
    record: dict[str, Any] = {"attributes": attributes(source.sobject.name, row["Id"], version)}
    for column in columns:
        if column.child is not None:
            records, total = source.children(row, column.child_field, column.child)
            record[column.label] = {"totalSize": total, "done": True, "records": records} if records else None
        elif column.cases or column.otherwise:
            record[column.label] = _by_type(source, column, row, version)
        elif column.found is not None:
            _place(source, record, column, row, version)
    return record


def _place(source: RowSource, record: dict[str, Any], column: Column, row: Row, version: str) -> None:
    """Put a value at the end of its path, opening the records on the way; a missing one is null."""
    assert column.found is not None
    target, at = record, row
    for link in column.links:
        name = str(link.rel)
        related = source.related(at.get(link.name))
        if related is None:
            target[name] = None
            return
        if not isinstance(target.get(name), dict):
            named = "Name" if link.is_("p") else None
            target[name] = {"attributes": attributes(source.kind_of(related["Id"]), related["Id"], version, named)}
        target, at = target[name], related
    label = column.found.names[-1] if column.links else column.label
    target[label] = show(column.found.get(row))


def _by_type(source: RowSource, column: Column, row: Row, version: str) -> dict[str, Any] | None:
    related = source.related(row.get(column.links[0].name))
    if related is None:
        return None
    kind = source.kind_of(related["Id"])
    record: dict[str, Any] = {"attributes": attributes(kind, related["Id"], version)}
    if kind not in column.cases:
        return record | {found.names[-1]: show(found.get(row)) for found in column.otherwise}
    for own in column.cases[kind]:
        _place(source, record, own, related, version)
    return record
