"""The risks of a row that lie in what it would write; the closed list is in interfaces.md."""

from __future__ import annotations

from collections.abc import Iterable

from daemon.sync.draft import Subject
from daemon.sync.projection import minute_of
from daemon.sync.proposal import PlannedWrite
from shared.models import Image
from shared.states import Group, Risk, Side

MOVED_FAR_MINUTES = 7 * 1440
ZONE_LIKE = frozenset({-1440, -60, 60, 1440})


def write_risks(
    subject: Subject, writes: Iterable[PlannedWrite], shortened: dict[Side, frozenset[Group]] | None = None
) -> set[Risk]:
    """The risks that lie in what would be written."""
    risks: set[Risk] = set()
    for write in writes:
        record = subject.record(write.side)
        if write.kind == "delete":
            risks.add(Risk.DELETION)
        if write.kind != "create" and record is not None and record.image.invitees and not record.organised_by_other:
            risks.add(Risk.HAS_INVITEES)
        if shortened and write.groups & shortened.get(write.side, frozenset()):
            risks.add(Risk.SHORTENED)
        if write.kind == "update" and Group.TIME in write.groups and write.before and write.after:
            risks |= _moves(write.before, write.after)
        if Group.PRIVACY in write.groups and write.kind == "update" and write.after and not write.after.private:
            risks.add(Risk.PRIVATE)
    return risks


def _moves(before: Image, after: Image) -> set[Risk]:
    shift = uniform_shift(before, after)
    start, end = minute_of(before.starts_at), minute_of(after.starts_at)
    risks: set[Risk] = set()
    if start is not None and end is not None and abs(end - start) >= MOVED_FAR_MINUTES:
        risks.add(Risk.MOVED_FAR)
    if shift in ZONE_LIKE:
        risks.add(Risk.ZONE_LIKE_SHIFT)
    return risks


def uniform_shift(before: Image, after: Image) -> int | None:
    """By how many minutes start and end moved together; None where the length or the all-day flag changed."""
    moments = [minute_of(moment) for moment in (before.starts_at, before.ends_at, after.starts_at, after.ends_at)]
    if before.all_day != after.all_day or None in moments:
        return None
    low, high, new_low, new_high = (moment or 0 for moment in moments)
    return new_low - low if new_low - low == new_high - high else None
