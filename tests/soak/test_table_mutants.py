"""The mutants of tables: each cell, member, number and arm once, and nothing else of the source."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.soak.table_mutants import table_mutants

SOURCE = '''"""Ü."""
TABLE = """
N\\\\S  U     D
U     keep  drop|keep
"""
RULES = {Side.A: Side.B, Side.B: Side.A}
MINUTES = timedelta(minutes=12)


class Held:
    name: str = ""
    private: bool = False

    @property
    def code(self) -> str:
        return "L" if self.private else self.name

    def plain(self) -> int:
        return 1 if self.private else 2
'''


def test_every_kind_once() -> None:
    found = [(one.where, one.old, one.new) for one in table_mutants(SOURCE)]
    assert found == [
        ("TABLE U", "keep", "drop"),
        ("TABLE U", "drop", "keep"),
        ("TABLE U", "keep", "drop"),
        ("RULES", "Side.B", "Side.A"),
        ("RULES", "Side.A", "Side.B"),
        ("MINUTES", "12", "13"),
        ("Held.name", '""', '"XX"'),
        ("Held.private", "False", "True"),
        ("Held.code", '"L" if self.private else self.name', '"L"'),
        ("Held.code", '"L" if self.private else self.name', "self.name"),
    ]


def test_a_mutant_of_the_decision_tables_changes_one_line_and_still_parses() -> None:
    path = Path(__file__).resolve().parents[2] / "daemon" / "sync" / "decide.py"
    source = path.read_text()
    mutants = list(table_mutants(source))
    cells = [one for one in mutants if one.where.startswith(("_LINKED_TEXT", "_UNLINKED_TEXT"))]
    assert len(cells) >= 49 + 36
    for one in mutants:
        ast.parse(one.source)
        lines = list(zip(source.splitlines(), one.source.splitlines(), strict=True))
        assert [number for number, (old, new) in enumerate(lines, start=1) if old != new] == [one.line]
    assert len({one.source for one in mutants}) == len(mutants)
