"""``daybridge connect``, ``disconnect``, ``test-connection`` and ``calendars``: the two accounts."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import click

from daemon.cli.outcomes import Ending, ExitCode
from daemon.cli.printing import document, line, table
from daemon.cli.upkeep_commands import show_in_browser
from shared.api_client import ApiClient
from shared.labels import SIDE_WORDS
from shared.local_times import moment
from shared.models import Accounts, ConnectStarted, PutNotesAccount, Status
from shared.states import Side

SIDES = click.Choice([side.value for side in Side])


@click.group()
def connect() -> None:
    """Connect one of the two accounts."""


@connect.command("salesforce")
@click.option("--print", "only_print", is_flag=True, help="Print the sign-in address instead of opening a browser.")
@click.option("--no-wait", is_flag=True, help="Do not wait for the end of the sign-in.")
def connect_salesforce(only_print: bool, no_wait: bool) -> None:
    """Sign in to Salesforce in the browser."""
    client = ApiClient()
    connected_before = client.status().accounts.salesforce.state == "connected"
    started = client.connect_salesforce()
    if only_print or not show_in_browser(started.authorize_url):
        line(f"Sign in at: {started.authorize_url}")
    else:
        line("Sign in to Salesforce in the browser window that opened.")
    if connected_before or no_wait:
        line("Afterwards check it with: daybridge test-connection salesforce")
        return
    name = _wait_for_salesforce(client, started)
    line(f"Connected to Salesforce as {name}." if name else "Connected to Salesforce.")


def _wait_for_salesforce(client: ApiClient, started: ConnectStarted) -> str:
    """The name of the account once it is connected; ends when the sign-in address is no longer good."""
    until = moment(started.expires_at)
    seconds = 600.0 if until is None else max(1.0, until.timestamp() - time.time())
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        now = client.status()
        if now.accounts.salesforce.state == "connected":
            return now.accounts.salesforce.name
        if _gave_up(now):
            break
        time.sleep(0.5)
    because = client.status().accounts.salesforce.because
    words = because.text if because is not None else "The sign-in was not finished in time; start it again."
    raise Ending(ExitCode.SIGN_IN_NEEDED, words)


def _gave_up(now: Status) -> bool:
    """Whether Salesforce refused the sign-in while we wait."""
    account = now.accounts.salesforce
    return account.state == "needs_sign_in" and account.because is not None


@connect.command("notes")
@click.option("--kind", metavar="KIND", help="How the calendar is reached [the setting notes.kind].")
@click.option("--url", metavar="URL", help="Address of the server, file or folder [the setting notes.url].")
@click.option("--user", metavar="NAME", help="Who signs in [the setting notes.user].")
@click.option("--calendar", metavar="ID", help="Which calendar [the setting notes.calendar].")
@click.option("--password-stdin", is_flag=True, help="Read the password from the first line of the input.")
def connect_notes(
    kind: str | None, url: str | None, user: str | None, calendar: str | None, password_stdin: bool
) -> None:
    """Connect the Notes calendar; the password is asked for and not shown."""
    client = ApiClient()
    values = client.settings().values
    chosen = {
        name: given if given is not None else str(values.get(f"notes.{name}") or "")
        for name, given in (("kind", kind), ("url", url), ("user", user), ("calendar", calendar))
    }
    if not chosen["url"]:
        raise click.UsageError("Name the server with --url.")
    account = PutNotesAccount(
        kind=chosen["kind"] or "domino",
        url=chosen["url"],
        user=chosen["user"],
        calendar=chosen["calendar"],
        password=_password(chosen["user"], password_stdin),
    )
    result = client.put_notes_account(account)
    if not result.ok:
        raise Ending(ExitCode.FAILED, result.text.text)
    line(result.text.text)


def _password(user: str, from_input: bool) -> str:
    """The password; none for a calendar that is reached without a name (a file or folder)."""
    if from_input:
        return sys.stdin.readline().rstrip("\r\n")
    if not user:
        return ""
    if not sys.stdin.isatty():
        raise click.UsageError("The password cannot be asked for here; use --password-stdin.")
    return str(click.prompt(f"Password of {user}", hide_input=True, err=True))


@click.command()
@click.argument("side", type=SIDES)
@click.option("--yes", is_flag=True, help="Do not ask.")
def disconnect(side: str, yes: bool) -> None:
    """Forget the sign-in of SIDE. Links and both calendars stay as they are."""
    client = ApiClient()
    client.status()
    name = SIDE_WORDS[Side(side)]
    if not yes:
        click.confirm(f"Forget the sign-in to {name}?", abort=True, err=True)
    client.disconnect(Side(side))
    line(f"{name} is disconnected.")


@click.command("test-connection")
@click.argument("side", type=SIDES, required=False)
def test_connection(side: str | None) -> None:
    """Try to reach SIDE, or both. Exit code 1 when one cannot be used, 4 when it needs a sign-in."""
    client = ApiClient()
    failed = False
    sides = (Side(side),) if side else tuple(Side)
    for each in sides:
        result = client.test_account(each)
        failed = failed or not result.ok
        named = result.text.text.startswith(SIDE_WORDS[each])
        line(result.text.text if named else f"{SIDE_WORDS[each]}: {result.text.text}")
    if failed:
        raise Ending(failure_code(client.accounts(), sides))


def failure_code(accounts: Accounts, sides: Sequence[Side]) -> ExitCode:
    """The exit code when one of ``sides`` cannot be used: its own where a sign-in would mend it."""
    states = {Side.SALESFORCE: accounts.salesforce.state, Side.NOTES: accounts.notes.state}
    return ExitCode.SIGN_IN_NEEDED if any(states[each] == "needs_sign_in" for each in sides) else ExitCode.FAILED


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the document of the API.")
def calendars(as_json: bool) -> None:
    """List the calendars that the Notes account can use."""
    client = ApiClient()
    if as_json:
        document(client.raw("calendars"))
        return
    rows = [
        [
            each.id,
            each.name,
            each.kind,
            each.owner,
            "yes" if each.can_write else "no",
            "selected" if each.selected else "",
        ]
        for each in client.calendars().calendars
    ]
    table(["ID", "Name", "Kind", "Owner", "Can write", ""], rows, wide="Name")
