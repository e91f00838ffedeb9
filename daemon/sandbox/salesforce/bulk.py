"""Loads of the older Bulk API (1.0): jobs and batches of CSV with their results, written as Collections of 200 write them.

Facts: Salesforce's Bulk API guide. Requests and answers are XML around batches of CSV; the session travels in X-SFDC-SESSION; an
empty cell leaves a field alone and `#N/A` clears it; a result has a row for each row sent; refusals are HTTP 400 with an
`exceptionCode`. A batch is worked off when it arrives, so the first status asked for is final. Queries, and batches that are not
CSV, are refused.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from daemon.sandbox.salesforce import collections as sobject_collections
from daemon.sandbox.salesforce.bulk_documents import (
    SPACE,
    Batch,
    BulkRefusal,
    Job,
    batch_info,
    element,
    job_info,
    read_xml,
    result_csv,
)
from daemon.sandbox.salesforce.caller import Caller
from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import SObject
from daemon.sandbox.salesforce.messages import ApiReply, ApiRequest
from daemon.sandbox.salesforce.org import Org
from daemon.sandbox.salesforce.values import show

_JOB_PREFIX, _BATCH_PREFIX = "750", "751"
_MOST_ROWS = 10_000
_CHUNK = 200
_NULL = "#N/A"
_OPERATIONS = ("insert", "update", "upsert", "delete")
_API_SCOPES = frozenset({"api", "full", "web"})


@dataclass(frozen=True, slots=True)
class _Call:
    """One request: who makes it, with which version, its path's names and its body."""

    caller: Caller
    version: float
    names: dict[str, str]
    body: str


_Handler = Callable[[_Call], web.Response]


class BulkApi:
    """The jobs of an org."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self._jobs: dict[str, Job] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return the routes below /services/async/VERSION."""
        job = "/services/async/{version}/job"
        return [
            web.post(job, self._guarded(self._open)),
            web.get(f"{job}/{{job}}", self._guarded(self._show)),
            web.post(f"{job}/{{job}}", self._guarded(self._change)),
            web.get(f"{job}/{{job}}/batch", self._guarded(self._list)),
            web.post(f"{job}/{{job}}/batch", self._guarded(self._load)),
            web.get(f"{job}/{{job}}/batch/{{batch}}", self._guarded(self._status)),
            web.get(f"{job}/{{job}}/batch/{{batch}}/result", self._guarded(self._result)),
        ]

    def _guarded(self, handler: _Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            try:
                return handler(await self._call(request))
            except BulkRefusal as error:
                said = {"exceptionCode": error.code, "exceptionMessage": str(error)}
                return _xml(element("error", said), 400)

        return answer

    async def _call(self, request: web.Request) -> _Call:
        names = dict(request.match_info)
        if not re.fullmatch(r"\d{2}\.0", names["version"]):
            raise BulkRefusal("InvalidVersion", "The API version in the address is not valid")
        session = self._org.tokens.session(request.headers.get("X-SFDC-SESSION", ""))
        if session is None or not _API_SCOPES & set(session.scopes):
            raise BulkRefusal("InvalidSessionId", "Unable to find session from session id")
        try:
            self._org.count_call()
        except ApiError as error:
            raise BulkRefusal("ExceededQuota", str(error)) from error
        version = float(names["version"])
        body = (await request.read()).decode("utf-8", "replace")
        return _Call(self._org.caller(session.user_id, version), version, names, body)

    # ---- jobs ------------------------------------------------------------------------------------------------------

    def _open(self, call: _Call) -> web.Response:
        asked = read_xml(call.body)
        sobject = self._org.schema.find(asked.get("object", ""))
        if sobject is None:
            raise BulkRefusal("InvalidJob", "Unable to find object: " + asked.get("object", ""))
        operation = asked.get("operation", "")
        if operation not in _OPERATIONS or asked.get("contentType", "XML") != "CSV":
            raise BulkRefusal("InvalidJob", "This server takes CSV and the operations " + ", ".join(_OPERATIONS))
        key = asked.get("externalIdFieldName", "")
        if operation == "upsert":
            try:
                self._org.engine.key_field(sobject, key)
            except ApiError as error:
                raise BulkRefusal("InvalidJob", f"Invalid external ID field name: {key}") from error
        job_id = self._org.store.ids.new(_JOB_PREFIX)
        job = Job(job_id, call.caller.user_id, operation, sobject, key, call.version, self._now())
        self._jobs[job_id] = job
        return _xml(job_info(job), 201)

    def _job(self, call: _Call) -> Job:
        job = self._jobs.get(call.names["job"])
        if job is None or job.owner != call.caller.user_id:
            raise BulkRefusal("InvalidJob", "Unable to find job for id: " + call.names["job"])
        return job

    def _show(self, call: _Call) -> web.Response:
        return _xml(job_info(self._job(call)))

    def _change(self, call: _Call) -> web.Response:
        job, state = self._job(call), read_xml(call.body).get("state", "")
        if state not in {"Closed", "Aborted"}:
            raise BulkRefusal("InvalidJob", f"A job cannot be set to the state {state}")
        job.state = state
        return _xml(job_info(job))

    # ---- batches ---------------------------------------------------------------------------------------------------

    def _load(self, call: _Call) -> web.Response:
        job = self._job(call)
        if job.state != "Open":
            raise BulkRefusal("InvalidJobState", f"Job not in open state: {job.state}")
        batch = Batch(self._org.store.ids.new(_BATCH_PREFIX), self._now(), [])
        rows = list(csv.reader(io.StringIO(call.body)))
        header, sent = (rows[0], [row for row in rows[1:] if row]) if rows else ([], [])
        unknown = [name for name in header if job.sobject.field(name) is None]
        if unknown:
            batch.failure = f"InvalidBatch : Field name not found : {unknown[0]}"
        elif len(sent) > _MOST_ROWS:
            batch.failure = f"InvalidBatch : Maximum number of rows is {_MOST_ROWS}"
        else:
            records = [_record(job.sobject, header, row) for row in sent]
            for start in range(0, len(records), _CHUNK):
                batch.rows += self._write(job, call.caller, records[start : start + _CHUNK])
        job.batches[batch.batch_id] = batch
        return _xml(batch_info(job, batch, "Queued"), 201)

    def _write(self, job: Job, caller: Caller, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Write up to 200 records and return a result for each."""
        ids = ",".join(str(record.get("Id") or "none") for record in records)
        query = {"ids": ids} if job.operation == "delete" else {}
        version = f"{job.version:.1f}"
        request = ApiRequest("POST", version, (), query, {}, caller, "", document={"records": records})
        match job.operation:
            case "insert":
                reply: ApiReply = sobject_collections.create(self._org, request)
            case "update":
                reply = sobject_collections.update(self._org, request)
            case "delete":
                reply = sobject_collections.delete(self._org, request)
            case _:
                reply = sobject_collections.upsert(self._org, request, job.sobject.name, job.key)
        return list(reply.body)

    def _batch(self, call: _Call) -> tuple[Job, Batch]:
        job = self._job(call)
        batch = job.batches.get(call.names["batch"])
        if batch is None:
            raise BulkRefusal("InvalidBatch", "Unable to find batch for id: " + call.names["batch"])
        return job, batch

    def _status(self, call: _Call) -> web.Response:
        return _xml(batch_info(*self._batch(call)))

    def _list(self, call: _Call) -> web.Response:
        job = self._job(call)
        inside = "".join(batch_info(job, batch) for batch in job.batches.values())
        return _xml(f'<batchInfoList xmlns="{SPACE}">{inside}</batchInfoList>')

    def _result(self, call: _Call) -> web.Response:
        job, batch = self._batch(call)
        if batch.failure:
            raise BulkRefusal("InvalidBatch", "Batch failed and has no result")
        return web.Response(text=result_csv(job, batch), content_type="text/csv", charset="UTF-8")

    def _now(self) -> str:
        return str(show(self._org.clock.stamp())).replace("+0000", "Z")


def _record(sobject: SObject, header: list[str], row: list[str]) -> dict[str, Any]:
    given = {name: None if cell == _NULL else cell for name, cell in zip(header, row, strict=False) if cell}
    return {"attributes": {"type": sobject.name}, **given}


def _xml(element: str, status: int = 200) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>{element}'
    return web.Response(text=text, status=status, content_type="application/xml", charset="UTF-8")
