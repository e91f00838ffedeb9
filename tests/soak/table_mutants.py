"""Mutants of what mutmut leaves alone: tables and other data at module level, and the bodies of decorated functions.

The decision tables are data, so a tester that only changes functions would prove nothing about them. Here every cell of a
table written as text says another outcome of that table, every member of an enumeration used as a value is another member used
in the same statement, every number is one more, and every conditional expression takes one of its arms.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

DECORATORS_MUTMUT_TAKES = frozenset({"staticmethod", "classmethod"})


@dataclass(frozen=True, slots=True)
class TableMutant:
    """One changed source. ``where`` is the name that is assigned or defined; ``old`` and ``new`` are what was exchanged."""

    where: str
    line: int
    old: str
    new: str
    source: str


def table_mutants(source: str) -> Iterator[TableMutant]:
    """Every mutant of ``source``, in the order of its lines."""
    text = _Text(source)
    for where, node in _places(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" in node.value:
            yield from _cells(text, where, node)
        else:
            yield from _values(text, where, node)


class _Text:
    """A source with its lines; ast counts columns in bytes of UTF-8."""

    def __init__(self, source: str) -> None:
        self.raw = source.encode()
        self._starts = [0]
        for line in self.raw.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = self._starts[node.lineno - 1] + node.col_offset
        return start, self._starts[node.end_lineno - 1] + node.end_col_offset

    def of(self, node: ast.expr) -> str:
        start, end = self.span(node)
        return self.raw[start:end].decode()

    def changed(self, where: str, span: tuple[int, int], new: str) -> TableMutant:
        start, end = span
        changed = self.raw[:start] + new.encode() + self.raw[end:]
        line = self.raw.count(b"\n", 0, start) + 1
        return TableMutant(where, line, self.raw[start:end].decode(), new, changed.decode())


def _places(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """(name, node) of the values to change: assignments of modules and of dataclasses, decorated functions."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            yield _name(statement), statement.value
        elif isinstance(statement, ast.ClassDef):
            for inner in statement.body:
                if isinstance(inner, ast.AnnAssign) and inner.value is not None:
                    yield f"{statement.name}.{_name(inner)}", inner.value
                elif isinstance(inner, ast.FunctionDef) and _left_alone(inner):
                    yield f"{statement.name}.{inner.name}", inner


def _name(statement: ast.Assign | ast.AnnAssign) -> str:
    return ast.unparse(statement.targets[0] if isinstance(statement, ast.Assign) else statement.target)


def _left_alone(function: ast.FunctionDef) -> bool:
    return any(ast.unparse(one) not in DECORATORS_MUTMUT_TAKES for one in function.decorator_list)


def _cells(text: _Text, where: str, node: ast.Constant) -> Iterator[TableMutant]:
    """Each half of each cell says the next outcome of its table; headings of rows and columns stay."""
    start, _ = text.span(node)
    table = text.of(node)
    header, *rows = [line for line in table.splitlines() if line.strip(' "\\')]
    words = sorted({half for row in rows for cell in row.split()[1:] for half in cell.split("|")})
    following = dict(zip(words, words[1:] + words[:1], strict=True))
    offset = table.index(header) + len(header)
    for row in rows:
        offset = table.index(row, offset)
        column = offset + len(row.split()[0])
        for cell in row.split()[1:]:
            column = table.index(cell, column)
            inner = column
            for half in cell.split("|"):
                at = start + len(table[:inner].encode())
                yield text.changed(f"{where} {row.split()[0]}", (at, at + len(half.encode())), following[half])
                inner += len(half) + 1
            column += len(cell)
        offset += len(row)


def _values(text: _Text, where: str, node: ast.AST) -> Iterator[TableMutant]:
    keys = {key for one in ast.walk(node) if isinstance(one, ast.Dict) for key in one.keys if key is not None}
    used = [one for one in ast.walk(node) if _is_member(one) and one not in keys]
    members = sorted({text.of(one) for one in used if isinstance(one, ast.Attribute)})
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute) and one in used:
            others = [name for name in members if name.split(".")[0] == text.of(one).split(".")[0]]
            following = others[(others.index(text.of(one)) + 1) % len(others)]
            if following != text.of(one):
                yield text.changed(where, text.span(one), following)
        elif isinstance(one, ast.IfExp):
            for arm in (one.body, one.orelse):
                yield text.changed(where, text.span(one), text.of(arm))
        elif isinstance(one, ast.Constant) and isinstance(one.value, bool):
            yield text.changed(where, text.span(one), str(not one.value))
        elif isinstance(one, ast.Constant) and isinstance(one.value, int):
            yield text.changed(where, text.span(one), str(one.value + 1))
        elif isinstance(one, ast.Constant) and one.value == "" and not isinstance(node, ast.FunctionDef):
            yield text.changed(where, text.span(one), '"XX"')


def _is_member(node: ast.AST) -> bool:
    """Whether the node reads ``Enumeration.MEMBER``."""
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr.isupper()
