"""One-time codes and page sessions: how a browser page gets its right to call, kept in memory and only as hashes.

A code is made for the tray or the command line, works once and for 30 seconds; trading it makes a session token. A session
ends with the daemon, after 12 hours without a call, or when a ninth page is opened (the longest idle one goes).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

CODE_SECONDS = 30
MAX_CODES = 3
SESSION_IDLE_SECONDS = 12 * 60 * 60
MAX_SESSIONS = 8


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


class PageSessions:
    """Outstanding codes and living sessions; ``clock`` gives seconds that never run backwards."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._codes: dict[bytes, float] = {}
        self._sessions: dict[bytes, float] = {}

    def make_code(self) -> str:
        """A fresh code; the oldest one stops working when more than three are outstanding."""
        self._drop_expired()
        while len(self._codes) >= MAX_CODES:
            del self._codes[next(iter(self._codes))]
        code = secrets.token_urlsafe(24)
        self._codes[_digest(code)] = self._clock() + CODE_SECONDS
        return code

    def trade(self, code: str) -> str | None:
        """The token of a new session, or None when the code is unknown, used or older than 30 seconds."""
        self._drop_expired()
        known = _find(self._codes, code)
        if known is None:
            return None
        del self._codes[known]
        while len(self._sessions) >= MAX_SESSIONS:
            del self._sessions[min(self._sessions, key=self._sessions.__getitem__)]
        token = secrets.token_urlsafe(32)
        self._sessions[_digest(token)] = self._clock()
        return token

    def admit(self, token: str) -> bool:
        """Whether this is the token of a living session; a call through it starts its idle time anew."""
        self._drop_expired()
        known = _find(self._sessions, token)
        if known is None:
            return False
        self._sessions[known] = self._clock()
        return True

    def _drop_expired(self) -> None:
        now = self._clock()
        self._codes = {code: until for code, until in self._codes.items() if now < until}
        self._sessions = {
            session: used for session, used in self._sessions.items() if now - used < SESSION_IDLE_SECONDS
        }


def _find(known: dict[bytes, float], secret: str) -> bytes | None:
    """The stored hash of ``secret``; every stored hash is compared, so that the time taken tells nothing."""
    wanted = _digest(secret)
    found = None
    for digest in known:
        if hmac.compare_digest(digest, wanted):
            found = digest
    return found
