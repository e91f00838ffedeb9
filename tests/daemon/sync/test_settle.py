"""What Ok carries out, and what it refuses."""

from __future__ import annotations

import pytest

from daemon.sync.proposal import Proposal
from daemon.sync.settle import settle
from shared.models import Image
from shared.states import Answer, Decision, Group, Side
from tests.fakes import planner_inputs as given
from tests.fakes.planner_world import World


def conflict() -> Proposal:
    """Subject in conflict, location edited in Notes, description edited in Salesforce."""
    world = World()
    world.link("a", given.image(), given.image())
    world.edit(Side.NOTES, "a#", subject="Here", location="Room 1")
    world.edit(Side.SALESFORCE, "S-a", subject="There", description="More")
    return world.plan().changes[0]


@pytest.mark.parametrize(
    ("decision", "options", "sentence"),
    [
        (Decision.APPROVE, {}, "This row does not offer approve"),
        (Decision.ANSWER, {"answer": Answer.PAIR}, "This row does not offer the answer pair"),
        (Decision.CHOOSE_FIELDS, {}, "Choose a side for subject, too"),
        (Decision.CHOOSE_FIELDS, {"fields": {Group.SHOW_AS: Side.NOTES}}, "show_as does not differ"),
    ],
)
def test_what_the_row_does_not_offer_is_refused(decision: Decision, options: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        settle(conflict(), decision, **options)


def test_undecided_and_ignores_write_nothing() -> None:
    for decision in (Decision.UNDECIDED, Decision.IGNORE_FOREVER, Decision.IGNORE_UNTIL_CHANGE):
        assert settle(conflict(), decision).writes == ()
        assert settle(conflict(), decision).link_state is None


def test_a_side_in_a_conflict_keeps_the_disjoint_edits_of_the_other() -> None:
    found = settle(conflict(), Decision.USE_SALESFORCE)
    after = {write.side: write.after for write in found.writes}
    expected = given.image(subject="There", location="Room 1", description="More")
    assert after == {Side.NOTES: expected, Side.SALESFORCE: expected}
    assert {write.side: write.groups for write in found.writes} == {
        Side.NOTES: {Group.SUBJECT, Group.DESCRIPTION},
        Side.SALESFORCE: {Group.LOCATION},
    }
    assert found.notes_body_written == "More"
    assert (found.notes_image, found.salesforce_image) == (expected, expected)


def test_fields_chosen_one_by_one() -> None:
    fields = {Group.SUBJECT: Side.NOTES, Group.LOCATION: Side.SALESFORCE}
    found = settle(conflict(), Decision.CHOOSE_FIELDS, fields=fields)
    expected = given.image(subject="Here", description="More")
    assert found.notes_image == found.salesforce_image == expected


def test_writes_carry_what_was_seen_and_its_version() -> None:
    world = World()
    world.link("a", given.image(), given.image())
    world.versions["S-a"] = 5
    world.edit(Side.NOTES, "a#", subject="Here")
    write = settle(world.plan().changes[0], Decision.APPROVE).writes[0]
    assert (write.kind, write.key, write.expected_version) == ("update", "S-a", "5")
    assert write.before == given.image()
    assert write.after == given.image(subject="Here")
    assert write.groups == {Group.SUBJECT}


def two_partners() -> tuple[World, Proposal]:
    world = World(notes={"a#": given.image(location="Room 1")})
    held: Image = given.image()
    world.salesforce = {"S-a": held, "S-b": given.changed(held, location="Room 2")}
    return world, world.plan().changes[0]


def test_a_partner_must_be_named_where_there_are_several() -> None:
    _, row = two_partners()
    assert len(row.candidates) == 2
    with pytest.raises(ValueError, match="2 possible partners"):
        settle(row, Decision.ANSWER, answer=Answer.PAIR)
    with pytest.raises(ValueError, match="does not offer"):
        settle(row, Decision.ANSWER, answer=Answer.PAIR, candidate="nobody")
    chosen = settle(row, Decision.ANSWER, answer=Answer.PAIR, candidate=row.candidates[1].id)
    assert chosen.salesforce_key == "S-b"


def test_keep_apart_without_a_name_means_all() -> None:
    _, row = two_partners()
    found = settle(row, Decision.ANSWER, answer=Answer.KEEP_APART)
    assert found.kept_apart == (("a#", "S-a"), ("a#", "S-b"))
    one = settle(row, Decision.ANSWER, answer=Answer.KEEP_APART, candidate=row.candidates[0].id)
    assert one.keep_apart == ("a#", "S-a")
