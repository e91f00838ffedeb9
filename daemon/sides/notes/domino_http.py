"""One signed-in conversation with a Domino server: requests, login and its renewal, the guard against forged writes.

Basic is offered first; a login page in the answer is filled in once (notes.md 1.6), and again when the session ends in
mid-run. A name and password that were refused are not sent a second time: Domino locks people out. Redirects are followed
on the same server only. GET is repeated by the shared policy; writes are sent once.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from yarl import URL

from daemon.sides.contract import SideUnavailable, SignInNeeded
from daemon.sides.notes.domino_address import DominoAddress
from daemon.sides.notes.domino_answers import BUSY, Answer, ServerFault, error_of, json_of
from daemon.sides.notes.domino_login import SESSION_COOKIES, find_form
from daemon.sides.notes.wire import HOPS, MOVED, SECONDS, Wire
from daemon.sides.retry import Passing, RetryPolicy, seconds_to_wait
from shared.texts import text

RENEWALS = 3


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


class DominoSession(Wire):
    """A conversation with one Domino server as one person."""

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
        super().__init__(address, user, password, ca_file=ca_file, policy=policy, seconds=seconds)
        self._basic = True
        self._generation = 0
        self._signing_in = asyncio.Lock()

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
            what = ServerFault if answer.status == 500 else SideUnavailable
            broken = what(text("notes.server_error", host=self.host, status=answer.status))
            raise Passing(broken, seconds_to_wait(answer.headers.get("retry-after")))
        raise error_of(answer)

    async def _signed(self, call: Call) -> Answer:
        """Sends; when the answer is a login page, signs in and sends again (a login page means: nothing was done)."""
        for renewal in range(RENEWALS + 1):
            generation = self._generation
            answer = await self._send(call)
            page = await self._followed(answer) if answer.status in MOVED else answer
            if not _asks_to_sign_in(page):
                if page is not answer and not call.reads:
                    raise SideUnavailable(text("notes.redirect", host=self.host, target=page.url))
                self._proved = self._proved or page.ok
                return page
            if renewal < RENEWALS:
                await self._sign_in(generation, page)
        raise SideUnavailable(
            text("notes.no_access", user=self.user, path=call.path.partition("/api/")[0], host=self.host)
        )

    async def _followed(self, answer: Answer) -> Answer:
        """What a redirect leads to, read."""
        for _hop in range(HOPS):
            answer = await self._send(Call("GET", self._onward(answer).raw_path_qs))
            if answer.status not in MOVED:
                return answer
        raise SideUnavailable(text("notes.redirects", host=self.host))

    async def _sign_in(self, generation: int, page: Answer) -> None:
        async with self._signing_in:
            if generation != self._generation:
                return
            if self._rejected is not None:
                raise self._rejected
            if not self._password:
                raise SignInNeeded(text("notes.no_password", user=self.user, host=self.host))
            form = find_form(page.text) if page.kind == "html" else None
            if form is None:
                raise self._refused(page)
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

    async def _fetch_nonce(self) -> bool:
        """Asks for the cookie DasToken that some servers want echoed on writes; whether there is one now."""
        try:
            await self._signed(Call("GET", "/api/core/nonce"))
        except SideUnavailable:
            return False
        return bool(self._cookie("DasToken"))

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


def _asks_to_sign_in(answer: Answer) -> bool:
    return answer.status == 401 or (
        answer.status == 200 and answer.kind == "html" and find_form(answer.text) is not None
    )
