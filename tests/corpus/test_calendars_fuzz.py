"""Damaged sample calendars: cut, doubled and overwritten at random, they never crash the reader, the expander or the writer."""

from __future__ import annotations

import os
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from daemon.calendars.content_lines import as_bytes, decode
from daemon.calendars.icalendar_patch import NoSuchEvent, patch_event
from daemon.calendars.icalendar_text import NotACalendar, ParsedEvent, parse
from daemon.calendars.occurrence_set import TooMany
from daemon.calendars.recurrence import MAX_OCCURRENCES, REASONS, expand

SAMPLES = Path(os.environ.get("DAYBRIDGE_SAMPLES") or Path(__file__).resolve().parents[3] / "shared" / "data")
SEEDS = [
    path.read_bytes()
    for folder in ("ics-notes", "ics-general")
    for path in sorted((SAMPLES / folder).glob("*"))
    if path.is_file() and path.stat().st_size < 6_000
]
OWN = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Eastern:20260302T090000\r\nDURATION:P1DT1H\r\n"
    b"RRULE:FREQ=MONTHLY;BYDAY=2MO;UNTIL=20271231\r\nRDATE;VALUE=PERIOD:20260305T090000Z/PT1H\r\nEXDATE;VALUE=DATE:20260409\r\n"
    b"END:VEVENT\r\nBEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20260413T130000Z\r\n"
    b"DTSTART:20260414T130000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
SNIPPETS = [
    b"\r\n ", b"\n", b"\x00", b"\xff", b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n", b";TZID=X", b"Z", b"T", b"-", b":", b"99999999",
    b"\r\nRRULE:FREQ=YEARLY;BYYEARDAY=366;BYSETPOS=-1\r\n", b"\r\nRDATE:19000101,89991231\r\n", b"\r\nDURATION:-P36599D\r\n",
    b"\r\nRECURRENCE-ID:20260413T130000Z\r\n", b"=", b";", b'"', b"INTERVAL=1000000;", b"COUNT=999999;",
    b"\r\nDTSTART:90001231\r\n",
]  # fmt: skip

ZONE = "America/New_York"

pytestmark = pytest.mark.skipif(
    not SEEDS and not os.environ.get("CI"), reason=f"the sample calendars are not at {SAMPLES}"
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from([OWN, *SEEDS]))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(data)))
        kind = draw(st.sampled_from(["insert", "cut", "double", "swap"]))
        size = draw(st.integers(1, 40))
        if kind == "insert":
            data = data[:at] + draw(st.sampled_from(SNIPPETS)) + data[at:]
        elif kind == "cut":
            data = data[:at] + data[at + size :]
        elif kind == "double":
            data = data[: at + size] + data[at:]
        else:
            data = data[:at] + draw(st.binary(min_size=1, max_size=3)) + data[at + 1 :]
    return data


def as_text(data: bytes) -> str:
    return decode(as_bytes(data))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(damaged(), st.sampled_from([2018, 2026]))
def test_damaged_calendars(data: bytes, year: int) -> None:
    try:
        parsed = parse(data, user_zone=ZONE)
    except NotACalendar:
        return
    groups: dict[str, list[ParsedEvent]] = defaultdict(list)
    for event in parsed.events:
        groups[event.uid].append(event)
    for uid, events in groups.items():
        try:
            found = expand(events, datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC))
        except TooMany:
            continue
        assert len(found.occurrences) <= MAX_OCCURRENCES
        assert {reason for _, reason in found.left_out} <= set(REASONS)
        handles = [item.handle for item in found.occurrences] + [handle for handle, _ in found.left_out]
        assert len(set(handles)) == len(handles)
        for item in found.occurrences[:2]:
            try:
                changed = patch_event(
                    as_text(data), uid, item.event.recurrence_id, {"summary": "changed"}, user_zone=ZONE
                )
            except NoSuchEvent:
                # A block that never ends is read, but not written into.
                continue
            assert "SUMMARY:changed" in changed
