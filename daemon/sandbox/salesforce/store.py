"""The rows of an org in memory: copy-on-write records, indexes on keys, transactions that roll back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from daemon.sandbox.salesforce.fields import Row
from daemon.sandbox.salesforce.record_ids import IdSource
from daemon.sandbox.salesforce.schema import Schema

#: Look-ups that the rules follow backwards, besides every external id.
_FOLLOWED = (
    ("Event", "_parent"),
    ("Event", "_series"),
    ("EventRelation", "EventId"),
)


@dataclass(frozen=True, slots=True)
class DeletedRow:
    """An entry of the delete log that getDeleted reads."""

    sobject: str
    record_id: str
    at: datetime


class Store:
    """Tables of rows by id. A row is replaced as a whole, so a reference to one is a snapshot."""

    def __init__(self, schema: Schema) -> None:
        self.ids = IdSource()
        self.delete_log: list[DeletedRow] = []
        self._tables: dict[str, dict[str, Row]] = {o.name: {} for o in schema.objects}
        keys = [(o.name, f.name) for o in schema.objects for f in o.all_fields if f.is_("i") or f.is_("U")]
        self._indexes: dict[tuple[str, str], dict[str, set[str]]] = {
            key: {} for key in (*keys, *_FOLLOWED) if key[1] != "Id"
        }
        self._indexes_of = {
            o.name: [(field, index) for (owner, field), index in self._indexes.items() if owner == o.name]
            for o in schema.objects
        }
        self._waiting: dict[str, Callable[[], Iterable[Row]]] = {}
        self._undo: list[tuple[str, str, Row | None]] = []
        self._depth = 0

    def later(self, sobject: str, rows: Callable[[], Iterable[Row]]) -> None:
        """Add rows when the table is first touched: thousands of them would cost every start of an org half a second."""
        self._waiting[sobject] = rows

    def _table(self, sobject: str) -> dict[str, Row]:
        rows = self._waiting.pop(sobject, None)
        for row in rows() if rows is not None else ():
            self._set(sobject, row["Id"], row)
        return self._tables[sobject]

    def get(self, sobject: str, record_id: str) -> Row | None:
        """Return a row, deleted ones included."""
        return self._table(sobject).get(record_id)

    def rows(self, sobject: str) -> Iterable[Row]:
        """Return every row of an object in the order of creation, deleted ones included."""
        return self._table(sobject).values()

    def count(self, sobject: str) -> int:
        """Return how many rows an object has, deleted ones included."""
        return len(self._table(sobject))

    def find(self, sobject: str, field: str, value: str) -> list[Row]:
        """Return the rows that are not deleted and whose indexed field equals a text in any case."""
        table = self._table(sobject)
        rows = (table[i] for i in sorted(self._indexes[(sobject, field)].get(value.lower(), set())))
        return [row for row in rows if not row.get("IsDeleted")]

    def find_all(self, sobject: str, field: str, value: str) -> list[Row]:
        """As `find`, deleted rows included."""
        table = self._table(sobject)
        return [table[i] for i in sorted(self._indexes[(sobject, field)].get(value.lower(), set()))]

    def put(self, sobject: str, row: Row) -> None:
        """Add or replace a row."""
        record_id = row["Id"]
        if self._depth:
            self._undo.append((sobject, record_id, self._table(sobject).get(record_id)))
        self._set(sobject, record_id, row)

    def purge(self, sobject: str, record_id: str) -> None:
        """Remove a row for good, as emptying the recycle bin does."""
        self._set(sobject, record_id, None)

    def _set(self, sobject: str, record_id: str, row: Row | None) -> None:
        old = self._table(sobject).get(record_id)
        for field, index in self._indexes_of[sobject]:
            before, after = old and old.get(field), row and row.get(field)
            if before != after or old is None:
                if isinstance(before, str):
                    index[before.lower()].discard(record_id)
                if isinstance(after, str):
                    index.setdefault(after.lower(), set()).add(record_id)
        if row is None:
            self._table(sobject).pop(record_id, None)
        else:
            self._table(sobject)[record_id] = row

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Undo every change made in the block if it ends with an exception; blocks may be nested."""
        mark, log_mark = len(self._undo), len(self.delete_log)
        self._depth += 1
        try:
            yield
        except BaseException:
            for sobject, record_id, row in reversed(self._undo[mark:]):
                self._set(sobject, record_id, row)
            del self._undo[mark:]
            del self.delete_log[log_mark:]
            raise
        finally:
            self._depth -= 1
            if not self._depth:
                self._undo.clear()
