"""The dates of one series before its exceptions: (RRULE and RDATE and DTSTART) minus EXDATE, as in reference/sync.md 4.3.

A finite set is worked out whole as long as it stays under MAX_CANDIDATES; an endless one, and a finite one that is larger,
only to the edge given. Local times in a gap move forward, ambiguous ones are their first occurrence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from daemon.calendars.event_times import moments_after
from daemon.calendars.icalendar_text import ParsedEvent
from daemon.calendars.recurrence_rule import END_OF_TIME, MAX_CANDIDATES, Rule, read_rule
from daemon.calendars.time_values import TimeValue, stamp

Moment = datetime | date
_DAY: Final = timedelta(days=1)


class TooMany(Exception):
    """More dates than the limits of contracts.md 12 allow; reason code `too_many`."""

    code: Final = "too_many"

    def __init__(self, limit: int) -> None:
        super().__init__(f"This series has more than {limit} dates; that cannot be kept in step.")
        self.limit = limit


@dataclass(slots=True)
class Member:
    """One date of a set. `listed`: DTSTART or an RDATE of a listed series, which an exception may match by its new start."""

    start: Moment
    end: Moment
    day: date
    listed: bool
    flags: tuple[str, ...] = ()


@dataclass(slots=True)
class OccurrenceSet:
    """Members by id (the original start as text). `whole`: every date of the set is here, not only those to the edge."""

    members: dict[str, Member] = field(default_factory=dict)
    endless: bool = False
    whole: bool = True
    flags: list[str] = field(default_factory=list)


def moment_id(moment: Moment) -> str:
    """The id of an occurrence: 20260301T090000Z, or 20260301 for a date."""
    return stamp(moment) if isinstance(moment, datetime) else moment.strftime("%Y%m%d")


def local_of(event: ParsedEvent, moment: Moment) -> datetime:
    """A moment as the naive local time of the event's zone (a date: midnight)."""
    if isinstance(moment, datetime):
        return event.zone_rules.from_utc(moment)
    return datetime.combine(moment, datetime.min.time())


def moment_of(event: ParsedEvent, local: datetime) -> Moment:
    """A naive local time as the event's kind of moment."""
    return local.date() if event.all_day else event.zone_rules.to_utc(local)


def end_for(event: ParsedEvent, start: Moment) -> Moment:
    """The end of an instance: the same exact length, except that a DURATION in days follows the local clock."""
    if isinstance(start, datetime) and isinstance(event.start, datetime) and isinstance(event.end, datetime):
        if event.duration is not None:
            return moments_after(start, event.duration, event.zone_rules)
        return start + (event.end - event.start)
    return start + (_date(event.end) - _date(event.start))


def _date(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def dates_of(event: ParsedEvent, edge: datetime) -> OccurrenceSet:
    """The set of a master. `edge` (aware UTC): endless rules are generated to a little after it. Raises TooMany."""
    found = OccurrenceSet()
    listed = bool(event.rdates)
    found.members[moment_id(event.start)] = Member(event.start, event.end, local_of(event, event.start).date(), listed)
    in_rule = not event.rrules
    for text in event.rrules:
        rule = read_rule(text, event.local_start, all_day=event.all_day)
        found.endless = found.endless or rule.endless
        for moment, local in _generate(rule, event, edge, found):
            in_rule = in_rule or moment == event.start
            _add(found, event, moment, local, end=None, listed=False)
    for extra in event.rdates:
        _add(found, event, extra.start, local_of(event, extra.start), end=extra.end, listed=True)
    if not in_rule:
        found.flags.append("start_not_in_rule")
    _exclude(found, event, edge)
    return found


def _add(
    found: OccurrenceSet, event: ParsedEvent, moment: Moment, local: datetime, *, end: Moment | None, listed: bool
) -> None:
    key = moment_id(moment)
    known = found.members.get(key)
    if known is not None:
        known.end = known.end if end is None else end
        known.listed = known.listed or listed
        return
    shifted = isinstance(moment, datetime) and event.zone_rules.from_utc(moment) != local
    flags = ("moved_out_of_gap",) if shifted else ()
    found.members[key] = Member(moment, end_for(event, moment) if end is None else end, local.date(), listed, flags)


def _generate(
    rule: Rule, event: ParsedEvent, edge: datetime, found: OccurrenceSet
) -> Iterator[tuple[Moment, datetime]]:
    """(moment, local start) of a rule: whole when finite and small enough, otherwise to the edge."""
    start = event.local_start
    near = min(event.zone_rules.from_utc(edge) + 2 * _DAY, END_OF_TIME)
    if not rule.endless and (rule.count is None or rule.count <= MAX_CANDIDATES):
        reach = rule.reach(start)
        locals_ = _bounded(rule, start, reach)
        complete = rule.until is not None and rule.until.naive + _DAY <= reach
        complete = complete or (rule.count is not None and locals_ is not None and len(locals_) >= rule.count)
        if locals_ is not None and complete:
            yield from _kept(rule, event, locals_)
            return
        if locals_ is not None and near <= reach:
            found.whole = False
            yield from _kept(rule, event, [local for local in locals_ if local <= near])
            return
    found.whole = False
    if rule.reach(start) < near:
        raise TooMany(MAX_CANDIDATES)
    locals_ = _bounded(rule, start, near)
    if locals_ is None:
        raise TooMany(MAX_CANDIDATES)
    yield from _kept(rule, event, locals_)


def _bounded(rule: Rule, start: datetime, last: datetime) -> list[datetime] | None:
    """Local starts up to `last`; None when there are more than MAX_CANDIDATES."""
    locals_: list[datetime] = []
    for local in rule.starts(start, last):
        if len(locals_) >= MAX_CANDIDATES:
            return None
        locals_.append(local)
    return locals_


def _kept(rule: Rule, event: ParsedEvent, locals_: list[datetime]) -> Iterator[tuple[Moment, datetime]]:
    for local in locals_:
        moment = moment_of(event, local)
        if rule.until is None or _not_after(moment, local, rule.until):
            yield moment, local


def _not_after(moment: Moment, local: datetime, until: TimeValue) -> bool:
    """UNTIL as written: UTC compares instants, a date runs through that local day, a floating time is local."""
    if until.kind == "date" or not isinstance(moment, datetime):
        return local.date() <= until.naive.date()
    if until.kind == "utc":
        return moment <= until.naive.replace(tzinfo=UTC)
    return local <= until.naive


def _exclude(found: OccurrenceSet, event: ParsedEvent, edge: datetime) -> None:
    """EXDATE by instant, as a date by local day; EXRULE (RFC 2445) by the dates it generates."""
    days = {moment for moment in event.exdates if not isinstance(moment, datetime)}
    keys = {moment_id(moment) for moment in event.exdates}
    for text in event.exrules:
        rule = read_rule(text, event.local_start, all_day=event.all_day)
        keys |= {moment_id(moment) for moment, _ in _generate(rule, event, edge, OccurrenceSet())}
    for key in [key for key, member in found.members.items() if key in keys or member.day in days]:
        del found.members[key]
