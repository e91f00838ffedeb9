"""Pairings, links, ignores and notes: each belongs to its pairing and survives what must not touch it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.store.database import Database
from daemon.store.links import LinkStore
from daemon.sync.base import Ignore, Link, LinkState
from shared.models import Image
from shared.states import Decision, Scope

NOW = "2026-03-09T08:00:00Z"


@pytest.fixture
def links(tmp_path: Path) -> Iterator[LinkStore]:
    database = Database(tmp_path / "a.sqlite")
    yield LinkStore(database)
    database.close()


def full_link() -> Link:
    image = b'{"subject":"Review"}'
    return Link(
        "i",
        "uid#",
        "00U1",
        LinkState.TOMBSTONE,
        3,
        b"n",
        b"s",
        image,
        image,
        b"body",
        True,
        True,
        "2026-01-01T00:00:00Z",
    )


def test_a_pairing_is_found_again_by_both_identities(links: LinkStore) -> None:
    """Catches: a second base for the same two accounts, or one base for two (contracts.md 10)."""
    first = links.pairing("notes:a", "org/1", NOW)
    assert links.pairing("notes:b", "org/1", NOW) != first
    assert links.pairing("notes:a", "org/2", NOW) != first
    assert links.pairing("notes:a", "org/1", "2027-01-01T00:00:00Z") == first
    assert links.identities(first) == ("notes:a", "org/1") and links.identities("unknown") is None


def test_a_link_comes_back_as_it_was_stored(links: LinkStore) -> None:
    """Catches: a column swapped with another one, or a flag read back as a number."""
    pairing = links.pairing("a", "b", NOW)
    links.put(pairing, [full_link()])
    assert links.link(pairing, "i") == full_link()
    assert links.base(pairing).links == (full_link(),)
    assert links.link(pairing, "other") is None
    found = links.link(pairing, "i")
    assert found is not None and found.notes_image == Image(subject="Review")


def test_the_good_end_of_a_run_belongs_to_its_pairing(links: LinkStore) -> None:
    """Catches: a first run taken as done for a calendar that was never compared."""
    used, new = links.pairing("a", "b", NOW), links.pairing("c", "b", NOW)
    links.run_succeeded(used, NOW)
    assert (links.first_run_done(used), links.last_run(used)) == (True, NOW)
    assert (links.first_run_done(new), links.last_run(new)) == (False, None)


def test_forgetting_touches_one_pairing_and_makes_the_next_run_a_first_one(links: LinkStore) -> None:
    """Catches: another calendar's links forgotten too, or an automatic run straight after forgetting."""
    one, other = links.pairing("a", "b", NOW), links.pairing("c", "b", NOW)
    for pairing in (one, other):
        links.put(pairing, [full_link()])
        links.put_ignore(pairing, Ignore("x", Decision.IGNORE_FOREVER, Scope.SERIES, "i", "uid#", series="uid"))
        links.keep_apart(pairing, "uid#", "00U2")
        links.acknowledge(pairing, [("c", "r")])
        links.run_succeeded(pairing, NOW)
    before = links.base(other)
    links.forget(one)
    base = links.base(one)
    assert not (base.links or base.ignores or base.kept_apart or base.acknowledged)
    assert not links.first_run_done(one)
    assert links.base(other) == before and links.first_run_done(other)


def test_an_ignore_comes_back_and_is_taken_back_once(links: LinkStore) -> None:
    """Catches: an ignore that cannot be taken back, or a taking back that always says it worked."""
    pairing = links.pairing("a", "b", NOW)
    wish = Ignore("x", Decision.IGNORE_UNTIL_CHANGE, notes_digest=b"\x00\x01", at=NOW, generation=2)
    links.put_ignore(pairing, wish)
    assert links.base(pairing).ignores == (wish,)
    assert links.drop_ignore(pairing, "x") and not links.drop_ignore(pairing, "x")


def test_the_secret_of_the_installation_stays(links: LinkStore, tmp_path: Path) -> None:
    """Catches: every private item looking changed after a restart, or one key for all installations."""
    secret = links.secret()
    assert len(secret) == 32 and links.secret() == secret
    other = Database(tmp_path / "b.sqlite")
    assert LinkStore(other).secret() != secret
    other.close()
    links.note("name", "first")
    links.note("name", "second")
    assert links.noted("name") == "second" and links.noted("unknown") == ""


@pytest.mark.parametrize(
    ("notes_key", "salesforce_key", "state", "left"),
    [
        ("a#", "S1", LinkState.LINKED, {("b#", "S2")}),
        ("a#", "S1", LinkState.FROZEN, {("b#", "S2")}),
        ("a#", "S0", LinkState.LINKED, {("a#", "S1"), ("a#", "S2"), ("b#", "S1"), ("b#", "S2")}),
        ("c#", "S2", LinkState.NO_BASE, {("a#", "S1"), ("b#", "S1")}),
        ("a#", "S1", LinkState.TOMBSTONE, {("a#", "S1"), ("a#", "S2"), ("b#", "S1"), ("b#", "S2")}),
    ],
)
def test_a_link_ends_the_suspicions_it_settles(
    links: LinkStore, notes_key: str, salesforce_key: str, state: LinkState, left: set[tuple[str, str]]
) -> None:
    """Catches: an extra copy that nobody is asked about, because the pair of its entry merely went on."""
    pairing = links.pairing("notes", "salesforce", NOW)
    links.suspect(pairing, [("a#", "S1"), ("a#", "S2"), ("b#", "S1"), ("b#", "S2")])
    links.put(pairing, [Link("i", notes_key, salesforce_key, state)])
    assert links.base(pairing).suspects == left


def test_an_answer_keep_apart_is_taken_back_for_its_pair_only(links: LinkStore) -> None:
    pairing = links.pairing("notes", "salesforce", NOW)
    for pair in (("a#", "S1"), ("a#", "S2")):
        links.keep_apart(pairing, *pair)
    links.end_keep_apart(pairing, "a#", "S1")
    assert links.base(pairing).kept_apart == {("a#", "S2")}
