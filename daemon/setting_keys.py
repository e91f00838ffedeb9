"""The table of settings: every key with its type, default, bounds and the sentence that explains it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OPERATIONS = ("create", "update", "delete")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class SettingKey:
    """One key. ``type``: text, url, flag, number, choice, choices, time (HH:MM), date (YYYY-MM-DD or empty), list, pattern."""

    key: str
    type: str
    default: Any
    text: str
    choices: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None


def _flag(key: str, default: bool, text: str) -> SettingKey:
    return SettingKey(key, "flag", default, text)


SETTINGS: dict[str, SettingKey] = {
    item.key: item
    for item in (
        SettingKey(
            "notes.kind",
            "choice",
            "domino",
            "How the Notes calendar is reached.",
            ("domino", "ics_file", "ics_folder", "caldav"),
        ),
        SettingKey("notes.url", "url", "", "Address of the Domino server, or the path of the .ics file or folder."),
        SettingKey("notes.user", "text", "", "User name for the Notes side."),
        SettingKey(
            "notes.calendar", "text", "", "Mail file of the calendar, like /mail/jdoe.nsf; empty means your own."
        ),
        SettingKey("notes.ca_file", "text", "", "File with the certificate authority of a private server."),
        _flag("notes.allow_http", False, "Allow unencrypted http to the Notes server outside this machine."),
        SettingKey(
            "salesforce.login_url", "url", "https://login.salesforce.com", "Where the sign-in to Salesforce starts."
        ),
        SettingKey("salesforce.client_id", "text", "", "Consumer key of your administrator's External Client App."),
        SettingKey(
            "salesforce.key_field", "text", "", "API name of the external id field on Activity, if the org has one."
        ),
        SettingKey("rules.past_days", "number", 30, "How many days back are synchronized.", minimum=0, maximum=36500),
        SettingKey(
            "rules.future_days", "number", 365, "How many days ahead are synchronized.", minimum=0, maximum=36500
        ),
        SettingKey("rules.starts_after", "date", "", "Nothing that starts before this date is synchronized."),
        SettingKey(
            "rules.private", "choice", "skip", "What happens to private entries.", ("skip", "busy_only", "carry")
        ),
        SettingKey(
            "rules.direction", "choice", "both", "Which way changes travel.", ("both", "to_salesforce", "to_notes")
        ),
        SettingKey(
            "rules.salesforce_may", "choices", list(OPERATIONS), "What Daybridge may do in Salesforce.", OPERATIONS
        ),
        SettingKey("rules.notes_may", "choices", list(OPERATIONS), "What Daybridge may do in Notes.", OPERATIONS),
        SettingKey(
            "rules.conflicts",
            "choice",
            "ask",
            "Which side is preselected when both changed.",
            ("ask", "salesforce", "notes"),
        ),
        SettingKey(
            "rules.entry_types",
            "choices",
            ["appointment", "all_day", "meeting"],
            "Which kinds of Notes entries are synchronized.",
            ("appointment", "all_day", "meeting", "anniversary", "reminder"),
        ),
        SettingKey("rules.categories_include", "list", [], "Only entries with one of these categories."),
        SettingKey("rules.categories_exclude", "list", [], "No entries with one of these categories."),
        SettingKey("rules.subject_exclude", "pattern", "", "No entries whose subject matches this pattern."),
        _flag("rules.skip_free", False, "Leave out entries shown as free."),
        _flag("rules.skip_tentative", False, "Leave out tentative entries."),
        _flag("rules.skip_all_day", False, "Leave out all-day entries."),
        _flag("rules.invitees_in_description", False, "List the invitees in the Salesforce description."),
        _flag("rules.attachment_names", True, "List the attachments' names in the Salesforce description."),
        _flag("rules.protect_formatting", True, "Never overwrite a Notes text that Daybridge did not write."),
        _flag("rules.reminders", False, "Synchronize reminders."),
        SettingKey(
            "automatic.every_minutes",
            "number",
            0,
            "Minutes between automatic runs; 0 is never.",
            minimum=0,
            maximum=1440,
        ),
        SettingKey("automatic.from", "time", "08:00", "Automatic runs start no earlier than this."),
        SettingKey("automatic.to", "time", "18:00", "Automatic runs start no later than this."),
        SettingKey("automatic.weekdays", "choices", list(WEEKDAYS[:5]), "Days with automatic runs.", WEEKDAYS),
        SettingKey(
            "automatic.summary",
            "choice",
            "when_needed",
            "When the summary opens after an automatic run.",
            ("always", "when_needed", "never"),
        ),
        _flag("automatic.apply_safe_rows", False, "Write rows without risks by themselves in automatic runs."),
        _flag("messages.run_failed", True, "Tell me when a run failed."),
        _flag("messages.decision_needed", True, "Tell me when a decision is needed."),
        _flag("messages.run_finished", False, "Tell me when a run finished with changes."),
        _flag("messages.item_failed", True, "Tell me when an item failed."),
        _flag("messages.sign_in_needed", True, "Tell me when I must sign in again."),
    )
}
"""Keys and defaults of interfaces.md, Settings keys."""
