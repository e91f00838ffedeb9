"""Reading both sides into the stored trees: what was read replaces what was known, and nothing private is kept as text."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from daemon.runs.moments import Clock, read_stamp, stamp
from daemon.sides.contract import Observation, Probe, ProgressSink, Side as CalendarSide, SideError
from daemon.store.trees import TreeStore
from daemon.sync.appointment import digest
from daemon.sync.guards import sudden_drop
from daemon.sync.rules import Rules
from daemon.sync.trees import LeftOut, Record, Tree
from shared.models import Image, Text
from shared.states import Side
from shared.texts import text

FULL_SWEEP = timedelta(hours=24)
"""How long deltas may be trusted before everything in the window is read again (contracts.md 13)."""


@dataclass(frozen=True, slots=True)
class OpenPair:
    """Both sides, opened, with the pairing their identities make."""

    pairing: str
    notes: CalendarSide
    salesforce: CalendarSide
    notes_probe: Probe
    salesforce_probe: Probe

    def side(self, side: Side) -> CalendarSide:
        return self.notes if side is Side.NOTES else self.salesforce

    def probe(self, side: Side) -> Probe:
        return self.notes_probe if side is Side.NOTES else self.salesforce_probe


class _Bookmark(msgspec.Struct, frozen=True):
    """The side's own bookmark with the window it was made for (a wider one needs a full reading), and whether private
    items were stored with their text: what was stored the other way must be read again.
    """

    mark: str = ""
    first_day: str = ""
    end_day: str = ""
    carry: bool = False


def scrubbed(record: Record, rules: Rules, secret: bytes) -> Record:
    """The record as it may be kept: a private one without text under skip and busy_only (contracts.md 6)."""
    if not record.image.private or rules.private == "carry":
        return record
    image = Image(
        subject="",
        starts_at=record.image.starts_at,
        ends_at=record.image.ends_at,
        all_day=record.image.all_day,
        zone=record.image.zone,
        show_as=record.image.show_as,
        private=True,
        id=record.image.id,
        version=record.image.version,
        url=record.image.url,
    )
    series = replace(record.series, title="") if record.series else None
    keyed = hmac.digest(secret, record.payload_digest or record.raw.encode(), "sha256")[:16]
    return replace(record, image=image, digest=digest(image), payload_digest=keyed, series=series, raw="")


class Connections(Protocol):
    """What the coordinator needs of the accounts: an open pair and the rules in force for it."""

    async def open_pair(self) -> OpenPair: ...

    def rules(self, pair: OpenPair) -> Rules: ...

    def failed(self, error: SideError) -> None: ...


class Observer:
    """Reads one pair of sides into the store."""

    def __init__(self, store: TreeStore, secret: bytes, clock: Clock) -> None:
        self._store = store
        self._secret = secret
        self._clock = clock

    async def trees(
        self, pair: OpenPair, rules: Rules, progress: ProgressSink, *, read_all: frozenset[Side]
    ) -> dict[Side, Tree]:
        """Both trees, read at the same time. A side that fails becomes a tree with a ``problem``; both failing raises."""
        counts: dict[Side, tuple[int, int | None]] = {}

        def tell(side: Side) -> ProgressSink:
            def sink(phase: str, done: int, total: int | None) -> None:
                counts[side] = (done, total)
                totals = [each[1] for each in counts.values()]
                known = None if None in totals else sum(total for total in totals if total is not None)
                progress(phase, sum(each[0] for each in counts.values()), known)

            return sink

        sides = (Side.NOTES, Side.SALESFORCE)
        answers = await asyncio.gather(
            *(self._one(pair, side, rules, tell(side), full=side in read_all) for side in sides), return_exceptions=True
        )
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, SideError):
                raise answer
        failures = [answer for answer in answers if isinstance(answer, SideError)]
        if failures:
            # A manual run without one of its sides has nothing to show; the sentence of the side is the answer.
            raise failures[0]
        return {side: answer for side, answer in zip(sides, answers, strict=True) if isinstance(answer, Tree)}

    async def _one(self, pair: OpenPair, side: Side, rules: Rules, progress: ProgressSink, *, full: bool) -> Tree:
        known = self._store.records(pair.pairing, side)
        bookmark, full_at, _ = self._store.bookmark(pair.pairing, side)
        mark = self._usable(bookmark, full_at, rules, full=full)
        parsed = known if _stored_alike(bookmark, rules) else {}
        seen = await pair.side(side).observe(rules.window, mark, parsed, progress)
        records = {
            record.key: scrubbed(record, rules, self._secret) for record in seen.records if record.key not in seen.gone
        }
        tree = self._merged(known, records, seen)
        probe = pair.probe(side)
        problem = None
        if not seen.coverage.complete:
            problem = text("side.incomplete", side=side.title())
        elif seen.full:
            problem = self._dropped(pair.pairing, side, rules, known, tree)
            if problem is not None:
                # Said once: a second reading that shows the same is believed, and the guard on deletions still stands.
                self._store.save_bookmark(pair.pairing, side, bookmark, stamp(self._clock()), full_at, len(tree))
        left_out = self._left_out(pair.pairing, side, seen)
        if problem is None:
            now = stamp(self._clock())
            changed = [record for key, record in records.items() if known.get(key) != record]
            self._store.save(pair.pairing, side, changed, known.keys() - tree.keys())
            self._store.save_left_out(pair.pairing, side, left_out)
            window, carry = rules.window, rules.private == "carry"
            kept = _Bookmark(seen.coverage.bookmark, window.first_day, window.end_day, carry)
            self._store.save_bookmark(
                pair.pairing,
                side,
                msgspec.json.encode(kept).decode(),
                now,
                now if seen.full else full_at,
                sum(rules.window.holds(record.image) for record in tree.values()),
            )
        return Tree(
            side=side,
            records=tree,
            gone=dict(seen.gone),
            left_out=left_out,
            capabilities=probe.capabilities,
            problem=problem,
            own_calendar=probe.own_calendar,
        )

    def _dropped(
        self, pairing: str, side: Side, rules: Rules, known: Mapping[str, Record], tree: Mapping[str, Record]
    ) -> Text | None:
        """Why the side counts as unknown after a sudden drop; None when the complete reading before this one saw it too.

        Counted is what lies in today's window, so that a window made smaller is no drop. Every deletion still needs its own
        evidence, and many of them the mass-deletion guard; this only keeps one odd reading from being believed.
        """
        holds = rules.window.holds
        before, now = (sum(holds(record.image) for record in records.values()) for records in (known, tree))
        problem = sudden_drop(side, before, now)
        _, full_at, seen_last = self._store.bookmark(pairing, side)
        if problem is None or sudden_drop(side, seen_last, now) is None:
            return None
        self._store.save_bookmark(pairing, side, "", stamp(self._clock()), full_at, now)
        return problem

    def _usable(self, bookmark: str, full_at: str, rules: Rules, *, full: bool) -> str:
        if full or not bookmark or not full_at or self._clock() - read_stamp(full_at) > FULL_SWEEP:
            return ""
        if not _stored_alike(bookmark, rules):
            return ""
        kept = msgspec.json.decode(bookmark, type=_Bookmark)
        covered = kept.first_day <= rules.window.first_day and kept.end_day >= rules.window.end_day
        return kept.mark if covered else ""

    def _merged(
        self, known: Mapping[str, Record], records: Mapping[str, Record], seen: Observation
    ) -> dict[str, Record]:
        if seen.full:
            kept = {key: known[key] for key in seen.unchanged if key in known}
        else:
            kept = {key: record for key, record in known.items() if key not in seen.gone}
        return {**kept, **records}

    def _left_out(self, pairing: str, side: Side, seen: Observation) -> dict[str, LeftOut]:
        """What is no item; a delta keeps what it does not speak of and drops what has become an item or is gone."""
        if seen.full:
            return dict(seen.left_out)
        spoken_of = {record.key for record in seen.records} | seen.gone.keys()
        known = self._store.left_out(pairing, side)
        return {handle: left for handle, left in known.items() if left.key not in spoken_of} | dict(seen.left_out)


def _stored_alike(bookmark: str, rules: Rules) -> bool:
    """Whether what is stored holds private items as the rules want them kept now."""
    return bool(bookmark) and msgspec.json.decode(bookmark, type=_Bookmark).carry == (rules.private == "carry")


def observed_long_enough_ago(at: datetime, now: datetime) -> float:
    """Seconds still to wait until a look-up counts as a second observation (contracts.md 1: two seconds)."""
    return max(0.0, 2.0 - (now - at).total_seconds())
