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

    def rows(self, mail_file: MailFile, since: datetime, before: datetime, sees_private: bool) -> list[Row]:
        """Return the rows that start in the window, those without a start first."""
        key = (mail_file.version, since, before, sees_private)
        kept = self._kept.get(mail_file.path)
        if kept is None or kept[0] != key:
            kept = (key, list(_rows(mail_file, since, before, sees_private)))
            self._kept[mail_file.path] = kept
        return kept[1]

    def disturbed(self, start: int, how: str) -> int:
        """Return where a later page begins when the calendar changes between two pages."""
        if how == "none" or start == 0 or self._disturb <= 0:
            return start
        self._disturb -= 1
        return start + 1 if how == "skip" else start - 1


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
