"""Reading: broken streams, odd writing, what becomes an event, what becomes a reason."""

from __future__ import annotations

import contextlib
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings, strategies as st

from daemon.calendars import content_lines
from daemon.calendars.icalendar_text import WHOLE_STREAM, NotACalendar, ParsedEvent, parse, same_component

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def calendar(*lines: str, end: str = "\r\n") -> str:
    body = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:one@example.com", *lines, "END:VEVENT", "END:VCALENDAR", ""]
    return end.join(body)


def one(*lines: str, user_zone: str = "Europe/Berlin") -> ParsedEvent:
    parsed = parse(calendar(*lines), user_zone=user_zone)
    assert parsed.unreadable == ()
    (event,) = parsed.events
    return event


def reason(*lines: str) -> str:
    parsed = parse(calendar(*lines), user_zone="Europe/Berlin")
    assert parsed.events == ()
    ((_, code, sentence, *_),) = parsed.unreadable
    assert sentence.endswith(".")
    return code


@pytest.mark.parametrize("data", [b"", b"<html>Login</html>", b"\x00\xff\xfe", "BEGIN:VCARD\r\nEND:VCARD"])
def test_no_calendar_at_all(data: bytes | str) -> None:
    with pytest.raises(NotACalendar) as refusal:
        parse(data, user_zone="Europe/Berlin")
    assert str(refusal.value).count(".") >= 1


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\r\n\r\n", "\r\r\n"])
def test_line_ends(end: str) -> None:
    parsed = parse(calendar("DTSTART:20260302T090000Z", "SUMMARY:Call", end=end), user_zone="Europe/Berlin")
    assert [(event.start, event.summary) for event in parsed.events] == [(NINE, "Call")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings(encoding: str) -> None:
    data = calendar("DTSTART:20260302T090000Z", "SUMMARY:Möte på kontoret").encode(encoding)
    assert parse(data, user_zone="Europe/Berlin").events[0].summary == "Möte på kontoret"


def test_a_fold_in_the_middle_of_a_character() -> None:
    data = calendar("DTSTART:20260302T090000Z", "SUMMARY:caf").encode()
    data = data.replace(b"SUMMARY:caf", b"SUMMARY:caf\xc3\r\n \xa9")
    assert parse(data, user_zone="Europe/Berlin").events[0].summary == "café"


def test_folds_before_the_colon_and_between_empty_lines() -> None:
    event = one("DTSTART", " :20260302T090000Z", "SUMMARY;LANGUAGE=en", "\t:Long", "", "  text")
    assert (event.start, event.summary) == (NINE, "Long text")


def test_text_with_raw_line_breaks_keeps_its_lines() -> None:
    event = one("DTSTART:20260302T090000Z", "DESCRIPTION:Agenda", "first point!", "- second", "SUMMARY:Call")
    assert (event.description, event.summary) == ("Agenda\nfirst point!\n- second", "Call")


def test_mixed_case_and_blanks() -> None:
    text = "begin:vCalendar\nBegin:vEvent\nuid:x@example.com\ndtstart:20260302t090000z\nSummary : Call\nend:VEVENT\nEND:vcalendar"
    (event,) = parse(text, user_zone="Europe/Berlin").events
    assert (event.start, event.summary) == (NINE, "Call")


def test_unclosed_and_stray_blocks() -> None:
    text = (
        "BEGIN:VCALENDAR\nEND:VALARM\nBEGIN:VEVENT\nUID:a\nDTSTART:20260302\nBEGIN:VALARM\nTRIGGER:-PT5M\n"
        "BEGIN:VEVENT\nUID:b\nDTSTART:20260303\nVEVENT:62\nX-LOTUS-CHILD_UID:XXX\nEND:VEVENT\nBEGIN:VTODO\nUID:t\n"
    )
    parsed = parse(text, user_zone="Europe/Berlin")
    assert [(event.uid, event.alarm_minutes) for event in parsed.events] == [("a", 5), ("b", None)]
    assert parsed.events[1].x_lotus == {"X-LOTUS-CHILD_UID": "XXX"}
    assert parsed.not_events == (("VTODO", "t"),)


def test_a_quote_that_never_closes() -> None:
    event = one('DTSTART;TZID="W. Europe Standard Time:20260302T100000"', "DTEND;TZID=W. Europe:20260302T103000")
    assert (event.start, event.zone) == (NINE, "Europe/Berlin")


def test_a_uid_is_derived_from_the_content_and_stays() -> None:
    text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:\nDTSTAMP:{}\nDTSTART:20260302\nSUMMARY:{}\nEND:VEVENT\nEND:VCALENDAR"
    uids = [
        parse(text.format(stamp, name), user_zone="Europe/Berlin").events[0].uid
        for stamp, name in [("20260101T000000Z", "A"), ("20260102T000000Z", "A"), ("20260101T000000Z", "B")]
    ]
    assert uids[0] == uids[1] != uids[2]


def test_handles_are_unique() -> None:
    text = "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nEND:VEVENT\n" * 3 + "END:VCALENDAR"
    handles = [handle for handle, *_ in parse(text, user_zone="Europe/Berlin").unreadable]
    assert len(set(handles)) == 3


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (("SUMMARY:no start",), "no_start"),
        (("DTSTART:",), "no_start"),
        (("DTSTART:2006717T080000Z",), "bad_date"),
        (("DTSTART:20260230",), "bad_date"),
        (("DTSTART:00010101T000000Z",), "bad_date"),
        (("DTSTART:20260302", "DTEND:soon"), "bad_date"),
        (("DTSTART:20260302", "EXDATE:soon"), "bad_date"),
        (("DTSTART:20260302", "DURATION:P"), "bad_duration"),
        (("DTSTART:20260302", "DURATION:P999999D"), "bad_duration"),
        (("DTSTART;TZID=Nowhere:20260302T090000",), "zone_unknown"),
        (("DTSTART:20260302T090000Z", "RDATE;TZID=Nowhere:20260303T090000"), "zone_unknown"),
        (("DTSTART:20260302", "RRULE:FREQ=HOURLY"), "frequency_refused"),
        (("DTSTART:20260302", "RRULE:FREQ=SECONDLY;COUNT=2"), "frequency_refused"),
        (("DTSTART:20260302", "RRULE:FREQ=SOMETIMES"), "bad_rule"),
        (("DTSTART:20260302", "RRULE:FREQ=DAILY;COUNT=0"), "bad_rule"),
        (("DTSTART:20260302", "RRULE:FREQ=DAILY;INTERVAL=0"), "bad_rule"),
        (("DTSTART:20260302", "RRULE:FREQ=WEEKLY;BYDAY=XX"), "bad_rule"),
        (("DTSTART:20260302", "RRULE:FREQ=WEEKLY;BYWEEKNO=3"), "bad_rule"),
        (("DTSTART:20260302", "RRULE:FREQ=MONTHLY;BYMONTHDAY=32"), "bad_rule"),
        (("DTSTART:20260302", "RRULE:RSCALE=CHINESE;FREQ=YEARLY"), "bad_rule"),
        (("DTSTART:20260302", "RRULE:FREQ=DAILY;UNTIL=soon"), "bad_date"),
    ],
)
def test_what_cannot_be_read_has_a_reason(lines: tuple[str, ...], code: str) -> None:
    assert reason(*lines) == code


def test_ends() -> None:
    assert one("DTSTART:20260302T090000Z").end == NINE
    assert one("DTSTART;VALUE=DATE:20260302").end == date(2026, 3, 3)
    assert one("DTSTART;VALUE=DATE:20260302", "DTEND;VALUE=DATE:20260302").end == date(2026, 3, 3)
    assert one("DTSTART:20260302", "DURATION:P2D").end == date(2026, 3, 4)
    both = one("DTSTART:20260302T090000Z", "DTEND:20260302T093000Z", "DURATION:PT0S")
    assert (both.end.minute if isinstance(both.end, datetime) else None, both.problems) == (30, ("end_and_duration",))
    assert "end_before_start" in one("DTSTART:20260302T090000Z", "DTEND:20260302T080000Z").problems


def test_kinds_of_time() -> None:
    floating = one("DTSTART:20260302T100000", "DTEND:20260302T110000")
    assert (floating.start, floating.floating, floating.zone) == (NINE, True, "Europe/Berlin")
    blank = one("DTSTART;TZID=:20260302T100000")
    assert (blank.start, blank.floating) == (NINE, True)
    mixed = one("DTSTART;TZID=Eastern:20260302T090000", "DTEND:20260302T100000")
    assert mixed.end == datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    assert one("DTSTART:20260302T100000+0100").start == NINE
    assert one("DTSTART:2026-03-02T09:00:00Z").start == NINE
    assert one("DTSTART;VALUE=DATE:20260302T090000Z").start == NINE
    day = one("DTSTART:20260302")
    assert (day.start, day.all_day, day.zone) == (date(2026, 3, 2), True, None)
    assert one("DTSTART:20260301T240000Z").start == datetime(2026, 3, 2, 0, 0, tzinfo=UTC)


def test_fields() -> None:
    event = one(
        "DTSTART:20260302T090000Z",
        "SUMMARY:A\\, b\\; c\\\\d\\nE",
        'DESCRIPTION;ALTREP="CID:<x@example.com>":body',
        "LOCATION: Room 1 ",
        "CLASS:X-SECRET",
        "TRANSP:TRANSPARENT",
        "STATUS:Tentative",
        "CATEGORIES:one;two,three\\, four",
        "CATEGORIES:two",
        'ORGANIZER;CN="Jane Doe/Unit/Org";SENT-BY="mailto:desk@example.com":MAILTO:jane@example.com',
        'ATTENDEE;CN="Smith, Bob";ROLE=OPT-PARTICIPANT;PARTSTAT=ACCEPTED:mailto:bob@example.com',
        "ATTENDEE:mailto:eve@example.com",
        "ATTACH;FILENAME=plan.pdf:CID:1",
        "ATTACH:https://files.example.com/a%20b.txt?x=1",
        "ATTACH:CID:2",
        "X-LOTUS-APPTTYPE:3",
        "X-LOTUS-NOTICETYPE:I",
        "SEQUENCE:4",
        "DTSTAMP:20260101T000000Z",
        "LAST-MODIFIED:20260102T000000",
        "BEGIN:VALARM",
        "DESCRIPTION:not the body",
        "TRIGGER;RELATED=END:-PT30M",
        "END:VALARM",
        "DURATION:PT20M",
    )
    assert event.summary == "A, b; c\\d\nE"
    assert (event.description, event.location, event.klass) == ("body", "Room 1", "PRIVATE")
    assert (event.transp, event.status, event.show_as) == ("TRANSPARENT", "TENTATIVE", "free")
    assert event.categories == ("one", "two", "three, four")
    assert event.organizer == ("jane@example.com", "Jane Doe/Unit/Org", "desk@example.com")
    assert event.attendees == (
        ("Smith, Bob", "bob@example.com", "OPT-PARTICIPANT", "ACCEPTED"),
        ("", "eve@example.com", "REQ-PARTICIPANT", "NEEDS-ACTION"),
    )
    assert (event.attachments, event.has_attachments) == (("plan.pdf", "a b.txt"), True)
    assert (event.apptype, event.noticetype, event.sequence) == ("3", "I", 4)
    assert (event.dtstamp, event.last_modified) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    assert event.alarm_minutes == 10
    assert "BEGIN:VALARM\r\n" in event.raw


@pytest.mark.parametrize(
    ("trigger", "minutes"),
    [
        ("TRIGGER:-PT15M", 15),
        ("TRIGGER:P0D", 0),
        ("TRIGGER:-P1DT1H", 1500),
        ("TRIGGER:PT15M", None),
        ("TRIGGER;VALUE=DATE-TIME:20260302T083000Z", 30),
        ("TRIGGER:soon", None),
    ],
)
def test_alarms(trigger: str, minutes: int | None) -> None:
    assert one("DTSTART:20260302T090000Z", "BEGIN:VALARM", trigger, "END:VALARM").alarm_minutes == minutes


def test_unquoted_altrep_and_marks_of_attachments() -> None:
    event = one("DTSTART:20260302", "DESCRIPTION;ALTREP=CID:<x@example.com>:body", "X-LOTUS-HASATTACH:1")
    assert (event.description, event.attachments, event.has_attachments) == ("body", (), True)


def test_busy_words() -> None:
    assert one("DTSTART:20260302").show_as == "busy"
    assert one("DTSTART:20260302", "STATUS:TENTATIVE").show_as == "tentative"
    assert one("DTSTART:20260302", "X-MICROSOFT-CDO-BUSYSTATUS:OOF").show_as == "out_of_office"


def test_vcalendar_1_0() -> None:
    event = one(
        "DTSTART:20260302T090000Z",
        "SUMMARY;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Caf=C3=A9 =",
        "table",
        "DESCRIPTION;QUOTED-PRINTABLE:a=0D=0Ab",
        "RRULE:W2 MO #3",
    )
    assert (event.summary, event.description, event.rrules) == ("Café table", "a\nb", ("W2 MO #3",))


def test_limits_refuse_the_whole_stream() -> None:
    many = "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\nEND:VEVENT\n" * (content_lines.MAX_COMPONENTS + 1)
    for data in (many, "BEGIN:VCALENDAR\nX:" + "x" * content_lines.MAX_BYTES):
        parsed = parse(data, user_zone="Europe/Berlin")
        assert parsed.events == ()
        ((handle, code, *_),) = parsed.unreadable
        assert (handle, code) == (WHOLE_STREAM, "too_large")


def test_a_line_over_the_limit_loses_its_value_only() -> None:
    event = one(
        "DTSTART:20260302", "SUMMARY:Call", "ATTACH;VALUE=BINARY:" + "QUJD" * (content_lines.MAX_LINE_BYTES // 4 + 1)
    )
    assert (event.summary, event.has_attachments, event.problems) == ("Call", True, ("line_too_long:ATTACH",))


FRAGMENTS = st.sampled_from(
    [
        "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VALARM", "END:VALARM", "BEGIN:VTIMEZONE",
        "TZID:X", "END:VTIMEZONE", "BEGIN:STANDARD", "END:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200", "DTSTART;TZID=X:20260302T090000", "DTSTART:20260302", "DTEND:20260101", "UID:a", "UID:", "SUMMARY:x",
        "RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "RRULE:W1 MO #5", "RDATE:20260304,20260305/P1D",
        "EXDATE:20260302", "RECURRENCE-ID:20260302T080000Z", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260303", "DURATION:-PT1H",
        "TRIGGER:-PT1M", "SEQUENCE:9", "STATUS:CANCELLED", " folded", "\tfolded", "no colon", ":", ";:", '";',
        "DTSTART;TZID=\":x",
        "ATTACH;FILENAME=:", "CATEGORIES:;,;", "DTSTART:99999999T999999Z", "DTEND;VALUE=DATE:90001231",
        "DTSTART:90001231T235959Z",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.one_of(FRAGMENTS, st.text(max_size=20)), max_size=40), st.sampled_from(["\r\n", "\n", "\r"]))
def test_any_lines_are_read_without_a_crash(lines: list[str], end: str) -> None:
    text = end.join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines])
    first, second = (
        parse(text, user_zone="America/New_York"),
        parse(text.encode("utf-8", "replace"), user_zone="America/New_York"),
    )
    assert [event.handle for event in first.events] == [event.handle for event in second.events]
    assert all(same_component(one, other) for one, other in zip(first.events, second.events, strict=True))


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_a_crash(data: bytes) -> None:
    parse(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + data, user_zone="Europe/Berlin")
    with contextlib.suppress(NotACalendar):
        parse(data, user_zone="Europe/Berlin")


def test_categories_with_escapes_at_their_ends() -> None:
    event = one("DTSTART:20260302", "CATEGORIES:path\\\\,with\\, comma,half\\;other;last\\\\")
    assert event.categories == ("path\\", "with, comma", "half", "other", "last\\")
