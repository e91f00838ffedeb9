"""The older Bulk API over HTTP: loads of CSV, results, refusals."""

from __future__ import annotations

import csv
import io
from typing import Any
from xml.etree import ElementTree

import pytest

SPACE = "{http://www.force.com/2009/06/asyncapi/dataload}"


class Loader:
    """Calls the Bulk API as one of the people; answers are the texts of a document's children."""

    def __init__(self, org: Any, token: str | None = None) -> None:
        self.org = org
        self.token = token or org.sandbox.people()["token"]

    async def call(self, method: str, path: str, body: str = "") -> tuple[int, str, str]:
        headers = {"X-SFDC-SESSION": self.token, "Content-Type": "text/csv"}
        url = f"{self.org.sandbox.url}/services/async/50.0/job{path}"
        async with self.org.http.request(method, url, data=body.encode(), headers=headers) as reply:
            return reply.status, reply.content_type, await reply.text()

    async def xml(self, method: str, path: str, body: str = "") -> tuple[int, dict[str, str]]:
        status, kind, text = await self.call(method, path, body)
        assert kind == "application/xml", text
        return status, {child.tag.removeprefix(SPACE): child.text or "" for child in ElementTree.fromstring(text)}

    async def open(self, operation: str, sobject: str = "Account", **more: str) -> tuple[int, dict[str, str]]:
        asked = {"operation": operation, "object": sobject, **more, "contentType": more.get("contentType", "CSV")}
        inside = "".join(f"<{name}>{value}</{name}>" for name, value in asked.items())
        return await self.xml("POST", "", f'<jobInfo xmlns="{SPACE[1:-1]}">{inside}</jobInfo>')

    async def load(self, operation: str, rows: list[tuple[str, ...]], **more: str) -> list[dict[str, str]]:
        """Open a job, load one batch, close the job, and return the results."""
        status, job = await self.open(operation, **more)
        assert (status, job["state"], job["id"][:3]) == (201, "Open", "750")
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        status, batch = await self.xml("POST", f"/{job['id']}/batch", text.getvalue())
        assert (status, batch["state"], batch["jobId"], batch["id"][:3]) == (201, "Queued", job["id"], "751")
        where = f"/{job['id']}/batch/{batch['id']}"
        status, batch = await self.xml("GET", where)
        assert (status, batch["state"], batch["numberRecordsProcessed"]) == (200, "Completed", str(len(rows) - 1))
        closed = f'<jobInfo xmlns="{SPACE[1:-1]}"><state>Closed</state></jobInfo>'
        assert (await self.xml("POST", f"/{job['id']}", closed))[1]["state"] == "Closed"
        status, shown = await self.xml("GET", f"/{job['id']}")
        assert (shown["numberBatchesTotal"], shown["numberRecordsFailed"]) == ("1", batch["numberRecordsFailed"])
        status, late = await self.xml("POST", f"/{job['id']}/batch", text.getvalue())
        assert (status, late["exceptionCode"]) == (400, "InvalidJobState")
        status, kind, said = await self.call("GET", f"{where}/result")
        assert (status, kind) == (200, "text/csv")
        return list(csv.DictReader(io.StringIO(said)))


async def test_rows_are_created_changed_and_deleted(org: Any) -> None:
    loader = Loader(org)
    rows = [("Name", "NumberOfEmployees"), *((f"Load {n}", str(n)) for n in range(250)), ("", "3")]
    made = await loader.load("insert", rows)
    assert [(r["Success"], r["Created"]) for r in made] == [("true", "true")] * 250 + [("false", "false")]
    assert (made[250]["Id"], made[250]["Error"]) == (
        "",
        "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --",
    )
    first, second = made[0]["Id"], made[1]["Id"]
    changed = await loader.load(
        "update", [("Id", "Name", "NumberOfEmployees"), (first, "", "#N/A"), (second, "New", "")]
    )
    assert [(r["Id"], r["Success"], r["Created"]) for r in changed] == [(i, "true", "false") for i in (first, second)]
    kept, renamed = org.sandbox.row("Account", first), org.sandbox.row("Account", second)
    assert (kept["Name"], kept["NumberOfEmployees"]) == ("Load 0", None)
    assert (renamed["Name"], renamed["NumberOfEmployees"]) == ("New", 1)
    gone = await loader.load("delete", [("Id",), (first,), ("001000000000000AAA",)])
    assert [r["Success"] for r in gone] == ["true", "false"]
    assert org.sandbox.row("Account", first)["IsDeleted"]


async def test_rows_are_found_by_an_external_id(org: Any) -> None:
    rows = [("Name", "ExtId__c"), ("one", "k1"), ("two", "k2")]
    more = {"sobject": "UpsertTable__c", "externalIdFieldName": "ExtId__c"}
    first = await Loader(org).load("upsert", rows, **more)
    again = await Loader(org).load("upsert", rows, **more)
    assert [r["Created"] for r in first + again] == ["true", "true", "false", "false"]
    assert [r["Id"] for r in first] == [r["Id"] for r in again]


async def test_a_batch_with_an_unknown_column_fails_as_a_whole(org: Any) -> None:
    loader = Loader(org)
    _status, job = await loader.open("insert")
    _status, batch = await loader.xml("POST", f"/{job['id']}/batch", "Name,Nothing\nx,y\n")
    _status, shown = await loader.xml("GET", f"/{job['id']}/batch/{batch['id']}")
    assert (shown["state"], shown["stateMessage"]) == ("Failed", "InvalidBatch : Field name not found : Nothing")
    assert (await loader.xml("GET", f"/{job['id']}/batch/{batch['id']}/result"))[0] == 400
    assert not [r for r in org.sandbox.rows("Account") if r["Name"] == "x"]


@pytest.mark.parametrize(
    "asked",
    [
        {"operation": "query"},
        {"operation": "insert", "sobject": "Nothing__c"},
        {"operation": "insert", "contentType": "JSON"},
        {"operation": "upsert", "externalIdFieldName": "Name"},
    ],
)
async def test_jobs_that_cannot_be_are_refused(org: Any, asked: dict[str, str]) -> None:
    status, said = await Loader(org).open(**asked)
    assert (status, said["exceptionCode"]) == (400, "InvalidJob")


async def test_sessions_jobs_and_documents_are_checked(org: Any) -> None:
    status, said = await Loader(org, "00D!nobody").open("insert")
    assert (status, said["exceptionCode"]) == (400, "InvalidSessionId")
    _status, job = await Loader(org).open("insert")
    other = Loader(org, org.sandbox.people(1)["token"])
    assert (await other.xml("GET", f"/{job['id']}"))[1]["exceptionCode"] == "InvalidJob"
    assert (await Loader(org).xml("GET", f"/{job['id']}/batch/7510"))[1]["exceptionCode"] == "InvalidBatch"
    for body in ("not xml", '<!DOCTYPE x [<!ENTITY e "y">]><jobInfo><object>&e;</object></jobInfo>'):
        assert (await Loader(org).xml("POST", "", body))[1]["exceptionCode"] == "InvalidJob"


async def test_loads_count_as_calls(open_org: Any) -> None:
    org = await open_org(api_limit=1)
    assert (await Loader(org).open("insert"))[0] == 201
    status, said = await Loader(org).open("insert")
    assert (status, said["exceptionCode"]) == (400, "ExceededQuota")
