"""Runs the contract of a side against CalDAV as real servers speak it: Radicale and Xandikos as processes."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.calendars.icalendar_write import patch_event
from daemon.sides.notes.caldav import CaldavSide
from daemon.sides.notes.event_texts import new_entry
from daemon.sides.retry import RetryPolicy
from daemon.sync.appointment import notes_key, split_notes_key
from shared.models import Image
from tests.contract.side_contract import Bench, WritableSideContract
from tests.daemon.sides.notes.caldav_servers import PASSWORD, USER, Relay, Server, member, radicale, xandikos

ZONE = "Europe/Berlin"
NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
_numbers = itertools.count(1)


async def no_wait(_seconds: float) -> None:
    """Takes the place of sleeping between attempts."""


@asynccontextmanager
async def a_bench(server: Server) -> AsyncIterator[Bench]:
    """A side on a new calendar of the server, through a relay."""
    path = server.make(f"contract-{next(_numbers)}")
    relay = Relay(server.port)
    url = await relay.start() + path
    side = CaldavSide(url, USER, PASSWORD, zone=ZONE, clock=lambda: NOW, policy=RetryPolicy(sleep=no_wait))
    uids = itertools.count(1)

    async def put(image: Image) -> str:
        uid = f"entry-{next(uids)}@example.com"
        server.put(member(path, uid), new_entry(uid, image, zone=ZONE, now=NOW, method=None))
        return notes_key(uid)

    async def edit(key: str, subject: str) -> None:
        uid = split_notes_key(key)[0]
        changed = patch_event(server.get(member(path, uid)), uid, "", {"summary": subject}, user_zone="Europe/Berlin")
        server.put(member(path, uid), changed)

    async def remove(key: str) -> None:
        server.delete(member(path, split_notes_key(key)[0]))

    yield Bench(side, put, edit, remove, relay.cut, series=True)
    await side.close()
    await relay.cut()


@pytest.fixture(scope="module")
def a_radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("radicale")
    with radicale(folder) as server:
        yield server


@pytest.fixture(scope="module")
def a_xandikos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("xandikos")
    with xandikos(folder) as server:
        yield server


class TestCaldavSideOnRadicale(WritableSideContract):
    @pytest.fixture
    async def bench(self, a_radicale: Server) -> AsyncIterator[Bench]:
        async with a_bench(a_radicale) as bench:
            yield bench


class TestCaldavSideOnXandikos(WritableSideContract):
    @pytest.fixture
    async def bench(self, a_xandikos: Server) -> AsyncIterator[Bench]:
        async with a_bench(a_xandikos) as bench:
            yield bench
