"""simple-salesforce against the sandbox: CRUD, paging, deletions, errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import requests
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

T = TypeVar("T")


class Loopback(requests.Session):
    """The library writes https:// before every address; on loopback the sandbox speaks http."""

    def request(self, method: Any, url: Any, *args: Any, **more: Any) -> requests.Response:
        more.setdefault("timeout", 10)
        return super().request(method, str(url).replace("https://127.0.0.1", "http://127.0.0.1", 1), *args, **more)


@pytest.fixture
async def client(org: Any) -> Any:
    session = Loopback()
    session.trust_env = False
    yield Salesforce(
        instance_url=org.sandbox.url, session_id=org.sandbox.people()["token"], version="67.0", session=session
    )
    session.close()


async def away(work: Callable[..., T], *args: Any, **more: Any) -> T:
    return await asyncio.to_thread(work, *args, **more)


async def test_create_read_update_delete(org: Any, client: Any, clock_text: Any) -> None:
    made = await away(
        client.Event.create, {"Subject": "Visit", "StartDateTime": clock_text(9), "EndDateTime": clock_text(10)}
    )
    assert made["success"] is True
    assert (await away(client.Event.get, made["id"]))["Subject"] == "Visit"
    assert await away(client.Event.update, made["id"], {"Subject": "Moved"}) == 204
    assert await away(client.Event.delete, made["id"]) == 204
    with pytest.raises(SalesforceResourceNotFound):
        await away(client.Event.get, made["id"])
    now = org.sandbox.clock.now()
    gone = await away(client.Event.deleted, now - timedelta(hours=1), now + timedelta(minutes=2))
    assert [entry["id"] for entry in gone["deletedRecords"]] == [made["id"]]


async def test_paging_and_query_all(open_org: Any) -> None:
    org = await open_org(big_table=4500)
    session = Loopback()
    session.trust_env = False
    client = Salesforce(
        instance_url=org.sandbox.url, session_id=org.sandbox.people()["token"], version="67.0", session=session
    )
    found = await away(client.query_all, "SELECT Id, Name FROM BigTable__c")
    assert (found["totalSize"], len({r["Id"] for r in found["records"]})) == (4500, 4500)
    assert len(org.sandbox.journal.calls("GET", "/query/0r8")) == 2
    iterated = await away(lambda: list(client.query_all_iter("SELECT Id FROM BigTable__c", include_deleted=True)))
    assert len(iterated) == 4500
    session.close()


async def test_upsert_and_collections(org: Any, client: Any) -> None:
    assert await away(client.UpsertTable__c.upsert, "ExtId__c/k1", {"Name": "one"}) == 201
    assert await away(client.UpsertTable__c.upsert, "ExtId__c/k1", {"Name": "two"}) == 200
    org.sandbox.insert("UpsertTable__c", {"Name": "x", "ExtId__c": "k1"})
    with pytest.raises(SalesforceMoreThanOneRecord):
        await away(client.UpsertTable__c.get_by_custom_id, "ExtId__c", "k1")
    body = {"allOrNone": False, "records": [{"attributes": {"type": "Account"}, "Name": n} for n in "abc"]}
    results = await away(client.restful, "composite/sobjects", method="POST", json=body)
    assert [r["success"] for r in results] == [True] * 3


async def test_describe_limits_and_search(client: Any) -> None:
    assert (await away(client.Event.describe))["name"] == "Event"
    assert len((await away(client.describe))["sobjects"]) > 10
    assert (await away(client.limits))["DailyApiRequests"]["Max"] == 15000
    assert (await away(client.search, "FIND {Acme} RETURNING Account(Id)"))["searchRecords"]
    assert client.api_usage["api-usage"].total == 15000


async def test_errors_have_their_classes(org: Any, client: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest) as caught:
        await away(client.query, "SELECT Nothing FROM Event")
    assert caught.value.content[0]["errorCode"] == "INVALID_FIELD"
    event = await org.event()
    with pytest.raises(SalesforceGeneralError) as stale:
        await away(
            client.Event.update,
            event,
            {"Subject": "x"},
            headers={"If-Unmodified-Since": "Thu, 03 Sep 2020 21:35:07 GMT"},
        )
    assert stale.value.status == 412
    org.sandbox.expire_sessions()
    with pytest.raises(SalesforceExpiredSession):
        await away(client.query, "SELECT Id FROM Event")


async def test_the_limit_is_a_refused_request(open_org: Any) -> None:
    org = await open_org(api_limit=1)
    session = Loopback()
    session.trust_env = False
    client = Salesforce(
        instance_url=org.sandbox.url, session_id=org.sandbox.people()["token"], version="67.0", session=session
    )
    await away(client.limits)
    with pytest.raises(SalesforceRefusedRequest):
        await away(client.query, "SELECT Id FROM Event")
    session.close()
