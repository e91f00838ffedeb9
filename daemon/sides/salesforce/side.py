"""The Salesforce side: one person's own events behind the side contract.

Opening reads who signed in, the person's zone and the describe, once a day; a run in between costs one call. A read
that meets a field which is gone describes again and repeats itself once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any, TypeVar

from daemon.sides.contract import (
    Looked,
    Observation,
    Outcome,
    Probe,
    ProgressSink,
    Refused,
    SideUnavailable,
    Traces,
    Write,
    WrongAccount,
)
from daemon.sides.retry import RetryPolicy
from daemon.sides.salesforce import soql
from daemon.sides.salesforce.answers import AnswerLost, RequestRefused
from daemon.sides.salesforce.client import SalesforceClient
from daemon.sides.salesforce.creating import EventCreator
from daemon.sides.salesforce.deleting import EventDeleter
from daemon.sides.salesforce.events import Profile
from daemon.sides.salesforce.fields import MAX_DAYS, event_shape
from daemon.sides.salesforce.limits import ApiBudget
from daemon.sides.salesforce.lost_creates import CreateMemory, LostCreates
from daemon.sides.salesforce.reading import EventReader, ShapeOutdated
from daemon.sides.salesforce.session import Patience
from daemon.sides.salesforce.tokens import TokenKeeper
from daemon.sides.salesforce.updating import EventUpdater, Sleep
from daemon.sync.rules import Window
from daemon.sync.trees import Record
from shared.models import CalendarInfo, Image, SideBudget
from shared.texts import text

PROFILE_GOOD_FOR = 24 * 3600.0
"""Seconds for which identity, zone and describe are believed."""

_FIELD_CODES = frozenset({"INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE"})
_LENGTH_FIELDS = ("DurationInMinutes", "EndDateTime")

Answered = TypeVar("Answered")


class SalesforceSide:
    """See ``daemon.sides.contract.Side``. Only SideError leaves its methods. One call at a time."""

    def __init__(
        self,
        tokens: TokenKeeper,
        budget: ApiBudget,
        key_field: str,
        zone_hint: str,
        *,
        patience: Patience | None = None,
        sleep: Sleep = asyncio.sleep,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._budget = budget
        self._client = SalesforceClient(tokens, budget, patience, sleep, policy)
        self._key_field = key_field
        self._zone_hint = zone_hint
        self._sleep = sleep
        self._memory = CreateMemory()
        self._profile: Profile | None = None
        self._profile_read = 0.0
        self._identity = ""
        self._multi_day = True

    async def open(self) -> Probe:
        """Read anew who answers and what this org can hold. Raises SignInNeeded, SideUnavailable, LimitReached."""
        self._profile = None
        profile = await self._settled(self._profile_now())
        return Probe(
            identity=profile.identity,
            zone=profile.zone,
            capabilities=profile.shape.capabilities(multi_day=self._multi_day),
            name=profile.name,
        )

    async def close(self) -> None:
        await self._client.close()

    def budget(self) -> SideBudget:
        return self._budget.meter()

    async def calendars(self) -> Sequence[CalendarInfo]:
        """The signed-in person's own calendar; others' and public calendars are not offered."""
        profile = await self._settled(self._profile_now())
        return [CalendarInfo(id=profile.user_id, name=profile.name, owner=profile.name, selected=True)]

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        self._budget.check_reading()
        seen = await self._read(lambda reader: reader.observe(window, bookmark, known, progress))
        if any(_spans_days(record.image) for record in seen.records):
            self._multi_day = True
        return seen

    async def look(self, keys: Iterable[str]) -> Mapping[str, Looked]:
        wanted = list(keys)
        return await self._read(lambda reader: reader.look(wanted))

    def key_of_create(self, create_key: str) -> str:
        return ""

    def made_here(self, key: str) -> bool:
        return False

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        return await self._read(
            lambda reader: LostCreates(self._client, reader, self._believed(), self._memory).find(writes)
        )

    async def write(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        """Creates, then updates, then deletes. When an error of the side ends it, writes without outcome were not sent."""
        profile = await self._settled(self._profile_now())
        reader = EventReader(self._client, profile)
        by_id = {write.op_id: write for write in writes}
        kinds = {kind: [write for write in writes if write.kind == kind] for kind in ("create", "update", "delete")}
        steps = (
            EventCreator(self._client, reader, profile, self._memory, self._sleep).create(kinds["create"]),
            EventUpdater(self._client, reader, profile, self._sleep).update(kinds["update"]),
            EventDeleter(self._client, reader, profile, self._sleep).delete(kinds["delete"]),
        )
        for step in steps:
            async with aclosing(step) as outcomes:  # type: ignore[type-var]
                while (outcome := await self._settled(anext(outcomes, None))) is not None:
                    yield self._learned(by_id[outcome.op_id], outcome)

    # ---------------------------------------------------------------------------------------------------------------

    async def _read(self, work: Callable[[EventReader], Awaitable[Answered]]) -> Answered:
        """Run a reading; when a field we knew is gone, describe again and run it once more."""
        profile = await self._settled(self._profile_now())
        try:
            return await self._settled(work(EventReader(self._client, profile)), ShapeOutdated)
        except ShapeOutdated:
            self._profile = None
        profile = await self._settled(self._profile_now())
        return await self._settled(work(EventReader(self._client, profile)))

    async def _settled(self, work: Awaitable[Answered], *let_through: type[RequestRefused]) -> Answered:
        """Await ``work``; what the contract does not know becomes SideUnavailable with Salesforce's own words."""
        try:
            return await work
        except let_through:
            raise
        except RequestRefused as refused:
            words = text("salesforce.refused_request", error=refused.error.code, message=refused.error.message)
            raise SideUnavailable(words) from refused
        except AnswerLost as lost:
            raise SideUnavailable(text("salesforce.lost_answer")) from lost

    def _believed(self) -> Profile:
        assert self._profile is not None
        return self._profile

    async def _profile_now(self) -> Profile:
        if self._profile is not None and time.monotonic() - self._profile_read < PROFILE_GOOD_FOR:
            return self._profile
        self._budget.check_reading()
        access = await self._client.tokens()
        who = await self._client.userinfo()
        org_id, user_id = _id18(who.get("organization_id")), _id18(who.get("user_id"))
        if not org_id or not user_id:
            raise SideUnavailable(text("salesforce.not_salesforce", host=access.instance_url, status=200))
        self._check_identity(f"{org_id}/{user_id}")
        person = await self._person(user_id)
        shape = event_shape(await self._client.describe("Event"), self._key_field)
        self._profile = Profile(
            org_id=org_id,
            user_id=user_id,
            name=str(person.get("Name") or who.get("name") or who.get("preferred_username") or ""),
            zone=str(person.get("TimeZoneSidKey") or who.get("zoneinfo") or self._zone_hint),
            instance_url=self._client.instance_url,
            shape=shape,
        )
        self._profile_read = time.monotonic()
        return self._profile

    def _check_identity(self, identity: str) -> None:
        """One side serves one person of one org as long as it lives (pitfall 26)."""
        if self._identity and self._identity != identity:
            raise WrongAccount(text("salesforce.wrong_account"))
        self._identity = identity

    async def _person(self, user_id: str) -> Mapping[str, Any]:
        query = soql.select(("Id", "Name", "TimeZoneSidKey"), "User", soql.ids_in([user_id]), "Id")
        try:
            rows = (await self._client.query_all(query)).rows
        except RequestRefused:
            # Some profiles may not read users, not even themselves; userinfo has told the zone already.
            return {}
        return rows[0] if rows else {}

    def _learned(self, write: Write, outcome: Outcome) -> Outcome:
        """Nothing tells whether an org takes multi-day events but its refusal (1.2); remember it."""
        if not isinstance(outcome, Refused):
            return outcome
        if outcome.code in _FIELD_CODES:
            self._profile_read = 0.0 - PROFILE_GOOD_FOR
        named = str(outcome.text.params.get("fields", ""))
        too_long = outcome.code == "FIELD_INTEGRITY_EXCEPTION" and any(name in named for name in _LENGTH_FIELDS)
        if too_long and write.after is not None and _spans_days(write.after):
            self._multi_day = False
            return Refused(outcome.op_id, outcome.code, text("salesforce.refused.multi_day"))
        return outcome


def _spans_days(image: Image) -> bool:
    """Longer than a day, but not longer than any org takes."""
    length = datetime.fromisoformat(image.ends_at) - datetime.fromisoformat(image.starts_at)
    return timedelta(days=1) < length <= timedelta(days=MAX_DAYS)


def _id18(value: object) -> str:
    return value if isinstance(value, str) and len(value) in (15, 18) else ""
