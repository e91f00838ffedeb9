"""``kill -9`` of the real daemon while it makes a Salesforce series one entry in Notes: never doubled, never half."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from shared.api_client import ClientError
from tests.crash.test_kill import Mortal, a_house, until
from tests.end_to_end.series_sandboxes import COUNT

SANDBOXES = (str(Path(__file__).resolve().parents[1] / "end_to_end" / "series_sandboxes.py"),)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("point", ["sent.after", "effect.after"])
def test_a_kill_doubles_no_date_of_a_new_series(tmp_path: Path, point: str) -> None:
    """Catches: a series sent again under another UID, a date that recovery does not find, a row that stays open."""
    home = tmp_path / "home"
    with a_house(home, program=SANDBOXES, connected=False) as built:
        home.mkdir(parents=True, exist_ok=True)
        house = Mortal(built.home, built.salesforce, built.domino, built.sandbox)
        house.start_daemon()
        try:
            house.connect()
            assert house.compare()
            house.kill_at(point)
            with pytest.raises(ClientError):
                house.approve()
            until("the daemon is dead", house.dies)
            house.restart()
            house.settle()
            assert house.domino.subjects() == ["Pipeline call"] * COUNT
            answer = house.domino.session.get(
                house.domino.events_url,
                params={"since": "2020-01-01T00:00:00Z", "before": "2035-01-01T00:00:00Z", "count": 100},
                timeout=10,
            )
            assert len({each["id"] for each in answer.json()["events"]}) == 1, "one entry"
            house.forget_journals()
            assert not house.compare()
            assert house.writes() == []
            with sqlite3.connect(home / "state" / "daybridge.sqlite", timeout=10) as db:
                (count,) = db.execute(
                    "SELECT count(*) FROM op WHERE phase IN ('intent','sent','acked','unknown')"
                ).fetchone()
            db.close()
            assert count == 0
        finally:
            if house.daemon is not None and house.daemon.poll() is None:
                house.stop_daemon()
