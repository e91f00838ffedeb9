"""Runs the contract of a side against the Salesforce side, in an org with our key field."""

from __future__ import annotations

import pytest

from daemon.sides.salesforce.payloads import create_fields
from shared.models import Image
from tests.contract.side_contract import Bench, WritableSideContract
from tests.daemon.sides.salesforce.org_setting import Connect, Connected


class TestSalesforceSide(WritableSideContract):
    @pytest.fixture
    async def bench(self, connect: Connect) -> Bench:
        """An org whose administrator made the key field: only with it may a create be sent twice."""
        org: Connected = await connect("Daybridge_Key__c", key_field=True)
        await org.side.open()
        profile = org.side._believed()

        async def put(image: Image) -> str:
            fields = create_fields(image, (), "", profile, {})
            key = org.sandbox.insert("Event", fields, org.me)
            org.sandbox.clock.shift(3600)
            return key

        async def edit(key: str, subject: str) -> None:
            org.sandbox.update("Event", key, {"Subject": subject}, org.me)
            org.settle()

        async def remove(key: str) -> None:
            org.sandbox.delete("Event", key, org.me)

        async def break_down() -> None:
            await org.sandbox.stop()

        return Bench(org.side, put, edit, remove, break_down)
