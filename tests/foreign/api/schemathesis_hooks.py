"""Loaded by schemathesis: real ids in every second valid request, a run kept open, a count of what each operation answered.

Random ids end at 404; real ones reach what lies behind. Addresses of accounts are set to loopback, so that nothing leaves the
machine. Environment: ``JUDGE_API`` (address with /api/v1), ``JUDGE_TOKEN``, ``JUDGE_NOTES`` (JSON: a working Notes account),
``JUDGE_TALLY`` (the file that gets ``{operation: {status: count}}`` after every answer).
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter, defaultdict
from itertools import count, cycle
from pathlib import Path
from typing import Any

import requests
import schemathesis

API, TALLY = os.environ["JUDGE_API"], Path(os.environ["JUDGE_TALLY"])
NOTES: dict[str, str] = json.loads(os.environ["JUDGE_NOTES"])
HEADERS = {"Authorization": f"Bearer {os.environ['JUDGE_TOKEN']}"}
PATIENCE = 30.0
NEED_QUIET = ("undo", "forget_links")
ADDRESSES = cycle(
    (NOTES["url"], "http://127.0.0.1:9", "https://127.0.0.1:9/mail", "", "not an address", "ftp://127.0.0.1")
)

session = requests.Session()
session.trust_env = False
turns: dict[str, count[int]] = defaultdict(count)
answers: dict[str, Counter[str]] = defaultdict(Counter)


def ask(method: str, path: str, body: object = None) -> Any:
    """One call beside the judged ones."""
    answer = session.request(method, API + path, json=body, headers=HEADERS, timeout=PATIENCE)
    return answer.json()


def waiting_run() -> str:
    """The run that waits for review; one is started where none is open."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        run = ask("GET", "/status").get("run")
        if run is None:
            started = ask("POST", "/runs", {"objects": ["calendar"]})
            if "id" not in started:  # no account any more: the run of the history is as good
                return str(ask("GET", "/runs")["runs"][0]["id"])
        elif run["state"] == "awaiting_review":
            return str(run["id"])
        time.sleep(0.05)
    raise RuntimeError("no run came to wait for review")


def no_open_run() -> None:
    """Cancel the run that waits, so that what needs quiet can be done."""
    ask("POST", f"/runs/{waiting_run()}/cancel")


def some_row(run: str, turn: int) -> dict[str, Any]:
    """A row of the run, another one each turn."""
    rows = ask("GET", f"/runs/{run}/changes?limit=500")["changes"]
    return dict(rows[turn % len(rows)]) if rows else {}


def real_body(operation: str, body: Any, run: str, turn: int) -> None:
    """Replace what only the daemon can know: revisions, the plan, one-time codes."""
    if operation == "decide":
        for number, one in enumerate(body["decisions"]):
            row = some_row(run, turn + number)
            one |= {"change": row.get("id"), "series": None, "revision": row.get("revision", "")}
            if turn % 4 and row:
                choice = row["choices"][turn % len(row["choices"])]
                one |= {name: choice[name] for name in ("decision", "answer", "candidate")} | {"fields": None}
    elif operation == "apply":
        body["plan"] = ask("GET", f"/runs/{run}")["plan"]
    elif operation == "undo":
        body["changes"] = []  # the whole run
    elif operation == "trade_page_code":
        body["code"] = ask("POST", "/page-sessions/codes")["code"]
    elif operation == "put_notes_account" and turn % 4:
        body |= NOTES


def real_id(operation: str, turn: int) -> str:
    """The id of an item, or of an ignored one."""
    name = "ignored" if operation == "rearm" else "items"
    found = ask("GET", f"/{name}")[name]
    return str(found[turn % len(found)]["id"]) if found else "none"


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Every second valid request becomes one about things that exist."""
    operation = str(case.operation.definition.raw["operationId"])
    if operation == "put_notes_account" and isinstance(case.body, dict) and isinstance(case.body.get("url"), str):
        case.body["url"] = next(ADDRESSES)
    if not case.meta.generation.mode.is_positive:
        return
    turn = next(turns[operation])
    if turn % 2:
        return
    parameters = case.path_parameters or {}
    run = ""
    if operation in NEED_QUIET:
        no_open_run()
    if operation == "undo":
        run = str(ask("GET", "/runs?limit=500")["runs"][-1]["id"])
    elif "run" in parameters:
        run = waiting_run()
    if run:
        parameters["run"] = run
    if "change" in parameters:
        parameters["change"] = some_row(run, turn).get("id", "none")
    if "id" in parameters:
        parameters["id"] = real_id(operation, turn // 2)
    if isinstance(case.body, dict):
        real_body(operation, case.body, run, turn // 2)


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Count the answer; the file is whole after each one, however schemathesis ends."""
    answers[str(case.operation.definition.raw["operationId"])][str(response.status_code)] += 1
    TALLY.write_text(json.dumps(answers), "utf-8")
