"""Transactions that stay open: stamped while they run, visible only when they commit.

Facts: reference salesforce.md 2: SystemModstamp is set inside the transaction, latestDateCovered stops at its start.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from daemon.sandbox.salesforce.caller import Caller

if TYPE_CHECKING:
    from daemon.sandbox.salesforce.org import Org


class Transaction:
    """Collects writes; `commit` carries them out with the time stamps of when they were asked for."""

    def __init__(self, org: Org, caller: Caller) -> None:
        self._org = org
        self._caller = caller
        self._start = org.clock.now()
        self._steps: list[tuple[datetime, Callable[[], Any]]] = []
        org.open_transactions.append(self._start)

    def insert(self, sobject: str, fields: Mapping[str, Any]) -> None:
        """Create a row at commit."""
        self._later(lambda: self._org.engine.insert(sobject, fields, self._caller))

    def update(self, sobject: str, record_id: str, fields: Mapping[str, Any]) -> None:
        """Change a row at commit."""
        self._later(lambda: self._org.engine.update(sobject, record_id, fields, self._caller))

    def delete(self, sobject: str, record_id: str) -> None:
        """Delete a row at commit."""
        self._later(lambda: self._org.engine.delete(sobject, record_id, self._caller))

    def commit(self) -> list[Any]:
        """Carry everything out and return the results (ids of created rows); nothing is done if one step is refused."""
        try:
            with self._org.store.transaction():
                results = []
                for moment, step in self._steps:
                    with self._org.clock.at(moment):
                        results.append(step())
                return results
        finally:
            self._org.open_transactions.remove(self._start)
            self._steps = []

    def _later(self, step: Callable[[], Any]) -> None:
        self._steps.append((self._org.clock.now(), step))
