"""The SQLite file: all of a step or nothing, one sentence for each trouble, migrated by number."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from daemon.store.database import Database, StoreTrouble
from daemon.store.schema import MIGRATIONS


def names(database: Database) -> list[str]:
    with database.reading() as db:
        return [row[0] for row in db.execute("SELECT name FROM meta ORDER BY name").fetchall()]


def test_a_step_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """Catches: half of an Ok on disk after a fault in the middle, also when the parts open transactions of their own."""
    database = Database(tmp_path / "a.sqlite")

    def step() -> None:
        with database.transaction() as db:
            db.execute("INSERT INTO meta VALUES ('outer', x'00')")
            with database.transaction() as inner:
                inner.execute("INSERT INTO meta VALUES ('inner', x'00')")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        step()
    assert names(database) == []
    with database.transaction() as db:
        db.execute("INSERT INTO meta VALUES ('kept', x'00')")
    assert names(database) == ["kept"]
    database.close()


def test_a_nested_step_that_fails_undoes_the_outer_one(tmp_path: Path) -> None:
    """Catches: an inner rollback that lets the outer step go on as if nothing had happened."""
    database = Database(tmp_path / "a.sqlite")

    def step() -> None:
        with database.transaction() as db:
            db.execute("INSERT INTO meta VALUES ('one', x'00')")
            with database.transaction() as inner:
                inner.execute("INSERT INTO meta VALUES ('one', x'00')")

    with pytest.raises(StoreTrouble):
        step()
    assert names(database) == []
    database.close()


def test_the_number_grows_with_the_migrations_and_a_newer_file_is_refused(tmp_path: Path) -> None:
    """Catches: a newer program's data written over by an older one."""
    path = tmp_path / "a.sqlite"
    database = Database(path)
    with database.reading() as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
    database.close()
    Database(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    db.close()
    with pytest.raises(StoreTrouble, match="newer"):
        Database(path)


def test_a_damaged_file_and_a_folder_that_is_none_are_told_in_a_sentence(tmp_path: Path) -> None:
    """Catches: a stack of frames shown to a person whose disk is at fault."""
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreTrouble, match="damaged"):
        Database(damaged)
    (tmp_path / "folder.sqlite").mkdir()
    with pytest.raises(StoreTrouble, match="cannot be"):
        Database(tmp_path / "folder.sqlite")


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    """Catches: a database that cannot be used any more after the disk was full for a moment."""
    database = Database(tmp_path / "a.sqlite")
    with database.reading() as db:
        (pages,) = db.execute("PRAGMA page_count").fetchone()
        db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreTrouble, match="full"), database.transaction() as db:
        db.execute("INSERT INTO meta VALUES ('big', zeroblob(5000000))")
    with database.reading() as db:
        db.execute("PRAGMA max_page_count=100000")
    with database.transaction() as db:
        db.execute("INSERT INTO meta VALUES ('small', x'00')")
    assert names(database) == ["small"]
    database.close()
