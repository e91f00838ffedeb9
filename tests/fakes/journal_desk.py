"""A desk for tests of the journal alone: one pairing with its stores, both calendars in memory, and a clock moved by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from daemon.runs.commit import Committer
from daemon.runs.compare import Comparer
from daemon.runs.journal import Journal
from daemon.runs.observing import OpenPair
from daemon.store.database import Database
from daemon.store.links import LinkStore
from daemon.store.runs import Op, RowOutcome, RunStore
from daemon.store.trees import TreeStore
from daemon.sync.base import LinkState
from daemon.sync.proposal import Settlement
from daemon.sync.rules import Rules
from daemon.sync.trees import Capabilities, Record
from shared.models import Image, Run
from shared.states import Action, Group, RunMode, RunState, Side
from tests.fakes import planner_inputs as given
from tests.fakes.memory_side import MemorySide

NOW = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
STAMP = "2026-03-09T08:00:00Z"
AFTER_QUARANTINE = "2026-03-09T08:12:00Z"
VISIT = given.image()
CALL = given.image(subject="Call")
SUBJECT = frozenset({Group.SUBJECT})
RULES = Rules(given.WINDOW, version="r1")


class Desk:
    """One pairing with its stores, both calendars, and a clock that only moves by hand."""

    def __init__(self, *, keyed: bool = True) -> None:
        self.now = NOW
        self.database = Database(Path(":memory:"))
        self.runs, self.links = RunStore(self.database), LinkStore(self.database)
        self.trees = TreeStore(self.database)
        self.notes = MemorySide(identity="notes:jdoe", capabilities=Capabilities())
        self.salesforce = MemorySide(
            identity="salesforce:1", capabilities=Capabilities(keyed_create=keyed), make_key=lambda uid: f"S-{uid}"
        )
        comparer = Comparer(self.trees, self.links, self.clock)
        self.journal = Journal(self.runs, comparer, Committer(self.links, self.clock), self.clock)
        self.pairing = self.links.pairing("notes:jdoe", "salesforce:1", STAMP)
        self.stranger = self.links.pairing("notes:other", "salesforce:1", STAMP)
        for pairing, name in ((self.pairing, "run"), (self.stranger, "theirs")):
            self.runs.put(pairing, Run(id=name, mode=RunMode.MANUAL, state=RunState.APPLYING, started_at=STAMP))

    def clock(self) -> datetime:
        return self.now

    def side(self, side: Side) -> MemorySide:
        return self.notes if side is Side.NOTES else self.salesforce

    async def pair(self) -> OpenPair:
        return OpenPair(
            self.pairing, self.notes, self.salesforce, await self.notes.open(), await self.salesforce.open()
        )

    async def recover(self) -> frozenset[str]:
        return await self.journal.recover(await self.pair(), RULES)

    def intend(self, *ops: Op, **fields: Any) -> RowOutcome:
        row = outcome(ops, **fields)
        self.journal.intend(self.pairing, [row], ops)
        return row

    def stored(self, identifier: str = "o1") -> Op:
        return next(op for op in self.runs.ops_of("run") if op.id == identifier)

    def result(self, change: str = "change") -> RowOutcome:
        return self.runs.outcomes("run")[change]


@pytest.fixture(name="desk", params=[True])
def a_desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    made = Desk(keyed=request.param)
    yield made
    made.database.close()


unkeyed = pytest.mark.parametrize("desk", [False], indirect=True)


def operation(kind: str = "update", side: Side = Side.NOTES, **fields: Any) -> Op:
    of_kind: dict[str, Any] = {
        "create": {"after": VISIT, "groups": frozenset(Group), "create_key": "ck"},
        "update": {"key": "a#", "expected_version": "v1", "before": VISIT, "after": CALL, "groups": SUBJECT},
        "delete": {"key": "a#", "expected_version": "v1", "before": VISIT},
    }[kind]
    return Op(**({"id": "o1", "run": "run", "change": "change", "side": side, "kind": kind} | of_kind | fields))


def outcome(ops: tuple[Op, ...], **fields: Any) -> RowOutcome:
    values: dict[str, Any] = {
        "run": "run",
        "change": "change",
        "item": "item",
        "at": "2026-03-09T07:00:00Z",
        "action": Action.UPDATE_IN_NOTES,
        "title": "Call",
        "ops": tuple(op.id for op in ops),
        "settlement": Settlement(
            link_state=LinkState.LINKED,
            notes_image=CALL,
            salesforce_image=CALL,
            notes_key="a#",
            salesforce_key="S-a",
        ),
    }
    return RowOutcome(**(values | fields))


def record(image: Image = VISIT, key: str = "S-x", **fields: Any) -> Record:
    return given.record(key, image, **fields)
