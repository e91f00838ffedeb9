"""Item 9 and the actions of notes.md 1.3: invitations, notices, answers, what is mailed."""

from __future__ import annotations

from typing import Any

import pytest

INVITED = {
    "SUMMARY": "Theirs", "UID": "i1", "DTSTART": "20260302T090000Z", "DTEND": "20260302T100000Z",
    "ORGANIZER": ":mailto:boss@example.com", "ATTENDEE": ";ROLE=REQ-PARTICIPANT:mailto:jane.doe@example.com",
}  # fmt: skip


async def invite(client: Any, kit: Any) -> str:
    client.sandbox.desk.invite("/mail/jdoe.nsf", kit.calendar(kit.vevent(**INVITED)))
    [notice] = (await client.get("invitations")).json["notices"]
    assert (notice["summary"], notice["scheduleMethod"]) == ("Theirs", "request")
    return str(notice["href"])


async def test_no_invitations_is_200_without_body(client: Any) -> None:
    answer = await client.get("invitations")
    assert (answer.status, answer.body, "Content-Type" in answer.headers) == (200, b"", False)


async def test_a_notice_is_read_in_both_forms_and_filtered(client: Any, kit: Any) -> None:
    href = await invite(client, kit)
    assert (await client.get(href)).json["scheduleMethod"] == "request"
    assert "SUMMARY:Theirs" in (await client.get(href, format="icalendar")).text
    assert (await client.get("invitations", since="2026-03-03T00:00:00Z")).body == b""
    assert (await client.get("invitations", id="i1")).body
    assert (await client.get("invitations", id="other")).body == b""
    assert (await client.get("events/i1/notices")).json["notices"][0]["href"] == href
    assert (await client.get(f"{kit.base}/notices/{'0' * 32}")).error == (404, 1031)


@pytest.mark.parametrize(
    ("action", "listed", "waiting"),
    [
        ("accept", 1, False),
        ("tentative", 1, False),
        ("decline", 0, False),
        ("delegate", 0, False),
        ("counter", 1, True),
    ],
)
async def test_answers_to_an_invitation(client: Any, kit: Any, action: str, listed: int, waiting: bool) -> None:
    href = await invite(client, kit)
    answer = await client("PUT", f"{href}/action?type={action}", json={"comments": "hello"})
    assert answer.status == 200
    assert len(await client.listed()) == listed
    assert bool((await client.get("invitations")).body) is waiting
    assert (await client.get("events/i1")).status == (404 if waiting else 200)
    assert [(n.recipients, n.comment) for n in client.sandbox.outbox] == [(("boss@example.com",), "hello")]


async def test_an_answer_with_workflow_false_mails_nothing(client: Any, kit: Any) -> None:
    href = await invite(client, kit)
    await client("PUT", f"{href}/action?type=accept&workflow=false")
    assert client.sandbox.outbox == []


async def test_actions_that_are_refused(client: Any, kit: Any) -> None:
    href = await invite(client, kit)
    answer = await client("PUT", f"{href}/action")
    assert answer.error == (400, None)
    assert answer.json["message"] == "Action type not specified."
    assert (await client("PUT", f"{href}/action?type=dance")).error == (400, 1033)
    assert (await client("PUT", f"{href}/action?type=accept", data=b"{")).error == (400, None)
    await client("PUT", f"{href}/action?type=accept&workflow=false")
    assert (await client("PUT", "events/i1/action?type=cancel")).error == (400, 1028)
    assert (await client("PUT", "events/i1/action?type=processAll")).status == 200
    assert client.sandbox.outbox == []


async def test_the_chair_cancels(client: Any, kit: Any) -> None:
    own = {**INVITED, "ORGANIZER": ":mailto:jane.doe@example.com", "ATTENDEE": ":mailto:rick.reed@example.com"}
    await client.post_ics(kit.vevent(**own), workflow="false")
    assert (await client("PUT", "events/i1/action?type=cancel")).status == 200
    assert [(n.method, n.recipients) for n in client.sandbox.outbox] == [("CANCEL", ("rick.reed@example.com",))]
    assert await client.listed() == []


async def test_one_date_of_a_series_is_declined(client: Any, kit: Any) -> None:
    client.sandbox.load("/mail/jdoe.nsf", kit.calendar(kit.vevent(**INVITED, RRULE="FREQ=DAILY;COUNT=3")))
    assert (await client("PUT", "events/i1/20260303T090000Z/action?type=decline")).status == 200
    assert [e["recurrenceId"][6:8] for e in await client.listed()] == ["02", "04"]
    assert (await client("PUT", "events/i1/20260304T090000Z/action?type=decline&recurrenceRange=all")).status == 200
    assert (await client.get("events/i1")).status == 404
