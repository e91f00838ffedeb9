"""Tests of answers: both shapes of an error body, and what each code of table 1.3 asks for."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.sides.salesforce.answers import (
    AnswerLost,
    Meaning,
    RowError,
    collection_results,
    composite_results,
    error_of,
    meaning,
    refusal,
)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([{"message": "m", "errorCode": "NOT_FOUND"}], RowError("NOT_FOUND", "m")),
        ([{"message": "m", "errorCode": "X", "fields": ["A", "B"]}], RowError("X", "m", ("A", "B"))),
        ([{"statusCode": "X", "message": "m", "fields": []}], RowError("X", "m")),
        ({"error": "invalid_grant", "error_description": "d"}, RowError("invalid_grant", "d")),
        ([], None),
        ("<html/>", None),
        (None, None),
        ([{"message": "m"}], None),
        ([["x"]], None),
        ({"errorCode": 5}, None),
    ],
)
def test_error_bodies(body: Any, error: RowError | None) -> None:
    assert error_of(body) == error


@pytest.mark.parametrize(
    ("code", "asks", "permanent"),
    [
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", Meaning.PERMANENT, True),
        ("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", Meaning.PERMANENT, True),
        ("REQUIRED_FIELD_MISSING", Meaning.PERMANENT, True),
        ("STRING_TOO_LONG", Meaning.PERMANENT, True),
        ("FIELD_INTEGRITY_EXCEPTION", Meaning.PERMANENT, True),
        ("INSUFFICIENT_ACCESS_OR_READONLY", Meaning.PERMANENT, True),
        ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", Meaning.LINK, True),
        ("DUPLICATE_VALUE", Meaning.EXISTS, True),
        ("UNABLE_TO_LOCK_ROW", Meaning.LOCKED, False),
        ("ALL_OR_NONE_OPERATION_ROLLED_BACK", Meaning.PASSING, False),
        ("QUERY_TIMEOUT", Meaning.PASSING, False),
        ("ENTITY_IS_DELETED", Meaning.STALE, True),
        ("NEVER_SEEN_BEFORE", Meaning.PERMANENT, True),
    ],
)
def test_codes(code: str, asks: Meaning, permanent: bool) -> None:
    error = RowError(code, "said by Salesforce", ("Subject",))
    assert meaning(error) is asks
    refused = refusal("op", error)
    assert (refused.op_id, refused.code, refused.permanent) == ("op", code, permanent)
    assert "{" not in refused.text.text


def test_the_customers_own_words_are_shown() -> None:
    refused = refusal("op", RowError("FIELD_CUSTOM_VALIDATION_EXCEPTION", "Only on weekdays."))
    assert "Only on weekdays." in refused.text.text


def test_collections_and_composite() -> None:
    rows = collection_results(
        [{"id": "1", "success": True}, {"success": False, "errors": [{"statusCode": "X"}]}, {"success": False}], 3
    )
    assert [(row.id, row.error and row.error.code) for row in rows] == [
        ("1", None),
        ("", "X"),
        ("", "UNKNOWN_EXCEPTION"),
    ]
    parts = composite_results(
        {
            "compositeResponse": [
                {"httpStatusCode": 204, "body": None},
                {"httpStatusCode": 412, "body": None},
                {"httpStatusCode": 400, "body": [{"errorCode": "X", "message": "m"}]},
                {"httpStatusCode": 500, "body": None},
                {"body": None},
            ]
        },
        5,
    )
    codes = [part.error and part.error.code for part in parts]
    assert codes == [None, "PRECONDITION_FAILED", "X", "UNKNOWN_EXCEPTION", "UNKNOWN_EXCEPTION"]


@pytest.mark.parametrize("body", [None, [], {}, "x", [1], [{"success": True}] * 2])
def test_results_that_do_not_fit_are_a_lost_answer(body: Any) -> None:
    with pytest.raises(AnswerLost):
        collection_results(body, 1)
    with pytest.raises(AnswerLost):
        composite_results({"compositeResponse": body}, 1)
