"""When automatic runs are due: only when switched on, on the chosen days, inside the active hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daemon.scheduler import next_run_at
from daemon.settings import Settings

ZONE = "Europe/Berlin"
MONDAY = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
"""10:00 in Berlin."""


def settings(folder: Path, **values: object) -> Settings:
    made = Settings(folder / "settings.toml")
    made.patch({"automatic.every_minutes": 60, **{f"automatic.{name}": value for name, value in values.items()}})
    return made


def test_never_unless_switched_on(tmp_path: Path) -> None:
    """Catches: automatic runs nobody asked for (contracts.md 15)."""
    assert next_run_at(Settings(tmp_path / "settings.toml"), None, MONDAY, ZONE) is None
    assert next_run_at(settings(tmp_path, weekdays=[]), None, MONDAY, ZONE) is None


def test_an_interval_after_the_last_start(tmp_path: Path) -> None:
    """Catches: an interval counted from now, which never ends while the daemon looks once a minute."""
    last = MONDAY - timedelta(minutes=20)
    assert next_run_at(settings(tmp_path), last, MONDAY, ZONE) == last + timedelta(minutes=60)
    assert next_run_at(settings(tmp_path), MONDAY - timedelta(days=3), MONDAY, ZONE) == MONDAY
    assert next_run_at(settings(tmp_path), None, MONDAY, ZONE) == MONDAY


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 3, 9, 5, 0, tzinfo=UTC), datetime(2026, 3, 9, 7, 0, tzinfo=UTC)),
        (datetime(2026, 3, 9, 17, 0, tzinfo=UTC), datetime(2026, 3, 9, 17, 0, tzinfo=UTC)),
        (datetime(2026, 3, 9, 17, 1, tzinfo=UTC), datetime(2026, 3, 10, 7, 0, tzinfo=UTC)),
        (datetime(2026, 3, 13, 20, 0, tzinfo=UTC), datetime(2026, 3, 16, 7, 0, tzinfo=UTC)),
        (datetime(2026, 3, 27, 20, 0, tzinfo=UTC), datetime(2026, 3, 30, 6, 0, tzinfo=UTC)),
    ],
    ids=["before the hours", "at their end", "after them", "over the weekend", "over the change to summer time"],
)
def test_only_inside_the_active_hours_and_days(tmp_path: Path, now: datetime, due: datetime) -> None:
    """Catches: hours taken as UTC, a run at night or on a Sunday, an hour off after the clocks changed."""
    assert next_run_at(settings(tmp_path), None, now, ZONE) == due


def test_a_single_weekday_comes_again_in_a_week(tmp_path: Path) -> None:
    """Catches: a search that ends a day early and finds no run when the only day is today and over."""
    late = datetime(2026, 3, 9, 20, 0, tzinfo=UTC)
    assert next_run_at(settings(tmp_path, weekdays=["mon"]), None, late, ZONE) == datetime(
        2026, 3, 16, 7, 0, tzinfo=UTC
    )


def test_known_changes_bring_the_next_run_forward_but_start_none(tmp_path: Path) -> None:
    """Catches: a watched folder starting runs outside the active hours, too often, or though nobody asked for runs."""
    last, soon = MONDAY - timedelta(minutes=2), timedelta(minutes=5)
    assert next_run_at(Settings(tmp_path / "none.toml"), last, MONDAY, ZONE, soon) is None
    assert next_run_at(settings(tmp_path), last, MONDAY, ZONE, soon) == last + soon
    assert next_run_at(settings(tmp_path), last, MONDAY, ZONE, timedelta(hours=9)) == last + timedelta(hours=1)
    night = datetime(2026, 3, 9, 22, 0, tzinfo=UTC)
    assert next_run_at(settings(tmp_path), last, night, ZONE, soon) == datetime(2026, 3, 10, 7, 0, tzinfo=UTC)
