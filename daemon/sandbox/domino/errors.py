"""The errors of the calendar service: HTTP code, `cserror`, and the JSON that carries a long stack trace."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

#: cserror = 1024 + n -> (HTTP code, what the exception says); notes.md 1.5.
_CALENDAR_ERRORS: dict[int, tuple[int, str]] = {
    0: (500, "Internal error"),
    1: (400, "Invalid identifier"),
    2: (500, "Notices could not be sent"),
    3: (409, "A newer version of the entry exists"),
    4: (400, "Action not supported"),
    5: (400, "The invitation is not accepted"),
    6: (409, "Personal changes would be overwritten"),
    7: (404, "Identifier not found"),
    8: (409, "The entry already exists"),
    9: (400, "Invalid action"),
    10: (400, "Invalid iCalendar"),
}
INTERNAL, BAD_ID, NOTICES_FAILED, NEWER_VERSION, NOT_SUPPORTED = 0, 1, 2, 3, 4
NOT_ACCEPTED, PERSONAL_CHANGES, NOT_FOUND, EXISTS, BAD_ACTION, INVALID = 5, 6, 7, 8, 9, 10


class DasError(Exception):
    """An error answer: HTTP `code`, the service's `message`, the calendar's number `n` (None: not from the calendar)."""

    def __init__(self, code: int, message: str, n: int | None = None, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.n = n
        self.detail = detail or message

    def document(self) -> dict[str, Any]:
        """Return the JSON body."""
        body: dict[str, Any] = {"code": self.code, "text": HTTPStatus(self.code).phrase}
        if self.n is not None:
            body["cserror"] = 1024 + self.n
        return {**body, "message": self.message, "type": "text", "data": _trace(self.detail, self.n)}


def calendar_error(n: int, message: str, detail: str = "") -> DasError:
    """Return the error number `n` of the calendar store with its HTTP code."""
    code, says = _CALENDAR_ERRORS[n]
    return DasError(code, message, n, f"{says}. {detail}".strip())


def _trace(detail: str, n: int | None) -> str:
    """Return a stack trace of several kilobytes, as the Java side of the service sends it."""
    kind = "StoreException" if n is not None else "CalendarServiceException"
    layers = [
        ("example.sandbox.domino.calendar.store", "CalendarStore", ("entry", "locate", "convert", "verify")),
        ("example.sandbox.domino.calendar.service", "EventsResource", ("handle", "dispatch", "read", "answer")),
        ("example.sandbox.domino.rest.wire", "ResourceMethod", ("invoke", "populate", "execute", "select")),
        ("example.sandbox.domino.rest.server", "RequestProcessor", ("handleRequest", "start", "process", "forward")),
        ("example.sandbox.domino.http.bridge", "ServletBridge", ("service", "doService", "invokeServlet", "callWork")),
    ]
    frames = [
        f"\tat {package}.{name}.{method}({name}.java:{31 + 17 * depth + 5 * turn})"
        for turn in range(2)
        for depth, (package, name, methods) in enumerate(layers)
        for method in methods
    ]
    return "\n".join([f"{layers[0][0]}.{kind}: {detail}", *frames, "\t... 28 more"])
