"""Listing a CalDAV collection: tokens, ctags, parts, bookmarks of all kinds, and listings that fail."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiohttp import web
from hypothesis import given, strategies as st

from daemon.sides.contract import Gone, SideUnavailable, Unclear
from daemon.sides.notes.caldav_register import Register
from shared.texts import text
from tests.daemon.sides.notes.caldav_odd_server import CALENDAR, odd_server
from tests.daemon.sides.notes.caldav_servers import member
from tests.daemon.sides.notes.caldav_setting import Place, by_key, calendar, entry, first_reading, read, side_of


async def test_a_bookmark_serves_another_process(place: Place) -> None:
    """Catches: a register that lives in memory only."""
    place.put("one", calendar(entry("one", "SUMMARY:One")))
    place.put("two", calendar(entry("two", "SUMMARY:Two")))
    known, mark = await first_reading(place.side())
    place.delete("one")
    seen = await read(place.side(), known, mark)
    assert not seen.full
    assert set(seen.gone) == {"one#"}


@pytest.mark.parametrize("ruin", ["token", "version", "noise", "elsewhere"])
async def test_a_useless_bookmark_means_a_full_reading(place: Place, ruin: str) -> None:
    """A token the server no longer knows is 403 at Radicale and 412 at Xandikos; neither may look like «no change»."""
    place.put("one", calendar(entry("one", "SUMMARY:One")))
    side = place.side()
    _known, mark = await first_reading(side)
    document = json.loads(mark)
    spoilt = {
        "token": json.dumps({**document, "t": "http://example.com/ns/sync/never-given"}),
        "version": json.dumps({**document, "v": 99}),
        "noise": "{",
        "elsewhere": json.dumps({**document, "c": "/another/calendar/"}),
    }
    seen = await read(side, {}, spoilt[ruin])
    assert seen.full
    assert set(by_key(seen)) == {"one#"}


@pytest.mark.parametrize("broken", ["cut", "html", "error", "gone"])
async def test_a_listing_that_fails_is_no_empty_calendar(broken: str) -> None:
    """Catches: half an answer, a login page or an error taken for a calendar without entries."""
    async with odd_server() as server:
        server.entries["one.ics"] = calendar(entry("one", "SUMMARY:One"))
        side = side_of(server.url)
        known = by_key(await read(side))
        bodies = {
            "cut": (207, '<multistatus xmlns="DAV:"><response><href>/dav/jdoe/calendar/one.ics</href>'),
            "html": (200, "<html><form><input type=password></form></html>"),
            "error": (500, "oops"),
            "gone": (404, ""),
        }

        async def answer(request: web.Request) -> web.Response | None:
            if request.method not in ("REPORT", "PROPFIND"):
                return None
            status, body = bodies[broken]
            return web.Response(status=status, text=body, content_type="text/html" if status == 200 else "text/xml")

        server.odd = answer
        with pytest.raises(SideUnavailable):
            await read(side, known)
        server.entries.clear()
        try:
            looked = (await side.look(["one#"]))["one#"]
        except SideUnavailable:
            looked = Unclear(text("notes.unreachable", host="x"))
        assert isinstance(looked, Unclear), "404 on the entry alone, without a listing, is no evidence"
        server.odd = None
        assert isinstance((await side.look(["one#"]))["one#"], Gone)
        await side.close()


_NO_ROWS = '<multistatus xmlns="DAV:"></multistatus>'
_ODD_ROW = f'<multistatus xmlns="DAV:"><response><href>{CALENDAR}</href><status>odd</status></response></multistatus>'


@pytest.mark.parametrize("switches", [(), ("no_sync",)])
@pytest.mark.parametrize("body", [_NO_ROWS, _ODD_ROW])
@pytest.mark.parametrize("first", [True, False])
async def test_a_listing_that_says_nothing_is_no_empty_calendar(
    body: str, switches: tuple[str, ...], first: bool
) -> None:
    """Catches: a 207 without rows and without a mark, or one that tells a failure, taken for a calendar without entries."""
    async with odd_server(*switches) as server:
        server.entries["one.ics"] = calendar(entry("one"))
        side = side_of(server.url)
        await side.open()
        known, mark = ({}, "") if first else await first_reading(side)
        if not first:
            server.entries["one.ics"] = calendar(entry("one", "SUMMARY:Changed"))

        async def answer(request: web.Request) -> web.Response | None:
            if b"getctag" in await request.read() or request.method not in ("REPORT", "PROPFIND"):
                return None
            return web.Response(status=207, text=body, content_type="text/xml")

        server.odd = answer
        with pytest.raises(SideUnavailable) as told:
            await read(side, known, mark)
        assert told.value.text.code == "notes.list_incomplete"
        await side.close()


async def test_a_report_without_rows_and_mark_is_asked_for_in_the_other_way() -> None:
    async with odd_server() as server:
        server.entries["one.ics"] = calendar(entry("one"))
        side = side_of(server.url)

        async def answer(request: web.Request) -> web.Response | None:
            if b"sync-collection" not in await request.read() or request.method != "REPORT":
                return None
            return web.Response(status=207, text=_NO_ROWS, content_type="text/xml")

        server.odd = answer
        assert set(by_key(await read(side))) == {"one#"}
        await side.close()


@pytest.mark.parametrize("switches", [("parts",), ("no_sync",), ("no_token",), ("no_multiget",), ("absolute",), ()])
async def test_every_way_of_listing_gives_the_same(switches: tuple[str, ...]) -> None:
    async with odd_server(*switches) as server:
        for uid in ("one", "two", "three", "four", "five"):
            server.entries[f"{uid}.ics"] = calendar(entry(uid, f"SUMMARY:{uid}"))
        side = side_of(server.url)
        seen = await read(side)
        assert set(by_key(seen)) == {"one#", "two#", "three#", "four#", "five#"}
        del server.entries["two.ics"]
        server.entries["one.ics"] = calendar(entry("one", "SUMMARY:Changed"))
        assert isinstance((await side.look(["two#"]))["two#"], Gone)
        again = await read(side, by_key(seen), seen.coverage.bookmark if "parts" not in switches else "")
        assert by_key(again)["one#"].image.subject == "Changed"
        await side.close()


async def test_without_tokens_the_ctag_says_that_nothing_changed() -> None:
    async with odd_server("no_sync") as server:
        server.entries["one.ics"] = calendar(entry("one", "SUMMARY:One"))
        server.entries["two.ics"] = calendar(entry("two", "SUMMARY:Two"))
        side = side_of(server.url)
        first = await read(side)
        server.seen.clear()
        quiet = await read(side, by_key(first), first.coverage.bookmark)
        assert (quiet.full, quiet.records) == (False, ())
        assert [method for method, _path in server.seen] == ["PROPFIND"]
        del server.entries["two.ics"]
        server.entries["one.ics"] = calendar(entry("one", "SUMMARY:Changed"))
        delta = await read(side, by_key(first), quiet.coverage.bookmark)
        assert not delta.full
        assert by_key(delta)["one#"].image.subject == "Changed"
        assert {key: evidence.kind for key, evidence in delta.gone.items()} == {"two#": "by_id"}
        await side.close()


async def test_a_server_that_forgets_its_tokens_is_read_in_full() -> None:
    async with odd_server("forgets_tokens") as server:
        server.entries["one.ics"] = calendar(entry("one", "SUMMARY:One"))
        side = side_of(server.url)
        first = await read(side)
        again = await read(side, by_key(first), first.coverage.bookmark)
        assert again.full
        assert again.unchanged == {"one#"}
        await side.close()


async def test_a_private_ones_text_is_in_no_bookmark(place: Place, tmp_path: Path) -> None:
    place.put("secret", calendar(entry("secret", "SUMMARY:Xylophone", "CLASS:PRIVATE")))
    seen = await read(place.side())
    assert "Xylophone" not in seen.coverage.bookmark
    assert member(place.path, "secret").rpartition("/")[2] in seen.coverage.bookmark


_NAMES = st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=12)


@given(
    st.dictionaries(_NAMES, st.tuples(st.text(max_size=5), st.lists(_NAMES, max_size=3, unique=True)), max_size=8),
    st.sampled_from([("token", ""), ("", "ctag")]),
    st.data(),
)
def test_a_bookmark_gives_the_register_back(
    entries: dict[str, tuple[str, list[str]]], marks: tuple[str, str], data: st.DataObject
) -> None:
    """Catches: a UID or an unread resource lost on the way, which a delta would then know nothing of."""
    register = Register("/c/", *marks)
    for name, (etag, uids) in entries.items():
        register.etags[f"/c/{name}"] = etag
        register.note(f"/c/{name}", [name.removesuffix(".ics")] if len(uids) == 1 else uids)
    unread = data.draw(st.sets(st.sampled_from(sorted(register.etags)))) if register.etags else set()
    for href in unread:
        register.note_unread(href)
    again = Register.from_bookmark(register.bookmark(), "/c/")
    assert again is not None
    assert (again.token, again.ctag, again.unread) == (*marks, unread)
    assert again.uids == register.uids
    assert again.etags == (register.etags if marks[1] else dict.fromkeys(register.etags, ""))
    assert {uid: again.hrefs(uid) for uids in register.uids.values() for uid in uids} == {
        uid: register.hrefs(uid) for uids in register.uids.values() for uid in uids
    }


@given(st.text(max_size=40) | st.recursive(st.none() | st.integers() | st.text(max_size=3), st.lists).map(json.dumps))
def test_a_bookmark_of_another_kind_is_none(mark: str) -> None:
    assert Register.from_bookmark(mark, "/c/") is None
