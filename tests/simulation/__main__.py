"""Runs seeds of the simulation: ``python -m tests.simulation --seeds N --first-seed K [--seconds S] [--trace]``."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.simulate import Life, live, replay_line


def main() -> int:
    """Exit code 1 when a seed broke an invariant or did not repeat itself; one line replays it."""
    reader = argparse.ArgumentParser(prog="python -m tests.simulation")
    reader.add_argument("--seeds", type=int, default=500)
    reader.add_argument("--first-seed", type=int, default=1)
    reader.add_argument("--seconds", type=float, default=0.0, help="stop after this long (0: never)")
    reader.add_argument("--workers", type=int, default=1, help="processes to share the seeds among")
    reader.add_argument("--trace", action="store_true", help="print what every seed did")
    chosen = reader.parse_args()
    began = time.monotonic()
    count = writes = crashes = 0
    failed: list[Life] = []
    seeds = range(chosen.first_seed, chosen.first_seed + chosen.seeds)
    pool = ProcessPoolExecutor(chosen.workers) if chosen.workers > 1 else None
    for life in pool.map(live, seeds, chunksize=25) if pool else map(live, seeds):
        seed = life.seed
        count, writes, crashes = count + 1, writes + life.writes, crashes + life.crashes
        if chosen.trace:
            print("\n".join(life.trace))
        if life.broken:
            failed.append(life)
            again = live(seed)
            same = "" if again.trace == life.trace else " (and a second run of it went another way)"
            print(f"seed {seed} failed{same}: {life.broken[:600]}\n  replay: {replay_line(seed)}", flush=True)
        if chosen.seconds and time.monotonic() - began > chosen.seconds:
            break
    if pool:
        pool.shutdown(cancel_futures=True)
    spent = time.monotonic() - began
    print(f"{count} seeds, {writes} writes, {crashes} crashes, {len(failed)} failed, {spent:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets belongs to the seed as well: another process must repeat it.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    sys.exit(main())
