"""The rules of a run: today's window in the person's zone, the direction of calendars one may not write to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.runs.rules_in_force import rules_in_force, window
from daemon.settings import Settings
from daemon.sync.rules import Rules

NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)


def rules(folder: Path, *, own: bool = True, read_only: bool = False, now: datetime = NOW, **values: object) -> Rules:
    settings = Settings(folder / "settings.toml")
    settings.patch({f"rules.{name}": value for name, value in values.items()})
    return rules_in_force(settings, now, "Europe/Berlin", own_calendar=own, read_only=read_only)


def test_the_window_is_whole_days_of_the_person() -> None:
    """Catches: days cut at midnight UTC, today left out, an hour off where summer time begins inside the window."""
    found = window(datetime(2026, 3, 9, 23, 30, tzinfo=UTC), "Europe/Berlin", 1, 30)
    assert (found.first_day, found.end_day) == ("2026-03-09", "2026-04-10")
    assert (found.starts_at, found.ends_at) == ("2026-03-08T23:00Z", "2026-04-09T22:00Z")


@pytest.mark.parametrize(
    ("own", "read_only", "chosen", "expected"),
    [
        (True, False, None, "both"),
        (False, False, None, "to_salesforce"),
        (False, False, "both", "both"),
        (True, True, "to_notes", "to_salesforce"),
    ],
    ids=["own", "delegated", "delegated, chosen", "read-only"],
)
def test_the_direction_of_a_calendar(
    tmp_path: Path, own: bool, read_only: bool, chosen: str | None, expected: str
) -> None:
    """Catches: a colleague's calendar written to unasked, or a file that cannot be written (contracts.md 4, 14)."""
    assert rules(tmp_path, own=own, read_only=read_only, direction=chosen).direction == expected


def test_the_version_follows_every_rule_and_nothing_else(tmp_path: Path) -> None:
    """Catches: approvals that outlive a change of the rules, or yesterday's answers stale because the day moved on."""
    plain = rules(tmp_path).version
    assert rules(tmp_path, now=datetime(2026, 6, 1, tzinfo=UTC)).version == plain
    assert rules(tmp_path, private="carry").version != plain
    assert rules(tmp_path, private=None).version == plain
    assert rules(tmp_path, own=False).version != plain
