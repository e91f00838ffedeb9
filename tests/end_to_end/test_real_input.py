"""Real input: the demo with exported calendars; every VEVENT and occurrence is accounted for exactly once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pytest
import recurring_ical_events

from shared.api_client import ApiClient
from shared.models import Change

ROOT = Path(__file__).resolve().parents[2]
REASONS = {"outside_window", "private", "entry_type", "cancelled", "superseded", "not_an_event", "unreadable"}

# UTC starts worked out by hand from the files. Eastern in these files follows the rule they carry (summer time from the first
# Sunday of April), so April 2005 is UTC-4; Chicago in spring 2018 is UTC-5.
WEEKLY = [f"2018-{day}T13:00Z" for day in (
    "03-27", "04-03", "04-10", "04-17", "04-24", "05-01", "05-08", "05-15", "05-22", "05-29",
    "06-05", "06-12", "06-19", "06-26", "07-03", "07-10", "07-17", "07-24", "07-31",
)]  # fmt: skip
STARTS: dict[str, list[str]] = {
    "HCL-TECH-SOFTWARE_domino-c-api-samples--entryManip-input1.ics": ["2012-11-22T10:00Z"],
    "HCL-TECH-SOFTWARE_domino-c-api-samples--entryManip-output1.ics": ["2012-11-22T18:00Z"],
    "collective_icalendar--issue_156_RDATE_with_PERIOD_TZID_khal.ics": WEEKLY,
    "ical-org_ical.net--Bug2033495.ics": [],
    "ical4j_ical4j--calconnect.ics": [f"2005-04-{day}T13:00Z" for day in (11, 12, 13, 14, 15)],
    "ical4j_ical4j--calconnect2.ics": [f"2005-04-{day}T14:00Z" for day in (11, 12, 13, 14, 15)],
    "ical4j_ical4j--calconnect6.ics": ["2005-04-26T14:00Z"],
}
LARGE = (
    "ical4j_ical4j--valid-BCP321928.ics",
    "ical4j_ical4j--invalid-OZMovies.ics",
    "ical4j_ical4j--invalid-core.ics",
    "ical-org_ical.net--Event3.ics",
    "jens-maus_node-ical--festival-multiday-rrule.ics",
)


@contextmanager
def demo(home: Path, calendar: Path) -> Iterator[tuple[ApiClient, list[str]]]:
    """The demo as a visitor starts it; it must end by Ctrl-C with nothing left running."""
    process = subprocess.Popen(
        [sys.executable, "-m", "daemon", "demo", "--no-browser", "--notes-calendar", str(calendar)],
        env={**os.environ, "DAYBRIDGE_HOME": str(home), "PYTHONPATH": str(ROOT), "TZ": "UTC", "DISPLAY": ""},
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line.rstrip())
            if "Ctrl-C ends" in line:
                break
        assert process.poll() is None, said
        yield ApiClient(home / "state" / "endpoint.json"), said
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=30)
        process.stdout.close()
    left = subprocess.run(["pgrep", "-g", str(process.pid)], capture_output=True, text=True, check=False).stdout.split()
    assert left == [], "Ctrl-C leaves no process"
    assert not (home / "state" / "endpoint.json").exists(), "nor a stale endpoint file"


def compared(client: ApiClient, home: Path) -> tuple[list[Change], Counter[str]]:
    """Start Sync by the command line; all rows, and how often each reason stands in the items (rows count as ``row``)."""
    done = subprocess.run(
        [sys.executable, "-m", "daemon", "sync", "--wait"],
        env={**os.environ, "DAYBRIDGE_HOME": str(home), "PYTHONPATH": str(ROOT), "TZ": "UTC"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode in (0, 3), done.stderr
    run = client.status().run
    rows = list(client.every_change(run.id)) if run else []
    return rows, Counter(client.items(limit=1).counts)


def put_in(said: list[str]) -> tuple[int, int]:
    """(entries put into the mail file, components that are none) as the demo told."""
    stored = next(int(found[1]) for line in said if (found := re.match(r"Notes calendar: (\d+) entries", line)))
    none = sum(int(found[1]) for line in said if (found := re.search(r"not an entry of a calendar .*: (\d+)$", line)))
    return stored, none


@pytest.mark.parametrize("name", STARTS)
def test_a_calendar_that_notes_exported(name: str, samples: Path, tmp_path: Path) -> None:
    """Catches: an hour lost to a zone, an occurrence dropped or doubled, an entry that vanishes without a reason."""
    path = samples / "ics-notes" / name
    with demo(tmp_path / "home", path) as (client, said):
        assert put_in(said)[0] == path.read_bytes().count(b"BEGIN:VEVENT")
        rows, counts = compared(client, tmp_path / "home")
    created = sorted(row.starts_at for row in rows if row.action == "create_in_salesforce")
    assert created == STARTS[name]
    assert set(counts) <= REASONS | {"row"}
    # Every master has at least one occurrence; an unreadable one is a cannot_sync row and keeps its reason.
    assert sum(counts.values()) == max(len(STARTS[name]), 1)
    assert counts["unreadable"] == sum(row.action == "cannot_sync" for row in rows)


@pytest.mark.filterwarnings("ignore:Timezone:UserWarning")
@pytest.mark.parametrize("name", LARGE)
def test_a_large_calendar_of_another_program(name: str, samples: Path, tmp_path: Path) -> None:
    """Catches: components that are neither rows nor reasons. Occurrences are counted by a library of other people."""
    path = samples / "ics-general" / name
    with demo(tmp_path / "home", path) as (client, said):
        stored, none = put_in(said)
        rows, counts = compared(client, tmp_path / "home")
    text = path.read_text("utf-8", errors="replace").upper()
    others = sum(text.count(f"BEGIN:{kind}") for kind in ("VTODO", "VJOURNAL", "VFREEBUSY"))
    assert stored + none == text.count("BEGIN:VEVENT") + others
    assert set(counts) <= REASONS | {"row"}
    assert counts["row"] == sum(row.action != "cannot_sync" for row in rows)
    assert sum(counts.values()) == expected_occurrences(path)
    assert len({row.id for row in rows}) == len(rows)
    assert not only_private(path).intersection(row.title for row in rows), "no row may name a private entry"


def only_private(path: Path) -> set[str]:
    """Subjects that stand on private entries alone."""
    subjects: dict[bool, set[str]] = {True: set(), False: set()}
    for calendar in icalendar.Calendar.from_ical(path.read_bytes(), multiple=True):
        for event in calendar.walk("VEVENT"):
            private = str(event.get("CLASS", "PUBLIC")).upper() != "PUBLIC"
            subjects[private].add(str(event.get("SUMMARY", "")))
    return subjects[True] - subjects[False]


def expected_occurrences(path: Path) -> int:
    """How many items the file holds: single entries once, series by occurrence to the window's end."""
    calendars = icalendar.Calendar.from_ical(path.read_bytes(), multiple=True)
    total = 0
    horizon = (datetime.now(UTC) + timedelta(days=366)).replace(hour=0, minute=0, second=0, microsecond=0)
    for calendar in calendars:
        for event in calendar.walk("VEVENT"):
            if "RRULE" not in event and "RDATE" not in event:
                total += 1
        series = [each for each in calendar.walk("VEVENT") if "RRULE" in each or "RDATE" in each]
        for each in series:
            alone = icalendar.Calendar()
            alone.add_component(each)
            for zone in calendar.walk("VTIMEZONE"):
                alone.add_component(zone)
            found = len(recurring_ical_events.of(alone).between(datetime(1990, 1, 1, tzinfo=UTC), horizon))
            total += found if found <= 750 else 1  # more is one row that cannot be synchronized
    return total
