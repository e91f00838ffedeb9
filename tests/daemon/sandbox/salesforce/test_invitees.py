"""Invitations and child events (behaviour 18)."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def people(org: Any) -> list[str]:
    return [org.sandbox.people(n)["user_id"] for n in range(4)]


async def invite(org: Any, event: str, who: str) -> Any:
    return await org.post("sobjects/EventRelation", {"EventId": event, "RelationId": who})


async def calendar(org: Any, number: int) -> list[dict[str, Any]]:
    me = org.sandbox.people(number)["user_id"]
    org.person = number
    found = await org.records(
        f"SELECT Id, Subject, IsChild, StartDateTime, IsDeleted FROM Event WHERE OwnerId = '{me}'"
    )
    org.person = 0
    return list(found)


async def test_an_invited_user_gets_a_copy(org: Any, people: list[str], clock_text: Any) -> None:
    event = await org.event()
    assert (await org.read(event))["GroupEventType"] == "0"
    before = await org.read(event)
    assert (await invite(org, event, people[1])).status == 201
    parent = await org.read(event)
    assert (parent["IsGroupEvent"], parent["GroupEventType"], parent["IsChild"]) == (True, "1", False)
    assert parent["LastModifiedDate"] == before["LastModifiedDate"]
    (copy,) = await calendar(org, 1)
    assert (copy["Subject"], copy["IsChild"]) == ("Visit", True)
    await org.patch(
        f"sobjects/Event/{event}", {"Subject": "Moved", "StartDateTime": clock_text(14), "EndDateTime": clock_text(15)}
    )
    (copy,) = await calendar(org, 1)
    assert (copy["Subject"], copy["StartDateTime"]) == ("Moved", clock_text(14))


async def test_a_contact_gets_no_copy(org: Any) -> None:
    contact = (await org.records("SELECT Id FROM Contact LIMIT 1"))[0]["Id"]
    event = await org.event()
    assert (await invite(org, event, contact)).status == 201
    assert len(org.sandbox.rows("Event")) == 1
    (relation,) = await org.records(
        "SELECT EventId, RelationId, Status, Relation.Name, Relation.Type FROM EventRelation"
    )
    assert (relation["EventId"], relation["Status"], relation["Relation"]["Type"]) == (event, "New", "Contact")


async def test_only_the_reminder_of_a_copy_can_be_changed(org: Any, people: list[str]) -> None:
    event = await org.event()
    await invite(org, event, people[1])
    (copy,) = await calendar(org, 1)
    org.person = 1
    answer = await org.patch(f"sobjects/Event/{copy['Id']}", {"Subject": "Mine", "IsReminderSet": True})
    assert (answer.status, answer.code, answer.fields) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE", ["Subject"])
    assert (await org.patch(f"sobjects/Event/{copy['Id']}", {"IsReminderSet": True})).status == 204
    assert (await org.post("sobjects/EventRelation", {"EventId": copy["Id"], "RelationId": people[2]})).status == 400


async def test_deleting_the_parent_takes_copies_and_relations(org: Any, people: list[str]) -> None:
    event = await org.event()
    for who in people[1:3]:
        await invite(org, event, who)
    assert (await org.delete(f"sobjects/Event/{event}")).status == 204
    assert [row["IsDeleted"] for row in org.sandbox.rows("Event")] == [True, True, True]
    assert [(row["IsDeleted"], row["Status"]) for row in org.sandbox.rows("EventRelation")] == [
        (True, "New"),
        (True, "New"),
    ]
    assert await calendar(org, 1) == []


async def test_declining_takes_the_copy_away(org: Any, people: list[str]) -> None:
    event = await org.event()
    relation = (await invite(org, event, people[1])).body["id"]
    org.person = 1
    assert (await org.patch(f"sobjects/EventRelation/{relation}", {"Status": "Declined"})).status == 204
    assert await calendar(org, 1) == []
    assert (await org.read(event))["IsGroupEvent"] is True


async def test_deleting_the_copy_declines(org: Any, people: list[str]) -> None:
    event = await org.event()
    await invite(org, event, people[1])
    (copy,) = await calendar(org, 1)
    org.person = 1
    assert (await org.delete(f"sobjects/Event/{copy['Id']}")).status == 204
    org.person = 0
    assert [row["Status"] for row in org.sandbox.rows("EventRelation")] == ["Declined"]
    assert (await org.read(event))["Id"] == event


async def test_withdrawing_an_invitation(org: Any, people: list[str]) -> None:
    event = await org.event()
    relation = (await invite(org, event, people[1])).body["id"]
    assert (await invite(org, event, people[1])).code == "DUPLICATE_VALUE"
    assert (await org.delete(f"sobjects/EventRelation/{relation}")).status == 204
    assert await calendar(org, 1) == []
    parent = await org.read(event)
    assert (parent["IsGroupEvent"], parent["GroupEventType"]) == (False, "0")


async def test_answers_are_new_accepted_or_declined(org: Any, people: list[str]) -> None:
    relation = (await invite(org, await org.event(), people[1])).body["id"]
    assert (
        await org.patch(f"sobjects/EventRelation/{relation}", {"Status": "Accepted", "Response": "ok"})
    ).status == 204
    assert (
        await org.patch(f"sobjects/EventRelation/{relation}", {"Status": "Maybe"})
    ).code == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    refused = await org.patch(f"sobjects/EventRelation/{relation}", {"RelationId": people[2]})
    assert refused.code == "INVALID_FIELD_FOR_INSERT_UPDATE"


async def test_the_number_of_invitees_is_capped(org: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.sandbox.salesforce.invitees._MOST_INVITEES", 2)
    contacts = [row["Id"] for row in await org.records("SELECT Id FROM Contact LIMIT 3")]
    event = await org.event()
    assert [(await invite(org, event, c)).status for c in contacts] == [201, 201, 400]


async def test_a_copy_does_not_carry_the_key(open_org: Any) -> None:
    org = await open_org(key_field=True)
    event = await org.event(Daybridge_Key__c="k1")
    assert (await invite(org, event, org.sandbox.people(1)["user_id"])).status == 201
    assert (await org.patch(f"sobjects/Event/{event}", {"Daybridge_Key__c": "k2"})).status == 204
    assert [row["Daybridge_Key__c"] for row in org.sandbox.rows("Event")] == ["k2", None]
