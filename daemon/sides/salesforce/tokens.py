"""Keeps the sign-in alive: the access token in memory, the refresh token in the keyring, one refresh at a time.

Under rotation each refresh kills the old refresh token at once, and using a dead one kills the whole sign-in
(reference/salesforce.md 4). So: one refresh at a time, the stored token is read again right before it, and a new one is
stored durably before the new access token is used for the first time.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Protocol
from weakref import WeakKeyDictionary

from daemon.sides.contract import SideError, SideUnavailable, SignInNeeded
from daemon.sides.salesforce import oauth
from daemon.sides.salesforce.oauth import TokenRequestBusy, TokenSet
from daemon.sides.salesforce.session import Patience, checked_origin
from shared.models import Text
from shared.texts import text

REFRESH_TOKEN = "salesforce-refresh-token"
"""Name of the only secret of this side in the credentials store."""

BUSY_WAITS = (0.5, 1.0, 2.0, 4.0)
"""Seconds to wait while Salesforce processes another refresh, before giving up for this time."""

Sleep = Callable[[float], Awaitable[None]]


class SecretStore(Protocol):
    """What we need of the credentials store; its calls may block and are made in a thread."""

    def get(self, name: str) -> str | None: ...

    def set(self, name: str, secret: str) -> None: ...

    def delete(self, name: str) -> None: ...


_LOCKS: WeakKeyDictionary[SecretStore, asyncio.Lock] = WeakKeyDictionary()
"""One lock for each store: after a change of settings an older keeper may still be refreshing the same token."""


class TokenKeeper:
    """Hands out a TokenSet that worked last time and renews it when Salesforce says 401.

    Nothing is thrown away when the sign-in is lost: the stored token, the identity and the queue stay; ``lost`` holds
    the sentence until the person has signed in again.
    """

    def __init__(
        self,
        credentials: SecretStore,
        login_url: str,
        client_id: str,
        *,
        patience: Patience | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._credentials = credentials
        self._login_url = login_url
        self._client_id = client_id
        self._patience = patience or Patience()
        self._sleep = sleep
        self._one_at_a_time = _LOCKS.setdefault(credentials, asyncio.Lock())
        self._current: TokenSet | None = None
        self._unstored = ""
        self.lost: Text | None = None

    async def connected(self) -> bool:
        """Whether a sign-in is stored at all (it may turn out to be lost). Raises the store's own error."""
        return bool(self._unstored or await self._stored())

    async def access(self) -> TokenSet:
        """The tokens to use now. Raises SignInNeeded, or SideUnavailable when Salesforce or the store does not answer."""
        async with self._one_at_a_time:
            return self._current or await self._refresh()

    async def renew(self, rejected: TokenSet) -> TokenSet:
        """Tokens newer than ``rejected``; callers that were rejected together share one refresh."""
        async with self._one_at_a_time:
            if self._current is not None and self._current.access_token != rejected.access_token:
                return self._current
            self._current = None
            return await self._refresh()

    async def adopt(self, tokens: TokenSet) -> None:
        """Take over a fresh sign-in: stored first, used afterwards. Raises the store's own error."""
        async with self._one_at_a_time:
            if not tokens.refresh_token:
                raise SignInNeeded(text("salesforce.no_refresh_token"))
            self._unstored = tokens.refresh_token
            await self._store()
            self._current, self.lost = tokens, None

    async def revoke(self) -> None:
        """Disconnect: forget the sign-in here, then tell Salesforce. Raises SideUnavailable when it cannot be told.

        A revoked refresh token takes its access tokens with it.
        """
        async with self._one_at_a_time:
            token = self._unstored or await self._stored()
            self._current, self._unstored, self.lost = None, "", None
            await asyncio.to_thread(self._credentials.delete, REFRESH_TOKEN)
        if token:
            await oauth.revoke(checked_origin(self._login_url), token, self._patience)

    async def _refresh(self) -> TokenSet:
        """As ``_refresh_now``; a store that is locked or failing is no lost sign-in, only an obstacle."""
        try:
            return await self._refresh_now()
        except SideError:
            raise
        except Exception as error:
            sentence = getattr(error, "text", None)
            if not isinstance(sentence, Text):
                raise
            raise SideUnavailable(text("salesforce.keyring", reason=sentence.text)) from error

    async def _refresh_now(self) -> TokenSet:
        if self._unstored:
            await self._store()
        if self.lost is not None:
            raise SignInNeeded(self.lost)
        token = await self._stored()
        if not token:
            raise SignInNeeded(text("salesforce.not_connected"))
        if not self._client_id:
            raise SignInNeeded(text("salesforce.no_client_id"))
        try:
            tokens, used = await self._refresh_patiently(checked_origin(self._login_url), token)
        except SignInNeeded as error:
            self.lost = error.text
            raise
        if tokens.refresh_token and tokens.refresh_token != used:
            self._unstored = tokens.refresh_token
            await self._store()
        self._current = tokens
        return tokens

    async def _refresh_patiently(self, login_url: str, token: str) -> tuple[TokenSet, str]:
        """(tokens, the refresh token they cost). After each wait the store is read again: another may have rotated it."""
        for wait in (*BUSY_WAITS, None):
            try:
                return await oauth.refresh(login_url, self._client_id, token, self._patience), token
            except TokenRequestBusy as error:
                if wait is None:
                    raise SideUnavailable(text("salesforce.busy", status=400)) from error
                await self._sleep(wait * random.uniform(0.8, 1.2))
                token = await self._stored() or token
        raise AssertionError("unreachable")

    async def _store(self) -> None:
        """Store the newest refresh token; while the store refuses, the token stays here and is tried again."""
        await asyncio.to_thread(self._credentials.set, REFRESH_TOKEN, self._unstored)
        self._unstored = ""

    async def _stored(self) -> str:
        return await asyncio.to_thread(self._credentials.get, REFRESH_TOKEN) or ""
