"""Committing the base after writes: the images an operation believed in, never a plain fresh read (sync.md 2.9)."""

from __future__ import annotations

from dataclasses import replace

from daemon.runs.compare import encoded
from daemon.runs.moments import Clock, stamp
from daemon.store.links import LinkStore
from daemon.store.runs import Op, RowOutcome
from daemon.sync.appointment import differing, digest, text_digest, with_groups
from daemon.sync.base import Link, LinkState
from daemon.sync.projection import canonical
from daemon.sync.proposal import Settlement
from shared.models import Image
from shared.states import Group, Side

EVERY_GROUP = tuple(Group)


def believed(after: Image, stored: Image | None) -> Image:
    """What the base takes for a target: what the server stored where only harmless rewriting differs, else what was asked."""
    if stored is None:
        return after
    differ = differing(canonical(after), canonical(stored), EVERY_GROUP)
    return with_groups(stored, after, differ)


def once_paired(before: Link, now: Link) -> list[tuple[str, str]]:
    """(Notes key, Salesforce key) of what belonged to this pair until a copy was made anew: it may come out of the bin again."""
    found: list[tuple[str, str]] = []
    if before.notes_key and before.notes_key != now.notes_key:
        found.append((before.notes_key, now.salesforce_key))
    if before.salesforce_key and before.salesforce_key != now.salesforce_key:
        found.append((now.notes_key, before.salesforce_key))
    return found


class Committer:
    """Turns settlements and answers into links."""

    def __init__(self, links: LinkStore, clock: Clock) -> None:
        self._links = links
        self._clock = clock

    def owners(self, pairing: str, side: Side) -> dict[str, str]:
        """Whose the records on ``side`` are: key -> the item whose link holds it."""
        links = self._links.base(pairing).links
        return {link.key(side): link.id for link in links if link.state is not LinkState.TOMBSTONE}

    def suspect(self, pairing: str, notes_key: str, salesforce_keys: list[str]) -> None:
        """Remember that one of these events may be the copy of a Notes item whose create was never answered."""
        self._links.suspect(pairing, [(notes_key, key) for key in salesforce_keys])

    def commit(self, pairing: str, row: RowOutcome, done: list[Op], *, complete: bool) -> None:
        """Move the base for one row. An incomplete row moves only the groups that were really written."""
        settlement = row.settlement
        if settlement is None:
            return
        if not complete:
            self._commit_part(pairing, row, settlement, done)
            return
        for notes_key, salesforce_key in settlement.kept_apart:
            self._links.keep_apart(pairing, notes_key, salesforce_key)
        for notes_key, salesforce_key in settlement.no_more_apart:
            self._links.end_keep_apart(pairing, notes_key, salesforce_key)
        if settlement.forget:
            self._links.drop(pairing, [row.item])
        if settlement.link_state is None:
            return
        link = self._link(row, settlement, done)
        self._links.put(pairing, [link])
        before = row.link_before
        if before is not None and link.state is not LinkState.TOMBSTONE:
            self._links.suspect(pairing, once_paired(before, link))

    def _link(self, row: RowOutcome, settlement: Settlement, done: list[Op]) -> Link:
        keys = {Side.NOTES: settlement.notes_key, Side.SALESFORCE: settlement.salesforce_key}
        images: dict[Side, Image | None] = {
            Side.NOTES: settlement.notes_image,
            Side.SALESFORCE: settlement.salesforce_image,
        }
        body = row.link_before.notes_body_written if row.link_before else b""
        for op in done:
            if op.kind == "delete":
                continue
            keys[op.side] = op.stored_key or keys[op.side]
            asked = images[op.side] or op.after
            if asked is not None:
                images[op.side] = believed(asked, op.stored)
        notes = images[Side.NOTES]
        if settlement.notes_body_written is not None and notes is not None:
            # What the server made of our text is what the Notes body must still equal to count as ours.
            body = text_digest(notes.description)
        state = settlement.link_state or LinkState.LINKED
        if state is LinkState.LINKED and any(op.adopted for op in done):
            state, notes, images = LinkState.NO_BASE, None, dict.fromkeys(Side)
        fresh = row.link_before is None or row.link_before.generation != settlement.generation
        return Link(
            id=row.item,
            notes_key=keys[Side.NOTES],
            salesforce_key=keys[Side.SALESFORCE],
            state=state,
            generation=settlement.generation,
            notes_digest=digest(notes),
            salesforce_digest=digest(images[Side.SALESFORCE]),
            notes_json=encoded(notes),
            salesforce_json=encoded(images[Side.SALESFORCE]),
            notes_body_written=body,
            keep_syncing=settlement.keep_syncing,
            private_seen=settlement.private_seen,
            linked_at=stamp(self._clock()) if fresh or row.link_before is None else row.link_before.linked_at,
        )

    def _commit_part(self, pairing: str, row: RowOutcome, settlement: Settlement, done: list[Op]) -> None:
        link = self._links.link(pairing, row.item)
        written = frozenset(group for op in done if op.kind == "update" for group in op.groups)
        if link is None or not written:
            return
        notes, salesforce = link.notes_image, link.salesforce_image
        if notes and settlement.notes_image:
            notes = with_groups(notes, settlement.notes_image, written)
        if salesforce and settlement.salesforce_image:
            salesforce = with_groups(salesforce, settlement.salesforce_image, written)
        self._links.put(
            pairing,
            [
                replace(
                    link,
                    notes_json=encoded(notes),
                    salesforce_json=encoded(salesforce),
                    notes_digest=digest(notes),
                    salesforce_digest=digest(salesforce),
                )
            ],
        )
