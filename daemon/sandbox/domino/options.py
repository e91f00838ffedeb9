"""The properties of the Domino sandbox that `--feature domino.NAME=VALUE` switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

FeatureTable = dict[str, tuple[type, Any, str]]


def _feature(default: Any, help_text: str, *choices: str) -> Any:
    """Declare one property with its sentence of help and, for words, what is allowed."""
    return field(default=default, metadata={"help": help_text, "choices": choices})


@dataclass(frozen=True, slots=True)
class DominoOptions:
    """Server properties; the table FEATURES has their help."""

    login: str = _feature(
        "form",
        "How people sign in: form (a 200 page), basic, both, or force401 (the form under a true 401).",
        "form",
        "basic",
        "both",
        "force401",
    )
    cookie: str = _feature(
        "DomAuthSessId",
        "Session cookie: DomAuthSessId (one server) or LtpaToken (several servers).",
        "DomAuthSessId",
        "LtpaToken",
    )
    cookie_requests: int = _feature(0, "A session ends after so many requests; 0: never by count.")
    cookie_seconds: int = _feature(1800, "A session ends after so many idle seconds; 0: never by time.")
    das_token: bool = _feature(False, "The login also sets the DasToken cookie, so writes need X-DAS-Token.")
    no_access: str = _feature(
        "403", "Answer to a person without access to the mail file: 403, 401 or form.", "403", "401", "form"
    )
    service_enabled: bool = _feature(True, "The calendar service is switched on for the server; off answers 403.")
    absolute_links: bool = _feature(False, "Links are absolute, as with CalendarServiceAbsoluteUrls=1.")
    old_template: bool = _feature(
        False, "The mail file has an 8.5 template: throw-away ids and joined subjects in the list."
    )
    strict_rules: bool = _feature(True, "Rules that the Notes client cannot express are refused (unconfirmed).")
    refused_rules: str = _feature(
        "", "Frequencies whose rules are refused whatever their form, as in DAILY+MONTHLY (unconfirmed)."
    )
    rule_error: str = _feature(
        "invalid",
        "How a rule is refused (unconfirmed): invalid (400/1034) or not_supported (400/1028).",
        "invalid",
        "not_supported",
    )
    empty_description: str = _feature(
        "clears", "What an update with an empty description does: clears or keeps.", "clears", "keeps"
    )
    partstat: str = _feature(
        "needs_action", "Answers of invitees in a read: needs_action or kept.", "needs_action", "kept"
    )
    disturb_pages: str = _feature(
        "none", "A change between two pages of a list: none, skip (one is lost) or double.", "none", "skip", "double"
    )
    disturb_times: int = _feature(1, "How many listings are disturbed before the calendar is quiet.")
    notice_failure: bool = _feature(
        False, "Notices cannot be mailed: a write that sends some is stored, then 500/1026."
    )
    version: str = _feature("12.0.2", "The server's version, in PRODID and in /api.")
    zone: str = _feature("UTC", "IANA name of the server's own time zone; floating times are read in it.")

    def __post_init__(self) -> None:
        for one in fields(self):
            choices = one.metadata["choices"]
            if choices and getattr(self, one.name) not in choices:
                raise ValueError(f"domino.{one.name} is one of {', '.join(choices)}.")

    @classmethod
    def from_features(cls, features: Mapping[str, str]) -> DominoOptions:
        """Build options from `--feature` texts (names with or without `domino.`); ValueError is one sentence."""
        given: dict[str, Any] = {}
        for name, text in features.items():
            short = name.removeprefix("domino.")
            if short not in FEATURES:
                raise ValueError(f"The Domino sandbox has no feature {short!r}; there are: {', '.join(FEATURES)}.")
            given[short] = _value(short, FEATURES[short][0], text)
        return cls(**given)


def _value(name: str, kind: type, text: str) -> Any:
    """Read one value."""
    if kind is bool:
        words = {
            "true": True,
            "on": True,
            "yes": True,
            "1": True,
            "false": False,
            "off": False,
            "no": False,
            "0": False,
        }
        if text.lower() not in words:
            raise ValueError(f"domino.{name} is true or false, not {text!r}.")
        return words[text.lower()]
    if kind is int:
        if not text.isdecimal():
            raise ValueError(f"domino.{name} is a whole number from 0 up, not {text!r}.")
        return int(text)
    return text


#: name -> (type, default, one sentence of help)
FEATURES: FeatureTable = {
    one.name: (type(one.default), one.default, one.metadata["help"]) for one in fields(DominoOptions)
}
