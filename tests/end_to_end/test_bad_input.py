"""Bad input: each case gives one sentence that says what to do and a non-zero exit code, and loses nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.models import PutNotesAccount
from tests.end_to_end.house import ROOT, House, a_house

DAY = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y%m%d")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One house for the whole table: each case must leave it as usable as it found it."""
    with a_house(tmp_path_factory.mktemp("bad") / "home", "--seed", "empty") as built:
        built.domino.create("Survivor", f"{DAY}T090000Z", f"{DAY}T100000Z")
        yield built
        built.domino.clear_faults()
        built.salesforce.clear_faults()
        assert set(built.sync()) == {"Survivor"}, "nothing may be lost by bad input"


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    said = done.stderr.strip()
    assert said, done
    assert "Traceback" not in said
    assert len(said.splitlines()) <= 2, said
    assert said.endswith((".", "!", "?")) or ": daybridge " in said, said
    return said


def test_a_wrong_password(house: House) -> None:
    line = house.domino.line
    answer = house.client.put_notes_account(
        PutNotesAccount(url=line["url"], user=line["username"], password="wrong", calendar=line["mail_file"])
    )
    assert not answer.ok
    assert answer.text.text.endswith(".")
    failed = house.run("sync", "--wait", expect=4)
    one_sentence(failed)
    house.connect()


def test_an_unreachable_server(house: House) -> None:
    line = house.domino.line
    answer = house.client.put_notes_account(
        PutNotesAccount(
            url="http://127.0.0.1:9", user=line["username"], password=line["password"], calendar=line["mail_file"]
        )
    )
    assert not answer.ok
    one_sentence(house.run("sync", "--wait", expect=1))
    house.connect()


FAULTS = {
    "a login page instead of the calendar": (
        "domino",
        {
            "path": "calendar/events",
            "action": "status",
            "status": 200,
            "body": "<html><form action='/names.nsf?Login'></form></html>",
        },
    ),
    "truncated JSON from Domino": ("domino", {"path": "calendar/events$", "action": "truncate"}),
    "an HTML error page from Salesforce": (
        "salesforce",
        {"path": "/query", "action": "status", "status": 503, "body": "<html>down</html>"},
    ),
    "truncated JSON from Salesforce": ("salesforce", {"path": "/query", "action": "truncate"}),
    "the connection cut by Domino": ("domino", {"path": "calendar/events", "action": "cut_before"}),
    "the daily limit of Salesforce": (
        "salesforce",
        {
            "path": "/query",
            "action": "status",
            "status": 403,
            "content_type": "application/json",
            "body": '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]',
        },
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_side_that_answers_badly(house: House, name: str) -> None:
    where, fault = FAULTS[name]
    side = house.domino if where == "domino" else house.salesforce
    side.fault(**{"method": "GET", "times": 50, **fault})
    house.forget_journals()
    failed = house.run("sync", "--wait", expect=None)
    assert failed.returncode in (1, 4), failed
    one_sentence(failed)
    assert house.writes() == []
    side.clear_faults()
    if name.startswith("the daily limit"):  # the allowance is believed for hours; a new daemon asks again
        house.stop_daemon()
        house.start_daemon()
        house.connect()


def test_an_event_without_an_end(house: House) -> None:
    uid = house.domino.create("No end", f"{DAY}T110000Z", f"{DAY}T110000Z")
    assert "No end" in house.sync()
    house.run("cancel")
    house.domino.delete(uid)


def test_a_calendar_file_that_is_none(tmp_path: Path) -> None:
    for content in (b"", b"hello", b"\xff\xfe\x00\x01" * 50, b"BEGIN:VCARD\r\nEND:VCARD\r\n"):
        path = tmp_path / "no.ics"
        path.write_bytes(content)
        done = subprocess.run(
            [sys.executable, "-m", "daemon", "sandbox", "--seed", "empty", "--notes-calendar", str(path)],
            cwd=ROOT,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode in (1, 2)
        assert "no.ics" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_second_daemon(house: House) -> None:
    done = house.run("run", "--memory-credentials", expect=1)
    assert "already running" in one_sentence(done)
    assert house.client.status().state is not None


def test_a_stale_endpoint_file(tmp_path: Path) -> None:
    """The daemon died without a goodbye: the client says that none runs, exit code 5."""
    with a_house(tmp_path / "home", "--seed", "empty", connected=False) as empty:
        empty.home.mkdir(parents=True)
        one_sentence(empty.run("status", expect=5))
        empty.start_daemon()
        endpoint = (empty.home / "state" / "endpoint.json").read_bytes()
        empty.stop_daemon()
        (empty.home / "state" / "endpoint.json").write_bytes(endpoint)
        (empty.home / "state" / "endpoint.json").chmod(0o600)
        one_sentence(empty.run("status", expect=5))
        (empty.home / "state" / "endpoint.json").chmod(0o644)
        one_sentence(empty.run("status", expect=None))
        empty.start_daemon()
        empty.run("status")


def test_a_damaged_or_foreign_database(tmp_path: Path) -> None:
    with a_house(tmp_path / "home", "--seed", "empty", connected=False) as empty:
        state = empty.home / "state"
        state.mkdir(parents=True)
        (state / "daybridge.sqlite").write_bytes(b"this is no database at all, not even a little" * 100)
        said = one_sentence(empty.run("run", "--memory-credentials", expect=1))
        assert "damaged" in said
        assert (state / "daybridge.sqlite").read_bytes().startswith(b"this is no database")


def test_bad_settings(house: House, tmp_path: Path) -> None:
    for key, value in (
        ("rules.past_days", "99999"),
        ("rules.nothing", "1"),
        ("rules.direction", "sideways"),
        ("salesforce.login_url", "ftp://x"),
    ):
        one_sentence(house.run("settings", "set", key, value, expect=None))
        assert house.run("settings", "set", key, value, expect=None).returncode in (1, 2)
    assert house.client.settings().values["rules.past_days"] == 30
    with a_house(tmp_path / "other", "--seed", "empty", connected=False) as other:
        (other.home / "config").mkdir(parents=True)
        for text in ("rules = [", "[rules]\npast_days = 'many'\n", "[rules]\nunheard_of = 1\n"):
            (other.home / "config" / "settings.toml").write_text(text)
            said = one_sentence(other.run("run", "--memory-credentials", expect=1))
            assert "settings.toml" in said
            assert (other.home / "config" / "settings.toml").read_text() == text


def test_a_full_disk(tmp_path: Path) -> None:
    """A store that cannot write stops the run with a sentence; both calendars and the file stay as they were."""
    import os
    import shutil

    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small file system of our own needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine does not let us mount a small file system")
    try:
        with a_house(disk / "home", "--seed", "demo") as house:
            (disk / "ballast").write_bytes(b"")
            with (disk / "ballast").open("ab", buffering=0) as ballast:
                try:
                    while True:
                        ballast.write(b"x" * 4096)
                except OSError:
                    pass
            failed = house.run("sync", "--wait", expect=1)
            assert "full" in one_sentence(failed)
            (disk / "ballast").unlink()
            house.run("sync", "--wait", expect=3)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)
