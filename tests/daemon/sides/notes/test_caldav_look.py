"""Looking up single CalDAV entries: gone with evidence, moved, standing in several resources."""

from __future__ import annotations

import pytest
from aiohttp import web
from msgspec.structs import replace

from daemon.sides.contract import Found, Gone, SideUnavailable
from shared.states import Group
from tests.daemon.sides.notes.caldav_odd_server import odd_server
from tests.daemon.sides.notes.caldav_setting import (
    WEEKLY_IDS,
    Place,
    by_key,
    calendar,
    entry,
    first_reading,
    read,
    refusal_of,
    send,
    side_of,
    update,
    weekly,
)


async def test_an_entry_deleted_before_this_process_began_is_gone(place: Place) -> None:
    """The href is not known then: that no resource holds the UID is the evidence."""
    place.put("stays", calendar(entry("stays", "SUMMARY:Stays")))
    side = place.side()
    looked = await side.look(["goes#", "stays#"])
    assert isinstance(looked["goes#"], Gone)
    assert isinstance(looked["stays#"], Found)
    await read(side)
    assert isinstance((await side.look(["goes#"]))["goes#"], Gone)


async def test_an_entry_that_moved_to_another_resource_is_not_gone(place: Place) -> None:
    """Catches: 404 on a remembered href taken for a deletion although the entry stands elsewhere now."""
    place.put("moves", calendar(entry("moves", "SUMMARY:Here")))
    side = place.side()
    known, mark = await first_reading(side)
    place.delete("moves")
    place.server.put(f"{place.path}elsewhere.ics", calendar(entry("moves", "SUMMARY:There")))
    looked = (await side.look(["moves#"]))["moves#"]
    assert isinstance(looked, Found)
    assert looked.record.image.subject == "There"
    seen = await read(side, known, mark)
    assert not seen.gone
    assert by_key(seen)["moves#"].image.subject == "There"


async def test_a_reading_that_breaks_off_hides_nothing() -> None:
    """Catches: marks moved on before what they pass over was read, so that a later look calls it gone."""
    async with odd_server() as server:
        server.entries["one.ics"] = calendar(entry("one", "SUMMARY:One"))
        side = side_of(server.url)
        await side.open()

        async def fail(request: web.Request) -> web.Response | None:
            if request.method == "GET" or (request.method == "REPORT" and b"multiget" in await request.read()):
                return web.Response(status=503)
            return None

        server.odd = fail
        with pytest.raises(SideUnavailable):
            await read(side)
        server.odd = None
        assert isinstance((await side.look(["one#"]))["one#"], Found)
        await side.close()


@pytest.mark.parametrize(("series", "exception"), [("a.ics", "b.ics"), ("b.ics", "a.ics")])
async def test_copies_of_one_uid_are_one_entry_and_are_not_written(series: str, exception: str) -> None:
    """Gateways deliver an invitation under several hrefs; Radicale refuses such copies, so the odd server holds them."""
    async with odd_server() as server:
        server.entries[series] = weekly("week")
        moved = entry("week", "SUMMARY:Moved", "RECURRENCE-ID:20260324T090000Z", start="20260325T130000Z",
                      end="20260325T140000Z")  # fmt: skip
        server.entries[exception] = calendar(moved)
        server.entries["c.ics"] = calendar(entry("lone", "SUMMARY:Lone"), entry("other", "SUMMARY:Other"))
        side = side_of(server.url)
        seen = by_key(await read(side))
        assert {key: record.image.starts_at for key, record in seen.items()} == {
            f"week#{WEEKLY_IDS[0]}": "2026-03-17T09:00Z",
            f"week#{WEEKLY_IDS[1]}": "2026-03-25T13:00Z",
            f"week#{WEEKLY_IDS[2]}": "2026-03-31T08:00Z",
            f"week#{WEEKLY_IDS[3]}": "2026-04-07T08:00Z",
            "lone#": "2026-03-10T09:00Z",
            "other#": "2026-03-10T09:00Z",
        }
        for key in (f"week#{WEEKLY_IDS[0]}", "lone#"):
            after = replace(seen[key].image, subject="Changed")
            (refused,) = await send(side, update(seen[key], after, Group.SUBJECT))
            assert refusal_of(refused) == "caldav.several"
        assert server.asked("PUT") == []
        mark = (await read(side, seen)).coverage.bookmark
        server.entries[exception] = calendar(moved.replace("SUMMARY:Moved", "SUMMARY:Moved again"))
        delta = by_key(await read(side, seen, mark))
        assert delta[f"week#{WEEKLY_IDS[1]}"].image.subject == "Moved again"
        assert delta[f"week#{WEEKLY_IDS[0]}"].image == seen[f"week#{WEEKLY_IDS[0]}"].image
        del server.entries[exception]
        looked = (await side.look([f"week#{WEEKLY_IDS[1]}"]))[f"week#{WEEKLY_IDS[1]}"]
        assert isinstance(looked, Found)
        assert looked.record.image.starts_at == "2026-03-24T09:00Z"
        await side.close()
