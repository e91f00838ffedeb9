"""One .ics file or address as a Notes side: real exports, bad files, absences that count only the second time."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from daemon.sides.contract import Found, Gone, Observation, SideUnavailable, SignInNeeded, Unclear
from daemon.sides.notes.ics_files import IcsFileSide
from daemon.sync.rules import Window
from daemon.sync.trees import Record
from shared.states import LeftOutReason
from tests.daemon.sides.notes.domino_setting import NOW, QUICK, WINDOW, ZONE, calendar, quiet, vevent

ALL_TIMES = Window("1990-01-01T00:00Z", "2027-01-01T00:00Z", "1990-01-01", "2027-01-01")


def side_of(source: Path | str, **given: str) -> IcsFileSide:
    return IcsFileSide(str(source), zone=ZONE, clock=lambda: NOW, policy=QUICK, **given)


async def read(side: IcsFileSide, known: dict[str, Record] | None = None, bookmark: str = "") -> Observation:
    return await side.observe(WINDOW, bookmark, known or {}, quiet)


def by_key(observation: Observation) -> dict[str, Record]:
    return {record.key: record for record in observation.records}


BAD_FILES = {
    "not there": (None, "notes.file_missing"),
    "empty": (b"", "notes.not_a_calendar"),
    "a text": (b"Dear all,\r\nplease find attached\r\n", "notes.not_a_calendar"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "notes.not_a_calendar"),
    "cut off": (calendar(vevent("a"), vevent("b")).encode()[:-30], "notes.file_cut_off"),
}


@pytest.mark.parametrize("name", BAD_FILES)
async def test_a_bad_file_is_one_sentence(tmp_path: Path, name: str) -> None:
    content, code = BAD_FILES[name]
    file = tmp_path / "export.ics"
    if content is not None:
        file.write_bytes(content)
    side = side_of(file)
    for call in (side.open(), read(side), side.look(["a#"])):
        with pytest.raises(SideUnavailable) as told:
            await call
        assert told.value.text.code == code
        assert str(file) in told.value.text.text


async def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SideUnavailable) as told:
        await side_of(tmp_path).open()
    assert told.value.text.code == "notes.file_unreadable"


async def test_a_file_is_only_read(tmp_path: Path) -> None:
    file = tmp_path / "export.ics"
    file.write_text(calendar(vevent("a")), newline="")
    probe = await side_of(file).open()
    assert probe.identity == f"ics_file:{file}"
    assert not (probe.capabilities.create or probe.capabilities.update or probe.capabilities.delete)


async def test_an_absence_counts_when_it_is_seen_twice(tmp_path: Path) -> None:
    file = tmp_path / "export.ics"
    both = calendar(vevent("a"), vevent("s", "RRULE:FREQ=DAILY;COUNT=3"))
    file.write_text(both, newline="")
    side = side_of(file)
    known = by_key(await read(side))
    file.write_text(calendar(vevent("s", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260311T090000Z")), newline="")
    first = await read(side, known)
    assert first.gone == {}
    assert isinstance((await side.look(["a#"]))["a#"], Unclear)
    # Another process reads the second time: the bookmark carries the first miss.
    later = side_of(file)
    second = await read(later, known, first.coverage.bookmark)
    assert {key: evidence.kind for key, evidence in second.gone.items()} == {
        "a#": "file_gone",
        "s#20260311T090000Z": "file_gone",
    }
    assert isinstance((await later.look(["a#"]))["a#"], Gone)
    file.write_text(both, newline="")
    third = await read(later, known, second.coverage.bookmark)
    assert third.gone == {}
    assert isinstance((await later.look(["a#"]))["a#"], Found)


async def test_a_calendar_that_is_not_closed_is_read_but_proves_no_absence(tmp_path: Path) -> None:
    file = tmp_path / "export.ics"
    file.write_text(calendar(vevent("a"), vevent("b")), newline="")
    side = side_of(file)
    known = by_key(await read(side))
    file.write_text(calendar(vevent("b")).removesuffix("END:VCALENDAR\r\n"), newline="")
    for _reading in range(3):
        observation = await read(side, known)
        assert by_key(observation).keys() == {"b#"}
        assert observation.gone == {}
        assert isinstance((await side.look(["a#"]))["a#"], Unclear)


async def test_a_date_that_left_the_window_is_not_missed(tmp_path: Path) -> None:
    file = tmp_path / "export.ics"
    file.write_text(calendar(vevent("s", "RRULE:FREQ=DAILY;COUNT=900")), newline="")
    side = side_of(file)
    far = (await side.look(["s#20280101T090000Z"]))["s#20280101T090000Z"]
    assert isinstance(far, Found)
    known = {far.record.key: far.record}
    bookmark = ""
    for _reading in range(3):
        observation = await read(side, known, bookmark)
        bookmark = observation.coverage.bookmark
        assert observation.gone == {}
        assert "s#20280101T090000Z" in by_key(observation)


async def test_what_is_no_event_and_what_is_superseded_is_told(tmp_path: Path) -> None:
    todo = "BEGIN:VTODO\r\nUID:t\r\nSUMMARY:Buy\r\nEND:VTODO\r\n"
    file = tmp_path / "export.ics"
    file.write_text(
        calendar(
            vevent("a", "SEQUENCE:1", "SUMMARY:Old"),
            vevent("a", "SEQUENCE:2", "SUMMARY:New"),
            vevent("c", "STATUS:CANCELLED", "CLASS:PRIVATE", "SUMMARY:Secret"),
            vevent("z", start=";TZID=Nowhere At All:20260310T090000"),
            todo,
        ),
        newline="",
    )
    observation = await read(side_of(file))
    assert [record.image.subject for record in observation.records] == ["New"]
    reasons = sorted(left.reason.value for left in observation.left_out.values())
    assert reasons == ["cancelled", "not_an_event", "superseded", "unreadable"]
    assert all(left.title != "Secret" for left in observation.left_out.values())
    keys = {left.reason: left.key for left in observation.left_out.values()}
    assert keys[LeftOutReason.UNREADABLE] == "z#"


async def test_every_component_of_every_sample_is_told_once(samples: Path) -> None:
    """Each VEVENT is shown by a record or stands in ``left_out``; each other component stands there, too."""
    from daemon.calendars.icalendar_text import NotACalendar, parse

    files = sorted([*(samples / "ics-notes").iterdir(), *(samples / "ics-general").iterdir()])
    assert len(files) >= 40
    for file in files:
        if file.suffix not in (".ics", ".vcs"):
            continue
        try:
            parsed = parse(file.read_bytes(), user_zone=ZONE)
        except NotACalendar:
            continue
        observation = await side_of(file).observe(ALL_TIMES, "", {}, quiet)
        others = [left for left in observation.left_out.values() if left.reason is LeftOutReason.NOT_AN_EVENT]
        assert len(others) == len(parsed.not_events), file.name
        told = {record.key.rpartition("#")[0] for record in observation.records}
        told |= {left.key.rpartition("#")[0] for left in observation.left_out.values()}
        assert {event.uid for event in parsed.events} <= told, file.name
        keys = [record.key for record in observation.records]
        assert len(keys) == len(set(keys)), file.name
        unreadable = [left for left in observation.left_out.values() if left.reason is LeftOutReason.UNREADABLE]
        assert len(unreadable) >= len(parsed.unreadable), file.name
        assert all(left.why is not None for left in unreadable)


@asynccontextmanager
async def feed(body: bytes, *, password: str = "", status: int = 200) -> AsyncIterator[str]:
    """A small web server with one calendar."""

    async def answer(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "")
        if password and given != f"Basic {base64.b64encode(f'ann:{password}'.encode()).decode()}":
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})
        return web.Response(status=status, body=body, content_type="text/calendar")

    app = web.Application()
    app.router.add_get("/calendar/{name}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/calendar/team.ics?key=1"
    finally:
        await runner.cleanup()


async def test_a_calendar_behind_an_address() -> None:
    async with feed(calendar(vevent("a", "SUMMARY:One")).encode(), password="secret") as url:
        side = side_of(url, user="ann", password="secret")
        assert (await side.open()).name == "team.ics"
        assert by_key(await read(side))["a#"].image.subject == "One"
        await side.close()
        refused = side_of(url, user="ann", password="wrong")
        with pytest.raises(SignInNeeded):
            await refused.open()
        await refused.close()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 404, "notes.file_missing"),
        (b"", 500, "notes.server_error"),
        (b"hello", 200, "notes.not_a_calendar"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", 200, "notes.file_cut_off"),
    ],
)
async def test_an_address_that_does_not_deliver(body: bytes, status: int, code: str) -> None:
    async with feed(body, status=status) as url:
        side = side_of(url)
        with pytest.raises(SideUnavailable) as told:
            await side.open()
        assert told.value.text.code == code
        await side.close()


async def test_plain_http_is_for_this_machine() -> None:
    with pytest.raises(SideUnavailable) as told:
        await side_of("http://calendar.example.com/team.ics").open()
    assert told.value.text.code == "notes.plain_http"
