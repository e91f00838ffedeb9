"""Pages of a query: a snapshot kept under a locator for two days."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from daemon.sandbox.salesforce.clock import Clock
from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.query import QueryResult
from daemon.sandbox.salesforce.record_ids import suffix

_LIFE = timedelta(days=2)
_LOCATOR = re.compile(r"(0r8[0-9A-Za-z]{12,15})-(\d+)")


@dataclass(frozen=True, slots=True)
class _Cursor:
    result: QueryResult
    owner: str
    opened: datetime
    size: int


class Cursors:
    """The open cursors of an org; each belongs to the person who opened it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: dict[str, _Cursor] = {}
        self._numbers = itertools.count(1)

    def first(self, result: QueryResult, owner: str, size: int, version: str) -> dict[str, Any]:
        """Return the first page, and open a cursor if there are more."""
        locator = ""
        if len(result.records) > size:
            self._forget_old()
            short = f"0r85J0{next(self._numbers):09d}"
            locator = short + suffix(short)
            self._open[locator] = _Cursor(result, owner, self._clock.now(), size)
        return self._page(result, locator, 0, size, version)

    def next(self, locator: str, owner: str, version: str) -> dict[str, Any]:
        """Return the page that a nextRecordsUrl names; INVALID_QUERY_LOCATOR when its cursor is gone."""
        match = _LOCATOR.fullmatch(locator)
        cursor = self._open.get(match[1]) if match else None
        if match is None or cursor is None or cursor.owner != owner or self._clock.now() - cursor.opened > _LIFE:
            raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
        start = int(match[2])
        if start >= len(cursor.result.records):
            raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(cursor.result, match[1], start, cursor.size, version)

    def _page(self, result: QueryResult, locator: str, start: int, size: int, version: str) -> dict[str, Any]:
        end = start + size
        page: dict[str, Any] = {"totalSize": result.total, "done": end >= len(result.records)}
        if not page["done"]:
            page["nextRecordsUrl"] = f"/services/data/v{version}/query/{locator}-{end}"
        page["records"] = list(result.records[start:end])
        return page

    def _forget_old(self) -> None:
        limit = self._clock.now() - _LIFE
        for locator in [key for key, cursor in self._open.items() if cursor.opened < limit]:
            del self._open[locator]
