"""Items 4 to 12 of notes.md 10: the window, paging, what a list element is."""

from __future__ import annotations

import json
from typing import Any

import pytest

WINDOW = {"since": "2026-03-01T00:00:00Z", "before": "2026-04-01T00:00:00Z"}


@pytest.mark.parametrize(
    "params",
    [
        {"since": "2026-03-01"},
        {"since": "2026-03-01T00:00:00"},
        {"since": "2026-03-01T00:00:00+01:00"},
        {"since": "2026-02-30T00:00:00Z"},
        {"before": "tomorrow"},
        {"since": "2026-03-01T00:00:00Z", "sincenow": "1"},
        {"before": "2099-03-01T00:00:00Z", "days": "1"},
        {"days": "0"},
        {"days": "-3"},
        {"sincenow": "soon"},
        {"since": "2026-03-02T00:00:00Z", "before": "2026-03-02T00:00:00Z"},
        {"since": "2026-03-02T00:00:00Z", "before": "2026-03-01T00:00:00Z"},
        {"start": "-1"},
        {"count": "0"},
        {"count": "101"},
        {"count": "many"},
        {"fields": "start,,end"},
        {"fields": ""},
    ],
)
async def test_each_fault_of_a_window_is_400(client: Any, params: dict[str, str]) -> None:
    assert (await client.get("events", **params)).error == (400, None)


async def test_defaults_are_the_year_from_now(client: Any, kit: Any) -> None:
    now = client.sandbox.now()
    for days in (-2, 2, 364, 366):
        day = now.replace(hour=12)
        stamp = (day.fromordinal(day.toordinal() + days)).strftime("%Y%m%d") + "T120000Z"
        await client.post_ics(kit.vevent(SUMMARY=f"d{days}", DTSTART=stamp, DTEND=stamp))

    async def seen(**params: str) -> list[str]:
        answer = await client.get("events", **params)
        return [event["summary"] for event in answer.json["events"]] if answer.body else []

    assert await seen() == ["d2", "d364"]
    assert await seen(sincenow="-3") == ["d-2", "d2"]
    assert await seen(sincenow="-3", days="2") == ["d-2"]
    assert await seen(days="3") == ["d2"]
    past = now.replace(year=now.year - 1).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await seen(since=past) == ["d-2"]
    soon = now.fromordinal(now.toordinal() + 3).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert await seen(before=soon) == ["d-2", "d2"]


async def test_an_empty_window_is_200_without_body_and_type(client: Any) -> None:
    answer = await client.get("events", **WINDOW)
    assert (answer.status, answer.body) == (200, b"")
    assert "Content-Type" not in answer.headers
    assert "Content-Range" not in answer.headers


async def test_pages_are_50_and_the_range_counts_hidden_rows(client: Any, kit: Any) -> None:
    for n in range(60):
        await client.post_ics(
            kit.vevent(
                SUMMARY=f"n{n:02}", DTSTART=f"20260302T{n // 6:02}{n % 6}000Z", UID=f"u{n}", DTEND="20260303T000000Z"
            )
        )
    for n in (3, 4, 58):
        client.sandbox.desk.hide(f"u{n}", "declined")
    first = await client.get("events", **WINDOW)
    assert len(first.json["events"]) == 50
    assert first.headers["Content-Range"] == "items 0-51"
    second = await client.get("events", start="52", **WINDOW)
    assert len(second.json["events"]) == 7
    assert second.headers["Content-Range"] == "items 52-59"
    assert (await client.get("events", start="60", **WINDOW)).body == b""
    assert len({event["id"] for event in await client.listed()}) == 57


async def test_a_list_element_is_cut_from_the_view(client: Any, kit: Any) -> None:
    await client.post_ics(
        kit.eastern
        + kit.vevent(
            SUMMARY="Call", LOCATION="Desk", DESCRIPTION="secret", UID="u1", CATEGORIES="A,B",
            DTSTART=";TZID=Eastern:20260302T090000", DTEND=";TZID=Eastern:20260302T100000",
            ATTENDEE=";ROLE=REQ-PARTICIPANT:mailto:rick.reed@example.com",
        ),
        workflow="false",
    )  # fmt: skip
    [element] = await client.listed()
    assert element == {
        "href": f"{kit.base}/events/u1",
        "id": "u1",
        "summary": "Call",
        "location": "Desk",
        "start": {"date": "2026-03-02", "time": "14:00:00", "utc": True},
        "end": {"date": "2026-03-02", "time": "15:00:00", "utc": True},
        "class": "public",
        "transparency": "opaque",
        "sequence": 0,
        "categories": "A;B",
        "x-lotus-organizer": {"data": "CN=Jane Doe/O=Example"},
        "x-lotus-summarydataonly": {"data": "TRUE"},
        "x-lotus-appttype": {"data": "3"},
    }
    text = (await client.get("events", format="icalendar", **WINDOW)).text
    assert "DTSTART:20260302T140000Z" in text
    assert "VTIMEZONE" not in text
    assert "DESCRIPTION" not in text
    assert "LAST-MODIFIED" not in text


async def test_the_window_selects_by_start(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(SUMMARY="runs into it", DTSTART="20260228T230000Z", DTEND="20260301T030000Z"))
    await client.post_ics(kit.vevent(SUMMARY="first instant", DTSTART="20260301T000000Z", DTEND="20260301T010000Z"))
    await client.post_ics(kit.vevent(SUMMARY="end is out", DTSTART="20260401T000000Z", DTEND="20260401T010000Z"))
    assert [event["summary"] for event in (await client.get("events", **WINDOW)).json["events"]] == ["first instant"]


async def test_each_occurrence_is_an_element_with_its_original_id(client: Any, kit: Any) -> None:
    await client.post_ics(
        kit.vevent(
            SUMMARY="Daily", UID="s1", DTSTART="20260302T090000Z", DTEND="20260302T093000Z", RRULE="FREQ=DAILY;COUNT=3"
        )
    )
    moved = kit.vevent(SUMMARY="Daily", DTSTART="20260303T110000Z", DTEND="20260303T113000Z")
    assert (await client.write("PUT", "events/s1/20260303T090000Z", moved)).status == 200
    elements = await client.listed()
    assert [(e["recurrenceId"], e["start"]["time"]) for e in elements] == [
        ("20260302T090000Z", "09:00:00"),
        ("20260303T090000Z", "11:00:00"),
        ("20260304T090000Z", "09:00:00"),
    ]
    assert elements[1]["href"] == f"{kit.base}/events/s1/20260303T090000Z"
    for element in elements:
        assert (await client.get(element["href"])).status == 200


async def test_invitations_are_listed_and_not_readable(client: Any, kit: Any) -> None:
    invited = kit.vevent(SUMMARY="Theirs", UID="i1", DTSTART="20260302T090000Z", ORGANIZER=":mailto:x@example.com")
    client.sandbox.desk.invite("/mail/jdoe.nsf", kit.calendar(invited))
    [element] = await client.listed()
    assert element["x-lotus-noticetype"] == {"data": "I"}
    assert (await client.get(element["href"])).error == (404, 1031)


@pytest.mark.parametrize("why", ["declined", "draft", "delegated", "cancelled"])
async def test_what_the_view_passes_by_is_not_listed(client: Any, kit: Any, why: str) -> None:
    await client.post_ics(kit.vevent(SUMMARY="x", UID="u1", DTSTART="20260302T090000Z"))
    client.sandbox.desk.hide("u1", why)
    assert await client.listed() == []


async def test_an_old_template_gives_throw_away_ids(start: Any, kit: Any) -> None:
    client = await start(old_template=True)
    await client.post_ics(kit.vevent(SUMMARY="Two", LOCATION="Desk", UID="u2", DTSTART="20260303T090000Z"))
    [before] = await client.listed()
    await client.post_ics(kit.vevent(SUMMARY="One", UID="u1", DTSTART="20260302T090000Z"))
    after = (await client.listed())[1]
    assert before["id"].endswith("_1-Lotus_ReadRange_Generated")
    assert after["id"] == before["id"].replace("_1-", "_2-")
    assert after["summary"] == "Two,Desk,Jane Doe/Example"
    assert not {"sequence", "transparency"} & set(after)
    assert (await client.get(after["href"])).json["events"][0]["id"] == "u2"
    assert (await client.get(before["href"])).json["events"][0]["id"] == "u2"


@pytest.mark.parametrize(("how", "expected"), [("skip", [0, 1, 3, 4]), ("double", [0, 1, 1, 2, 3, 4])])
async def test_a_change_between_two_pages(start: Any, kit: Any, how: str, expected: list[int]) -> None:
    client = await start(disturb_pages=how)
    for n in range(5):
        await client.post_ics(kit.vevent(SUMMARY=str(n), DTSTART=f"2026030{n + 2}T090000Z"))
    numbers: list[int] = []
    start_at = 0
    while body := (await client.get("events", start=str(start_at), count="2", **WINDOW)).body:
        events = json.loads(body)["events"]
        numbers += [int(event["summary"]) for event in events]
        start_at += len(events)
    assert numbers == expected
    assert [int(event["summary"]) for event in await client.listed(count="2")] == [0, 1, 2, 3, 4]


async def test_fields_know_the_odd_spellings(client: Any, kit: Any) -> None:
    await client.post_ics(
        kit.vevent(
            SUMMARY="S", UID="s", DTSTART="20260302T090000Z", DTEND="20260302T093000Z", RRULE="FREQ=DAILY;COUNT=1"
        )
    )

    async def keys(fields: str) -> set[str]:
        return set((await client.listed(fields=fields))[0]) - {"href", "id"}

    assert await keys("start,reccurenceid,x-lotus-apptype") == {"start", "recurrenceId", "x-lotus-appttype"}
    assert await keys("summary,recurrenceid") == {"summary"}
    assert len(await keys("nothing-known")) > 5


async def test_an_entry_without_a_readable_start_is_in_every_window_without_one(client: Any, kit: Any) -> None:
    text = kit.calendar(
        kit.vevent(SUMMARY="no start", UID="a") + "\n" + kit.vevent(SUMMARY="odd", UID="b", DTSTART="on Monday")
        + "\n" + kit.vevent(SUMMARY="zone", UID="c", DTSTART=';TZID="Nowhere Time":20260302T090000')
    )  # fmt: skip
    report = client.sandbox.load("/mail/jdoe.nsf", text)
    assert (report.stored, report.remarks) == (3, {"start_not_understood": 3})
    elements = await client.listed()
    assert [element["id"] for element in elements] == ["a", "b", "c"]
    assert not any("start" in element for element in elements)
    assert "on Monday" in (await client.get("events/b", format="icalendar")).text
