"""Sentences about rows and items: summaries, choices, reasons, why something is proposed or left out."""

from __future__ import annotations

from shared.states import Group

GROUP_WORDS: dict[Group, str] = {
    Group.TIME: "time",
    Group.SUBJECT: "subject",
    Group.LOCATION: "location",
    Group.DESCRIPTION: "description",
    Group.SHOW_AS: "show as",
    Group.REMINDER: "reminder",
    Group.PRIVACY: "privacy",
}
"""Each field group as a person reads it."""

ROWS: dict[str, str] = {
    # what a row proposes
    "summary.create_in_salesforce": "New in Notes: create in Salesforce.",
    "summary.create_in_notes": "New in Salesforce: create in Notes.",
    "summary.update_in_salesforce": "Changed in Notes ({groups}): update in Salesforce.",
    "summary.update_in_notes": "Changed in Salesforce ({groups}): update in Notes.",
    "summary.update_both": "Changed on both sides in different fields ({groups}): update both.",
    "summary.delete_in_salesforce": "Deleted in Notes: delete in Salesforce.",
    "summary.delete_in_notes": "Deleted in Salesforce: delete in Notes.",
    "summary.withdraw_from_salesforce": "Became private in Notes: withdraw from Salesforce.",
    "summary.make_private_in_notes": "Became private in Salesforce: mark private in Notes.",
    "summary.link": "The same meeting on both sides: link them. Nothing is written.",
    "summary.link_differs": "The same meeting on both sides, with differences in {groups}: choose a value for each.",
    "summary.conflict": "Changed differently on both sides in {groups}: choose a side.",
    "summary.conflict_hidden": "Changed in Notes, and became private in Salesforce: this needs an answer.",
    "summary.edit_or_delete": "Deleted in {deleted_in}, but changed in {edited_in}: keep the edit or delete both.",
    "summary.question": "This needs an answer.",
    "summary.doubtful_pair": "Possibly the same meeting on both sides ({count} to choose from): pair them or keep them apart.",
    "summary.unseen_partner": "Its partner may be in {side}, where it cannot be read now. Look there before you answer.",
    "summary.private_twin": "You already have a private entry at this time in {side}: is it the same meeting?",
    "summary.filtered_twin": "The same meeting exists in {side}, where your rules leave it out: is it the same meeting?",
    "summary.left_scope": "Your rules no longer let this item of {side} through: what shall become of the pair?",
    "summary.orphan": "Its partner in {side} is gone, and it is not known why: what shall become of this item?",
    "summary.deleted_and_private": "Deleted in {side}, and became private on the other side: what shall become of it?",
    "summary.organiser_question": "Deleted in Salesforce, but someone else called the meeting in Notes: what shall become of it?",
    "summary.cannot_sync": "This cannot be synchronized: {reason}",
    # the menu of a row
    "choice.create_in_salesforce": "Create in Salesforce",
    "choice.create_in_notes": "Create in Notes",
    "choice.update_in_salesforce": "Update in Salesforce",
    "choice.update_in_notes": "Update in Notes",
    "choice.update_both": "Update both",
    "choice.delete_in_salesforce": "Delete in Salesforce",
    "choice.delete_in_notes": "Delete in Notes",
    "choice.link": "Link them",
    "choice.undo_in_notes": "Undo the change in Notes",
    "choice.undo_in_salesforce": "Undo the change in Salesforce",
    "choice.recreate_in_notes": "Create again in Notes",
    "choice.recreate_in_salesforce": "Create again in Salesforce",
    "choice.use_salesforce": "Use Salesforce",
    "choice.use_notes": "Use Notes",
    "choice.choose_fields": "Choose for each field",
    "choice.pair": "Same meeting: pair with “{title}”",
    "choice.keep_apart": "Different meetings: keep apart",
    "choice.no_partner": "It has no partner there: go on without one",
    "choice.detach": "Keep both and stop synchronizing them",
    "choice.keep_syncing": "Keep synchronizing this item anyway",
    "choice.delete_copy_salesforce": "Delete the copy in Salesforce",
    "choice.delete_copy_notes": "Delete the copy in Notes",
    "choice.hide_text": "Keep the copy in Salesforce without its text",
    "choice.leave_copy": "Leave the copy as it is",
    "choice.mark_private": "Mark it private in Notes",
    "choice.keep_edit_notes": "Keep the edit: create again in Notes",
    "choice.keep_edit_salesforce": "Keep the edit: create again in Salesforce",
    "choice.keep_edit_alone": "Keep the edited item on its side only",
    "choice.delete_both": "Delete both",
    "choice.ignore_until_change": "Ignore differences until the next time one changes",
    "choice.ignore_forever": "Ignore difference forever",
    "choice.decide_later": "Decide later",
    # why a row is there
    "why.changed_on": "{groups} changed in {side} since the last synchronization.",
    "why.both_changed": "Both sides changed {groups} since the last synchronization, to different values.",
    "why.no_base": "The two sides differ in {groups}, and nothing tells which of them changed.",
    "why.already_equal": "Both sides already agree on {groups}; nothing is written for that.",
    "why.shortened": "{side} cannot hold the whole text ({groups}): it is shortened there, with a mark; the original stays.",
    "why.formatting_protected": "The text in Notes was not written by Daybridge, so it stays as it is in Notes.",
    "why.private_text_stays": "The entry is private in Notes: only its time comes back from Salesforce.",
    "why.series_moved": "The series was issued anew in Notes: this occurrence moved by {minutes} minutes.",
    "why.deleted_on": "The item was deleted in {side}; its copy in {other} is still there.",
    "why.edited_since": "It was changed in {side} since the last synchronization.",
    "why.organised_by_other": "Someone else called this meeting; deleting it in Notes does not tell them.",
    "why.became_private": "It was marked private in {side} since the last synchronization.",
    "why.recycle_bin": "A deleted event stays in the recycle bin of Salesforce for about 15 days.",
    "why.left_scope": "The item is still in {side}, but a rule leaves it out now.",
    "why.base_lost": "It is not recorded what both sides held when they were last in step.",
    "why.carries_our_key": "The Salesforce event carries the key of a Notes entry.",
    "why.same_meeting": "Subject, start and end are the same on both sides, and no other item is like them.",
    "why.lost_create": "An attempt to create this in Salesforce was never answered; what was made there since may be it"
    " ({count} to choose from).",
    "why.unseen_partner": "An attempt to create it in Salesforce was never answered, and {keys} may be its partner.",
    "why.once_paired": "They were one pair until one was deleted; both are there again and differ ({count} to choose from).",
    "why.doubtful_pair": "Subject and time are alike, but not certain to be the same meeting ({count} to choose from).",
    "why.only_on": "It exists in {side} and has no partner in {other}.",
    "why.one_series": "Dates of this series that are approved together and say the same become one repeating entry in Notes.",
    "why.removed_earlier": "A copy of this item was removed earlier, and the item changed since.",
    # why there is no row
    "quiet.in_step": "Both sides agree.",
    "quiet.rebased": "Both sides were changed to the same; there is nothing to write.",
    "quiet.outside_window": "It lies outside the days that are synchronized; it comes back when they reach it again.",
    "quiet.deleted_outside_window": "One copy was deleted while the other lies outside the days that are synchronized.",
    "quiet.ignored_until_change": "You chose to ignore its differences until one of them changes.",
    "quiet.ignored_forever": "You chose to ignore it forever.",
    "quiet.detached": "By your decision its copies are no longer synchronized; each stays as it is.",
    "quiet.removed_earlier": "Its copy was removed earlier, and the item has not changed since.",
    "quiet.private_left": "It is private; by your decision its copy stays and is no longer synchronized.",
    "quiet.both_private": "Both copies are private; they are left alone.",
    "quiet.both_deleted": "Both copies were deleted.",
    "quiet.forgotten": "One copy is gone, and the other one is not synchronized; the pair is forgotten.",
    "quiet.not_listed": "It was not in the listing and is looked up by itself; nothing is proposed until that is known.",
    "quiet.partner_waits": "It may be the partner of an item that waits; nothing is proposed until that one is decided.",
    "quiet.forbidden": "Your rules do not allow to {operation} in {side}.",
    "quiet.read_only": "The calendar in {side} cannot be written to.",
    "quiet.nothing_to_do": "There is nothing that may be written.",
    # why an item that was read is left out
    "left_out.outside_window": "It lies outside the days that are synchronized.",
    "left_out.private": "It is private, and private entries are not synchronized.",
    "left_out.private_title": "private entry",
    "left_out.entry_type": "Entries of this type are not synchronized.",
    "left_out.cancelled": "It was cancelled.",
    "left_out.superseded": "A newer version of it takes its place.",
    "left_out.not_an_event": "It is not a calendar entry.",
    "left_out.unreadable": "It could not be read.",
    "left_out.category": "Its category is left out by your rules.",
    "left_out.subject_pattern": "Its subject is left out by your rules.",
    "left_out.free": "It is shown as free, which your rules leave out.",
    "left_out.tentative": "It is tentative, which your rules leave out.",
    "left_out.all_day": "It lasts all day, which your rules leave out.",
    "left_out.starts_after": "It starts before the first day that your rules let through.",
    "left_out.waiting_in_notes": "It is an invitation that waits for an answer in Notes.",
    # what cannot be synchronized
    "cannot.unreadable": "The item cannot be read; open it in its own calendar and save it again.",
    "cannot.unknown": "The other side cannot hold it.",
    "cannot.time_unclear": "Its start or end is not understood; set it again in its own calendar.",
    "cannot.end_before_start": "It ends before it starts; correct it in its own calendar.",
    "cannot.too_long": "{side} takes at most {days} days; make it shorter or split it.",
    "cannot.multi_day": "{side} takes no items longer than 24 hours; make it shorter or split it.",
    "cannot.organised_by_other": "Someone else called this meeting, so its time, place and subject cannot be changed in Notes.",
    "cannot.locked": "{side} does not let this item be changed.",
    # guards
    "guard.mass_deletion": (
        "{deletions} of {linked} linked items ({rows} rows) would be deleted in {side}, more than {limit}. "
        "If that is right, confirm the number of deletions; if not, press Cancel and look at the other calendar."
    ),
    "guard.emptied_side": (
        "{side} shows no item at all, but {linked} are linked to it. Nothing is deleted in {other}. "
        "Check in the settings that the right calendar is chosen and can be read, then press Start Sync again."
    ),
    "guard.uniform_shift": (
        "{items} items moved by exactly {minutes} minutes. That looks like a time-zone or all-day problem. "
        "If they were really moved, confirm the number of items; if not, press Cancel and check the time zones."
    ),
    "guard.sudden_drop": (
        "{side} showed {before} items at the last run and only {now} now. Nothing is proposed from this reading; "
        "check that the calendar can be read completely, then press Start Sync again."
    ),
}
