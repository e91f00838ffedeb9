"""Brakes on a whole plan."""

from __future__ import annotations

import pytest

from daemon.sync.guards import limit, sudden_drop
from shared.states import Side
from tests.fakes import planner_inputs as given
from tests.fakes.planner_world import World


def many(count: int) -> World:
    world = World()
    for number in range(count):
        day = f"2026-{number // 28 + 3:02}-{number % 28 + 1:02}"
        image = given.image(subject=f"Visit {number}", starts_at=f"{day}T09:00Z", ends_at=f"{day}T10:00Z")
        world.link(f"n{number}", image, image)
    return world


@pytest.mark.parametrize(("linked", "allowed"), [(0, 5), (50, 5), (59, 5), (60, 6), (200, 20)])
def test_the_limit_is_ten_per_cent_but_at_least_five(linked: int, allowed: int) -> None:
    assert limit(linked) == allowed


def test_a_series_counts_once() -> None:
    world = many(10)
    for day in range(1, 13):
        image = given.image(starts_at=f"2026-09-{day:02}T09:00Z", ends_at=f"2026-09-{day:02}T10:00Z")
        key = f"series#202609{day:02}T090000Z"
        world.link(f"s{day}", image, image, notes_key=key)
        world.delete(Side.NOTES, key)
    assert world.plan().guard is None
    assert len(world.plan().changes) == 12


def test_a_mass_deletion_names_its_numbers() -> None:
    world = many(30)
    for number in range(6):
        world.delete(Side.SALESFORCE, f"S-n{number}")
    guard = world.plan().guard
    assert guard is not None
    assert (guard.name, guard.confirm) == ("mass_deletion", "confirm_deletions")
    assert guard.numbers == {"deletions": 6, "rows": 6, "linked": 30, "limit": 5}
    assert guard.text.text.startswith("6 of 30 linked items (6 rows) would be deleted in Notes")


def test_an_emptied_side_cannot_be_confirmed() -> None:
    world = many(8)
    for number in range(8):
        world.delete(Side.NOTES, f"n{number}#")
    guard = world.plan().guard
    assert guard is not None
    assert (guard.name, guard.confirm) == ("emptied_side", None)


@pytest.mark.parametrize("minutes", [30, 60, -60, 1440])
@pytest.mark.parametrize(("count", "held"), [(10, False), (11, True)])
def test_many_items_moved_alike_are_held_back(minutes: int, count: int, held: bool) -> None:
    from datetime import datetime, timedelta

    world = many(12)
    for number in range(count):
        image = world.notes[f"n{number}#"]
        move = {
            name: (datetime.fromisoformat(getattr(image, name)) + timedelta(minutes=minutes)).strftime(
                "%Y-%m-%dT%H:%MZ"
            )
            for name in ("starts_at", "ends_at")
        }
        world.edit(Side.NOTES, f"n{number}#", **move)
    guard = world.plan().guard
    assert (guard is not None) == held
    if guard is not None:
        assert (guard.confirm, guard.numbers) == ("confirm_moves", {"items": 11, "minutes": minutes})


@pytest.mark.parametrize(
    ("before", "now", "dropped"), [(100, 71, False), (100, 70, False), (100, 69, True), (6, 1, False), (20, 13, True)]
)
def test_a_sudden_drop_makes_a_side_unknown(before: int, now: int, dropped: bool) -> None:
    assert (sudden_drop(Side.NOTES, before, now) is not None) == dropped
