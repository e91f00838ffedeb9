"""The demo as a visitor runs it, and the two commands that it prints for changing an entry between two runs."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from daemon.cli.demo_hands import _is_alone
from shared.api_client import ApiClient
from shared.states import RunState
from tests.end_to_end.house import ROOT, until


def test_the_printed_commands_make_one_update_on_each_side(tmp_path: Path) -> None:
    """Catches: a demo in which nothing can ever change, or commands that a visitor copies in vain."""
    assert shutil.which("curl"), "curl is one of the packages that make test installs"
    environment = os.environ | {"DAYBRIDGE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    environment.pop("DISPLAY", None)
    command = [sys.executable, "-m", "daemon", "demo", "--no-browser"]
    with (tmp_path / "out.txt").open("w") as out:
        demo = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out)
    try:
        until("the demo is ready", lambda: "Ctrl-C ends the demo." in (tmp_path / "out.txt").read_text())
        lines = (tmp_path / "out.txt").read_text().splitlines()
        printed = [line.strip() for line in lines if line.startswith("  curl ")]
        assert len(printed) == 2
        client = ApiClient(tmp_path / "state" / "endpoint.json")
        _compare(client)
        run = client.status().run
        assert run is not None
        client.apply(run.id, run.plan)
        until("the first run is written", lambda: client.status().run is None)

        for one in printed:
            done = subprocess.run(one, shell=True, capture_output=True, text=True, timeout=30, check=True)
            assert "error" not in done.stdout.casefold(), done.stdout
        _compare(client)
        again = client.status().run
        assert again is not None
        moved = {
            row.action: (row.salesforce.location, row.notes.location)
            for row in client.every_change(again.id)
            if row.action in ("update_in_notes", "update_in_salesforce") and row.salesforce and row.notes
        }
        assert moved["update_in_salesforce"][1] == "Room 7"
        assert moved["update_in_notes"][0] == "Room 8"
    finally:
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0


def _compare(client: ApiClient) -> None:
    client.start_run(("calendar",))

    def ready() -> bool:
        run = client.status().run
        return run is not None and run.state is RunState.AWAITING_REVIEW

    until("the comparison is ready", ready)


def test_an_entry_with_a_likeness_is_not_taken() -> None:
    """Catches: a command on an entry whose pair the first run only asks about, so that no update follows."""
    call, visit, elsewhere = ("Call", "2026-12-01T09:00"), ("Visit", "2026-12-02T09:00"), ("Fair", "2026-12-03T09:00")
    assert _is_alone(call, [call, visit], [elsewhere])
    assert not _is_alone(call, [call, visit], [("Call", "2026-12-09T09:00")])
    assert not _is_alone(call, [call, visit], [("Call with Jim", "2026-12-01T09:30")])
    assert not _is_alone(call, [call, call], [])
    assert not _is_alone(("", "2026-12-01T09:00"), [], [])
