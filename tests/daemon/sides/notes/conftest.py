"""The real CalDAV servers that the tests of this folder share; each test makes a calendar of its own on them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.daemon.sides.notes.caldav_servers import Relay, Server, radicale, xandikos
from tests.daemon.sides.notes.caldav_setting import Place

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def a_radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with radicale(tmp_path_factory.mktemp("radicale")) as server:
        yield server


@pytest.fixture(scope="session")
def a_xandikos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with xandikos(tmp_path_factory.mktemp("xandikos")) as server:
        yield server


@pytest.fixture(params=["radicale", "xandikos"])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    """A new calendar on each of the two servers, and a side on it behind a relay."""
    server: Server = request.getfixturevalue(f"a_{request.param}")
    relay = Relay(server.port)
    url = await relay.start()
    made = Place(server, server.make(f"calendar-{next(_numbers)}"), url, relay)
    yield made
    await made.close()
