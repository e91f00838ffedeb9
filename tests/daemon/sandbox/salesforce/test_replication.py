"""getUpdated and getDeleted (behaviour 25)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest


def text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


async def ask(org: Any, what: str, start: datetime, end: datetime) -> Any:
    return await org.get(f"sobjects/Event/{what}/", params={"start": text(start), "end": text(end)})


async def test_updated_is_by_minutes_and_inclusive(org: Any) -> None:
    event = await org.event()
    stamp = org.sandbox.org.store.get("Event", event)["SystemModstamp"].replace(second=0)
    minute = timedelta(minutes=1)
    assert (await ask(org, "updated", stamp, stamp + minute)).body["ids"] == [event]
    assert (await ask(org, "updated", stamp + timedelta(seconds=59), stamp + minute)).body["ids"] == [event]
    assert (await ask(org, "updated", stamp - 2 * minute, stamp - minute)).body["ids"] == []
    assert (await ask(org, "updated", stamp - 2 * minute, stamp)).body["ids"] == [event]
    await org.delete(f"sobjects/Event/{event}")
    assert (await ask(org, "updated", stamp, stamp + 2 * minute)).body["ids"] == []


async def test_deleted_lists_ids_and_dates(org: Any) -> None:
    event = await org.event()
    await org.delete(f"sobjects/Event/{event}")
    now = org.sandbox.clock.now()
    body = (await ask(org, "deleted", now - timedelta(hours=1), now + timedelta(minutes=2))).body
    (entry,) = body["deletedRecords"]
    (row,) = await org.records("SELECT SystemModstamp FROM Event WHERE IsDeleted = true", "queryAll")
    assert entry == {"id": event, "deletedDate": row["SystemModstamp"]}
    assert body["latestDateCovered"] <= text(now).replace("+00:00", ".000+0000")
    assert body["earliestDateAvailable"].endswith("00.000+0000")
    org.sandbox.undelete("Event", event)
    assert (await ask(org, "deleted", now - timedelta(hours=1), now + timedelta(minutes=2))).body[
        "deletedRecords"
    ] == []


@pytest.mark.parametrize(("what", "days"), [("updated", 30), ("deleted", 15)])
async def test_windows_reach_back_so_far(org: Any, what: str, days: int) -> None:
    now = org.sandbox.clock.now()
    assert (await ask(org, what, now - timedelta(days=days), now)).status == 200
    answer = await ask(org, what, now - timedelta(days=days, minutes=2), now)
    assert (answer.status, answer.code) == (400, "INVALID_REPLICATION_DATE")


async def test_start_lies_before_end(org: Any) -> None:
    now = org.sandbox.clock.now().replace(second=30)
    assert (await ask(org, "updated", now - timedelta(minutes=1), now)).status == 200
    for start in (now, now + timedelta(hours=1), now - timedelta(seconds=20)):
        assert (await ask(org, "updated", start, now)).code == "INVALID_REPLICATION_DATE"
    assert (await org.get("sobjects/Event/updated", params={"start": "x", "end": text(now)})).status == 400
    assert (await org.get("sobjects/Event/updated")).status == 400


async def test_a_purged_delete_log_says_so(org: Any) -> None:
    event = await org.event()
    await org.delete(f"sobjects/Event/{event}")
    now = org.sandbox.clock.now()
    org.sandbox.clock.shift(300)
    org.sandbox.purge_delete_log()
    answer = await ask(org, "deleted", now - timedelta(hours=1), now + timedelta(minutes=6))
    assert (answer.status, answer.code) == (400, "INVALID_REPLICATION_DATE")
    later = org.sandbox.clock.now()
    body = (await ask(org, "deleted", later, later + timedelta(minutes=1))).body
    assert body["deletedRecords"] == []


async def test_record_counts(org: Any) -> None:
    await org.event()
    body = (await org.get("limits/recordCount?sObjects=Event,Account")).body
    assert body == {"sObjects": [{"count": 3, "name": "Account"}, {"count": 1, "name": "Event"}]}


async def test_the_cap_on_ids(org: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.sandbox.salesforce.replication._MOST_IDS", 1)
    await org.event()
    await org.event()
    now = org.sandbox.clock.now()
    assert (await ask(org, "updated", now - timedelta(hours=1), now + timedelta(minutes=2))).code == "EXCEEDED_ID_LIMIT"
