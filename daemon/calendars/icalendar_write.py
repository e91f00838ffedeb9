"""Writes iCalendar text for one entry, occurrence or new series, and changes named properties of text that exists.

For Domino: no METHOD, UTC or a TZID with its VTIMEZONE, one VALARM, RECURRENCE-ID in UTC (reference/notes.md 6 and 7). For
files: METHOD:PUBLISH and X-LOTUS-CHARSET. CRLF line ends, folded at 75 octets. Folding is the icalendar library's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from daemon.calendars import property_lines as lines_of
from daemon.calendars.event_fields import Attendee
from daemon.calendars.icalendar_patch import NoSuchEvent, patch_event
from daemon.calendars.series_rule import rule_of
from daemon.calendars.time_values import stamp
from daemon.calendars.vtimezone_write import vtimezone_lines
from daemon.calendars.zones import UnknownZone, Zone, named

__all__ = ["EventText", "NoSuchEvent", "patch_event", "write_calendar", "write_series"]

PRODID: Final = "-//Daybridge//Daybridge calendar//EN"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class EventText:
    """What one VEVENT shall say. Times: aware UTC datetimes, or dates with an exclusive end when `all_day`.

    `zone`: IANA name to write the times in; None (or `custom`) writes UTC. `recurrence_id`: "" or 20260301T090000Z or 20260301.
    `attendees`: (name, email, role, participation state). `dtstamp` is the caller's clock; without it the epoch is written
    (RFC 5545 asks for one, and it is a version hint only).
    """

    uid: str
    recurrence_id: str
    summary: str
    location: str
    description: str
    start: datetime | date
    end: datetime | date
    all_day: bool
    zone: str | None
    show_as: str
    private: bool
    alarm_minutes: int | None
    categories: tuple[str, ...]
    sequence: int | None
    organizer_email: str | None
    attendees: tuple[Attendee, ...]
    dtstamp: datetime | None = None


def write_calendar(event: EventText, *, method: str | None) -> str:
    """A VCALENDAR with one VEVENT. `method` None for Domino (which refuses one), "PUBLISH" for files.

    An empty location or description is written, so that the other side's text is cleared and not kept. Raises ValueError when
    the kinds of start and end do not fit `all_day`, or show_as is no known word.
    """
    zone = _zone(event, [event.start])
    return _calendar(event, zone, method, event.end.year, ())


def write_series(
    event: EventText, starts: Sequence[datetime | date], *, method: str | None, periods: bool = True
) -> list[str]:
    """A series that is ``event`` at each of ``starts`` (two or more, distinct, of the event's kind), in each form it can have.

    The best first: a rule where one gives these dates, then the list of them, the first included: as periods, the way Notes
    writes it, or else as plain starts. All dates have the event's length; what stands in ``event.start`` does not count.
    """
    ordered = sorted(starts)
    length = _length(event)
    first = replace(event, start=ordered[0], end=ordered[0] + length)
    zone = _zone(event, ordered)
    rule = rule_of([_local(start, zone) for start in ordered])
    repeats = [] if rule is None else [f"RRULE:{rule}"]
    repeats.append(_dates(first, ordered, zone, periods=periods))
    last_year = (ordered[-1] + length).year
    return [_calendar(first, zone, method, last_year, (line,)) for line in repeats]


def _length(event: EventText) -> timedelta:
    """Raises ValueError when the kinds of start and end do not fit `all_day`."""
    start, end = event.start, event.end
    if isinstance(start, datetime) and isinstance(end, datetime) and not event.all_day:
        return end - start
    if event.all_day and not isinstance(start, datetime) and not isinstance(end, datetime):
        return end - start
    raise ValueError("An all-day entry needs dates, a timed one date-times.")


def _calendar(event: EventText, zone: Zone | None, method: str | None, last_year: int, repeats: Sequence[str]) -> str:
    lines = ["BEGIN:VCALENDAR"]
    if method is not None:
        lines.append("X-LOTUS-CHARSET:UTF-8")
    lines += ["VERSION:2.0", f"PRODID:{PRODID}"]
    if method is not None:
        lines.append(f"METHOD:{method}")
    if zone is not None and zone.name is not None:
        lines += vtimezone_lines(zone.name, event.start.year - 1, last_year + 1)
    lines += ["BEGIN:VEVENT", *_event_lines(event, zone, repeats), "END:VEVENT", "END:VCALENDAR"]
    return "".join(lines_of.folded(line) for line in lines)


def _dates(event: EventText, starts: Sequence[datetime | date], zone: Zone | None, *, periods: bool) -> str:
    """RDATE with every start; each with its end where ``periods`` are wanted and there are times of day."""
    if event.all_day:
        return f"RDATE;VALUE=DATE:{','.join(f'{start:%Y%m%d}' for start in starts)}"
    tzid = f";TZID={lines_of.parameter(zone.name)}" if zone is not None and zone.name is not None else ""
    mark = "" if tzid else "Z"

    def written(moment: datetime | date) -> str:
        return f"{_local(moment, zone):%Y%m%dT%H%M%S}{mark}"

    length = _length(event)
    values = [f"{written(start)}/{written(start + length)}" if periods else written(start) for start in starts]
    return f"RDATE{tzid}{';VALUE=PERIOD' if periods else ''}:{','.join(values)}"


def _local(moment: datetime | date, zone: Zone | None) -> datetime:
    """A moment as it is written: naive local time of the zone, of UTC without one; a date is its midnight."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, datetime.min.time())
    return moment.astimezone(UTC).replace(tzinfo=None) if zone is None else zone.from_utc(moment)


def _zone(event: EventText, starts: Sequence[datetime | date]) -> Zone | None:
    """The zone to write in; None for UTC, also where a local time would be read as another instant (a repeated hour).

    Raises ValueError when the kinds of start and end do not fit `all_day`.
    """
    length = _length(event)
    if event.zone in (None, "custom", "UTC") or event.zone is None or event.all_day:
        return None
    try:
        zone = named(event.zone)
    except UnknownZone:
        return None
    moments = [moment for start in starts for moment in (start, start + length) if isinstance(moment, datetime)]
    whole = all(zone.to_utc(zone.from_utc(moment)) == moment for moment in moments)
    return zone if whole else None


def _event_lines(event: EventText, zone: Zone | None, repeats: Sequence[str]) -> list[str]:
    lines = [lines_of.text_line("UID", event.uid)] if event.uid else []
    if len(event.recurrence_id) == len("20260301"):
        lines.append(f"RECURRENCE-ID;VALUE=DATE:{event.recurrence_id}")
    elif event.recurrence_id:
        lines.append(f"RECURRENCE-ID:{event.recurrence_id}")
    lines += [
        f"DTSTAMP:{stamp(event.dtstamp or _EPOCH)}",
        _time("DTSTART", event.start, zone),
        _time("DTEND", event.end, zone),
        *repeats,
        lines_of.text_line("SUMMARY", event.summary),
        lines_of.text_line("LOCATION", event.location),
        lines_of.text_line("DESCRIPTION", event.description),
        lines_of.class_line(event.private),
        *lines_of.show_as_lines(event.show_as),
    ]
    if event.categories:
        lines.append(lines_of.category_line(event.categories))
    if event.sequence is not None:
        lines.append(f"SEQUENCE:{event.sequence}")
    lines += lines_of.people_lines(event.organizer_email, event.attendees)
    return lines + (lines_of.alarm_lines(event.alarm_minutes) if event.alarm_minutes is not None else [])


def _time(name: str, moment: datetime | date, zone: Zone | None) -> str:
    if zone is None or not isinstance(moment, datetime):
        return lines_of.moment_line(name, moment)
    return lines_of.moment_line(name, moment, zone.name, zone.from_utc(moment))
