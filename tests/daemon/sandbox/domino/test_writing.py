"""Items 18 to 22, 24 and 25 of notes.md 10: create, update, delete."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

CALL = {"SUMMARY": "Call", "UID": "u1", "DTSTART": "20260302T090000Z", "DTEND": "20260302T100000Z"}
GUEST = ";ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:rick.reed@example.com"
START = {"date": "2026-03-02", "time": "09:00:00", "utc": True}


async def test_create_gives_201_location_and_the_stored_form(client: Any, kit: Any) -> None:
    answer = await client.post_ics(kit.vevent(**CALL))
    assert answer.status == 201
    assert answer.headers["Location"] == f"{client.url}{kit.base}/events/u1"
    assert answer.headers["Content-Type"].startswith("text/calendar")
    for part in ("SEQUENCE:0", "CLASS:PUBLIC", "TRANSP:OPAQUE", "LAST-MODIFIED:", "X-LOTUS-APPTTYPE:0", "EN_API_S"):
        assert part in answer.text
    assert (await client.post_ics(kit.vevent(**CALL))).error == (409, 1032)


@pytest.mark.parametrize("uid", [None, ""])
async def test_a_uid_is_made_where_there_is_none(client: Any, kit: Any, uid: str | None) -> None:
    event = {k: v for k, v in CALL.items() if k != "UID"} | ({} if uid is None else {"UID": uid})
    answer = await client.post_ics(kit.vevent(**event))
    made = answer.headers["Location"].rsplit("/", 1)[1]
    assert re.fullmatch("[0-9A-F]{32}-Lotus_Auto_Generated", made)
    assert (await client.get(f"events/{made}")).status == 200


async def test_create_in_json(client: Any) -> None:
    event = {
        "summary": "Café",
        "start": START,
        "end": {**START, "time": "10:00:00"},
        "location": "Desk",
        "class": "private",
    }
    answer = await client.write_json("POST", "events", {"events": [event]})
    assert answer.status == 201
    assert answer.headers["Content-Type"].startswith("application/json")
    stored = answer.json["events"][0]
    assert (stored["summary"], stored["class"], stored["end"]["time"]) == ("Café", "private", "10:00:00")


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"start": START, "end": {**START, "time": "10:00:00"}}, "0"),
        ({"start": {"date": "2026-03-02"}}, "1"),
        ({"start": {"date": "2026-03-02"}, "end": {"date": "2026-03-03"}}, "2"),
        ({"start": START, "end": START, "attendees": [{"email": "rick.reed@example.com"}]}, "3"),
        ({"start": START}, "4"),
        ({"start": START, "x-lotus-appttype": {"data": "2"}}, "4"),
    ],
)
async def test_the_kind_is_decided_by_shape(client: Any, event: dict[str, Any], kind: str) -> None:
    answer = await client.write_json("POST", "events", {"events": [{"summary": "x", **event}]}, workflow="false")
    assert answer.json["events"][0]["x-lotus-appttype"] == {"data": kind}
    assert (await client.listed())[0]["x-lotus-appttype"] == {"data": kind}


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", (400, None)),
        ("   ", (400, None)),
        ("hello", (400, 1034)),
        ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", (400, 1034)),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260302T090000Z\r\n", (400, 1034)),
        ("METHOD", (400, 1034)),
        ("TWO", (400, 1034)),
        ("ZONE", (400, 1034)),
        ("BACKWARDS", (400, 1034)),
        ("NOSTART", (400, 1034)),
        ("BADSTART", (400, 1034)),
        ("SUMMARYONLY", (400, 1034)),
    ],
)
async def test_bodies_that_are_refused(client: Any, kit: Any, text: str, error: tuple[int, int | None]) -> None:
    made = {
        "METHOD": lambda: kit.calendar(kit.vevent(**CALL), "METHOD:REQUEST"),
        "TWO": lambda: kit.calendar(kit.vevent(**CALL) + "\n" + kit.vevent(**{**CALL, "UID": "u2"})),
        "ZONE": lambda: kit.calendar(kit.vevent(**{**CALL, "DTSTART": ";TZID=Europe/Berlin:20260302T090000"})),
        "BACKWARDS": lambda: kit.calendar(kit.vevent(**{**CALL, "DTEND": "20260302T080000Z"})),
        "NOSTART": lambda: kit.calendar(kit.vevent(SUMMARY="x")),
        "BADSTART": lambda: kit.calendar(kit.vevent(SUMMARY="x", DTSTART="soon")),
        "SUMMARYONLY": lambda: kit.calendar(kit.vevent(**CALL, X_LOTUS_SUMMARYDATAONLY="TRUE")),
    }.get(text, lambda: text)()
    answer = await client("POST", "events", data=made.encode(), headers={"Content-Type": "text/calendar"})
    assert answer.error == error
    assert await client.listed() == []


@pytest.mark.parametrize(
    ("moment", "status"),
    [({**START, "tzid": "Eastern"}, 400), ({"date": "2026-03-02", "time": "09:00:00", "tzid": "Eastern"}, 400),
     ({"time": "09:00:00"}, 400), ({"date": "soon"}, 400), ("soon", 500)],
)  # fmt: skip
async def test_json_times_that_are_refused(client: Any, moment: Any, status: int) -> None:
    answer = await client.write_json("POST", "events", {"events": [{"summary": "x", "start": moment}]})
    assert answer.error == (status, None)


async def test_malformed_json_is_400(client: Any) -> None:
    answer = await client("POST", "events", data=b"{", headers={"Content-Type": "application/json"})
    assert answer.error == (400, None)


async def test_update_keeps_text_and_attachments_that_it_leaves_out(client: Any, kit: Any) -> None:
    event = kit.vevent(**CALL, DESCRIPTION="Bring it", ATTACH=":CID:a.pdf", LOCATION="Desk", CATEGORIES="A")
    client.sandbox.load("/mail/jdoe.nsf", kit.calendar(event))
    answer = await client.write("PUT", "events/u1", kit.vevent(**{**CALL, "SUMMARY": "New"}))
    assert answer.status == 200
    assert "DESCRIPTION:Bring it" in answer.text
    assert "ATTACH:CID:a.pdf" in answer.text
    assert "SUMMARY:New" in answer.text
    assert "LOCATION" not in answer.text
    literally = await client.write("PUT", "events/u1", kit.vevent(**CALL), literally="true")
    assert "DESCRIPTION" not in literally.text
    assert "ATTACH" not in literally.text


@pytest.mark.parametrize(("option", "kept"), [("clears", False), ("keeps", True)])
async def test_an_empty_description(start: Any, kit: Any, option: str, kept: bool) -> None:
    client = await start(empty_description=option)
    await client.post_ics(kit.vevent(**CALL, DESCRIPTION="Bring it"))
    answer = await client.write("PUT", "events/u1", kit.vevent(**CALL, DESCRIPTION=""))
    assert ("Bring it" in answer.text) is kept


async def test_update_without_an_end_ends_at_the_start(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**CALL))
    answer = await client.write_json("PUT", "events/u1", {"events": [{"summary": "x", "start": START}]})
    assert answer.json["events"][0]["end"] == START
    await client.post_ics(kit.vevent(SUMMARY="r", UID="r", DTSTART="20260302T090000Z"))
    reminder = await client.write("PUT", "events/r", kit.vevent(SUMMARY="r", DTSTART="20260302T110000Z"))
    assert "DTEND" not in reminder.text


async def test_update_of_what_is_not_there_or_is_another(client: Any, kit: Any) -> None:
    assert (await client.write("PUT", "events/none", kit.vevent(**CALL))).error == (404, 1031)
    await client.post_ics(kit.vevent(**CALL))
    assert (await client.write("PUT", "events/u1", kit.vevent(**{**CALL, "UID": "u2"}))).error == (400, 1025)


async def test_smart_sequence(client: Any, kit: Any) -> None:
    meeting = {**CALL, "ATTENDEE": GUEST}
    quiet = {"workflow": "false"}
    await client.post_ics(kit.vevent(**meeting, SEQUENCE="3"), **quiet)

    async def put(path: str = "events/u1", expected: int = 200, **changes: str) -> Any:
        params = {**quiet, **({"strictsequence": "true"} if changes.pop("strict", "") else {})}
        answer = await client.write("PUT", path, kit.vevent(**{**meeting, **changes}), **params)
        assert answer.status == expected
        return answer

    assert "SEQUENCE:3" in (await put()).text
    assert "SEQUENCE:4" in (await put(DTSTART="20260302T083000Z")).text
    assert (await put(expected=409, SEQUENCE="3", DTSTART="20260302T083000Z")).error == (409, 1027)
    assert (await put(expected=409, strict="yes", DTSTART="20260302T083000Z")).error == (409, 1027)
    assert "SEQUENCE:9" in (await put(SEQUENCE="9", DTSTART="20260302T083000Z")).text
    await client.post_ics(kit.vevent(**{**CALL, "UID": "plain"}))
    moved = kit.vevent(**{**CALL, "UID": "plain", "DTSTART": "20260302T080000Z"}, SEQUENCE="7")
    answer = await client.write("PUT", "events/plain", moved)
    assert "SEQUENCE:0" in answer.text
    assert "X-LOTUS-UPDATE-SEQ:2" in answer.text


async def test_a_whole_series_cannot_be_updated(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**CALL, RRULE="FREQ=DAILY;COUNT=3"))
    await client.post_ics(kit.vevent(**{**CALL, "UID": "plain"}))
    ranged = kit.vevent(**CALL, RECURRENCE_ID=";RANGE=THISANDFUTURE:20260303T090000Z")
    for path, body in (
        ("events/u1", kit.vevent(**CALL)),
        ("events/u1", kit.vevent(**CALL, RRULE="FREQ=DAILY;COUNT=4")),
        ("events/u1", ranged),
        ("events/u1", kit.vevent(**CALL) + "\n" + kit.vevent(**CALL, RECURRENCE_ID="20260303T090000Z")),
        ("events/plain", kit.vevent(**{**CALL, "UID": "plain"}, RRULE="FREQ=DAILY;COUNT=4")),
    ):
        assert (await client.write("PUT", path, body)).error == (400, 1028)
    assert len(await client.listed()) == 4


async def test_delete_and_delete_again(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**CALL))
    answer = await client("DELETE", "events/u1?workflow=false")
    assert (answer.status, answer.body) == (200, b"")
    assert (await client("DELETE", "events/u1?workflow=false")).error == (404, 1031)
    assert (await client.get("events/u1")).error == (404, 1031)


async def test_the_outbox_fills_only_without_workflow_false(client: Any, kit: Any) -> None:
    outbox = client.sandbox.outbox
    meeting = kit.vevent(**CALL, ATTENDEE=GUEST)
    await client.post_ics(kit.vevent(**{**CALL, "UID": "alone"}))
    await client.post_ics(meeting, workflow="false")
    await client.write("PUT", "events/u1", meeting, workflow="false")
    await client("DELETE", "events/u1?workflow=false")
    assert outbox == []
    await client.post_ics(meeting)
    await client.write("PUT", "events/u1", meeting, workflowcomment="sorry")
    await client("DELETE", "events/u1")
    assert [(n.method, n.recipients, n.comment) for n in outbox] == [
        ("REQUEST", ("rick.reed@example.com",), ""),
        ("REQUEST", ("rick.reed@example.com",), "sorry"),
        ("CANCEL", ("rick.reed@example.com",), ""),
    ]


async def test_error_1026_comes_after_having_stored(start: Any, kit: Any) -> None:
    client = await start(notice_failure=True)
    meeting = kit.vevent(**CALL, ATTENDEE=GUEST)
    assert (await client.post_ics(meeting)).error == (500, 1026)
    assert (await client.get("events/u1")).status == 200
    assert (await client("DELETE", "events/u1")).error == (500, 1026)
    assert (await client.get("events/u1")).status == 404
    assert (await client.post_ics(meeting, workflow="false")).status == 201


async def test_what_the_store_drops_and_changes(client: Any, kit: Any) -> None:
    answer = await client.post_ics(
        kit.vevent(
            **CALL, X_MINE="1", GEO="1;2", ATTACH=":CID:x", CLASS="CONFIDENTIAL", CATEGORIES="A,B", ATTENDEE=GUEST,
            DESCRIPTION=';ALTREP="CID:<x>":plain',
        ),
        workflow="false",
    )  # fmt: skip
    text = answer.text.replace("\r\n ", "")
    for gone in ("X-MINE", "GEO", "ATTACH:", "ALTREP", "ACCEPTED:mailto:rick"):
        assert gone not in text
    for there in (
        "CLASS:PRIVATE",
        "CATEGORIES:A\\;B",
        "DESCRIPTION:plain",
        'CN="Jane Doe/Example"',
        "PARTSTAT=NEEDS-ACTION",
    ):
        assert there in text
    assert (await client.get("events/u1")).json["events"][0]["categories"] == "A;B"


async def test_one_alarm_survives(client: Any, kit: Any) -> None:
    alarm = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM\n"
    await client.post_ics(kit.vevent(**CALL).replace("END:VEVENT", alarm * 2 + "END:VEVENT"))
    assert (await client.get("events/u1")).json["events"][0]["alarm"] == [
        {"action": "display", "trigger": {"value": "-PT15M"}}
    ]


REFUSED = [
    "FREQ=HOURLY;COUNT=3", "FREQ=MONTHLY;COUNT=3;BYDAY=MO,TU;BYSETPOS=1", "FREQ=YEARLY;COUNT=3;BYYEARDAY=100",
    "FREQ=YEARLY;COUNT=3;BYWEEKNO=20", "FREQ=YEARLY;COUNT=3;BYMONTH=3,6", "FREQ=DAILY;COUNT=3;BYMONTH=3",
]  # fmt: skip


@pytest.mark.parametrize("rule", REFUSED)
async def test_rule_forms_without_a_home_are_refused_unless_switched_off(start: Any, kit: Any, rule: str) -> None:
    strict, lax = await start(), await start(strict_rules=False)
    assert (await strict.post_ics(kit.vevent(**CALL, RRULE=rule))).error == (400, 1034)
    assert (await lax.post_ics(kit.vevent(**CALL, RRULE=rule))).status == 201


@pytest.mark.parametrize("rule", ["FREQ=DAILY;INTERVAL=0", "FREQ=SOMETIMES", "COUNT=3", "FREQ=DAILY;COUNT=x"])
async def test_broken_rules_are_refused_always(start: Any, kit: Any, rule: str) -> None:
    client = await start(strict_rules=False)
    assert (await client.post_ics(kit.vevent(**CALL, RRULE=rule))).error == (400, 1034)


async def test_a_meeting_somebody_else_chairs_becomes_an_invitation(client: Any, kit: Any) -> None:
    event = kit.vevent(**CALL, ATTENDEE=GUEST, ORGANIZER=":mailto:boss@example.com")
    assert (await client.post_ics(event)).status == 201
    assert client.sandbox.outbox == []
    assert (await client.listed())[0]["x-lotus-noticetype"] == {"data": "I"}
    assert (await client.get("events/u1")).error == (404, 1031)
    assert (await client.write("PUT", "events/u1", event)).error == (400, 1029)


async def test_two_writes_in_one_second_bear_the_same_stamp(client: Any, kit: Any) -> None:
    stopped = client.sandbox.now()
    client.sandbox.now = lambda: stopped
    first = await client.post_ics(kit.vevent(**CALL))
    second = await client.write("PUT", "events/u1", kit.vevent(**{**CALL, "SUMMARY": "other"}))
    stamps = [re.search(r"LAST-MODIFIED:(\S+)", answer.text) for answer in (first, second)]
    assert stamps[0] is not None
    assert stamps[1] is not None
    assert stamps[0][1] == stamps[1][1]
    client.sandbox.now = lambda: stopped + timedelta(seconds=1)
    third = await client.write("PUT", "events/u1", kit.vevent(**CALL))
    assert stamps[0][1] not in third.text


@pytest.mark.parametrize(("told", "number"), [("invalid", 1034), ("not_supported", 1028)])
async def test_rules_of_a_frequency_may_be_refused_while_lists_are_taken(
    start: Any, kit: Any, told: str, number: int
) -> None:
    client = await start(refused_rules="weekly+MONTHLY", rule_error=told)
    for rule in ("FREQ=WEEKLY;COUNT=3;BYDAY=MO", "FREQ=MONTHLY;COUNT=3", "FREQ=HOURLY;COUNT=3"):
        assert (await client.post_ics(kit.vevent(**CALL, RRULE=rule))).error == (400, number)
    dates = ";VALUE=PERIOD:20260302T090000Z/20260302T100000Z,20260309T090000Z/20260309T100000Z"
    assert (await client.post_ics(kit.vevent(**CALL, RDATE=dates))).status == 201
    assert (await client.post_ics(kit.vevent(**{**CALL, "UID": "u2"}, RRULE="FREQ=DAILY;COUNT=2"))).status == 201


@pytest.mark.parametrize(
    "repeat",
    [
        {"RRULE": "FREQ=WEEKLY;COUNT=3;BYDAY=MO"},
        {
            "RDATE": ";VALUE=PERIOD:20260302T090000Z/20260302T100000Z,20260309T090000Z/20260309T100000Z,"
            "20260316T090000Z/20260316T100000Z"
        },
    ],
    ids=["rule", "list"],
)
async def test_a_new_series_lists_each_date_and_goes_with_the_last(client: Any, kit: Any, repeat: Any) -> None:
    assert (await client.post_ics(kit.vevent(**CALL, **repeat))).status == 201
    ids = ["20260302T090000Z", "20260309T090000Z", "20260316T090000Z"]
    for number, identifier in enumerate(ids):
        listed = await client.listed()
        assert [one["href"].rsplit("/", 1)[1] for one in listed] == ids[number:]
        assert (await client("DELETE", f"events/u1/{identifier}?workflow=false")).status == 200
        assert (await client.get(f"events/u1/{identifier}")).error == (404, 1031)
    assert (await client.get("events/u1")).error == (404, 1031)
    assert (await client.post_ics(kit.vevent(**CALL))).status == 201, "the UID is free again"
