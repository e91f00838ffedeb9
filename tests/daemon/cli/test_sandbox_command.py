"""`daybridge sandbox` as a process: its first line, https, a calendar file, bad input, a clean end."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

PROGRAM = "from daemon.cli.sandbox_command import sandbox; sandbox()"
CALENDAR = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:a\nSUMMARY:x\nDTSTART:20240302T090000Z\nEND:VEVENT\n"
    "BEGIN:VEVENT\nUID:b\nSUMMARY:y\nDTSTART:20260302T090000Z\nEND:VEVENT\nBEGIN:VTODO\nUID:t\nEND:VTODO\nEND:VCALENDAR\n"
)


@asynccontextmanager
async def running(*arguments: str) -> AsyncIterator[tuple[dict[str, Any], Process]]:
    """Run the command and yield its first line; it ends with the block."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, *arguments, stdout=PIPE, stderr=PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        first = await asyncio.wait_for(process.stdout.readline(), 60)
        assert first, (await process.stderr.read()).decode()
        yield json.loads(first), process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.communicate(), 30)


async def listed(line: dict[str, Any], context: ssl.SSLContext | None = None) -> list[dict[str, Any]]:
    """Sign in with the form and read the first page of a wide window."""
    domino = line["domino"]
    form = {"Username": domino["username"], "Password": domino["password"]}
    params = {"since": "2020-01-01T00:00:00Z", "before": "2035-01-01T00:00:00Z", "count": "100"}
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, connector=aiohttp.TCPConnector(ssl=context or True)) as session:
        async with session.post(f"{domino['url']}/names.nsf?Login", data=form, allow_redirects=False) as answer:
            assert answer.status == 302
        url = f"{domino['url']}{domino['mail_file']}/api/calendar/events"
        async with session.get(url, params=params) as answer:
            assert answer.status == 200
            found: list[dict[str, Any]] = (
                (await answer.json())["events"] if answer.content_type == "application/json" else []
            )
            return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_the_line_the_demo_and_a_clean_end(number: signal.Signals) -> None:
    async with running() as (line, process):
        assert {"url", "token", "refresh_token", "client_id", "username", "password", "user_id", "org_id"} <= set(
            line["salesforce"]
        )
        assert {"url", "username", "password", "owner", "mail_file", "users"} <= set(line["domino"])
        assert len(await listed(line)) == 100
        salesforce = line["salesforce"]
        query = f"{salesforce['url']}/services/data/v60.0/query?q=SELECT+COUNT()+FROM+Event"
        async with aiohttp.ClientSession() as session:
            async with session.get(query, headers={"Authorization": f"Bearer {salesforce['token']}"}) as answer:
                assert (await answer.json())["totalSize"] >= 60
        process.send_signal(number)
        _, errors = await asyncio.wait_for(process.communicate(), 30)
        assert (process.returncode, errors) == (0, b"")


async def test_https_with_an_authority_of_its_own() -> None:
    async with running("--tls", "--seed", "3") as (line, _):
        assert line["domino"]["url"].startswith("https://")
        context = ssl.create_default_context(cafile=line["ca_file"])
        assert len(await listed(line, context)) == 3
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await listed(line, ssl.create_default_context())
    assert not await asyncio.to_thread(Path(line["ca_file"]).exists)


async def test_a_calendar_file(tmp_path: Path) -> None:
    path = tmp_path / "export.ics"
    path.write_text(CALENDAR)
    async with running("--notes-calendar", str(path)) as (line, _):
        assert line["notes_calendar"] == {
            "events": 2,
            "first": "2024-03-02",
            "last": "2026-03-02",
            "reasons": {"not_an_event": 1},
            "remarks": {},
        }
        assert [event["id"] for event in await listed(line)] == ["a", "b"]


@pytest.mark.parametrize(
    ("arguments", "needle"),
    [
        (["--notes-calendar", "{folder}/none.ics"], "cannot be read"),
        (["--notes-calendar", "{folder}/bad.ics"], "not an iCalendar file"),
        (["--seed", "some"], "--seed is empty, demo or a number"),
        (["--feature", "domino.login"], "NAME=VALUE"),
        (["--feature", "domino.login=magic"], "form, basic, both"),
        (["--feature", "domino.zone=Mars/Base"], "Mars/Base"),
        (["--feature", "no_such_thing=1"], "no_such_thing"),
    ],
)
async def test_bad_input_is_one_sentence_and_exit_2(tmp_path: Path, arguments: list[str], needle: str) -> None:
    (tmp_path / "bad.ics").write_text("hello")
    given = [argument.format(folder=tmp_path) for argument in arguments]
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", PROGRAM, *given, stdout=PIPE, stderr=PIPE)
    out, errors = await asyncio.wait_for(process.communicate(), 60)
    assert (process.returncode, out) == (2, b"")
    assert needle in errors.decode()
    assert "Traceback" not in errors.decode()
