"""What the scripted daemon knows beside its run: settings with their schema, accounts, calendars, items, ignored ones."""

from __future__ import annotations

from typing import Any

from shared.models import (
    AccountStatus,
    CalendarInfo,
    Finding,
    HistoryEntry,
    IgnoredItem,
    Item,
    SettingSchema,
    Text,
)
from shared.states import Action, Decision, Group, Result, Scope, Side
from tests.fakes.scripted_rows import HOSTILE, Script, today


def _setting(key: str, kind: str, default: Any, label: str, **more: Any) -> SettingSchema:
    return SettingSchema(key=key, type=kind, default=default, text=Text(code=f"setting.{key}", text=label), **more)


DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAY = ("create", "update", "delete")
SCHEMA: tuple[SettingSchema, ...] = (
    _setting("rules.past_days", "number", 30, "Days back", minimum=0, maximum=36500),
    _setting("rules.future_days", "number", 365, "Days ahead", minimum=1, maximum=3650),
    _setting("rules.starts_after", "date", None, "Leave out everything before this day"),
    _setting("rules.private", "choice", "skip", "Private entries", choices=("skip", "busy_only", "carry")),
    _setting("rules.direction", "choice", "both", "Direction", choices=("both", "to_salesforce", "to_notes")),
    _setting("rules.salesforce_may", "choices", list(MAY), "In Salesforce, Daybridge may", choices=MAY),
    _setting("rules.notes_may", "choices", list(MAY), "In Notes, Daybridge may", choices=MAY),
    _setting("rules.conflicts", "choice", "ask", "Conflicts", choices=("ask", "salesforce", "notes")),
    _setting("rules.subject_exclude", "text", None, "Leave out subjects that match this pattern"),
    _setting("rules.categories_exclude", "list", [], "Leave out these categories"),
    _setting("rules.skip_free", "flag", False, "Leave out free time"),
    _setting(
        "automatic.every_minutes", "number", 0, "Minutes between automatic runs (0: never)", minimum=0, maximum=1440
    ),
    _setting("automatic.from", "time", "08:00", "Not before"),
    _setting("automatic.to", "time", "18:00", "Not after"),
    _setting("automatic.weekdays", "choices", list(DAYS[:5]), "On these days", choices=DAYS),
    _setting("messages.run_failed", "flag", True, "Tell me when a run failed"),
    _setting("messages.decision_needed", "flag", True, "Tell me when a decision is needed"),
    _setting("salesforce.login_url", "url", "https://login.salesforce.com", "Salesforce sign-in address"),
    _setting("salesforce.client_id", "text", None, "Client id of the connected app"),
)
CONNECTED = {
    Side.SALESFORCE: AccountStatus(state="connected", name="Jo Doe", address="jo.doe@example.com"),
    Side.NOTES: AccountStatus(
        state="connected", name="Jo Doe/Sales/Example", address="http://127.0.0.1:8080/mail/jdoe.nsf"
    ),
}
CALENDARS = (
    CalendarInfo(id="own", name="Jo Doe", owner="Jo Doe/Sales/Example", path="/mail/jdoe.nsf", selected=True),
    CalendarInfo(
        id="team", name="Team North", kind="team", path="/team/north.nsf", can_write=False, sees_private=False
    ),
)
FINDINGS = (
    Finding(
        kind="duplicate",
        text=Text(code="scripted", text="“Stand-up” exists twice in Salesforce at the same time."),
        items=("i-dup-1", "i-dup-2"),
    ),
)


def ignored() -> dict[str, IgnoredItem]:
    script = Script(today())
    first, second = script.image("Gym", 1, "17:00"), script.image("School run", 2, "06:00", 30)
    entries = (
        IgnoredItem(
            id="g1",
            kind=Decision.IGNORE_FOREVER,
            scope=Scope.SERIES,
            item="i-gym",
            title=first.subject,
            starts_at=first.starts_at,
            at="2026-11-02T08:15:00Z",
            who="Jo Doe",
        ),
        IgnoredItem(
            id="g2",
            kind=Decision.IGNORE_UNTIL_CHANGE,
            item="i-school",
            title=second.subject,
            starts_at=second.starts_at,
            at="2026-11-16T16:40:00Z",
            who="Jo Doe",
            changed=(Group.TIME,),
        ),
    )
    return {entry.id: entry for entry in entries}


def items() -> tuple[Item, ...]:
    script = Script(today())
    linked = script.image("Weekly report", 1, "14:00", 30, location="Desk")
    secret = script.image("Private appointment", 3, "16:00")
    far = script.image("Anniversary trip", 500, minutes=2880)
    hostile = script.image(HOSTILE, 4, "14:00", 30)
    return (
        Item(
            id="i-report",
            title=linked.subject,
            starts_at=linked.starts_at,
            ends_at=linked.ends_at,
            linked=True,
            state="in_step",
            salesforce=linked,
            notes=linked,
            why=(Text(code="scripted", text="Both sides are in step since the last synchronization."),),
            history=(
                HistoryEntry(
                    at="2026-11-03T09:00:00Z", run="r0", action=Action.CREATE_IN_SALESFORCE, result=Result.APPLIED
                ),
            ),
        ),
        Item(
            id="i-secret",
            title=secret.subject,
            starts_at=secret.starts_at,
            ends_at=secret.ends_at,
            state="left_out",
            side=Side.NOTES,
            reason="private",
            why=(Text(code="scripted", text="It is private in Notes, and private entries are skipped."),),
        ),
        Item(
            id="i-far",
            title=far.subject,
            starts_at=far.starts_at,
            ends_at=far.ends_at,
            all_day=True,
            state="left_out",
            side=Side.NOTES,
            reason="outside_window",
            why=(Text(code="scripted", text="It starts more than 365 days ahead (rules.future_days)."),),
            notes=far,
        ),
        Item(id="i-hostile", title=hostile.subject, starts_at=hostile.starts_at, state="row", notes=hostile),
    )
