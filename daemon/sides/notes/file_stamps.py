"""What tells one state of a file from another without reading it, and when that may not be trusted."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

COARSEST: Final = 2_000_000_000
"""Nanoseconds between two times that the coarsest file system in use (FAT) can tell apart."""


class Stamp(NamedTuple):
    """State of a file: times in nanoseconds, size in bytes. `changed` is the creation time on Windows, which does no harm."""

    modified: int
    size: int
    file: int
    changed: int


def stamp_of(path: Path) -> Stamp:
    """Raises OSError."""
    found = path.stat()
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns)


def stamps_of(paths: Iterable[Path]) -> dict[Path, Stamp]:
    """The state of each file that is there."""
    found: dict[Path, Stamp] = {}
    for path in paths:
        try:
            found[path] = stamp_of(path)
        except OSError:
            continue
    return found


def is_settled(stamp: Stamp) -> bool:
    """Whether a later change must show in the stamp: not when the file was changed just now, by the clock of its disk or ours."""
    return abs(time.time_ns() - stamp.modified) > COARSEST
