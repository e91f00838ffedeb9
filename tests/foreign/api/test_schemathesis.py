"""schemathesis against the local API of a real daemon that both sandboxes are connected to."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from shared.routes import ROUTES

if TYPE_CHECKING:
    from house import House

FOLDER = Path(__file__).parent
SECONDS = 150
#: Never judged here; tests/daemon/api and tests/security judge the first two.
APART = {
    "stream": "its answer never ends",
    "shutdown": "it ends the daemon under test",
    "openapi": "schemathesis takes its schema from there and leaves that address alone",
}
#: Judged by every check but one, that what fits the document is taken: here the daemon knows more than a schema says.
NARROWER = {
    "start_run": "objects is the list of what can be synchronized, which is calendar alone",
    "decide": "which members a decision needs depends on the decision and on the row's own choices",
    "pause": "a whole number is written without a point; to JSON Schema 5.0 is an integer",
    "patch_settings": "the keys and their values stand in /settings/schema",
    "put_notes_account": "its members are settings",
}
#: Judged after the others, in runs of their own: these end the run under review and forget what is ignored ...
ENDING = ("undo", "forget_links")
#: ... and these disconnect the sides, after which the other routes have little to say.
ACCOUNTS = ("put_notes_account", "connect_salesforce", "test_account", "disconnect")


def judge(program: Path, house: House, folder: Path, *selection: str) -> dict[str, dict[str, int]]:
    """Run schemathesis until it ends, fail with its report, and return how often each operation gave each status."""
    endpoint, tally = house.client.endpoint(), folder / "tally.json"
    line = house.domino.line
    notes = {"kind": "domino", "url": line["url"], "user": line["username"], "password": line["password"]}
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "schemathesis_hooks",
        "PYTHONPATH": str(FOLDER),
        "JUDGE_API": f"{endpoint.url}/api/v1",
        "JUDGE_TOKEN": endpoint.token,
        "JUDGE_NOTES": json.dumps(notes | {"calendar": line["mail_file"]}),
        "JUDGE_TALLY": str(tally),
        "NO_PROXY": "127.0.0.1",
    }
    done = subprocess.run(
        [
            str(program),
            "run",
            f"{endpoint.url}/api/v1/openapi.json",
            "--header",
            f"Authorization: Bearer {endpoint.token}",
            "--checks",
            "all",
            "--phases",
            "coverage,fuzzing",
            "--max-examples",
            "25",
            "--request-timeout",
            "30",
            "--generation-deterministic",
            "--continue-on-failure",
            "--no-color",
            *selection,
        ],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{incidents(house)}"
    found: dict[str, dict[str, int]] = json.loads(tally.read_text("utf-8"))
    return found


def incidents(house: House) -> str:
    """What the daemon's log says about internal errors."""
    lines = [line for log in sorted(house.home.rglob("*.log")) for line in log.read_text("utf-8").splitlines()]
    return "\n".join(line for line in lines if "incident" in line)


def operations(house: House) -> set[str]:
    """Every operation of the document; a route with ``{side}`` may stand there a second time under a literal side."""
    paths = house.client.openapi()["paths"]
    return {str(operation["operationId"]) for path in paths.values() for operation in path.values()} - set(APART)


def all_judged(program: Path, house: House, folder: Path, names: set[str]) -> None:
    """Judge these operations; each was called, and each succeeded at least once."""
    chosen = [part for name in sorted(names) for part in ("--include-operation-id", name)]
    less = ("--exclude-checks", "positive_data_acceptance") if names & NARROWER.keys() else ()
    found = judge(program, house, folder, *chosen, *less)
    assert set(found) ^ names == set()
    worked = {name for name, answers in found.items() if any(status.startswith("2") for status in answers)}
    assert names - worked == set(), found
    assert house.client.status().version


def test_every_route_is_an_operation(house: House) -> None:
    assert {route.name for route in ROUTES} - set(APART) <= operations(house)


def test_the_api_keeps_its_word(schemathesis: Path, house: House, tmp_path: Path) -> None:
    last = {name for name in operations(house) if name.startswith((*ENDING, *ACCOUNTS))}
    all_judged(schemathesis, house, tmp_path, operations(house) - last - set(NARROWER))


def test_what_takes_less_than_its_schema_keeps_its_word(schemathesis: Path, house: House, tmp_path: Path) -> None:
    all_judged(schemathesis, house, tmp_path, set(NARROWER) - set(ACCOUNTS))


def test_undo_and_forgetting_keep_their_word(schemathesis: Path, house: House, tmp_path: Path) -> None:
    all_judged(schemathesis, house, tmp_path, set(ENDING))


def test_the_accounts_keep_their_word(schemathesis: Path, house: House, tmp_path: Path) -> None:
    all_judged(schemathesis, house, tmp_path, {name for name in operations(house) if name.startswith(ACCOUNTS)})
