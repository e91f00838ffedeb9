"""The settings of one installation: read from settings.toml, checked against the table, written back with comments kept."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tomllib
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tomlkit
import tomlkit.items

from daemon.setting_keys import SETTINGS, SettingKey
from shared.models import SettingSchema, SettingsDocument, SettingsSchema, Text


class BadSetting(Exception):
    """A key or value that is not allowed; the sentence says what is."""


def check(key: str, value: object) -> Any:
    """The value as it is kept. Raises BadSetting with one sentence."""
    spec = SETTINGS.get(key)
    if spec is None:
        raise BadSetting(f"There is no setting {key!r}; `daybridge settings show` lists them all.")
    return _CHECKS[spec.type](spec, value)


def _text(spec: SettingKey, value: object) -> str:
    if not isinstance(value, str) or len(value) > 2000 or any(ord(c) < 32 for c in value):
        raise BadSetting(f"{spec.key} takes one line of text.")
    return value.strip()


def _url(spec: SettingKey, value: object) -> str:
    given = _text(spec, value)
    parts = urlsplit(given)
    if parts.scheme in ("http", "https") and not parts.hostname:
        raise BadSetting(f"{spec.key} is no address; write it like https://server.example.com.")
    if spec.key.startswith("salesforce.") and parts.scheme not in ("http", "https"):
        raise BadSetting(f"{spec.key} must start with https://.")
    if (
        spec.key.startswith("salesforce.")
        and parts.scheme == "http"
        and parts.hostname not in ("127.0.0.1", "localhost")
    ):
        raise BadSetting(f"{spec.key} must start with https://; plain http is for this machine only.")
    return given.rstrip("/") if parts.scheme else given


def _flag(spec: SettingKey, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "yes", "on", "false", "no", "off"):
        return value.lower() in ("true", "yes", "on")
    raise BadSetting(f"{spec.key} is either true or false.")


def _number(spec: SettingKey, value: object) -> int:
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,9}", value.strip()):
        value = int(value)
    low, high = spec.minimum, spec.maximum
    if (
        not isinstance(value, int)
        or isinstance(value, bool)
        or (low is not None and value < low)
        or (high is not None and value > high)
    ):
        raise BadSetting(f"{spec.key} is a whole number from {low} to {high}.")
    return value


def _choice(spec: SettingKey, value: object) -> str:
    if value not in spec.choices:
        raise BadSetting(f"{spec.key} is one of: {', '.join(spec.choices)}.")
    return str(value)


def _words(spec: SettingKey, value: object) -> list[str]:
    if isinstance(value, str):
        value = [word.strip() for word in value.split(",") if word.strip()]
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise BadSetting(f"{spec.key} is a list of words, separated by commas.")
    return [word.strip() for word in value if word.strip()]


def _choices(spec: SettingKey, value: object) -> list[str]:
    words = _words(spec, value)
    if any(word not in spec.choices for word in words):
        raise BadSetting(f"{spec.key} takes any of: {', '.join(spec.choices)}.")
    return [choice for choice in spec.choices if choice in words]


def _time(spec: SettingKey, value: object) -> str:
    try:
        return time.fromisoformat(str(value)).strftime("%H:%M")
    except ValueError:
        raise BadSetting(f"{spec.key} is a time of day like 08:00.") from None


def _date(spec: SettingKey, value: object) -> str:
    if value in ("", None):
        return ""
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise BadSetting(f"{spec.key} is a date like 2026-01-31, or empty.") from None


def _pattern(spec: SettingKey, value: object) -> str:
    given = _text(spec, value)
    try:
        re.compile(given)
    except re.error as error:
        raise BadSetting(f"{spec.key} is no regular expression: {error}.") from None
    return given


_CHECKS = {
    "text": _text,
    "url": _url,
    "flag": _flag,
    "number": _number,
    "choice": _choice,
    "choices": _choices,
    "list": _words,
    "time": _time,
    "date": _date,
    "pattern": _pattern,
}


class Settings:
    """The values in force. ``patch`` is all or none and durable before it returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, Any] = {}
        self._document = tomlkit.document()
        self._load()

    def _load(self) -> None:
        try:
            text = self._path.read_text("utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"{self._path} cannot be read: {error}. Mend or remove it and start again.") from error
        try:
            plain = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise BadSetting(f"{self._path} is not valid TOML: {error}. Mend or remove it and start again.") from error
        for table, entries in plain.items():
            if not isinstance(entries, dict):
                raise BadSetting(f"{self._path}: {table!r} must stand in a table such as [rules].")
            for name, value in entries.items():
                try:
                    self._values[f"{table}.{name}"] = check(f"{table}.{name}", value)
                except BadSetting as error:
                    raise BadSetting(f"{self._path}: {error}") from None
        self._document = tomlkit.parse(text)

    def __getitem__(self, key: str) -> Any:
        """The value in force of a key of the table."""
        return self._values.get(key, SETTINGS[key].default)

    def is_set(self, key: str) -> bool:
        return key in self._values

    def patch(self, values: Mapping[str, object | None]) -> None:
        """Set keys, or reset them with None. Raises BadSetting and changes nothing when one is wrong."""
        checked = {
            key: None if value is None and key in SETTINGS else check(key, value) for key, value in values.items()
        }
        merged = {key: value for key, value in {**self._values, **checked}.items() if value is not None}
        if merged.get("automatic.from", SETTINGS["automatic.from"].default) > merged.get(
            "automatic.to", SETTINGS["automatic.to"].default
        ):
            raise BadSetting("automatic.from must not be later than automatic.to.")
        document = tomlkit.parse(tomlkit.dumps(self._document))
        for key, value in checked.items():
            table_name, _, name = key.partition(".")
            table = document.setdefault(table_name, tomlkit.table())
            if value is None:
                table.pop(name, None)
            else:
                table[name] = value
        self._save(tomlkit.dumps(document))
        self._document, self._values = document, merged

    def _save(self, text: str) -> None:
        scratch = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with scratch.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(scratch, self._path)
        except OSError as error:
            with contextlib.suppress(OSError):  # the first error is the one to tell
                scratch.unlink(missing_ok=True)
            raise BadSetting(f"{self._path} cannot be written: {error.strerror}. Nothing was changed.") from error

    def document(self) -> SettingsDocument:
        return SettingsDocument(values={key: self[key] for key in SETTINGS})


def schema() -> SettingsSchema:
    """The table as a document, for forms and for `daybridge settings`."""
    return SettingsSchema(
        settings=tuple(
            SettingSchema(
                key=spec.key,
                type=spec.type,
                default=spec.default,
                text=Text(code=f"setting.{spec.key}", text=spec.text),
                choices=spec.choices,
                minimum=spec.minimum,
                maximum=spec.maximum,
            )
            for spec in SETTINGS.values()
        )
    )
