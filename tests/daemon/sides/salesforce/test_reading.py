"""Tests of reading on the sandbox: windows, deltas, paging, and what counts as evidence that an event is gone."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from daemon.sides.contract import Found, Gone, SideUnavailable, Unclear
from daemon.sides.salesforce.reading import OVERLAP, Bookmark
from daemon.sync.trees import Record
from shared.states import LeftOutReason
from tests.daemon.sides.salesforce.org_setting import Connect, Connected, event, window


def _subjects(records: tuple[Record, ...]) -> list[str]:
    return sorted(record.image.subject for record in records)


async def test_a_full_reading_holds_the_window_and_no_one_elses(org: Connected) -> None:
    org.sandbox.insert("Event", event("inside"), org.me)
    org.sandbox.insert("Event", event("reaches in", -31, EndDateTime=event(offset=-29)["EndDateTime"]), org.me)
    org.sandbox.insert("Event", event("long ago", -200), org.me)
    org.sandbox.insert("Event", event("far off", 500), org.me)
    other = org.sandbox.people(1)["user_id"]
    org.sandbox.insert("Event", event("not mine"), other)
    seen = await org.observe()
    assert seen.full
    assert seen.coverage.complete
    assert _subjects(seen.records) == ["inside", "reaches in"]
    assert all(record.entry_type == "event" and record.payload_digest for record in seen.records)


async def test_known_rows_are_not_delivered_again(org: Connected) -> None:
    keys = [org.sandbox.insert("Event", event(f"event {n}"), org.me) for n in range(3)]
    org.sandbox.clock.shift(3600)
    first = await org.observe()
    known = {record.key: record for record in first.records}
    again = await org.observe(known=known)
    assert again.records == ()
    assert again.unchanged == set(keys)
    org.sandbox.update("Event", keys[0], {"Subject": "renamed"}, org.me)
    third = await org.observe(known=known)
    assert _subjects(third.records) == ["renamed"]
    assert third.unchanged == set(keys[1:])


async def test_a_delta_brings_changes_and_tombstones_inside_the_window_or_not(org: Connected) -> None:
    kept = org.sandbox.insert("Event", event("kept"), org.me)
    moved = org.sandbox.insert("Event", event("moves away"), org.me)
    binned = org.sandbox.insert("Event", event("binned"), org.me)
    org.sandbox.clock.shift(3600)
    first = await org.observe()
    known = {record.key: record for record in first.records}
    org.sandbox.update("Event", moved, event("moved away", 700), org.me)
    org.sandbox.delete("Event", binned, org.me)
    org.sandbox.insert("Event", event("new"), org.me)
    delta = await org.observe(first.coverage.bookmark, known)
    assert not delta.full
    assert _subjects(delta.records) == ["moved away", "new"]
    assert delta.gone[binned].kind == "tombstone"
    assert kept not in delta.gone


async def test_a_row_that_commits_behind_the_cursor_is_still_found(org: Connected) -> None:
    late = org.sandbox.begin(org.me)
    late.insert("Event", event("late"))
    org.sandbox.clock.shift(300)
    first = await org.observe()
    assert first.records == ()
    late.commit()
    org.sandbox.clock.shift(200)
    second = await org.observe(first.coverage.bookmark)
    assert not second.full
    assert _subjects(second.records) == ["late"]


async def test_the_bookmark_is_the_servers_time_not_ours(connect: Connect) -> None:
    org: Connected = await connect(clock_skew=-86400.0)
    seen = await org.observe()
    mark = Bookmark.parse(seen.coverage.bookmark)
    assert mark is not None
    assert seen.coverage.server_time == mark.server_time
    assert abs(mark.server_time - org.sandbox.clock.now()) < timedelta(minutes=1)
    assert timedelta(minutes=10) <= OVERLAP


@pytest.mark.parametrize("bookmark", ["", "nonsense", "2026-01-01T00:00:00+00:00", "a|b|c"])
async def test_a_bookmark_that_is_none_means_everything(org: Connected, bookmark: str) -> None:
    assert (await org.observe(bookmark)).full


async def test_a_wider_window_means_everything(org: Connected) -> None:
    first = await org.observe(past=30)
    assert not (await org.observe(first.coverage.bookmark, past=30)).full
    assert (await org.observe(first.coverage.bookmark, past=60)).full
    assert (await org.observe(first.coverage.bookmark, future=400)).full
    assert not (await org.observe(first.coverage.bookmark, past=10, future=10)).full


async def test_pages_are_read_to_the_end_with_progress(connect: Connect) -> None:
    org: Connected = await connect(query_batch=200)
    for number in range(450):
        org.sandbox.insert("Event", event(f"event {number}", number % 200), org.me)
    await org.side.open()
    org.sandbox.journal.clear()
    told: list[tuple[str, int, int | None]] = []
    seen = await org.side.observe(window(), "", {}, lambda *step: told.append(step))
    assert len(seen.records) == 450
    assert seen.coverage.complete
    assert told[-1] == ("reading", 450, 450)
    assert len(org.calls("query")) == 3


async def test_a_stale_cursor_starts_the_query_again(connect: Connect) -> None:
    org: Connected = await connect(query_batch=200)
    for number in range(250):
        org.sandbox.insert("Event", event(f"event {number}"), org.me)
    await org.side.open()
    body = '[{"message":"invalid query locator","errorCode":"INVALID_QUERY_LOCATOR"}]'
    org.fail("/query(All)?/0r8", "status", status=400, body=body, content_type="application/json")
    seen = await org.observe()
    assert len(seen.records) == 250
    assert org.sandbox.faults.pending() == []


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("code", ["OPERATION_TOO_LARGE", "QUERY_TIMEOUT"])
async def test_a_period_that_is_too_large_is_read_in_halves(org: Connected, status: int, code: str) -> None:
    for offset in (-20, 3, 200, 340):
        org.sandbox.insert("Event", event(f"event {offset}", offset), org.me)
    body = json.dumps([{"message": "too large", "errorCode": code}])
    org.fail("queryAll", "status", status=status, body=body, content_type="application/json", times=2)
    seen = await org.observe()
    assert len(seen.records) == 4
    assert seen.coverage.complete
    org.fail("queryAll", "status", status=status, body=body, content_type="application/json", times=1)
    again = await org.observe(seen.coverage.bookmark)
    assert (again.full, len(again.records), again.coverage.complete) == (True, 4, True)
    org.fail("queryAll", "status", status=status, body=body, content_type="application/json", times=99)
    with pytest.raises(SideUnavailable) as refused:
        await org.observe()
    assert refused.value.text.code == "salesforce.query_too_large"


@pytest.mark.parametrize(
    ("locator", "asked"),
    [("", 1), (".example.com/x", 1), ("https://example.com/x", 1), ("/services/data/v67.0/query/x", 2)],
)
async def test_pages_that_lead_nowhere_end_the_reading(org: Connected, locator: str, asked: int) -> None:
    page = {"totalSize": 2, "done": False, "nextRecordsUrl": locator, "records": []}
    org.fail("/query", "status", status=200, body=json.dumps(page), content_type="application/json", times=9)
    seen = await org.observe()
    assert not seen.coverage.complete
    assert len(org.calls("/query")) == asked


async def test_fewer_rows_than_announced_is_no_complete_reading(org: Connected) -> None:
    body = '{"totalSize":2,"done":true,"records":[]}'
    org.fail("queryAll", "status", status=200, body=body, content_type="application/json")
    seen = await org.observe()
    assert not seen.coverage.complete
    assert seen.coverage.bookmark == ""


async def test_what_is_no_item_is_left_out_with_its_reason(org: Connected) -> None:
    key = org.sandbox.seed("Event", event(GroupEventType="3"), org.me)
    seen = await org.observe()
    assert seen.records == ()
    assert seen.left_out[key].reason is LeftOutReason.NOT_AN_EVENT


# -- looking by id ---------------------------------------------------------------------------------------------------


async def test_looking_tells_found_from_deleted(org: Connected) -> None:
    found = org.sandbox.insert("Event", event("found"), org.me)
    binned = org.sandbox.insert("Event", event("binned"), org.me)
    org.sandbox.delete("Event", binned, org.me)
    looked = await org.side.look([found, binned, found])
    assert isinstance(looked[found], Found)
    gone = looked[binned]
    assert isinstance(gone, Gone)
    assert gone.evidence.kind == "tombstone"
    assert len(org.calls("queryAll")) == 1


async def test_purged_and_in_the_delete_log_is_gone(org: Connected) -> None:
    key = org.sandbox.insert("Event", event(), org.me)
    org.sandbox.delete("Event", key, org.me)
    org.sandbox.purge("Event", key)
    looked = (await org.side.look([key]))[key]
    assert isinstance(looked, Gone)
    assert looked.evidence.kind == "by_id"


async def test_out_of_sight_is_not_gone(org: Connected) -> None:
    hidden = org.sandbox.insert("Event", event(), org.me)
    org.sandbox.hide(hidden, org.me)
    looked = (await org.side.look([hidden]))[hidden]
    assert isinstance(looked, Unclear)
    assert (looked.reason.code, looked.lasting) == ("salesforce.not_visible", True)


async def test_given_to_somebody_else_is_not_gone(connect: Connect) -> None:
    org: Connected = await connect(sharing="public")
    key = org.sandbox.insert("Event", event(), org.me)
    other = org.sandbox.people(1)["user_id"]
    org.sandbox.update("Event", key, {"OwnerId": other}, org.me)
    looked = (await org.side.look([key]))[key]
    assert isinstance(looked, Unclear)
    assert (looked.reason.code, looked.lasting) == ("salesforce.other_owner", True)
    assert (await org.observe()).records == ()


async def test_a_purged_delete_log_is_no_evidence(org: Connected) -> None:
    key = org.sandbox.insert("Event", event(), org.me)
    org.sandbox.delete("Event", key, org.me)
    org.sandbox.purge("Event", key)
    org.sandbox.clock.shift(60)
    org.sandbox.purge_delete_log()
    assert isinstance((await org.side.look([key]))[key], Unclear)


async def test_an_archived_event_is_found(org: Connected) -> None:
    key = org.sandbox.insert("Event", event(offset=-500), org.me)
    looked = (await org.side.look([key]))[key]
    assert isinstance(looked, Found)
    seen = await org.observe(past=600)
    assert [record.key for record in seen.records] == [key]


async def test_undeleted_is_found_again_under_its_id(org: Connected) -> None:
    key = org.sandbox.insert("Event", event(), org.me)
    org.sandbox.delete("Event", key, org.me)
    org.sandbox.undelete("Event", key, org.me)
    assert isinstance((await org.side.look([key]))[key], Found)


async def test_a_key_that_is_no_id_is_unclear(org: Connected) -> None:
    looked = await org.side.look(["not/an id", "00U' OR Id != '"])
    assert all(isinstance(one, Unclear) for one in looked.values())
    assert org.calls("queryAll") == []


async def test_many_ids_fit_the_address(org: Connected) -> None:
    keys = [org.sandbox.insert("Event", event(f"event {number}"), org.me) for number in range(900)]
    looked = await org.side.look(keys)
    assert all(isinstance(one, Found) for one in looked.values())
    assert [call.status for call in org.calls("queryAll")] == [200, 200, 200]


async def test_an_invitation_is_a_locked_record(org: Connected) -> None:
    other = org.sandbox.people(1)["user_id"]
    parent = org.sandbox.insert("Event", event("Review"), other)
    org.sandbox.insert("EventRelation", {"EventId": parent, "RelationId": org.me}, other)
    (child,) = (await org.observe()).records
    assert child.key != parent
    assert child.organised_by_other
    assert child.locked_groups
