"""The numbered migrations of the database; a database knows its number and is brought up one step at a time."""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE pairing (
        id TEXT PRIMARY KEY,
        notes_identity TEXT NOT NULL,
        salesforce_identity TEXT NOT NULL,
        first_run_done INTEGER NOT NULL DEFAULT 0,
        last_run TEXT,
        created_at TEXT NOT NULL,
        UNIQUE (notes_identity, salesforce_identity)
    ) WITHOUT ROWID;
    CREATE TABLE record (
        pairing TEXT NOT NULL REFERENCES pairing (id) ON DELETE CASCADE,
        side TEXT NOT NULL,
        key TEXT NOT NULL,
        version TEXT NOT NULL,
        digest BLOB NOT NULL,
        payload_digest BLOB NOT NULL,
        body BLOB NOT NULL,
        raw TEXT NOT NULL,
        PRIMARY KEY (pairing, side, key)
    ) WITHOUT ROWID;
    CREATE TABLE left_out (
        pairing TEXT NOT NULL REFERENCES pairing (id) ON DELETE CASCADE,
        side TEXT NOT NULL,
        handle TEXT NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (pairing, side, handle)
    ) WITHOUT ROWID;
    CREATE TABLE bookmark (
        pairing TEXT NOT NULL REFERENCES pairing (id) ON DELETE CASCADE,
        side TEXT NOT NULL,
        bookmark TEXT NOT NULL,
        observed_at TEXT NOT NULL,
        full_at TEXT NOT NULL,
        items INTEGER NOT NULL,
        PRIMARY KEY (pairing, side)
    ) WITHOUT ROWID;
    CREATE TABLE link (
        pairing TEXT NOT NULL REFERENCES pairing (id) ON DELETE CASCADE,
        id TEXT NOT NULL,
        notes_key TEXT NOT NULL,
        salesforce_key TEXT NOT NULL,
        state TEXT NOT NULL,
        generation INTEGER NOT NULL,
        notes_digest BLOB NOT NULL,
        salesforce_digest BLOB NOT NULL,
        notes_json BLOB NOT NULL,
        salesforce_json BLOB NOT NULL,
        notes_body_written BLOB NOT NULL,
        keep_syncing INTEGER NOT NULL,
        private_seen INTEGER NOT NULL,
        linked_at TEXT NOT NULL,
        PRIMARY KEY (pairing, id)
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX link_notes ON link (pairing, notes_key) WHERE notes_key <> '' AND state <> 'tombstone';
    CREATE UNIQUE INDEX link_salesforce ON link (pairing, salesforce_key)
        WHERE salesforce_key <> '' AND state <> 'tombstone';
    CREATE TABLE ignored (
        pairing TEXT NOT NULL REFERENCES pairing (id) ON DELETE CASCADE,
        id TEXT NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (pairing, id)
    ) WITHOUT ROWID;
    CREATE TABLE kept_apart (
        pairing TEXT NOT NULL REFERENCES pairing (id) ON DELETE CASCADE,
        notes_key TEXT NOT NULL,
        salesforce_key TEXT NOT NULL,
        PRIMARY KEY (pairing, notes_key, salesforce_key)
    ) WITHOUT ROWID;
    CREATE TABLE acknowledged (
        pairing TEXT NOT NULL REFERENCES pairing (id) ON DELETE CASCADE,
        change TEXT NOT NULL,
        revision TEXT NOT NULL,
        PRIMARY KEY (pairing, change)
    ) WITHOUT ROWID;
    CREATE TABLE run (
        id TEXT PRIMARY KEY,
        pairing TEXT NOT NULL,
        started_at TEXT NOT NULL,
        state TEXT NOT NULL,
        body BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX run_started ON run (started_at, id);
    CREATE TABLE decision (
        run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
        change TEXT NOT NULL,
        revision TEXT NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (run, change)
    ) WITHOUT ROWID;
    CREATE TABLE op (
        id TEXT PRIMARY KEY,
        pairing TEXT NOT NULL,
        run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
        change TEXT NOT NULL,
        phase TEXT NOT NULL,
        not_before TEXT NOT NULL,
        body BLOB NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX op_phase ON op (pairing, phase);
    CREATE INDEX op_run ON op (run);
    CREATE TABLE outcome (
        run TEXT NOT NULL REFERENCES run (id) ON DELETE CASCADE,
        change TEXT NOT NULL,
        item TEXT NOT NULL,
        at TEXT NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (run, change)
    ) WITHOUT ROWID;
    CREATE INDEX outcome_item ON outcome (item);
    """,
    # Events that may be the copy of a Notes item whose create was never answered (no unique key field in the org).
    """
    CREATE TABLE suspect (
        pairing TEXT NOT NULL REFERENCES pairing (id) ON DELETE CASCADE,
        notes_key TEXT NOT NULL,
        salesforce_key TEXT NOT NULL,
        PRIMARY KEY (pairing, notes_key, salesforce_key)
    ) WITHOUT ROWID;
    """,
)
