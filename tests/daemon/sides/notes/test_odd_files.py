"""Files as other programs leave them: code pages, folds through letters, odd names, links, rights, words like structure."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from daemon.sides.contract import Done, Gone, Refused, SideUnavailable, Unclear
from daemon.sides.notes import file_access
from daemon.sides.notes.entries import EntryReader
from daemon.sides.notes.ics_files import IcsFileSide
from daemon.sides.notes.ics_folder import IcsFolderSide
from shared.states import Group, LeftOutReason
from tests.daemon.sides.notes.domino_setting import NOW, WINDOW, ZONE, calendar, quiet, vevent
from tests.daemon.sides.notes.test_ics_folder import NEW, change, put, read, records, send, side_of

PLAIN = calendar(vevent("a", "SUMMARY:Besprechung", "LOCATION:Große Höfe, Łódź", "X-OTHER;P=\"a;b:c\":kept"))  # fmt: skip


# code pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"\xef\xbb\xbf" + PLAIN.encode(), "Große Höfe, Łódź"),
        (PLAIN.encode("utf-16"), "Große Höfe, Łódź"),
        (b"\xfe\xff" + PLAIN.encode("utf-16-be"), "Große Höfe, Łódź"),
        (PLAIN.replace("Łódź", "Lodz").encode("cp1252"), "Große Höfe, Lodz"),
        (PLAIN.replace("VERSION", "X-LOTUS-CHARSET:windows-1250\r\nVERSION", 1).encode("cp1250"), "Große Höfe, Łódź"),
        (PLAIN.replace("VERSION", "X-LOTUS-CHARSET:ISO-8859-2\r\nVERSION", 1).encode("iso8859-2"), "Große Höfe, Łódź"),
        (
            PLAIN.replace("VERSION", "X-LOTUS-CHARSET:ISO-2022-JP\r\nVERSION", 1)
            .replace("Große Höfe, Łódź", "会議室")
            .encode("iso2022-jp"),
            "会議室",
        ),
        # The word is wrong or unknown: what the bytes are counts.
        (PLAIN.replace("VERSION", "X-LOTUS-CHARSET:ISO-8859-1\r\nVERSION", 1).encode(), "Große Höfe, Łódź"),
        (PLAIN.replace("VERSION", "X-LOTUS-CHARSET:no-such-thing\r\nVERSION", 1).encode(), "Große Höfe, Łódź"),
    ],
    ids=["utf-8 mark", "utf-16", "utf-16 big", "cp1252", "cp1250", "latin-2", "iso-2022-jp", "wrong word", "no word"],
)
async def test_every_code_page_is_read_and_survives_a_change(tmp_path: Path, data: bytes, place: str) -> None:
    (tmp_path / "a.ics").write_bytes(data)
    side = side_of(tmp_path)
    record = (await records(side))["a#"]
    assert record.image.location == place
    outcome = await change(side, record, {Group.SUBJECT}, subject="Maß")
    assert isinstance(outcome, Done), outcome
    assert outcome.stored is not None
    assert (outcome.stored.image.subject, outcome.stored.image.location) == ("Maß", place)
    written = (tmp_path / "a.ics").read_bytes().decode("utf-8")
    assert written.count("X-LOTUS-CHARSET") == written.count("X-LOTUS-CHARSET:UTF-8") == 1
    assert 'X-OTHER;P="a;b:c":kept\r\n' in written
    alone = IcsFileSide(str(tmp_path / "a.ics"), zone=ZONE, clock=lambda: NOW)
    (again,) = (await alone.observe(WINDOW, "", {}, quiet)).records
    assert again.image.location == place


async def test_a_fold_through_a_letter_spoils_no_letter_of_the_file(tmp_path: Path) -> None:
    """Catches: one such fold making the whole file look like Latin-1, so that every letter beyond ASCII is written wrongly."""
    text = calendar(vevent("a", "SUMMARY:Besprechung", "LOCATION:Höfe", "DESCRIPTION:Größe und Maß"))
    data = text.encode().replace("ö".encode(), b"\xc3\r\n \xb6")
    (tmp_path / "a.ics").write_bytes(data)
    side = side_of(tmp_path)
    record = (await records(side))["a#"]
    assert (record.image.location, record.image.description) == ("Höfe", "Größe und Maß")
    outcome = await change(side, record, {Group.SUBJECT}, subject="Neu")
    assert isinstance(outcome, Done) and outcome.stored is not None
    assert (outcome.stored.image.location, outcome.stored.image.description) == ("Höfe", "Größe und Maß")


async def test_lines_in_two_code_pages_keep_their_letters(tmp_path: Path) -> None:
    data = calendar(vevent("a", "SUMMARY:x", "LOCATION:Höfe")).encode()
    data = data.replace(b"UID:a", b"UID:a\r\nX-OTHER:Gr\xf6\xdfe")
    (tmp_path / "a.ics").write_bytes(data)
    side = side_of(tmp_path)
    outcome = await change(side, (await records(side))["a#"], {Group.SUBJECT}, subject="Neu")
    assert isinstance(outcome, Done) and outcome.stored is not None
    assert outcome.stored.image.location == "Höfe"
    assert "X-OTHER:Größe\r\n" in (tmp_path / "a.ics").read_bytes().decode("utf-8")


# words that look like structure --------------------------------------------------------------------------------------


async def test_a_text_that_speaks_of_calendars_is_no_structure(tmp_path: Path) -> None:
    put(tmp_path, "a.ics", vevent("a", "SUMMARY:One", r"DESCRIPTION:write BEGIN:VEVENT\nand METHOD:REQUEST"))
    side = side_of(tmp_path)
    record = (await records(side))["a#"]
    outcome = await change(side, record, {Group.SUBJECT}, subject="Two")
    assert isinstance(outcome, Done) and outcome.stored is not None
    assert outcome.stored.image.description == "write BEGIN:VEVENT\nand METHOD:REQUEST"


async def test_a_text_that_speaks_of_an_end_hides_no_missing_end(tmp_path: Path) -> None:
    whole = calendar(vevent("a", "DESCRIPTION:END:VEVENT and END:VCALENDAR"), vevent("b"))
    file = tmp_path / "a.ics"
    file.write_text(whole[: whole.index("UID:b")], newline="")
    with pytest.raises(SideUnavailable) as told:
        await IcsFileSide(str(file), zone=ZONE, clock=lambda: NOW).open()
    assert told.value.text.code == "notes.file_cut_off"


async def test_a_file_cut_between_two_entries_proves_no_deletion(tmp_path: Path) -> None:
    whole = calendar(vevent("a"), vevent("b"))
    file = tmp_path / "two.ics"
    file.write_text(whole, newline="")
    side = side_of(tmp_path)
    assert (await records(side)).keys() == {"a#", "b#"}
    file.write_text(whole[: whole.index("BEGIN:VEVENT\r\nDTSTART:20260310T090000Z\r\nDTEND:20260310T100000Z\r\nUID:b")])
    assert (await records(side)).keys() == {"a#"}
    assert isinstance((await side.look(["b#"]))["b#"], Unclear)


@pytest.mark.parametrize("spelling", [str.upper, str.lower, str.title], ids=["upper", "lower", "mixed"])
async def test_one_date_is_deleted_however_the_file_is_spelt(tmp_path: Path, spelling: type[str]) -> None:
    text = vevent("s", "RRULE:FREQ=DAILY;COUNT=3", r"DESCRIPTION:see\nEND:VEVENT\, please", "STATUS:CONFIRMED")
    for word in ("BEGIN:VEVENT", "END:VEVENT\r\n"):
        text = text.replace(word, spelling(word))
    put(tmp_path, "s.ics", text)
    side = side_of(tmp_path)
    found = await records(side)
    key = "s#20260311T090000Z"
    assert await send(side, "delete", key=key, expected_version=found[key].version) == Done("op", key, "", None)
    after = await records(side)
    assert after.keys() == found.keys() - {key}
    assert {record.image.description for record in after.values()} == {"see\nEND:VEVENT, please"}


async def test_only_the_calendar_s_own_method_is_replaced(tmp_path: Path) -> None:
    text = calendar(vevent("a", "SUMMARY:One", "METHOD:agile", "X-LOTUS-CHARSET:inside"))
    text = text.replace("VERSION:2.0", "method:REQUEST\r\nVERSION:2.0\r\nX-LOTUS-CHARSET;X=1:ISO-8859-1")
    (tmp_path / "a.ics").write_text(text, newline="")
    side = side_of(tmp_path)
    assert isinstance(await change(side, (await records(side))["a#"], {Group.SUBJECT}, subject="Two"), Done)
    written = (tmp_path / "a.ics").read_bytes().decode()
    assert written.startswith("BEGIN:VCALENDAR\r\nX-LOTUS-CHARSET:UTF-8\r\nMETHOD:PUBLISH\r\nVERSION:2.0\r\n")
    assert "METHOD:agile\r\nX-LOTUS-CHARSET:inside\r\n" in written
    assert written.upper().count("METHOD:") == 2


async def test_a_floating_time_stays_floating(tmp_path: Path) -> None:
    put(tmp_path, "a.ics", vevent("a", start="20260310T090000", end="20260310T100000"))
    side = side_of(tmp_path)
    record = (await records(side))["a#"]
    moved = await change(side, record, {Group.TIME}, starts_at="2026-03-10T11:00Z", ends_at="2026-03-10T12:00Z")
    assert isinstance(moved, Done)
    assert "DTSTART:20260310T120000\r\nDTEND:20260310T130000\r\n" in (tmp_path / "a.ics").read_bytes().decode()


async def test_outside_the_changed_lines_no_byte_changes(tmp_path: Path) -> None:
    """Folds in odd places, quoted parameters, unknown properties and parts, an alarm's own SUMMARY."""
    lines = [
        'ATTENDEE;CN="Jane Doe/Unit/Org";ROLE=REQ-PARTICIPANT\r\n ;PARTSTAT=NEEDS-ACTION:mailto:jane@example.com',
        "X-LOTUS-UPDATE-WISL:$S:1;$L:1;$B:1;$R:1;$E:1;" + "x" * 300,
        "X-ODD_NAME;EMPTY=;Q=\"a,b\":v\\,al;ue",
        'COMMENT;ALTREP="CID:<FFFF__=0@example.com>":te\r\n\txt',
        "SUMMARY:One",
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nSUMMARY:inside\r\nTRIGGER:-PT5M\r\nEND:VALARM",
        "BEGIN:X-PART\r\nSUMMARY:inside, too\r\nEND:X-PART",
    ]  # fmt: skip
    file = put(tmp_path, "a.ics", vevent("a", *lines))
    before = file.read_bytes()
    side = side_of(tmp_path)
    assert isinstance(await change(side, (await records(side))["a#"], {Group.SUBJECT}, subject="Two"), Done)
    after = file.read_bytes()
    head = b"X-LOTUS-CHARSET:UTF-8\r\nMETHOD:PUBLISH\r\n"
    stamp = b"DTSTAMP:20260309T080000Z\r\n"
    assert after.replace(head, b"").replace(stamp, b"").replace(b"SUMMARY:Two", b"SUMMARY:One") == before


# names, links and rights ---------------------------------------------------------------------------------------------


async def test_a_file_name_that_is_no_text_can_still_be_told(tmp_path: Path) -> None:
    """Catches: a name in another code page (a lone surrogate in Python) ending the run, since no JSON can hold it."""
    (tmp_path / os.fsdecode(b"caf\xe9\n1.ics")).write_bytes(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n")
    side = side_of(tmp_path)
    observation = await read(side)
    (handle,) = observation.left_out
    for sentence in (observation.left_out[handle].why, (await side.look(["a#"]))["a#"]):
        assert isinstance(sentence, Unclear) or sentence is not None
        told = sentence.reason if isinstance(sentence, Unclear) else sentence
        assert "caf\ufffd" in told.text
        assert "\n" not in told.text
        msgspec.json.encode(told)
    handle.encode()


async def test_a_sub_folder_with_such_a_name_is_no_entry(tmp_path: Path) -> None:
    (tmp_path / "archive.ics").mkdir()
    put(tmp_path, "a.ics", vevent("a"))
    observation = await read(side_of(tmp_path))
    assert ([record.key for record in observation.records], dict(observation.left_out)) == (["a#"], {})


async def test_a_link_that_leads_nowhere_hides_no_entry(tmp_path: Path) -> None:
    (tmp_path / "entries").mkdir()
    put(tmp_path, "real.ics", vevent("a"))
    (tmp_path / "entries" / "a.ics").symlink_to(tmp_path / "real.ics")
    side = side_of(tmp_path / "entries")
    assert (await records(side)).keys() == {"a#"}
    (tmp_path / "real.ics").rename(tmp_path / "away")
    observation = await read(side)
    assert [left.reason for left in observation.left_out.values()] == [LeftOutReason.UNREADABLE]
    assert isinstance((await side.look(["a#"]))["a#"], Unclear)


async def test_a_link_to_itself_is_one_unreadable_file(tmp_path: Path) -> None:
    """Catches: an error of the file system other than «not there» ending the run."""
    (tmp_path / "loop.ics").symlink_to(tmp_path / "loop.ics")
    put(tmp_path, "a.ics", vevent("a"))
    observation = await read(side_of(tmp_path))
    assert [record.key for record in observation.records] == ["a#"]
    assert observation.left_out.keys() == {"loop.ics"}


async def test_a_link_is_written_through(tmp_path: Path) -> None:
    (tmp_path / "entries").mkdir()
    real = put(tmp_path, "real.ics", vevent("a", "SUMMARY:One"))
    link = tmp_path / "entries" / "a.ics"
    link.symlink_to(real)
    side = side_of(tmp_path / "entries")
    assert isinstance(await change(side, (await records(side))["a#"], {Group.SUBJECT}, subject="Two"), Done)
    assert link.is_symlink()
    assert "SUMMARY:Two" in real.read_text()


async def test_who_may_read_a_file_still_may(tmp_path: Path) -> None:
    """Catches: a changed entry that only we can read any more, though Notes runs as another user or on another machine."""
    file = put(tmp_path, "a.ics", vevent("a", "SUMMARY:One"))
    file.chmod(0o664)
    side = side_of(tmp_path)
    assert isinstance(await change(side, (await records(side))["a#"], {Group.SUBJECT}, subject="Two"), Done)
    assert stat.S_IMODE(file.stat().st_mode) == 0o664
    assert isinstance(await send(side, "create", after=NEW, create_key="k", groups=frozenset(Group)), Done)
    (made,) = [tmp_path / name for name in os.listdir(tmp_path) if name != file.name]
    plain = tmp_path / "plain"
    plain.touch()
    assert made.stat().st_mode == plain.stat().st_mode


async def test_a_create_never_replaces_a_file_of_that_name(tmp_path: Path) -> None:
    side = side_of(tmp_path)
    assert isinstance(await send(side, "create", after=NEW, create_key="k", groups=frozenset(Group)), Done)
    (made,) = os.listdir(tmp_path)
    put(tmp_path, made, vevent("somebody-else"))
    outcome = await send(side, "create", after=NEW, create_key="k", groups=frozenset(Group))
    assert isinstance(outcome, Done)
    assert (await records(side)).keys() == {"somebody-else#", outcome.key}


async def test_a_change_that_keeps_time_and_size_is_seen(tmp_path: Path) -> None:
    file = put(tmp_path, "a.ics", vevent("a", "SUMMARY:One"))
    old = file.stat()
    os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns - 10_000_000_000))
    old = file.stat()
    side = side_of(tmp_path)
    assert (await records(side))["a#"].image.subject == "One"
    put(tmp_path, "a.ics", vevent("a", "SUMMARY:Two"))
    os.utime(file, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert (await records(side))["a#"].image.subject == "Two"


async def test_a_file_that_vanishes_while_the_folder_is_read_is_simply_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a.ics", vevent("a"))
    put(tmp_path, "b.ics", vevent("b"))
    original = Path.read_bytes

    def vanishing(self: Path) -> bytes:
        if self.name == "a.ics":
            self.unlink(missing_ok=True)
        return original(self)

    monkeypatch.setattr(Path, "read_bytes", vanishing)
    side = side_of(tmp_path)
    observation = await read(side)
    assert ([record.key for record in observation.records], dict(observation.left_out)) == (["b#"], {})
    assert isinstance((await side.look(["a#"]))["a#"], Gone)


async def test_a_file_that_another_program_holds_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Windows refuses it; the file is named, nothing is left behind, and the old content stays."""
    file = put(tmp_path, "a.ics", vevent("a", "SUMMARY:One"))
    content = file.read_bytes()
    side = side_of(tmp_path)
    record = (await records(side))["a#"]
    tries = 0

    def held(self: Path, target: Path) -> Path:
        nonlocal tries
        tries += 1
        raise PermissionError(13, "Access is denied", str(self), 5, str(target))

    monkeypatch.setattr(Path, "replace", held)
    monkeypatch.setattr(file_access, "PAUSE", 0.0)
    outcome = await change(side, record, {Group.SUBJECT}, subject="Two")
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.permanent, outcome.text.code) == ("not_written", False, "notes.file_held")
    assert str(file) in outcome.text.text
    assert tries > 1, "a virus scanner holds a file for a moment only"
    assert (file.read_bytes(), os.listdir(tmp_path)) == (content, ["a.ics"])


async def test_a_file_that_may_not_be_read_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a.ics", vevent("a"))

    def held(_self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", held)
    observation = await read(side_of(tmp_path))
    (left,) = observation.left_out.values()
    assert left.why is not None and left.why.code == "notes.file_held"


async def test_a_folder_that_may_not_be_read_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(_self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", held)
    with pytest.raises(SideUnavailable) as told:
        await side_of(tmp_path).open()
    assert told.value.text.code == "notes.file_held"


async def test_a_write_protected_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(tmp_path, "a.ics", vevent("a", "SUMMARY:One"))
    side = side_of(tmp_path)
    record = (await records(side))["a#"]
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != file and may(path, mode))
    outcome = await change(side, record, {Group.SUBJECT}, subject="Two")
    assert isinstance(outcome, Refused) and outcome.text.code == "notes.file_held"
    assert "SUMMARY:One" in file.read_text()


async def test_a_pipe_is_no_entry_and_is_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ics")
    (tmp_path / "entries").mkdir()
    (tmp_path / "entries" / "link.ics").symlink_to(tmp_path / "pipe.ics")
    for folder in (tmp_path, tmp_path / "entries"):
        observation = await read(side_of(folder))
        assert (observation.records, dict(observation.left_out)) == ((), {})
    with pytest.raises(SideUnavailable) as told:
        await IcsFileSide(str(tmp_path / "pipe.ics"), zone=ZONE, clock=lambda: NOW).open()
    assert told.value.text.code == "notes.file_unreadable"


async def test_what_a_crash_left_beside_the_entries_is_swept_away(tmp_path: Path) -> None:
    for name in (".daybridge-old.tmp", ".daybridge-new.tmp", ".others.tmp"):
        (tmp_path / name).touch()
    for name in (".daybridge-old.tmp", ".others.tmp"):
        os.utime(tmp_path / name, (1_700_000_000, 1_700_000_000))
    await side_of(tmp_path).open()
    assert sorted(os.listdir(tmp_path)) == [".daybridge-new.tmp", ".others.tmp"]


async def test_an_entry_without_uid_stays_the_same_entry_when_it_is_changed(tmp_path: Path) -> None:
    """Catches: an identity made from the content, which changes with the first change: a duplicate and a deletion."""
    put(tmp_path, "a.ics", vevent("a", "SUMMARY:One").replace("UID:a\r\n", ""))
    side = side_of(tmp_path)
    (record,) = (await records(side)).values()
    outcome = await change(side, record, {Group.SUBJECT}, subject="Two")
    assert isinstance(outcome, Done), outcome
    assert outcome.key == record.key
    assert {key: found.image.subject for key, found in (await records(side)).items()} == {record.key: "Two"}


async def test_reading_never_holds_up_the_page_and_the_tray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parsing and expanding thousands of entries take seconds, so neither happens in the thread of the event loop."""
    seen: dict[str, set[int]] = {"parse": set(), "read_parsed": set()}

    def spy(name: str, original: Any) -> None:
        def spied(self: EntryReader, *given: Any) -> Any:
            seen[name].add(threading.get_ident())
            return original(self, *given)

        monkeypatch.setattr(EntryReader, name, spied)

    for name in seen:
        spy(name, getattr(EntryReader, name))
    file = put(tmp_path, "a.ics", vevent("a"))
    put(tmp_path, "b.ics", vevent("b", "RRULE:FREQ=DAILY;COUNT=3"))
    steps: list[tuple[int, int | None]] = []
    for side in (side_of(tmp_path), IcsFileSide(str(file), zone=ZONE, clock=lambda: NOW)):
        await side.observe(WINDOW, "", {}, lambda _phase, done, total: steps.append((done, total)))
        await side.look(["a#"])
    assert all(threads and threading.get_ident() not in threads for threads in seen.values())
    assert steps == [(0, 2), (2, 2), (0, 1), (1, 1)]


# what changed since it was read --------------------------------------------------------------------------------------


async def test_a_side_of_files_knows_what_changed_since_it_was_read(tmp_path: Path) -> None:
    put(tmp_path, "a.ics", vevent("a", "SUMMARY:One"))
    side: IcsFolderSide = side_of(tmp_path)
    found = await records(side)
    assert not side.changed_since_read()
    assert isinstance(await change(side, found["a#"], {Group.SUBJECT}, subject="Ours"), Done)
    assert isinstance(await send(side, "create", after=NEW, create_key="k", groups=frozenset(Group)), Done)
    assert not side.changed_since_read()
    theirs = put(tmp_path, "b.ics", vevent("b"))
    assert side.changed_since_read()
    found = await records(side)
    assert not side.changed_since_read()
    assert isinstance(await send(side, "delete", key="b#", expected_version=found["b#"].version), Done)
    assert not side.changed_since_read() and not theirs.exists()
    (tmp_path / "a.ics").unlink()
    assert side.changed_since_read()


async def test_one_file_knows_it_too(tmp_path: Path) -> None:
    file = put(tmp_path, "a.ics", vevent("a"))
    side = IcsFileSide(str(file), zone=ZONE, clock=lambda: NOW)
    await side.observe(WINDOW, "", {}, quiet)
    assert not side.changed_since_read()
    put(tmp_path, "other.ics", vevent("b"))
    assert not side.changed_since_read()
    put(tmp_path, "a.ics", vevent("a"), vevent("b"))
    assert side.changed_since_read()
