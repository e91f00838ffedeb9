"""SOQL that is easily answered wrongly: what must be refused, counts, groups, extremes, TYPEOF, parts of dates."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account LIMIT 1 OFFSET -1", "MALFORMED_QUERY"),
        ("SELECT Name n FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id, FIELDS(STANDARD) FROM Account", "MALFORMED_QUERY"),
        ("SELECT FORMAT(CreatedDate) FROM Account", "MALFORMED_QUERY"),
        ("SELECT COUNT() FROM Account GROUP BY Name", "MALFORMED_QUERY"),
        ("SELECT COUNT() FROM Account ORDER BY Name", "MALFORMED_QUERY"),
        ("SELECT COUNT(Id) FROM Account GROUP BY Industry ORDER BY Name", "MALFORMED_QUERY"),
        ("SELECT COUNT(Id) FROM Account GROUP BY Industry HAVING Name LIKE 'a%'", "MALFORMED_QUERY"),
        ("SELECT Industry, COUNT(Id) FROM Account GROUP BY ROLLUP(Industry)", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name IN (SELECT LastName FROM Contact)", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Id IN (SELECT LastName FROM Contact)", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a' OR Id IN (SELECT AccountId FROM Contact)", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE NOT Id IN (SELECT AccountId FROM Contact)", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE CreatedDate > N_YEARS_AGO:99999", "MALFORMED_QUERY"),
        ("SELECT Id FROM Event WHERE ActivityDate < NEXT_N_DAYS:2147483648", "MALFORMED_QUERY"),
        (f"SELECT Id FROM Account WHERE {'NOT ' * 900}Name = 'a'", "QUERY_TOO_COMPLICATED"),
        ("SELECT Id FROM Account WHERE BillingAddress = 'x'", "INVALID_FIELD"),
        ("SELECT What.BillingCity FROM Event", "INVALID_FIELD"),
        ("SELECT Id FROM Event WHERE Who.Account.Name = 'x'", "INVALID_FIELD"),
        ("SELECT TYPEOF Who WHEN Contact THEN LastName ELSE Company END FROM Event", "INVALID_FIELD"),
        ("SELECT CALENDAR_YEAR(CONVERTTIMEZONE(ActivityDate)) FROM Event GROUP BY ActivityDate", "MALFORMED_QUERY"),
        ("SELECT Id FROM Event WHERE CALENDAR_YEAR(CONVERTTIMEZONE(ActivityDate)) = 2026", "INVALID_FIELD"),
    ],
)
async def test_what_cannot_be_asked_gets_no_wrong_answer(org: Any, soql: str, code: str) -> None:
    answer = await org.query(soql)
    assert (answer.status, answer.code) == (400, code), answer.body


async def test_a_count_obeys_the_limit(org: Any) -> None:
    assert (await org.query("SELECT COUNT() FROM Account LIMIT 2")).body["totalSize"] == 2
    assert (await org.query("SELECT COUNT() FROM Account LIMIT 2 OFFSET 2")).body["totalSize"] == 1


async def test_type_of_follows_relationships_and_else_knows_every_kind(org: Any) -> None:
    account = (await org.records("SELECT Id FROM Account WHERE Name LIKE 'Acme%'"))[0]["Id"]
    contact = (await org.post("sobjects/Contact", {"LastName": "Zed", "AccountId": account})).body["id"]
    lead = (await org.post("sobjects/Lead", {"LastName": "Lee", "FirstName": "Ann", "Company": "Co"})).body["id"]
    await org.event(WhoId=contact, WhatId=account)
    await org.event(WhoId=lead)
    rows = await org.records(
        "SELECT TYPEOF Who WHEN Contact THEN LastName, Account.Name ELSE FirstName END, "
        "TYPEOF What WHEN Opportunity THEN Amount ELSE Name, Type END FROM Event ORDER BY Id"
    )
    shown = [r["Who"] for r in rows]
    assert shown[0]["Account"]["Name"] == "Acme Harbour Works"
    assert (shown[0]["LastName"], "Name" in shown[0]) == ("Zed", False)
    assert (shown[1]["attributes"]["type"], shown[1]["FirstName"]) == ("Lead", "Ann")
    assert (rows[0]["What"]["Name"], rows[0]["What"]["Type"], rows[1]["What"]) == (
        "Acme Harbour Works",
        "Account",
        None,
    )


async def test_extremes_compare_as_their_field_does(org: Any) -> None:
    for account in ({"Name": "Zeta"}, {"Name": "zeta_two", "Rating": "Hot"}, {"Name": "O'Hara"}):
        await org.post("sobjects/Account", {**account, "NumberOfEmployees": 1})
    (row,) = await org.records(
        "SELECT MIN(Name) low, MAX(Name) high, MAX(CreatedDate) late FROM Account WHERE NumberOfEmployees = 1"
    )
    assert (row["low"], row["high"], row["late"][-9:]) == ("O'Hara", "zeta_two", ".000+0000")
    asked = (
        "SELECT Rating, COUNT(Id) n FROM Account GROUP BY Rating HAVING MAX(CreatedDate) >= TODAY ORDER BY MAX(Name)"
    )
    assert (await org.records(asked))[-1]["Rating"] == "Hot"
    assert await org.records(asked.replace(">= TODAY", "< TODAY")) == []


async def test_parts_of_dates(open_org: Any) -> None:
    org = await open_org(time_zone="Pacific/Kiritimati", archive=False)
    event = await org.event(StartDateTime="2026-12-31T12:00:00Z", EndDateTime=..., DurationInMinutes=10)
    for condition, holds in (
        ("CALENDAR_YEAR(StartDateTime) = 2026", True),
        ("CALENDAR_YEAR(CONVERTTIMEZONE(StartDateTime)) = 2027", True),
        ("HOUR_IN_DAY(convertTimezone(StartDateTime)) = 2", True),
        ("WEEK_IN_MONTH(StartDateTime) = 5 AND WEEK_IN_YEAR(StartDateTime) = 53", True),
        ("FISCAL_YEAR(ActivityDate) = 2026 AND FISCAL_QUARTER(ActivityDate) = 4", True),
        ("FISCAL_MONTH(ActivityDate) = 11", False),
    ):
        found = await org.records(f"SELECT Id FROM Event WHERE {condition}")
        assert found == ([{"Id": event}] if holds else []), condition


async def test_groups_come_on_one_page(open_org: Any) -> None:
    org = await open_org(query_batch=2, big_table=2001)
    asked = "SELECT Name, COUNT(Id) FROM BigTable__c GROUP BY Name"
    answer = await org.query(f"{asked} LIMIT 2000")
    assert (answer.status, answer.body["done"], len(answer.body["records"])) == (200, True, 2000)
    answer = await org.query(asked)
    assert (answer.status, answer.code) == (400, "EXCEEDED_ID_LIMIT")
