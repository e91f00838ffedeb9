"""Sentences about rows and items: summaries, choices, reasons, why something is proposed or left out."""

from __future__ import annotations

ROWS: dict[str, str] = {
    # what a row proposes
    "summary.create_in_salesforce": "New in Notes: create in Salesforce.",
    "summary.create_in_notes": "New in Salesforce: create in Notes.",
    "summary.update_in_salesforce": "Changed in Notes ({groups}): update in Salesforce.",
    "summary.update_in_notes": "Changed in Salesforce ({groups}): update in Notes.",
    "summary.update_both": "Changed on both sides in different fields: update both.",
    "summary.delete_in_salesforce": "Deleted in Notes: delete in Salesforce.",
    "summary.delete_in_notes": "Deleted in Salesforce: delete in Notes.",
    "summary.withdraw_from_salesforce": "Became private in Notes: withdraw from Salesforce.",
    "summary.make_private_in_notes": "Became private in Salesforce: mark private in Notes.",
    "summary.link": "The same meeting on both sides: link them. Nothing is written.",
    "summary.link_differs": "The same meeting on both sides, with differences in {groups}: choose a value for each.",
    "summary.conflict": "Changed differently on both sides in {groups}: choose a side.",
    "summary.edit_or_delete": "Deleted in {deleted_in}, but changed in {edited_in}: keep the edit or delete both.",
    "summary.question": "This needs an answer.",
    "summary.cannot_sync": "This cannot be synchronized: {reason}",
}
