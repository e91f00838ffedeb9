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

# Names Notes uses that are no Windows name minus "Standard Time".
NOTES_ONLY: Final = {
    "gmt": "Europe/London",
    "western/central europe": "Europe/Berlin",
    "mexico": "America/Mexico_City",
    "mexico standard time 2": "America/Mazatlan",
    "azerbijan": "Asia/Baku",
    "armenian": "Asia/Yerevan",
    "mid-atlantic": "Etc/GMT+2",
    "kamchatka": "Asia/Kamchatka",
}
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
    """The IANA zone of a zone name as Notes shows it, else None."""
    key = plain(name).casefold()
    return NOTES_ONLY.get(key) or _WINDOWS.get(f"{key} standard time")


@lru_cache(maxsize=512)
def load(name: str) -> ZoneInfo:
    """The rules of an IANA zone from the tzdata package, the same on every machine. Raises KeyError for an unknown name."""
    known = iana(name)
    if known is None:
        raise KeyError(name)
    with resources.files("tzdata").joinpath("zoneinfo", *known.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=known)
