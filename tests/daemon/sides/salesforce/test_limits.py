"""Tests of the API budget: figures followed, slowing down, stopping, backing off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daemon.sides.contract import LimitReached
from daemon.sides.salesforce.limits import FIRST_DAILY_BACK_OFF, LONGEST_DAILY_BACK_OFF, OWN_CALLS_A_DAY, ApiBudget


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def on(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.mark.parametrize(
    ("header", "meter"),
    [
        ("api-usage=18/5000", (18, 5000)),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-app)", (25, 5000)),
        ("per-app-api-usage=17/250(appName=x); api-usage=25/5000", (25, 5000)),
        ("per-app-api-usage=17/250(appName=x)", (None, None)),
        ("api-usage=1/0", (None, None)),
        ("nonsense", (None, None)),
        (None, (None, None)),
    ],
)
def test_the_header_is_followed(header: str | None, meter: tuple[int | None, int | None]) -> None:
    budget = ApiBudget(Clock())
    budget.follow(header)
    assert (budget.meter().org_used, budget.meter().org_max) == meter


def test_our_own_calls_count_for_a_day() -> None:
    clock = Clock()
    budget = ApiBudget(clock)
    budget.count()
    clock.on(hours=23)
    budget.count()
    assert budget.meter().used_by_us_24h == 2
    clock.on(hours=1, minutes=1)
    assert budget.meter().used_by_us_24h == 1


def test_slow_above_80_percent_and_stop_above_95() -> None:
    clock = Clock()
    budget = ApiBudget(clock)
    budget.follow("api-usage=800/1000")
    assert budget.pause() == 0
    budget.follow("api-usage=900/1000")
    slow = budget.pause()
    budget.follow("api-usage=940/1000")
    assert 0 < slow < budget.pause()
    budget.check_reading()
    budget.follow("api-usage=951/1000")
    with pytest.raises(LimitReached) as stopped:
        budget.check_reading()
    assert stopped.value.until is not None
    assert stopped.value.until > clock.now
    assert "951 of 1000" in stopped.value.text.text
    budget.check_call()  # what was begun is finished


def test_the_apps_own_share_is_followed_too() -> None:
    budget = ApiBudget(Clock())
    budget.follow("api-usage=20/5000; per-app-api-usage=230/250(appName=Daybridge)")
    assert budget.pause() > 0
    budget.check_reading()
    budget.follow("api-usage=20/5000; per-app-api-usage=240/250(appName=Daybridge)")
    with pytest.raises(LimitReached) as stopped:
        budget.check_reading()
    assert stopped.value.text.code == "salesforce.limit_app_near"
    assert "240 of the 250" in stopped.value.text.text
    assert (budget.meter().org_used, budget.meter().org_max) == (20, 5000)
    budget.follow("api-usage=20/5000")
    assert budget.pause() == 0
    budget.check_reading()


def test_a_figure_above_the_stop_does_not_hold_for_ever() -> None:
    clock = Clock()
    budget = ApiBudget(clock)
    budget.follow("api-usage=999/1000")
    with pytest.raises(LimitReached):
        budget.check_reading()
    clock.on(hours=1, seconds=1)
    budget.check_reading()


def test_a_daily_refusal_backs_off_for_hours_and_longer_each_time() -> None:
    clock = Clock()
    budget = ApiBudget(clock)
    waits = []
    for _ in range(4):
        refused = budget.refused("TotalRequests Limit exceeded.")
        assert refused.until is not None
        waits.append(refused.until - clock.now)
        with pytest.raises(LimitReached):
            budget.check_call()
        clock.now = refused.until
        budget.check_call()
    assert waits[0] == FIRST_DAILY_BACK_OFF >= timedelta(hours=1)
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_DAILY_BACK_OFF
    budget.follow("api-usage=10/1000")
    again = budget.refused("TotalRequests Limit exceeded.")
    assert again.until is not None
    assert again.until - clock.now == FIRST_DAILY_BACK_OFF


def test_too_many_long_requests_pass_sooner() -> None:
    clock = Clock()
    refused = ApiBudget(clock).refused("ConcurrentRequests (Concurrent API Requests) Limit exceeded.")
    assert refused.until is not None
    assert refused.until - clock.now < timedelta(hours=1)


def test_our_own_ceiling_stops_reading_whatever_the_org_allows() -> None:
    """Catches: a runaway loop that uses up a large org's allowance unnoticed."""
    clock = Clock()
    budget = ApiBudget(clock)
    budget.follow("api-usage=1/5000000")
    for _ in range(OWN_CALLS_A_DAY):
        budget.count()
    with pytest.raises(LimitReached) as stopped:
        budget.check_reading()
    assert stopped.value.until == clock.now + timedelta(hours=24)
    budget.check_call()
    clock.on(hours=24, minutes=1)
    budget.check_reading()


def test_a_restart_does_not_forget_our_calls() -> None:
    """Catches: a daemon that is restarted in a loop and starts counting at nothing each time."""
    clock = Clock()
    before = ApiBudget(clock)
    for _ in range(3):
        before.count()
        clock.on(minutes=30)
    after = ApiBudget(clock)
    after.recall(before.history())
    after.count()
    assert after.meter().used_by_us_24h == 4
    clock.on(hours=26)
    assert after.meter().used_by_us_24h == 0
