"""Calls the sandbox through aiosalesforce, whose addresses are led to it. argv: address, client id, client secret."""

from __future__ import annotations

import asyncio
import sys

import httpx
from aiosalesforce import Salesforce
from aiosalesforce.auth import ClientCredentialsFlow
from aiosalesforce.exceptions import NotFoundError


class Led(httpx.AsyncHTTPTransport):
    """Sends every request to one server: the client takes no host but *.my.salesforce.com."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = httpx.URL(url)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = self._url
        request.url = request.url.copy_with(scheme=url.scheme, host=url.host, port=url.port)
        request.headers["Host"] = url.netloc.decode()
        return await super().handle_async_request(request)


async def judge(url: str, client_id: str, secret: str) -> None:
    async with httpx.AsyncClient(transport=Led(url), timeout=30) as http:
        sf = Salesforce(http, "https://sandboxorg.my.salesforce.com", ClientCredentialsFlow(client_id, secret), "67.0")
        made = await sf.sobject.create("Account", {"Name": "Async"})
        assert (await sf.sobject.get("Account", made, fields=["Name"]))["Name"] == "Async"
        await sf.sobject.update("Account", made, {"Site": "HQ"})
        assert [r["Site"] async for r in sf.query(f"SELECT Site FROM Account WHERE Id = '{made}'")] == ["HQ"]
        first = await sf.sobject.upsert("UpsertTable__c", "a1", "ExtId__c", {"Name": "one"})
        again = await sf.sobject.upsert("UpsertTable__c", "a1", "ExtId__c", {"Name": "two"})
        assert (first.created, again.created, first.id) == (True, False, again.id)

        async with sf.composite(all_or_none=True) as good:
            account = good.sobject.create("Account", {"Name": "Parent"})
            # Written out, as the client puts a bare reference into a body without its marks.
            contact = good.sobject.create("Contact", {"LastName": "Child", "AccountId": f"{account.reference.id}"})
        asked = sf.query(f"SELECT Account.Id, Account.Name FROM Contact WHERE Id = '{contact.id}'")
        assert [(r["Account"]["Id"], r["Account"]["Name"]) async for r in asked] == [(account.id, "Parent")]
        async with sf.composite(all_or_none=True) as bad:
            lost = bad.sobject.create("Account", {"Name": "Rolled back"})
            wrong = bad.sobject.create("Contact", {"Nothing": 1, "AccountId": f"{lost.reference.id}"})
        assert (lost.is_success, wrong.is_success) == (False, False)
        assert not [r async for r in sf.query("SELECT Id FROM Account WHERE Name = 'Rolled back'")]

        async with sf.composite.batch(halt_on_error=True) as batch:
            known = batch.sobject.get("Account", made)
            unknown = batch.sobject.get("Account", "001000000000000AAA")
            after = batch.sobject.get("Account", made)
        assert (known.is_success, unknown.status_code, after.status_code) == (True, 404, 412)

        big = [r["Id"] async for r in sf.query("SELECT Id FROM BigTable__c")]
        assert len(set(big)) == 4500
        await sf.sobject.delete("Account", made)
        gone = await asyncio.gather(sf.sobject.get("Account", made), return_exceptions=True)
        assert [(type(e), getattr(e, "error_code", "")) for e in gone] == [(NotFoundError, "ENTITY_IS_DELETED")]
        assert [r async for r in sf.query(f"SELECT Id FROM Account WHERE Id = '{made}'", include_all_records=True)]


asyncio.run(judge(*sys.argv[1:]))
