"""The engine as a state machine for Hypothesis: the same steps as the simulation, chosen and shrunk by Hypothesis.

After each step the invariants P6, P7, P9, P12 to P14, P16 to P19, P25, P28, P31 and P36 have been checked by the watch; at the
end everything is healed, must settle (P3), must then stay quiet (P4) and must not feed two calendars that fight (P32).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from daemon.runs.apply import Applier
from daemon.runs.journal import Journal
from tests.fakes.engine_checks import Broken
from tests.fakes.engine_world import World
from tests.simulation.simulate import fixed_names

RUNS = int(os.environ.get("DAYBRIDGE_MACHINE_RUNS", "300"))
STEPS = 50

SIDE = st.integers(0, 1)
ITEM = st.integers(0, 8)
VALUE = st.integers(0, 6)


class Engine(RuleBasedStateMachine):
    """One installation, driven step by step."""

    def __init__(self) -> None:
        super().__init__()
        self.names = fixed_names(Random(7))
        self.names.__enter__()
        self.world: World | None = None

    @initialize(
        keyed=st.booleans(),
        deltas=st.booleans(),
        private=st.sampled_from(["skip", "busy_only", "carry"]),
        protect=st.booleans(),
        items=st.lists(st.tuples(SIDE, VALUE, VALUE), max_size=4),
    )
    def begin(self, keyed: bool, deltas: bool, private: str, protect: bool, items: list[tuple[int, int, int]]) -> None:
        self.world = World(keyed=keyed, deltas=deltas, private=private, protect=protect)
        for side, what, when in items:
            self.world.make(side, what, when)
        self.world.sync(0)
        self.world.bench.clock.advance(minutes=13)

    # other programs

    @rule(side=SIDE, what=VALUE, when=VALUE)
    def make(self, side: int, what: int, when: int) -> None:
        self.it.make(side, what, when)

    @rule(what=VALUE, when=VALUE)
    def twin(self, what: int, when: int) -> None:
        self.it.twin(what, when)

    @rule(side=SIDE, item=ITEM, field=st.integers(0, 4), value=VALUE)
    def edit(self, side: int, item: int, field: int, value: int) -> None:
        self.it.edit(side, item, field, value)

    @rule(item=ITEM, field=st.integers(0, 3), value=VALUE)
    def same_edit(self, item: int, field: int, value: int) -> None:
        self.it.same_edit(item, field, value)

    @rule(side=SIDE, item=ITEM)
    def remove(self, side: int, item: int) -> None:
        self.it.remove(side, item)

    @rule(side=SIDE, item=ITEM)
    def restore(self, side: int, item: int) -> None:
        self.it.restore(side, item)

    @rule(side=SIDE, item=ITEM)
    def hide(self, side: int, item: int) -> None:
        self.it.hide(side, item)

    @rule(side=SIDE, item=ITEM)
    def publish(self, side: int, item: int) -> None:
        self.it.publish(side, item)

    # misfortune

    @rule(side=SIDE, skip=st.integers(0, 2), way=st.integers(0, 3))
    def network(self, side: int, skip: int, way: int) -> None:
        self.it.network(side, skip, way)

    @rule(side=SIDE, number=ITEM)
    def arrive(self, side: int, number: int) -> None:
        self.it.arrive(side, number)

    @rule(side=SIDE, item=ITEM, absent=SIDE)
    def lag(self, side: int, item: int, absent: int) -> None:
        self.it.lag(side, item, absent)

    @rule(side=SIDE, item=ITEM)
    def vanish(self, side: int, item: int) -> None:
        self.it.vanish(side, item)

    @rule(side=SIDE)
    def cut_listing(self, side: int) -> None:
        self.it.cut_listing(side)

    @rule(side=SIDE, how=st.integers(0, 2))
    def rewrite(self, side: int, how: int) -> None:
        self.it.rewrite(side, how)

    @rule(side=SIDE, call=st.integers(0, 3))
    def away(self, side: int, call: int) -> None:
        self.it.away(side, call)

    @rule()
    def recover(self) -> None:
        self.it.recover()

    @rule(point=st.integers(0, 200), occurrence=st.integers(0, 40))
    def crash(self, point: int, occurrence: int) -> None:
        self.it.crash(point, occurrence)

    @rule()
    def lose_database(self) -> None:
        self.it.lose_database()

    @rule()
    def take_backup(self) -> None:
        self.it.take_backup()

    @rule()
    def restore_backup(self) -> None:
        self.it.restore_backup()

    @rule(by=st.integers(0, 3))
    def clock(self, by: int) -> None:
        self.it.clock(by)

    @rule(past=st.integers(0, 2), future=st.integers(0, 2))
    def window(self, past: int, future: int) -> None:
        self.it.resize_window(past, future)

    @rule()
    def switch_account(self) -> None:
        self.it.switch_account()

    # the person

    @rule(pick=st.sampled_from([0, 0, 0, 1, 2, 3]), late=st.sampled_from([0, 0, 0, 1, 2, 5]))
    def sync(self, pick: int, late: int) -> None:
        self.it.sync(pick, late)

    @rule(mode=st.sampled_from([0, 0, 3]))
    def start(self, mode: int) -> None:
        self.it.start(mode)

    @precondition(lambda self: self.world is not None and self.world.bench.waits())
    @rule(row=ITEM, choice=st.integers(0, 5))
    def decide(self, row: int, choice: int) -> None:
        self.it.decide(row, choice)

    @precondition(lambda self: self.world is not None and self.world.bench.waits())
    @rule(confirm=SIDE, late=st.sampled_from([0, 0, 3]))
    def ok(self, confirm: int, late: int) -> None:
        self.it.ok(confirm, late)

    @rule()
    def cancel(self) -> None:
        self.it.cancel()

    @rule(number=ITEM)
    def rearm(self, number: int) -> None:
        self.it.rearm(number)

    @rule()
    def undo_last(self) -> None:
        self.it.undo_last()

    @rule()
    def undo_round(self) -> None:
        self.it.undo_round()

    # stories: several steps that belong together, so that a run of 50 steps meets them more than once

    @rule(side=SIDE, what=VALUE, when=VALUE, way=st.integers(0, 3), how=st.integers(0, 2), later=st.integers(0, 2))
    def a_create_goes_astray(self, side: int, what: int, when: int, way: int, how: int, later: int) -> None:
        self.it.astray(side, what, when, way, how, later)

    @rule(side=SIDE, item=ITEM, field=st.integers(0, 4), value=VALUE, late=VALUE)
    def an_approval_goes_stale(self, side: int, item: int, field: int, value: int, late: int) -> None:
        self.it.edit(side, item, field, value)
        self.it.start()
        self.it.edit(side, item, field, late)
        self.it.decide_all(0)
        self.it.ok()

    @rule(side=SIDE, item=ITEM, field=st.integers(0, 4), value=VALUE, point=st.integers(0, 200), nth=SIDE)
    def a_crash_while_writing(self, side: int, item: int, field: int, value: int, point: int, nth: int) -> None:
        self.it.edit(side, item, field, value)
        self.it.start()
        self.it.decide_all(0)
        self.it.crash(3 * point + 1, nth)
        self.it.ok()
        self.it.sync(0)

    @rule(side=SIDE, item=ITEM, pick=st.integers(0, 1))
    def a_deletion_travels(self, side: int, item: int, pick: int) -> None:
        self.it.bench.clock.advance(minutes=13)
        self.it.remove(side, item)
        self.it.sync(pick)

    @invariant()
    def the_ghost_is_content(self) -> None:
        if self.world is not None:
            self.world.watch.check_state()
            self.world.watch.verify()

    def teardown(self) -> None:
        try:
            if self.world is not None and not self.world.watch.found:
                self.world.end()
        finally:
            self.names.__exit__(None, None, None)

    @property
    def it(self) -> World:
        assert self.world is not None
        return self.world


def alone(test: str) -> bool:
    """Run ``test`` of this file in a process of its own; False when this is that process.

    Hypothesis mixes constants of every imported module into its examples, so that among thousands of other tests the examples
    would depend on which of them ran before. In a process of its own the machine takes the same steps each time.
    """
    if os.environ.get("DAYBRIDGE_MACHINE_ALONE"):
        return False
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", f"{Path(__file__)}::{test}"],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "DAYBRIDGE_MACHINE_ALONE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return True


def drive(runs: int, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    chosen = settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=not os.environ.get("DAYBRIDGE_RANDOM"),
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=phases,
    )
    run_state_machine_as_test(Engine, settings=chosen)  # type: ignore[no-untyped-call]


@pytest.mark.timeout(int(os.environ.get("DAYBRIDGE_MACHINE_SECONDS", "900")))
def test_the_engine_keeps_its_invariants() -> None:
    """Catches: a sequence of edits, faults, crashes and decisions after which the two calendars disagree, lose or double.

    300 runs of 50 steps; DAYBRIDGE_MACHINE_RUNS makes them more (``make soak``).
    """
    if not alone("test_the_engine_keeps_its_invariants"):
        drive(RUNS)


def test_a_planted_bug_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches: a machine that cannot fail. Blind retries must show as a duplicate, writing without a new look as P14."""
    if alone("test_a_planted_bug_is_found"):
        return

    async def never_arrived(self: Journal, pair: object, op: object, rules: object) -> object:
        return self.ended(pair.pairing, op, "rejected")  # type: ignore[attr-defined,arg-type]

    async def as_compared(self: Applier, comparison: object, rows: object, plans: object) -> object:
        return comparison

    monkeypatch.setattr(Journal, "_settle_create", never_arrived)
    monkeypatch.setattr(Applier, "_seen_again", as_compared)
    with pytest.raises((Broken, ExceptionGroup)):
        drive(100, (Phase.generate,))
