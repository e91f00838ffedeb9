"""What one side can hold of the other side's image: shortening, show-as, private text, and the marked block.

A projection is a whole image as the target would hold it. Only changed groups of it are ever written (sync.md 2.2), so a
shortened value never travels back. Canonical images are what is compared: without the block, without the harmless
rewriting a server may do.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from daemon.sync.appointment import canonical_text
from daemon.sync.rules import Rules
from daemon.sync.trees import Capabilities
from shared.models import Image, Text
from shared.states import Group, Side
from shared.texts import text

PRIVATE_TITLE = "Private appointment"
CUT_MARK = "…"
CUT_NOTICE = "\n[… shortened by Daybridge: the whole text is on the other side]"
BLOCK_VERSION = 1
_OPEN = "--- Daybridge "
_OPEN_TAIL = ": taken from Notes, rewritten at each update ---"
_CLOSE = "--- end of Daybridge "
_CLOSE_TAIL = " ---"
_BLOCK_LINES = ("Invitees: ", "Attachments in Notes: ", "Attachments are in Notes.")

_SHOW_AS_LOST = {
    Side.SALESFORCE: {"tentative": "free"},
    Side.NOTES: {"out_of_office": "busy"},
}
_NEAREST_SHOW_AS = {"tentative": "free", "out_of_office": "busy", "free": "busy"}


@dataclass(frozen=True, slots=True)
class Projected:
    """``image`` as the target would hold it; ``shortened`` names the groups that lost text."""

    image: Image
    shortened: frozenset[Group] = frozenset()


def canonical(image: Image) -> Image:
    """The image as it is compared; the same object where nothing needs changing."""
    subject, location = canonical_text(image.subject), canonical_text(image.location)
    description = canonical_text(strip_block(image.description))
    if (subject, location, description) == (image.subject, image.location, image.description):
        return image
    return msgspec.structs.replace(image, subject=subject, location=location, description=description)


def redacted(image: Image) -> Image:
    """A private item without a word of its text: times, show-as and the flag only. ``id`` and ``version`` stay."""
    return Image(
        subject=PRIVATE_TITLE,
        starts_at=image.starts_at,
        ends_at=image.ends_at,
        all_day=image.all_day,
        zone=image.zone,
        show_as=image.show_as,
        private=True,
        id=image.id,
        version=image.version,
    )


def project(image: Image, target: Side, rules: Rules, capabilities: Capabilities) -> Projected:
    """What ``target`` would hold of ``image`` (which lies on the other side)."""
    shortened: set[Group] = set()
    subject = _cut_line(canonical_text(image.subject), capabilities.max_subject, Group.SUBJECT, shortened)
    location = _cut_line(canonical_text(image.location), capabilities.max_location, Group.LOCATION, shortened)
    body = canonical_text(strip_block(image.description))
    block = block_for(image, rules) if target is Side.SALESFORCE and not rules.hides(image) else ""
    description = _cut_body(body, block, capabilities.max_description, shortened)
    return Projected(
        Image(
            subject=subject,
            location=location,
            description=description,
            starts_at=image.starts_at,
            ends_at=image.ends_at,
            all_day=image.all_day,
            zone=image.zone,
            show_as=show_as_on(target, image.show_as, capabilities),
            private=image.private and rules.private == "carry",
            reminder_minutes=image.reminder_minutes if rules.reminders else None,
        ),
        frozenset(shortened),
    )


def show_as_on(target: Side, value: str, capabilities: Capabilities) -> str:
    """Salesforce knows no tentative, Notes no out of office (contracts.md, The planner)."""
    value = _SHOW_AS_LOST[target].get(value, value)
    return value if value in capabilities.show_as else _NEAREST_SHOW_AS.get(value, "busy")


def time_problem(image: Image, target: Side, capabilities: Capabilities) -> Text | None:
    """Why ``target`` cannot hold the item's time, or None (status X; contracts.md 3)."""
    minutes = length_minutes(image)
    if minutes is None:
        return text("cannot.time_unclear")
    if minutes < 0:
        return text("cannot.end_before_start")
    if capabilities.max_days and minutes > capabilities.max_days * 1440:
        return text("cannot.too_long", side=side_name(target), days=capabilities.max_days)
    if not capabilities.multi_day and minutes > 1440:
        return text("cannot.multi_day", side=side_name(target))
    return None


def length_minutes(image: Image) -> int | None:
    """The exact length; None where a time cannot be read."""
    start, end = minute_of(image.starts_at), minute_of(image.ends_at)
    return None if start is None or end is None else end - start


def minute_of(moment: str) -> int | None:
    """Minutes since the year 1 of an image's time or date; None where it is neither."""
    try:
        if len(moment) == 10:
            return date.fromisoformat(moment).toordinal() * 1440
        value = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return value.toordinal() * 1440 + value.hour * 60 + value.minute


def side_name(side: Side) -> str:
    return "Salesforce" if side is Side.SALESFORCE else "Notes"


def block_for(image: Image, rules: Rules) -> str:
    """The marked block with invitees and attachment names, or nothing (product.md, Rules)."""
    lines: list[str] = []
    if rules.invitees_in_description and image.invitees:
        people = (
            f"{one.name} <{one.email}>" if one.name and one.email else one.name or one.email for one in image.invitees
        )
        lines.append(_BLOCK_LINES[0] + ", ".join(_one_line(person) for person in people if person))
    if rules.attachment_names and image.attachments:
        names = [_one_line(attachment.name) for attachment in image.attachments if attachment.name]
        lines.append(_BLOCK_LINES[1] + ", ".join(names) if names else _BLOCK_LINES[2])
    if not lines:
        return ""
    opening = f"{_OPEN}{BLOCK_VERSION}{_OPEN_TAIL}"
    return "\n".join([opening, *lines, f"{_CLOSE}{BLOCK_VERSION}{_CLOSE_TAIL}"])


def strip_block(description: str) -> str:
    """``description`` without our blocks of any version; what a person wrote around them stays, in order.

    Where the closing line was removed by hand, only lines that we wrote are taken out.
    """
    if _OPEN not in description:
        return description
    kept: list[str] = []
    lines = description.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    index = 0
    while index < len(lines):
        if _is_mark(lines[index], _OPEN):
            index = _after_block(lines, index)
            while kept and not kept[-1].strip():
                kept.pop()
            if kept and any(line.strip() for line in lines[index:]):
                kept.append("")
            while index < len(lines) and not lines[index].strip():
                index += 1
            continue
        kept.append(lines[index])
        index += 1
    return "\n".join(kept)


def _is_mark(line: str, start: str) -> bool:
    line = line.strip()
    return line.startswith(start) and line.endswith("---") and line[len(start) : len(start) + 1].isdigit()


def _after_block(lines: list[str], opening: int) -> int:
    """The index of the first line after the block that opens at ``opening``."""
    for index in range(opening + 1, len(lines)):
        if _is_mark(lines[index], _CLOSE):
            return index + 1
        if _is_mark(lines[index], _OPEN):
            break
    index = opening + 1
    while index < len(lines) and lines[index].strip().startswith(tuple(line.strip() for line in _BLOCK_LINES)):
        index += 1
    return index


def _one_line(value: str) -> str:
    return " ".join(value.split())


def _cut_line(value: str, limit: int, group: Group, shortened: set[Group]) -> str:
    if not limit or len(value) <= limit:
        return value
    shortened.add(group)
    return _cut(value, limit - len(CUT_MARK)) + CUT_MARK


def _cut_body(body: str, block: str, limit: int, shortened: set[Group]) -> str:
    """The text with the block below it, within ``limit``; the text gives way, then the block as a whole."""
    whole = f"{body}\n\n{block}" if body and block else body or block
    if not limit or _stored_length(whole) <= limit:
        return whole
    if _stored_length(body) <= limit and _stored_length(block) + _stored_length(CUT_NOTICE) + 4 > limit // 2:
        return body
    shortened.add(Group.DESCRIPTION)
    tail = f"\n\n{block}" if block and _stored_length(block) + _stored_length(CUT_NOTICE) + 4 <= limit // 2 else ""
    room = limit - _stored_length(CUT_NOTICE) - _stored_length(tail)
    if room <= 0:
        return _cut(body, _within(body, limit - len(CUT_MARK))) + CUT_MARK
    return _cut(body, _within(body, room)) + CUT_NOTICE + tail


def _stored_length(value: str) -> int:
    """Characters as a server counts them that keeps a line break as CR LF (salesforce.md, text is normalised on store)."""
    return len(value) + value.count("\n")


def _within(value: str, limit: int) -> int:
    """How many characters of ``value`` fit ``limit`` when a line break counts two."""
    counted = 0
    for index, letter in enumerate(value):
        counted += 2 if letter == "\n" else 1
        if counted > limit:
            return index
    return len(value)


def _cut(value: str, length: int) -> str:
    """At most ``length`` characters, never between a letter and its combining marks."""
    length = max(length, 0)
    while 0 < length < len(value) and unicodedata.combining(value[length]):
        length -= 1
    return value[:length].rstrip()
