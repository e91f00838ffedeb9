"""Watchers of the Status: at once, then the latest after each change, until the board closes."""

from __future__ import annotations

import asyncio

from daemon.status_board import StatusBoard
from shared.models import Status
from shared.states import DaemonState


class Source:
    def __init__(self) -> None:
        self.version = "0"

    def __call__(self) -> Status:
        return Status(version=self.version, state=DaemonState.IDLE)


async def test_a_watcher_sees_the_status_at_once_and_the_latest_only() -> None:
    """Catches: a slow watcher that works through a queue of old states, or misses the last one."""
    source = Source()
    board = StatusBoard(source)
    watcher = board.watch()
    assert (await anext(watcher)).version == "0"
    for number in range(1, 4):
        source.version = str(number)
        board.changed()
    assert (await anext(watcher)).version == "3"
    source.version = "4"
    board.changed()
    assert (await anext(watcher)).version == "4"
    board.close()


async def test_a_change_that_changes_nothing_is_not_told() -> None:
    """Catches: the same document sent again and again to every page."""
    board = StatusBoard(Source())
    watcher = board.watch()
    await anext(watcher)
    later = asyncio.ensure_future(anext(watcher, None))
    board.changed()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not later.done()
    board.close()
    assert await later is None


async def test_closing_ends_every_watcher() -> None:
    """Catches: a daemon that cannot stop because a page is still open."""
    board = StatusBoard(Source())
    watchers = [board.watch() for _ in range(3)]
    for each in watchers:
        await anext(each)
    waiting = [asyncio.ensure_future(anext(each, None)) for each in watchers]
    await asyncio.sleep(0)
    board.close()
    assert await asyncio.gather(*waiting) == [None, None, None]
    assert [each async for each in board.watch()] == []
