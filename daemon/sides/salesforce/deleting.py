"""Deletes: a look right before, 200 in one call, and the recycled rows compared afterwards.

DELETE takes no condition (reference/salesforce.md 3.3), so an edit may land between look and delete. The recycle bin
shows it; the edited version is then put back as a new event and the row returns to the person (contracts.md 9).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from daemon.sides.contract import Done, Gone, Outcome, Refused, SideError, Stale, Unclear, Write
from daemon.sides.salesforce.answers import AnswerLost, Meaning, RequestRefused, RowResult, meaning, refusal
from daemon.sides.salesforce.client import COLLECTION_SIZE, SalesforceClient
from daemon.sides.salesforce.events import Profile, Row, content_digest, version_of
from daemon.sides.salesforce.outcomes import Verdict, send_patiently
from daemon.sides.salesforce.payloads import restored_fields
from daemon.sides.salesforce.reading import EventReader
from daemon.sides.salesforce.updating import Sleep
from shared.texts import text

_ALREADY_GONE = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "INVALID_CROSS_REFERENCE_KEY"})


@dataclass(frozen=True, slots=True)
class _Doomed:
    """A delete on its way."""

    write: Write


class EventDeleter:
    """Carries out the deletes of one batch of writes."""

    def __init__(
        self, client: SalesforceClient, reader: EventReader, profile: Profile, sleep: Sleep = asyncio.sleep
    ) -> None:
        self._client = client
        self._reader = reader
        self._profile = profile
        self._sleep = sleep

    async def delete(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        """One outcome per write; a write without one was not sent when an error of the side ends the iteration."""
        for start in range(0, len(writes), COLLECTION_SIZE):
            some = writes[start : start + COLLECTION_SIZE]
            rows, _ = await self._reader.rows([write.key for write in some])
            ready: list[Write] = []
            for write in some:
                outcome = await self._before(write, rows.get(write.key))
                if outcome is None:
                    ready.append(write)
                else:
                    yield outcome
            if ready:
                async for outcome in self._send(ready, rows):
                    yield outcome

    async def _before(self, write: Write, row: Row | None) -> Outcome | None:
        """None: go on. Already gone is success; anything but the version the person saw is stale."""
        if row is None:
            looked = (await self._reader.look([write.key]))[write.key]
            if isinstance(looked, Gone):
                return Done(write.op_id, write.key, "", None)
            why = looked.reason if isinstance(looked, Unclear) else text("salesforce.not_visible")
            return Refused(write.op_id, "NOT_VISIBLE", why, permanent=False)
        if row.get("IsDeleted"):
            return Done(write.op_id, write.key, "", None)
        if version_of(row) != write.expected_version or row.get("OwnerId") != self._profile.user_id:
            return Stale(write.op_id)
        return None

    async def _send(self, writes: list[Write], before: dict[str, Row]) -> AsyncIterator[Outcome]:
        gone: list[Write] = []

        async def send(some: list[_Doomed]) -> list[RowResult]:
            return await self._client.delete_rows([one.write.key for one in some])

        def judge(one: _Doomed, result: RowResult, can_wait: bool) -> Outcome | Verdict:
            if result.error is None or result.error.code in _ALREADY_GONE:
                gone.append(one.write)
                return Verdict.NOTED
            if meaning(result.error) is Meaning.LOCKED and can_wait:
                return Verdict.AGAIN
            return refusal(one.write.op_id, result.error)

        sent = await send_patiently([_Doomed(write) for write in writes], send, judge, self._sleep)
        for outcome in sent.outcomes:
            yield outcome
        async for outcome in self._after(gone, before):
            yield outcome
        if sent.stopped is not None:
            raise sent.stopped

    async def _after(self, writes: Sequence[Write], before: dict[str, Row]) -> AsyncIterator[Outcome]:
        """Compare each recycled row with the row of the look; a row no longer in the bin cannot be compared."""
        if not writes:
            return
        try:
            recycled, _ = await self._reader.rows([write.key for write in writes])
        except (SideError, RequestRefused):
            recycled = {}
        for write in writes:
            row = recycled.get(write.key)
            if row is not None and content_digest(row) != content_digest(before[write.key]):
                yield await self._put_back(write, row)
            else:
                yield Done(write.op_id, write.key, "", None)

    async def _put_back(self, write: Write, row: Row) -> Outcome:
        failed = Refused(write.op_id, "EDITED", text("salesforce.edited_while_deleting_lost"), permanent=False)
        try:
            results = await self._client.create_rows("Event", [restored_fields(row, self._profile)])
        except (SideError, RequestRefused, AnswerLost):
            return failed
        if results[0].error is not None:
            return failed
        return Refused(write.op_id, "EDITED", text("salesforce.edited_while_deleting"), permanent=False)
