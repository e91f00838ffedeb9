"""A list waits for Ok while the person looks at accounts and rules: Ok still writes, or says why not and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.models import PutNotesAccount
from shared.states import RunState, Side
from tests.end_to_end.house import House, a_house

DAY = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y%m%d")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("waiting") / "home", "--seed", "empty") as built:
        yield built


def titles(house: House) -> list[str]:
    return sorted(each["Subject"] for each in house.salesforce.events())


def test_connections_are_tested_and_an_account_is_connected_anew(house: House) -> None:
    house.domino.create("First", f"{DAY}T090000Z", f"{DAY}T100000Z")
    assert set(house.sync()) == {"First"}
    house.run("test-connection")
    house.client.disconnect(Side.NOTES)
    house.connect()
    house.run("apply", "--wait")
    assert titles(house) == ["First"]


def test_an_account_that_is_gone_when_ok_is_pressed_keeps_the_list(house: House) -> None:
    house.domino.create("Second", f"{DAY}T110000Z", f"{DAY}T120000Z")
    assert set(house.sync()) == {"Second"}
    house.client.disconnect(Side.NOTES)
    house.run("apply", "--wait", expect=None)
    run = house.client.status().run
    assert run is not None and run.state is RunState.AWAITING_REVIEW
    assert run.because is not None and "Connect Notes" in run.because.text
    assert titles(house) == ["First"]
    house.connect()
    house.run("apply", "--wait")
    assert titles(house) == ["First", "Second"]


def test_another_calendar_does_not_get_what_was_listed_for_the_first(house: House) -> None:
    house.domino.create("Third", f"{DAY}T130000Z", f"{DAY}T140000Z")
    assert set(house.sync()) == {"Third"}
    line = house.domino.line
    other = PutNotesAccount(kind="ics_folder", url=str(house.home / "entries"))
    (Path(house.home) / "entries").mkdir()
    assert house.client.put_notes_account(other).ok
    house.run("apply", "--wait", expect=None)
    run = house.client.status().run
    assert run is not None and run.because is not None and run.because.code == "run.other_calendar"
    assert titles(house) == ["First", "Second"]
    house.client.put_notes_account(
        PutNotesAccount(url=line["url"], user=line["username"], password=line["password"], calendar=line["mail_file"])
    )
    house.run("apply", "--wait")
    assert titles(house) == ["First", "Second", "Third"]


def test_rules_that_changed_after_the_list_was_made_are_not_passed_over(house: House) -> None:
    house.domino.create("Fourth", f"{DAY}T150000Z", f"{DAY}T160000Z")
    assert set(house.sync()) == {"Fourth"}
    house.run("settings", "set", "rules.salesforce_may", "update")
    refused = house.run("apply", "--wait", expect=1)
    assert "rules were changed" in refused.stderr
    house.run("sync", "--wait", expect=None)
    house.run("apply", "--wait", expect=None)
    assert "Fourth" not in titles(house)
    house.run("settings", "reset", "rules.salesforce_may")
