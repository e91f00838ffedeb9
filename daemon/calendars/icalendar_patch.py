"""Changes named properties of one VEVENT in existing iCalendar text and leaves every other line as it stands.

What another program wrote (attendees, X- properties, zones, the order and folding of lines) is not understood in full, so it is
not written anew. A change of one date of a series that has no exception yet adds one, made from the series.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from daemon.calendars import property_lines as lines_of
from daemon.calendars.content_lines import ContentLine, as_bytes, as_text, cut_line, logical_lines
from daemon.calendars.icalendar_text import ParsedEvent, parse
from daemon.calendars.occurrence_set import end_for
from daemon.calendars.time_values import stamp

_REPEATS: Final = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"})
_TIMES: Final = frozenset({"DTSTART", "DTEND", "DURATION"})
FIELDS: Final = frozenset(
    {
        "summary", "location", "description", "start", "end", "all_day", "zone", "show_as", "private", "alarm_minutes",
        "categories", "sequence", "dtstamp", "cancelled",
    }
)  # fmt: skip


class NoSuchEvent(LookupError):
    """The text holds no VEVENT with that UID, or none that the recurrence id could belong to."""


@dataclass(slots=True)
class _Row:
    """One logical line: as read, and as it shall be written."""

    line: ContentLine
    written: str


def patch_event(
    original: bytes | str, uid: str, recurrence_id: str, changes: Mapping[str, object], *, user_zone: str | None = None
) -> str:
    """The text with the given fields of one VEVENT changed. `original` as bytes may be in any of the code pages that are read.

    `changes`: names of EventText fields with values of their types, and `cancelled` (True: STATUS says so). `start` and `end`
    are written in the entry's own zone where it has one (`zone` and `all_day` are advisory: dates make it an all-day entry).
    `alarm_minutes` None removes the alarms.
    `user_zone` (IANA): where floating times live; without it a floating entry whose time changes is written in UTC.
    Raises NoSuchEvent, ValueError for an unknown field, NotACalendar.
    """
    unknown = set(changes) - FIELDS
    if unknown:
        raise ValueError(f"These fields cannot be changed: {', '.join(sorted(unknown))}.")
    rows = [_Row(cut_line(line), as_text(physical)) for line, physical in logical_lines(as_bytes(original))]
    first, last, event = _find(rows, uid, recurrence_id, user_zone)
    block = rows[first : last + 1]
    if event.uid_derived:  # made from the content, which is about to change: written down, the entry stays the same one
        block = [block[0], _row(f"UID:{uid}"), *block[1:]]
    if recurrence_id and not event.recurrence_id and event.recurs:
        block = _as_exception(block, event, recurrence_id, user_zone)
        event = _read(rows, block, user_zone) or event
        patched = [*rows[: last + 1], *_changed(block, event, changes, user_zone), *rows[last + 1 :]]
    else:
        patched = [*rows[:first], *_changed(block, event, changes, user_zone), *rows[last + 1 :]]
    return "".join(row.written for row in patched)


def _row(line: str) -> _Row:
    return _Row(cut_line(line.encode()), lines_of.folded(line))


def _find(rows: list[_Row], uid: str, recurrence_id: str, user_zone: str | None) -> tuple[int, int, ParsedEvent]:
    """(first row, last row, what it says) of the component meant: the exception itself, or the series it would belong to."""
    series: tuple[int, int, ParsedEvent] | None = None
    for first, last in _blocks(rows, "VEVENT"):
        event = _read(rows, rows[first : last + 1], user_zone)
        if event is None or event.uid != uid:
            continue
        if event.recurrence_id == recurrence_id:
            return first, last, event
        if recurrence_id and not event.recurrence_id:
            series = first, last, event
    if series is None:
        raise NoSuchEvent("The entry to change is not in the text that was read; start the comparison again.")
    return series


def _blocks(rows: list[_Row], name: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    begin: int | None = None
    for index, row in enumerate(rows):
        if row.line.value.strip().upper() == name:
            if row.line.name == "BEGIN":
                begin = index
            elif row.line.name == "END" and begin is not None:
                found.append((begin, index))
                begin = None
    return found


def _read(rows: list[_Row], block: list[_Row], user_zone: str | None) -> ParsedEvent | None:
    """One VEVENT read with the zones of its text."""
    zones = "".join(row.written for first, last in _blocks(rows, "VTIMEZONE") for row in rows[first : last + 1])
    text = f"BEGIN:VCALENDAR\r\n{zones}{''.join(row.written for row in block)}END:VCALENDAR\r\n"
    events = parse(text, user_zone=user_zone or "UTC").events
    return events[0] if events else None


def _as_exception(block: list[_Row], series: ParsedEvent, recurrence_id: str, user_zone: str | None) -> list[_Row]:
    """A copy of the series for one date: no rule, its own start and end, RECURRENCE-ID in UTC as Notes writes it."""
    start: datetime | date
    if len(recurrence_id) > len("20260301"):
        start = datetime.strptime(recurrence_id, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        named = f"RECURRENCE-ID:{recurrence_id}"
    else:
        start = datetime.strptime(recurrence_id, "%Y%m%d").replace(tzinfo=UTC).date()
        named = f"RECURRENCE-ID;VALUE=DATE:{recurrence_id}"
    kept = [row for row in block if row.line.name not in _REPEATS]
    copy = [kept[0], _row(named), *kept[1:]]
    return _with_times(copy, series, start, end_for(series, start), user_zone)


def _changed(block: list[_Row], event: ParsedEvent, changes: Mapping[str, object], user_zone: str | None) -> list[_Row]:
    for name in ("summary", "location", "description"):
        if name in changes:
            block = _replaced(block, {name.upper()}, [lines_of.text_line(name.upper(), str(changes[name]))])
    if "start" in changes or "end" in changes:
        start, end = changes.get("start", event.start), changes.get("end", event.end)
        if (
            not isinstance(start, date)
            or not isinstance(end, date)
            or isinstance(start, datetime) != isinstance(end, datetime)
        ):
            raise ValueError("Start and end must both be dates or both be date-times.")
        block = _with_times(block, event, start, end, user_zone)
    if "show_as" in changes:
        names = {"TRANSP", "STATUS", "X-MICROSOFT-CDO-BUSYSTATUS"}
        block = _replaced(block, names, lines_of.show_as_lines(str(changes["show_as"])))
    if changes.get("cancelled"):
        block = _replaced(block, {"STATUS"}, ["STATUS:CANCELLED"])
    if "private" in changes:
        block = _replaced(block, {"CLASS"}, [lines_of.class_line(bool(changes["private"]))])
    if "categories" in changes:
        given = changes["categories"]
        names_given = [str(name) for name in given] if isinstance(given, list | tuple) else []
        block = _replaced(block, {"CATEGORIES"}, [lines_of.category_line(names_given)] if names_given else [])
    if isinstance(changes.get("sequence"), int):
        block = _replaced(block, {"SEQUENCE"}, [f"SEQUENCE:{changes['sequence']}"])
    moment = changes.get("dtstamp")
    if isinstance(moment, datetime):
        block = _replaced(block, {"DTSTAMP"}, [f"DTSTAMP:{stamp(moment)}"])
    return _with_alarm(block, changes["alarm_minutes"]) if "alarm_minutes" in changes else block


def _depths(block: list[_Row]) -> list[int]:
    """1 for the component's own lines (BEGIN and END included), more inside its parts."""
    depths: list[int] = []
    depth = 0
    for row in block:
        depth += row.line.name == "BEGIN"
        depths.append(depth)
        depth -= row.line.name == "END"
    return depths


def _replaced(block: list[_Row], names: set[str], lines: list[str]) -> list[_Row]:
    """The component's own lines of these names replaced, at the place of the first, or before its end."""
    depths = _depths(block)
    hits = [index for index, row in enumerate(block) if row.line.name in names and depths[index] == 1]
    place = hits[0] if hits else next((i for i, depth in enumerate(depths) if depth == 2), len(block) - 1)
    kept = set(hits)
    before = [row for index, row in enumerate(block) if index < place and index not in kept]
    after = [row for index, row in enumerate(block) if index >= place and index not in kept]
    return [*before, *(_row(line) for line in lines), *after]


def _with_times(
    block: list[_Row], event: ParsedEvent, start: datetime | date, end: datetime | date, user_zone: str | None
) -> list[_Row]:
    """New start and end in the form the entry has: its TZID as spelt, floating, or UTC; a repeated hour needs UTC."""
    own = next((row.line for row in block if row.line.name == "DTSTART"), None)
    tzid = own.param("TZID") if own is not None else None
    local = event.floating and user_zone is not None
    lines = [
        _local_time(name, event, moment) if local else _time(name, event, moment, tzid)
        for name, moment in (("DTSTART", start), ("DTEND", end))
    ]
    block = _replaced(block, set(_TIMES), lines)
    # Notes repeats the time of an exception as a one-period RDATE; it would now name the former one.
    return _replaced(block, {"RDATE"}, []) if event.recurrence_id and len(event.rdates) == 1 else block


def _time(name: str, event: ParsedEvent, moment: datetime | date, tzid: str | None) -> str:
    if not isinstance(moment, datetime) or event.all_day:
        return lines_of.moment_line(name, moment)
    local = event.zone_rules.from_utc(moment)
    if not tzid or event.floating or event.zone_rules.to_utc(local) != moment:
        return lines_of.moment_line(name, moment)
    return lines_of.moment_line(name, moment, tzid, local)


def _local_time(name: str, event: ParsedEvent, moment: datetime | date) -> str:
    if not isinstance(moment, datetime) or event.zone_rules.to_utc(event.zone_rules.from_utc(moment)) != moment:
        return lines_of.moment_line(name, moment)
    return f"{name}:{event.zone_rules.from_utc(moment):%Y%m%dT%H%M%S}"


def _with_alarm(block: list[_Row], minutes: object) -> list[_Row]:
    """One alarm: the first one's TRIGGER changed and later alarms kept, a new one added, or all removed for None."""
    alarms = _blocks(block, "VALARM")
    if not isinstance(minutes, int):
        inside = {index for first, last in alarms for index in range(first, last + 1)}
        return [row for index, row in enumerate(block) if index not in inside]
    if not alarms:
        return [*block[:-1], *(_row(line) for line in lines_of.alarm_lines(minutes)), block[-1]]
    first, last = alarms[0]
    alarm = [row for row in block[first : last + 1] if row.line.name != "TRIGGER"]
    return [*block[:first], *alarm[:-1], _row(lines_of.trigger_line(minutes)), alarm[-1], *block[last + 1 :]]
