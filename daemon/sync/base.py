"""The base: per link the image each side held when both were last declared in step, and what was decided to be left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from daemon.sync.appointment import item_id
from shared.models import Image
from shared.states import Decision, Group, Scope, Side


class LinkState(StrEnum):
    LINKED = "linked"
    NO_BASE = "linked_nobase"
    FROZEN = "frozen"
    TOMBSTONE = "tombstone"


_image = msgspec.json.Decoder(Image)


@dataclass(frozen=True, slots=True)
class Link:
    """A pair of keys with the pair of images they were last in step with.

    ``id`` is the item id. The images are kept encoded (JSON of Image, empty where there is none) and decoded when asked
    for, so that a quiet run over many links decodes nothing. ``generation`` counts re-creations. ``notes_body_written`` is
    the digest of the description we last wrote to Notes (formatting protection). ``removed_side`` of a tombstone tells
    where the copy was removed.
    """

    id: str
    notes_key: str = ""
    salesforce_key: str = ""
    state: LinkState = LinkState.LINKED
    generation: int = 1
    notes_digest: bytes = b""
    salesforce_digest: bytes = b""
    notes_json: bytes = b""
    salesforce_json: bytes = b""
    notes_body_written: bytes = b""
    keep_syncing: bool = False
    private_seen: bool = False
    linked_at: str = ""

    @property
    def notes_image(self) -> Image | None:
        return _image.decode(self.notes_json) if self.notes_json else None

    @property
    def salesforce_image(self) -> Image | None:
        return _image.decode(self.salesforce_json) if self.salesforce_json else None

    def key(self, side: Side) -> str:
        return self.notes_key if side is Side.NOTES else self.salesforce_key

    def image(self, side: Side) -> Image | None:
        return self.notes_image if side is Side.NOTES else self.salesforce_image

    def digest(self, side: Side) -> bytes:
        return self.notes_digest if side is Side.NOTES else self.salesforce_digest


@dataclass(frozen=True, slots=True)
class Ignore:
    """A person's wish to leave an item alone; see sync/ignore.py for when it holds."""

    id: str
    kind: Decision
    scope: Scope = Scope.OCCURRENCE
    item: str = ""
    notes_key: str = ""
    salesforce_key: str = ""
    series: str = ""
    notes_digest: bytes = b""
    salesforce_digest: bytes = b""
    notes_groups: dict[Group, bytes] = field(default_factory=dict)
    salesforce_groups: dict[Group, bytes] = field(default_factory=dict)
    generation: int = 0
    at: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """Every link, ignore, kept-apart pair and acknowledged row of one pairing.

    ``kept_apart`` holds (notes key, salesforce key) answered *keep apart*. ``suspects`` holds pairs of which the event may be
    the copy that a create without an answer made, and those that were one pair until a copy was made anew. ``copies`` are pairs
    of which the entry stands under the key that our copy of the event gets (worked out, not stored: after the loss of the state
    nothing else tells), ``ours`` the Notes keys that only our own creates give. ``acknowledged`` maps a change id to the revision
    of a ``cannot_sync`` row the person has seen (it stays silent until the revision changes).
    """

    pairing: str
    links: tuple[Link, ...] = ()
    ignores: tuple[Ignore, ...] = ()
    kept_apart: frozenset[tuple[str, str]] = frozenset()
    suspects: frozenset[tuple[str, str]] = frozenset()
    copies: frozenset[tuple[str, str]] = frozenset()
    ours: frozenset[str] = frozenset()
    acknowledged: dict[str, str] = field(default_factory=dict)

    def by_key(self, side: Side) -> dict[str, Link]:
        return {link.key(side): link for link in self.links if link.key(side)}


def came_back(key: str) -> str:
    """The name of an item that came back, where its own is taken."""
    return f"{key}\ncame back"


def fresh_ids(base: Base) -> Callable[[Side, str], str]:
    """How items without a link are named: their item id, or another one where a link of other items has it already.

    That happens when an item comes back (out of a bin) after its link was continued with a re-created copy, whether that one
    is still linked or was removed since.
    """
    holders = {link.id: link for link in base.links}

    def name(side: Side, key: str) -> str:
        found = item_id(base.pairing, side, key)
        holder = holders.get(found)
        is_free = holder is None or (holder.state is LinkState.TOMBSTONE and holder.key(side) == key)
        return found if is_free else item_id(base.pairing, side, came_back(key))

    return name


def empty(pairing: str, links: Iterable[Link] = ()) -> Base:
    return Base(pairing=pairing, links=tuple(links))
