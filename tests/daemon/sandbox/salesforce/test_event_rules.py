"""Links, private events, reminders and the refusal to create series (behaviours 17, 19)."""

from __future__ import annotations

from typing import Any

import pytest


async def links(org: Any) -> dict[str, str]:
    found = {}
    for kind in ("Account", "Contact", "Opportunity"):
        found[kind] = (await org.records(f"SELECT Id, Name FROM {kind} ORDER BY Id LIMIT 1"))[0]["Id"]
    made = await org.post("sobjects/Lead", {"LastName": "Lee", "Company": "Lee Ltd"})
    return {**found, "Lead": made.body["id"]}


async def test_a_private_event_has_no_links(org: Any) -> None:
    known = await links(org)
    for field, target in (("WhoId", "Contact"), ("WhoId", "Lead"), ("WhatId", "Account"), ("WhatId", "Opportunity")):
        event = await org.event(**{field: known[target]})
        answer = await org.patch(f"sobjects/Event/{event}", {"IsPrivate": True})
        assert (answer.status, answer.code, answer.fields) == (400, "FIELD_INTEGRITY_EXCEPTION", [field])
        assert (await org.patch(f"sobjects/Event/{event}", {"IsPrivate": True, field: None})).status == 204


async def test_a_lead_stands_alone(org: Any) -> None:
    known = await links(org)
    event = await org.event(WhoId=known["Lead"])
    answer = await org.patch(f"sobjects/Event/{event}", {"WhatId": known["Account"]})
    assert (answer.code, answer.fields) == ("FIELD_INTEGRITY_EXCEPTION", ["WhatId"])
    wrong = await org.patch(f"sobjects/Event/{event}", {"WhoId": known["Account"]})
    assert (wrong.code, wrong.fields) == ("FIELD_INTEGRITY_EXCEPTION", ["WhoId"])


async def test_the_account_follows_from_the_links(org: Any) -> None:
    known = await links(org)
    event = await org.event(WhatId=known["Opportunity"])
    assert (await org.read(event))["AccountId"] == known["Account"]
    await org.patch(f"sobjects/Event/{event}", {"WhatId": None})
    assert (await org.read(event))["AccountId"] is None
    await org.patch(f"sobjects/Event/{event}", {"WhoId": known["Contact"]})
    assert (await org.read(event))["AccountId"] == known["Account"]


async def test_reminders_are_absolute(org: Any, clock_text: Any) -> None:
    event = await org.event(IsReminderSet=True)
    assert (await org.read(event))["ReminderDateTime"] == clock_text(9)[:13] + ":45:00.000+0000"
    await org.patch(f"sobjects/Event/{event}", {"StartDateTime": clock_text(12), "EndDateTime": clock_text(13)})
    assert (await org.read(event))["ReminderDateTime"] == clock_text(9)[:13] + ":45:00.000+0000"
    await org.patch(f"sobjects/Event/{event}", {"IsReminderSet": False})
    assert (await org.read(event))["ReminderDateTime"] is None


@pytest.mark.parametrize("given", [{"IsRecurrence": True}, {"Recurrence2PatternText": "RRULE:FREQ=DAILY;COUNT=3"}])
async def test_series_are_not_created_and_it_is_said(org: Any, given: dict[str, Any], clock_text: Any) -> None:
    record = {"Subject": "x", "StartDateTime": clock_text(10), "EndDateTime": clock_text(11), **given}
    answer = await org.post("sobjects/Event", record)
    assert (answer.status, answer.code, answer.fields) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE", list(given))
    assert "series" in answer.body[0]["message"]


async def test_the_type_field_works_where_it_is_shown(open_org: Any) -> None:
    org = await open_org(type_visible=True)
    assert (await org.read(await org.event(Type="Call")))["Type"] == "Call"


async def test_other_objects_derive_their_fields(org: Any) -> None:
    known = await links(org)
    task = (
        await org.post("sobjects/Task", {"Subject": "Call", "Status": "Completed", "WhatId": known["Opportunity"]})
    ).body["id"]
    row = (await org.get(f"sobjects/Task/{task}")).body
    assert (row["IsClosed"], row["AccountId"], row["Priority"]) == (True, known["Account"], "Normal")
    assert row["CompletedDateTime"]
    lead = (await org.get(f"sobjects/Lead/{known['Lead']}")).body
    assert (lead["Name"], lead["Status"]) == ("Lee", "Open - Not Contacted")
    deal = {"Name": "d", "StageName": "Closed Won", "CloseDate": "2027-01-31"}
    row = (await org.get(f"sobjects/Opportunity/{(await org.post('sobjects/Opportunity', deal)).body['id']}")).body
    assert (row["IsClosed"], row["IsWon"], row["Probability"]) == (True, True, 100)
    case = (await org.post("sobjects/Case", {"Subject": "c", "Status": "Closed"})).body["id"]
    row = (await org.get(f"sobjects/Case/{case}")).body
    assert (row["CaseNumber"], row["IsClosed"]) == ("00001001", True)
