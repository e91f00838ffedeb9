"""Every zone name that Notes and Domino have shipped, native strings in all their forms, and names with places."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from daemon.calendars.vtimezone_write import vtimezone_lines
from daemon.calendars.zone_names import NOTES_ONLY, NOTES_RULES, iana, windows
from daemon.calendars.zones import UnknownZone, Zone, resolve

NOW = datetime(2026, 3, 1)
# Standard offset (hours east, written as Notes writes it: minutes times 100 plus hours) -> the names shipped with it.
SHIPPED = """
-12: Dateline
-11: UTC-11
-10: Hawaiian
-9: Alaskan
-8: Pacific | Pacific Standard Time (Mexico) | Pacific Standard Time | British Columbia
-7: Mexico Standard Time 2 | Mountain | Mountain Standard Time (Mexico) | US Mountain | Alberta
-6: Canada Central | Central America | Central | Central Standard Time (Mexico) | Mexico | Mexico Standard Time | Manitoba
-5: Eastern | SA Pacific | US Eastern
-3004: Venezuela
-4: Atlantic | Central Brazilian | Pacific SA | Paraguay | SA Western
-3003: Newfoundland
-3: Argentina | Bahia | E. South America | Greenland | Montevideo | SA Eastern
-2: Mid-Atlantic | UTC-02
-1: Azores | Cape Verde
0: GMT | Greenwich | Morocco | UTC
1: Central Europe | Central European | Romance | W. Central Africa | W. Europe | Western/Central Europe
2: E. Europe | Egypt | FLE | GTB | Israel | Jordan | Kaliningrad | Libya | Middle East | Namibia | South Africa | Syria | Turkey
3: Arab | Arabic | Belarus | E. Africa | Russian
3003: Iran
4: Arabian | Armenian | Azerbaijan | Caucasus | Georgian | Mauritius | Russia Time Zone 3
3004: Afghanistan
5: Ekaterinburg | Pakistan | West Asia
3005: India | Sri Lanka
4505: Nepal
6: Bangladesh | Central Asia | N. Central Asia
3006: Myanmar
7: North Asia | SE Asia
8: China | North Asia East | Singapore | Taipei | Ulaanbaatar | W. Australia
9: Korea | Tokyo | Yakutsk
3009: AUS Central | Cen. Australia
10: AUS Eastern | E. Australia | Magadan | Tasmania | Vladivostok | West Pacific
11: Central Pacific | Russia Time Zone 10
12: Fiji | Kamchatka | New Zealand | Russia Time Zone 11 | UTC+12
13: Samoa | Tonga
14: Line Islands
"""
# Laws that changed after the list was shipped: the standard offset in hours now.
CHANGED = {
    "Venezuela": -4, "Paraguay": -3, "Greenland": -2, "Jordan": 3, "Syria": 3, "Turkey": 3, "N. Central Asia": 7, "Magadan": 11,
}  # fmt: skip
NAMES = {
    name.strip(): int(offset) for line in SHIPPED.strip().splitlines() for offset, _, names in [line.partition(":")]
    for name in names.split("|")
}  # fmt: skip


def hours(written: int) -> float:
    minutes, whole = divmod(abs(written), 100)
    return (whole + minutes / 60) * (1 if written >= 0 else -1)


def offsets(zone: Zone) -> set[float]:
    """The offsets in hours over the months of 2026."""
    moments = [datetime(2026, month, 15, tzinfo=UTC) for month in range(1, 13)]
    return {
        (zone.from_utc(moment) - moment.replace(tzinfo=None)) / timedelta(hours=1) for moment in moments
    }  # fmt: skip


def test_all_names_are_in_the_list() -> None:
    assert len(NAMES) == 116
    assert CHANGED.keys() < NAMES.keys()


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_name_resolves_to_the_offset_it_implies(name: str) -> None:
    for spelt in (name, f'"{name}"', name.upper()):
        zone = resolve(spelt, None, "Pacific/Marquesas", NOW)
        assert min(offsets(zone)) == CHANGED.get(name, hours(NAMES[name]))
        assert zone.custom == (name in ("Mid-Atlantic",))


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_name_resolves_in_a_native_string_too(name: str) -> None:
    offset = int(CHANGED.get(name, NAMES[name]))
    zone = resolve(f"Z={-offset}$DO=0$ZX=17$ZN={name}", None, "Pacific/Marquesas", NOW)
    assert offsets(zone) == {hours(offset)}


@pytest.mark.parametrize("name", ["Alberta", "British Columbia", "Manitoba", "Yukon", "Qyzylorda", "South Sudan"])
def test_windows_names_younger_than_most_tables(name: str) -> None:
    """Catches: an older table of Windows names taken for a newer one (reference/sync.md 4.4)."""
    assert resolve(f"{name} Standard Time", None, "Asia/Tokyo", NOW) == resolve(name, None, "Asia/Tokyo", NOW)


def test_the_tables_hold_only_what_does_not_follow() -> None:
    for name in [*NOTES_ONLY, *NOTES_RULES]:
        known = windows(name) or windows(f"{name} standard time")
        assert known is None or known == {**NOTES_ONLY, **NOTES_RULES}[name] == "Europe/London" or name == "azerbaijan"


@pytest.mark.parametrize("name", ["Kamchatka Standard Time", "Armenian Standard Time", "Mid-Atlantic Standard Time"])
def test_windows_names_that_the_table_dropped(name: str) -> None:
    assert offsets(resolve(name, None, "Asia/Tokyo", NOW)) == offsets(
        resolve(name.removesuffix(" Standard Time"), None, "Asia/Tokyo", NOW)
    )


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("Z=5$DO=1$DL=3 2 1 11 1 1$ZN=Eastern$ZX=214", "America/New_York"),
        ("ZN=Eastern$DL=3 2 1 11 1 1$DO=1$Z=5", "America/New_York"),
        ('"Z=5$DO=1$DL=3  2 1 11 1 1$ZX=40$ZN=Eastern"', "America/New_York"),
        ("Z=5$DL=3 2 1 11 1 1$ZN=Eastern", "America/New_York"),
        ("Z=5$DO=1$DL=3 2 1 11 1 1$ZX=148$ZN=America/New_York", "America/New_York"),
        ("Z=-1$DO=1$DL=3 5 1 10 5 1$ZN=W. Europe", "Europe/Berlin"),
        ("Z=-1$DO=1$DL=3 -1 1 10 -1 1$ZX=134$ZN=GMT+1", "Europe/Oslo"),
        ("Z=0$DO=1$DL=3 -1 1 10 -1 1$ZX=165$ZN=GMT", "Europe/London"),
        ("Z=-3009$DO=1$DL=10 1 1 4 1 1$ZX=144$ZN=Cen. Australia", "Australia/Adelaide"),
        ("Z=-12$DO=1$DL=9 -1 1 4 1 1$ZX=189$ZN=New Zealand", "Pacific/Auckland"),
        ("Z=-4505$DO=0$ZX=188$ZN=Nepal", "Asia/Kathmandu"),
        ("Z=-14$DO=0$ZN=Line Islands", "Pacific/Kiritimati"),
        # Summer time without its dates: only the name can say them.
        ("Z=5$DO=1$ZX=40$ZN=Eastern", "America/New_York"),
        ("Z=5$DO=1$DL=3 2 1$ZN=Eastern", "America/New_York"),
        ("Z=5$DO=1$DL=3 2 1 13 1 1$ZN=Eastern", "America/New_York"),
        ("Z=-3009$DO=1$DL=x$ZN=Cen. Australia", "Australia/Adelaide"),
    ],
)
def test_native_strings_in_every_order_and_with_parts_missing(text: str, zone: str) -> None:
    assert resolve(text, None, "Europe/Oslo", NOW).name == zone


@pytest.mark.parametrize(
    "text",
    [
        "Z=5$DO=1$ZN=Nowhere",
        "Z=5$DO=1$DL=3 2 1",
        # The name's zone never has this offset: one of the two is wrong, so neither is believed.
        "Z=8$DO=1$ZN=Eastern",
        "DO=1$DL=3 2 1 11 1 1$ZN=Eastern",
    ],
)
def test_summer_time_that_nothing_dates_is_not_guessed(text: str) -> None:
    with pytest.raises(UnknownZone):
        resolve(text, None, "America/New_York", NOW)


def test_the_last_week_written_as_five_is_the_last_in_every_year() -> None:
    """27 October 2030 is the fourth and last Sunday of its month."""
    zone = resolve("Z=4$DO=1$DL=3 5 1 10 5 1$ZN=Nowhere", None, "Asia/Tokyo", datetime(2030, 10, 30))
    assert zone.custom
    assert zone.to_utc(datetime(2030, 10, 28, 9)).hour == 13
    assert zone.to_utc(datetime(2030, 10, 26, 9)).hour == 12


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", "Europe/Amsterdam"),
        ("(GMT+01.00) Sarajevo, Skopje, Warsaw, Zagreb", None),
        ("(GMT+01:00) Sarajevo, Skopje, Warsaw, Zagreb", "Europe/Sarajevo"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(UTC-04:00) Atlantic Time (Canada)", "America/Halifax"),
        ("(GMT-06:00) Central America", "America/Guatemala"),
        ("(UTC) Dublin, Edinburgh, Lisbon, London", "Europe/Dublin"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        # La Paz is Bolivia's to IANA, San Juan Argentina's.
        ("(UTC-07:00) La Paz, Mazatlan", "America/Mazatlan"),
        ("(UTC-04:00) Georgetown, La Paz, Manaus, San Juan", "America/Guyana"),
        ("(UTC+08:00) Beijing, Chongqing, Hong Kong, Urumqi", "Asia/Chongqing"),
        # These no longer keep the same time, and nothing says which one is meant.
        ("(GMT+02:00) Athens, Beirut, Istanbul, Minsk", None),
        ("(GMT+02:00) Athens, Beirut", None),
        ("(UTC+05:00) Berlin", None),
        ("(UTC+01:00)", None),
        ("(UTC+01:00) Atlantis", None),
        ("Berlin", None),
    ],
)
def test_names_made_of_an_offset_and_places(name: str, zone: str | None) -> None:
    if zone is None:
        with pytest.raises(UnknownZone):
            resolve(name, None, "Europe/Berlin", NOW)
    else:
        found = resolve(name, None, "Asia/Tokyo", NOW)
        assert found.name is not None
        assert iana(found.name) == found.name
        assert offsets(found) == offsets(resolve(zone, None, "Asia/Tokyo", NOW))


def test_places_are_candidates_beside_a_file_s_own_rule() -> None:
    label = "(UTC+01:00) Brussels, Copenhagen, Madrid, Paris"
    text = "\r\n".join(vtimezone_lines("Europe/Madrid", 2025, 2027)).replace("TZID:Europe/Madrid", f"TZID:{label}")
    zone = resolve(label, text, "Asia/Tokyo", NOW)
    assert (zone.name, zone.custom) == ("Europe/Brussels", False)


@pytest.mark.parametrize(
    "name", ["GMT+1 Standard Time", "Mitteleuropäische Zeit", "Unknown Time Zone (1) Standard Time"]
)
def test_a_name_that_may_be_several_zones_is_not_guessed(name: str) -> None:
    with pytest.raises(UnknownZone):
        resolve(name, None, "Europe/Berlin", NOW)
