"""Changes named properties of one VEVENT in existing iCalendar text and leaves every other line as it stands.

What another program wrote (attendees, X- properties, zones, the order and folding of lines) is not understood in full, so it is
not written anew. A change of one date of a series that has no exception yet adds one, made from the series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from daemon.calendars import property_lines as lines_of
from daemon.calendars.content_lines import ContentLine, as_bytes, as_text, cut_line, logical_lines
from daemon.calendars.icalendar_text import ParsedEvent, parse
from daemon.calendars.recurrence import Occurrence, TooMany, as_instant, expand
from daemon.calendars.time_values import BadValue, stamp

_REPEATS: Final = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"})
# Dates whose component is there for other dates too.
CARRIED: Final = frozenset({"this_and_future", "list_in_exception"})
# A date that a series moved far away is looked for in a wider window; a wide one may hold too many dates.
_REACHES: Final = (timedelta(days=40), timedelta(days=400), timedelta(days=36_500))
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
    original: bytes | str,
    uid: str,
    recurrence_id: str,
    changes: Mapping[str, object],
    *,
    user_zone: str,
    keep_floating: bool = True,
) -> str:
    """The text with the given fields of one VEVENT changed. `original` as bytes may be in any of the code pages that are read.

    `changes`: names of EventText fields with values of their types, and `cancelled` (True: STATUS says so). `start` and `end`
    are written in the entry's own zone where it has one (`zone` and `all_day` are advisory: dates make it an all-day entry).
    `alarm_minutes` None removes the alarms.
    `user_zone` (IANA): where floating times live; without `keep_floating` a floating entry whose time changes is written in UTC.
    Raises NoSuchEvent, ValueError for an unknown field, NotACalendar.
    """
    unknown = set(changes) - FIELDS
    if unknown:
        raise ValueError(f"These fields cannot be changed: {', '.join(sorted(unknown))}.")
    rows = [_Row(cut_line(line), as_text(physical)) for line, physical in logical_lines(as_bytes(original))]
    place = _find(rows, uid, recurrence_id, user_zone)
    block, later = rows[place.first : place.last + 1], []
    if place.event.uid_derived:
        # The derived UID follows the content, which changes now; written down, it keeps the entry the one it was.
        block = [block[0], _row(lines_of.text_line("UID", uid)), *_replaced(block, {"UID"}, [])[1:]]
    event = place.event
    if place.shown is not None and not place.own:
        later = block
        block = _as_exception(block, event, place.shown, keep_floating)
    elif place.shown is not None and event.range_future:
        later = _moved_on(block, event, place.following, keep_floating) if place.following else []
        block = _as_exception(block, event, place.shown, keep_floating)
    elif place.shown is not None and event.recurrence_id != recurrence_id:
        # The date was named by its day; from now on by its instant, as everywhere else.
        block = _replaced(block, {"RECURRENCE-ID"}, [_id_line(recurrence_id)])
    event = _read(rows, block, user_zone) or event
    patched = [*rows[: place.first], *later, *_changed(block, event, changes, keep_floating), *rows[place.last + 1 :]]
    return "".join(row.written for row in patched)


def _row(line: str) -> _Row:
    return _Row(cut_line(line.encode()), lines_of.folded(line))


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a date stands in the text: the rows of the component it shows and what that says.

    `shown`: the date, None for an entry that does not repeat. `own`: the component is there for this date. `following`: the
    next date that shows the component, where it is there for the later ones too.
    """

    first: int
    last: int
    event: ParsedEvent
    shown: Occurrence | None = None
    own: bool = True
    following: Occurrence | None = None


def _find(rows: list[_Row], uid: str, recurrence_id: str, user_zone: str) -> _Place:
    """The component that a date shows: its own exception, or the one (the series, a THISANDFUTURE) it comes from."""
    blocks = {
        id(event): (first, last, event)
        for first, last in _blocks(rows, "VEVENT")
        if _may_be(rows[first : last + 1], uid)
        and (event := _read(rows, rows[first : last + 1], user_zone)) is not None
        and event.uid == uid
    }
    events = [event for _, _, event in blocks.values()]
    if not recurrence_id:
        masters = [event for event in events if not event.recurrence_id]
        if masters:
            return _Place(*blocks[id(max(masters, key=lambda event: event.sort_key))])
    for reach in _REACHES if recurrence_id and events else ():
        dates = _dates_near(events, recurrence_id, reach)
        shown = next((date for date in dates if date.recurrence_id == recurrence_id), None)
        if shown is not None:
            later = [date for date in dates if date.recurrence_id > recurrence_id and date.event is shown.event]
            own = bool(shown.event.recurrence_id) and not set(shown.flags) & CARRIED
            return _Place(
                *blocks[id(shown.event)], shown, own, min(later, key=lambda date: date.recurrence_id, default=None)
            )
    for first, last, event in blocks.values():
        # A cancelled exception is no date, but it is in the text.
        if recurrence_id and event.recurrence_id == recurrence_id:
            return _Place(first, last, event)
    raise NoSuchEvent("The entry to change is not in the text that was read; start the comparison again.")


def _may_be(block: list[_Row], uid: str) -> bool:
    """Whether a component can have this UID: it says so, or it has none and the UID follows from its content."""
    said = {row.line.value.strip() for row in block if row.line.name == "UID"}
    return uid in said or "" in said or not said


def _dates_near(events: list[ParsedEvent], recurrence_id: str, reach: timedelta) -> Sequence[Occurrence]:
    """The dates of a series around an original start, and around where its exception was moved to."""
    original = datetime.strptime(recurrence_id[:8], "%Y%m%d").replace(tzinfo=UTC)
    moved = [as_instant(event.start, event) for event in events if event.recurrence_id == recurrence_id]
    try:
        return expand(events, min([original, *moved]) - reach, max([original, *moved]) + reach).occurrences
    except (TooMany, BadValue, OverflowError):
        return ()


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


def _read(rows: list[_Row], block: list[_Row], user_zone: str) -> ParsedEvent | None:
    """One VEVENT read with the zones of its text."""
    zones = "".join(row.written for first, last in _blocks(rows, "VTIMEZONE") for row in rows[first : last + 1])
    text = f"BEGIN:VCALENDAR\r\n{zones}{''.join(row.written for row in block)}END:VCALENDAR\r\n"
    events = parse(text, user_zone=user_zone).events
    return events[0] if events else None


def _id_line(recurrence_id: str) -> str:
    """RECURRENCE-ID as Notes writes it: in UTC, or a date."""
    if len(recurrence_id) > len("20260301"):
        return f"RECURRENCE-ID:{recurrence_id}"
    return f"RECURRENCE-ID;VALUE=DATE:{recurrence_id}"


def _as_exception(block: list[_Row], event: ParsedEvent, shown: Occurrence, keep_floating: bool) -> list[_Row]:
    """A copy of the component for one date as it is shown now: no rule, its own start and end."""
    kept = _replaced(block, set(_REPEATS), [])
    copy = [kept[0], _row(_id_line(shown.recurrence_id)), *kept[1:]]
    return _with_times(copy, event, shown.start, shown.end, keep_floating)


def _moved_on(block: list[_Row], event: ParsedEvent, shown: Occurrence, keep_floating: bool) -> list[_Row]:
    """A THISANDFUTURE component that begins at its next date instead, so that its first one can be changed alone."""
    line = _id_line(shown.recurrence_id).replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE", 1)
    moved = _replaced(block, {"RECURRENCE-ID"}, [line])
    return _with_times(moved, event, shown.start, shown.end, keep_floating)


def _changed(block: list[_Row], event: ParsedEvent, changes: Mapping[str, object], keep_floating: bool) -> list[_Row]:
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
        block = _with_times(block, event, start, end, keep_floating)
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
    block: list[_Row], event: ParsedEvent, start: datetime | date, end: datetime | date, keep_floating: bool
) -> list[_Row]:
    """New start and end in the form the entry has: its TZID as spelt, floating, or UTC; a repeated hour needs UTC."""
    own = next((row.line for row in block if row.line.name == "DTSTART"), None)
    tzid = own.param("TZID") if own is not None else None
    # A floating end beside a start in UTC would be read as UTC: both or neither.
    local = event.floating and keep_floating and all(_has_local(event, moment) for moment in (start, end))
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
    if not tzid or event.floating or not _has_local(event, moment):
        return lines_of.moment_line(name, moment)
    return lines_of.moment_line(name, moment, tzid, event.zone_rules.from_utc(moment))


def _has_local(event: ParsedEvent, moment: datetime | date) -> bool:
    """False for an instant that its local time does not name: the second pass of a repeated hour."""
    return not isinstance(moment, datetime) or event.zone_rules.to_utc(event.zone_rules.from_utc(moment)) == moment


def _local_time(name: str, event: ParsedEvent, moment: datetime | date) -> str:
    if not isinstance(moment, datetime):
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
