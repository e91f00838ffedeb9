"""Pages of a query and of its sub-queries: snapshots kept under locators for two days."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from daemon.sandbox.salesforce.clock import Clock
from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.record_ids import suffix

_LIFE = timedelta(days=2)
#: Rows of a sub-query in a page; jsforce's tests against real orgs get at most so many at first.
_CHILDREN = 200
_LOCATOR = re.compile(r"(0r8[0-9A-Za-z]{12,15})-(\d+)")


Records = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Cursor:
    records: Records
    total: int
    owner: str
    opened: datetime
    size: int


class Cursors:
    """The open cursors of an org; each belongs to the person who opened it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, _Cursor] = {}
        self._numbers = itertools.count(1)

    def first(self, records: Records, total: int, owner: str, size: int, version: str) -> dict[str, Any]:
        """Return the first page, and open a cursor if there are more."""
        cursor = _Cursor(records, total, owner, self._clock.now(), size)
        locator = ""
        if len(records) > size:
            self._forget_old()
            short = f"0r85J0{next(self._numbers):09d}"
            locator = short + suffix(short)
            self._open[locator] = cursor
        return self._page(cursor, locator, 0, version)

    def next(self, locator: str, owner: str, version: str) -> dict[str, Any]:
        """Return the page that a nextRecordsUrl names; INVALID_QUERY_LOCATOR when its cursor is gone."""
        match = _LOCATOR.fullmatch(locator)
        cursor = self._open.get(match[1]) if match else None
        if match is None or cursor is None or cursor.owner != owner or self._clock.now() - cursor.opened > _LIFE:
            raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
        start = int(match[2])
        if start >= len(cursor.records):
            raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor, match[1], start, version)

    def _page(self, cursor: _Cursor, locator: str, start: int, version: str) -> dict[str, Any]:
        end = start + cursor.size
        page: dict[str, Any] = {"totalSize": cursor.total, "done": end >= len(cursor.records)}
        if not page["done"]:
            page["nextRecordsUrl"] = f"/services/data/v{version}/query/{locator}-{end}"
        page["records"] = [self._cut_children(record, cursor.owner, version) for record in cursor.records[start:end]]
        return page

    def _cut_children(self, record: dict[str, Any], owner: str, version: str) -> dict[str, Any]:
        """Give long results of sub-queries pages of their own."""
        long = {
            name: self.first(value["records"], value["totalSize"], owner, _CHILDREN, version)
            for name, value in record.items()
            if isinstance(value, dict) and len(value.get("records", ())) > _CHILDREN
        }
        return {**record, **long} if long else record

    def _forget_old(self) -> None:
        limit = self._clock.now() - _LIFE
        for locator in [key for key, cursor in self._open.items() if cursor.opened < limit]:
            del self._open[locator]
