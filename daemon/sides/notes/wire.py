"""The wire to a server of the Notes side: certificates, proxies, limits of time and size, and each fault as a sentence.

A conversation (domino_http, caldav_http) adds how its server signs people in. Redirects are never followed by themselves and
never to another server, because requests carry credentials. A write goes over the wire once, whatever happens to it.
"""

from __future__ import annotations

import ssl

import aiohttp
from yarl import URL

from daemon.sides.contract import SideUnavailable, SignInNeeded
from daemon.sides.notes.domino_address import DominoAddress
from daemon.sides.notes.domino_answers import Answer, kind_of
from daemon.sides.notes.proxies import Proxy, proxy_for
from daemon.sides.retry import Passing, RetryPolicy
from shared.texts import text

MAX_ANSWER_MB = 64
SECONDS = 60.0
HOPS = 5
MOVED = frozenset({301, 302, 303, 307, 308})


class LostInTransit(Exception):
    """A write was sent, or may have been, and no answer came."""


class _Interrupted(Exception):
    """Carries a connection's failure past aiohttp, which would otherwise send a PUT or DELETE a second time by itself."""

    def __init__(self, failure: aiohttp.ClientError) -> None:
        super().__init__(str(failure))
        self.failure = failure


async def send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """A middleware for writes: each goes over the wire once, whatever its method says about repeating."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as failure:
        raise _Interrupted(failure) from None


class Wire:
    """A conversation with one server as one person; may be used by several tasks at once. ``close`` it at the end."""

    def __init__(
        self,
        address: DominoAddress,
        user: str,
        password: str,
        *,
        ca_file: str = "",
        policy: RetryPolicy | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self.address = address
        self.host = address.host
        self.user = user
        self._password = password
        self._ca_file = ca_file
        self._policy = policy or RetryPolicy()
        self._seconds = seconds
        self._http: aiohttp.ClientSession | None = None
        self._proved = False
        self._rejected: SignInNeeded | None = None
        # This machine itself is never asked through a proxy.
        self._proxy = Proxy() if address.loopback else proxy_for(address.origin)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = None

    def _refused(self, answer: Answer) -> Exception:
        """A bare 401: another sign-in than Basic is asked for, or the name and password do not suffice for this, or are wrong."""
        offered = answer.headers.get("www-authenticate", "").casefold()
        if offered and "basic" not in offered:
            return SignInNeeded(text("notes.foreign_login", host=self.host))
        if self._proved:
            return SideUnavailable(text("notes.no_access", user=self.user, path="this calendar", host=self.host))
        if not self._password:
            return SignInNeeded(text("notes.no_password", user=self.user or "the calendar", host=self.host))
        return self._reject()

    def _reject(self) -> SignInNeeded:
        """Remembers that this name and password were refused, so that they are not sent again."""
        self._rejected = SignInNeeded(text("notes.wrong_password", host=self.host, user=self.user))
        return self._rejected

    def _onward(self, answer: Answer) -> URL:
        """Where a redirect leads, on this server. Raises SideUnavailable with the address of any other one."""
        given = answer.headers.get("location", "")
        try:
            target = URL(answer.url).join(URL(given, encoded=True))
            same = target.origin() == URL(self.address.origin).origin()
        except ValueError:
            raise SideUnavailable(text("notes.redirect", host=self.host, target=given[:200])) from None
        if not same:
            raise SideUnavailable(text("notes.redirect", host=self.host, target=str(target.origin())))
        return target

    def _cookie(self, name: str) -> str:
        if self._http is None:
            return ""
        morsel = self._http.cookie_jar.filter_cookies(URL(self.address.origin)).get(name)
        return morsel.value if morsel is not None else ""

    async def _exchange(
        self, method: str, url: URL, body: bytes | None, headers: dict[str, str], *, safe: bool
    ) -> Answer:
        """One request on the wire. Faults: Passing for ``safe`` requests, LostInTransit for others once they were sent."""
        http = self._http or self._start()
        once = () if safe else (send_once,)
        try:
            async with http.request(
                method,
                url,
                data=body,
                headers={**headers, **self._proxy.in_the_clear(url.scheme)},
                allow_redirects=False,
                middlewares=once,
                proxy=self._proxy.url,
                proxy_headers=self._proxy.headers,
            ) as response:
                return await self._whole(response)
        except _Interrupted as interrupted:
            raise self._fault(interrupted.failure, safe=safe) from None
        except (aiohttp.ClientError, TimeoutError, ConnectionError, ValueError) as failure:
            raise self._fault(failure, safe=safe) from None

    def _fault(self, failure: Exception, *, safe: bool) -> Exception:
        """A failure of the connection as the sentence for it; only faults that cannot have sent anything are never «lost»."""
        if isinstance(failure, aiohttp.ClientConnectorCertificateError):
            return SideUnavailable(text("notes.tls", host=self.host))
        if isinstance(failure, aiohttp.ClientConnectorSSLError):
            return SideUnavailable(text("notes.no_tls", host=self.host))
        if isinstance(failure, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
            unreachable = SideUnavailable(text("notes.unreachable", host=self.host))
            return Passing(unreachable) if safe else unreachable
        return self._broken("notes.timeout" if isinstance(failure, TimeoutError) else "notes.cut_off", safe=safe)

    def _broken(self, code: str, *, safe: bool) -> Exception:
        failure = SideUnavailable(text(code, host=self.host, seconds=round(self._seconds)))
        return Passing(failure) if safe else LostInTransit(str(failure))

    async def _whole(self, response: aiohttp.ClientResponse) -> Answer:
        body = bytearray()
        async for chunk in response.content.iter_chunked(65536):
            body += chunk
            if len(body) > MAX_ANSWER_MB * 1024 * 1024:
                raise SideUnavailable(text("notes.too_large", host=self.host, megabytes=MAX_ANSWER_MB))
        headers = {name.lower(): value for name, value in response.headers.items()}
        data = bytes(body)
        return Answer(response.status, kind_of(headers.get("content-type", ""), data), data, headers, str(response.url))

    def _start(self) -> aiohttp.ClientSession:
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=8, ssl=self._tls()),
            cookie_jar=aiohttp.CookieJar(unsafe=True),
            timeout=aiohttp.ClientTimeout(total=self._seconds, connect=min(15.0, self._seconds)),
            headers={"User-Agent": "Daybridge", "Accept": "application/json, text/calendar;q=0.9, */*;q=0.1"},
        )
        return self._http

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._ca_file:
            try:
                context.load_verify_locations(cafile=self._ca_file)
            except (OSError, ssl.SSLError):
                raise SideUnavailable(text("notes.ca_file", path=self._ca_file)) from None
        return context
