"""Connecting: the person's Salesforce account with its sign-in, and the side made from it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from daemon.sides.contract import SignInNeeded
from daemon.sides.retry import RetryPolicy
from daemon.sides.salesforce.limits import ApiBudget
from daemon.sides.salesforce.session import Patience
from daemon.sides.salesforce.side import SalesforceSide
from daemon.sides.salesforce.sign_in import PORTS, SignIn
from daemon.sides.salesforce.tokens import SecretStore, TokenKeeper
from daemon.sides.salesforce.updating import Sleep
from shared.models import SideBudget
from shared.texts import text


class SalesforceAccount:
    """One account: its tokens and its budget outlive the sides opened for it."""

    def __init__(
        self,
        login_url: str,
        client_id: str,
        key_field: str,
        credentials: SecretStore,
        *,
        ports: Sequence[int] = PORTS,
        patience: Patience | None = None,
        sleep: Sleep = asyncio.sleep,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._login_url = login_url
        self._client_id = client_id
        self._key_field = key_field
        self._ports = ports
        self._patience = patience
        self._sleep = sleep
        self._policy = policy
        self._budget = ApiBudget()
        self._sign_in: SignIn | None = None
        self.tokens = TokenKeeper(credentials, login_url, client_id, patience=patience, sleep=sleep)

    def side(self, zone_hint: str) -> SalesforceSide:
        """A side over this sign-in; ``zone_hint`` (IANA) serves only where Salesforce does not tell the person's zone."""
        return SalesforceSide(
            self.tokens,
            self._budget,
            self._key_field,
            zone_hint,
            patience=self._patience,
            sleep=self._sleep,
            policy=self._policy,
        )

    def budget(self) -> SideBudget:
        return self._budget.meter()

    def calls_made(self) -> dict[str, int]:
        """Our calls of the last 24 hours by hour, to be handed to the next start."""
        return self._budget.history()

    def recall_calls(self, history: dict[str, int]) -> None:
        """Count on from what an earlier start of the daemon has used."""
        self._budget.recall(history)

    async def connected(self) -> bool:
        """Whether a sign-in is stored. Raises the credentials store's own error when it cannot be asked."""
        return await self.tokens.connected()

    async def start_sign_in(self) -> tuple[str, datetime]:
        """(address for the person's browser, moment in UTC when it expires). A sign-in under way is cancelled."""
        await self.cancel_sign_in()
        self._sign_in = SignIn(self._login_url, self._client_id, self._ports, patience=self._patience)
        return await self._sign_in.start()

    async def finish_sign_in(self) -> None:
        """Wait for the browser and keep the sign-in. Raises SignInNeeded, SideUnavailable or the store's own error."""
        sign_in = self._sign_in
        if sign_in is None:
            raise SignInNeeded(text("salesforce.sign_in_cancelled"))
        try:
            await self.tokens.adopt(await sign_in.finished())
        finally:
            if self._sign_in is sign_in:
                self._sign_in = None

    async def cancel_sign_in(self) -> None:
        if self._sign_in is not None:
            await self._sign_in.cancel()
            self._sign_in = None

    async def disconnect(self) -> None:
        """Forget the sign-in here, then revoke it. Raises SideUnavailable when Salesforce could not be told."""
        await self.cancel_sign_in()
        await self.tokens.revoke()


def connect(
    login_url: str, client_id: str, key_field: str, credentials: SecretStore, *, zone_hint: str
) -> SalesforceSide:
    """A side for an account whose sign-in is stored in ``credentials``."""
    return SalesforceAccount(login_url, client_id, key_field, credentials).side(zone_hint)
