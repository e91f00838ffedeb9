"""Reads the times of one VEVENT: start, end, zone, recurrence id, rule texts, extra and excluded dates.

Each TZID is resolved against the VTIMEZONEs of its own VCALENDAR. A local time without TZID takes the zone of DTSTART where it
belongs to it (DTEND, EXDATE, RDATE, RECURRENCE-ID) and the mailbox owner's zone only in DTSTART itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from daemon.calendars import zones
from daemon.calendars.content_lines import Component, ContentLine
from daemon.calendars.recurrence_rule import read_rule, rough_end
from daemon.calendars.time_values import (
    BadValue,
    Duration,
    PeriodValue,
    TimeValue,
    read_duration,
    read_periods,
    read_time,
    stamp,
)
from daemon.calendars.zone_names import plain
from daemon.calendars.zones import Zone


@dataclass(frozen=True, slots=True)
class RecurrenceDate:
    """One RDATE: aware UTC or a date; `end` None means the length of the series."""

    start: datetime | date
    end: datetime | date | None


@dataclass(frozen=True, slots=True)
class EventTimes:
    """The times of one component; see ParsedEvent for the meaning of each."""

    start: datetime | date
    local_start: datetime
    end: datetime | date
    all_day: bool
    zone: Zone
    floating: bool
    duration: Duration | None
    recurrence_id: str
    recurrence_day: date | None
    range_future: bool
    rrules: tuple[str, ...]
    exrules: tuple[str, ...]
    rdates: tuple[RecurrenceDate, ...]
    exdates: tuple[datetime | date, ...]
    problems: tuple[str, ...]


class ZoneBook:
    """The zones one VCALENDAR defines, by TZID (quotes, outer blanks and case do not matter)."""

    def __init__(self, user_zone: str, definitions: Sequence[Component]) -> None:
        self._user_zone = user_zone
        self.user = zones.named(user_zone)
        self._texts = {plain(part.value("TZID")).casefold(): part.text for part in definitions}
        self._found: dict[tuple[str, date, date | None], Zone] = {}

    def find(self, tzid: str | None, around: datetime, until: datetime | None) -> Zone | None:
        """The zone of a TZID; None for a floating time. A blank TZID without a blank definition is floating."""
        if tzid is None:
            return None
        key = plain(tzid).casefold()
        if not key and key not in self._texts:
            return None
        slot = key, around.date().replace(day=1), until.date().replace(day=1) if until else None
        if slot not in self._found:
            self._found[slot] = zones.resolve(tzid, self._texts.get(key), self._user_zone, around, until)
        return self._found[slot]


def is_midnight(value: TimeValue) -> bool:
    """True for a time of 00:00:00 as written."""
    return value.naive.time() == datetime.min.time()


class _Moments:
    """Turns written times into instants and dates for one event, with the zone of its DTSTART as the default."""

    def __init__(self, book: ZoneBook, default: Zone, first: TimeValue, until: datetime | None) -> None:
        self._book = book
        self.default = default
        self._first = first
        self._until = until

    def instant(self, value: TimeValue) -> datetime:
        if value.kind == "utc":
            return value.naive.replace(tzinfo=UTC)
        zone = self._book.find(value.tzid, value.naive, self._until) if value.kind == "local" else None
        return (zone or self.default).to_utc(value.naive)

    def series_instant(self, value: TimeValue) -> datetime:
        """An RDATE of a timed series; a bare date means the time of day of DTSTART on that day."""
        if value.kind != "date":
            return self.instant(value)
        local = datetime.combine(value.naive, self._first.naive.time())
        return self.instant(TimeValue(self._first.kind, local, self._first.tzid))

    def local_day(self, value: TimeValue) -> date:
        """The calendar day as written; an instant in UTC by the event's own zone."""
        if value.kind == "utc":
            return self.default.from_utc(value.naive.replace(tzinfo=UTC)).date()
        return value.naive.date()

    def whole_day(self, value: TimeValue) -> date:
        """The day meant in an all-day entry: one written as midnight UTC is a date with a time added, not an evening before."""
        return value.naive.date() if is_midnight(value) else self.local_day(value)


def read_times(component: Component, book: ZoneBook) -> EventTimes:
    """Raises BadValue (no_start, bad_date, bad_duration) or UnknownZone, both with `code` and a sentence."""
    line = component.first("DTSTART")
    if line is None or not line.value.strip():
        raise BadValue("no_start", "This entry has no start; give it one in the calendar it comes from.")
    first = read_time(line.value, line.param("TZID"))
    problems: list[str] = []
    if (line.param("VALUE") or "").upper() == "DATE" and first.kind != "date":
        problems.append("value_type")
    rrules = tuple(part.value.strip() for part in component.every("RRULE") if part.value.strip())
    periods = _periods(component, problems)
    until = rough_end(rrules, first.naive, [period.start.naive for period in periods])
    exrules = tuple(part.value.strip() for part in component.every("EXRULE") if part.value.strip())
    for rule in (*rrules, *exrules):
        problems += read_rule(rule, first.naive, all_day=first.kind == "date").problems
    zone, floating = _start_zone(first, book, until)
    if zone.custom:
        problems.append("unusual_zone")
    moments = _Moments(book, zone, first, until)
    all_day = first.kind == "date"
    start: datetime | date = first.naive.date() if all_day else moments.instant(first)
    end, duration = _end(component, first, start, moments, problems)
    recurrence_id, recurrence_day, range_future = _recurrence_id(component, moments, problems)
    return EventTimes(
        start=start,
        local_start=first.naive,
        end=end,
        all_day=all_day,
        zone=zone,
        floating=floating,
        duration=duration,
        recurrence_id=recurrence_id,
        recurrence_day=recurrence_day,
        range_future=range_future,
        rrules=rrules,
        exrules=exrules,
        rdates=tuple(_recurrence_date(period, all_day, moments) for period in periods),
        exdates=_exdates(component, all_day, moments),
        problems=tuple(problems),
    )


def _start_zone(first: TimeValue, book: ZoneBook, until: datetime | None) -> tuple[Zone, bool]:
    """(zone, floating). All-day entries live in the owner's zone without being floating times."""
    if first.kind == "date":
        return book.user, False
    if first.kind == "utc":
        return zones.named("UTC"), False
    zone = book.find(first.tzid, first.naive, until)
    return (book.user, True) if zone is None else (zone, False)


def _end(
    component: Component, first: TimeValue, start: datetime | date, moments: _Moments, problems: list[str]
) -> tuple[datetime | date, Duration | None]:
    """(end, duration). The duration is given only where DURATION decides; DTEND wins over it when both stand there."""
    line, length = component.first("DTEND"), component.value("DURATION")
    if line is not None and line.value.strip():
        if length:
            problems.append("end_and_duration")
        return _given_end(line, first, start, moments, problems), None
    try:
        duration = read_duration(length) if length else None
        if isinstance(start, datetime):
            # No end: Notes writes its reminders that way.
            return (start, None) if duration is None else (add_duration(start, duration, moments), duration)
        return (
            (start + timedelta(days=1), None)
            if duration is None
            else (_days_after(start, duration, problems), duration)
        )
    except OverflowError:
        raise BadValue("bad_duration", "This entry ends outside the calendar.") from None


def _given_end(
    line: ContentLine, first: TimeValue, start: datetime | date, moments: _Moments, problems: list[str]
) -> datetime | date:
    value = read_time(line.value, line.param("TZID"))
    if isinstance(start, datetime):
        if value.kind == "date":
            problems.append("value_type")
        end = moments.instant(value)
        if end < start:
            problems.append("end_before_start")
        return end
    day = moments.whole_day(value)
    if value.kind != "date":
        problems.append("value_type")
        local = (
            value.naive
            if value.kind == "local" or is_midnight(value)
            else moments.default.from_utc(moments.instant(value))
        )
        day += timedelta(days=1) if local.time() != datetime.min.time() else timedelta(0)
    if day == start:
        problems.append("end_is_start")
        return start + timedelta(days=1)
    if day < start:
        problems.append("end_before_start")
    return day


def add_duration(start: datetime, duration: Duration, moments: _Moments) -> datetime:
    """Days by the local clock, then exact seconds."""
    return moments_after(start, duration, moments.default)


def moments_after(start: datetime, duration: Duration, zone: Zone) -> datetime:
    """The end of a duration that begins at an aware instant: its days follow the zone's clock, its seconds do not."""
    if duration.days:
        start = zone.to_utc(zone.from_utc(start) + timedelta(days=duration.days))
    return start + timedelta(seconds=duration.seconds)


def _days_after(start: date, duration: Duration, problems: list[str]) -> date:
    days = duration.days + -(-duration.seconds // 86_400)
    if days < 0:
        problems.append("end_before_start")
    if duration.seconds:
        problems.append("value_type")
    return start + timedelta(days=days or 1)


def _recurrence_id(component: Component, moments: _Moments, problems: list[str]) -> tuple[str, date | None, bool]:
    line = component.first("RECURRENCE-ID")
    if line is None or not line.value.strip():
        return "", None, False
    value = read_time(line.value, line.param("TZID"))
    future = (line.param("RANGE") or "").upper() == "THISANDFUTURE"
    if (line.param("RANGE") or "").upper() == "THISANDPRIOR":
        problems.append("range_prior")
    day = moments.local_day(value)
    if value.kind == "date":
        return day.strftime("%Y%m%d"), day, future
    return stamp(moments.instant(value)), day, future


def named_date(component: Component, book: ZoneBook) -> tuple[str, bool]:
    """(recurrence id, THISANDFUTURE) of a component whose times cannot be read; "" where the date cannot be told either."""
    line = component.first("RECURRENCE-ID")
    if line is None:
        return "", False
    future = (line.param("RANGE") or "").upper() == "THISANDFUTURE"
    try:
        value = read_time(line.value, line.param("TZID"))
        if value.kind == "date":
            return value.naive.strftime("%Y%m%d"), future
        if value.kind == "utc":
            return stamp(value.naive.replace(tzinfo=UTC)), future
        zone = book.find(value.tzid, value.naive, None)
    except (BadValue, zones.UnknownZone):
        return "", future
    return stamp(zone.to_utc(value.naive)) if zone is not None else "", future


def _periods(component: Component, problems: list[str]) -> list[PeriodValue]:
    periods: list[PeriodValue] = []
    for line in component.every("RDATE"):
        periods.extend(read_periods(line.value, line.param("TZID")))
    if len(periods) > 20_000:
        raise BadValue("too_many", "This series lists more than 20000 dates.")
    if any(period.duration and period.end for period in periods):
        problems.append("value_type")
    return periods


def _recurrence_date(period: PeriodValue, all_day: bool, moments: _Moments) -> RecurrenceDate:
    if all_day:
        start = moments.whole_day(period.start)
        end = moments.whole_day(period.end) if period.end else None
        if period.duration:
            end = start + timedelta(days=max(period.duration.days, 1))
        return RecurrenceDate(start, end if end is None or end > start else start + timedelta(days=1))
    begin = moments.series_instant(period.start)
    if period.duration:
        return RecurrenceDate(begin, add_duration(begin, period.duration, moments))
    return RecurrenceDate(begin, moments.instant(period.end) if period.end else None)


def _exdates(component: Component, all_day: bool, moments: _Moments) -> tuple[datetime | date, ...]:
    """Instants, or dates; a date on a timed series removes that local day."""
    found: list[datetime | date] = []
    for line in component.every("EXDATE"):
        for part in line.value.replace(";", ",").split(","):
            if part.strip():
                value = read_time(part, line.param("TZID"))
                whole = moments.whole_day(value) if all_day or value.kind == "date" else None
                found.append(whole or moments.instant(value))
    return tuple(found)
