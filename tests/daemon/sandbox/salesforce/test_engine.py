"""Recycle bin, customers' rules, duplicates, locks (behaviours 21, 23, 30)."""

from __future__ import annotations

from typing import Any


async def test_delete_undelete_purge(org: Any) -> None:
    event = await org.event()
    before = await org.read(event)
    org.sandbox.clock.shift(60)
    assert (await org.delete(f"sobjects/Event/{event}")).status == 204
    for answer in (
        await org.get(f"sobjects/Event/{event}"),
        await org.patch(f"sobjects/Event/{event}", {"Subject": "x"}),
        await org.delete(f"sobjects/Event/{event}"),
    ):
        assert (answer.status, answer.code) == (404, "ENTITY_IS_DELETED")
    assert await org.records("SELECT Id FROM Event") == []
    (row,) = await org.records("SELECT Id, IsDeleted, SystemModstamp FROM Event WHERE IsDeleted = true", "queryAll")
    assert row["SystemModstamp"] > before["SystemModstamp"]
    org.sandbox.clock.shift(60)
    org.sandbox.undelete("Event", event)
    again = await org.read(event)
    assert (again["Id"], again["IsDeleted"]) == (event, False)
    assert again["SystemModstamp"] > row["SystemModstamp"]
    await org.delete(f"sobjects/Event/{event}")
    org.sandbox.purge("Event", event)
    answer = await org.get(f"sobjects/Event/{event}")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")
    assert await org.records("SELECT Id FROM Event", "queryAll") == []


async def test_unknown_ids_and_ids_of_other_objects(org: Any) -> None:
    account = (await org.records("SELECT Id FROM Account LIMIT 1"))[0]["Id"]
    answers = [await org.get(f"sobjects/Event/{i}") for i in ("00U5J0000000zzzUAA", "nothing", account)]
    assert [(a.status, a.code) for a in answers] == [(404, "NOT_FOUND"), (404, "NOT_FOUND"), (400, "MALFORMED_ID")]


async def test_a_validation_rule(open_org: Any) -> None:
    org = await open_org(validation="^secret")
    event = await org.event()
    answer = await org.patch(f"sobjects/Event/{event}", {"Subject": "secret plan"})
    assert (answer.status, answer.code, answer.fields) == (400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", ["Subject"])
    assert (await org.read(event))["Subject"] == "Visit"


async def test_automation_changes_what_was_written(open_org: Any) -> None:
    org = await open_org(before_save="[CRM] ")
    event = await org.event()
    assert (await org.read(event))["Subject"] == "[CRM] Visit"
    await org.patch(f"sobjects/Event/{event}", {"Location": "Leeds"})
    assert (await org.read(event))["Subject"] == "[CRM] Visit"


async def test_locked_rows_are_refused_a_few_times(open_org: Any) -> None:
    org = await open_org(lock_rows=2)
    account = {"Name": "x"}
    answers = [await org.post("sobjects/Account", account) for _ in range(3)]
    assert [a.status for a in answers] == [400, 400, 201]
    assert answers[0].code == "UNABLE_TO_LOCK_ROW"
    org.sandbox.lock_rows(1)
    rows = [{"attributes": {"type": "Account"}, "Name": n} for n in "ab"]
    results = (await org.post("composite/sobjects", {"records": rows})).body
    assert [r["success"] for r in results] == [False, True]
    assert results[0]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"


async def test_the_duplicate_rule_and_its_header(open_org: Any) -> None:
    org = await open_org(duplicate_rule=True)
    person = {"LastName": "Lee", "Email": "lee@example.com"}
    assert (await org.post("sobjects/Contact", person)).status == 201
    refused = await org.post("sobjects/Contact", person)
    assert (refused.status, refused.code) == (400, "DUPLICATES_DETECTED")
    allowed = await org.post("sobjects/Contact", person, headers={"Sforce-Duplicate-Rule-Header": "allowSave=true"})
    assert allowed.status == 201


async def test_last_modified_and_system_modstamp_differ(org: Any) -> None:
    event = await org.event()
    org.sandbox.clock.shift(30)
    await org.post("sobjects/EventRelation", {"EventId": event, "RelationId": org.sandbox.people(1)["user_id"]})
    row = await org.read(event)
    assert row["SystemModstamp"] > row["LastModifiedDate"]


async def test_every_write_moves_the_stamp_by_whole_seconds(org: Any) -> None:
    event = await org.event()
    stamps = []
    for seconds in (0, 1, 1):
        org.sandbox.clock.shift(seconds)
        await org.patch(f"sobjects/Event/{event}", {"Location": str(seconds)})
        stamps.append((await org.read(event))["SystemModstamp"])
    assert all(s.endswith(".000+0000") for s in stamps)
    assert stamps[0] < stamps[1] < stamps[2]
