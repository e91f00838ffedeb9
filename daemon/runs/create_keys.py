"""The key of a create: the same for every attempt, so that a side with a unique key field refuses the second one.

It is worked out from what is created, never stored, so that after the loss of the
database our own records are recognised (sync.md 2.7, tier 1).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

from daemon.sync.appointment import split_notes_key
from daemon.sync.base import Base
from daemon.sync.trees import Trees
from shared.states import Side

GENERATIONS_BEYOND = 3
"""How many generations beyond the known one are looked for: an undo takes one back, a lost state all of them."""

NAMESPACE = uuid.UUID("6f1d5a0e-6f0b-5f7e-9d43-0d9b1d3b7a10")


def create_key(pairing: str, side: Side, origin: str, generation: int, apart: int = 0) -> str:
    """The key for the copy on ``side`` of the item ``origin`` (its key on the other side).

    ``generation`` counts re-creations; ``apart`` the pairs that were answered to be other meetings.
    """
    named = f"{pairing}|{side}|{origin}|{generation}" + (f"|{apart}" if apart else "")
    return str(uuid.uuid5(NAMESPACE, named))


def recognisable(trees: Trees, pairing: str) -> Trees:
    """The trees with each Notes record carrying the key its copy would have, where Salesforce records carry keys at all."""
    if not any(record.foreign_key for record in trees.salesforce.records.values()):
        return trees
    records = {
        key: record if record.foreign_key else replace(record, foreign_key=create_key(pairing, Side.SALESFORCE, key, 1))
        for key, record in trees.notes.records.items()
    }
    return replace(trees, notes=replace(trees.notes, records=records))


def own_copies(
    made: frozenset[str], trees: Trees, base: Base, key_of_create: Callable[[str], str]
) -> frozenset[tuple[str, str]]:
    """(Notes key, Salesforce key) of the entries ``made``, which have no link, and the events of which they are our copies.

    After the loss of the state nothing else tells whose copy it is. Where the event has another partner by now, the entry is an
    older copy: it came out of the bin, or its request arrived late. ``key_of_create`` is that of the Notes side. What was
    answered to be another meeting is not among them.
    """
    links = base.by_key(Side.SALESFORCE)
    pairs = (
        (key_of_create(create_key(base.pairing, Side.NOTES, key, generation)), key)
        for key in trees.salesforce.records
        for generation in range(1, (links[key].generation if key in links else 1) + GENERATIONS_BEYOND)
    )
    return frozenset(pair for pair in pairs if pair[0] in made) - base.kept_apart


def without_known(made: frozenset[str], base: Base) -> frozenset[str]:
    """Of the Notes keys that only our creates give, those of entries that the base never heard of.

    Where it knows the entry, new dates of it are the person's: they made it repeat.
    """
    known = {split_notes_key(link.notes_key)[0] for link in base.links if link.notes_key}
    return frozenset(key for key in made if split_notes_key(key)[0] not in known)
