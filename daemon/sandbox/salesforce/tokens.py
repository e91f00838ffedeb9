"""Codes, refresh tokens and access tokens: issued, rotated, expired, revoked.

Facts: reference salesforce.md 4. A grant is one consent of one person to one app; it owns one live refresh token and
any number of access tokens. Presenting a rotated refresh token again kills the grant and its access tokens.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from daemon.sandbox.salesforce.clock import Clock
from daemon.sandbox.salesforce.options import SalesforceOptions

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DEFAULT_SCOPES = ("refresh_token", "api", "openid", "id")


class TokenError(Exception):
    """A refusal of the token endpoint: `{"error", "error_description"}` with HTTP 400."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code waiting to be redeemed; `challenge` is the S256 challenge, if the client sent one."""

    user_id: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    issued: datetime


@dataclass(slots=True)
class Grant:
    """One person's consent to one app."""

    user_id: str
    client_id: str
    scopes: tuple[str, ...]
    used: datetime
    refresh_token: str | None = None
    spent: set[str] = field(default_factory=set)
    busy: bool = False
    alive: bool = True


@dataclass(slots=True)
class Session:
    """One access token."""

    token: str
    grant: Grant
    used: datetime

    @property
    def user_id(self) -> str:
        """The person it speaks for."""
        return self.grant.user_id

    @property
    def scopes(self) -> tuple[str, ...]:
        """What it may be used for."""
        return self.grant.scopes


class Tokens:
    """Every token of an org."""

    def __init__(self, org_id: str, clock: Clock, options: SalesforceOptions) -> None:
        self._org_id = org_id
        self._clock = clock
        self._options = options
        self._codes: dict[str, Code] = {}
        self._grants: list[Grant] = []
        self._sessions: dict[str, Session] = {}

    def new_code(self, code: Code) -> str:
        """Keep a code and return its text."""
        text = "aPrx" + secrets.token_urlsafe(48)
        self._codes[text] = code
        return text

    def take_code(self, text: str) -> Code:
        """Use up a code; it works once and for a short time."""
        code = self._codes.pop(text, None)
        limit = timedelta(seconds=self._options.code_seconds)
        if code is None:
            raise TokenError("invalid_grant", "invalid authorization code")
        if self._clock.now() - code.issued > limit:
            raise TokenError("invalid_grant", "expired authorization code")
        return code

    def grant(self, user_id: str, client_id: str, scopes: tuple[str, ...]) -> Session:
        """Record a consent and open its first session; beyond the cap the oldest consent ends."""
        grant = Grant(user_id, client_id, scopes, self._clock.now())
        if "refresh_token" in scopes or "offline_access" in scopes:
            grant.refresh_token = self._text("5Aep861")
        self._grants.append(grant)
        live = [
            g for g in self._grants if g.alive and g.refresh_token and (g.user_id, g.client_id) == (user_id, client_id)
        ]
        for old in live[: -self._options.grant_cap or None] if len(live) > self._options.grant_cap else []:
            self.kill(old)
        return self.open_session(grant)

    def open_session(self, grant: Grant) -> Session:
        """Issue an access token."""
        token = f"{self._org_id[:15]}!{self._text('AQ')}"
        session = self._sessions[token] = Session(token, grant, self._clock.now())
        return session

    def begin_refresh(self, refresh_token: str, client_id: str) -> Grant:
        """Check a refresh token and mark its grant as being refreshed; `end_refresh` must follow."""
        grant = next((g for g in self._grants if refresh_token == g.refresh_token or refresh_token in g.spent), None)
        if grant is None or grant.client_id != client_id or not grant.alive:
            raise TokenError("invalid_grant", "expired access/refresh token")
        if grant.busy:
            raise TokenError("invalid_grant", "token request is already being processed")
        if refresh_token in grant.spent:
            self.kill(grant)
            raise TokenError("invalid_grant", "expired access/refresh token")
        idle = timedelta(days=self._options.refresh_idle_days)
        if idle and self._clock.now() - grant.used > idle:
            self.kill(grant)
            raise TokenError("invalid_grant", "expired access/refresh token")
        grant.busy = True
        return grant

    def end_refresh(self, grant: Grant) -> Session:
        """Rotate (where the org does) and open a session."""
        grant.busy = False
        if not grant.alive:
            raise TokenError("invalid_grant", "expired access/refresh token")
        grant.used = self._clock.now()
        if self._options.rotation and grant.refresh_token:
            grant.spent.add(grant.refresh_token)
            grant.refresh_token = self._text("5Aep861")
        return self.open_session(grant)

    def session(self, token: str) -> Session | None:
        """Return the live session of an access token and count it as used."""
        session = self._sessions.get(token)
        if session is None:
            return None
        idle = timedelta(minutes=self._options.access_token_minutes)
        if idle and self._clock.now() - session.used > idle:
            del self._sessions[token]
            return None
        session.used = self._clock.now()
        return session

    def peek(self, token: str) -> tuple[Grant, str] | None:
        """Return the grant of a live token and which kind it is, without counting a use."""
        if token in self._sessions:
            return self._sessions[token].grant, "access_token"
        grant = next((g for g in self._grants if g.alive and g.refresh_token == token), None)
        return (grant, "refresh_token") if grant else None

    def revoke(self, token: str) -> bool:
        """Revoke an access token alone, or a refresh token with everything it led to; False when unknown."""
        if self._sessions.pop(token, None) is not None:
            return True
        grant = next((g for g in self._grants if token == g.refresh_token or token in g.spent), None)
        if grant is None or not grant.alive:
            return False
        self.kill(grant)
        return True

    def kill(self, grant: Grant) -> None:
        """End a consent and every session of it."""
        grant.alive = False
        for token in [t for t, s in self._sessions.items() if s.grant is grant]:
            del self._sessions[token]

    def kill_sessions(self) -> None:
        """End every access token; refresh tokens stay good."""
        self._sessions.clear()

    def kill_all(self) -> None:
        """End every consent, as an administrator's revocation does."""
        for grant in self._grants:
            self.kill(grant)

    @staticmethod
    def _text(start: str) -> str:
        return start + "".join(secrets.choice(_ALPHABET) for _ in range(82))
