"""The seeded simulation: one thread, a virtual clock, every choice from one generator, the real engine in between.

A seed is a whole life: which kind of org, which rules, then 40 steps of people, other programs and misfortune, then everything is
healed and must settle. The same seed gives the same trace.
"""

from __future__ import annotations

import contextlib
import secrets
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from unittest import mock

from tests.fakes.engine_world import World

STEPS = 40

Action = Callable[[World, Random], object]


def _n(dice: Random) -> int:
    return dice.randrange(1000)


ACTIONS: tuple[tuple[int, str, Action], ...] = (
    (10, "make", lambda w, d: w.make(_n(d), _n(d), _n(d))),
    (4, "twin", lambda w, d: w.twin(_n(d), _n(d))),
    (1, "crowd", lambda w, d: w.crowd(_n(d))),
    (14, "edit", lambda w, d: w.edit(_n(d), _n(d), _n(d), _n(d))),
    (3, "same edit", lambda w, d: w.same_edit(_n(d), _n(d), _n(d))),
    (1, "touch", lambda w, d: w.touch(_n(d), _n(d))),
    (6, "remove", lambda w, d: w.remove(_n(d), _n(d))),
    (1, "remove many", lambda w, d: w.remove_many(_n(d))),
    (1, "wipe", lambda w, d: w.wipe(_n(d), _n(d))),
    (2, "restore", lambda w, d: w.restore(_n(d), _n(d))),
    (3, "hide", lambda w, d: w.hide(_n(d), _n(d))),
    (2, "publish", lambda w, d: w.publish(_n(d), _n(d))),
    (7, "network", lambda w, d: w.network(_n(d), _n(d), _n(d))),
    (3, "arrive", lambda w, d: w.arrive(_n(d), _n(d))),
    (2, "lag", lambda w, d: w.lag(_n(d), _n(d), _n(d))),
    (2, "vanish", lambda w, d: w.vanish(_n(d), _n(d))),
    (1, "cut listing", lambda w, d: w.cut_listing(_n(d))),
    (2, "away", lambda w, d: w.away(_n(d), _n(d))),
    (1, "refuse", lambda w, d: w.refuse(_n(d), _n(d))),
    (1, "rewrite", lambda w, d: w.rewrite(_n(d), _n(d))),
    (3, "recover", lambda w, d: w.recover()),
    (7, "crash", lambda w, d: w.crash(_n(d), _n(d))),
    (1, "restart", lambda w, d: w.restart()),
    (1, "lose database", lambda w, d: w.lose_database()),
    (1, "back up", lambda w, d: w.take_backup()),
    (1, "restore backup", lambda w, d: w.restore_backup()),
    (5, "clock", lambda w, d: w.clock(_n(d))),
    (1, "window", lambda w, d: w.resize_window(_n(d), _n(d))),
    (16, "sync", lambda w, d: w.sync(_n(d) if d.random() < 0.3 else 0, _n(d) if d.random() < 0.1 else 0)),
    (6, "start", lambda w, d: w.start(_n(d))),
    (6, "decide", lambda w, d: w.decide(_n(d), _n(d))),
    (5, "decide all", lambda w, d: w.decide_all(_n(d))),
    (8, "ok", lambda w, d: w.ok(_n(d) % 8, _n(d) if d.random() < 0.15 else 0)),
    (1, "switch account", lambda w, d: w.switch_account()),
    (2, "cancel", lambda w, d: w.cancel()),
    (1, "rearm", lambda w, d: w.rearm(_n(d))),
    (1, "undo", lambda w, d: w.undo_last()),
    (1, "undo round", lambda w, d: w.undo_round()),
    (1, "astray", lambda w, d: w.astray(_n(d), _n(d), _n(d), _n(d), _n(d), _n(d))),
    (1, "settle", lambda w, d: w.settle()),
)
"""(weight, name, what happens)."""

_WEIGHTS = [weight for weight, _, _ in ACTIONS]


@dataclass(frozen=True, slots=True)
class Life:
    """What one seed did. ``broken`` is empty when every invariant held."""

    seed: int
    trace: tuple[str, ...]
    broken: str
    writes: int
    crashes: int


@contextlib.contextmanager
def fixed_names(dice: Random) -> Iterator[None]:
    """The engine's random names come from the seed, too."""

    def some_uuid() -> uuid.UUID:
        return uuid.UUID(int=dice.getrandbits(128), version=4)

    with (
        mock.patch.object(uuid, "uuid4", some_uuid),
        mock.patch.object(secrets, "token_hex", lambda size=32: dice.randbytes(size or 32).hex()),
        mock.patch.object(secrets, "token_bytes", lambda size=32: dice.randbytes(size or 32)),
    ):
        yield


def world_of(dice: Random) -> World:
    return World(
        keyed=dice.random() < 0.5,
        deltas=dice.random() < 0.7,
        private=dice.choice(("skip", "skip", "busy_only", "carry")),
        protect=dice.random() < 0.5,
    )


def live(seed: int, steps: int = STEPS) -> Life:
    """One life. A failed invariant, or any fault of the engine, is its ``broken`` sentence."""
    dice = Random(seed)
    with fixed_names(Random(seed + 1)):
        world = world_of(dice)
        broken = ""
        try:
            world.furnish(dice.randrange(6), lambda: _n(dice))
            for _ in range(steps):
                _, _, action = dice.choices(ACTIONS, _WEIGHTS)[0]
                action(world, dice)
            world.end()
        except Exception as error:  # whatever went wrong belongs to this seed
            broken = f"{type(error).__name__}: {error}"
            world.bench.close()
        writes = sum(len(side.requests) for side in world.bench.sides)
    return Life(seed, tuple(world.trace), broken, writes, world.bench.crashes)


def replay_line(seed: int) -> str:
    return f"make simulate SEEDS=1 FIRST_SEED={seed}"
