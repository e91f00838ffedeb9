"""Automatic runs: asks the coordinator for one when settings and the clock say so; the only user of APScheduler."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from daemon.setting_keys import WEEKDAYS
from daemon.settings import Settings


def next_run_at(
    settings: Settings, last: datetime | None, now: datetime, zone: str, soonest: timedelta | None = None
) -> datetime | None:
    """When the next automatic run is due (UTC), or None when there is none.

    ``last`` is the start of the last run of any kind. ``soonest``: something is known to have changed, so already this long
    after it. Runs start only inside the active hours and weekdays, in ``zone``.
    """
    every = timedelta(minutes=settings["automatic.every_minutes"])
    days = settings["automatic.weekdays"]
    if not every or not days:
        return None
    every = every if soonest is None else min(every, soonest)
    here = ZoneInfo(zone)
    due = max(now, (last + every) if last else now).astimezone(here)
    opens, closes = (time.fromisoformat(settings[f"automatic.{name}"]) for name in ("from", "to"))
    for ahead in range(8):
        day = (due + timedelta(days=ahead)).date()
        if WEEKDAYS[day.weekday()] not in days:
            continue
        start = datetime.combine(day, opens, here)
        candidate = max(due, start) if ahead == 0 else start
        if candidate.date() == day and candidate <= datetime.combine(day, closes, here):
            return candidate.astimezone(ZoneInfo("UTC"))
    return None


class Scheduler:
    """Looks once a minute, so that a laptop that slept is noticed within a minute of waking (anchors.md 6)."""

    def __init__(self, tick: Callable[[], Any]) -> None:
        # A missed look is made up once, whatever the delay: the defaults would drop it after a second.
        self._scheduler = AsyncIOScheduler(
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
        )
        self._look = self._scheduler.add_job(tick, IntervalTrigger(seconds=60))

    def start(self) -> None:
        self._scheduler.start()

    def look_now(self) -> None:
        """Do not wait for the next minute."""
        if self._scheduler.running:
            self._look.modify(next_run_time=datetime.now(UTC))

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)
