"""What an org may be like: every switch of the Salesforce sandbox with its default and one sentence of help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from zoneinfo import available_timezones


@dataclass(frozen=True, slots=True)
class Feature:
    """One switch. `kind` is on_off, count, seconds, text, names, zone, or the allowed words joined by "|"."""

    name: str
    kind: str
    default: Any
    help: str


#: Every switch, in the order in which help lists them.
FEATURES: tuple[Feature, ...] = (
    Feature(
        "consent",
        "auto|page",
        "page",
        "auto answers an authorize request at once with a code; page shows log-in and consent pages.",
    ),
    Feature(
        "app_installed",
        "on_off",
        True,
        "off refuses sign-in as an org does where the administrator has not installed the app.",
    ),
    Feature("pkce", "optional|required", "optional", "required refuses an authorize request without a code challenge."),
    Feature(
        "rotation",
        "on_off",
        True,
        "Each refresh gives a new refresh token and kills the old one; re-use kills the whole grant.",
    ),
    Feature(
        "access_token_minutes", "count", 120, "Idle minutes after which an access token is refused; 0 means never."
    ),
    Feature(
        "refresh_idle_days", "count", 30, "Days without use after which a refresh token is refused; 0 means never."
    ),
    Feature("code_seconds", "count", 900, "Seconds for which an authorization code is good."),
    Feature(
        "refresh_seconds",
        "seconds",
        0.0,
        "Seconds a refresh takes; a second one meanwhile is told that it is already being processed.",
    ),
    Feature("grant_cap", "count", 5, "Live grants per person and app; one more revokes the oldest."),
    Feature("password_grant", "on_off", True, "Allow the OAuth user name and password grant."),
    Feature(
        "client_credentials", "on_off", False, "Allow the client credentials grant; it signs in the administrator."
    ),
    Feature(
        "instance_split",
        "on_off",
        False,
        "Give an instance_url (name localhost) that differs from the log-in address (127.0.0.1).",
    ),
    Feature("time_zone", "zone", "Europe/Berlin", "The time zone of the people in the org."),
    Feature(
        "clock_skew", "seconds", 0.0, "Seconds by which the server's clock is ahead of this machine's; may be negative."
    ),
    Feature("multiday", "on_off", True, "Events may last longer than a day (up to 14 days)."),
    Feature(
        "shared_activities", "on_off", False, "Show the fields that Shared Activities adds to Event and EventRelation."
    ),
    Feature("type_visible", "on_off", False, "Show the field Event.Type."),
    Feature("key_field", "on_off", False, "Give Event and Task the external id Daybridge_Key__c, made on Activity."),
    Feature("key_field_unique", "on_off", True, "The key field refuses duplicates."),
    Feature("required_field", "on_off", False, "Give Event a custom text field Reason__c that must be filled."),
    Feature(
        "hidden_fields", "names", (), "Fields that field-level security hides, such as Event.Location,Event.ShowAs."
    ),
    Feature(
        "sharing",
        "private|public",
        "private",
        "private shows people only their own events and tasks; public shows all that are not private.",
    ),
    Feature("archive", "on_off", True, "Events that ended over a year ago leave query and stay in queryAll."),
    Feature("line_breaks", "crlf|lf", "crlf", "How line breaks in text fields come back."),
    Feature(
        "validation",
        "text",
        "",
        "A regular expression; an event whose subject matches is refused by a validation rule.",
    ),
    Feature("before_save", "text", "", "Text that the org's automation puts before the subject of every saved event."),
    Feature("lock_rows", "count", 0, "So many writes fail with UNABLE_TO_LOCK_ROW before any succeeds."),
    Feature(
        "duplicate_rule", "on_off", False, "Refuse a contact or lead with an e-mail address that is already there."
    ),
    Feature(
        "commit_seconds",
        "seconds",
        0.0,
        "Seconds between the time stamp of a write over HTTP and its becoming visible.",
    ),
    Feature("api_limit", "count", 15000, "API calls per 24 hours; beyond them every call is refused."),
    Feature("query_batch", "count", 2000, "Records per page of a query."),
    Feature(
        "big_table", "count", 25000, "Rows of the custom object BigTable__c; so many as jsforce's own tests count on."
    ),
)

_ON = frozenset({"on", "true", "yes", "1"})
_OFF = frozenset({"off", "false", "no", "0"})


@dataclass(frozen=True, slots=True)
class SalesforceOptions:
    """The switches of one org; see `FEATURES` for what each means."""

    consent: str = "page"
    app_installed: bool = True
    pkce: str = "optional"
    rotation: bool = True
    access_token_minutes: int = 120
    refresh_idle_days: int = 30
    code_seconds: int = 900
    refresh_seconds: float = 0.0
    grant_cap: int = 5
    password_grant: bool = True
    client_credentials: bool = False
    instance_split: bool = False
    time_zone: str = "Europe/Berlin"
    clock_skew: float = 0.0
    multiday: bool = True
    shared_activities: bool = False
    type_visible: bool = False
    key_field: bool = False
    key_field_unique: bool = True
    required_field: bool = False
    hidden_fields: tuple[str, ...] = ()
    sharing: str = "private"
    archive: bool = True
    line_breaks: str = "crlf"
    validation: str = ""
    before_save: str = ""
    lock_rows: int = 0
    duplicate_rule: bool = False
    commit_seconds: float = 0.0
    api_limit: int = 15000
    query_batch: int = 2000
    big_table: int = 25000

    @classmethod
    def from_features(cls, features: Mapping[str, str]) -> SalesforceOptions:
        """Build options from `NAME=VALUE` pairs; an unknown name or a bad value is a ValueError of one sentence."""
        known = {feature.name: feature for feature in FEATURES}
        chosen: dict[str, Any] = {}
        for name, value in features.items():
            if name not in known:
                raise ValueError(f"There is no feature {name!r}; choose from {', '.join(sorted(known))}.")
            chosen[name] = _parse(known[name], value)
        return cls(**chosen)


def _parse(feature: Feature, value: str) -> Any:
    """Read one value."""
    said = value.strip()
    match feature.kind:
        case "on_off":
            if said.lower() not in _ON | _OFF:
                raise ValueError(f"Feature {feature.name} is on or off, not {value!r}.")
            return said.lower() in _ON
        case "count":
            if not said.isdecimal():
                raise ValueError(f"Feature {feature.name} is a whole number, not {value!r}.")
            return int(said)
        case "seconds":
            try:
                return float(said)
            except ValueError as error:
                raise ValueError(f"Feature {feature.name} is a number of seconds, not {value!r}.") from error
        case "names":
            return tuple(name.strip() for name in said.split(",") if name.strip())
        case "zone":
            if said not in available_timezones():
                raise ValueError(
                    f"Feature {feature.name} is the name of a time zone, such as Europe/Berlin, not {value!r}."
                )
            return said
        case "text":
            return _pattern(feature, value) if feature.name == "validation" else value
        case words:
            if said not in words.split("|"):
                raise ValueError(f"Feature {feature.name} is one of {words.replace('|', ', ')}, not {value!r}.")
            return said


def _pattern(feature: Feature, value: str) -> str:
    """Check that the text is a regular expression."""
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"Feature {feature.name} is a regular expression, and {value!r} is none ({error}).") from error
    return value


assert {f.name: f.default for f in FEATURES} == {f.name: f.default for f in fields(SalesforceOptions)}
