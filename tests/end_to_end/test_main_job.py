"""The main job through real processes: daemon, command line, real HTTP to both sandboxes."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.end_to_end.house import House, a_house

DAY = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=3)


def notes_time(hours: float = 0) -> str:
    return (DAY + timedelta(hours=hours)).strftime("%Y%m%dT%H%M%SZ")


def rest_time(hours: float = 0) -> str:
    return (DAY + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path / "home", "--seed", "empty") as built:
        yield built


def ok(house: House, *more: str) -> None:
    house.run("apply", "--wait", *more)


def in_step(house: House, *subjects: str) -> dict[str, str]:
    """Meetings made in Notes and brought to Salesforce; returns their UIDs."""
    uids = {each: house.domino.create(each, notes_time(n), notes_time(n + 1)) for n, each in enumerate(subjects)}
    house.sync()
    ok(house)
    assert house.sync() == {}
    return uids


def test_a_create_each_way_then_nothing_left_to_do(house: House) -> None:
    """Catches: a create that is lost, doubled, or echoed back; a second run that writes."""
    house.domino.create("Quarterly review", notes_time(), notes_time(1), "LOCATION:Room 4", "DESCRIPTION:Bring figures")
    house.salesforce.create(
        Subject="Call with Example Ltd", StartDateTime=rest_time(2), EndDateTime=rest_time(3), Location="Phone"
    )
    house.forget_journals()
    rows = house.sync()
    assert {title: row["action"] for title, row in rows.items()} == {
        "Quarterly review": "create_in_salesforce",
        "Call with Example Ltd": "create_in_notes",
    }
    assert house.writes() == [], "comparing must not write"
    ok(house)
    made = house.salesforce.event("Quarterly review")
    assert made["Location"] == "Room 4"
    assert made["StartDateTime"] == DAY.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    assert "Bring figures" in made["Description"]
    assert sorted(house.domino.subjects()) == ["Call with Example Ltd", "Quarterly review"]
    assert house.client.status().objects[0].last_run is not None
    house.forget_journals()
    assert house.sync() == {}
    assert house.writes() == []
    assert json.loads(house.run("status", "--json").stdout)["state"] == "idle"


def test_updates_travel_both_ways_field_by_field(house: House) -> None:
    """Catches: a whole-record overwrite that loses the other side's edit of another field."""
    uids = in_step(house, "Planning", "Standup")
    house.domino.update(uids["Planning"], location="Room 9")
    event = house.salesforce.event("Standup")
    house.salesforce.update(event["Id"], StartDateTime=rest_time(5), EndDateTime=rest_time(6))
    both = house.salesforce.event("Planning")
    house.salesforce.update(both["Id"], ShowAs="Free")
    rows = house.sync()
    assert {title: row["action"] for title, row in rows.items()} == {
        "Planning": "update_both",
        "Standup": "update_in_notes",
    }
    ok(house)
    assert house.salesforce.event("Planning")["Location"] == "Room 9"
    assert "TRANSP:TRANSPARENT" in house.domino.text(uids["Planning"])
    assert notes_time(5) in house.domino.text(uids["Standup"])
    assert house.sync() == {}


def test_a_deletion_is_asked_and_confirmed(house: House) -> None:
    """Catches: a deletion that is carried out unasked, and one that is not found in the very next run."""
    uids = in_step(house, "Old", "Kept", "Other")
    house.age_links()
    house.domino.delete(uids["Old"])
    house.salesforce.delete(house.salesforce.event("Other")["Id"])
    rows = house.sync(expect=3)
    assert {title: row["action"] for title, row in rows.items()} == {
        "Old": "delete_in_salesforce",
        "Other": "delete_in_notes",
    }
    assert all(row["decision"] == "undecided" and "deletion" in row["risks"] for row in rows.values())
    house.run("decide", rows["Old"]["id"], rows["Other"]["id"], "--approve")
    refused = house.run("apply", "--wait", expect=3)
    assert "2 deletions" in refused.stderr
    ok(house, "--confirm-deletions", "2")
    assert [each["Subject"] for each in house.salesforce.events()] == ["Kept"]
    assert house.domino.subjects() == ["Kept"]
    assert house.sync() == {}


def test_a_deletion_taken_back_makes_the_copy_again(house: House) -> None:
    """Catches: use_salesforce on a deletion that still deletes."""
    uids = in_step(house, "Wanted")
    house.age_links()
    house.domino.delete(uids["Wanted"])
    rows = house.sync()
    house.run("decide", rows["Wanted"]["id"], "--use", "salesforce")
    ok(house)
    assert house.domino.subjects() == ["Wanted"]
    assert len(house.salesforce.events()) == 1
    assert house.sync() == {}


def test_a_conflict_waits_and_takes_the_chosen_side(house: House) -> None:
    """Catches: newest-wins, and a conflict that Ok settles by itself."""
    uids = in_step(house, "Lunch")
    house.domino.update(uids["Lunch"], location="Trattoria")
    house.salesforce.update(house.salesforce.event("Lunch")["Id"], Location="Canteen")
    rows = house.sync(expect=3)
    assert rows["Lunch"]["action"] == "conflict"
    detail = json.loads(house.run("changes", "--why", rows["Lunch"]["id"], "--json").stdout)
    place = next(each for each in detail["fields"] if each["group"] == "location")
    assert (place["notes"], place["salesforce"]) == ("Trattoria", "Canteen")
    assert detail["why"]
    house.run("decide", rows["Lunch"]["id"], "--use", "notes")
    ok(house)
    assert house.salesforce.event("Lunch")["Location"] == "Trattoria"
    assert house.sync() == {}


def test_ignored_until_a_change_comes_back_with_it(house: House) -> None:
    """Catches: an ignore that forgets, or one that a touched version alone wakes."""
    uids = in_step(house, "Gym", "Choir")
    for uid in uids.values():
        house.domino.update(uid, location="Hall 1")
    rows = house.sync()
    house.run("decide", rows["Gym"]["id"], "--ignore-until-change")
    house.run("decide", rows["Choir"]["id"], "--ignore-forever")
    house.forget_journals()
    ok(house)
    assert house.writes() == [], "nothing ignored may be written"
    assert house.sync() == {}
    listed = house.run("ignored").stdout
    assert "Gym" in listed
    assert "Choir" in listed
    for uid in uids.values():
        house.domino.update(uid, location="Hall 2")
    rows = house.sync()
    assert set(rows) == {"Gym"}
    ok(house)
    ignored = house.client.ignored().ignored
    assert [each.title for each in ignored] == ["Choir"]
    house.run("ignored", "--rearm", ignored[0].id)
    assert set(house.sync()) == {"Choir"}


def test_what_changed_after_the_person_saw_it_comes_back_as_stale(house: House) -> None:
    """Catches: an approval that is applied to something the person has not seen."""
    uids = in_step(house, "Visit", "Ride")
    house.domino.update(uids["Visit"], location="Seen")
    house.domino.update(uids["Ride"], location="Seen")
    house.sync()
    house.domino.update(uids["Visit"], location="Not seen")
    house.run("apply", "--wait", expect=1)
    assert house.salesforce.event("Visit")["Location"] is None
    assert house.salesforce.event("Ride")["Location"] == "Seen"
    rows = house.rows()
    assert rows["Visit"]["result"] == "stale"
    assert rows["Visit"]["decision"] == "undecided"
    assert rows["Visit"]["notes"]["location"] == "Not seen"
    house.run("decide", rows["Visit"]["id"], "--approve")
    ok(house)
    assert house.salesforce.event("Visit")["Location"] == "Not seen"
    assert house.sync() == {}


def test_cancel_writes_nothing(house: House) -> None:
    house.domino.create("Later", notes_time(), notes_time(1))
    house.sync()
    house.forget_journals()
    house.run("cancel")
    assert house.writes() == []
    assert house.salesforce.events() == []
    assert set(house.sync()) == {"Later"}


def test_a_private_entry_leaves_no_trace(house: House) -> None:
    """Catches: the text of a private entry in any request, file or log line (canary)."""
    canary = "Xylophone-7719"
    house.domino.create(f"{canary} doctor", notes_time(), notes_time(1), "CLASS:PRIVATE", f"DESCRIPTION:{canary} body")
    house.domino.create("Open", notes_time(2), notes_time(3))
    assert set(house.sync()) == {"Open"}
    ok(house)
    sent = json.dumps(house.salesforce.journal())
    assert "Open" in sent
    assert canary not in sent
    found = house.client.items(limit=500)
    assert canary not in str(found)
    assert found.counts["private"] == 1
    house.stop_daemon()
    for path in house.home.rglob("*"):
        if path.is_file():
            assert canary.encode() not in path.read_bytes(), path


def test_private_later_is_withdrawn(house: House) -> None:
    uids = in_step(house, "Interview")
    house.domino.update(uids["Interview"], **{"class": "private"})
    rows = house.sync(expect=3)
    (row,) = rows.values()
    assert row["action"] == "withdraw_from_salesforce"
    house.run("decide", row["id"], "--answer", "delete_copy")
    ok(house, "--confirm-deletions", "1")
    assert house.salesforce.events() == []
    assert house.sync() == {}


def test_undo_of_a_run_puts_everything_back(house: House) -> None:
    """Catches: an undo that loses the before-image or skips the review."""
    uids = in_step(house, "Offsite", "Gone", "Same")
    house.age_links()
    house.domino.update(uids["Offsite"], location="Lake")
    house.domino.delete(uids["Gone"])
    rows = house.sync()
    house.run("decide", rows["Gone"]["id"], "--approve")
    house.domino.create("Fresh", notes_time(8), notes_time(9))
    house.sync()
    ok(house, "--confirm-deletions", "1")
    run = house.client.runs(limit=1).runs[0]
    assert run.results["applied"] == 3
    house.run("undo", run.id)
    rows = house.rows()
    assert {title: row["action"] for title, row in rows.items()} == {
        "Offsite": "update_in_salesforce",
        "Gone": "create_in_salesforce",
        "Fresh": "delete_in_salesforce",
    }
    house.run("decide", rows["Fresh"]["id"], "--approve")
    ok(house, "--confirm-deletions", "1")
    assert house.salesforce.event("Offsite")["Location"] is None
    assert sorted(each["Subject"] for each in house.salesforce.events()) == ["Gone", "Offsite", "Same"]


def test_a_restart_keeps_the_decisions(house: House) -> None:
    """Catches: a queue that lives in memory only; kill -9 while a run waits for decisions."""
    uids = in_step(house, "One", "Two")
    for uid in uids.values():
        house.domino.update(uid, location="New place")
    rows = house.sync()
    house.run("decide", rows["One"]["id"], "--ignore-forever")
    run = house.client.status().run
    assert run is not None
    house.stop_daemon(signal.SIGKILL)
    house.start_daemon()
    house.connect()
    again = house.client.status().run
    assert again is not None, "the run waits, although its daemon was signed out by the kill"
    assert again.id == run.id
    house.sync()
    assert house.rows()["One"]["decision"] == "ignore_forever"


def test_a_lost_answer_makes_no_second_event(house: House) -> None:
    """Catches: a create that is sent again without looking (P7)."""
    house.domino.create("Once", notes_time(), notes_time(1))
    house.sync()
    house.salesforce.fault(method="POST", path="composite/sobjects", action="cut_after", times=1)
    house.run("apply", "--wait", expect=None)
    assert len(house.salesforce.events()) == 1
    house.salesforce.clear_faults()
    house.sync()
    if house.client.status().run is not None:
        ok(house)
    assert len(house.salesforce.events()) == 1
    assert house.sync() == {}


def test_series_travels_occurrence_by_occurrence(house: House) -> None:
    uid = house.domino.create("Weekly team", notes_time(), notes_time(1), "RRULE:FREQ=WEEKLY;COUNT=4")
    house.run("sync", "--wait")
    found = json.loads(house.run("changes", "--json", "--all").stdout)
    assert [row["series"]["id"] for row in found["changes"]] == [uid] * 4
    ok(house)
    starts = sorted(each["StartDateTime"][:16] for each in house.salesforce.events())
    assert starts == [(DAY + timedelta(weeks=n)).strftime("%Y-%m-%dT%H:%M") for n in range(4)]
    assert house.sync() == {}


def test_first_run_links_what_is_already_on_both_sides(house: House) -> None:
    """Catches: duplicates on the first run."""
    house.domino.create("Board", notes_time(), notes_time(1))
    house.salesforce.create(Subject="Board", StartDateTime=rest_time(), EndDateTime=rest_time(1))
    rows = house.sync()
    assert rows["Board"]["action"] == "link"
    house.forget_journals()
    ok(house)
    assert house.writes() == []
    assert house.sync() == {}
    assert len(house.salesforce.events()) == 1


def test_an_all_day_entry_keeps_its_days(house: House) -> None:
    first, after = (DAY + timedelta(days=n) for n in (0, 2))
    house.domino.create("Fair", first.strftime("%Y%m%d"), after.strftime("%Y%m%d"))
    house.sync()
    ok(house)
    made = house.salesforce.event("Fair")
    assert made["IsAllDayEvent"] is True
    assert made["StartDateTime"].startswith(first.strftime("%Y-%m-%d"))
    assert made["EndDateTime"].startswith((first + timedelta(days=1)).strftime("%Y-%m-%d"))
    assert house.sync() == {}


def test_two_systems_that_rewrite_each_other_are_stopped(house: House) -> None:
    """Catches: an endless ping-pong with an automation on the other side (P32)."""
    uids = in_step(house, "Pong")
    house.domino.update(uids["Pong"], location="Ours")
    house.sync()
    ok(house)
    for _ in range(4):
        house.salesforce.update(house.salesforce.event("Pong")["Id"], Location="Theirs")
        rows = house.sync()
        if rows["Pong"]["action"] == "cannot_sync":
            break
        house.run("decide", rows["Pong"]["id"], "--use", "notes")
        ok(house)
    assert rows["Pong"]["action"] == "cannot_sync"
    assert "keep changing each other" in rows["Pong"]["summary"]["text"]


def test_a_lost_database_recognises_its_own_records(tmp_path: Path) -> None:
    """Catches: duplicates after the state was lost, where the org keeps our keys (P28). Even a changed copy is known again."""
    with a_house(tmp_path / "home", "--seed", "empty", "--feature", "key_field=on") as house:
        house.client.patch_settings({"salesforce.key_field": "Daybridge_Key__c"})
        in_step(house, "Known", "Same")
        house.salesforce.update(
            house.salesforce.event("Known")["Id"],
            Subject="Renamed",
            StartDateTime=rest_time(40),
            EndDateTime=rest_time(41),
        )
        house.stop_daemon()
        for path in (house.home / "state").glob("daybridge.sqlite*"):
            path.unlink()
        house.start_daemon()
        house.connect()
        rows = house.sync()
        assert {row["action"] for row in rows.values()} <= {"link", "conflict"}, rows
        assert len(rows) == 2


def test_another_calendar_starts_a_pairing_of_its_own_and_the_old_one_thaws(house: House) -> None:
    """Catches: links of one calendar taken for another's (deletions!), and a pairing that is forgotten by a change of mind."""
    in_step(house, "Mine")
    house.age_links()
    own = house.domino.line["mail_file"]
    house.client.patch_settings({"notes.calendar": "/mail/salesteam.nsf"})
    assert house.sync() == {}, "an empty team calendar proposes no deletion, and only ever goes to Salesforce"
    house.client.patch_settings({"notes.calendar": own})
    assert house.sync() == {}
    uid = house.domino.uid_of("Mine")
    house.domino.update(uid, location="Thawed")
    assert {title: row["action"] for title, row in house.sync().items()} == {"Mine": "update_in_salesforce"}
