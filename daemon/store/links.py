"""Pairings, links, ignores, kept-apart pairs and acknowledged rows: the base of the planner, as stored."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable

import msgspec

from daemon.store.database import Database
from daemon.sync.base import Base, Ignore, Link, LinkState

_ignore = msgspec.json.Decoder(Ignore)
_encode = msgspec.json.Encoder(order="deterministic").encode
_LINK_COLUMNS = (
    "id, notes_key, salesforce_key, state, generation, notes_digest, salesforce_digest, notes_json, salesforce_json,"
    " notes_body_written, keep_syncing, private_seen, linked_at"
)


def _link(row: tuple[object, ...]) -> Link:
    values = list(row)
    values[3] = LinkState(str(row[3]))
    values[10], values[11] = bool(row[10]), bool(row[11])
    return Link(*values)  # type: ignore[arg-type]


def _end_suspicions(db: sqlite3.Connection, linked: Iterable[tuple[str, str, str, str]]) -> None:
    """An entry that is paired with one of its suspects has its copy, and an event that gets a partner is nobody else's copy.

    A pair that merely goes on (its own event came back from the bin) leaves every suspicion as it is.
    """
    if db.execute("SELECT 1 FROM suspect LIMIT 1").fetchone() is None:
        return
    for pairing, identifier, notes_key, salesforce_key in linked:
        pair = (pairing, notes_key, salesforce_key)
        before = db.execute(
            "SELECT notes_key, salesforce_key FROM link WHERE pairing=? AND id=?", (pairing, identifier)
        ).fetchone()
        if before is not None and tuple(before) == pair[1:]:
            continue
        if db.execute("SELECT 1 FROM suspect WHERE pairing=? AND notes_key=? AND salesforce_key=?", pair).fetchone():
            db.execute("DELETE FROM suspect WHERE pairing=? AND notes_key=?", pair[:2])
        db.execute("DELETE FROM suspect WHERE pairing=? AND salesforce_key=?", (pairing, salesforce_key))


class LinkStore:
    """Everything that belongs to a pairing of one Notes calendar with one Salesforce user."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def pairing(self, notes_identity: str, salesforce_identity: str, now: str) -> str:
        """The pairing's id; made when these two meet for the first time. An old one thaws by being found again."""
        with self._db.transaction() as db:
            row = db.execute(
                "SELECT id FROM pairing WHERE notes_identity=? AND salesforce_identity=?",
                (notes_identity, salesforce_identity),
            ).fetchone()
            if row:
                return str(row[0])
            raw = hashlib.blake2b(f"{notes_identity}\n{salesforce_identity}".encode(), digest_size=8).hexdigest()
            db.execute("INSERT INTO pairing VALUES (?,?,?,0,NULL,?)", (raw, notes_identity, salesforce_identity, now))
            return raw

    def identities(self, pairing: str) -> tuple[str, str] | None:
        """(notes identity, salesforce identity) of a pairing."""
        with self._db.reading() as db:
            row = db.execute(
                "SELECT notes_identity, salesforce_identity FROM pairing WHERE id=?", (pairing,)
            ).fetchone()
        return (row[0], row[1]) if row else None

    def first_run_done(self, pairing: str) -> bool:
        with self._db.reading() as db:
            row = db.execute("SELECT first_run_done FROM pairing WHERE id=?", (pairing,)).fetchone()
        return bool(row and row[0])

    def last_run(self, pairing: str) -> str | None:
        with self._db.reading() as db:
            row = db.execute("SELECT last_run FROM pairing WHERE id=?", (pairing,)).fetchone()
        return row[0] if row else None

    def run_succeeded(self, pairing: str, at: str) -> None:
        with self._db.transaction() as db:
            db.execute("UPDATE pairing SET first_run_done=1, last_run=? WHERE id=?", (at, pairing))

    def base(self, pairing: str) -> Base:
        with self._db.reading() as db:
            links = db.execute(f"SELECT {_LINK_COLUMNS} FROM link WHERE pairing=? ORDER BY id", (pairing,)).fetchall()
            ignores = db.execute("SELECT body FROM ignored WHERE pairing=? ORDER BY id", (pairing,)).fetchall()
            apart = db.execute(
                "SELECT notes_key, salesforce_key FROM kept_apart WHERE pairing=?", (pairing,)
            ).fetchall()
            suspects = db.execute(
                "SELECT notes_key, salesforce_key FROM suspect WHERE pairing=?", (pairing,)
            ).fetchall()
            seen = db.execute("SELECT change, revision FROM acknowledged WHERE pairing=?", (pairing,)).fetchall()
        return Base(
            pairing=pairing,
            links=tuple(_link(row) for row in links),
            ignores=tuple(_ignore.decode(row[0]) for row in ignores),
            kept_apart=frozenset((row[0], row[1]) for row in apart),
            suspects=frozenset((row[0], row[1]) for row in suspects),
            acknowledged=dict(seen),
        )

    def link(self, pairing: str, identifier: str) -> Link | None:
        with self._db.reading() as db:
            row = db.execute(
                f"SELECT {_LINK_COLUMNS} FROM link WHERE pairing=? AND id=?",
                (pairing, identifier),
            ).fetchone()
        return _link(row) if row else None

    def put(self, pairing: str, links: Iterable[Link]) -> None:
        rows = [
            (
                pairing,
                link.id,
                link.notes_key,
                link.salesforce_key,
                link.state.value,
                link.generation,
                link.notes_digest,
                link.salesforce_digest,
                link.notes_json,
                link.salesforce_json,
                link.notes_body_written,
                int(link.keep_syncing),
                int(link.private_seen),
                link.linked_at,
            )
            for link in links
        ]
        if rows:
            with self._db.transaction() as db:
                linked = [row[:4] for row in rows if row[4] != LinkState.TOMBSTONE.value]
                _end_suspicions(db, linked)
                db.executemany("INSERT OR REPLACE INTO link VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", rows)

    def drop(self, pairing: str, identifiers: Iterable[str]) -> None:
        rows = [(pairing, identifier) for identifier in identifiers]
        if rows:
            with self._db.transaction() as db:
                db.executemany("DELETE FROM link WHERE pairing=? AND id=?", rows)

    def put_ignore(self, pairing: str, ignore: Ignore) -> None:
        with self._db.transaction() as db:
            db.execute("INSERT OR REPLACE INTO ignored VALUES (?,?,?)", (pairing, ignore.id, _encode(ignore)))

    def drop_ignore(self, pairing: str, identifier: str) -> bool:
        """True when there was one."""
        with self._db.transaction() as db:
            found = db.execute("DELETE FROM ignored WHERE pairing=? AND id=?", (pairing, identifier))
            return found.rowcount > 0

    def keep_apart(self, pairing: str, notes_key: str, salesforce_key: str) -> None:
        with self._db.transaction() as db:
            db.execute("INSERT OR IGNORE INTO kept_apart VALUES (?,?,?)", (pairing, notes_key, salesforce_key))

    def end_keep_apart(self, pairing: str, notes_key: str, salesforce_key: str) -> None:
        """The answer is taken back: the two are asked about again."""
        with self._db.transaction() as db:
            db.execute(
                "DELETE FROM kept_apart WHERE pairing=? AND notes_key=? AND salesforce_key=?",
                (pairing, notes_key, salesforce_key),
            )

    def suspect(self, pairing: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Remember (notes key, salesforce key) that may belong together: by a lost create, or because they once were a pair."""
        rows = [(pairing, *pair) for pair in pairs]
        if rows:
            with self._db.transaction() as db:
                db.executemany("INSERT OR IGNORE INTO suspect VALUES (?,?,?)", rows)

    def acknowledge(self, pairing: str, seen: Iterable[tuple[str, str]]) -> None:
        """Remember (change, revision) of rows that cannot be synchronized and were seen."""
        rows = [(pairing, change, revision) for change, revision in seen]
        if rows:
            with self._db.transaction() as db:
                db.executemany("INSERT OR REPLACE INTO acknowledged VALUES (?,?,?)", rows)

    def forget(self, pairing: str) -> None:
        """Forget links, ignores and answers of a pairing; both calendars stay as they are."""
        with self._db.transaction() as db:
            for statement in _FORGET:
                db.execute(statement, (pairing,))

    def note(self, name: str, value: str) -> None:
        """Keep one small fact of the installation under ``name``."""
        with self._db.transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (name, value.encode()))

    def noted(self, name: str) -> str:
        """The fact kept under ``name``, or empty."""
        with self._db.reading() as db:
            row = db.execute("SELECT value FROM meta WHERE name=?", (name,)).fetchone()
        return bytes(row[0]).decode() if row else ""

    def secret(self) -> bytes:
        """The installation's key for digests of texts that must not be kept (contracts.md 6); made once."""
        with self._db.transaction() as db:
            db.execute("INSERT OR IGNORE INTO meta VALUES ('digest_key', ?)", (secrets.token_bytes(32),))
            row = db.execute("SELECT value FROM meta WHERE name='digest_key'").fetchone()
        return bytes(row[0])


_FORGET = (
    "DELETE FROM link WHERE pairing=?",
    "DELETE FROM ignored WHERE pairing=?",
    "DELETE FROM kept_apart WHERE pairing=?",
    "DELETE FROM suspect WHERE pairing=?",
    "DELETE FROM acknowledged WHERE pairing=?",
    "DELETE FROM op WHERE pairing=?",
    "UPDATE pairing SET first_run_done=0 WHERE id=?",
)
