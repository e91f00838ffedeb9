"""Reading a CalDAV calendar from real servers: full readings, deltas by token, series, copies, deletions with evidence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from daemon.sides.contract import Found, Gone, Observation
from daemon.sides.notes.caldav import CaldavSide
from daemon.sync.trees import Record
from shared.states import LeftOutReason
from tests.daemon.sides.notes.caldav_servers import member
from tests.daemon.sides.notes.caldav_setting import WEEKLY_IDS, Place, by_key, calendar, entry, read, weekly
from tests.daemon.sides.notes.domino_setting import WINDOW


def merged(known: dict[str, Record], seen: Observation) -> dict[str, Record]:
    """The tree after a delta, as runs.compare makes it."""
    return {**{key: record for key, record in known.items() if key not in seen.gone}, **by_key(seen)}


async def first_reading(side: CaldavSide) -> tuple[dict[str, Record], str]:
    seen = await read(side)
    assert seen.full
    return by_key(seen), seen.coverage.bookmark


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


async def test_a_bookmark_serves_another_process(place: Place) -> None:
    """Catches: a register that lives in memory only."""
    place.put("one", calendar(entry("one", "SUMMARY:One")))
    place.put("two", calendar(entry("two", "SUMMARY:Two")))
    known, mark = await first_reading(place.side())
    place.delete("one")
    seen = await read(place.side(), known, mark)
    assert not seen.full
    assert set(seen.gone) == {"one#"}


@pytest.mark.parametrize("ruin", ["token", "version", "noise", "elsewhere"])
async def test_a_useless_bookmark_means_a_full_reading(place: Place, ruin: str) -> None:
    """A token the server no longer knows is 403 at Radicale and 412 at Xandikos; neither may look like «no change»."""
    place.put("one", calendar(entry("one", "SUMMARY:One")))
    side = place.side()
    _known, mark = await first_reading(side)
    document = json.loads(mark)
    spoilt = {
        "token": json.dumps({**document, "t": "http://example.com/ns/sync/never-given"}),
        "version": json.dumps({**document, "v": 99}),
        "noise": "{",
        "elsewhere": json.dumps({**document, "c": "/another/calendar/"}),
    }
    seen = await read(side, {}, spoilt[ruin])
    assert seen.full
    assert set(by_key(seen)) == {"one#"}


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


async def test_an_entry_deleted_before_this_process_began_is_gone(place: Place) -> None:
    """The href is not known then: that no resource holds the UID is the evidence."""
    place.put("stays", calendar(entry("stays", "SUMMARY:Stays")))
    side = place.side()
    looked = await side.look(["goes#", "stays#"])
    assert isinstance(looked["goes#"], Gone)
    assert isinstance(looked["stays#"], Found)
    await read(side)
    assert isinstance((await side.look(["goes#"]))["goes#"], Gone)


async def test_an_entry_that_moved_to_another_resource_is_not_gone(place: Place) -> None:
    """Catches: 404 on a remembered href taken for a deletion although the entry stands elsewhere now."""
    place.put("moves", calendar(entry("moves", "SUMMARY:Here")))
    side = place.side()
    known, mark = await first_reading(side)
    place.delete("moves")
    place.server.put(f"{place.path}elsewhere.ics", calendar(entry("moves", "SUMMARY:There")))
    looked = (await side.look(["moves#"]))["moves#"]
    assert isinstance(looked, Found)
    assert looked.record.image.subject == "There"
    seen = await read(side, known, mark)
    assert not seen.gone
    assert by_key(seen)["moves#"].image.subject == "There"


async def test_names_in_any_spelling_lead_to_the_entry(place: Place) -> None:
    """Catches: an href compared as text; the two servers spell «@» and blanks differently."""
    for uid in ("a@example.com", "two words", "ümlaut", "per%cent", "a+b;c=d"):
        place.put(uid, calendar(entry(uid, f"SUMMARY:{uid}")))
    side = place.side()
    seen = by_key(await read(side))
    assert {record.image.subject.replace("\\;", ";") for record in seen.values()} == {
        "a@example.com", "two words", "ümlaut", "per%cent", "a+b;c=d",
    }  # fmt: skip
    for uid in ("two words", "a@example.com", "per%cent"):
        place.delete(uid)
    looked = await side.look(list(seen))
    assert {key for key, each in looked.items() if isinstance(each, Gone)} == {
        "two words#", "a@example.com#", "per%cent#",
    }  # fmt: skip


async def test_many_entries_come_in_several_parts(place: Place) -> None:
    names = [f"many-{number:03}" for number in range(120)]
    for name in names:
        place.put(name, calendar(entry(name, f"SUMMARY:{name}")))
    told: list[tuple[str, int, int | None]] = []
    side = place.side()
    seen = await side.observe(WINDOW, "", {}, lambda *step: told.append(step))
    assert set(by_key(seen)) == {f"{name}#" for name in names}
    assert told[-1] == ("reading", 120, 120)
    again = await read(side, by_key(seen))
    assert again.unchanged == frozenset(by_key(seen))
    assert again.records == ()


async def test_a_private_ones_text_is_in_no_bookmark(place: Place, tmp_path: Path) -> None:
    place.put("secret", calendar(entry("secret", "SUMMARY:Xylophone", "CLASS:PRIVATE")))
    seen = await read(place.side())
    assert "Xylophone" not in seen.coverage.bookmark
    assert member(place.path, "secret").rpartition("/")[2] in seen.coverage.bookmark
