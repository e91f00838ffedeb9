"""The pages a person sees while signing in: log in, then allow or deny the app."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import quote, urlencode

from aiohttp import web

from daemon.sandbox.salesforce.apps import APPS
from daemon.sandbox.salesforce.org import Org

_COOKIE = "sid"
_AUTHORIZE = "/services/oauth2/authorize"
_CONSENT = "/setup/secur/RemoteAccessAuthorizationPage.apexp"
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#1b1b1b}"
    "label{display:block;margin:.75rem 0}input{width:100%;padding:.4rem;font:inherit;box-sizing:border-box}"
    "button{margin:1rem .5rem 0 0;padding:.5rem 1.25rem;font:inherit}.bad{color:#8a1f11}"
)


def html_page(title: str, text: str, form: str = "", status: int = 200) -> web.Response:
    """Return a small page; `text` is escaped, `form` is ours."""
    body = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)} | Salesforce sandbox</title>'
        f"<style>{_STYLE}</style><body><h1>{escape(title)}</h1><p>{escape(text)}</p>{form}</body></html>"
    )
    headers = {"Cache-Control": "no-store", "X-Frame-Options": "DENY"}
    return web.Response(text=body, content_type="text/html", status=status, headers=headers)


class SignInPages:
    """Log-in and consent; `finish` gives the app its code."""

    def __init__(self, org: Org, finish: Callable[[Mapping[str, str], str], web.Response]) -> None:
        self._org = org
        self._finish = finish
        self._browsers: dict[str, str] = {}
        self._waiting: dict[str, tuple[str, dict[str, str]]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/", self.log_in_page),
            web.post("/", self.log_in),
            web.get(_CONSENT, self.consent_page),
            web.post(_CONSENT, self.consent),
        ]

    def ask(self, request: web.Request, asked: Mapping[str, str]) -> web.Response:
        """Send the browser to the log-in page, or to the consent page when somebody is logged in."""
        cookie = request.cookies.get(_COOKIE, "")
        if cookie not in self._browsers or asked.get("prompt") == "login":
            again = {name: value for name, value in asked.items() if not (name == "prompt" and value == "login")}
            start = quote(f"{_AUTHORIZE}?{urlencode(again)}", safe="")
            return web.Response(status=302, headers={"Location": f"/?ec=302&startURL={start}"})
        source = secrets.token_urlsafe(24)
        self._waiting[source] = (cookie, dict(asked))
        return web.Response(status=302, headers={"Location": f"{_CONSENT}?source={source}"})

    async def log_in_page(self, request: web.Request) -> web.Response:
        """GET /."""
        return self._log_in_form(request.query.get("startURL", ""), "")

    def _log_in_form(self, start: str, complaint: str) -> web.Response:
        form = (
            f'<p class="bad">{escape(complaint)}</p><form method="post" action="/">'
            f'<input type="hidden" name="startURL" value="{escape(start)}">'
            '<label>Username<input id="username" name="username" autocomplete="username"></label>'
            '<label>Password<input id="password" name="password" type="password" autocomplete="current-password"></label>'
            '<button id="Login" name="Login" type="submit">Log In</button></form>'
        )
        return html_page("Log in", "This is a local sandbox, not Salesforce.", form)

    async def log_in(self, request: web.Request) -> web.Response:
        """POST /."""
        form = await request.post()
        start = str(form.get("startURL", ""))
        person = self._org.log_in(str(form.get("username", "")), str(form.get("password", "")))
        if person is None:
            return self._log_in_form(start, "Please check your username and password.")
        cookie = secrets.token_urlsafe(24)
        self._browsers[cookie] = person.user_id
        # Only our own authorize address: the page must not send people elsewhere.
        where = start if start.startswith(f"{_AUTHORIZE}?") else "/"
        answer = web.Response(status=302, headers={"Location": where})
        answer.set_cookie(_COOKIE, cookie, httponly=True, samesite="Lax")
        return answer

    async def consent_page(self, request: web.Request) -> web.Response:
        """GET the consent page."""
        source = request.query.get("source", "")
        pending = self._pending(request, source)
        if pending is None:
            return html_page("Error", "This request has ended. Start again from the app.", status=400)
        form = (
            f'<form method="post" action="{_CONSENT}"><input type="hidden" name="source" value="{escape(source)}">'
            '<button id="oaapprove" name="answer" value="allow">Allow</button>'
            '<button id="oadeny" name="answer" value="deny">Deny</button></form>'
        )
        return html_page(
            "Allow access?", f"{APPS[pending[1]['client_id']].name} asks to manage your data at any time.", form
        )

    async def consent(self, request: web.Request) -> web.Response:
        """POST the consent page."""
        form = await request.post()
        source = str(form.get("source", ""))
        pending = self._pending(request, source)
        if pending is None:
            return html_page("Error", "This request has ended. Start again from the app.", status=400)
        del self._waiting[source]
        user_id, asked = pending
        if form.get("answer") == "allow":
            return self._finish(asked, user_id)
        refused = {"error": "access_denied", "error_description": "end-user denied authorization"}
        if "state" in asked:
            refused["state"] = asked["state"]
        return web.Response(status=302, headers={"Location": f"{asked['redirect_uri']}?{urlencode(refused)}"})

    def _pending(self, request: web.Request, source: str) -> tuple[str, dict[str, str]] | None:
        """Return who is logged in and what was asked, if this browser is the one that asked."""
        cookie, asked = self._waiting.get(source, ("", {}))
        if not cookie or cookie != request.cookies.get(_COOKIE):
            return None
        return self._browsers[cookie], asked
