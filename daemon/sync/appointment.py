"""One meeting in our own words: its field groups, its digest, and the keys that name it on each side.

A key is opaque text, unique on its side. Notes: ``UID#RECURRENCE-ID`` with the occurrence's original start
(``20260301T090000Z``, all-day ``20260301``) or nothing after the ``#`` for an entry that does not repeat. Salesforce: the
18-character record Id.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec

from shared.models import Image
from shared.states import Group, Side

FIELDS: dict[Group, tuple[str, ...]] = {
    Group.TIME: ("starts_at", "ends_at", "all_day"),
    Group.SUBJECT: ("subject",),
    Group.LOCATION: ("location",),
    Group.DESCRIPTION: ("description",),
    Group.SHOW_AS: ("show_as",),
    Group.REMINDER: ("reminder_minutes",),
    Group.PRIVACY: ("private",),
}
"""The image fields of each group. ``zone`` is advisory: shown with the time, never compared (sync.md 4.3)."""

CONTENT_GROUPS: tuple[Group, ...] = (
    Group.TIME,
    Group.SUBJECT,
    Group.LOCATION,
    Group.DESCRIPTION,
    Group.SHOW_AS,
)

_encode = msgspec.json.Encoder(order="deterministic").encode


def group_value(image: Image, group: Group) -> tuple[Any, ...]:
    """What is compared for ``group``: the values of its fields, in the order of FIELDS."""
    return tuple(getattr(image, name) for name in FIELDS[group])


def differing(left: Image, right: Image, groups: tuple[Group, ...]) -> frozenset[Group]:
    """The groups in which two images differ."""
    return frozenset(group for group in groups if group_value(left, group) != group_value(right, group))


def digest(image: Image | None) -> bytes:
    """16 bytes over every synced group, privacy and reminder included, so that a stored digest outlives a change of rules."""
    if image is None:
        return b""
    values = [
        image.starts_at,
        image.ends_at,
        image.all_day,
        image.subject,
        image.location,
        image.description,
        image.show_as,
        image.reminder_minutes,
        image.private,
    ]
    return hashlib.blake2b(_encode(values), digest_size=16).digest()


def notes_key(uid: str, recurrence_id: str = "") -> str:
    return f"{uid}#{recurrence_id}"


def split_notes_key(key: str) -> tuple[str, str]:
    """(UID, RECURRENCE-ID or empty)."""
    uid, _, recurrence_id = key.rpartition("#")
    return uid, recurrence_id


def item_id(pairing: str, side: Side, key: str) -> str:
    """A short id for one item of one pairing: 12 characters, the same in every run.

    A link keeps the id of the item it was made from, so that a row's id is stable while the pair exists.
    """
    raw = hashlib.blake2b(f"{pairing}\n{side}\n{key}".encode(), digest_size=8).digest()
    return base64.b32encode(raw).decode("ascii").rstrip("=").lower()[:12]
