"""Fits the exceptions of a series to its dates, and carries THISANDFUTURE exceptions on to the later ones.

An exception names the date it replaces by the original start, in UTC under a zoned DTSTART, or as a day. Where the series is a
list of dates (Notes after any change), the list carries the moved time, so the exception's own new start may stand there
instead (reference/notes.md 1.8). One date never serves two exceptions: the fit is a largest matching.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from daemon.calendars.icalendar_text import ParsedEvent
from daemon.calendars.occurrence_set import Member, Moment, OccurrenceSet, end_for, local_of, moment_id, moment_of


@dataclass(frozen=True, slots=True)
class Placed:
    """A date of the series with the component whose fields it shows."""

    start: Moment
    end: Moment
    event: ParsedEvent
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fit:
    """The date an exception takes (its key in the set) and the id the occurrence goes by from then on."""

    key: str
    recurrence_id: str


def match(master: ParsedEvent | None, exceptions: Sequence[ParsedEvent], dates: OccurrenceSet) -> dict[str, Fit]:
    """Fit by exception handle; an exception that fits no date is missing from it."""
    if master is None or not exceptions:
        return {}
    days: dict[str, str] = {}
    for key, member in sorted(dates.members.items(), reverse=True):
        days[member.day.strftime("%Y%m%d")] = key
    choices = {event.handle: _choices(event, master, dates.members, days) for event in exceptions}
    holder: dict[str, str] = {}
    for handle in choices:
        _seat(handle, choices, holder)
    return {handle: next(fit for fit in choices[handle] if fit.key == key) for key, handle in holder.items()}


def day_named(recurrence_id: str, master: ParsedEvent) -> str:
    """The day of the series (20260301) that a recurrence id means; midnight UTC under an all-day series is that date."""
    if len(recurrence_id) == len("20260301") or (master.all_day and recurrence_id.endswith("T000000Z")):
        return recurrence_id[: len("20260301")]
    instant = datetime.strptime(recurrence_id, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return master.zone_rules.from_utc(instant).strftime("%Y%m%d")


def _choices(
    event: ParsedEvent, master: ParsedEvent, members: Mapping[str, Member], days: Mapping[str, str]
) -> list[Fit]:
    """At most two dates, the named one first."""
    found: list[Fit] = []
    named = event.recurrence_id
    if named not in members and (master.all_day or len(named) == 8):
        named = days.get(day_named(named, master), named)
    if named in members:
        found.append(Fit(named, named))
    moved = moment_id(event.start)
    if moved != named and moved in members and members[moved].listed:
        found.append(Fit(moved, event.recurrence_id))
    return found


def _seat(handle: str, choices: Mapping[str, list[Fit]], holder: dict[str, str]) -> None:
    """Gives an exception one of its dates, moving others to their second choice where that makes room."""
    for fit in choices[handle]:
        moves: list[tuple[str, str]] = []
        seen: set[str] = set()
        current, key = handle, fit.key
        while True:
            moves.append((key, current))
            if key not in holder:
                holder.update(moves)
                return
            seen.add(key)
            current = holder[key]
            other = next((choice.key for choice in choices[current] if choice.key not in seen), None)
            if other is None:
                break
            key = other


def future_members(
    remaining: dict[str, Member],
    exceptions: Sequence[ParsedEvent],
    taken: Mapping[str, Fit],
    dates: OccurrenceSet,
    left_out: list[tuple[str, str]],
) -> dict[str, Placed]:
    """Dates that show an exception without being named by it: THISANDFUTURE, and lists that exceptions carry themselves.

    `taken`: the dates the exceptions replace themselves. Dates of `remaining` that a carried list replaces are taken out of it
    and noted as superseded.
    """
    found: dict[str, Placed] = {}
    futures = sorted(
        (taken[event.handle].recurrence_id if event.handle in taken else event.recurrence_id, event.handle, event)
        for event in exceptions
        if event.range_future
    )
    for index, (own, _, event) in enumerate(futures):
        until = futures[index + 1][0] if index + 1 < len(futures) else "~"
        later = sorted(key for key in remaining if own <= key < until)
        extra = _carried(event)
        if extra:
            found.update(_relisted(event, later, extra, remaining, left_out))
        else:
            found.update({key: _shifted(event, own, remaining[key]) for key in later})
    for event in exceptions:
        if not event.range_future:
            for key, item in _extra_dates(_carried(event), event).items():
                found.setdefault(key, item)
    if any(_carried(event) for event in exceptions):
        dates.flags.append("list_in_exception")
    return found


def _carried(event: ParsedEvent) -> list[tuple[Moment, Moment]]:
    """The dates an exception lists beside its own; Notes repeats the own one as a one-period RDATE."""
    return sorted(
        (
            (extra.start, end_for(event, extra.start) if extra.end is None else extra.end)
            for extra in event.rdates
            if moment_id(extra.start) != moment_id(event.start)
        ),
        key=lambda period: moment_id(period[0]),
    )


def _relisted(
    event: ParsedEvent,
    later: list[str],
    extra: list[tuple[Moment, Moment]],
    remaining: dict[str, Member],
    left_out: list[tuple[str, str]],
) -> dict[str, Placed]:
    """A list carried by a THISANDFUTURE exception replaces the later dates: by position when there are as many, else as new."""
    if len(extra) == len(later):
        return {
            key: Placed(start, end, event, ("this_and_future",)) for key, (start, end) in zip(later, extra, strict=True)
        }
    listed = _extra_dates(extra, event)
    for key in later:
        remaining.pop(key)
        if key not in listed:
            left_out.append((f"{event.uid}/{key}", "superseded"))
    return listed


def _extra_dates(extra: list[tuple[Moment, Moment]], event: ParsedEvent) -> dict[str, Placed]:
    return {moment_id(start): Placed(start, end, event, ("list_in_exception",)) for start, end in extra}


def _shifted(event: ParsedEvent, own: str, member: Member) -> Placed:
    """A later date under THISANDFUTURE: moved as the exception was (by the local clock), with its length and fields."""
    start = moment_of(event, local_of(event, member.start) + _shift(event, own))
    return Placed(start, end_for(event, start), event, ("this_and_future",))


def _shift(event: ParsedEvent, own: str) -> timedelta:
    """From the date the exception replaces (`own`, an id) to where it stands, by the local clock; from a day, in whole days."""
    here = local_of(event, event.start)
    if len(own) == len("20260301"):
        return timedelta(days=(here.date() - datetime.strptime(own, "%Y%m%d").replace(tzinfo=UTC).date()).days)
    return here - event.zone_rules.from_utc(datetime.strptime(own, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
