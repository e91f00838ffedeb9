"""A folder of .ics files as a Notes side: one entry per file, written atomically, gone when no readable file holds it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from daemon.sides.contract import Done, Gone, Observation, Outcome, Refused, SideUnavailable, Stale, Unclear, Write
from daemon.sides.notes.ics_folder import IcsFolderSide
from daemon.sync.trees import Record
from shared.models import Image
from shared.states import Group, LeftOutReason
from tests.daemon.sides.notes.domino_setting import NOW, WINDOW, ZONE, calendar, quiet, vevent

NEW = Image(subject="Größe", starts_at="2026-03-12T10:00Z", ends_at="2026-03-12T11:00Z", description="a\nb")


def side_of(folder: Path, user: str = "") -> IcsFolderSide:
    return IcsFolderSide(str(folder), user, zone=ZONE, clock=lambda: NOW)


def put(folder: Path, name: str, *parts: str) -> Path:
    file = folder / name
    file.write_text(calendar(*parts), newline="")
    return file


async def read(side: IcsFolderSide) -> Observation:
    return await side.observe(WINDOW, "", {}, quiet)


async def records(side: IcsFolderSide) -> dict[str, Record]:
    return {record.key: record for record in (await read(side)).records}


async def send(side: IcsFolderSide, kind: str, **given: Any) -> Outcome:
    (outcome,) = [outcome async for outcome in side.write([Write("op", kind, **given)])]
    return outcome


async def change(side: IcsFolderSide, record: Record, groups: set[Group], **fields: Any) -> Outcome:
    after = replace(record.image, **fields)
    return await send(
        side, "update", key=record.key, expected_version=record.version, after=after, groups=frozenset(groups)
    )


async def test_a_missing_folder_is_one_sentence(tmp_path: Path) -> None:
    side = side_of(tmp_path / "nowhere")
    for call in (side.open(), read(side), side.look(["a#"])):
        with pytest.raises(SideUnavailable) as told:
            await call
        assert told.value.text.code == "notes.folder_missing"


async def test_a_created_file_is_what_notes_imports(tmp_path: Path) -> None:
    side = side_of(tmp_path)
    outcome = await send(side, "create", after=NEW, create_key="k", groups=frozenset(Group))
    assert isinstance(outcome, Done)
    (name,) = os.listdir(tmp_path)
    file = tmp_path / name
    content = file.read_bytes().decode("utf-8")
    assert content.startswith("BEGIN:VCALENDAR\r\nX-LOTUS-CHARSET:UTF-8\r\nMETHOD:PUBLISH\r\n")
    assert content.count("METHOD:") == content.count("X-LOTUS-CHARSET") == 1
    assert "SUMMARY:Größe\r\n" in content
    assert content.endswith("END:VCALENDAR\r\n")


async def test_an_old_file_in_latin_1_keeps_its_letters(tmp_path: Path) -> None:
    (tmp_path / "old.ics").write_bytes(
        calendar(vevent("a", "SUMMARY:Gr\xf6\xdfe", "LOCATION:H\xfcfe")).encode("cp1252")
    )
    side = side_of(tmp_path)
    outcome = await change(side, (await records(side))["a#"], {Group.SUBJECT}, subject="Maß")
    assert isinstance(outcome, Done)
    assert outcome.stored is not None
    assert (outcome.stored.image.subject, outcome.stored.image.location) == ("Maß", "Hüfe")


async def test_what_others_wrote_into_the_file_stays(tmp_path: Path) -> None:
    file = put(
        tmp_path, "a.ics", vevent("a", "SUMMARY:One", "X-OTHER;P=1:kept", "ATTENDEE;CN=Ann:mailto:ann@example.com")
    )
    side = side_of(tmp_path)
    assert isinstance(await change(side, (await records(side))["a#"], {Group.SUBJECT}, subject="Two"), Done)
    assert "X-OTHER;P=1:kept" in file.read_text()
    assert "ATTENDEE;CN=Ann:mailto:ann@example.com" in file.read_text()


async def test_one_date_of_a_series_is_changed_and_another_deleted(tmp_path: Path) -> None:
    put(tmp_path, "s.ics", vevent("s", "SUMMARY:Daily", "RRULE:FREQ=DAILY;COUNT=4"))
    side = side_of(tmp_path)
    before = await records(side)
    keys = sorted(before)
    moved = await change(
        side, before[keys[1]], {Group.TIME}, starts_at="2026-03-11T15:00Z", ends_at="2026-03-11T16:00Z"
    )
    assert isinstance(moved, Done)
    for key in keys[1:3]:
        version = moved.version if key == keys[1] else before[key].version
        assert await send(side, "delete", key=key, expected_version=version) == Done("op", key, "", None)
        assert await send(side, "delete", key=key, expected_version=version) == Done("op", key, "", None)
    observation = await read(side)
    assert sorted(record.key for record in observation.records) == [keys[0], keys[3]]
    assert [left.reason for left in observation.left_out.values()] == [LeftOutReason.CANCELLED] * 2
    gone = (await side.look([keys[1]]))[keys[1]]
    assert isinstance(gone, Gone)
    assert gone.evidence.kind == "series_detail"


async def test_a_broken_file_hides_nothing_and_proves_nothing(tmp_path: Path) -> None:
    kept = put(tmp_path, "a.ics", vevent("a"))
    put(tmp_path, "b.ics", vevent("b"))
    side = side_of(tmp_path)
    assert (await records(side)).keys() == {"a#", "b#"}
    kept.write_bytes(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n")
    observation = await read(side)
    assert [record.key for record in observation.records] == ["b#"]
    assert observation.left_out["a.ics"].reason is LeftOutReason.UNREADABLE
    looked = (await side.look(["a#"]))["a#"]
    assert isinstance(looked, Unclear)
    assert "a.ics" in looked.reason.text
    kept.unlink()
    gone = (await side.look(["a#"]))["a#"]
    assert isinstance(gone, Gone)
    assert gone.evidence.kind == "file_gone"


async def test_an_unreadable_entry_is_told_once(tmp_path: Path) -> None:
    put(tmp_path, "z.ics", vevent("z", start=";TZID=Nowhere:20260310T090000"))
    side = side_of(tmp_path)
    observation = await read(side)
    assert [left.reason for left in observation.left_out.values()] == [LeftOutReason.UNREADABLE]
    assert isinstance((await side.look(["z#"]))["z#"], Unclear)


async def test_a_date_whose_exception_cannot_be_read_is_unclear_and_not_written(tmp_path: Path) -> None:
    put(tmp_path, "s.ics", vevent("s", "RRULE:FREQ=DAILY;COUNT=3"))
    side = side_of(tmp_path)
    record = (await records(side))["s#20260311T090000Z"]
    odd = vevent("s", "RECURRENCE-ID:20260311T090000Z", start=";TZID=Nowhere:20260311T100000", end="")
    put(tmp_path, "s.ics", vevent("s", "RRULE:FREQ=DAILY;COUNT=3"), odd)
    assert isinstance((await side.look([record.key]))[record.key], Unclear)
    outcome = await change(side, record, {Group.SUBJECT}, subject="Ours")
    assert isinstance(outcome, Refused)
    assert outcome.code == "unclear"


async def test_a_file_with_several_entries_is_read_but_not_written(tmp_path: Path) -> None:
    file = put(tmp_path, "two.ics", vevent("a", "SUMMARY:One"), vevent("b"))
    content = file.read_bytes()
    side = side_of(tmp_path)
    found = await records(side)
    assert found.keys() == {"a#", "b#"}
    changed = await change(side, found["a#"], {Group.SUBJECT}, subject="Two")
    deleted = await send(side, "delete", key="b#", expected_version=found["b#"].version)
    for outcome in (changed, deleted):
        assert isinstance(outcome, Refused)
        assert outcome.code == "shared_file"
    assert file.read_bytes() == content


async def test_two_files_of_one_entry_are_one_entry(tmp_path: Path) -> None:
    put(tmp_path, "a.ics", vevent("a", "SEQUENCE:1", "SUMMARY:Old"))
    put(tmp_path, "copy.ics", vevent("a", "SEQUENCE:2", "SUMMARY:New"))
    side = side_of(tmp_path)
    observation = await read(side)
    (record,) = observation.records
    assert record.image.subject == "New"
    assert [left.reason for left in observation.left_out.values()] == [LeftOutReason.SUPERSEDED]
    outcome = await change(side, record, {Group.SUBJECT}, subject="Ours")
    assert isinstance(outcome, Refused)
    assert outcome.code == "shared_file"


async def test_other_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / ".hidden.ics").write_text("hello")
    observation = await read(side_of(tmp_path))
    assert (observation.records, dict(observation.left_out)) == ((), {})


async def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(tmp_path, "a.ics", vevent("a", "SUMMARY:One"))
    content = file.read_bytes()
    side = side_of(tmp_path)
    record = (await records(side))["a#"]

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    outcome = await change(side, record, {Group.SUBJECT}, subject="Two")
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.permanent) == ("not_written", False)
    assert "No space left" in outcome.text.text
    assert file.read_bytes() == content
    assert os.listdir(tmp_path) == [file.name]


async def test_a_file_changed_in_the_last_moment_is_stale(tmp_path: Path) -> None:
    put(tmp_path, "a.ics", vevent("a", "SUMMARY:One"))
    side = side_of(tmp_path)
    record = (await records(side))["a#"]
    put(tmp_path, "a.ics", vevent("a", "SUMMARY:One", "DESCRIPTION:theirs"))
    assert await change(side, record, {Group.SUBJECT}, subject="Two") == Stale("op")


async def test_meetings_are_ones_own_unless_the_address_says_otherwise(tmp_path: Path) -> None:
    put(tmp_path, "a.ics", vevent("a", "ORGANIZER:mailto:ann@example.com", "ATTENDEE:mailto:me@example.com"))
    assert not (await records(side_of(tmp_path)))["a#"].organised_by_other
    assert (await records(side_of(tmp_path, "me@example.com")))["a#"].organised_by_other
    assert not (await records(side_of(tmp_path, "Ann@example.com")))["a#"].organised_by_other
