"""Tests of the describe, cut down: a real one from the samples, hidden fields, key fields."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from daemon.sides.contract import SideUnavailable
from daemon.sides.salesforce.fields import NEEDED, WANTED, event_shape
from shared.states import Group

SAMPLES = Path(os.environ.get("DAYBRIDGE_SAMPLES", Path(__file__).parents[5] / "shared" / "data"))


def _describe(**changes: Any) -> dict[str, Any]:
    fields = [
        {
            "name": name,
            "createable": name not in ("Id", "SystemModstamp", "LastModifiedDate", "IsDeleted"),
            "updateable": name not in ("Id", "SystemModstamp", "LastModifiedDate", "IsDeleted"),
            "length": 255,
            "picklistValues": [],
        }
        for name in WANTED
    ]
    return {"name": "Event", "fields": fields, "createable": True, "updateable": True, "deletable": True} | changes


def _key(**changes: Any) -> dict[str, Any]:
    field = {"name": "Daybridge_Key__c", "externalId": True, "unique": True, "createable": True, "length": 255}
    return field | changes


def test_a_real_describe() -> None:
    sample = SAMPLES / "salesforce" / "event-describe.json"
    if not sample.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{sample} is not there")
        pytest.skip(f"{sample} is not there")
    shape = event_shape(json.loads(sample.read_text())["data"])
    assert set(NEEDED) <= set(shape.select)
    assert "IsClientManaged" not in shape.select, "this org does not have it"
    assert "Type" not in shape.select
    assert (shape.lengths["Subject"], shape.lengths["Description"]) == (255, 32000)
    assert shape.show_as == {"busy", "free", "out_of_office"}
    assert shape.capabilities(multi_day=True).groups == frozenset(Group)
    assert shape.key_field == ""


@pytest.mark.parametrize("missing", NEEDED)
def test_without_the_needed_fields_nothing_works(missing: str) -> None:
    describe = _describe()
    describe["fields"] = [field for field in describe["fields"] if field["name"] != missing]
    with pytest.raises(SideUnavailable) as refused:
        event_shape(describe)
    assert refused.value.text.code == "salesforce.no_events"


def test_a_field_that_may_only_be_read_is_no_group() -> None:
    describe = _describe()
    for field in describe["fields"]:
        if field["name"] == "ReminderDateTime":
            field["updateable"] = False
    shape = event_shape(describe)
    assert "ReminderDateTime" in shape.select
    assert Group.REMINDER not in shape.capabilities(multi_day=True).groups


@pytest.mark.parametrize(
    ("field", "wanted", "usable"),
    [
        (_key(), "Daybridge_Key__c", "Daybridge_Key__c"),
        (_key(), " daybridge_key__C ", "Daybridge_Key__c"),
        (_key(), "", ""),
        (_key(), "Other__c", ""),
        (_key(unique=False), "Daybridge_Key__c", ""),
        (_key(externalId=False), "Daybridge_Key__c", ""),
        (_key(createable=False), "Daybridge_Key__c", ""),
        (_key(filterable=False), "Daybridge_Key__c", ""),
        (_key(length=20), "Daybridge_Key__c", ""),
    ],
)
def test_a_key_field_must_keep_a_create_from_repeating(field: dict[str, Any], wanted: str, usable: str) -> None:
    describe = _describe()
    describe["fields"].append(field)
    shape = event_shape(describe, wanted)
    assert shape.key_field == usable
    assert (usable in shape.select) == bool(usable)
    assert shape.capabilities(multi_day=True).keyed_create is bool(usable)


def test_what_the_profile_forbids() -> None:
    shape = event_shape(_describe(createable=False, updateable=False, deletable=False))
    holds = shape.capabilities(multi_day=False)
    assert (holds.create, holds.update, holds.delete, holds.multi_day) == (False, False, False, False)
