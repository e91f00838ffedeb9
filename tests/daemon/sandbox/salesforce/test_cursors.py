"""Paging by snapshot (behaviour 27)."""

from __future__ import annotations

from typing import Any


async def test_pages_are_a_snapshot(open_org: Any) -> None:
    org = await open_org(query_batch=2)
    ids = [await org.event(Subject=f"e{n}") for n in range(5)]
    page = (await org.query("SELECT Id, Subject FROM Event ORDER BY Id")).body
    assert (page["totalSize"], page["done"]) == (5, False)
    assert page["nextRecordsUrl"].startswith("/services/data/v67.0/query/0r8")
    assert page["nextRecordsUrl"].endswith("-2")
    await org.patch(f"sobjects/Event/{ids[2]}", {"Subject": "changed"})
    await org.delete(f"sobjects/Event/{ids[4]}")
    await org.event(Subject="new")
    found = page["records"]
    while not page["done"]:
        page = (await org.get(page["nextRecordsUrl"])).body
        found = found + page["records"]
        assert page["totalSize"] == 5
    assert [(r["Id"], r["Subject"]) for r in found] == [(i, f"e{n}") for n, i in enumerate(ids)]
    assert "nextRecordsUrl" not in page


async def test_a_cursor_ends_after_two_days_and_is_personal(open_org: Any) -> None:
    org = await open_org(query_batch=1, access_token_minutes=0)
    url = (await org.query("SELECT Id FROM Account")).body["nextRecordsUrl"]
    org.person = 1
    assert (await org.get(url)).code == "INVALID_QUERY_LOCATOR"
    org.person = 0
    org.sandbox.clock.shift(47 * 3600)
    assert (await org.get(url)).status == 200
    org.sandbox.clock.shift(2 * 3600)
    answer = await org.get(url)
    assert (answer.status, answer.code) == (400, "INVALID_QUERY_LOCATOR")
    for bad in ("query/0r8nothing-2", "query/nothing", "queryAll/0r85J0000000009AAA-9"):
        assert (await org.get(bad)).code == "INVALID_QUERY_LOCATOR"


async def test_the_batch_size_is_a_hint(open_org: Any) -> None:
    org = await open_org(big_table=2200)

    async def size(hint: str | None) -> int:
        headers = {"Sforce-Query-Options": hint} if hint else {}
        return len((await org.query("SELECT Id FROM BigTable__c", headers=headers)).body["records"])

    assert [await size(h) for h in (None, "batchSize=500", "batchSize=10", "batchSize=9999")] == [2000, 500, 200, 2000]


async def test_long_results_of_sub_queries_have_pages_of_their_own(org: Any) -> None:
    account = (await org.post("sobjects/Account", {"Name": "Paged"})).body["id"]
    for start in (0, 200):
        rows = [
            {"attributes": {"type": "Contact"}, "LastName": f"c{n:03}", "AccountId": account}
            for n in range(start, min(start + 200, 250))
        ]
        await org.post("composite/sobjects", {"records": rows})
    soql = f"SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account WHERE Id = '{account}'"
    contacts = (await org.query(soql)).body["records"][0]["Contacts"]
    assert (contacts["totalSize"], contacts["done"], len(contacts["records"])) == (250, False, 200)
    rest = (await org.get(contacts["nextRecordsUrl"])).body
    assert (rest["totalSize"], rest["done"], "nextRecordsUrl" in rest) == (250, True, False)
    assert [r["LastName"] for r in contacts["records"] + rest["records"]] == [f"c{n:03}" for n in range(250)]
    short = (await org.query(soql.replace("ORDER BY LastName", "LIMIT 200"))).body["records"][0]["Contacts"]
    assert (short["done"], len(short["records"])) == (True, 200)
    assert "nextRecordsUrl" not in short
