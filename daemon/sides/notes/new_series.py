"""Creates that are dates of one series: which belong together, their common text, and where each date is found afterwards.

The entry's UID comes from the series key alone; a date's key names its original start, which stays its id for ever (notes.md 6).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from daemon.calendars.icalendar_write import write_series
from daemon.calendars.occurrence_set import moment_id
from daemon.sides.contract import Done, Found, Looked, Outcome, Traces, Write
from daemon.sides.notes.event_texts import created_uid, event_text, moments
from daemon.sync.appointment import notes_key
from shared.models import Image


def grouped(writes: Sequence[Write]) -> list[list[Write]]:
    """The writes in their order, those of one new series together (two or more, at the place of the first); else one by one."""
    groups: dict[object, list[Write]] = {}
    for number, write in enumerate(writes):
        together = write.series_key if write.kind == "create" and write.after is not None else ""
        groups.setdefault(together or number, []).append(write)
    return list(groups.values())


def date_key(uid: str, image: Image) -> str:
    """The key of the date that ``image`` is in the series ``uid``."""
    return notes_key(uid, moment_id(moments(image)[0]))


def created_keys(write: Write) -> list[str]:
    """The keys under which the result of a create may stand: a date of its series, or an entry of its own."""
    keys = [notes_key(created_uid(write.create_key))]
    if write.series_key and write.after is not None:
        keys.insert(0, date_key(created_uid(write.series_key), write.after))
    return keys


def every_created_key(writes: Sequence[Write]) -> list[str]:
    """The keys to look up for these creates, each once."""
    return list(dict.fromkeys(key for write in writes for key in created_keys(write)))


def traces_in(writes: Sequence[Write], looked: Mapping[str, Looked]) -> Mapping[str, Traces]:
    """What the calendar holds of these creates, by op_id. Their UIDs are made from them alone, so nothing found is doubtful."""
    found = {write.op_id: [looked[key] for key in created_keys(write)] for write in writes}
    sure = {op_id: tuple(one.record for one in some if isinstance(one, Found)) for op_id, some in found.items()}
    return {op_id: Traces(records) for op_id, records in sure.items() if records}


def date_keys(uid: str, dates: Sequence[Write]) -> list[str]:
    """The key of each of these writes in the series ``uid``."""
    return [date_key(uid, one.after) for one in dates if one.after is not None]


def outcomes_of(
    uid: str,
    dates: Sequence[Write],
    looked: Mapping[str, Looked],
    unseen: Callable[[Write, Looked | None], Outcome],
    *,
    was_there: bool = False,
) -> list[Outcome]:
    """One outcome for each date of a series that was sent: what a look found of it, or what ``unseen`` makes of one not found.

    ``was_there``: the series was not made by this request, its UID was taken.
    """
    made: list[Outcome] = []
    for one, key in zip(dates, date_keys(uid, dates), strict=True):
        seen = looked.get(key)
        if isinstance(seen, Found):
            made.append(Done(one.op_id, key, seen.record.version, seen.record, was_there))
        else:
            made.append(unseen(one, seen))
    return made


def series_texts(
    uid: str, writes: Sequence[Write], *, zone: str, now: datetime, method: str | None, periods: bool = True
) -> list[str]:
    """The text of a new series of these dates in each form it can have, the best first (``icalendar_write.write_series``)."""
    images = [write.after for write in writes if write.after is not None]
    event = event_text(uid, images[0], zone=zone, now=now)
    return write_series(event, [moments(image)[0] for image in images], method=method, periods=periods)
