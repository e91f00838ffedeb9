"""A folder of entries is watched by a real daemon: a change starts the next automatic run, or shows on the list that waits."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.models import OneDecision, PutNotesAccount, Run
from shared.states import Decision, RunMode, RunState
from tests.end_to_end.house import ROOT, House, a_house, until

DAY = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y%m%d")
# The daemon as it is, only less patient: half a second of rest, no time between two runs.
IMPATIENT = """
import asyncio, sys
from datetime import timedelta
from daemon.app import App
from daemon.credentials import MemoryCredentials
from daemon.runs.folder_news import Patience
from shared.app_paths import app_paths
paths = app_paths()
paths.make()
asyncio.run(App(paths, MemoryCredentials(), patience=Patience(0.5, timedelta(0))).run())
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("watched") / "home", "--seed", "empty", connected=False) as built:
        built.home.mkdir(parents=True)
        (built.home / "entries").mkdir()
        with (built.home / "stderr.txt").open("a") as complaints:
            built.daemon = subprocess.Popen(
                [sys.executable, "-c", IMPATIENT],
                env=built.environment,
                stdin=subprocess.DEVNULL,
                stderr=complaints,
                text=True,
                cwd=ROOT,
            )
        until("the daemon answers", built._answers)
        built.connect()
        assert built.client.put_notes_account(PutNotesAccount(kind="ics_folder", url=str(built.home / "entries"))).ok
        yield built


def put(house: House, name: str, subject: str) -> None:
    """As another program would: written beside, then moved into place."""
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//example.com//test//EN", "BEGIN:VEVENT", f"UID:{name}@example.com",
        "DTSTAMP:20260101T000000Z", f"DTSTART:{DAY}T090000Z", f"DTEND:{DAY}T100000Z", f"SUMMARY:{subject}",
        "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    beside = house.home / "entries" / f"{name}.new"
    beside.write_text("\r\n".join(lines), newline="")
    os.replace(beside, house.home / "entries" / f"{name}.ics")


def titles(house: House) -> list[str]:
    return sorted(each["Subject"] for each in house.salesforce.events())


def open_run(house: House) -> Run | None:
    return house.client.status().run


def told_of_the_folder(house: House) -> bool:
    run = open_run(house)
    return run is not None and run.because is not None and run.because.code == "run.folder_changed"


def runs(house: House) -> list[Run]:
    return list(house.client.runs().runs)


def test_a_list_that_waits_says_that_the_folder_changed(house: House) -> None:
    put(house, "first", "First")
    assert set(house.sync()) == {"First"}
    waiting = open_run(house)
    assert waiting is not None and waiting.because is None
    put(house, "second", "Second")
    until("the waiting list says that the folder changed", lambda: told_of_the_folder(house))
    assert "folder changed" in house.run("status").stdout
    assert set(house.rows()) == {"First"}, "only Start Sync compares anew"
    assert set(house.sync()) == {"First", "Second"}
    again = open_run(house)
    assert again is not None and again.id == waiting.id and again.because is None


def test_our_own_writes_are_no_news_and_automatic_runs_that_are_off_stay_off(house: House) -> None:
    house.run("apply", "--wait")
    house.salesforce.create(
        Subject="Third", StartDateTime=f"{DAY[:4]}-{DAY[4:6]}-{DAY[6:]}T11:00:00Z", DurationInMinutes=60
    )
    house.salesforce.create(
        Subject="Fourth", StartDateTime=f"{DAY[:4]}-{DAY[4:6]}-{DAY[6:]}T13:00:00Z", DurationInMinutes=60
    )
    rows = house.sync()
    assert set(rows) == {"Third", "Fourth"}
    run = open_run(house)
    assert run is not None
    fourth = rows["Fourth"]
    house.client.decide(
        run.id,
        (OneDecision(change=fourth["id"], revision=fourth["revision"], decision=Decision.UNDECIDED),),
    )
    house.run("apply", "--wait")
    assert len(list((house.home / "entries").glob("*.ics"))) == 3
    before = len(runs(house))
    # The file of Third has been reported by now or will be before this one: the daemon must tell ours from theirs.
    rows = house.sync()
    assert set(rows) == {"Fourth"}
    assert not told_of_the_folder(house)
    put(house, "fifth", "Fifth")
    until("the waiting list says that the folder changed", lambda: told_of_the_folder(house))
    house.run("cancel")
    assert house.client.status().next_run_at is None
    put(house, "fifth", "Fifth, later")
    assert len(runs(house)) == before + 1


def test_a_change_starts_the_next_automatic_run_soon(house: House) -> None:
    house.client.patch_settings(
        {
            "automatic.every_minutes": 600,
            "automatic.from": "00:00",
            "automatic.to": "23:59",
            "automatic.weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        }
    )
    known = {run.id for run in runs(house)}
    put(house, "sixth", "Sixth")
    run = until(
        "an automatic run of its own accord",
        lambda: next(
            (run for run in runs(house) if run.id not in known and run.state is RunState.AWAITING_REVIEW), None
        ),
        patience=45,
    )
    assert run.mode is RunMode.AUTOMATIC
    assert {"Sixth", "Fifth, later"} <= set(house.rows())
    put(house, "seventh", "Seventh")
    until("the waiting list says that the folder changed", lambda: told_of_the_folder(house))
    assert {each.id for each in runs(house)} == known | {run.id}, "no second run while one is open"
    assert "Seventh" not in house.rows()


def test_the_daemon_ends_by_itself_with_the_watch(house: House) -> None:
    assert house.stop_daemon() == 0
