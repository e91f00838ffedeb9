"""Reading the sides into the stored trees: privacy follows the rules in force, a quiet reading writes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from daemon.runs.moments import stamp
from daemon.runs.observing import observed_long_enough_ago, scrubbed
from daemon.sync.appointment import digest
from daemon.sync.trees import Record, SeriesPlace
from shared.models import Image, OneDecision
from shared.states import Answer, Decision, RunMode, Side
from tests.fakes.engine import START, Bench

CANARY = "canary-4711"


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(keyed=True)
    yield made
    made.close()


def meeting(subject: str, day: int = 12, *, private: bool = False) -> Image:
    return Image(
        subject=subject,
        location=f"{subject} room" if private else "",
        starts_at=f"2026-03-{day:02}T09:00Z",
        ends_at=f"2026-03-{day:02}T10:00Z",
        private=private,
    )


def under(bench: Bench, private: str) -> None:
    bench._rules = replace(bench._rules, private=private, version=f"private-{private}")


@pytest.mark.parametrize("side", list(Side))
def test_text_of_private_items_goes_when_it_may_no_longer_be_carried(bench: Bench, side: Side) -> None:
    """Catches: texts kept from the time of `carry`, because unchanged payloads were taken over as they were stored."""
    bench.side(side).put(meeting(CANARY, private=True))
    bench.clock.advance(hours=1)
    under(bench, "carry")
    bench.start()
    assert any(record.image.subject == CANARY for record in _records(bench, side))
    bench.cancel()
    under(bench, "skip")
    bench.clock.advance(hours=1)
    bench.start()
    assert [record.image.subject for record in _records(bench, side)] == [""]


@pytest.mark.parametrize("side", list(Side))
def test_private_items_are_read_again_when_they_are_to_be_carried(bench: Bench, side: Side) -> None:
    """Catches: empty copies created, because what was stored without text was taken for the item itself."""
    bench.side(side).put(meeting("Doctor", private=True))
    bench.clock.advance(hours=1)
    bench.start()
    assert bench.run is None
    under(bench, "carry")
    bench.clock.advance(hours=1)
    bench.start()
    (row,) = bench.rows()
    assert row.title == "Doctor"
    bench.ok()
    assert [entry.image.subject for entry in bench.side(side.other).entries.values()] == ["Doctor"]


def _records(bench: Bench, side: Side) -> list[Record]:
    return list(bench.comparer._trees.records(bench.pairing(), side).values())


def test_a_private_item_is_kept_without_text_and_with_a_keyed_digest() -> None:
    """Catches: a field of a private item forgotten when it is stripped, or a digest that can be guessed from outside."""
    image = msgspec.structs.replace(
        meeting(CANARY, private=True), description=CANARY, categories=(CANARY,), organizer=CANARY
    )
    record = Record("k", "v", image, digest(image), b"payload", SeriesPlace("uid", CANARY), raw=CANARY)
    rules = Bench(keyed=True)._rules
    kept = scrubbed(record, rules, b"secret")
    assert CANARY not in repr(kept)
    assert (
        kept.payload_digest not in (b"", b"payload")
        and kept.payload_digest != scrubbed(record, rules, b"x").payload_digest
    )
    assert (kept.image.starts_at, kept.image.ends_at) == (image.starts_at, image.ends_at)
    assert scrubbed(record, replace(rules, private="carry"), b"secret") is record


def test_a_quiet_reading_writes_no_item_row(bench: Bench) -> None:
    """Catches: records written again in every run although nothing changed (contracts.md 13), also while they are young."""
    bench.notes.put(meeting("Review"), made=START)
    bench.notes.put(meeting(CANARY, 14, private=True), made=START)
    bench.start()
    bench.ok()
    assert bench.run is None
    bench.start()
    written: list[str] = []
    bench.database._db.set_trace_callback(written.append)
    bench.clock.advance(minutes=1)
    bench.start(RunMode.MANUAL)
    bench.database._db.set_trace_callback(None)
    tables = {sql.split()[4] for sql in written if sql.startswith("INSERT OR REPLACE INTO")}
    assert tables <= {"bookmark", "run"}


def test_a_wider_window_is_read_in_full(bench: Bench) -> None:
    """Catches: items of the added days never seen, because a delta speaks of changes only."""
    bench.salesforce.put(meeting("Far", 12), uid="far")
    bench.salesforce.edit("00Ufar", starts_at="2026-06-12T09:00Z", ends_at="2026-06-12T10:00Z")
    bench.future_days = 30
    bench.start()
    assert bench.run is None
    bench.clock.advance(hours=2)
    bench.future_days = 365
    bench.start()
    assert [row.title for row in bench.rows()] == ["Far"]


def test_a_second_look_waits_two_seconds_and_no_more() -> None:
    """Catches: an absence believed on one observation only, or a wait for one that is long past (contracts.md 1)."""
    assert observed_long_enough_ago(START, START) == 2.0
    assert observed_long_enough_ago(START, START + timedelta(seconds=1.5)) == 0.5
    assert observed_long_enough_ago(START, START + timedelta(minutes=1)) == 0.0
    assert stamp(START).endswith("Z")


def test_erased_text_is_not_left_in_the_file(bench: Bench) -> None:
    """Catches: texts of an item that became private readable in freed pages of the database file."""
    assert isinstance(bench.database._db, sqlite3.Connection)
    keys = [bench.notes.put(meeting(f"{CANARY}-{number}" + "x" * 200, 10 + number)) for number in range(10)]
    bench.start()
    bench.ok()
    bench.clock.advance(hours=2)
    for key in keys:
        bench.notes.edit(key, private=True)
    bench.start()
    bench.decide(
        [
            OneDecision(change=row.id, revision=row.revision, decision=Decision.ANSWER, answer=Answer.DELETE_COPY)
            for row in bench.rows()
        ]
    )
    count = len(keys)
    bench.ok(confirm_deletions=count)
    assert not bench.salesforce.entries
    for table in ("record", "left_out", "link", "op", "outcome", "decision", "run", "ignored"):
        rows = bench.database._db.execute(f"SELECT * FROM {table}").fetchall()
        assert CANARY not in repr(rows), table
    assert CANARY.encode() not in bench.database._db.serialize()
