"""Finds the creates whose answer was lost: by the id we learned, by our key, else by what was sent and who made it when.

Without a unique key field nothing refuses a second copy, so whatever this person made since the attempt and nobody knows may be
it: the same time and subject is taken for it, anything else is only a doubtful trace (reference/salesforce.md 3.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from daemon.sides.contract import Found, Traces, Write
from daemon.sides.salesforce import soql
from daemon.sides.salesforce.client import COLLECTION_SIZE, SalesforceClient
from daemon.sides.salesforce.events import Profile, clean_text, parse_moment
from daemon.sides.salesforce.reading import EventReader
from daemon.sync.appointment import group_value
from daemon.sync.trees import Record
from shared.models import Image
from shared.states import Group

CLOCK_SKEW = timedelta(minutes=2)
"""How much earlier than our attempt the server may say a row was created."""


ATTEMPT_LASTS = timedelta(minutes=30)
"""How long after its first moment an attempt may still make something: waiting for locks, and ten minutes on the way."""

ATTEMPT_UNKNOWN = timedelta(hours=24)
"""How far back to look for a create of an earlier process whose moment is not known."""

_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class CreateMemory:
    """What this process knows of its own creates, by operation: when each was sent, and which ids are whose.

    Not by create key: what was made, deleted and is made again has the same one (an undo, a copy re-created by hand).
    Times are the server's. A record belongs to one create only: two equal meetings must not adopt the same one.
    """

    def __init__(self) -> None:
        self._attempts: dict[str, datetime] = {}
        self._id_of: dict[str, str] = {}
        self._owner_of: dict[str, str] = {}

    def tried(self, write: Write, now: datetime) -> None:
        self._attempts.setdefault(write.op_id, now)

    def made(self, write: Write, key: str) -> None:
        self._id_of[write.op_id] = key
        self._owner_of[key] = write.op_id

    def id_of(self, write: Write) -> str:
        return self._id_of.get(write.op_id, "")

    def is_free(self, write: Write, key: str) -> bool:
        return self._owner_of.get(key, write.op_id) == write.op_id

    def span(self, write: Write, now: datetime) -> tuple[datetime, datetime]:
        """When the server can have carried out this create: from its first sending, as remembered or as its journal id says."""
        known = self._attempts.get(write.op_id)
        if known is None:
            stamped = _STAMP.match(write.op_id)
            if stamped is None:
                return now - ATTEMPT_UNKNOWN, now
            # The journal's stamp is the local clock's; the difference between the clocks is known now.
            known = datetime.fromisoformat(stamped[0]) + (now - datetime.now(UTC))
        return known - CLOCK_SKEW, known + ATTEMPT_LASTS + CLOCK_SKEW


class LostCreates:
    """Looks for the results of creates, all of them in a few queries."""

    def __init__(self, client: SalesforceClient, reader: EventReader, profile: Profile, memory: CreateMemory) -> None:
        self._client = client
        self._reader = reader
        self._profile = profile
        self._memory = memory

    async def find(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        """By op_id. A query fetches up to a page of ids or keys, another one everything made since the oldest attempt."""
        found: dict[str, Traces] = {}
        known = {write.op_id: self._memory.id_of(write) for write in writes}
        if any(known.values()):
            rows, server_time = await self._reader.rows([key for key in known.values() if key])
            for op_id, key in known.items():
                found.update(_sure(op_id, self._records([rows[key]] if key in rows else [], server_time)))
        rest = [write for write in writes if not known[write.op_id]]
        if rest and self._profile.shape.key_field:
            found.update(await self._by_key(rest))
        elif rest:
            found.update(await self._by_content(rest))
        return found

    async def _by_key(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        field = self._profile.shape.key_field
        keys = {write.create_key.lower(): write.op_id for write in writes if write.create_key}
        found: dict[str, Traces] = {}
        for part in soql.chunks(list(keys), COLLECTION_SIZE):
            rows, server_time = await self._reader.where(f"{field} {soql.one_of(part)}")
            for row in rows:
                op_id = keys.get(str(row.get(field)).lower())
                if op_id is not None:
                    found.update(_sure(op_id, self._records([row], server_time)))
        return found

    async def _by_content(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        """The newest likenesses first. Whose a record is by now the caller knows: several creates may be told the same ones."""
        now = self._client.server_now()
        spans = {write.op_id: self._memory.span(write, now) for write in writes}
        oldest = min(first for first, _ in spans.values())
        rows, server_time = await self._reader.where(
            f"OwnerId = {soql.quoted(self._profile.user_id)} AND CreatedDate >= {soql.moment(oldest)}"
        )
        mine = [row for row in rows if row.get("CreatedById") in (None, self._profile.user_id)]
        mine.sort(key=lambda row: str(parse_moment(row.get("CreatedDate")) or ""), reverse=True)
        made = self._records(mine, server_time)
        since = {str(row["Id"]): parse_moment(row.get("CreatedDate")) or server_time for row in mine}
        answer: dict[str, Traces] = {}
        for write in writes:
            assert write.after is not None
            sure: list[Record] = []
            doubtful: list[Record] = []
            first, last = spans[write.op_id]
            for record in made:
                if first <= since[record.key] <= last and self._memory.is_free(write, record.key):
                    (sure if _alike(record.image, write.after) else doubtful).append(record)
            if sure or doubtful:
                answer[write.op_id] = Traces(tuple(sure), tuple(doubtful))
        return answer

    def _records(self, rows: Sequence[Mapping[str, Any]], server_time: datetime) -> list[Record]:
        looked = [self._reader.judge(row, server_time) for row in rows]
        return [one.record for one in looked if isinstance(one, Found)]


def _sure(op_id: str, records: list[Record]) -> dict[str, Traces]:
    return {op_id: Traces(tuple(records))} if records else {}


def _alike(stored: Image, wanted: Image) -> bool:
    return (
        group_value(stored, Group.TIME) == group_value(wanted, Group.TIME)
        and stored.subject.casefold() == clean_text(wanted.subject).casefold()
    )
