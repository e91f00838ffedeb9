"""The endpoint file: says where the daemon listens and with which token.

Written 0600 after the socket listens, removed on a clean exit. A file that others can read or that is not ours is
refused on systems with such bits; on Windows the profile folder's access list protects it (anchors.md 3.4).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

import msgspec


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """``url`` is ``http://127.0.0.1:PORT``; ``token`` the bearer token of this start of the daemon."""

    url: str
    token: str
    pid: int
    api_version: int
    version: str
    started_at: str


class EndpointRefused(Exception):
    """The endpoint file cannot be trusted; the sentence says what to do."""


def write(path: Path, endpoint: Endpoint) -> None:
    """Write the file so that no reader ever sees half of it and nobody else can read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(endpoint))
        os.replace(scratch, path)
    except OSError:
        with contextlib.suppress(OSError):
            scratch.unlink()
        raise


def read(path: Path) -> Endpoint | None:
    """The endpoint, or None where no daemon left one. Raises EndpointRefused when the file cannot be trusted."""
    try:
        with path.open("rb") as file:
            facts = os.fstat(file.fileno())
            if os.name == "posix":
                if stat.S_IMODE(facts.st_mode) & 0o077:
                    raise EndpointRefused(f"{path} can be read by others; delete it and start the daemon again.")
                if facts.st_uid != os.getuid():
                    raise EndpointRefused(f"{path} belongs to another user; delete it and start the daemon again.")
            raw = file.read(64 * 1024)
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(raw, type=Endpoint)
    except msgspec.MsgspecError as error:
        raise EndpointRefused(f"{path} is damaged; delete it and start the daemon again.") from error


def remove(path: Path, token: str) -> None:
    """Remove our own file; one that a later daemon wrote stays."""
    with contextlib.suppress(OSError, EndpointRefused):
        found = read(path)
        if found is not None and secrets.compare_digest(found.token, token):
            path.unlink()
