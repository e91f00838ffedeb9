"""Fetching CalDAV entries: in parts, by themselves where one breaks the answer, and those that cannot be delivered."""

from __future__ import annotations

from aiohttp import web

from daemon.sides.contract import Found, Gone, Unclear
from shared.states import LeftOutReason
from tests.daemon.sides.notes.caldav_odd_server import odd_server
from tests.daemon.sides.notes.caldav_setting import Place, by_key, calendar, entry, read, side_of
from tests.daemon.sides.notes.domino_setting import WINDOW


async def test_names_in_any_spelling_lead_to_the_entry(place: Place) -> None:
    """Catches: an href compared as text; the two servers spell «@» and blanks differently."""
    for uid in ("a@example.com", "two words", "ümlaut", "per%cent", "a+b;c=d"):
        place.put(uid, calendar(entry(uid, f"SUMMARY:{uid}")))
    side = place.side()
    seen = by_key(await read(side))
    assert {record.image.subject.replace("\\;", ";") for record in seen.values()} == {
        "a@example.com", "two words", "ümlaut", "per%cent", "a+b;c=d",
    }  # fmt: skip
    for uid in ("two words", "a@example.com", "per%cent"):
        place.delete(uid)
    looked = await side.look(list(seen))
    assert {key for key, each in looked.items() if isinstance(each, Gone)} == {
        "two words#", "a@example.com#", "per%cent#",
    }  # fmt: skip


async def test_many_entries_come_in_several_parts(place: Place) -> None:
    names = [f"many-{number:03}" for number in range(120)]
    for name in names:
        place.put(name, calendar(entry(name, f"SUMMARY:{name}")))
    told: list[tuple[str, int, int | None]] = []
    side = place.side()
    seen = await side.observe(WINDOW, "", {}, lambda *step: told.append(step))
    assert set(by_key(seen)) == {f"{name}#" for name in names}
    assert told[-1] == ("reading", 120, 120)
    again = await read(side, by_key(seen))
    assert again.unchanged == frozenset(by_key(seen))
    assert again.records == ()


async def test_one_entry_that_breaks_the_xml_hides_no_other() -> None:
    """A control character makes the whole multiget unreadable; each entry is then fetched by itself."""
    async with odd_server() as server:
        server.entries["good.ics"] = calendar(entry("good", "SUMMARY:Good"))
        server.entries["bad.ics"] = calendar(entry("bad", "SUMMARY:Bell \x07 rings"))
        side = side_of(server.url)
        seen = by_key(await read(side))
        assert set(seen) == {"good#", "bad#"}
        looked = (await side.look(["good#"]))["good#"]
        assert isinstance(looked, Found)
        assert looked.record == seen["good#"], "the same text, whichever way it came"
        await side.close()


async def test_an_entry_that_cannot_be_delivered_is_not_gone_and_comes_again() -> None:
    async with odd_server() as server:
        server.entries["good.ics"] = calendar(entry("good", "SUMMARY:Good"))
        server.entries["sick.ics"] = calendar(entry("sick", "SUMMARY:Sick"))
        side = side_of(server.url)
        known = by_key(await read(side))

        async def fail(request: web.Request) -> web.Response | None:
            if request.path.endswith("sick.ics"):
                return web.Response(status=500)
            if request.method == "REPORT" and b"sick.ics" in await request.read():
                return web.Response(status=500)
            return None

        server.odd = fail
        seen = await read(side, known)
        assert "sick#" not in by_key(seen)
        (left,) = seen.left_out.values()
        assert (left.reason, left.key) == (LeftOutReason.UNREADABLE, "sick#")
        looked = await side.look(["sick#", "never-seen#", "good#"])
        assert isinstance(looked["sick#"], Unclear)
        assert isinstance(looked["never-seen#"], Unclear), "it may stand in the one that cannot be read"
        del server.entries["good.ics"]
        assert isinstance((await side.look(["good#"]))["good#"], Gone), "what was seen here before is told apart"
        server.odd = None
        healed = await read(side, by_key(seen), seen.coverage.bookmark)
        assert by_key(healed)["sick#"].image.subject == "Sick"
        await side.close()
