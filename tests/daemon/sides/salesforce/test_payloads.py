"""Tests of what is sent: one of the twin time fields, inclusive ends, only writable fields, reminders that move."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from daemon.sides.salesforce.events import Profile
from daemon.sides.salesforce.fields import WANTED, EventShape
from daemon.sides.salesforce.payloads import create_fields, restored_fields, update_fields, without_links
from shared.models import Image
from shared.states import Group

ALL = frozenset(WANTED) - {"Id", "IsDeleted", "SystemModstamp", "LastModifiedDate", "CreatedDate", "CreatedById"}
SHAPE = EventShape(WANTED, ALL | {"Key__c"}, ALL, {}, frozenset({"busy"}), "Key__c")
PROFILE = Profile("00D", "005000000000001AAA", "Ann", "Europe/Berlin", "https://acme.my.salesforce.com", SHAPE)
TIMED = Image(subject="Visit", starts_at="2026-12-01T09:00Z", ends_at="2026-12-01T10:30Z", show_as="tentative")
TWINS = {"DurationInMinutes", "ActivityDate", "ActivityDateTime", "EndDate"}
ROW: dict[str, Any] = {
    "Id": "00U000000000001AAA",
    "StartDateTime": "2026-12-01T09:00:00.000+0000",
    "EndDateTime": "2026-12-01T10:00:00.000+0000",
    "DurationInMinutes": 60,
    "ActivityDateTime": "2026-12-01T09:00:00.000+0000",
    "ActivityDate": "2026-12-01",
    "IsReminderSet": True,
    "ReminderDateTime": "2026-12-01T08:30:00.000+0000",
    "WhoId": "003000000000001AAA",
    "WhatId": None,
    "Subject": "Visit",
    "Key__c": "key",
}


def test_a_create_in_full() -> None:
    assert create_fields(TIMED, (), "key", PROFILE, {}) == {
        "OwnerId": "005000000000001AAA",
        "Subject": "Visit",
        "IsAllDayEvent": False,
        "StartDateTime": "2026-12-01T09:00:00Z",
        "EndDateTime": "2026-12-01T10:30:00Z",
        "ShowAs": "Free",
        "Key__c": "key",
    }


def test_days_end_on_their_last_day() -> None:
    days = Image(starts_at="2026-12-30", ends_at="2027-01-02", all_day=True)
    fields = create_fields(days, (), "", PROFILE, {})
    assert (fields["StartDateTime"], fields["EndDateTime"]) == ("2026-12-30T00:00:00Z", "2027-01-01T00:00:00Z")
    assert fields["IsAllDayEvent"] is True


def test_links_come_from_the_before_image_but_not_into_a_private_event() -> None:
    assert create_fields(TIMED, (), "", PROFILE, ROW)["WhoId"] == ROW["WhoId"]
    private = Image(subject="x", starts_at=TIMED.starts_at, ends_at=TIMED.ends_at, private=True)
    fields = create_fields(private, (), "", PROFILE, ROW)
    assert fields["IsPrivate"] is True
    assert "WhoId" not in fields
    assert without_links({"WhoId": "x", "Subject": "y"}) == {"Subject": "y"}


@pytest.mark.parametrize("groups", [frozenset(Group), frozenset({Group.TIME})])
def test_never_the_twins(groups: frozenset[Group]) -> None:
    assert not TWINS & update_fields(TIMED, groups, ROW, PROFILE).keys()
    assert not TWINS & create_fields(TIMED, groups, "", PROFILE, ROW).keys()
    assert not TWINS & restored_fields(ROW, PROFILE).keys()


def test_only_what_may_be_written() -> None:
    shape = replace(SHAPE, createable=frozenset({"Subject", "OwnerId"}), updateable=frozenset({"Subject"}))
    profile = replace(PROFILE, shape=shape)
    assert create_fields(TIMED, (), "key", profile, ROW).keys() == {"Subject", "OwnerId"}
    assert update_fields(TIMED, frozenset(Group), ROW, profile).keys() == {"Subject"}


def test_a_reminder_keeps_its_distance() -> None:
    moved = Image(starts_at="2026-12-05T12:00Z", ends_at="2026-12-05T13:00Z")
    assert update_fields(moved, {Group.TIME}, ROW, PROFILE)["ReminderDateTime"] == "2026-12-05T11:30:00Z"
    assert "ReminderDateTime" not in update_fields(moved, {Group.SUBJECT}, ROW, PROFILE)
    assert "ReminderDateTime" not in update_fields(moved, {Group.TIME}, ROW | {"IsReminderSet": False}, PROFILE)
    unreadable = ROW | {"EndDateTime": None, "DurationInMinutes": None}
    assert "ReminderDateTime" not in update_fields(moved, {Group.TIME}, unreadable, PROFILE)


def test_a_reminder_of_a_day_counts_from_local_midnight() -> None:
    days = Image(starts_at="2026-12-01", ends_at="2026-12-02", all_day=True, reminder_minutes=360)
    assert create_fields(days, (), "", PROFILE, {})["ReminderDateTime"] == "2026-11-30T17:00:00Z"
    assert update_fields(Image(starts_at="2026-12-01", ends_at="2026-12-02"), {Group.REMINDER}, {}, PROFILE) == {
        "IsReminderSet": False,
        "ReminderDateTime": None,
    }


def test_a_row_is_put_back_without_its_unique_key() -> None:
    fields = restored_fields(ROW, PROFILE)
    assert fields["WhoId"] == ROW["WhoId"]
    assert fields["Subject"] == "Visit"
    assert {"Id", "Key__c", "WhatId"} & fields.keys() == set()
