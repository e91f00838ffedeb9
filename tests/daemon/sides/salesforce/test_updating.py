"""Tests of guarded updates on the sandbox: one call for 25, the condition, the second's resolution, what is sent."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from daemon.sides.contract import Done, LostAnswer, Refused, Stale
from shared.states import Group
from tests.daemon.sides.salesforce.org_setting import Connect, Connected, day, event, meeting, update


async def _settled(org: Connected, **more: object) -> str:
    key = org.sandbox.insert("Event", event(**more), org.me)
    org.settle()
    return key


def _patches(org: Connected) -> list[dict[str, object]]:
    return [
        request
        for call in org.sandbox.journal.writes
        if call.path.endswith("/composite")
        for request in json.loads(call.body)["compositeRequest"]
    ]


async def test_k_updates_are_one_write_and_one_read(org: Connected) -> None:
    keys = [org.sandbox.insert("Event", event(f"event {n}"), org.me) for n in range(30)]
    org.settle()
    looked = await org.side.look(keys)
    org.sandbox.journal.clear()
    writes = [
        update(looked[key].record, meeting(f"renamed {n}"), Group.SUBJECT, op_id=f"op{n}")  # type: ignore[union-attr]
        for n, key in enumerate(keys)
    ]
    outcomes = await org.write(*writes[:25])
    assert all(isinstance(outcome, Done) for outcome in outcomes.values())
    assert (len(org.sandbox.journal.writes), len(org.calls("queryAll"))) == (1, 1)
    assert len(await org.write(*writes[25:])) == 5
    for n, key in enumerate(keys):
        assert org.sandbox.row("Event", key)["Subject"] == f"renamed {n}"


async def test_only_the_named_groups_are_sent_with_the_condition(org: Connected) -> None:
    key = await _settled(org, Location="Pier 3")
    record = await org.record(key)
    done = await org.one(update(record, meeting("Renamed", offset=9, location="Elsewhere"), Group.SUBJECT))
    assert isinstance(done, Done)
    (patch,) = _patches(org)
    assert patch["body"] == {"Subject": "Renamed"}
    changed = org.sandbox.row("Event", key)
    assert patch["httpHeaders"].keys() == {"If-Unmodified-Since"}  # type: ignore[union-attr]
    assert (changed["Location"], changed["StartDateTime"][:10]) == ("Pier 3", day(3))


async def test_empty_text_clears(org: Connected) -> None:
    key = await _settled(org, Location="Pier 3", Description="text")
    done = await org.one(update(await org.record(key), meeting(), Group.LOCATION, Group.DESCRIPTION))
    assert isinstance(done, Done)
    row = org.sandbox.row("Event", key)
    assert (row["Location"], row["Description"]) == (None, None)


async def test_an_edit_since_makes_it_stale_and_stays(org: Connected) -> None:
    key = await _settled(org)
    record = await org.record(key)
    org.sandbox.update("Event", key, {"Subject": "Edited by a person"}, org.me)
    org.settle()
    outcome = await org.one(update(record, meeting("Ours"), Group.SUBJECT))
    assert isinstance(outcome, Stale)
    assert org.sandbox.row("Event", key)["Subject"] == "Edited by a person"
    assert [entry.status for entry in org.calls("/composite$")] == [200]


async def test_one_stale_row_does_not_hold_up_the_others(org: Connected) -> None:
    first, second = await _settled(org), await _settled(org)
    writes = [update(await org.record(key), meeting("Ours"), Group.SUBJECT, op_id=key) for key in (first, second)]
    org.sandbox.update("Event", first, {"Subject": "Edited"}, org.me)
    outcomes = await org.write(*writes)
    assert isinstance(outcomes[first], Stale)
    assert isinstance(outcomes[second], Done)


async def test_an_edit_in_the_same_second_is_seen(org: Connected) -> None:
    """The stamp has not moved and the HTTP date cannot tell: only reading again, later, and comparing content can."""
    moment = org.sandbox.clock.now().replace(microsecond=200_000)
    with org.sandbox.clock.at(moment):
        key = org.sandbox.insert("Event", event("as read"), org.me)
        record = await org.record(key)
        org.sandbox.update("Event", key, {"Subject": "edited in the same second"}, org.me)
    org.sandbox.clock.shift(60)
    outcome = await org.one(update(record, meeting("Ours"), Group.SUBJECT))
    assert isinstance(outcome, Stale)
    assert org.sandbox.row("Event", key)["Subject"] == "edited in the same second"


async def test_a_row_changed_just_now_is_waited_for(org: Connected) -> None:
    key = org.sandbox.insert("Event", event(), org.me)
    record = await org.record(key)
    done = await org.one(update(record, meeting("Ours"), Group.SUBJECT))
    assert isinstance(done, Done)
    assert 0 < sum(org.slept) <= 4, "two seconds by the server's clock, and its whole seconds"
    stamped = org.sandbox.row("Event", key)
    assert stamped["Subject"] == "Ours"


async def test_without_a_before_image_the_row_is_read_and_compared(org: Connected) -> None:
    key = await _settled(org)
    record = await org.record(key)
    bare = update(record, meeting("Ours"), Group.SUBJECT, raw="")
    assert isinstance(await org.one(replace(bare, expected_version="other")), Stale)
    moved = msgspec.structs.replace(record.image, starts_at=f"{day(9)}T09:00Z")
    assert isinstance(await org.one(replace(bare, before=moved)), Stale)
    assert isinstance(await org.one(bare), Done)


async def test_a_deleted_row_is_stale(org: Connected) -> None:
    key = await _settled(org)
    record = await org.record(key)
    org.sandbox.delete("Event", key, org.me)
    assert isinstance(await org.one(update(record, meeting("Ours"), Group.SUBJECT)), Stale)
    assert isinstance(await org.one(update(record, meeting("Ours"), Group.SUBJECT, raw="")), Stale)


async def test_a_coming_occurrence_of_a_series_is_never_written(org: Connected) -> None:
    pattern = {"IsRecurrence2": True, "Recurrence2PatternText": "RRULE:FREQ=DAILY;INTERVAL=1;COUNT=2"}
    key = org.sandbox.seed("Event", event(**pattern), org.me)
    org.settle()
    record = await org.record(key)
    refused = await org.one(update(record, meeting("Ours"), Group.SUBJECT))
    assert isinstance(refused, Refused)
    assert refused.text.code == "salesforce.locked_series"
    assert org.sandbox.journal.writes == []


async def test_a_reminder_moves_with_the_start(org: Connected) -> None:
    key = await _settled(org, IsReminderSet=True, ReminderDateTime=f"{day(3)}T08:45:00Z")
    record = await org.record(key)
    assert record.image.reminder_minutes == 15
    done = await org.one(update(record, meeting(offset=5), Group.TIME))
    assert isinstance(done, Done)
    assert org.sandbox.row("Event", key)["ReminderDateTime"] == f"{day(5)}T08:45:00.000+0000"
    assert done.stored is not None
    assert done.stored.image.reminder_minutes == 15


async def test_reminders_are_set_and_cleared_when_they_are_synced(org: Connected) -> None:
    key = await _settled(org)
    done = await org.one(update(await org.record(key), meeting(reminder_minutes=30), Group.REMINDER))
    assert isinstance(done, Done)
    assert done.stored is not None
    assert done.stored.image.reminder_minutes == 30
    org.settle()
    done = await org.one(update(done.stored, meeting(), Group.REMINDER))
    assert isinstance(done, Done)
    assert org.sandbox.row("Event", key)["IsReminderSet"] is False


@pytest.mark.parametrize("to_days", [True, False])
async def test_timed_becomes_all_day_and_back(org: Connected, to_days: bool) -> None:
    days = {"starts_at": day(3), "ends_at": day(5), "all_day": True}
    whole = {
        "IsAllDayEvent": True,
        "StartDateTime": f"{day(3)}T00:00:00Z",
        "EndDateTime": f"{day(4)}T00:00:00Z",
    }
    key = await _settled(org, **({} if to_days else whole))
    wanted = meeting(**days) if to_days else meeting()
    done = await org.one(update(await org.record(key), wanted, Group.TIME))
    assert isinstance(done, Done), done
    assert done.stored is not None
    image = done.stored.image
    assert (image.starts_at, image.ends_at, image.all_day) == (wanted.starts_at, wanted.ends_at, wanted.all_day)


async def test_a_private_event_with_a_link_is_refused_with_salesforces_words(org: Connected) -> None:
    contact = next(row["Id"] for row in org.sandbox.rows("Contact"))
    key = await _settled(org, WhoId=contact)
    refused = await org.one(update(await org.record(key), meeting(private=True), Group.PRIVACY))
    assert isinstance(refused, Refused)
    assert refused.permanent
    assert org.sandbox.row("Event", key)["IsPrivate"] is False


@pytest.mark.parametrize("action", ["cut_after", "cut_before", "truncate"])
async def test_a_lost_answer_is_not_repeated(org: Connected, action: str) -> None:
    key = await _settled(org)
    record = await org.record(key)
    org.fail("/composite$", action)
    assert isinstance(await org.one(update(record, meeting("Ours"), Group.SUBJECT)), LostAnswer)
    assert len(org.calls("/composite$")) == 1


async def test_a_locked_row_is_sent_again_under_the_same_condition(org: Connected) -> None:
    key = await _settled(org)
    record = await org.record(key)
    org.sandbox.lock_rows(2)
    done = await org.one(update(record, meeting("Ours"), Group.SUBJECT))
    assert isinstance(done, Done)
    conditions = {json.dumps(patch["httpHeaders"]) for patch in _patches(org)}
    assert (len(_patches(org)), len(conditions)) == (3, 1)


async def test_the_condition_survives_an_expired_session(connect: Connect) -> None:
    """Trap 1: the library's own replay would have lost it and overwritten the person's edit."""
    org: Connected = await connect()
    await org.side.open()
    key = await _settled(org)
    record = await org.record(key)
    org.sandbox.update("Event", key, {"Subject": "Edited by a person"}, org.me)
    org.sandbox.expire_sessions()
    org.sandbox.journal.clear()
    assert isinstance(await org.one(update(record, meeting("Ours"), Group.SUBJECT)), Stale)
    assert org.sandbox.row("Event", key)["Subject"] == "Edited by a person"
    first, second = (json.loads(call.body) for call in org.calls("/composite$"))
    assert first == second
    assert first["compositeRequest"][0]["httpHeaders"]["If-Unmodified-Since"].endswith("GMT")
    assert [call.status for call in org.calls("/composite$")] == [401, 200]


def test_two_seconds_are_two_seconds() -> None:
    from daemon.sides.salesforce.updating import SETTLED

    assert timedelta(seconds=2) <= SETTLED
