"""Seeded series: editing and deleting occurrences (behaviour 19)."""

from __future__ import annotations

from typing import Any

import pytest

RULE = "RRULE:FREQ=DAILY;INTERVAL=1;COUNT=4"


def lightning(org: Any, at: Any) -> list[str]:
    """Two past and two future occurrences of a daily series."""
    return [
        org.sandbox.seed(
            "Event",
            {
                "Subject": "Stand-up",
                "StartDateTime": at(9, day),
                "EndDateTime": at(10, day),
                "IsRecurrence2": True,
                "Recurrence2PatternText": RULE,
                "Recurrence2PatternStartDate": at(9, -2),
                "Recurrence2PatternTimeZone": "Europe/Berlin",
                "Recurrence2PatternVersion": "1",
                "_series": "daily",
            },
        )
        for day in (-2, -1, 1, 2)
    ]


async def test_occurrences_are_rows_without_a_series_id(org: Any, clock_text: Any) -> None:
    ids = lightning(org, clock_text)
    rows = await org.records("SELECT Id, IsRecurrence2, Recurrence2PatternText FROM Event ORDER BY StartDateTime")
    assert [(r["Id"], r["IsRecurrence2"], r["Recurrence2PatternText"]) for r in rows] == [(i, True, RULE) for i in ids]
    assert (await org.query("SELECT Id FROM Event WHERE Recurrence2PatternText = 'x'")).code == "INVALID_FIELD"
    assert (await org.query("SELECT ActivityRecurrence2Id FROM Event")).code == "INVALID_FIELD"


async def test_a_future_edit_changes_the_series(org: Any, clock_text: Any) -> None:
    ids = lightning(org, clock_text)
    change = {"Subject": "Late stand-up", "StartDateTime": clock_text(11, 2), "EndDateTime": clock_text(11, 2)}
    assert (await org.patch(f"sobjects/Event/{ids[3]}", change)).status == 204
    rows = [await org.read(i) for i in ids]
    assert {r["Subject"] for r in rows} == {"Late stand-up"}
    assert [r["StartDateTime"] for r in rows] == [clock_text(11, d) for d in (-2, -1, 1, 2)]
    assert {r["DurationInMinutes"] for r in rows} == {0}


async def test_a_past_edit_makes_an_exception(org: Any, clock_text: Any) -> None:
    ids = lightning(org, clock_text)
    assert (await org.patch(f"sobjects/Event/{ids[0]}", {"Subject": "Skipped"})).status == 204
    rows = [await org.read(i) for i in ids]
    assert [r["Subject"] for r in rows] == ["Skipped", "Stand-up", "Stand-up", "Stand-up"]
    assert [r["IsRecurrence2Exception"] for r in rows] == [True, False, False, False]
    await org.patch(f"sobjects/Event/{ids[3]}", {"Location": "Hall"})
    assert [(await org.read(i))["Location"] for i in ids] == [None, "Hall", "Hall", "Hall"]


async def test_before_v58_an_edit_stays_alone(org: Any, clock_text: Any) -> None:
    ids = lightning(org, clock_text)
    org.version = "57.0"
    await org.patch(f"sobjects/Event/{ids[3]}", {"Subject": "Once"})
    assert [(await org.read(i))["Subject"] for i in ids] == ["Stand-up"] * 3 + ["Once"]


async def test_deleting_one_occurrence_leaves_the_others(org: Any, clock_text: Any) -> None:
    ids = lightning(org, clock_text)
    assert (await org.delete(f"sobjects/Event/{ids[1]}")).status == 204
    assert [r["IsDeleted"] for r in org.sandbox.rows("Event")] == [False, True, False, False]


@pytest.mark.parametrize(("number", "left"), [(2, 2), (0, 0)])
async def test_delete_from_here_on(org: Any, clock_text: Any, number: int, left: int) -> None:
    ids = lightning(org, clock_text)
    assert (await org.delete(f"sobjects/Event/{ids[number]}/fromThisEventOnwards")).status == 204
    assert [r["IsDeleted"] for r in org.sandbox.rows("Event")] == [n >= left for n in range(4)]


async def test_delete_from_here_needs_a_series(org: Any) -> None:
    answer = await org.delete(f"sobjects/Event/{await org.event()}/fromThisEventOnwards")
    assert (answer.status, answer.code) == (400, "FIELD_INTEGRITY_EXCEPTION")


async def test_deleting_a_classic_head_deletes_past_and_future(org: Any, clock_text: Any) -> None:
    head = org.sandbox.seed(
        "Event",
        {
            "Subject": "c",
            "IsRecurrence": True,
            "RecurrenceType": "RecursDaily",
            "StartDateTime": clock_text(9),
            "EndDateTime": clock_text(9),
        },
    )
    for day in (-1, 1):
        occurrence = {
            "StartDateTime": clock_text(9, day),
            "EndDateTime": clock_text(9, day),
            "RecurrenceActivityId": head,
        }
        org.sandbox.seed("Event", {**occurrence, "_series": head})
    assert (await org.delete(f"sobjects/Event/{head}")).status == 204
    assert all(row["IsDeleted"] for row in org.sandbox.rows("Event"))
