"""A CalDAV calendar as a Notes side, for the gateways that offer a Notes calendar that way: the Side over HTTP.

Its parts: caldav_http (sign-in, requests), caldav_discovery (which calendar), caldav_register and caldav_fetch (what is there),
caldav_read and caldav_look (records), caldav_write (changes). Identity is the collection's address (contracts.md 10).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from daemon.sides.contract import Probe, SideUnavailable
from daemon.sides.notes import caldav_discovery as discovery
from daemon.sides.notes.caldav_http import DavError, DavSession
from daemon.sides.notes.caldav_read import CaldavReading
from daemon.sides.notes.caldav_write import CaldavWriting
from daemon.sides.notes.domino_address import read_address
from daemon.sides.notes.entries import EntryReader
from daemon.sides.notes.images import owner_of
from daemon.sides.notes.server_side import Opened, ServerSide
from daemon.sync.trees import Capabilities
from shared.models import CalendarInfo
from shared.texts import text


class CaldavSide(ServerSide[DavSession, discovery.Found]):
    """One CalDAV collection as a Side.

    ``url``: the server, a principal, a home or the calendar itself. ``calendar``: empty, a path, an address or a name.
    """

    def begin(self) -> DavSession:
        given = self.settings
        if ":" in given.user:
            raise SideUnavailable(text("caldav.bad_user"))
        try:
            address = read_address(given.url, allow_http=given.allow_http)
        except SideUnavailable as refusal:
            bad = refusal.text.code == "notes.bad_address"
            raise SideUnavailable(text("caldav.bad_address", url=given.url)) if bad else refusal from None
        return DavSession(
            address, given.user, given.password, ca_file=given.ca_file, policy=given.policy, seconds=given.seconds
        )

    async def enter(self, session: DavSession) -> tuple[Probe, Opened[discovery.Found]]:
        given = self.settings
        try:
            found = await discovery.find(session, self._entered_path(), given.calendar)
        except DavError as refusal:
            raise discovery.list_error(session, self._entered_path() or "/", refusal) from None
        chosen = found.chosen
        owner = owner_of(given.user, *found.names, unknown="own" if chosen.own else "theirs")
        reading = CaldavReading(session, chosen, EntryReader(given.zone, owner, given.clock))
        writing = CaldavWriting(session, chosen, reading.lookup, given.zone, given.clock, found.invites)
        may = chosen.can_write
        probe = Probe(
            identity=f"caldav:{session.address.origin.casefold()}{chosen.path}",
            zone=given.zone,
            capabilities=Capabilities(create=may, update=may, delete=may, conditional_update=True, keyed_create=True),
            name=chosen.name,
            own_calendar=chosen.own,
        )
        return probe, Opened(found, reading, writing)

    def _entered_path(self) -> str:
        entered = self.settings.url.strip()
        return urlsplit(entered if "://" in entered else f"https://{entered}").path

    async def calendars(self) -> Sequence[CalendarInfo]:
        """The calendars of the person's home, or the one whose address was given."""
        found = (await self.opened()).found
        return [
            CalendarInfo(
                id=each.path,
                name=each.name,
                kind="own" if each.own else "delegated",
                path=each.path,
                can_write=each.can_write,
                selected=each.path == found.chosen.path,
            )
            for each in found.calendars
        ]
