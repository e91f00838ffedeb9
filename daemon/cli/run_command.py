"""`daybridge run`: the daemon in the foreground."""

from __future__ import annotations

import asyncio
import sys

import click

from daemon.app import serve
from daemon.credentials import CredentialError, open_credentials
from daemon.instance_lock import AlreadyRunning
from daemon.log_setup import set_up
from daemon.settings import BadSetting
from daemon.store.database import StoreTrouble
from shared.app_paths import app_paths


@click.command()
@click.option("--memory-credentials", is_flag=True, help="Keep secrets in memory only; sign in again after each start.")
@click.option("--demo", is_flag=True, hidden=True, help="Say in the status that both calendars are sandboxes.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, hidden=True, help="Port of the page; 0 takes a free one."
)
def run(memory_credentials: bool, demo: bool, port: int) -> None:
    """Run the daemon until it is told to stop."""
    paths = app_paths()
    try:
        paths.make()
        set_up(paths.log_file)
        credentials = open_credentials(memory_credentials)
        asyncio.run(serve(paths, credentials, port=port, demo=demo))
    except (AlreadyRunning, BadSetting, StoreTrouble) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except CredentialError as error:
        click.echo(error.text.text, err=True)
        sys.exit(1)
    except OSError as error:
        click.echo(
            f"{paths.state} cannot be used ({error.strerror}): check the folder and the disk, then start again.",
            err=True,
        )
        sys.exit(1)
