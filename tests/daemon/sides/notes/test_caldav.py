"""Opening a CalDAV calendar: discovery, choice, rights, sign-in, redirects, certificates, and what odd answers become."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from daemon.sides.contract import Found, Gone, Refused, SideError, SideUnavailable, SignInNeeded, Unclear
from shared.states import LeftOutReason
from shared.texts import CATALOGUE, text
from tests.daemon.sides.notes.caldav_odd_server import CALENDAR, HOME, odd_server
from tests.daemon.sides.notes.caldav_servers import PASSWORD, USER, Relay, Server
from tests.daemon.sides.notes.caldav_setting import Place, by_key, calendar, create, entry, read, send, side_of
from tests.daemon.sides.notes.test_caldav_write import NEW


async def code_of(side_url: str, **given: str) -> str:
    """The sentence's code that opening gives."""
    side = side_of(side_url, **given)
    with pytest.raises(SideError) as told:
        await side.open()
    await side.close()
    return told.value.text.code


async def test_a_calendar_is_found_from_every_address(place: Place) -> None:
    """Server, principal, home or the calendar itself: one identity, so that the pairing stays."""
    name = place.path.rstrip("/").rpartition("/")[2]
    probes = []
    for url, wanted in (
        (place.url + place.path, ""),
        (place.url + place.path.rstrip("/"), ""),
        (place.url, name),
        (place.url, place.path),
        (place.url + "/", place.url + place.path),
        (place.url + place.server.home, name.upper()),
    ):
        side = side_of(url, calendar=wanted)
        probes.append(await side.open())
        (selected,) = [each for each in await side.calendars() if each.selected]
        assert selected.path == place.path
        assert selected.can_write
        await side.close()
    assert {probe.identity for probe in probes} == {f"caldav:{place.url}{place.path}"}
    assert all(probe.own_calendar and probe.capabilities.update for probe in probes)
    assert probes[0].zone == "Europe/Berlin"


async def test_of_several_calendars_none_is_guessed(place: Place) -> None:
    place.server.make(place.path.rstrip("/").rpartition("/")[2] + "-second")
    side = side_of(place.url)
    with pytest.raises(SideUnavailable) as told:
        await side.open()
    assert told.value.text.code == "caldav.choose"
    assert place.path in told.value.text.text
    await side.close()
    assert await code_of(place.url, calendar="No such name") == "caldav.no_such_name"
    assert await code_of(place.url, calendar=place.path + "nothing/") in ("caldav.no_calendar", "caldav.not_caldav")
    assert await code_of(place.url, calendar="https://other.example.com/cal/") == "notes.redirect"


async def test_the_only_calendar_needs_no_name() -> None:
    async with odd_server() as server:
        side = side_of(server.url)
        probe = await side.open()
        assert probe.identity.endswith(CALENDAR)
        assert probe.name == "Calendar"
        assert server.seen[0] == ("PROPFIND", "/.well-known/caldav")
        server.switches.add("several")
        await side.close()
        assert await code_of(server.url) == "caldav.choose"
        named = side_of(server.url, calendar="second")
        await named.open()
        assert [(each.name, each.selected) for each in await named.calendars()] == [
            ("Calendar", False),
            ("Second", True),
        ]
        await named.close()


async def test_a_calendar_without_the_right_to_write_says_so() -> None:
    async with odd_server("reads_only") as server:
        side = side_of(server.url)
        probe = await side.open()
        assert (probe.capabilities.create, probe.capabilities.update, probe.capabilities.delete) == (
            False,
            False,
            False,
        )
        await side.close()


async def test_a_wrong_password_is_told_and_not_sent_again(a_radicale: Server) -> None:
    """Catches: a refused password sent over and over, which locks people out."""
    relay = Relay(a_radicale.port)
    url = await relay.start()
    assert await code_of(url, password="wrong") == "notes.wrong_password"
    assert await code_of(url, password="") == "notes.no_password"
    await relay.cut()
    async with odd_server() as server:
        side = side_of(server.url, password="wrong")
        for _attempt in range(3):
            with pytest.raises(SignInNeeded):
                await side.open()
        assert len(server.seen) == 1, "nothing is asked after the refusal"
        await side.close()


async def test_rights_lost_after_the_sign_in_are_no_wrong_password() -> None:
    async with odd_server() as server:
        side = side_of(server.url)
        await side.open()

        async def refuse(_request: web.Request) -> web.Response:
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})

        server.odd = refuse
        with pytest.raises(SideUnavailable) as told:
            await read(side)
        assert told.value.text.code == "notes.no_access"
        await side.close()


async def test_an_address_that_is_none_is_refused_before_any_request() -> None:
    assert await code_of("not an address") == "caldav.bad_address"
    assert await code_of("http://cal.example.com/") == "notes.plain_http"
    assert await code_of("http://127.0.0.1:9/", user="a:b") == "caldav.bad_user"


async def test_a_server_that_is_not_there_is_unreachable(place: Place) -> None:
    await place.relay.cut()
    assert await code_of(place.url) == "notes.unreachable"


async def test_redirects_go_no_further_than_the_server() -> None:
    """Catches: name and password sent to where a redirect points."""
    async with odd_server() as server, odd_server() as other:

        async def moved(request: web.Request) -> web.Response | None:
            if request.path.startswith("/old/"):
                return web.Response(status=308, headers={"Location": CALENDAR})
            if request.path.startswith("/round/"):
                return web.Response(status=302, headers={"Location": "/round/"})
            if request.path.startswith("/away/"):
                return web.Response(status=301, headers={"Location": other.url + CALENDAR})
            return None

        server.odd = moved
        side = side_of(server.url + "/old/")
        probe = await side.open()
        assert probe.identity == f"caldav:{server.url}{CALENDAR}"
        await side.close()
        assert await code_of(server.url + "/round/") == "caldav.redirects"
        assert await code_of(server.url + "/away/") == "notes.redirect"
        assert other.seen == []


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (200, "<html><body>Please sign in</body></html>", "text/html", "caldav.web_page"),
        (200, "ok", "text/plain", "caldav.not_caldav"),
        (207, "<html></html>", "text/html", "caldav.broken_answer"),
        (207, '<multistatus xmlns="DAV:"><response><href>/', "application/xml", "caldav.broken_answer"),
        (207, "", "application/xml", "caldav.broken_answer"),
        (207, '<!DOCTYPE x [<!ENTITY a "b">]><multistatus xmlns="DAV:"/>', "application/xml", "caldav.broken_answer"),
        (207, '<multistatus xmlns="DAV:"/>', "application/xml", "caldav.not_caldav"),
        (403, "", "text/plain", "notes.no_access"),
        (404, "", "text/plain", "caldav.no_calendar"),
        (405, "", "text/plain", "caldav.not_caldav"),
        (500, "", "text/plain", "notes.server_error"),
        (503, "", "text/plain", "notes.server_error"),
    ],
)
async def test_each_foreign_answer_has_its_sentence(status: int, body: str, kind: str, code: str) -> None:
    async with odd_server() as server:

        async def answer(_request: web.Request) -> web.Response:
            return web.Response(status=status, text=body, content_type=kind)

        server.odd = answer
        assert await code_of(server.url + CALENDAR) == code
        assert await code_of(server.url) == code


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


async def test_a_calendar_that_is_not_ones_own_is_known_as_such() -> None:
    async with odd_server() as server:

        async def theirs(request: web.Request) -> web.Response | None:
            if request.method != "PROPFIND" or request.path != CALENDAR:
                return None
            body = (
                f'<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><response><href>{CALENDAR}</href>'
                "<propstat><prop><resourcetype><C:calendar/></resourcetype><owner><href>/dav/boss/</href></owner>"
                f"<current-user-principal><href>{HOME}</href></current-user-principal></prop>"
                "<status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"
            )
            return web.Response(status=207, text=body, content_type="text/xml")

        server.odd = theirs
        side = side_of(server.url + CALENDAR)
        probe = await side.open()
        assert not probe.own_calendar
        assert [each.kind for each in await side.calendars()] == ["delegated"]
        await side.close()


async def test_own_meetings_are_told_from_others_by_the_persons_addresses() -> None:
    async with odd_server() as server:
        for uid, organizer in (("mine", "Jane.Doe@example.com"), ("theirs", "boss@example.com")):
            people = (f"ORGANIZER:mailto:{organizer}", "ATTENDEE:mailto:guest@example.com")
            server.entries[f"{uid}.ics"] = calendar(entry(uid, f"SUMMARY:{uid}", *people))
        side = side_of(server.url)
        seen = by_key(await read(side))
        assert {key: record.organised_by_other for key, record in seen.items()} == {"mine#": False, "theirs#": True}
        assert seen["theirs#"].locked_groups
        await side.close()


async def test_a_private_authority_is_trusted_when_its_file_is_named(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    async with odd_server(tls=context) as server:
        assert await code_of(server.url) == "notes.tls"
        assert await code_of(server.url, ca_file=str(tmp_path / "missing.pem")) == "notes.ca_file"
        side = side_of(server.url, ca_file=str(tmp_path / "ca.pem"))
        await side.open()
        (made,) = await send(side, create(NEW))
        assert not isinstance(made, Refused)
        await side.close()


async def test_requests_are_sent_as_servers_insist() -> None:
    """Xandikos refuses XML sent as text/plain; Basic sign-in is UTF-8; no request names a password in its address."""
    async with odd_server() as server:
        side = side_of(server.url)
        await read(side)
        kinds = {
            headers["Content-Type"]
            for (method, _path), headers in zip(server.seen, server.headers, strict=True)
            if method in ("PROPFIND", "REPORT")
        }
        assert kinds == {"application/xml; charset=utf-8"}
        assert all(headers["Authorization"].startswith("Basic ") for headers in server.headers)
        assert not any(PASSWORD in path or USER + ":" in path for _method, path in server.seen)
        await side.close()


def test_every_sentence_of_the_side_is_one_sentence() -> None:
    for code, sentence in CATALOGUE.items():
        if code.startswith("caldav."):
            assert sentence[-1] in ".}", code
            assert len(sentence) < 170, code
