"""Composite, batch and tree (behaviour 28)."""

from __future__ import annotations

from email.utils import format_datetime
from typing import Any

V = "/services/data/v67.0"


def part(method: str, url: str, reference: str, body: Any = None, **headers: str) -> dict[str, Any]:
    made: dict[str, Any] = {"method": method, "url": f"{V}/{url}", "referenceId": reference}
    if body is not None:
        made["body"] = body
    if headers:
        made["httpHeaders"] = {k.replace("_", "-"): v for k, v in headers.items()}
    return made


async def run(org: Any, *parts: dict[str, Any], all_or_none: bool = False) -> list[dict[str, Any]]:
    answer = await org.post("composite", {"allOrNone": all_or_none, "compositeRequest": list(parts)})
    assert answer.status == 200, answer.body
    return list(answer.body["compositeResponse"])


async def test_references_reach_addresses_and_bodies(org: Any, clock_text: Any) -> None:
    when = {"StartDateTime": clock_text(9), "DurationInMinutes": 5}
    replies = await run(
        org,
        part("POST", "sobjects/Account", "acc", {"Name": "Lee"}),
        part("POST", "sobjects/Event", "ev", {"WhatId": "@{acc.id}", "Subject": "with @{acc.id}", **when}),
        part("GET", "sobjects/Event/@{ev.id}?fields=Subject", "read"),
        part("GET", "query?q=SELECT Id, What.Name FROM Event WHERE Id='@{ev.id}'", "found"),
        part("PATCH", "sobjects/Account/@{found.records[0].What.attributes.nothing}", "bad", {"Name": "x"}),
    )
    assert [(r["referenceId"], r["httpStatusCode"]) for r in replies] == [
        ("acc", 201),
        ("ev", 201),
        ("read", 200),
        ("found", 200),
        ("bad", 400),
    ]
    account = replies[0]["body"]["id"]
    assert replies[0]["httpHeaders"]["Location"] == f"{V}/sobjects/Account/{account}"
    assert replies[2]["body"]["Subject"] == f"with {account}"
    assert replies[3]["body"]["records"][0]["What"]["Name"] == "Lee"
    assert replies[4]["body"][0]["errorCode"] == "PROCESSING_HALTED"


async def test_guarded_updates(org: Any) -> None:
    events = [await org.event() for _ in range(3)]
    seen = format_datetime(org.sandbox.org.store.get("Event", events[0])["LastModifiedDate"], usegmt=True)
    org.sandbox.clock.shift(5)
    await org.patch(f"sobjects/Event/{events[1]}", {"Subject": "theirs"})
    replies = await run(
        org,
        *(
            part("PATCH", f"sobjects/Event/{e}", f"r{n}", {"Subject": "ours"}, If_Unmodified_Since=seen)
            for n, e in enumerate(events)
        ),
    )
    assert [(r["httpStatusCode"], r["body"]) for r in (replies[0], replies[2])] == [(204, None), (204, None)]
    assert replies[1]["httpStatusCode"] == 412
    assert [(await org.read(e))["Subject"] for e in events] == ["ours", "theirs", "ours"]


async def test_all_or_none(org: Any) -> None:
    event = await org.event()
    replies = await run(
        org,
        part("PATCH", f"sobjects/Event/{event}", "one", {"Subject": "changed"}),
        part("PATCH", f"sobjects/Event/{event}", "two", {"Nothing": "x"}),
        part("PATCH", f"sobjects/Event/{event}", "three", {"Subject": "again"}),
        all_or_none=True,
    )
    assert [r["httpStatusCode"] for r in replies] == [400, 400, 400]
    assert [r["body"][0]["errorCode"] for r in replies] == ["PROCESSING_HALTED", "INVALID_FIELD", "PROCESSING_HALTED"]
    assert (await org.read(event))["Subject"] == "Visit"


async def test_collections_inside(org: Any) -> None:
    records = [{"attributes": {"type": "Account"}, "Name": n} for n in ("a", None)]
    (reply,) = await run(org, part("POST", "composite/sobjects", "all", {"records": records}))
    assert [r["success"] for r in reply["body"]] == [True, False]


async def test_one_failure_does_not_touch_its_neighbours(org: Any) -> None:
    replies = await run(
        org,
        part("GET", "sobjects/Foo", "a"),
        part("POST", "composite", "b", {}),
        part("GET", "limits", "c"),
        {"method": "GET", "url": "https://elsewhere.example.com/", "referenceId": "d"},
    )
    assert [r["httpStatusCode"] for r in replies] == [404, 400, 200, 400]


async def test_caps_and_bad_references(org: Any) -> None:
    many = [part("GET", "limits", f"r{n}") for n in range(26)]
    assert (await org.post("composite", {"compositeRequest": many})).status == 400
    assert len(await run(org, *many[:25])) == 25
    queries = await run(org, *(part("GET", "query?q=SELECT Id FROM Account", f"q{n}") for n in range(6)))
    assert [r["httpStatusCode"] for r in queries] == [200] * 5 + [400]
    for twice in ([part("GET", "limits", "a")] * 2, [part("GET", "limits", "a-b")], ["x"]):
        assert (await org.post("composite", {"compositeRequest": twice})).status == 400


async def test_it_is_one_call(org: Any) -> None:
    used = org.sandbox.org.used_calls()
    await run(org, *(part("GET", "limits", f"r{n}") for n in range(25)))
    assert org.sandbox.org.used_calls() == used + 1


async def test_batch(org: Any) -> None:
    event = await org.event()
    requests = [
        {"method": "PATCH", "url": f"v67.0/sobjects/Event/{event}", "richInput": {"Subject": "b"}},
        {"method": "GET", "url": "v67.0/sobjects/Nothing"},
        {"method": "GET", "url": f"v67.0/sobjects/Event/{event}?fields=Subject"},
    ]
    body = (await org.post("composite/batch", {"batchRequests": requests})).body
    assert body["hasErrors"] is True
    assert [r["statusCode"] for r in body["results"]] == [204, 404, 200]
    assert body["results"][2]["result"]["Subject"] == "b"
    halted = (await org.post("composite/batch", {"haltOnError": True, "batchRequests": requests})).body
    assert [r["statusCode"] for r in halted["results"]] == [204, 404, 412]


async def test_tree(org: Any) -> None:
    record = {
        "attributes": {"type": "Account", "referenceId": "a"},
        "Name": "Lee",
        "Contacts": {"records": [{"attributes": {"type": "Contact", "referenceId": "c"}, "LastName": "Lee"}]},
    }
    answer = await org.post("composite/tree/Account", {"records": [record]})
    assert (answer.status, answer.body["hasErrors"]) == (201, False)
    ids = {r["referenceId"]: r["id"] for r in answer.body["results"]}
    assert (await org.get(f"sobjects/Contact/{ids['c']}")).body["AccountId"] == ids["a"]
    del record["Contacts"]["records"][0]["LastName"]
    before = len(org.sandbox.rows("Account"))
    answer = await org.post("composite/tree/Account", {"records": [record]})
    assert (answer.status, answer.body["results"][0]["referenceId"]) == (400, "c")
    assert len(org.sandbox.rows("Account")) == before
