"""Small calendars for the planner's tests: records, links and trees, written by us."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from daemon.sync.appointment import digest, notes_key, split_notes_key, text_digest
from daemon.sync.base import Base, Link, LinkState
from daemon.sync.rules import Rules, Window
from daemon.sync.trees import Capabilities, Evidence, Record, SeriesPlace, Tree, Trees
from shared.models import Image, Text
from shared.states import Side

WINDOW = Window("2026-02-01T00:00Z", "2027-02-01T00:00Z", "2026-02-01", "2027-02-01")
RULES = Rules(WINDOW, version="r1")
SALESFORCE_CAN = Capabilities(
    max_subject=255,
    max_location=255,
    max_description=32000,
    max_days=14,
    show_as=frozenset({"busy", "free", "out_of_office"}),
    tombstones=True,
)
NOTES_CAN = Capabilities(show_as=frozenset({"busy", "free", "tentative"}))
PAIRING = "pairing"
UNREADABLE = Text(code="cannot.unreadable", text="The item cannot be read.")


def image(**fields: Any) -> Image:
    """A meeting of half an hour on 2 March 2026, unless told otherwise."""
    given: dict[str, Any] = {"subject": "Visit", "starts_at": "2026-03-02T09:00Z", "ends_at": "2026-03-02T09:30Z"}
    given.update(fields)
    return Image(**given)


def changed(old: Image, **fields: Any) -> Image:
    return msgspec.structs.replace(old, **fields)


def record(key: str, held: Image, **fields: Any) -> Record:
    given: dict[str, Any] = {"version": "1"}
    if "#" in key and split_notes_key(key)[1]:
        given["series"] = SeriesPlace(split_notes_key(key)[0], held.subject)
    given.update(fields)
    return Record(key=key, image=held, digest=digest(held), **given)


def link(notes: Image | None, salesforce: Image | None, name: str = "a", **fields: Any) -> Link:
    """A link named ``name`` between ``name#`` and ``S-name`` with the pair of images they were last in step with."""
    given: dict[str, Any] = {"notes_key": notes_key(name), "salesforce_key": f"S-{name}", "state": LinkState.LINKED}
    given.update(fields)
    return Link(
        id=f"link-{name}",
        notes_digest=digest(notes),
        salesforce_digest=digest(salesforce),
        notes_json=msgspec.json.encode(notes) if notes is not None else b"",
        salesforce_json=msgspec.json.encode(salesforce) if salesforce is not None else b"",
        **given,
    )


def written_by_us(description: str) -> bytes:
    return text_digest(description)


def trees(
    notes: Iterable[Record] | Tree = (),
    salesforce: Iterable[Record] | Tree = (),
    *,
    notes_gone: Iterable[str] = (),
    salesforce_gone: Iterable[str] = (),
    notes_unknown: Mapping[str, Text] | None = None,
    salesforce_unknown: Mapping[str, Text] | None = None,
) -> Trees:
    """Both trees; an iterable of records becomes a tree with the usual capabilities."""
    if not isinstance(notes, Tree):
        notes = Tree(
            Side.NOTES,
            {one.key: one for one in notes},
            {key: Evidence("by_id") for key in notes_gone},
            notes_unknown or {},
            capabilities=NOTES_CAN,
        )
    if not isinstance(salesforce, Tree):
        salesforce = Tree(
            Side.SALESFORCE,
            {one.key: one for one in salesforce},
            {key: Evidence("tombstone") for key in salesforce_gone},
            salesforce_unknown or {},
            capabilities=SALESFORCE_CAN,
        )
    return Trees(notes, salesforce)


def base(*links: Link, **fields: Any) -> Base:
    return Base(pairing=PAIRING, links=links, **fields)
