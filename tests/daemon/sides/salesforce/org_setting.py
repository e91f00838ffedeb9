"""What the tests of the Salesforce side share: images and fields of a meeting, writes, and an org with an open side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from daemon.credentials import MemoryCredentials
from daemon.sandbox.faults import Fault
from daemon.sandbox.salesforce import SalesforceSandbox
from daemon.sides.contract import Found, Observation, Outcome, Write
from daemon.sides.retry import RetryPolicy
from daemon.sides.salesforce.connect import SalesforceAccount
from daemon.sides.salesforce.session import Patience
from daemon.sides.salesforce.side import SalesforceSide
from daemon.sync.rules import Window
from daemon.sync.trees import Record
from shared.models import Image
from shared.states import Group

HURRIED = Patience(connect=5, read=5)
BRIEFLY = RetryPolicy(attempts=3, first_wait=0.01, longest_wait=0.02)
CONTENT = frozenset({Group.TIME, Group.SUBJECT, Group.LOCATION, Group.DESCRIPTION, Group.SHOW_AS})


def day(offset: int) -> str:
    """The date so many days from today, in UTC."""
    return (datetime.now(UTC) + timedelta(days=offset)).date().isoformat()


def window(past: int = 30, future: int = 365) -> Window:
    return Window(f"{day(-past)}T00:00Z", f"{day(future)}T00:00Z", day(-past), day(future))


def meeting(subject: str = "Visit", offset: int = 3, **more: Any) -> Image:
    """A timed meeting in our own words, 9:00 to 10:00 UTC so many days from today."""
    fields = {"starts_at": f"{day(offset)}T09:00Z", "ends_at": f"{day(offset)}T10:00Z"} | more
    return Image(subject=subject, **fields)


def event(subject: str = "Visit", offset: int = 3, **more: Any) -> dict[str, Any]:
    """The same as Salesforce fields."""
    return {
        "Subject": subject,
        "StartDateTime": f"{day(offset)}T09:00:00.000Z",
        "EndDateTime": f"{day(offset)}T10:00:00.000Z",
    } | more


def no_progress(phase: str, done: int, total: int | None) -> None:
    pass


@dataclass
class Connected:
    """A running sandbox with one account of our side; ``slept`` are the waits asked for (the server's clock moved on)."""

    sandbox: SalesforceSandbox
    account: SalesforceAccount
    credentials: MemoryCredentials
    side: SalesforceSide
    slept: list[float] = field(default_factory=list)

    @property
    def me(self) -> str:
        return self.sandbox.people()["user_id"]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [row for row in self.sandbox.rows("Event") if not row["IsDeleted"]]

    def settle(self) -> None:
        """Let the server's clock move on, so that no row counts as just changed."""
        self.sandbox.clock.shift(5)

    async def observe(self, bookmark: str = "", known: dict[str, Record] | None = None, **days: int) -> Observation:
        return await self.side.observe(window(**days), bookmark, known or {}, no_progress)

    async def record(self, key: str) -> Record:
        found = (await self.side.look([key]))[key]
        assert isinstance(found, Found), found
        return found.record

    async def write(self, *writes: Write) -> dict[str, Outcome]:
        return {outcome.op_id: outcome async for outcome in self.side.write(writes)}

    async def one(self, write: Write) -> Outcome:
        (outcome,) = (await self.write(write)).values()
        return outcome

    def calls(self, path: str = "/services/data", method: str | None = None) -> list[Any]:
        return self.sandbox.journal.calls(method, path)

    def fail(self, path: str, action: Any, method: str | None = None, **more: Any) -> None:
        self.sandbox.faults.add(Fault(method, path, action, **more))


def create(image: Image, op_id: str = "op", **more: Any) -> Write:
    return Write(op_id, "create", after=image, groups=CONTENT, **more)


def update(record: Record, after: Image, *groups: Group, op_id: str = "op", **more: Any) -> Write:
    fields = {"before": record.image, "raw": record.raw, "expected_version": record.version} | more
    return Write(op_id, "update", key=record.key, after=after, groups=frozenset(groups), **fields)


def delete(record: Record, op_id: str = "op", **more: Any) -> Write:
    fields = {"before": record.image, "raw": record.raw, "expected_version": record.version} | more
    return Write(op_id, "delete", key=record.key, **fields)


Connect = Callable[..., Any]
"""The fixture ``connect``: start an org with features, await a Connected."""
