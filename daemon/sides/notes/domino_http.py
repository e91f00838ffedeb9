"""One signed-in conversation with a Domino server: requests, login and its renewal, retries, and each fault as a sentence.

Basic is offered first; a login page in the answer is filled in once (notes.md 1.6), and again when the session ends in
mid-run. A name and password that were refused are not sent a second time: Domino locks people out. Redirects are never
followed with credentials. GET is repeated by the shared policy; writes are sent once.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from daemon.sides.contract import SideUnavailable, SignInNeeded
from daemon.sides.notes.domino_address import DominoAddress
from daemon.sides.notes.domino_answers import BUSY, Answer, error_of, json_of, kind_of
from daemon.sides.notes.domino_login import SESSION_COOKIES, find_form
from daemon.sides.notes.proxies import Proxy, proxy_for
from daemon.sides.retry import Passing, RetryPolicy, seconds_to_wait
from shared.texts import text

MAX_ANSWER_MB = 64
RENEWALS = 3
SECONDS = 60.0


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


@dataclass(frozen=True, slots=True)
class Call:
    """One request: an encoded ``path`` on the server, its query, and for writes a body with its type."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = ""

    @property
    def reads(self) -> bool:
        return self.method == "GET"

    def target(self, origin: str) -> URL:
        return URL(origin + self.path + ("?" + urlencode(self.query) if self.query else ""), encoded=True)


class DominoSession:
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
        self._basic = True
        self._proved = False
        self._generation = 0
        self._signing_in = asyncio.Lock()
        self._rejected: SignInNeeded | None = None
        # This machine itself is never asked through a proxy.
        self._proxy = Proxy() if address.loopback else proxy_for(address.origin)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def get_json(self, path: str, query: Mapping[str, str] | None = None) -> tuple[dict[str, Any], Answer]:
        """The JSON object ({} for an empty answer) and the answer. DominoError for 400 and above, SideError else."""
        return await self._policy.call(lambda: self._json_once(Call("GET", path, query or {})))

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        """A good answer to a GET. Raises DominoError for 400 and above, a SideError when there is no usable answer."""
        return await self._policy.call(lambda: self._get_once(Call("GET", path, query or {})))

    async def write(self, call: Call) -> Answer:
        """Sends a write once and gives its answer, whatever its status.

        LostInTransit: sent without an answer. SideUnavailable: not sent at all.
        """
        try:
            answer = await self._signed(call)
            if answer.status == 403 and not self._cookie("DasToken") and await self._fetch_nonce():
                # The guard against forged requests refuses before anything is done, so the write may be sent again.
                answer = await self._signed(call)
            return answer
        except Passing as failed_login:
            raise failed_login.cause from None

    async def _json_once(self, call: Call) -> tuple[dict[str, Any], Answer]:
        answer = await self._get_once(call)
        try:
            return json_of(answer, self.host), answer
        except SideUnavailable as broken:
            if broken.text.code == "notes.cut_off":
                raise Passing(broken) from None
            raise

    async def _get_once(self, call: Call) -> Answer:
        answer = await self._signed(call)
        if answer.ok:
            return answer
        if answer.status in BUSY or (answer.status >= 500 and answer.kind != "json"):
            broken = SideUnavailable(text("notes.server_error", host=self.host, status=answer.status))
            raise Passing(broken, seconds_to_wait(answer.headers.get("retry-after")))
        raise error_of(answer)

    async def _signed(self, call: Call) -> Answer:
        """Sends; when the answer is a login page, signs in and sends again (a login page means: nothing was done)."""
        for renewal in range(RENEWALS + 1):
            generation = self._generation
            answer = await self._send(call)
            if not self._asks_to_sign_in(answer):
                self._proved = self._proved or answer.ok
                return answer
            if renewal < RENEWALS:
                await self._sign_in(generation, answer)
        raise SideUnavailable(
            text("notes.no_access", user=self.user, path=call.path.partition("/api/")[0], host=self.host)
        )

    def _asks_to_sign_in(self, answer: Answer) -> bool:
        if 300 <= answer.status < 400:
            self._refuse_foreign_redirect(answer)
            return True
        if answer.status == 401:
            return True
        return answer.status == 200 and answer.kind == "html" and find_form(answer.text) is not None

    def _refuse_foreign_redirect(self, answer: Answer) -> None:
        target = URL(answer.url).join(URL(answer.headers.get("location", "")))
        if target.origin() != URL(self.address.origin).origin():
            raise SideUnavailable(text("notes.redirect", host=self.host, target=str(target.origin())))

    async def _sign_in(self, generation: int, page: Answer) -> None:
        async with self._signing_in:
            if generation != self._generation:
                return
            if self._rejected is not None:
                raise self._rejected
            if not self._password:
                raise SignInNeeded(text("notes.no_password", user=self.user, host=self.host))
            if 300 <= page.status < 400:
                page = await self._send(Call("GET", self._relative(page)))
            form = find_form(page.text) if page.kind == "html" else None
            if form is None:
                raise self._refused_without_form()
            target = form.target(page.url)
            if target is None:
                raise SignInNeeded(text("notes.foreign_login", host=self.host))
            fields = form.filled(self.user, self._password, URL(page.url).path_qs)
            url = URL(target)
            answer = await self._exchange(
                "POST",
                url,
                urlencode(fields).encode(),
                {"Content-Type": "application/x-www-form-urlencoded"},
                safe=True,
            )
            if answer.status not in (302, 303) or not any(self._cookie(name) for name in SESSION_COOKIES):
                raise self._reject()
            self._basic, self._proved = False, True
            self._generation += 1

    def _relative(self, answer: Answer) -> str:
        return URL(answer.url).join(URL(answer.headers.get("location", ""))).raw_path_qs

    def _refused_without_form(self) -> Exception:
        """A bare 401: the name and password are wrong, or, once they have served, do not suffice for this."""
        if self._proved:
            return SideUnavailable(text("notes.no_access", user=self.user, path="this calendar", host=self.host))
        return self._reject()

    def _reject(self) -> SignInNeeded:
        """Remembers that this name and password were refused, so that they are not sent again."""
        self._rejected = SignInNeeded(text("notes.wrong_password", host=self.host, user=self.user))
        return self._rejected

    async def _fetch_nonce(self) -> bool:
        """Asks for the cookie DasToken that some servers want echoed on writes; whether there is one now."""
        try:
            await self._signed(Call("GET", "/api/core/nonce"))
        except SideUnavailable:
            return False
        return bool(self._cookie("DasToken"))

    def _cookie(self, name: str) -> str:
        if self._http is None:
            return ""
        morsel = self._http.cookie_jar.filter_cookies(URL(self.address.origin)).get(name)
        return morsel.value if morsel is not None else ""

    async def _send(self, call: Call) -> Answer:
        headers: dict[str, str] = {}
        if self._basic and self._password:
            # Domino reads UTF-8 here; for plain ASCII names it makes no difference.
            headers["Authorization"] = "Basic " + base64.b64encode(f"{self.user}:{self._password}".encode()).decode()
        if call.content_type:
            headers["Content-Type"] = call.content_type
        token = "" if call.reads else self._cookie("DasToken")
        if token:
            headers["X-DAS-Token"] = token
        return await self._exchange(call.method, call.target(self.address.origin), call.body, headers, safe=call.reads)

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
