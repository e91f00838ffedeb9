"""The client of the local API: one method per call, for the tray, the command line and tests.

Every method raises ``DaemonNotRunning`` (and the other kinds of ``ClientError``), ``EndpointRefused``, or ``ApiProblem``
as the daemon sent it. Documents are decoded strictly; members a newer daemon adds are ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from shared import models as m
from shared.api_transport import (
    Ask,
    ClientError,
    DaemonNotRunning,
    DaemonSilent,
    NotUnderstood,
    OtherVersion,
    Transport,
    sentence,
)
from shared.app_paths import app_paths
from shared.endpoint_file import Endpoint
from shared.routes import ROUTE
from shared.states import Action, Decision, Risk, Side
from shared.status_stream import StatusStream

__all__ = [
    "ApiClient",
    "ClientError",
    "DaemonNotRunning",
    "DaemonSilent",
    "NotUnderstood",
    "OtherVersion",
    "StatusStream",
    "sentence",
]

PAGE = 500
"""The largest number of rows one answer holds (interfaces.md)."""

QUICK, SLOW = 10.0, 120.0
"""Seconds to wait for calls the daemon answers from memory, and for those that ask a calendar system first."""

SILENCE = 45.0
"""Seconds without a byte after which a stream counts as dead (the daemon sends a comment every 15 s)."""

_SLOW_ROUTES = frozenset({"put_notes_account", "connect_salesforce", "test_account", "calendars", "doctor", "decide"})

T = TypeVar("T")


class ApiClient:
    """Asks the daemon that the endpoint file names."""

    def __init__(self, endpoint_path: Path | None = None) -> None:
        self._transport = Transport(app_paths().endpoint_file if endpoint_path is None else endpoint_path)

    def endpoint(self) -> Endpoint:
        """Where the daemon listens, of whatever version it is."""
        return self._transport.endpoint()

    def forget_endpoint(self) -> None:
        """Read the endpoint file again at the next call."""
        self._transport.forget()

    def raw(
        self,
        name: str,
        *,
        body: m.Request | None = None,
        query: Mapping[str, str | int | None] | None = None,
        places: Mapping[str, str] | None = None,
    ) -> bytes:
        """The answer of the route ``name`` as the daemon sent it; ``places`` fill the ``{...}`` of its path."""
        route = ROUTE[name]
        path = route.full_path.format_map({key: quote(value, safe="") for key, value in (places or {}).items()})
        given = {key: value for key, value in (query or {}).items() if value is not None}
        if given:
            path += "?" + urlencode(given)
        ask = Ask(
            route.method,
            path,
            None if body is None else msgspec.json.encode(body),
            SLOW if name in _SLOW_ROUTES else QUICK,
        )
        return self._transport.send(ask).body

    def _ask(
        self,
        name: str,
        answer: type[T],
        *,
        body: m.Request | None = None,
        query: Mapping[str, str | int | None] | None = None,
        places: Mapping[str, str] | None = None,
    ) -> T:
        raw = self.raw(name, body=body, query=query, places=places)
        try:
            return msgspec.json.decode(raw, type=answer)
        except msgspec.MsgspecError as error:
            raise NotUnderstood(
                "The daemon's answer is not understood; it may be another version. Restart Daybridge."
            ) from error

    # state

    def status(self) -> m.Status:
        return self._ask("status", m.Status)

    def stream(self, silence: float = SILENCE) -> StatusStream:
        """Open the event stream; the first Status comes at once. Reconnecting is the caller's business."""
        return StatusStream(*self._transport.open(Ask("GET", ROUTE["stream"].full_path, None, silence)))

    # runs

    def start_run(self, objects: tuple[str, ...] = ("calendar",)) -> m.Run:
        """Start a manual run, or compare the open one again (same id)."""
        return self._ask("start_run", m.Run, body=m.StartRun(objects=objects))

    def runs(self, limit: int | None = None, before: str | None = None) -> m.RunList:
        return self._ask("runs", m.RunList, query={"limit": limit, "before": before})

    def run(self, run: str) -> m.Run:
        return self._ask("run", m.Run, places={"run": run})

    def changes(
        self,
        run: str,
        *,
        offset: int | None = None,
        limit: int | None = None,
        action: Action | None = None,
        decision: Decision | None = None,
        risk: Risk | None = None,
        q: str | None = None,
        sort: str | None = None,
        series: str | None = None,
        collapse: str | None = None,
    ) -> m.ChangeList:
        query = {
            "offset": offset,
            "limit": limit,
            "action": action,
            "decision": decision,
            "risk": risk,
            "q": q,
            "sort": sort,
            "series": series,
            "collapse": collapse,
        }
        return self._ask("changes", m.ChangeList, query=query, places={"run": run})

    def every_change(self, run: str, collapse: str | None = None) -> tuple[m.Change, ...]:
        """All rows of the run, page by page, in the daemon's order."""
        rows: list[m.Change] = []
        while True:
            page = self.changes(run, offset=len(rows), limit=PAGE, collapse=collapse)
            rows += page.changes
            if not page.changes or len(rows) >= page.total:
                return tuple(rows)

    def change(self, run: str, change: str) -> m.ChangeDetail:
        return self._ask("change", m.ChangeDetail, places={"run": run, "change": change})

    def decide(self, run: str, decisions: tuple[m.OneDecision, ...]) -> m.DecisionsTaken:
        """Post decisions, all or none; ApiProblem stale-decisions when a row changed since its revision."""
        body = m.PutDecisions(decisions=decisions)
        return self._ask("decide", m.DecisionsTaken, body=body, places={"run": run})

    def apply(
        self, run: str, plan: str, *, confirm_deletions: int | None = None, confirm_moves: int | None = None
    ) -> m.Run:
        """The Ok button."""
        body = m.ApplyRun(plan=plan, confirm_deletions=confirm_deletions, confirm_moves=confirm_moves)
        return self._ask("apply", m.Run, body=body, places={"run": run})

    def cancel(self, run: str) -> m.Run:
        return self._ask("cancel", m.Run, places={"run": run})

    def undo(self, run: str, changes: tuple[str, ...] = ()) -> m.Run:
        """Propose the inverse of a run, or of some of its changes, as a new run to review."""
        return self._ask("undo", m.Run, body=m.UndoRun(changes=changes), places={"run": run})

    # ignored items, items

    def ignored(self) -> m.IgnoredList:
        return self._ask("ignored", m.IgnoredList)

    def rearm(self, ignored: str) -> None:
        self._ask("rearm", m.Nothing, places={"id": ignored})

    def items(
        self, q: str | None = None, *, offset: int | None = None, limit: int | None = None, reason: str | None = None
    ) -> m.ItemList:
        return self._ask("items", m.ItemList, query={"q": q, "offset": offset, "limit": limit, "reason": reason})

    def item(self, item: str) -> m.Item:
        return self._ask("item", m.Item, places={"id": item})

    # settings

    def settings(self) -> m.SettingsDocument:
        return self._ask("settings", m.SettingsDocument)

    def patch_settings(self, values: Mapping[str, Any]) -> m.SettingsDocument:
        """Set keys; a value of None resets the key to its default."""
        return self._ask("patch_settings", m.SettingsDocument, body=m.PatchSettings(values=dict(values)))

    def settings_schema(self) -> m.SettingsSchema:
        return self._ask("settings_schema", m.SettingsSchema)

    # accounts and calendars

    def accounts(self) -> m.Accounts:
        return self._ask("accounts", m.Accounts)

    def put_notes_account(self, account: m.PutNotesAccount) -> m.TestResult:
        return self._ask("put_notes_account", m.TestResult, body=account)

    def connect_salesforce(self) -> m.ConnectStarted:
        """Begin the sign-in; the caller opens ``authorize_url`` in a browser."""
        return self._ask("connect_salesforce", m.ConnectStarted)

    def test_account(self, side: Side) -> m.TestResult:
        return self._ask("test_account", m.TestResult, places={"side": side})

    def disconnect(self, side: Side) -> None:
        self._ask("disconnect", m.Nothing, places={"side": side})

    def calendars(self) -> m.CalendarList:
        return self._ask("calendars", m.CalendarList)

    # upkeep

    def doctor(self) -> m.DoctorReport:
        return self._ask("doctor", m.DoctorReport)

    def forget_links(self) -> None:
        self._ask("forget_links", m.Nothing)

    def pause(self, minutes: int) -> m.Status:
        return self._ask("pause", m.Status, body=m.Pause(minutes=minutes))

    def resume(self) -> m.Status:
        return self._ask("resume", m.Status)

    def shutdown(self) -> None:
        """Ask the daemon to end, whatever version of the API it speaks."""
        self._transport.send_to_any_version("POST", ROUTE["shutdown"].path)

    def make_page_code(self) -> m.PageCode:
        """A page address with a one-time code (single use, 30 s)."""
        return self._ask("make_page_code", m.PageCode)

    def trade_page_code(self, code: str) -> m.PageSession:
        return self._ask("trade_page_code", m.PageSession, body=m.TradeCode(code=code))

    def openapi(self) -> dict[str, Any]:
        return self._ask("openapi", dict[str, Any])
