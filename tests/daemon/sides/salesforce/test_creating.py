"""Tests of creates on the sandbox: batches, partial failures, locks, our key, lost answers."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from daemon.sides.contract import Done, LimitReached, LostAnswer, Refused, SideUnavailable
from daemon.sides.salesforce.client import SalesforceClient
from tests.daemon.sides.salesforce.org_setting import Connect, Connected, create, day, event, meeting
from tests.fakes.traces import sure_of, traces_of

KEY = "1b4e28ba-2fa1-5d2e-883f-0016d3cca427"


async def test_two_hundred_in_one_call_and_one_read(org: Connected) -> None:
    outcomes = await org.write(*(create(meeting(f"event {n}", n % 200), f"op{n}") for n in range(250)))
    assert len(outcomes) == 250
    assert all(isinstance(outcome, Done) and outcome.stored for outcome in outcomes.values())
    assert [len(json.loads(call.body)["records"]) for call in org.sandbox.journal.writes] == [200, 50]
    assert len(org.calls("queryAll")) == 2
    for op_id, outcome in outcomes.items():
        assert isinstance(outcome, Done)
        assert outcome.stored is not None
        assert outcome.stored.image.subject == f"event {op_id.removeprefix('op')}"


async def test_a_poison_row_does_not_hold_up_the_others(org: Connected) -> None:
    long = meeting("x" * 256)
    backwards = meeting("backwards", ends_at=f"{day(2)}T09:00Z")
    outcomes = await org.write(
        create(meeting("a"), "a"), create(long, "b"), create(backwards, "c"), create(meeting("d"), "d")
    )
    assert isinstance(outcomes["a"], Done)
    assert isinstance(outcomes["d"], Done)
    too_long, odd = outcomes["b"], outcomes["c"]
    assert isinstance(too_long, Refused)
    assert (too_long.code, too_long.permanent) == ("STRING_TOO_LONG", True)
    assert "Subject" in too_long.text.text
    assert isinstance(odd, Refused)
    assert (odd.code, odd.permanent) == ("FIELD_INTEGRITY_EXCEPTION", True)
    assert sorted(row["Subject"] for row in org.events) == ["a", "d"]


@pytest.mark.parametrize(
    ("features", "code"),
    [
        ({"validation": "^Bad"}, "FIELD_CUSTOM_VALIDATION_EXCEPTION"),
        ({"required_field": True}, "REQUIRED_FIELD_MISSING"),
    ],
)
async def test_a_customers_rule_refuses_for_good(connect: Connect, features: dict[str, object], code: str) -> None:
    org: Connected = await connect(**features)
    refused = await org.one(create(meeting("Bad idea")))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.permanent) == (code, True)
    assert len(org.sandbox.journal.writes) == 2, "the token and one try"


async def test_automation_shows_in_the_stored_form(connect: Connect) -> None:
    org: Connected = await connect(before_save="[CRM] ")
    made = await org.one(create(meeting("Visit")))
    assert isinstance(made, Done)
    assert made.stored is not None
    assert made.stored.image.subject == "[CRM] Visit"


async def test_a_locked_row_is_sent_again_after_a_while(org: Connected) -> None:
    org.sandbox.lock_rows(1)
    outcomes = await org.write(create(meeting("a"), "a"), create(meeting("b"), "b"))
    assert all(isinstance(outcome, Done) for outcome in outcomes.values())
    assert sorted(row["Subject"] for row in org.events) == ["a", "b"]
    assert [len(json.loads(call.body)["records"]) for call in org.sandbox.journal.writes] == [2, 1]
    assert any(wait > 0 for wait in org.slept)


async def test_a_row_that_stays_locked_may_be_tried_another_time(org: Connected) -> None:
    org.sandbox.lock_rows(99)
    refused = await org.one(create(meeting()))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.permanent) == ("UNABLE_TO_LOCK_ROW", False)
    assert len(org.sandbox.journal.writes) == 4


# -- our key ---------------------------------------------------------------------------------------------------------


async def test_a_key_that_exists_is_adopted_as_it_is_now(connect: Connect) -> None:
    org: Connected = await connect("Daybridge_Key__c", key_field=True)
    first = await org.one(create(meeting("Visit"), create_key=KEY))
    assert isinstance(first, Done)
    assert first.stored is not None
    assert first.stored.foreign_key == KEY
    org.settle()
    org.sandbox.update("Event", first.key, {"Subject": "Edited by a person"}, org.me)
    again = await org.one(create(meeting("Visit"), "again", create_key=KEY))
    assert isinstance(again, Done)
    assert again.key == first.key
    assert (first.was_there, again.was_there) == (False, True)
    assert again.stored is not None
    assert again.stored.image.subject == "Edited by a person", "a create never overwrites"
    assert len(org.events) == 1


async def test_a_key_in_the_recycle_bin_is_refused(connect: Connect) -> None:
    org: Connected = await connect("Daybridge_Key__c", key_field=True)
    other = org.sandbox.people(1)["user_id"]
    org.sandbox.insert("Event", event(Daybridge_Key__c=KEY), other)
    refused = await org.one(create(meeting(), create_key=KEY))
    assert isinstance(refused, Refused)
    assert (refused.code, refused.permanent) == ("DUPLICATE_VALUE", True)


async def test_a_lost_keyed_create_is_found_by_its_key(connect: Connect) -> None:
    org: Connected = await connect("Daybridge_Key__c", key_field=True)
    await org.side.open()
    org.fail("composite/sobjects", "cut_after")
    write = create(meeting("Visit"), create_key=KEY)
    assert isinstance(await org.one(write), LostAnswer)
    org.sandbox.update("Event", org.events[0]["Id"], {"Subject": "Edited meanwhile"}, org.me)
    (found,) = await sure_of(org.side, write)
    assert found.key == org.events[0]["Id"]
    other = create(meeting("Visit"), create_key=KEY.replace("1", "2"))
    assert await sure_of(org.side, other) == []


# -- lost answers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        ({"action": "cut_after"}, True),
        ({"action": "truncate"}, True),
        ({"action": "cut_before"}, False),
        ({"action": "status", "status": 502, "body": "<html>Bad gateway</html>"}, False),
        ({"action": "status", "status": 500, "body": "[]", "content_type": "application/json"}, False),
        ({"action": "status", "status": 200, "body": "<html>Welcome to the hotel</html>"}, False),
        ({"action": "status", "status": 200, "body": "[]", "content_type": "application/json"}, False),
    ],
)
async def test_a_lost_answer_is_sent_once_and_looked_up(org: Connected, fault: dict[str, object], stored: bool) -> None:
    org.fail("composite/sobjects", **fault)  # type: ignore[arg-type]
    write = create(meeting("Visit", location="Pier 3"))
    assert isinstance(await org.one(write), LostAnswer)
    assert len(org.calls("composite/sobjects")) == 1, "a write is never repeated blindly"
    found = await sure_of(org.side, write)
    assert [record.key for record in found] == [row["Id"] for row in org.events]
    assert len(found) == stored


async def test_a_time_out_of_a_write_is_a_lost_answer(connect: Connect) -> None:
    from daemon.sides.salesforce.session import Patience

    org: Connected = await connect(patience=Patience(connect=5, read=0.3))
    await org.side.open()
    org.fail("composite/sobjects", "delay", seconds=1.0)
    assert isinstance(await org.one(create(meeting())), LostAnswer)
    assert len(org.calls("composite/sobjects")) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 429, "body": "[]"}, SideUnavailable),
        ({"status": 420, "body": ""}, SideUnavailable),
        ({"status": 404, "body": "<html>not here</html>"}, SideUnavailable),
        (
            {
                "status": 403,
                "body": '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]',
            },
            LimitReached,
        ),
    ],
)
async def test_what_was_not_even_tried_is_no_lost_answer(org: Connected, fault: dict[str, object], error: type) -> None:
    org.fail("composite/sobjects", "status", **fault)
    with pytest.raises(error):
        await org.write(create(meeting()))
    assert org.events == []


async def test_written_but_not_read_back(org: Connected) -> None:
    org.fail("queryAll", "status", status=503, body="<html/>", times=3)
    write = create(meeting())
    lost = await org.one(write)
    assert isinstance(lost, LostAnswer)
    assert lost.text.code == "salesforce.unread_back"
    (found,) = await sure_of(org.side, write)
    assert found.key == org.events[0]["Id"]


@pytest.mark.parametrize("sharing", ["public", "private"])
async def test_written_and_given_to_somebody_else_at_once(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, sharing: str
) -> None:
    """Catches: one more event at every run in an org whose automation reassigns each new one."""
    org: Connected = await connect(sharing=sharing)
    other = org.sandbox.people(1)["user_id"]
    real = SalesforceClient.create_rows

    async def create_and_assign(self: SalesforceClient, sobject: str, rows: Any) -> Any:
        results = await real(self, sobject, rows)
        for result in results:
            org.sandbox.update(sobject, result.id, {"OwnerId": other}, org.me)
        return results

    monkeypatch.setattr(SalesforceClient, "create_rows", create_and_assign)
    outcome = await org.one(create(meeting()))
    assert isinstance(outcome, Done)
    assert (outcome.stored, outcome.key) == (None, org.sandbox.rows("Event")[0]["Id"])


async def test_only_what_was_made_since_the_attempt_is_ours(org: Connected) -> None:
    org.sandbox.insert("Event", event("Visit"), org.me)
    org.sandbox.clock.shift(3600)
    await org.observe()
    org.fail("composite/sobjects", "cut_before")
    write = create(meeting("Visit"))
    assert isinstance(await org.one(write), LostAnswer)
    assert await sure_of(org.side, write) == [], "the person's own event is older"


async def test_after_a_restart_the_journal_id_tells_the_attempt(org: Connected) -> None:
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    key = org.sandbox.insert("Event", event("Visit"), org.me)
    (found,) = await sure_of(org.side, create(meeting("Visit"), f"{stamp}-abc-0"))
    assert found.key == key
    later = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await sure_of(org.side, create(meeting("Visit"), f"{later}-def-0")) == []


async def test_twins_are_told_both_rows_because_whose_is_whose_the_caller_knows(org: Connected) -> None:
    org.fail("composite/sobjects", "cut_after")
    twins = [create(meeting("Visit"), "a"), create(meeting("Visit"), "b")]
    assert all(isinstance(outcome, LostAnswer) for outcome in (await org.write(*twins)).values())
    told = [{record.key for record in await sure_of(org.side, twin)} for twin in twins]
    assert told == [{row["Id"] for row in org.events}] * 2


async def test_what_says_something_else_is_told_beside_what_looks_the_same(org: Connected) -> None:
    """Catches: an event of another pair that looks the same, and hides the copy which the org's automation changed."""
    org.fail("composite/sobjects", "cut_after")
    write = create(meeting("Visit"))
    assert isinstance(await org.one(write), LostAnswer)
    other = org.sandbox.insert("Event", event("[X] Visit"), org.me)
    traces = await traces_of(org.side, write)
    assert [record.image.subject for record in traces.sure] == ["Visit"]
    assert [record.key for record in traces.doubtful] == [other]


@pytest.mark.parametrize("subject", ['O\'Brien \\ "quoted"', "Zürich 🚢 -- 100% [a]", "", "  padded  ", "two\nlines"])
async def test_odd_subjects_are_found_again(org: Connected, subject: str) -> None:
    org.fail("composite/sobjects", "cut_after")
    write = create(meeting(subject))
    assert isinstance(await org.one(write), LostAnswer)
    assert len(await sure_of(org.side, write)) == 1


async def test_an_all_day_create_is_found_again(org: Connected) -> None:
    org.fail("composite/sobjects", "cut_after")
    write = create(meeting("Fair", starts_at=day(3), ends_at=day(5), all_day=True))
    await org.one(write)
    other = create(meeting("Fair", starts_at=day(3), ends_at=day(6), all_day=True), "other")
    assert await sure_of(org.side, other) == []
    assert len(await sure_of(org.side, write)) == 1


async def test_a_copy_that_says_something_else_is_only_a_doubtful_trace(org: Connected) -> None:
    """Catches: an org's automation or a person who changed the copy first, and then a second copy after the quarantine."""
    older = org.sandbox.insert("Event", event("Older"), org.me)
    org.sandbox.clock.shift(3600)
    await org.observe()
    org.fail("composite/sobjects", "cut_after")
    write = create(meeting("Visit"))
    assert isinstance(await org.one(write), LostAnswer)
    (made,) = (row["Id"] for row in org.events if row["Id"] != older)
    org.sandbox.update("Event", made, {"Subject": "[Partner] Visit"}, org.me)
    traces = await traces_of(org.side, write)
    assert traces.sure == ()
    assert [record.key for record in traces.doubtful] == [made]


async def test_two_hundred_lost_creates_are_looked_for_in_one_query(org: Connected) -> None:
    """Catches: a call for each of them after a crash (sync.md 2.9, c8)."""
    org.fail("composite/sobjects", "cut_after")
    writes = [create(meeting(f"event {n}", n), f"op{n}") for n in range(200)]
    await org.write(*writes)
    before = len(org.calls("queryAll"))
    traces = await org.side.find_created(writes)
    assert len({traces[write.op_id].sure[0].key for write in writes}) == 200
    assert len(org.calls("queryAll")) == before + 1


async def test_keyed_creates_are_looked_for_together(connect: Connect) -> None:
    org: Connected = await connect("Daybridge_Key__c", key_field=True)
    org.fail("composite/sobjects", "cut_after")
    writes = [
        create(meeting(f"event {n}", n), f"op{n}", create_key=str(uuid.uuid5(uuid.NAMESPACE_OID, str(n))))
        for n in range(200)
    ]
    await org.write(*writes)
    before = len(org.calls("queryAll"))
    traces = await org.side.find_created(writes)
    assert len({traces[write.op_id].sure[0].key for write in writes}) == 200
    assert len(org.calls("queryAll")) == before + 1


async def test_a_second_create_under_the_same_key_is_looked_for_by_itself(org: Connected) -> None:
    """Catches: the first one's id, deleted since, taken for all that can be known of the second: it would be made twice."""
    first = await org.one(create(meeting("Visit"), "op-1", create_key=KEY))
    assert isinstance(first, Done)
    org.sandbox.delete("Event", first.key, org.me)
    org.fail("composite/sobjects", "cut_after")
    again = create(meeting("Visit"), "op-2", create_key=KEY)
    assert isinstance(await org.one(again), LostAnswer)
    (found,) = await sure_of(org.side, again)
    assert found.key != first.key
