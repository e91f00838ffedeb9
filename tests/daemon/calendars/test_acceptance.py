"""The cases of reference/sync.md 5.4 that calendar libraries get wrong; every UTC result was worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from daemon.calendars.icalendar_text import ParsedEvent, parse
from daemon.calendars.recurrence import Expansion, expand
from daemon.calendars.zones import UnknownZone, resolve

GMT_WITH_SUMMER = """BEGIN:VTIMEZONE
TZID:GMT
BEGIN:STANDARD
DTSTART:19501029T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
RRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19500326T010000
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def fixed_zone(tzid: str, offset: str) -> str:
    return (
        f"BEGIN:VTIMEZONE\nTZID:{tzid}\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
        f"TZOFFSETFROM:{offset}\nTZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE\n"
    )


def calendar(*lines: str, zones: str = "", more: str = "") -> str:
    body = "\n".join(lines)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{zones}BEGIN:VEVENT\nUID:case@example.com\n{body}\nEND:VEVENT\n{more}END:VCALENDAR\n"


def events(text: str, user_zone: str = "Europe/Berlin") -> tuple[ParsedEvent, ...]:
    parsed = parse(text, user_zone=user_zone)
    assert parsed.unreadable == ()
    return parsed.events


def expanded(text: str, user_zone: str = "Europe/Berlin") -> Expansion:
    found = events(text, user_zone)
    return expand(found, datetime(2000, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))


def starts(text: str, user_zone: str = "Europe/Berlin") -> list[str]:
    return [f"{item.start:%Y-%m-%dT%H:%MZ}" for item in expanded(text, user_zone).occurrences]


def periods(text: str) -> list[tuple[str, str]]:
    return [(f"{item.start:%m-%dT%H:%MZ}", f"{item.end:%m-%dT%H:%MZ}") for item in expanded(text).occurrences]


def test_gmt_with_summer_time_is_london() -> None:
    (event,) = events(
        calendar("DTSTART;TZID=GMT:20110704T140000", "DTEND;TZID=GMT:20110704T150000", zones=GMT_WITH_SUMMER)
    )
    assert event.start == datetime(2011, 7, 4, 13, 0, tzinfo=UTC)
    assert event.zone == "Europe/London"


def test_two_files_with_the_same_custom_name_keep_their_own_rules() -> None:
    first = calendar("DTSTART;TZID=Custom A:20260302T090000", zones=fixed_zone("Custom A", "-0400"))
    second = calendar("DTSTART;TZID=Custom A:20260302T090000", zones=fixed_zone("Custom A", "+0400"))
    assert [events(text)[0].start.hour for text in (first, second, first)] == [13, 5, 13]


def test_two_calendars_in_one_stream_keep_their_own_rules() -> None:
    first = calendar("DTSTART;TZID=Custom A:20260302T090000", zones=fixed_zone("Custom A", "-0400"))
    second = calendar("DTSTART;TZID=Custom A:20260302T090000", zones=fixed_zone("Custom A", "+0400"))
    assert [event.start.hour for event in events(first + second)] == [13, 5]


def test_eastern_without_definition() -> None:
    (event,) = events(calendar('DTSTART;TZID="Eastern":20260302T090000'))
    assert (event.start, event.zone) == (datetime(2026, 3, 2, 14, 0, tzinfo=UTC), "America/New_York")


def test_until_as_date_runs_through_that_local_day() -> None:
    text = calendar("DTSTART;TZID=America/New_York:20260302T210000", "RRULE:FREQ=DAILY;UNTIL=20260304")
    # 21:00 EST is 02:00Z of the next day; the 4th still counts although its instant lies on the 5th in UTC.
    assert starts(text) == ["2026-03-03T02:00Z", "2026-03-04T02:00Z", "2026-03-05T02:00Z"]


def test_until_floating_is_in_the_zone_of_the_start() -> None:
    text = calendar("DTSTART;TZID=America/New_York:20260302T210000", "RRULE:FREQ=DAILY;UNTIL=20260304T210000")
    assert starts(text) == ["2026-03-03T02:00Z", "2026-03-04T02:00Z", "2026-03-05T02:00Z"]


def test_until_in_utc_is_an_instant() -> None:
    text = calendar("DTSTART;TZID=America/New_York:20260302T210000", "RRULE:FREQ=DAILY;UNTIL=20260304T020000Z")
    assert starts(text) == ["2026-03-03T02:00Z", "2026-03-04T02:00Z"]


def test_periods_with_mixed_ends() -> None:
    text = calendar(
        "DTSTART;TZID=Eastern:20260302T100000",
        "DTEND;TZID=Eastern:20260302T110000",
        "RDATE;TZID=Eastern;VALUE=PERIOD:20260302T100000/20260302T110000,20260309T100000/PT2H,20260316T100000/20260316T103000",
    )
    # New York is -5 until Sunday 8 March 2026, -4 after.
    assert periods(text) == [
        ("03-02T15:00Z", "03-02T16:00Z"),
        ("03-09T14:00Z", "03-09T16:00Z"),
        ("03-16T14:00Z", "03-16T14:30Z"),
    ]


def test_exception_that_carries_its_own_rdate() -> None:
    more = (
        "BEGIN:VEVENT\nUID:case@example.com\nDTSTART;TZID=Eastern:20260305T150000\nDTEND;TZID=Eastern:20260305T160000\n"
        "RDATE;TZID=Eastern;VALUE=PERIOD:20260305T150000/20260305T160000\nRECURRENCE-ID:20260303T150000Z\nEND:VEVENT\n"
    )
    text = calendar(
        "DTSTART;TZID=Eastern:20260302T100000",
        "DTEND;TZID=Eastern:20260302T110000",
        "RRULE:FREQ=DAILY;COUNT=3",
        more=more,
    )
    found = expanded(text).occurrences
    assert [(item.recurrence_id, f"{item.start:%dT%H}") for item in found] == [
        ("20260302T150000Z", "02T15"),
        ("20260304T150000Z", "04T15"),
        ("20260303T150000Z", "05T20"),
    ]


def test_half_past_two_over_the_gap_keeps_its_hour() -> None:
    text = calendar(
        "DTSTART;TZID=Europe/Berlin:20260328T023000",
        "DTEND;TZID=Europe/Berlin:20260328T033000",
        "RRULE:FREQ=DAILY;COUNT=3",
    )
    # On the 29th 02:30 does not exist: 03:30 summer time = 01:30Z; from then on 02:30 summer time = 00:30Z.
    assert periods(text) == [
        ("03-28T01:30Z", "03-28T02:30Z"),
        ("03-29T01:30Z", "03-29T02:30Z"),
        ("03-30T00:30Z", "03-30T01:30Z"),
    ]


def test_a_series_that_begins_in_the_gap_goes_by_the_time_that_was_written() -> None:
    text = calendar("DTSTART;TZID=Europe/Berlin:20260329T023000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")
    # 03:30 summer time on the 29th, 02:30 summer time after it; the start counts as one of the three.
    assert starts(text) == ["2026-03-29T01:30Z", "2026-03-30T00:30Z", "2026-03-31T00:30Z"]


def test_half_past_two_in_the_repeated_hour_is_its_first_occurrence() -> None:
    text = calendar("DTSTART;TZID=Europe/Berlin:20261024T023000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3")
    assert starts(text) == ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"]


def test_exdate_as_date_removes_that_local_day() -> None:
    text = calendar(
        "DTSTART;TZID=America/New_York:20260302T210000", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20260303"
    )
    assert starts(text) == ["2026-03-03T02:00Z", "2026-03-05T02:00Z"]


def test_rule_with_a_zone_parameter() -> None:
    text = calendar("DTSTART;TZID=Eastern:20260306T090000", "RRULE;TZID=Eastern:FREQ=DAILY;COUNT=4")
    assert starts(text) == ["2026-03-06T14:00Z", "2026-03-07T14:00Z", "2026-03-08T13:00Z", "2026-03-09T13:00Z"]


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Alberta Standard Time", "America/Edmonton"),
        ("British Columbia Standard Time", "America/Vancouver"),
        ("Manitoba Standard Time", "America/Winnipeg"),
    ],
)
def test_windows_names_added_in_2026(name: str, zone: str) -> None:
    (event,) = events(calendar(f"DTSTART;TZID={name}:20260115T090000"))
    assert event.zone == zone


def test_native_zone_string_of_india() -> None:
    zone = resolve("Z=-3005$DO=0$ZX=35$ZN=India", None, "Europe/Berlin", datetime(2026, 3, 1))
    assert zone.name == "Asia/Kolkata"
    assert zone.to_utc(datetime(2026, 3, 1, 9, 0)) == datetime(2026, 3, 1, 3, 30, tzinfo=UTC)


def test_a_name_that_explains_nothing_is_said_not_guessed() -> None:
    with pytest.raises(UnknownZone) as refusal:
        resolve("Nowhere Standard Time", None, "Europe/Berlin", datetime(2026, 3, 1))
    assert refusal.value.name == "Nowhere Standard Time"
    parsed = parse(calendar("DTSTART;TZID=Nowhere Standard Time:20260301T090000"), user_zone="Europe/Berlin")
    assert parsed.events == ()
    ((handle, reason, sentence, *_),) = parsed.unreadable
    assert (handle, reason) == ("case@example.com", "zone_unknown")
    assert "Nowhere Standard Time" in sentence
