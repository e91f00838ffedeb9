"""Sign-in: authorize, token, refresh, revoke, userinfo, introspect and the identity address.

Facts: reference salesforce.md 4. A code challenge without a method is S256; redirect addresses are compared character
by character; there is no expires_in.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from aiohttp import BasicAuth, web

from daemon.sandbox.salesforce.apps import APPS, DAYBRIDGE, App
from daemon.sandbox.salesforce.org import Org
from daemon.sandbox.salesforce.org_resources import identity, user_info
from daemon.sandbox.salesforce.sign_in import SignInPages, html_page
from daemon.sandbox.salesforce.tokens import DEFAULT_SCOPES, Code, Session, TokenError


class OAuth:
    """The OAuth endpoints of an org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._pages = SignInPages(org, self._issue_code)
        #: Scheme and host that tokens name as instance_url; None: the one the client used.
        self.instance_url: str | None = None

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.get("/services/oauth2/authorize", self.authorize),
            web.post("/services/oauth2/authorize", self.authorize),
            web.post("/services/oauth2/token", self.token),
            web.get("/services/oauth2/revoke", self.revoke),
            web.post("/services/oauth2/revoke", self.revoke),
            web.get("/services/oauth2/userinfo", self.userinfo),
            web.post("/services/oauth2/userinfo", self.userinfo),
            web.post("/services/oauth2/introspect", self.introspect),
            web.get("/id/{org}/{user}", self.identity),
            *self._pages.routes(),
        ]

    # ---- authorize -----------------------------------------------------------------------------------------------

    async def authorize(self, request: web.Request) -> web.Response:
        """Check the request, then ask the person (or answer at once where consent is automatic)."""
        asked = {**request.query, **(await _form(request))}
        app = APPS.get(asked.get("client_id", ""))
        if app is None:
            return html_page("Error", "error=invalid_client_id&error_description=client identifier invalid", status=400)
        if asked.get("redirect_uri") not in app.redirect_uris:
            text = "error=redirect_uri_mismatch&error_description=redirect_uri must match configuration"
            return html_page("Error", text, status=400)
        refusal = self._refusal(asked)
        if refusal is not None:
            return redirect_back(asked, error=refusal[0], error_description=refusal[1])
        if self._org.options.consent == "page":
            return self._pages.ask(request, asked)
        hint = asked.get("login_hint")
        person = next((p for p in self._org.people if p.username == hint), self._org.people[0])
        return self._issue_code(asked, person.user_id)

    def _refusal(self, asked: Mapping[str, str]) -> tuple[str, str] | None:
        if asked.get("response_type") != "code":
            return "unsupported_response_type", "response type not supported"
        if not self._org.options.app_installed:
            return "invalid_client", "app must be installed into org"
        if asked.get("code_challenge_method", "S256") != "S256":
            return "invalid_request", "invalid code challenge method"
        if self._org.options.pkce == "required" and not asked.get("code_challenge"):
            return "invalid_request", "missing required code challenge"
        return None

    def _issue_code(self, asked: Mapping[str, str], user_id: str) -> web.Response:
        scopes = tuple(asked.get("scope", "").split()) or DEFAULT_SCOPES
        code = Code(
            user_id,
            asked["client_id"],
            asked["redirect_uri"],
            scopes,
            asked.get("code_challenge") or None,
            self._org.clock.now(),
        )
        return redirect_back(asked, code=self._org.tokens.new_code(code))

    # ---- token ---------------------------------------------------------------------------------------------------

    async def token(self, request: web.Request) -> web.Response:
        """POST /services/oauth2/token."""
        form = {**request.query, **(await _form(request))}
        if request.headers.get("Authorization", "").startswith("Basic "):
            basic = BasicAuth.decode(request.headers["Authorization"])
            form = {"client_id": basic.login, "client_secret": basic.password, **form}
        base = self.instance_url or f"{request.scheme}://{request.host}"
        try:
            app = _app(form)
            match form.get("grant_type"):
                case "authorization_code":
                    session, rotated = self._redeem(form), True
                case "refresh_token":
                    session, rotated = await self._refresh(form), self._org.options.rotation
                case "password" if self._org.options.password_grant:
                    session, rotated = self._log_in(form), False
                case "client_credentials" if self._org.options.client_credentials:
                    session, rotated = self._as_administrator(form), False
                case _:
                    raise TokenError("unsupported_grant_type", "grant type not supported")
        except TokenError as error:
            return web.json_response(
                {"error": error.error, "error_description": error.description}, status=400, headers=_FRESH
            )
        return web.json_response(self._token_body(session, app, rotated, base), headers=_FRESH)

    def _redeem(self, form: Mapping[str, str]) -> Session:
        code = self._org.tokens.take_code(form.get("code", ""))
        if code.client_id != form.get("client_id"):
            raise TokenError("invalid_grant", "invalid authorization code")
        if form.get("redirect_uri") != code.redirect_uri:
            raise TokenError("redirect_uri_mismatch", "redirect_uri must match configuration")
        if code.challenge is not None:
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
            if not hmac.compare_digest(made, code.challenge.rstrip("=")):
                raise TokenError("invalid_grant", "invalid code verifier")
        elif not form.get("client_secret"):
            # A public client proves that it asked for the code; a confidential one shows its secret.
            raise TokenError("invalid_client", "client secret or code verifier required")
        return self._org.tokens.grant(code.user_id, code.client_id, code.scopes)

    async def _refresh(self, form: Mapping[str, str]) -> Session:
        grant = self._org.tokens.begin_refresh(form.get("refresh_token", ""), form["client_id"])
        if self._org.options.refresh_seconds:
            await asyncio.sleep(self._org.options.refresh_seconds)
        return self._org.tokens.end_refresh(grant)

    def _log_in(self, form: Mapping[str, str]) -> Session:
        found = self._org.log_in(form.get("username", ""), form.get("password", ""))
        if found is None:
            raise TokenError("invalid_grant", "authentication failure")
        return self._org.tokens.grant(found.user_id, form["client_id"], ("api", "id"))

    def _as_administrator(self, form: Mapping[str, str]) -> Session:
        if not form.get("client_secret"):
            raise TokenError("invalid_client", "invalid client credentials")
        return self._org.tokens.grant(self._org.people[-1].user_id, form["client_id"], ("api", "id"))

    def _token_body(self, session: Session, app: App, rotated: bool, base: str) -> dict[str, str]:
        issued = str(int(self._org.clock.now().timestamp() * 1000))
        who = f"{base}/id/{self._org.org_id}/{session.user_id}"
        signature = hmac.new((app.secret or app.client_id).encode(), (who + issued).encode(), hashlib.sha256).digest()
        body = {
            "access_token": session.token,
            "signature": base64.b64encode(signature).decode(),
            "scope": " ".join(session.scopes),
            "instance_url": base,
            "id": who,
            "token_type": "Bearer",
            "issued_at": issued,
        }
        if rotated and session.grant.refresh_token:
            body["refresh_token"] = session.grant.refresh_token
        return body

    # ---- the rest ------------------------------------------------------------------------------------------------

    async def revoke(self, request: web.Request) -> web.Response:
        """Revoke an access token, or a refresh token with all it led to."""
        token = {**request.query, **(await _form(request))}.get("token", "")
        if self._org.tokens.revoke(token):
            return web.Response()
        return web.json_response({"error": "invalid_token", "error_description": "invalid token"}, status=400)

    async def userinfo(self, request: web.Request) -> web.Response:
        """GET /services/oauth2/userinfo."""
        session = self._session(request)
        if session is None:
            return web.Response(text="Bad_OAuth_Token", status=403)
        person = self._org.person(session.user_id)
        return web.json_response(user_info(self._org, person, self._base(request)))

    async def identity(self, request: web.Request) -> web.Response:
        """GET /id/{org}/{user}."""
        session = self._session(request)
        asked = (request.match_info["org"], request.match_info["user"])
        if session is None or asked != (self._org.org_id, session.user_id):
            return web.Response(text="Bad_OAuth_Token" if session is None else "Wrong_Org", status=403)
        person = self._org.person(session.user_id)
        return web.json_response(identity(self._org, person, self._base(request)))

    async def introspect(self, request: web.Request) -> web.Response:
        """POST /services/oauth2/introspect; wants the client's secret."""
        form = await _form(request)
        if request.headers.get("Authorization", "").startswith("Basic "):
            basic = BasicAuth.decode(request.headers["Authorization"])
            form = {"client_id": basic.login, "client_secret": basic.password, **form}
        if form.get("client_id") != DAYBRIDGE.client_id or form.get("client_secret") != DAYBRIDGE.secret:
            return web.json_response(
                {"error": "invalid_client", "error_description": "invalid client credentials"}, status=401
            )
        found = self._org.tokens.peek(form.get("token", ""))
        if found is None:
            return web.json_response({"active": False})
        grant, kind = found
        now = int(self._org.clock.now().timestamp())
        body: dict[str, Any] = {
            "active": True,
            "scope": " ".join(grant.scopes),
            "client_id": grant.client_id,
            "username": self._org.person(grant.user_id).username,
            "sub": f"{self._base(request)}/id/{self._org.org_id}/{grant.user_id}",
            "token_type": kind,
            "iat": int(grant.used.timestamp()),
            "nbf": int(grant.used.timestamp()),
        }
        if kind == "access_token" and self._org.options.access_token_minutes:
            body["exp"] = now + self._org.options.access_token_minutes * 60
        return web.json_response(body)

    def _session(self, request: web.Request) -> Session | None:
        return self._org.tokens.session(bearer(request) or request.query.get("oauth_token", ""))

    def _base(self, request: web.Request) -> str:
        return self.instance_url or f"{request.scheme}://{request.host}"


_FRESH = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}


def _app(form: Mapping[str, str]) -> App:
    """Return the app that asks for a token; a secret is optional, but must be right if sent."""
    app = APPS.get(form.get("client_id", ""))
    if app is None:
        raise TokenError("invalid_client_id", "client identifier invalid")
    secret = form.get("client_secret")
    if secret and not hmac.compare_digest(secret, app.secret or ""):
        raise TokenError("invalid_client", "invalid client credentials")
    return app


def bearer(request: web.Request) -> str:
    """Return the token of an Authorization header, or an empty text."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() in {"bearer", "oauth"} else ""


def redirect_back(asked: Mapping[str, str], **answer: str) -> web.Response:
    """Send the browser back to the app with an answer and the app's own state."""
    if "state" in asked:
        answer["state"] = asked["state"]
    where = asked["redirect_uri"]
    joint = "&" if "?" in where else "?"
    return web.Response(status=302, headers={"Location": f"{where}{joint}{urlencode(answer)}"})


async def _form(request: web.Request) -> dict[str, str]:
    """Return the fields of a form body."""
    if request.method != "POST":
        return {}
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
