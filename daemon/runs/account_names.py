"""How accounts and their calendars are named to a person."""

from __future__ import annotations

import msgspec

from daemon.sides.contract import Probe
from shared.models import CalendarInfo


def marked(calendar: CalendarInfo, chosen: str, probe: Probe) -> CalendarInfo:
    """The calendar, saying whether it is the one in use: the ``chosen`` path, else the person's own."""
    selected = calendar.path == chosen if chosen else calendar.kind == "own"
    return msgspec.structs.replace(
        calendar, selected=selected or bool(calendar.path and calendar.path in probe.identity)
    )


def shown_address(identity: str) -> str:
    """Where an account leads, as a person reads it: the identity without its kind and without the owner's technical name."""
    kind, _, place = identity.partition(":")
    if kind == "salesforce":
        return f"organization {place.partition('/')[0]}"
    return place.partition("|")[0]
