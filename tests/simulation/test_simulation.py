"""Seeds of the simulation, their repeatability, and bugs planted into the engine that the simulation must find."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from daemon.runs import open_run
from daemon.runs.apply import Applier, Replanner
from daemon.runs.commit import Committer
from daemon.runs.journal import Journal
from daemon.sync import ignore
from tests.fakes.engine_side import EngineSide
from tests.simulation.simulate import Life, live, replay_line

SEEDS = 2000
AT_LEAST = 500
SECONDS = 60.0


def failures(seeds: Iterable[int]) -> list[Life]:
    return [life for life in map(live, seeds) if life.broken]


@pytest.mark.timeout(900)
def test_every_seed_keeps_every_invariant(record_property: Callable[[str, object], None]) -> None:
    """Catches: whatever breaks P3, P4, P6, P7, P9, P12-P14, P16-P19, P25, P28, P31, P32 or P36 in the life of an installation.

    2,000 seeds, or as many as 60 seconds allow, 500 at least; a failure names the one line that replays it.
    """
    end = time.monotonic() + SECONDS
    first = int(os.environ.get("DAYBRIDGE_FIRST_SEED", "1"))
    count = writes = crashes = 0
    for seed in range(first, first + SEEDS):
        if count >= AT_LEAST and time.monotonic() > end:
            break
        life = live(seed)
        count, writes, crashes = count + 1, writes + life.writes, crashes + life.crashes
        assert not life.broken, f"{life.broken}\n  replay: {replay_line(seed)}"
    print(f"{count} seeds, {writes} writes, {crashes} crashes")
    record_property("seeds", count)
    assert count >= AT_LEAST
    assert writes > count
    assert crashes > 0


def test_a_seed_repeats_itself() -> None:
    """Catches: a clock, a thread, a random name or an unordered set that the seed does not rule."""
    for seed in range(20):
        assert live(seed).trace == live(seed).trace, replay_line(seed)


# Planted bugs: each of the invariants must be able to fail. ------------------------------------------------------------

Patch = Callable[[pytest.MonkeyPatch], None]


def _no_look_before_writing(patch: pytest.MonkeyPatch) -> None:
    """What was approved is sent as it was compared, without reading again."""

    async def as_compared(self: Applier, comparison: Any, rows: Any, plans: Replanner) -> Any:
        return comparison

    patch.setattr(Applier, "_seen_again", as_compared)


def _blind_retry(patch: pytest.MonkeyPatch) -> None:
    """A create whose answer was lost counts as not sent, without looking."""

    def never_arrived(self: Journal, pair: Any, op: Any, seen: Any, rules: Any) -> Any:
        return self.ended(pair.pairing, op, "rejected")

    patch.setattr(Journal, "_settle_create", never_arrived)


def _no_suspicion(patch: pytest.MonkeyPatch) -> None:
    """What may be the copy of a lost create is not asked about."""
    patch.setattr(Journal, "_suspect", lambda self, pair, op, records: None)


def _no_quarantine(patch: pytest.MonkeyPatch) -> None:
    """An unkeyed create that is not found at once is sent again at once."""
    patch.setattr("daemon.runs.journal.QUARANTINE", __import__("datetime").timedelta(0))


def _base_from_a_fresh_read(patch: pytest.MonkeyPatch) -> None:
    """The base takes whatever the calendar shows after the write, an edit in between included."""
    patch.setattr("daemon.runs.commit.believed", lambda after, stored: after if stored is None else stored)


def _base_before_the_answer(patch: pytest.MonkeyPatch) -> None:
    """The base moves although the write was refused or lost."""
    real = Committer.commit

    def eager(self: Committer, pairing: str, row: Any, done: Any, *, complete: bool) -> None:
        real(self, pairing, row, done, complete=True)

    patch.setattr(Committer, "commit", eager)


def _absence_is_deletion(patch: pytest.MonkeyPatch) -> None:
    """A by-id look-up that tells nothing is taken for a deletion."""
    from daemon.runs import compare
    from daemon.sides.contract import Gone, Unclear
    from daemon.sync.trees import Evidence

    real = compare.merged_looks

    def careless(tree: Any, looked: Any, young: Any) -> Any:
        gone = {key: Gone(Evidence("by_id")) if isinstance(one, Unclear) else one for key, one in looked.items()}
        return real(tree, gone, frozenset())

    patch.setattr(compare, "merged_looks", careless)


def _incomplete_is_complete(patch: pytest.MonkeyPatch) -> None:
    """A listing that stopped short counts as whole."""
    real = EngineSide.observe

    async def whole(self: EngineSide, *args: Any) -> Any:
        seen = await real(self, *args)
        return replace(seen, coverage=replace(seen.coverage, complete=True))

    patch.setattr(EngineSide, "observe", whole)
    _absence_is_deletion(patch)


def _journal_after_sending(patch: pytest.MonkeyPatch) -> None:
    """Writes go out without an entry in the journal."""
    patch.setattr(Journal, "sent", lambda self, pairing, ops: None)


def _ignores_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Neither the planner nor the executor minds an ignore."""
    patch.setattr(ignore.IgnoreIndex, "__bool__", lambda self: False)
    patch.setattr("daemon.runs.apply.holds_forever", lambda *args: False)


def _private_text_kept(patch: pytest.MonkeyPatch) -> None:
    """What is read of a private item is stored as it is."""
    patch.setattr("daemon.runs.observing.scrubbed", lambda record, rules, secret: record)


def _guards_off(patch: pytest.MonkeyPatch) -> None:
    """A guard is shown and Ok writes all the same."""
    patch.setattr("daemon.runs.coordinator.check_confirmations", lambda *args: None)


def _no_recovery(patch: pytest.MonkeyPatch) -> None:
    """What a crash left open is never looked up."""

    async def nothing(self: Journal, pair: Any, rules: Any) -> frozenset[str]:
        return frozenset()

    patch.setattr(Journal, "recover", nothing)


def _undo_of_the_wrong_image(patch: pytest.MonkeyPatch) -> None:
    """Undo writes the after-image again instead of the before-image."""
    from daemon.runs import undo

    real = undo._inverse

    def same_again(op: Any, *args: Any) -> Any:
        inverse = real(op, *args)
        return replace(inverse, after=op.after) if op.kind == "update" else inverse

    patch.setattr(undo, "_inverse", same_again)


def _adopts_anything(patch: pytest.MonkeyPatch) -> None:
    """A lost create adopts a record that another item already has."""
    patch.setattr(Committer, "owners", lambda self, pairing, side: {})
    patch.setattr(EngineSide, "_made_for", lambda self, key: "")


def _no_brake(patch: pytest.MonkeyPatch) -> None:
    """Two calendars that each insist on a value of their own are fed for ever."""
    patch.setattr(open_run, "parked", lambda rows, recent: list(rows))


PLANTED: dict[str, tuple[Patch, str, int]] = {
    "no look before writing": (_no_look_before_writing, "P14", 7),
    "blind retry": (_blind_retry, "P7", 475),
    "no suspicion": (_no_suspicion, "P7", 219),
    "no quarantine": (_no_quarantine, "P7", 475),
    "base from a fresh read": (_base_from_a_fresh_read, "P3", 44),
    "base before the answer": (_base_before_the_answer, "P25", 45),
    "absence is deletion": (_absence_is_deletion, "P18", 23),
    "incomplete is complete": (_incomplete_is_complete, "P18", 23),
    "journal after sending": (_journal_after_sending, "P16", 1),
    "ignores forgotten": (_ignores_forgotten, "P9", 1),
    "private text kept": (_private_text_kept, "P12", 9),
    "guards off": (_guards_off, "P19", 90),
    "no recovery": (_no_recovery, "P7", 457),
    "undo of the wrong image": (_undo_of_the_wrong_image, "P31", 10),
    "no brake": (_no_brake, "P32", 1),
}
"""name -> (the bug, the property that must find it, the seed that found it first; then others are tried)."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches: an invariant that cannot fail. Each of these bugs must be found by its own property."""
    plant, wanted, first = PLANTED[name]
    plant(monkeypatch)
    for seed in (first, *range(1, 1001)):
        if wanted in live(seed).broken:
            return
    raise AssertionError(f"a thousand seeds lived with this bug: {name}")
