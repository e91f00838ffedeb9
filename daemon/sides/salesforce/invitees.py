"""Who is invited to group events: shown and filtered on, never compared, never written.

EventRelation rows hang on the organizer's event (reference/salesforce.md 1.6), so that only group events that are no
child need them: one more query when there are any, none in a quiet run. What may be selected of a relation depends on
the org; where nothing is to be had, an invitee without a name says at least that there are some.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from daemon.sides.salesforce import soql
from daemon.sides.salesforce.answers import RequestRefused
from daemon.sides.salesforce.client import SalesforceClient

INVITEES = "_invitees"
"""Member put into a row: a list of [name, e-mail address]. It is no field and takes part in no digest."""

_SELECTIONS = (
    ("EventId", "RelationId", "IsDeleted", "Relation.Name", "Relation.Email"),
    ("EventId", "RelationId", "IsDeleted", "Relation.Name"),
    ("EventId", "RelationId", "IsDeleted"),
)
_PEOPLE = ("005", "003", "00Q", "023")
"""Key prefixes of users, contacts, leads and resource calendars; with Shared Activities other relations hang there, too."""

_SOMEBODY = ["", ""]


async def add_invitees(client: SalesforceClient, rows: Iterable[dict[str, Any]]) -> None:
    """Put INVITEES into each live group event of ``rows`` that is the organizer's own."""
    wanted = {
        str(row["Id"]): row
        for row in rows
        if row.get("IsGroupEvent") and not row.get("IsChild") and not row.get("IsDeleted")
    }
    if not wanted:
        return
    relations = await _relations(client, sorted(wanted))
    for relation in relations or ():
        row = wanted.get(str(relation.get("EventId")))
        invitee = str(relation.get("RelationId") or "")
        if row is None or relation.get("IsDeleted") or not invitee.startswith(_PEOPLE):
            continue
        if invitee in (row.get("WhoId"), row.get("OwnerId")):
            continue
        named = relation.get("Relation") or {}
        row.setdefault(INVITEES, []).append([str(named.get("Name") or ""), str(named.get("Email") or "")])
    if relations is None:
        for row in wanted.values():
            row[INVITEES] = [_SOMEBODY]


async def _relations(client: SalesforceClient, ids: list[str]) -> list[dict[str, Any]] | None:
    """The relations of these events with as much as the org shows; None when it shows none at all."""
    for selection in _SELECTIONS:
        found: list[dict[str, Any]] = []
        try:
            for some in soql.chunks(ids):
                where = f"EventId {soql.one_of(some)}"
                found += (await client.query_all(soql.select(selection, "EventRelation", where, "Id"))).rows
        except RequestRefused:
            continue
        return found
    return None
