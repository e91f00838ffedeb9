"""Creates: Collections of 200 with our key where the org holds one, adopted where they exist already, never sent twice.

Without a unique key field a create whose answer was lost can only be found by what it wrote (reference/salesforce.md 3.2).
Keyed inserts and not upserts: a repeated upsert would overwrite what a person changed in between.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from daemon.sides.contract import Done, Found, Outcome, Write
from daemon.sides.salesforce import soql
from daemon.sides.salesforce.answers import Meaning, RowError, RowResult, meaning, refusal
from daemon.sides.salesforce.client import COLLECTION_SIZE, SalesforceClient
from daemon.sides.salesforce.events import Profile, clean_text, parse_moment, row_of_raw
from daemon.sides.salesforce.outcomes import Verdict, read_back, send_patiently
from daemon.sides.salesforce.payloads import create_fields, without_links
from daemon.sides.salesforce.reading import EventReader
from daemon.sides.salesforce.updating import Sleep
from daemon.sync.appointment import group_value
from daemon.sync.trees import Record
from shared.models import Image
from shared.states import Group

CLOCK_SKEW = timedelta(minutes=2)
"""How much earlier than our attempt the server may say a row was created."""


ATTEMPT_UNKNOWN = timedelta(hours=24)
"""How far back to look for a create of an earlier process whose moment is not known."""

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class CreateMemory:
    """What this process knows of its own creates: when each was first tried, and which ids are whose.

    Times are the server's. A record belongs to one create only: two equal meetings must not adopt the same one.
    """

    def __init__(self) -> None:
        self._attempts: dict[str, datetime] = {}
        self._id_of: dict[str, str] = {}
        self._owner_of: dict[str, str] = {}

    def tried(self, write: Write, now: datetime) -> None:
        self._attempts.setdefault(_name(write), now)

    def made(self, write: Write, key: str) -> None:
        self._id_of[_name(write)] = key
        self._owner_of[key] = _name(write)

    def id_of(self, write: Write) -> str:
        return self._id_of.get(_name(write), "")

    def is_free(self, write: Write, key: str) -> bool:
        return self._owner_of.get(key, _name(write)) == _name(write)

    def tried_at(self, write: Write, now: datetime) -> datetime:
        """When the create was first sent: as remembered, as its journal id says, or a day ago at most."""
        known = self._attempts.get(_name(write))
        if known is not None:
            return known
        stamped = _STAMP.match(write.op_id)
        if stamped is None:
            return now - ATTEMPT_UNKNOWN
        # The journal's stamp is the local clock's; the difference between the clocks is known now.
        return datetime.fromisoformat(stamped[0]) + (now - datetime.now(UTC))


def _name(write: Write) -> str:
    return write.create_key or write.op_id


@dataclass(slots=True)
class _Row:
    write: Write
    fields: dict[str, Any]


class EventCreator:
    """Carries out the creates of one batch of writes, and finds the ones whose answer was lost."""

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

    async def find_created(self, write: Write) -> list[Record]:
        """What may be the result of this create, best first: its own id, its key, else the same event made since."""
        known_id = self._memory.id_of(write)
        if known_id:
            rows, server_time = await self._reader.rows([known_id])
        elif write.create_key and self._profile.shape.key_field:
            found, server_time = await self._reader.where(
                f"{self._profile.shape.key_field} = {soql.quoted(write.create_key)}"
            )
            rows = {str(row["Id"]): row for row in found}
        else:
            return await self._find_by_content(write)
        looked = [self._reader.judge(row, server_time) for row in rows.values()]
        return [one.record for one in looked if isinstance(one, Found)]

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
                yield Done(row.write.op_id, looked.record.key, looked.record.version, looked.record)
            else:
                yield refusal(row.write.op_id, RowError("DUPLICATE_VALUE", "", (self._profile.shape.key_field,)))

    async def _find_by_content(self, write: Write) -> list[Record]:
        """OwnerId, exact start and subject, made by this person since the attempt; the rest compared here."""
        assert write.after is not None
        fields = create_fields(write.after, (), "", self._profile, {})
        conditions = [
            f"OwnerId = {soql.quoted(self._profile.user_id)}",
            f"StartDateTime = {fields['StartDateTime']}",
            f"IsAllDayEvent = {'true' if write.after.all_day else 'false'}",
        ]
        subject = clean_text(write.after.subject)
        # How Salesforce keeps a line break is not known, so a subject with one is only compared here.
        if subject and "\n" not in subject:
            conditions.append(f"Subject = {soql.quoted(subject)}")
        attempt = self._memory.tried_at(write, self._client.server_now())
        conditions.append(f"CreatedDate >= {soql.moment(attempt - CLOCK_SKEW)}")
        rows, server_time = await self._reader.where(" AND ".join(conditions))
        mine = [
            row
            for row in rows
            if row.get("CreatedById") in (None, self._profile.user_id) and self._memory.is_free(write, str(row["Id"]))
        ]
        mine.sort(key=lambda row: str(parse_moment(row.get("CreatedDate")) or ""), reverse=True)
        looked = [self._reader.judge(row, server_time) for row in mine]
        records = [one.record for one in looked if isinstance(one, Found) and _alike(one.record.image, write.after)]
        if records:
            self._memory.made(write, records[0].key)
        return records


def _alike(stored: Image, wanted: Image) -> bool:
    return (
        group_value(stored, Group.TIME) == group_value(wanted, Group.TIME)
        and stored.subject.casefold() == clean_text(wanted.subject).casefold()
    )
