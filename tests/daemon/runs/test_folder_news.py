"""When a reported change of the folder is news: not our own, not one already read, not while a run writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from daemon.runs.folder_news import FolderNews, Patience, watched
from daemon.settings import Settings
from daemon.sides.notes.folder_watch import Place
from shared.models import Run, Text
from shared.states import RunState

PATIENCE = 20.0


async def comes_true(check: Callable[[], bool]) -> None:
    for _ in range(int(PATIENCE / 0.01)):
        if check():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")


class Side:
    """A side of files that says what it is told to say."""

    def __init__(self) -> None:
        self.changed = True
        self.asked = 0

    def changed_since_read(self) -> bool:
        self.asked += 1
        return self.changed


class House:
    """What the news stands between, set by hand; the folder is real."""

    def __init__(self, folder: Path, rest: float = 0.01) -> None:
        self.folder = folder / "entries"
        self.folder.mkdir()
        self.settings = Settings(folder / "settings.toml")
        self.settings.patch({"notes.kind": "ics_folder", "notes.url": str(self.folder)})
        self.side = Side()
        self.opened: Side | None = self.side
        self.coordinator = SimpleNamespace(run=None, outdated=self._outdated)
        self.told: list[Text] = []
        self.woken = 0
        self.moved = asyncio.Event()
        self.news = FolderNews(
            self.settings,
            cast("Any", SimpleNamespace(opened=lambda _side: self.opened)),
            cast("Any", self.coordinator),
            self._wake,
            lambda: None,
            Patience(rest, timedelta(minutes=5)),
        )

    def _outdated(self, because: Text) -> None:
        self.told.append(because)

    def _wake(self) -> None:
        self.woken += 1
        self.moved.set()

    def state(self, state: RunState | None) -> None:
        self.coordinator.run = Run(id="r", state=state, started_at="") if state is not None else None
        self.news.follow()

    async def changes(self) -> None:
        """A file is written and the news looked at it."""
        before = self.side.asked
        (self.folder / "a.ics").write_text("x")
        await comes_true(lambda: self.side.asked > before)
        for _ in range(20):
            await asyncio.sleep(0.01)


@asynccontextmanager
async def house(folder: Path, rest: float = 0.01) -> AsyncIterator[House]:
    made = House(folder, rest)
    made.news.follow()
    await asyncio.gather(*made.news._tasks)
    try:
        yield made
    finally:
        await made.news.stop()


async def test_a_change_is_news_until_it_is_read(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        assert made.news.soonest() is None
        await made.changes()
        assert made.news.soonest() == timedelta(minutes=5)
        assert made.woken >= 1
        made.state(RunState.COMPARING)
        assert made.news.soonest() is None


async def test_what_the_side_knows_already_is_none(tmp_path: Path) -> None:
    """Catches: our own writes, or a change that the comparison has read, starting a run or calling a list old."""
    async with house(tmp_path) as made:
        made.side.changed = False
        await made.changes()
        assert (made.woken, made.told, made.news.waiting) == (0, [], False)


async def test_nothing_read_yet_means_that_a_change_is_theirs(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        made.opened = None
        (made.folder / "a.ics").write_text("x")
        await asyncio.wait_for(made.moved.wait(), PATIENCE)
        assert made.news.waiting


async def test_while_a_run_writes_nothing_is_decided(tmp_path: Path) -> None:
    """Catches: a file of ours that is on the disk but not yet on record being taken for theirs."""
    async with house(tmp_path, rest=0.02) as made:
        made.state(RunState.APPLYING)
        (made.folder / "a.ics").write_text("x")
        await asyncio.sleep(0.3)
        assert (made.side.asked, made.woken) == (0, 0)
        made.side.changed = False
        made.state(None)
        await comes_true(lambda: made.side.asked > 0)
        await asyncio.sleep(0.05)
        assert (made.woken, made.news.waiting) == (0, False)


async def test_a_change_while_comparing_shows_on_the_list_that_comes(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        made.state(RunState.COMPARING)
        await made.changes()
        made.told.clear()
        made.state(RunState.AWAITING_REVIEW)
        assert [each.code for each in made.told] == ["run.folder_changed"]


async def test_a_folder_that_never_rests_is_looked_at_all_the_same(tmp_path: Path) -> None:
    async with house(tmp_path, rest=0.1) as made:
        async with asyncio.timeout(PATIENCE):
            while made.side.asked == 0:
                (made.folder / "a.ics").write_text("x")
                await asyncio.sleep(0.02)


async def test_another_folder_is_watched_when_the_settings_name_it(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        await made.changes()
        assert made.news.waiting
        other = tmp_path / "other"
        other.mkdir()
        made.settings.patch({"notes.url": str(other)})
        made.news.follow()
        await asyncio.gather(*made.news._tasks)
        assert not made.news.waiting
        made.moved.clear()
        (other / "a.ics").write_text("x")
        await asyncio.wait_for(made.moved.wait(), PATIENCE)


@pytest.mark.parametrize(
    ("kind", "url", "place"),
    [
        ("ics_folder", "/cal", Place(Path("/cal"))),
        ("ics_file", "/cal/export.ics", Place(Path("/cal"), "export.ics")),
        ("ics_file", "https://cal.example.com/a.ics", None),
        ("domino", "https://mail.example.com", None),
        ("ics_folder", "", None),
    ],
)
def test_what_is_watched(tmp_path: Path, kind: str, url: str, place: Place | None) -> None:
    settings = Settings(tmp_path / "settings.toml")
    settings.patch({"notes.kind": kind, "notes.url": url})
    found = watched(settings)
    assert found == place if place is None else (found is not None and found.only == place.only)
