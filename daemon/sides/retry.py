"""The one retry policy of the sides: idempotent requests are repeated with jitter, a server's own waiting time is kept.

Only what may safely be sent twice goes through it. A request says that its failure is worth another try by raising
``Passing``; any other exception ends the call at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

T = TypeVar("T")


class Passing(Exception):
    """A failure that may pass. ``cause`` is raised when the attempts are used up; ``after`` is the server's wish in seconds.

    ``attempts`` is how many tries this failure is worth at most, where that is fewer than the policy's.
    """

    def __init__(self, cause: Exception, after: float | None = None, attempts: int | None = None) -> None:
        super().__init__(str(cause))
        self.cause = cause
        self.after = after
        self.attempts = attempts


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long apart: full-jitter exponential waits in seconds, never beyond ``longest_wait``."""

    attempts: int = 4
    first_wait: float = 0.5
    longest_wait: float = 10.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def call(self, once: Callable[[], Awaitable[T]]) -> T:
        """The result of ``once``, called again while it raises Passing; then the cause of the last Passing is raised."""
        attempts = AsyncRetrying(
            stop=self._enough,
            wait=self._wait,
            retry=retry_if_exception_type(Passing),
            sleep=self.sleep,
            reraise=True,
        )

        async def attempt() -> T:
            return await once()

        try:
            return await attempts(attempt)
        except Passing as last:
            raise last.cause from None

    def _enough(self, state: RetryCallState) -> bool:
        error = _failure(state)
        most = error.attempts if isinstance(error, Passing) and error.attempts is not None else self.attempts
        return state.attempt_number >= min(most, self.attempts)

    def _wait(self, state: RetryCallState) -> float:
        error = _failure(state)
        jitter = float(wait_random_exponential(multiplier=self.first_wait, max=self.longest_wait)(state))
        wish = error.after if isinstance(error, Passing) else None
        return jitter if wish is None else min(max(wish, 0.0), self.longest_wait) + jitter


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome is not None else None


def seconds_to_wait(retry_after: str | None) -> float | None:
    """The seconds of a Retry-After header; None when absent or given as a date (RFC 9110 10.2.3; dates are rare here)."""
    text = (retry_after or "").strip()
    return float(text) if text.isdecimal() and len(text) < 9 else None
