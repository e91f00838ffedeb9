"""What a Domino server answered, told apart: calendar data, an error document, a login page, or something foreign.

The rule of notes.md 1.6: what is neither JSON nor text/calendar where it was expected is a login page or an error page, never
an empty calendar. Only 200 without a body and without a content type means "nothing there" (notes.md 1.3).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from daemon.sides.contract import SideUnavailable
from shared.texts import text

CALENDAR_ERROR_BASE = 1024
NOTICES_FAILED, NEWER_VERSION, NOT_SUPPORTED, NOT_FOUND, EXISTS, INVALID = 1026, 1027, 1028, 1031, 1032, 1034
OTHER_CONFLICT = 1030
BUSY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. ``kind`` is json, calendar, html, empty or other; names of ``headers`` are lower case."""

    status: int
    kind: str
    body: bytes
    headers: dict[str, str]
    url: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def nothing(self) -> bool:
        """Whether it says «nothing there»: a body that was packed and lost is none, nor is another status without a body."""
        return self.status == 200 and self.kind == "empty" and "content-encoding" not in self.headers

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class DominoError(Exception):
    """The service said no: HTTP ``status`` and, where it sent JSON, the calendar's ``cserror`` and short ``message``.

    The ``data`` member (a stack trace of kilobytes) is not kept.
    """

    def __init__(self, status: int, cserror: int | None = None, message: str = "") -> None:
        super().__init__(f"{status} {cserror or ''}".strip())
        self.status = status
        self.cserror = cserror
        self.message = message

    @property
    def not_found(self) -> bool:
        """The only answer that says an entry is gone: 404 with the calendar's own number (contracts.md 1)."""
        return self.status == 404 and self.cserror == NOT_FOUND


class ServerFault(SideUnavailable):
    """The server broke over this very request (500 without a document of the calendar), however often it was asked."""


def kind_of(content_type: str, body: bytes) -> str:
    """json, calendar, html, empty or other, by the content type; a body without one is looked at."""
    media = content_type.partition(";")[0].strip().casefold()
    if media.endswith(("/json", "+json")):
        return "json"
    if media == "text/calendar":
        return "calendar"
    if media in ("text/html", "application/xhtml+xml"):
        return "html"
    if not media and not body.strip():
        return "empty"
    return "other"


def error_of(answer: Answer) -> DominoError:
    """The error an answer of 400 and above carries."""
    document = _object(answer) if answer.kind == "json" else {}
    number = document.get("cserror")
    message = str(document.get("message") or "").strip().splitlines()
    return DominoError(answer.status, number if isinstance(number, int) else None, message[0][:200] if message else "")


def _object(answer: Answer) -> dict[str, Any]:
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def json_of(answer: Answer, host: str) -> dict[str, Any]:
    """The JSON object of a good answer; {} for an empty one. SideUnavailable for a page, a foreign or a broken body."""
    if answer.nothing:
        return {}
    if answer.kind == "html":
        raise SideUnavailable(text("notes.web_page", host=host))
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        cut = answer.kind == "json" and answer.body.strip()
        raise SideUnavailable(text("notes.cut_off" if cut else "notes.not_json", host=host)) from None
    if answer.kind != "json" or not isinstance(document, dict):
        raise SideUnavailable(text("notes.not_json", host=host))
    return document
