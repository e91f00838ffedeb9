"""Zones named by their offset and places, as Windows shows them: `(UTC+01:00) Amsterdam, Berlin, Bern, Rome`.

Outlook and Notes show such labels to people, and some programs write them as TZID. The places are found among the last parts of
the IANA names; a place whose zone never had the label's offset is another one of that name (La Paz, San Juan) and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from daemon.calendars import zone_names

_LABEL: Final = re.compile(r"\((?:UTC|GMT)(?:([+-])(\d{1,2}):(\d{2}))?\) *(.+)", re.IGNORECASE)
_REGION: Final = re.compile(r"(.+) Time \((?:US & Canada|US and Canada|Canada)\)", re.IGNORECASE)
# The labels in use were made in these years: a place that left their offset since is still the place meant.
_MONTHS: Final = tuple(datetime(year, month, 15) for year in range(2006, 2027) for month in range(1, 13))  # noqa: DTZ001


@lru_cache(maxsize=512)
def places(name: str) -> tuple[str, ...]:
    """The IANA zones of the places in a label, those with the label's offset; empty when it is no label or names none."""
    label = _LABEL.fullmatch(zone_names.plain(name))
    if label is None:
        return ()
    size = timedelta(hours=int(label[2] or 0), minutes=int(label[3] or 0))
    region = _REGION.fullmatch(label[4])
    as_name = zone_names.notes(region[1] if region else label[4])
    found = [as_name] if as_name else [zone for place in label[4].split(",") for zone in _cities().get(_key(place), ())]
    return with_offset(found, -size if label[1] == "-" else size)


def with_offset(zones: Iterable[str | None], offset: timedelta) -> tuple[str, ...]:
    """Those of the IANA zones that had this offset from UTC in some month of those years."""
    known = dict.fromkeys(zone for zone in zones if zone)
    return tuple(zone for zone in known if any(zone_names.load(zone).utcoffset(month) == offset for month in _MONTHS))


@lru_cache(maxsize=1)
def _cities() -> dict[str, tuple[str, ...]]:
    """Place -> IANA zones, from every name with a region before it."""
    found: dict[str, tuple[str, ...]] = {}
    for zone in zone_names.every():
        region, _, place = zone.rpartition("/")
        if region and region != "Etc":
            found[_key(place)] = (*found.get(_key(place), ()), zone)
    return found


def _key(place: str) -> str:
    return place.strip().replace("_", " ").casefold()
