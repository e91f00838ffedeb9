"""Transactions that commit late (behaviour 24)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from daemon.sandbox.salesforce.errors import ApiError


def text(moment: Any) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_a_row_appears_behind_the_cursor(org: Any, clock_text: Any) -> None:
    slow = org.sandbox.begin()
    slow.insert("Event", {"Subject": "slow", "StartDateTime": clock_text(10), "EndDateTime": clock_text(11)})
    begun = org.sandbox.clock.now()
    org.sandbox.clock.shift(300)
    await org.event(Subject="fast")
    cursor = (await org.records("SELECT SystemModstamp FROM Event"))[0]["SystemModstamp"]
    window = {"start": text(begun - timedelta(minutes=5)), "end": text(org.sandbox.clock.now() + timedelta(minutes=2))}
    covered = (await org.get("sobjects/Event/updated", params=window)).body["latestDateCovered"]
    assert covered <= begun.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    (made,) = slow.commit()
    late = await org.records(
        f"SELECT Id, SystemModstamp FROM Event WHERE SystemModstamp < {cursor.replace('+0000', 'Z')}"
    )
    assert [row["Id"] for row in late] == [made]
    found = (await org.get("sobjects/Event/updated", params={**window, "start": covered})).body
    assert made in found["ids"]
    assert found["latestDateCovered"] > covered


async def test_nothing_is_done_when_one_step_fails(org: Any, clock_text: Any) -> None:
    slow = org.sandbox.begin()
    slow.insert("Event", {"Subject": "a", "StartDateTime": clock_text(10), "EndDateTime": clock_text(11)})
    slow.insert("Event", {"Subject": "b"})
    with pytest.raises(ApiError):
        slow.commit()
    assert org.sandbox.rows("Event") == []
    assert org.sandbox.org.open_transactions == []


async def test_writes_over_http_commit_late_where_the_org_is_slow(open_org: Any) -> None:
    org = await open_org(commit_seconds=1.2)
    write = asyncio.create_task(org.event())
    while not org.sandbox.org.open_transactions:
        await org.get("limits")
    began = org.sandbox.org.open_transactions[0]
    assert await org.records("SELECT Id FROM Event") == []
    row = await org.read(await write)
    assert row["SystemModstamp"] == began.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    assert org.sandbox.clock.stamp() > began
    assert org.sandbox.org.open_transactions == []
