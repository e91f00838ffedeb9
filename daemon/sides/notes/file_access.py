"""Files as a calendar's side meets them: listed, read, replaced so that nothing is lost, and named in one sentence."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import time
from pathlib import Path
from typing import Final

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from daemon.sides.contract import SideUnavailable
from daemon.sides.notes.folder_watch import is_calendar_name
from shared.models import Text
from shared.texts import text

MAX_BYTES: Final = 64 * 1024 * 1024
_BESIDE: Final = ".daybridge-"
_LEFT_BEHIND: Final = 3600.0
TRIES: Final = 4
PAUSE = 0.1
"""Seconds between tries: on Windows a virus scanner or an indexer holds a new file for a moment."""


def shown(path: Path | str) -> str:
    """A path or file name for a person and for JSON: names in a foreign code page and control characters lose what they lose."""
    legible = os.fsencode(path).decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in legible)


def calendar_files(folder: Path) -> list[Path]:
    """The files of entries in a folder, not those of folders in it, by name. Raises SideUnavailable."""
    try:
        found = [path for path in folder.iterdir() if is_calendar_name(path.name)]
        # A link that leads nowhere is listed, so that what it led to does not look deleted; a pipe or a folder is no entry.
        return sorted(path for path in found if path.is_file() or not path.exists())
    except PermissionError:
        raise SideUnavailable(text("notes.file_held", path=shown(folder))) from None
    except OSError:
        raise SideUnavailable(text("notes.folder_missing", path=shown(folder))) from None


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises FileNotFoundError, and SideUnavailable with any other reason."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe would be read for ever
            raise SideUnavailable(text("notes.file_unreadable", path=shown(path), reason="it is not a file"))
        if found.st_size > MAX_BYTES:
            reason = f"it is larger than {MAX_BYTES // 1024 // 1024} MB"
            raise SideUnavailable(text("notes.file_unreadable", path=shown(path), reason=reason))
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as failure:
        raise SideUnavailable(refusal("notes.file_unreadable", path, failure)) from None


def replace_file(path: Path, content: str) -> None:
    """Writes a file so that a reader sees the old one or the new one, never half of it; a link is followed. Raises OSError.

    Who may read the old one may read the new one; a new file gets the rights that the system gives new files.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    temporary = target.with_name(f"{_BESIDE}{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as stream:
            stream.write(content.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(OSError):  # a new file, or a drive without rights
            shutil.copymode(target, temporary)
        tries = Retrying(
            stop=stop_after_attempt(TRIES),
            wait=wait_fixed(PAUSE),
            retry=retry_if_exception_type(PermissionError),
            reraise=True,
        )
        tries(temporary.replace, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def sweep(folder: Path) -> None:
    """Removes what writes of ours left beside the entries when the machine lost its power, an hour ago or more. Never fails."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f"{_BESIDE}*.tmp"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _LEFT_BEHIND:
                    path.unlink()


def new_file_in(folder: Path, stem: str) -> Path:
    """A path in the folder that no file has yet: `stem.ics`, else with a number."""
    number, path = 1, folder / f"{stem}.ics"
    while os.path.lexists(path):
        number += 1
        path = folder / f"{stem}-{number}.ics"
    return path


def refusal(code: str, path: Path, failure: OSError) -> Text:
    """Why a file could not be read or written: who holds it, or the system's own reason in the sentence of ``code``."""
    if isinstance(failure, PermissionError):
        return text("notes.file_held", path=shown(path))
    return text(code, path=shown(path), reason=failure.strerror or type(failure).__name__)
