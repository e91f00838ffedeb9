"""Which creates of one Ok become one series in Notes: the dates of a Salesforce series that say the same but for their start.

Each date stays a row, an operation and an outcome of its own; what binds them is the series key, from which the series' UID in
Notes is made (reference/notes.md 9). It is worked out from the set of dates, so that another attempt at the same set meets the
first one's series, and another set never does.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from daemon.runs.create_keys import NAMESPACE
from daemon.store.runs import Op
from daemon.sync.appointment import group_value
from daemon.sync.projection import minute_of
from daemon.sync.proposal import Proposal, Settlement
from shared.models import Image
from shared.states import Group, Side

Row = TypeVar("Row")
_Shape = tuple[object, ...]


def batches(rows: Iterable[Row], series_of: Callable[[Row], str], size: int) -> Iterator[list[Row]]:
    """The rows in lists of at most ``size``: in their order, except that rows of one series (not empty) follow its first.

    A series is cut only where it has more than ``size`` rows itself.
    """
    blocks: dict[object, list[Row]] = {}
    for number, row in enumerate(rows):
        blocks.setdefault(series_of(row) or number, []).append(row)
    batch: list[Row] = []
    for block in blocks.values():
        for start in range(0, len(block), size):
            piece = block[start : start + size]
            if len(batch) + len(piece) > size:
                yield batch
                batch = []
            batch = [*batch, *piece]
    if batch:
        yield batch


def new_series(row: Proposal, settlement: Settlement | None) -> str:
    """The id of the series of which this row makes a date in Notes; empty for every other row."""
    if row.series is None or settlement is None:
        return ""
    makes = any(write.side is Side.NOTES and write.kind == "create" for write in settlement.writes)
    return row.series.id if makes else ""


def series_keys(pairing: str, creates: Iterable[tuple[str, int, Op]], alone: Collection[str]) -> dict[str, str]:
    """Operation id -> series key, for creates in Notes that go there as one series; the others go as single entries.

    ``creates``: (id of the series on Salesforce's side or nothing, generation, operation). ``alone`` are create keys that were
    already sent as single entries: such a request may still arrive, and only its own UID stops it from making a double.
    """
    sets: dict[tuple[str, int, _Shape], dict[str, Op]] = {}
    for series, generation, op in creates:
        if not series or op.side is not Side.NOTES or op.kind != "create" or op.after is None or op.create_key in alone:
            continue
        dates = sets.setdefault((series, generation, _shape(op.after)), {})
        dates.setdefault(op.after.starts_at, op)  # two at one time cannot be dates of one series
    found: dict[str, str] = {}
    for (series, generation, _same), dates in sets.items():
        if len(dates) > 1:
            key = _series_key(pairing, series, generation, [op.create_key for op in dates.values()])
            found |= dict.fromkeys((op.id for op in dates.values()), key)
    return found


def marked(ops: Sequence[Op], keys: Mapping[str, str]) -> tuple[Op, ...]:
    """The operations, those of a series with its key."""
    return tuple(msgspec.structs.replace(op, series_key=keys[op.id]) if op.id in keys else op for op in ops)


def _series_key(pairing: str, series: str, generation: int, create_keys: Sequence[str]) -> str:
    named = "|".join((pairing, "series", series, str(generation), *sorted(create_keys)))
    return str(uuid.uuid5(NAMESPACE, named))


def _shape(image: Image) -> _Shape:
    """Everything of an image that a new entry holds, except when it is."""
    start, end = minute_of(image.starts_at), minute_of(image.ends_at)
    length = None if start is None or end is None else end - start
    said = tuple(group_value(image, group) for group in Group if group is not Group.TIME)
    return image.all_day, length, image.zone, image.categories, said
