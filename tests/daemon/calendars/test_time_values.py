"""Dates, date-times, durations and periods as written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daemon.calendars.time_values import BadValue, TimeValue, read_duration, read_periods, read_stamp, read_time, stamp


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("20260302", TimeValue("date", datetime(2026, 3, 2))),
        ("20260302T0900", TimeValue("local", datetime(2026, 3, 2, 9), "X")),
        ("20260302T090060Z", TimeValue("utc", datetime(2026, 3, 2, 9, 0, 59))),
        ("2026-03-02T09:00:00.5Z", TimeValue("utc", datetime(2026, 3, 2, 9))),
        ("20260302T090000-0530", TimeValue("utc", datetime(2026, 3, 2, 14, 30))),
        ("20260302T240000", TimeValue("local", datetime(2026, 3, 3), "X")),
    ],
)
def test_times(text: str, value: TimeValue) -> None:
    assert read_time(text, "X") == value


@pytest.mark.parametrize(
    "text", ["", "2006717T080000Z", "20260001", "20260230", "20260302T250000", "20260302T246000", "99991231"]
)
def test_bad_times(text: str) -> None:
    with pytest.raises(BadValue):
        read_time(text)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("PT1H30M", timedelta(hours=1, minutes=30)),
        ("-P1DT2H", -timedelta(days=1, hours=2)),
        ("P2W", timedelta(days=14)),
        ("P0DT0H15M", timedelta(minutes=15)),
        ("+PT5S", timedelta(seconds=5)),
    ],
)
def test_durations(text: str, length: timedelta) -> None:
    assert read_duration(text).delta == length


@pytest.mark.parametrize("text", ["P", "PT", "1H", "", "P1M", "PT99999999H"])
def test_bad_durations(text: str) -> None:
    with pytest.raises(BadValue):
        read_duration(text)


def test_periods_also_with_semicolons_and_trailing_commas() -> None:
    first, second, third = read_periods("20260302T090000Z/PT1H;20260303T090000Z/20260303T100000Z,20260304,", None)
    assert first.duration is not None
    assert second.end is not None
    assert (third.start.kind, third.end, third.duration) == ("date", None, None)


def test_stamps() -> None:
    assert read_stamp("20260302T090000") == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert read_stamp("yesterday") is None
    assert stamp(datetime(2026, 3, 2, 9, tzinfo=UTC)) == "20260302T090000Z"
