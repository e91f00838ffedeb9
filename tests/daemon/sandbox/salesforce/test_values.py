"""Types, lengths, text and date forms (behaviours 9, 10, 12, 13)."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    "given",
    [
        "2027-03-01T17:00:00.000+0000",
        "2027-03-01T17:00:00Z",
        "2027-03-01T17:00:00.123456Z",
        "2027-03-01T18:00:00+01:00",
        "2027-03-01T18:30:00+0130",
        "2027-03-01T09:00:00.5-0800",
        "2027-03-01T17:00Z",
        "2027-03-01T17:00:00",
    ],
)
async def test_every_input_form_of_a_datetime(org: Any, given: str) -> None:
    event = await org.event(StartDateTime=given, EndDateTime=..., DurationInMinutes=30)
    read = await org.read(event)
    assert read["StartDateTime"] == "2027-03-01T17:00:00.000+0000"
    assert read["EndDateTime"] == "2027-03-01T17:30:00.000+0000"
    assert (read["ActivityDate"], read["EndDate"]) == ("2027-03-01", "2027-03-01")


@pytest.mark.parametrize(
    ("field", "given", "code"),
    [
        ("StartDateTime", "tomorrow", "JSON_PARSER_ERROR"),
        ("StartDateTime", "2027-02-30T10:00:00Z", "JSON_PARSER_ERROR"),
        ("IsAllDayEvent", "perhaps", "JSON_PARSER_ERROR"),
        ("DurationInMinutes", "soon", "JSON_PARSER_ERROR"),
        ("DurationInMinutes", 30.5, "JSON_PARSER_ERROR"),
        ("DurationInMinutes", 123456789, "NUMBER_OUTSIDE_VALID_RANGE"),
        ("Subject", {"a": 1}, "JSON_PARSER_ERROR"),
        ("Subject", "x" * 256, "STRING_TOO_LONG"),
        ("Location", "x" * 256, "STRING_TOO_LONG"),
        ("Description", "x" * 32001, "STRING_TOO_LONG"),
        ("ShowAs", "Tentative", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("WhoId", "Mara", "MALFORMED_ID"),
        ("OwnerId", "0035J0000000001QAA", "FIELD_INTEGRITY_EXCEPTION"),
        ("WhatId", "0015J0000000zzzQAA", "INVALID_CROSS_REFERENCE_KEY"),
    ],
)
async def test_values_that_do_not_fit(org: Any, field: str, given: Any, code: str) -> None:
    event = await org.event()
    before = await org.read(event)
    answer = await org.patch(f"sobjects/Event/{event}", {field: given})
    assert (answer.status, answer.code) == (400, code)
    if code not in {"JSON_PARSER_ERROR"}:
        assert answer.fields == [field]
    assert await org.read(event) == before


async def test_length_is_counted_in_characters(org: Any) -> None:
    subject = "\N{CALENDAR}ä" * 127 + "x"
    event = await org.event(Subject=subject, Description="ß" * 32000)
    assert (await org.read(event))["Subject"] == subject


async def test_text_is_trimmed_and_empty_is_null(org: Any) -> None:
    read = await org.read(await org.event(Subject="  Visit \n", Location="   ", Description=""))
    assert (read["Subject"], read["Location"], read["Description"]) == ("Visit", None, None)


@pytest.mark.parametrize(("style", "stored"), [("crlf", "a\r\nb\r\nc\r\nd"), ("lf", "a\nb\nc\nd")])
async def test_line_breaks_have_one_style(open_org: Any, style: str, stored: str) -> None:
    org = await open_org(line_breaks=style)
    assert (await org.read(await org.event(Description="a\nb\r\nc\rd")))["Description"] == stored


async def test_numbers_and_booleans_as_text(org: Any) -> None:
    event = await org.event(EndDateTime=..., DurationInMinutes="31", IsPrivate="true")
    read = await org.read(event)
    assert (read["DurationInMinutes"], read["IsPrivate"]) == (31, True)


async def test_null_clears_and_missing_keys_stay(org: Any) -> None:
    event = await org.event(Location="Leeds", Description="d", IsPrivate=True)
    assert (await org.patch(f"sobjects/Event/{event}", {"LOCATION": None, "isprivate": None})).status == 204
    read = await org.read(event)
    assert (read["Location"], read["Description"], read["IsPrivate"], read["Subject"]) == (None, "d", False, "Visit")


async def test_a_picklist_takes_its_label_and_stores_the_value(org: Any) -> None:
    assert (await org.read(await org.event(ShowAs="Out of Office")))["ShowAs"] == "OutOfOffice"


async def test_an_email_address_is_one(org: Any) -> None:
    answer = await org.post("sobjects/Contact", {"LastName": "Lee", "Email": "nobody"})
    assert (answer.status, answer.code) == (400, "INVALID_EMAIL_ADDRESS")
