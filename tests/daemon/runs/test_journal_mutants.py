"""The journal alone: what each phase writes down, and how every kind of open operation is settled by looking.

Real Journal, Comparer, Committer and stores on SQLite in memory; the calendars are MemorySide. Each case exists because a
mutant of daemon/runs/journal.py lived without it (tests/soak/mutation.py).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from daemon.runs.journal import QUARANTINE, holds, write_of
from daemon.sides.contract import SideUnavailable, Traces, Write
from daemon.store.runs import RowOutcome
from daemon.sync.base import LinkState
from daemon.sync.proposal import Settlement
from daemon.sync.trees import Capabilities
from shared.models import Text
from shared.states import Result, Side
from tests.fakes import planner_inputs as given
from tests.fakes.journal_desk import (
    AFTER_QUARANTINE,
    CALL,
    NOW,
    RULES,
    STAMP,
    SUBJECT,
    VISIT,
    Desk,
    a_desk,
    operation,
    outcome,
    record,
    unkeyed,
)
from tests.fakes.memory_side import MemorySide, created_uid, sentence

__all__ = ["a_desk"]


# what is handed to a side


def test_a_write_is_the_operation_word_for_word() -> None:
    op = operation(before_raw="RAW", create_key="ck", key="a#", series_key="sk")
    assert write_of(op) == Write(
        op_id="o1",
        kind="update",
        key="a#",
        expected_version="v1",
        before=VISIT,
        after=CALL,
        groups=SUBJECT,
        create_key="ck",
        raw="RAW",
        series_key="sk",
    )


def test_an_image_holds_what_was_wanted_in_the_groups_that_were_written() -> None:
    op = operation()
    elsewhere = given.image(subject="Call", location="Room 2")
    assert holds(CALL, elsewhere, op)
    assert not holds(CALL, VISIT, op)
    assert holds(CALL, given.image(subject=" Call "), op), "harmless rewriting of the server"
    assert holds(given.image(subject=" Call "), CALL, op), "harmless rewriting of the server"
    assert not holds(None, CALL, op)


# what each phase writes down


def test_intents_and_rows_land_together_or_not_at_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    op = operation()
    row = desk.intend(op)
    assert desk.runs.open_ops(desk.pairing) == [op]
    assert desk.result() == row

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(desk.runs, "journal", full)
    with pytest.raises(OSError):
        desk.journal.intend(desk.pairing, [outcome((), change="second")], [])
    assert "second" not in desk.runs.outcomes("run")


def test_a_row_with_nothing_open_is_written_down(desk: Desk) -> None:
    row = outcome((), result=Result.FAILED, error=sentence("No."))
    desk.journal.remember(row)
    assert desk.result() == row


def test_sent_marks_each_operation_with_the_moment(desk: Desk) -> None:
    ops = [operation(), operation(id="o2")]
    desk.journal.sent(desk.pairing, ops)
    assert [(op.id, op.phase, op.sent_at) for op in desk.runs.open_ops(desk.pairing)] == [
        ("o1", "sent", STAMP),
        ("o2", "sent", STAMP),
    ]


def test_acked_keeps_what_the_side_holds_now(desk: Desk) -> None:
    found = record(CALL, version="v7")
    op = desk.journal.acked(desk.pairing, operation(), "a#", found)
    assert op == desk.stored() == desk.runs.open_ops(desk.pairing)[0]
    assert (op.phase, op.stored_key, op.stored_version, op.stored, op.adopted) == ("acked", "a#", "v7", CALL, False)


def test_acked_without_a_record_holds_nothing(desk: Desk) -> None:
    op = desk.journal.acked(desk.pairing, operation("delete"), "a#", None)
    assert (op.phase, op.stored_key, op.stored_version, op.stored, op.adopted) == ("acked", "a#", "", None, False)


@pytest.mark.parametrize("adopted", [False, True])
def test_acked_keeps_whether_the_record_was_adopted(desk: Desk, adopted: bool) -> None:
    op = desk.journal.acked(desk.pairing, operation("create"), "S-x", record(VISIT), adopted=adopted)
    assert op == desk.stored()
    assert op.adopted is adopted


def test_ended_writes_the_phase(desk: Desk) -> None:
    op = desk.journal.ended(desk.pairing, operation(), "stale")
    assert op == desk.stored() == operation(phase="stale")


@pytest.mark.parametrize(
    ("kind", "keyed", "until"),
    [("create", False, AFTER_QUARANTINE), ("create", True, ""), ("update", False, ""), ("update", True, "")],
)
def test_only_a_create_that_could_be_doubled_waits_out_the_quarantine(
    desk: Desk, kind: str, keyed: bool, until: str
) -> None:
    op = desk.journal.lost(desk.pairing, operation(kind), keyed=keyed)
    assert op == desk.stored() == operation(kind, phase="unknown", not_before=until)
    assert desk.runs.open_ops(desk.pairing) == [op]


# how open operations are settled by looking


async def test_an_update_that_arrived_is_committed(desk: Desk) -> None:
    key = desk.notes.put(given.image(subject="Call", location="Room 2"), "a")
    desk.notes.touch(key)
    desk.intend(operation(phase="sent"))
    assert await desk.recover() == frozenset()
    op = desk.stored()
    assert (op.phase, op.stored_key, op.stored_version) == ("committed", "a#", "v2")
    assert desk.result() == outcome((op,), result=Result.APPLIED, at=STAMP)
    link = desk.links.link(desk.pairing, "item")
    assert link is not None and (link.notes_key, link.salesforce_key) == ("a#", "S-a")
    kept = desk.trees.record(desk.pairing, Side.NOTES, "a#")
    assert kept is not None and kept.version == "v2"
    assert desk.notes.written == desk.salesforce.written == []


async def test_an_update_that_did_not_arrive_is_rejected_and_moves_no_base(desk: Desk) -> None:
    desk.notes.put(VISIT, "a")
    desk.intend(operation())
    assert await desk.recover() == frozenset()
    assert desk.stored().phase == "rejected"
    row = desk.result()
    assert row.result is Result.FAILED
    assert row.error is not None and row.error.code == "row.never_arrived"
    assert desk.links.link(desk.pairing, "item") is None
    assert desk.trees.record(desk.pairing, Side.NOTES, "a#") is not None


async def test_another_edit_instead_of_ours_is_stale(desk: Desk) -> None:
    key = desk.notes.put(VISIT, "a")
    desk.notes.edit(key, subject="Third")
    desk.intend(operation())
    await desk.recover()
    assert desk.stored().phase == "stale"
    assert (desk.result().result, desk.result().error) == (Result.STALE, None)


async def test_an_update_of_an_item_that_is_gone_is_stale(desk: Desk) -> None:
    desk.intend(operation())
    await desk.recover()
    assert (desk.stored().phase, desk.result().result) == ("stale", Result.STALE)


async def test_a_deletion_that_arrived_is_committed_and_leaves_the_tree(desk: Desk) -> None:
    desk.trees.save(desk.pairing, Side.NOTES, [record(key="a#")], ())
    desk.trees.save(desk.pairing, Side.SALESFORCE, [record(key="a#")], ())
    desk.intend(operation("delete"), settlement=Settlement(forget=True))
    await desk.recover()
    op = desk.stored()
    assert (op.phase, op.stored_key, desk.result().result) == ("committed", "a#", Result.APPLIED)
    assert desk.trees.record(desk.pairing, Side.NOTES, "a#") is None
    assert desk.trees.record(desk.pairing, Side.SALESFORCE, "a#") is not None


async def test_a_deletion_that_did_not_arrive_is_rejected_although_it_wanted_nothing(desk: Desk) -> None:
    desk.notes.put(VISIT, "a")
    desk.intend(operation("delete", after=VISIT))
    await desk.recover()
    assert desk.stored().phase == "rejected"


async def test_what_cannot_be_told_waits_and_its_row_stays_open(desk: Desk) -> None:
    desk.notes.put(VISIT, "a")
    desk.notes.faults.unclear.add("a#")
    row = desk.intend(operation(phase="sent"))
    assert await desk.recover() == {"change"}
    assert (desk.stored().phase, desk.result()) == ("sent", row)


@pytest.mark.parametrize("phase", ["intent", "sent", "unknown"])
async def test_a_side_that_cannot_be_asked_leaves_its_operations(
    desk: Desk, phase: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk.notes.faults.fail["look"] = SideUnavailable(Text(code="notes.gone", text="The server is not there."))
    desk.salesforce.put(CALL, "a")
    desk.intend(operation(phase=phase), operation(id="o2", side=Side.SALESFORCE, key="S-a"))
    with caplog.at_level(logging.WARNING, logger="daemon.runs.journal"), pytest.raises(SideUnavailable):
        await desk.recover()
    assert desk.stored().phase == phase
    assert desk.stored("o2").phase == "acked", "the other side is settled all the same"
    assert desk.result().result is None, "a row with one operation open is not finished"
    assert [line.getMessage() for line in caplog.records] == ["open operations could not be looked up: notes.gone"]


async def test_an_answer_already_known_is_not_looked_up_again(desk: Desk) -> None:
    desk.intend(operation())
    desk.journal.acked(desk.pairing, desk.stored(), "a#", record(CALL))
    assert await desk.recover() == frozenset()
    assert desk.stored().phase == "committed"
    assert desk.notes.calls == ["open"]


async def test_each_row_is_finished_by_itself(desk: Desk) -> None:
    desk.notes.put(VISIT, "a")
    desk.notes.put(CALL, "b")
    desk.notes.faults.unclear.add("a#")
    desk.intend(operation())
    desk.intend(operation(id="o2", change="second", key="b#"), change="second", item="other")
    assert await desk.recover() == {"change"}
    assert (desk.result().result, desk.result("second").result) == (None, Result.APPLIED)


async def test_an_operation_without_its_row_is_settled_alone(desk: Desk) -> None:
    desk.notes.put(CALL, "a")
    desk.runs.journal(desk.pairing, [operation()])
    assert await desk.recover() == frozenset()
    assert (desk.stored().phase, desk.runs.outcomes("run")) == ("acked", {})


# creates


def made_key(side: Side) -> str:
    return ("S-" if side is Side.SALESFORCE else "") + created_uid("ck") + ("#" if side is Side.NOTES else "")


@pytest.mark.parametrize("side", list(Side))
async def test_what_is_found_with_another_content_is_adopted(desk: Desk, side: Side) -> None:
    """Catches: a base that the calendar never held: what answers to the key may be older than the state of this program."""
    desk.side(side).put(CALL, created_uid("ck"), made=desk.side(side).now)
    desk.intend(operation("create", side, phase="unknown"))
    assert await desk.recover() == frozenset()
    assert (desk.stored().phase, desk.stored().adopted) == ("committed", True)
    link = desk.links.link(desk.pairing, "item")
    assert link is not None and link.state is LinkState.NO_BASE


@pytest.mark.parametrize("side", list(Side))
async def test_a_create_that_arrived_is_found_and_committed(desk: Desk, side: Side) -> None:
    key = desk.side(side).put(VISIT, created_uid("ck"))
    desk.intend(operation("create", side, phase="unknown"))
    assert await desk.recover() == frozenset()
    op = desk.stored()
    assert key == made_key(side)
    assert (op.phase, op.stored_key, op.stored, op.adopted) == ("committed", key, op.stored, False)
    assert op.stored is not None and op.stored.subject == "Visit"
    link = desk.links.link(desk.pairing, "item")
    assert link is not None and link.key(side) == key
    kept = desk.trees.record(desk.pairing, side, key)
    assert kept is not None


@pytest.mark.parametrize("side", list(Side))
async def test_a_create_that_a_key_protects_is_given_up_at_once(desk: Desk, side: Side) -> None:
    desk.intend(operation("create", side, phase="sent"))
    assert await desk.recover() == frozenset()
    assert (desk.stored().phase, desk.stored().not_before) == ("rejected", "")
    assert desk.result().result is Result.FAILED


@unkeyed
async def test_notes_needs_no_capability_for_a_create_of_its_own(desk: Desk) -> None:
    desk.intend(operation("create", Side.NOTES))
    assert await desk.recover() == frozenset()
    assert desk.stored().phase == "rejected"


async def test_a_date_of_a_new_series_waits_although_notes_has_keys(desk: Desk) -> None:
    """Its UID is that of one set of dates, and the next Ok may choose another set."""
    desk.intend(operation("create", Side.NOTES, phase="sent", series_key="sk"))
    assert await desk.recover() == {"change"}
    assert (desk.stored().phase, desk.stored().not_before) == ("unknown", AFTER_QUARANTINE)
    desk.now = NOW + QUARANTINE
    assert await desk.recover() == frozenset()
    assert desk.stored().phase == "rejected"


@unkeyed
async def test_a_create_without_a_key_waits_and_is_then_given_up(desk: Desk) -> None:
    desk.intend(operation("create", Side.SALESFORCE, phase="sent"))
    assert await desk.recover() == {"change"}
    assert (desk.stored().phase, desk.stored().not_before) == ("unknown", AFTER_QUARANTINE)
    desk.now = NOW + QUARANTINE - timedelta(seconds=1)
    assert await desk.recover() == {"change"}
    assert (desk.stored().phase, desk.stored().not_before) == ("unknown", AFTER_QUARANTINE)
    desk.now = NOW + QUARANTINE
    assert await desk.recover() == frozenset()
    assert desk.stored().phase == "rejected"


@unkeyed
async def test_a_create_that_appears_during_the_quarantine_is_taken(desk: Desk) -> None:
    desk.intend(operation("create", Side.SALESFORCE, phase="sent"))
    await desk.recover()
    desk.salesforce.put(VISIT, created_uid("ck"))
    assert await desk.recover() == frozenset()
    assert desk.stored().phase == "committed"


class Twins(MemorySide):
    """Finds every entry for any create: two records of the same meeting made without a key."""

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        assert all(write.create_key == "ck" for write in writes)
        return {write.op_id: Traces(tuple(self._record(key) for key in self.entries)) for write in writes}


def with_twins(desk: Desk) -> None:
    desk.salesforce = Twins(capabilities=Capabilities(keyed_create=True), make_key=lambda uid: f"S-{uid}")
    for name in ("one", "two"):
        desk.salesforce.put(VISIT, name)


async def test_a_record_that_another_link_holds_is_passed_over(desk: Desk) -> None:
    with_twins(desk)
    desk.links.put(desk.pairing, [given.link(VISIT, VISIT, "one")])
    desk.intend(operation("create", Side.SALESFORCE))
    await desk.recover()
    assert desk.stored().stored_key == "S-two"


async def test_a_key_on_the_other_side_or_in_the_rows_own_link_does_not_count_as_taken(desk: Desk) -> None:
    with_twins(desk)
    own = given.link(VISIT, VISIT, "one", notes_key="S-two")
    desk.links.put(desk.pairing, [own])
    desk.intend(operation("create", Side.SALESFORCE, change="link-one"), change="link-one", item="link-one")
    await desk.recover()
    assert desk.stored().stored_key == "S-one"


async def test_a_record_that_another_open_create_took_is_passed_over(desk: Desk) -> None:
    with_twins(desk)
    desk.intend(operation("create", Side.SALESFORCE), operation("create", Side.SALESFORCE, id="o2"))
    await desk.recover()
    assert [desk.stored(name).stored_key for name in ("o1", "o2")] == ["S-one", "S-two"]


async def test_an_operations_own_earlier_answer_is_not_a_rival(desk: Desk) -> None:
    with_twins(desk)
    desk.intend(operation("create", Side.SALESFORCE, phase="unknown", stored_key="S-one"))
    await desk.recover()
    assert desk.stored().stored_key == "S-one"


async def test_a_rival_of_another_pairing_takes_nothing(desk: Desk) -> None:
    with_twins(desk)
    desk.runs.journal(desk.stranger, [operation("create", Side.SALESFORCE, id="o9", run="theirs", stored_key="S-one")])
    desk.links.put(desk.stranger, [given.link(VISIT, VISIT, "one")])
    desk.intend(operation("create", Side.SALESFORCE))
    await desk.recover()
    assert desk.stored().stored_key == "S-one"


async def test_a_notes_record_that_another_link_holds_is_passed_over(desk: Desk) -> None:
    desk.notes = Twins(capabilities=Capabilities())
    for name in ("one", "two"):
        desk.notes.put(VISIT, name)
    desk.links.put(desk.pairing, [given.link(VISIT, VISIT, "one")])
    desk.intend(operation("create", Side.NOTES))
    await desk.recover()
    assert desk.stored().stored_key == "two#"


@pytest.mark.parametrize("kind", ["create", "update"])
async def test_a_private_record_met_while_settling_is_kept_without_its_text(desk: Desk, kind: str) -> None:
    secret = given.changed(CALL, private=True)
    key = desk.notes.put(secret, created_uid("ck") if kind == "create" else "a")
    desk.intend(operation(kind, after=secret))
    await desk.recover()
    kept = desk.trees.record(desk.pairing, Side.NOTES, key)
    assert kept is not None and kept.image.private
    assert kept.image.subject == ""


# what becomes of the row


async def finished(desk: Desk, *phases: str, **fields: Any) -> RowOutcome:
    ops = tuple(operation(id=f"o{number}", phase=phase) for number, phase in enumerate(phases, start=1))
    row = desk.intend(*ops, **fields)
    desk.runs.journal(desk.pairing, [operation(id="stranger", phase="rejected")])
    mine = [op for op in desk.runs.ops_of("run") if op.id in row.ops]
    return desk.journal.finish_with(await desk.pair(), row, mine, RULES)


@pytest.mark.parametrize(
    ("phases", "result", "code"),
    [
        (("acked",), Result.APPLIED, ""),
        (("acked", "committed"), Result.APPLIED, ""),
        (("stale",), Result.STALE, ""),
        (("stale", "stale"), Result.STALE, ""),
        (("acked", "stale"), Result.STALE, ""),
        (("rejected",), Result.FAILED, "row.never_arrived"),
        (("stale", "rejected"), Result.FAILED, "row.never_arrived"),
        (("acked", "rejected"), Result.FAILED, "row.never_arrived"),
        ((), Result.APPLIED, ""),
    ],
)
async def test_the_result_follows_from_the_operations(
    desk: Desk, phases: tuple[str, ...], result: Result, code: str
) -> None:
    row = await finished(desk, *phases)
    assert (row.result, row.error.code if row.error else "", row.at) == (result, code, STAMP)
    assert row == desk.result()
    kept = [desk.stored(f"o{number}").phase for number in range(1, len(phases) + 1)]
    assert kept == ["committed" if phase == "acked" else phase for phase in phases]
    linked = desk.links.link(desk.pairing, "item") is not None
    assert linked is (result is Result.APPLIED), "the base moves only when every operation is done"


@pytest.mark.parametrize(("phase", "result"), [("rejected", Result.FAILED), ("stale", Result.STALE)])
async def test_the_reason_a_side_gave_is_kept(desk: Desk, phase: str, result: Result) -> None:
    row = await finished(desk, phase, error=sentence("No."))
    assert (row.result, row.error) == (result, sentence("No."))


def private(seen: bool) -> Settlement:
    return Settlement(link_state=LinkState.LINKED, notes_key="a#", salesforce_key="S-a", private_seen=seen)


@pytest.mark.parametrize(
    ("phase", "settlement", "title"),
    [
        ("acked", private(True), ""),
        ("acked", private(False), "Call"),
        ("rejected", private(True), "Call"),
        ("acked", None, "Call"),
    ],
)
async def test_the_text_of_what_became_private_leaves_the_history(
    desk: Desk, phase: str, settlement: Settlement | None, title: str
) -> None:
    desk.journal.remember(outcome((), change="earlier", item="other", title="Kept"))
    await finished(desk, phase, settlement=settlement)
    assert desk.result().title == title
    assert desk.result("earlier").title == "Kept"


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("kept_private", "title"), [("skip", ""), ("carry", "Call")])
async def test_a_private_image_in_the_decision_takes_the_text_unless_private_ones_are_carried(
    desk: Desk, side: Side, kept_private: str, title: str
) -> None:
    settlement = Settlement(
        link_state=LinkState.LINKED,
        notes_key="a#",
        salesforce_key="S-a",
        notes_image=given.changed(CALL, private=side is Side.NOTES),
        salesforce_image=given.changed(CALL, private=side is Side.SALESFORCE),
    )
    op = operation(phase="acked")
    row = desk.intend(op, settlement=settlement)
    desk.journal.finish_with(await desk.pair(), row, [op], replace(RULES, private=kept_private))
    assert desk.result().title == title


async def test_base_journal_and_row_land_together(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    op = operation(phase="acked")
    row = desk.intend(op)

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(desk.runs, "finish_row", full)
    with pytest.raises(OSError):
        desk.journal.finish_with(await desk.pair(), row, [op], RULES)
    assert desk.links.link(desk.pairing, "item") is None
    assert desk.stored().phase == "acked"
