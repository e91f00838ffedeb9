"""What is known of the two accounts: connected or why not, and how long a failed one is to be left alone."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from daemon.sides.contract import LimitReached, SideError, SideUnavailable, SignInNeeded
from shared.models import Accounts, AccountStatus, Text
from shared.states import Side

log = logging.getLogger(__name__)


class AccountStates:
    """The state of each side; ``changed`` is called after every change."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.status: dict[Side, AccountStatus] = {side: AccountStatus() for side in Side}
        self.mended: Text | None = None
        """The last trouble of an account that is over: a run that failed of it is no news any more."""
        self._rest: dict[Side, datetime | None] = {}

    def accounts(self) -> Accounts:
        return Accounts(salesforce=self.status[Side.SALESFORCE], notes=self.status[Side.NOTES])

    def _say(self, side: Side, state: str, because: Text | None, name: str = "", address: str = "") -> None:
        before = self.status[side]
        if state == "connected" and before.because is not None:
            self.mended = before.because
        self.status[side] = AccountStatus(
            state=state, because=because, name=name or before.name, address=address or before.address
        )
        self._changed()

    @property
    def rest_until(self) -> datetime | None:
        """Until when (UTC) no run may start by itself: a side asked for so much patience, or its allowance is used up."""
        return max((moment for moment in self._rest.values() if moment is not None), default=None)

    def failed(self, error: SideError, side: Side | None = None) -> None:
        """A side failed in a run: say so on its account. Home Assistant's rule: once when it starts, once when it ends."""
        told = next((each for each in Side if self.status[each].because == error.text), None)
        by_code = Side.SALESFORCE if error.text.code.startswith("salesforce.") else Side.NOTES
        where = side or told or by_code
        state = "needs_sign_in" if isinstance(error, SignInNeeded) else "unreachable"
        self._rest[where] = rest_after(error)
        if self.status[where].state != state:
            log.warning("%s: %s (%s)", where, state, error.text.code)
        self._say(where, state, error.text)


def rest_after(error: SideError) -> datetime | None:
    """The moment (UTC) before which a side that failed like this need not be asked again; None when it does not say."""
    if isinstance(error, LimitReached):
        return error.until
    return error.retry_at if isinstance(error, SideUnavailable) else None
