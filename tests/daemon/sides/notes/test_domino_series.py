"""A new series in a mail file: one entry for its dates, as a rule or a list, never doubled, gone with its last date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from daemon.sandbox.domino import DominoSandbox
from daemon.sandbox.faults import Fault
from daemon.sides.contract import Done, Gone, LostAnswer, Outcome, Refused, Write
from daemon.sides.notes.domino import DominoSide
from daemon.sides.notes.event_texts import created_uid
from daemon.sync.appointment import CONTENT_GROUPS, group_value, split_notes_key
from shared.models import Image
from shared.states import Group
from tests.daemon.sides.notes.domino_setting import MAIL_FILE, by_key, opened, read, sandbox
from tests.fakes.traces import sure_of

EVERY = frozenset(Group)
FIRST = Image(
    subject="Pipeline call; weekly, ü",
    location="Phone",
    description="Figures\nForecast",
    starts_at="2026-03-16T08:00Z",
    ends_at="2026-03-16T08:30Z",
    show_as="tentative",
)
FAIR = Image(subject="Fair", starts_at="2026-03-16", ends_at="2026-03-18", all_day=True)


def shifted(image: Image, days: int, minutes: int = 0) -> Image:
    def moved(moment: str) -> str:
        if image.all_day:
            return f"{datetime.fromisoformat(moment) + timedelta(days=days):%Y-%m-%d}"
        return f"{datetime.fromisoformat(moment) + timedelta(days=days, minutes=minutes):%Y-%m-%dT%H:%MZ}"

    return replace(image, starts_at=moved(image.starts_at), ends_at=moved(image.ends_at))


# The clock changes between the second and the third Monday: 09:00 in Berlin is an hour earlier in UTC from then on.
WEEKLY = [FIRST, shifted(FIRST, 7), shifted(FIRST, 14, -60), shifted(FIRST, 21, -60)]
ODD = [FIRST, shifted(FIRST, 1), shifted(FIRST, 9, 45)]


def creates(images: Sequence[Image], series_key: str = "series-1") -> list[Write]:
    return [
        Write(f"op{number}", "create", after=image, groups=EVERY, create_key=f"intent-{number}", series_key=series_key)
        for number, image in enumerate(images)
    ]


async def send(side: DominoSide, writes: Sequence[Write]) -> dict[str, Outcome]:
    outcomes = [outcome async for outcome in side.write(writes)]
    assert sorted(outcome.op_id for outcome in outcomes) == sorted(write.op_id for write in writes)
    return {outcome.op_id: outcome for outcome in outcomes}


def content(image: Image) -> tuple[Any, ...]:
    return tuple(group_value(image, group) for group in CONTENT_GROUPS)


def stored_text(server: DominoSandbox) -> str:
    """The one entry as the mail file keeps it, unfolded."""
    (entry,) = server.mail_files[MAIL_FILE].entries.values()
    return entry.text.replace("\r\n ", "")


async def check_one_series(side: DominoSide, outcomes: dict[str, Outcome], images: Sequence[Image]) -> list[str]:
    """Every date is answered with its own record of one entry, and the calendar holds these and nothing else."""
    keys = []
    for number, image in enumerate(images):
        outcome = outcomes[f"op{number}"]
        assert isinstance(outcome, Done) and outcome.stored is not None
        assert content(outcome.stored.image) == content(image)
        assert outcome.stored.key == outcome.key and outcome.version == outcome.stored.version
        keys.append(outcome.key)
    assert {split_notes_key(key)[0] for key in keys} == {created_uid("series-1")}
    records = by_key(await read(side))
    assert sorted(records) == sorted(keys)
    assert all(records[key].series is not None for key in keys)
    return keys


@pytest.mark.parametrize(
    ("images", "form"),
    [
        (WEEKLY, "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4"),
        ([FAIR, shifted(FAIR, 7), shifted(FAIR, 14)], "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=3"),
        (ODD, 'RDATE;TZID="Europe/Berlin";VALUE=PERIOD:20260316T090000/20260316T093000,'),
        ([FAIR, shifted(FAIR, 3), shifted(FAIR, 10)], "RDATE;VALUE=DATE:"),
        ([replace(one, zone="UTC") for one in ODD], "RDATE;VALUE=PERIOD:20260316T080000Z/20260316T083000Z,"),
    ],
    ids=["rule", "rule-of-days", "list", "list-of-days", "list-in-utc"],
)
async def test_the_dates_become_one_entry(images: list[Image], form: str) -> None:
    """Catches: single entries, a missing or doubled date, an hour lost at the clock change, mail to anybody."""
    async with sandbox() as (server, url), opened(url) as side:
        outcomes = await send(side, creates(images))
        await check_one_series(side, outcomes, images)
        assert form in stored_text(server)
        (call,) = server.journal.calls("POST", "/events$")
        assert "workflow=false" in call.query and server.outbox == []


@pytest.mark.parametrize("error", ["invalid", "not_supported"])
async def test_a_rule_that_is_refused_is_sent_once_more_as_a_list(error: str) -> None:
    """Catches: the whole series refused, or sent again and again, because this server takes no weekly rules."""
    async with sandbox(refused_rules="WEEKLY", rule_error=error) as (server, url), opened(url) as side:
        outcomes = await send(side, creates(WEEKLY))
        await check_one_series(side, outcomes, WEEKLY)
        text = stored_text(server)
        assert (
            "VALUE=PERIOD:20260316T090000/20260316T093000,20260323T090000/" in text and "RRULE:FREQ=WEEKLY" not in text
        )
        assert len(server.journal.calls("POST", "/events$")) == 2


async def test_a_server_that_takes_no_series_gets_single_entries() -> None:
    """Catches: dates that never reach Notes because neither form of their series does."""
    async with sandbox() as (server, url), opened(url) as side:
        await side.open()
        server.faults.add(Fault("POST", "/events$", "status", status=400, times=2))
        outcomes = await send(side, creates(WEEKLY))
        for number, image in enumerate(WEEKLY):
            outcome = outcomes[f"op{number}"]
            assert isinstance(outcome, Done) and outcome.stored is not None
            assert outcome.key == f"{created_uid(f'intent-{number}')}#"
            assert content(outcome.stored.image) == content(image)
            (found,) = await sure_of(side, creates(WEEKLY)[number])
            assert found.key == outcome.key
        assert len(by_key(await read(side))) == len(WEEKLY)


async def test_a_refusal_that_is_not_about_the_form_is_told_for_each_date() -> None:
    """Catches: a read-only mail file asked again in every form."""
    async with sandbox() as (server, url), opened(url) as side:
        await side.open()
        server.faults.add(Fault("POST", "/events$", "status", status=403, times=9))
        outcomes = await send(side, creates(WEEKLY))
        assert [type(outcome) for outcome in outcomes.values()] == [Refused] * 4
        assert len({call.body for call in server.journal.calls("POST", "/events$")}) == 1, (
            "again only for the CSRF token"
        )
        assert by_key(await read(side)) == {}


async def test_after_a_lost_answer_each_date_is_found_and_a_second_attempt_adopts_the_series() -> None:
    """Catches: a series doubled after a lost answer, and a date that recovery cannot find."""
    async with sandbox() as (server, url), opened(url) as side:
        await side.open()
        server.faults.add(Fault("POST", "/events$", "cut_after"))
        lost = await send(side, creates(WEEKLY))
        assert [type(outcome) for outcome in lost.values()] == [LostAnswer] * 4
        for write, image in zip(creates(WEEKLY), WEEKLY, strict=True):
            (found,) = await sure_of(side, write)
            assert content(found.image) == content(image)
        again = await send(side, creates(WEEKLY))
        await check_one_series(side, again, WEEKLY)
        assert len(server.journal.calls("POST", "/events$")) == 2


async def test_a_request_that_never_arrived_leaves_nothing_to_find() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        await side.open()
        server.faults.add(Fault("POST", "/events$", "cut_before"))
        lost = await send(side, creates(WEEKLY))
        assert [type(outcome) for outcome in lost.values()] == [LostAnswer] * 4
        assert [list(await sure_of(side, write)) for write in creates(WEEKLY)] == [[]] * 4


async def test_a_date_that_is_not_there_any_more_is_open_alone() -> None:
    """Catches: the others' answers thrown away with it, and an adopted date that somebody moved taken for missing."""
    async with sandbox() as (server, url), opened(url) as side:
        await send(side, creates(WEEKLY))
        uid = created_uid("series-1")
        server.desk.remove(uid, "20260323T080000Z")
        server.desk.move_occurrence(uid, "20260330T070000Z", timedelta(hours=2))
        again = await send(side, creates(WEEKLY))
        assert [type(again[f"op{number}"]) for number in range(4)] == [Done, LostAnswer, Done, Done]
        moved = again["op2"]
        assert isinstance(moved, Done) and moved.stored is not None
        assert moved.key == f"{uid}#20260330T070000Z"
        assert moved.stored.image.starts_at == "2026-03-30T09:00Z"


async def test_a_series_that_cannot_be_read_back_counts_as_unanswered() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        await side.open()
        server.faults.add(Fault("GET", "/events/", "status", status=500, times=9))
        outcomes = await send(side, creates(WEEKLY))
        assert [type(outcome) for outcome in outcomes.values()] == [LostAnswer] * 4


async def test_a_failure_to_mail_after_storing_is_no_failure() -> None:
    """Domino answers 500/1026 although the entry is there (notes.md 7)."""
    async with sandbox() as (server, url), opened(url) as side:
        await send(side, creates(WEEKLY))
        body = '{"code":500,"cserror":1026,"message":"Error"}'
        server.faults.add(Fault("POST", "/events$", "status", status=500, body=body, content_type="application/json"))
        await check_one_series(side, await send(side, creates(WEEKLY)), WEEKLY)


async def test_two_series_and_other_writes_go_their_own_ways() -> None:
    """Catches: creates mixed up where several series and single entries are written at once."""
    async with sandbox() as (_server, url), opened(url) as side:
        others = [shifted(ODD[0], 40), shifted(ODD[0], 44)]
        second = [
            Write(
                f"b{number}", "create", after=image, groups=EVERY, create_key=f"other-{number}", series_key="series-2"
            )
            for number, image in enumerate(others)
        ]
        single = Write("c", "create", after=FAIR, groups=EVERY, create_key="alone")
        first = creates(WEEKLY)
        outcomes = await send(side, [first[0], second[0], single, *first[1:], second[1]])
        keys = {op: outcome.key for op, outcome in outcomes.items() if isinstance(outcome, Done)}
        uids = {op: split_notes_key(key)[0] for op, key in keys.items()}
        assert uids == {
            **{f"op{number}": created_uid("series-1") for number in range(4)},
            **{f"b{number}": created_uid("series-2") for number in range(2)},
            "c": created_uid("alone"),
        }
        assert sorted(by_key(await read(side))) == sorted(keys.values())


@pytest.mark.parametrize("refused", ["", "WEEKLY"], ids=["rule", "list"])
@pytest.mark.parametrize("backwards", [False, True])
async def test_dates_go_one_by_one_and_the_entry_with_the_last(refused: str, backwards: bool) -> None:
    """Catches: a date deleted that was not named, a version that its neighbours' deletion makes stale, an empty entry left."""
    async with sandbox(refused_rules=refused) as (server, url), opened(url) as side:
        outcomes = await send(side, creates(WEEKLY))
        records = by_key(await read(side))
        keys = sorted((outcome.key for outcome in outcomes.values() if isinstance(outcome, Done)), reverse=backwards)
        for number, key in enumerate(keys):
            gone = await send(side, [Write("d", "delete", key=key, expected_version=records[key].version)])
            assert isinstance(gone["d"], Done)
            assert sorted(by_key(await read(side))) == sorted(keys[number + 1 :])
        assert isinstance((await side.look([keys[0]]))[keys[0]], Gone)
        assert server.mail_files[MAIL_FILE].entries == {}


async def test_one_date_is_changed_alone() -> None:
    """Catches: an edit of one date that changes the versions or the content of its neighbours."""
    async with sandbox() as (_server, url), opened(url) as side:
        await send(side, creates(WEEKLY))
        before = by_key(await read(side))
        key = f"{created_uid('series-1')}#20260323T080000Z"
        after = replace(before[key].image, location="Room 4")
        write = Write(
            "u",
            "update",
            key=key,
            expected_version=before[key].version,
            before=before[key].image,
            after=after,
            groups=frozenset({Group.LOCATION}),
        )
        (outcome,) = (await send(side, [write])).values()
        assert isinstance(outcome, Done)
        now = by_key(await read(side))
        assert now.keys() == before.keys()
        assert now[key].image.location == "Room 4"
        assert {one: now[one].version for one in now if one != key} == {
            one: before[one].version for one in before if one != key
        }
