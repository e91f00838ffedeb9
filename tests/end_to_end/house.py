"""The whole house as real processes for a test: both sandboxes, a daemon, the command line, and hands on both calendars."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from shared.api_client import ApiClient, ClientError
from shared.endpoint_file import EndpointRefused
from shared.models import PutNotesAccount
from shared.problems import ApiProblem

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0
API = "/services/data/v67.0"


def until(what: str, check: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Wait for something that must come true; the failure names it."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = check()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {patience} s in vain: {what}")


@dataclass
class Salesforce:
    """The Salesforce sandbox as a person with a REST client sees it."""

    line: dict[str, Any]
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {self.line['token']}"

    def url(self, path: str) -> str:
        return f"{self.line['url']}{path}"

    def create(self, **fields: Any) -> str:
        answer = self.session.post(self.url(f"{API}/sobjects/Event"), json=fields, timeout=10)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def update(self, identifier: str, **fields: Any) -> None:
        answer = self.session.patch(self.url(f"{API}/sobjects/Event/{identifier}"), json=fields, timeout=10)
        assert answer.status_code == 204, answer.text

    def delete(self, identifier: str) -> None:
        answer = self.session.delete(self.url(f"{API}/sobjects/Event/{identifier}"), timeout=10)
        assert answer.status_code == 204, answer.text

    def events(self) -> list[dict[str, Any]]:
        query = (
            "SELECT Id, Subject, Location, Description, StartDateTime, EndDateTime, IsAllDayEvent, IsPrivate FROM Event"
        )
        answer = self.session.get(self.url(f"{API}/query"), params={"q": query}, timeout=10)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["records"])

    def event(self, subject: str) -> dict[str, Any]:
        found = [each for each in self.events() if each["Subject"] == subject]
        assert len(found) == 1, [each["Subject"] for each in self.events()]
        return found[0]

    def pass_time(self, seconds: float) -> None:
        answer = self.session.post(self.url("/__sandbox__/clock"), json={"shift": seconds}, timeout=10)
        assert answer.status_code == 200, answer.text

    def fault(self, **fault: Any) -> None:
        answer = self.session.post(self.url("/__sandbox__/faults"), json=fault, timeout=10)
        assert answer.status_code < 300, answer.text

    def clear_faults(self) -> None:
        assert self.session.delete(self.url("/__sandbox__/faults"), timeout=10).status_code < 300

    def journal(self) -> list[dict[str, Any]]:
        found = self.session.get(self.url("/__sandbox__/journal"), timeout=10).json()
        return found["requests"] if isinstance(found, dict) else found

    def forget_journal(self) -> None:
        self.session.delete(self.url("/__sandbox__/journal"), timeout=10)


@dataclass
class Domino:
    """The Domino sandbox as a person with a DAS client sees it."""

    line: dict[str, Any]
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.session.trust_env = False
        self.session.auth = (self.line["username"], self.line["password"])

    @property
    def events_url(self) -> str:
        return f"{self.line['url']}{self.line['mail_file']}/api/calendar/events"

    def create(self, subject: str, start: str, end: str, *more: str, uid: str = "") -> str:
        """An entry with UTC times in basic form (20260301T090000Z) or dates; ``more`` are further content lines."""
        dates = ";VALUE=DATE" if len(start) == 8 else ""
        lines = [f"DTSTART{dates}:{start}", f"DTEND{dates}:{end}", f"SUMMARY:{subject}", *more]
        if uid:
            lines.insert(0, f"UID:{uid}")
        answer = self.session.post(
            f"{self.events_url}?workflow=false&format=icalendar",
            data=_calendar(lines).encode(),
            headers={"Content-Type": "text/calendar"},
            timeout=10,
        )
        assert answer.status_code == 201, answer.text
        return answer.headers["Location"].rstrip("/").rpartition("/")[2]

    def update(self, uid: str, **fields: Any) -> None:
        """Change JSON fields (summary, location, description, start, end ...) of an entry."""
        entry = self.session.get(f"{self.events_url}/{quote(uid, safe='')}", timeout=10).json()["events"][0]
        keep = {name: entry[name] for name in ("id", "summary", "location", "start", "end", "class") if name in entry}
        answer = self.session.put(
            f"{self.events_url}/{quote(uid, safe='')}?workflow=false", json={"events": [keep | fields]}, timeout=10
        )
        assert answer.status_code == 200, answer.text

    def delete(self, uid: str) -> None:
        answer = self.session.delete(f"{self.events_url}/{quote(uid, safe='')}?workflow=false", timeout=10)
        assert answer.status_code == 200, answer.text

    def text(self, uid: str) -> str:
        return self.session.get(f"{self.events_url}/{quote(uid, safe='')}?format=icalendar", timeout=10).text

    def events(self) -> list[dict[str, Any]]:
        """Everything listed, page by page: the list gives a hundred at most."""
        found: list[dict[str, Any]] = []
        while True:
            period = {"since": "2020-01-01T00:00:00Z", "before": "2035-01-01T00:00:00Z"}
            answer = self.session.get(self.events_url, params={**period, "start": len(found), "count": 100}, timeout=10)
            page = answer.json().get("events", []) if answer.content else []
            found += page
            if len(page) < 100:
                return found

    def subjects(self) -> list[str]:
        return [each.get("summary", "") for each in self.events()]

    def uid_of(self, subject: str) -> str:
        found = [each["id"] for each in self.events() if each.get("summary") == subject]
        assert len(found) == 1, found
        return str(found[0])

    def fault(self, **fault: Any) -> None:
        answer = self.session.post(f"{self.line['url']}/__sandbox__/faults", json=fault, timeout=10)
        assert answer.status_code < 300, answer.text

    def clear_faults(self) -> None:
        assert self.session.delete(f"{self.line['url']}/__sandbox__/faults", timeout=10).status_code < 300

    def journal(self) -> list[dict[str, Any]]:
        found = self.session.get(f"{self.line['url']}/__sandbox__/journal", timeout=10).json()
        return found["requests"] if isinstance(found, dict) else found

    def forget_journal(self) -> None:
        self.session.delete(f"{self.line['url']}/__sandbox__/journal", timeout=10)


def _calendar(lines: list[str]) -> str:
    return "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//example.com//test//EN",
            "BEGIN:VEVENT",
            *lines,
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )


@dataclass
class House:
    """One installation: its folder, its processes, its API client and both calendars."""

    home: Path
    salesforce: Salesforce
    domino: Domino
    sandbox: subprocess.Popen[str]
    daemon: subprocess.Popen[str] | None = None

    @property
    def client(self) -> ApiClient:
        return ApiClient(self.home / "state" / "endpoint.json")

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"DAYBRIDGE_HOME": str(self.home), "TZ": "Europe/Berlin", "PYTHONPATH": str(ROOT)}

    def start_daemon(self) -> None:
        with (self.home / "stderr.txt").open("a") as complaints:
            self.daemon = subprocess.Popen(
                [sys.executable, "-m", "daemon", "run", "--memory-credentials"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stderr=complaints,
                text=True,
                cwd=ROOT,
            )
        until("the daemon answers", self._answers)

    def _answers(self) -> bool:
        assert self.daemon is not None
        assert self.daemon.poll() is None, (self.home / "stderr.txt").read_text()
        try:
            return self.client.endpoint().pid == self.daemon.pid and self.client.status().state != "starting"
        except (ClientError, ApiProblem, EndpointRefused):
            return False

    def stop_daemon(self, how: int = signal.SIGTERM) -> int:
        assert self.daemon is not None
        self.daemon.send_signal(how)
        return self.daemon.wait(timeout=30)

    def connect(self) -> None:
        """Sign in on both sides by real requests."""
        client = self.client
        client.patch_settings(
            {
                "salesforce.login_url": self.salesforce.line["url"],
                "salesforce.client_id": self.salesforce.line["client_id"],
            }
        )
        tested = client.put_notes_account(
            PutNotesAccount(
                kind="domino",
                url=self.domino.line["url"],
                user=self.domino.line["username"],
                password=self.domino.line["password"],
                calendar=self.domino.line["mail_file"],
            )
        )
        assert tested.ok, tested.text.text
        started = client.connect_salesforce()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(started.authorize_url, timeout=20) as answer:
            assert b"close this window" in answer.read()
        until(
            "the account is connected",
            lambda: client.accounts().salesforce.state == "connected" and client.accounts().salesforce.name,
        )

    def run(self, *arguments: str, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """The command line, as a process."""
        done = subprocess.run(
            [sys.executable, "-m", "daemon", *arguments],
            env=self.environment,
            cwd=ROOT,
            text=True,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert expect is None or done.returncode == expect, (done.returncode, done.stdout, done.stderr)
        return done

    def rows(self) -> dict[str, dict[str, Any]]:
        """The rows of the run that waits, by title."""
        found = json.loads(self.run("changes", "--json", "--all").stdout)
        return {row["title"]: row for row in found["changes"]}

    def sync(self, expect: int | None = None) -> dict[str, dict[str, Any]]:
        """Start Sync and wait for the summary; its rows by title."""
        self.run("sync", "--wait", expect=expect)
        status = self.client.status()
        return self.rows() if status.run is not None else {}

    def age_links(self) -> None:
        """Let the links be older than the ten minutes in which an absence proves nothing."""
        with contextlib.closing(sqlite3.connect(self.home / "state" / "daybridge.sqlite")) as db, db:
            db.execute("UPDATE link SET linked_at='2026-01-01T00:00:00Z'")

    def writes(self) -> list[tuple[str, str]]:
        """Every request since the journals were last forgotten that could change a calendar."""
        found = []
        for side in (self.salesforce, self.domino):
            for each in side.journal():
                path, method = each["path"], each["method"]
                if method in ("POST", "PUT", "PATCH", "DELETE") and "oauth2" not in path and "Login" not in str(each):
                    found.append((method, path))
        return found

    def forget_journals(self) -> None:
        self.salesforce.forget_journal()
        self.domino.forget_journal()


@contextmanager
def a_house(
    home: Path, *sandbox_arguments: str, connected: bool = True, program: tuple[str, ...] = ("-m", "daemon")
) -> Iterator[House]:
    """Start everything, connect, and end everything; the daemon must end by itself when asked.

    ``program`` is what Python runs as the sandboxes' command.
    """
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    sandbox = subprocess.Popen(
        [
            sys.executable,
            *program,
            "sandbox",
            "--feature",
            "consent=auto",
            "--feature",
            "domino.login=both",
            *sandbox_arguments,
        ],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert sandbox.stdout is not None
    watchdog = threading.Timer(PATIENCE, sandbox.kill)
    watchdog.start()
    line = sandbox.stdout.readline()
    watchdog.cancel()
    assert line, "the sandboxes did not start"
    places = json.loads(line)
    house = House(home, Salesforce(places["salesforce"]), Domino(places["domino"]), sandbox)
    try:
        if connected:
            home.mkdir(parents=True, exist_ok=True)
            house.start_daemon()
            house.connect()
        yield house
    finally:
        if house.daemon is not None and house.daemon.poll() is None:
            house.stop_daemon()
        sandbox.terminate()
        sandbox.wait(timeout=20)
        sandbox.stdout.close()
        house.salesforce.session.close()
        house.domino.session.close()
