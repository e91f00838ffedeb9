"""The list of ignored items: when, what has changed since, and taking an ignore back."""

from __future__ import annotations

from daemon.store.links import LinkStore
from daemon.sync.base import Base, Ignore
from daemon.sync.ignore import changed_since
from daemon.sync.trees import Record, Trees
from shared.models import IgnoredItem, IgnoredList, Image
from shared.states import Group, Side


def ignored_list(base: Base, trees: Trees | None, secret: bytes, who: str = "") -> IgnoredList:
    """Every ignore with what differs now. ``secret`` is that of ``sync.ignore.remember``, ``who`` the person this daemon works
    for (it serves no other).

    Without trees (nothing compared yet) only the wish itself is known.
    """
    links = {link.id: link for link in base.links}
    found = []
    for ignore in base.ignores:
        records = {side: _record(ignore, trees, side) for side in Side}
        link = links.get(ignore.item)
        changed: set[Group] = set()
        drifted = False
        image: Image | None = None
        for side, record in records.items():
            if record is None:
                continue
            image = image or record.image
            if record.digest != _digest(ignore, side):
                drifted = drifted or bool(_digest(ignore, side))
                changed |= changed_since(ignore, side, record.image, secret)
        if image is None and link is not None:
            image = link.notes_image or link.salesforce_image
        found.append(
            IgnoredItem(
                id=ignore.id,
                kind=ignore.kind,
                scope=ignore.scope,
                item=ignore.item,
                title=image.subject if image else "",
                starts_at=image.starts_at if image else "",
                at=ignore.at,
                who=who,
                changed=tuple(sorted(changed)),
                drifted=drifted or bool(changed),
            )
        )
    return IgnoredList(ignored=tuple(found))


def _record(ignore: Ignore, trees: Trees | None, side: Side) -> Record | None:
    key = ignore.notes_key if side is Side.NOTES else ignore.salesforce_key
    return trees.of(side).records.get(key) if trees and key else None


def _digest(ignore: Ignore, side: Side) -> bytes:
    return ignore.notes_digest if side is Side.NOTES else ignore.salesforce_digest


def rearm(links: LinkStore, pairing: str, identifier: str) -> bool:
    """Take an ignore back; what drifted shows in the next run. False when there is no such ignore."""
    return links.drop_ignore(pairing, identifier)
