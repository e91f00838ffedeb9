"""`daybridge demo`: both sandboxes, the daemon and the tray as processes of one group, signed in and ready to try."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from daemon.cli.demo_hands import hands
from shared import endpoint_file
from shared.api_client import ApiClient, ClientError
from shared.app_paths import HOME_VARIABLE, AppPaths, app_paths
from shared.daemon_start import program
from shared.models import PutNotesAccount
from shared.problems import ApiProblem

PATIENCE = 60.0
"""Seconds to wait for each step of the start before giving up with a sentence."""


class DemoTrouble(Exception):
    """The demo cannot go on; the sentence says why."""


class Crew:
    """The processes of the demo; all of them end with it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._members: list[tuple[str, subprocess.Popen[str]]] = []

    def start(self, name: str, command: list[str], **more: Any) -> subprocess.Popen[str]:
        process = subprocess.Popen(command, env=self._environment, stdin=subprocess.DEVNULL, text=True, **more)
        self._members.append((name, process))
        return process

    def first_dead(self, *names: str) -> str | None:
        """The name of the first of these that has ended by itself."""
        return next((name for name, each in self._members if name in names and each.poll() is not None), None)

    def stop(self) -> None:
        """Ask each to end, last started first; what does not within ten seconds is killed."""
        for _, process in reversed(self._members):
            if process.poll() is None:
                with contextlib.suppress(OSError):
                    process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@click.command()
@click.option("--no-browser", is_flag=True, help="Only print the address of the page.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the page; 0 takes a free one.")
@click.option(
    "--notes-calendar", type=click.Path(path_type=Path), help="An .ics file exported by Notes to try it with."
)
@click.option("--fresh", is_flag=True, help="Forget what an earlier demo left: settings, links and history.")
def demo(no_browser: bool, port: int, notes_calendar: Path | None, fresh: bool) -> None:
    """Try everything on two local sandboxes; Ctrl-C ends it all."""
    paths = _demo_paths()
    if fresh:
        for folder in (paths.config, paths.state, paths.logs):
            shutil.rmtree(folder, ignore_errors=True)
    paths.make()
    crew = Crew(os.environ | {HOME_VARIABLE: str(paths.config.parent)})
    for name in (signal.SIGTERM, signal.SIGINT):  # SIGINT too: a script's background job starts with it ignored
        signal.signal(name, _as_interrupt)
    try:
        _play(crew, paths, port, notes_calendar, browser=not no_browser)
    except KeyboardInterrupt:
        click.echo("\nStopping.")
    except DemoTrouble as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except (ClientError, ApiProblem) as error:
        click.echo(f"The demo's daemon did not answer as it should: {error}", err=True)
        sys.exit(1)
    finally:
        crew.stop()


def _as_interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _demo_paths() -> AppPaths:
    """The demo keeps to a folder of its own beside the real installation's."""
    if os.environ.get(HOME_VARIABLE):
        return app_paths()
    root = app_paths().state / "demo"
    return AppPaths(root / "config", root / "state", root / "logs")


def _play(crew: Crew, paths: AppPaths, port: int, calendar: Path | None, *, browser: bool) -> None:
    arguments = ["sandbox", "--seed", "empty" if calendar else "demo", "--feature", "consent=auto"]
    arguments += ["--feature", "domino.login=both"]  # the form for the daemon, Basic for a visitor's curl
    if calendar:
        arguments += ["--notes-calendar", str(calendar)]
    sandbox = crew.start("sandbox", program("daybridge", "daemon", *arguments), stdout=subprocess.PIPE)
    places = _first_line(sandbox)
    client = _start_daemon(crew, paths, port)
    _settle_in(client, places)
    _connect(client, places)
    _start_tray(crew)
    code = client.make_page_code()
    click.echo(f"Salesforce sandbox: {places['salesforce']['url']}")
    domino = places["domino"]
    click.echo(f"Domino sandbox:     {domino['url']}{domino['mail_file']}")
    click.echo(
        f"  signed in as {domino['username']} with the password {domino['password']} (to connect again by yourself)"
    )
    _show_hands(places)
    click.echo("Passwords and tokens of this demo are kept in memory only and are gone when it ends.")
    click.echo(f"Files of this demo: {paths.config.parent}")
    click.echo(f"Page (good for {code.expires_in} seconds; `daybridge open` makes another): {code.url}")
    click.echo("Ctrl-C ends the demo.")
    if browser:
        webbrowser.open(code.url)
    while True:
        time.sleep(0.5)
        dead = crew.first_dead("sandbox", "daemon")
        if dead:
            raise DemoTrouble(f"The {dead} ended by itself; its log is in {paths.logs}.")


def _show_hands(places: Mapping[str, Any]) -> None:
    """Two commands that change an entry, for the run after the first one; without them the demo is as good."""
    with contextlib.suppress(OSError, ValueError, KeyError):
        found = hands(places)
        if found:
            click.echo("After your first run, change something by hand and press Start Sync again:")
        for told, command in found:
            click.echo(f"  # {told}\n  {command}")


def _first_line(sandbox: subprocess.Popen[str]) -> dict[str, Any]:
    """The sandbox's JSON line; its own sentence has gone to stderr when it ends without one."""
    assert sandbox.stdout is not None
    lines: queue.Queue[str] = queue.Queue()
    stream = sandbox.stdout

    def read() -> None:
        for line in stream:
            lines.put(line)

    threading.Thread(target=read, daemon=True).start()
    for _ in range(int(PATIENCE * 10)):
        try:
            found: dict[str, Any] = json.loads(lines.get(timeout=0.1))
            return found
        except queue.Empty:
            if sandbox.poll() is not None and lines.empty():
                break
        except json.JSONDecodeError as error:
            raise DemoTrouble("The sandboxes did not start as they should.") from error
    raise DemoTrouble("The sandboxes could not be started; nothing else was.")


def _start_daemon(crew: Crew, paths: AppPaths, port: int) -> ApiClient:
    """Start the daemon and wait until it answers under its own endpoint file."""
    arguments = ["run", "--memory-credentials", "--demo", "--port", str(port)]
    daemon = crew.start("daemon", program("daybridge", "daemon", *arguments))
    client = ApiClient(paths.endpoint_file)
    for _ in _patiently():
        if daemon.poll() is not None:
            raise DemoTrouble("The daemon could not be started; is another demo still running?")
        with contextlib.suppress(endpoint_file.EndpointRefused, ClientError, ApiProblem):
            endpoint = endpoint_file.read(paths.endpoint_file)
            if endpoint is not None and endpoint.pid == daemon.pid and client.status().state != "starting":
                return client
    raise DemoTrouble("The daemon did not answer in time.")


def _patiently() -> Iterator[None]:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        yield
        time.sleep(0.1)


def _settle_in(client: ApiClient, places: Mapping[str, Any]) -> None:
    """Point the settings at the sandboxes; widen the window to an exported calendar."""
    values: dict[str, Any] = {
        "salesforce.login_url": places["salesforce"]["url"],
        "salesforce.client_id": places["salesforce"]["client_id"],
        "rules.past_days": None,
    }
    report = places.get("notes_calendar")
    if report:
        click.echo(f"Notes calendar: {report['events']} entries put into the mail file.")
        for reason, number in sorted((report.get("reasons") or {}).items()):
            click.echo(f"  not an entry of a calendar ({reason}): {number}")
        past = _days_back(report.get("first"))
        if past > 30:
            values["rules.past_days"] = past
            click.echo(f"rules.past_days is {past} for this demo, so that the whole file is covered.")
    client.patch_settings(values)


def _days_back(first: str | None) -> int:
    """How far the window must reach to cover ``first`` (an ISO date), with a day to spare for zones."""
    if not first:
        return 0
    return min(36500, max(0, (datetime.now(UTC).date() - date.fromisoformat(first[:10])).days + 1))


def _connect(client: ApiClient, places: Mapping[str, Any]) -> None:
    """Sign in on both sides by the requests a person's browser would send."""
    domino = places["domino"]
    tested = client.put_notes_account(
        PutNotesAccount(
            kind="domino",
            url=domino["url"],
            user=domino["username"],
            password=domino["password"],
            calendar=domino["mail_file"],
        )
    )
    if not tested.ok:
        raise DemoTrouble(f"Signing in to the Domino sandbox failed: {tested.text.text}")
    started = client.connect_salesforce()
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback never goes through a proxy
        with opener.open(started.authorize_url, timeout=PATIENCE) as answer:
            answer.read()
    except (OSError, urllib.error.URLError) as error:
        raise DemoTrouble(f"Signing in to the Salesforce sandbox failed: {error}") from error
    for _ in _patiently():
        account = client.accounts().salesforce
        if account.state == "connected" and account.name:
            return
        if account.state in ("needs_sign_in", "unreachable"):
            break
    because = client.accounts().salesforce.because
    raise DemoTrouble(f"Signing in to the Salesforce sandbox failed: {because.text if because else 'no answer'}")


def _start_tray(crew: Crew) -> None:
    """Start the tray client; without a tray it ends with a sentence of its own and the demo goes on."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        click.echo("No screen here, so no tray icon; the page and the command line offer the same.")
        return
    crew.start("tray", program("daybridge-tray", "tray_client", "--no-start"))
