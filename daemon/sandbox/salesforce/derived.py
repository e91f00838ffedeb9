"""Fields that the server works out itself: names of people, account of an activity, closed and won, case numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from daemon.sandbox.salesforce.fields import Row

if TYPE_CHECKING:
    from daemon.sandbox.salesforce.engine import Engine
    from daemon.sandbox.salesforce.object_rules import Save

#: Stage -> chance of winning in per cent.
_STAGES = {
    "Prospecting": 10,
    "Qualification": 10,
    "Needs Analysis": 20,
    "Value Proposition": 50,
    "Id. Decision Makers": 60,
    "Perception Analysis": 70,
    "Proposal/Price Quote": 75,
    "Negotiation/Review": 90,
    "Closed Won": 100,
    "Closed Lost": 0,
}


def derive(engine: Engine, save: Save) -> None:
    """Fill in the derived fields of a draft."""
    step = _STEPS.get(save.sobject.name)
    if step is not None:
        step(engine, save)


def account_of(engine: Engine, draft: Row) -> str | None:
    """The account an activity belongs to: that of WhatId, else that of a contact in WhoId."""
    for link in (str(draft.get("WhatId") or ""), str(draft.get("WhoId") or "")):
        target = engine.schema.of_id(link)
        if target is None:
            continue
        if target.name == "Account":
            return link
        row = engine.store.get(target.name, link) or {}
        if row.get("AccountId"):
            return str(row["AccountId"])
    return None


def _person(_engine: Engine, save: Save) -> None:
    parts = (save.draft.get("FirstName"), save.draft.get("LastName"))
    save.draft["Name"] = " ".join(part for part in parts if part) or None


def _task(engine: Engine, save: Save) -> None:
    draft = save.draft
    draft["AccountId"] = account_of(engine, draft)
    draft["IsHighPriority"] = draft["Priority"] == "High"
    closed = draft["Status"] == "Completed"
    if closed and not draft["IsClosed"]:
        draft["CompletedDateTime"] = engine.clock.stamp()
    elif not closed:
        draft["CompletedDateTime"] = None
    draft["IsClosed"] = closed


#: Name of a forecast category -> the category itself, where they differ.
_FORECASTS = {"Best Case": "BestCase", "Commit": "Forecast"}


def _opportunity(_engine: Engine, save: Save) -> None:
    draft = save.draft
    stage = draft["StageName"]
    draft["IsClosed"] = str(stage).startswith("Closed ")
    draft["IsWon"] = stage == "Closed Won"
    if "Probability" not in save.given and "StageName" in save.given:
        draft["Probability"] = _STAGES.get(str(stage), 0)
    if "ForecastCategoryName" not in save.given and "StageName" in save.given:
        # Which open stages count as more than the pipeline differs from org to org ([?]).
        draft["ForecastCategoryName"] = {"Closed Won": "Closed", "Closed Lost": "Omitted"}.get(str(stage), "Pipeline")
    named = draft["ForecastCategoryName"]
    draft["ForecastCategory"] = _FORECASTS.get(str(named), named)
    amount, chance = draft["Amount"], draft["Probability"]
    known = isinstance(amount, int | float) and isinstance(chance, int | float)
    draft["ExpectedRevenue"] = round(float(amount) * float(chance) / 100, 2) if known else None
    closes = draft["CloseDate"]
    if isinstance(closes, date):
        # The fiscal year is the calendar year, as in an org that has not changed it.
        draft["FiscalYear"], draft["FiscalQuarter"] = closes.year, (closes.month - 1) // 3 + 1
        draft["Fiscal"] = f"{closes.year} {draft['FiscalQuarter']}"


def _case(engine: Engine, save: Save) -> None:
    save.draft["IsClosed"] = save.draft["Status"] == "Closed"
    if save.old is None:
        save.draft["CaseNumber"] = f"{1000 + engine.store.count('Case') + 1:08}"


def _custom(_engine: Engine, save: Save) -> None:
    if save.draft["Name"] is None:
        save.draft["Name"] = save.draft["Id"]


_STEPS: dict[str, Callable[[Engine, Save], None]] = {
    "Contact": _person,
    "Lead": _person,
    "User": _person,
    "Task": _task,
    "Opportunity": _opportunity,
    "Case": _case,
    "UpsertTable__c": _custom,
    "BigTable__c": _custom,
}
