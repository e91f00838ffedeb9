"""What the three kinds of writes share: sending a batch with waits for locked rows, and reading back what was stored.

Text, times and customers' own automation change what was sent (reference/salesforce.md 8.12, 8.13): only the stored form
counts, so each Done carries the row as read after the write, one query for many.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Protocol, TypeVar

from daemon.sides.contract import Done, Found, LostAnswer, Outcome, SideError, Write
from daemon.sides.salesforce.answers import AnswerLost, RequestRefused, RowResult, refusal
from daemon.sides.salesforce.reading import EventReader
from shared.texts import text

LOCK_WAITS = (0.5, 1.0, 2.0)
"""Seconds before a row that another transaction held is sent again."""

MOST_SPLITS = 12
"""How often one batch is halved to find rows for which Salesforce refuses the request as a whole."""

_OF_EVERY_ROW = frozenset({"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_TYPE", "NOT_FOUND"})
"""Refusals that concern the shape which all rows share: halving would not help."""


class Verdict(Enum):
    """What becomes of a row beside an outcome."""

    AGAIN = auto()
    """Send it once more after a wait."""
    NOTED = auto()
    """Written, or settled by the caller: its outcome follows later."""


class Sendable(Protocol):
    """A row to send: it knows its write."""

    @property
    def write(self) -> Write: ...


Row = TypeVar("Row", bound=Sendable)


@dataclass(slots=True)
class Sent:
    """How far sending came. ``stopped`` is to be raised once the outcomes of what was written before are given."""

    outcomes: list[Outcome] = field(default_factory=list)
    stopped: SideError | None = None
    splits: int = 0


async def send_patiently(
    rows: Sequence[Row],
    send: Callable[[list[Row]], Awaitable[list[RowResult]]],
    judge: Callable[[Row, RowResult, bool], Outcome | Verdict],
    sleep: Callable[[float], Awaitable[None]],
) -> Sent:
    """Send rows in one call; rows judged AGAIN are sent anew after each of LOCK_WAITS, and only they.

    ``judge`` gets (row, its result, whether waiting is still possible). An error of the side ends the sending, so that
    rows without an outcome or a NOTED were not carried out. A request refused as a whole is halved, a few times at
    most: one row that Salesforce cannot read must not hold up the others.
    """
    sent = Sent()
    await _send(sent, list(rows), send, judge, sleep)
    return sent


async def _send(
    sent: Sent,
    waiting: list[Row],
    send: Callable[[list[Row]], Awaitable[list[RowResult]]],
    judge: Callable[[Row, RowResult, bool], Outcome | Verdict],
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    for wait in (*LOCK_WAITS, None):
        try:
            results = await send(waiting)
        except AnswerLost:
            sent.outcomes += [LostAnswer(row.write.op_id, text("salesforce.lost_answer")) for row in waiting]
            return
        except RequestRefused as refused:
            alike = refused.status != 400 or refused.error.code in _OF_EVERY_ROW
            if alike or len(waiting) == 1 or sent.splits == MOST_SPLITS:
                said = [refusal(row.write.op_id, refused.error) for row in waiting]
                # Among several rows nobody knows which one is refused for good.
                sent.outcomes += said if alike or len(said) == 1 else [replace(one, permanent=False) for one in said]
                return
            sent.splits += 1
            middle = len(waiting) // 2
            for half in (waiting[:middle], waiting[middle:]):
                if sent.stopped is None:
                    await _send(sent, half, send, judge, sleep)
            return
        except SideError as error:
            sent.stopped = error
            return
        judged = [(row, judge(row, result, wait is not None)) for row, result in zip(waiting, results, strict=True)]
        sent.outcomes += [said for _, said in judged if not isinstance(said, Verdict)]
        waiting = [row for row, said in judged if said is Verdict.AGAIN]
        if not waiting or wait is None:
            return
        await sleep(jittered(wait))


def jittered(seconds: float) -> float:
    return seconds * random.uniform(0.7, 1.3)


async def read_back(reader: EventReader, written: Mapping[str, Write]) -> AsyncIterator[Outcome]:
    """Done for each written key with the stored record; LostAnswer for all when they cannot be read, so that they are looked up.

    A row that is not there any more, or not this person's (the org's automation took it away at once), was written all the same:
    it is Done without a record, and its pair is asked about from now on instead of being written once more.
    """
    if not written:
        return
    try:
        rows, server_time = await reader.rows(written)
    except (SideError, RequestRefused):
        for write in written.values():
            yield LostAnswer(write.op_id, text("salesforce.unread_back"))
        return
    for key, write in written.items():
        looked = reader.judge(rows[key], server_time) if key in rows else None
        if isinstance(looked, Found):
            yield Done(write.op_id, key, looked.record.version, looked.record)
        else:
            yield Done(write.op_id, key, "", None)
