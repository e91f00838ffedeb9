"""From a failed call to the right error: what was refused, what is unreachable, what may have been done after all.

For a read every failure is harmless, and one that may pass is Passing: the port tries again. A write is sent once, and
the question is whether it can have been carried out: only then it is AnswerLost, and somebody has to look first.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import requests

from daemon.sides.contract import LimitReached, SideError, SideUnavailable, SignInNeeded
from daemon.sides.retry import Passing
from daemon.sides.salesforce.answers import AnswerLost, RequestRefused, RowError, error_of
from daemon.sides.salesforce.limits import ApiBudget
from daemon.sides.salesforce.oauth import reason_of
from shared.texts import text

MOVED = frozenset({301, 302, 303, 307, 308})
BUSY: Mapping[int, int | None] = {420: 3, 429: None, 500: None, 502: None, 503: None, 504: None}
"""Answers that may be another one in a moment, and how many tries each is worth at most (reference/salesforce.md 3.5)."""

NOT_EVEN_TRIED = frozenset({420, 429})
"""Of these, the ones that say that a write was not carried out."""


TOO_LARGE = frozenset({"OPERATION_TOO_LARGE", "QUERY_TIMEOUT"})
"""Codes that ask for a narrower query (table 1.3)."""


class Sending(StrEnum):
    """What kind of call failed."""

    READ = "read"
    WRITE = "write"


class Expired(Exception):
    """401: the access token is no longer good; the request was not carried out."""


class Moved(Exception):
    """A redirect: the instance has moved; the request was not carried out."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


Failure = SideError | RequestRefused | AnswerLost | Expired | Moved | Passing


def refused_answer(host: str, status: int, content: object, sending: Sending, budget: ApiBudget) -> Failure:
    """The error for an answer of 300 or above; ``content`` is the parsed body, or text when it is not JSON."""
    error = error_of(content)
    if status in MOVED:
        return Moved(status)
    if status == 401:
        return _unauthorized(error)
    if sending is Sending.READ and error is not None and error.code in TOO_LARGE:
        # Comes with 400 or 500; asking for the same again would not help.
        return RequestRefused(status, error)
    if status in BUSY:
        busy = SideUnavailable(text("salesforce.busy", status=status))
        if sending is Sending.READ:
            return Passing(busy, attempts=BUSY[status])
        return busy if status in NOT_EVEN_TRIED else AnswerLost()
    if error is None:
        return SideUnavailable(text("salesforce.not_salesforce", host=host, status=status))
    if error.code == "REQUEST_LIMIT_EXCEEDED":
        return _limit(error, budget)
    if status == 410:
        return SideUnavailable(text("salesforce.version_retired", version="67.0"))
    if error.code in ("API_DISABLED_FOR_ORG", "API_CURRENTLY_DISABLED"):
        return SignInNeeded(text("salesforce.no_api_access"))
    return RequestRefused(status, error)


def transport_error(host: str, error: Exception, sending: Sending) -> Failure:
    """The error for a call without a usable answer."""
    if isinstance(error, requests.exceptions.JSONDecodeError) or not isinstance(
        error, requests.exceptions.RequestException
    ):
        # A body came, with a good status, and is not JSON: HTML of a proxy or half an answer.
        if sending is Sending.WRITE:
            return AnswerLost()
        return SideUnavailable(text("salesforce.not_salesforce", host=host, status=200))
    if sending is Sending.WRITE and not _never_left(error):
        return AnswerLost()
    broken = isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError)
    words = text("salesforce.broken_answer", host=host)
    if not broken:
        words = text("salesforce.unreachable", host=host, reason=reason_of(error))
    unavailable = SideUnavailable(words)
    return Passing(unavailable) if sending is Sending.READ and (broken or _may_pass(error)) else unavailable


def _may_pass(error: requests.exceptions.RequestException) -> bool:
    """Socket errors may pass; a read time-out has already cost a minute and a certificate error stays one."""
    lasting = isinstance(error, requests.exceptions.SSLError | requests.exceptions.ReadTimeout)
    return isinstance(error, requests.exceptions.ConnectionError) and not lasting


def _never_left(error: requests.exceptions.RequestException) -> bool:
    """Whether no connection was made at all, so that nothing can have arrived."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    said = repr(error)
    if isinstance(error, requests.exceptions.SSLError):
        return "CERTIFICATE_VERIFY_FAILED" in said
    return isinstance(error, requests.exceptions.ConnectionError) and (
        "NewConnectionError" in said or "NameResolutionError" in said
    )


def _unauthorized(error: RowError | None) -> Failure:
    """The second flavour of INVALID_SESSION_ID is a missing permission; a refresh would not help (table 1.3)."""
    if error is not None and "not valid for use with the rest api" in error.message.lower():
        return SignInNeeded(text("salesforce.no_api_access"))
    return Expired()


def _limit(error: RowError, budget: ApiBudget) -> LimitReached:
    return budget.refused(error.message)
