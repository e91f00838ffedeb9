"""The sandbox in the hands of tests and demo: rows, faults, journal, TLS (behaviours 31, 32)."""

from __future__ import annotations

import ssl
from typing import Any

import aiohttp
import pytest
import trustme

from daemon.sandbox.faults import Fault
from daemon.sandbox.salesforce import SalesforceSandbox
from daemon.sandbox.salesforce.errors import ApiError


async def test_rows_may_be_made_before_it_starts_and_obey_the_same_rules(clock_text: Any) -> None:
    sandbox = SalesforceSandbox()
    event = sandbox.insert("Event", {"Subject": " a ", "StartDateTime": clock_text(9), "EndDateTime": clock_text(10)})
    assert sandbox.row("Event", event)["Subject"] == "a"
    with pytest.raises(ApiError) as caught:
        sandbox.insert("Event", {"Subject": "x" * 300, "StartDateTime": clock_text(9), "EndDateTime": clock_text(10)})
    assert caught.value.fault.code == "STRING_TOO_LONG"
    sandbox.update("Event", event, {"Location": "Leeds"})
    sandbox.delete("Event", event)
    sandbox.undelete("Event", event)
    other = sandbox.people(1)["user_id"]
    theirs = sandbox.insert("Event", {"StartDateTime": clock_text(9), "EndDateTime": clock_text(10)}, by=other)
    assert [(r["Id"], r["OwnerId"], r["Location"]) for r in sandbox.rows("Event")] == [
        (event, sandbox.people()["user_id"], "Leeds"),
        (theirs, other, None),
    ]
    with pytest.raises(KeyError):
        sandbox.row("Event", "00U5J0000000zzzUAA")
    seeded = sandbox.seed(
        "Event", {"StartDateTime": clock_text(9), "EndDateTime": clock_text(9), "CreatedDate": "2020-01-01T00:00:00Z"}
    )
    assert sandbox.row("Event", seeded)["CreatedDate"] == "2020-01-01T00:00:00.000+0000"


async def test_a_lost_reply_leaves_the_row(org: Any, clock_text: Any) -> None:
    record = {"Subject": "once", "StartDateTime": clock_text(9), "EndDateTime": clock_text(10)}
    org.sandbox.faults.add(Fault("POST", "/sobjects/Event", "cut_before"))
    with pytest.raises(aiohttp.ClientError):
        await org.post("sobjects/Event", record)
    assert org.sandbox.rows("Event") == []
    org.sandbox.faults.add(Fault("POST", "/sobjects/Event", "cut_after"))
    with pytest.raises(aiohttp.ClientError):
        await org.post("sobjects/Event", record)
    assert [r["Subject"] for r in org.sandbox.rows("Event")] == ["once"]
    assert [e.fault for e in org.sandbox.journal.calls("POST", "/sobjects/Event")] == ["cut_before", "cut_after"]


async def test_foreign_answers(org: Any) -> None:
    for status, kind, text in (
        (503, "text/html", "<html>down</html>"),
        (420, "text/plain", ""),
        (429, "application/json", "[]"),
    ):
        org.sandbox.faults.add(Fault(None, "/limits", "status", status=status, content_type=kind, body=text))
        answer = await org.get("limits")
        assert (answer.status, answer.headers["Content-Type"]) == (status, kind)
    org.sandbox.faults.add(Fault(None, "/limits", "truncate"))
    with pytest.raises(aiohttp.ClientError):
        await org.get("limits")
    assert (await org.get("limits")).status == 200


async def test_the_journal_shows_headers_but_no_token(org: Any) -> None:
    event = await org.event()
    org.sandbox.journal.clear()
    stamp = "Sun, 22 Nov 2026 10:00:00 GMT"
    await org.patch(f"sobjects/Event/{event}", {"Subject": "x"}, headers={"If-Unmodified-Since": stamp})
    (entry,) = org.sandbox.journal.writes
    assert (entry.method, entry.path, entry.status) == ("PATCH", f"/services/data/v67.0/sobjects/Event/{event}", 412)
    assert entry.headers["If-Unmodified-Since"] == stamp
    assert org.sandbox.people()["token"] not in str(entry)
    async with org.http.get(f"{org.sandbox.url}/__sandbox__/journal") as reply:
        assert [e["n"] for e in await reply.json()] == [entry.n]


async def test_it_speaks_tls_with_a_ca_of_its_own() -> None:
    ca = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    ca.issue_cert("127.0.0.1").configure_cert(server)
    ca.configure_trust(client)
    sandbox = SalesforceSandbox()
    url = await sandbox.start(ssl_context=server)
    try:
        assert url.startswith("https://127.0.0.1:")
        headers = {"Authorization": f"Bearer {sandbox.people()['token']}"}
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{url}/services/data/v67.0", ssl=client, headers=headers) as reply,
        ):
            assert (await reply.json())["identity"].startswith(url)
    finally:
        await sandbox.stop()
