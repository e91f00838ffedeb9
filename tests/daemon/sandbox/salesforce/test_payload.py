"""Which fields may be written (behaviours 8, 9, 10, 11)."""

from __future__ import annotations

from typing import Any

import pytest


async def test_defaults(org: Any) -> None:
    read = await org.read(await org.event())
    wanted = {"ShowAs": "Busy", "OwnerId": org.me, "EventSubtype": "Event", "GroupEventType": "0", "IsPrivate": False}
    flags = {k: v for k, v in read.items() if k.startswith("Is")}
    assert wanted.items() <= read.items()
    assert set(flags.values()) == {False}
    assert read["CreatedById"] == read["LastModifiedById"] == org.me
    assert read["CreatedDate"] == read["LastModifiedDate"] == read["SystemModstamp"]


async def test_an_unknown_field_names_itself(org: Any) -> None:
    answer = await org.post("sobjects/Event", {"Subjct": "x"})
    assert (answer.status, answer.body) == (
        400,
        [{"message": "No such column 'Subjct' on sobject of type Event", "errorCode": "INVALID_FIELD"}],
    )


@pytest.mark.parametrize("field", ["IsChild", "AccountId", "CreatedDate", "SystemModstamp", "EndDate", "IsRecurrence2"])
async def test_read_only_fields(org: Any, field: str) -> None:
    event = await org.event()
    for answer in (
        await org.post("sobjects/Event", {field: None}),
        await org.patch(f"sobjects/Event/{event}", {field: None}),
    ):
        assert (answer.status, answer.code, answer.fields) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE", [field])


async def test_fields_that_can_only_be_given_at_birth(org: Any) -> None:
    event = await org.event(EventSubtype="Event")
    answer = await org.patch(f"sobjects/Event/{event}", {"EventSubtype": "Event"})
    assert (answer.code, answer.fields) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ["EventSubtype"])


async def test_the_id_does_not_belong_into_the_record(org: Any) -> None:
    event = await org.event()
    assert (await org.post("sobjects/Event", {"Id": event})).code == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert (await org.patch(f"sobjects/Event/{event}", {"Id": event})).code == "INVALID_FIELD"


async def test_hidden_fields_do_not_exist(open_org: Any) -> None:
    org = await open_org(hidden_fields=("Event.Location",))
    event = await org.event()
    assert "Location" not in await org.read(event)
    assert (await org.patch(f"sobjects/Event/{event}", {"Location": "Leeds"})).code == "INVALID_FIELD"
    assert (await org.query("SELECT Id, Location FROM Event")).code == "INVALID_FIELD"
    assert (await org.get(f"sobjects/Event/{event}?fields=Location")).code == "INVALID_FIELD"
    with pytest.raises(ValueError, match=r"Event\.Nothing"):
        await open_org(hidden_fields=("Event.Nothing",))


async def test_required_fields(open_org: Any) -> None:
    org = await open_org(required_field=True)
    answer = await org.post("sobjects/Event", {"StartDateTime": "2027-01-01T10:00:00Z", "DurationInMinutes": 5})
    assert (answer.status, answer.code, answer.fields) == (400, "REQUIRED_FIELD_MISSING", ["Reason__c"])
    event = await org.event(Reason__c="because")
    assert (await org.patch(f"sobjects/Event/{event}", {"Reason__c": None})).code == "REQUIRED_FIELD_MISSING"
    assert (await org.post("sobjects/Contact", {"FirstName": "Lee"})).fields == ["LastName"]
    assert (await org.post("sobjects/Lead", {"LastName": "Lee"})).fields == ["Company"]


async def test_a_relationship_can_be_given_by_external_id(org: Any) -> None:
    await org.post("sobjects/Contact", {"LastName": "Boss", "Email": "boss@example.com"})
    made = await org.post("sobjects/Contact", {"LastName": "Lee", "ReportsTo": {"Email": "BOSS@example.com"}})
    assert made.status == 201
    (row,) = await org.records("SELECT ReportsTo.LastName FROM Contact WHERE LastName = 'Lee'")
    assert row["ReportsTo"]["LastName"] == "Boss"
    answer = await org.post("sobjects/Contact", {"LastName": "Lee", "ReportsTo": {"Email": "none@example.com"}})
    assert (answer.status, answer.code) == (400, "INVALID_FIELD")


async def test_objects_that_cannot_be_created(org: Any) -> None:
    assert (await org.post("sobjects/Organization", {"Name": "x"})).status == 400
    assert (await org.delete(f"sobjects/User/{org.me}")).status == 403
