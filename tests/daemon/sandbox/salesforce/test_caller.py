"""Who sees and changes what (behaviour 22)."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(("sharing", "seen"), [("private", 0), ("public", 1)])
async def test_other_peoples_events(open_org: Any, sharing: str, seen: int) -> None:
    org = await open_org(sharing=sharing)
    event = await org.event()
    hidden = await org.event(IsPrivate=True)
    org.person = 1
    assert len(await org.records("SELECT Id FROM Event")) == seen
    assert (await org.get(f"sobjects/Event/{event}")).status == (200 if seen else 404)
    assert (await org.get(f"sobjects/Event/{hidden}")).status == 404
    answer = await org.patch(f"sobjects/Event/{event}", {"Subject": "x"})
    assert (answer.status, answer.code) == ((403, "INSUFFICIENT_ACCESS_OR_READONLY") if seen else (404, "NOT_FOUND"))
    org.person = -1
    assert len(await org.records("SELECT Id FROM Event")) == 2
    assert (await org.patch(f"sobjects/Event/{event}", {"Subject": "x"})).status == 204


async def test_a_change_of_owner_moves_the_event(org: Any) -> None:
    event = await org.event()
    other = org.sandbox.people(1)["user_id"]
    assert (await org.patch(f"sobjects/Event/{event}", {"OwnerId": other})).status == 204
    assert (await org.get(f"sobjects/Event/{event}")).status == 404
    assert await org.records("SELECT Id FROM Event", "queryAll") == []
    org.person = 1
    assert (await org.read(event))["OwnerId"] == other


async def test_sharing_is_lost_without_a_trace(org: Any) -> None:
    event = await org.event()
    org.sandbox.hide(event, org.me)
    assert (await org.get(f"sobjects/Event/{event}")).code == "NOT_FOUND"
    assert await org.records("SELECT Id FROM Event", "queryAll") == []
    now = org.sandbox.clock.now()
    window = {"start": now.strftime("%Y-%m-%dT00:00:00Z"), "end": now.strftime("%Y-%m-%dT23:59:00Z")}
    assert (await org.get("sobjects/Event/deleted", params=window)).body["deletedRecords"] == []
    assert (await org.get("sobjects/Event/updated", params=window)).body["ids"] == []
    org.sandbox.reveal(event, org.me)
    assert (await org.read(event))["Id"] == event
