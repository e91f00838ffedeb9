"""Rows, upsert, conditional requests (behaviours 28, 29)."""

from __future__ import annotations

from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import pytest

KEY = "sobjects/UpsertTable__c/ExtId__c/"


async def test_create_read_update_delete(org: Any) -> None:
    made = await org.post("sobjects/Account/", {"name": "Lee Ltd", "BillingCity": "Ulm"})
    record_id = made.body["id"]
    assert (made.status, made.body) == (201, {"id": record_id, "success": True, "errors": []})
    assert made.headers["Location"].endswith(f"/sobjects/Account/{record_id}")
    read = (await org.get(f"sobjects/Account/{record_id}")).body
    assert (read["Name"], read["BillingAddress"]["city"]) == ("Lee Ltd", "Ulm")
    assert (await org.patch(f"sobjects/Account/{record_id}", {"Name": "Lee"})).status == 204
    assert (await org.get(f"sobjects/Account/{record_id}?fields=Name")).body["Name"] == "Lee"
    assert (await org.delete(f"sobjects/Account/{record_id}")).status == 204
    assert (await org.get(f"sobjects/Account/{record_id}")).status == 404


@pytest.mark.parametrize(("version", "updated"), [("45.0", 204), ("46.0", 200), ("67.0", 200)])
async def test_upsert_by_key(org: Any, version: str, updated: int) -> None:
    org.version = version
    made = await org.patch(KEY + "a%2Fb", {"Name": "one"})
    assert made.status == 201
    assert ("created" in made.body) is (version != "45.0")
    again = await org.patch(KEY + "A%2FB", {"Name": "two"})
    assert again.status == updated
    if updated == 200:
        assert again.body == {"id": made.body["id"], "success": True, "errors": [], "created": False}
    read = (await org.get(KEY + "a%2Fb")).body
    assert (read["Id"], read["Name"], read["ExtId__c"]) == (made.body["id"], "two", "a/b")


async def test_a_key_that_is_not_unique_is_300(org: Any) -> None:
    ids = [(await org.post("sobjects/UpsertTable__c", {"Name": n, "ExtId__c": "k"})).body["id"] for n in "ab"]
    for answer in (await org.patch(KEY + "k", {"Name": "c"}), await org.get(KEY + "k"), await org.delete(KEY + "k")):
        assert answer.status == 300
        assert answer.body == [f"/services/data/v67.0/sobjects/UpsertTable__c/{i}" for i in ids]


async def test_upsert_refusals(org: Any) -> None:
    assert (await org.patch(KEY + "x?updateOnly=true", {"Name": "c"})).status == 404
    assert (await org.patch(KEY + "x", {"ExtId__c": "x", "Name": "c"})).code == "INVALID_FIELD"
    answer = await org.patch("sobjects/UpsertTable__c/Nothing__c/x", {"Name": "c"})
    assert (answer.status, answer.code) == (404, "NOT_FOUND")
    assert "Provided external ID field does not exist or is not accessible: Nothing__c" in answer.body[0]["message"]
    assert (await org.patch("sobjects/Event/Id/00U5J0000000zzzUAA", {"Subject": "x"})).status == 404
    assert (await org.delete(KEY + "x")).status == 404


@pytest.mark.parametrize("unique", [True, False])
async def test_the_key_field_of_events(open_org: Any, unique: bool) -> None:
    org = await open_org(key_field=True, key_field_unique=unique)
    path = "sobjects/Event/Daybridge_Key__c/n1"
    made = await org.patch(path, {"Subject": "x", "StartDateTime": "2027-01-01T10:00:00Z", "DurationInMinutes": 5})
    assert (made.status, made.body["created"]) == (201, True)
    assert (await org.patch(path, {"Subject": "y"})).body["created"] is False
    second = await org.post(
        "sobjects/Event", {"StartDateTime": "2027-01-01T10:00:00Z", "DurationInMinutes": 5, "Daybridge_Key__c": "N1"}
    )
    if unique:
        assert (second.status, second.code, second.fields) == (400, "DUPLICATE_VALUE", ["Daybridge_Key__c"])
    else:
        assert second.status == 201
        assert (await org.patch(path, {"Subject": "z"})).status == 300


async def test_if_unmodified_since(org: Any) -> None:
    event = await org.event()
    path = f"sobjects/Event/{event}"
    first = (await org.get(path)).headers["Last-Modified"]
    assert (await org.patch(path, {"Subject": "a"}, headers={"If-Unmodified-Since": first})).status == 204
    org.sandbox.clock.shift(2)
    assert (await org.patch(path, {"Subject": "b"})).status == 204
    stale = await org.patch(path, {"Subject": "c"}, headers={"If-Unmodified-Since": first})
    assert stale.status == 412
    assert (await org.read(event))["Subject"] == "b"
    assert (await org.get(path, headers={"If-Unmodified-Since": first})).status == 412
    assert (await org.patch(path, {"Subject": "c"}, headers={"If-Unmodified-Since": "junk"})).status == 400
    assert (await org.delete(path, headers={"If-Unmodified-Since": first})).status == 204


async def test_a_change_within_the_same_second_slips_through(org: Any) -> None:
    event = await org.event()
    row = org.sandbox.org.store.get("Event", event)
    stamp = format_datetime(row["LastModifiedDate"], usegmt=True)
    assert (
        await org.patch(f"sobjects/Event/{event}", {"Subject": "a"}, headers={"If-Unmodified-Since": stamp})
    ).status == 204


async def test_if_modified_since(org: Any) -> None:
    event = await org.event()
    path = f"sobjects/Event/{event}"
    seen = (await org.get(path)).headers["Last-Modified"]
    assert parsedate_to_datetime(seen).tzinfo is not None
    known = await org.get(path, headers={"If-Modified-Since": seen})
    assert (known.status, known.body) == (304, None)
    org.sandbox.clock.shift(2)
    await org.patch(path, {"Subject": "a"})
    assert (await org.get(path, headers={"If-Modified-Since": seen})).status == 200


async def test_entity_tags_are_for_accounts_only(org: Any) -> None:
    account = f"sobjects/Account/{(await org.records('SELECT Id FROM Account LIMIT 1'))[0]['Id']}"
    tag = (await org.get(account)).headers["ETag"]
    assert (await org.get(account, headers={"If-None-Match": tag})).status == 304
    assert (await org.patch(account, {"Site": "x"}, headers={"If-Match": '"other"'})).status == 412
    assert (await org.patch(account, {"Site": "x"}, headers={"If-Match": tag})).status == 204
    event = f"sobjects/Event/{await org.event()}"
    assert "ETag" not in (await org.get(event)).headers
    assert (await org.patch(event, {"Subject": "x"}, headers={"If-Match": '"other"'})).status == 204


async def test_relationships_are_addresses(org: Any) -> None:
    (contact,) = await org.records("SELECT Id, AccountId FROM Contact WHERE LastName = 'Birch'")
    account = (await org.get(f"sobjects/Contact/{contact['Id']}/Account")).body
    assert account["Id"] == contact["AccountId"]
    children = (await org.get(f"sobjects/Account/{contact['AccountId']}/Contacts")).body
    assert [r["Id"] for r in children["records"]] == [contact["Id"]]
    assert (await org.get(f"sobjects/Account/{contact['AccountId']}/Nothings")).status == 404


async def test_overview_and_recent(org: Any) -> None:
    assert (await org.get("recent")).body == []
    await org.query("SELECT Id, Name FROM Account ORDER BY Name LIMIT 2 FOR VIEW")
    recent = (await org.get("recent?limit=1")).body
    assert [(r["attributes"]["type"], r["Name"]) for r in recent] == [("Account", "Acme Harbour Works")]
    overview = (await org.get("sobjects/Account")).body
    assert overview["objectDescribe"]["name"] == "Account"
    assert len(overview["recentItems"]) == 2
    assert (await org.get("sobjects/Contact")).body["recentItems"] == []
