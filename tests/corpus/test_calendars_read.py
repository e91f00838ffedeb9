"""Every sample calendar goes through reading, expanding, writing and reading again, with nothing lost and no hour moved."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from daemon.calendars.icalendar_text import ParsedCalendar, ParsedEvent, parse
from daemon.calendars.icalendar_write import EventText, write_calendar
from daemon.calendars.recurrence import Expansion, Occurrence, TooMany, expand

SAMPLES = Path(os.environ.get("DAYBRIDGE_SAMPLES") or Path(__file__).resolve().parents[3] / "shared" / "data")
FILES = sorted(
    path for folder in ("ics-notes", "ics-general") for path in (SAMPLES / folder).glob("*") if path.is_file()
)
USER_ZONE = "Europe/Berlin"
WHOLE = datetime(1700, 1, 1, tzinfo=UTC), datetime(2035, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    not FILES and not os.environ.get("CI"), reason=f"the sample calendars are not at {SAMPLES}"
)


def test_samples_are_there() -> None:
    assert len(FILES) >= 50


def read(path: Path) -> ParsedCalendar:
    return parse(path.read_bytes(), user_zone=USER_ZONE)


def by_uid(calendar: ParsedCalendar) -> list[list[ParsedEvent]]:
    groups: dict[str, list[ParsedEvent]] = defaultdict(list)
    for event in calendar.events:
        groups[event.uid].append(event)
    return list(groups.values())


def expansion(events: list[ParsedEvent]) -> Expansion:
    """The whole set, or the first two years of a series that has more dates than the limit."""
    try:
        return expand(events, *WHOLE)
    except TooMany:
        first = min(instant(event) for event in events)
        return expand(events, first - timedelta(days=2), first + timedelta(days=700))


def instant(event: ParsedEvent) -> datetime:
    if isinstance(event.start, datetime):
        return event.start
    return datetime.combine(event.start, datetime.min.time(), tzinfo=UTC)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_component_is_accounted_for_once(path: Path) -> None:
    calendar = read(path)
    # An independent count: BEGIN lines, whatever their case.
    written = len(re.findall(rb"(?im)^BEGIN:[ \t]*VEVENT\b", path.read_bytes()))
    assert written == len(calendar.events) + len(calendar.unreadable)
    others = len(re.findall(rb"(?im)^BEGIN:[ \t]*(VTODO|VJOURNAL|VFREEBUSY)\b", path.read_bytes()))
    assert others == len(calendar.not_events)
    handles = [event.handle for event in calendar.events] + [handle for handle, *_ in calendar.unreadable]
    assert len(handles) == len(set(handles))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_occurrence_is_accounted_for_once(path: Path) -> None:
    for events in by_uid(read(path)):
        found = expansion(events)
        shown = [item.handle for item in found.occurrences]
        left = [handle for handle, reason in found.left_out]
        assert len(set(shown + left)) == len(shown + left)
        superseded = sum(reason == "superseded" for _, reason in found.left_out)
        assert len(shown) + len(left) - superseded == max(found.total, 1)
        for event in events:
            represented = any(item.event is event for item in found.occurrences)
            assert represented or any(handle.startswith(event.uid) for handle in left), event.handle


# UTC starts worked out by hand from the files. US summer time began on 3 April 2005 and 11 March 2018.
NOTES_STARTS: dict[str, list[str]] = {
    "HCL-TECH-SOFTWARE_domino-c-api-samples--entryManip-input1.ics": ["2012-11-22T10:00Z"],
    "HCL-TECH-SOFTWARE_domino-c-api-samples--entryManip-output1.ics": ["2012-11-22T18:00Z"],
    # 08:00 in Chicago (UTC-5 in summer), 19 Tuesdays.
    "collective_icalendar--issue_156_RDATE_with_PERIOD_TZID_khal.ics": [
        f"2018-{day}T13:00Z"
        for day in (
            "03-27", "04-03", "04-10", "04-17", "04-24", "05-01", "05-08", "05-15", "05-22", "05-29", "06-05", "06-12",
            "06-19", "06-26", "07-03", "07-10", "07-17", "07-24", "07-31",
        )
    ],
    "ical-org_ical.net--Bug2033495.ics": [],
    # 09:00 Eastern in summer (UTC-4), five days.
    "ical4j_ical4j--calconnect.ics": [f"2005-04-{day}T13:00Z" for day in (11, 12, 13, 14, 15)],
    # The same series an hour later, as a list of periods.
    "ical4j_ical4j--calconnect2.ics": [f"2005-04-{day}T14:00Z" for day in (11, 12, 13, 14, 15)],
    "ical4j_ical4j--calconnect6.ics": ["2005-04-26T14:00Z"],
}  # fmt: skip

# The same for files of other programs whose zones are unusual.
OTHER_STARTS: dict[str, list[str]] = {
    "py-vobject_vobject--tzid_8bit.ics": ["2008-05-30T09:00Z"],  # 15:00, +6 in summer
    "py-vobject_vobject--ms_tzid.ics": ["2008-05-30T05:00Z"],  # 15:00, +10 in winter
    "collective_icalendar--issue_237_fail_to_parse_timezone_with_non_ascii_tzid.ics": ["2017-05-11T16:30Z"],  # 13:30, -3
    "collective_icalendar--issue_722_timezone_transition_ambiguity.ics": [
        "2024-03-02T20:00Z", "2024-08-02T22:00Z", "2024-05-04T22:00Z", "2024-05-04T19:00Z",
    ],
    "mangstadt_biweekly--io-text-outlook-2010.ics": ["2013-06-10T16:00Z"],  # 12:00, -4
    "ical4j_ical4j--valid-blankTzid.ics": ["2015-08-26T09:00Z"],  # the blank zone of the file is UTC+0
    "ical4j_ical4j--valid-dst-only-vtimezone.ics": ["2018-04-03T07:00Z"],  # 09:00, +2
    "linagora_james-project--meeting_without_uid.ics": ["2017-01-20T10:00Z"],
    "mangstadt_biweekly--io-text-vcal-example1.vcs": ["1996-04-01T03:30Z"],
    "cyrusimap_cyrus-imapd--recurrenceid_utc.ics": [
        "2019-02-12T09:00Z", "2019-02-19T09:00Z", "2019-02-26T09:00Z", "2019-03-05T09:00Z", "2019-03-12T09:00Z",
        "2019-03-19T09:00Z", "2019-03-26T09:00Z", "2019-04-02T08:00Z", "2019-04-09T08:00Z", "2019-04-16T08:00Z",
    ],
    "u01jmg3_ics-parser--tests-ical-issue-196.ics": [
        "2019-11-05T18:00Z", "2019-11-06T18:00Z", "2019-11-07T18:00Z", "2019-11-08T18:00Z", "2019-11-09T16:00Z",
        "2019-11-10T17:00Z", "2019-11-11T18:00Z",
    ],
    "jens-maus_node-ical--duplicate-uid-sequence.ics": ["2024-01-15T10:00Z", "2024-01-20T14:00Z"],
    # 12:00 in Brisbane (+10, no summer time), seven days without the 3rd and 4th.
    "ical4j_ical4j--valid-EXDATE.ics": [f"2006-01-0{day}T02:00Z" for day in (1, 2, 5, 6, 7)],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted({**NOTES_STARTS, **OTHER_STARTS}))
def test_hours(name: str) -> None:
    folder = "ics-notes" if name in NOTES_STARTS else "ics-general"
    calendar = read(SAMPLES / folder / name)
    found = [
        f"{item.start:%Y-%m-%dT%H:%MZ}" for events in by_uid(calendar) for item in expand(events, *WHOLE).occurrences
    ]
    assert found == {**NOTES_STARTS, **OTHER_STARTS}[name]


def test_every_notes_sample_has_its_hours() -> None:
    assert {path.name for path in FILES if path.parent.name == "ics-notes"} == set(NOTES_STARTS)


def test_all_day_dates_moved_over_the_change_of_the_clock() -> None:
    calendar = read(SAMPLES / "ics-general" / "jens-maus_node-ical--whole_day_moved_over_dst_change_berlin.ics")
    found = expand(calendar.events, *WHOLE).occurrences
    assert [(item.recurrence_id, item.start, item.end) for item in found] == [
        ("20241027", date(2024, 10, 27), date(2024, 10, 28)),
        ("20241029", date(2024, 10, 29), date(2024, 10, 30)),
        ("20241028", date(2024, 10, 30), date(2024, 10, 31)),
    ]


def as_text(item: Occurrence) -> EventText:
    event = item.event
    return EventText(
        uid=item.uid,
        recurrence_id=item.recurrence_id,
        summary=event.summary,
        location=event.location,
        description=event.description,
        start=item.start,
        end=item.end,
        all_day=item.all_day,
        # A zone without a name is written as UTC: the instants are what both sides compare.
        zone="UTC" if event.zone == "custom" else event.zone,
        show_as=event.show_as,
        private=event.klass != "PUBLIC",
        alarm_minutes=event.alarm_minutes,
        categories=event.categories,
        sequence=event.sequence,
        organizer_email=event.organizer[0] if event.organizer else None,
        attendees=event.attendees,
    )


@pytest.mark.parametrize("method", [None, "PUBLISH"])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_written_and_read_again_it_means_the_same(path: Path, method: str | None) -> None:
    for events in by_uid(read(path)):
        for item in expansion(events).occurrences[:3]:
            text = write_calendar(as_text(item), method=method)
            assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
            again = parse(text, user_zone=USER_ZONE)
            assert again.unreadable == ()
            (event,) = again.events
            (shown,) = expand([event], *WHOLE).occurrences
            if "end_before_start" not in item.event.problems:
                assert as_text(shown) == as_text(item)
