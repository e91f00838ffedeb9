"""The ``daybridge`` command group: finds each command when it is called, and turns every error into a sentence and a code."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
from collections.abc import Sequence

import click

from daemon.cli.outcomes import Ending, ExitCode, Expected, ending_of
from shared.version import VERSION

COMMANDS: dict[str, str] = {
    "run": "daemon.cli.run_command:run",
    "demo": "daemon.cli.demo_command:demo",
    "sandbox": "daemon.cli.sandbox_command:sandbox",
    "status": "daemon.cli.status_command:status",
    "sync": "daemon.cli.sync_command:sync",
    "changes": "daemon.cli.changes_command:changes",
    "find": "daemon.cli.find_command:find",
    "decide": "daemon.cli.decide_command:decide",
    "apply": "daemon.cli.apply_command:apply",
    "cancel": "daemon.cli.apply_command:cancel",
    "history": "daemon.cli.history_commands:history",
    "undo": "daemon.cli.history_commands:undo",
    "ignored": "daemon.cli.history_commands:ignored",
    "doctor": "daemon.cli.upkeep_commands:doctor",
    "forget-links": "daemon.cli.upkeep_commands:forget_links",
    "open": "daemon.cli.upkeep_commands:open_page",
    "pause": "daemon.cli.upkeep_commands:pause",
    "resume": "daemon.cli.upkeep_commands:resume",
    "stop": "daemon.cli.upkeep_commands:stop",
    "settings": "daemon.cli.settings_command:settings",
    "connect": "daemon.cli.account_commands:connect",
    "disconnect": "daemon.cli.account_commands:disconnect",
    "test-connection": "daemon.cli.account_commands:test_connection",
    "calendars": "daemon.cli.account_commands:calendars",
}
"""Where each command lives; a module is imported when its command is called, so one that fails harms no other."""


class LazyGroup(click.Group):
    """A group whose commands are imported when needed, listed in the order of COMMANDS."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        try:
            command = getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError) as error:
            return _broken(cmd_name, error)
        return command if isinstance(command, click.Command) else None


def _broken(name: str, error: Exception) -> click.Command:
    """A command in place of one that cannot be imported: the list of commands stays whole, calling it says why."""

    @click.command(name, context_settings={"ignore_unknown_options": True}, help="Not available in this installation.")
    @click.argument("arguments", nargs=-1)
    def unavailable(arguments: tuple[str, ...]) -> None:
        raise Ending(ExitCode.FAILED, f"The command {name} is not available in this installation: {error}.")

    return unavailable


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.version_option(VERSION, prog_name="daybridge")
def daybridge() -> None:
    """Keep a Notes calendar and a Salesforce user's Events in step.

    Nothing is written to either calendar before you approve it: sync, changes, decide, apply.
    """


def run_command_line(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code. Errors are one sentence on the error stream."""
    _tolerate_every_character()
    try:
        code = daybridge.main(args=arguments, prog_name="daybridge", standalone_mode=False)
    except BrokenPipeError:
        # The reader of our output went away (``| head``); keep the interpreter from complaining about it at exit.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.format_message())
        return ExitCode.WRONG_USE
    except Expected as error:
        ending = ending_of(error)
        if ending.words:
            click.echo(ending.words, err=True)
        return ending.code
    return int(code) if isinstance(code, int) else ExitCode.DONE


def _tolerate_every_character() -> None:
    """Subjects hold any character; a terminal of an old code page shows ``?`` instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
