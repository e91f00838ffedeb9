"""One meeting in our own words: its field groups, its digest, and the keys that name it on each side.

A key is opaque text, unique on its side. Notes: ``UID#RECURRENCE-ID`` with the occurrence's original start
(``20260301T090000Z``, all-day ``20260301``) or nothing after the ``#`` for an entry that does not repeat. Salesforce: the
18-character record Id.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterable
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

_BLANK_ENDS = re.compile(r"[ \t]+\n")

TEXT_GROUPS: tuple[Group, ...] = (Group.SUBJECT, Group.LOCATION, Group.DESCRIPTION)

_encode = msgspec.json.Encoder(order="deterministic").encode


def group_value(image: Image, group: Group) -> tuple[Any, ...]:
    """What is compared for ``group``: the values of its fields, in the order of FIELDS."""
    return tuple(getattr(image, name) for name in FIELDS[group])


def group_digest(image: Image, group: Group, secret: bytes) -> bytes:
    """8 bytes over what is compared for ``group``; keyed, because a short text could be guessed from a plain digest."""
    return hashlib.blake2b(_encode(group_value(image, group)), digest_size=8, key=secret[:64]).digest()


def differing(left: Image, right: Image, groups: tuple[Group, ...]) -> frozenset[Group]:
    """The groups in which two images differ."""
    return frozenset(group for group in groups if group_value(left, group) != group_value(right, group))


def with_groups(image: Image, source: Image, groups: Iterable[Group]) -> Image:
    """``image`` with the fields of ``groups`` taken from ``source``; the advisory zone stays that of ``image``."""
    values = {name: getattr(source, name) for group in groups for name in FIELDS[group]}
    return msgspec.structs.replace(image, **values) if values else image


def text_digest(text: str) -> bytes:
    """16 bytes over a description as it is compared (line ends, outer blanks and composition do not count)."""
    return hashlib.blake2b(canonical_text(text).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def canonical_text(text: str) -> str:
    """``text`` after the harmless rewriting of servers: CRLF to LF, blanks at line ends and around it gone, NFC."""
    if not text:
        return ""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return _BLANK_ENDS.sub("\n", text.strip()) if "\n" in text else text.strip()


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
