"""Writes a VTIMEZONE for an IANA zone, covering the years an entry needs, in the form Notes itself uses (yearly rules).

Domino does not resolve IANA names on its own (reference/notes.md 7), so a TZID is always sent with its definition.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from daemon.calendars import zone_names

_HOUR: Final = timedelta(hours=1)
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
Onset = tuple[datetime, timedelta, timedelta, bool]


def vtimezone_lines(name: str, first_year: int, last_year: int) -> list[str]:
    """The unfolded lines of a VTIMEZONE whose TZID is the IANA name. Right from `first_year` to `last_year`."""
    onsets = _onsets(name, first_year - 1, last_year + 1)
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}"]
    if not onsets:
        offset = _offset(name, datetime(first_year, 1, 1, tzinfo=UTC))
        still = datetime(1970, 1, 1)  # noqa: DTZ001 (naive local)
        lines += _observance("STANDARD", [(still, offset, offset, False)])
    groups: dict[tuple[timedelta, timedelta, bool], list[Onset]] = {}
    for onset in onsets:
        groups.setdefault(onset[1:], []).append(onset)
    for (_, _, summer), group in groups.items():
        lines += _observance("DAYLIGHT" if summer else "STANDARD", group)
    return [*lines, "END:VTIMEZONE"]


def _offset(name: str, moment: datetime) -> timedelta:
    return moment.astimezone(zone_names.load(name)).utcoffset() or timedelta(0)


def _onsets(name: str, first_year: int, last_year: int) -> list[Onset]:
    """(naive local onset by the offset before, offset before, offset after, summer time) of each change, found to the minute."""
    zone = zone_names.load(name)
    found: list[Onset] = []
    moment, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    while moment < end:
        later = moment + 24 * _HOUR
        before, after = _offset(name, moment), _offset(name, later)
        if before != after:
            low, high = moment, later
            while high - low > timedelta(minutes=1):
                middle = low + (high - low) // 2
                middle -= timedelta(seconds=middle.second, microseconds=middle.microsecond)
                low, high = (middle, high) if _offset(name, middle) == before else (low, middle)
            summer = (high.astimezone(zone).dst() or timedelta(0)) > timedelta(0)
            found.append((high.replace(tzinfo=None) + before, before, after, summer))
        moment = later
    return found


def _observance(kind: str, group: list[Onset]) -> list[str]:
    first = group[0]
    lines = [
        f"BEGIN:{kind}",
        f"DTSTART:{first[0]:%Y%m%dT%H%M%S}",
        f"TZOFFSETFROM:{_written(first[1])}",
        f"TZOFFSETTO:{_written(first[2])}",
    ]
    if len(group) > 1:
        rule = _yearly_rule([onset[0] for onset in group])
        dates = ",".join(f"{onset[0]:%Y%m%dT%H%M%S}" for onset in group[1:])
        lines.append(f"RRULE:{rule}" if rule else f"RDATE:{dates}")
    return [*lines, f"END:{kind}"]


def _yearly_rule(onsets: list[datetime]) -> str | None:
    """The yearly rule (n-th or last weekday of a month) that gives exactly these onsets, one per year; None without one."""
    first = onsets[0]
    years = [onset.year for onset in onsets]
    same = {(onset.month, onset.weekday(), onset.time()) for onset in onsets}
    if len(same) != 1 or years != list(range(first.year, first.year + len(onsets))):
        return None
    head = f"FREQ=YEARLY;BYMONTH={first.month};BYDAY="
    weekday = _WEEKDAYS[first.weekday()]
    if all((onset + timedelta(days=7)).month != onset.month for onset in onsets):
        return f"{head}-1{weekday}"
    nth = {(onset.day - 1) // 7 + 1 for onset in onsets}
    return f"{head}{nth.pop()}{weekday}" if len(nth) == 1 else None


def _written(offset: timedelta) -> str:
    minutes, seconds = divmod(int(abs(offset).total_seconds()), 60)
    tail = f"{seconds:02}" if seconds else ""
    return f"{'-' if offset < timedelta(0) else '+'}{minutes // 60:02}{minutes % 60:02}{tail}"
