"""The retry policy: how often, how long, what is raised at the end."""

from __future__ import annotations

import pytest

from daemon.sides.retry import Passing, RetryPolicy, seconds_to_wait


class Failure(Exception):
    """What a request would raise."""


def failing(times: int, after: float | None = None, error: Exception | None = None):  # type: ignore[no-untyped-def]
    tried: list[int] = []

    async def once() -> str:
        tried.append(1)
        if len(tried) <= times:
            raise error or Passing(Failure(str(len(tried))), after)
        return "done"

    return once, tried


def watched() -> tuple[RetryPolicy, list[float]]:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    return RetryPolicy(sleep=sleep), waits


@pytest.mark.parametrize("times", [0, 1, 3])
async def test_a_failure_that_passes_is_waited_out(times: int) -> None:
    policy, waits = watched()
    once, tried = failing(times)
    assert await policy.call(once) == "done"
    assert (len(tried), len(waits)) == (times + 1, times)
    assert all(0 <= wait <= policy.longest_wait for wait in waits)


async def test_the_cause_of_the_last_failure_is_raised() -> None:
    policy, waits = watched()
    once, tried = failing(9)
    with pytest.raises(Failure, match="4"):
        await policy.call(once)
    assert (len(tried), len(waits)) == (4, 3)


async def test_a_failure_may_be_worth_fewer_tries() -> None:
    for worth, tries in ((1, 1), (2, 2), (99, 4)):
        policy, _waits = watched()
        once, tried = failing(9, error=Passing(Failure("no"), attempts=worth))
        with pytest.raises(Failure):
            await policy.call(once)
        assert len(tried) == tries


async def test_another_error_ends_the_call_at_once() -> None:
    policy, waits = watched()
    once, tried = failing(9, error=Failure("no"))
    with pytest.raises(Failure):
        await policy.call(once)
    assert (len(tried), waits) == (1, [])


async def test_the_servers_wish_is_kept_up_to_the_limit() -> None:
    policy, waits = watched()
    once, _tried = failing(1, after=3)
    await policy.call(once)
    assert 3 <= waits[0] <= 13
    once, _tried = failing(1, after=86_400)
    await policy.call(once)
    assert policy.longest_wait <= waits[1] <= 2 * policy.longest_wait


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("5", 5.0), (" 0 ", 0.0), (None, None), ("", None), ("-1", None), ("Mon, 09 Mar 2026", None)],
)
def test_the_retry_after_header(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header) == seconds
