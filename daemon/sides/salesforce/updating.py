"""Guarded updates: 25 in one Composite call, each with If-Unmodified-Since, compared first where a second is too coarse.

HTTP dates and Salesforce's stamps have one-second resolution (reference/salesforce.md 3.3): a row that was read within
two seconds of its last change may have changed again under the same stamp. Such a row is read once more, after the two
seconds, and compared by content. Everything else costs one write call and one read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from daemon.sides.contract import Found, Outcome, Refused, Stale, Write
from daemon.sides.salesforce.answers import Meaning, RowError, RowResult, meaning, refusal
from daemon.sides.salesforce.client import COMPOSITE_SIZE, Patch, SalesforceClient
from daemon.sides.salesforce.events import (
    Profile,
    Row,
    is_future_series,
    parse_moment,
    payload_digest,
    row_of_raw,
    version_of,
)
from daemon.sides.salesforce.outcomes import Verdict, read_back, send_patiently
from daemon.sides.salesforce.payloads import update_fields
from daemon.sides.salesforce.reading import EventReader
from daemon.sync.appointment import differing
from shared.states import Group
from shared.texts import text

SETTLED = timedelta(seconds=2)
"""How old a row's last change must be, by the server's clock, when it is read and when it is written."""

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Ready:
    """A write with the row it believes in: what is patched, and since when the row must be unmodified."""

    write: Write
    row: Row
    fields: Mapping[str, Any]

    def patch(self) -> Patch:
        changed = parse_moment(self.row.get("LastModifiedDate"))
        assert changed is not None
        return Patch(self.write.key, self.fields, format_datetime(changed, usegmt=True))


class EventUpdater:
    """Carries out the updates of one batch of writes."""

    def __init__(
        self, client: SalesforceClient, reader: EventReader, profile: Profile, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._client = client
        self._reader = reader
        self._profile = profile
        self._sleep = sleep

    async def update(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        """One outcome per write; a write without one was not sent when an error of the side ends the iteration."""
        for start in range(0, len(writes), COMPOSITE_SIZE):
            ready: list[_Ready] = []
            for one in await self._prepare(writes[start : start + COMPOSITE_SIZE]):
                if isinstance(one, _Ready):
                    ready.append(one)
                else:
                    yield one
            if ready:
                async for outcome in self._send(ready):
                    yield outcome

    async def _prepare(self, writes: Sequence[Write]) -> list[_Ready | Outcome]:
        """Decide for each write whether its before-image may be trusted, read the others again and compare."""
        prepared: list[_Ready | Outcome] = []
        doubtful: list[Write] = []
        for write in writes:
            row, read_at = row_of_raw(write.raw)
            if row and version_of(row) == write.expected_version and self._settled(row, read_at):
                prepared.append(self._ready(write, row))
            else:
                doubtful.append(write)
        if doubtful:
            rows, _ = await self._settled_rows([write.key for write in doubtful])
            prepared += [self._compare(write, rows.get(write.key)) for write in doubtful]
        return prepared

    def _settled(self, row: Row, read_at: datetime | None) -> bool:
        changed = parse_moment(row.get("LastModifiedDate"))
        stamped = parse_moment(row.get("SystemModstamp"))
        if changed is None or stamped is None or read_at is None:
            return False
        latest = max(changed, stamped)
        return read_at - latest >= SETTLED and self._client.server_now() - latest >= SETTLED

    async def _settled_rows(self, keys: Sequence[str]) -> tuple[dict[str, Row], datetime]:
        """The rows as they are now, read at least two seconds after the last change of each (three tries)."""
        rows, read_at = await self._reader.rows(keys)
        for _ in range(2):
            stamps = [
                parse_moment(row.get(name)) for row in rows.values() for name in ("LastModifiedDate", "SystemModstamp")
            ]
            latest = max((stamp for stamp in stamps if stamp is not None), default=None)
            if latest is None or read_at - latest >= SETTLED:
                break
            await self._sleep((SETTLED - (read_at - latest)).total_seconds())
            rows, read_at = await self._reader.rows(keys)
        return rows, read_at

    def _compare(self, write: Write, row: Row | None) -> _Ready | Outcome:
        """The row must be what the person saw: the same version, and the same content under it."""
        if row is None or row.get("IsDeleted") or version_of(row) != write.expected_version:
            return Stale(write.op_id)
        seen, _ = row_of_raw(write.raw)
        if seen:
            return self._ready(write, row) if payload_digest(seen) == payload_digest(row) else Stale(write.op_id)
        looked = self._reader.judge(row, self._client.server_now())
        if not isinstance(looked, Found):
            return Stale(write.op_id)
        # The stored image of a private event is kept without its text, so that only its times can be compared.
        if write.before is not None and differing(looked.record.image, write.before, (Group.TIME, Group.SHOW_AS)):
            return Stale(write.op_id)
        return self._ready(write, row)

    def _ready(self, write: Write, row: Row) -> _Ready | Outcome:
        assert write.after is not None
        if is_future_series(row, self._client.server_now()):
            return Refused(write.op_id, "FUTURE_SERIES", text("salesforce.locked_series"))
        fields = update_fields(write.after, write.groups, row, self._profile)
        if not fields:
            return refusal(write.op_id, RowError("INVALID_FIELD_FOR_INSERT_UPDATE", "", tuple(sorted(write.groups))))
        return _Ready(write, row, fields)

    async def _send(self, ready: Sequence[_Ready]) -> AsyncIterator[Outcome]:
        written: dict[str, Write] = {}

        async def send(some: list[_Ready]) -> list[RowResult]:
            return await self._client.update_rows("Event", [one.patch() for one in some])

        def judge(one: _Ready, result: RowResult, can_wait: bool) -> Outcome | Verdict:
            if result.error is None:
                written[one.write.key] = one.write
                return Verdict.NOTED
            if meaning(result.error) is Meaning.LOCKED and can_wait:
                return Verdict.AGAIN
            # For an update an invalid reference is the row itself: we send no others.
            if meaning(result.error) is Meaning.STALE or result.error.code == "INVALID_CROSS_REFERENCE_KEY":
                return Stale(one.write.op_id)
            return refusal(one.write.op_id, result.error)

        sent = await send_patiently(ready, send, judge, self._sleep)
        for outcome in sent.outcomes:
            yield outcome
        async for outcome in read_back(self._reader, written):
            yield outcome
        if sent.stopped is not None:
            raise sent.stopped
