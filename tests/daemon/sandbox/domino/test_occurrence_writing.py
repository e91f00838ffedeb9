"""Items 22 and 23 of notes.md 10: one occurrence changed or deleted, and ranges of them."""

from __future__ import annotations

from typing import Any

import pytest

SERIES = {
    "SUMMARY": "S",
    "UID": "s",
    "DTSTART": "20260302T090000Z",
    "DTEND": "20260302T093000Z",
    "RRULE": "FREQ=DAILY;COUNT=4",
}
IDS = [f"2026030{day}T090000Z" for day in (2, 3, 4, 5)]


async def ids(client: Any) -> list[str]:
    return [element["recurrenceId"] for element in await client.listed()]


async def test_put_makes_an_exception_and_a_list_of_dates(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**SERIES, DESCRIPTION="kept"))
    moved = kit.vevent(SUMMARY="moved", DTSTART="20260304T120000Z", DTEND="20260304T130000Z")
    answer = await client.write("PUT", f"events/s/{IDS[2]}", moved)
    assert answer.status == 200
    assert "RECURRENCE-ID:20260304T090000Z" in answer.text
    assert "DESCRIPTION:kept" in answer.text
    text = (await client.get("events/s", format="icalendar")).text.replace("\r\n ", "")
    assert "RRULE" not in text
    assert "20260304T120000Z/20260304T130000Z" in text
    assert await ids(client) == IDS
    again = kit.vevent(SUMMARY="moved back", DTSTART="20260304T090000Z", DTEND="20260304T093000Z")
    assert (await client.write("PUT", f"events/s/{IDS[2]}", again)).status == 200
    assert await ids(client) == IDS
    assert text.count("BEGIN:VEVENT") == 2
    assert (await client.get("events/s", format="icalendar")).text.count("BEGIN:VEVENT") == 2


async def test_put_with_the_id_in_the_body(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**SERIES))
    body = kit.vevent(SUMMARY="x", DTSTART="20260304T090000Z", DTEND="20260304T093000Z", RECURRENCE_ID=IDS[2])
    assert (await client.write("PUT", "events/s", body)).status == 200
    assert (await client.listed())[2]["summary"] == "x"


async def test_put_onto_the_time_of_another_occurrence_loses_none(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**SERIES))
    body = kit.vevent(SUMMARY="x", DTSTART="20260304T090000Z", DTEND="20260304T093000Z")
    assert (await client.write("PUT", f"events/s/{IDS[1]}", body)).status == 200
    assert sorted(await ids(client)) == IDS


async def test_put_in_another_zone(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**SERIES))
    body = kit.vevent(SUMMARY="x", DTSTART=";TZID=Eastern:20260304T090000", DTEND=";TZID=Eastern:20260304T100000")
    assert (await client.write("PUT", f"events/s/{IDS[2]}", kit.eastern + body)).status == 200
    assert (await client.listed())[2]["start"]["time"] == "14:00:00"
    assert await ids(client) == IDS


async def test_an_unknown_occurrence_is_404(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**SERIES))
    body = kit.vevent(SUMMARY="x", DTSTART="20260304T090000Z")
    assert (await client.write("PUT", "events/s/20260309T090000Z", body)).error == (404, 1031)
    assert (await client("DELETE", "events/s/20260309T090000Z")).error == (404, 1031)


@pytest.mark.parametrize(
    ("which", "left"),
    [
        ("", [0, 1, 3]),
        ("?recurrenceRange=future", [0, 1]),
        ("?recurrenceRange=previous", [3]),
        ("?recurrenceRange=all", []),
    ],
)
@pytest.mark.parametrize("changed", [False, True])
async def test_delete_ranges(client: Any, kit: Any, which: str, left: list[int], changed: bool) -> None:
    await client.post_ics(kit.vevent(**SERIES))
    if changed:
        body = kit.vevent(SUMMARY="x", DTSTART="20260306T120000Z", DTEND="20260306T130000Z")
        await client.write("PUT", f"events/s/{IDS[1]}", body)
    answer = await client("DELETE", f"events/s/{IDS[2]}{which}")
    assert (answer.status, answer.body) == (200, b"")
    assert sorted(await ids(client)) == [IDS[n] for n in left]
    assert (await client("DELETE", f"events/s/{IDS[2]}{which}")).error == (404, 1031)
    assert (await client.get("events/s")).status == (200 if left else 404)


async def test_a_deleted_date_of_a_rule_is_an_exdate(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**SERIES))
    await client("DELETE", f"events/s/{IDS[0]}")
    await client("DELETE", f"events/s/{IDS[2]}")
    first = (await client.get("events/s")).json["events"][0]
    assert first["recurrenceRule"] == "FREQ=DAILY;COUNT=4"
    assert [date["date"] for date in first["exceptDates"]] == ["2026-03-02", "2026-03-04"]


async def test_the_last_date_takes_the_entry_with_it(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**SERIES))
    for identifier in IDS:
        assert (await client("DELETE", f"events/s/{identifier}")).status == 200
    assert (await client.get("events/s")).error == (404, 1031)


async def test_an_unknown_range_is_refused(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**SERIES))
    assert (await client("DELETE", f"events/s/{IDS[0]}?recurrenceRange=some")).error == (400, 1033)
    assert await ids(client) == IDS


async def test_an_all_day_series_has_dates_as_ids(client: Any, kit: Any) -> None:
    await client.post_ics(
        kit.vevent(
            SUMMARY="d",
            UID="d",
            DTSTART=";VALUE=DATE:20260302",
            DTEND=";VALUE=DATE:20260303",
            RRULE="FREQ=DAILY;COUNT=3",
        )
    )
    assert await ids(client) == ["20260302", "20260303", "20260304"]
    body = kit.vevent(SUMMARY="moved", DTSTART=";VALUE=DATE:20260310", DTEND=";VALUE=DATE:20260311")
    assert (await client.write("PUT", "events/d/20260303", body)).status == 200
    assert await ids(client) == ["20260302", "20260304", "20260303"]
    assert (await client("DELETE", "events/d/20260303")).status == 200
    assert await ids(client) == ["20260302", "20260304"]


async def test_create_a_series_with_its_exceptions(client: Any, kit: Any) -> None:
    exception = kit.vevent(
        SUMMARY="odd", UID="s", DTSTART="20260303T150000Z", DTEND="20260303T160000Z", RECURRENCE_ID=IDS[1]
    )
    assert (await client.post_ics(kit.vevent(**SERIES) + "\n" + exception)).status == 201
    assert await ids(client) == IDS
    assert (await client.listed())[1]["summary"] == "odd"
