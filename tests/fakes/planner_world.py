"""Two calendars in memory and an executor that carries out settlements at once: enough to see where plans lead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import msgspec

from daemon.sync.appointment import digest, text_digest, with_groups
from daemon.sync.base import Base, Ignore, Link, LinkState
from daemon.sync.plan import plan
from daemon.sync.proposal import Plan, PlannedWrite, Proposal, Settlement, Upkeep
from daemon.sync.rules import Rules
from daemon.sync.settle import settle
from daemon.sync.trees import Record, Trees
from shared.models import Image
from shared.states import Answer, Decision, Side
from tests.fakes import planner_inputs as given

Chooser = Callable[[Proposal], "Chosen | None"]


@dataclass(frozen=True)
class Chosen:
    decision: Decision
    answer: Answer | None = None
    candidate: str | None = None


def first_offer(row: Proposal) -> Chosen | None:
    """Approve where that is offered, else the first entry that is no ignore; None for a row that only can be ignored."""
    for choice in row.choices:
        if choice.decision in (Decision.CHOOSE_FIELDS, Decision.IGNORE_UNTIL_CHANGE, Decision.IGNORE_FOREVER):
            continue
        return Chosen(choice.decision, choice.answer, choice.candidate)
    return None


@dataclass
class World:
    notes: dict[str, Image] = field(default_factory=dict)
    salesforce: dict[str, Image] = field(default_factory=dict)
    gone: dict[Side, set[str]] = field(default_factory=lambda: {side: set() for side in Side})
    links: dict[str, Link] = field(default_factory=dict)
    ignores: list[Ignore] = field(default_factory=list)
    apart: set[tuple[str, str]] = field(default_factory=set)
    acknowledged: dict[str, str] = field(default_factory=dict)
    rules: Rules = given.RULES
    versions: dict[str, int] = field(default_factory=dict)
    written: list[PlannedWrite] = field(default_factory=list)
    created: int = 0
    hide: dict[Side, set[str]] = field(default_factory=lambda: {side: set() for side in Side})

    def calendar(self, side: Side) -> dict[str, Image]:
        return self.notes if side is Side.NOTES else self.salesforce

    def trees(self) -> Trees:
        """What a reading finds; keys in ``hide`` are missing from the listing without any evidence."""

        def records(side: Side) -> list[Record]:
            return [
                given.record(key, image, version=str(self.versions.get(key, 1)))
                for key, image in self.calendar(side).items()
                if key not in self.hide[side]
            ]

        return given.trees(
            records(Side.NOTES),
            records(Side.SALESFORCE),
            notes_gone=self.gone[Side.NOTES],
            salesforce_gone=self.gone[Side.SALESFORCE],
        )

    def base(self) -> Base:
        return given.base(
            *self.links.values(),
            ignores=tuple(self.ignores),
            kept_apart=frozenset(self.apart),
            acknowledged=dict(self.acknowledged),
        )

    def plan(self) -> Plan:
        return plan(self.trees(), self.base(), self.rules)

    def edit(self, side: Side, key: str, **fields: object) -> None:
        self.calendar(side)[key] = msgspec.structs.replace(self.calendar(side)[key], **fields)
        self.versions[key] = self.versions.get(key, 1) + 1

    def delete(self, side: Side, key: str) -> None:
        del self.calendar(side)[key]
        self.gone[side].add(key)

    def link(self, name: str, notes: Image, salesforce: Image, **fields: object) -> None:
        made = given.link(notes, salesforce, name, **fields)
        self.links[made.id] = made
        self.notes[made.notes_key], self.salesforce[made.salesforce_key] = notes, salesforce

    def run(self, choose: Chooser = first_offer, order: Callable[[list[Proposal]], Iterable[Proposal]] = list) -> Plan:
        """Plan, decide every row, carry all of it out."""
        found = self.plan()
        for one in found.upkeep:
            self.keep_up(one)
        for row in order(list(found.changes)):
            chosen = choose(row)
            if chosen is None:
                self.acknowledged[row.id] = row.revision
                continue
            self.carry_out(row, settle(row, chosen.decision, answer=chosen.answer, candidate=chosen.candidate))
        return found

    def keep_up(self, one: Upkeep) -> None:
        if one.kind == "drop_ignore":
            self.ignores = [ignore for ignore in self.ignores if ignore.id != one.ignore]
        elif one.kind == "forget":
            self.links.pop(one.item, None)
        else:
            old = self.links[one.item]
            if one.kind == "freeze":
                self.links[one.item] = replace(old, state=LinkState.FROZEN)
            else:
                state = LinkState.LINKED if one.kind == "rebase" else LinkState.TOMBSTONE
                self.links[one.item] = replace(
                    old, state=state, private_seen=one.private_seen, **_images(one.notes_image, one.salesforce_image)
                )

    def carry_out(self, row: Proposal, settlement: Settlement) -> None:
        keys = {Side.NOTES: settlement.notes_key, Side.SALESFORCE: settlement.salesforce_key}
        for write in settlement.writes:
            keys[write.side] = self._write(write)
        if settlement.kept_apart:
            self.apart.update(settlement.kept_apart)
        if settlement.forget:
            self.links.pop(row.item, None)
        if settlement.link_state is None:
            return
        for other in [one for one in self.links.values() if one.id != row.item]:
            if any(keys[side] and keys[side] == other.key(side) for side in Side):
                del self.links[other.id]
        old = self.links.get(row.item)
        body = old.notes_body_written if old is not None else b""
        if settlement.notes_body_written is not None:
            body = text_digest(settlement.notes_body_written)
        self.links[row.item] = Link(
            id=row.item,
            notes_key=keys[Side.NOTES],
            salesforce_key=keys[Side.SALESFORCE],
            state=settlement.link_state,
            generation=settlement.generation,
            notes_body_written=body,
            keep_syncing=settlement.keep_syncing,
            private_seen=settlement.private_seen,
            **_images(settlement.notes_image, settlement.salesforce_image),
        )

    def _write(self, write: PlannedWrite) -> str:
        calendar = self.calendar(write.side)
        self.written.append(write)
        if write.kind == "create":
            assert write.after is not None
            self.created += 1
            key = f"made-{self.created}#" if write.side is Side.NOTES else f"S-made-{self.created}"
            calendar[key] = write.after
            return key
        if write.kind == "delete":
            self.delete(write.side, write.key)
        else:
            assert write.after is not None
            calendar[write.key] = with_groups(calendar[write.key], write.after, write.groups)
            self.versions[write.key] = self.versions.get(write.key, 1) + 1
        return write.key


def _images(notes: Image | None, salesforce: Image | None) -> dict[str, bytes]:
    return {
        "notes_digest": digest(notes),
        "salesforce_digest": digest(salesforce),
        "notes_json": msgspec.json.encode(notes) if notes is not None else b"",
        "salesforce_json": msgspec.json.encode(salesforce) if salesforce is not None else b"",
    }


def encoded(found: Plan) -> bytes:
    """A plan as bytes; sets are put in order, everything else keeps the order it has."""

    def plain(value: object) -> object:
        if isinstance(value, frozenset | set):
            return sorted((plain(one) for one in value), key=repr)
        if isinstance(value, tuple | list):
            return [plain(one) for one in value]
        if isinstance(value, dict):
            return [[plain(key), plain(one)] for key, one in value.items()]
        if hasattr(value, "__dataclass_fields__"):
            return [[name, plain(getattr(value, name))] for name in value.__dataclass_fields__]
        if isinstance(value, msgspec.Struct):
            return [[name, plain(getattr(value, name))] for name in value.__struct_fields__]
        return value

    return msgspec.json.encode(plain(found))
