"""What a side finds of one create whose answer was lost."""

from __future__ import annotations

from daemon.sides.contract import Side, Traces, Write
from daemon.sync.trees import Record


async def traces_of(side: Side, write: Write) -> Traces:
    return (await side.find_created([write])).get(write.op_id, Traces())


async def sure_of(side: Side, write: Write) -> list[Record]:
    return list((await traces_of(side, write)).sure)
