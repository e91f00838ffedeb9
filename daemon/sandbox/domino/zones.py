"""Resolves the time zones of an entry and writes VTIMEZONEs the way Notes does.

A zone named by TZID is looked for in the entry's VTIMEZONEs first (dateutil's `tzical`), then among the IANA names,
then in a short table of names that Notes and Windows use without a definition. Nothing else is guessed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil import tz
from dateutil.rrule import rrulestr

from daemon.sandbox.domino.content_lines import Component, Line

#: Names seen without a VTIMEZONE (notes.md 6) -> IANA.
_KNOWN_NAMES = {
    "Eastern": "America/New_York",
    "Central": "America/Chicago",
    "Mountain": "America/Denver",
    "Pacific": "America/Los_Angeles",
    "Central European": "Europe/Berlin",
    "Western/Central Europe": "Europe/Berlin",
    "E. Africa": "Africa/Nairobi",
    "Ekaterinburg": "Asia/Yekaterinburg",
    "Arabian": "Asia/Dubai",
    "UTC": "UTC",
    "GMT Standard Time": "Europe/London",
    "Greenwich Standard Time": "Atlantic/Reykjavik",
    "W. Europe Standard Time": "Europe/Berlin",
    "Central Europe Standard Time": "Europe/Budapest",
    "Central European Standard Time": "Europe/Warsaw",
    "Romance Standard Time": "Europe/Paris",
    "E. Europe Standard Time": "Europe/Chisinau",
    "FLE Standard Time": "Europe/Kyiv",
    "GTB Standard Time": "Europe/Bucharest",
    "Russian Standard Time": "Europe/Moscow",
    "Eastern Standard Time": "America/New_York",
    "US Eastern Standard Time": "America/Indianapolis",
    "Central Standard Time": "America/Chicago",
    "Mountain Standard Time": "America/Denver",
    "US Mountain Standard Time": "America/Phoenix",
    "Pacific Standard Time": "America/Los_Angeles",
    "Atlantic Standard Time": "America/Halifax",
    "Alaskan Standard Time": "America/Anchorage",
    "Hawaiian Standard Time": "Pacific/Honolulu",
    "E. South America Standard Time": "America/Sao_Paulo",
    "India Standard Time": "Asia/Kolkata",
    "China Standard Time": "Asia/Shanghai",
    "Singapore Standard Time": "Asia/Singapore",
    "Tokyo Standard Time": "Asia/Tokyo",
    "AUS Eastern Standard Time": "Australia/Sydney",
    "New Zealand Standard Time": "Pacific/Auckland",
    "Arabian Standard Time": "Asia/Dubai",
    "Israel Standard Time": "Asia/Jerusalem",
    "South Africa Standard Time": "Africa/Johannesburg",
}
_KEPT_IN_OBSERVANCE = ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME", "RRULE", "RDATE")
_SOLSTICES = (datetime(2026, 1, 1), datetime(2026, 7, 1))  # noqa: DTZ001 - local by definition
_MONTH_DAYS = re.compile(r"BYMONTH=\d+")


class EntryZones:
    """The zones of one text: its VTIMEZONEs and, for floating times, the server's own zone."""

    def __init__(self, definitions: Iterable[Component], server_zone: str) -> None:
        self._texts = {zone_name(d): _readable(d) for d in definitions if zone_name(d)}
        self.server_zone: tzinfo = ZoneInfo(server_zone)

    def defined(self, tzid: str) -> bool:
        """Tell whether the text itself defines the zone."""
        return tzid.strip('"') in self._texts

    def find(self, tzid: str) -> tzinfo | None:
        """Return the zone of that name, or None where nothing defines it."""
        name = tzid.strip().strip('"')
        if name in self._texts:
            return _from_vtimezone(self._texts[name])
        return _by_name(name)


def zone_name(definition: Component) -> str:
    """Return the TZID of a VTIMEZONE, without quotes."""
    return (definition.value("TZID") or "").strip('"')


@lru_cache(maxsize=256)
def _by_name(name: str) -> tzinfo | None:
    """Return a zone by IANA name (also behind a registry prefix) or by a name Notes uses."""
    for candidate in (_KNOWN_NAMES.get(name, name), "/".join(name.split("/")[-2:])):
        try:
            return ZoneInfo(candidate)
        except (KeyError, ValueError, OSError):
            continue
    return None


@lru_cache(maxsize=512)
def _from_vtimezone(text: str) -> tzinfo | None:
    """Build a zone from the text of one VTIMEZONE; None where it cannot be understood."""
    try:
        zone: tzinfo | None = tz.tzical(io.StringIO(text)).get()
        for day in _SOLSTICES:
            # A rule without any date or an offset of days shows only when it is asked.
            day.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
        return None
    return zone


def _readable(definition: Component) -> str:
    """Return the VTIMEZONE with only what `tzical` takes: no parameters, UNTIL in local time, seconds cut."""
    lines = ["BEGIN:VTIMEZONE", "TZID:zone"]
    for observance in definition.children:
        if observance.name not in {"STANDARD", "DAYLIGHT"}:
            continue
        lines.append(f"BEGIN:{observance.name}")
        back = _offset(observance.value("TZOFFSETFROM"))
        for line in observance.lines:
            if line.name in _KEPT_IN_OBSERVANCE:
                lines.append(f"{line.name}:{_local_value(line, back)}")
        lines.append(f"END:{observance.name}")
    return "\n".join([*lines, "END:VTIMEZONE", ""])


def _local_value(line: Line, offset: timedelta) -> str:
    """Return the value as local time and without what tzical refuses."""
    value = line.value.strip()
    match line.name:
        case "TZOFFSETFROM" | "TZOFFSETTO":
            return value[:7] if re.fullmatch(r"[+-]\d{6}", value) else value[:5]
        case "DTSTART":
            return value.rstrip("Z")
        case "RRULE":
            found = re.search(r"UNTIL=(\d{8}T\d{6})Z", value)
            if found:
                local = datetime.strptime(found[1], "%Y%m%dT%H%M%S") + offset  # noqa: DTZ007 - local by definition
                value = value.replace(found[0], f"UNTIL={local:%Y%m%dT%H%M%S}")
            return value
        case _:
            return value


def _offset(text: str | None) -> timedelta:
    """Return a UTC offset such as -0500; zero where it cannot be read."""
    found = re.match(r"([+-])(\d\d)(\d\d)", text or "")
    if found is None:
        return timedelta()
    size = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return -size if found[1] == "-" else size


def to_utc(local: datetime, zone: tzinfo) -> datetime:
    """Return a naive local time of a zone in UTC (a time in the spring gap moves on, the autumn hour is the first)."""
    return local.replace(tzinfo=zone).astimezone(UTC)


def as_notes_writes(definition: Component) -> Component:
    """Return the VTIMEZONE in the form of Notes: one rule each from 1950 with BYMINUTE and BYHOUR, no history.

    Notes keeps one pair of rules per zone (`Z=..$DO=..$DL=..`), so a definition with a history loses it. A definition
    whose present rules cannot be read off is kept as it came.
    """
    now = {kind: _present(definition, kind) for kind in ("STANDARD", "DAYLIGHT")}
    standard, daylight = now["STANDARD"], now["DAYLIGHT"]
    if standard is None:
        return definition
    made = Component("VTIMEZONE", [Line("TZID", zone_name(definition))])
    if daylight is None or "RRULE" not in {line.name for line in daylight.lines}:
        offset = standard.value("TZOFFSETTO") or "+0000"
        made.children.append(_observance("STANDARD", "19500101T000000", offset, offset, None))
        return made
    for kind, source in (("STANDARD", standard), ("DAYLIGHT", daylight)):
        rule = _notes_rule(source)
        if rule is None:
            return definition
        start, text = rule
        back, on = source.value("TZOFFSETFROM") or "+0000", source.value("TZOFFSETTO") or "+0000"
        made.children.append(_observance(kind, start, back, on, text))
    return made


def _observance(kind: str, start: str, back: str, on: str, rule: str | None) -> Component:
    """Build one observance."""
    lines = [Line("DTSTART", start), Line("TZOFFSETFROM", back), Line("TZOFFSETTO", on)]
    if rule is not None:
        lines.append(Line("RRULE", rule))
    return Component(kind, lines)


def _present(definition: Component, kind: str) -> Component | None:
    """Return the observance of that kind that is in force without end, else the latest one that ends nowhere."""
    of_kind = [c for c in definition.children if c.name == kind and c.value("DTSTART")]
    lasting = [c for c in of_kind if not re.search("UNTIL|COUNT", c.value("RRULE") or "")]
    with_rule = [c for c in lasting if c.value("RRULE")]
    return max(with_rule or lasting, key=lambda c: c.value("DTSTART") or "", default=None)


def _notes_rule(observance: Component) -> tuple[str, str] | None:
    """Return (first change of 1950, rule) of a yearly observance; None where it is not `nth weekday of a month`."""
    rule = dict(part.split("=", 1) for part in (observance.value("RRULE") or "").upper().split(";") if "=" in part)
    start = observance.value("DTSTART") or ""
    if rule.get("FREQ") != "YEARLY" or not {"BYMONTH", "BYDAY"} <= set(rule) or len(start) < 15:
        return None
    if not re.fullmatch(r"[+-]?\d[A-Z]{2}", rule["BYDAY"]) or not _MONTH_DAYS.fullmatch(f"BYMONTH={rule['BYMONTH']}"):
        return None
    try:
        hour, minute = int(start[9:11]), int(start[11:13])
        text = f"FREQ=YEARLY;BYMINUTE={minute};BYHOUR={hour};BYDAY={rule['BYDAY']};BYMONTH={rule['BYMONTH']}"
        first = rrulestr(f"{text};COUNT=1", dtstart=datetime(1950, 1, 1))[0]  # noqa: DTZ001 - local by definition
    except (ValueError, IndexError):
        return None
    return f"{first:%Y%m%dT%H%M%S}", text
