"""The calendar view of a mail file: its rows in a window, in order of start, kept until the file changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from daemon.sandbox.domino.entries import Entry, MailFile
from daemon.sandbox.domino.expansion import Occurrence

_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the view."""

    entry: Entry
    occurrence: Occurrence


class Views:
    """Keeps the sorted rows of a window until the mail file changes, and disturbs paging where that was asked for."""

    def __init__(self, disturb_times: int) -> None:
        self._kept: dict[str, tuple[tuple[Any, ...], list[Row]]] = {}
        self._disturb = disturb_times
        self._shift = 0

    def rows(self, mail_file: MailFile, since: datetime, before: datetime, sees_private: bool) -> list[Row]:
        """Return the rows that start in the window, those without a start first."""
        key = (mail_file.version, since, before, sees_private)
        kept = self._kept.get(mail_file.path)
        if kept is None or kept[0] != key:
            kept = (key, list(_rows(mail_file, since, before, sees_private)))
            self._kept[mail_file.path] = kept
        return kept[1]

    def disturbed(self, start: int, how: str) -> int:
        """Return where a page begins when the calendar changed after the first one; a new first page begins afresh."""
        if start == 0:
            self._shift = 0
        elif how != "none" and self._disturb > 0 and self._shift == 0:
            self._disturb -= 1
            self._shift = 1 if how == "skip" else -1
        return max(0, start + self._shift)


def _rows(mail_file: MailFile, since: datetime, before: datetime, sees_private: bool) -> list[Row]:
    """Work out the rows of a window, in order of start."""
    rows = [
        Row(entry, row)
        for entry in mail_file.entries.values()
        if sees_private or not entry.private
        for row in entry.occurrences(before)
        if row.start_utc is None or since <= row.start_utc < before
    ]
    rows.sort(key=lambda row: (row.occurrence.start_utc or _EARLIEST, row.entry.uid, row.occurrence.id or ""))
    return rows
