"""The allowance of API calls: what the org says of its own, what we spent, when to slow down and when to stop.

The allowance is the whole org's and rolls over 24 hours (reference/salesforce.md 3.4, 3.5): a desktop program that uses
it up stops the customer's CRM. So we follow ``Sforce-Limit-Info``, slow down above 80 %, start no reading above 95 %, and after
a 403 wait for hours, not seconds. Our own calls have a ceiling of their own, whatever the org allows.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from daemon.sides.contract import LimitReached
from shared.models import SideBudget
from shared.texts import text

SLOW_ABOVE = 0.80
STOP_ABOVE = 0.95
BELIEVED_FOR = timedelta(hours=1)
"""How long a figure above STOP_ABOVE holds readings back before one call may fetch a new figure."""

OWN_CALLS_A_DAY = 10_000
"""More calls of ours within 24 hours than any person needs: something is wrong, and no further reading is started."""

FIRST_DAILY_BACK_OFF = timedelta(hours=2)
LONGEST_DAILY_BACK_OFF = timedelta(hours=8)
CONCURRENT_BACK_OFF = timedelta(minutes=10)
LONGEST_PAUSE = 5.0
"""Seconds between two calls just below STOP_ABOVE."""

_USAGE = re.compile(r"(?:^|[;,\s])(per-app-)?api-usage=(\d+)/(\d+)")
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Usage:
    """``used`` of ``total`` calls, as said at ``seen``."""

    used: int
    total: int
    seen: datetime

    @property
    def share(self) -> float:
        return self.used / self.total


def now_utc() -> datetime:
    return datetime.now(UTC)


class ApiBudget:
    """Counts calls and knows whether another one may be made. ``clock`` gives the moment in UTC.

    ``count`` and ``follow`` are called from the worker thread, the rest from the event loop; each is one assignment or
    one append, so that no lock is needed.
    """

    def __init__(self, clock: Callable[[], datetime] = now_utc) -> None:
        self._clock = clock
        self._calls: deque[datetime] = deque()
        self._org: Usage | None = None
        self._app: Usage | None = None
        self._blocked_until: datetime | None = None
        self._blocked_by = "salesforce.limit_daily"
        self._next_back_off = FIRST_DAILY_BACK_OFF

    def count(self) -> None:
        """One request left this machine."""
        self._calls.append(self._clock())

    def follow(self, header: str | None) -> None:
        """Take over ``Sforce-Limit-Info: api-usage=18/5000``; an answer without it changes nothing.

        An administrator may give one app a share of its own: ``per-app-api-usage=17/250(appName=...)`` comes beside it.
        """
        found = {app: Usage(int(used), int(total), self._clock()) for app, used, total in _USAGE.findall(header or "")}
        org, app = found.get(""), found.get("per-app-")
        if org is not None and org.total > 0:
            self._org, self._app = org, app if app is not None and app.total > 0 else None
            if self._tightest().share <= STOP_ABOVE:
                self._next_back_off = FIRST_DAILY_BACK_OFF

    def refused(self, message: str) -> LimitReached:
        """A 403 REQUEST_LIMIT_EXCEEDED came: back off, longer each time, and return the error to raise."""
        if "concurrent" in message.lower():
            self._blocked_by, wait = "salesforce.limit_concurrent", CONCURRENT_BACK_OFF
        else:
            self._blocked_by, wait = "salesforce.limit_daily", self._next_back_off
            self._next_back_off = min(self._next_back_off * 2, LONGEST_DAILY_BACK_OFF)
        self._blocked_until = self._clock() + wait
        return self._blocked()

    def check_call(self) -> None:
        """Raises LimitReached while we back off; nothing is sent then."""
        if self._blocked_until is not None and self._clock() < self._blocked_until:
            raise self._blocked()
        self._blocked_until = None

    def check_reading(self) -> None:
        """Raises LimitReached when a new reading should not start: backing off, or the org is above STOP_ABOVE."""
        self.check_call()
        mine = self.meter().used_by_us_24h
        if mine >= OWN_CALLS_A_DAY:
            until = self._calls[0] + _DAY
            raise LimitReached(text("salesforce.limit_own", used=mine, until=_moment(until)), until)
        usage = self._tightest()
        if usage.share <= STOP_ABOVE:
            return
        until = usage.seen + BELIEVED_FOR
        if self._clock() < until:
            sentence = "salesforce.limit_app_near" if usage is self._app else "salesforce.limit_near"
            raise LimitReached(text(sentence, used=usage.used, total=usage.total, until=_moment(until)), until)

    def pause(self) -> float:
        """Seconds to wait before the next call: 0 up to SLOW_ABOVE, then rising to LONGEST_PAUSE."""
        share = self._tightest().share
        if share <= SLOW_ABOVE:
            return 0.0
        return min(1.0, (share - SLOW_ABOVE) / (STOP_ABOVE - SLOW_ABOVE)) * LONGEST_PAUSE

    def meter(self) -> SideBudget:
        """The figures for the Status document."""
        oldest = self._clock() - _DAY
        while self._calls and self._calls[0] < oldest:
            self._calls.popleft()
        used, total = (self._org.used, self._org.total) if self._org else (None, None)
        return SideBudget(used_by_us_24h=len(self._calls), org_used=used, org_max=total)

    def history(self) -> dict[str, int]:
        """Our calls of the last 24 hours by the hour they were made in (``YYYY-MM-DDTHH``, UTC), to be kept over a restart."""
        self.meter()
        found: dict[str, int] = {}
        for moment in list(self._calls):
            hour = moment.astimezone(UTC).strftime("%Y-%m-%dT%H")
            found[hour] = found.get(hour, 0) + 1
        return found

    def recall(self, history: dict[str, int]) -> None:
        """Take over what ``history`` gave before a restart; each call counts from the end of its hour."""
        for hour, number in sorted(history.items()):
            moment = datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC) + timedelta(minutes=59)
            self._calls.extend([moment] * number)
        self.meter()

    def _tightest(self) -> Usage:
        """The allowance that is used up the furthest; nothing used before the first figure."""
        known = [usage for usage in (self._org, self._app) if usage is not None]
        return max(known, key=lambda usage: usage.share, default=Usage(0, 1, self._clock()))

    def _blocked(self) -> LimitReached:
        until = self._blocked_until or self._clock()
        return LimitReached(text(self._blocked_by, until=_moment(until)), until)


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
