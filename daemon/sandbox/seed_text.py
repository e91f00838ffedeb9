"""Writes the demo's entries as the iCalendar text that Notes would have written."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from daemon.sandbox.domino.content_lines import Component, Line, calendar_text, escape
from daemon.sandbox.seed_appointments import Appointment

_HEAD = (
    Line("X-LOTUS-CHARSET", "UTF-8"),
    Line("VERSION", "2.0"),
    Line("PRODID", "-//Lotus Development Corporation//NONSGML Notes 12.0.2//EN_C"),
    Line("METHOD", "PUBLISH"),
)
#: IANA name -> how Notes calls the zone.
_NOTES_NAMES = {
    "Europe/Berlin": "Western/Central Europe",
    "America/New_York": "Eastern",
    "America/Chicago": "Central",
    "America/Los_Angeles": "Pacific",
    "Asia/Kolkata": "India",
}
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_OWNER = ("Jane Doe/Example", "jane.doe@example.com")
_APP_TYPES = {"appointment": "0", "anniversary": "1", "all_day": "2", "meeting": "3", "reminder": "4"}


def uid_of(key: str) -> str:
    """Return the UID that belongs to a key of the story."""
    return f"{hashlib.sha256(key.encode()).hexdigest()[:32].upper()}-Lotus_Notes_Generated"


def vtimezone(zone: str, year: int) -> Component | None:
    """Return the VTIMEZONE of a zone as Notes writes it; None where its rules are not two a year or none at all."""
    info, changes = ZoneInfo(zone), _changes(zone, year)
    made = Component("VTIMEZONE", [Line("TZID", _NOTES_NAMES.get(zone, zone))])
    if not changes:
        offset = f"{datetime(year, 1, 1, tzinfo=info):%z}"
        made.children.append(_observance("STANDARD", "19500101T000000", offset, offset, ""))
        return made
    if len(changes) != 2:
        return None
    for before, after in changes:
        local = (before + timedelta(hours=1)).replace(tzinfo=None)
        nth = -1 if (local + timedelta(days=7)).month != local.month else (local.day - 1) // 7 + 1
        rule = (
            f"FREQ=YEARLY;BYMINUTE={local.minute};BYHOUR={local.hour};"
            f"BYDAY={nth}{_WEEKDAYS[local.weekday()]};BYMONTH={local.month}"
        )
        start = _first_of_1950(local, nth)
        kind = "DAYLIGHT" if after.dst() else "STANDARD"
        made.children.append(_observance(kind, f"{start:%Y%m%dT%H%M%S}", f"{before:%z}", f"{after:%z}", rule))
    return made


@lru_cache(maxsize=16)
def _changes(zone: str, year: int) -> list[tuple[datetime, datetime]]:
    """Return the hours (before, after) around each change of a zone's offset in a year."""
    info = ZoneInfo(zone)
    hours = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(366 * 24)]
    local = [hour.astimezone(info) for hour in hours if hour.year == year]
    return [(one, two) for one, two in pairwise(local) if one.utcoffset() != two.utcoffset()]


def _first_of_1950(local: datetime, nth: int) -> datetime:
    """Return the day of 1950 on which the rule of a change first applies."""
    day = local.replace(year=1950, day=1)
    days = [day + timedelta(days=n) for n in range(31)]
    fitting = [d for d in days if d.month == local.month and d.weekday() == local.weekday()]
    return fitting[nth - 1] if nth > 0 else fitting[-1]


def _observance(kind: str, start: str, back: str, on: str, rule: str) -> Component:
    """Return one observance."""
    lines = [Line("DTSTART", start), Line("TZOFFSETFROM", back), Line("TZOFFSETTO", on)]
    return Component(kind, [*lines, Line("RRULE", rule)] if rule else lines)


def notes_text(item: Appointment, start: datetime | date, zone: str, today: date) -> str:
    """Return the VCALENDAR of one entry; `start` is local time in `zone` (naive) or a date."""
    definition = vtimezone(zone, today.year) if isinstance(start, datetime) and zone != "UTC" else None
    if isinstance(start, datetime) and definition is None:
        start = start.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    writer = _Writer(item, zone, definition, datetime.combine(today, datetime.min.time(), UTC) - timedelta(days=20))
    events = writer.events(start)
    return calendar_text(_HEAD, [*([definition] if definition else []), *events])


class _Writer:
    """Writes the VEVENTs of one entry."""

    def __init__(self, item: Appointment, zone: str, definition: Component | None, saved: datetime) -> None:
        self.item = item
        self.info = ZoneInfo(zone)
        self.tzid = definition.value("TZID") if definition else None
        self.saved = f"{saved + timedelta(hours=8):%Y%m%dT%H%M%SZ}"

    def moment(self, name: str, at: datetime | date) -> Line:
        """Write a start or an end."""
        if not isinstance(at, datetime):
            return Line(name, f"{at:%Y%m%d}", (("VALUE", ("DATE",)),))
        if self.tzid is None:
            return Line(name, f"{at:%Y%m%dT%H%M%SZ}")
        return Line(name, f"{at:%Y%m%dT%H%M%S}", (("TZID", (self.tzid,)),))

    def utc_id(self, at: datetime) -> str:
        """Return the id of a date of a series."""
        aware = at if at.tzinfo else at.replace(tzinfo=self.info)
        return f"{aware.astimezone(UTC):%Y%m%dT%H%M%SZ}"

    def events(self, start: datetime | date) -> list[Component]:
        """Return the entry and its changed dates."""
        item = self.item
        if not isinstance(start, datetime) or not item.rule:
            return [self.event(start, [])]
        if item.rule.startswith("dates"):
            return self._listed(start)
        rule = item.rule.format(day=_WEEKDAYS[start.weekday()], monthday=start.day)
        step = timedelta(days=7 * (2 if "INTERVAL=2" in rule else 1))
        dates = [Line("RRULE", rule)]
        if item.excepted:
            dates.append(Line("EXDATE", ",".join(self.utc_id(start + step * n) for n in item.excepted)))
        return [self.event(start, dates)]

    def _listed(self, first: datetime) -> list[Component]:
        """Return a series that was rescheduled: periods at the present times, exceptions with the original ids."""
        _, step, count = self.item.rule.split()
        originals = [first + timedelta(days=int(step) * n) for n in range(int(count))]
        shifts = dict(self.item.moved)
        now = [at + timedelta(minutes=shifts.get(n, 0)) for n, at in enumerate(originals)]
        line = Line("RDATE", ",".join(self._period(at) for at in now), self.moment("X", first).params)
        events = [self.event(first, [line.with_param("VALUE", "PERIOD")])]
        for n in shifts:
            single = Line("RDATE", self._period(now[n]), self.moment("X", first).params).with_param("VALUE", "PERIOD")
            own = [single, Line("RECURRENCE-ID", self.utc_id(originals[n]))]
            events.append(self.event(now[n], own))
        return events

    def _period(self, at: datetime) -> str:
        """Write one period."""
        end = at + timedelta(minutes=self.item.minutes or 0)
        return f"{self.moment('X', at).value}/{self.moment('X', end).value}"

    def event(self, start: datetime | date, dates: list[Line]) -> Component:
        """Return one VEVENT."""
        item = self.item
        lines = [self.moment("DTSTART", start)]
        if isinstance(start, datetime) and item.minutes is not None:
            lines.append(self.moment("DTEND", start + timedelta(minutes=item.minutes)))
        elif not isinstance(start, datetime) and item.days:
            lines.append(self.moment("DTEND", start + timedelta(days=item.days)))
        lines += [Line("TRANSP", "TRANSPARENT" if item.free else "OPAQUE"), *dates]
        lines += [Line("LAST-MODIFIED", self.saved), Line("DTSTAMP", self.saved), Line("SEQUENCE", "0")]
        lines += self._people()
        lines.append(Line("CLASS", "PRIVATE" if item.private else "PUBLIC"))
        for name, text in (("DESCRIPTION", item.description), ("SUMMARY", item.subject), ("LOCATION", item.location)):
            if text:
                lines.append(Line(name, escape(text)))
        if item.categories:
            lines.append(Line("CATEGORIES", escape(item.categories)))
        if item.attachments:
            files = (("VALUE", ("BINARY",)), ("ENCODING", ("BASE64",)))
            lines += [Line("ATTACH", "RXhhbXBsZQ==", (*files, ("X-FILENAME", (name,)))) for name in item.attachments]
            lines.append(Line("X-LOTUS-HASATTACH", "TRUE"))
        lines += [Line("UID", uid_of(item.key)), Line("X-LOTUS-UPDATE-SEQ", "1"), Line("X-LOTUS-NOTESVERSION", "2")]
        lines.append(Line("X-LOTUS-APPTTYPE", _APP_TYPES[self._kind(start)]))
        return Component("VEVENT", lines, self._alarm())

    def _kind(self, start: datetime | date) -> str:
        """Return the kind of entry."""
        if self.item.invitees:
            return "meeting"
        if isinstance(start, datetime):
            return "reminder" if self.item.minutes is None else "appointment"
        return "all_day" if self.item.days else "anniversary"

    def _people(self) -> list[Line]:
        """Return the chair and the invitees of a meeting."""
        if not self.item.invitees:
            return []
        name, email = _OWNER
        chair = (("ROLE", ("CHAIR",)), ("PARTSTAT", ("ACCEPTED",)), ("CN", (name,)), ("RSVP", ("FALSE",)))
        lines = [Line("ATTENDEE", f"mailto:{email}", chair)]
        for guest in self.item.invitees:
            params = (
                ("ROLE", ("REQ-PARTICIPANT",)),
                ("PARTSTAT", ("NEEDS-ACTION",)),
                ("CN", (guest,)),
                ("RSVP", ("TRUE",)),
            )
            address = guest.partition("/")[0].lower().replace(" ", ".")
            lines.append(Line("ATTENDEE", f"mailto:{address}@example.com", params))
        return [*lines, Line("ORGANIZER", f"mailto:{email}", (("CN", (name,)),))]

    def _alarm(self) -> list[Component]:
        """Return the alarm, if there is one."""
        if self.item.reminder is None:
            return []
        lines = [
            Line("ACTION", "DISPLAY"),
            Line("TRIGGER", f"-PT{self.item.reminder}M"),
            Line("DESCRIPTION", escape(self.item.subject)),
        ]
        return [Component("VALARM", lines)]
