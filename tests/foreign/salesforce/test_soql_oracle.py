"""Our SOQL grammar against npm's soql-parser-js: the same queries are refused, and the same parts are read from the others."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.soql import parse_soql
from daemon.sandbox.salesforce.soql_nodes import Call, Compare, Item, Logic, Path as FieldPath, Query, SemiJoin, TypeOf

ORACLE = "6.3.1"
GOOD = (
    "SELECT Id FROM Event",
    "select id from event",
    "SELECT Id, Subject, Owner.Name, What.Type FROM Event",
    "SELECT e.Id, e.Owner.Name FROM Event e WHERE e.Subject = 'x'",
    "SELECT COUNT() FROM Event WHERE IsAllDayEvent = true",
    "SELECT COUNT(Id) FROM Event",
    "SELECT OwnerId, COUNT(Id) meetings FROM Event GROUP BY OwnerId",
    "SELECT OwnerId, COUNT(Id) FROM Event GROUP BY OwnerId HAVING COUNT(Id) > 1",
    "SELECT MIN(StartDateTime), MAX(EndDateTime) FROM Event",
    "SELECT CALENDAR_YEAR(StartDateTime), COUNT(Id) FROM Event GROUP BY CALENDAR_YEAR(StartDateTime)",
    "SELECT Name, (SELECT Id, LastName FROM Contacts WHERE LastName != null ORDER BY LastName LIMIT 5) FROM Account",
    "SELECT TYPEOF Who WHEN Contact THEN Email, Title WHEN Lead THEN Company ELSE Id END FROM Event",
    "SELECT Id FROM Event WHERE Subject = 'it\\'s'",
    "SELECT Id FROM Event WHERE Subject = 'a\\\\b' AND Location = ''",
    "SELECT Id FROM Event WHERE Subject LIKE '100\\%\\_%'",
    "SELECT Id FROM Event WHERE Subject != 'x' AND Location <> 'y'",
    "SELECT Id FROM Event WHERE DurationInMinutes >= 30 AND DurationInMinutes <= 90",
    "SELECT Id FROM Event WHERE DurationInMinutes < 30 OR DurationInMinutes > 90",
    "SELECT Id FROM Opportunity WHERE Amount = 12.5 OR Amount = -3",
    "SELECT Id FROM Event WHERE StartDateTime >= 2026-12-01T00:00:00Z AND EndDateTime < 2026-12-31T23:59:59.000+01:00",
    "SELECT Id FROM Event WHERE ActivityDate = 2026-12-01",
    "SELECT Id FROM Event WHERE ActivityDate = TODAY OR ActivityDate = tomorrow",
    "SELECT Id FROM Event WHERE ActivityDate > LAST_N_DAYS:7 AND ActivityDate < NEXT_N_MONTHS:2",
    "SELECT Id FROM Event WHERE ActivityDate = N_WEEKS_AGO:2",
    "SELECT Id FROM Event WHERE CreatedDate = THIS_QUARTER OR CreatedDate = LAST_90_DAYS OR CreatedDate = NEXT_FISCAL_YEAR",
    "SELECT Id FROM Event WHERE CreatedDate = LAST_N_FISCAL_QUARTERS:2 OR CreatedDate = N_FISCAL_YEARS_AGO:1",
    "SELECT toLabel(ShowAs), FORMAT(StartDateTime) shown FROM Event",
    "SELECT FIELDS(STANDARD) FROM Event LIMIT 200",
    "SELECT Id FROM Event WHERE DAY_ONLY(convertTimezone(CreatedDate)) = 2026-12-01",
    "SELECT Id FROM Event WHERE IsPrivate = false AND WhoId = null",
    "SELECT Id FROM Event WHERE Id IN ('00U000000000001', '00U000000000002')",
    "SELECT Id FROM Event WHERE ShowAs NOT IN ('Free') AND Subject IN ('a')",
    "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE LastName LIKE 'B%')",
    "SELECT Id FROM Account WHERE Id NOT IN (SELECT AccountId FROM Opportunity)",
    "SELECT Id FROM Event WHERE NOT Subject = 'x'",
    "SELECT Id FROM Event WHERE (NOT Subject = 'x') AND (Location = 'a' OR (Location = 'b' AND IsPrivate = true))",
    "SELECT Id FROM Event WHERE ((Subject = 'x'))",
    "SELECT Id FROM Event WHERE (SystemModstamp = 2026-12-01T00:00:00Z AND Id > 'a') OR SystemModstamp > 2026-12-01T00:00:00Z",
    "SELECT Id FROM Event ORDER BY StartDateTime",
    "SELECT Id FROM Event ORDER BY StartDateTime DESC NULLS LAST, Subject ASC NULLS FIRST, Id",
    "SELECT Id FROM Event ORDER BY Owner.Name LIMIT 10",
    "SELECT Id FROM Event LIMIT 5 OFFSET 20",
    "SELECT Id FROM Event USING SCOPE mine",
    "SELECT Id FROM Account FOR VIEW",
    "SELECT Id FROM Account ORDER BY Name LIMIT 2 FOR REFERENCE",
    "SELECT Id FROM Account\nWHERE Name = 'x'\n\tORDER BY Name",
    "SELECT Id FROM Account WHERE Kinds__c INCLUDES ('a;b', 'c') AND Kinds__c EXCLUDES ('d')",
    "SELECT Order__c, Limited__c, Fromage__c FROM Selected__c",
)
BAD = (
    "",
    "SELECT",
    "SELECT FROM Event",
    "SELECT Id",
    "SELECT Id FROM",
    "SELECT Id Event",
    "SELECT Id,, Subject FROM Event",
    "SELECT Id, FROM Event",
    "SELECT * FROM Event",
    "UPDATE Event SET Subject = 'x'",
    "SELECT Id FROM Event WHERE",
    "SELECT Id FROM Event WHERE Subject",
    "SELECT Id FROM Event WHERE Subject =",
    "SELECT Id FROM Event WHERE Subject = 'x",
    "SELECT Id FROM Event WHERE Subject == 'x'",
    "SELECT Id FROM Event WHERE Subject = 'x' AND",
    "SELECT Id FROM Event WHERE (Subject = 'x'",
    "SELECT Id FROM Event WHERE Subject = 'x')",
    "SELECT Id FROM Event WHERE Subject IN ()",
    "SELECT Id FROM Event WHERE ActivityDate = 2026-12-01T",
    "SELECT Id FROM Event ORDER StartDateTime",
    "SELECT Id FROM Event ORDER BY",
    "SELECT Id FROM Event LIMIT",
    "SELECT Id FROM Event LIMIT ten",
    "SELECT Id FROM Event LIMIT -1",
    "SELECT Id FROM Event LIMIT 1 LIMIT 2",
    "SELECT Id FROM Event WHERE ActivityDate = THIS_90_DAYS",
    "SELECT Id FROM Event WHERE ActivityDate = LAST_N_DAYS",
    "SELECT Id FROM Event WHERE Subject IS NULL",
    "SELECT Id FROM Event WHERE Subject NOT LIKE 'x%'",
    "SELECT Id FROM Event WHERE Subject IN ('a', )",
    "SELECT Id FROM Event OFFSET 5 LIMIT 2",
    "SELECT Id FROM Event ORDER BY Id WHERE Subject = 'x'",
    "SELECT Id FROM Event; SELECT Id FROM Task",
    "SELECT TYPEOF Who WHEN Contact THEN Email FROM Event",
    "SELECT OwnerId FROM Event GROUP OwnerId",
)


@pytest.fixture(scope="session")
def oracle(node: Path, npm_folder: Callable[[str, str], Path]) -> Callable[[tuple[str, ...]], list[Any]]:
    """Parses queries with soql-parser-js; None for what it refuses."""
    home = npm_folder("@jetstreamapp/soql-parser-js", ORACLE)
    program = Path(__file__).with_name("soql_oracle.mjs")

    def parse(queries: tuple[str, ...]) -> list[Any]:
        said = subprocess.run(
            [str(node), str(program)],
            input=json.dumps(queries),
            env={"ORACLE_HOME": str(home)},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return list(json.loads(said.stdout))

    return parse


# ---- what both trees say, in one form ------------------------------------------------------------------------------


def _mine(query: Query) -> dict[str, Any]:
    return {
        "object": query.source,
        "scope": query.scope,
        "columns": [_column(item) for item in query.items],
        "where": list(_conditions(query.where)),
        "group": [_text(one) for one in query.group],
        "having": list(_conditions(query.having)),
        "order": [(_text(one.operand), one.descending, one.nulls_last) for one in query.order],
        "cut": (query.limit, query.offset),
    }


def _column(item: Any) -> Any:
    match item:
        case Query():
            return _mine(item)
        case TypeOf():
            otherwise = [(None, list(item.otherwise))] if item.otherwise else []
            return [item.path.text, *((kind, list(names)) for kind, names in item.cases), *otherwise]
        case Item():
            return (_text(item.value), item.alias)


def _text(value: Any) -> str:
    if isinstance(value, Call):
        return f"{value.name}({', '.join(map(_text, value.args))})"
    return value.text if isinstance(value, FieldPath) else str(value)


def _conditions(node: Any) -> Iterator[tuple[Any, ...]]:
    match node:
        case Logic():
            for term in node.terms:
                yield from _conditions(term)
        case Compare():
            yield (_text(node.operand), node.operator.replace("_", " "), len(node.values))
        case SemiJoin():
            yield (_text(node.operand), "not in" if node.negated else "in", _mine(node.query))


def _theirs(tree: dict[str, Any]) -> dict[str, Any]:
    order = tree.get("orderBy") or []
    return {
        "object": tree.get("sObject") or tree.get("relationshipName"),
        "scope": tree.get("usingScope"),
        "columns": [_their_column(one) for one in tree["fields"]],
        "where": list(_their_conditions(tree.get("where"))),
        "group": [_their_text(one) for one in tree.get("groupBy") or []],
        "having": list(_their_conditions(tree.get("having"))),
        "order": [(_their_text(one), one.get("order") == "DESC", one.get("nulls") == "LAST") for one in order],
        "cut": (tree.get("limit"), tree.get("offset", 0)),
    }


def _their_column(one: dict[str, Any]) -> Any:
    match one["type"]:
        case "FieldSubquery":
            return _theirs(one["subquery"])
        case "FieldTypeof":
            return [one["field"], *((case.get("objectType"), case["fieldList"]) for case in one["conditions"])]
    return (_their_text(one), one.get("alias"))


def _their_text(one: dict[str, Any]) -> str:
    call = one.get("fn") or (one if "functionName" in one else None)
    if call:
        inside = (one if isinstance(one, str) else _their_text(one) for one in call.get("parameters") or ())
        return f"{call['functionName'].upper()}({', '.join(inside)})"
    return str(one.get("rawValue") or one["field"])


def _their_conditions(node: Any) -> Iterator[tuple[Any, ...]]:
    if not node:
        return
    left = node.get("left")
    if left and "operator" in left:
        values = _theirs(left["valueQuery"]) if "valueQuery" in left else left["value"]
        counted = values if isinstance(values, dict) else len(values) if isinstance(values, list) else 1
        operator = left["operator"].lower().replace("<>", "!=")
        yield (_their_text(left), operator, counted)
    yield from _their_conditions(node.get("right"))


def _parsed(query: str) -> Query | None:
    try:
        return parse_soql(query)
    except ApiError:
        return None


def test_the_same_parts_are_read(oracle: Callable[[tuple[str, ...]], list[Any]]) -> None:
    for query, tree in zip(GOOD, oracle(GOOD), strict=True):
        mine = _parsed(query)
        assert mine is not None and tree is not None, query
        assert _mine(mine) == _theirs(tree), query


def test_the_same_queries_are_refused(oracle: Callable[[tuple[str, ...]], list[Any]]) -> None:
    for query, tree in zip(BAD, oracle(BAD), strict=True):
        assert (_parsed(query), tree) == (None, None), query
