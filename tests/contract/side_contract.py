"""The contract of a side as one test class: what every side must do, whatever calendar stands behind it.

A side's own test gives a ``Bench``: the side, a way to act behind its back, and what it can do. A side that writes inherits
WritableSideContract, one that does not ReadOnlySideContract; both run all of SideContract.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from daemon.sides.contract import (
    Done,
    Found,
    Gone,
    Observation,
    Outcome,
    Refused,
    Side,
    SideUnavailable,
    Stale,
    Unclear,
    Write,
)
from daemon.sync.appointment import CONTENT_GROUPS, digest, group_value
from daemon.sync.rules import Window
from daemon.sync.trees import Record
from shared.models import Image
from shared.states import Group, LeftOutReason
from tests.fakes.traces import sure_of

WINDOW = Window("2026-02-06T23:00Z", "2026-06-30T22:00Z", "2026-02-07", "2026-07-01")
TIMED = Image(
    subject="Visit; planned, ü",
    location="Berlin",
    description="Line one\nLine two",
    starts_at="2026-03-12T10:00Z",
    ends_at="2026-03-12T11:30Z",
)
ALL_DAY = Image(subject="Fair", starts_at="2026-03-16", ends_at="2026-03-19", all_day=True)


@dataclass(slots=True)
class Bench:
    """A side and what can be done behind its back.

    ``put`` adds a long-standing item and gives its key, ``edit`` changes its subject, ``remove`` deletes it, ``break_down``
    makes the side unreachable until the test ends. ``absences``: readings after which a look calls an absent item gone.
    ``series``: the side keeps the dates of a new series as one entry.
    """

    side: Side
    put: Callable[[Image], Awaitable[str]]
    edit: Callable[[str, str], Awaitable[None]]
    remove: Callable[[str], Awaitable[None]]
    break_down: Callable[[], Awaitable[None]]
    writable: bool = True
    absences: int = 1
    series: bool = False


def quiet(_phase: str, _done: int, _total: int | None) -> None:
    """Nobody watches."""


def content(image: Image) -> tuple[Any, ...]:
    return tuple(group_value(image, group) for group in CONTENT_GROUPS)


async def observe(side: Side, known: dict[str, Record] | None = None, bookmark: str = "") -> Observation:
    return await side.observe(WINDOW, bookmark, known or {}, quiet)


async def send(side: Side, *writes: Write) -> list[Outcome]:
    return [outcome async for outcome in side.write(writes)]


def series_images(form: str) -> list[Image]:
    """Four dates: every week over a change of the clock in Berlin, without any rule, or whole days."""
    if form == "days":
        return [replace(ALL_DAY, starts_at=f"2026-04-{day}", ends_at=f"2026-04-{day + 2}") for day in (13, 15, 20, 27)]
    starts = {
        "rule": ("2026-03-16T10:00Z", "2026-03-23T10:00Z", "2026-03-30T09:00Z", "2026-04-06T09:00Z"),
        "list": ("2026-03-16T10:00Z", "2026-03-17T10:00Z", "2026-03-30T12:30Z", "2026-04-28T09:00Z"),
    }
    ends = [datetime.fromisoformat(start) + timedelta(minutes=45) for start in starts[form]]
    return [
        replace(TIMED, starts_at=start, ends_at=end.strftime("%Y-%m-%dT%H:%MZ"))
        for start, end in zip(starts[form], ends, strict=True)
    ]


def creation(image: Image, create_key: str) -> Write:
    return Write(f"op-{create_key}", "create", after=image, groups=frozenset(Group), create_key=create_key)


def renaming(record: Record, subject: str) -> Write:
    after = replace(record.image, subject=subject)
    return Write(
        "update-op",
        "update",
        key=record.key,
        expected_version=record.version,
        before=record.image,
        after=after,
        groups=frozenset({Group.SUBJECT}),
        raw=record.raw,
    )


def deletion(record: Record) -> Write:
    return Write("delete-op", "delete", key=record.key, expected_version=record.version, before=record.image)


class SideContract:
    """What every side does. Inherit one of the two classes below and give the fixture ``bench``."""

    async def test_the_probe_names_the_account_and_stays_the_same(self, bench: Bench) -> None:
        first, second = await bench.side.open(), await bench.side.open()
        assert first.identity
        assert first == second
        assert first.zone == "Europe/Berlin"
        assert first.capabilities.create == first.capabilities.delete == bench.writable

    async def test_exactly_one_calendar_is_selected(self, bench: Bench) -> None:
        await bench.side.open()
        calendars = await bench.side.calendars()
        assert [calendar.selected for calendar in calendars].count(True) == 1
        assert len({calendar.id for calendar in calendars}) == len(calendars)

    @pytest.mark.parametrize("image", [TIMED, ALL_DAY], ids=["timed", "all-day"])
    async def test_what_is_there_is_read_in_our_words(self, bench: Bench, image: Image) -> None:
        key = await bench.put(image)
        observation = await observe(bench.side)
        (record,) = [record for record in observation.records if record.key == key]
        assert content(record.image) == content(image)
        assert record.digest == digest(record.image)
        assert record.version
        assert record.image.id == key
        assert observation.coverage.complete
        assert observation.full

    async def test_two_readings_of_an_unchanged_calendar_agree(self, bench: Bench) -> None:
        keys = {await bench.put(TIMED), await bench.put(ALL_DAY)}
        first = {record.key: record for record in (await observe(bench.side)).records}
        assert first.keys() == keys
        second = await observe(bench.side, first)
        assert second.unchanged | {record.key for record in second.records} == keys
        assert not second.unchanged & {record.key for record in second.records}
        assert all(first[record.key] == record for record in second.records)
        assert not second.gone

    async def test_a_change_behind_the_back_shows_with_another_version(self, bench: Bench) -> None:
        key = await bench.put(TIMED)
        first = {record.key: record for record in (await observe(bench.side)).records}
        await bench.edit(key, "Renamed")
        second = {record.key: record for record in (await observe(bench.side, first)).records}
        assert second[key].image.subject == "Renamed"
        assert second[key].version != first[key].version
        assert second[key].payload_digest != first[key].payload_digest

    async def test_what_lies_outside_the_window_is_never_lost(self, bench: Bench) -> None:
        key = await bench.put(replace(TIMED, starts_at="2027-03-12T10:00Z", ends_at="2027-03-12T11:30Z"))
        observation = await observe(bench.side)
        assert key not in observation.gone
        looked = (await bench.side.look([key]))[key]
        assert isinstance(looked, Found)
        assert looked.record.image.starts_at == "2027-03-12T10:00Z"

    async def test_a_look_tells_found_from_gone(self, bench: Bench) -> None:
        stays, goes = await bench.put(TIMED), await bench.put(ALL_DAY)
        known = {record.key: record for record in (await observe(bench.side)).records}
        await bench.remove(goes)
        bookmark = ""
        for reading in range(bench.absences):
            if reading or bench.absences > 1:
                observation = await observe(bench.side, known, bookmark)
                bookmark = observation.coverage.bookmark
            looked = await bench.side.look([stays, goes])
            if reading + 1 < bench.absences:
                assert isinstance(looked[goes], Unclear), "one miss is no evidence here"
        assert isinstance(looked[stays], Found)
        assert looked[stays].record == known[stays] or content(looked[stays].record.image) == content(TIMED)
        assert isinstance(looked[goes], Gone)
        assert looked[goes].evidence.kind in {"tombstone", "by_id", "series_detail", "file_gone"}

    async def test_every_key_asked_for_is_answered(self, bench: Bench) -> None:
        key = await bench.put(TIMED)
        await observe(bench.side)
        asked = [key, "no-such-uid#", "no-such-uid#20260301T090000Z"]
        assert (await bench.side.look(asked)).keys() == set(asked)
        assert await bench.side.look([]) == {}

    async def test_a_side_that_is_away_says_so_and_nothing_is_gone(self, bench: Bench) -> None:
        key = await bench.put(TIMED)
        await observe(bench.side)
        await bench.break_down()
        with pytest.raises(SideUnavailable) as told:
            await observe(bench.side)
        assert told.value.text.text
        try:
            looked = (await bench.side.look([key]))[key]
        except SideUnavailable:
            return
        assert isinstance(looked, Unclear)

    async def test_what_is_left_out_has_a_reason(self, bench: Bench) -> None:
        await bench.put(TIMED)
        for left in (await observe(bench.side)).left_out.values():
            assert left.reason in LeftOutReason
            assert left.why is not None or left.reason is LeftOutReason.OUTSIDE_WINDOW


class WritableSideContract(SideContract):
    """A side that is written to, as well."""

    @pytest.mark.parametrize("image", [TIMED, ALL_DAY], ids=["timed", "all-day"])
    async def test_a_create_is_stored_once_however_often_it_is_sent(self, bench: Bench, image: Image) -> None:
        (first,) = await send(bench.side, creation(image, "intent-1"))
        (second,) = await send(bench.side, creation(image, "intent-1"))
        (other,) = await send(bench.side, creation(image, "intent-2"))
        assert isinstance(first, Done)
        assert isinstance(second, Done)
        assert isinstance(other, Done)
        assert first.key == second.key != other.key
        assert (first.was_there, second.was_there) == (False, True)
        assert first.stored is not None
        assert content(first.stored.image) == content(image)
        records = {record.key: record for record in (await observe(bench.side)).records}
        assert records.keys() == {first.key, other.key}
        assert records[first.key].version == first.version
        found = await sure_of(bench.side, creation(image, "intent-1"))
        assert [record.key for record in found] == [first.key]
        assert list(await sure_of(bench.side, creation(image, "intent-3"))) == []

    @pytest.mark.parametrize("form", ["rule", "list", "days"])
    async def test_the_dates_of_a_new_series_are_stored_once_each_and_taken_away_one_by_one(
        self, bench: Bench, form: str
    ) -> None:
        """Catches: a date missing, doubled or at another hour, one that cannot be found again, an empty entry left over."""
        images = series_images(form)
        writes = [
            dataclasses.replace(creation(image, f"intent-{number}"), op_id=f"op{number}", series_key="series-1")
            for number, image in enumerate(images)
        ]
        first = {outcome.op_id: outcome for outcome in await send(bench.side, *writes)}
        second = {outcome.op_id: outcome for outcome in await send(bench.side, *reversed(writes))}
        assert first.keys() == second.keys() == {write.op_id for write in writes}
        keys = []
        for write, image in zip(writes, images, strict=True):
            done, again = first[write.op_id], second[write.op_id]
            assert isinstance(done, Done) and isinstance(again, Done) and done.key == again.key
            assert (done.was_there, again.was_there) == (False, True)
            assert done.stored is not None and content(done.stored.image) == content(image)
            assert [record.key for record in await sure_of(bench.side, write)] == [done.key]
            keys.append(done.key)
        records = {record.key: record for record in (await observe(bench.side)).records}
        assert records.keys() == set(keys) and len(records) == len(images)
        assert len({key.partition("#")[0] for key in keys}) == (1 if bench.series else len(keys))
        for number, key in enumerate(keys):
            assert await send(bench.side, deletion(records[key])) == [Done("delete-op", key, "", None)]
            left = await observe(bench.side)
            assert {record.key for record in left.records} == set(keys[number + 1 :])
        assert left.left_out == {}
        assert list(await sure_of(bench.side, writes[0])) == []

    async def test_an_update_is_guarded_by_the_version(self, bench: Bench) -> None:
        key = await bench.put(TIMED)
        (record,) = (await observe(bench.side)).records
        (done,) = await send(bench.side, renaming(record, "Second"))
        assert isinstance(done, Done)
        assert done.stored is not None
        assert content(done.stored.image) == content(replace(TIMED, subject="Second"))
        assert done.version == done.stored.version != record.version
        assert await send(bench.side, renaming(record, "Third")) == [Stale("update-op")]
        (again,) = await send(bench.side, renaming(done.stored, "Third"))
        assert isinstance(again, Done)
        looked = (await bench.side.look([key]))[key]
        assert isinstance(looked, Found)
        assert looked.record.image.subject == "Third"

    async def test_a_delete_is_guarded_and_may_be_repeated(self, bench: Bench) -> None:
        key = await bench.put(TIMED)
        (record,) = (await observe(bench.side)).records
        await bench.edit(key, "Theirs")
        assert await send(bench.side, deletion(record)) == [Stale("delete-op")]
        (record,) = (await observe(bench.side)).records
        assert await send(bench.side, deletion(record)) == [Done("delete-op", key, "", None)]
        assert isinstance((await bench.side.look([key]))[key], Gone)
        assert await send(bench.side, deletion(record)) == [Done("delete-op", key, "", None)]
        assert (await observe(bench.side)).records == ()

    async def test_an_update_of_what_is_gone_is_stale(self, bench: Bench) -> None:
        key = await bench.put(TIMED)
        (record,) = (await observe(bench.side)).records
        await bench.remove(key)
        assert await send(bench.side, renaming(record, "Second")) == [Stale("update-op")]

    async def test_each_write_has_one_outcome(self, bench: Bench) -> None:
        await bench.put(TIMED)
        (record,) = (await observe(bench.side)).records
        writes = [
            Write("a", "create", after=ALL_DAY, groups=frozenset(Group), create_key="k"),
            replace_op(renaming(record, "Second"), "b"),
            replace_op(renaming(record, "Third"), "c"),
        ]
        outcomes = {outcome.op_id: outcome for outcome in await send(bench.side, *writes)}
        assert outcomes.keys() == {"a", "b", "c"}
        assert [type(outcomes[op]) for op in "abc"] == [Done, Done, Stale]


class ReadOnlySideContract(SideContract):
    """A side that is only read."""

    async def test_a_read_only_side_refuses_every_write(self, bench: Bench) -> None:
        await bench.put(TIMED)
        (record,) = (await observe(bench.side)).records
        outcomes = await send(bench.side, creation(ALL_DAY, "k"), renaming(record, "Second"), deletion(record))
        assert [type(outcome) for outcome in outcomes] == [Refused] * 3
        assert [record.image.subject for record in (await observe(bench.side)).records] == [TIMED.subject]


def replace_op(write: Write, op_id: str) -> Write:
    """The write under another op_id."""
    return dataclasses.replace(write, op_id=op_id)
