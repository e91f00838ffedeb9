"""Turns the API's moments and image times into what a person reads: local time, inclusive all-day ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def moment(text: str, zone: tzinfo | None = None) -> datetime | None:
    """A moment of the API (``...Z``) in ``zone`` (None: this machine's); None for what is not one."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return at.astimezone(zone)


def day_words(day: date) -> str:
    """``Mon 23 Nov 2026``, in English whatever the machine's language, as all our texts are."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_words(text: str | None, zone: tzinfo | None = None, missing: str = "never") -> str:
    """``Mon 23 Nov 2026 14:05``, or ``missing``."""
    at = moment(text, zone) if text else None
    if at is None:
        return text or missing
    return f"{day_words(at)} {at:%H:%M}"


def span_words(starts_at: str, ends_at: str, *, zone: tzinfo | None = None) -> str:
    """When an item is: its start and end as the API gives them (an all-day end is exclusive), for a person.

    A day's length tells all-day from timed: ``YYYY-MM-DD`` has ten characters.
    """
    if len(starts_at) == 10:
        return _all_day(starts_at, ends_at)
    start, end = moment(starts_at, zone), moment(ends_at, zone)
    if start is None:
        return starts_at
    words = f"{day_words(start)} {start:%H:%M}"
    # Within one zone Python compares clock faces, and in autumn two different moments share one.
    if end is None or end.astimezone(UTC) == start.astimezone(UTC):
        return words
    if end.date() == start.date():
        return f"{words}–{end:%H:%M}"
    return f"{words} – {day_words(end)} {end:%H:%M}"


def _all_day(starts_at: str, ends_at: str) -> str:
    try:
        first = date.fromisoformat(starts_at)
    except ValueError:
        return starts_at
    try:
        last = date.fromisoformat(ends_at) - timedelta(days=1)
    except ValueError:
        last = first
    if last <= first:
        return f"{day_words(first)}, all day"
    return f"{day_words(first)} – {day_words(last)}, all day"


def short_start(starts_at: str, zone: tzinfo | None = None) -> str:
    """``23 Nov 14:05`` or ``23 Nov``: for menus, where room is short."""
    if len(starts_at) == 10:
        try:
            day = date.fromisoformat(starts_at)
        except ValueError:
            return starts_at
        return f"{day.day} {_MONTHS[day.month - 1]}"
    at = moment(starts_at, zone)
    return starts_at if at is None else f"{at.day} {_MONTHS[at.month - 1]} {at:%H:%M}"
