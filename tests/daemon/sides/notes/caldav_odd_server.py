"""A small CalDAV server for odd answers that Radicale and Xandikos never give; what it does is switched by name.

It keeps entries in memory as sent and writes down every request. Switches are listed in ``OddServer``.
"""

from __future__ import annotations

import base64
import hashlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from aiohttp import web

from tests.daemon.sides.notes.caldav_servers import PASSWORD, USER

HOME = "/dav/jdoe/"
CALENDAR = "/dav/jdoe/calendar/"
_D = "{DAV:}"
_NS = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"'
Odd = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


@dataclass(slots=True)
class OddServer:
    """Switches: ``no_put_etag`` (PUT without ETag), ``no_etag`` (nothing has one), ``weak`` (ETags are W/),
    ``forgets_tokens`` (403 to every token), ``no_sync`` (no sync-collection), ``no_token`` (a list without token),
    ``no_multiget`` (501), ``parts`` (the list comes in parts of two), ``schedules`` (calendar-auto-schedule),
    ``reads_only`` (no write privilege), ``absolute`` (hrefs name another host), ``several`` (a second calendar).
    ``odd`` is asked first and may answer itself.
    """

    url: str = ""
    switches: set[str] = field(default_factory=set)
    entries: dict[str, str] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    odd: Odd | None = None
    changes: int = 0

    def asked(self, method: str) -> list[str]:
        return [path for name, path in self.seen if name == method]

    def etag(self, name: str) -> str:
        if "no_etag" in self.switches:
            return ""
        plain = f'"{hashlib.blake2b(self.entries[name].encode(), digest_size=8).hexdigest()}"'
        return f"W/{plain}" if "weak" in self.switches else plain

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((request.method, request.path_qs))
        self.headers.append(dict(request.headers))
        await request.read()
        if self.odd is not None:
            answer = await self.odd(request)
            if answer is not None:
                return answer
        given = base64.b64decode(request.headers.get("Authorization", "Basic ").removeprefix("Basic ")).decode()
        if given != f"{USER}:{PASSWORD}":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        if request.path == "/.well-known/caldav":
            return web.Response(status=301, headers={"Location": "/dav/"})
        if request.method == "OPTIONS":
            extra = ", calendar-auto-schedule" if "schedules" in self.switches else ""
            return web.Response(headers={"DAV": f"1, calendar-access{extra}"})
        if request.method == "PROPFIND":
            return self._propfind(request)
        if request.method == "REPORT":
            return await self._report(request)
        return await self._member(request)

    def _propfind(self, request: web.Request) -> web.Response:
        path = request.path
        rows = [self._described(path)]
        if request.headers.get("Depth") == "1":
            if path == HOME:
                rows += [self._described(CALENDAR)]
                rows += [self._described(f"{HOME}second/")] if "several" in self.switches else []
            elif path == CALENDAR:
                rows += [self._row(name) for name in self.entries]
        return _multistatus("".join(rows))

    def _described(self, path: str) -> str:
        props = f"<current-user-principal><href>{HOME}</href></current-user-principal>"
        kind = "<collection/>"
        if path == HOME:
            props += (
                f"<C:calendar-home-set><href>{HOME}</href></C:calendar-home-set><C:calendar-user-address-set>"
                "<href>mailto:jane.doe@example.com</href></C:calendar-user-address-set><displayname>Jane Doe</displayname>"
            )
        elif path.startswith(HOME):
            kind += "<C:calendar/>"
            may = "" if "reads_only" in self.switches else "<privilege><write/></privilege>"
            reports = "<C:calendar-multiget/>" + ("" if "no_sync" in self.switches else "<sync-collection/>")
            props += (
                f"<displayname>{path.rstrip('/').rpartition('/')[2].title()}</displayname><current-user-privilege-set>"
                f"<privilege><read/></privilege>{may}</current-user-privilege-set><supported-report-set><supported-report>"
                f"<report>{reports}</report></supported-report></supported-report-set><S:getctag>{self._mark()}</S:getctag>"
            )
        return (
            f"<response><href>{path}</href><propstat><prop><resourcetype>{kind}</resourcetype>{props}</prop>"
            "<status>HTTP/1.1 200 OK</status></propstat></response>"
        )

    def _mark(self) -> str:
        return hashlib.blake2b(repr(sorted(self.entries.items())).encode(), digest_size=8).hexdigest()

    def _href(self, name: str) -> str:
        host = "https://inside.example.com:8443" if "absolute" in self.switches else ""
        return f"{host}{CALENDAR}{escape(name)}"

    def _row(self, name: str, more: str = "") -> str:
        etag = f"<getetag>{escape(self.etag(name))}</getetag>" if self.etag(name) else ""
        return (
            f"<response><href>{self._href(name)}</href><propstat><prop>{etag}{more}</prop>"
            "<status>HTTP/1.1 200 OK</status></propstat></response>"
        )

    async def _report(self, request: web.Request) -> web.Response:
        root = ElementTree.fromstring(await request.read())
        if root.tag == f"{_D}sync-collection":
            return self._sync(root.findtext(f"{_D}sync-token") or "")
        if "no_multiget" in self.switches:
            return web.Response(status=501)
        rows = ""
        for href in root.findall(f"{_D}href"):
            name = unquote((href.text or "").removeprefix(CALENDAR))
            if name in self.entries:
                rows += self._row(name, f"<C:calendar-data>{escape(self.entries[name])}</C:calendar-data>")
            else:
                rows += f"<response><href>{href.text}</href><status>HTTP/1.1 404 Not Found</status></response>"
        return _multistatus(rows)

    def _sync(self, token: str) -> web.Response:
        if "no_sync" in self.switches:
            return web.Response(status=403)
        if token and "forgets_tokens" in self.switches:
            return web.Response(status=403, text=f"<error {_NS}><valid-sync-token/></error>", content_type="text/xml")
        names = sorted(self.entries)
        if "parts" in self.switches:
            start = int(token or 0)
            part, rest = names[start : start + 2], names[start + 2 :]
            cut = f"<response><href>{CALENDAR}</href><status>HTTP/1.1 507 x</status></response>" if rest else ""
            return _multistatus("".join(map(self._row, part)) + cut + f"<sync-token>{start + 2}</sync-token>")
        mark = "" if "no_token" in self.switches else f"<sync-token>{self._mark()}</sync-token>"
        if token == self._mark():
            return _multistatus(mark)
        return _multistatus("".join(map(self._row, names)) + mark)

    async def _member(self, request: web.Request) -> web.Response:
        name = request.path.removeprefix(CALENDAR)
        there = name in self.entries
        given, none = request.headers.get("If-Match"), request.headers.get("If-None-Match")
        if request.method in ("PUT", "DELETE"):
            if (given is not None and (not there or given != self.etag(name).removeprefix("W/"))) or (none and there):
                return web.Response(status=412)
            if request.method == "DELETE":
                return web.Response(status=204 if self.entries.pop(name, None) is not None else 404)
            self.entries[name] = (await request.read()).decode()
            return web.Response(status=201, headers={} if "no_put_etag" in self.switches else self._etag_header(name))
        if not there:
            return web.Response(status=404)
        return web.Response(text=self.entries[name], content_type="text/calendar", headers=self._etag_header(name))

    def _etag_header(self, name: str) -> dict[str, str]:
        return {"ETag": self.etag(name)} if self.etag(name) else {}


def _multistatus(rows: str) -> web.Response:
    body = f'<?xml version="1.0" encoding="utf-8"?><multistatus {_NS}>{rows}</multistatus>'
    return web.Response(status=207, text=body, content_type="application/xml")


@asynccontextmanager
async def odd_server(*switches: str, tls: ssl.SSLContext | None = None) -> AsyncIterator[OddServer]:
    """The server, running on loopback until the block ends."""
    server = OddServer(switches=set(switches))
    app = web.Application(client_max_size=1 << 22)
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
