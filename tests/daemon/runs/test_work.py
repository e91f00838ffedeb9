"""One task at a time: the next begins when the one before has ended, however it ended."""

from __future__ import annotations

import asyncio

import pytest

from daemon.runs.work import Work


async def test_the_next_work_waits_for_a_cancelled_one_and_its_end_is_no_error() -> None:
    """Catches: two tasks at once after a cancellation, or a waiter that is cancelled with the work it waited for."""
    work, order = Work(), list[str]()

    async def slow_to_end() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            order.append("ended")

    async def following() -> None:
        order.append("begun")

    work.begin(slow_to_end())
    await asyncio.sleep(0)
    waiter = asyncio.ensure_future(work.wait())
    await asyncio.sleep(0)
    work.cancel()
    work.begin(following())
    await waiter
    await work.wait()
    assert order == ["ended", "begun"]


async def test_what_the_work_raised_reaches_the_waiter() -> None:
    """Catches: a fault that nobody hears of."""

    async def broken() -> None:
        raise RuntimeError

    work = Work()
    await work.wait()
    work.begin(broken())
    with pytest.raises(RuntimeError):
        await work.wait()


async def test_work_cancelled_before_its_turn_is_closed() -> None:
    """Catches: a warning about a coroutine that was never awaited, and the work carried out all the same."""
    work, done = Work(), list[str]()

    async def step() -> None:
        done.append("step")

    work.begin(step())
    work.cancel()
    await work.wait()
    await work.finish(0)
    assert done == []
