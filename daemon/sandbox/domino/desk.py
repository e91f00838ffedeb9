"""What happens in a mail file without the HTTP service: imports, people at their Notes clients, agents.

Times of save are of one second. Because tests cannot wait, a change made here is stamped at least one second after
the save before it; writes over HTTP are not, two of them in one second bear the same stamp.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from daemon.sandbox.domino.content_lines import Component, Line, escape
from daemon.sandbox.domino.detail import find_occurrence, one_occurrence
from daemon.sandbox.domino.entries import Clock, Entry, MailFile, Unids
from daemon.sandbox.domino.expansion import Occurrence, exception_id, masters_of, repeats
from daemon.sandbox.domino.importing import LoadReport, load
from daemon.sandbox.domino.normalising import update_count
from daemon.sandbox.domino.occurrence_writing import dates_of, remove_dates, replace_date
from daemon.sandbox.domino.series_dates import set_dates
from daemon.sandbox.domino.values import compact, length_of, start_of, utc_stamp


class Desk:
    """Changes entries the way a Notes client or an agent on the server does."""

    def __init__(self, mail_files: Mapping[str, MailFile], unids: Unids, clock: Clock, zone: str) -> None:
        self._mail_files = mail_files
        self._unids = unids
        self._clock = clock
        self._zone = zone

    def load(self, mail_file: str, text: str) -> LoadReport:
        """Import an exported calendar."""
        return load(self._mail_files[mail_file], text, self._unids, self._clock(), self._zone)

    def store(self, mail_file: str, text: str) -> LoadReport:
        """Put a text in place of what its UIDs said, saved now."""
        before = {uid: entry.modified for uid, entry in self._mail_files[mail_file].entries.items()}
        report = self.load(mail_file, text)
        for uid in report.uids:
            entry = self._find(uid)[1]
            entry.modified = before.get(uid, entry.modified)
            self._save(uid)
        return report

    def invite(self, mail_file: str, text: str) -> LoadReport:
        """Deliver an invitation that waits for an answer."""
        report = self.load(mail_file, text)
        for uid in report.uids:
            self._find(uid)[1].notice = "I"
        return report

    def hide(self, uid: str, why: str) -> None:
        """Make the view pass an entry by: declined, delegated, draft, cancelled."""
        self._find(uid)[1].hidden = why
        self._save(uid)

    def touch(self, uid: str) -> None:
        """Save without a visible change, as agents do."""
        self._save(uid)

    def edit(self, uid: str, changes: Mapping[str, str | None]) -> None:
        """Set TEXT or word properties of an entry (None takes one away)."""
        entry = self._find(uid)[1]
        for event in masters_of(entry.events) or entry.events:
            _apply(event, changes)
        self._save(uid)

    def move(self, uid: str, by: timedelta) -> None:
        """Reschedule an entry. A series becomes a list of periods at the new times; the ids stay the old times."""
        entry = self._find(uid)[1]
        for event in masters_of(entry.events):
            if repeats(event):
                _move_series(entry, event, by)
            else:
                _move_event(event, by)
            if event.first("ATTENDEE"):
                event.put(Line("SEQUENCE", str(int(event.value("SEQUENCE") or "0") + 1)))
        self._save(uid)

    def move_occurrence(self, uid: str, recurrence_id: str, by: timedelta) -> None:
        """Reschedule one date of a series."""
        self._change_occurrence(uid, recurrence_id, {}, by)

    def edit_occurrence(self, uid: str, recurrence_id: str, changes: Mapping[str, str | None]) -> None:
        """Change properties of one date of a series."""
        self._change_occurrence(uid, recurrence_id, changes, timedelta())

    def _change_occurrence(
        self, uid: str, recurrence_id: str, changes: Mapping[str, str | None], by: timedelta
    ) -> None:
        """Make an exception of one date."""
        entry = self._find(uid)[1]
        event = one_occurrence(entry, find_occurrence(entry, recurrence_id, "Error updating event")).copy()
        _move_event(event, by)
        _apply(event, changes)
        event.put(Line("LAST-MODIFIED", utc_stamp(self._clock())))
        replace_date(entry, recurrence_id, event)
        self._save(uid)

    def remove(self, uid: str, recurrence_id: str | None = None) -> None:
        """Delete an entry, or one date of a series."""
        mail_file, entry = self._find(uid)
        if recurrence_id is not None:
            remove_dates(entry, recurrence_id, "this", self._clock())
        if recurrence_id is None or not entry.events:
            mail_file.remove(uid)
        else:
            self._save(uid)

    def _find(self, uid: str) -> tuple[MailFile, Entry]:
        """Return an entry with its mail file; KeyError where nobody has it."""
        for mail_file in self._mail_files.values():
            if (entry := mail_file.find(uid)) is not None:
                return mail_file, entry
        raise KeyError(uid)

    def _save(self, uid: str) -> None:
        """Stamp an entry as saved and keep it."""
        mail_file, entry = self._find(uid)
        stamp: datetime = max(self._clock(), entry.modified + timedelta(seconds=1))
        entry.modified = stamp
        for event in masters_of(entry.events) or entry.events:
            event.put(Line("LAST-MODIFIED", utc_stamp(stamp)))
            event.put(Line("X-LOTUS-UPDATE-SEQ", str(update_count(event) + 1)))
        mail_file.save(entry)


def _apply(event: Component, changes: Mapping[str, str | None]) -> None:
    """Set or take away properties."""
    for name, value in changes.items():
        if value is None:
            event.drop(name)
        else:
            event.put(Line(name, escape(value)))


def _move_event(event: Component, by: timedelta) -> None:
    """Move DTSTART and DTEND in their local time."""
    for name in ("DTSTART", "DTEND"):
        line = event.first(name)
        moment = start_of(Component("VEVENT", [replace(line, name="DTSTART")])) if line is not None else None
        if moment is not None and by:
            event.put(moment.shifted(by).line(name))


def _move_series(entry: Entry, master: Component, by: timedelta) -> None:
    """Move every date of a series."""
    zones = entry.zones()
    rows: list[Occurrence] = []
    moved: dict[str, str] = {}
    for row in dates_of(entry, master):
        if row.start is None or row.start_utc is None or row.id is None:
            continue
        start = row.start.shifted(by)
        utc = start.utc(zones)
        length = length_of(master, row.start, zones) if row.end_utc is None else row.end_utc - row.start_utc
        rows.append(replace(row, start=start, start_utc=utc, end_utc=None if length is None else utc + length))
        if compact(utc, start.kind) != row.id:
            moved[compact(utc, start.kind)] = row.id
    if rows:
        set_dates(master, rows)
        entry.moved = moved
    for exception in entry.exceptions:
        if exception_id(exception, zones):
            _move_event(exception, by)
            exception.drop("RDATE")
