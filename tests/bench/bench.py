"""The benchmarks: planning, base load, and requests counted at the sandbox. ``make bench`` prints a table and writes bench.json.

Times are CPU seconds of this process, given as ratios to a yardstick measured in the same run (digesting every image once), so
that a busy or slow machine does not change the figure much. Requests are counted by the sandboxes.
"""

from __future__ import annotations

import gc
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parents[2]
for place in (ROOT, ROOT / "tests" / "end_to_end"):
    if str(place) not in sys.path:
        sys.path.insert(0, str(place))

from daemon.store.database import Database  # noqa: E402
from daemon.store.links import LinkStore  # noqa: E402
from daemon.store.trees import TreeStore  # noqa: E402
from daemon.sync.appointment import digest, notes_key  # noqa: E402
from daemon.sync.base import Link  # noqa: E402
from daemon.sync.plan import plan  # noqa: E402
from daemon.sync.rules import Rules, Window  # noqa: E402
from daemon.sync.trees import Record, Tree, Trees  # noqa: E402
from shared.models import Image  # noqa: E402
from shared.states import Side  # noqa: E402

START = datetime(2026, 1, 1, tzinfo=UTC)
WINDOW = Window("2025-12-01T00:00Z", "2028-12-31T00:00Z", "2025-12-01", "2028-12-31")
encode = msgspec.json.Encoder(order="deterministic").encode


def image(number: int) -> Image:
    begins = START + timedelta(minutes=15 * number)
    return Image(
        subject=f"Meeting {number} with customer {number % 97}",
        location=f"Room {number % 40}",
        description="Agenda: figures, next steps, questions.\nBring the offer.",
        starts_at=begins.strftime("%Y-%m-%dT%H:%MZ"),
        ends_at=(begins + timedelta(minutes=45)).strftime("%Y-%m-%dT%H:%MZ"),
    )


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of the better of three runs (the first pays for caches), and the result."""
    best, result = float("inf"), None
    for _ in range(3):
        gc.collect()
        before = time.process_time()
        result = work()
        best = min(best, time.process_time() - before)
    return best, result


def stored(folder: Path, count: int) -> tuple[LinkStore, Trees, str, list[Image]]:
    """``count`` items on both sides, all linked and unchanged, in a real database."""
    database = Database(folder / f"{count}.sqlite")
    links, store = LinkStore(database), TreeStore(database)
    pairing = links.pairing("notes", "salesforce", "2026-01-01T00:00:00Z")
    images = [image(number) for number in range(count)]
    records: dict[Side, dict[str, Record]] = {Side.NOTES: {}, Side.SALESFORCE: {}}
    rows = []
    for number, each in enumerate(images):
        keys = {Side.NOTES: notes_key(f"UID{number:08d}"), Side.SALESFORCE: f"00U{number:015d}"}
        mark = digest(each)
        for side, key in keys.items():
            records[side][key] = Record(key=key, version="1", image=each, digest=mark)
        raw = encode(each)
        rows.append(
            Link(
                id=f"i{number}",
                notes_key=keys[Side.NOTES],
                salesforce_key=keys[Side.SALESFORCE],
                notes_digest=mark,
                salesforce_digest=mark,
                notes_json=raw,
                salesforce_json=raw,
            )
        )
    links.put(pairing, rows)
    del rows, store
    trees = Trees(
        notes=Tree(Side.NOTES, records=records[Side.NOTES]),
        salesforce=Tree(Side.SALESFORCE, records=records[Side.SALESFORCE]),
    )
    return links, trees, pairing, images


def planning(folder: Path, count: int) -> dict[str, Any]:
    """A quiet plan over ``count`` linked items, base load from SQLite included."""
    links, trees, pairing, images = stored(folder, count)
    rules = Rules(window=WINDOW, version="bench")
    yardstick, _ = cpu(lambda: [digest(each) for each in images])
    seconds, made = cpu(lambda: plan(trees, links.base(pairing), rules))
    assert made.changes == ()
    return {
        "what": f"quiet plan, {count:,} x {count:,}, base load included",
        "cpu_seconds": round(seconds, 3),
        "yardstick_seconds": round(yardstick, 3),
        "ratio": round(seconds / yardstick, 2),
        "peak_kib_per_item": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (count * 2), 1),
    }


def counted(folder: Path, count: int) -> list[dict[str, Any]]:
    """Requests of a first push, a quiet run and an update of 25, counted at the Salesforce sandbox."""
    from house import a_house

    rows = []
    with a_house(folder / "home", "--seed", str(count)) as house:
        house.forget_journals()
        before = time.monotonic()
        house.run("sync", "--wait", expect=None)
        run = house.client.status().run
        assert run is not None
        read = len(house.salesforce.journal())
        house.forget_journals()
        house.run("apply", "--wait", expect=None)
        wall = time.monotonic() - before
        pushed = house.salesforce.journal()
        writes = [each for each in pushed if each["method"] in ("POST", "PATCH", "DELETE")]
        made = sum(run.counts.values())
        rows.append(
            {
                "what": f"first push of {made:,}: reads before, write calls",
                "calls": [read, len(writes)],
                "wall_seconds": round(wall, 1),
            }
        )
        # The overlap of two deltas is past, else the pages of what was just pushed would be counted.
        house.salesforce.pass_time(11 * 60)
        house.run("sync", "--wait", expect=None)
        house.forget_journals()
        house.run("sync", "--wait", expect=None)
        rows.append({"what": "quiet run: calls to Salesforce", "calls": len(house.salesforce.journal())})
        listed = house.domino.session.get(house.domino.events_url, params={"count": 25}, timeout=30).json()["events"]
        for each in listed[:25]:
            house.domino.update(each["id"], location="Elsewhere")
        house.run("sync", "--wait", expect=None)
        house.forget_journals()
        house.run("apply", "--wait", expect=None)
        sent = house.salesforce.journal()
        writes = [each for each in sent if each["method"] in ("POST", "PATCH", "DELETE")]
        rows.append(
            {"what": "25 approved updates: write calls, reads", "calls": [len(writes), len(sent) - len(writes)]}
        )
    return rows


def main() -> None:
    sizes = [int(each) for each in sys.argv[1:]] or [10_000, 100_000]
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            rows.append(planning(Path(folder), size))
        rows += counted(Path(folder), min(sizes))
    (ROOT / "bench.json").write_text(
        json.dumps({"at": datetime.now(UTC).isoformat(timespec="seconds"), "rows": rows}, indent=1)
    )
    for row in rows:
        sys.stdout.write(f"{row.pop('what'):55} " + "  ".join(f"{name} {value}" for name, value in row.items()) + "\n")


if __name__ == "__main__":
    main()
