"""``daybridge doctor``, ``forget-links``, ``open``, ``pause``, ``resume`` and ``stop``."""

from __future__ import annotations

import os
import sys
import webbrowser

import click

from daemon.cli.outcomes import Ending, ExitCode
from daemon.cli.printing import document, line, table
from shared.api_client import ApiClient
from shared.local_times import moment_words


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the document of the API.")
def doctor(as_json: bool) -> None:
    """Look for duplicates, orphans and other trouble. Exit code 1 when something was found."""
    client = ApiClient()
    report = client.doctor()
    if as_json:
        document(client.raw("doctor"))
    elif report.findings:
        rows = [[each.kind, each.text.text, ", ".join(each.items)] for each in report.findings]
        table(["Kind", "Finding", "Items"], rows, wide="Finding")
    else:
        line("Nothing found.")
    if not report.ok:
        raise Ending(ExitCode.FAILED)


@click.command("forget-links")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget_links(yes: bool) -> None:
    """Forget which items belong together, and what is ignored. Deletes nothing in either calendar."""
    client = ApiClient()
    client.status()
    if not yes:
        click.confirm(
            "Forget all links and ignores? The next run matches both calendars anew; nothing is deleted.",
            abort=True,
            err=True,
        )
    client.forget_links()
    line("Links and ignores are forgotten. The next run must be started by hand: daybridge sync")


@click.command("open")
@click.option("--print", "only_print", is_flag=True, help="Print the address instead of opening a browser.")
def open_page(only_print: bool) -> None:
    """Open the Synchronization window in the browser (its address works once, within 30 seconds)."""
    url = ApiClient().make_page_code().url
    if only_print:
        line(url)
    elif not show_in_browser(url):
        line(f"No browser could be opened. Open this address within 30 seconds: {url}")


def show_in_browser(url: str) -> bool:
    """Open a browser window; False where there is no desktop, since a text browser cannot run the page."""
    if sys.platform not in ("win32", "darwin") and not os.environ.get("BROWSER"):
        if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
            return False
    return webbrowser.open(url)


@click.command()
@click.argument("minutes", type=click.IntRange(1, 7 * 24 * 60), default=60)
def pause(minutes: int) -> None:
    """Pause automatic runs for MINUTES [60], a week (10080) at most. Runs that you start go on working."""
    now = ApiClient().pause(minutes)
    line(f"Automatic runs are paused until {moment_words(now.paused_until)}.")


@click.command()
def resume() -> None:
    """Let automatic runs go on."""
    now = ApiClient().resume()
    line(f"Automatic runs go on. Next run: {moment_words(now.next_run_at, missing='only when you start it')}.")


@click.command()
def stop() -> None:
    """End the daemon. What it is writing is finished first."""
    ApiClient().shutdown()
    line("The daemon is ending.")
