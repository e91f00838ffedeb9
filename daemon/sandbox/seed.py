"""What the sandboxes hold at their start: a sales person's calendar on both sides, or N plain Notes entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from daemon.sandbox.domino.content_lines import Component, Line, calendar_text
from daemon.sandbox.seed_appointments import Appointment, appointments
from daemon.sandbox.seed_text import notes_text, uid_of

_ZONES = {"new_york": "America/New_York", "kolkata": "Asia/Kolkata"}
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Story:
    """`notes`: VCALENDAR texts, one per entry. `salesforce`: Event fields as REST takes them.

    Each Salesforce record also has "_key", the key of the appointment it tells of (several for copies of a series:
    key#n). The dates of a series of Salesforce's own come with "_series" and the read-only fields of its pattern.
    `uids` maps a key to the UID of its Notes entry.
    """

    notes: list[str]
    salesforce: list[dict[str, object]]
    uids: dict[str, str]


def demo(today: date, zone: str) -> Story:
    """Return the demo calendar relative to `today` for a person in `zone` (IANA name); always the same."""
    story = Story([], [], {})
    for item in appointments():
        start = _start(item, today)
        where = _ZONES.get(item.zone, zone)
        if item.side != "salesforce":
            story.notes.append(notes_text(item, start, where, today))
            story.uids[item.key] = uid_of(item.key)
        # Some dates of a Notes series were typed into Salesforce by hand; those of a series made there share its pattern.
        dates = [_event(item, start + _WEEK * n, where, f"{item.key}#{n}") for n in range(item.copies)]
        if item.side == "salesforce" and item.rule:
            pattern = _pattern(item, start, where)
            dates = [{**row, **pattern} for row in dates]
        elif item.side != "notes":
            story.salesforce.append(_event(item, start, where, item.key))
        story.salesforce.extend(dates)
    return story


def numbered(n: int, today: date) -> Story:
    """Return `n` plain Notes entries of half an hour, from 30 days back over the year ahead; quick to make."""
    events: list[Component] = []
    first = datetime.combine(today - timedelta(days=30), datetime.min.time())
    step = timedelta(minutes=max(30, min(1440, (390 * 1440) // max(n, 1) // 30 * 30)))
    saved = f"{today - timedelta(days=40):%Y%m%d}T080000Z"
    slots = max(1, timedelta(days=390) // step)
    for number in range(n):
        start = first + step * (number % slots)
        lines = [
            Line("DTSTART", f"{start:%Y%m%dT%H%M%S}Z"),
            Line("DTEND", f"{start + timedelta(minutes=30):%Y%m%dT%H%M%S}Z"),
            Line("TRANSP", "OPAQUE"),
            Line("LAST-MODIFIED", saved),
            Line("DTSTAMP", saved),
            Line("SEQUENCE", "0"),
            Line("CLASS", "PUBLIC"),
            Line("SUMMARY", f"Entry {number + 1}"),
            Line("UID", uid_of(f"numbered-{number}")),
            Line("X-LOTUS-APPTTYPE", "0"),
        ]
        events.append(Component("VEVENT", lines))
    text = calendar_text([Line("VERSION", "2.0")], events)
    return Story([text] if n else [], [], {})


def _start(item: Appointment, today: date) -> datetime | date:
    """Return the naive local start (or the date); timed entries of a week-end move to the Monday after."""
    day = today + timedelta(days=item.day)
    if item.at is None:
        return day
    if day.weekday() > 4:
        day += timedelta(days=7 - day.weekday())
    return datetime.combine(day, datetime.strptime(item.at, "%H:%M").time())  # noqa: DTZ007 - a local time of day


def _pattern(item: Appointment, start: datetime | date, zone: str) -> dict[str, object]:
    """Return what the rows of one Lightning series share: pattern, start, zone, and the server's own note."""
    weekday = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[start.weekday()]
    return {
        "IsRecurrence2": True,
        "Recurrence2PatternText": f"RRULE:{item.rule.format(day=weekday)}",
        "Recurrence2PatternStartDate": _event(item, start, zone, item.key)["StartDateTime"],
        "Recurrence2PatternTimeZone": zone,
        "Recurrence2PatternVersion": "1",
        "_series": item.key,
    }


def _event(item: Appointment, start: datetime | date, zone: str, key: str) -> dict[str, object]:
    """Return the Salesforce record of an entry."""
    own = dict(item.salesforce)
    minutes = own.pop("_minutes", item.minutes)
    record: dict[str, object] = {"_key": key, "Subject": item.subject, "ShowAs": "Free" if item.free else "Busy"}
    if isinstance(start, datetime) and isinstance(minutes, int):
        begin = (start + timedelta(minutes=item.shift)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        record["StartDateTime"] = _stamp(begin)
        record["EndDateTime"] = _stamp(begin + timedelta(minutes=minutes))
    else:
        begin = datetime(start.year, start.month, start.day, tzinfo=UTC)
        record["IsAllDayEvent"] = True
        record["StartDateTime"] = _stamp(begin)
        # The end of an all-day event is inclusive in Salesforce.
        record["EndDateTime"] = _stamp(begin + timedelta(days=max(item.days, 1) - 1))
    if item.location:
        record["Location"] = item.location
    if item.description:
        record["Description"] = item.description
    if item.private:
        record["IsPrivate"] = True
    if item.reminder and isinstance(start, datetime):
        record["IsReminderSet"] = True
        record["ReminderDateTime"] = _stamp(begin - timedelta(minutes=item.reminder))
    record.update(own)
    return {name: value for name, value in record.items() if value is not None}


def _stamp(moment: datetime) -> str:
    """Write a time as the REST API does."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"
