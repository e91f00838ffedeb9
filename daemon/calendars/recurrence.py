"""Expands all components of one UID into occurrences: the unit that is kept in step (reference/sync.md 4.2 and 4.3).

Every component and every date is accounted for once: as an Occurrence inside the window, or in `left_out` with one of the
reasons of interfaces.md. Notes habits (reference/notes.md 1.8): RDATE lists carry moved times while the exception keeps the
original one, an exception repeats its own time as a one-period RDATE, RECURRENCE-ID is UTC under a zoned DTSTART.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from daemon.calendars.exceptions import Placed, future_members, match
from daemon.calendars.icalendar_text import ParsedEvent
from daemon.calendars.occurrence_set import (
    Member,
    Moment,
    OccurrenceSet,
    TooMany,
    dates_of,
)

__all__ = ["MAX_OCCURRENCES", "Expansion", "Occurrence", "TooMany", "as_instant", "expand"]

MAX_OCCURRENCES: Final = 750
REASONS: Final = ("outside_window", "private", "entry_type", "cancelled", "superseded", "not_an_event", "unreadable")


@dataclass(frozen=True)
class Occurrence:
    """One date. `recurrence_id` is the original start ("" for an entry that does not repeat); `event` is the component whose
    fields it shows; `position` counts from 1 in the whole set by original start; `end` is exclusive for dates."""

    uid: str
    recurrence_id: str
    start: Moment
    end: Moment
    all_day: bool
    event: ParsedEvent
    position: int
    flags: tuple[str, ...]

    @property
    def handle(self) -> str:
        """`uid` or `uid/recurrence-id`."""
        return f"{self.uid}/{self.recurrence_id}" if self.recurrence_id else self.uid


@dataclass(frozen=True)
class Expansion:
    """Occurrences in the window by start; (handle, reason) of everything else; `total` dates known of the set.

    `endless`: the series has no end. `whole`: every date of the set was worked out, not only those to the window's edge.
    """

    occurrences: tuple[Occurrence, ...]
    left_out: tuple[tuple[str, str], ...]
    endless: bool
    whole: bool
    total: int
    flags: tuple[str, ...]


def expand(events: Sequence[ParsedEvent], window_start: datetime, window_end: datetime) -> Expansion:
    """All components of ONE uid, expanded; the window is aware UTC, "in" means overlapping it. Raises TooMany."""
    if not events:
        return Expansion((), (), endless=False, whole=True, total=0, flags=())
    left_out: list[tuple[str, str]] = []
    masters = [event for event in events if not event.recurrence_id]
    master = _newest(masters, left_out)
    by_id: dict[str, list[ParsedEvent]] = {}
    for event in events:
        if event.recurrence_id:
            by_id.setdefault(event.recurrence_id, []).append(event)
    exceptions = [found for group in by_id.values() if (found := _newest(group, left_out)) is not None]
    return _expand(events[0].uid, master, exceptions, left_out, window_start, window_end)


def _newest(versions: list[ParsedEvent], left_out: list[tuple[str, str]]) -> ParsedEvent | None:
    """The version with the highest SEQUENCE, then the latest DTSTAMP; of equals the last one. The others are superseded."""
    if not versions:
        return None
    winner = versions[0]
    for version in versions[1:]:
        winner = version if version.sort_key >= winner.sort_key else winner
    # The first handle is the plain one, and the plain one belongs to what is kept.
    left_out.extend((version.handle, "superseded") for version in versions[1:])
    return winner


def _expand(
    uid: str,
    master: ParsedEvent | None,
    exceptions: list[ParsedEvent],
    left_out: list[tuple[str, str]],
    window_start: datetime,
    window_end: datetime,
) -> Expansion:
    dates = dates_of(master, _edge(window_end, exceptions)) if master else OccurrenceSet()
    placed = _place(master, exceptions, dates, left_out)
    if master is not None and not dates.members and not placed:
        # Every date is excluded: the entry exists without an occurrence.
        left_out.append((master.handle, "cancelled"))
    single = master is not None and not master.recurs and not exceptions
    occurrences: list[Occurrence] = []
    total = 0
    for position, key in enumerate(sorted(placed), start=1):
        item = placed[key]
        beyond = not _starts_before(item.start, item.event, window_end)
        generated = item.event is master or "this_and_future" in item.flags
        if beyond and not dates.whole and generated:
            # Past the edge of a set that is only worked out to the edge.
            continue
        total += 1
        found = Occurrence(
            uid,
            "" if single else key,
            item.start,
            item.end,
            not isinstance(item.start, datetime),
            item.event,
            position,
            item.flags,
        )
        cancelled = item.event.status == "CANCELLED" or (master is not None and master.status == "CANCELLED")
        if cancelled:
            left_out.append((found.handle, "cancelled"))
        elif beyond or _ends_before(item, window_start):
            left_out.append((found.handle, "outside_window"))
        else:
            occurrences.append(found)
            if len(occurrences) > MAX_OCCURRENCES:
                raise TooMany(MAX_OCCURRENCES)
    occurrences.sort(key=lambda item: (as_instant(item.start, item.event), item.recurrence_id))
    flags = tuple(dict.fromkeys(dates.flags))
    return Expansion(tuple(occurrences), tuple(left_out), dates.endless, dates.whole, total, flags)


def _edge(window_end: datetime, exceptions: Iterable[ParsedEvent]) -> datetime:
    """Endless sets run to the window's edge, or further where an exception moves dates from beyond it into the window."""
    edge = window_end
    for event in exceptions:
        if event.recurrence_day is None or not _starts_before(event.start, event, window_end):
            continue
        midnight = event.zone_rules.to_utc(datetime.combine(event.recurrence_day, datetime.min.time()))
        edge = max(edge, midnight + timedelta(days=2))
        if event.range_future:
            edge = max(edge, window_end + (midnight - as_instant(event.start, event)) + timedelta(days=2))
    return edge


def _place(
    master: ParsedEvent | None,
    exceptions: list[ParsedEvent],
    dates: OccurrenceSet,
    left_out: list[tuple[str, str]],
) -> dict[str, Placed]:
    """Every date of the series with the component it shows, by id."""
    taken = match(master, exceptions, dates)
    placed: dict[str, Placed] = {}
    consumed: set[str] = set()
    for event in exceptions:
        fit = taken.get(event.handle)
        if fit is None:
            lone = "lone_exception" if master is None else "unmatched_exception"
            placed[event.recurrence_id] = Placed(event.start, event.end, event, (lone,))
        else:
            consumed.add(fit.key)
            placed[fit.recurrence_id] = Placed(event.start, event.end, event, ())
    remaining = {key: member for key, member in dates.members.items() if key not in consumed}
    for key, item in future_members(remaining, exceptions, taken, dates, left_out).items():
        placed.setdefault(key, item)
    if master is not None:
        for key, member in remaining.items():
            placed.setdefault(key, _plain(master, member))
    return placed


def _plain(master: ParsedEvent, member: Member) -> Placed:
    return Placed(member.start, member.end, master, member.flags)


def as_instant(moment: Moment, event: ParsedEvent) -> datetime:
    """An aware instant; a date begins at midnight in the zone of the mailbox owner."""
    if isinstance(moment, datetime):
        return moment
    return event.zone_rules.to_utc(datetime.combine(moment, datetime.min.time()))


def _starts_before(moment: Moment, event: ParsedEvent, window_end: datetime) -> bool:
    return as_instant(moment, event) < window_end


def _ends_before(item: Placed, window_start: datetime) -> bool:
    """True when the item is over at the window's start; one without length (or that ends before it starts) counts by start."""
    start, end = as_instant(item.start, item.event), as_instant(item.end, item.event)
    return end <= window_start if end > start else start < window_start


def same_occurrences(first: Expansion, second: Expansion) -> bool:
    """True when two expansions hold the same set of dates: what counts when a rule becomes a list of dates."""
    return {(item.recurrence_id, item.start, item.end) for item in first.occurrences} == {
        (item.recurrence_id, item.start, item.end) for item in second.occurrences
    }
