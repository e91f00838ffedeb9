"""The other commands: status, settings, accounts, upkeep; and how every error becomes one sentence and its exit code."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shared import endpoint_file
from shared.endpoint_file import Endpoint
from tests.daemon.cli.conftest import ROOT, CommandLine, InThisProcess

Scripted = Callable[..., CommandLine]

ASKING = [
    ("status",),
    ("status", "--json"),
    ("status", "--watch"),
    ("sync",),
    ("sync", "--wait"),
    ("changes",),
    ("changes", "--why", "c1"),
    ("find",),
    ("find", "words"),
    ("decide", "c1", "--approve"),
    ("apply",),
    ("cancel",),
    ("history",),
    ("undo", "r1"),
    ("ignored",),
    ("ignored", "--rearm", "g1"),
    ("doctor",),
    ("forget-links", "--yes"),
    ("open",),
    ("open", "--print"),
    ("pause",),
    ("resume",),
    ("stop",),
    ("settings",),
    ("settings", "set", "rules.past_days", "7"),
    ("settings", "reset", "rules.past_days"),
    ("connect", "salesforce"),
    ("connect", "notes", "--url", "http://127.0.0.1:1"),
    ("disconnect", "notes", "--yes"),
    ("test-connection",),
    ("calendars",),
]


@pytest.mark.parametrize("arguments", ASKING, ids=" ".join)
def test_without_a_daemon_every_command_says_so(here: InThisProcess, arguments: tuple[str, ...]) -> None:
    done = here(*arguments)
    assert (done.code, done.out) == (5, "")
    assert done.err == "The Daybridge daemon is not running. Start it with: daybridge run\n"


def test_a_process_without_a_daemon_ends_with_code_5(lonely: CommandLine) -> None:
    done = lonely("status")
    assert (done.code, done.out) == (5, "")
    assert done.err == "The Daybridge daemon is not running. Start it with: daybridge run\n"


def test_every_command_of_the_table_has_help(here: InThisProcess) -> None:
    listed = here("--help")
    assert listed.code == 0
    for name in ("run", "demo", "sandbox", *{arguments[0] for arguments in ASKING}):
        assert f"\n  {name} " in listed.out, name
    for name in {arguments[0] for arguments in ASKING}:
        assert here(name, "--help").code == 0
    assert here("--version").out.startswith("daybridge, version ")


@pytest.mark.parametrize(
    "arguments", [("explode",), ("status", "--loud"), ("undo",), ("pause", "-3"), ("disconnect", "x")]
)
def test_wrong_use_is_one_sentence_and_code_2(here: InThisProcess, arguments: tuple[str, ...]) -> None:
    done = here(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    assert "--help" in done.err


def announce(home: Path, port: int, version: int = 1) -> Path:
    place = home / "state" / "endpoint.json"
    endpoint_file.write(
        place,
        Endpoint(
            url=f"http://127.0.0.1:{port}",
            token="t",
            pid=1,
            api_version=version,
            version="9.0",
            started_at="2026-11-22T10:00:00Z",
        ),
    )
    return place


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_stale_endpoint_file(lonely: CommandLine) -> None:
    announce(lonely.home, free_port())
    assert lonely("status").code == 5


def test_a_damaged_endpoint_file(lonely: CommandLine) -> None:
    place = announce(lonely.home, 1)
    place.write_text("{", "utf-8")
    done = lonely("status")
    assert (done.code, done.err) == (1, f"{place} is damaged; delete it and start the daemon again.\n")


def test_an_endpoint_file_others_can_read(lonely: CommandLine) -> None:
    place = announce(lonely.home, 1)
    place.chmod(0o644)
    done = lonely("status")
    assert done.code == 1
    assert "can be read by others" in done.err


def test_a_daemon_of_another_version(lonely: CommandLine) -> None:
    announce(lonely.home, 1, version=3)
    done = lonely("status")
    assert done.code == 1
    assert "API 3" in done.err
    assert done.err.count("\n") == 1


def test_status_for_people_and_programs(steady: CommandLine) -> None:
    shown = steady("status")
    assert shown.code == 0
    assert "Last Run, Calendar  never" in shown.out
    assert "connected · Jo Doe" in shown.out
    assert "kept in memory only" in shown.out
    assert steady("status", "--json").out.encode() == steady.client.raw("status") + b"\n"


def test_status_watch_follows_until_interrupted(scripted: Scripted) -> None:
    daybridge = scripted()
    process = subprocess.Popen(
        [sys.executable, "-m", "daemon", "status", "--watch"],
        cwd=ROOT,
        env=daybridge.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        assert process.stdout.readline() == "Nothing to do\n"
        daybridge.client.start_run()
        seen = ""
        while not seen.startswith("Waiting for your decision: "):
            seen = process.stdout.readline()
            assert seen.startswith(("Comparing the two calendars", "Waiting for your decision: ")), seen
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


def test_status_watch_ends_with_the_daemon(scripted: Scripted) -> None:
    daybridge = scripted()
    process = subprocess.Popen(
        [sys.executable, "-m", "daemon", "status", "--watch", "--json"],
        cwd=ROOT,
        env=daybridge.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stdout, process.stderr:
        assert '"state":"idle"' in process.stdout.readline()
        assert daybridge("stop").out == "The daemon is ending.\n"
        assert process.wait(20) == 5
        assert process.stderr.read().count("\n") == 1
    assert daybridge("status").code == 5


def test_settings_are_shown_set_and_reset(steady: CommandLine) -> None:
    assert "rules.past_days" in steady("settings").out
    assert steady("settings", "show", "rules.past_days").out.splitlines()[-1].split() == [
        *("Allowed", "a", "whole", "number", "from", "0", "to", "36500")
    ]
    assert steady("settings", "set", "rules.past_days", "90").out == "rules.past_days = 90\n"
    assert steady("settings", "set", "rules.skip_free", "yes").out == "rules.skip_free = true\n"
    assert steady("settings", "set", "rules.notes_may", "create, update").out == "rules.notes_may = create, update\n"
    assert steady("settings", "set", "rules.subject_exclude", "Lunch*").out == "rules.subject_exclude = Lunch*\n"
    assert steady.client.settings().values["rules.notes_may"] == ["create", "update"]
    assert steady("settings", "reset", "rules.past_days").out == "rules.past_days = 30\n"
    assert steady("settings", "show", "--json").document == {"values": steady.client.settings().values}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("rules.past_dys", "3", "There is no setting rules.past_dys; did you mean rules.past_days?"),
        ("nonsense", "3", "There is no setting nonsense; see: daybridge settings"),
        ("rules.past_days", "many", "rules.past_days takes a whole number from 0 to 36500."),
        ("rules.past_days", "²", "rules.past_days takes a whole number from 0 to 36500."),
        ("rules.past_days", "99999", "rules.past_days must be a whole number from 0 to 36500."),
        ("rules.skip_free", "perhaps", "rules.skip_free takes true or false."),
        ("rules.private", "hide", "rules.private does not take this value."),
    ],
)
def test_bad_settings_are_refused_with_what_is_allowed(steady: CommandLine, key: str, value: str, words: str) -> None:
    before = steady.client.settings().values
    done = steady("settings", "set", key, value)
    assert (done.code, done.out, done.err) == (2, "", words + "\n")
    assert steady.client.settings().values == before


def test_connect_notes_reads_the_password_from_the_input(steady: CommandLine) -> None:
    asked = ("connect", "notes", "--url", "http://127.0.0.1:1", "--user", "jdoe", "--password-stdin")
    good = steady(*asked, given="right\n")
    assert (good.code, good.out) == (0, "Connected; 86 entries lie in the window.\n")
    bad = steady(*asked, given="wrong\n")
    assert (bad.code, bad.out, bad.err) == (1, "", "Notes refused this name or password.\n")
    unasked = steady(*asked[:-1])
    assert (unasked.code, unasked.out) == (2, "")
    assert "--password-stdin" in unasked.err


def test_connect_notes_asks_for_the_password_without_showing_it(steady: CommandLine) -> None:
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "daemon", "connect", "notes", "--url", "http://127.0.0.1:1", "--user", "jdoe"],
        cwd=ROOT,
        env=steady.environment,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        preexec_fn=lambda: _take_terminal(follower),
    )
    os.close(follower)
    shown = b""
    while b"Password of jdoe" not in shown:
        shown += os.read(leader, 1024)
    time.sleep(0.3)
    os.write(leader, b"s3cret\n")
    try:
        while part := os.read(leader, 1024):
            shown += part
    except OSError:  # the terminal ends with its process
        pass
    os.close(leader)
    assert process.wait(20) == 0
    assert b"s3cret" not in shown
    assert b"Connected" in shown


def _take_terminal(descriptor: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)


def test_connect_salesforce_shows_where_to_sign_in_and_waits(steady: CommandLine) -> None:
    already = steady("connect", "salesforce", "--print")
    assert already.code == 0
    assert already.lines[0] == "Sign in at: http://127.0.0.1:9/authorize"
    assert steady("disconnect", "salesforce", "--yes").out == "Salesforce is disconnected.\n"
    assert steady("test-connection").code == 1
    done = steady("connect", "salesforce")
    assert (done.code, done.lines[-1]) == (0, "Connected to Salesforce as Jo Doe.")
    assert steady("test-connection", "salesforce").out == "Salesforce: Connected as Jo Doe.\n"


def test_disconnect_asks_first(scripted: Scripted) -> None:
    daybridge = scripted()
    refused = daybridge("disconnect", "notes", given="n\n")
    assert refused.code == 1
    assert daybridge.client.accounts().notes.state == "connected"
    assert daybridge("disconnect", "notes", given="y\n").code == 0
    assert daybridge.client.accounts().notes.state == "not_connected"
    done = daybridge("sync")
    assert (done.code, done.err) == (1, "An account is not connected yet. Connect it in the settings.\n")


def test_open_prints_or_opens_a_one_time_address(steady: CommandLine, tmp_path: Path) -> None:
    printed = steady("open", "--print")
    assert printed.code == 0
    assert printed.out.startswith("http://127.0.0.1:")
    assert "/#code=" in printed.out
    code = printed.out.strip().partition("#code=")[2]
    assert steady.client.trade_page_code(code).token
    nowhere = steady("open")
    assert nowhere.code == 0
    assert "/#code=" in nowhere.out, "without a desktop the address is printed"
    opened = tmp_path / "opened.txt"
    browser = tmp_path / "browser.sh"
    browser.write_text(f'#!/bin/sh\nprintf "%s" "$1" > "{opened}"\n', "utf-8")
    browser.chmod(0o755)
    shown = steady("open", BROWSER=str(browser))
    assert (shown.code, shown.out) == (0, "")
    assert "/#code=" in opened.read_text("utf-8")


def test_ignored_items_are_listed_and_rearmed(steady: CommandLine) -> None:
    assert "g1 " in steady("ignored").out
    assert steady("ignored", "--rearm", "g1").code == 0
    assert [each["id"] for each in steady("ignored", "--json").document["ignored"]].count("g1") == 0
    assert steady("ignored", "--rearm", "g1").err == "There is no such ignored item.\n"


def test_doctor_pause_resume_calendars_and_forget_links(steady: CommandLine) -> None:
    found = steady("doctor")
    assert found.code == 1
    assert "exists twice in Salesforce" in found.out
    assert steady("doctor", "--json").document["ok"] is False
    assert steady("pause", "90").out.startswith("Automatic runs are paused until ")
    assert steady.client.status().paused_until
    assert steady("resume").code == 0
    assert steady.client.status().paused_until is None
    assert "Team North" in steady("calendars").out
    assert steady("forget-links", given="n\n").code == 1
    assert steady("forget-links", "--yes").code == 0


def test_subjects_cannot_write_to_the_terminal() -> None:
    from daemon.cli.printing import plain

    assert plain("a\x1b[31mred\x07\r\nb\u202e\u0000") == "a [31mred b"


def test_output_to_a_closed_pipe_ends_quietly(scripted: Scripted) -> None:
    daybridge = scripted("--more", "3000")
    daybridge("sync", "--wait")
    command = f"{sys.executable} -m daemon changes --all | head -1"
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=ROOT, env=daybridge.environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("Synchronization Summary")
    assert done.stderr == ""


def test_a_terminal_of_an_old_code_page_still_gets_every_row(scripted: Scripted) -> None:
    daybridge = scripted()
    daybridge("sync", "--wait")
    done = daybridge("changes", PYTHONIOENCODING="ascii", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    assert done.code == 0
    assert "M?ller" in done.out
