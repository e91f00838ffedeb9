"""The merge table group by group, what a shortened or withheld copy changes in it, and a frame's answers per side.

Catches an edit of a shortened copy written over the original, and private text that stays in Salesforce under ``busy_only``.
Tried with the table's last row saying conflict and with ``_withheld`` passing every verdict through.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from daemon.sync.merge import Bar, BarKind, Frame, GroupVerdict, Pair, Verdict, of_group, verdicts
from daemon.sync.projection import Projected
from shared.models import Image
from shared.states import Group, Side
from tests.fakes import planner_inputs as given

HELD = given.image(location="Room 1")
HERE = given.image(subject="Here", location="Room 1")
THERE = given.image(subject="There", location="Room 1")
CUT = frozenset({Group.SUBJECT})


def merged(notes: Image, salesforce: Image, group: Group = Group.SUBJECT, **fields: Any) -> Verdict:
    """The verdict of one group where each side can hold the other's image as it is, unless told otherwise."""
    values: dict[str, Any] = {
        "notes_base": HELD,
        "salesforce_base": HELD,
        "to_salesforce": Projected(notes),
        "to_notes": Projected(salesforce),
    }
    pair = Pair(notes=notes, salesforce=salesforce, **(values | fields))
    found = verdicts(pair, (group, Group.LOCATION))
    assert set(found) == {group, Group.LOCATION}
    return found[group]


@pytest.mark.parametrize(("notes", "salesforce", "equal"), list(product([False, True], repeat=3)))
def test_the_table(notes: bool, salesforce: bool, equal: bool) -> None:
    if not notes and not salesforce:
        expected = Verdict.SAME
    elif equal:
        expected = Verdict.REBASE
    elif notes and salesforce:
        expected = Verdict.CONFLICT
    else:
        expected = Verdict.TO_SALESFORCE if notes else Verdict.TO_NOTES
    assert of_group(notes, salesforce, equal) is expected


def test_an_edit_goes_to_the_side_that_has_not_got_it() -> None:
    assert merged(HELD, HELD) is Verdict.SAME
    assert merged(HERE, HELD) is Verdict.TO_SALESFORCE
    assert merged(HELD, THERE) is Verdict.TO_NOTES
    assert merged(HERE, THERE) is Verdict.CONFLICT
    assert merged(HERE, HERE) is Verdict.REBASE
    assert merged(HERE, THERE, Group.TIME) is Verdict.SAME


def test_without_a_base_both_sides_count_as_edited() -> None:
    nothing: dict[str, Any] = {"notes_base": None, "salesforce_base": None}
    assert merged(HERE, THERE, **nothing) is Verdict.CONFLICT
    assert merged(HERE, HERE, **nothing) is Verdict.REBASE
    assert merged(HERE, THERE, notes_base=None, salesforce_base=THERE) is Verdict.TO_SALESFORCE
    assert merged(HERE, THERE, notes_base=HERE, salesforce_base=None) is Verdict.TO_NOTES


def test_equal_on_one_side_under_its_projection_is_enough() -> None:
    long, short = given.image(subject="A long subject"), given.image(subject="A long")
    one = merged(long, short, to_salesforce=Projected(short), to_notes=Projected(short))
    other = merged(short, long, to_salesforce=Projected(short), to_notes=Projected(short))
    assert one is other is Verdict.REBASE


def test_outer_blanks_are_no_edit() -> None:
    untidy = given.image(subject=" Visit ", location="Room 1")
    assert merged(untidy, HELD) is merged(HELD, untidy) is Verdict.SAME
    assert merged(HELD, HELD, notes_base=untidy, salesforce_base=untidy) is Verdict.SAME
    spaced = given.image(subject=" Here ", location="Room 1")
    assert merged(HERE, HERE, to_salesforce=Projected(spaced), to_notes=Projected(THERE)) is Verdict.REBASE
    assert merged(HERE, HERE, to_salesforce=Projected(THERE), to_notes=Projected(spaced)) is Verdict.REBASE


def test_an_edit_of_a_shortened_copy_is_asked_about() -> None:
    for shortened in ({}, {Side.NOTES: CUT}, {Side.SALESFORCE: frozenset({Group.LOCATION})}):
        assert merged(HELD, THERE, base_shortened=shortened) is Verdict.TO_NOTES
    assert merged(HELD, THERE, base_shortened={Side.SALESFORCE: CUT}) is Verdict.CONFLICT
    for shortened in ({}, {Side.SALESFORCE: CUT}, {Side.NOTES: frozenset({Group.LOCATION})}):
        assert merged(HERE, HELD, base_shortened=shortened) is Verdict.TO_SALESFORCE
    assert merged(HERE, HELD, base_shortened={Side.NOTES: CUT}) is Verdict.CONFLICT
    both = {Side.NOTES: CUT, Side.SALESFORCE: CUT}
    assert merged(HELD, HELD, base_shortened=both) is Verdict.SAME
    assert merged(HERE, HERE, base_shortened=both) is Verdict.REBASE


BUSY = given.image(subject="Busy", location="Room 1")


@pytest.mark.parametrize(
    ("notes", "salesforce", "salesforce_base", "expected"),
    [
        (HELD, BUSY, BUSY, Verdict.SAME),
        (HERE, BUSY, BUSY, Verdict.REBASE),
        (HELD, BUSY, HELD, Verdict.REBASE),
        (HERE, HELD, HELD, Verdict.TO_SALESFORCE),
        (HERE, THERE, BUSY, Verdict.TO_SALESFORCE),
        (HELD, THERE, BUSY, Verdict.TO_NOTES),
        (HELD, HELD, HELD, Verdict.SAME),
    ],
)
def test_withheld_text_leaves_salesforce(
    notes: Image, salesforce: Image, salesforce_base: Image, expected: Verdict
) -> None:
    found = merged(notes, salesforce, salesforce_base=salesforce_base, to_salesforce=Projected(BUSY), withheld=True)
    assert found is expected


def test_withheld_text_leaves_the_time_to_the_table() -> None:
    later = given.image(location="Room 1", ends_at="2026-03-02T10:00Z")
    assert merged(later, HELD, Group.TIME, withheld=True) is Verdict.TO_SALESFORCE
    assert merged(HELD, later, Group.TIME, withheld=True) is Verdict.TO_NOTES
    latest = given.image(location="Room 1", ends_at="2026-03-02T11:00Z")
    assert merged(later, latest, Group.TIME, withheld=True) is Verdict.CONFLICT


def test_withheld_text_has_no_shortened_copies() -> None:
    cut = {Side.NOTES: CUT, Side.SALESFORCE: CUT}
    assert merged(HERE, HELD, to_salesforce=Projected(BUSY), base_shortened=cut, withheld=True) is (
        Verdict.TO_SALESFORCE
    )


PRIVATE = given.changed(HELD, private=True)


def test_the_public_copy_of_a_private_entry_is_marked_though_neither_side_was_edited() -> None:
    """The rule for private entries changed after they were linked: text must not go to a copy that everybody can read."""
    linked: dict[str, Any] = {"notes_base": PRIVATE, "salesforce_base": HELD}
    assert merged(PRIVATE, HELD, Group.PRIVACY, **linked) is Verdict.TO_SALESFORCE
    projected = {"to_salesforce": Projected(HELD), "to_notes": Projected(PRIVATE)}
    assert merged(PRIVATE, HELD, Group.PRIVACY, **linked, **projected) is Verdict.SAME
    both = {"notes_base": PRIVATE, "salesforce_base": PRIVATE}
    assert merged(PRIVATE, PRIVATE, Group.PRIVACY, **both) is Verdict.SAME
    assert merged(PRIVATE, HELD, Group.PRIVACY, **both) is Verdict.TO_NOTES
    assert merged(HELD, PRIVATE, Group.PRIVACY, salesforce_base=PRIVATE) is Verdict.SAME
    other = given.changed(PRIVATE, subject="Other")
    assert merged(other, HELD, notes_base=other, salesforce_base=HELD) is Verdict.SAME


# what a frame answers


def test_a_verdict_knows_its_target_and_its_bars() -> None:
    notes, salesforce = (Bar(kind, given.UNREADABLE) for kind in (BarKind.HELD, BarKind.FORBIDDEN))
    one = GroupVerdict(Group.SUBJECT, Verdict.TO_NOTES, notes, salesforce)
    assert (one.bar(Side.NOTES), one.bar(Side.SALESFORCE)) == (notes, salesforce)
    targets = {verdict: GroupVerdict(Group.SUBJECT, verdict).target() for verdict in Verdict}
    assert targets == {
        **dict.fromkeys(Verdict),
        Verdict.TO_NOTES: Side.NOTES,
        Verdict.TO_SALESFORCE: Side.SALESFORCE,
    }


def test_a_frame_answers_for_each_side() -> None:
    images = [given.image(subject=str(number)) for number in range(6)]
    cut_notes, cut_salesforce = frozenset({Group.SUBJECT}), frozenset({Group.LOCATION})
    frame = Frame(
        notes=images[0],
        salesforce=images[1],
        notes_base=images[2],
        salesforce_base=images[3],
        to_salesforce=images[4],
        to_notes=images[5],
        verdicts=(
            GroupVerdict(Group.SUBJECT, Verdict.TO_NOTES),
            GroupVerdict(Group.TIME, Verdict.CONFLICT),
            GroupVerdict(Group.LOCATION, Verdict.SAME),
        ),
        shortened_to_salesforce=cut_salesforce,
        shortened_to_notes=cut_notes,
    )
    assert [frame.now(side) for side in (Side.NOTES, Side.SALESFORCE)] == images[0:2]
    assert [frame.base(side) for side in (Side.NOTES, Side.SALESFORCE)] == images[2:4]
    assert [frame.wanted(side) for side in (Side.SALESFORCE, Side.NOTES)] == images[4:6]
    assert frame.shortened(Side.NOTES) == cut_notes
    assert frame.shortened(Side.SALESFORCE) == cut_salesforce
    assert frame.groups(Verdict.TO_NOTES, Verdict.CONFLICT) == (Group.SUBJECT, Group.TIME)
    assert frame.groups() == ()
