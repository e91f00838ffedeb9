"""SOSL: `FIND {Ac*} IN ALL FIELDS RETURNING Account(Id, Name)` over the text fields of the named objects."""

from __future__ import annotations

import re
from typing import Any

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import TEXT_TYPES, Row, SObject
from daemon.sandbox.salesforce.messages import ApiReply, ApiRequest
from daemon.sandbox.salesforce.org import Org

_FIND = re.compile(
    r"\s*FIND\s*\{(?P<term>(?:[^}\\]|\\.)*)\}\s*(?:IN\s+(?P<group>ALL|NAME|EMAIL|PHONE)\s+FIELDS\s*)?"
    r"(?:RETURNING\s+(?P<what>.+?))?\s*(?:LIMIT\s+(?P<limit>\d+)\s*)?",
    re.IGNORECASE | re.DOTALL,
)
_OBJECT = re.compile(r"\s*(\w+)\s*(?:\(([^()]*)\))?\s*(?:,|$)")
_GROUPS = {
    "NAME": frozenset({"string", "combobox"}),
    "EMAIL": frozenset({"email"}),
    "PHONE": frozenset({"phone"}),
    "ALL": TEXT_TYPES,
}
_USUAL_OBJECTS = "Account(Id),Contact(Id),Lead(Id),Opportunity(Id)"
_MOST = 2000


def search(org: Org, request: ApiRequest) -> ApiReply:
    """GET /search?q=: records of the named objects in which a word matches; * and ? are wild cards."""
    match = _FIND.fullmatch(request.query.get("q", ""))
    if match is None or not match["term"].strip():
        raise ApiError("MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces.")
    words = [_word(w) for w in re.sub(r"\\(.)", r"\1", match["term"]).split() if w.upper() not in {"AND", "OR"}]
    kinds = _GROUPS[(match["group"] or "ALL").upper()]
    most = int(match["limit"] or _MOST)
    found: list[dict[str, Any]] = []
    for sobject, names in _objects(org, match["what"] or _USUAL_OBJECTS):
        fields = tuple(org.engine.check_field(sobject, name) for name in names)
        for row in org.store.rows(sobject.name):
            if (
                not row.get("IsDeleted")
                and request.caller.may_see(sobject.name, row)
                and _holds(sobject, row, words, kinds)
            ):
                found.append(org.view.record(sobject, row, request.version, fields))
    return ApiReply(200, {"searchRecords": found[:most]})


def _objects(org: Org, said: str) -> list[tuple[SObject, list[str]]]:
    made, at = [], 0
    for match in _OBJECT.finditer(said):
        if match.start() != at:
            break
        at = match.end()
        sobject = org.schema.find(match[1])
        if sobject is None or "searchable" not in sobject.traits:
            raise ApiError("INVALID_TYPE", f"sObject type '{match[1]}' is not supported.")
        made.append((sobject, [n.strip() for n in (match[2] or "Id").split(",") if n.strip()]))
    if at != len(said) or not made:
        raise ApiError("MALFORMED_SEARCH", f"unexpected token in the RETURNING part: {said[at:] or said}")
    return made


def _word(said: str) -> re.Pattern[str]:
    body = re.escape(said.strip('"')).replace(r"\*", r"\w*").replace(r"\?", r"\w")
    return re.compile(rf"(?<!\w){body}(?!\w)", re.IGNORECASE)


def _holds(sobject: SObject, row: Row, words: list[re.Pattern[str]], kinds: frozenset[str]) -> bool:
    text = "\n".join(str(row[f.name]) for f in sobject.fields if f.type in kinds and row.get(f.name))
    return all(word.search(text) for word in words)
