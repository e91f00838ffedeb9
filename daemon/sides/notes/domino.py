"""A Notes calendar over Domino's calendar service (DAS): the Side that reads and writes a mail file by HTTP.

Its parts: domino_http (login, requests), domino_calendars (which mail file), domino_list and domino_read (what is there),
domino_write (changes). Identity is server, mail file and owner's distinguished name (contracts.md 10).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.sides.contract import Probe, SignInNeeded
from daemon.sides.notes import domino_calendars as calendars_of
from daemon.sides.notes.domino_address import read_address
from daemon.sides.notes.domino_calendars import MailFile
from daemon.sides.notes.domino_http import DominoSession
from daemon.sides.notes.domino_read import DominoReading
from daemon.sides.notes.domino_write import DominoWriting
from daemon.sides.notes.entries import EntryReader
from daemon.sides.notes.images import owner_of
from daemon.sides.notes.server_side import Opened, ServerSide
from daemon.sync.trees import Capabilities
from shared.models import CalendarInfo
from shared.texts import text

# Subject is an item of the summary kind; the description is a body, cut where doubts begin (notes.md 1.8 and 7, both [?]).
MAX_SUBJECT = 1000
MAX_DESCRIPTION = 32_000


@dataclass(frozen=True, slots=True)
class Found:
    """The caller's own calendar (None: no mail file), the chosen one, and whether it may be written."""

    session: DominoSession
    own: MailFile | None
    chosen: MailFile
    can_write: bool


class DominoSide(ServerSide[DominoSession, Found]):
    """One mail file as a Side. ``calendar``: empty for the own one, a path like /mail/jdoe.nsf, or an owner's name."""

    def begin(self) -> DominoSession:
        given = self.settings
        address = read_address(given.url, allow_http=given.allow_http)
        return DominoSession(
            address, given.user, given.password, ca_file=given.ca_file, policy=given.policy, seconds=given.seconds
        )

    async def enter(self, session: DominoSession) -> tuple[Probe, Opened[Found]]:
        given = self.settings
        if not given.user.strip():
            raise SignInNeeded(text("notes.no_password", user="the calendar", host=session.host))
        await calendars_of.check_service(session)
        own = await calendars_of.own_calendar(session)
        chosen = await calendars_of.choose(session, given.calendar or session.address.mail_file, own)
        await calendars_of.check_readable(session, chosen, given.clock())
        can_write = await calendars_of.may_write(session, chosen)
        owner = owner_of(chosen.owner, chosen.email, chosen.name if chosen.owner else "", unknown="theirs")
        reading = DominoReading(session, chosen.path, EntryReader(given.zone, owner, given.clock))
        writing = DominoWriting(session, chosen.path, reading, given.zone, given.clock)
        probe = Probe(
            identity=f"domino:{session.host.casefold()}{chosen.path.casefold()}|{chosen.owner.casefold()}",
            zone=given.zone,
            capabilities=Capabilities(
                max_subject=MAX_SUBJECT,
                max_description=MAX_DESCRIPTION,
                show_as=frozenset({"busy", "free", "tentative"}),
                create=can_write,
                update=can_write,
                delete=can_write,
                keyed_create=True,
            ),
            name=chosen.name or chosen.path,
            own_calendar=chosen.kind == "own",
        )
        return probe, Opened(Found(session, own, chosen, can_write), reading, writing)

    async def calendars(self) -> Sequence[CalendarInfo]:
        """The own calendar and the chosen one; others are reached by owner's name or path."""
        known = (await self.opened()).found
        listed = [calendars_of.calendar_info(known.chosen, can_write=known.can_write, selected=True)]
        if known.own is not None and known.own.path != known.chosen.path:
            listed.insert(0, calendars_of.calendar_info(known.own, can_write=True, selected=False))
        return listed

    async def find_calendar(self, named: str) -> CalendarInfo:
        """A calendar by its owner's name or its path, with what may be done there. Raises SideUnavailable."""
        known = (await self.opened()).found
        meant = await calendars_of.choose(known.session, named, known.own)
        await calendars_of.check_readable(known.session, meant, self.settings.clock())
        can_write = await calendars_of.may_write(known.session, meant)
        return calendars_of.calendar_info(meant, can_write=can_write, selected=meant.path == known.chosen.path)
