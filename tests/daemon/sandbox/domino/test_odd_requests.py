"""Requests that no manual foresees: each gets the service's error document or a sound entry, and spoils nothing for others."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

NOON = {"date": "2026-03-02", "time": "12:00:00", "utc": True}
ONE = {"date": "2026-03-02", "time": "13:00:00", "utc": True}
GUEST = {"email": "guest@example.com", "displayName": "A Guest"}


def entry(**more: Any) -> dict[str, Any]:
    return {"events": [{"summary": "Visit", "start": NOON, "end": ONE, **more}]}


def zoned(**standard: str) -> dict[str, Any]:
    """An entry in a zone of its own whose one observance is spoilt."""
    observance = {"start": {"date": "1950-01-01", "time": "00:00:00"}, "offsetFrom": "+0100", "offsetTo": "+0100"}
    zone = {"tzid": "Mine", "standard": {**observance, **standard}}
    there = {"date": "2026-03-02", "time": "12:00:00", "tzid": "Mine"}
    return {"timezones": [zone], "events": [{"start": there, "end": there}]}


async def sound(client: Any) -> None:
    """Every list can be read, in both forms."""
    for form in ("json", "icalendar"):
        answer = await client.get("events", since="2026-01-01T00:00:00Z", count="100", format=form)
        assert answer.status == 200, answer.text[:300]


REFUSED: dict[str, tuple[Any, tuple[int, int | None]]] = {
    "a sequence in words": (entry(sequence="three", attendees=[GUEST]), (400, 1034)),
    "a sequence below zero": (entry(sequence=-1, attendees=[GUEST]), (400, 1034)),
    "a sequence beyond an INTEGER": (entry(sequence=10**12, attendees=[GUEST]), (400, 1034)),
    "a length that is none": ({"events": [{"start": NOON, "duration": "long"}]}, (400, 1034)),
    "a length beyond the calendar": ({"events": [{"start": NOON, "duration": "P999999W"}]}, (400, 1034)),
    "a zone that is days away": (zoned(offsetFrom="+9900", offsetTo="+9900"), (400, 1034)),
    "every date excepted": (entry(recurrenceRule="FREQ=DAILY;COUNT=1", exceptDates=[NOON]), (400, 1034)),
    "every date by position excepted": (
        entry(recurrenceRule="FREQ=MONTHLY;BYDAY=1MO;COUNT=1", exceptDates=[NOON]),
        (400, 1034),
    ),
    "a text that is an object": (entry(summary={"text": "Visit"}), (500, None)),
    "utc in words": (entry(start={**NOON, "utc": "yes"}), (500, None)),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_what_has_no_meaning_is_refused_and_not_stored(client: Any, name: str) -> None:
    body, error = REFUSED[name]
    answer = await client.write_json("POST", "events", body)
    assert answer.error == error
    assert await client.listed() == []


@pytest.mark.parametrize("rule", ["BYMONTH=13;BYDAY=1SU", "BYMONTH=10;BYDAY=9SU", "BYMONTH=10;BYDAY=0SU"])
async def test_a_zone_whose_change_never_comes_does_no_harm(client: Any, rule: str) -> None:
    """Whether Domino takes such a zone is not known; it answers and stays readable either way."""
    body = zoned(recurrenceRule=f"FREQ=YEARLY;{rule}")
    standard = body["timezones"][0]["standard"]
    body["timezones"][0]["daylight"] = {**standard, "offsetTo": "+0200"}
    answer = await client.write_json("POST", "events", body)
    assert answer.status == 201 or answer.error == (400, 1034)
    await sound(client)


#: What is sent -> (key, value) of the stored entry, or None where it is left out.
STORED: dict[str, tuple[dict[str, Any], tuple[str, Any]]] = {
    "half a pair of characters": ({"summary": "a\ud800b"}, ("summary", "a?b")),
    "a half in the UID": ({"id": "u\udfff"}, ("id", "u?")),
    "control characters": ({"summary": "a\u0000\u0007b"}, ("summary", "ab")),
    "lines in a text": ({"summary": "a\r\nb"}, ("summary", "a\nb")),
    "nothing": ({"location": None, "class": None, "sequence": None}, ("location", None)),
}


@pytest.mark.parametrize("name", STORED)
async def test_odd_texts_are_stored_readable(client: Any, name: str) -> None:
    given, (key, value) = STORED[name]
    made = await client.write_json("POST", "events", entry(**given))
    assert made.status == 201
    uid = made.json["events"][0]["id"]
    assert made.json["events"][0].get(key) == value
    assert (await client("GET", made.headers["Location"].removeprefix(client.url))).json["events"][0]["id"] == uid
    await sound(client)


@pytest.mark.parametrize(
    "given",
    [
        {"attendees": [{**GUEST, "displayName": "A\r\nSTATUS:CANCELLED"}]},
        {"attendees": [{**GUEST, "email": "guest@example.com\r\nSTATUS:CANCELLED"}]},
        {"priority": "1\nSTATUS:CANCELLED"},
        {"alarm": [{"trigger": {"value": "-PT5M\r\nSTATUS:CANCELLED"}}]},
        {"status": "tentative\r\nSTATUS:CANCELLED"},
    ],
)
async def test_no_value_of_the_json_makes_a_line_of_its_own(client: Any, given: dict[str, Any]) -> None:
    made = await client.write_json("POST", "events", entry(**given))
    assert made.status == 201
    text = (await client.get(f"events/{made.json['events'][0]['id']}", format="icalendar")).text
    assert "\nSTATUS:CANCELLED" not in text


RAW: dict[str, tuple[bytes, dict[str, str], int]] = {
    "deeper than any reader": (b'{"events":' + b"[" * 100_000, {}, 400),
    "not UTF-8": (b"\xff\xfe", {}, 400),
    "not packed as it says": (b"garbage", {"Content-Encoding": "gzip"}, 400),
    "too large": (b'{"a":"' + b"x" * (17 << 20) + b'"}', {}, 413),
}


@pytest.mark.parametrize("name", RAW)
async def test_a_body_that_cannot_be_read_gets_the_error_document(client: Any, name: str) -> None:
    body, headers, status = RAW[name]
    answer = await client(
        "POST", "events", data=io.BytesIO(body), headers={"Content-Type": "application/json", **headers}
    )
    assert answer.error == (status, None)


@pytest.mark.parametrize(
    "params",
    [
        {"before": "9999-12-31T23:59:59Z"},
        {"since": "0001-01-01T00:00:00Z", "before": "9999-12-31T23:59:59Z"},
        {"since": "9999-12-31T23:59:59Z"},
        {"before": "0001-06-01T00:00:00Z"},
    ],
)
async def test_windows_reach_as_far_as_dates_do(client: Any, kit: Any, params: dict[str, str]) -> None:
    await client.post_ics(
        kit.vevent(UID="often", DTSTART="20270302T090000Z", DTEND="20270302T100000Z", RRULE="FREQ=DAILY")
    )
    answer = await client.get("events", count="100", **params)
    assert answer.status == 200
    assert bool(answer.body) == (len(params) == 2), "one end alone reaches for a year"


@pytest.mark.parametrize("path", ["events/a%0Ab", "%0A", "events/%FF"])
async def test_any_path_below_the_calendar_is_answered_by_the_service(client: Any, path: str) -> None:
    assert (await client("GET", path)).error[0] == 404


async def test_an_invitation_to_a_series_that_is_yet_to_begin_is_listed(client: Any, kit: Any) -> None:
    text = kit.vevent(
        UID="theirs",
        DTSTART="20900302T090000Z",
        DTEND="20900302T100000Z",
        RRULE="FREQ=WEEKLY;COUNT=4",
        ORGANIZER="mailto:boss@example.com",
        ATTENDEE=";ROLE=REQ-PARTICIPANT:mailto:jane.doe@example.com",
    )
    assert (await client.post_ics(text)).status == 201
    for since, listed in (("2089-01-01T00:00:00Z", 1), ("2091-01-01T00:00:00Z", 0)):
        answer = await client.get("invitations", since=since)
        assert answer.status == 200
        assert len(answer.json["notices"] if answer.body else []) == listed


async def test_the_notices_of_a_private_invitation_are_hidden_from_a_calendar_delegate(client: Any, kit: Any) -> None:
    text = kit.vevent(
        UID="theirs",
        DTSTART="20260302T090000Z",
        DTEND="20260302T100000Z",
        CLASS="PRIVATE",
        ORGANIZER="mailto:boss@example.com",
        ATTENDEE=";ROLE=REQ-PARTICIPANT:mailto:jane.doe@example.com",
    )
    await client.post_ics(text)
    assert (await client.get("events/theirs/notices")).status == 200
    client.user = "cdelegate"
    assert (await client.get("events/theirs/notices")).error == (404, 1031)


@pytest.mark.parametrize("body", [b"\xff", b"[" * 100_000, b"[]"])
async def test_the_body_of_an_action_is_read_with_care(client: Any, kit: Any, body: bytes) -> None:
    await client.post_ics(kit.vevent(UID="mine", DTSTART="20260302T090000Z", DTEND="20260302T100000Z"))
    headers = {"Content-Type": "application/json; charset=klingon"}
    answer = await client("PUT", "events/mine/action", params={"type": "accept"}, data=body, headers=headers)
    assert answer.error == (400, None)


async def test_a_client_that_refuses_gzip_gets_none(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(UID="mine", DTSTART="20260302T090000Z", DTEND="20260302T100000Z"))
    for accepted, packed in (
        ("gzip", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0, identity", False),
        ("gzip;q=0.5", True),
    ):
        answer = await client("GET", "events/mine", headers={"Accept-Encoding": accepted})
        assert ("Content-Encoding" in answer.headers) == packed, accepted


async def test_fields_choose_the_properties_of_the_text_form_too(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(UID="mine", DTSTART="20260302T090000Z", DTEND="20260302T100000Z", SUMMARY="Visit"))
    answer = await client.get("events", since="2026-01-01T00:00:00Z", fields="start,transparency", format="icalendar")
    event = answer.text.partition("BEGIN:VEVENT\r\n")[2].partition("END:VEVENT")[0]
    assert event.split("\r\n") == ["DTSTART:20260302T090000Z", "TRANSP:OPAQUE", "UID:mine", ""]


async def test_a_failure_that_nobody_foresaw_has_the_error_document(
    client: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(client.sandbox, "_need_service", broken)
    assert (await client.get("events")).error == (500, 1024)
    assert "broken" in caplog.text
    assert json.loads((await client.get("events")).body)["type"] == "text"
