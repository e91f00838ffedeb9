"""Zones: names of four kinds, files' own rules against names, gaps and repeated hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from daemon.calendars import zone_names
from daemon.calendars.vtimezone_write import vtimezone_lines
from daemon.calendars.zone_rules import from_native, from_vtimezone
from daemon.calendars.zones import UnknownZone, named, resolve

AROUND = datetime(2026, 3, 1)
US_BEFORE_2007 = """BEGIN:VTIMEZONE
TZID:Eastern
BEGIN:STANDARD
DTSTART:19501029T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19500402T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;BYMINUTE=0;BYHOUR=2;BYDAY=1SU;BYMONTH=4
END:DAYLIGHT
END:VTIMEZONE
"""


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("Eastern", "America/New_York"),
        ('"Pacific"', "America/Los_Angeles"),
        ("Central European", "Europe/Warsaw"),
        ("Western/Central Europe", "Europe/Berlin"),
        ("W. Europe", "Europe/Berlin"),
        ("Romance Standard Time", "Europe/Paris"),
        ("E. Africa", "Africa/Nairobi"),
        ("Ekaterinburg", "Asia/Yekaterinburg"),
        ("Arabian", "Asia/Dubai"),
        ("Canada Central", "America/Regina"),
        ("europe/madrid", "Europe/Madrid"),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/freeassociation.sourceforge.net/Tzfile/Europe/Berlin", "Europe/Berlin"),
        ("India Standard Time", "Asia/Kolkata"),
        ("UTC", "UTC"),
    ],
)
def test_names(name: str, zone: str) -> None:
    assert resolve(name, None, "Europe/Berlin", AROUND).name == zone


def test_every_zone_the_tables_name_exists() -> None:
    for zone in {*zone_names.NOTES_ONLY.values(), *zone_names.RENAMED.values()}:
        assert zone_names.iana(zone) == zone


@pytest.mark.parametrize(
    "name", ["GMT+1 Standard Time", "Fus horari desconegut", "", "../../etc/passwd", "Z=99999$DO=0"]
)
def test_what_is_not_understood_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone):
        resolve(name, None, "Europe/Berlin", AROUND)


def test_no_zone_means_the_owner_s() -> None:
    assert resolve(None, None, "Asia/Tokyo", AROUND).name == "Asia/Tokyo"


def test_old_rules_agree_with_the_name_in_their_own_time_only() -> None:
    in_2005 = resolve("Eastern", US_BEFORE_2007, "Europe/Berlin", datetime(2005, 4, 11))
    in_2021 = resolve("Eastern", US_BEFORE_2007, "Europe/Berlin", datetime(2021, 3, 20))
    assert (in_2005.name, in_2005.custom) == ("America/New_York", False)
    assert (in_2021.name, in_2021.custom) == (None, True)
    # 20 March 2021: the stale rule still has winter time, New York does not; the file's rule is kept.
    assert in_2021.to_utc(datetime(2021, 3, 20, 9, 0)) == datetime(2021, 3, 20, 14, 0, tzinfo=UTC)


def test_a_series_must_agree_to_its_end() -> None:
    zone = resolve("Eastern", US_BEFORE_2007, "Europe/Berlin", datetime(2005, 4, 11), datetime(2010, 4, 11))
    assert zone.custom


def test_the_location_written_in_the_rule_is_a_candidate() -> None:
    text = "\r\n".join(vtimezone_lines("Europe/Madrid", 2025, 2027)).replace("TZID:Europe/Madrid", "TZID:Meine Zone")
    assert resolve("Meine Zone", text, "Asia/Tokyo", AROUND).custom
    labelled = text.replace("TZID:Meine Zone", "TZID:Meine Zone\r\nX-LIC-LOCATION:Europe/Madrid")
    assert resolve("Meine Zone", labelled, "Asia/Tokyo", AROUND).name == "Europe/Madrid"
    assert resolve("Meine Zone", text, "Europe/Madrid", AROUND).name == "Europe/Madrid"


def test_a_definition_without_observances_falls_back_to_the_name() -> None:
    empty = "BEGIN:VTIMEZONE\nTZID:Eastern\nEND:VTIMEZONE\n"
    assert resolve("Eastern", empty, "Europe/Berlin", AROUND).name == "America/New_York"


@pytest.mark.parametrize(
    ("text", "local", "utc"),
    [
        ("Z=5$DO=1$DL=3 2 1 11 1 1$ZX=40$ZN=Eastern", datetime(2026, 7, 1, 9), datetime(2026, 7, 1, 13)),
        ("Z=5$DO=1$DL=3 2 1 11 1 1$ZX=40$ZN=Eastern", datetime(2026, 1, 1, 9), datetime(2026, 1, 1, 14)),
        ("Z=-1$DO=1$DL=3 -1 1 10 -1 1$ZX=134$ZN=W. Europe", datetime(2026, 7, 1, 9), datetime(2026, 7, 1, 7)),
        ("Z=3003$DO=1$DL=3 2 1 11 1 1$ZN=Newfoundland", datetime(2026, 1, 1, 9), datetime(2026, 1, 1, 12, 30)),
        ("Z=-3005$DO=0$ZX=35$ZN=India", datetime(2026, 1, 1, 9), datetime(2026, 1, 1, 3, 30)),
        # Southern summer: October to April.
        ("Z=-10$DO=1$DL=10 1 1 4 1 1$ZN=AUS Eastern", datetime(2026, 1, 1, 9), datetime(2025, 12, 31, 22)),
    ],
)
def test_native_strings(text: str, local: datetime, utc: datetime) -> None:
    zone = resolve(text, None, "Asia/Tokyo", local)
    assert zone.to_utc(local) == utc.replace(tzinfo=UTC)
    assert not zone.custom


def test_a_native_rule_nothing_agrees_with_is_kept_as_a_rule() -> None:
    zone = resolve("Z=5$DO=1$DL=6 2 1 8 1 1$ZN=Eastern", None, "Asia/Tokyo", AROUND)
    assert zone.custom
    assert zone.to_utc(datetime(2026, 5, 1, 9)).hour == 14
    assert zone.to_utc(datetime(2026, 7, 1, 9)).hour == 13


def test_what_is_no_native_string() -> None:
    assert from_native("Eastern") is None
    assert from_native("Z=abc") is None


def test_gap_and_repeated_hour() -> None:
    berlin = named("Europe/Berlin")
    rules = from_vtimezone("\n".join(vtimezone_lines("Europe/Berlin", 2025, 2027)))
    assert rules is not None
    for local, utc in [
        (datetime(2026, 3, 29, 2, 30), datetime(2026, 3, 29, 1, 30)),
        (datetime(2026, 10, 25, 2, 30), datetime(2026, 10, 25, 0, 30)),
        (datetime(2026, 10, 25, 3, 0), datetime(2026, 10, 25, 2, 0)),
    ]:
        assert berlin.to_utc(local) == utc.replace(tzinfo=UTC)
        assert rules.to_utc(local) == utc


@settings(deadline=None)
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kolkata"]),
    st.datetimes(datetime(2024, 1, 2), datetime(2027, 12, 30)),
)
def test_written_rules_convert_like_the_zone(name: str, moment: datetime) -> None:
    rules = from_vtimezone("\r\n".join(vtimezone_lines(name, 2024, 2027)))
    assert rules is not None
    utc = moment.replace(second=0, microsecond=0)
    expected = utc.replace(tzinfo=UTC).astimezone(ZoneInfo(name)).replace(tzinfo=None)
    assert rules.from_utc(utc) == expected
    assert named(name).from_utc(utc.replace(tzinfo=UTC)) == expected
    assert rules.to_utc(expected).replace(tzinfo=UTC) == named(name).to_utc(expected)


def test_zones_compare_by_what_they_are() -> None:
    assert named("Europe/Berlin") == named("europe/berlin")
    assert named("Europe/Berlin") != named("Europe/Paris")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "BEGIN:VTIMEZONE\nEND:VTIMEZONE",
        "BEGIN:VTIMEZONE\nBEGIN:STANDARD\nTZOFFSETTO:+9999\nDTSTART:20200101T000000\nEND:STANDARD\nEND:VTIMEZONE",
        "BEGIN:VTIMEZONE\nBEGIN:STANDARD\nTZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE",
    ],
)
def test_definitions_without_a_usable_rule(text: str) -> None:
    assert from_vtimezone(text) is None


def test_a_definition_with_only_summer_time_holds_the_offset_before_it() -> None:
    rules = from_vtimezone(
        "BEGIN:VTIMEZONE\nTZID:X\nBEGIN:DAYLIGHT\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"
        "DTSTART:20180325T020000\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
    )
    assert rules is not None
    assert rules.offset_at(datetime(2018, 1, 1)) == timedelta(hours=1)
    assert rules.offset_at(datetime(2018, 7, 1)) == timedelta(hours=2)
