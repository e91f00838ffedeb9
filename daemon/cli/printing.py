"""Prints tables, lines and API documents: subjects are shown as plain text, whatever they contain."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 1000
"""Columns when the output is no terminal: rows must not be cut for a program that reads them."""


@lru_cache(maxsize=1)
def console() -> Console:
    """Where results go."""
    return _console(sys.stdout)


@lru_cache(maxsize=1)
def error_console() -> Console:
    """Where progress goes, so that results can be piped."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    width = None if stream.isatty() else PIPED_WIDTH
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False, soft_wrap=False)


def plain(text: str) -> str:
    """One line without control characters: a subject must not move the cursor or colour the terminal."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def line(words: str = "") -> None:
    """A line of our own words; wrapped by the terminal, never by us."""
    console().print(Text(words), soft_wrap=True)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], wide: str = "") -> None:
    """A table; the column named ``wide`` gives way when the terminal is narrow, the others keep their width."""
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for heading in headings:
        bends = heading == wide
        shown.add_column(heading, no_wrap=not bends, overflow="fold", ratio=None)
    for row in rows:
        shown.add_row(*(Text(plain(cell)) for cell in row))
    _print(shown)


def pairs(rows: Iterable[tuple[str, str]]) -> None:
    """Names on the left, values on the right."""
    shown = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    shown.add_column(style="bold", no_wrap=True)
    shown.add_column(overflow="fold")
    for name, value in rows:
        shown.add_row(Text(name), Text(plain(value)))
    _print(shown)


def _print(shown: Table) -> None:
    """To a terminal as it is; for a program that reads us, without the blanks that fill the last column."""
    screen = console()
    if screen.is_terminal:
        screen.print(shown)
        return
    with screen.capture() as kept:
        screen.print(shown)
    for row in kept.get().splitlines():
        screen.file.write(row.rstrip() + "\n")


def document(raw: bytes) -> None:
    """An API document, unchanged, and the end of the line."""
    sys.stdout.flush()
    sys.stdout.buffer.write(raw.rstrip(b"\n") + b"\n")
    sys.stdout.buffer.flush()
