"""Items 13 to 17 of notes.md 10: what a read of one entry shows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

SERIES = {
    "SUMMARY": "Daily",
    "UID": "s1",
    "DTSTART": ";TZID=Eastern:20260302T090000",
    "DTEND": ";TZID=Eastern:20260302T093000",
}


async def make_series(client: Any, kit: Any, rule: str = "FREQ=DAILY;COUNT=3", **more: str) -> None:
    answer = await client.post_ics(kit.eastern + kit.vevent(**SERIES, RRULE=rule, **more))
    assert answer.status == 201, answer.text


def unfolded(text: str) -> str:
    return text.replace("\r\n ", "")


async def test_zones_are_written_the_way_of_notes(client: Any, kit: Any) -> None:
    await make_series(client, kit)
    text = unfolded((await client.get("events/s1", format="icalendar")).text)
    assert 'DTSTART;TZID="Eastern":20260302T090000\r\n' in text
    assert "TZID:Eastern\r\n" in text
    assert "DTSTART:19501105T020000\r\n" in text
    assert "RRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=1SU;BYMONTH=11\r\n" in text
    assert text.startswith("BEGIN:VCALENDAR\r\nX-LOTUS-CHARSET:UTF-8\r\n")
    document = (await client.get("events/s1")).json
    assert document["timezones"][0]["standard"]["start"] == {"date": "1950-11-05", "time": "02:00:00"}
    assert document["events"][0]["start"] == {"date": "2026-03-02", "time": "09:00:00", "tzid": "Eastern"}
    assert document["events"][0]["links"] == [{"rel": "instances", "href": f"{kit.base}/events/s1/instances"}]


async def test_a_zone_called_gmt_may_have_summer_time(client: Any, kit: Any) -> None:
    zone = kit.eastern.replace("Eastern", "GMT").replace("-0500", "+0000").replace("-0400", "+0100")
    event = kit.vevent(SUMMARY="x", UID="g", DTSTART=";TZID=GMT:20260701T120000", DTEND=";TZID=GMT:20260701T130000")
    await client.post_ics(zone + event)
    assert (await client.listed())[0]["start"]["time"] == "11:00:00"


async def test_an_entry_in_utc_has_no_zone(client: Any, kit: Any) -> None:
    await client.post_ics(kit.eastern + kit.vevent(SUMMARY="x", UID="u", DTSTART="20260302T090000Z"))
    answer = await client.get("events/u")
    assert "timezones" not in answer.json
    assert "VTIMEZONE" not in (await client.get("events/u", format="icalendar")).text


async def test_keys_come_in_the_fixed_order(client: Any, kit: Any) -> None:
    event = kit.vevent(
        SUMMARY="x", LOCATION="y", DESCRIPTION="z", UID="u", DTSTART="20260302T090000Z", DTEND="20260302T093000Z",
        CATEGORIES="a", PRIORITY="5", ATTENDEE=";CN=Rick Reed:mailto:rick.reed@example.com", URL="http://example.com/",
    )  # fmt: skip
    await client.post_ics(event, workflow="false")
    keys = list((await client.get("events/u")).json["events"][0])
    assert keys[:15] == [
        "href", "id", "summary", "location", "description", "start", "end", "class", "transparency", "sequence",
        "last-modified", "categories", "priority", "attendees", "organizer",
    ]  # fmt: skip
    assert all(key.startswith("x-lotus-") for key in keys[15:])


async def test_a_pristine_series_is_a_rule_and_a_changed_one_a_list(client: Any, kit: Any) -> None:
    await make_series(client, kit)
    assert "RRULE:FREQ=DAILY;COUNT=3" in (await client.get("events/s1", format="icalendar")).text
    client.sandbox.desk.move_occurrence("s1", "20260303T140000Z", timedelta(hours=2))
    text = unfolded((await client.get("events/s1", format="icalendar")).text)
    assert "RRULE:FREQ=DAILY" not in text
    assert (
        'RDATE;TZID="Eastern";VALUE=PERIOD:20260302T090000/20260302T093000,20260303T110000/20260303T113000,'
        "20260304T090000/20260304T093000\r\n"
    ) in text
    first, second = (await client.get("events/s1")).json["events"]
    assert [period["start"]["time"] for period in first["recurrenceDates"]] == ["09:00:00", "11:00:00", "09:00:00"]
    assert second["recurrenceId"] == "20260303T140000Z"
    assert second["start"]["time"] == "11:00:00"
    assert 'RDATE;TZID="Eastern";VALUE=PERIOD:20260303T110000/20260303T113000\r\n' in text


async def test_a_rescheduled_series_keeps_the_old_times_as_ids(client: Any, kit: Any) -> None:
    await make_series(client, kit)
    client.sandbox.desk.move("s1", timedelta(hours=1))
    elements = await client.listed()
    assert [e["recurrenceId"] for e in elements] == ["20260302T140000Z", "20260303T140000Z", "20260304T140000Z"]
    assert {e["start"]["time"] for e in elements} == {"15:00:00"}
    client.sandbox.desk.move("s1", timedelta(days=1))
    assert [e["recurrenceId"] for e in await client.listed()] == [e["recurrenceId"] for e in elements]
    assert (await client.get("events/s1/20260303T140000Z")).status == 200


async def test_a_change_of_text_only_makes_a_list_too_and_keeps_the_sequence(client: Any, kit: Any) -> None:
    await make_series(client, kit)
    client.sandbox.desk.edit_occurrence("s1", "20260303T140000Z", {"DESCRIPTION": "only today"})
    first, second = (await client.get("events/s1")).json["events"]
    assert "recurrenceRule" not in first
    assert (second["description"], second["sequence"]) == ("only today", 0)
    assert len(await client.listed()) == 3


async def test_an_endless_rule_becomes_finite(client: Any, kit: Any) -> None:
    await make_series(client, kit, "FREQ=WEEKLY")
    rule = (await client.get("events/s1")).json["events"][0]["recurrenceRule"]
    assert rule.startswith("FREQ=WEEKLY;UNTIL=2036")
    assert len((await client.get("events/s1/instances")).json["instances"]) in range(521, 524)


async def test_a_month_by_position_is_kept_as_dates(client: Any, kit: Any) -> None:
    await make_series(client, kit, "FREQ=MONTHLY;COUNT=3;BYDAY=1MO")
    first = (await client.get("events/s1")).json["events"][0]
    assert [p["start"]["date"] for p in first["recurrenceDates"]] == ["2026-03-02", "2026-04-06", "2026-05-04"]
    assert [e["start"]["time"] for e in await client.listed()] == ["14:00:00", "13:00:00", "13:00:00"]


async def test_instances_give_the_wrong_id_of_a_moved_occurrence(client: Any, kit: Any) -> None:
    await make_series(client, kit)
    client.sandbox.desk.move_occurrence("s1", "20260303T140000Z", timedelta(hours=2))
    ids = [one["recurrenceId"] for one in (await client.get("events/s1/instances")).json["instances"]]
    assert ids == ["20260302T140000Z", "20260303T160000Z", "20260304T140000Z"]
    assert (await client.get("events/s1/20260303T160000Z")).error == (404, 1031)
    assert (await client.get("events/s1/20260303T140000Z")).json["events"][0]["start"]["time"] == "11:00:00"
    assert (await client.get("events/s1/nonsense")).error == (400, 1025)


async def test_instances_of_a_plain_entry_are_400(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(SUMMARY="x", UID="u", DTSTART="20260302T090000Z"))
    answer = await client.get("events/u/instances")
    assert answer.error == (400, None)
    assert answer.json["message"] == "Event does not recur"


async def test_instances_stop_after_ten_years(client: Any, kit: Any) -> None:
    text = kit.calendar(kit.vevent(SUMMARY="y", UID="y", DTSTART=";VALUE=DATE:20200101", RRULE="FREQ=YEARLY"))
    client.sandbox.load("/mail/jdoe.nsf", text)
    assert len((await client.get("events/y/instances")).json["instances"]) in {10, 11}


async def test_invitees_never_seem_to_answer(start: Any, kit: Any) -> None:
    text = kit.calendar(
        kit.vevent(
            SUMMARY="x", UID="u", DTSTART="20260302T090000Z", ORGANIZER=":mailto:jane.doe@example.com",
            ATTENDEE=";PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT:mailto:rick.reed@example.com",
        )
    )  # fmt: skip
    for option, expected in (("needs_action", "needs-action"), ("kept", "accepted")):
        client = await start(partstat=option)
        client.sandbox.load("/mail/jdoe.nsf", text)
        assert (await client.get("events/u")).json["events"][0]["attendees"][0]["status"] == expected


async def test_attachments_are_in_the_text_form_only(client: Any, kit: Any) -> None:
    event = kit.vevent(
        SUMMARY="x", UID="u", DTSTART="20260302T090000Z", ATTACH=":CID:offer.pdf", X_LOTUS_HASATTACH="TRUE"
    )
    client.sandbox.load("/mail/jdoe.nsf", kit.calendar(event))
    assert "attach" not in (await client.get("events/u")).json["events"][0]
    assert "ATTACH:CID:offer.pdf" in (await client.get("events/u", format="icalendar")).text


async def test_the_json_holds_the_first_date_list_only(client: Any, kit: Any) -> None:
    event = kit.vevent(SUMMARY="x", UID="u", DTSTART="20260302T090000Z", DTEND="20260302T093000Z")
    event = event.replace("END:VEVENT", "RDATE:20260303T090000Z\nRDATE:20260304T090000Z\nEND:VEVENT")
    client.sandbox.load("/mail/jdoe.nsf", kit.calendar(event))
    assert len((await client.get("events/u")).json["events"][0]["recurrenceDates"]) == 1
    assert len(await client.listed()) == 3


async def test_last_modified_changes_with_every_save_and_has_whole_seconds(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(SUMMARY="x", UID="u", DTSTART="20260302T090000Z"))
    before = (await client.get("events/u")).json["events"][0]
    listed = await client.listed()
    client.sandbox.touch("u")
    after = (await client.get("events/u")).json["events"][0]
    assert before["last-modified"] < after["last-modified"]
    assert len(after["last-modified"]) == len("20260302T090000Z")
    assert {k: v for k, v in before.items() if k not in {"last-modified", "x-lotus-update-seq"}} == {
        k: v for k, v in after.items() if k not in {"last-modified", "x-lotus-update-seq"}
    }
    assert await client.listed() == listed
    client.sandbox.desk.edit("u", {"DESCRIPTION": "a body changes nothing in the list"})
    assert await client.listed() == listed


async def test_each_date_of_an_exception_for_a_range_is_read_as_itself(client: Any, kit: Any) -> None:
    event = kit.vevent(
        SUMMARY="x",
        UID="u",
        DTSTART="20260302T090000Z",
        DTEND="20260302T093000Z",
        RECURRENCE_ID=";RANGE=THISANDFUTURE:20260302T090000Z",
        RDATE=";VALUE=PERIOD:20260302T090000Z/20260302T093000Z,20260309T100000Z/20260309T110000Z",
    )
    client.sandbox.load("/mail/jdoe.nsf", kit.calendar(event))
    for element in await client.listed():
        [read] = (await client.get(element["href"])).json["events"]
        assert {key: read[key] for key in ("recurrenceId", "start", "end")} == {
            key: element[key] for key in ("recurrenceId", "start", "end")
        }
        assert "recurrenceDates" not in read
    assert [element["recurrenceId"] for element in await client.listed()] == ["20260302T090000Z", "20260309T100000Z"]
