"""When a person's wish to leave an item alone holds, and when a change has used it up.

*Until the next time one changes* holds while the pair of synced-field digests is the one that was seen; a touched version alone
does not wake it. *Forever* is keyed by identity (keys or series) and outlives edits, deletions and the base (sync.md 2.8).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from daemon.sync.appointment import CONTENT_GROUPS, TEXT_GROUPS, digest, group_digest, split_notes_key
from daemon.sync.base import Base, Ignore
from daemon.sync.decide import IgnoreState
from daemon.sync.projection import canonical, redacted
from daemon.sync.proposal import Proposal
from daemon.sync.trees import Record
from shared.models import Image
from shared.states import Decision, Group, Scope, Side


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ignores say of one item; ``used_up`` are the ids of those that a change has consumed."""

    state: IgnoreState = IgnoreState.NONE
    used_up: tuple[str, ...] = ()


NOTHING = Standing()


class IgnoreIndex:
    """The ignores of a base, found by item, key and series."""

    def __init__(self, ignores: Iterable[Ignore]) -> None:
        self._by_item: dict[str, list[Ignore]] = {}
        self._by_notes_key: dict[str, list[Ignore]] = {}
        self._by_salesforce_key: dict[str, list[Ignore]] = {}
        self._by_series: dict[str, list[Ignore]] = {}
        for ignore in sorted(ignores, key=lambda one: one.id):
            for index, name in (
                (self._by_item, ignore.item),
                (self._by_notes_key, ignore.notes_key),
                (self._by_salesforce_key, ignore.salesforce_key),
                (self._by_series, _series_of(ignore)),
            ):
                if name:
                    index.setdefault(name, []).append(ignore)

    def __bool__(self) -> bool:
        return bool(self._by_item or self._by_notes_key or self._by_salesforce_key or self._by_series)

    def of(self, item: str, notes_key: str, salesforce_key: str, series: Iterable[str] = ()) -> list[Ignore]:
        """Every ignore that speaks of the item, each once."""
        found = [
            *self._by_item.get(item, ()),
            *self._by_notes_key.get(notes_key, ()),
            *self._by_salesforce_key.get(salesforce_key, ()),
        ]
        uid = split_notes_key(notes_key)[0] if notes_key else ""
        for name in {uid, *series} - {""}:
            found.extend(one for one in self._by_series.get(name, ()) if one.kind is Decision.IGNORE_FOREVER)
        unique: list[Ignore] = []
        for one in found:
            if all(one is not other for other in unique):
                unique.append(one)
        return unique


def _series_of(ignore: Ignore) -> str:
    if ignore.scope is not Scope.SERIES:
        return ""
    return ignore.series or (split_notes_key(ignore.notes_key)[0] if ignore.notes_key else "")


def standing(found: Iterable[Ignore], notes: Record | None, salesforce: Record | None) -> Standing:
    """Whether one of the ignores holds for the records as they are now (None: absent)."""
    used_up: list[str] = []
    state = IgnoreState.NONE
    for ignore in found:
        if ignore.kind is Decision.IGNORE_FOREVER:
            return Standing(IgnoreState.FOREVER)
        if _same(ignore.notes_digest, notes) and _same(ignore.salesforce_digest, salesforce):
            state = IgnoreState.UNTIL_CHANGE
        else:
            used_up.append(ignore.id)
    return Standing(state, tuple(sorted(used_up)))


def _same(remembered: bytes, record: Record | None) -> bool:
    if record is None or not remembered:
        return record is None and not remembered
    return remembered in (record.digest, seen_digest(record.image), digest(redacted(record.image)))


def changed_since(ignore: Ignore, side: Side, image: Image, secret: bytes) -> frozenset[Group]:
    """The groups that say something else on ``side`` than when the person chose to ignore; none where nothing was there then.

    Of a private item that is kept without its text nothing is said about the text.
    """
    seen = canonical(image)
    then = ignore.notes_groups if side is Side.NOTES else ignore.salesforce_groups
    wordless = image.private and not (image.subject or image.location or image.description)
    silent = TEXT_GROUPS if wordless else ()
    return frozenset(
        group
        for group, remembered in then.items()
        if group not in silent and remembered != group_digest(seen, group, secret)
    )


def _group_digests(image: Image | None, secret: bytes) -> dict[Group, bytes]:
    return {} if image is None else {group: group_digest(canonical(image), group, secret) for group in CONTENT_GROUPS}


def seen_digest(image: Image | None) -> bytes:
    """The digest of the synced fields as they are compared; empty where there is no item."""
    return b"" if image is None else digest(canonical(image))


def remember(proposal: Proposal, kind: Decision, scope: Scope, ignore_id: str, at: str, secret: bytes) -> Ignore:
    """The ignore that a decision on ``proposal`` makes; ``at`` is a moment in UTC, ``secret`` keys the digests of its fields."""
    return Ignore(
        id=ignore_id,
        kind=kind,
        scope=scope,
        item=proposal.item,
        notes_key=proposal.notes_key,
        salesforce_key=proposal.salesforce_key,
        series=proposal.series.id if proposal.series is not None and scope is Scope.SERIES else "",
        notes_digest=proposal.notes_digest,
        salesforce_digest=proposal.salesforce_digest,
        notes_groups=_group_digests(proposal.notes, secret),
        salesforce_groups=_group_digests(proposal.salesforce, secret),
        generation=proposal.generation,
        at=at,
    )


def holds_forever(base: Base, item: str, notes_key: str, salesforce_key: str, series: Iterable[str] = ()) -> bool:
    """The second gate: asked by the executor right before it sends anything about these keys."""
    found = IgnoreIndex(base.ignores).of(item, notes_key, salesforce_key, series)
    return any(ignore.kind is Decision.IGNORE_FOREVER for ignore in found)
