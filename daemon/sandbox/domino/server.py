"""The HTTP server of the Domino sandbox: paths, methods, guards, and what tests and the demo do behind its back."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Awaitable, Mapping
from datetime import UTC, date, datetime, timedelta
from urllib.parse import unquote

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler as WebHandler
from aiohttp.web_protocol import RequestPayloadError

from daemon.sandbox.domino.calls import Call, error_answer, json_answer
from daemon.sandbox.domino.desk import Desk
from daemon.sandbox.domino.discovery import calendars, services
from daemon.sandbox.domino.entries import Entry, MailFile, Notice, Unids
from daemon.sandbox.domino.errors import INTERNAL, DasError, calendar_error
from daemon.sandbox.domino.importing import LoadReport
from daemon.sandbox.domino.login import Login, nonce, token_agrees
from daemon.sandbox.domino.options import DominoOptions
from daemon.sandbox.domino.people import MAIL_FILES, PEOPLE, RIGHTS, Person, role_of
from daemon.sandbox.domino.resources import Handler, find_resource
from daemon.sandbox.domino.values import BadValue
from daemon.sandbox.domino.views import Views
from daemon.sandbox.faults import FaultRules, fault_middleware
from daemon.sandbox.journal import RequestJournal, control_routes, journal_middleware

_BODY_LIMIT = 16 * 1024 * 1024
_log = logging.getLogger(__name__)
_OVERRIDES = {"GET", "PUT", "DELETE", "POST", "PATCH"}


class DominoSandbox:
    """One Domino server with the mail files of `people.MAIL_FILES`, all empty.

    `today` sets the server's calendar day (the time of day is the real one). `outbox` holds the notices that would
    have been mailed. Nothing is kept on disk.
    """

    def __init__(self, options: DominoOptions | None = None, today: date | None = None) -> None:
        self.options = options or DominoOptions()
        self._shift = timedelta() if today is None else today - datetime.now(UTC).date()
        self.journal = RequestJournal()
        self.faults = FaultRules()
        self.mail_files = {path: MailFile(path, owner) for path, (owner, _) in MAIL_FILES.items()}
        self.outbox: list[Notice] = []
        self.login = Login(self.options, self.now)
        self._unids = Unids()
        self._views = Views(self.options.disturb_times)
        self.desk = Desk(self.mail_files, self._unids, self.now, self.options.zone)
        self.app = web.Application(
            middlewares=[_documents, journal_middleware(self.journal), fault_middleware(self.faults)],
            client_max_size=_BODY_LIMIT,
        )
        self.app.add_routes(control_routes(self.faults, self.journal))
        self.app.router.add_route("*", r"/{path:[\s\S]*}", self._serve)
        self._runner: web.AppRunner | None = None

    def now(self) -> datetime:
        """Return the server's time: aware UTC, whole seconds."""
        return datetime.now(UTC).replace(microsecond=0) + self._shift

    def advance(self, by: timedelta) -> None:
        """Set the server's clock forward."""
        self._shift += by

    async def start(self, port: int = 0, ssl_context: ssl.SSLContext | None = None) -> str:
        """Serve on 127.0.0.1 and return the address, without a slash at its end."""
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=ssl_context).start()
        bound = self._runner.addresses[0][1]
        return f"{'https' if ssl_context else 'http'}://127.0.0.1:{bound}"

    async def stop(self) -> None:
        """Close the server."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def people(self) -> dict[str, object]:
        """Return the users for the Sandbox line (interfaces.md), the owner of the first mail file on top."""
        owner = PEOPLE[0]
        users = [
            {"username": one.username, "password": one.password, "role": role_of(one, owner.mail_file).value}
            for one in PEOPLE
        ]
        return {
            "username": owner.username,
            "password": owner.password,
            "owner": owner.distinguished_name,
            "mail_file": owner.mail_file,
            "users": users,
        }

    def load(self, mail_file: str, ics_text: str) -> LoadReport:
        """Import an exported calendar; see `importing.load`."""
        return self.desk.load(mail_file, ics_text)

    def store(self, mail_file: str, text: str) -> LoadReport:
        """Save a text the way another Notes client would: what it says now counts, saved now."""
        return self.desk.store(mail_file, text)

    def entry(self, mail_file: str, uid: str) -> Entry | None:
        """Return what is kept of a UID."""
        return self.mail_files[mail_file].find(uid)

    def touch(self, uid: str) -> None:
        """Save an entry as an agent does that changes nothing visible."""
        self.desk.touch(uid)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        """Answer any request."""
        try:
            return await self._routed(request)
        except Exception as error:  # noqa: BLE001 - the service answers every failure with a document
            return error_answer(request, _as_das(error))

    async def _routed(self, request: web.Request) -> web.StreamResponse:
        """Find out what a path is about. Trailing slashes and the case of file names do not matter."""
        parts = [unquote(part) for part in request.rel_url.raw_path.split("/") if part]
        if [part.lower() for part in parts] == ["names.nsf"]:
            return await self.login.form(request)
        at = next((i for i, part in enumerate(parts) if part.lower().endswith(".nsf")), None)
        if at is None:
            return self._server_resource(request, parts)
        mail_file = self.mail_files.get("/" + "/".join(parts[: at + 1]).lower())
        if mail_file is None or [part.lower() for part in parts[at + 1 : at + 3]] != ["api", "calendar"]:
            return _no_page()
        person = self.login.who(request)
        if person is None:
            return self.login.challenge(request)
        return await self._calendar_resource(request, person, mail_file, parts[at + 3 :])

    def _server_resource(self, request: web.Request, parts: list[str]) -> web.StreamResponse:
        """Answer what lies outside of any database."""
        if [part.lower() for part in parts[:1]] != ["api"]:
            return _no_page()
        person = self.login.who(request)
        if person is None:
            return self.login.challenge(request)
        if request.method not in {"GET", "HEAD"}:
            return _wrong_method(request, ("GET",))
        match [part.lower() for part in parts[1:]]:
            case []:
                return services(request, self.options)
            case ["core", "nonce"]:
                return nonce(request)
            case ["calendar"]:
                self._need_service()
                return calendars(request, person, self.options)
            case ["calendar", *_]:
                raise DasError(404, "Database context required.")
            case _:
                return _no_page()

    def _need_service(self) -> None:
        """Refuse while the administrator has the service switched off."""
        if not self.options.service_enabled:
            raise DasError(403, "The calendar service is disabled.")

    async def _calendar_resource(
        self, request: web.Request, person: Person, mail_file: MailFile, rest: list[str]
    ) -> web.StreamResponse:
        """Answer a resource below `/api/calendar` of a mail file."""
        self._need_service()
        rights = RIGHTS[role_of(person, mail_file.path)]
        if not rights.reads:
            return self._no_access(request)
        handlers = find_resource(rest)
        method = _method(request)
        if method == "OPTIONS":
            return web.Response(status=200, headers={"Allow": _allowed(handlers)})
        if method not in handlers:
            return _wrong_method(request, handlers)
        if method != "GET" and not token_agrees(request):
            raise DasError(403, "The X-DAS-Token header does not agree with the DasToken cookie.")
        call = Call(
            request, method, self.options, person, rights, mail_file, self._unids, self.outbox, self.now(), self._views
        )
        answer = handlers[method](call)
        return await answer if isinstance(answer, Awaitable) else answer

    def _no_access(self, request: web.Request) -> web.StreamResponse:
        """Answer a person whom the access list of the mail file does not name."""
        if self.options.no_access == "form":
            return self.login.challenge(request, "You are not authorized to access that database.")
        code = int(self.options.no_access)
        raise DasError(code, "You are not authorized to perform this operation.")


@web.middleware
async def _documents(request: web.Request, handler: WebHandler) -> web.StreamResponse:
    """Answer with an error document also where a request fails before the calendar sees it: too large, badly packed."""
    try:
        return await handler(request)
    except Exception as error:  # noqa: BLE001 - as above, for what fails outside of the calendar
        return error_answer(request, _as_das(error))


def _as_das(error: Exception) -> DasError:
    """Return any failure as the service tells it; what nobody foresaw is logged, and 500 as from the service's Java."""
    match error:
        case DasError():
            return error
        case web.HTTPException():
            return DasError(error.status, error.reason)
        case HttpProcessingError() | RequestPayloadError():
            return DasError(400, "Error reading request body.", detail="The body is not packed as its headers say.")
        case BadValue() | OverflowError():
            return calendar_error(INTERNAL, "Internal error", str(error))
        case _:
            _log.error("A request failed inside the Domino sandbox.", exc_info=error)
            return calendar_error(INTERNAL, "Internal error", type(error).__name__)


def _method(request: web.Request) -> str:
    """Return the method that is meant: a POST may carry another one in a header, HEAD is a GET without its body."""
    if request.method == "HEAD":
        return "GET"
    override = request.headers.get("X-HTTP-Method-Override", "").upper()
    return override if request.method == "POST" and override in _OVERRIDES else request.method


def _allowed(handlers: Mapping[str, Handler] | tuple[str, ...]) -> str:
    """Return the Allow header."""
    return ", ".join(sorted({*handlers, "HEAD", "OPTIONS"}))


def _wrong_method(request: web.Request, handlers: Mapping[str, Handler] | tuple[str, ...]) -> web.Response:
    """Answer 405."""
    document = DasError(405, "Method not allowed.").document()
    return json_answer(request, document, 405, {"Allow": _allowed(handlers)})


def _no_page() -> web.Response:
    """Answer 404 the way the HTTP task does, in HTML."""
    return web.Response(
        status=404,
        text="<html><head><title>Error</title></head><body><h1>Error 404</h1>"
        "HTTP Web Server: Item Not Found Exception</body></html>",
        content_type="text/html",
    )
