"""One call of the calendar service: who asks what of which mail file, and the answers in both media types."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from aiohttp import web

from daemon.sandbox.domino.content_lines import Component, Line, calendar_text
from daemon.sandbox.domino.das_json import encode
from daemon.sandbox.domino.entries import MailFile, Notice, Unids
from daemon.sandbox.domino.errors import NOTICES_FAILED, DasError, calendar_error
from daemon.sandbox.domino.normalising import Body, Writer, read_body
from daemon.sandbox.domino.options import DominoOptions
from daemon.sandbox.domino.people import Person, Rights
from daemon.sandbox.domino.views import Views

JSON, ICALENDAR = "application/json", "text/calendar"
#: gzip among the codings a client takes; a weight of nought refuses it (RFC 9110 12.5.3).
_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)


@dataclass(slots=True)
class Call:
    """A request that has passed the login, with what it may touch. `now` is aware UTC in whole seconds."""

    request: web.Request
    method: str
    options: DominoOptions
    person: Person
    rights: Rights
    mail_file: MailFile
    unids: Unids
    outbox: list[Notice]
    now: datetime
    views: Views

    @property
    def query(self) -> dict[str, str]:
        """Return the query parameters (the first value of each)."""
        return dict(reversed(list(self.request.query.items())))

    @property
    def wants_icalendar(self) -> bool:
        """Tell whether `format=icalendar` was asked for; Accept is not looked at."""
        return self.query.get("format", "").lower() == "icalendar"

    @property
    def writer(self) -> Writer:
        """Return who writes here."""
        return Writer(self.person, self.mail_file.owner, self.now, self.options)

    def need_write(self) -> None:
        """Refuse a person who may only read."""
        if not self.rights.writes:
            raise DasError(403, "You are not authorized to perform this operation.")

    @property
    def media(self) -> str:
        """Return the media type of the body, without parameters."""
        header: str = self.request.headers.get("Content-Type", "")
        return header.partition(";")[0].strip().lower()

    async def text(self) -> str:
        """Return the body as text; DasError 400 where it is not UTF-8."""
        try:
            return (await self.request.read()).decode("utf-8")
        except UnicodeDecodeError as error:
            raise DasError(400, "Error reading request body.", detail="The body is not UTF-8.") from error

    async def body(self) -> Body:
        """Read and check the body of a create or update."""
        self.need_write()
        return read_body(await self.text(), self.media, self.options.zone)

    def flag(self, name: str) -> bool:
        """Tell whether a boolean parameter says true."""
        return self.query.get(name, "").lower() == "true"

    def mail(self, notice: Notice | None) -> None:
        """Send a notice unless `workflow=false`; call it after storing. Error 1026 where the mail does not go out."""
        if notice is None or not notice.recipients or self.query.get("workflow", "").lower() == "false":
            return
        if self.options.notice_failure:
            raise calendar_error(NOTICES_FAILED, "Error sending notices")
        self.outbox.append(notice)

    def link(self, *parts: str) -> str:
        """Return a link below `/api/calendar` of the mail file, relative unless the server makes absolute ones."""
        path = "/".join([f"{quote(self.mail_file.path)}/api/calendar", *(quote(part, safe="") for part in parts)])
        return f"{origin(self.request)}{path}" if self.options.absolute_links else path

    def location(self, uid: str) -> str:
        """Return the absolute address of an entry."""
        return f"{origin(self.request)}{quote(self.mail_file.path)}/api/calendar/events/{quote(uid, safe='')}"


def origin(request: web.Request) -> str:
    """Return scheme, host and port as the client addressed them."""
    return f"{request.scheme}://{request.host}"


def json_answer(
    request: web.Request, document: Any, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """Answer with JSON, compressed where the client takes gzip."""
    answer = web.Response(status=status, body=encode(document), content_type=JSON, headers=headers)
    return compressed(request, answer)


def text_answer(
    call: Call, parts: Iterable[Component], status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """Answer with text/calendar."""
    head = [
        Line("X-LOTUS-CHARSET", "UTF-8"),
        Line("VERSION", "2.0"),
        Line("PRODID", f"-//Lotus Development Corporation//NONSGML Notes {call.options.version}//EN_API_S"),
    ]
    text = calendar_text(head, parts)
    answer = web.Response(status=status, body=text.encode(), content_type=ICALENDAR, charset="UTF-8", headers=headers)
    return compressed(call.request, answer)


def compressed(request: web.Request, answer: web.Response) -> web.Response:
    """Switch gzip on where the client takes it."""
    if _GZIP.search(request.headers.get("Accept-Encoding", "")):
        answer.enable_compression(web.ContentCoding.gzip)
    return answer


def empty_answer() -> web.Response:
    """Answer 200 with no body and no Content-Type, as an empty window does."""
    answer = web.Response(status=200)
    answer.headers.popall("Content-Type", None)
    return answer


def error_answer(request: web.Request, error: DasError) -> web.Response:
    """Answer with an error document."""
    return json_answer(request, error.document(), status=error.code)
