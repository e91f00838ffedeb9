"""Salesforce's token endpoint: exchange a code, refresh, revoke; what its errors mean, in one place.

Facts: reference/salesforce.md 4. There is no ``expires_in``; a public client sends no secret. Error texts are matched
loosely, because most of them are known by report only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests

from daemon.sides.contract import SideError, SideUnavailable, SignInNeeded
from daemon.sides.salesforce.session import Patience, SalesforceSession, checked_origin
from shared.models import Text
from shared.texts import text

TOKEN_PATH = "/services/oauth2/token"
REVOKE_PATH = "/services/oauth2/revoke"
AUTHORIZE_PATH = "/services/oauth2/authorize"


@dataclass(frozen=True, slots=True)
class TokenSet:
    """What a sign-in or a refresh gave. ``refresh_token`` is empty when the old one stays valid (no rotation)."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    instance_url: str
    org_id: str = ""
    user_id: str = ""


class TokenRequestBusy(Exception):
    """Another refresh is being processed: wait, then try again (it is not a lost sign-in)."""


_REASONS: tuple[tuple[str, str], ...] = (
    ("inactive", "salesforce.user_inactive"),
    ("ip restricted", "salesforce.ip_restricted"),
    ("ip_restricted", "salesforce.ip_restricted"),
    ("must be installed", "salesforce.app_not_installed"),
    ("oauth_approval_error", "salesforce.app_not_installed"),
    ("redirect_uri", "salesforce.redirect_mismatch"),
    ("invalid_client", "salesforce.bad_client_id"),
    ("client identifier", "salesforce.bad_client_id"),
    ("access_denied", "salesforce.denied"),
    ("denied authorization", "salesforce.denied"),
)
"""Words of ``error`` and ``error_description``, most telling first, and the sentence each becomes."""

_BUSY_WORDS = ("already being processed", "expired authorization code", "rate_limit", "rate limit", "retry")


def refusal_sentence(error: str, description: str, otherwise: str, redirect: str = "") -> Text:
    """The one sentence for an OAuth error; ``otherwise`` is the code of the sentence for unknown ones."""
    said = f"{error} {description}".lower()
    for words, sentence in _REASONS:
        if words in said:
            return text(sentence, redirect=redirect)
    return text(otherwise, reason=description or error)


async def exchange(login_url: str, form: Mapping[str, str], patience: Patience) -> TokenSet:
    """Trade an authorization code for tokens. Raises SignInNeeded with the reason, or SideUnavailable."""
    try:
        return await asyncio.to_thread(_post, login_url, form, patience, "salesforce.sign_in_refused")
    except TokenRequestBusy as error:
        raise SignInNeeded(text("salesforce.sign_in_refused", reason=str(error))) from error


async def refresh(login_url: str, client_id: str, refresh_token: str, patience: Patience) -> TokenSet:
    """One refresh. Raises TokenRequestBusy (try again), SignInNeeded (for good) or SideUnavailable."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, "client_id": client_id}
    return await asyncio.to_thread(_post, login_url, form, patience, "salesforce.sign_in_again")


async def revoke(login_url: str, token: str, patience: Patience) -> None:
    """Revoke a token and what hangs on it; raises SideUnavailable when Salesforce cannot be told.

    A token that is not known there is as good as revoked.
    """
    answer = await asyncio.to_thread(_send, login_url, REVOKE_PATH, {"token": token}, patience)
    if answer.status_code not in (200, 400):
        raise _nonsense(urlsplit(login_url).netloc, answer)


def _post(login_url: str, form: Mapping[str, str], patience: Patience, otherwise: str) -> TokenSet:
    host = urlsplit(login_url).netloc
    answer = _send(login_url, TOKEN_PATH, form, patience)
    try:
        body = answer.json()
    except ValueError:
        raise _nonsense(host, answer) from None
    if not isinstance(body, dict):
        raise _nonsense(host, answer)
    if answer.status_code != 200 or not isinstance(body.get("access_token"), str):
        raise _refused(host, answer, body, otherwise, form.get("redirect_uri", ""))
    org_id, user_id = identity_of(str(body.get("id") or ""))
    return TokenSet(
        access_token=body["access_token"],
        refresh_token=str(body.get("refresh_token") or ""),
        instance_url=checked_origin(str(body.get("instance_url") or login_url)),
        org_id=org_id,
        user_id=user_id,
    )


def _refused(
    host: str, answer: requests.Response, body: Mapping[str, object], otherwise: str, redirect: str
) -> SideError | TokenRequestBusy:
    error, description = str(body.get("error") or ""), str(body.get("error_description") or "")
    if not error or answer.status_code >= 500:
        return _nonsense(host, answer)
    said = f"{error} {description}".lower()
    if any(words in said for words in _BUSY_WORDS):
        return TokenRequestBusy(description or error)
    return SignInNeeded(refusal_sentence(error, description, otherwise, redirect))


def _send(login_url: str, path: str, form: Mapping[str, str], patience: Patience) -> requests.Response:
    host = urlsplit(login_url).netloc
    with SalesforceSession(patience) as session:
        session.serve(login_url)
        try:
            return session.post(login_url + path, data=dict(form), headers={"Accept": "application/json"})
        except requests.exceptions.RequestException as error:
            raise SideUnavailable(text("salesforce.unreachable", host=host, reason=reason_of(error))) from error


def _nonsense(host: str, answer: requests.Response) -> SideUnavailable:
    if answer.status_code in (420, 429, 500, 502, 503, 504):
        return SideUnavailable(text("salesforce.busy", status=answer.status_code))
    return SideUnavailable(text("salesforce.not_salesforce", host=host, status=answer.status_code))


def identity_of(identity_url: str) -> tuple[str, str]:
    """(org id, user id) of the ``id`` URL ``https://host/id/ORG/USER``; empty texts for anything else."""
    parts = urlsplit(identity_url).path.strip("/").split("/")
    if len(parts) == 3 and parts[0] == "id":
        return parts[1], parts[2]
    return "", ""


def reason_of(error: BaseException) -> str:
    """A few words for a transport error, without addresses or headers in them."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy refused"
    if isinstance(error, requests.exceptions.Timeout):
        return "no answer in time"
    said = str(error)
    if "NameResolution" in said or "getaddrinfo" in said:
        return "the name is not known"
    if "refused" in said:
        return "connection refused"
    return "the connection broke"
