"""Our own requests session: time-outs, one try, no redirects, plain http on loopback alone, the server's clock.

simple-salesforce has none of these (reference/salesforce.md 5: no time-out, https hard-coded), and a netrc file would
silently replace its Authorization header. What is tried again is decided in client.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from daemon.sides.contract import SideUnavailable
from shared.texts import text

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
READING_METHODS = frozenset({"GET", "HEAD"})
IDLE_SECONDS = 30.0
"""A pooled connection idle for longer is dropped before a write: the far end may have closed it, and the write's
answer would count as lost although nothing was sent."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one try may take: seconds to connect and to read.

    A call may run ten minutes on the server (3.5); one person's calendar needs nothing like it.
    """

    connect: float = 10.0
    read: float = 60.0


def checked_origin(url: str) -> str:
    """``scheme://host[:port]`` of an address of Salesforce; raises SideUnavailable with the sentence otherwise.

    A missing scheme means https. Plain http is for loopback only. ``*.lightning.force.com`` is no API host (section 4).
    """
    given = url.strip()
    parts = urlsplit(given if "://" in given else f"https://{given}")
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or " " in host or parts.scheme not in ("http", "https") or host.endswith(".lightning.force.com"):
        raise SideUnavailable(text("salesforce.bad_login_url", url=given or "An empty address"))
    if parts.scheme == "http" and host not in LOOPBACK:
        raise SideUnavailable(text("salesforce.https_only", url=given))
    netloc = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{netloc}" + (f":{port}" if port else "")


class SalesforceSession(requests.Session):
    """A session for one worker thread. ``heard`` is called for each answer."""

    def __init__(self, patience: Patience, heard: Callable[[requests.Response], None] | None = None) -> None:
        super().__init__()
        self._patience = patience
        self._heard = heard
        self._plain_hosts: frozenset[str] = frozenset()
        self._last_used = time.monotonic()
        self._server_time: tuple[datetime, float] | None = None
        # Set, so that requests never looks into a netrc file and replaces the Authorization header by what it finds.
        self.auth = _keep_header

    def serve(self, origin: str) -> None:
        """Remember that ``origin`` (checked) is reached over plain http, if it is."""
        parts = urlsplit(origin)
        if parts.scheme == "http" and parts.hostname in LOOPBACK:
            self._plain_hosts |= {parts.netloc}
            # No company proxy stands between this machine and itself.
            self.trust_env = False

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """As requests does it, with our time-out; no write goes out on a connection that may be dead."""
        name, address = _as_text(method).upper(), self._address(_as_text(url))
        options.setdefault("timeout", (self._patience.connect, self._patience.read))
        options["allow_redirects"] = False
        if name not in READING_METHODS and time.monotonic() - self._last_used > IDLE_SECONDS:
            self.close()
        return self._once(name, address, *args, **options)

    def _once(self, method: str, url: str, *args: Any, **options: Any) -> requests.Response:
        try:
            answer = super().request(method, url, *args, **options)
        finally:
            self._last_used = time.monotonic()
        said = _date(answer)
        if said is not None:
            self._server_time = (said, self._last_used)
        if self._heard is not None:
            self._heard(answer)
        return answer

    def server_now(self) -> datetime | None:
        """The server's moment: the Date last heard plus what has passed here since; None before the first answer."""
        if self._server_time is None:
            return None
        said, at = self._server_time
        return said + timedelta(seconds=time.monotonic() - at)

    def _address(self, url: str) -> str:
        """simple-salesforce writes https whatever the origin's scheme is; mended for plain loopback origins only."""
        parts = urlsplit(url)
        if parts.scheme == "https" and parts.netloc in self._plain_hosts:
            return parts._replace(scheme="http").geturl()
        return url


def _keep_header(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _as_text(value: str | bytes) -> str:
    return value.decode("ascii") if isinstance(value, bytes) else value


def _date(answer: requests.Response) -> datetime | None:
    """The server's moment: never take time from the local clock (section 2)."""
    try:
        return parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        return None
