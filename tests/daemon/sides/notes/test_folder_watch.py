"""The watch over a folder: reports what concerns the calendar, on the loop; loses no thread; never fails."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from daemon.sides.notes import folder_watch
from daemon.sides.notes.folder_watch import FolderWatch, Place

PATIENCE = 20.0


class Ear:
    """Counts what is told, and waits for it."""

    def __init__(self) -> None:
        self.times = 0
        self._heard = asyncio.Event()

    def told(self) -> None:
        self.times += 1
        self._heard.set()

    async def hears_after(self, act: Callable[[], object]) -> None:
        self._heard.clear()
        act()
        await asyncio.wait_for(self._heard.wait(), PATIENCE)


@asynccontextmanager
async def watching(folder: Path, only: str = "") -> AsyncIterator[tuple[FolderWatch, Ear]]:
    ear = Ear()
    watch = FolderWatch(ear.told)
    await watch.point_at(Place(folder, only))
    try:
        yield watch, ear
    finally:
        await watch.stop()


async def test_a_file_that_comes_changes_moves_or_goes_is_told(tmp_path: Path) -> None:
    file, other = tmp_path / "a.ics", tmp_path / "B.ICS"
    async with watching(tmp_path) as (_, ear):
        await ear.hears_after(lambda: file.write_text("one"))
        await ear.hears_after(lambda: file.write_text("two"))
        await ear.hears_after(lambda: file.rename(other))
        await ear.hears_after(other.unlink)


async def test_what_is_no_calendar_file_and_our_own_reading_are_not_told(tmp_path: Path) -> None:
    file = tmp_path / "a.ics"
    file.write_text("one")
    (tmp_path / "sub").mkdir()
    async with watching(tmp_path) as (_, ear):
        (tmp_path / "notes.txt").write_text("hello")
        (tmp_path / ".hidden.ics").write_text("hello")
        (tmp_path / "sub" / "b.ics").write_text("hello")
        file.read_bytes()
        # Events come in order, so when this one is there the others would have been, too.
        await ear.hears_after(lambda: (tmp_path / "last.ics").touch())
        await asyncio.sleep(0)
        assert ear.times <= 2, "created, and closed after writing"


async def test_one_file_is_watched_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "export.ics"
    file.write_text("one")
    async with watching(tmp_path, file.name) as (_, ear):
        (tmp_path / "other.ics").write_text("hello")
        (tmp_path / "new").write_text("two")
        await ear.hears_after(lambda: os.replace(tmp_path / "new", file))


async def test_a_folder_behind_a_link_is_watched(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    async with watching(tmp_path / "link") as (_, ear):
        await ear.hears_after(lambda: (tmp_path / "real" / "a.ics").touch())


async def test_a_folder_that_is_not_there_is_no_error_and_is_watched_once_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    async with watching(folder) as (watch, ear):
        assert not watch.watching
        folder.mkdir()
        await watch.point_at(Place(folder))
        assert watch.watching
        await ear.hears_after(lambda: (folder / "a.ics").touch())


async def test_a_folder_that_is_removed_is_told_and_watched_again_when_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "entries"
    folder.mkdir()
    async with watching(folder) as (watch, ear):
        await ear.hears_after(lambda: shutil.rmtree(folder))
        for _ in range(200):
            if not watch.watching:
                break
            await asyncio.sleep(0.05)
        assert not watch.watching
        folder.mkdir()
        await watch.point_at(Place(folder))
        await ear.hears_after(lambda: (folder / "a.ics").touch())


async def test_a_system_that_cannot_watch_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches: the limit of inotify watches, or a drive without them, ending the daemon."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(folder_watch.Observer, "start", refuse)
    async with watching(tmp_path) as (watch, _):
        assert not watch.watching


async def test_no_thread_is_left(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    (tmp_path / "other").mkdir()
    async with watching(tmp_path) as (watch, ear):
        await ear.hears_after(lambda: (tmp_path / "a.ics").touch())
        await watch.point_at(Place(tmp_path / "other"))
        await watch.point_at(Place(tmp_path / "nowhere"))
        await watch.point_at(Place(tmp_path))
    left = [each for each in set(threading.enumerate()) - before if not each.name.startswith("asyncio_")]
    assert left == []
