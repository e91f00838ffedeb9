"""Series that Notes issued anew, and what counts as one."""

from __future__ import annotations

from dataclasses import replace

from daemon.sync.plan import plan
from shared.states import Action, Decision, Risk, Scope, Side
from tests.fakes import planner_inputs as given
from tests.fakes.planner_world import World

DAYS = ("02", "09", "16", "23")


def weekly(hour: str = "09", days: tuple[str, ...] = DAYS) -> World:
    """A weekly series that is in step."""
    world = World()
    for day in days:
        world.link(f"w#202603{day}T{hour}0000Z", _at(day, hour), _at(day, hour), notes_key=_key(day, hour))
    return world


def _at(day: str, hour: str) -> given.Image:
    return given.image(
        subject="Weekly team", starts_at=f"2026-03-{day}T{hour}:00Z", ends_at=f"2026-03-{day}T{hour}:30Z"
    )


def _key(day: str, hour: str) -> str:
    return f"w#202603{day}T{hour}0000Z"


def reissue(world: World, hour: str, days: tuple[str, ...] = DAYS, shift: int = 0) -> None:
    """Every occurrence vanishes, and new ones with other original starts take their place."""
    for key in list(world.notes):
        world.delete(Side.NOTES, key)
    for day in days:
        moved = f"{int(day) + shift:02}"
        world.notes[_key(moved, hour)] = _at(moved, hour)


def test_a_series_moved_by_an_hour_moves_and_is_not_made_anew() -> None:
    world = weekly()
    reissue(world, "10")
    found = world.plan()
    assert {row.action for row in found.changes} == {Action.UPDATE_IN_SALESFORCE}
    assert {row.series.moved_minutes for row in found.changes if row.series} == {60}
    assert all(Risk.SERIES_WIDE in row.risks for row in found.changes)
    assert {row.id for row in found.changes} == set(world.links)
    world.run()
    assert sorted(one.starts_at[11:13] for one in world.salesforce.values()) == ["10"] * 4
    assert not world.plan().changes
    assert set(world.notes) == {link.notes_key for link in world.links.values()}


def test_a_series_moved_by_a_day_is_paired_by_position() -> None:
    world = weekly()
    reissue(world, "09", shift=1)
    assert {row.series.moved_minutes for row in world.plan().changes if row.series} == {1440}


def test_another_count_is_paired_within_the_same_day() -> None:
    world = weekly()
    reissue(world, "11", days=("02", "09", "30"))
    actions = sorted(str(row.action) for row in world.plan().changes)
    assert actions == [
        "create_in_salesforce",
        "delete_in_salesforce",
        "delete_in_salesforce",
        "update_in_salesforce",
        "update_in_salesforce",
    ]


def test_a_day_later_over_a_change_of_the_clocks_is_still_one_move() -> None:
    """Saturday 09:00 to Sunday 09:00 in Berlin: a day, but 23 hours on 29 March."""
    world = World()
    for day, after in (("14", "15T09:00"), ("21", "22T09:00"), ("28", "29T08:00")):
        world.link(f"w{day}", _at(day, "09"), _at(day, "09"), notes_key=_key(day, "09"))
        world.delete(Side.NOTES, _key(day, "09"))
        start = f"2026-03-{after}Z"
        world.notes[f"w#{start.replace('-', '').replace(':', '').replace('Z', '00Z')}"] = given.image(
            subject="Weekly team", starts_at=start, ends_at=start.replace(":00Z", ":30Z")
        )
    found = world.plan().changes
    assert {row.action for row in found} == {Action.UPDATE_IN_SALESFORCE}
    assert sorted(row.series.moved_minutes for row in found if row.series) == [1380, 1440, 1440]


def test_of_two_on_one_day_the_nearest_is_the_one_that_moved() -> None:
    world = World()
    for hour in ("09", "15"):
        world.link(f"w{hour}", _at("02", hour), _at("02", hour), notes_key=_key("02", hour))
        world.delete(Side.NOTES, _key("02", hour))
    world.notes[_key("02", "14")] = _at("02", "14")
    found = {row.id: row.action for row in world.plan().changes}
    assert found == {"link-w09": Action.DELETE_IN_SALESFORCE, "link-w15": Action.UPDATE_IN_SALESFORCE}


def test_one_deleted_occurrence_is_not_the_one_that_entered_the_window() -> None:
    world = weekly()
    world.delete(Side.NOTES, _key("09", "09"))
    world.notes["w#20270118T090000Z"] = given.image(
        subject="Weekly team", starts_at="2027-01-18T09:00Z", ends_at="2027-01-18T09:30Z"
    )
    actions = sorted(str(row.action) for row in world.plan().changes)
    assert actions == ["create_in_salesforce", "delete_in_salesforce"]


def test_equal_instants_give_an_empty_plan() -> None:
    """A rule that became a list of dates keeps its occurrences' keys: nothing happened."""
    world = weekly()
    trees = world.trees()
    again = {
        key: replace(record, version="2", payload_digest=b"new text") for key, record in trees.notes.records.items()
    }
    found = plan(replace(trees, notes=replace(trees.notes, records=again)), world.base(), world.rules)
    assert not found.changes
    assert not found.upkeep


def test_ignoring_the_series_covers_later_occurrences() -> None:
    from daemon.sync.ignore import holds_forever, remember

    world = weekly()
    world.edit(Side.NOTES, _key("02", "09"), location="Room 1")
    row = world.plan().changes[0]
    world.ignores = [remember(row, Decision.IGNORE_FOREVER, Scope.SERIES, "i1", "", b"")]
    world.notes[_key("30", "09")] = _at("30", "09")
    world.edit(Side.NOTES, _key("09", "09"), location="Room 9")
    world.delete(Side.NOTES, _key("16", "09"))
    assert not world.plan().changes
    assert holds_forever(world.base(), "", _key("30", "09"), "")
    assert not holds_forever(world.base(), "", "other#", "")
