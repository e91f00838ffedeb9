"""A series made in Salesforce becomes one entry in Notes: real daemon, real command line, real HTTP to both sandboxes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.house import House, a_house
from tests.end_to_end.series_sandboxes import COUNT, starts

SANDBOXES = (str(Path(__file__).with_name("series_sandboxes.py")),)
CREATE = ("POST", "/mail/jdoe.nsf/api/calendar/events")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with a_house(tmp_path / "home", program=SANDBOXES) as built:
        yield built


def changes(house: House) -> list[dict[str, Any]]:
    """Start Sync; the rows by start."""
    house.run("sync", "--wait", expect=None)
    if house.client.status().run is None:
        return []
    found = json.loads(house.run("changes", "--json", "--all").stdout)["changes"]
    return sorted(found, key=lambda row: str(row["starts_at"]))


def ok(house: House, *more: str, expect: int | None = 0) -> None:
    house.run("apply", "--wait", *more, expect=expect)


def listed(house: House) -> list[tuple[str, str]]:
    """(UID, recurrence id) of everything that Notes lists."""
    answer = house.domino.session.get(
        house.domino.events_url,
        params={"since": "2020-01-01T00:00:00Z", "before": "2035-01-01T00:00:00Z", "count": 100},
        timeout=10,
    )
    elements = answer.json()["events"] if answer.content else []
    return [(each["id"], each.get("recurrenceId", "")) for each in elements]


def edit_one(house: House, uid: str, recurrence_id: str, **fields: Any) -> None:
    """Change one date of a series as another client does."""
    url = f"{house.domino.events_url}/{uid}/{recurrence_id}"
    document = house.domino.session.get(url, timeout=10).json()
    names = ("id", "summary", "location", "start", "end", "recurrenceId")
    event = {name: document["events"][0][name] for name in names if name in document["events"][0]} | fields
    body = {"timezones": document["timezones"], "events": [event]}
    answer = house.domino.session.put(f"{url}?workflow=false", json=body, timeout=10)
    assert answer.status_code == 200, answer.text


def test_a_series_becomes_one_entry_and_stays_in_step(house: House) -> None:
    """Catches: single entries, a second create for the same dates, an echo in the next run, an undo that leaves something."""
    rows = changes(house)
    assert [row["action"] for row in rows] == ["create_in_notes"] * COUNT
    assert len({row["series"]["id"] for row in rows}) == 1
    detail = json.loads(house.run("changes", "--why", rows[0]["id"], "--json").stdout)
    assert any(each["code"] == "why.one_series" for each in detail["why"])
    house.forget_journals()
    ok(house)
    assert [call for call in house.writes() if call[0] != "GET"] == [CREATE]
    ids = [f"{start:%Y%m%dT%H%M%SZ}" for start in starts()]
    found = listed(house)
    assert len({uid for uid, _ in found}) == 1 and [recurrence for _, recurrence in found] == ids
    uid = found[0][0]
    text = house.domino.text(uid).replace("\r\n ", "")
    assert f";COUNT={COUNT}" in text and "FREQ=WEEKLY" in text and "METHOD" not in text
    assert {row.result for row in house.client.changes(house.client.runs(limit=1).runs[0].id).changes} == {"applied"}

    house.forget_journals()
    assert changes(house) == []
    assert house.writes() == []

    edit_one(house, uid, ids[1], location="Room 4")
    (row,) = changes(house)
    assert row["action"] == "cannot_sync", "a coming date of a Salesforce series is never written to"
    house.run("cancel", expect=None)
    edit_one(house, uid, ids[1], location="Phone")

    run = next(run for run in house.client.runs(limit=9).runs if run.results.get("applied"))
    house.run("undo", run.id)
    rows = json.loads(house.run("changes", "--json", "--all").stdout)["changes"]
    assert [row["action"] for row in rows] == ["delete_in_notes"] * COUNT
    house.run("decide", *[row["id"] for row in rows], "--approve")
    ok(house, "--confirm-deletions", str(COUNT))
    assert listed(house) == []
    assert house.domino.session.get(f"{house.domino.events_url}/{uid}", timeout=10).status_code == 404
    assert [row["action"] for row in changes(house)] == ["create_in_notes"] * COUNT


def test_a_refused_rule_becomes_a_list_and_part_of_a_series_is_one_entry_too(tmp_path: Path) -> None:
    """Catches: a date that was not approved created with its neighbours, and a server that knows no weekly rules."""
    with a_house(tmp_path / "home", "--feature", "domino.refused_rules=WEEKLY+DAILY", program=SANDBOXES) as house:
        rows = changes(house)
        house.run("decide", rows[1]["id"], "--ignore-until-change")
        house.run("decide", rows[4]["id"], "--ignore-until-change")
        ok(house)
        found = listed(house)
        expected = [f"{start:%Y%m%dT%H%M%SZ}" for number, start in enumerate(starts()) if number in (0, 2, 3)]
        assert len({uid for uid, _ in found}) == 1 and [recurrence for _, recurrence in found] == expected
        assert "VALUE=PERIOD" in house.domino.text(found[0][0])
        assert changes(house) == []


def test_a_lost_answer_makes_no_second_series(house: House) -> None:
    """Catches: a series that is sent again without looking."""
    changes(house)
    house.domino.fault(method="POST", path="/events$", action="cut_after", times=1)
    ok(house, expect=None)
    house.domino.clear_faults()
    house.forget_journals()
    assert changes(house) == []
    assert len(listed(house)) == COUNT and len({uid for uid, _ in listed(house)}) == 1
    assert CREATE not in house.writes()
