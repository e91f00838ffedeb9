"""From an Event row to a Record: times, text, locks and series of one row, and what makes a row no item.

Facts: reference/salesforce.md 1. Everything is UTC on the wire; an all-day event counts by its dates, and its end is
inclusive there and exclusive here. Text comes back trimmed, null for empty, with CRLF.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from daemon.sides.salesforce.fields import SHOW_AS, EventShape
from daemon.sides.salesforce.invitees import INVITEES
from daemon.sync.appointment import digest
from daemon.sync.trees import LeftOut, Record, SeriesPlace
from shared.models import Image, Person, Text
from shared.states import Group, LeftOutReason
from shared.texts import text

READ_AT = "_read_at"
"""Member of ``Record.raw`` with the server's moment of reading: a second's resolution needs it (updating.py)."""

_OF_THE_ORGANIZER = frozenset(Group) - {Group.REMINDER}
_DAY_MINUTES = 1440
_SERIES_PATTERN = "3"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Profile:
    """Who reads: the org and person of the sign-in, the person's zone, the org's address and its Event object."""

    org_id: str
    user_id: str
    name: str
    zone: str
    instance_url: str
    shape: EventShape

    @property
    def identity(self) -> str:
        return f"salesforce:{self.org_id}/{self.user_id}"

    def tz(self) -> tzinfo:
        """The person's zone; UTC where this machine does not know it."""
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError):
            return UTC


class UnreadableEvent(Exception):
    """The row's times make no sense; ``why`` is the sentence."""

    def __init__(self, why: Text) -> None:
        super().__init__(why.text)
        self.why = why


def record_of(row: Row, profile: Profile, server_time: datetime) -> Record | LeftOut:
    """One live row as a Record, or as LeftOut with the reason. ``server_time``: when it was read, by the server's clock."""
    key = str(row.get("Id") or "")
    if row.get("GroupEventType") == _SERIES_PATTERN or row.get("IsRecurrence"):
        return LeftOut(LeftOutReason.NOT_AN_EVENT, key, why=text("salesforce.series_pattern"))
    try:
        image = image_of(row, profile)
    except UnreadableEvent as error:
        title = "" if row.get("IsPrivate") else clean_text(row.get("Subject"))
        return LeftOut(LeftOutReason.UNREADABLE, key, title=title, why=error.why)
    locked, because = _locks(row, image, server_time)
    return Record(
        key=key,
        version=version_of(row),
        image=image,
        digest=digest(image),
        payload_digest=payload_digest(row),
        series=_series(row, image),
        entry_type="event",
        locked_groups=locked,
        locked_because=because,
        organised_by_other=bool(row.get("IsChild")),
        foreign_key=str(row.get(profile.shape.key_field) or "") if profile.shape.key_field else "",
        raw=raw_of(row, server_time),
    )


def image_of(row: Row, profile: Profile) -> Image:
    """The row in our own words; raises UnreadableEvent."""
    starts_at, ends_at, all_day = _times(row)
    key = str(row.get("Id") or "")
    image = Image(
        subject=clean_text(row.get("Subject")),
        location=clean_text(row.get("Location")),
        description=clean_text(row.get("Description")),
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=all_day,
        show_as=SHOW_AS.get(str(row.get("ShowAs") or "Busy"), "busy"),
        private=bool(row.get("IsPrivate")),
        id=key,
        version=version_of(row),
        url=f"{profile.instance_url}/{key}" if key else "",
    )
    people = tuple(Person(name=name, email=email, role="invitee") for name, email in row.get(INVITEES) or ())
    return msgspec.structs.replace(image, reminder_minutes=_reminder(row, image, profile), invitees=people)


def clean_text(value: object) -> str:
    """Text as it is compared: line feeds only, no blanks around it, never null (1.2)."""
    if not isinstance(value, str):
        return ""
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def version_of(row: Row) -> str:
    """Opaque to everyone else: what moves when the row changes, in either of Salesforce's two ways."""
    return f"{row.get('SystemModstamp') or ''}|{row.get('LastModifiedDate') or ''}"


def payload_digest(row: Row) -> bytes:
    return hashlib.blake2b(_canonical(row).encode(), digest_size=16).digest()


def content_digest(row: Row) -> bytes:
    """Over what a person or a program can change, without the stamps that a deletion moves by itself."""
    moving = {"IsDeleted", "SystemModstamp", "LastModifiedDate", "IsArchived"}
    return hashlib.blake2b(
        _canonical({k: v for k, v in row.items() if k not in moving}).encode(), digest_size=16
    ).digest()


def raw_of(row: Row, server_time: datetime) -> str:
    """The before-image: the row as delivered, WhoId and WhatId included, with the moment of reading."""
    return json.dumps({**_bare(row), READ_AT: server_time.isoformat()}, sort_keys=True, ensure_ascii=False)


def row_of_raw(raw: str) -> tuple[dict[str, Any], datetime | None]:
    """(row, moment of reading) of a before-image; an empty row for text that is none."""
    try:
        row = json.loads(raw) if raw else {}
    except ValueError:
        row = {}
    if not isinstance(row, dict):
        return {}, None
    return _bare(row), parse_moment(row.get(READ_AT))


def parse_moment(value: object) -> datetime | None:
    """``2026-07-08T17:00:00.000+0000`` and its other forms as a moment in UTC."""
    if not isinstance(value, str):
        return None
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def start_instant(image: Image, zone: tzinfo) -> datetime:
    """The instant a reminder counts from: the start, or midnight of the first day where the person lives."""
    if image.all_day:
        return datetime.combine(date.fromisoformat(image.starts_at), datetime.min.time(), zone).astimezone(UTC)
    return datetime.fromisoformat(image.starts_at).astimezone(UTC)


def is_future_series(row: Row, server_time: datetime) -> bool:
    """A coming occurrence of a Salesforce series: an edit through the API rewrites the whole series (1.5, since v58)."""
    if not (row.get("IsRecurrence2") or row.get("RecurrenceActivityId")):
        return False
    starts = parse_moment(row.get("StartDateTime"))
    if starts is not None and row.get("IsAllDayEvent"):
        # Midnight UTC stands for a whole day somewhere on earth.
        starts += timedelta(hours=36)
    return starts is None or starts >= server_time


def _times(row: Row) -> tuple[str, str, bool]:
    all_day = bool(row.get("IsAllDayEvent"))
    start = parse_moment(row.get("StartDateTime")) or parse_moment(row.get("ActivityDateTime"))
    end = parse_moment(row.get("EndDateTime"))
    duration = row.get("DurationInMinutes")
    minutes = duration if isinstance(duration, int) and duration >= 0 else None
    if all_day:
        return _days(row, start, end, minutes)
    if start is None or (end is None and minutes is None):
        raise UnreadableEvent(text("salesforce.no_times"))
    end = end or start + timedelta(minutes=minutes or 0)
    if end < start:
        raise UnreadableEvent(text("salesforce.odd_times"))
    return _minute(start), _minute(end), False


def _days(row: Row, start: datetime | None, end: datetime | None, minutes: int | None) -> tuple[str, str, bool]:
    """Dates of an all-day row: the date parts as they stand, never through a zone, the end turned exclusive."""
    first = start.date() if start else _date(row.get("ActivityDate"))
    if first is None:
        raise UnreadableEvent(text("salesforce.no_times"))
    last = end.date() if end else _date(row.get("EndDate"))
    if last is None:
        last = first + timedelta(days=max(1, -(-(minutes or _DAY_MINUTES) // _DAY_MINUTES)) - 1)
    if last < first:
        raise UnreadableEvent(text("salesforce.odd_times"))
    return first.isoformat(), (last + timedelta(days=1)).isoformat(), True


def _reminder(row: Row, image: Image, profile: Profile) -> int | None:
    rings = parse_moment(row.get("ReminderDateTime"))
    if not row.get("IsReminderSet") or rings is None:
        return None
    return round((start_instant(image, profile.tz()) - rings).total_seconds() / 60)


def _locks(row: Row, image: Image, server_time: datetime) -> tuple[frozenset[Group], Text | None]:
    if row.get("IsChild"):
        return _OF_THE_ORGANIZER, text("salesforce.locked_child")
    if is_future_series(row, server_time):
        return frozenset(Group), text("salesforce.locked_series")
    if row.get("IsClientManaged"):
        return frozenset(Group), text("salesforce.locked_client_managed")
    return frozenset(), None


def _series(row: Row, image: Image) -> SeriesPlace | None:
    """Classic occurrences name their head; Lightning ones share pattern, start and zone, which must do (1.5)."""
    head = row.get("RecurrenceActivityId")
    if isinstance(head, str) and head:
        return SeriesPlace(head, image.subject)
    if not row.get("IsRecurrence2"):
        return None
    shared = [row.get(f"Recurrence2Pattern{name}") for name in ("Text", "StartDate", "TimeZone")]
    name = hashlib.blake2b(json.dumps([row.get("OwnerId"), *shared]).encode(), digest_size=9).hexdigest()
    return SeriesPlace(f"series-{name}", image.subject)


def _bare(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("attributes", READ_AT, INVITEES)}


def _canonical(row: Row) -> str:
    return json.dumps(_bare(row), sort_keys=True, ensure_ascii=False)


def _minute(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%MZ")


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
