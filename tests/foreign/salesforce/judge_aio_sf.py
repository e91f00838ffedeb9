"""Calls the sandbox through aio-sf; run by test_python_clients.py in an environment of its own. argv: address, token."""

from __future__ import annotations

import asyncio
import sys

from aio_sf import SalesforceClient
from aio_sf.api.auth import StaticTokenAuth


async def judge(url: str, token: str) -> None:
    async with SalesforceClient(StaticTokenAuth(url, token), version="v67.0") as client:
        wanted = [{"Name": f"aio {n}"} for n in range(450)]
        made = await client.collections.insert(wanted, sobject_type="Account", all_or_none=False)
        assert [r["success"] for r in made] == [True] * 450
        ids = [r["id"] for r in made]
        mixed = await client.collections.insert(
            [{"Name": "ok"}, {"Nothing": 1}], sobject_type="Account", all_or_none=False
        )
        assert [r["success"] for r in mixed] == [True, False]
        assert mixed[1]["errors"][0]["statusCode"] == "INVALID_FIELD"
        rolled = await client.collections.insert(
            [{"Name": "ok"}, {"Nothing": 1}], sobject_type="Account", all_or_none=True
        )
        assert rolled[0]["errors"][0]["statusCode"] == "ALL_OR_NONE_OPERATION_ROLLED_BACK"
        changed = await client.collections.update([{"Id": i, "Site": "HQ"} for i in ids[:210]], sobject_type="Account")
        assert all(r["success"] for r in changed)
        keyed = [{"Name": "k", "ExtId__c": "k1"}, {"Name": "k", "ExtId__c": "k2"}]
        first = await client.collections.upsert(keyed, external_id_field="ExtId__c", sobject_type="UpsertTable__c")
        again = await client.collections.upsert(keyed, external_id_field="ExtId__c", sobject_type="UpsertTable__c")
        assert [r["created"] for r in first + again] == [True, True, False, False]
        found = [
            row
            async for row in await client.query.soql("SELECT Id, Site FROM Account WHERE Name LIKE 'aio %' ORDER BY Id")
        ]
        assert [row["Id"] for row in found] == sorted(ids)
        big = [row async for row in await client.query.soql("SELECT Id FROM BigTable__c")]
        assert len({row["Id"] for row in big}) == 4500
        gone = await client.collections.delete(ids)
        assert all(r["success"] for r in gone)
        everything = [
            row
            async for row in await client.query.soql(
                "SELECT IsDeleted FROM Account WHERE Name LIKE 'aio %'", include_deleted=True
            )
        ]
        assert {row["IsDeleted"] for row in everything} == {True}
        assert (await client.describe.sobject("Event"))["name"] == "Event"
        assert "Event" in {o["name"] for o in await client.describe.list_sobjects()}
        assert (await client.describe.get_limits())["DailyApiRequests"]["Max"] == 15000
        assert (await client.describe.get_organization_info())["IsSandbox"] is True


asyncio.run(judge(*sys.argv[1:]))
