"""Signing in to the Domino sandbox: session cookies with the HTML form, Basic, and the DasToken guard."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from aiohttp import web

from daemon.sandbox.domino.entries import Clock
from daemon.sandbox.domino.options import DominoOptions
from daemon.sandbox.domino.people import PEOPLE, Person

NONCE_COOKIE = "DasToken"
NONCE_HEADER = "X-DAS-Token"
_LONG_AGO = "Tue, 01 Jan 1980 06:00:00 GMT"


@dataclass(slots=True)
class _Session:
    """One session: whose, how many requests it has served, when it was used last."""

    person: Person
    requests: int
    used: datetime


class Login:
    """Knows who is signed in and answers those who are not."""

    def __init__(self, options: DominoOptions, clock: Clock) -> None:
        self.options = options
        self._clock = clock
        self._sessions: dict[str, _Session] = {}

    def expire_all(self) -> None:
        """End every session, as a restart of the HTTP task does."""
        self._sessions.clear()

    def who(self, request: web.Request) -> Person | None:
        """Return the person who sends a request, or None."""
        if self.options.login in {"basic", "both"}:
            person = _basic(request.headers.get("Authorization", ""))
            if person is not None or self.options.login == "basic":
                return person
        return self._by_cookie(request.cookies)

    def _by_cookie(self, cookies: Mapping[str, str]) -> Person | None:
        """Return the person of a session that has not ended."""
        key = cookies.get(self.options.cookie, "")
        session = self._sessions.get(key)
        if session is None:
            return None
        session.requests += 1
        idle = self._clock() - session.used
        limits = self.options
        if (limits.cookie_requests and session.requests > limits.cookie_requests) or (
            limits.cookie_seconds and idle > timedelta(seconds=limits.cookie_seconds)
        ):
            del self._sessions[key]
            return None
        session.used = self._clock()
        return session.person

    def challenge(self, request: web.Request, note: str = "") -> web.Response:
        """Answer a request of somebody who is not signed in."""
        if self.options.login == "basic":
            return web.Response(
                status=401,
                text="<html><head><title>Error</title></head><body><h1>Error 401</h1>"
                "You are not authorized to perform this operation</body></html>",
                content_type="text/html",
                headers={"WWW-Authenticate": 'Basic realm="/"'},
            )
        return login_form(str(request.rel_url), 401 if self.options.login == "force401" else 200, note)

    async def form(self, request: web.Request) -> web.Response:
        """Serve `/names.nsf?Login` (and `?Logout`): the form, or a session for the right name and password."""
        if request.query_string.lower().startswith("logout"):
            self._sessions.pop(request.cookies.get(self.options.cookie, ""), None)
            answer = login_form("/", 200)
            answer.del_cookie(self.options.cookie, path="/")
            return answer
        if self.options.login == "basic":
            return self.challenge(request)
        if request.method != "POST":
            return login_form("/", 200)
        fields = parse_qs((await request.read()).decode("utf-8", "replace"), keep_blank_values=True)
        person = _check(_one(fields, "username"), _one(fields, "password"))
        target = _one(fields, "redirectto") or "/"
        if person is None:
            return login_form(target, 200, "You provided an invalid username or password.")
        return self._signed_in(person, target)

    def _signed_in(self, person: Person, target: str) -> web.Response:
        """Answer 302 with the cookie; a target on another host becomes the root."""
        key = secrets.token_hex(16).upper()
        if self.options.cookie == "LtpaToken":
            key = base64.b64encode(secrets.token_bytes(60)).decode()
        self._sessions[key] = _Session(person, 0, self._clock())
        local = target if target.startswith("/") and not target.startswith("//") else "/"
        answer = web.Response(status=302, headers={"Location": local, "Expires": _LONG_AGO})
        answer.headers.add("Set-Cookie", f"{self.options.cookie}={key}; path=/")
        if self.options.das_token:
            answer.headers.add("Set-Cookie", f"{NONCE_COOKIE}={secrets.token_hex(16)}; path=/")
        return answer


def nonce(_request: web.Request) -> web.Response:
    """Answer `GET /api/core/nonce`: sets the DasToken cookie. The shape of the body is our own guess."""
    token = secrets.token_hex(16)
    answer = web.json_response({"nonce": token})
    answer.headers.add("Set-Cookie", f"{NONCE_COOKIE}={token}; path=/")
    return answer


def token_agrees(request: web.Request) -> bool:
    """Tell whether a write carries the header that its DasToken cookie asks for."""
    cookie = request.cookies.get(NONCE_COOKIE)
    return cookie is None or request.headers.get(NONCE_HEADER) == cookie


def login_form(target: str, status: int, note: str = "") -> web.Response:
    """Return the HTML page with the login form; its wording is ours, its fields and action are Domino's."""
    modified = hashlib.sha256(target.encode()).hexdigest()[:16].upper()
    text = f"""<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">
<html><head><title>Server Login</title></head><body>
<form method="post" action="/names.nsf?Login" name="_DominoForm">
<input type="hidden" name="%%ModDate" value="{modified}">
<p>{html.escape(note or "Please identify yourself.")}</p>
<label>User name: <input name="Username" value="" maxlength="256"></label>
<label>Password: <input name="Password" type="password" maxlength="256"></label>
<input type="hidden" name="RedirectTo" value="{html.escape(target)}">
<input type="submit" value="Sign In">
</form></body></html>
"""
    return web.Response(
        status=status,
        text=text,
        content_type="text/html",
        charset="UTF-8",
        headers={"Expires": _LONG_AGO, "Cache-Control": "no-cache"},
    )


def _one(fields: Mapping[str, list[str]], name: str) -> str:
    """Return a form field by name, in any case."""
    return next((values[0] for key, values in fields.items() if key.lower() == name), "")


def _basic(header: str) -> Person | None:
    """Return the person of a Basic header."""
    kind, _, coded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return _check(name, password)


def _check(name: str, password: str) -> Person | None:
    """Return the person whose name and password these are."""
    for person in PEOPLE:
        if person.is_called(name) and secrets.compare_digest(person.password.encode(), password.encode()):
            return person
    return None
