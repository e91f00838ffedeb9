"""Sentences about runs, guards, accounts, settings and the daemon itself."""

from __future__ import annotations

RUNS: dict[str, str] = {
    # states of the daemon
    "state.starting": "Daybridge is starting.",
    "state.stopping": "Daybridge is stopping.",
    "state.idle": "Nothing to do.",
    "state.comparing": "Comparing the two calendars.",
    "state.applying": "Writing the approved changes.",
    "state.awaiting_review": "Differences: {count}, still undecided: {waiting}. Press Ok when you have decided.",
    "state.paused": "Automatic runs are paused until {until}.",
    "state.needs_sign_in": "Sign in to {side} again.",
    "state.not_connected": "Connect {side} in the settings first.",
    "state.offline": "{side} cannot be reached: {reason}",
    "state.failed": "The last run failed: {reason}",
    # why a run ended
    "run.internal": "Something went wrong inside Daybridge. Nothing was lost; the log holds the details. Start Sync again.",
    "run.problem": "{sentence}",
    "run.first_by_hand": "This calendar was not compared yet. The first run is yours: press Start Sync and look at its list.",
    "run.other_calendar": "Another calendar was chosen after this list was made; nothing was written. Start Sync again.",
    "run.folder_changed": (
        "The calendar folder changed after this list was made. Press Start Sync again to compare anew; your decisions stay."
    ),
    "run.interrupted": "Daybridge was stopped during this run. Nothing was lost; start again with Start Sync.",
    # what became of a row
    "row.changed_meanwhile": "This changed after you saw it and was not written. Look at it again.",
    "row.paired_elsewhere": "Another entry was paired with the same one in this run, so this row was not carried out.",
    "row.copy_taken": "The copy made of this earlier belongs to another pair now. Approve this again to make a new one.",
    "row.ignored_meanwhile": "This item is ignored now, so nothing was written.",
    "row.answer_lost": (
        "The answer to this change was lost. It is looked up before anything is sent again; start again with Start Sync."
    ),
    "row.never_arrived": "This change did not arrive. It comes again with the next Start Sync.",
    "row.waiting": "An earlier attempt is still being looked up; this row comes back when that is known.",
    "row.ping_pong": (
        "The two systems keep changing each other's value: the same value was written {count} times in 24 hours. "
        "Nothing is written until something else changes; look for an automation in Salesforce or another sync tool."
    ),
    # reading a side
    "side.incomplete": "{side} could not be read completely, so nothing is proposed. Try again later.",
    "guard.sudden_drop": (
        "{side} shows only {now} entries after {before} last time. Nothing is proposed; check the calendar, then try again."
    ),
    "why.too_young": "This was linked less than ten minutes ago; its absence may only be a delay. Try again later.",
    # undo
    "undo.approve": "Undo this change",
    "undo.changed_since": "This was changed after the run, so it cannot be undone here.",
    "undo.already": "This was undone already: what was made again then is still there.",
    "undo.text_erased": "This entry was or became private, so its text was not kept: it cannot be put back.",
    "undo.too_old": "What this entry held before the run is kept for 30 days only, so it cannot be undone any more.",
    "undo.update": "Put back the values from before the run.",
    "undo.delete": "Delete what the run created.",
    "undo.recreate": "Create again what the run deleted. In Salesforce it gets a new Id.",
    "undo.was_there": "The run came upon this and did not surely make it, so undoing the run leaves it there.",
    "undo.apart": "Take the answer back: the two are asked about again. Nothing is written.",
    "undo.link": "Take the link back. Nothing is written.",
    # items
    "why.in_step": "Both calendars hold the same.",
    # the doctor
    "doctor.storage": "The database is damaged. Move daybridge.sqlite away and start again; both calendars are untouched.",
    "doctor.duplicate": "{count} entries in {side} look the same ({starts_at}).",
    "doctor.orphan": "A linked item is missing in {sides}. Start Sync looks it up.",
    "doctor.open_ops": "{count} changes were sent without a known answer. Start Sync looks them up.",
    "doctor.not_compared": "Nothing was compared since Daybridge started. Start Sync, then ask again.",
    # accounts
    "account.works": "{side} works: {name}.",
    "account.not_revoked": "The sign-in was removed here, but Salesforce could not be told to end it: revoke it in your"
    " Salesforce settings, or ask your administrator to.",
    "account.other_identity": (
        "{side} leads to another calendar than before under the same settings. Nothing was read; check the address and "
        "the calendar in the settings, or choose the new calendar there."
    ),
}
