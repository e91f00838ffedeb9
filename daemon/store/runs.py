"""Runs, decisions, the journal of operations, and what became of each row, as stored."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator

import msgspec

from daemon.store.database import Database
from daemon.sync.base import Link
from daemon.sync.proposal import Settlement
from shared.models import Image, OneDecision, Run, Series, Text
from shared.states import Action, Answer, Decision, Group, Result, RunState, Side


class Op(msgspec.Struct, frozen=True, kw_only=True):
    """One write to one calendar in the journal.

    ``phase``: intent (persisted, maybe sent), sent, acked (the answer is known, the base not yet), committed, stale, rejected,
    unknown (the answer was lost; look before anything else). ``before_raw`` is the payload as it was, for undo.
    ``not_before``: until this moment nothing may be sent again for the item (quarantine of unkeyed creates). ``adopted``: the
    create came upon a record that it did not surely make (Journal.acked); no base tells which side is newer, and undo leaves it
    there. ``series_key``: the key of the series that this create is one date of; empty for an entry of its own.
    """

    id: str
    run: str
    change: str
    side: Side
    kind: str
    key: str = ""
    expected_version: str = ""
    before: Image | None = None
    after: Image | None = None
    groups: frozenset[Group] = frozenset()
    create_key: str = ""
    before_raw: str = ""
    phase: str = "intent"
    not_before: str = ""
    sent_at: str = ""
    stored_key: str = ""
    stored_version: str = ""
    stored: Image | None = None
    adopted: bool = False
    series_key: str = ""


class RowOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row after Ok, kept for the history and for undo.

    Written with the intents (``result`` null: under way) and again when the row is settled. ``link_before`` is the link as it
    was (null: there was none); the settlement says what the base becomes when every operation is done.
    """

    run: str
    change: str
    item: str
    at: str
    action: Action
    title: str
    decision: Decision = Decision.APPROVE
    answer: Answer | None = None
    result: Result | None = None
    starts_at: str = ""
    ends_at: str = ""
    all_day: bool = False
    error: Text | None = None
    settlement: Settlement | None = None
    link_before: Link | None = None
    ops: tuple[str, ...] = ()
    text: Text | None = None
    series: Series | None = None


_run = msgspec.json.Decoder(Run)
_op = msgspec.json.Decoder(Op)
_outcome = msgspec.json.Decoder(RowOutcome)
_decision = msgspec.json.Decoder(OneDecision)
_encode = msgspec.json.Encoder(order="deterministic").encode

OPEN_PHASES = ("intent", "sent", "acked", "unknown")


class RunStore:
    """One row per run; decisions belong to the open run."""

    def __init__(self, database: Database) -> None:
        self._db = database

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Everything stored inside lands in one transaction or not at all."""
        with self._db.transaction():
            yield

    def put(self, pairing: str, run: Run) -> None:
        with self._db.transaction() as db:
            db.execute(
                "INSERT INTO run VALUES (?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET state=excluded.state,"
                " body=excluded.body, pairing=excluded.pairing",
                (run.id, pairing, run.started_at, run.state.value, _encode(run)),
            )

    def get(self, identifier: str) -> Run | None:
        with self._db.reading() as db:
            row = db.execute("SELECT body FROM run WHERE id=?", (identifier,)).fetchone()
        return _run.decode(row[0]) if row else None

    def pairing_of(self, identifier: str) -> str:
        with self._db.reading() as db:
            row = db.execute("SELECT pairing FROM run WHERE id=?", (identifier,)).fetchone()
        return row[0] if row else ""

    def newest(self, limit: int, before: str = "") -> list[Run]:
        """Runs newest first; ``before`` is a run id: only older ones."""
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT body FROM run WHERE ?='' OR (started_at, id) < (SELECT started_at, id FROM run WHERE id=?)"
                " ORDER BY started_at DESC, id DESC LIMIT ?",
                (before, before, limit),
            ).fetchall()
        return [_run.decode(row[0]) for row in rows]

    def still_open(self) -> list[Run]:
        states = tuple(state.value for state in RunState if state.is_open)
        with self._db.reading() as db:
            rows = db.execute("SELECT body FROM run WHERE state IN (?,?,?)", states).fetchall()
        return [_run.decode(row[0]) for row in rows]

    def decisions(self, run: str) -> dict[str, OneDecision]:
        with self._db.reading() as db:
            rows = db.execute("SELECT change, body FROM decision WHERE run=?", (run,)).fetchall()
        return {change: _decision.decode(body) for change, body in rows}

    def decide(self, run: str, decisions: Iterable[OneDecision], undone: Iterable[str] = ()) -> None:
        """Store decisions and take back others, all in one step."""
        with self._db.transaction() as db:
            db.executemany("DELETE FROM decision WHERE run=? AND change=?", [(run, change) for change in undone])
            db.executemany(
                "INSERT OR REPLACE INTO decision VALUES (?,?,?,?)",
                [(run, one.change, one.revision, _encode(one)) for one in decisions],
            )

    def journal(self, pairing: str, ops: Iterable[Op]) -> None:
        """Write operations as they are now: one transaction for all of them."""
        rows = [(op.id, pairing, op.run, op.change, op.phase, op.not_before, _encode(op)) for op in ops]
        with self._db.transaction() as db:
            db.executemany("INSERT OR REPLACE INTO op VALUES (?,?,?,?,?,?,?)", rows)

    def open_ops(self, pairing: str) -> list[Op]:
        """Operations whose end is not known or not committed, oldest first."""
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT body FROM op WHERE pairing=? AND phase IN (?,?,?,?) ORDER BY id", (pairing, *OPEN_PHASES)
            ).fetchall()
        return [_op.decode(row[0]) for row in rows]

    def updates_since(self, pairing: str, moment: str) -> list[Op]:
        """Committed updates begun at or after ``moment`` (a stamp: the ids of operations start with theirs)."""
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT body FROM op WHERE pairing=? AND phase='committed' AND id>=?", (pairing, moment)
            ).fetchall()
        return [op for op in (_op.decode(row[0]) for row in rows) if op.kind == "update"]

    def failed_alone(self, pairing: str) -> frozenset[str]:
        """The create keys of operations that ended without a record known, and were sent as entries of their own."""
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT body FROM op WHERE pairing=? AND phase IN ('rejected', 'stale')", (pairing,)
            ).fetchall()
        ops = (_op.decode(row[0]) for row in rows)
        return frozenset(op.create_key for op in ops if op.create_key and not op.series_key)

    def ops_of(self, run: str) -> list[Op]:
        with self._db.reading() as db:
            rows = db.execute("SELECT body FROM op WHERE run=? ORDER BY id", (run,)).fetchall()
        return [_op.decode(row[0]) for row in rows]

    def made_by_undoing(self, run: str) -> dict[str, list[tuple[Side, str]]]:
        """By change of ``run``: the records that undoing it has made anew so far."""
        with self._db.reading() as db:
            undos = db.execute("SELECT id FROM run WHERE instr(body, ?)>0", (f'"undoes":"{run}"'.encode(),)).fetchall()
        made: dict[str, list[tuple[Side, str]]] = {}
        for op in (op for (undo,) in undos for op in self.ops_of(undo)):
            if op.kind == "create" and op.phase == "committed" and op.stored_key:
                made.setdefault(op.change, []).append((op.side, op.stored_key))
        return made

    def unfinished(self, pairing: str) -> list[tuple[str, str]]:
        """(run, change) of rows of the newest run without a result although each of their operations has ended: a crash came
        between the last answer and the end of the row.
        """
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT o.run, o.change FROM outcome o WHERE instr(o.body, CAST('\"result\":null' AS BLOB))>0 AND o.run="
                "(SELECT run FROM op WHERE pairing=? ORDER BY id DESC LIMIT 1)"
                " AND EXISTS (SELECT 1 FROM op WHERE op.run=o.run AND op.change=o.change)"
                " AND NOT EXISTS (SELECT 1 FROM op WHERE op.run=o.run AND op.change=o.change AND phase IN (?,?,?,?))",
                (pairing, *OPEN_PHASES),
            ).fetchall()
        return [(row[0], row[1]) for row in rows]

    def finish_row(self, outcome: RowOutcome) -> None:
        with self._db.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO outcome VALUES (?,?,?,?,?)",
                (outcome.run, outcome.change, outcome.item, outcome.at, _encode(outcome)),
            )

    def outcomes(self, run: str) -> dict[str, RowOutcome]:
        with self._db.reading() as db:
            rows = db.execute("SELECT change, body FROM outcome WHERE run=?", (run,)).fetchall()
        return {change: _outcome.decode(body) for change, body in rows}

    def outcome(self, run: str, change: str) -> RowOutcome | None:
        with self._db.reading() as db:
            row = db.execute("SELECT body FROM outcome WHERE run=? AND change=?", (run, change)).fetchone()
        return _outcome.decode(row[0]) if row else None

    def history(self, item: str, limit: int = 50) -> list[RowOutcome]:
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT body FROM outcome WHERE item=? ORDER BY at DESC LIMIT ?", (item, limit)
            ).fetchall()
        return [_outcome.decode(row[0]) for row in rows]

    def trim(self, moment: str) -> None:
        """Drop the before-images of operations begun before ``moment`` (a stamp) that are settled; the history stays."""
        with self._db.transaction() as db:
            db.execute("DELETE FROM op WHERE id<? AND phase NOT IN (?,?,?,?)", (moment, *OPEN_PHASES))

    def empty_log(self) -> None:
        """Bring the write-ahead log into the database and cut it off: it may still hold what was erased."""
        with self._db.reading() as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def erase_text(self, item: str) -> None:
        """Forget what the history knows of an item's text; what was done and when stays (contracts.md 6)."""
        with self._db.transaction() as db:
            rows = db.execute("SELECT run, change, body FROM outcome WHERE item=?", (item,)).fetchall()
            for run, change, body in rows:
                kept = msgspec.structs.replace(
                    _outcome.decode(body), title="", settlement=None, link_before=None, text=None, series=None
                )
                db.execute("UPDATE outcome SET body=? WHERE run=? AND change=?", (_encode(kept), run, change))
            changes = {(run, change) for run, change, _ in rows}
            for run, change in changes:
                for identifier, body in db.execute(
                    "SELECT id, body FROM op WHERE run=? AND change=? AND phase NOT IN (?,?,?,?)",
                    (run, change, *OPEN_PHASES),
                ).fetchall():
                    bare = msgspec.structs.replace(
                        _op.decode(body), before=None, after=None, stored=None, before_raw=""
                    )
                    db.execute("UPDATE op SET body=? WHERE id=?", (_encode(bare), identifier))
