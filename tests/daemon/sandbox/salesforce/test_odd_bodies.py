"""Bodies that no client should send are refused as Salesforce refuses: never with a 500, never by doing something else."""

from __future__ import annotations

from typing import Any

import pytest

TIMES = {"StartDateTime": "2027-01-01T10:00:00Z", "DurationInMinutes": 5}


@pytest.mark.parametrize("body", ["[" * 5000, '{"a":' * 3000, "{", '{"Subject":"\\ud800"}', "5", "null"])
@pytest.mark.parametrize("path", ["sobjects/Event", "composite", "composite/batch", "composite/sobjects"])
async def test_no_record_at_all(org: Any, path: str, body: str) -> None:
    answer = await org.call("POST", path, data=body, headers={"Content-Type": "application/json"})
    assert (answer.status, answer.code) == (400, "JSON_PARSER_ERROR")


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("POST", "sobjects/Event", {"Who": {"attributes": 5, "Email": "a@example.com"}}, "FIELD_INTEGRITY_EXCEPTION"),
        ("POST", "sobjects/Event", {"Who": {"attributes": {"type": 5}, "Email": "x"}}, "JSON_PARSER_ERROR"),
        ("POST", "sobjects/Event", {"Subject": {"a": 1}}, "JSON_PARSER_ERROR"),
        ("POST", "sobjects/Event", {**TIMES, "StartDateTime": "9999-12-31T23:59:59Z"}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ("POST", "sobjects/Task", {"ActivityDate": "1600-01-01"}, "NUMBER_OUTSIDE_VALID_RANGE"),
        ("POST", "composite/sobjects/Account", {"ids": 5, "fields": ["Id"]}, "JSON_PARSER_ERROR"),
        ("POST", "composite/sobjects/Account", {"ids": [], "fields": 5}, "JSON_PARSER_ERROR"),
        ("POST", "composite", {"compositeRequest": [5]}, "JSON_PARSER_ERROR"),
        ("POST", "composite/tree/Account", {"records": {}}, "JSON_PARSER_ERROR"),
    ],
)
async def test_wrong_shapes(org: Any, method: str, path: str, body: Any, code: str) -> None:
    answer = await org.call(method, path, json=body)
    assert (answer.status, answer.code) == (400, code), answer.body


async def test_bodies_that_are_not_json(org: Any) -> None:
    for kind in ("application/x-www-form-urlencoded", "application/xml", "text/plain; charset=utf-8"):
        answer = await org.call("POST", "sobjects/Account", data=b"Name=x", headers={"Content-Type": kind})
        assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    made = await org.call(
        "POST", "sobjects/Account", data=b'{"Name":"x"}', headers={"Content-Type": "application/json; charset=UTF-8"}
    )
    assert made.status == 201


async def test_children_that_are_no_list(org: Any) -> None:
    record = {"attributes": {"type": "Account", "referenceId": "r"}, "Name": "x", "Contacts": {"records": 5}}
    answer = await org.post("composite/tree/Account", {"records": [record]})
    assert (answer.status, answer.body["hasErrors"]) == (400, True)
    assert await org.records("SELECT Id FROM Account WHERE Name = 'x'") == []


@pytest.mark.parametrize("value", [[], [1], {}, {"a": 1}])
async def test_keys_of_an_upsert(open_org: Any, value: Any) -> None:
    org = await open_org(key_field=True)
    for field in ("Daybridge_Key__c", "Id"):
        good = {"attributes": {"type": "Event"}, **TIMES, **({} if field == "Id" else {field: "k"})}
        rows = [{"attributes": {"type": "Event"}, **TIMES, field: value}, good]
        answer = await org.patch(f"composite/sobjects/Event/{field}", {"records": rows})
        assert answer.status == 200
        assert [r["success"] for r in answer.body] == [False, True]
        assert answer.body[0]["errors"][0]["statusCode"] == "JSON_PARSER_ERROR"


async def test_a_description_changed_since(org: Any) -> None:
    for path in ("sobjects", "sobjects/Event/describe"):
        late = await org.get(path, headers={"If-Unmodified-Since": "Thu, 03 Sep 2020 21:35:07 GMT"})
        assert (late.status, late.code) == (412, "PRECONDITION_FAILED")
        fresh = (await org.get(path)).headers["Last-Modified"]
        assert (await org.get(path, headers={"If-Unmodified-Since": fresh})).status == 200
        assert (await org.get(path, headers={"If-Unmodified-Since": "yesterday"})).status == 400
