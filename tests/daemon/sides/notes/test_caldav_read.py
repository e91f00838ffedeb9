"""Reading a CalDAV calendar from real servers: full readings, deltas by token, series, copies, deletions with evidence."""

from __future__ import annotations

from shared.states import LeftOutReason
from tests.daemon.sides.notes.caldav_setting import (
    WEEKLY_IDS,
    Place,
    by_key,
    calendar,
    entry,
    first_reading,
    merged,
    read,
    weekly,
)
from tests.daemon.sides.notes.domino_setting import WINDOW


async def test_the_fields_arrive(place: Place) -> None:
    place.put(
        "full",
        calendar(
            entry(
                "full", "SUMMARY:Visit\\; ü", "LOCATION:Berlin", "DESCRIPTION:One\\nTwo", "CLASS:PRIVATE",
                "TRANSP:TRANSPARENT", "CATEGORIES:Sales,Travel", "BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:x",
                "TRIGGER:-PT15M", "END:VALARM",
            )
        ),
    )  # fmt: skip
    (record,) = (await read(place.side())).records
    image = record.image
    assert (image.subject, image.location, image.description) == ("Visit; ü", "Berlin", "One\nTwo")
    assert (image.starts_at, image.ends_at) == ("2026-03-10T09:00Z", "2026-03-10T10:00Z")
    assert (image.private, image.show_as, image.reminder_minutes) == (True, "free", 15)
    assert set(image.categories) == {"Sales", "Travel"}
    assert record.raw == "", "the text of a private entry is not carried on"


async def test_a_series_is_read_date_by_date_with_its_exceptions(place: Place) -> None:
    moved = entry(
        "week", "SUMMARY:Moved", "RECURRENCE-ID;TZID=Europe/Berlin:20260324T100000", start="20260325T130000Z",
        end="20260325T140000Z",
    )  # fmt: skip
    cancelled = entry(
        "week", "SUMMARY:Weekly", "STATUS:CANCELLED", "RECURRENCE-ID;TZID=Europe/Berlin:20260407T100000",
        start="20260407T080000Z", end="20260407T090000Z",
    )  # fmt: skip
    place.put("week", weekly("week", moved, cancelled))
    seen = await read(place.side())
    starts = {key: record.image.starts_at for key, record in by_key(seen).items()}
    assert starts == {
        f"week#{WEEKLY_IDS[0]}": "2026-03-17T09:00Z",
        f"week#{WEEKLY_IDS[1]}": "2026-03-25T13:00Z",
        f"week#{WEEKLY_IDS[2]}": "2026-03-31T08:00Z",
    }
    assert [left.reason for left in seen.left_out.values()] == [LeftOutReason.CANCELLED]


async def test_a_delta_holds_exactly_what_changed(place: Place) -> None:
    """Catches: a delta that lists everything, forgets a deletion, or loses a change made to a series."""
    for uid in ("stays", "changes", "goes"):
        place.put(uid, calendar(entry(uid, f"SUMMARY:{uid}")))
    place.put("week", weekly("week"))
    side = place.side()
    known, mark = await first_reading(side)
    quiet_one = await read(side, known, mark)
    assert (quiet_one.full, quiet_one.records, dict(quiet_one.gone)) == (False, (), {})
    place.put("changes", calendar(entry("changes", "SUMMARY:Changed")))
    place.put("new", calendar(entry("new", "SUMMARY:New")))
    place.delete("goes")
    place.put("week", weekly("week").replace("RRULE", "EXDATE;TZID=Europe/Berlin:20260324T100000\r\nRRULE"))
    seen = await read(side, known, quiet_one.coverage.bookmark)
    assert not seen.full
    assert {key for key in by_key(seen) if not key.startswith("week")} == {"changes#", "new#"}
    assert {key: evidence.kind for key, evidence in seen.gone.items()} == {
        "goes#": "by_id",
        f"week#{WEEKLY_IDS[1]}": "series_detail",
    }
    again, _mark = await first_reading(place.side())
    tree = merged(known, seen)
    assert tree.keys() == again.keys()
    assert {key: record.image for key, record in tree.items()} == {key: record.image for key, record in again.items()}


async def test_a_change_during_the_reading_is_in_the_next_one(place: Place) -> None:
    """Catches: a bookmark written after the looks of a delta, which would pass over a change they saw."""
    for uid in ("goes", "late"):
        place.put(uid, calendar(entry(uid, f"SUMMARY:{uid}")))
    side = place.side()
    known, mark = await first_reading(side)
    place.delete("goes")

    def slip_in(phase: str, done: int, total: int | None) -> None:
        if phase == "reading" and done == total:
            place.put("late", calendar(entry("late", "SUMMARY:Changed late")))

    seen = await side.observe(WINDOW, mark, known, slip_in)
    assert set(seen.gone) == {"goes#"}
    after = await read(side, merged(known, seen), seen.coverage.bookmark)
    assert by_key(after)["late#"].image.subject == "Changed late"
