"""Settings: refused with what is allowed, changed all or none, kept over restarts with the person's comments."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from daemon.setting_keys import SETTINGS
from daemon.settings import BadSetting, Settings, check, schema

BAD = [
    ("rules.past_days", "many", "whole number from 0 to 36500"),
    ("rules.past_days", -1, "whole number"),
    ("rules.past_days", 36501, "whole number"),
    ("rules.past_days", True, "whole number"),
    ("rules.private", "open", "skip, busy_only, carry"),
    ("rules.salesforce_may", ["create", "burn"], "create, update, delete"),
    ("rules.starts_after", "soon", "date like"),
    ("rules.subject_exclude", "(", "regular expression"),
    ("rules.skip_free", "perhaps", "true or false"),
    ("rules.categories_include", [1], "list of words"),
    ("automatic.from", "8 o'clock", "time of day"),
    ("notes.user", "two\nlines", "one line"),
    ("salesforce.login_url", "http://login.example.com", "https://"),
    ("salesforce.login_url", "login.example.com", "https://"),
    ("notes.url", "https://", "no address"),
    ("rules.unheard_of", 1, "no setting"),
]


@pytest.mark.parametrize(("key", "value", "words"), BAD, ids=[f"{key}={value!r}" for key, value, _ in BAD])
def test_a_bad_value_is_refused_with_what_is_allowed(tmp_path: Path, key: str, value: object, words: str) -> None:
    """Catches: a value kept that a run later trips over, or a refusal that does not say what to write."""
    made = Settings(tmp_path / "settings.toml")
    with pytest.raises(BadSetting, match=words):
        made.patch({"rules.future_days": 10, key: value})
    assert made["rules.future_days"] == 365
    assert not (tmp_path / "settings.toml").exists()


GOOD = [
    ("rules.past_days", "30", 30),
    ("rules.skip_free", "Yes", True),
    ("rules.salesforce_may", "update, create", ["create", "update"]),
    ("automatic.from", "7:30:00".zfill(8), "07:30"),
    ("salesforce.login_url", "http://localhost:8080/", "http://localhost:8080"),
    ("rules.starts_after", None, ""),
]


@pytest.mark.parametrize(("key", "value", "kept"), GOOD, ids=[key for key, _, _ in GOOD])
def test_a_good_value_is_kept_in_one_form(key: str, value: object, kept: object) -> None:
    """Catches: the same choice stored in two ways, which would make every row's revision another one."""
    assert check(key, value) == kept


def test_every_default_is_a_value_it_would_take() -> None:
    """Catches: a default that a person could not set again."""
    for key, spec in SETTINGS.items():
        if spec.default != "":
            assert check(key, spec.default) == spec.default
    assert {item.key for item in schema().settings} == set(SETTINGS)


def test_changes_outlive_a_restart_and_comments_stay(tmp_path: Path) -> None:
    """Catches: a person's notes in the file lost, or a value that is only in memory."""
    path = tmp_path / "settings.toml"
    path.write_text("# mine\n[rules]\npast_days = 10 # short\n")
    made = Settings(path)
    made.patch({"rules.future_days": 60, "automatic.every_minutes": 60})
    text = path.read_text("utf-8")
    assert "# mine" in text and "# short" in text
    again = Settings(path)
    assert (again["rules.past_days"], again["rules.future_days"], again["automatic.every_minutes"]) == (10, 60, 60)
    assert not list(tmp_path.glob("settings.toml.*"))


def test_a_reset_key_has_its_default_and_counts_as_not_set(tmp_path: Path) -> None:
    """Catches: 'to_salesforce' for a delegated calendar switched off for ever by setting and resetting the direction."""
    made = Settings(tmp_path / "settings.toml")
    made.patch({"rules.direction": "to_notes"})
    assert made.is_set("rules.direction")
    made.patch({"rules.direction": None})
    assert made["rules.direction"] == "both" and not made.is_set("rules.direction")
    assert tomllib.loads((tmp_path / "settings.toml").read_text("utf-8")).get("rules", {}) == {}


def test_active_hours_that_end_before_they_begin_are_refused(tmp_path: Path) -> None:
    """Catches: automatic runs switched on that never come, without a word."""
    made = Settings(tmp_path / "settings.toml")
    with pytest.raises(BadSetting, match="later"):
        made.patch({"automatic.from": "19:00"})
    made.patch({"automatic.from": "19:00", "automatic.to": "23:00"})


@pytest.mark.parametrize(
    "text", ["[rules\n", "rules = 3\n", "[rules]\npast_days = 'x'\n", "[rules]\nunheard = 1\n"], ids=repr
)
def test_a_damaged_file_stops_the_start_and_is_left_alone(tmp_path: Path, text: str) -> None:
    """Catches: a typo in the file answered by silently running with the defaults, and writing them over it."""
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(BadSetting, match=r"settings\.toml"):
        Settings(path)
    assert path.read_text() == text


def test_a_file_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    """Catches: values in force that are gone after the next start."""
    made = Settings(tmp_path / "config" / "settings.toml")
    (tmp_path / "config").write_text("not a folder")
    with pytest.raises(BadSetting, match="Nothing was changed"):
        made.patch({"rules.past_days": 1})
    assert made["rules.past_days"] == 30
