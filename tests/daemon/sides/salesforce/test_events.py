"""Tests of reading one row: times in every form, text, locks, series, what is no item."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from daemon.sides.salesforce.events import (
    Profile,
    content_digest,
    image_of,
    parse_moment,
    payload_digest,
    record_of,
    row_of_raw,
)
from daemon.sides.salesforce.fields import NEEDED, WANTED, EventShape
from daemon.sync.trees import LeftOut, Record
from shared.states import Group, LeftOutReason

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ME = "005000000000001AAA"
EVENT = "00U000000000001AAA"

SHAPE = EventShape(
    select=WANTED,
    createable=frozenset(WANTED) - frozenset(NEEDED) | {"StartDateTime", "EndDateTime", "IsAllDayEvent", "OwnerId"},
    updateable=frozenset(WANTED) - frozenset(NEEDED) | {"StartDateTime", "EndDateTime", "IsAllDayEvent", "OwnerId"},
    lengths={"Subject": 255},
    show_as=frozenset({"busy", "free", "out_of_office"}),
)
PROFILE = Profile("00D000000000001AAA", ME, "Ann Example", "Europe/Berlin", "https://acme.my.salesforce.com", SHAPE)


def row(**fields: Any) -> dict[str, Any]:
    return {
        "attributes": {"type": "Event", "url": f"/services/data/v67.0/sobjects/Event/{EVENT}"},
        "Id": EVENT,
        "OwnerId": ME,
        "Subject": "Visit",
        "StartDateTime": "2026-12-01T09:00:00.000+0000",
        "EndDateTime": "2026-12-01T10:30:00.000+0000",
        "DurationInMinutes": 90,
        "IsAllDayEvent": False,
        "SystemModstamp": "2026-11-20T08:00:00.000+0000",
        "LastModifiedDate": "2026-11-20T08:00:00.000+0000",
        "CreatedDate": "2026-11-20T08:00:00.000+0000",
        "IsDeleted": False,
    } | fields


def record(**fields: Any) -> Record:
    read = record_of(row(**fields), PROFILE, NOW)
    assert isinstance(read, Record)
    return read


@pytest.mark.parametrize(
    ("fields", "times"),
    [
        ({}, ("2026-12-01T09:00Z", "2026-12-01T10:30Z", False)),
        ({"EndDateTime": None}, ("2026-12-01T09:00Z", "2026-12-01T10:30Z", False)),
        (
            {"StartDateTime": None, "ActivityDateTime": "2026-12-01T09:00:00.000Z"},
            ("2026-12-01T09:00Z", "2026-12-01T10:30Z", False),
        ),
        (
            {"StartDateTime": "2026-12-01T10:00:59.000+01:00", "EndDateTime": "2026-12-01T10:00:59.000+01:00"},
            ("2026-12-01T09:00Z", "2026-12-01T09:00Z", False),
        ),
        (
            {"EndDateTime": "2026-12-05T10:00:00.000+0000", "DurationInMinutes": 5820},
            ("2026-12-01T09:00Z", "2026-12-05T10:00Z", False),
        ),
        # one day: start and end on the same date
        (
            {
                "IsAllDayEvent": True,
                "StartDateTime": "2026-12-01T00:00:00.000+0000",
                "EndDateTime": "2026-12-01T00:00:00.000+0000",
                "DurationInMinutes": 1440,
            },
            ("2026-12-01", "2026-12-02", True),
        ),
        (
            {
                "IsAllDayEvent": True,
                "StartDateTime": "2026-12-30T00:00:00.000+0000",
                "EndDateTime": "2027-01-01T00:00:00.000+0000",
            },
            ("2026-12-30", "2027-01-02", True),
        ),
        (
            {
                "IsAllDayEvent": True,
                "StartDateTime": None,
                "EndDateTime": None,
                "ActivityDate": "2026-12-01",
                "DurationInMinutes": 2880,
            },
            ("2026-12-01", "2026-12-03", True),
        ),
        (
            {"IsAllDayEvent": True, "EndDateTime": None, "EndDate": "2026-12-02"},
            ("2026-12-01", "2026-12-03", True),
        ),
    ],
)
def test_times(fields: dict[str, Any], times: tuple[str, str, bool]) -> None:
    image = image_of(row(**fields), PROFILE)
    assert (image.starts_at, image.ends_at, image.all_day) == times


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"StartDateTime": None}, "salesforce.no_times"),
        ({"EndDateTime": None, "DurationInMinutes": None}, "salesforce.no_times"),
        ({"StartDateTime": "yesterday", "ActivityDateTime": None}, "salesforce.no_times"),
        ({"EndDateTime": "2026-12-01T08:00:00.000+0000"}, "salesforce.odd_times"),
        ({"IsAllDayEvent": True, "EndDateTime": "2026-11-30T00:00:00.000+0000"}, "salesforce.odd_times"),
        ({"IsAllDayEvent": True, "StartDateTime": None, "ActivityDate": "soon"}, "salesforce.no_times"),
    ],
)
def test_times_that_make_no_sense_are_left_out_with_their_reason(fields: dict[str, Any], code: str) -> None:
    read = record_of(row(**fields), PROFILE, NOW)
    assert isinstance(read, LeftOut)
    assert read.reason is LeftOutReason.UNREADABLE
    assert read.why is not None
    assert read.why.code == code
    assert read.title == "Visit"
    private = record_of(row(IsPrivate=True, **fields), PROFILE, NOW)
    assert isinstance(private, LeftOut)
    assert private.title == ""


def test_text_is_normalised() -> None:
    image = image_of(row(Subject="  Visit ", Location=None, Description="\r\none\r\ntwo\rthree \r\n"), PROFILE)
    assert (image.subject, image.location, image.description) == ("Visit", "", "one\ntwo\nthree")


@pytest.mark.parametrize(
    ("value", "ours"),
    [("Busy", "busy"), ("Free", "free"), ("OutOfOffice", "out_of_office"), (None, "busy"), ("Elsewhere", "busy")],
)
def test_show_as(value: str | None, ours: str) -> None:
    assert image_of(row(ShowAs=value), PROFILE).show_as == ours


def test_a_reminder_is_counted_from_the_start_where_the_person_lives() -> None:
    assert (
        image_of(row(IsReminderSet=True, ReminderDateTime="2026-12-01T08:45:00.000Z"), PROFILE).reminder_minutes == 15
    )
    assert (
        image_of(row(IsReminderSet=False, ReminderDateTime="2026-12-01T08:45:00.000Z"), PROFILE).reminder_minutes
        is None
    )
    whole_day = {
        "IsAllDayEvent": True,
        "StartDateTime": "2026-12-01T00:00:00.000Z",
        "EndDateTime": "2026-12-01T00:00:00.000Z",
        "IsReminderSet": True,
        # 18:00 in Berlin on the day before
        "ReminderDateTime": "2026-11-30T17:00:00.000Z",
    }
    assert image_of(row(**whole_day), PROFILE).reminder_minutes == 6 * 60


def test_a_child_event_takes_only_the_reminder() -> None:
    child = record(IsChild=True)
    assert child.locked_groups == frozenset(Group) - {Group.REMINDER}
    assert child.organised_by_other
    assert child.locked_because is not None
    assert record().locked_groups == frozenset()


@pytest.mark.parametrize(
    ("fields", "locked"),
    [
        ({"IsRecurrence2": True}, True),
        ({"RecurrenceActivityId": "00U000000000009AAA"}, True),
        (
            {"IsRecurrence2": True, "StartDateTime": "2026-11-01T09:00:00Z", "EndDateTime": "2026-11-01T10:00:00Z"},
            False,
        ),
        # today is still to come somewhere on earth
        (
            {
                "IsRecurrence2": True,
                "IsAllDayEvent": True,
                "StartDateTime": "2026-11-22T00:00:00Z",
                "EndDateTime": "2026-11-22T00:00:00Z",
            },
            True,
        ),
        ({}, False),
    ],
)
def test_coming_occurrences_of_a_salesforce_series_are_locked(fields: dict[str, Any], locked: bool) -> None:
    assert bool(record(**fields).locked_groups) is locked


def test_occurrences_of_one_series_share_its_id() -> None:
    pattern = {
        "IsRecurrence2": True,
        "Recurrence2PatternText": "RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=TU;WKST=SU",
        "Recurrence2PatternStartDate": "2026-12-01T09:00:00.000+0000",
        "Recurrence2PatternTimeZone": "Europe/Berlin",
    }
    first, second = record(**pattern).series, record(**pattern, Subject="Renamed").series
    other = record(**pattern | {"Recurrence2PatternStartDate": "2026-12-02T09:00:00.000+0000"}).series
    assert first is not None
    assert second is not None
    assert other is not None
    assert first.id == second.id != other.id
    classic = record(RecurrenceActivityId="00U000000000009AAA").series
    assert classic is not None
    assert classic.id == "00U000000000009AAA"
    assert record().series is None


@pytest.mark.parametrize("fields", [{"GroupEventType": "3"}, {"IsRecurrence": True}])
def test_a_series_pattern_is_no_event(fields: dict[str, Any]) -> None:
    read = record_of(row(**fields), PROFILE, NOW)
    assert isinstance(read, LeftOut)
    assert read.reason is LeftOutReason.NOT_AN_EVENT


def test_an_archived_event_is_an_event() -> None:
    assert record(IsArchived=True).key == EVENT


def test_the_before_image_keeps_the_row_and_the_moment() -> None:
    read = record(WhoId="003000000000001AAA", WhatId="001000000000001AAA")
    kept, read_at = row_of_raw(read.raw)
    assert (kept["WhoId"], kept["WhatId"], read_at) == ("003000000000001AAA", "001000000000001AAA", NOW)
    assert payload_digest(kept) == read.payload_digest
    assert row_of_raw("") == ({}, None)
    assert row_of_raw("BEGIN:VCALENDAR") == ({}, None)
    assert row_of_raw("[1]") == ({}, None)


def test_version_moves_with_either_stamp_and_content_with_neither() -> None:
    later = "2026-11-21T08:00:00.000+0000"
    versions = {record().version, record(SystemModstamp=later).version, record(LastModifiedDate=later).version}
    assert len(versions) == 3
    assert content_digest(row(SystemModstamp=later, IsDeleted=True)) == content_digest(row())
    assert content_digest(row(Subject="Other")) != content_digest(row())


@pytest.mark.parametrize(
    "value",
    [
        "2026-07-08T17:00:00.000+0000",
        "2026-07-08T17:00:00Z",
        "2026-07-08T19:00:00+02:00",
        "2026-07-08T17:00:00+0000",
        "2026-07-08T17:00:00.000Z",
    ],
)
def test_every_form_of_a_moment(value: str) -> None:
    assert parse_moment(value) == datetime(2026, 7, 8, 17, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", "soon", 5, "2026-13-01T00:00:00Z"])
def test_no_moment(value: object) -> None:
    assert parse_moment(value) is None


def test_where_the_record_is_shown() -> None:
    image = record().image
    assert image.url == f"https://acme.my.salesforce.com/{EVENT}"
    assert (image.id, image.version) == (EVENT, record().version)
