"""Comparing the two sides: observe, plan, look up what a table cell wants, plan again, and keep the base in order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from daemon.runs.create_keys import own_copies, recognisable, without_known
from daemon.runs.moments import Clock, Sleep, read_stamp
from daemon.runs.observing import Observer, OpenPair, observed_long_enough_ago, scrubbed
from daemon.sides.contract import Found, Gone, Looked, ProgressSink, Unclear
from daemon.store.links import LinkStore
from daemon.store.trees import TreeStore
from daemon.sync.appointment import digest
from daemon.sync.base import Base, Link, LinkState
from daemon.sync.plan import plan
from daemon.sync.proposal import Plan, Upkeep
from daemon.sync.rules import Rules
from daemon.sync.trees import Record, Tree, Trees
from shared.models import Image
from shared.states import RunMode, Side
from shared.texts import text

SETTLING = timedelta(minutes=10)
"""An entry linked less than this ago may not have reached every listing: its absence is unknown (contracts.md 1)."""

ROUNDS = 2
"""How often the planner may ask for look-ups; what it still wants then stays unknown."""

_encode = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one comparison found: the trees and the base it was planned from, and the plan."""

    pair: OpenPair
    trees: Trees
    base: Base
    rules: Rules
    plan: Plan
    at: datetime


def planned(pair: OpenPair, trees: Trees, base: Base, rules: Rules) -> Plan:
    """The plan, with our own records recognised by their keys, on either side where it keeps them."""
    notes = pair.side(Side.NOTES)
    strangers = trees.notes.records.keys() - base.by_key(Side.NOTES).keys()
    made = frozenset(key for key in strangers if notes.made_here(key))
    if made:
        base = replace(base, copies=own_copies(made, trees, base, notes.key_of_create), ours=without_known(made, base))
    return plan(recognisable(trees, base.pairing), base, rules)


def encoded(image: Image | None) -> bytes:
    return b"" if image is None else _encode(image)


def merged_looks(tree: Tree, looked: Mapping[str, Looked], young: frozenset[str]) -> Tree:
    """The tree with the answers of look-ups by id; a fresh link's absence stays unknown."""
    records, gone, unknown, lost = dict(tree.records), dict(tree.gone), dict(tree.unknown), set(tree.lost)
    for key, answer in looked.items():
        records.pop(key, None)
        gone.pop(key, None)
        unknown.pop(key, None)
        lost.discard(key)
        if isinstance(answer, Found):
            records[key] = answer.record
        elif isinstance(answer, Gone):
            if key in young:
                unknown[key] = text("why.too_young")
            else:
                gone[key] = answer.evidence
        else:
            unknown[key] = answer.reason
            if answer.lasting and key not in young:
                lost.add(key)
    return replace(tree, records=records, gone=gone, unknown=unknown, lost=frozenset(lost))


def _is_away(answer: Looked) -> bool:
    """Whether an item is in this person's calendar no more: what a listing once showed of it must not be planned from."""
    return isinstance(answer, Gone) or (isinstance(answer, Unclear) and answer.lasting)


class Comparer:
    """Compares one pair and keeps its base."""

    def __init__(self, trees: TreeStore, links: LinkStore, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep
        self._trees = trees
        self._links = links
        self._clock = clock
        self._secret = links.secret()
        self._observer = Observer(trees, self._secret, clock)

    async def compare(self, pair: OpenPair, rules: Rules, mode: RunMode, progress: ProgressSink) -> Comparison:
        """Read both sides and plan. Raises the SideError of a side that cannot be read; nothing is written then."""
        progress("reading", 0, None)
        # A manual run reads every detail on the Notes side; Salesforce tells its changes and deletions by itself.
        read_all = frozenset({Side.NOTES}) if mode is not RunMode.AUTOMATIC else frozenset()
        seen = await self._observer.trees(pair, rules, progress, read_all=read_all)
        at = self._clock()
        progress("comparing", 0, None)
        base = self._links.base(pair.pairing)
        trees = Trees(notes=seen[Side.NOTES], salesforce=seen[Side.SALESFORCE])
        made = await asyncio.to_thread(planned, pair, trees, base, rules)
        asked: set[tuple[Side, str]] = set()
        for _ in range(ROUNDS):
            wanted = made.wanted - asked
            if not wanted:
                break
            await self._sleep(observed_long_enough_ago(at, self._clock()))
            asked |= wanted
            trees = await self.look(pair, trees, base, rules, wanted)
            made = await asyncio.to_thread(planned, pair, trees, base, rules)
        self._keep(pair.pairing, base, made.upkeep)
        return Comparison(pair, trees, base, rules, made, at)

    async def look(
        self, pair: OpenPair, trees: Trees, base: Base, rules: Rules, wanted: Iterable[tuple[Side, str]]
    ) -> Trees:
        """The trees with each wanted key asked for by itself; what was found is stored."""
        by_side: dict[Side, list[str]] = {Side.NOTES: [], Side.SALESFORCE: []}
        for side, key in sorted(wanted):
            by_side[side].append(key)
        result = {Side.NOTES: trees.notes, Side.SALESFORCE: trees.salesforce}
        for side, keys in by_side.items():
            if not keys:
                continue
            looked = await pair.side(side).look(keys)
            kept = {key: self._as_kept(answer, rules) for key, answer in looked.items()}
            result[side] = merged_looks(result[side], kept, self._young(base, side))
            found = [answer.record for answer in kept.values() if isinstance(answer, Found)]
            gone = [key for key, answer in kept.items() if _is_away(answer)]
            self._trees.save(pair.pairing, side, found, gone)
        return Trees(notes=result[Side.NOTES], salesforce=result[Side.SALESFORCE])

    def base(self, pairing: str) -> Base:
        """The base as it is stored now."""
        return self._links.base(pairing)

    def replan(self, comparison: Comparison, trees: Trees) -> Comparison:
        """The same comparison over other trees and the base as stored now; reads nothing from a calendar."""
        base = self.base(comparison.pair.pairing)
        made = planned(comparison.pair, trees, base, comparison.rules)
        return replace(comparison, trees=trees, base=base, plan=made)

    def stored(self, pair: OpenPair, rules: Rules) -> Comparison:
        """A comparison from the stored trees alone: what a restarted daemon shows of a run that waits for review."""
        trees = {
            side: Tree(
                side=side,
                records=self._trees.records(pair.pairing, side),
                left_out=self._trees.left_out(pair.pairing, side),
                capabilities=pair.probe(side).capabilities,
                own_calendar=pair.probe(side).own_calendar,
            )
            for side in (Side.NOTES, Side.SALESFORCE)
        }
        base = self._links.base(pair.pairing)
        both = Trees(notes=trees[Side.NOTES], salesforce=trees[Side.SALESFORCE])
        return Comparison(pair, both, base, rules, planned(pair, both, base, rules), self._clock())

    def with_stored(self, pairing: str, trees: Trees, keys: Iterable[tuple[Side, str]]) -> Trees:
        """The trees with these records as they are stored now: what was just written or deleted."""
        result = {side: dict(trees.of(side).records) for side in Side}
        for side, key in keys:
            record = self._trees.record(pairing, side, key)
            if record is None:
                result[side].pop(key, None)
            else:
                result[side][key] = record
        return Trees(
            notes=replace(trees.notes, records=result[Side.NOTES]),
            salesforce=replace(trees.salesforce, records=result[Side.SALESFORCE]),
        )

    def record_written(self, pairing: str, side: Side, record: Record | None, key: str, rules: Rules) -> Record | None:
        """Store what a side holds after a write; None after a delete."""
        if record is None:
            self._trees.save(pairing, side, (), (key,))
            return None
        kept = scrubbed(record, rules, self._secret)
        self._trees.save(pairing, side, (kept,), ())
        return kept

    def _as_kept(self, answer: Looked, rules: Rules) -> Looked:
        return Found(scrubbed(answer.record, rules, self._secret)) if isinstance(answer, Found) else answer

    def _young(self, base: Base, side: Side) -> frozenset[str]:
        edge = self._clock() - SETTLING
        return frozenset(
            link.key(side)
            for link in base.links
            if link.linked_at and read_stamp(link.linked_at) > edge and link.key(side)
        )

    def _keep(self, pairing: str, base: Base, upkeep: Iterable[Upkeep]) -> None:
        """Carry out the planner's silent changes of the base; none of them writes to a calendar."""
        links = {link.id: link for link in base.links}
        changed: list[Link] = []
        dropped: list[str] = []
        for step in upkeep:
            link = links.get(step.item)
            if step.kind == "drop_ignore":
                self._links.drop_ignore(pairing, step.ignore)
            elif link is None:
                continue
            elif step.kind == "forget":
                dropped.append(link.id)
            elif step.kind == "freeze":
                changed.append(replace(link, state=LinkState.FROZEN))
            else:
                changed.append(rebased(link, step))
        self._links.put(pairing, changed)
        self._links.drop(pairing, dropped)


def rebased(link: Link, step: Upkeep) -> Link:
    """The link with new base images: linked again, or a tombstone that remembers what was removed."""
    return replace(
        link,
        state=LinkState.TOMBSTONE if step.kind == "tombstone" else LinkState.LINKED,
        private_seen=step.private_seen,
        notes_json=encoded(step.notes_image),
        salesforce_json=encoded(step.salesforce_image),
        notes_digest=digest(step.notes_image),
        salesforce_digest=digest(step.salesforce_image),
    )
