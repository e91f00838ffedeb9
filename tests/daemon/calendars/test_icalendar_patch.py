"""Changing one date of a series whose dates come from elsewhere than its rule, and text that is badly written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from daemon.calendars.content_lines import decode
from daemon.calendars.icalendar_patch import patch_event
from daemon.calendars.icalendar_text import parse
from daemon.calendars.recurrence import Occurrence, expand

ZONE = "America/New_York"
UID = "series@example.com"
SERIES = "DTSTART;TZID=America/New_York:20260302T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\nSUMMARY:Series"


def calendar(*events: str) -> str:
    body = "".join(f"BEGIN:VEVENT\nUID:{UID}\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n".replace("\n", "\r\n")


def dates(text: str) -> list[Occurrence]:
    parsed = parse(text, user_zone=ZONE)
    assert parsed.unreadable == ()
    found = expand(parsed.events, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    return sorted(found.occurrences, key=lambda date: date.recurrence_id)


def shown(text: str) -> dict[str, tuple[str, str, str]]:
    """Day and UTC hours of each date with its subject, by original start."""
    return {
        date.recurrence_id: (f"{date.start:%d %H:%M}", f"{date.end:%d %H:%M}", date.event.summary)
        for date in dates(text)
    }


def patch(text: str, recurrence_id: str, changes: Mapping[str, object]) -> str:
    return patch_event(text, UID, recurrence_id, changes, user_zone=ZONE)


def only_changed(text: str, recurrence_id: str) -> tuple[str, str, str]:
    """The date after a change of its place alone; every other date is as it was."""
    before, patched = shown(text), patch(text, recurrence_id, {"location": "Room 5"})
    after = shown(patched)
    assert after == before
    assert {date.recurrence_id for date in dates(patched) if date.event.location == "Room 5"} == {recurrence_id}
    return after[recurrence_id]


def test_a_listed_date_keeps_its_own_length() -> None:
    text = calendar(f"{SERIES}\nRDATE;TZID=America/New_York;VALUE=PERIOD:20260310T090000/PT3H")
    assert only_changed(text, "20260310T130000Z") == ("10 13:00", "10 16:00", "Series")


RANGE = (
    "RECURRENCE-ID;RANGE=THISANDFUTURE:20260304T140000Z\nDTSTART;TZID=America/New_York:20260304T110000\n"
    "DURATION:PT2H\nSUMMARY:Later"
)


def test_a_date_that_a_range_moved_is_copied_from_the_range() -> None:
    assert only_changed(calendar(SERIES, RANGE), "20260305T140000Z") == ("05 16:00", "05 18:00", "Later")


def test_the_first_date_of_a_range_changes_alone() -> None:
    assert only_changed(calendar(SERIES, RANGE), "20260304T140000Z") == ("04 16:00", "04 18:00", "Later")


def test_a_range_without_later_dates_becomes_an_exception() -> None:
    last = RANGE.replace("20260304", "20260306")
    assert only_changed(calendar(SERIES, last), "20260306T140000Z") == ("06 16:00", "06 18:00", "Later")


def test_a_range_that_lists_its_dates_itself() -> None:
    text = calendar(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20260304T140000Z\nDTSTART:20260304T140000Z\nDTEND:20260304T150000Z\nSUMMARY:Listed\n"
        "RDATE;VALUE=PERIOD:20260304T140000Z/20260304T150000Z,20260311T130000Z/20260311T150000Z,20260318T130000Z/PT1H"
    )
    for recurrence_id in ("20260304T140000Z", "20260311T130000Z", "20260318T130000Z"):
        only_changed(text, recurrence_id)


def test_an_exception_that_names_its_day_is_changed_in_its_place() -> None:
    day = "RECURRENCE-ID;VALUE=DATE:20260304\nDTSTART;TZID=America/New_York:20260304T150000\nSUMMARY:Moved"
    patched = patch(calendar(SERIES, day), "20260304T140000Z", {"location": "Room 5"})
    assert patched.count("BEGIN:VEVENT") == 2
    assert shown(patched)["20260304T140000Z"] == ("04 20:00", "04 20:00", "Moved")


def test_of_two_versions_the_one_that_is_shown_is_changed() -> None:
    old = "RECURRENCE-ID:20260304T140000Z\nDTSTART:20260304T150000Z\nSEQUENCE:1\nSUMMARY:Old"
    new = old.replace("SEQUENCE:1", "SEQUENCE:2").replace("Old", "New")
    for text in (calendar(SERIES, old, new), calendar(SERIES, new, old)):
        assert only_changed(text, "20260304T140000Z")[2] == "New"
    first, second = SERIES + "\nSEQUENCE:1", SERIES.replace("Series", "Second") + "\nSEQUENCE:2"
    patched = patch(calendar(second, first), "", {"location": "Room 5"})
    assert {date.event.location for date in dates(patched)} == {"Room 5"}


def test_an_entry_without_uid_stays_the_entry_it_was() -> None:
    text = calendar("DTSTART:20260302T090000Z\nSUMMARY:Nameless").replace(f"UID:{UID}\r\n", "")
    (before,) = parse(text, user_zone=ZONE).events
    patched = patch_event(text, before.uid, "", {"summary": "Named"}, user_zone=ZONE)
    (after,) = parse(patched, user_zone=ZONE).events
    assert (after.uid, after.summary) == (before.uid, "Named")


def test_a_character_that_a_fold_splits_survives_beside_a_change() -> None:
    text = calendar("DTSTART:20260302T090000Z\nSUMMARY:Call\nLOCATION:Café\nDESCRIPTION:Größe").encode()
    # The fold falls between the two bytes of one letter, as writers do that count bytes.
    folded = text.replace("ö".encode(), b"\xc3\r\n \xb6")
    assert folded != text
    patched = patch(decode(folded), "", {"summary": "New"})
    (event,) = parse(patched, user_zone=ZONE).events
    assert (event.summary, event.location, event.description) == ("New", "Café", "Größe")
    assert parse(folded, user_zone=ZONE).events[0].raw.replace("\r\n ", "").count("Größe") == 1


def test_one_line_of_another_charset_does_not_spoil_the_others() -> None:
    text = calendar("DTSTART:20260302T090000Z\nSUMMARY:Call\nLOCATION:Café\nDESCRIPTION:Größe").encode()
    mixed = text.replace("Café".encode(), "Café".encode("cp1252"))
    (event,) = parse(patch(decode(mixed), "", {"summary": "New"}), user_zone=ZONE).events
    assert (event.location, event.description) == ("Café", "Größe")


@pytest.mark.parametrize("letter", ["\ud83d", "\x00", "\x1b"])
def test_what_no_file_can_hold_is_left_out(letter: str) -> None:
    text = calendar("DTSTART:20260302T090000Z\nSUMMARY:Call")
    (event,) = parse(patch(text, "", {"summary": f"a{letter}b"}), user_zone=ZONE).events
    assert event.summary == "ab"
