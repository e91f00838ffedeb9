"""Reads what a person enters as the address of a Domino server, and says what of it is refused before any request.

Accepted: ``mail.example.com``, ``https://mail.example.com``, the address of a mail file or of its calendar in a browser
(``https://mail.example.com/mail/jdoe.nsf/...``). Plain http is for loopback, or where the settings allow it.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from daemon.sides.contract import SideUnavailable
from shared.texts import text

_MAIL_FILE = re.compile(r"(/.+?\.nsf)(?:/.*)?$", re.IGNORECASE)
CALENDAR_SERVICE = "/api/calendar"


@dataclass(frozen=True, slots=True)
class DominoAddress:
    """``origin`` like https://mail.example.com:8443 (no slash at the end), its ``host`` for sentences, ``mail_file`` or empty."""

    origin: str
    host: str
    mail_file: str = ""

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host.rsplit(":", 1)[0] if self.host.count(":") == 1 else self.host)


def read_address(url: str, *, allow_http: bool) -> DominoAddress:
    """The address as entered. Raises SideUnavailable with one sentence when it is none, or plain http where not allowed."""
    entered = url.strip()
    whole = entered if "://" in entered else f"https://{entered}"
    try:
        parts = urlsplit(whole)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if not host or parts.scheme not in ("http", "https") or re.search(r"\s", host):
        raise SideUnavailable(text("notes.bad_address", url=entered))
    if parts.scheme == "http" and not (allow_http or is_loopback(host)):
        raise SideUnavailable(text("notes.plain_http", host=host))
    shown = f"[{host}]" if ":" in host else host
    named = f"{shown}:{port}" if port is not None else shown
    found = _MAIL_FILE.match(unquote(parts.path))
    return DominoAddress(f"{parts.scheme}://{named}", named, found[1] if found else "")


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_mail_file(calendar: str) -> bool:
    """Whether a chosen calendar is a path; anything else that is not empty is an owner's name."""
    return calendar.startswith("/") or calendar.lower().endswith(".nsf")


def as_mail_file(calendar: str) -> str:
    """A path with its leading slash and without the service's part: ``mail/jdoe.nsf`` becomes ``/mail/jdoe.nsf``.

    One that was copied out of a browser (``%20`` for a blank) is understood, too.
    """
    path = unquote(calendar.replace("\\", "/").strip())
    path = path if path.startswith("/") else f"/{path}"
    found = _MAIL_FILE.match(path)
    return found[1] if found else path


def events_path(mail_file: str, uid: str = "", recurrence_id: str = "") -> str:
    """The encoded path of the events of a mail file, of one entry, or of one occurrence."""
    path = f"{quote(mail_file, safe='/')}{CALENDAR_SERVICE}/events"
    for part in (uid, recurrence_id):
        if part:
            path += "/" + quote(part, safe="")
    return path
