"""What the three kinds of writes share: waits for a locked row, and reading back what was stored.

Text, times and customers' own automation change what was sent (reference/salesforce.md 8.12, 8.13): only the stored form
counts, so each Done carries the row as read after the write, one query for many.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping

from daemon.sides.contract import Done, Found, LostAnswer, Outcome, SideError, Write
from daemon.sides.salesforce.answers import RequestRefused
from daemon.sides.salesforce.reading import EventReader
from shared.texts import text

LOCK_WAITS = (0.5, 1.0, 2.0)
"""Seconds before a row that another transaction held is sent again."""


def jittered(seconds: float) -> float:
    return seconds * random.uniform(0.7, 1.3)


async def read_back(reader: EventReader, written: Mapping[str, Write]) -> AsyncIterator[Outcome]:
    """Done for each written key with the stored record; LostAnswer for one that cannot be read, so that it is looked up."""
    if not written:
        return
    try:
        rows, server_time = await reader.rows(written)
    except (SideError, RequestRefused):
        rows, server_time = {}, None
    for key, write in written.items():
        row = rows.get(key)
        looked = reader.judge(row, server_time) if row is not None and server_time is not None else None
        if isinstance(looked, Found):
            yield Done(write.op_id, key, looked.record.version, looked.record)
        else:
            yield LostAnswer(write.op_id, text("salesforce.unread_back"))
