"""The Salesforce sandbox as tests and the demo hold it: start, stop, people, rows, clock, faults, journal."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from daemon.sandbox.faults import FaultRules
from daemon.sandbox.journal import RequestJournal
from daemon.sandbox.salesforce.apps import DAYBRIDGE
from daemon.sandbox.salesforce.caller import Caller
from daemon.sandbox.salesforce.clock import Clock
from daemon.sandbox.salesforce.fields import Row
from daemon.sandbox.salesforce.options import SalesforceOptions
from daemon.sandbox.salesforce.org import Org
from daemon.sandbox.salesforce.server import ApiServer
from daemon.sandbox.salesforce.tokens import DEFAULT_SCOPES
from daemon.sandbox.salesforce.transactions import Transaction
from daemon.sandbox.salesforce.values import show

#: aiohttp refuses long lines itself; the sandbox wants to answer 414 and 431 as Salesforce does.
_LINE = 1024 * 1024


class SalesforceSandbox:
    """One org on a loopback port. Rows may be read and written before it starts and while it runs."""

    def __init__(self, options: SalesforceOptions | None = None) -> None:
        self.options = options or SalesforceOptions()
        self.org = Org(self.options)
        self._server = ApiServer(self.org)
        self.app: web.Application = self._server.build()
        self.url = ""
        self._runner: web.AppRunner | None = None
        self._tls: ssl.SSLContext | None = None
        self._signed_in: dict[int, dict[str, str]] = {}
        for number in range(len(self.org.people)):
            self.people(number)

    @property
    def journal(self) -> RequestJournal:
        """Every request and its answer."""
        return self._server.journal

    @property
    def faults(self) -> FaultRules:
        """The fault rules in force."""
        return self._server.faults

    @property
    def clock(self) -> Clock:
        """The server's clock."""
        return self.org.clock

    # ---- running -------------------------------------------------------------------------------------------------

    async def start(self, port: int = 0, ssl_context: ssl.SSLContext | None = None) -> str:
        """Listen on 127.0.0.1 and return the address at which people log in (and at which the API is, unless split)."""
        self._tls = ssl_context
        self._runner = web.AppRunner(self.app, access_log=None, max_line_size=_LINE, max_field_size=_LINE)
        await self._runner.setup()
        self.url = await self._listen(port)
        if self.options.instance_split:
            await self.move_instance()
        return self.url

    async def move_instance(self) -> str:
        """Move the org to a new address: tokens name it from now on, and the API answers nowhere else."""
        address = await self._listen(0)
        self._server.oauth.instance_url = address
        self._server.instance_port = int(address.rpartition(":")[2])
        return address

    async def _listen(self, port: int) -> str:
        if self._runner is None:
            raise RuntimeError("Start the sandbox first.")
        before = set(map(str, self._runner.addresses))
        await web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=self._tls).start()
        (bound,) = [a for a in self._runner.addresses if str(a) not in before]
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{bound[1]}"

    async def stop(self) -> None:
        """Close every connection and stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # ---- people --------------------------------------------------------------------------------------------------

    def people(self, number: int = 0) -> dict[str, str]:
        """Return how the person with this number signs in (0 is Jane Doe, -1 the administrator); tokens are live."""
        number %= len(self.org.people)
        if number not in self._signed_in:
            person = self.org.people[number]
            session = self.org.tokens.grant(person.user_id, DAYBRIDGE.client_id, DEFAULT_SCOPES)
            self._signed_in[number] = {
                "token": session.token,
                "refresh_token": session.grant.refresh_token or "",
                "client_id": DAYBRIDGE.client_id,
                "client_secret": DAYBRIDGE.secret or "",
                "username": person.username,
                "password": person.password,
                "user_id": person.user_id,
                "org_id": self.org.org_id,
            }
        return dict(self._signed_in[number])

    # ---- rows ----------------------------------------------------------------------------------------------------

    def insert(self, sobject: str, fields: Mapping[str, Any], by: str | None = None) -> str:
        """Create a row as a person would over REST and return its id; `by` is a user id."""
        return self.org.engine.insert(sobject, fields, self._caller(by))

    def update(self, sobject: str, record_id: str, fields: Mapping[str, Any], by: str | None = None) -> None:
        """Change a row as a person would."""
        self.org.engine.update(sobject, record_id, fields, self._caller(by))

    def delete(self, sobject: str, record_id: str, by: str | None = None) -> None:
        """Put a row into the recycle bin as a person would."""
        self.org.engine.delete(sobject, record_id, self._caller(by))

    def undelete(self, sobject: str, record_id: str, by: str | None = None) -> None:
        """Restore a row from the recycle bin (the page does this; REST cannot)."""
        self.org.engine.undelete(sobject, record_id, self._caller(by))

    def purge(self, sobject: str, record_id: str) -> None:
        """Empty one row out of the recycle bin: queryAll no longer shows it."""
        self.org.store.purge(sobject, record_id)

    def seed(self, sobject: str, fields: Mapping[str, Any], by: str | None = None) -> str:
        """Create a row as the server itself: read-only fields such as CreatedDate or IsRecurrence2 may be given.

        `_series` ties the occurrences of a series together; the customer's rules do not apply.
        """
        note = {k: v for k, v in fields.items() if k.startswith("_")}
        plain = {k: v for k, v in fields.items() if not k.startswith("_")}
        caller = Caller(by or self.org.people[0].user_id, system=True)
        with self.org.store.transaction():
            record_id = self.org.engine.insert(sobject, plain, caller)
            if note:
                row = self.org.store.get(self.org.engine.need(sobject).name, record_id) or {}
                self.org.store.put(self.org.engine.need(sobject).name, {**row, **note})
        return record_id

    def rows(self, sobject: str) -> list[Row]:
        """Return every row of an object as JSON values, deleted ones included, oldest first."""
        kind = self.org.engine.need(sobject)
        return [{f.name: self.org.view.json(f, row) for f in kind.fields} for row in self.org.store.rows(kind.name)]

    def row(self, sobject: str, record_id: str) -> Row:
        """Return one row as JSON values, deleted or not; KeyError when there is none."""
        kind = self.org.engine.need(sobject)
        row = self.org.store.get(kind.name, record_id)
        if row is None:
            raise KeyError(record_id)
        return {f.name: show(self.org.view.value(f, row)) for f in kind.fields}

    # ---- what happens to an org ------------------------------------------------------------------------------------

    def begin(self, by: str | None = None) -> Transaction:
        """Start a transaction that commits later: its rows appear behind cursors that have moved on meanwhile."""
        return Transaction(self.org, self._caller(by))

    def hide(self, record_id: str, user_id: str) -> None:
        """Take a row out of a person's sight without any trace."""
        self.org.unshared[user_id] = self.org.unshared.get(user_id, frozenset()) | {record_id}

    def reveal(self, record_id: str, user_id: str) -> None:
        """Undo `hide`."""
        self.org.unshared[user_id] = self.org.unshared.get(user_id, frozenset()) - {record_id}

    def lock_rows(self, count: int) -> None:
        """Refuse the next writes of rows with UNABLE_TO_LOCK_ROW."""
        self.org.engine.locks_left = count

    def expire_sessions(self) -> None:
        """End every access token; refreshing works."""
        self.org.tokens.kill_sessions()

    def revoke_all(self) -> None:
        """End every consent, as an administrator's revocation or a password reset does."""
        self.org.tokens.kill_all()
        self._signed_in.clear()

    def purge_delete_log(self, older_than: timedelta = timedelta(0)) -> None:
        """Forget deletions older than this; getDeleted refuses windows that begin earlier."""
        limit = self.clock.now() - older_than
        self.org.store.delete_log[:] = [e for e in self.org.store.delete_log if e.at >= limit]
        self.org.deletes_known_from = limit

    def _caller(self, by: str | None) -> Caller:
        return self.org.caller(by or self.org.people[0].user_id)
