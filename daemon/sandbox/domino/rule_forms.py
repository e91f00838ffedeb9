"""Which recurrence rules the Domino sandbox takes, which it turns into dates, and where it ends them.

Notes knows the repeat units D, W, MD (month by date), MP (month by position), Y and lists of dates. That other forms
are refused is an assumption (notes.md 7, unconfirmed): `strict_rules` switches it off, `refused_rules` refuses more.
"""

from __future__ import annotations

import re
from datetime import timedelta

from daemon.sandbox.domino.values import Moment

LONGEST = timedelta(days=3653)  # ten years: Notes keeps finite lists only
_PARTS: dict[str, set[str]] = {
    "DAILY": set(),
    "WEEKLY": {"BYDAY"},
    "MONTHLY": {"BYDAY", "BYMONTHDAY"},
    "YEARLY": {"BYMONTH", "BYMONTHDAY", "BYDAY"},
}
_ALWAYS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"}


def parts_of(rule: str) -> dict[str, str]:
    """Return the parts of a rule in upper case."""
    pairs = (part.partition("=") for part in rule.strip().upper().split(";") if part)
    return {name: value for name, _, value in pairs}


def refusal(rule: str) -> str | None:
    """Return why Notes cannot hold the rule, or None."""
    parts = parts_of(rule)
    freq = parts.get("FREQ", "")
    if freq not in _PARTS:
        return f"FREQ={freq} has no repeat unit."
    extra = sorted(set(parts) - _ALWAYS - _PARTS[freq])
    if extra:
        return f"{extra[0]} has no home in a repeat unit of {freq}."
    if freq in {"MONTHLY", "YEARLY"} and {"BYDAY", "BYMONTHDAY"} <= set(parts):
        return "BYDAY and BYMONTHDAY together have no repeat unit."
    if len(parts.get("BYMONTH", "").split(",")) > 1:
        return "Several months have no repeat unit."
    by_day = parts.get("BYDAY", "")
    positional = bool(re.search(r"\d", by_day))
    if freq == "WEEKLY" and positional:
        return "A weekly rule has no positions."
    if freq in {"MONTHLY", "YEARLY"} and by_day and not positional:
        return "A weekday without a position has no repeat unit here."
    return None


def is_refused_by_frequency(rule: str, frequencies: str) -> bool:
    """Tell whether the rule's frequency stands in a list joined by `+`."""
    return parts_of(rule).get("FREQ", "") in frequencies.upper().split("+")


def by_position(rule: str) -> bool:
    """Tell whether Notes keeps the rule as dates: month (or year) by position."""
    parts = parts_of(rule)
    return parts.get("FREQ") in {"MONTHLY", "YEARLY"} and "BYDAY" in parts


def finite(rule: str, start: Moment) -> str:
    """Return the rule with an end: endless rules stop ten years after the start."""
    rule = rule.strip().upper()
    if {"COUNT", "UNTIL"} & set(parts_of(rule)):
        return rule
    last = start.local + LONGEST
    until = f"{last:%Y%m%d}" if start.kind == "date" else f"{last:%Y%m%dT%H%M%S}"
    return f"{rule};UNTIL={until}{'Z' if start.kind in {'utc', 'zone'} else ''}"
