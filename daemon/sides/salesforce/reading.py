"""Reading events: the whole window or what changed since, one event by id with evidence, and rows after a write.

Everything goes through ``queryAll`` with OwnerId = me, so that deleted and archived rows show for what they are and
"not returned" is never read as deleted (reference/salesforce.md 2; contracts.md 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from daemon.sides.contract import Coverage, Found, Gone, Looked, Observation, ProgressSink, SideUnavailable, Unclear
from daemon.sides.salesforce import soql
from daemon.sides.salesforce.answers import RequestRefused
from daemon.sides.salesforce.client import QueryResult, SalesforceClient, checked_id
from daemon.sides.salesforce.events import Profile, Row, parse_moment, record_of
from daemon.sides.salesforce.invitees import add_invitees
from daemon.sides.salesforce.refusals import TOO_LARGE
from daemon.sync.rules import Window
from daemon.sync.trees import Evidence, LeftOut, Record
from shared.texts import text

PHASE = "reading"
OVERLAP = timedelta(minutes=10)
"""A row is stamped inside its transaction and seen at its commit; synchronous ones run at most ten minutes (section 2)."""

LONGEST_EVENT = timedelta(days=15)
"""How far before the window an event may start and still reach into it (14 days at most, and a day for the zones)."""

MARGIN = timedelta(days=2)
"""Read beyond the window's end, so that a day's passing does not make the next delta a full reading."""

DELETE_LOG = timedelta(days=14, hours=23)
_OUTDATED = frozenset({"INVALID_FIELD", "INVALID_TYPE"})
_NARROWEST = timedelta(days=1)


class ShapeOutdated(RequestRefused):
    """A field we knew is gone: somebody changed field-level security; describe again."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """What a reading leaves for the next: the server's moment of its first page, and the starts it covered."""

    server_time: datetime
    first_start: datetime
    end_start: datetime

    def __str__(self) -> str:
        return "|".join(moment.isoformat() for moment in (self.server_time, self.first_start, self.end_start))

    @staticmethod
    def parse(value: str) -> Bookmark | None:
        moments = [parse_moment(part) for part in value.split("|")]
        if len(moments) != 3 or moments[0] is None or moments[1] is None or moments[2] is None:
            return None
        return Bookmark(moments[0], moments[1], moments[2])


class EventReader:
    """Reads for one profile; a new profile means a new reader."""

    def __init__(self, client: SalesforceClient, profile: Profile) -> None:
        self._client = client
        self._profile = profile

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        """A delta when the bookmark covers the window, else everything that starts in it (and 15 days before).

        A delta that the server finds too large is no delta to insist on: the window is read in full.
        """
        first, end = _starts(window)
        last = Bookmark.parse(bookmark)
        if last is not None and last.first_start <= first and end <= last.end_start:
            since = soql.moment(last.server_time - OVERLAP)
            try:
                result = await self._query(f"{self._mine()} AND SystemModstamp >= {since}", progress)
            except RequestRefused as refused:
                if refused.error.code not in TOO_LARGE:
                    raise
            else:
                mark = Bookmark(result.server_time, last.first_start, last.end_start)
                return self._observation(result, window, mark, known, full=False)
        result = await self._window(first, end + MARGIN, progress)
        mark = Bookmark(result.server_time, first, end + MARGIN)
        return self._observation(result, window, mark, known, full=True)

    async def look(self, keys: Iterable[str]) -> dict[str, Looked]:
        """Each key with evidence (contracts.md 1); a row of another owner, or one that merely vanished, is Unclear."""
        wanted = list(dict.fromkeys(keys))
        rows, server_time = await self.rows(wanted)
        looked: dict[str, Looked] = {}
        missing: list[str] = []
        for key in wanted:
            row = rows.get(key)
            if row is None:
                missing.append(key)
            else:
                looked[key] = self.judge(row, server_time)
        looked |= await self._look_for_missing(missing, server_time)
        return looked

    def judge(self, row: Row, server_time: datetime) -> Looked:
        """What one row of ``queryAll`` says about its key."""
        if row.get("IsDeleted"):
            return Gone(Evidence("tombstone", str(row.get("SystemModstamp") or "")))
        if row.get("OwnerId") != self._profile.user_id:
            return Unclear(text("salesforce.other_owner"), lasting=True)
        record = record_of(row, self._profile, server_time)
        if isinstance(record, LeftOut):
            return Unclear(record.why or text("salesforce.odd_times"))
        return Found(record)

    async def rows(self, keys: Iterable[str]) -> tuple[dict[str, Row], datetime]:
        """(id -> row, moment): the rows of these ids, deleted ones included, in as few calls as fit an address."""
        ids = sorted({key for key in keys if _is_id(key)})
        found: dict[str, Row] = {}
        server_time = self._client.server_now()
        for some in soql.chunks(ids):
            result = await self._select(soql.ids_in(some))
            server_time = result.server_time
            found |= {str(row["Id"]): row for row in result.rows}
        return found, server_time

    async def where(self, condition: str) -> tuple[list[Row], datetime]:
        """(rows, moment) for a condition of one's own, deleted rows included."""
        result = await self._select(condition)
        return list(result.rows), result.server_time

    async def _look_for_missing(self, keys: list[str], server_time: datetime) -> dict[str, Looked]:
        """Absent from ``queryAll``: NOT_FOUND by id and an entry in the delete log together are evidence.

        Without the entry the row may just as well have been given to somebody else (pitfall 5): that is no evidence.
        """
        if not keys:
            return {}
        logged = await self._delete_log(server_time)
        return {key: await self._look_for(key, logged) for key in keys}

    async def _look_for(self, key: str, logged: Mapping[str, str] | None) -> Looked:
        if not _is_id(key):
            return Unclear(text("salesforce.cannot_look", error="MALFORMED_ID"))
        try:
            await self._client.row("Event", key, ("Id", "SystemModstamp"))
        except RequestRefused as refused:
            if refused.error.code == "ENTITY_IS_DELETED":
                return Gone(Evidence("tombstone"))
            if refused.error.code != "NOT_FOUND":
                return Unclear(text("salesforce.cannot_look", error=refused.error.code))
            at = (logged.get(key) or logged.get(key[:15])) if logged is not None else None
            if at is None:
                return Unclear(text("salesforce.not_visible"), lasting=logged is not None)
            return Gone(Evidence("by_id", at))
        return Unclear(text("salesforce.not_visible"))

    async def _delete_log(self, server_time: datetime) -> dict[str, str] | None:
        """The ids deleted in the last 15 days; None where the log is not to be had."""
        try:
            return await self._client.deleted_ids("Event", server_time - DELETE_LOG, server_time)
        except RequestRefused:
            return None

    async def _window(self, first: datetime, end: datetime, progress: ProgressSink) -> QueryResult:
        """Everything that starts in [first, end); a period the server finds too large is read in halves."""
        where = f"{self._mine()} AND StartDateTime >= {soql.moment(first)} AND StartDateTime < {soql.moment(end)}"
        try:
            return await self._query(where, progress)
        except RequestRefused as refused:
            if refused.error.code not in TOO_LARGE:
                raise
            if end - first <= _NARROWEST:
                raise SideUnavailable(text("salesforce.query_too_large")) from refused
        middle = first + (end - first) / 2
        early = await self._window(first, middle.replace(microsecond=0), progress)
        late = await self._window(middle.replace(microsecond=0), end, progress)
        return replace(early, rows=[*early.rows, *late.rows], complete=early.complete and late.complete)

    async def _query(self, where: str, progress: ProgressSink) -> QueryResult:
        progress(PHASE, 0, None)
        return await self._select(where, progress)

    async def _select(self, where: str, progress: ProgressSink = lambda phase, done, total: None) -> QueryResult:
        query = soql.select(self._profile.shape.select, "Event", where)
        for last_try in (False, True):
            try:
                result = await self._client.query_all(query, lambda done, total: progress(PHASE, done, total))
                await add_invitees(self._client, result.rows)
                return result
            except RequestRefused as refused:
                if refused.error.code in _OUTDATED:
                    raise ShapeOutdated(refused.status, refused.error) from refused
                # Cursors live two days; a stale one means: begin again.
                if refused.error.code != "INVALID_QUERY_LOCATOR" or last_try:
                    raise
        raise AssertionError("unreachable")

    def _mine(self) -> str:
        return f"OwnerId = {soql.quoted(self._profile.user_id)}"

    def _observation(
        self, result: QueryResult, window: Window, mark: Bookmark, known: Mapping[str, Record], *, full: bool
    ) -> Observation:
        records: list[Record] = []
        gone: dict[str, Evidence] = {}
        left_out: dict[str, LeftOut] = {}
        unchanged: set[str] = set()
        for row in _newest(result.rows).values():
            key = str(row["Id"])
            if row.get("IsDeleted"):
                gone[key] = Evidence("tombstone", str(row.get("SystemModstamp") or ""))
                continue
            read = record_of(row, self._profile, result.server_time)
            if isinstance(read, LeftOut):
                left_out[key] = read
            elif _same(known.get(key), read):
                unchanged.add(key)
            else:
                records.append(read)
        coverage = Coverage(result.complete, window, result.server_time, str(mark) if result.complete else "")
        return Observation(full, tuple(records), coverage, gone, frozenset(unchanged), left_out)


def _newest(rows: Iterable[Row]) -> dict[str, Row]:
    """One row per id: with an overlap, or with pages of a moving table, a row may come twice."""
    found: dict[str, Row] = {}
    for row in rows:
        key = str(row["Id"])
        if key not in found or str(row.get("SystemModstamp")) >= str(found[key].get("SystemModstamp")):
            found[key] = row
    return found


def _same(known: Record | None, read: Record) -> bool:
    """Whether the stored record still holds; locks change by time alone."""
    return (
        known is not None
        and bool(known.payload_digest)
        and known.payload_digest == read.payload_digest
        and known.locked_groups == read.locked_groups
    )


def _starts(window: Window) -> tuple[datetime, datetime]:
    """The starts that may reach into the window, as [first, end): timed by instants, all-day by dates as midnight UTC."""
    first = min(_utc(window.starts_at), _utc(window.first_day)) - LONGEST_EVENT
    return first, max(_utc(window.ends_at), _utc(window.end_day))


def _utc(value: str) -> datetime:
    when = datetime.fromisoformat(value)
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _is_id(key: str) -> bool:
    try:
        checked_id(key)
    except ValueError:
        return False
    return True
