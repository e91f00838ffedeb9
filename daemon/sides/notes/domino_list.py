"""Lists a mail file's calendar page by page, and says which entries must be read in full.

The list selects by START, in UTC (notes.md 1.8), so it is asked from well before the window and what ended before it is left
aside. ``Content-Range: items a-b`` counts view entries, which may be more than the events delivered: it gives the place of the
next page, and the end only when fewer view entries were processed than asked for; without it, an empty page ends the list.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote

from daemon.sides.contract import ProgressSink, SideUnavailable
from daemon.sides.notes.domino_address import CALENDAR_SERVICE, events_path
from daemon.sides.notes.domino_answers import Answer
from daemon.sides.notes.domino_http import DominoSession
from daemon.sides.notes.images import image_time
from daemon.sync.appointment import notes_key
from shared.texts import text

PAGE = 100
MAX_PAGES = 2000
INVITATION = "I"
_READ_RANGE = re.compile(r"([0-9A-Fa-f]{32})_\d+-Lotus_ReadRange_Generated")
_RANGE = re.compile(r"items\s+(\d+)-(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Element:
    """One element of the list. ``handle`` is the id to read it by, ``entry`` what elements of one entry share.

    ``handle`` is thrown away once the detail is read. Times are in the form of an image; empty where they cannot be read.
    """

    handle: str
    entry: str
    recurrence_id: str
    starts_at: str
    ends_at: str
    all_day: bool
    title: str
    private: bool
    notice: str
    digest: bytes

    @property
    def key(self) -> str:
        """The key of its record, as far as the list tells it: empty where the handle is a throw-away one."""
        return notes_key(self.handle, self.recurrence_id) if self.handle == self.entry else ""

    @property
    def place(self) -> str:
        """What it is called among what is left out; the same in the next list, also where the handle is not."""
        return notes_key(self.entry, self.recurrence_id)

    def ends_before(self, moment: str, day: str) -> bool:
        """Whether it is certainly over at the moment (or day, for all-day ones)."""
        edge = day if self.all_day else moment
        return bool(self.starts_at) and self.starts_at < edge and bool(self.ends_at) and self.ends_at <= edge


@dataclass(frozen=True, slots=True)
class Listing:
    elements: tuple[Element, ...]
    nameless: int
    server_time: datetime | None


async def list_entries(
    session: DominoSession, mail_file: str, since: datetime, before: datetime, progress: ProgressSink
) -> Listing:
    """Every element between two moments (aware UTC). Raises SideUnavailable when the list cannot be had whole."""
    found: dict[tuple[str, str], Element] = {}
    nameless, place, server_time = 0, 0, None
    for _page in range(MAX_PAGES):
        query = {"since": _stamp(since), "before": _stamp(before), "start": str(place), "count": str(PAGE)}
        document, answer = await session.get_json(events_path(mail_file), query)
        server_time = server_time or _date_of(answer)
        # Any other document is somebody else's, and never an empty calendar.
        events = document.get("events", [] if answer.nothing else None)
        if not isinstance(events, list):
            raise SideUnavailable(text("notes.not_json", host=session.host))
        for given in events:
            element = _element(given) if isinstance(given, dict) else None
            if element is None:
                nameless += 1
            else:
                found[element.handle, element.recurrence_id] = element
        progress("listing", len(found), None)
        processed = _processed(answer, len(events))
        place += processed
        if not events and not processed:
            break
        if processed < PAGE and "content-range" in answer.headers:
            break
    else:
        raise SideUnavailable(text("notes.list_incomplete", host=session.host))
    return Listing(tuple(found.values()), nameless, server_time)


def _processed(answer: Answer, delivered: int) -> int:
    """How many view entries a page took: by Content-Range, or the events delivered."""
    given = _RANGE.search(answer.headers.get("content-range", ""))
    return max(int(given[2]) - int(given[1]) + 1, delivered) if given else delivered


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _date_of(answer: Answer) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None


def _element(given: dict[str, Any]) -> Element | None:
    """None for an element without an id: it cannot be asked for."""
    # A UID may hold slashes, so the path is taken apart before it is decoded.
    path = str(given.get("href", "")).partition("?")[0].partition(f"{CALENDAR_SERVICE}/events/")[2]
    in_path = [unquote(part) for part in path.split("/")]
    handle = str(given.get("id") or in_path[0]).strip()
    if not handle:
        return None
    recurrence_id = in_path[1].strip() if len(in_path) > 1 else _written_id(given.get("recurrenceId"))
    read_range = _READ_RANGE.fullmatch(handle)
    same = {name: value for name, value in given.items() if not (read_range and name in ("id", "href"))}
    start, all_day = _moment(given.get("start"))
    end, _ = _moment(given.get("end"))
    private = str(given.get("class", "")).casefold() in ("private", "confidential")
    return Element(
        handle=handle,
        entry=read_range[1].upper() if read_range else handle,
        recurrence_id=recurrence_id,
        starts_at=start,
        ends_at=end,
        all_day=all_day,
        title="" if private else str(given.get("summary") or ""),
        private=private,
        notice=_mark(given, "x-lotus-noticetype"),
        digest=hashlib.blake2b(json.dumps(same, sort_keys=True).encode(), digest_size=12).digest(),
    )


def _mark(given: dict[str, Any], name: str) -> str:
    """An X- property: ``{"data": value}``, or the bare value."""
    value = given.get(name, "")
    return str(value.get("data", "") if isinstance(value, dict) else value).strip().upper()


def _moment(given: Any) -> tuple[str, bool]:
    """(image time, all-day) of ``{"date", "time", "utc"}``; the list is always UTC. ("", False) where it cannot be read."""
    try:
        day = str(given["date"])
        if "time" not in given:
            return image_time(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).date()), True
        moment = datetime.strptime(f"{day}T{given['time']}", "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except (KeyError, TypeError, ValueError):
        return "", False
    return image_time(moment), False


def _written_id(given: Any) -> str:
    """A recurrenceId object as the id it stands for; empty when absent."""
    moment, all_day = _moment(given)
    digits = re.sub(r"[-:]", "", moment.removesuffix("Z"))
    return digits if all_day or not digits else f"{digits}00Z"


def by_entry(elements: Iterable[Element]) -> dict[str, list[Element]]:
    """Elements of one entry together, in the order of the list."""
    groups: dict[str, list[Element]] = {}
    for element in elements:
        groups.setdefault(element.entry, []).append(element)
    return groups


def lead(longest_days: int) -> timedelta:
    """How much earlier than the window the list is asked: a month, or the longest entry known, at most two years."""
    return timedelta(days=min(max(31, longest_days + 1), 731))
