"""Worked examples of whole plans, as a person would tell them."""

from __future__ import annotations

import re
from dataclasses import replace

from daemon.sync.appointment import item_id
from daemon.sync.base import LinkState
from daemon.sync.plan import plan, plan_hash
from daemon.sync.proposal import Plan, Proposal
from daemon.sync.settle import settle
from daemon.sync.trees import LeftOut, Tree
from shared.models import Attachment, Image, Person
from shared.states import Action, Answer, Decision, Group, LeftOutReason, Risk, Side
from shared.texts import text
from tests.fakes import planner_inputs as given
from tests.fakes.planner_world import Chosen, World, encoded

ADA = Person(name="Ada Example", email="ada@example.com", role="required")


def only(found: Plan) -> Proposal:
    assert len(found.changes) == 1, [row.action for row in found.changes]
    return found.changes[0]


def offers(row: Proposal) -> list[str]:
    return [str(choice.answer or choice.decision) for choice in row.choices]


def linked(notes: Image | None = None, salesforce: Image | None = None, **rules: object) -> World:
    world = World()
    notes = notes or given.image()
    world.link("a", notes, salesforce or notes)
    world.rules = replace(world.rules, **rules)  # type: ignore[arg-type]
    return world


def test_a_new_entry_is_created_on_the_other_side() -> None:
    world = World(notes={"a#": given.image(attachments=(Attachment(name="plan.pdf"),), description="Bring it")})
    row = only(world.plan())
    assert (row.action, row.default_decision, row.risks) == (Action.CREATE_IN_SALESFORCE, Decision.APPROVE, ())
    assert row.id == item_id(given.PAIRING, Side.NOTES, "a#")
    world.run()
    assert "plan.pdf" in world.salesforce["S-made-1"].description
    assert not world.plan().changes


def test_an_edit_around_the_block_comes_back_without_it() -> None:
    world = World(notes={"a#": given.image(attachments=(Attachment(name="plan.pdf"),), description="Bring it")})
    world.rules = replace(world.rules, protect_formatting=False)
    world.run()
    held = world.salesforce["S-made-1"].description
    world.edit(Side.SALESFORCE, "S-made-1", description=f"First\r\n{held}\r\nLast")
    row = only(world.plan())
    assert row.action is Action.UPDATE_IN_NOTES
    world.run()
    assert world.notes["a#"].description == "First\nBring it\n\nLast"
    assert not world.plan().changes


def test_a_formatted_body_is_not_overwritten_but_the_rest_is() -> None:
    world = linked(given.image(description="Formatted in Notes"))
    world.edit(Side.SALESFORCE, "S-a", description="Typed in Salesforce")
    assert not world.plan().changes
    assert world.plan().quiet["link-a"][0].code == "why.formatting_protected"
    world.edit(Side.SALESFORCE, "S-a", location="Room 2")
    row = only(world.plan())
    assert "why.formatting_protected" in [one.code for one in row.why]
    world.run()
    assert (world.notes["a#"].location, world.notes["a#"].description) == ("Room 2", "Formatted in Notes")
    assert not world.plan().changes


def test_a_body_we_wrote_may_be_overwritten() -> None:
    world = World(salesforce={"S-a": given.image(description="First text")})
    world.run()
    world.edit(Side.SALESFORCE, "S-a", description="Second text")
    world.run()
    assert world.notes["made-1#"].description == "Second text"


def test_a_conflict_on_a_protected_body_ends_with_either_choice() -> None:
    for decision in (Decision.USE_SALESFORCE, Decision.USE_NOTES):
        world = linked(given.image(description="Old"))
        world.edit(Side.SALESFORCE, "S-a", description="From Salesforce")
        world.edit(Side.NOTES, "a#", description="From Notes")
        assert only(world.plan()).action is Action.CONFLICT
        world.run(lambda row, decision=decision: Chosen(decision))  # type: ignore[misc]
        assert world.notes["a#"].description == "From Notes"
        assert not world.plan().changes


def test_tentative_is_free_in_salesforce_and_never_comes_back() -> None:
    world = World(notes={"a#": given.image(show_as="tentative")})
    world.run()
    assert world.salesforce["S-made-1"].show_as == "free"
    world.edit(Side.SALESFORCE, "S-made-1", location="Room 2")
    world.run()
    assert (world.notes["a#"].show_as, world.notes["a#"].location) == ("tentative", "Room 2")
    world.edit(Side.NOTES, "a#", show_as="free")
    assert [one.kind for one in world.plan().upkeep] == ["rebase"]


def test_use_notes_on_a_deletion_creates_the_copy_again() -> None:
    world = linked()
    world.delete(Side.SALESFORCE, "S-a")
    row = only(world.plan())
    assert (row.action, row.default_decision, row.risks) == (
        Action.DELETE_IN_NOTES,
        Decision.UNDECIDED,
        (Risk.DELETION,),
    )
    world.run(lambda row: Chosen(Decision.USE_NOTES))
    assert world.salesforce["S-made-1"].subject == "Visit"
    assert world.links["link-a"].generation == 2
    assert not world.plan().changes


def test_use_salesforce_undoes_an_edit_in_notes() -> None:
    world = linked()
    world.edit(Side.NOTES, "a#", subject="Wrong", location="Nowhere")
    world.run(lambda row: Chosen(Decision.USE_SALESFORCE))
    assert world.notes["a#"] == given.image()
    assert not world.plan().changes


def test_removed_earlier_stays_away_until_it_changes() -> None:
    world = linked()
    held = world.notes["a#"]
    world.delete(Side.NOTES, "a#")
    world.run()
    assert "S-a" not in world.salesforce
    world.gone[Side.NOTES].clear()
    world.notes["a#"] = held  # the person takes it out of the trash again
    assert not world.plan().changes
    assert world.plan().quiet["link-a"][0].code == "quiet.removed_earlier"
    world.edit(Side.NOTES, "a#", location="Room 3")
    row = only(world.plan())
    assert (row.action, row.risks) == (Action.CREATE_IN_SALESFORCE, (Risk.RECREATES_REMOVED,))
    world.run()
    assert world.links["link-a"].generation == 2


def test_became_private_every_answer() -> None:
    for answer, left in (
        (Answer.DELETE_COPY, None),
        (Answer.HIDE_TEXT, "Private appointment"),
        (Answer.LEAVE_COPY, "Visit"),
    ):
        world = linked(given.image(description="Secret"))
        world.edit(Side.NOTES, "a#", private=True)
        row = only(world.plan())
        assert row.action is Action.WITHDRAW_FROM_SALESFORCE
        assert offers(row)[:3] == ["delete_copy", "hide_text", "leave_copy"]
        assert row.title == "Private appointment"
        world.run(lambda row, answer=answer: Chosen(Decision.ANSWER, answer))  # type: ignore[misc]
        copy = world.salesforce.get("S-a")
        assert (copy.subject if copy else None) == left
        assert b"Secret" not in world.links["link-a"].notes_json + world.links["link-a"].salesforce_json
        assert not world.plan().changes
        world.edit(Side.NOTES, "a#", private=False)  # and public again: everything flows as before
        again = only(world.plan()).action if left != "Visit" else None
        assert again in (None, Action.CREATE_IN_SALESFORCE, Action.UPDATE_IN_SALESFORCE)
        world.run()
        assert [one.subject for one in world.salesforce.values()] == ["Visit"]
        assert not world.plan().changes
        assert not world.links["link-a"].private_seen


def test_private_in_salesforce_marks_the_notes_copy() -> None:
    world = linked()
    world.edit(Side.SALESFORCE, "S-a", private=True)
    row = only(world.plan())
    assert row.action is Action.MAKE_PRIVATE_IN_NOTES
    assert offers(row)[:2] == ["mark_private", "leave_copy"]
    world.run()
    assert world.notes["a#"].private
    assert world.notes["a#"].subject == "Visit"
    assert not world.plan().changes
    world.edit(Side.SALESFORCE, "S-a", private=False)
    assert not world.plan().changes


def test_busy_only_carries_the_time_alone() -> None:
    secret = given.image(subject="Secret", location="Secret", description="Secret", private=True, invitees=(ADA,))
    world = World(notes={"a#": secret}, rules=replace(given.RULES, private="busy_only", invitees_in_description=True))
    world.run()
    copy = world.salesforce["S-made-1"]
    assert (copy.subject, copy.location, copy.description, copy.private) == ("Private appointment", "", "", False)
    world.edit(Side.SALESFORCE, "S-made-1", starts_at="2026-03-02T11:00Z", ends_at="2026-03-02T12:00Z", location="X")
    world.run()
    assert world.notes["a#"] == given.changed(secret, starts_at="2026-03-02T11:00Z", ends_at="2026-03-02T12:00Z")
    assert not world.plan().changes
    assert all(b"Secret" not in link.notes_json + link.salesforce_json for link in world.links.values())


def test_busy_only_erases_the_text_of_what_became_private() -> None:
    world = linked(given.image(location="Room 1"), private="busy_only")
    world.edit(Side.NOTES, "a#", private=True)
    row = only(world.plan())
    assert (row.action, row.risks) == (Action.UPDATE_IN_SALESFORCE, (Risk.PRIVATE,))
    world.run()
    assert (world.salesforce["S-a"].subject, world.salesforce["S-a"].location) == ("Private appointment", "")
    world.edit(Side.NOTES, "a#", private=False)
    world.run()
    assert world.salesforce["S-a"] == given.image(location="Room 1")


def test_carry_takes_the_flag_along() -> None:
    world = linked(private="carry")
    world.edit(Side.NOTES, "a#", private=True)
    row = only(world.plan())
    assert (row.action, row.title) == (Action.UPDATE_IN_SALESFORCE, "Visit")
    world.run()
    assert world.salesforce["S-a"].private


def test_left_the_filters_every_answer() -> None:
    for answer in (Answer.DETACH, Answer.DELETE_COPY, Answer.KEEP_SYNCING):
        world = linked(subject_exclude=re.compile("^Out"))
        world.edit(Side.NOTES, "a#", subject="Out of it")
        row = only(world.plan())
        assert row.action is Action.QUESTION
        assert offers(row)[:3] == ["detach", "delete_copy", "keep_syncing"]
        assert row.choices[0].recommended
        world.run(lambda row, answer=answer: Chosen(Decision.ANSWER, answer))  # type: ignore[misc]
        assert ("S-a" in world.salesforce) == (answer is not Answer.DELETE_COPY)
        actions = [row.action for row in world.plan().changes]
        assert actions == ([Action.UPDATE_IN_SALESFORCE] if answer is Answer.KEEP_SYNCING else [])


def test_a_meeting_of_someone_else_is_locked_in_notes() -> None:
    world = linked()
    world.edit(Side.SALESFORCE, "S-a", subject="Changed", description="Mine")
    trees = world.trees()
    meeting = replace(trees.notes.records["a#"], organised_by_other=True)
    trees = replace(trees, notes=replace(trees.notes, records={"a#": meeting}))
    row = only(plan(trees, world.base(), world.rules))
    assert row.action is Action.UPDATE_IN_NOTES
    assert row.settlements[0] is not None
    assert row.settlements[0].writes[0].groups == {Group.DESCRIPTION}
    assert "cannot.organised_by_other" in [one.code for one in row.why]
    gone = replace(trees, salesforce=replace(trees.salesforce, records={}, gone={"S-a": given.Evidence("tombstone")}))
    row = only(plan(gone, world.base(), world.rules))
    assert row.action is Action.QUESTION
    assert offers(row)[:3] == ["detach", "recreate", "delete_copy"]


def test_own_meetings_with_invitees_take_their_own_tick() -> None:
    world = linked(given.image(invitees=(ADA,)), given.image())
    world.edit(Side.SALESFORCE, "S-a", location="Room 2")
    row = only(world.plan())
    assert (row.risks, row.default_decision) == ((Risk.HAS_INVITEES,), Decision.UNDECIDED)


def test_moves_that_look_like_a_mistake_are_risky() -> None:
    cases = (("2026-03-02T10:00Z", "2026-03-02T10:30Z", (Risk.ZONE_LIKE_SHIFT,)),)
    cases += (("2026-03-02T11:00Z", "2026-03-02T11:30Z", ()),)  # type: ignore[assignment]
    cases += (("2026-03-09T09:00Z", "2026-03-09T09:30Z", (Risk.MOVED_FAR,)),)
    cases += (("2026-03-03T09:00Z", "2026-03-03T09:30Z", (Risk.ZONE_LIKE_SHIFT,)),)
    for start, end, risks in cases:
        world = linked()
        world.edit(Side.NOTES, "a#", starts_at=start, ends_at=end)
        assert only(world.plan()).risks == risks


def test_an_item_moved_out_of_the_window_by_an_edit_still_travels() -> None:
    world = linked()
    world.edit(Side.NOTES, "a#", starts_at="2028-03-02T09:00Z", ends_at="2028-03-02T09:30Z")
    assert only(world.plan()).action is Action.UPDATE_IN_SALESFORCE
    world.run()
    found = world.plan()
    assert not found.changes
    assert found.left_out[(Side.NOTES, "a#")].reason is LeftOutReason.OUTSIDE_WINDOW


def test_an_unlisted_partner_is_looked_up_before_anything_is_said() -> None:
    world = linked()
    world.hide[Side.SALESFORCE] = {"S-a"}
    found = world.plan()
    assert found.wanted == {(Side.SALESFORCE, "S-a")}
    assert not found.changes


def test_direction_to_salesforce_leaves_notes_alone() -> None:
    world = linked(direction="to_salesforce")
    world.edit(Side.SALESFORCE, "S-a", subject="Changed there")
    world.salesforce["S-b"] = given.image(
        subject="New there", starts_at="2026-04-02T09:00Z", ends_at="2026-04-02T10:00Z"
    )
    found = world.plan()
    assert not found.changes
    assert found.quiet["link-a"][0].code == "quiet.forbidden"
    assert found.quiet[item_id(given.PAIRING, Side.SALESFORCE, "S-b")][0].code == "quiet.forbidden"
    world.edit(Side.NOTES, "a#", subject="Changed here")
    row = only(world.plan())
    assert offers(row)[:2] == ["use_notes", "choose_fields"]


def test_conflicts_may_be_preselected_but_are_shown() -> None:
    world = linked(conflicts="notes")
    world.edit(Side.NOTES, "a#", subject="Here")
    world.edit(Side.SALESFORCE, "S-a", subject="There")
    row = only(world.plan())
    assert (row.action, row.default_decision) == (Action.CONFLICT, Decision.USE_NOTES)
    chosen = settle(row, Decision.CHOOSE_FIELDS, fields={Group.SUBJECT: Side.SALESFORCE})
    assert [(write.side, write.groups) for write in chosen.writes] == [(Side.NOTES, {Group.SUBJECT})]


def test_twins_that_differ_are_linked_field_by_field() -> None:
    world = World(notes={"a#": given.image(location="Room 1")}, salesforce={"S-a": given.image(location="Room 2")})
    row = only(world.plan())
    assert (row.action, row.summary.code if row.summary else "") == (Action.LINK, "summary.link_differs")
    assert row.default_decision is Decision.UNDECIDED
    world.run(lambda row: Chosen(Decision.USE_NOTES))
    assert world.salesforce["S-a"].location == "Room 1"
    assert not world.plan().changes


def test_alike_items_are_asked_about_and_kept_apart_for_good() -> None:
    late = given.image(subject="Visit.", starts_at="2026-03-02T09:10Z", ends_at="2026-03-02T09:40Z")
    late_pair = World(notes={"a#": given.image(subject="Visit Example")}, salesforce={"S-a": late})
    late_pair.salesforce["S-a"] = given.changed(late, subject="Visit Exmple")
    row = only(late_pair.plan())
    assert row.action is Action.QUESTION
    assert offers(row)[:2] == ["pair", "keep_apart"]
    late_pair.run(lambda row: Chosen(Decision.ANSWER, Answer.KEEP_APART))
    assert {row.action for row in late_pair.plan().changes} == {Action.CREATE_IN_NOTES, Action.CREATE_IN_SALESFORCE}


def test_an_unreadable_entry_is_shown_once() -> None:
    left = LeftOut(LeftOutReason.UNREADABLE, "x#", "Odd entry", why=text("cannot.unreadable"))
    notes = Tree(Side.NOTES, left_out={"x#": left}, capabilities=given.NOTES_CAN)
    found = plan(given.trees(notes), given.base(), given.RULES)
    row = only(found)
    assert (row.action, row.title) == (Action.CANNOT_SYNC, "Odd entry")
    again = plan(given.trees(notes), given.base(acknowledged={row.id: row.revision}), given.RULES)
    assert not again.changes
    assert again.left_out[(Side.NOTES, "x#")].reason is LeftOutReason.UNREADABLE


def test_the_plan_hash_covers_every_row_and_revision() -> None:
    world = linked()
    empty = world.plan().plan_hash
    world.edit(Side.NOTES, "a#", subject="One")
    first = world.plan()
    world.edit(Side.NOTES, "a#", subject="Two")
    second = world.plan()
    assert len({empty, first.plan_hash, second.plan_hash}) == 3
    assert first.changes[0].id == second.changes[0].id
    assert plan_hash(tuple(reversed(second.changes))) == second.plan_hash


def test_a_touched_version_changes_neither_plan_nor_revision() -> None:
    world = linked()
    world.edit(Side.NOTES, "a#", subject="One")
    before = only(world.plan()).revision
    world.versions["a#"] = 99
    assert only(world.plan()).revision == before


def test_a_lost_base_compares_two_ways_and_deletes_nothing() -> None:
    from daemon.sync.base import LinkState

    world = linked()
    world.links["link-a"] = given.link(None, None, state=LinkState.NO_BASE)
    assert [one.kind for one in world.plan().upkeep] == ["rebase"]
    world.edit(Side.NOTES, "a#", location="Room 1")
    assert only(world.plan()).action is Action.CONFLICT
    world.delete(Side.SALESFORCE, "S-a")
    row = only(world.plan())
    assert (row.action, offers(row)[:3]) == (Action.QUESTION, ["detach", "recreate", "delete_copy"])


def test_the_undo_of_a_text_that_notes_keeps_is_not_offered() -> None:
    world = linked()
    world.edit(Side.NOTES, "a#", description="Formatted in Notes")
    assert offers(only(world.plan()))[:2] == ["approve", "ignore_until_change"]


def test_identical_twins_pair_off_one_to_one_in_any_order() -> None:
    same = {
        "notes": {"a#": given.image(), "b#": given.image()},
        "salesforce": {"S-a": given.image(), "S-b": given.image()},
    }
    for order in (list, reversed):
        world = World(notes=dict(same["notes"]), salesforce=dict(same["salesforce"]))
        world.run(order=order)  # type: ignore[arg-type]
        assert {(one.notes_key, one.salesforce_key) for one in world.links.values()} == {("a#", "S-a"), ("b#", "S-b")}
        assert not world.plan().changes


def test_a_second_pair_matches_whatever_the_first_did() -> None:
    later = given.image(subject="Call", starts_at="2026-05-02T09:00Z", ends_at="2026-05-02T09:30Z")
    world = World(notes={"a#": given.image(), "b#": later}, salesforce={"S-a": given.image(), "S-b": later})
    assert [row.action for row in world.plan().changes] == [Action.LINK, Action.LINK]


def test_links_in_any_order_give_the_same_bytes() -> None:
    world = World()
    for name in "abcdefgh":
        world.link(name, given.image(), given.image())
    turned = replace(world.base(), links=tuple(reversed(world.base().links)))
    assert encoded(plan(world.trees(), turned, world.rules)) == encoded(world.plan())


def test_an_edit_that_cannot_be_held_asks_nothing_about_the_window() -> None:
    later = given.image(starts_at="2028-01-01T08:00Z", ends_at="2028-01-01T09:00Z")
    world = linked(later)
    world.edit(Side.NOTES, "a#", starts_at="2026-03-02T08:00Z", ends_at="2026-03-01T09:00Z")
    assert only(world.plan()).action is Action.CANNOT_SYNC


def test_a_pair_that_was_deleted_and_came_back_differently_is_one_question() -> None:
    """Catches: two rows of one name, and two doubles by default, after both halves came out of the bin and were edited."""
    world = linked()
    world.links = {name: replace(link, state=LinkState.TOMBSTONE) for name, link in world.links.items()}
    world.notes["a#"] = given.image(subject="Budget")
    world.salesforce["S-a"] = given.image(subject="Forecast")
    row = only(world.plan())
    assert row.action is Action.QUESTION
    assert row.why[0].code == "why.once_paired"
    assert {"pair", "keep_apart"} <= set(offers(row))
    world.run(lambda one: Chosen(Decision.ANSWER, Answer.KEEP_APART, one.candidates[0].id))
    rows = world.plan().changes
    assert sorted(one.action for one in rows) == [Action.CREATE_IN_NOTES, Action.CREATE_IN_SALESFORCE]
    assert len({one.id for one in rows}) == 2
