"""The main job with a CalDAV calendar as the Notes side: real daemon, real command line, Radicale, the Salesforce sandbox."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.models import PutNotesAccount
from tests.daemon.sides.notes.caldav_servers import PASSWORD, USER, Server, member, radicale
from tests.daemon.sides.notes.caldav_setting import calendar, entry

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from house import House, a_house  # noqa: E402

DAY = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=3)


def at(hours: float = 0) -> str:
    return (DAY + timedelta(hours=hours)).strftime("%Y%m%dT%H%M%SZ")


def rest(hours: float = 0) -> str:
    return (DAY + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class CaldavHouse:
    """A house whose Notes calendar is a collection on Radicale."""

    house: House
    server: Server
    path: str
    storage: Path

    def put(self, uid: str, *lines: str, start: str = "", end: str = "") -> None:
        self.server.put(member(self.path, uid), calendar(entry(uid, *lines, start=start or at(), end=end or at(1))))

    def texts(self) -> dict[str, str]:
        return {href: self.server.get(href) for href in self.server.hrefs(self.path)}

    def stamps(self) -> dict[str, int]:
        """When Radicale last wrote each file, in ns: a write that changes nothing shows, too."""
        storage = self.storage / "collection-root" / self.path.strip("/")
        return {file.name: file.stat().st_mtime_ns for file in storage.glob("*.ics")}

    def text_of(self, subject: str) -> str:
        (found,) = [text for text in self.texts().values() if f"SUMMARY:{subject}" in text]
        return found


@pytest.fixture
def caldav(tmp_path: Path) -> Iterator[CaldavHouse]:
    folder = tmp_path / "radicale"
    folder.mkdir()
    with radicale(folder) as server, a_house(tmp_path / "home", "--seed", "empty") as house:
        path = server.make("work")
        account = PutNotesAccount(kind="caldav", url=server.origin, user=USER, password=PASSWORD, calendar="")
        tested = house.client.put_notes_account(account)
        assert tested.ok, tested.text.text
        yield CaldavHouse(house, server, path, folder / "storage")


def test_a_calendar_on_radicale_is_kept_in_step(caldav: CaldavHouse) -> None:
    """Creates and updates in both directions; the run after each is empty and writes nothing."""
    house = caldav.house
    caldav.put("visit", "SUMMARY:Visit", "LOCATION:Room 4", "DESCRIPTION:Bring figures", "X-EXAMPLE-MARK:kept")
    caldav.put("weekly", "SUMMARY:Weekly", "RRULE:FREQ=WEEKLY;COUNT=3", start=at(2), end=at(3))
    house.salesforce.create(Subject="Call", StartDateTime=rest(5), EndDateTime=rest(6), Location="Phone")
    house.run("sync", "--wait")
    rows = json.loads(house.run("changes", "--json", "--all").stdout)["changes"]
    assert sorted((row["title"], row["action"]) for row in rows) == [
        ("Call", "create_in_notes"),
        ("Visit", "create_in_salesforce"),
        *[("Weekly", "create_in_salesforce")] * 3,
    ]
    assert len(caldav.texts()) == 2, "comparing must not write"
    house.run("apply", "--wait")
    assert house.salesforce.event("Visit")["Location"] == "Room 4"
    assert "LOCATION:Phone" in caldav.text_of("Call")
    settled, stamps = caldav.texts(), caldav.stamps()
    assert len(stamps) == 3
    house.forget_journals()
    assert house.sync() == {}
    assert caldav.stamps() == stamps
    assert house.writes() == []

    house.salesforce.update(house.salesforce.event("Visit")["Id"], StartDateTime=rest(1.5), EndDateTime=rest(3))
    second = next(each for each in house.salesforce.events() if each["StartDateTime"][:10] == rest(24 * 7 + 2)[:10])
    house.salesforce.update(second["Id"], Subject="Weekly, elsewhere")
    caldav.server.put(
        next(href for href, text in settled.items() if "SUMMARY:Call" in text),
        caldav.text_of("Call").replace("LOCATION:Phone", "LOCATION:Video"),
    )
    house.run("sync", "--wait")
    house.run("apply", "--wait")
    moved = caldav.server.get(member(caldav.path, "visit"))
    assert f"DTSTART:{at(1.5)}" in moved
    assert "X-EXAMPLE-MARK:kept" in moved
    series = caldav.server.get(member(caldav.path, "weekly"))
    assert series.count("BEGIN:VEVENT") == 2, "one date became an exception, the rule stayed"
    assert "RRULE:FREQ=WEEKLY;COUNT=3" in series
    assert house.salesforce.event("Call")["Location"] == "Video"
    assert house.sync() == {}


def test_deletions_are_asked_and_carried_out_on_both_sides(caldav: CaldavHouse) -> None:
    """Catches: a deletion that the very next run does not find, and one date of a series that takes the series with it."""
    house = caldav.house
    for number, uid in enumerate(("old", "kept", "other")):
        caldav.put(uid, f"SUMMARY:{uid}", start=at(number * 2), end=at(number * 2 + 1))
    caldav.put("weekly", "SUMMARY:Weekly", "RRULE:FREQ=WEEKLY;COUNT=3", start=at(8), end=at(9))
    house.run("sync", "--wait")
    house.run("apply", "--wait")
    assert house.sync() == {}
    with sqlite3.connect(house.home / "state" / "daybridge.sqlite") as db:
        db.execute("UPDATE link SET linked_at='2026-01-01T00:00:00Z'")
    caldav.server.delete(member(caldav.path, "old"))
    house.salesforce.delete(house.salesforce.event("other")["Id"])
    second = next(each for each in house.salesforce.events() if each["StartDateTime"][:10] == rest(24 * 7 + 8)[:10])
    house.salesforce.delete(second["Id"])
    house.run("sync", "--wait", expect=3)
    rows = json.loads(house.run("changes", "--json", "--all").stdout)["changes"]
    assert sorted((row["title"], row["action"]) for row in rows) == [
        ("Weekly", "delete_in_notes"),
        ("old", "delete_in_salesforce"),
        ("other", "delete_in_notes"),
    ]
    house.run("decide", *(row["id"] for row in rows), "--approve")
    house.run("apply", "--wait", "--confirm-deletions", "3")
    assert [each["Subject"] for each in house.salesforce.events()].count("Weekly") == 2
    assert not any(each["Subject"] == "old" for each in house.salesforce.events())
    left = caldav.texts()
    assert set(left) == {member(caldav.path, "kept"), member(caldav.path, "weekly")}
    assert "STATUS:CANCELLED" in left[member(caldav.path, "weekly")]
    assert house.sync() == {}


def test_an_edit_after_the_review_comes_back_as_stale(caldav: CaldavHouse) -> None:
    house = caldav.house
    caldav.put("visit", "SUMMARY:Visit")
    house.run("sync", "--wait")
    house.run("apply", "--wait")
    house.salesforce.update(house.salesforce.event("Visit")["Id"], Location="From Salesforce")
    house.run("sync", "--wait")
    caldav.put("visit", "SUMMARY:Visit", "DESCRIPTION:Not seen")
    house.run("apply", "--wait", expect=1)
    assert "From Salesforce" not in caldav.text_of("Visit")
    assert house.rows()["Visit"]["result"] == "stale"


def test_a_wrong_password_is_one_sentence(caldav: CaldavHouse) -> None:
    account = PutNotesAccount(kind="caldav", url=caldav.server.origin, user=USER, password="wrong", calendar="")
    tested = caldav.house.client.put_notes_account(account)
    assert not tested.ok
    assert tested.text.code == "notes.wrong_password"
    assert caldav.house.client.accounts().notes.state == "needs_sign_in"
