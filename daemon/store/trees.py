"""The stored trees: what each side held when it was last read, so that a payload that did not change is not parsed again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from daemon.store.database import Database
from daemon.sync.trees import LeftOut, Record, SeriesPlace
from shared.models import Image, Text
from shared.states import Group, Side


class _Body(msgspec.Struct, frozen=True, omit_defaults=True):
    """The parts of a Record without a column of their own."""

    image: Image
    series: SeriesPlace | None = None
    entry_type: str = "appointment"
    locked_groups: frozenset[Group] = frozenset()
    locked_because: Text | None = None
    organised_by_other: bool = False
    foreign_key: str = ""


_body = msgspec.json.Decoder(_Body)
_left_out = msgspec.json.Decoder(LeftOut)
_encode = msgspec.json.Encoder(order="deterministic").encode


def _row(pairing: str, side: Side, record: Record) -> tuple[object, ...]:
    body = _Body(
        image=record.image,
        series=record.series,
        entry_type=record.entry_type,
        locked_groups=record.locked_groups,
        locked_because=record.locked_because,
        organised_by_other=record.organised_by_other,
        foreign_key=record.foreign_key,
    )
    return (
        pairing,
        side.value,
        record.key,
        record.version,
        record.digest,
        record.payload_digest,
        _encode(body),
        record.raw,
    )


def _record(row: tuple[Any, ...]) -> Record:
    key, version, digest, payload_digest, raw_body, raw = row
    body = _body.decode(raw_body)
    return Record(
        key=key,
        version=version,
        image=body.image,
        digest=digest,
        payload_digest=payload_digest,
        series=body.series,
        entry_type=body.entry_type,
        locked_groups=body.locked_groups,
        locked_because=body.locked_because,
        organised_by_other=body.organised_by_other,
        foreign_key=body.foreign_key,
        raw=raw,
    )


class TreeStore:
    """Records, left-out items and bookmarks by pairing and side."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def records(self, pairing: str, side: Side) -> dict[str, Record]:
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT key, version, digest, payload_digest, body, raw FROM record WHERE pairing=? AND side=?",
                (pairing, side.value),
            ).fetchall()
        return {row[0]: _record(row) for row in rows}

    def record(self, pairing: str, side: Side, key: str) -> Record | None:
        with self._db.reading() as db:
            row = db.execute(
                "SELECT key, version, digest, payload_digest, body, raw FROM record"
                " WHERE pairing=? AND side=? AND key=?",
                (pairing, side.value, key),
            ).fetchone()
        return _record(row) if row else None

    def save(self, pairing: str, side: Side, changed: Iterable[Record], gone: Iterable[str]) -> None:
        """Store changed records and drop gone ones; nothing is written when both are empty."""
        rows = [_row(pairing, side, record) for record in changed]
        keys = [(pairing, side.value, key) for key in gone]
        if not rows and not keys:
            return
        with self._db.transaction() as db:
            db.executemany("DELETE FROM record WHERE pairing=? AND side=? AND key=?", keys)
            db.executemany("INSERT OR REPLACE INTO record VALUES (?,?,?,?,?,?,?,?)", rows)

    def left_out(self, pairing: str, side: Side) -> dict[str, LeftOut]:
        with self._db.reading() as db:
            rows = db.execute(
                "SELECT handle, body FROM left_out WHERE pairing=? AND side=?", (pairing, side.value)
            ).fetchall()
        return {handle: _left_out.decode(body) for handle, body in rows}

    def save_left_out(self, pairing: str, side: Side, left_out: Mapping[str, LeftOut]) -> None:
        """Replace what is kept where it differs."""
        known = self.left_out(pairing, side)
        if known == dict(left_out):
            return
        with self._db.transaction() as db:
            db.executemany(
                "DELETE FROM left_out WHERE pairing=? AND side=? AND handle=?",
                [(pairing, side.value, handle) for handle in known.keys() - left_out.keys()],
            )
            db.executemany(
                "INSERT OR REPLACE INTO left_out VALUES (?,?,?,?)",
                [
                    (pairing, side.value, handle, _encode(item))
                    for handle, item in left_out.items()
                    if known.get(handle) != item
                ],
            )

    def bookmark(self, pairing: str, side: Side) -> tuple[str, str, int]:
        """(bookmark, moment of the last full reading, items seen then); empty where there is none."""
        with self._db.reading() as db:
            row = db.execute(
                "SELECT bookmark, full_at, items FROM bookmark WHERE pairing=? AND side=?", (pairing, side.value)
            ).fetchone()
        return row or ("", "", 0)

    def save_bookmark(
        self, pairing: str, side: Side, bookmark: str, observed_at: str, full_at: str, items: int
    ) -> None:
        with self._db.transaction() as db:
            db.execute(
                "INSERT OR REPLACE INTO bookmark VALUES (?,?,?,?,?,?)",
                (pairing, side.value, bookmark, observed_at, full_at, items),
            )
