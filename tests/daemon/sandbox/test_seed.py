"""The demo calendar: what it holds, that both sides tell the same story, that the sandbox takes all of it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from daemon.sandbox.domino import DominoSandbox
from daemon.sandbox.domino.entries import Entry
from daemon.sandbox.seed import Story, demo, numbered

TODAY = date(2026, 5, 13)
JANE = "/mail/jdoe.nsf"


def load(story: Story) -> dict[str, Entry]:
    sandbox = DominoSandbox()
    for text in story.notes:
        report = sandbox.load(JANE, text)
        assert (report.stored > 0, report.left_out, report.remarks) == (True, (), {})
    return sandbox.mail_files[JANE].entries


def stamp(text: object) -> datetime:
    return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S.000+0000").replace(tzinfo=UTC)


def test_sizes_and_kinds() -> None:
    story = demo(TODAY, "Europe/Berlin")
    entries = load(story)
    assert len(entries) >= 80
    assert len(story.salesforce) >= 60
    kinds = {entry.master.value("X-LOTUS-APPTTYPE") for entry in entries.values()}
    assert kinds == {"0", "1", "2", "3", "4"}
    text = "".join(story.notes)
    for part in (
        "CLASS:PRIVATE",
        "X-LOTUS-HASATTACH",
        "ATTACH",
        "RRULE:",
        "VALUE=PERIOD",
        "EXDATE",
        "ATTENDEE",
        "VALARM",
    ):
        assert part in text
    zones = set(re.findall(r"^TZID:(.+?)\r$", text, re.MULTILINE))
    assert zones == {"Western/Central Europe", "Eastern", "India"}
    assert max(len(str(record.get("Description", ""))) for record in story.salesforce) > 500
    assert len({record["_key"] for record in story.salesforce}) == len(story.salesforce)


def test_it_is_the_same_each_time() -> None:
    assert demo(TODAY, "Europe/Berlin") == demo(TODAY, "Europe/Berlin")
    assert demo(TODAY, "Europe/Berlin") != demo(TODAY + timedelta(days=1), "Europe/Berlin")


def test_most_lies_in_the_window_and_some_outside() -> None:
    low = datetime(2026, 4, 13, tzinfo=UTC)
    high = low + timedelta(days=395)
    rows = [
        row for e in load(demo(TODAY, "Europe/Berlin")).values() for row in e.occurrences(high + timedelta(days=900))
    ]
    inside = [row for row in rows if row.start_utc is not None and low <= row.start_utc < high]
    assert 0 < len(rows) - len(inside) < len(rows) / 5


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Sydney", "UTC", "Asia/Kolkata"])
def test_twins_agree_to_the_minute_in_every_zone(zone: str) -> None:
    story = demo(TODAY, zone)
    entries = load(story)
    records: dict[str, dict[str, Any]] = {str(record["_key"]): record for record in story.salesforce}
    twins = [key for key in records if key.startswith("twin-")] + [
        "new-york",
        "ny-single",
        "in-single",
        "workshop-night",
    ]
    assert len(twins) > 30
    for key in twins:
        [row] = entries[story.uids[key]].occurrences(datetime(2030, 1, 1, tzinfo=UTC))
        assert row.start_utc == stamp(records[key]["StartDateTime"]), key
        assert row.end_utc == stamp(records[key]["EndDateTime"]), key


def test_near_twins_differ_a_little() -> None:
    story = demo(TODAY, "Europe/Berlin")
    entries = load(story)
    near = [record for record in story.salesforce if str(record["_key"]).startswith("near-")]
    assert len(near) >= 5
    for record in near:
        [row] = entries[story.uids[str(record["_key"])]].occurrences(datetime(2030, 1, 1, tzinfo=UTC))
        same = row.start_utc == stamp(record["StartDateTime"]) and row.event.value("SUMMARY") == record["Subject"]
        assert not same


def test_all_day_ends_are_inclusive_in_salesforce() -> None:
    [fair] = [record for record in demo(TODAY, "UTC").salesforce if record["_key"] == "fair"]
    assert fair["IsAllDayEvent"] is True
    assert stamp(fair["EndDateTime"]) - stamp(fair["StartDateTime"]) == timedelta(days=3)


@pytest.mark.parametrize("n", [0, 1, 7, 3000, 30000])
def test_numbered_entries(n: int) -> None:
    story = numbered(n, TODAY)
    assert story.salesforce == []
    text = "".join(story.notes)
    assert text.count("BEGIN:VEVENT") == n
    if n == 3000:
        days = [
            row.start_utc.date()
            for e in load(story).values()
            for row in e.occurrences(datetime(2040, 1, 1, tzinfo=UTC))
            if row.start_utc
        ]
        assert (len(days), len(load(story))) == (n, n)
        assert min(days) >= TODAY - timedelta(days=30)
        assert max(days) <= TODAY + timedelta(days=365)


def test_a_series_of_salesforces_own_keeps_its_local_time() -> None:
    """Weekly dates that share one pattern, on both sides of a clock change."""
    rows = [row for row in demo(date(2026, 10, 1), "Europe/Berlin").salesforce if "_series" in row]
    assert len(rows) == 8 and {str(row["_key"]) for row in rows} == {f"pipeline#{n}" for n in range(8)}
    assert len({(row["Recurrence2PatternText"], row["Recurrence2PatternStartDate"]) for row in rows}) == 1
    starts = [stamp(row["StartDateTime"]) for row in rows]
    assert str(rows[0]["Recurrence2PatternText"]) == "RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO;COUNT=8"
    assert [start.astimezone(ZoneInfo("Europe/Berlin")).time() for start in starts] == [time(15)] * 8
    assert {later - earlier for earlier, later in pairwise(starts)} == {timedelta(7), timedelta(7, 3600)}
