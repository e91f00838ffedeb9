"""Redirects, foreign sign-ins and foreign pages between Daybridge and a Domino server, and ids of every spelling in paths."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from daemon.sandbox.faults import Fault
from daemon.sides.contract import Done, Gone, LostAnswer, SideError, Write
from daemon.sides.notes.domino_address import as_mail_file, events_path, read_address
from daemon.sides.notes.domino_http import DominoSession
from daemon.sides.notes.domino_list import list_entries
from daemon.sides.notes.entries import instant
from shared.states import Group
from tests.daemon.sides.notes.domino_setting import (
    MAIL_FILE,
    QUICK,
    WINDOW,
    by_key,
    calendar,
    opened,
    quiet,
    read,
    sandbox,
    vevent,
)

HTML, JSON = "text/html", "application/json"


def said(path: str, status: int, body: str = "", kind: str = HTML, *, times: int = 9, **headers: str) -> Fault:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault("GET", path, "status", times, status=status, body=body, content_type=kind, headers=named)


async def test_a_redirect_to_the_login_page_is_a_sign_in() -> None:
    async with sandbox() as (server, url), opened(url) as side:
        server.faults.add(said("^/api$", 302, times=1, Location="/welcome"))
        server.faults.add(said("^/welcome$", 302, times=1, Location="/names.nsf?Login"))
        assert (await side.open()).name == "Jane Doe"


async def test_a_redirect_to_another_spelling_of_the_path_is_followed() -> None:
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.faults.add(said("^/api$", 301, Location="/api/"))
        assert (await side.open()).name == "Jane Doe"


FOREIGN: dict[str, tuple[list[Fault], str]] = {
    "a page elsewhere on the server": (
        [said("^/api$", 302, Location="/portal"), said("^/portal$", 200, "<html>Welcome</html>")],
        "notes.web_page",
    ),
    "round in a circle": ([said("^/api$", 302, Location="/api")], "notes.redirects"),
    "nowhere": ([said("^/api$", 302)], "notes.redirects"),
    "an address that is none": ([said("^/api$", 302, Location="http://[bad")], "notes.redirect"),
    "no redirect, in spite of its number": ([said("^/api$", 304)], "notes.server_error"),
    "a sign-in of another kind": (
        [said("^/api$", 401, "<html>No</html>", WWW_Authenticate="Negotiate")],
        "notes.foreign_login",
    ),
    "a page that no parser likes": ([said("^/api$", 200, "<html><![odd[ <form>")], "notes.web_page"),
    "JSON deeper than any reader": ([said("^/api$", 200, "[" * 100_000, JSON)], "notes.cut_off"),
    "a proxy that wants a password": ([said("^/api/calendar$", 407)], "notes.server_error"),
}


@pytest.mark.parametrize("name", FOREIGN)
async def test_what_stands_between_is_told_for_what_it_is(name: str) -> None:
    faults, code = FOREIGN[name]
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        for fault in faults:
            server.faults.add(fault)
        with pytest.raises(SideError) as told:
            await side.open()
    assert told.value.text.code == code


PAGES: dict[str, Fault] = {
    "no content": said("", 204, kind=""),
    "accepted": said("", 202, kind=""),
    "an answer of a proxy, without a body": said("", 203, kind=""),
    "a packed body that was lost": said("", 200, kind="", Content_Encoding="gzip"),
    "another document": said("", 200, "{}", JSON),
    "the document of a portal": said("", 200, '{"status":"ok","login":"required"}', JSON),
    "an error under 200": said("", 200, '{"code":500,"message":"oops"}', JSON),
    "a list that is none": said("", 200, '{"events":null}', JSON),
    "a web page": said("", 200, "<html>Welcome</html>"),
    "text without a type": said("", 200, "Welcome", ""),
}


@pytest.mark.parametrize("name", PAGES)
async def test_nothing_but_the_services_own_answer_is_an_empty_calendar(name: str) -> None:
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a")))
        await side.open()
        server.faults.add(replace(PAGES[name], path=r"/events$"))
        with pytest.raises(SideError):
            await read(side)


@pytest.mark.parametrize("kind", ["update", "delete"])
@pytest.mark.parametrize("name", PAGES)
async def test_a_write_that_something_else_answered_is_looked_up(name: str, kind: str) -> None:
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("a", "SUMMARY:Old")))
        record = by_key(await read(side))["a#"]
        server.faults.add(replace(PAGES[name], path="", method="PUT" if kind == "update" else "DELETE"))
        after = None if kind == "delete" else msgspec.structs.replace(record.image, subject="New")
        groups = frozenset({Group.SUBJECT})
        write = Write("op", kind, "a#", record.version, record.image, after, groups)
        (outcome,) = [one async for one in side.write([write])]
        there = server.entry(MAIL_FILE, "a")
    assert isinstance(outcome, LostAnswer)
    assert there is not None
    assert "SUMMARY:Old" in there.text


UIDS = (
    "a/b@example.com",
    "//two",
    "end/",
    "a blank",
    "50%20",
    "h#a?q=1&r;s,t",
    "back\\slash",
    "#20260310T090000Z",
    "ünï",
    "x" * 900,
)


def _escaped(uid: str) -> str:
    return uid.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")


@pytest.mark.parametrize("uid", UIDS)
async def test_an_id_of_any_spelling_is_read_changed_and_deleted(uid: str) -> None:
    async with sandbox(login="basic") as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent(_escaped(uid), "SUMMARY:Old", "RRULE:FREQ=DAILY;COUNT=2")))
        records = (await read(side)).records
        assert len(records) == 2
        for record in records:
            after = msgspec.structs.replace(record.image, subject="New")
            changed = Write("op", "update", record.key, record.version, record.image, after, frozenset({Group.SUBJECT}))
            (outcome,) = [one async for one in side.write([changed])]
            assert isinstance(outcome, Done)
            assert outcome.stored is not None
            assert outcome.stored.image.subject == "New"
            (outcome,) = [one async for one in side.write([Write("op", "delete", record.key, outcome.version)])]
            assert isinstance(outcome, Done)
            assert isinstance((await side.look([record.key]))[record.key], Gone)
        assert server.entry(MAIL_FILE, uid) is None


@pytest.mark.parametrize("uid", UIDS)
async def test_each_date_of_a_series_is_an_element_of_its_own(uid: str) -> None:
    async with sandbox(login="basic") as (server, url):
        server.load(MAIL_FILE, calendar(vevent(_escaped(uid), "RRULE:FREQ=DAILY;COUNT=3")))
        session = DominoSession(read_address(url, allow_http=True), "jdoe", "jane-secret-1", policy=QUICK)
        window: Any = (instant(WINDOW.starts_at), instant(WINDOW.ends_at))
        listing = await list_entries(session, MAIL_FILE, *window, quiet)
        await session.close()
    assert [(element.handle, element.recurrence_id) for element in listing.elements] == [
        (uid, f"202603{day}T090000Z") for day in (10, 11, 12)
    ]


async def test_a_throw_away_id_is_nobodys_key_and_no_entrys_name() -> None:
    """Catches: an id of an old template's list, whose number changes with the list, kept for what is left out."""
    guest = ("ORGANIZER:mailto:boss@example.com", "ATTENDEE:mailto:jane.doe@example.com")
    async with sandbox(old_template=True) as (server, url), opened(url) as side:
        server.load(MAIL_FILE, calendar(vevent("over", start="20260201T090000Z", end="20260201T100000Z")))
        server.desk.invite(MAIL_FILE, calendar(vevent("theirs", *guest)))
        first = (await read(side)).left_out
        server.load(MAIL_FILE, calendar(vevent("earlier", start="20260131T090000Z", end="20260131T100000Z")))
        second = (await read(side)).left_out
    assert {left.reason.value for left in first.values()} == {"outside_window", "waiting_in_notes"}
    assert {left.key for left in (first | second).values()} == {""}
    assert first.keys() < second.keys()


@pytest.mark.parametrize(
    ("entered", "path"),
    [
        ("mail/jdoe.nsf", "/mail/jdoe.nsf"),
        ("mail\\jdoe.nsf", "/mail/jdoe.nsf"),
        ("/mail/j%20doe.nsf/api/calendar", "/mail/j doe.nsf"),
        ("/mail/jürgen.nsf", "/mail/jürgen.nsf"),
    ],
)
def test_a_mail_file_in_any_spelling(entered: str, path: str) -> None:
    assert as_mail_file(entered) == path
    assert read_address(f"https://mail.example.com{events_path(path)}", allow_http=False).mail_file == path
