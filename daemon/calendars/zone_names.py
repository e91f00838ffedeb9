"""The names time zones go by: IANA (from the tzdata package), Windows (CLDR, by way of tzlocal) and Notes.

Notes shows most zones by their Windows name without "Standard Time" ("Eastern", "W. Europe", "Ekaterinburg"); only the
names that do not follow from the Windows table stand here (reference/notes.md 6, reference/sync.md 4.4).
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

# Names of Notes that are no name of today's Windows table minus "Standard Time"; looked up without those two words.
NOTES_ONLY: Final = {
    "gmt": "Europe/London",
    "western/central europe": "Europe/Berlin",
    "mexico": "America/Mexico_City",
    "mexico standard time 2": "America/Mazatlan",
    "armenian": "Asia/Yerevan",
    "azerbijan": "Asia/Baku",
    "kamchatka": "Asia/Kamchatka",
}
# A name that stands for no place: only the rule that Notes ships with it says what it means.
NOTES_RULES: Final = {"mid-atlantic": "Z=2$DO=1$DL=3 -1 1 9 -1 1$ZN=Mid-Atlantic"}
# The Windows table names some places by their former spelling.
RENAMED: Final = {
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Europe/Kiev": "Europe/Kyiv",
    "Pacific/Enderbury": "Pacific/Kanton",
}
_WINDOWS: Final = {name.casefold(): RENAMED.get(zone, zone) for name, zone in win_tz.items()}


def plain(name: str) -> str:
    """A zone name without quotes, outer blanks and double blanks."""
    return re.sub(r"\s+", " ", name.strip().strip("\"'").strip())


@lru_cache(maxsize=1)
def _iana_names() -> dict[str, str]:
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return {name.casefold(): name for name in listed.split()}


def every() -> list[str]:
    """All IANA names of the tzdata package."""
    return list(_iana_names().values())


@lru_cache(maxsize=1024)
def iana(name: str) -> str | None:
    """The IANA name in its own spelling when `name` is one (any case, or a global TZID ending in one), else None."""
    name = plain(name)
    known = _iana_names().get(name.casefold())
    if known is None and name.startswith("/"):
        # Globally unique TZIDs of older programs end in the IANA name: /mozilla.org/20050126_1/Europe/Berlin.
        parts = name.casefold().split("/")
        known = _iana_names().get("/".join(parts[-2:])) or _iana_names().get("/".join(parts[-3:]))
    return known


def windows(name: str) -> str | None:
    """The IANA zone of a Windows zone name (CLDR's world-wide choice), else None."""
    return _WINDOWS.get(plain(name).casefold())


def notes(name: str) -> str | None:
    """The IANA zone of a zone name as Notes shows it, with or without "Standard Time", else None."""
    key = _short(name)
    return NOTES_ONLY.get(key) or _WINDOWS.get(f"{key} standard time")


def notes_rule(name: str) -> str | None:
    """The native zone string that Notes ships with a name that no IANA zone answers to, else None."""
    return NOTES_RULES.get(_short(name))


def _short(name: str) -> str:
    return plain(name).casefold().removesuffix(" standard time")


@lru_cache(maxsize=512)
def load(name: str) -> ZoneInfo:
    """The rules of an IANA zone from the tzdata package, the same on every machine. Raises KeyError for an unknown name."""
    known = iana(name)
    if known is None:
        raise KeyError(name)
    with resources.files("tzdata").joinpath("zoneinfo", *known.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=known)
