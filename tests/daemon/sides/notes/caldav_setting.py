"""What the tests of the CalDAV connector share: a calendar on a server with a side on it, and texts of entries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from daemon.sides.contract import Observation, Outcome, Refused, SideError, Write
from daemon.sides.notes.caldav import CaldavSide
from daemon.sync.trees import Record
from shared.models import Image
from shared.states import Group
from tests.daemon.sides.notes.caldav_servers import PASSWORD, USER, Relay, Server, member
from tests.daemon.sides.notes.domino_setting import NOW, QUICK, WINDOW, ZONE, quiet

BERLIN = (
    "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19701025T030000\r\n"
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"
    "BEGIN:DAYLIGHT\r\nDTSTART:19700329T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nTZOFFSETFROM:+0100\r\n"
    "TZOFFSETTO:+0200\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n"
)


def entry(uid: str, *lines: str, start: str = "20260310T090000Z", end: str = "20260310T100000Z") -> str:
    """One VEVENT as servers want it, with DTSTAMP; ``start`` may carry parameters (``;TZID=...:``)."""

    def moment(name: str, value: str) -> str:
        return f"{name}{value}" if value[0] in ":;" else f"{name}:{value}"

    given = [f"UID:{uid}", "DTSTAMP:20260101T000000Z", moment("DTSTART", start), moment("DTEND", end), *lines]
    return "\r\n".join(["BEGIN:VEVENT", *given, "END:VEVENT", ""])


def calendar(*parts: str) -> str:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Example//EN\r\n{''.join(parts)}END:VCALENDAR\r\n"


def weekly(uid: str, *more: str) -> str:
    """Four Tuesdays in Berlin, over the change to summer time."""
    start, end = ";TZID=Europe/Berlin:20260317T100000", ";TZID=Europe/Berlin:20260317T110000"
    series = entry(uid, "SUMMARY:Weekly", "RRULE:FREQ=WEEKLY;COUNT=4", start=start, end=end)
    return calendar(BERLIN, series, *more)


NEW = Image(subject="New", location="Here", starts_at="2026-03-12T10:00Z", ends_at="2026-03-12T11:00Z")
WEEKLY_IDS = ("20260317T090000Z", "20260324T090000Z", "20260331T080000Z", "20260407T080000Z")


def side_of(url: str, user: str = USER, password: str = PASSWORD, calendar: str = "", **given: Any) -> CaldavSide:
    settings: dict[str, Any] = {"zone": ZONE, "clock": lambda: NOW, "policy": QUICK, **given}
    return CaldavSide(url, user, password, calendar, **settings)


@dataclass
class Place:
    """A calendar on a server, and sides on it."""

    server: Server
    path: str
    url: str
    relay: Relay
    sides: list[CaldavSide] = field(default_factory=list)

    def side(self, **given: Any) -> CaldavSide:
        side = side_of(self.url + self.path, **given)
        self.sides.append(side)
        return side

    def put(self, uid: str, text: str) -> str:
        path = member(self.path, uid)
        self.server.put(path, text)
        return path

    def text(self, uid: str) -> str:
        return self.server.get(member(self.path, uid))

    def delete(self, uid: str) -> None:
        self.server.delete(member(self.path, uid))

    async def close(self) -> None:
        for side in self.sides:
            await side.close()
        await self.relay.cut()


async def read(side: CaldavSide, known: dict[str, Record] | None = None, bookmark: str = "") -> Observation:
    return await side.observe(WINDOW, bookmark, known or {}, quiet)


def by_key(observation: Observation) -> dict[str, Record]:
    return {record.key: record for record in observation.records}


async def send(side: CaldavSide, *writes: Write) -> list[Outcome]:
    return [outcome async for outcome in side.write(writes)]


def update(record: Record, after: Image, *groups: Group) -> Write:
    return Write("u", "update", record.key, record.version, record.image, after, frozenset(groups), raw=record.raw)


def delete(record: Record) -> Write:
    return Write("d", "delete", record.key, record.version, record.image)


def create(after: Image, create_key: str = "intent-1") -> Write:
    return Write("c", "create", after=after, groups=frozenset(Group), create_key=create_key)


async def code_of(side_url: str, **given: str) -> str:
    """The code of the sentence that opening a side gives."""
    side = side_of(side_url, **given)
    with pytest.raises(SideError) as told:
        await side.open()
    await side.close()
    return told.value.text.code


def merged(known: dict[str, Record], seen: Observation) -> dict[str, Record]:
    """The tree after a delta, as runs.compare makes it."""
    return {**{key: record for key, record in known.items() if key not in seen.gone}, **by_key(seen)}


async def first_reading(side: CaldavSide) -> tuple[dict[str, Record], str]:
    seen = await read(side)
    assert seen.full
    return by_key(seen), seen.coverage.bookmark


def refusal_of(outcome: Outcome) -> str:
    assert isinstance(outcome, Refused), outcome
    return outcome.text.code
