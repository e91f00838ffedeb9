"""Creates: Collections of 200 with our key where the org holds one, adopted where they exist already, never sent twice.

Keyed inserts and not upserts: a repeated upsert would overwrite what a person changed in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from daemon.sides.contract import Done, Found, Outcome, Write
from daemon.sides.salesforce import soql
from daemon.sides.salesforce.answers import Meaning, RowError, RowResult, meaning, refusal
from daemon.sides.salesforce.client import COLLECTION_SIZE, SalesforceClient
from daemon.sides.salesforce.events import Profile, row_of_raw
from daemon.sides.salesforce.lost_creates import CreateMemory
from daemon.sides.salesforce.outcomes import Verdict, read_back, send_patiently
from daemon.sides.salesforce.payloads import create_fields, without_links
from daemon.sides.salesforce.reading import EventReader
from daemon.sides.salesforce.updating import Sleep


@dataclass(slots=True)
class _Row:
    write: Write
    fields: dict[str, Any]


class EventCreator:
    """Carries out the creates of one batch of writes."""

    def __init__(
        self,
        client: SalesforceClient,
        reader: EventReader,
        profile: Profile,
        memory: CreateMemory,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._client = client
        self._reader = reader
        self._profile = profile
        self._memory = memory
        self._sleep = sleep

    async def create(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        """One outcome per write; a write without one was not sent when an error of the side ends the iteration."""
        for start in range(0, len(writes), COLLECTION_SIZE):
            rows = [self._row(write) for write in writes[start : start + COLLECTION_SIZE]]
            async for outcome in self._send(rows):
                yield outcome

    def _row(self, write: Write) -> _Row:
        assert write.after is not None
        before_row, _ = row_of_raw(write.raw)
        return _Row(write, create_fields(write.after, write.groups, write.create_key, self._profile, before_row))

    async def _send(self, rows: list[_Row]) -> AsyncIterator[Outcome]:
        created: dict[str, Write] = {}
        existing: list[_Row] = []

        async def send(some: list[_Row]) -> list[RowResult]:
            now = self._client.server_now()
            for row in some:
                self._memory.tried(row.write, now)
            return await self._client.create_rows("Event", [row.fields for row in some])

        def judge(row: _Row, result: RowResult, can_wait: bool) -> Outcome | Verdict:
            if result.error is None:
                created[result.id] = row.write
                self._memory.made(row.write, result.id)
                return Verdict.NOTED
            said = self._next(row, result.error, can_wait=can_wait)
            if said is Verdict.NOTED:
                existing.append(row)
            return said

        sent = await send_patiently(rows, send, judge, self._sleep)
        for outcome in sent.outcomes:
            yield outcome
        async for outcome in read_back(self._reader, created):
            yield outcome
        if sent.stopped is not None:
            raise sent.stopped
        async for outcome in self._adopt(existing):
            yield outcome

    def _next(self, row: _Row, error: RowError, *, can_wait: bool) -> Outcome | Verdict:
        """What to do with a refused row: NOTED to adopt the one that exists, send it again, or give up."""
        match meaning(error):
            case Meaning.EXISTS if row.write.create_key and self._profile.shape.key_field:
                return Verdict.NOTED
            case Meaning.LOCKED if can_wait:
                return Verdict.AGAIN
            case Meaning.LINK if can_wait and without_links(row.fields) != row.fields:
                row.fields = without_links(row.fields)
                return Verdict.AGAIN
            case _:
                return refusal(row.write.op_id, error)

    async def _adopt(self, rows: Sequence[_Row]) -> AsyncIterator[Outcome]:
        """DUPLICATE_VALUE on our key: an earlier attempt arrived after all. Its row as it is now is the result."""
        if not rows:
            return
        keys = [row.write.create_key for row in rows]
        found, server_time = await self._reader.where(f"{self._profile.shape.key_field} {soql.one_of(keys)}")
        by_key = {str(row.get(self._profile.shape.key_field)).lower(): row for row in found}
        for row in rows:
            stored = by_key.get(row.write.create_key.lower())
            looked = self._reader.judge(stored, server_time) if stored is not None else None
            if isinstance(looked, Found):
                record = looked.record
                yield Done(row.write.op_id, record.key, record.version, record, was_there=True)
            else:
                yield refusal(row.write.op_id, RowError("DUPLICATE_VALUE", "", (self._profile.shape.key_field,)))
