"""Runs the contract of a side against each Notes side and the in-memory side."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from daemon.calendars.icalendar_write import patch_event
from daemon.sandbox.domino import DominoOptions, DominoSandbox
from daemon.sandbox.faults import Fault
from daemon.sides.contract import Side, SideUnavailable
from daemon.sides.notes.domino import DominoSide
from daemon.sides.notes.event_texts import new_entry
from daemon.sides.notes.ics_files import IcsFileSide
from daemon.sides.notes.ics_folder import IcsFolderSide
from daemon.sides.retry import RetryPolicy
from daemon.sync.appointment import notes_key, split_notes_key
from shared.models import Image
from tests.contract.side_contract import Bench, ReadOnlySideContract, WritableSideContract
from tests.fakes.memory_side import MemorySide, sentence

ZONE = "Europe/Berlin"
NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
MAIL_FILE = "/mail/jdoe.nsf"


async def no_wait(_seconds: float) -> None:
    """Takes the place of sleeping between attempts."""


class Texts:
    """Entries as text, by UID."""

    def __init__(self) -> None:
        self.by_uid: dict[str, str] = {}

    def add(self, image: Image) -> str:
        uid = f"entry-{len(self.by_uid) + 1}"
        self.by_uid[uid] = new_entry(uid, image, zone=ZONE, now=NOW, method="PUBLISH")
        return uid

    def rename(self, key: str, subject: str) -> str:
        uid = split_notes_key(key)[0]
        self.by_uid[uid] = patch_event(self.by_uid[uid], uid, "", {"summary": subject}, user_zone="Europe/Berlin")
        return uid

    def drop(self, key: str) -> str:
        uid = split_notes_key(key)[0]
        del self.by_uid[uid]
        return uid


class TestMemorySide(WritableSideContract):
    @pytest.fixture
    async def bench(self) -> Bench:
        side: MemorySide = MemorySide(now=NOW)

        async def put(image: Image) -> str:
            return side.put(image)

        async def edit(key: str, subject: str) -> None:
            side.edit(key, subject=subject)

        async def remove(key: str) -> None:
            side.remove(key)

        async def break_down() -> None:
            for call in ("observe", "look"):
                side.faults.fail[call] = SideUnavailable(sentence("The memory side is away."))

        checked: Side = side
        return Bench(checked, put, edit, remove, break_down)


class TestDominoSide(WritableSideContract):
    @pytest.fixture
    async def bench(self) -> AsyncIterator[Bench]:
        server = DominoSandbox(DominoOptions(), today=date(2026, 3, 9))
        url = await server.start()
        policy = RetryPolicy(sleep=no_wait)
        side = DominoSide(url, "jdoe", "jane-secret-1", zone=ZONE, clock=lambda: NOW, policy=policy)
        texts = Texts()

        async def put(image: Image) -> str:
            uid = texts.add(image)
            server.load(MAIL_FILE, texts.by_uid[uid])
            return notes_key(uid)

        async def edit(key: str, subject: str) -> None:
            server.desk.edit(split_notes_key(key)[0], {"SUMMARY": subject})

        async def remove(key: str) -> None:
            server.desk.remove(split_notes_key(key)[0])

        async def break_down() -> None:
            server.faults.add(Fault("GET", "/api/calendar/events", "cut_before", 99))

        yield Bench(side, put, edit, remove, break_down, series=True)
        await side.close()
        await server.stop()


class TestIcsFolderSide(WritableSideContract):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[Bench]:
        folder = tmp_path / "calendar"
        folder.mkdir()
        side = IcsFolderSide(str(folder), zone=ZONE, clock=lambda: NOW)
        texts = Texts()

        async def put(image: Image) -> str:
            uid = texts.add(image)
            (folder / f"{uid}.ics").write_text(texts.by_uid[uid], newline="")
            return notes_key(uid)

        async def edit(key: str, subject: str) -> None:
            uid = texts.rename(key, subject)
            (folder / f"{uid}.ics").write_text(texts.by_uid[uid], newline="")

        async def remove(key: str) -> None:
            (folder / f"{texts.drop(key)}.ics").unlink()

        async def break_down() -> None:
            folder.rename(tmp_path / "elsewhere")

        yield Bench(side, put, edit, remove, break_down, series=True)
        await side.close()


class TestIcsFileSide(ReadOnlySideContract):
    @pytest.fixture
    async def bench(self, tmp_path: Path) -> AsyncIterator[Bench]:
        file = tmp_path / "calendar.ics"
        side = IcsFileSide(str(file), zone=ZONE, clock=lambda: NOW)
        texts = Texts()

        def export() -> None:
            parts = [text.partition("BEGIN:VEVENT")[2].partition("END:VCALENDAR")[0] for text in texts.by_uid.values()]
            zones = "".join(
                sorted({part for text in texts.by_uid.values() for part in [_zones(text)] if part}, key=len)[-1:]
            )
            events = "".join(f"BEGIN:VEVENT{part}" for part in parts)
            head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Example//EN\r\n"
            file.write_text(f"{head}{zones}{events}END:VCALENDAR\r\n", newline="")

        async def put(image: Image) -> str:
            uid = texts.add(image)
            export()
            return notes_key(uid)

        async def edit(key: str, subject: str) -> None:
            texts.rename(key, subject)
            export()

        async def remove(key: str) -> None:
            texts.drop(key)
            export()

        async def break_down() -> None:
            file.unlink()

        export()
        yield Bench(side, put, edit, remove, break_down, writable=False, absences=2)
        await side.close()


def _zones(text: str) -> str:
    found = text.partition("BEGIN:VTIMEZONE")
    return f"BEGIN:VTIMEZONE{found[2].partition('BEGIN:VEVENT')[0]}" if found[1] else ""
