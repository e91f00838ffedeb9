"""The narrow port to Salesforce's REST API: simple-salesforce in one worker thread, with our own HTTP behaviour.

The library is never allowed to refresh (its replay drops our conditional headers) and its objects are used by one
thread only; every trap of reference/salesforce.md 5 is met here or in session.py. It is imported when first needed.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from daemon.sides.contract import SideUnavailable, SignInNeeded
from daemon.sides.retry import RetryPolicy
from daemon.sides.salesforce.answers import RowResult, collection_results, composite_results
from daemon.sides.salesforce.limits import ApiBudget
from daemon.sides.salesforce.oauth import TokenSet
from daemon.sides.salesforce.refusals import Expired, Moved, Sending, refused_answer, transport_error
from daemon.sides.salesforce.session import Patience, SalesforceSession
from daemon.sides.salesforce.tokens import TokenKeeper
from shared.texts import text

API_VERSION = "67.0"
"""Pinned; reviewed once a year (reference/salesforce.md 8.27)."""

DATA_PATH = "/services/data/"
COLLECTION_SIZE = 200
COMPOSITE_SIZE = 25
CLIENT_NAME = "Daybridge"
CLOSE_SECONDS = 5.0
"""How long closing waits for a call under way; the thread ends with that call in any case."""

_RECORD_ID = re.compile(r"[a-zA-Z0-9]{15}(?:[a-zA-Z0-9]{3})?\Z")

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Every row of a query; ``complete`` is false when fewer came than were announced.

    ``server_time`` is when it was asked, by the server's clock.
    """

    rows: Rows
    complete: bool
    server_time: datetime


@dataclass(frozen=True, slots=True)
class Patch:
    """One guarded update. ``unmodified_since`` is an HTTP date (1 s resolution) of the LastModifiedDate we last read."""

    id: str
    fields: Mapping[str, Any]
    unmodified_since: str


class SalesforceClient:
    """The calls this product needs, one at a time. Raises the side contract's errors, RequestRefused or AnswerLost."""

    def __init__(
        self,
        tokens: TokenKeeper,
        budget: ApiBudget,
        patience: Patience | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._policy = policy or RetryPolicy()
        self._tokens = tokens
        self._budget = budget
        self._sleep = sleep
        self._session = SalesforceSession(patience or Patience(), self._heard)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="salesforce")
        self._library: Any = None
        self._library_for: TokenSet | None = None
        self._closed = False
        self.instance_url = ""

    async def close(self) -> None:
        """Close the connections in the thread that made them, behind a call that may still run; later calls fail."""
        if self._closed:
            return
        self._closed = True
        closing = asyncio.wrap_future(self._worker.submit(self._session.close))
        self._worker.shutdown(wait=False)
        await asyncio.wait([closing], timeout=CLOSE_SECONDS)

    async def tokens(self) -> TokenSet:
        """The sign-in in use, refreshed if there is none in memory yet."""
        access = await self._tokens.access()
        self.instance_url = access.instance_url
        return access

    def server_now(self) -> datetime:
        """The server's moment; the local one only before the first answer."""
        return self._session.server_now() or datetime.now(UTC)

    # -- reading ---------------------------------------------------------------------------------------------------

    async def describe(self, sobject: str) -> dict[str, Any]:
        return _mapping(await self._read(lambda sf: sf.restful(f"sobjects/{sobject}/describe")))

    async def query_all(
        self, soql: str, page_read: Callable[[int, int], None] = lambda done, total: None
    ) -> QueryResult:
        """All pages of ``queryAll`` (deleted and archived rows included). ``page_read`` gets (rows so far, announced)."""
        asked = time.monotonic()
        answer = _mapping(await self._read(lambda sf: sf.query(soql, include_deleted=True)))
        # The rows are as of some moment since the question: only the earliest one is safe for guards and bookmarks.
        started = self.server_now() - timedelta(seconds=time.monotonic() - asked)
        rows: Rows = list(answer.get("records") or [])
        announced = int(answer.get("totalSize") or 0)
        page_read(len(rows), announced)
        while not answer.get("done", True) and len(rows) < announced:
            locator = str(answer.get("nextRecordsUrl") or "")
            if not locator.startswith(DATA_PATH):
                # It would be joined to the instance's name and might lead the token elsewhere: incomplete instead.
                break
            answer = _mapping(await self._read(_more(locator)))
            page: Rows = list(answer.get("records") or [])
            if not page:
                break
            rows.extend(page)
            page_read(len(rows), announced)
        return QueryResult(rows, len(rows) >= announced, started)

    async def row(self, sobject: str, record_id: str, fields: Sequence[str]) -> dict[str, Any]:
        """One row by id; RequestRefused with NOT_FOUND or ENTITY_IS_DELETED when it is not there."""
        path = f"sobjects/{sobject}/{checked_id(record_id)}"
        return _mapping(await self._read(lambda sf: sf.restful(path, params={"fields": ",".join(fields)})))

    async def deleted_ids(self, sobject: str, since: datetime, until: datetime) -> dict[str, str]:
        """Id -> moment of deletion from the delete log; whole minutes, at most 15 days back (section 2)."""
        span = {"start": _minute(since), "end": _minute(until + timedelta(minutes=1))}
        answer = _mapping(await self._read(lambda sf: sf.restful(f"sobjects/{sobject}/deleted/", params=span)))
        found = answer.get("deletedRecords") or []
        return {str(row["id"]): str(row.get("deletedDate") or "") for row in found if row.get("id")}

    async def userinfo(self) -> dict[str, Any]:
        return _mapping(await self._read(lambda sf: sf.oauth2("userinfo")))

    async def limits(self) -> dict[str, Any]:
        return _mapping(await self._read(lambda sf: sf.limits()))

    # -- writing ---------------------------------------------------------------------------------------------------

    async def create_rows(self, sobject: str, rows: Sequence[Mapping[str, Any]]) -> list[RowResult]:
        """Insert at most 200 rows in one call; each succeeds or fails by itself, in the order given."""
        body = {
            "allOrNone": False,
            "records": [{"attributes": {"type": sobject}, **row} for row in rows],
        }
        answer = await self._send(lambda sf: sf.restful("composite/sobjects", method="POST", json=body))
        return collection_results(answer, len(rows))

    async def update_rows(self, sobject: str, patches: Sequence[Patch]) -> list[RowResult]:
        """Up to 25 guarded updates in one Composite call; a row changed since answers 412 and stays as it is."""
        body = {
            "allOrNone": False,
            "compositeRequest": [
                {
                    "method": "PATCH",
                    "url": f"/services/data/v{API_VERSION}/sobjects/{sobject}/{checked_id(patch.id)}",
                    "referenceId": f"row{position}",
                    "httpHeaders": {"If-Unmodified-Since": patch.unmodified_since},
                    "body": dict(patch.fields),
                }
                for position, patch in enumerate(patches)
            ],
        }
        answer = await self._send(lambda sf: sf.restful("composite", method="POST", json=body))
        return composite_results(answer, len(patches))

    async def delete_rows(self, ids: Sequence[str]) -> list[RowResult]:
        """Delete up to 200 rows in one call, each by itself, in the order given. There is no guard on deletes."""
        params = {"ids": ",".join(checked_id(one) for one in ids), "allOrNone": "false"}
        answer = await self._send(lambda sf: sf.restful("composite/sobjects", method="DELETE", params=params))
        return collection_results(answer, len(ids))

    # -- the one way to call ---------------------------------------------------------------------------------------

    async def _read(self, work: Callable[[Any], Any]) -> Any:
        """A read, tried again where its failure may pass. Each try asks the budget anew."""
        return await self._policy.call(lambda: self._call(work, Sending.READ))

    async def _send(self, work: Callable[[Any], Any]) -> Any:
        return await self._call(work, Sending.WRITE)

    async def _call(self, work: Callable[[Any], Any], sending: Sending) -> Any:
        """Run ``work`` in the worker; on 401 or a moved instance refresh once and repeat it with all its headers.

        Both answers say that the request was not carried out, so that repeating a write is safe.
        """
        self._budget.check_call()
        await self._slow_down()
        access = await self.tokens()
        try:
            return await self._in_worker(access, work, sending)
        except (Expired, Moved):
            access = await self._tokens.renew(access)
            self.instance_url = access.instance_url
        try:
            return await self._in_worker(access, work, sending)
        except Expired as error:
            raise SignInNeeded(text("salesforce.sign_in_again", reason="the session is refused")) from error
        except Moved as error:
            host = urlsplit(access.instance_url).netloc
            raise SideUnavailable(text("salesforce.not_salesforce", host=host, status=error.status)) from error

    async def _slow_down(self) -> None:
        pause = self._budget.pause()
        if pause > 0:
            await self._sleep(pause)

    def _in_worker(self, access: TokenSet, work: Callable[[Any], Any], sending: Sending) -> Awaitable[Any]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._worker, self._run, access, work, sending)

    def _run(self, access: TokenSet, work: Callable[[Any], Any], sending: Sending) -> Any:
        """In the worker thread: one call, every failure turned into one of ours."""
        from simple_salesforce.exceptions import SalesforceError

        host = urlsplit(access.instance_url).netloc
        try:
            return work(self._library_with(access))
        except SalesforceError as error:
            raise refused_answer(host, int(error.status), error.content, sending, self._budget) from error
        except (requests.exceptions.RequestException, ValueError) as error:
            raise transport_error(host, error, sending) from error

    def _library_with(self, access: TokenSet) -> Any:
        """The library's object for these tokens; made anew when they change, so that no old header survives."""
        if self._library is None or self._library_for != access:
            from simple_salesforce import Salesforce  # type: ignore[attr-defined]

            self._session.serve(access.instance_url)
            # ``instance`` and not ``instance_url``: the latter loses the brackets of an IPv6 address.
            library = Salesforce(
                instance=urlsplit(access.instance_url).netloc,
                session_id=access.access_token,
                version=API_VERSION,
                session=self._session,
                object_pairs_hook=None,
            )
            library.headers.pop("X-PrettyPrint", None)
            library.headers["Sforce-Call-Options"] = f"client={CLIENT_NAME}"
            self._library, self._library_for = library, access
        return self._library

    def _heard(self, answer: requests.Response) -> None:
        self._budget.count()
        self._budget.follow(answer.headers.get("Sforce-Limit-Info"))


def checked_id(record_id: str) -> str:
    """A record id as it may stand in an address; anything else would be joined into another path (trap 9)."""
    if not _RECORD_ID.match(record_id):
        raise ValueError("not a Salesforce record id")
    return record_id


def _more(locator: str) -> Callable[[Any], Any]:
    def read_next(sf: Any) -> Any:
        return sf.query_more(locator, identifier_is_url=True)

    return read_next


def _mapping(body: Any) -> dict[str, Any]:
    """The library gives None for an empty body and for an empty list alike (trap 6)."""
    return body if isinstance(body, dict) else {}


def _minute(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00+00:00")
