"""Start, end, duration and their twins (behaviours 14, 15, 16)."""

from __future__ import annotations

from typing import Any

import pytest

START, END = "2027-03-01T10:00:00.000+0000", "2027-03-01T11:30:00.000+0000"
DAY = "2027-03-01T00:00:00.000+0000"


def times(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["StartDateTime"], row["EndDateTime"], row["DurationInMinutes"]


async def create(org: Any, **fields: Any) -> Any:
    return await org.post("sobjects/Event", {"Subject": "x", **fields})


@pytest.mark.parametrize(
    "given",
    [
        {"StartDateTime": START, "EndDateTime": END},
        {"StartDateTime": START, "DurationInMinutes": 90},
        {"StartDateTime": START, "EndDateTime": END, "DurationInMinutes": 90},
        {"ActivityDateTime": START, "DurationInMinutes": "90"},
        {"StartDateTime": START, "ActivityDateTime": START, "EndDateTime": END},
        {"StartDateTime": START, "ActivityDate": "2027-03-01", "EndDateTime": END},
    ],
)
async def test_the_missing_ones_are_derived(org: Any, given: dict[str, Any]) -> None:
    row = await org.read((await create(org, **given)).body["id"])
    assert times(row) == (START, END, 90)
    assert (row["ActivityDateTime"], row["ActivityDate"], row["EndDate"]) == (START, "2027-03-01", "2027-03-01")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "REQUIRED_FIELD_MISSING"),
        ({"StartDateTime": START}, "REQUIRED_FIELD_MISSING"),
        ({"EndDateTime": END}, "REQUIRED_FIELD_MISSING"),
        ({"StartDateTime": START, "EndDateTime": END, "DurationInMinutes": 60}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"StartDateTime": START, "EndDateTime": END, "ActivityDateTime": END}, "FIELD_INTEGRITY_EXCEPTION"),
        ({"StartDateTime": START, "EndDateTime": END, "ActivityDate": "2027-03-02"}, "FIELD_INTEGRITY_EXCEPTION"),
    ],
)
async def test_what_does_not_go_together(org: Any, given: dict[str, Any], code: str) -> None:
    answer = await create(org, **given)
    assert (answer.status, answer.code) == (400, code)


@pytest.mark.parametrize(
    ("given", "days"),
    [
        ({}, 1),
        ({"EndDateTime": DAY}, 1),
        ({"EndDateTime": "2027-03-01T23:00:00Z"}, 1),
        ({"EndDateTime": "2027-03-03T00:00:00Z"}, 3),
        ({"DurationInMinutes": 1440}, 1),
        ({"DurationInMinutes": 4320}, 3),
        ({"DurationInMinutes": 1500}, 2),
        ({"EndDateTime": "2027-03-14T00:00:00Z"}, 14),
    ],
)
async def test_all_day_events_are_dates_with_an_inclusive_end(org: Any, given: dict[str, Any], days: int) -> None:
    made = await create(org, IsAllDayEvent=True, StartDateTime="2027-03-01T15:30:00Z", **given)
    row = await org.read(made.body["id"])
    assert times(row) == (DAY, f"2027-03-{days:02}T00:00:00.000+0000", 1440 * days)
    assert (row["ActivityDate"], row["EndDate"]) == ("2027-03-01", f"2027-03-{days:02}")


async def test_an_all_day_event_by_its_date_alone(org: Any) -> None:
    row = await org.read((await create(org, IsAllDayEvent=True, ActivityDate="2027-03-01")).body["id"])
    assert times(row) == (DAY, DAY, 1440)


async def test_zero_minutes_are_legal(org: Any) -> None:
    row = await org.read((await create(org, StartDateTime=START, EndDateTime=START)).body["id"])
    assert times(row) == (START, START, 0)


@pytest.mark.parametrize(
    ("given", "multiday"),
    [
        ({"StartDateTime": END, "EndDateTime": START}, True),
        ({"StartDateTime": START, "EndDateTime": "2027-03-02T10:01:00Z"}, False),
        ({"IsAllDayEvent": True, "StartDateTime": DAY, "EndDateTime": "2027-03-02T00:00:00Z"}, False),
        ({"StartDateTime": START, "EndDateTime": "2027-03-15T10:01:00Z"}, True),
        ({"IsAllDayEvent": True, "StartDateTime": DAY, "EndDateTime": "2027-03-15T00:00:00Z"}, True),
    ],
)
async def test_lengths_that_are_refused_name_the_end(open_org: Any, given: dict[str, Any], multiday: bool) -> None:
    org = await open_org(multiday=multiday)
    answer = await create(org, **given)
    assert (answer.status, answer.code, answer.fields) == (400, "FIELD_INTEGRITY_EXCEPTION", ["EndDateTime"])
    org.version = "38.0"
    assert (await create(org, **given)).fields == ["DurationInMinutes"]


async def test_lengths_given_as_duration_name_it(open_org: Any) -> None:
    org = await open_org(multiday=False)
    for minutes in (-1, 1441):
        answer = await create(org, StartDateTime=START, DurationInMinutes=minutes)
        assert (answer.code, answer.fields) == ("FIELD_INTEGRITY_EXCEPTION", ["DurationInMinutes"])
    assert (await create(org, StartDateTime=START, DurationInMinutes=1440)).status == 201


async def test_fourteen_days_are_allowed(org: Any) -> None:
    made = await create(org, StartDateTime=START, DurationInMinutes=20160)
    assert made.status == 201
    assert (await create(org, StartDateTime=START, DurationInMinutes=20161)).status == 400


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"EndDateTime": "2027-03-01T12:00:00Z"}, (START, "2027-03-01T12:00:00.000+0000", 120)),
        ({"DurationInMinutes": 30}, (START, "2027-03-01T10:30:00.000+0000", 30)),
        (
            {"StartDateTime": "2027-03-02T10:00:00Z"},
            ("2027-03-02T10:00:00.000+0000", "2027-03-02T11:30:00.000+0000", 90),
        ),
        ({"ActivityDate": "2027-03-03"}, ("2027-03-03T10:00:00.000+0000", "2027-03-03T11:30:00.000+0000", 90)),
        ({"IsAllDayEvent": True}, (DAY, DAY, 1440)),
        ({"Subject": "y"}, (START, END, 90)),
    ],
)
async def test_updates_keep_the_rest_consistent(org: Any, change: dict[str, Any], wanted: tuple[Any, ...]) -> None:
    event = (await create(org, StartDateTime=START, EndDateTime=END)).body["id"]
    assert (await org.patch(f"sobjects/Event/{event}", change)).status == 204
    assert times(await org.read(event)) == wanted


async def test_an_all_day_event_becomes_timed_only_with_an_end(org: Any) -> None:
    event = (await create(org, IsAllDayEvent=True, StartDateTime=DAY)).body["id"]
    assert (await org.patch(f"sobjects/Event/{event}", {"IsAllDayEvent": False})).code == "REQUIRED_FIELD_MISSING"
    both = {"IsAllDayEvent": False, "StartDateTime": START, "EndDateTime": END}
    assert (await org.patch(f"sobjects/Event/{event}", both)).status == 204
    assert times(await org.read(event)) == (START, END, 90)


async def test_the_start_cannot_be_cleared(org: Any) -> None:
    event = (await create(org, StartDateTime=START, EndDateTime=END)).body["id"]
    assert (await org.patch(f"sobjects/Event/{event}", {"StartDateTime": None})).code == "REQUIRED_FIELD_MISSING"
