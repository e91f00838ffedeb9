"""Puts an exported calendar into a mail file, as File > Import of the Notes client does, and says what became of it.

Every VEVENT is stored under its UID with its text verbatim: also one without a start, one whose start cannot be
understood, and several of the same UID. What the import adds: a UID where there is none, STATUS:CANCELLED for a
METHOD:CANCEL message. LAST-MODIFIED stays where the file has one; else DTSTAMP, else the time of the import is shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from daemon.sandbox.domino.content_lines import Component, Line, escape, read_text, unescape
from daemon.sandbox.domino.entries import Entry, MailFile, Unids
from daemon.sandbox.domino.expansion import END_OF_TIME
from daemon.sandbox.domino.values import read_stamp
from daemon.sandbox.domino.zones import zone_name

_STRUCTURE = {"VCALENDAR", "VTIMEZONE", "VEVENT", "STANDARD", "DAYLIGHT", "VALARM"}
#: How far after today an endless rule is followed to name the last day of a calendar.
_AHEAD = timedelta(days=365)


class NotACalendar(ValueError):
    """The text holds no iCalendar at all; the text of the error is one sentence."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A component that is no calendar entry: its name, its UID (or an empty text), a code and a sentence."""

    component: str
    uid: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What an import did. `stored` counts VEVENTs; `first` and `last` are UTC days of their occurrences.

    `remarks` counts what was noticed about stored entries: uid_made, start_not_understood, and flaws of the text.
    """

    stored: int
    uids: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    remarks: dict[str, int]
    first: date | None
    last: date | None

    @property
    def reasons(self) -> dict[str, int]:
        """Return how many components were left out, by code."""
        return dict(Counter(one.code for one in self.left_out))


def decode(data: bytes) -> str:
    """Decode a file: UTF-8 (also where a fold splits a character), else Windows-1252."""
    for attempt in (data, re.sub(rb"\r?\n[ \t]", b"", data)):
        try:
            return attempt.decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
    return data.decode("cp1252", "replace")


def load(mail_file: MailFile, text: str, unids: Unids, now: datetime, zone: str) -> LoadReport:
    """Store the entries of a text; NotACalendar where it has no component of iCalendar."""
    read = read_text(text)
    calendars = [component for component in read.components if component.name == "VCALENDAR"]
    if not calendars:
        raise NotACalendar("The file is not an iCalendar file: it has no BEGIN:VCALENDAR.")
    remarks: Counter[str] = Counter({"damaged_lines": len(read.flaws)} if read.flaws else {})
    left_out: list[LeftOut] = []
    gathered: dict[str, Entry] = {}
    stored = 0
    for calendar in calendars:
        definitions = [child for child in calendar.children if child.name == "VTIMEZONE"]
        cancels = (calendar.value("METHOD") or "").upper() == "CANCEL"
        for child in _entries(calendar):
            if child.name != "VEVENT":
                left_out.append(_left_out(child))
                continue
            uid = _uid_of(child, unids, remarks)
            if cancels and child.first("STATUS") is None:
                child.lines.append(Line("STATUS", "CANCELLED"))
            _gather(gathered, mail_file, uid, child, definitions, unids, now, zone)
            stored += 1
    for uid, entry in list(gathered.items()):
        if not entry.occurrences(END_OF_TIME if entry.is_finite else now + _AHEAD):
            # Notes keeps dates, and here every one of them is excepted.
            del gathered[uid]
            stored -= len(entry.events)
            reason = "All dates of the series are excepted, so it does not stand in the calendar."
            left_out += [LeftOut("VEVENT", uid, "no_occurrence", reason)] * len(entry.events)
            continue
        entry.modified = _saved(entry, now)
        mail_file.save(entry)
    first, last = _span(list(gathered.values()), now, remarks)
    return LoadReport(stored, tuple(gathered), tuple(left_out), dict(remarks), first, last)


def _entries(calendar: Component) -> Iterator[Component]:
    """Yield the components of a calendar that stand for something, also where they are nested in one another."""
    for child in calendar.children:
        if child.name == "VTIMEZONE":
            continue
        nested = [inner for inner in child.children if inner.name not in _STRUCTURE - {"VEVENT", "VCALENDAR"}]
        child.children = [inner for inner in child.children if inner not in nested]
        if child.name != "VCALENDAR":
            yield child
        yield from _entries(Component("VCALENDAR", [], nested))


def _left_out(component: Component) -> LeftOut:
    """Say why a component is not stored."""
    uid = unescape(component.value("UID") or "")
    reason = f"A {component.name} is not a calendar entry; Notes keeps it elsewhere."
    return LeftOut(component.name, uid, "not_an_event", reason)


def _uid_of(event: Component, unids: Unids, remarks: Counter[str]) -> str:
    """Return the UID of a VEVENT, made and written into it where there is none."""
    uid = unescape(event.value("UID") or "")
    if uid:
        return uid
    remarks["uid_made"] += 1
    uid = f"{unids.make(event.value('SUMMARY') or '')}-Lotus_Notes_Generated"
    event.put(Line("UID", escape(uid)))
    return uid


def _gather(
    gathered: dict[str, Entry],
    mail_file: MailFile,
    uid: str,
    event: Component,
    definitions: list[Component],
    unids: Unids,
    now: datetime,
    zone: str,
) -> None:
    """Put a VEVENT to the others of its UID, with the zones its lines name. An import replaces what was there."""
    entry = gathered.get(uid)
    if entry is None:
        old = mail_file.find(uid)
        entry = Entry(uid, old.unid if old else unids.make(uid), [], [], now, zone)
        gathered[uid] = entry
    entry.events.append(event)
    known = {zone_name(definition) for definition in entry.definitions}
    named = {(line.param("TZID") or "").strip('"') for line in event.lines}
    entry.definitions += [d for d in definitions if zone_name(d) in named - known]


def _saved(entry: Entry, now: datetime) -> datetime:
    """Return when the entry was last saved, as far as its text says."""
    for name in ("LAST-MODIFIED", "DTSTAMP"):
        stamps = [stamp for event in entry.events if (stamp := read_stamp(event.value(name)))]
        if stamps:
            return max(stamps)
    return now


def _span(entries: list[Entry], now: datetime, remarks: Counter[str]) -> tuple[date | None, date | None]:
    """Return the first and the last day on which something starts or ends; endless rules count for a year ahead."""
    days: list[date] = []
    for entry in entries:
        rows = entry.occurrences(END_OF_TIME if entry.is_finite else now + _AHEAD)
        remarks.update(["start_not_understood"] * sum(row.start_utc is None for row in rows))
        days += [moment.date() for row in rows for moment in (row.start_utc, row.end_utc) if moment is not None]
    return min(days, default=None), max(days, default=None)
