// The words of the page: actions, decisions, answers, risks, fields and states. Labels of the menu come with each row.

export const SIDE = { salesforce: "Salesforce", notes: "Notes" };

/** Per action: the label in filters and rows, and which icon stands for it. */
export const ACTION = {
  create_in_salesforce: { label: "Create in Salesforce", icon: "add-left" },
  create_in_notes: { label: "Create in Notes", icon: "add-right" },
  update_in_salesforce: { label: "Update in Salesforce", icon: "update-left" },
  update_in_notes: { label: "Update in Notes", icon: "update-right" },
  update_both: { label: "Update both", icon: "update-both" },
  delete_in_salesforce: { label: "Delete in Salesforce", icon: "delete-left" },
  delete_in_notes: { label: "Delete in Notes", icon: "delete-right" },
  withdraw_from_salesforce: { label: "Withdraw from Salesforce", icon: "private-left" },
  make_private_in_notes: { label: "Mark private in Notes", icon: "private-right" },
  link: { label: "Link", icon: "link" },
  conflict: { label: "Conflict", icon: "conflict" },
  edit_or_delete: { label: "Edit or delete", icon: "edit-delete" },
  question: { label: "Question", icon: "question" },
  cannot_sync: { label: "Cannot be synchronized", icon: "cannot" },
};

const DECISION = {
  approve: "Approve the proposed action",
  use_salesforce: "Use the Salesforce version",
  use_notes: "Use the Notes version",
  choose_fields: "Choose a side for each field",
  ignore_until_change: "Ignore differences until the next time one changes",
  ignore_forever: "Ignore difference forever",
  undecided: "Decide later",
};

const ANSWER = {
  pair: "These are the same meeting",
  keep_apart: "These are different meetings",
  detach: "Stop synchronizing, keep both copies",
  delete_copy: "Delete the copy",
  keep_syncing: "Keep synchronizing",
  hide_text: "Keep the copy, hide its text",
  leave_copy: "Leave the copy as it is",
  mark_private: "Mark private",
  keep_edit: "Keep the edited meeting",
  delete_both: "Delete on both sides",
  recreate: "Create it again",
};

/** What stands in the decision column, shorter than the menu's words. */
export const DECIDED_SHORT = {
  ignore_until_change: "Ignored until it changes",
  ignore_forever: "Ignored forever",
  choose_fields: "Sides chosen",
};

export const RISK = {
  deletion: { label: "Deletion", text: "Something would be deleted." },
  conflict: { label: "Conflict", text: "Both sides changed the same field." },
  edit_or_delete: { label: "Edited and deleted", text: "Deleted on one side, edited on the other." },
  question: { label: "Question", text: "Only you can answer this." },
  shortened: { label: "Shortened", text: "The text is longer than the other side takes." },
  moved_far: { label: "Moved far", text: "The start moves by a week or more." },
  zone_like_shift: { label: "Looks like a time-zone shift", text: "Moved by exactly an hour or a day, as a wrong time zone would do." },
  recreates_removed: { label: "Comes back", text: "This was removed before and would be created again." },
  private: { label: "Private", text: "The item is private on one side." },
  has_invitees: { label: "Has invitees", text: "The invitees are not told about this change." },
  series_wide: { label: "Whole series", text: "The whole series changed in the same way." },
};

export const GROUP = {
  time: "Time", subject: "Subject", location: "Location", description: "Description",
  show_as: "Show as", reminder: "Reminder", privacy: "Privacy",
};

export const SHOW_AS = { busy: "Busy", free: "Free", tentative: "Tentative", out_of_office: "Out of office" };

export const FIELD_STATE = {
  same: "", salesforce_changed: "changed in Salesforce", notes_changed: "changed in Notes",
  both_changed: "changed on both sides alike", conflict: "changed differently",
};

export const RESULT = { applied: "Written", failed: "Failed", stale: "Changed since: look again", unknown: "Not certain" };

/** What became of a row; `noted`: carried out without touching either calendar. */
export const resultWords = (result, noted) => (result === "applied" && noted ? "Noted" : RESULT[result] || result);

export const RUN_STATE = {
  comparing: "Comparing", awaiting_review: "Waits for your decisions", applying: "Writing", done: "Done",
  done_with_failures: "Done, with failures", cancelled: "Cancelled", failed: "Failed",
};

export const RUN_MODE = { manual: "Manual", automatic: "Automatic", undo: "Undo" };

export const DAEMON_STATE = {
  stopping: "Stopping", starting: "Starting", applying: "Writing", comparing: "Comparing", needs_sign_in: "Sign in needed",
  failed: "Failed", awaiting_review: "Waiting for you", offline: "Offline", paused: "Paused", idle: "Ready",
};

export const PHASE = {
  reading: "Reading both calendars", reading_notes: "Reading Notes", reading_salesforce: "Reading Salesforce",
  listing: "Listing the entries", comparing: "Comparing", looking: "Looking closer", writing: "Writing",
};

/** A value of a closed list as words: "busy_only" becomes "busy only". */
export const plain = (value) => String(value).replaceAll("_", " ");

export const upper = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** "1 row", "3 rows". */
export const count = (number, one, many = `${one}s`) => `${number.toLocaleString()} ${number === 1 ? one : many}`;

/** The sentence of a Text document. */
export const sentence = (text) => (text ? text.text || plain(text.code) : "");

/** The label of one choice of `row`. */
export function choiceLabel(row, choice) {
  if (choice.text && choice.text.text) return choice.text.text;
  if (choice.decision === "approve") return ACTION[row.action] ? ACTION[row.action].label : DECISION.approve;
  return generalLabel(choice);
}

/** The label of a choice that stands for rows of several kinds. */
export function generalLabel(choice) {
  if (choice.decision === "answer") return ANSWER[choice.answer] || upper(plain(choice.answer));
  return DECISION[choice.decision] || upper(plain(choice.decision));
}
