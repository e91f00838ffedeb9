"""One Salesforce org: its rows, people, tokens, clock and counters, as the request handlers see it."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from daemon.sandbox.salesforce import event_rules
from daemon.sandbox.salesforce.caller import Caller
from daemon.sandbox.salesforce.clock import Clock
from daemon.sandbox.salesforce.cursors import Cursors
from daemon.sandbox.salesforce.engine import Engine
from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.options import SalesforceOptions
from daemon.sandbox.salesforce.people import Person, found_org
from daemon.sandbox.salesforce.query import QueryResult, Surroundings, run_query
from daemon.sandbox.salesforce.record_ids import suffix
from daemon.sandbox.salesforce.records import RecordView
from daemon.sandbox.salesforce.schema import build_schema
from daemon.sandbox.salesforce.store import Store
from daemon.sandbox.salesforce.tokens import Tokens

_ORG_SHORT = "00D5J000000DbrE"
_RECENT = 200

event_rules.register()


class Org:
    """Everything behind the API."""

    def __init__(self, options: SalesforceOptions) -> None:
        self.options = options
        self.org_id = _ORG_SHORT + suffix(_ORG_SHORT)
        self.schema = build_schema(options)
        self.store = Store(self.schema)
        self.clock = Clock(options.clock_skew)
        self.engine = Engine(self.schema, self.store, self.clock, options)
        self.view = RecordView(self.clock, options)
        self.cursors = Cursors(self.clock)
        self.tokens = Tokens(self.org_id, self.clock, options)
        self.born = self.clock.stamp()
        self.people: tuple[Person, ...] = found_org(self.engine, self.org_id, options.time_zone, options.big_table)
        #: Starts of transactions that have not committed yet.
        self.open_transactions: list[datetime] = []
        #: Entries of the delete log older than this are purged.
        self.deletes_known_from = self.born - timedelta(days=30)
        self.unshared: dict[str, frozenset[str]] = {}
        self._calls: deque[datetime] = deque()
        self._recent: dict[str, list[str]] = {}

    def person(self, user_id: str) -> Person:
        """Return one of the people."""
        return next(p for p in self.people if p.user_id == user_id)

    def log_in(self, username: str, password: str) -> Person | None:
        """Return who a user name and password belong to; inactive people cannot log in."""
        person = next((p for p in self.people if p.username == username.strip().lower()), None)
        if person is None or password != person.password:
            return None
        return person if (self.store.get("User", person.user_id) or {}).get("IsActive") else None

    def caller(self, user_id: str, version: float = 67.0, allow_duplicates: bool = False) -> Caller:
        """Return a person as the engine knows them."""
        administrator = self.person(user_id).administrator
        return Caller(
            user_id,
            version,
            sees_all=administrator,
            private_org=self.options.sharing == "private",
            allow_duplicates=allow_duplicates,
            unshared=self.unshared,
        )

    def zone_of(self, user_id: str) -> ZoneInfo:
        """Return a person's time zone."""
        row = self.store.get("User", user_id) or {}
        return ZoneInfo(row.get("TimeZoneSidKey") or self.options.time_zone)

    def query(self, text: str, caller: Caller, version: str, include_deleted: bool) -> QueryResult:
        """Run a query; FOR VIEW makes its rows recently seen."""
        around = Surroundings(self.schema, self.store, self.view, self.clock.now(), self.zone_of(caller.user_id))
        result = run_query(text, caller, around, version, include_deleted)
        if result.viewed:
            self.seen(caller.user_id, result.viewed)
        return result

    # ---- recently seen --------------------------------------------------------------------------------------------

    def seen(self, user_id: str, ids: tuple[str, ...]) -> None:
        """Put records at the head of a person's list of recently seen ones."""
        before = [i for i in self._recent.get(user_id, []) if i not in ids]
        self._recent[user_id] = [*ids, *before][:_RECENT]

    def recent(self, user_id: str, sobject: str | None = None) -> list[dict[str, Any]]:
        """Return the rows a person has seen, newest first, with their object under "object"."""
        found = []
        for record_id in self._recent.get(user_id, []):
            kind = self.schema.of_id(record_id)
            row = self.store.get(kind.name, record_id) if kind else None
            if kind and row and not row.get("IsDeleted") and sobject in {None, kind.name}:
                found.append({"object": kind, "row": row})
        return found

    # ---- calls counted --------------------------------------------------------------------------------------------

    def used_calls(self) -> int:
        """Return the calls of the last 24 hours."""
        limit = self.clock.now() - timedelta(hours=24)
        while self._calls and self._calls[0] < limit:
            self._calls.popleft()
        return len(self._calls)

    def count_call(self) -> None:
        """Count a call; REQUEST_LIMIT_EXCEEDED when the allocation is used up."""
        if self.used_calls() >= self.options.api_limit:
            raise ApiError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
        self._calls.append(self.clock.now())

    def limit_info(self) -> str:
        """Return the value of Sforce-Limit-Info."""
        return f"api-usage={self.used_calls()}/{self.options.api_limit}"
