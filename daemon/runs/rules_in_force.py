"""The rules of a run: settings turned into the planner's Rules, with the window of today in the person's zone."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from daemon.settings import Settings
from daemon.sync.rules import Rules, Window


def window(now: datetime, zone: str, past_days: int, future_days: int) -> Window:
    """Today - past to today + future, both days included, in ``zone``."""
    here = ZoneInfo(zone)
    today = now.astimezone(here).date()
    first, end = today - timedelta(days=past_days), today + timedelta(days=future_days + 1)
    return Window(
        starts_at=_minute(datetime.combine(first, time(), here)),
        ends_at=_minute(datetime.combine(end, time(), here)),
        first_day=first.isoformat(),
        end_day=end.isoformat(),
    )


def _minute(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%MZ")


def rules_in_force(settings: Settings, now: datetime, zone: str, *, own_calendar: bool, read_only: bool) -> Rules:
    """The rules for a run starting ``now``.

    A Notes calendar that is not one's own goes to Salesforce only, unless the person chose a direction (contracts.md 4);
    one .ics file or URL always does (contracts.md 14).
    """
    direction = settings["rules.direction"]
    if read_only or (not own_calendar and not settings.is_set("rules.direction")):
        direction = "to_salesforce"
    chosen = {key: settings[key] for key in settings.document().values if key.startswith("rules.")}
    chosen["rules.direction"] = direction
    # The window moves every day by itself and must not make yesterday's answers stale.
    version = hashlib.blake2b(msgspec.json.encode(chosen, order="deterministic"), digest_size=8).hexdigest()
    pattern = settings["rules.subject_exclude"]
    return Rules(
        window=window(now, zone, settings["rules.past_days"], settings["rules.future_days"]),
        private=settings["rules.private"],
        direction=direction,
        salesforce_may=frozenset(settings["rules.salesforce_may"]),
        notes_may=frozenset(settings["rules.notes_may"]),
        conflicts=settings["rules.conflicts"],
        entry_types=frozenset(settings["rules.entry_types"]),
        categories_include=frozenset(settings["rules.categories_include"]),
        categories_exclude=frozenset(settings["rules.categories_exclude"]),
        subject_exclude=re.compile(pattern, re.IGNORECASE) if pattern else None,
        skip_free=settings["rules.skip_free"],
        skip_tentative=settings["rules.skip_tentative"],
        skip_all_day=settings["rules.skip_all_day"],
        starts_after=settings["rules.starts_after"],
        invitees_in_description=settings["rules.invitees_in_description"],
        attachment_names=settings["rules.attachment_names"],
        protect_formatting=settings["rules.protect_formatting"],
        reminders=settings["rules.reminders"],
        version=version,
    )
