"""Our describe against the recorded one of a real org (behaviour 7)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

#: Look-ups to many objects of which the sandbox has a few.
_FEWER_TARGETS = {("Event", "WhatId")}
#: The value lists that depend on the release of the time zone data.
_OWN_VALUES = {("Event", "RecurrenceTimeZoneSidKey")}


def recorded(samples: Path, name: str) -> dict[str, Any]:
    document = json.loads((samples / "salesforce" / f"{name.lower()}-describe.json").read_text("utf-8"))
    return dict(document["data"])


@pytest.mark.parametrize("name", ["Event", "Contact", "Lead"])
async def test_every_property_of_every_field_is_the_recorded_one(org: Any, samples: Path, name: str) -> None:
    ours = (await org.get(f"sobjects/{name}/describe")).body
    theirs = recorded(samples, name)
    assert [f["name"] for f in ours["fields"]] == [f["name"] for f in theirs["fields"]]
    differences = []
    for mine, real in zip(ours["fields"], theirs["fields"], strict=True):
        assert set(mine) == set(real), mine["name"]
        for key, value in real.items():
            place = (name, mine["name"])
            if (key == "referenceTo" and place in _FEWER_TARGETS) or (key == "picklistValues" and place in _OWN_VALUES):
                continue
            if mine[key] != value:
                differences.append((mine["name"], key, mine[key], value))
    assert differences == []


async def test_the_exceptions_are_subsets(org: Any, samples: Path) -> None:
    ours = {f["name"]: f for f in (await org.get("sobjects/Event/describe")).body["fields"]}
    theirs = {f["name"]: f for f in recorded(samples, "Event")["fields"]}
    assert set(ours["WhatId"]["referenceTo"]) < set(theirs["WhatId"]["referenceTo"])
    zones = {v["value"] for v in ours["RecurrenceTimeZoneSidKey"]["picklistValues"]}
    real = {v["value"] for v in theirs["RecurrenceTimeZoneSidKey"]["picklistValues"]}
    assert len(real & zones) / len(real) > 0.9


@pytest.mark.parametrize("name", ["Event", "Contact", "Lead"])
async def test_the_object_itself_is_the_recorded_one(org: Any, samples: Path, name: str) -> None:
    ours = (await org.get(f"sobjects/{name}/describe")).body
    theirs = recorded(samples, name)
    assert set(ours) == set(theirs)
    nested = {"fields", "childRelationships", "recordTypeInfos", "supportedScopes", "urls"}
    assert {k: v for k, v in ours.items() if k not in nested} == {k: v for k, v in theirs.items() if k not in nested}
    assert set(ours["urls"]) <= set(theirs["urls"])
    assert [set(r) for r in ours["recordTypeInfos"]] == [set(r) for r in theirs["recordTypeInfos"]]
    real = {(c["childSObject"], c["field"]): c for c in theirs["childRelationships"]}
    for child in ours["childRelationships"]:
        known = real.get((child["childSObject"], child["field"]))
        if known:
            assert set(child) == set(known)
            assert child["relationshipName"] == known["relationshipName"], child


async def test_global_describe(org: Any, samples: Path) -> None:
    ours = (await org.get("sobjects/")).body
    theirs = json.loads((samples / "salesforce" / "describe-global-excerpt.json").read_text("utf-8"))["data"]
    assert (ours["encoding"], ours["maxBatchSize"]) == (theirs["encoding"], theirs["maxBatchSize"])
    real = {o["name"]: o for o in theirs["sobjects"]}
    for mine in ours["sobjects"]:
        known = real.get(mine["name"])
        if known is None:
            continue
        assert set(mine) == set(known)
        # The recording lost some key prefixes when it was made anonymous; two traits changed between its version and v59.
        loose = {"keyPrefix", "urls", "feedEnabled", "mergeable"}
        assert {k: v for k, v in mine.items() if k not in loose} == {k: v for k, v in known.items() if k not in loose}


async def test_switches_show_in_describe(open_org: Any) -> None:
    async def names(**options: Any) -> dict[str, dict[str, Any]]:
        org = await open_org(**options)
        return {f["name"]: f for f in (await org.get("sobjects/Event/describe")).body["fields"]}

    plain = await names()
    assert not {"Type", "WhoCount", "Daybridge_Key__c", "Reason__c"} & set(plain)
    assert "Type" in await names(type_visible=True)
    assert "WhoCount" in await names(shared_activities=True)
    key = (await names(key_field=True))["Daybridge_Key__c"]
    assert (key["externalId"], key["unique"], key["custom"], key["length"], key["nillable"]) == (
        True,
        True,
        True,
        255,
        True,
    )
    assert not (await names(key_field=True, key_field_unique=False))["Daybridge_Key__c"]["unique"]
    required = (await names(required_field=True))["Reason__c"]
    assert not required["nillable"]
    assert "Location" not in await names(hidden_fields=("Event.Location",))


async def test_shared_activities_show_in_event_relation(open_org: Any) -> None:
    for switched, there in ((False, False), (True, True)):
        org = await open_org(shared_activities=switched)
        names = {f["name"] for f in (await org.get("sobjects/EventRelation/describe")).body["fields"]}
        assert ({"IsInvitee", "IsParent", "IsWhat"} <= names) is there


async def test_a_describe_that_is_known_is_304(org: Any) -> None:
    for path in ("sobjects", "sobjects/Event/describe"):
        first = await org.get(path)
        again = await org.get(path, headers={"If-Modified-Since": first.headers["Last-Modified"]})
        assert (again.status, again.body) == (304, None)
        assert again.headers["ETag"] == first.headers["ETag"]
        early = await org.get(path, headers={"If-Modified-Since": "Thu, 03 Sep 2020 21:35:07 GMT"})
        assert early.status == 200
        assert (await org.get(path, headers={"If-Modified-Since": "yesterday"})).status == 400
