"""Real request and reply pairs replayed: same status, same codes, same shapes.

Ids, counts and time stamps of the recordings are another org's; every id in a request is mapped to a row that is made
for it, and replies are compared by shape.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

_ID = re.compile(r"\b(?:001|003|00U|00Q)[0-9A-Za-z]{12}(?:[0-9A-Za-z]{3})?\b")
_NAMES = {"001": ("Account", {"Name": "mapped"}), "003": ("Contact", {"LastName": "mapped"})}


def exchanges(samples: Path) -> list[dict[str, Any]]:
    return list(json.loads((samples / "salesforce" / "recorded-exchanges.json").read_text("utf-8"))["data"])


def shape(value: Any) -> Any:
    """What must be equal: keys, types, flags and codes; not ids, texts and numbers."""
    if isinstance(value, dict):
        plain = {k: v for k, v in value.items() if k != "httpHeaders"}
        return {
            k: v
            if k in {"success", "created", "errorCode", "httpStatusCode", "referenceId", "done", "type"}
            else shape(v)
            for k, v in plain.items()
        }
    if isinstance(value, list):
        return [shape(v) for v in value]
    return type(value).__name__


class Replayer:
    def __init__(self, org: Any) -> None:
        self.org = org
        self.ids: dict[str, str] = {}

    def localise(self, text: str) -> str:
        """Replace recorded ids and versions in a request."""
        return _ID.sub(lambda m: self._mapped(m[0]), re.sub(r"/v(?:xx|\d+)\.0/", "/v62.0/", text))

    def _mapped(self, recorded: str) -> str:
        if recorded not in self.ids:
            name, fields = _NAMES[recorded[:3]]
            self.ids[recorded] = self.org.sandbox.insert(name, fields)
        return self.ids[recorded]

    async def send(self, exchange: dict[str, Any]) -> Any:
        path = self.localise(exchange["uri"].partition(".com")[2])
        body = json.loads(self.localise(json.dumps(exchange["request_body"])))
        return await self.org.call(exchange["method"], path, json=body)

    def prepare(self, exchange: dict[str, Any]) -> None:
        """Bring the org into the state that the reply shows."""
        reply = exchange["response_body"]
        if exchange["uri"].endswith("/Contact/Email"):
            for record, result in zip(exchange["request_body"]["records"], reply, strict=True):
                known = self.org.sandbox.org.store.find("Contact", "Email", record["Email"])
                if result["created"] is False and not known:
                    self.org.sandbox.insert("Contact", {"LastName": "there", "Email": record["Email"]})
        if "compositeResponse" in str(reply) and any(
            part["body"] and part["body"] == {"totalSize": 0, "done": True, "records": []}
            for part in reply["compositeResponse"]
        ):
            for row in self.org.sandbox.rows("Account"):
                if not row["IsDeleted"]:
                    self.org.sandbox.delete("Account", row["Id"])
        elif "Account LIMIT" in json.dumps(exchange["request_body"]):
            self.org.sandbox.insert("Account", {"Name": "Smith Corp."})


@pytest.mark.parametrize("number", range(15))
async def test_replay(org: Any, samples: Path, number: int) -> None:
    every = exchanges(samples)
    assert len(every) == 15
    exchange = every[number]
    replayer = Replayer(org)
    replayer.prepare(exchange)
    if "If-Modified-Since" in json.dumps(exchange):
        # The recorded org was older than the date in the request.
        org.sandbox.org.born = org.sandbox.org.born.replace(year=2020, month=8, day=14)
    answer = await replayer.send(exchange)
    assert answer.status == exchange["status"]
    assert shape(answer.body) == shape(exchange["response_body"])


async def test_the_messages_of_recorded_errors_are_the_same(org: Any, samples: Path) -> None:
    seen = []
    for exchange in exchanges(samples):
        parts = (
            exchange["response_body"].get("compositeResponse", [])
            if isinstance(exchange["response_body"], dict)
            else []
        )
        if not any(p["httpStatusCode"] >= 400 for p in parts):
            continue
        answer = await Replayer(org).send(exchange)
        for mine, real in zip(answer.body["compositeResponse"], parts, strict=True):
            if real["httpStatusCode"] >= 400:
                assert mine["body"] == real["body"]
                seen.append(real["body"][0]["errorCode"])
    assert sorted(seen) == ["INVALID_TYPE", "NOT_FOUND"]


async def test_a_known_describe_carries_the_recorded_headers(org: Any, samples: Path) -> None:
    (exchange,) = [e for e in exchanges(samples) if "If-Modified-Since" in json.dumps(e)]
    org.sandbox.org.born = org.sandbox.org.born.replace(year=2020, month=8, day=14)
    answer = await Replayer(org).send(exchange)
    for mine, real in zip(
        answer.body["compositeResponse"], exchange["response_body"]["compositeResponse"], strict=True
    ):
        assert (mine["httpStatusCode"], mine["body"]) == (304, None)
        assert set(mine["httpHeaders"]) == set(real["httpHeaders"])
