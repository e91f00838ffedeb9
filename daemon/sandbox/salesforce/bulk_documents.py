"""The documents of the Bulk API: what a job and a batch say of themselves in XML, and a batch's results in CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from daemon.sandbox.salesforce.fields import SObject

SPACE = "http://www.force.com/2009/06/asyncapi/dataload"


class BulkRefusal(Exception):
    """An answer of HTTP 400: a code and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Batch:
    """What became of one batch; `failure` is set when none of its rows was tried."""

    batch_id: str
    created: str
    rows: list[dict[str, Any]]
    failure: str = ""


@dataclass(slots=True)
class Job:
    """A load of one object by one operation; `key` is the external id of an upsert."""

    job_id: str
    owner: str
    operation: str
    sobject: SObject
    key: str
    version: float
    created: str
    state: str = "Open"
    batches: dict[str, Batch] = field(default_factory=dict)


def result_csv(job: Job, batch: Batch) -> str:
    """Return the results of a batch, a row for each row sent."""
    text = io.StringIO()
    lines = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    lines.writerow(("Id", "Success", "Created", "Error"))
    lines.writerows(_result_row(job, row) for row in batch.rows)
    return text.getvalue()


def _result_row(job: Job, row: dict[str, Any]) -> tuple[str, str, str, str]:
    errors = "".join(f"{e['statusCode']}:{e['message']}:{','.join(e['fields'])} --" for e in row["errors"])
    created = row["success"] and (job.operation == "insert" or bool(row.get("created")))
    return str(row.get("id", "")), str(row["success"]).lower(), str(created).lower(), errors


def job_info(job: Job) -> str:
    """Return a job as XML."""
    done = [row for batch in job.batches.values() for row in batch.rows]
    said: dict[str, Any] = {
        "id": job.job_id,
        "operation": job.operation,
        "object": job.sobject.name,
        "createdById": job.owner,
        "createdDate": job.created,
        "systemModstamp": job.created,
        "state": job.state,
    }
    if job.key:
        said["externalIdFieldName"] = job.key
    said |= {
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "numberBatchesQueued": 0,
        "numberBatchesInProgress": 0,
        "numberBatchesCompleted": sum(1 for batch in job.batches.values() if not batch.failure),
        "numberBatchesFailed": sum(1 for batch in job.batches.values() if batch.failure),
        "numberBatchesTotal": len(job.batches),
        "numberRecordsProcessed": len(done),
        "numberRetries": 0,
        "apiVersion": f"{job.version:.1f}",
        "numberRecordsFailed": sum(1 for row in done if not row["success"]),
    }
    return element("jobInfo", said)


def batch_info(job: Job, batch: Batch, state: str = "") -> str:
    """Return a batch as XML: how it ended, or that it waits in a given state."""
    said: dict[str, Any] = {
        "id": batch.batch_id,
        "jobId": job.job_id,
        "state": state or ("Failed" if batch.failure else "Completed"),
        **({"stateMessage": batch.failure} if batch.failure and not state else {}),
        "createdDate": batch.created,
        "systemModstamp": batch.created,
        "numberRecordsProcessed": 0 if state else len(batch.rows),
        "numberRecordsFailed": 0 if state else sum(1 for row in batch.rows if not row["success"]),
    }
    return element("batchInfo", said)


def element(name: str, said: dict[str, Any]) -> str:
    """Return an element with a child for each entry."""
    inside = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in said.items())
    return f'<{name} xmlns="{SPACE}">{inside}</{name}>'


def read_xml(body: str) -> dict[str, str]:
    """Return the texts of a document's children by name; InvalidJob when it is none, or brings a document type."""
    try:
        if "<!DOCTYPE" in body:
            raise BulkRefusal("InvalidJob", "A document type is not allowed")
        root = ElementTree.fromstring(body.encode())
    except ElementTree.ParseError as error:
        raise BulkRefusal("InvalidJob", f"The request is not XML: {error}") from error
    return {child.tag.rpartition("}")[2]: (child.text or "").strip() for child in root}
