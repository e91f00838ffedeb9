"""The key of a create: the same for every attempt, another one for everything that is another create."""

from __future__ import annotations

from dataclasses import replace

from msgspec.structs import replace as replace_image

from daemon.runs.create_keys import create_key, recognisable
from daemon.sync.trees import Record, Tree, Trees
from shared.models import Image, OneDecision
from shared.states import Action, Answer, Decision, Side
from tests.fakes.engine import Bench

MEETING = Image(subject="Lunch", starts_at="2026-03-12T09:00Z", ends_at="2026-03-12T10:00Z")


def test_the_key_names_pairing_side_item_generation_and_answer() -> None:
    """Catches: two creates with one key (the second would be refused), or a new key per attempt (it would be doubled)."""
    plain = ("p", Side.SALESFORCE, "uid#", 1, 0)
    others = [
        ("q", *plain[1:]),
        ("p", Side.NOTES, *plain[2:]),
        (*plain[:2], "uid2#", 1, 0),
        (*plain[:3], 2, 0),
        (*plain[:4], 1),
    ]
    keys = {create_key(*each) for each in (plain, plain, *others)}
    assert len(keys) == 6


def test_our_own_records_are_recognised_only_where_the_org_keeps_keys() -> None:
    """Catches: keys invented for an org without the field, or a key that is on the record replaced."""
    record = Record("uid#", "1", Image(), b"d")
    copy = Record("00U1", "1", Image(), b"d", foreign_key=create_key("p", Side.SALESFORCE, "uid#", 1))
    notes = Tree(Side.NOTES, {"uid#": record, "kept#": replace(record, key="kept#", foreign_key="own")})
    plain = Trees(notes, Tree(Side.SALESFORCE, {"00U1": replace(copy, foreign_key="")}))
    assert recognisable(plain, "p") is plain
    found = recognisable(replace(plain, salesforce=Tree(Side.SALESFORCE, {"00U1": copy})), "p").notes.records
    assert found["uid#"].foreign_key == copy.foreign_key and found["kept#"].foreign_key == "own"


def test_our_copy_in_notes_is_recognised_after_the_state_was_lost() -> None:
    """Catches: both copied to the other side, because one was edited after the state had been lost (seed 598)."""
    bench = Bench(keyed=False)
    event = bench.salesforce.put(MEETING)
    bench.start()
    bench.ok()
    (entry,) = bench.notes.entries
    bench.lose_database()
    bench.salesforce.edit(event, subject="Moved", starts_at="2026-03-19T09:00Z", ends_at="2026-03-19T10:00Z")
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.notes_key, row.salesforce_key) == (Action.LINK, entry, event)
    assert row.why[0].code == "why.carries_our_key"
    assert row.default_decision is Decision.UNDECIDED, "nothing tells which side was edited"
    bench.close()


def test_an_older_copy_out_of_the_bin_is_asked_about() -> None:
    """Catches: one meeting twice on both sides, after a deleted entry was made anew and then came out of the bin."""
    bench = Bench(keyed=False)
    event = bench.salesforce.put(MEETING)
    bench.start()
    bench.ok()
    bench.clock.advance(minutes=13)
    (old,) = bench.notes.entries
    image = bench.notes.entries[old].image
    bench.notes.remove(old)
    bench.salesforce.edit(event, location="Room 1")
    bench.start()
    (row,) = bench.rows()
    keep = OneDecision(change=row.id, revision=row.revision, decision=Decision.ANSWER, answer=Answer.KEEP_EDIT)
    bench.decide([keep])
    bench.ok()
    bench.clock.advance(minutes=13)
    bench.notes.restore(old, image)
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.notes_key, row.summary.code) == (Action.QUESTION, old, "summary.extra_copy")
    delete = OneDecision(change=row.id, revision=row.revision, decision=Decision.ANSWER, answer=Answer.DELETE_COPY)
    bench.decide([delete])
    assert bench.review is not None
    bench.ok(bench.review.deletions())
    bench.clock.advance(minutes=13)
    assert bench.start() is None
    assert (len(bench.notes.entries), list(bench.salesforce.entries)) == (1, [event])
    bench.close()


def test_what_became_private_before_the_state_was_lost_is_asked_about() -> None:
    bench = Bench(keyed=False)
    bench.salesforce.put(MEETING)
    bench.start()
    bench.ok()
    (entry,) = bench.notes.entries
    bench.lose_database()
    bench.notes.edit(entry, private=True, subject="Doctor")
    bench.start()
    (row,) = bench.rows()
    assert row.action is Action.QUESTION
    assert "Doctor" not in repr(row)
    bench.close()


def test_an_exact_twin_goes_before_an_older_copy() -> None:
    """Catches: a duplicate on both sides by default, because the key of a copy out of the bin outweighed the pair itself."""
    bench = Bench(keyed=False)
    event = bench.salesforce.put(MEETING)
    bench.start()
    bench.ok()
    bench.clock.advance(minutes=13)
    (old,) = bench.notes.entries
    image = bench.notes.entries[old].image
    bench.notes.remove(old)
    bench.salesforce.edit(event, location="Room 1")
    bench.start()
    (row,) = bench.rows()
    keep = OneDecision(change=row.id, revision=row.revision, decision=Decision.ANSWER, answer=Answer.KEEP_EDIT)
    bench.decide([keep])
    bench.ok()
    bench.clock.advance(minutes=13)
    (copy,) = bench.notes.entries
    bench.salesforce.edit(event, starts_at="2026-03-12T11:00Z", ends_at="2026-03-12T12:00Z")
    bench.start()
    bench.ok()
    bench.lose_database()
    bench.notes.restore(old, image)
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.notes_key, row.salesforce_key) == (Action.LINK, copy, event)
    bench.ok()
    bench.clock.advance(minutes=13)
    bench.start()
    (row,) = bench.rows()
    assert (row.notes_key, row.summary.code) == (old, "summary.extra_copy")
    bench.close()


def test_our_copy_of_an_event_that_is_gone_is_not_made_an_event_again() -> None:
    """Catches: a deleted event that comes back by default, because the deletion fell into the time of the lost state."""
    bench = Bench(keyed=False)
    event = bench.salesforce.put(MEETING)
    bench.start()
    bench.ok()
    bench.lose_database()
    bench.salesforce.remove(event)
    bench.start()
    (row,) = bench.rows()
    assert (row.action, row.default_decision) == (Action.QUESTION, Decision.UNDECIDED)
    assert [one.answer for one in row.choices if one.answer is not None] == [
        Answer.DETACH,
        Answer.RECREATE,
        Answer.DELETE_COPY,
    ]
    bench.close()


def test_dates_that_the_person_adds_to_our_copy_are_new_ones() -> None:
    """Catches: «its partner is gone» for each date, because somebody made an entry repeat that was once our copy."""
    bench = Bench(keyed=False)
    bench.salesforce.put(MEETING)
    bench.start()
    bench.ok()
    bench.clock.advance(minutes=13)
    (copy,) = bench.notes.entries
    uid = copy.rstrip("#")
    dates = [f"{uid}#202603{day}T090000Z" for day in (19, 26)]
    for key in dates:
        day = key[-10:-8]
        image = replace_image(MEETING, starts_at=f"2026-03-{day}T09:00Z", ends_at=f"2026-03-{day}T10:00Z")
        bench.notes.restore(key, image)
    bench.start()
    assert {row.notes_key: row.action for row in bench.rows()} == dict.fromkeys(dates, Action.CREATE_IN_SALESFORCE)
    bench.close()
