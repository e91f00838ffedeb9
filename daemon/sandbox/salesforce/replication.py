"""getUpdated and getDeleted: which rows of an object changed or went between two minutes.

Facts: reference salesforce.md 2. Seconds are cut off, both bounds are inclusive, start must lie a minute before end,
30 days back for changes and 15 for deletions; latestDateCovered stops at the start of a transaction still running.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from daemon.sandbox.salesforce.errors import ApiError
from daemon.sandbox.salesforce.fields import SObject
from daemon.sandbox.salesforce.messages import ApiReply, ApiRequest
from daemon.sandbox.salesforce.org import Org
from daemon.sandbox.salesforce.values import parse_moment, show

_UPDATED_BACK = timedelta(days=30)
_DELETED_BACK = timedelta(days=15)
_MOST_IDS = 600_000


def updated(org: Org, request: ApiRequest, name: str) -> ApiReply:
    """GET /sobjects/{name}/updated/?start=&end=."""
    sobject, start, end = _window(org, request, name, _UPDATED_BACK)
    ids = [
        row["Id"]
        for row in org.store.rows(sobject.name)
        if not row.get("IsDeleted")
        and request.caller.may_see(sobject.name, row)
        and start <= _minute(row["SystemModstamp"]) <= end
    ]
    _check_count(len(ids))
    return ApiReply(200, {"ids": ids, "latestDateCovered": show(_covered(org, end))})


def deleted(org: Org, request: ApiRequest, name: str) -> ApiReply:
    """GET /sobjects/{name}/deleted/?start=&end=."""
    sobject, start, end = _window(org, request, name, _DELETED_BACK)
    if start < _minute(org.deletes_known_from):
        raise _bad_window("The delete log does not reach back to the start date")
    found = [
        {"id": entry.record_id, "deletedDate": show(entry.at)}
        for entry in org.store.delete_log
        if entry.sobject == sobject.name
        and start <= _minute(entry.at) <= end
        and _may_know(org, request, entry.sobject, entry.record_id)
    ]
    _check_count(len(found))
    earliest = show(_minute(org.deletes_known_from))
    body: dict[str, Any] = {
        "deletedRecords": found,
        "earliestDateAvailable": earliest,
        "latestDateCovered": show(_covered(org, end)),
    }
    return ApiReply(200, body)


def record_count(org: Org, request: ApiRequest) -> ApiReply:
    """GET /limits/recordCount?sObjects=A,B: how many rows each object has."""
    asked = {n.strip().lower() for n in request.query.get("sObjects", "").split(",") if n.strip()}
    rows = Counter(
        {
            o.name: sum(not r.get("IsDeleted") for r in org.store.rows(o.name))
            for o in org.schema.objects
            if not asked or o.name.lower() in asked
        }
    )
    return ApiReply(200, {"sObjects": [{"count": count, "name": name} for name, count in sorted(rows.items())]})


def _may_know(org: Org, request: ApiRequest, sobject: str, record_id: str) -> bool:
    row = org.store.get(sobject, record_id)
    return row is None or request.caller.may_see(sobject, row)


def _window(org: Org, request: ApiRequest, name: str, back: timedelta) -> tuple[SObject, datetime, datetime]:
    sobject = org.engine.need(name)
    if "replicateable" not in sobject.traits:
        raise ApiError("INVALID_TYPE_FOR_OPERATION", f"entity type {sobject.name} cannot be replicated")
    start, end = (_minute(_moment(request, bound)) for bound in ("start", "end"))
    if end - start < timedelta(minutes=1):
        raise _bad_window("startDate before endDate must be greater than one minute")
    if start < _minute(org.clock.now() - back):
        raise _bad_window(f"startDate cannot be more than {back.days} days ago")
    return sobject, start, end


def _moment(request: ApiRequest, name: str) -> datetime:
    said = request.query.get(name)
    if said is None:
        raise ApiError("MISSING_ARGUMENT", f"{name} is needed")
    # An unescaped + arrives as a blank; the server takes it, as clients in use rely on that.
    moment = parse_moment(said) or parse_moment(said.replace(" ", "+"))
    if moment is not None:
        return moment
    try:
        return parsedate_to_datetime(said).astimezone(UTC)
    except ValueError as error:
        raise ApiError("INVALID_REPLICATION_DATE", f"{name} is not a date and time: {said}") from error


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _covered(org: Org, end: datetime) -> datetime:
    return min([end, _minute(org.clock.now()), *map(_minute, org.open_transactions)])


def _check_count(count: int) -> None:
    if count > _MOST_IDS:
        raise ApiError("EXCEEDED_ID_LIMIT", f"More than {_MOST_IDS} ids; choose a smaller window")


def _bad_window(message: str) -> ApiError:
    return ApiError("INVALID_REPLICATION_DATE", message)
