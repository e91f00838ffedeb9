"""Every path of the local API with its method, who may call it, and its documents; and the API version."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared import models as m
from shared.problems import ProblemName as P

PREFIX = f"/api/v{m.API_VERSION}"


class Access(StrEnum):
    """Who may call a route: anyone on this machine (public), a page session or the token (page), the token alone (full)."""

    PUBLIC = "public"
    PAGE = "page"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the route table; ``path`` is below PREFIX, ``query`` names the query parameters and their types."""

    name: str
    method: str
    path: str
    request: type | None
    response: type
    status: int = 200
    access: Access = Access.PAGE
    problems: tuple[P, ...] = ()
    query: tuple[tuple[str, type], ...] = ()
    max_body: int = 64 * 1024
    media_type: str = "application/json"

    @property
    def full_path(self) -> str:
        return PREFIX + self.path


_RUN_MISSING = (P.NOT_FOUND,)
_BUSY = (P.NOT_FOUND, P.WRONG_STATE)

ROUTES: tuple[Route, ...] = (
    Route("status", "GET", "/status", None, m.Status),
    Route("stream", "GET", "/stream", None, m.Status, media_type="text/event-stream"),
    Route("start_run", "POST", "/runs", m.StartRun, m.Run, 202, problems=(P.NOT_CONNECTED, P.WRONG_STATE)),
    Route("runs", "GET", "/runs", None, m.RunList, query=(("limit", int), ("before", str))),
    Route("run", "GET", "/runs/{run}", None, m.Run, problems=_RUN_MISSING),
    Route(
        "changes",
        "GET",
        "/runs/{run}/changes",
        None,
        m.ChangeList,
        problems=_RUN_MISSING,
        query=(
            ("offset", int),
            ("limit", int),
            ("action", str),
            ("decision", str),
            ("risk", str),
            ("q", str),
            ("sort", str),
            ("series", str),
            ("collapse", str),
        ),
    ),
    Route("change", "GET", "/runs/{run}/changes/{change}", None, m.ChangeDetail, problems=_RUN_MISSING),
    Route(
        "decide",
        "PUT",
        "/runs/{run}/decisions",
        m.PutDecisions,
        m.DecisionsTaken,
        problems=(P.NOT_FOUND, P.WRONG_STATE, P.STALE_DECISIONS),
        max_body=4 * 1024 * 1024,
    ),
    Route(
        "apply",
        "POST",
        "/runs/{run}/apply",
        m.ApplyRun,
        m.Run,
        202,
        problems=(P.NOT_FOUND, P.WRONG_STATE, P.PLAN_CHANGED, P.NEEDS_CONFIRMATION, P.BLOCKED_BY_GUARD),
    ),
    Route("cancel", "POST", "/runs/{run}/cancel", None, m.Run, problems=_BUSY),
    Route("undo", "POST", "/runs/{run}/undo", m.UndoRun, m.Run, 201, problems=_BUSY),
    Route("ignored", "GET", "/ignored", None, m.IgnoredList),
    Route("rearm", "DELETE", "/ignored/{id}", None, m.Nothing, problems=_RUN_MISSING),
    Route(
        "items", "GET", "/items", None, m.ItemList, query=(("q", str), ("offset", int), ("limit", int), ("reason", str))
    ),
    Route("item", "GET", "/items/{id}", None, m.Item, problems=_RUN_MISSING),
    Route("settings", "GET", "/settings", None, m.SettingsDocument),
    Route("patch_settings", "PATCH", "/settings", m.PatchSettings, m.SettingsDocument, problems=(P.BAD_SETTING,)),
    Route("settings_schema", "GET", "/settings/schema", None, m.SettingsSchema),
    Route("accounts", "GET", "/accounts", None, m.Accounts),
    Route(
        "put_notes_account",
        "PUT",
        "/accounts/notes",
        m.PutNotesAccount,
        m.TestResult,
        problems=(P.BAD_SETTING, P.KEYRING_UNAVAILABLE, P.WRONG_STATE),
    ),
    Route(
        "connect_salesforce",
        "POST",
        "/accounts/salesforce/connect",
        None,
        m.ConnectStarted,
        202,
        problems=(P.BAD_SETTING, P.KEYRING_UNAVAILABLE, P.WRONG_STATE),
    ),
    Route("test_account", "POST", "/accounts/{side}/test", None, m.TestResult, problems=(P.NOT_FOUND,)),
    Route("disconnect", "DELETE", "/accounts/{side}", None, m.Nothing, problems=(P.NOT_FOUND, P.WRONG_STATE)),
    Route(
        "calendars",
        "GET",
        "/calendars",
        None,
        m.CalendarList,
        problems=(P.NOT_CONNECTED, P.SIDE_UNREACHABLE, P.SIGN_IN_NEEDED),
    ),
    Route("doctor", "GET", "/doctor", None, m.DoctorReport),
    Route("forget_links", "POST", "/pairing/forget", None, m.Nothing, problems=(P.WRONG_STATE,)),
    Route("pause", "POST", "/pause", m.Pause, m.Status),
    Route("resume", "POST", "/resume", None, m.Status),
    Route("shutdown", "POST", "/shutdown", None, m.Nothing, 202, access=Access.FULL),
    Route("make_page_code", "POST", "/page-sessions/codes", None, m.PageCode, 201, access=Access.FULL),
    Route("trade_page_code", "POST", "/page-sessions", m.TradeCode, m.PageSession, 201, access=Access.PUBLIC),
    Route("openapi", "GET", "/openapi.json", None, dict),
)
"""The route table; the guard, the OpenAPI document and the client are made from it."""

ROUTE: dict[str, Route] = {route.name: route for route in ROUTES}
