"""SOQL over HTTP (behaviour 26)."""

from __future__ import annotations

from typing import Any

import pytest


async def names(org: Any, soql: str, resource: str = "query") -> list[str]:
    return [str(r["Name"]) for r in await org.records(soql, resource)]


@pytest.fixture
async def accounts(org: Any) -> Any:
    """Three accounts of ours beside the org's own."""
    rows = [
        {"Name": "Zeta 100%", "NumberOfEmployees": 10, "BillingCity": "Ulm", "Description": "d"},
        {"Name": "zeta_two", "NumberOfEmployees": 30, "Rating": "Hot"},
        {"Name": "O'Hara \\ Sons", "NumberOfEmployees": 20, "BillingCity": "bonn"},
    ]
    for row in rows:
        assert (await org.post("sobjects/Account", row)).status == 201
    return org


OURS = "NumberOfEmployees != null"


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Name = 'ZETA_TWO'", ["zeta_two"]),
        ("Name != 'zeta_two'", ["Zeta 100%", "O'Hara \\ Sons"]),
        ("Name <> 'zeta_two'", ["Zeta 100%", "O'Hara \\ Sons"]),
        ("Name LIKE 'zeta%'", ["Zeta 100%", "zeta_two"]),
        ("Name LIKE '%100\\%'", ["Zeta 100%"]),
        ("Name LIKE 'zeta\\_%'", ["zeta_two"]),
        ("Name LIKE 'zeta_two'", ["zeta_two"]),
        ("Name = 'O\\'Hara \\\\ Sons'", ["O'Hara \\ Sons"]),
        ("NumberOfEmployees > 10 AND NumberOfEmployees <= 30", ["zeta_two", "O'Hara \\ Sons"]),
        ("NumberOfEmployees >= 20 AND (Name = 'zeta_two' OR Name LIKE 'o%')", ["zeta_two", "O'Hara \\ Sons"]),
        ("NOT (NumberOfEmployees < 20 OR Rating = 'Hot')", ["O'Hara \\ Sons"]),
        ("Name IN ('zeta_two', 'zeta 100%')", ["Zeta 100%", "zeta_two"]),
        ("Name NOT IN ('zeta_two', 'zeta 100%')", ["O'Hara \\ Sons"]),
        ("BillingCity = null", ["zeta_two"]),
        ("BillingCity != null AND CreatedDate = TODAY", ["Zeta 100%", "O'Hara \\ Sons"]),
        ("CreatedDate < TODAY", []),
        ("CreatedDate >= LAST_N_DAYS:1", ["Zeta 100%", "zeta_two", "O'Hara \\ Sons"]),
        ("CreatedDate > 2020-01-01T00:00:00Z AND CreatedDate < 2021-01-01T00:00:00+01:00", []),
        ("IsDeleted = false AND Owner.Name = 'Jane Doe'", ["Zeta 100%", "zeta_two", "O'Hara \\ Sons"]),
        ("Owner.Name = 'nobody'", []),
    ],
)
async def test_where(accounts: Any, where: str, found: list[str]) -> None:
    assert await names(accounts, f"SELECT Name FROM Account WHERE {OURS} AND ({where})") == found


@pytest.mark.parametrize(
    ("tail", "found"),
    [
        ("ORDER BY NumberOfEmployees DESC", ["zeta_two", "O'Hara \\ Sons", "Zeta 100%"]),
        ("ORDER BY Name", ["O'Hara \\ Sons", "Zeta 100%", "zeta_two"]),
        ("ORDER BY BillingCity", ["zeta_two", "O'Hara \\ Sons", "Zeta 100%"]),
        ("ORDER BY BillingCity NULLS LAST", ["O'Hara \\ Sons", "Zeta 100%", "zeta_two"]),
        ("ORDER BY BillingCity DESC NULLS FIRST, Id", ["zeta_two", "Zeta 100%", "O'Hara \\ Sons"]),
        ("ORDER BY Owner.Name ASC, NumberOfEmployees ASC LIMIT 2", ["Zeta 100%", "O'Hara \\ Sons"]),
        ("ORDER BY Name LIMIT 1 OFFSET 1", ["Zeta 100%"]),
        ("LIMIT 0", []),
        ("AND CreatedDate = LAST_N_FISCAL_YEARS:3", []),
    ],
)
async def test_order_and_limit(accounts: Any, tail: str, found: list[str]) -> None:
    assert await names(accounts, f"SELECT Name FROM Account WHERE {OURS} {tail}") == found


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM", "MALFORMED_QUERY"),
        ("SELECT FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a' OR Name = 'b' AND Name = 'c'", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a\\q'", "MALFORMED_QUERY"),
        ("SELECT Id, Id FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account ORDER BY Name LIMIT x", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT 1 OFFSET -1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE CreatedDate = THIS_90_DAYS", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2020-01-01T00:00:00 01:00", "MALFORMED_QUERY"),
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY"),
        ("SELECT FIELDS(ALL) FROM Account", "MALFORMED_QUERY"),
        ("UPDATE Account SET Name = 'x'", "MALFORMED_QUERY"),
        ("", "MALFORMED_QUERY"),
        ("SELECT Id FROM Nothing", "INVALID_TYPE"),
        ("SELECT Id, (SELECT Id FROM Nothings) FROM Account", "INVALID_TYPE"),
        ("SELECT Nothing FROM Account", "INVALID_FIELD"),
        ("SELECT Owner.Nothing FROM Account", "INVALID_FIELD"),
        ("SELECT Nobody.Name FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Nothing = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Account ORDER BY Nothing", "INVALID_FIELD"),
        ("SELECT Id FROM Event WHERE Description = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Event ORDER BY Description", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE CreatedDate > '2020-01-01T00:00:00Z'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE CreatedDate > 2020-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE IsDeleted = 'true'", "INVALID_FIELD"),
        ("SELECT Id FROM Account WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE Id LIKE '001%'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account WHERE IsDeleted > true", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE"),
    ],
)
async def test_what_is_refused(org: Any, soql: str, code: str) -> None:
    answer = await org.query(soql)
    assert (answer.status, answer.code) == (400, code), answer.body


async def test_errors_name_the_place(org: Any) -> None:
    message = (await org.query("SELECT Id\nFROM Account\nWHERE Name ~ 'x'")).body[0]["message"]
    assert message.startswith("\nWHERE Name ~ 'x'\n           ^\nERROR at Row:3:Column:12\n")
    message = (await org.query("SELECT Id,\n Nothing FROM Account")).body[0]["message"]
    assert (
        "\n Nothing FROM Account\n ^\nERROR at Row:2:Column:2\nNo such column 'Nothing' on entity 'Account'" in message
    )


async def test_relationships(org: Any) -> None:
    account = (await org.records("SELECT Id FROM Account WHERE Name LIKE 'Acme%'"))[0]["Id"]
    await org.event(WhatId=account)
    await org.event(Subject="Alone")
    rows = await org.records(
        "SELECT Subject, What.Name, What.Type, Who.Name, Owner.Alias, CreatedBy.Email FROM Event ORDER BY Id"
    )
    assert rows[0]["What"] == {
        "attributes": {"type": "Name", "url": f"/services/data/v67.0/sobjects/Account/{account}"},
        "Name": "Acme Harbour Works",
        "Type": "Account",
    }
    assert (rows[0]["Who"], rows[1]["What"]) == (None, None)
    assert rows[0]["Owner"]["Alias"] == "jdoe"
    assert rows[0]["CreatedBy"]["attributes"]["type"] == "User"
    assert await names(org, "SELECT a.Name FROM Account a WHERE a.Name LIKE 'acme%'") == ["Acme Harbour Works"]
    assert await names(org, "SELECT Account.Name FROM Account WHERE Account.Name LIKE 'acme%'") == [
        "Acme Harbour Works"
    ]


async def test_sub_queries_and_semi_joins(org: Any) -> None:
    rows = await org.records(
        "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName DESC LIMIT 1), (SELECT Id FROM Cases) "
        "FROM Account ORDER BY Id"
    )
    assert [r["Contacts"]["records"][0]["LastName"] for r in rows] == ["Okafor", "Birch", "Ortega"]
    assert {r["Contacts"]["totalSize"] for r in rows} == {1}
    assert {r["Cases"] for r in rows} == {None}
    inside = "SELECT AccountId FROM Contact WHERE LastName LIKE 'b%'"
    assert await names(org, f"SELECT Name FROM Account WHERE Id IN ({inside})") == ["Birch & Sons"]
    assert len(await names(org, f"SELECT Name FROM Account WHERE Id NOT IN ({inside})")) == 2


async def test_counting_and_grouping(org: Any) -> None:
    answer = (await org.query("select count() from Account")).body
    assert answer == {"totalSize": 3, "done": True, "records": []}
    rows = (
        await org.query(
            "SELECT AccountId, COUNT(Id), MAX(LastName) last FROM Contact GROUP BY AccountId HAVING COUNT(Id) > 1"
        )
    ).body["records"]
    assert [(r["attributes"], r["expr0"], r["last"]) for r in rows] == [({"type": "AggregateResult"}, 2, "Okafor")]
    (row,) = await org.records("SELECT COUNT(Id) n, MIN(CloseDate), COUNT_DISTINCT(AccountId) FROM Opportunity")
    assert (row["n"], row["expr1"]) == (4, 3)
    rows = await org.records(
        "SELECT CALENDAR_YEAR(CreatedDate) y, COUNT(Id) n FROM Contact GROUP BY CALENDAR_YEAR(CreatedDate)"
    )
    assert rows == [{"y": org.sandbox.clock.now().year, "n": 4}]
    (row,) = await org.records("SELECT COUNT(Id) n FROM Lead")
    assert row == {"n": 0}


async def test_field_sets_labels_and_type_of(org: Any) -> None:
    (row,) = await org.records("SELECT FIELDS(STANDARD) FROM Account WHERE Name LIKE 'acme%'")
    described = (await org.get("sobjects/Account/describe")).body["fields"]
    assert list(row) == [f["name"] for f in described]
    assert row["BillingAddress"]["city"] == "Hamburg"
    assert row["ShippingAddress"] is None
    await org.event(ShowAs="OutOfOffice")
    (row,) = await org.records(
        "SELECT toLabel(ShowAs), TYPEOF Owner WHEN User THEN Alias, Email ELSE Name END FROM Event"
    )
    assert row["ShowAs"] == "Out of Office"
    assert {k: v for k, v in row["Owner"].items() if k != "attributes"} == {
        "Alias": "jdoe",
        "Email": "jane.doe@example.com",
    }


async def test_ids_in_both_lengths(org: Any) -> None:
    event = await org.event()
    for given in (event, event[:15]):
        assert len(await org.records(f"SELECT Id FROM Event WHERE Id = '{given}'")) == 1
    assert (
        len(
            await org.records(
                f"SELECT Id FROM Event WHERE Id IN ('{event}', '00U5J0000000zzz') AND OwnerId = '{org.me[:15]}'"
            )
        )
        == 1
    )
    second = await org.event()
    assert [r["Id"] for r in await org.records(f"SELECT Id FROM Event WHERE Id > '{event}' ORDER BY Id")] == [second]


async def test_deleted_rows_and_scopes(org: Any) -> None:
    event = await org.event()
    await org.delete(f"sobjects/Event/{event}")
    assert await org.records("SELECT Id FROM Event") == []
    assert len(await org.records("SELECT Id FROM Event", "queryAll")) == 1
    assert len(await org.records("SELECT Id FROM Event ALL ROWS")) == 1
    assert len(await org.records("SELECT Id FROM Account USING SCOPE mine")) == 3
    org.person = 1
    assert await org.records("SELECT Id FROM Account USING SCOPE mine") == []


async def test_columns_and_plans(org: Any) -> None:
    answer = await org.get(
        "query", params={"q": "SELECT Id, Subject, Owner.Name, IsAllDayEvent FROM Event", "columns": "true"}
    )
    body = answer.body
    assert (body["entityName"], body["keyPrefix"], body["idSelected"], body["groupBy"]) == ("Event", "00U", True, False)
    columns = {c["columnName"]: c for c in body["columnMetadata"]}
    assert columns["Subject"]["textType"]
    assert columns["IsAllDayEvent"]["booleanType"]
    assert [c["columnName"] for c in columns["Owner"]["joinColumns"]] == ["Name"]
    plans = (await org.get("query", params={"explain": "SELECT Id FROM Account"})).body["plans"]
    assert [(p["sobjectType"], p["cardinality"], p["leadingOperationType"]) for p in plans] == [
        ("Account", 3, "TableScan")
    ]


async def test_dates_follow_the_persons_zone(open_org: Any) -> None:
    org = await open_org(time_zone="Pacific/Kiritimati")
    local_today = org.sandbox.clock.now().astimezone(org.sandbox.org.zone_of(org.me)).date()
    midnight = (
        org.sandbox.clock.now()
        .astimezone(org.sandbox.org.zone_of(org.me))
        .replace(hour=0, minute=30, second=0, microsecond=0)
    )
    event = await org.event(StartDateTime=midnight.isoformat(), EndDateTime=..., DurationInMinutes=10)
    assert [r["Id"] for r in await org.records("SELECT Id FROM Event WHERE StartDateTime = TODAY")] == [event]
    assert await org.records("SELECT Id FROM Event WHERE StartDateTime = YESTERDAY") == []
    assert local_today.isoformat() == midnight.date().isoformat()


async def test_archived_events_stay_in_query_all(open_org: Any) -> None:
    """Behaviour 20."""
    for archive, left in ((True, 1), (False, 2)):
        org = await open_org(archive=archive)
        old = await org.event(StartDateTime="2020-01-01T10:00:00Z", EndDateTime="2020-01-01T11:00:00Z")
        await org.event()
        assert len(await org.records("SELECT Id FROM Event")) == left
        rows = await org.records("SELECT Id, IsArchived FROM Event ORDER BY Id", "queryAll")
        assert [r["IsArchived"] for r in rows] == [archive, False]
        assert (await org.read(old))["IsArchived"] is archive


async def test_ids_sort_as_they_compare(org: Any) -> None:
    """Clients read on after the last id they saw; new ids run through digits, capitals and small letters."""
    made = [org.sandbox.insert("Account", {"Name": f"n{n}"}) for n in range(80)]
    seen: list[str] = []
    while page := await org.records(
        f"SELECT Id FROM Account WHERE Name LIKE 'n%' AND Id > '{seen[-1] if seen else '001000000000000AAA'}' ORDER BY Id LIMIT 7"
    ):
        seen += [row["Id"] for row in page]
    assert seen == made
