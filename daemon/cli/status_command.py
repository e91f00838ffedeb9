"""``daybridge status``: state, accounts, last and next run, pending decisions."""

from __future__ import annotations

import click
import msgspec

from daemon.cli.printing import document, line, pairs
from shared.api_client import ApiClient, DaemonNotRunning
from shared.labels import STATE_WORDS, counted
from shared.local_times import moment_words
from shared.models import AccountStatus, Status
from shared.states import DaemonState

ACCOUNT_WORDS = {
    "not_connected": "not connected",
    "connected": "connected",
    "needs_sign_in": "sign-in needed",
    "unreachable": "cannot be reached",
}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the Status document of the API.")
@click.option("--watch", is_flag=True, help="Go on and print each new state until Ctrl-C.")
def status(as_json: bool, watch: bool) -> None:
    """Show what Daybridge is doing and what waits for you."""
    client = ApiClient()
    if watch:
        _watch(client, as_json)
    elif as_json:
        document(client.raw("status"))
    else:
        show(client.status())


def _watch(client: ApiClient, as_json: bool) -> None:
    with client.stream() as stream:
        try:
            for now in stream:
                if as_json:
                    document(msgspec.json.encode(now))
                else:
                    line(state_line(now))
        except KeyboardInterrupt:
            return
    raise DaemonNotRunning("The daemon has ended.")


def state_line(now: Status) -> str:
    """The state in one line, with progress or the number of pending rows."""
    words = STATE_WORDS[now.state]
    run = now.run
    if now.state in (DaemonState.COMPARING, DaemonState.APPLYING) and run is not None:
        of = f" of {run.progress.total}" if run.progress.total is not None else ""
        return f"{words}: {run.progress.phase.replace('_', ' ')} {run.progress.done}{of}"
    if now.state is DaemonState.AWAITING_REVIEW:
        told = f". {run.because.text}" if run is not None and run.because is not None else ""
        return f"{words}: {pending_words(now)}{told}"
    said = now.because.text if now.because is not None else ""
    return f"{words}: {said}" if said and said.rstrip(".") != words else words


def pending_words(now: Status) -> str:
    """``12 changes, 2 conflicts, 1 deletion; Ok writes 9``."""
    pending = now.pending
    parts = [counted(pending.changes, "change", "changes")]
    if pending.conflicts:
        parts.append(counted(pending.conflicts, "conflict", "conflicts"))
    if pending.deletions:
        parts.append(counted(pending.deletions, "deletion", "deletions"))
    return f"{', '.join(parts)}; Ok writes {pending.approved}"


def show(now: Status) -> None:
    """The whole Status for a person."""
    rows = [("State", state_line(now))]
    rows += [("Salesforce", _account(now.accounts.salesforce)), ("Notes", _account(now.accounts.notes))]
    rows += [(f"Last Run, {each.name}", moment_words(each.last_run)) for each in now.objects]
    rows.append(("Next run", moment_words(now.next_run_at, missing="only when you start it")))
    if now.paused_until:
        rows.append(("Paused until", moment_words(now.paused_until)))
    if now.run is not None:
        rows.append(("Pending", pending_words(now)))
        if now.run.guard is not None:
            rows.append(("Guard", now.run.guard.text.text))
    budget = now.api_budget.salesforce
    calls = f"{counted(budget.used_by_us_24h, 'call', 'calls')} by Daybridge in 24 hours"
    if budget.org_used is not None and budget.org_max is not None:
        calls += f"; {budget.org_used} of {budget.org_max} in the organization"
    rows.append(("Salesforce API", calls))
    if now.credentials == "memory":
        rows.append(("Passwords", "kept in memory only, forgotten when the daemon ends"))
    pairs(rows)


def _account(account: AccountStatus) -> str:
    words = ACCOUNT_WORDS.get(account.state, account.state)
    who = ", ".join(part for part in (account.name, account.address) if part)
    said = account.because.text if account.because is not None else ""
    return " · ".join(part for part in (words, who, said) if part)
