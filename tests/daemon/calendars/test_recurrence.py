"""Expansion: sets, exceptions, Notes habits, windows, limits; UTC results worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from daemon.calendars.icalendar_text import parse
from daemon.calendars.recurrence import Expansion, TooMany, expand, same_occurrences

WIDE = datetime(2000, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def vevent(*lines: str, uid: str = "series@example.com") -> str:
    return "\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"])


def run(*components: str, window: tuple[datetime, datetime] = WIDE, user_zone: str = "Europe/Berlin") -> Expansion:
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *components, "END:VCALENDAR"])
    parsed = parse(text, user_zone=user_zone)
    assert parsed.unreadable == ()
    return expand(parsed.events, *window)


def starts(found: Expansion) -> list[str]:
    return [
        f"{item.start:%m-%dT%H:%M}" if isinstance(item.start, datetime) else f"{item.start:%m-%d}"
        for item in found.occurrences
    ]


def pairs(found: Expansion) -> list[tuple[str, str]]:
    return [(item.recurrence_id, shown) for item, shown in zip(found.occurrences, starts(found), strict=True)]


def test_nothing_gives_nothing() -> None:
    assert expand((), *WIDE).occurrences == ()


def test_a_single_entry_has_no_recurrence_id() -> None:
    found = run(vevent("DTSTART:20260302T090000Z", "DTEND:20260302T100000Z"))
    (item,) = found.occurrences
    assert (item.recurrence_id, item.handle, item.position) == ("", "series@example.com", 1)


def test_a_start_outside_its_rule_is_added_and_said() -> None:
    # RFC 5545 leaves it undefined; the ruling adds it: COUNT=3 gives four dates.
    found = run(vevent("DTSTART:20260302T090000Z", "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=3"))
    assert starts(found) == ["03-02T09:00", "03-03T09:00", "03-10T09:00", "03-17T09:00"]
    assert found.flags == ("start_not_in_rule",)


def test_count_and_until_take_the_earlier_end() -> None:
    found = run(vevent("DTSTART:20260302T090000Z", "RRULE:FREQ=DAILY;COUNT=10;UNTIL=20260304T090000Z"))
    assert starts(found) == ["03-02T09:00", "03-03T09:00", "03-04T09:00"]
    found = run(vevent("DTSTART:20260302T090000Z", "RRULE:FREQ=DAILY;COUNT=2;UNTIL=20260304T090000Z"))
    assert starts(found) == ["03-02T09:00", "03-03T09:00"]


def test_dates_that_do_not_exist_are_skipped_and_not_counted() -> None:
    found = run(vevent("DTSTART:20260131T090000Z", "RRULE:FREQ=MONTHLY;COUNT=3"))
    assert starts(found) == ["01-31T09:00", "03-31T09:00", "05-31T09:00"]


def test_rule_dates_and_excluded_dates_are_a_set() -> None:
    found = run(
        vevent(
            "DTSTART:20260302T090000Z",
            "RRULE:FREQ=DAILY;COUNT=3",
            "RDATE:20260303T090000Z,20260310T090000Z",
            "EXDATE:20260304T090000Z",
        )
    )
    assert starts(found) == ["03-02T09:00", "03-03T09:00", "03-10T09:00"]


def test_exrule_takes_its_dates_away() -> None:
    found = run(
        vevent("DTSTART:20260302T090000Z", "RRULE:FREQ=DAILY;COUNT=7", "EXRULE:FREQ=WEEKLY;BYDAY=SA,SU;COUNT=9")
    )
    assert starts(found) == [f"03-0{day}T09:00" for day in (2, 3, 4, 5, 6)]


def test_excluded_in_another_zone_matches_by_instant() -> None:
    found = run(vevent("DTSTART;TZID=Eastern:20260302T090000", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260303T140000Z"))
    assert starts(found) == ["03-02T14:00", "03-04T14:00"]


def test_a_series_with_every_date_excluded_is_still_accounted_for() -> None:
    found = run(vevent("DTSTART:20260302T090000Z", "RRULE:FREQ=DAILY;COUNT=1", "EXDATE:20260302T090000Z"))
    assert (found.occurrences, found.left_out) == ((), (("series@example.com", "cancelled"),))


def test_duration_in_days_follows_the_clock_and_an_end_does_not() -> None:
    lines = ("DTSTART;TZID=Europe/Berlin:20260328T120000", "RRULE:FREQ=WEEKLY;COUNT=2")
    (nominal, _) = run(vevent(*lines, "DURATION:P1D")).occurrences
    # One day by the clock over the change is 23 hours: 11:00Z to 10:00Z.
    assert nominal.end == datetime(2026, 3, 29, 10, 0, tzinfo=UTC)
    (first, second) = run(vevent(*lines, "DTEND;TZID=Europe/Berlin:20260329T120000")).occurrences
    assert first.end == nominal.end
    assert isinstance(second.start, datetime)
    assert isinstance(second.end, datetime)
    assert (second.end - second.start).total_seconds() == 23 * 3600


def test_exception_in_utc_under_a_zoned_series() -> None:
    found = run(
        vevent("DTSTART;TZID=Eastern:20260302T090000", "RRULE:FREQ=DAILY;COUNT=2", "SUMMARY:plain"),
        vevent("DTSTART;TZID=Eastern:20260303T110000", "RECURRENCE-ID:20260303T140000Z", "SUMMARY:moved"),
    )
    assert pairs(found) == [("20260302T140000Z", "03-02T14:00"), ("20260303T140000Z", "03-03T16:00")]
    assert [item.event.summary for item in found.occurrences] == ["plain", "moved"]


def test_exception_named_by_day() -> None:
    found = run(
        vevent("DTSTART;TZID=America/New_York:20260302T210000", "RRULE:FREQ=DAILY;COUNT=2"),
        vevent("DTSTART;TZID=America/New_York:20260303T080000", "RECURRENCE-ID;VALUE=DATE:20260303"),
    )
    assert pairs(found) == [("20260303T020000Z", "03-03T02:00"), ("20260304T020000Z", "03-03T13:00")]


def test_exception_that_fits_nothing_is_extra_and_said() -> None:
    found = run(
        vevent("DTSTART:20260302T090000Z", "RRULE:FREQ=DAILY;COUNT=2"),
        vevent("DTSTART:20260320T090000Z", "RECURRENCE-ID:20260310T090000Z"),
    )
    assert pairs(found)[-1] == ("20260310T090000Z", "03-20T09:00")
    assert found.occurrences[-1].flags == ("unmatched_exception",)
    assert found.total == 3


def test_lone_exception_is_an_occurrence_of_its_own() -> None:
    found = run(vevent("DTSTART:20260303T110000Z", "RECURRENCE-ID:20260303T090000Z"))
    assert pairs(found) == [("20260303T090000Z", "03-03T11:00")]
    assert found.occurrences[0].flags == ("lone_exception",)


def test_listed_dates_carry_moved_times_and_the_exception_the_original() -> None:
    found = run(
        vevent(
            "DTSTART:20260302T100000Z",
            "DTEND:20260302T110000Z",
            "RDATE;VALUE=PERIOD:20260302T100000Z/20260302T110000Z,20260303T120000Z/PT1H",
        ),
        vevent("DTSTART:20260303T120000Z", "DTEND:20260303T130000Z", "RECURRENCE-ID:20260303T100000Z"),
    )
    assert pairs(found) == [("20260302T100000Z", "03-02T10:00"), ("20260303T100000Z", "03-03T12:00")]


def test_chain_of_moved_dates_leaves_no_duplicate() -> None:
    # 10:00 moved to 12:00 and 12:00 moved to 14:00: the list holds 12:00 and 14:00.
    found = run(
        vevent("DTSTART:20260302T120000Z", "DTEND:20260302T123000Z", "RDATE:20260302T120000Z,20260302T140000Z"),
        vevent("DTSTART:20260302T120000Z", "DURATION:PT30M", "RECURRENCE-ID:20260302T100000Z"),
        vevent("DTSTART:20260302T140000Z", "DURATION:PT30M", "RECURRENCE-ID:20260302T120000Z"),
    )
    assert pairs(found) == [("20260302T100000Z", "03-02T12:00"), ("20260302T120000Z", "03-02T14:00")]


def test_a_rule_date_is_not_taken_by_another_exception_s_new_time() -> None:
    found = run(
        vevent("DTSTART:20260302T090000Z", "RRULE:FREQ=DAILY;COUNT=3"),
        vevent("DTSTART:20260304T090000Z", "RECURRENCE-ID:20260303T090000Z"),
    )
    assert [item.recurrence_id for item in found.occurrences] == [
        "20260302T090000Z",
        "20260303T090000Z",
        "20260304T090000Z",
    ]


def test_a_moved_time_only_stands_for_a_listed_date() -> None:
    # The id fits nothing and the series is a rule: its date on the 3rd is another one, and both stay.
    found = run(
        vevent("DTSTART:20260302T090000Z", "RRULE:FREQ=DAILY;COUNT=3"),
        vevent("DTSTART:20260303T090000Z", "RECURRENCE-ID:20260310T090000Z"),
    )
    assert found.total == 4
    assert pairs(found)[1:3] == [("20260303T090000Z", "03-03T09:00"), ("20260310T090000Z", "03-03T09:00")]


def test_rescheduled_rule_and_list_of_the_same_dates_are_the_same_set() -> None:
    rule = run(vevent("DTSTART;TZID=Eastern:20260306T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4"))
    listed = run(
        vevent(
            "DTSTART;TZID=Eastern:20260306T090000",
            "DTEND;TZID=Eastern:20260306T100000",
            "SEQUENCE:1",
            "RDATE;TZID=Eastern;VALUE=PERIOD:20260306T090000/20260306T100000,20260307T090000/PT1H",
            "RDATE;TZID=Eastern;VALUE=PERIOD:20260308T090000/PT1H,20260309T090000/20260309T100000",
        )
    )
    assert same_occurrences(rule, listed)


def test_this_and_future_moves_the_later_ones_by_the_clock() -> None:
    found = run(
        vevent("DTSTART;TZID=Eastern:20260305T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5", "SUMMARY:old"),
        vevent(
            "DTSTART;TZID=Eastern:20260307T100000",
            "DURATION:PT2H",
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20260307T140000Z",
            "SUMMARY:new",
        ),
    )
    # From 7 March an hour later; New York's clock changes on the 8th, the local time stays 10:00.
    assert pairs(found) == [
        ("20260305T140000Z", "03-05T14:00"),
        ("20260306T140000Z", "03-06T14:00"),
        ("20260307T140000Z", "03-07T15:00"),
        ("20260308T130000Z", "03-08T14:00"),
        ("20260309T130000Z", "03-09T14:00"),
    ]
    assert [item.event.summary for item in found.occurrences] == ["old", "old", "new", "new", "new"]
    assert {item.end - item.start for item in found.occurrences[2:]} == {
        found.occurrences[2].end - found.occurrences[2].start
    }


def test_this_and_future_that_carries_its_list() -> None:
    found = run(
        vevent("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"),
        vevent(
            "DTSTART:20260303T110000Z",
            "DURATION:PT1H",
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20260303T090000Z",
            "RDATE;VALUE=PERIOD:20260303T110000Z/PT1H,20260304T150000Z/PT1H",
        ),
    )
    assert pairs(found) == [
        ("20260302T090000Z", "03-02T09:00"),
        ("20260303T090000Z", "03-03T11:00"),
        ("20260304T090000Z", "03-04T15:00"),
    ]


def test_a_carried_list_of_another_length_replaces_the_later_dates() -> None:
    found = run(
        vevent("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4"),
        vevent(
            "DTSTART:20260303T110000Z",
            "DURATION:PT1H",
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20260303T090000Z",
            "RDATE;VALUE=PERIOD:20260303T110000Z/PT1H,20260306T150000Z/PT1H",
        ),
    )
    assert pairs(found)[2:] == [("20260306T150000Z", "03-06T15:00")]
    assert [reason for _, reason in found.left_out] == ["superseded", "superseded"]


def test_cancelled_exception_and_cancelled_series() -> None:
    series = vevent("DTSTART:20260302T090000Z", "RRULE:FREQ=DAILY;COUNT=2")
    found = run(series, vevent("DTSTART:20260303T090000Z", "RECURRENCE-ID:20260303T090000Z", "STATUS:CANCELLED"))
    assert starts(found) == ["03-02T09:00"]
    assert found.left_out == (("series@example.com/20260303T090000Z", "cancelled"),)
    found = run(vevent("DTSTART:20260302T090000Z", "RRULE:FREQ=DAILY;COUNT=2", "STATUS:CANCELLED"))
    assert [reason for _, reason in found.left_out] == ["cancelled", "cancelled"]
    assert found.occurrences == ()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_versions_the_higher_sequence_wins_then_the_later_stamp(order: tuple[int, int]) -> None:
    versions = [
        vevent("DTSTART:20260302T090000Z", "SEQUENCE:1", "DTSTAMP:20260101T000000Z", "SUMMARY:new"),
        vevent("DTSTART:20260303T090000Z", "SEQUENCE:0", "DTSTAMP:20260201T000000Z", "SUMMARY:old"),
    ]
    found = run(*(versions[index] for index in order))
    assert [item.event.summary for item in found.occurrences] == ["new"]
    assert found.left_out == (("series@example.com#2", "superseded"),)
    same_sequence = [text.replace("SEQUENCE:1", "SEQUENCE:0") for text in versions]
    found = run(*(same_sequence[index] for index in order))
    assert [item.event.summary for item in found.occurrences] == ["old"]


def test_finite_dates_outside_the_window_are_counted_each() -> None:
    found = run(vevent("DTSTART:20260227T090000Z", "RRULE:FREQ=WEEKLY;COUNT=7"), window=MARCH)
    assert starts(found) == ["03-06T09:00", "03-13T09:00", "03-20T09:00", "03-27T09:00"]
    assert [reason for _, reason in found.left_out] == ["outside_window"] * 3
    assert (found.total, found.whole, found.endless) == (7, True, False)
    assert [item.position for item in found.occurrences] == [2, 3, 4, 5]


def test_endless_series_end_at_the_window() -> None:
    found = run(vevent("DTSTART:20260227T090000Z", "RRULE:FREQ=WEEKLY"), window=MARCH)
    assert len(found.occurrences) == 4
    assert found.left_out == (("series@example.com/20260227T090000Z", "outside_window"),)
    assert (found.endless, found.whole) == (True, False)


def test_in_the_window_means_overlapping() -> None:
    def inside(*lines: str) -> bool:
        return bool(run(vevent(*lines), window=MARCH).occurrences)

    assert inside("DTSTART:20260228T230000Z", "DTEND:20260301T000100Z")
    assert not inside("DTSTART:20260228T230000Z", "DTEND:20260301T000000Z")
    assert inside("DTSTART:20260331T235900Z", "DTEND:20260401T010000Z")
    assert not inside("DTSTART:20260401T000000Z", "DTEND:20260401T010000Z")
    assert inside("DTSTART:20260301T000000Z", "DTEND:20260301T000000Z")
    assert not inside("DTSTART:20260401T000000Z")
    # 28 February in Berlin ends at 23:00Z; 1 April begins there at 22:00Z of 31 March.
    assert not inside("DTSTART;VALUE=DATE:20260228")
    assert inside("DTSTART;VALUE=DATE:20260401")


def test_an_exception_moved_into_the_window_from_beyond_its_edge() -> None:
    found = run(
        vevent("DTSTART:20260303T090000Z", "RRULE:FREQ=WEEKLY"),
        vevent("DTSTART:20260330T090000Z", "RECURRENCE-ID:20260519T090000Z"),
        window=MARCH,
    )
    assert pairs(found)[-2:] == [("20260519T090000Z", "03-30T09:00"), ("20260331T090000Z", "03-31T09:00")]
    assert all(item.flags == () for item in found.occurrences)


def test_all_day_series_are_dates() -> None:
    found = run(vevent("DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330", "RRULE:FREQ=WEEKLY;COUNT=2"))
    assert [(item.start, item.end) for item in found.occurrences] == [
        (date(2026, 3, 28), date(2026, 3, 30)),
        (date(2026, 4, 4), date(2026, 4, 6)),
    ]
    assert [item.recurrence_id for item in found.occurrences] == ["20260328", "20260404"]


def test_a_timed_exception_of_an_all_day_series() -> None:
    found = run(
        vevent("DTSTART;VALUE=DATE:20260302", "RRULE:FREQ=DAILY;COUNT=2"),
        vevent("DTSTART:20260303T090000Z", "RECURRENCE-ID:20260303T000000Z"),
    )
    assert pairs(found) == [("20260302", "03-02"), ("20260303", "03-03T09:00")]
    assert [item.all_day for item in found.occurrences] == [True, False]


def test_end_before_start_is_kept() -> None:
    found = run(vevent("DTSTART:20260302T090000Z", "DTEND:20260302T080000Z"), window=MARCH)
    (item,) = found.occurrences
    assert item.end < item.start
    assert "end_before_start" in item.event.problems


def test_limits() -> None:
    with pytest.raises(TooMany):
        run(vevent("DTSTART:20200101T090000Z", "RRULE:FREQ=DAILY"))
    assert len(run(vevent("DTSTART:20200101T090000Z", "RRULE:FREQ=DAILY;COUNT=750")).occurrences) == 750
    with pytest.raises(TooMany):
        run(vevent("DTSTART:20200101T090000Z", "RRULE:FREQ=DAILY;COUNT=751"))
    with pytest.raises(TooMany):
        run(vevent("DTSTART:19600101T090000Z", "RRULE:FREQ=DAILY"), window=MARCH)


def test_a_far_end_is_worked_out_to_the_window_only() -> None:
    found = run(vevent("DTSTART:20260301T090000Z", "RRULE:FREQ=DAILY;UNTIL=20991231T000000Z"), window=MARCH)
    assert (len(found.occurrences), found.whole, found.endless) == (31, False, False)


def test_many_moved_dates_are_matched_without_recursion() -> None:
    # A chain of 700 dates, each moved onto the next one's time.
    days = [datetime.fromordinal(738_000 + index).strftime("%Y%m%dT090000Z") for index in range(702)]
    exceptions = [
        vevent(f"DTSTART:{days[index + 1]}", "DURATION:PT1H", f"RECURRENCE-ID:{days[index]}") for index in range(700)
    ]
    found = run(vevent(f"DTSTART:{days[1]}", "DURATION:PT1H", f"RDATE:{','.join(days[1:701])}"), *exceptions)
    assert found.total == 700
    assert all(item.flags == () for item in found.occurrences)


NEW_YORK = "America/New_York"
# All-day dates whose times other programs write as midnight UTC, which in New York is the evening before.
DAYS = ("DTSTART;VALUE=DATE:20260302", "RRULE:FREQ=DAILY;COUNT=3")


@pytest.mark.parametrize("written", ["20260303T000000Z", "20260303T050000Z", "20260303T000000", "20260303"])
def test_a_day_taken_out_by_its_midnight(written: str) -> None:
    # 05:00Z is midnight in New York.
    assert starts(run(vevent(*DAYS, f"EXDATE:{written}"), user_zone=NEW_YORK)) == ["03-02", "03-04"]


@pytest.mark.parametrize("written", ["20260303T000000Z", "20260303T050000Z"])
def test_a_day_named_by_its_midnight(written: str) -> None:
    moved = vevent(f"RECURRENCE-ID:{written}", "DTSTART;VALUE=DATE:20260310")
    assert pairs(run(vevent(*DAYS), moved, user_zone=NEW_YORK)) == [
        ("20260302", "03-02"),
        ("20260304", "03-04"),
        ("20260303", "03-10"),
    ]


def test_ends_and_extra_days_given_as_midnight() -> None:
    found = run(vevent(*DAYS, "DTEND:20260304T000000Z", "RDATE:20260320T000000Z"), user_zone=NEW_YORK).occurrences
    assert [(item.start, item.end) for item in found][-1] == (date(2026, 3, 20), date(2026, 3, 22))


def test_a_range_named_by_its_day_moves_the_later_dates_as_it_moved() -> None:
    series = vevent("DTSTART;TZID=America/New_York:20260302T090000", "RRULE:FREQ=DAILY;COUNT=4")
    later = vevent(
        "RECURRENCE-ID;VALUE=DATE;RANGE=THISANDFUTURE:20260304", "DTSTART;TZID=America/New_York:20260304T100000"
    )
    assert starts(run(series, later)) == ["03-02T14:00", "03-03T14:00", "03-04T15:00", "03-05T15:00"]


def test_what_a_cancelling_calendar_names_is_cancelled() -> None:
    meeting = "\n".join(
        ["BEGIN:VCALENDAR", vevent("DTSTART:20260302T090000Z", "RRULE:FREQ=DAILY;COUNT=3"), "END:VCALENDAR"]
    )
    notice = "\n".join(
        [
            "BEGIN:VCALENDAR",
            "METHOD:CANCEL",
            vevent("RECURRENCE-ID:20260303T090000Z", "DTSTART:20260303T090000Z"),
            "END:VCALENDAR",
        ]
    )
    found = expand(parse(f"{meeting}\n{notice}", user_zone="UTC").events, *WIDE)
    assert starts(found) == ["03-02T09:00", "03-04T09:00"]
    assert found.left_out == (("series@example.com/20260303T090000Z", "cancelled"),)
