"""Tests of sending a batch: what was written before an error is told, poison that refuses a whole request is found."""

from __future__ import annotations

import json
from typing import Any

import pytest

from daemon.sides.contract import Done, LimitReached, LostAnswer, Outcome, Refused, SideError, SideUnavailable, Write
from daemon.sides.salesforce.answers import RequestRefused, RowError
from daemon.sides.salesforce.client import SalesforceClient
from shared.states import Group
from tests.daemon.sides.salesforce.org_setting import Connected, create, delete, event, meeting, update

LIMIT = '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]'


async def _until_stopped(org: Connected, writes: list[Write]) -> tuple[dict[str, Outcome], SideError | None]:
    outcomes: dict[str, Outcome] = {}
    try:
        async for outcome in org.side.write(writes):
            outcomes[outcome.op_id] = outcome
    except SideError as error:
        return outcomes, error
    return outcomes, None


async def _writes(org: Connected, kind: str) -> list[Write]:
    names = ("a", "b")
    if kind == "create":
        return [create(meeting(name), name) for name in names]
    keys = [org.sandbox.insert("Event", event(name), org.me) for name in names]
    org.settle()
    records = [await org.record(key) for key in keys]
    if kind == "delete":
        return [delete(record, name) for name, record in zip(names, records, strict=True)]
    return [
        update(record, meeting(f"new {name}"), Group.SUBJECT, op_id=name)
        for name, record in zip(names, records, strict=True)
    ]


@pytest.mark.parametrize("kind", ["create", "update", "delete"])
@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        ({"status": 420, "body": ""}, SideUnavailable, Done),
        ({"status": 403, "body": LIMIT, "content_type": "application/json"}, LimitReached, None),
    ],
)
async def test_what_was_written_before_the_side_went_away_is_told(
    org: Connected, kind: str, fault: dict[str, Any], error: type, told: type | None
) -> None:
    """A row without an outcome counts as not sent and would be sent a second time."""
    writes = await _writes(org, kind)
    path = "/composite$" if kind == "update" else "composite/sobjects"
    org.sandbox.lock_rows(1)
    org.fail(path, "status", skip=1, **fault)
    outcomes, stopped = await _until_stopped(org, writes)
    assert isinstance(stopped, error)
    # Behind a limit nothing can be read back any more: a created row is looked up later.
    expected = told or (Done if kind == "delete" else LostAnswer)
    assert {op_id: type(outcome) for op_id, outcome in outcomes.items()} == {"b": expected}
    changed = {
        "create": [row["Subject"] for row in org.events],
        "update": [row["Subject"][4:] for row in org.events if row["Subject"].startswith("new")],
        "delete": [row["Subject"] for row in org.sandbox.rows("Event") if row["IsDeleted"]],
    }
    assert changed[kind] == ["b"]


def _unreadable(monkeypatch: pytest.MonkeyPatch, *poison: str, code: str = "JSON_PARSER_ERROR") -> None:
    """Make Salesforce refuse a request as a whole as long as it holds one of these rows."""
    original = SalesforceClient.create_rows

    async def create_rows(self: SalesforceClient, sobject: str, rows: Any) -> Any:
        if {row["Subject"] for row in rows} & set(poison):
            raise RequestRefused(400, RowError(code))
        return await original(self, sobject, rows)

    monkeypatch.setattr(SalesforceClient, "create_rows", create_rows)


async def test_a_row_that_spoils_the_whole_request_is_found(org: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    _unreadable(monkeypatch, "event 77")
    outcomes = await org.write(*(create(meeting(f"event {n}"), f"op{n}") for n in range(200)))
    refused = {op_id: outcome for op_id, outcome in outcomes.items() if not isinstance(outcome, Done)}
    assert list(refused) == ["op77"]
    assert isinstance(refused["op77"], Refused)
    assert refused["op77"].permanent
    sent = [row["Subject"] for call in org.sandbox.journal.writes for row in json.loads(call.body)["records"]]
    assert (len(sent), len(set(sent)), len(org.events)) == (199, 199, 199)


async def test_many_such_rows_end_the_search(org: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    _unreadable(monkeypatch, *(f"event {n}" for n in range(0, 200, 10)))
    outcomes = await org.write(*(create(meeting(f"event {n}"), f"op{n}") for n in range(200)))
    assert len(outcomes) == 200
    assert len(org.sandbox.journal.writes) <= 13
    for op_id, outcome in outcomes.items():
        if isinstance(outcome, Refused) and outcome.permanent:
            assert op_id.endswith("0"), "a good row is not parked for its neighbour"


async def test_what_every_row_shares_is_not_searched_for(org: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    _unreadable(monkeypatch, "event 7", code="INVALID_FIELD")
    outcomes = await org.write(*(create(meeting(f"event {n}"), f"op{n}") for n in range(20)))
    assert all(isinstance(outcome, Refused) for outcome in outcomes.values())
    assert org.sandbox.journal.writes == []
