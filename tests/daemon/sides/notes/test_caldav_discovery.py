"""Finding the CalDAV calendar that an address and a name mean, with the rights and the person's names there."""

from __future__ import annotations

import pytest
from aiohttp import web

from daemon.sides.contract import SideUnavailable
from tests.daemon.sides.notes.caldav_odd_server import CALENDAR, HOME, odd_server
from tests.daemon.sides.notes.caldav_setting import Place, by_key, calendar, code_of, entry, read, side_of


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


async def test_a_calendar_named_by_its_path_needs_no_open_home() -> None:
    async with odd_server() as server:

        async def closed(request: web.Request) -> web.Response | None:
            return web.Response(status=403) if request.headers.get("Depth") == "1" else None

        server.odd = closed
        assert await code_of(server.url) == "notes.no_access"
        side = side_of(server.url, calendar=CALENDAR)
        await side.open()
        assert [(each.path, each.selected) for each in await side.calendars()] == [(CALENDAR, True)]
        await side.close()


async def test_a_home_on_another_server_is_told_and_not_asked() -> None:
    """Catches: the password sent to whatever host a calendar-home-set names."""
    async with odd_server() as server, odd_server() as other:

        async def elsewhere(request: web.Request) -> web.Response | None:
            if request.method != "PROPFIND" or request.path != HOME:
                return None
            target = other.url.replace("127.0.0.1", "localhost")
            body = (
                f'<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><response><href>{HOME}</href><propstat>'
                f"<prop><C:calendar-home-set><href>{target}{HOME}</href></C:calendar-home-set></prop>"
                "<status>HTTP/1.1 200 OK</status></propstat></response></multistatus>"
            )
            return web.Response(status=207, text=body, content_type="text/xml")

        server.odd = elsewhere
        assert await code_of(server.url) == "notes.redirect"
        assert other.seen == []
