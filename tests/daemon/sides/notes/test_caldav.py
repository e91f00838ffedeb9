"""CalDAV as a side: what each of its sentences is, and that odd servers are written to all the same."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from daemon.sides.contract import Done, Unclear
from shared.states import Group, LeftOutReason
from shared.texts import CATALOGUE
from tests.daemon.sides.notes.caldav_odd_server import odd_server
from tests.daemon.sides.notes.caldav_setting import NEW, calendar, create, entry, read, send, side_of, update


def test_every_sentence_of_the_side_is_one_sentence() -> None:
    for code, sentence in CATALOGUE.items():
        if code.startswith("caldav."):
            assert sentence[-1] in ".}", code
            assert len(sentence) < 170, code


@pytest.mark.parametrize("switch", ["no_put_etag", "weak", "no_multiget", "absolute"])
async def test_servers_differ_and_the_write_is_stored_all_the_same(switch: str) -> None:
    async with odd_server(switch) as server:
        server.entries["one.ics"] = calendar(entry("one", "SUMMARY:Old"))
        side = side_of(server.url)
        (record,) = (await read(side)).records
        (done,) = await send(side, update(record, replace(record.image, subject="New"), Group.SUBJECT))
        assert isinstance(done, Done)
        assert done.stored is not None
        assert done.stored.image.subject == "New"
        (again,) = await send(side, update(done.stored, replace(record.image, subject="Newer"), Group.SUBJECT))
        assert isinstance(again, Done)
        (made,) = await send(side, create(NEW))
        assert isinstance(made, Done)
        await side.close()


async def test_what_is_no_event_has_its_reason() -> None:
    async with odd_server() as server:
        server.entries["todo.ics"] = calendar("BEGIN:VTODO\r\nUID:t\r\nSUMMARY:Task\r\nEND:VTODO\r\n")
        server.entries["zone.ics"] = calendar(entry("zone", "SUMMARY:X", start=";TZID=Nowhere:20260310T090000"))
        server.entries["half.ics"] = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:half\r\n"
        side = side_of(server.url)
        seen = await read(side)
        assert seen.records == ()
        assert sorted(left.reason for left in seen.left_out.values()) == [
            LeftOutReason.NOT_AN_EVENT, LeftOutReason.UNREADABLE, LeftOutReason.UNREADABLE,
        ]  # fmt: skip
        assert isinstance((await side.look(["zone#"]))["zone#"], Unclear)
        await side.close()
