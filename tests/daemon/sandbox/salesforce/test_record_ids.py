"""Ids and their check suffix (behaviour 6)."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given, strategies as st

from daemon.sandbox.salesforce.record_ids import IdSource, full_id, suffix

SHORT = st.text(string.ascii_letters + string.digits, min_size=15, max_size=15)

# Real id pairs: the suffix of ids that the recorded exchanges carry.
REAL = ["0039H00000BcB5mQAF", "0019H00000H28uAQAR", "00U9H000000S01tUAC", "00Q9H00000C6pycUAB", "0057e00000RmwSWAAZ"]


@pytest.mark.parametrize("record_id", REAL)
def test_the_suffix_is_the_one_salesforce_gives(record_id: str) -> None:
    assert suffix(record_id[:15]) == record_id[15:]


@given(SHORT)
def test_short_and_folded_ids_mean_the_same(short: str) -> None:
    whole = short + suffix(short)
    assert full_id(short) == whole
    assert full_id(whole) == whole
    assert full_id(whole.upper()) == whole
    assert full_id(whole.lower()) == whole


@pytest.mark.parametrize("bad", ["", "00U", "00U9H000000S01", "00U9H000000S01tUA", "00U9H000000S01t-AC", "x" * 19])
def test_other_texts_are_no_ids(bad: str) -> None:
    assert full_id(bad) is None


def test_new_ids_rise_and_differ() -> None:
    source = IdSource()
    made = [source.new("00U") for _ in range(5000)]
    assert made == sorted(made, key=lambda i: int.from_bytes(i[:15].encode()))
    assert len(set(made)) == 5000
    assert all(len(i) == 18 and i.startswith("00U") and full_id(i) == i for i in made)


async def test_every_object_has_its_prefix(org: Any) -> None:
    prefixes = {o["name"]: o["keyPrefix"] for o in (await org.get("sobjects")).body["sobjects"]}
    wanted = {
        "Event": "00U",
        "EventRelation": "0RE",
        "Contact": "003",
        "Lead": "00Q",
        "User": "005",
        "Organization": "00D",
    }
    assert wanted.items() <= prefixes.items()
    assert (prefixes["Task"], prefixes["Account"]) == ("00T", "001")
    event = await org.event()
    assert event.startswith("00U")
    assert (await org.get(f"sobjects/Event/{event[:15]}")).body["Id"] == event
