"""``daybridge settings``: shows, sets and resets settings; what is allowed comes from the daemon's schema."""

from __future__ import annotations

import difflib
from typing import Any

import click

from daemon.cli.outcomes import Ending, ExitCode
from daemon.cli.printing import document, line, pairs
from shared.api_client import ApiClient
from shared.models import SettingSchema

_YES = frozenset({"true", "yes", "on", "1"})
_NO = frozenset({"false", "no", "off", "0"})


@click.group(invoke_without_command=True)
@click.pass_context
def settings(ctx: click.Context) -> None:
    """Show the settings, or change one."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(show)


@settings.command()
@click.argument("key", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the document of the API.")
def show(key: str | None = None, as_json: bool = False) -> None:
    """Show every setting, or the one called KEY with what it allows."""
    client = ApiClient()
    if as_json:
        document(client.raw("settings"))
        return
    values = client.settings().values
    if key is None:
        pairs((name, words(value)) for name, value in values.items())
        return
    schema = _schema(client, key)
    pairs(
        [
            ("Key", key),
            ("Meaning", schema.text.text),
            ("Value", words(values.get(key))),
            ("Default", words(schema.default)),
            ("Allowed", allowed(schema)),
        ]
    )


@settings.command("set", context_settings={"ignore_unknown_options": True})  # a value may start with a dash
@click.argument("key")
@click.argument("value")
def set_value(key: str, value: str) -> None:
    """Set KEY to VALUE; lists are separated by commas."""
    client = ApiClient()
    schema = _schema(client, key)
    now = client.patch_settings({key: parsed(schema, value)})
    line(f"{key} = {words(now.values.get(key))}")


@settings.command()
@click.argument("key")
def reset(key: str) -> None:
    """Give KEY its default again."""
    client = ApiClient()
    _schema(client, key)
    now = client.patch_settings({key: None})
    line(f"{key} = {words(now.values.get(key))}")


def _schema(client: ApiClient, key: str) -> SettingSchema:
    known = {each.key: each for each in client.settings_schema().settings}
    if key in known:
        return known[key]
    close = difflib.get_close_matches(key, known, n=2, cutoff=0.8)
    hint = f"did you mean {' or '.join(close)}?" if close else "see: daybridge settings"
    raise Ending(ExitCode.WRONG_USE, f"There is no setting {key}; {hint}")


def parsed(schema: SettingSchema, value: str) -> Any:
    """The value as the API takes it; what is not of the setting's type is refused with what is allowed."""
    match schema.type:
        case "flag":
            if value.lower() in _YES | _NO:
                return value.lower() in _YES
        case "number":
            if value.strip().removeprefix("-").isascii() and value.strip().removeprefix("-").isdigit():
                return int(value)
        case "choices" | "list":
            return [part.strip() for part in value.split(",") if part.strip()]
        case _:
            return value
    raise Ending(ExitCode.WRONG_USE, f"{schema.key} takes {allowed(schema)}.")


def allowed(schema: SettingSchema) -> str:
    """What the setting takes, for a person."""
    match schema.type:
        case "flag":
            return "true or false"
        case "number":
            if schema.minimum is not None and schema.maximum is not None:
                return f"a whole number from {schema.minimum} to {schema.maximum}"
            return "a whole number"
        case "choice":
            return "one of " + ", ".join(schema.choices)
        case "choices":
            return "any of " + ", ".join(schema.choices) + ", separated by commas"
        case "list":
            return "words separated by commas"
        case "time":
            return "a time like 08:00"
        case "date":
            return "a day like 2026-12-31"
        case "url":
            return "an address like https://example.com"
        case _:
            return "text"


def words(value: Any) -> str:
    """A value as a person would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return str(value)
