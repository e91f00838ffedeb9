"""``kill -9`` of the real daemon at every step of the journal, for every kind of write, against both sandboxes over real HTTP.

Six kinds of write, eleven points, and for ``make soak`` a second kill at each point while the first one is being recovered
from: 792 combinations, of which 22 run always. After the restart two runs must leave both calendars the same, once each, and
nothing open.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from shared.models import OneDecision
from shared.problems import ApiProblem
from shared.states import Action, RunState

END_TO_END = Path(__file__).resolve().parents[1] / "end_to_end"
if str(END_TO_END) not in sys.path:
    sys.path.insert(0, str(END_TO_END))

from house import ROOT, House, a_house, until  # noqa: E402

from shared.api_client import ClientError  # noqa: E402

DAY = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=3)
POINTS = (
    "intend.before",
    "intend.after",
    "sent.after",
    "write.before",
    "effect.after",
    "record_written.after",
    "acked.after",
    "finish_with.before",
    "commit.before",
    "commit.after",
    "finish_with.after",
)
CANARY = "Kanarie-4711-kill"
"""Stands in a private Notes entry in every story: it may be in no request to Salesforce and in no file (P12)."""
KINDS = tuple(f"{kind}_in_{side}" for side in ("salesforce", "notes") for kind in ("create", "update", "delete"))


def stamp(hours: int, form: str) -> str:
    return (DAY + timedelta(hours=hours)).strftime(form)


@dataclass
class Mortal(House):
    """A house whose daemon can be told where to die."""

    def start_daemon(self) -> None:
        with (self.home / "stderr.txt").open("a") as complaints:
            self.daemon = subprocess.Popen(
                [sys.executable, str(ROOT / "tests" / "crash" / "deadly_daemon.py"), "run", "--memory-credentials"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stderr=complaints,
                text=True,
                cwd=ROOT,
            )
        until("the daemon answers", self._answers)

    def connect(self) -> None:
        """Sign in again, and let the observer sign in, too: an org keeps the five newest sign-ins of a person."""
        until("what was open is taken up", self._is_free)  # settings are refused while a run is under way
        super().connect()
        line = self.salesforce.line
        back = "http://localhost:51721/daybridge/callback"
        verifier = "v" * 64
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": line["client_id"],
            "redirect_uri": back,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        session = requests.Session()
        session.trust_env = False
        answer = session.get(
            f"{line['url']}/services/oauth2/authorize", params=asked, allow_redirects=False, timeout=10
        )
        code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": line["client_id"],
            "code_verifier": verifier,
        }
        token = session.post(f"{line['url']}/services/oauth2/token", data=form, timeout=10).json()["access_token"]
        session.close()
        self.salesforce.session.headers["Authorization"] = f"Bearer {token}"

    def _is_free(self) -> bool:
        run = self.client.status().run
        return run is None or run.state not in (RunState.COMPARING, RunState.APPLYING)

    def dies(self) -> bool:
        return self.daemon is not None and self.daemon.poll() is not None

    def kill_at(self, *points: str) -> None:
        (self.home / "kill_at").write_text("\n".join(points))

    def age_links(self) -> None:
        """Links older than the ten minutes in which an absence proves nothing."""
        with sqlite3.connect(self.home / "state" / "daybridge.sqlite", timeout=10) as db:
            db.execute("UPDATE link SET linked_at='2026-01-01T00:00:00Z'")
        db.close()

    def age_quarantine(self) -> int:
        """Twelve minutes later, as far as open creates are concerned; how many there are."""
        with sqlite3.connect(self.home / "state" / "daybridge.sqlite", timeout=10) as db:
            changed = db.execute(
                "UPDATE op SET body=CAST(json_set(CAST(body AS TEXT), '$.not_before', '2026-01-01T00:00:00Z') AS BLOB)"
                " WHERE phase='unknown' AND not_before<>''"
            )
        db.close()
        return changed.rowcount

    def restart(self) -> None:
        """A new process after a kill; it may be killed itself while it takes up what was open."""
        for _ in range(3):
            try:
                self.start_daemon()
                self.connect()
                return
            except (AssertionError, ClientError):
                if not self.dies():
                    raise
        raise AssertionError("the daemon does not come up any more")

    def settle(self) -> None:
        """Start Sync, approve everything, Ok, until nothing is left (two runs, a third for a quarantine that has passed)."""
        for _ in range(5):
            try:
                quiet = not self.compare()
                if not quiet:
                    self.approve()
            except ClientError:
                quiet = False
                until("the daemon is dead", self.dies)
                self.restart()
            if not self.age_quarantine() and quiet:
                return

    def compare(self) -> bool:
        """Start Sync; whether there is anything to decide."""
        client = self.client
        started = client.start_run()
        state = until("compared", lambda: self._state(started.id, RunState.COMPARING))
        return bool(state == RunState.AWAITING_REVIEW)

    def _state(self, run: str, going_on: RunState) -> str | None:
        found = self.client.run(run).state
        return None if found in (going_on, RunState.APPLYING) else str(found)

    def approve(self) -> None:
        """Every row that can be carried out, with the number of deletions."""
        client = self.client
        run = client.status().run
        assert run is not None
        rows = [row for row in client.every_change(run.id) if row.action is not Action.CANNOT_SYNC]
        chosen = []
        for row in rows:
            first = next(choice for choice in row.choices if choice.decision.writes)
            one = OneDecision(
                change=row.id,
                revision=row.revision,
                decision=first.decision,
                answer=first.answer,
                candidate=first.candidate,
            )
            chosen.append(one)
        client.decide(run.id, tuple(chosen))
        deletions = sum(row.action.value.startswith("delete") for row in rows)
        try:
            client.apply(run.id, run.plan, confirm_deletions=deletions or None)
        except ApiProblem:
            run = client.run(run.id)
            client.apply(run.id, run.plan, confirm_deletions=deletions or None)
        until("written", lambda: self.dies() or self._state(run.id, RunState.COMPARING))
        if self.dies():
            raise ClientError("killed")


@contextmanager
def mortal(home: Path, *features: str) -> Iterator[Mortal]:
    with a_house(home, "--seed", "empty", *features, connected=False) as built:
        home.mkdir(parents=True, exist_ok=True)
        house = Mortal(built.home, built.salesforce, built.domino, built.sandbox)
        house.domino.create(
            CANARY, stamp(5, "%Y%m%dT%H%M%SZ"), stamp(6, "%Y%m%dT%H%M%SZ"), "CLASS:PRIVATE", f"DESCRIPTION:{CANARY}"
        )
        house.start_daemon()
        house.connect()
        try:
            yield house
            house.stop_daemon()
            leaks = [path for path in home.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
            assert leaks == [], "a private text is in a file"
        finally:
            if house.daemon is not None and house.daemon.poll() is None:
                house.stop_daemon()


def linked(house: Mortal, subject: str) -> None:
    """A meeting on both sides, linked long ago."""
    house.domino.create(subject, stamp(0, "%Y%m%dT%H%M%SZ"), stamp(1, "%Y%m%dT%H%M%SZ"), "LOCATION:Room 1")
    house.settle()
    house.age_links()


def prepare(house: Mortal, kind: str, subject: str) -> Callable[[], None]:
    """Bring about one change of this kind; returns what must hold when all is over."""
    rest, basic = "%Y-%m-%dT%H:%M:%SZ", "%Y%m%dT%H%M%SZ"
    if kind == "create_in_salesforce":
        house.domino.create(subject, stamp(0, basic), stamp(1, basic))
    elif kind == "create_in_notes":
        house.salesforce.create(Subject=subject, StartDateTime=stamp(0, rest), EndDateTime=stamp(1, rest))
    else:
        linked(house, subject)
    if kind == "update_in_salesforce":
        house.domino.update(house.domino.uid_of(subject), location="Room 2")
    elif kind == "update_in_notes":
        house.salesforce.update(house.salesforce.event(subject)["Id"], Location="Room 2")
    elif kind == "delete_in_salesforce":
        house.domino.delete(house.domino.uid_of(subject))
    elif kind == "delete_in_notes":
        house.salesforce.delete(house.salesforce.event(subject)["Id"])

    def check() -> None:
        events = [event for event in house.salesforce.events() if event["Subject"] == subject]
        entries = [each for each in house.domino.subjects() if each == subject]
        count = 0 if kind.startswith("delete") else 1
        assert (len(events), len(entries)) == (count, count), "lost or doubled"
        if kind.startswith("update"):
            assert events[0]["Location"] == "Room 2"
            assert "LOCATION:Room 2" in house.domino.text(house.domino.uid_of(subject))

    return check


def die_and_recover(house: Mortal, kind: str, points: tuple[str, ...], number: int) -> None:
    """One story: a change, Ok, death at each point in turn, two runs; then the world must be right and quiet."""
    check = prepare(house, kind, f"Meeting {number}")
    assert house.compare(), "there is something to write"
    house.kill_at(*points)
    with pytest.raises(ClientError):
        house.approve()
    until("the daemon is dead", house.dies)
    house.restart()
    house.settle()
    (house.home / "kill_at").unlink(missing_ok=True)
    check()
    assert CANARY not in json.dumps(house.salesforce.journal()), "a private text was sent to Salesforce"
    house.forget_journals()
    assert not house.compare(), "a settled pair has an empty summary"
    assert house.writes() == []
    with sqlite3.connect(house.home / "state" / "daybridge.sqlite", timeout=10) as db:
        rows = db.execute("SELECT count(*) FROM op WHERE phase IN ('intent','sent','acked','unknown')").fetchone()
    db.close()
    assert rows == (0,), "an operation is still open"


def shortlist(kind: str) -> list[str]:
    """A third of the points for each kind, so that all of them and all kinds are met: 22 of 66."""
    row = KINDS.index(kind)
    return [point for number, point in enumerate(POINTS) if (number + row) % 3 == 0]


def test_the_short_list_is_fair() -> None:
    chosen = [(kind, point) for kind in KINDS for point in shortlist(kind)]
    assert len(chosen) == 22
    assert {point for _, point in chosen} == set(POINTS)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_loses_nothing_and_doubles_nothing(kind: str, tmp_path: Path) -> None:
    """Catches: an answer that only memory knew, a base that moved before its write, a retry without a look (P3, P6, P7, P16)."""
    keyed = ("--feature", "key_field=on") if KINDS.index(kind) % 2 else ()
    with mortal(tmp_path / "home", *keyed) as house:
        for number, point in enumerate(shortlist(kind)):
            die_and_recover(house, kind, (point,), number)


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", KINDS)
def test_a_kill_at_every_point_and_again_in_the_recovery(kind: str, tmp_path: Path) -> None:
    """Catches: a recovery that is not itself repeatable (c9). 132 stories a kind, 792 in all."""
    with mortal(tmp_path / "home") as house:
        number = 0
        for first in POINTS:
            for second in ("", *POINTS):
                number += 1
                die_and_recover(house, kind, (first, second) if second else (first,), number)
