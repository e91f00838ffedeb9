"""SOQL text to a tree of frozen nodes, through a real grammar (soql.lark); bad text is MALFORMED_QUERY with its place."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, VisitError

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.soql_nodes import (
    Call,
    Compare,
    DateWord,
    Item,
    Literal,
    Logic,
    OrderBy,
    Path,
    Query,
    SemiJoin,
    TypeOf,
)
from daemon.sandbox.salesforce.values import parse_date, parse_moment

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}


def parse_soql(text: str) -> Query:
    """Parse a query; ApiError MALFORMED_QUERY when it is none."""
    try:
        tree = _parser().parse(text)
        query: Query = _Build().transform(tree)
    except UnexpectedInput as error:
        raise _malformed(text, error) from error
    except VisitError as error:
        if isinstance(error.orig_exc, ApiError):
            raise error.orig_exc from error
        raise
    return query


@cache
def _parser() -> Lark:
    grammar = files(__package__).joinpath("soql.lark").read_text("utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=True)


def place(text: str, line: int, column: int, message: str) -> str:
    """Return a message with the line of the query, a caret and the position, as query errors read."""
    lines = text.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1]
    return f"\n{shown}\n{' ' * (max(column, 1) - 1)}^\nERROR at Row:{line}:Column:{column}\n{message}"


def _malformed(text: str, error: UnexpectedInput) -> ApiError:
    if isinstance(error, UnexpectedEOF) or getattr(getattr(error, "token", None), "type", "") == "$END":
        lines = text.splitlines() or [""]
        return ApiError("MALFORMED_QUERY", place(text, len(lines), len(lines[-1]) + 1, "unexpected token: '<EOF>'"))
    line, column = error.line or 1, error.column or 1
    if isinstance(error, UnexpectedCharacters):
        found = text.splitlines()[line - 1][column - 1 : column]
    else:
        found = str(getattr(error, "token", ""))
    return ApiError("MALFORMED_QUERY", place(text, line, column, f"unexpected token: '{found}'"))


def _unquote(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        letter = match[1]
        # In LIKE patterns \% and \_ stay escaped.
        if letter in "%_":
            return f"\\{letter}"
        if letter.lower() not in _ESCAPES:
            raise ApiError(
                "MALFORMED_QUERY",
                f"Invalid string literal {text}. Illegal character sequence '\\{letter}' in string literal.",
            )
        return _ESCAPES[letter.lower()]

    return re.sub(r"\\(.)", one, text[1:-1], flags=re.DOTALL)


def _literal(token: Token) -> Literal:
    said = str(token)
    match token.type:
        case "STRING":
            return _unquote(said)
        case "NUMBER":
            return float(said)
        case "INTEGER":
            return int(said)
        case "TRUE" | "FALSE":
            return token.type == "TRUE"
        case "NULL":
            return None
        case "DATE_LITERAL":
            word, _, number = said.partition(":")
            return DateWord(word.upper(), int(number or 0))
    value = parse_moment(said) if token.type == "DATETIME" else parse_date(said)
    if value is None:
        raise ApiError("MALFORMED_QUERY", f"line 1:1 no viable alternative at character: {said} is not a date")
    return value


class _Build(Transformer[Token, Any]):
    """Turns lark's tree into nodes; every method is named after its rule."""

    def literal(self, children: list[Any]) -> tuple[Literal]:
        return (_literal(children[0]),)

    def name_arg(self, children: list[Any]) -> Path:
        return Path(str(children[0]))

    def alias(self, children: list[Any]) -> str:
        return str(children[0])

    def call_args(self, children: list[Any]) -> tuple[Any, ...]:
        return tuple(c[0] if isinstance(c, tuple) else c for c in children)

    def call(self, children: list[Any]) -> Call:
        return Call(str(children[0]).upper(), children[1] or ())

    def path_item(self, children: list[Any]) -> Item:
        return Item(Path(str(children[0])), children[1])

    def call_item(self, children: list[Any]) -> Item:
        return Item(children[0], children[1])

    def field_names(self, children: list[Any]) -> tuple[str, ...]:
        return tuple(map(str, children))

    def type_case(self, children: list[Any]) -> tuple[str, tuple[str, ...]]:
        return str(children[1]), children[3]

    def type_of(self, children: list[Any]) -> TypeOf:
        cases = tuple(c for c in children[2:] if isinstance(c, tuple) and c and isinstance(c[-1], tuple))
        otherwise = next((c for c in children[2:] if isinstance(c, tuple) and c and not isinstance(c[-1], tuple)), ())
        return TypeOf(Path(str(children[1])), cases, otherwise)

    def select_list(self, children: list[Any]) -> tuple[Any, ...]:
        return tuple(children)

    def source_alias(self, children: list[Any]) -> str:
        return str(children[-1])

    def source(self, children: list[Any]) -> tuple[str, str | None, int]:
        return str(children[0]), children[1], children[0].column or 1

    def scope(self, children: list[Any]) -> str:
        return str(children[-1])

    def where(self, children: list[Any]) -> Any:
        return children[-1]

    def or_expr(self, children: list[Any]) -> Logic:
        return Logic("or", tuple(c for c in children if not isinstance(c, Token)))

    def and_expr(self, children: list[Any]) -> Logic:
        return Logic("and", tuple(c for c in children if not isinstance(c, Token)))

    def not_expr(self, children: list[Any]) -> Logic:
        return Logic("not", (children[-1],))

    def compare(self, children: list[Any]) -> Compare:
        operator = "!=" if str(children[1]) == "<>" else str(children[1])
        return Compare(children[0], operator, children[2])

    def like(self, children: list[Any]) -> Compare:
        return Compare(children[0], "like", (_unquote(str(children[-1])),))

    def values(self, children: list[Any]) -> tuple[Literal, ...]:
        return tuple(value for (value,) in children)

    def in_list(self, children: list[Any]) -> Compare:
        return Compare(children[0], "in", children[-1])

    def not_in_list(self, children: list[Any]) -> Compare:
        return Compare(children[0], "not_in", children[-1])

    def includes(self, children: list[Any]) -> Compare:
        return Compare(children[0], "includes", children[-1])

    def excludes(self, children: list[Any]) -> Compare:
        return Compare(children[0], "excludes", children[-1])

    def semi_join(self, children: list[Any]) -> Query:
        _select, name, _from, source, where, order, limit = children
        return Query((Item(Path(str(name))),), source[0], source[1], None, where, order=order or (), limit=limit)

    def in_query(self, children: list[Any]) -> SemiJoin:
        return SemiJoin(children[0], False, children[-1])

    def not_in_query(self, children: list[Any]) -> SemiJoin:
        return SemiJoin(children[0], True, children[-1])

    def group(self, children: list[Any]) -> tuple[tuple[Path | Call, ...], Any]:
        items = [c for c in children[2:] if isinstance(c, Path | Call)]
        having = children[-1] if isinstance(children[-1], Compare | Logic | SemiJoin) else None
        return tuple(items), having

    def direction(self, children: list[Any]) -> bool:
        return bool(children[0].type == "DESC")

    def nulls(self, children: list[Any]) -> bool:
        return bool(children[1].type == "LAST")

    def order_item(self, children: list[Any]) -> OrderBy:
        return OrderBy(children[0], bool(children[1]), bool(children[2]))

    def order(self, children: list[Any]) -> tuple[OrderBy, ...]:
        return tuple(children[2:])

    def limit(self, children: list[Any]) -> int:
        return int(children[-1])

    def offset(self, children: list[Any]) -> int:
        return int(children[-1])

    def for_clause(self, children: list[Any]) -> str:
        return str(children[-1].type)

    def sub_select(self, children: list[Any]) -> Query:
        _select, items, _from, source, scope, where, order, limit, offset = children
        return Query(items, source[0], source[1], scope, where, (), None, order or (), limit, offset or 0)

    def start(self, children: list[Any]) -> Query:
        _select, items, _from, source, scope, where, group, order, limit, offset, *rest = children
        keys, having = group or ((), None)
        every = any(isinstance(token, Token) and token.type == "ALL" for token in rest)
        viewed = "VIEW" in rest or "REFERENCE" in rest
        cut = (order or (), limit, offset or 0)
        return Query(items, source[0], source[1], scope, where, keys, having, *cut, every, viewed, source[2])
