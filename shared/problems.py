"""The closed list of API problems: name, HTTP status, title and what the person can do."""

from __future__ import annotations

from enum import StrEnum

URN = "urn:daybridge:problem:"


class ProblemName(StrEnum):
    UNAUTHORIZED = "unauthorized"
    WRONG_HOST = "wrong-host"
    WRONG_ORIGIN = "wrong-origin"
    BAD_REQUEST = "bad-request"
    TOO_LARGE = "too-large"
    WRONG_MEDIA_TYPE = "wrong-media-type"
    NOT_FOUND = "not-found"
    WRONG_METHOD = "wrong-method"
    STALE_DECISIONS = "stale-decisions"
    PLAN_CHANGED = "plan-changed"
    WRONG_STATE = "wrong-state"
    NEEDS_CONFIRMATION = "needs-confirmation"
    BLOCKED_BY_GUARD = "blocked-by-guard"
    NOT_CONNECTED = "not-connected"
    SIGN_IN_NEEDED = "sign-in-needed"
    SIDE_UNREACHABLE = "side-unreachable"
    BAD_SETTING = "bad-setting"
    KEYRING_UNAVAILABLE = "keyring-unavailable"
    INTERNAL = "internal"


PROBLEMS: dict[ProblemName, tuple[int, str]] = {
    ProblemName.UNAUTHORIZED: (401, "This request carries no valid token. Open the page from the tray again."),
    ProblemName.WRONG_HOST: (421, "Only the address in the endpoint file is served."),
    ProblemName.WRONG_ORIGIN: (403, "Requests from other pages are refused."),
    ProblemName.BAD_REQUEST: (400, "The request is not understood."),
    ProblemName.TOO_LARGE: (413, "The request is too large."),
    ProblemName.WRONG_MEDIA_TYPE: (415, "Send application/json."),
    ProblemName.NOT_FOUND: (404, "There is no such thing."),
    ProblemName.WRONG_METHOD: (405, "This address does not take that method."),
    ProblemName.STALE_DECISIONS: (409, "Some rows changed since you saw them. Look at them again."),
    ProblemName.PLAN_CHANGED: (409, "The list changed since you saw it. Look at it again, then press Ok."),
    ProblemName.WRONG_STATE: (409, "This cannot be done at the moment."),
    ProblemName.NEEDS_CONFIRMATION: (409, "Confirm the number of deletions first."),
    ProblemName.BLOCKED_BY_GUARD: (409, "A safety guard stopped this run."),
    ProblemName.NOT_CONNECTED: (409, "An account is not connected yet. Connect it in the settings."),
    ProblemName.SIGN_IN_NEEDED: (409, "Sign in again."),
    ProblemName.SIDE_UNREACHABLE: (502, "A calendar cannot be reached."),
    ProblemName.BAD_SETTING: (400, "This setting or value is not allowed."),
    ProblemName.KEYRING_UNAVAILABLE: (409, "No safe place for passwords was found on this machine."),
    ProblemName.INTERNAL: (500, "Something went wrong inside Daybridge. The log holds the incident number."),
}
"""HTTP status and title of each problem (RFC 9457 ``type`` = URN + name)."""


class ApiProblem(Exception):
    """A problem to answer with, or one that was answered.

    ``name`` decides the status and title; ``detail`` is one sentence for the person; ``extra`` holds further
    members of the problem document (e.g. ``stale`` for stale decisions, ``needed`` for a confirmation).
    """

    def __init__(self, name: ProblemName, detail: str = "", **extra: object) -> None:
        super().__init__(detail or PROBLEMS[name][1])
        self.name = name
        self.detail = detail
        self.extra = extra

    @property
    def status(self) -> int:
        return PROBLEMS[self.name][0]

    def document(self) -> dict[str, object]:
        """The ``application/problem+json`` members."""
        status, title = PROBLEMS[self.name]
        body: dict[str, object] = {"type": URN + self.name, "title": title, "status": status}
        if self.detail:
            body["detail"] = self.detail
        return body | self.extra
