"""Items 2, 3, 26 and 27 of notes.md 10: discovery, access, media types, methods, links, error documents."""

from __future__ import annotations

import gzip
from typing import Any

import aiohttp
import pytest
from yarl import URL

from daemon.sandbox.faults import Fault

CALL = {
    "SUMMARY": "Call / Müller",
    "DTSTART": "20260302T090000Z",
    "DTEND": "20260302T100000Z",
    "UID": "a/b c@example.com",
}


async def test_discovery(client: Any) -> None:
    services = (await client.get("/api")).json["services"]
    assert {"name": "Calendar", "enabled": True, "version": "9.0.1", "href": "/api/calendar"} in services
    own = (await client.get("/api/calendar")).json["calendars"][0]
    assert own["owner"]["distinguishedName"] == "CN=Jane Doe/O=Example"
    assert own["owner"]["homeServer"] == "CN=mail01/O=Example"
    assert own["links"][0] == {"rel": "events", "href": "/mail/jdoe.nsf/api/calendar/events"}
    team = (await client.get("/api/calendar", owner="Sales Team/Example")).json["calendars"][0]
    assert team["links"][0]["href"] == "/mail/salesteam.nsf/api/calendar/events"
    assert (await client.get("/api/calendar", owner="Nobody")).error == (400, None)
    inside = await client.get("/mail/jdoe.nsf/api/calendar")
    assert inside.error == (404, None)
    assert inside.json["message"] == "Database context not allowed."
    assert (await client.get("/api/calendar/events")).error == (404, None)


async def test_absolute_links(start: Any, kit: Any) -> None:
    client = await start(absolute_links=True)
    await client.post_ics(kit.vevent(**CALL))
    assert (await client.listed())[0]["href"].startswith(client.url + kit.base)


async def test_a_path_that_is_no_mail_file_is_404_html(client: Any) -> None:
    for path in ("/names2.nsf/api/calendar/events", "/mail/nobody.nsf/api/calendar/events", "/mail/jdoe.nsf", "/x"):
        answer = await client.get(path)
        assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (404, "text/html")


async def test_a_service_that_is_off_answers_403(start: Any) -> None:
    client = await start(service_enabled=False)
    assert (await client.get("events")).error == (403, None)
    assert (await client.get("/api")).json["services"][0]["enabled"] is False


@pytest.mark.parametrize(("option", "status"), [("403", 403), ("401", 401), ("form", 200)])
async def test_a_person_without_access(start: Any, option: str, status: int) -> None:
    client = await start(no_access=option)
    answer = await client.get("/mail/emoore.nsf/api/calendar/events")
    assert answer.status == status
    assert ("<form" in answer.text) == (option == "form")


async def test_private_entries_do_not_exist_for_a_calendar_delegate(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**CALL))
    await client.post_ics(kit.vevent(SUMMARY="Doctor", DTSTART="20260303T090000Z", UID="p1", CLASS="CONFIDENTIAL"))
    assert (await client.get("events/p1")).json["events"][0]["class"] == "private"
    for user, sees in (("cdelegate", False), ("rreader", True), ("eeditor", True)):
        client.user = user
        assert ("p1" in [event["id"] for event in await client.listed()]) is sees
        assert (await client.get("events/p1")).status == (200 if sees else 404)


@pytest.mark.parametrize("user", ["rreader", "cdelegate"])
async def test_who_may_only_read_gets_403_on_every_write(client: Any, kit: Any, user: str) -> None:
    await client.post_ics(kit.vevent(**{**CALL, "UID": "u1"}))
    client.user = user
    assert (await client.post_ics(kit.vevent(**CALL))).error == (403, None)
    assert (await client.write("PUT", "events/u1", kit.vevent(**{**CALL, "UID": "u1"}))).status == 403
    assert (await client("DELETE", "events/u1")).status == 403
    assert (await client("PUT", "events/u1/action?type=accept")).status == 403
    assert client.sandbox.entry("/mail/jdoe.nsf", "u1") is not None


async def test_an_editor_writes_for_the_owner(client: Any, kit: Any) -> None:
    client.user = "eeditor"
    answer = await client.post_ics(
        kit.vevent(**CALL, ATTENDEE=";ROLE=REQ-PARTICIPANT:mailto:rick.reed@example.com"), workflow="false"
    )
    assert 'SENT-BY="mailto:edith.moore@example.com"' in answer.text.replace("\r\n ", "")
    assert "mailto:jane.doe@example.com" in answer.text.replace("\r\n ", "")


@pytest.mark.parametrize("media", ["text/plain", "application/xml", ""])
async def test_a_write_of_another_media_type_is_415(client: Any, kit: Any, media: str) -> None:
    answer = await client(
        "POST", "events", data=kit.calendar(kit.vevent(**CALL)).encode(), headers={"Content-Type": media}
    )
    assert answer.error == (415, None)


async def test_json_is_escaped_and_compressed(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**CALL))
    window = "?since=2026-03-01T00:00:00Z&before=2026-04-01T00:00:00Z"
    headers = {"Accept-Encoding": "gzip"}
    async with aiohttp.ClientSession(auto_decompress=False) as raw:
        async with raw.get(f"{client.url}{kit.base}/events{window}", headers={**headers, **basic()}) as answer:
            assert answer.headers["Content-Encoding"] == "gzip"
            body = gzip.decompress(await answer.read())
        async with raw.get(
            f"{client.url}{kit.base}/events{window}", headers={"Accept-Encoding": "", **basic()}
        ) as answer:
            assert "Content-Encoding" not in answer.headers
            assert await answer.read() == body
    assert rb"Call \/ M\u00fcller" in body
    assert rb"CN=Jane Doe\/O=Example" in body


def basic() -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth("jdoe", "jane-secret-1")}


async def test_method_override_head_options_and_405(client: Any, kit: Any) -> None:
    await client.post_ics(kit.vevent(**{**CALL, "UID": "u1"}))
    head = await client("HEAD", "events/u1")
    assert (head.status, head.body) == (200, b"")
    options = await client("OPTIONS", "events/u1")
    assert options.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
    for method, path in (("PATCH", "events/u1"), ("PUT", "events"), ("POST", "events/u1"), ("DELETE", "events")):
        answer = await client(method, path)
        assert answer.error == (405, None)
        assert "Allow" in answer.headers
    assert (await client("POST", "events/u1", headers={"X-HTTP-Method-Override": "DELETE"})).status == 200
    assert (await client.get("events/u1")).error == (404, 1031)


async def test_uids_are_url_encoded_and_slashes_at_the_end_do_not_matter(client: Any, kit: Any) -> None:
    created = await client.post_ics(kit.vevent(**CALL))
    assert created.headers["Location"] == f"{client.url}{kit.base}/events/a%2Fb%20c%40example.com"
    href = (await client.listed())[0]["href"]
    for path in (href, href + "/", href.replace("/mail/jdoe.nsf", "/Mail/JDoe.nsf")):
        async with client.session.get(URL(client.url + path, encoded=True), headers=basic()) as answer:
            assert answer.status == 200
            assert (await answer.json())["events"][0]["id"] == "a/b c@example.com"


async def test_faults_and_journal_stand_before_the_calendar(client: Any) -> None:
    client.sandbox.faults.add(Fault("GET", "/events$", "status", status=503, body="<h1>busy</h1>"))
    assert (await client.get("events")).status == 503
    assert (await client.get("events")).status == 200
    assert [entry.status for entry in client.sandbox.journal.calls("GET", "events")] == [503, 200]


async def test_the_users_of_the_sandbox_line(client: Any) -> None:
    people = client.sandbox.people()
    assert people["mail_file"] == "/mail/jdoe.nsf"
    assert {user["role"] for user in people["users"]} == {"owner", "reader", "editor", "calendar_delegate"}
