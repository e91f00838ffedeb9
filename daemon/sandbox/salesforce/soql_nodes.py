"""The nodes of a SOQL query: frozen, compared by value, free of any schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class DateWord:
    """A date literal such as TODAY or LAST_N_DAYS:7; `n` is 0 where none is written."""

    word: str
    n: int = 0


Literal = str | bool | int | float | datetime | date | DateWord | None


@dataclass(frozen=True, slots=True)
class Path:
    """A field, perhaps through relationships: `Owner.Name` is ("Owner", "Name")."""

    text: str

    @property
    def parts(self) -> tuple[str, ...]:
        """The names between the dots."""
        return tuple(self.text.split("."))


@dataclass(frozen=True, slots=True)
class Call:
    """A function, such as COUNT(Id); arguments are paths, calls or literals."""

    name: str
    args: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One column of the result."""

    value: Path | Call
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class TypeOf:
    """TYPEOF: other fields per kind of record that a polymorphic look-up points at."""

    path: Path
    cases: tuple[tuple[str, tuple[str, ...]], ...]
    otherwise: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """`operator` is one of = != < <= > >= like in not_in includes excludes; `values` has one entry unless it is a list."""

    operand: Path | Call
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class SemiJoin:
    """`operand` is (not) among the values of one field of another query."""

    operand: Path
    negated: bool
    query: Query


@dataclass(frozen=True, slots=True)
class Logic:
    """and, or, not."""

    operator: str
    terms: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class OrderBy:
    """One sort key; nulls come first unless the query says otherwise."""

    operand: Path | Call
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A whole SELECT."""

    items: tuple[Any, ...]
    source: str
    alias: str | None = None
    scope: str | None = None
    where: Any = None
    group: tuple[Path | Call, ...] = ()
    having: Any = None
    order: tuple[OrderBy, ...] = ()
    limit: int | None = None
    offset: int = 0
    all_rows: bool = False
    #: FOR VIEW or FOR REFERENCE: the rows count as recently seen.
    viewed: bool = False
    #: Column (from 1) of the object's name in the text, for messages.
    source_at: int = field(default=1, compare=False)
