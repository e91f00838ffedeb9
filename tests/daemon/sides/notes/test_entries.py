"""From text to records: digests, dates found wherever they moved, versions that outlive another form of the same series."""

from __future__ import annotations

from datetime import timedelta

import pytest

from daemon.calendars.recurrence import TooMany
from daemon.sides.notes.entries import EntryReader, WholeStreamUnreadable, instant, payload_digest
from daemon.sides.notes.images import Owner, Payload, owner_of, plain_name
from daemon.sync.trees import Record
from tests.daemon.sides.notes.domino_setting import NOW, WINDOW, ZONE, calendar, vevent

READER = EntryReader(ZONE, Owner(), lambda: NOW)


def find(text: str, key: str) -> Record | None:
    data = text.encode()
    return READER.find(READER.parse(data), key, Payload(READER.digest(data), text))


def records(text: str) -> dict[str, Record]:
    return {record.key: record for record in READER.read(text.encode(), WINDOW).records}


def test_dtstamp_is_no_change_and_the_persons_zone_is_one() -> None:
    first = calendar(vevent("a", "DTSTAMP:20260301T000000Z", "SUMMARY:One")).encode()
    later = calendar(vevent("a", "DTSTAMP;X-LONG=1:2026030\r\n 2T000000Z", "SUMMARY:One")).encode()
    assert payload_digest(first, ZONE) == payload_digest(later, ZONE)
    assert payload_digest(first, ZONE) != payload_digest(first, "America/New_York")
    assert payload_digest(first, ZONE) != payload_digest(first.replace(b"One", b"Two"), ZONE)


def test_a_rule_and_the_list_of_its_dates_give_the_same_records() -> None:
    rule = records(calendar(vevent("s", "SUMMARY:Daily", "RRULE:FREQ=DAILY;COUNT=3")))
    periods = ",".join(f"202603{day}T090000Z/PT1H" for day in (10, 11, 12))
    listed = records(calendar(vevent("s", "SUMMARY:Daily", f"RDATE;VALUE=PERIOD:{periods}", "SEQUENCE:4")))
    assert rule.keys() == listed.keys()
    assert {key: record.version for key, record in rule.items()} == {
        key: record.version for key, record in listed.items()
    }


def test_a_date_that_an_exception_moved_far_away_is_found() -> None:
    moved = vevent("s", "RECURRENCE-ID:20260311T090000Z", start="20270601T090000Z", end="20270601T100000Z")
    text = calendar(vevent("s", "RRULE:FREQ=DAILY;COUNT=3"), moved)
    found = find(text, "s#20260311T090000Z")
    assert found is not None
    assert found.image.starts_at == "2027-06-01T09:00Z"


def test_dates_that_a_range_moved_far_away_are_found() -> None:
    moved = vevent(
        "s", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260312T090000Z", start="20260612T090000Z", end="20260612T100000Z"
    )
    text = calendar(vevent("s", "RRULE:FREQ=DAILY;COUNT=5"), moved)
    found = find(text, "s#20260314T090000Z")
    assert found is not None
    assert found.image.starts_at == "2026-06-14T09:00Z"


@pytest.mark.parametrize("key", ["s#20260320T090000Z", "s#", "s#20260310", "t#20260310T090000Z", "t#", "s#nonsense"])
def test_a_date_that_does_not_exist_is_not_found(key: str) -> None:
    assert find(calendar(vevent("s", "RRULE:FREQ=DAILY;COUNT=5")), key) is None


@pytest.mark.parametrize(
    "lines", [("RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260311T090000Z"), ("RRULE:FREQ=DAILY;COUNT=3", "STATUS:CANCELLED")]
)
def test_a_date_taken_out_is_not_found(lines: tuple[str, ...]) -> None:
    assert find(calendar(vevent("s", *lines)), "s#20260311T090000Z") is None


def test_an_endless_series_is_found_far_from_now() -> None:
    text = calendar(vevent("s", "RRULE:FREQ=WEEKLY"))
    day = instant("2026-03-10T09:00Z") + timedelta(weeks=520)
    assert find(text, f"s#{day:%Y%m%dT%H%M%SZ}") is not None
    assert find(text, f"s#{day + timedelta(days=1):%Y%m%dT%H%M%SZ}") is None


def test_an_exception_that_cannot_be_read_takes_its_date_out() -> None:
    odd = vevent("s", "RECURRENCE-ID:20260311T090000Z", start=";TZID=Nowhere:20260311T100000", end="")
    reading = READER.read(calendar(vevent("s", "RRULE:FREQ=DAILY;COUNT=3"), odd).encode(), WINDOW)
    assert [record.key for record in reading.records] == ["s#20260310T090000Z", "s#20260312T090000Z"]
    assert [left.key for left in reading.left_out.values()] == ["s#20260311T090000Z"]


def test_an_exception_of_nobody_knows_which_date_takes_the_series_out() -> None:
    odd = vevent("s", "RECURRENCE-ID;TZID=Nowhere:20260311T090000", start="20260311T100000Z")
    single = vevent("a")
    reading = READER.read(calendar(single, vevent("s", "RRULE:FREQ=DAILY;COUNT=3"), odd).encode(), WINDOW)
    assert [record.key for record in reading.records] == ["a#"]
    assert len(reading.left_out) == 4
    assert all(left.why is not None for left in reading.left_out.values())


def test_a_rule_beyond_the_limits_is_told_and_not_called_gone() -> None:
    with pytest.raises(TooMany):
        find(calendar(vevent("s", "RRULE:FREQ=DAILY", start="16500101T090000Z", end="")), "s#20260311T090000Z")


def test_a_stream_beyond_the_limits() -> None:
    with pytest.raises(WholeStreamUnreadable):
        READER.parse(calendar(*[vevent(f"n{number}") for number in range(20_001)]).encode())


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("CN=Jane Doe/OU=Sales/O=Example", "jane doe/sales/example"),
        ("Jane Doe/Sales/Example", "jane doe/sales/example"),
        ("jane.doe@example.com", "jane.doe@example.com"),
        ("", ""),
    ],
)
def test_notes_names_have_one_plain_form(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_who_organises() -> None:
    def own(organizer: str, owner: Owner) -> bool:
        (event,) = READER.parse(calendar(vevent("a", organizer)).encode()).events
        return owner.organises(event)

    jane = owner_of("CN=Jane Doe/O=Example", "jane.doe@example.com")
    assert own("SUMMARY:no organizer", jane)
    assert own("ORGANIZER:mailto:Jane.Doe@Example.com", jane)
    assert own('ORGANIZER;CN="Jane Doe/Example":mailto:somewhere@example.org', jane)
    assert own("ORGANIZER:mailto:Jane Doe/Example@host", jane)
    assert not own('ORGANIZER;SENT-BY="mailto:jane.doe@example.com":mailto:ann@example.com', jane)
    assert not own("ORGANIZER:mailto:ann@example.com", owner_of("", unknown="theirs"))
    assert own("ORGANIZER:mailto:ann@example.com", owner_of("", unknown="own"))


CANCELLED = vevent("s", "RECURRENCE-ID:20260311T090000Z", "STATUS:CANCELLED", start="20260311T090000Z")
MOVED = vevent("s", "RECURRENCE-ID:20260311T090000Z", start="20270601T090000Z", end="20270601T100000Z")
THREE_DAYS = vevent("s", "SUMMARY:Daily", "RRULE:FREQ=DAILY;COUNT=3")


@pytest.mark.parametrize("parts", [(THREE_DAYS,), (THREE_DAYS, CANCELLED), (THREE_DAYS, MOVED), (vevent("s"),)])
def test_all_dates_at_once_tell_the_same_as_each_alone(parts: tuple[str, ...]) -> None:
    """Catches: a date whose record depends on how many were asked for; a cancelled one found."""
    text = calendar(*parts)
    data = text.encode()
    parsed, payload = READER.parse(data), Payload(READER.digest(data), text)
    whole = READER.all_dates(parsed, "s")
    assert whole is not None
    for day in ("", *(f"202603{number}T090000Z" for number in range(9, 14))):
        key = f"s#{day}"
        assert READER.find(parsed, key, payload, whole) == READER.find(parsed, key, payload)


def test_an_endless_or_too_large_series_has_no_list_of_all_dates() -> None:
    for rule in ("FREQ=DAILY", "FREQ=YEARLY", "FREQ=DAILY;COUNT=900"):
        assert READER.all_dates(READER.parse(calendar(vevent("s", f"RRULE:{rule}")).encode()), "s") is None


@pytest.mark.parametrize(
    ("parts", "only"),
    [
        ((vevent("s", "RRULE:FREQ=DAILY;COUNT=1"),), True),
        ((vevent("s", "RRULE:FREQ=DAILY;COUNT=2"), CANCELLED), True),
        ((vevent("s", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20260311T090000Z,20260312T090000Z"),), True),
        ((vevent("s", "RRULE:FREQ=DAILY;COUNT=2"),), False),
        ((vevent("s", "RRULE:FREQ=DAILY;COUNT=2"), MOVED), False),
        ((vevent("s", "RRULE:FREQ=YEARLY"),), False),
        ((vevent("s", "RRULE:FREQ=DAILY;COUNT=1"), vevent("t", start="20269999T090000Z")), False),
    ],
)
def test_the_last_date_of_a_series_is_known_as_such(parts: tuple[str, ...], only: bool) -> None:
    """Catches: a whole entry deleted for one date while others are there, moved ones and unreadable ones included."""
    assert READER.is_only_date(READER.parse(calendar(*parts).encode()), "s#20260310T090000Z") is only


def test_an_entry_that_does_not_repeat_is_no_date() -> None:
    assert not READER.is_only_date(READER.parse(calendar(vevent("s")).encode()), "s#")


def sorted_reading(*events: str, zone: str = ZONE) -> tuple[list[str], dict[str, str]]:
    """Keys of the records, and key -> reason of what was left out."""
    body = "".join(f"BEGIN:VEVENT\r\nUID:odd#1/a@example.com\r\n{event}\r\nEND:VEVENT\r\n" for event in events)
    text = f"BEGIN:VCALENDAR\r\n{body}END:VCALENDAR\r\n"
    reading = EntryReader(zone, Owner(), lambda: NOW).read(text.encode(), WINDOW)
    return (
        sorted(record.key.rpartition("#")[2] for record in reading.records),
        {left.key.rpartition("#")[2]: left.reason.value for left in reading.left_out.values()},
    )


DAILY = "DTSTART:20260302T090000Z\r\nDURATION:PT1H\r\nRRULE:FREQ=DAILY;COUNT=4"
BROKEN = "\r\nDTSTART;TZID=Nowhere:20260304T100000"
FIRST_TWO = ["20260302T090000Z", "20260303T090000Z"]


@pytest.mark.parametrize(
    ("named", "kept"),
    [
        ("RECURRENCE-ID:20260304T090000Z", [*FIRST_TWO, "20260305T090000Z"]),
        # 04:00 in New York is 09:00 in UTC.
        ("RECURRENCE-ID;TZID=America/New_York:20260304T040000", [*FIRST_TWO, "20260305T090000Z"]),
        ("RECURRENCE-ID;VALUE=DATE:20260304", [*FIRST_TWO, "20260305T090000Z"]),
        ("RECURRENCE-ID;RANGE=THISANDFUTURE:20260304T090000Z", FIRST_TWO),
        ("RECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20260304", FIRST_TWO),
        # Which date is meant cannot be told.
        ("RECURRENCE-ID;TZID=Nowhere:20260304T100000", []),
        ("RECURRENCE-ID:20260304T100000", []),
    ],
)
def test_dates_of_an_exception_that_cannot_be_read_are_not_known(named: str, kept: list[str]) -> None:
    keys, left = sorted_reading(DAILY, named + BROKEN)
    assert keys == kept
    everything = {*FIRST_TWO, "20260304T090000Z", "20260305T090000Z"}
    assert {key for key, reason in left.items() if reason == "unreadable"} >= everything - set(kept)
