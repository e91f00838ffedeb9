"""Sentences about runs, guards, accounts, settings and the daemon itself."""

from __future__ import annotations

RUNS: dict[str, str] = {
    "state.starting": "Daybridge is starting.",
    "state.stopping": "Daybridge is stopping.",
    "state.idle": "Nothing to do.",
    "state.comparing": "Comparing the two calendars.",
    "state.applying": "Writing the approved changes.",
    "state.awaiting_review": "{count} changes wait for your decision.",
    "state.paused": "Automatic runs are paused until {until}.",
    "state.needs_sign_in": "Sign in to {side} again.",
    "state.not_connected": "Connect {side} in the settings first.",
    "state.offline": "{side} cannot be reached: {reason}",
    "state.failed": "The last run failed: {reason}",
}
