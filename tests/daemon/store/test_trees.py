"""The stored trees: a record comes back whole, and nothing is written that did not change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.store.database import Database
from daemon.store.links import LinkStore
from daemon.store.trees import TreeStore
from daemon.sync.trees import LeftOut, Record, SeriesPlace
from shared.models import Attachment, Image, Person, Text
from shared.states import Group, LeftOutReason, Side


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "a.sqlite")
    yield made
    made.close()


@pytest.fixture
def pairing(database: Database) -> str:
    return LinkStore(database).pairing("a", "b", "2026-03-09T08:00:00Z")


def whole(key: str) -> Record:
    image = Image(
        subject="Prüfung 🎓",
        invitees=(Person(name="Ada", email="ada@example.com"),),
        attachments=(Attachment(name="plan.pdf"),),
        categories=("Work",),
    )
    return Record(
        key, "v1", image, b"d", b"p", SeriesPlace("uid", "Prüfung", 2, 9), "meeting",
        frozenset({Group.TIME}), Text(code="x", text="locked"), True, "our-key", raw="BEGIN:VEVENT\r\n",
    )  # fmt: skip


def test_a_record_comes_back_whole(database: Database, pairing: str) -> None:
    """Catches: a trait lost on disk, so that a locked or foreign meeting is written to after a restart."""
    store = TreeStore(database)
    store.save(pairing, Side.NOTES, [whole("a"), whole("b")], [])
    assert store.records(pairing, Side.NOTES) == {"a": whole("a"), "b": whole("b")}
    assert store.record(pairing, Side.NOTES, "a") == whole("a")
    assert store.record(pairing, Side.SALESFORCE, "a") is None
    assert store.records(pairing, Side.SALESFORCE) == {}
    store.save(pairing, Side.NOTES, [], ["a", "never there"])
    assert set(store.records(pairing, Side.NOTES)) == {"b"}


def test_what_is_left_out_is_replaced_and_written_only_when_it_differs(database: Database, pairing: str) -> None:
    """Catches: reasons of entries long gone, or a write in every quiet run."""
    store = TreeStore(database)
    one, two = LeftOut(LeftOutReason.UNREADABLE, "a"), LeftOut(LeftOutReason.PRIVATE, "b")
    store.save_left_out(pairing, Side.NOTES, {"a": one, "b": two})
    store.save_left_out(pairing, Side.NOTES, {"b": two})
    assert store.left_out(pairing, Side.NOTES) == {"b": two}
    written: list[str] = []
    database._db.set_trace_callback(written.append)
    store.save_left_out(pairing, Side.NOTES, {"b": two})
    store.save(pairing, Side.NOTES, [], [])
    database._db.set_trace_callback(None)
    assert not [sql for sql in written if not sql.startswith("SELECT")]


def test_bookmarks_are_kept_by_side(database: Database, pairing: str) -> None:
    """Catches: one side read by the other side's bookmark."""
    store = TreeStore(database)
    store.save_bookmark(pairing, Side.NOTES, "mark", "now", "full", 7)
    assert store.bookmark(pairing, Side.NOTES) == ("mark", "full", 7)
    assert store.bookmark(pairing, Side.SALESFORCE) == ("", "", 0)
