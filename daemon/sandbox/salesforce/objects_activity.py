"""Event, EventRelation and Task as tables of fields.

Facts: the recorded describe of a real org for Event (48 fields), documentation for the other two.
"""

from __future__ import annotations

from importlib.resources import files
from zoneinfo import available_timezones

from daemon.sandbox.salesforce.fields import (
    AUDIT_FIELDS,
    DELETED_FIELD,
    Field,
    SObject,
    boolean,
    choices,
    combobox,
    day,
    integer,
    moment,
    picklist,
    record_id,
    reference,
    text,
    textarea,
    traits,
)


def _zone_names() -> list[str]:
    """The zones a user may choose: the geographic names of the tz database, plus GMT."""
    listed = files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8").splitlines()
    named = {line.split("\t")[2] for line in listed if line and not line.startswith("#")}
    return sorted((named & available_timezones()) | {"GMT", "America/Los_Angeles"})


ZONE_CHOICES = choices(*_zone_names())

WHO = reference("WhoId", "Name ID", "cunfsgaPSpm", ("Contact", "Lead"), "Who")
WHAT = reference("WhatId", "Related To ID", "cunfsgaPSpm", ("Account", "Case", "Opportunity"), "What")
ACCOUNT = reference("AccountId", "Account ID", "nfsgaS", ("Account",), "Account")
REMINDER = (
    moment("ReminderDateTime", "Reminder Date/Time", "cunfsa"),
    boolean("IsReminderSet", "Reminder Set", "cufsgd"),
)
WEEKS = choices("First=1st", "Second=2nd", "Third=3rd", "Fourth=4th", "Last=last")
MONTHS = choices(
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
CLASSIC_TYPES = choices(
    "RecursDaily=Recurs Daily",
    "RecursEveryWeekday=Recurs Every Weekday",
    "RecursMonthly=Recurs Monthly",
    "RecursMonthlyNth=Recurs Monthly Nth",
    "RecursWeekly=Recurs Weekly",
    "RecursYearly=Recurs Yearly",
    "RecursYearlyNth=Recurs Yearly Nth",
)
CLASSIC_PATTERN = (
    picklist("RecurrenceTimeZoneSidKey", "Recurrence Time Zone", 40, "cunfsgar", choices=ZONE_CHOICES),
    picklist("RecurrenceType", "Recurrence Type", 40, "cunfsgar", choices=CLASSIC_TYPES),
    integer("RecurrenceInterval", "Recurrence Interval", 9, "cunfsga"),
    integer("RecurrenceDayOfWeekMask", "Recurrence Day of Week Mask", 9, "cunfsga"),
    integer("RecurrenceDayOfMonth", "Recurrence Day of Month", 9, "cunfsga"),
    picklist("RecurrenceInstance", "Recurrence Instance", 40, "cunfsgar", choices=WEEKS),
    picklist("RecurrenceMonthOfYear", "Recurrence Month of Year", 40, "cunfsgar", choices=MONTHS),
)
SUBJECTS = choices("Call", "Email", "Meeting", "Send Letter/Quote", "Other")
SHOW_AS = choices("*Busy", "OutOfOffice=Out of Office", "Free")
GROUP_TYPES = choices("*0=Non-group Event", "1=Group Event", "2=Proposed Event", "3=IsRecurrence2 Series Pattern")
PATTERN_VERSIONS = choices("1=RFC 5545 v4 RRULE", "2=RFC 5545 v4_2 RRULE")

EVENT_FIELDS: tuple[Field, ...] = (
    record_id("Activity ID"),
    WHO,
    WHAT,
    combobox("Subject", "Subject", 255, "cunfsaN", choices=SUBJECTS),
    text("Location", "Location", 255, "cunfsgaP"),
    boolean("IsAllDayEvent", "All-Day Event", "cufsgdP"),
    moment("ActivityDateTime", "Due Date Time", "cunfsa"),
    day("ActivityDate", "Due Date Only", "cunfsg"),
    integer("DurationInMinutes", "Duration", 8, "cunfsga"),
    moment("StartDateTime", "Start Date Time", "cunfsa"),
    moment("EndDateTime", "End Date Time", "cunfsa"),
    day("EndDate", "End Date", "nfsga"),
    textarea("Description", "Description", 32000, "cunP", extra="plaintextarea"),
    ACCOUNT,
    reference("OwnerId", "Assigned To ID", "cufsgadpm", ("Calendar", "User"), "Owner"),
    boolean("IsPrivate", "Private", "cufsgd"),
    picklist("ShowAs", "Show Time As", 40, "cunfsgadr", choices=SHOW_AS, default="Busy"),
    DELETED_FIELD,
    boolean("IsChild", "Is Child", "fsgd"),
    boolean("IsGroupEvent", "Is Group Event", "fsgd"),
    picklist("GroupEventType", "Group Event Type", 40, "nfsgadr", choices=GROUP_TYPES, default="0"),
    *AUDIT_FIELDS,
    boolean("IsArchived", "Archived", "fsgd"),
    reference("RecurrenceActivityId", "Recurrence Activity ID", "nfsga", ("Event",), None),
    boolean("IsRecurrence", "Create Recurring Series of Events", "cfsgd"),
    moment("RecurrenceStartDateTime", "Recurrence Start", "cunfsa"),
    day("RecurrenceEndDateOnly", "Recurrence End", "cunfsga"),
    *CLASSIC_PATTERN,
    *REMINDER,
    picklist("EventSubtype", "Event Subtype", 40, "cnfsgar", choices=choices("Event")),
    boolean("IsRecurrence2Exclusion", "Historical Event, Not Following Recurrence", "fsgd"),
    textarea("Recurrence2PatternText", "Recurrence Pattern", 512, "cn", extra="plaintextarea"),
    picklist("Recurrence2PatternVersion", "Pattern Version", 40, "nfsgar", choices=PATTERN_VERSIONS),
    boolean("IsRecurrence2", "Repeat", "fsgd"),
    boolean("IsRecurrence2Exception", "Is Exception", "fsgd"),
    moment("Recurrence2PatternStartDate", "Recurrence Pattern Start Date", "nfsa"),
    text("Recurrence2PatternTimeZone", "Recurrence Pattern Time Zone Reference", 255, "nfsga"),
)
#: Present only where the administrator shows it.
EVENT_TYPE = picklist("Type", "Type", 40, "cunfsgaP", choices=choices("Call", "Email", "Meeting", "Other"))
#: Present only with Shared Activities.
SHARED_EVENT_FIELDS = (
    integer("WhoCount", "Relation Count", 9, "nfsga"),
    integer("WhatCount", "Related To Count", 9, "nfsga"),
)
EVENT = SObject("Event", "Event", "Events", "00U", EVENT_FIELDS, traits(), child_name="Events")

RELATION_STATES = choices("*New=Not Responded", "Declined", "Accepted")
EVENT_RELATION_FIELDS: tuple[Field, ...] = (
    record_id("Event Relation ID"),
    reference("RelationId", "Relation ID", "cfsgapm", ("Calendar", "Contact", "Lead", "User"), "Relation"),
    reference("EventId", "Event ID", "cfsga", ("Event",), "Event"),
    picklist("Status", "Status", 40, "cunfsgadr", choices=RELATION_STATES, default="New"),
    moment("RespondedDate", "Responded Date", "cunfsa"),
    text("Response", "Response", 255, "cunfsga"),
    *AUDIT_FIELDS,
    DELETED_FIELD,
)
#: Present only with Shared Activities.
SHARED_RELATION_FIELDS = (
    boolean("IsWhat", "Is What", "fsgd"),
    boolean("IsParent", "Is Parent", "cufsgd"),
    boolean("IsInvitee", "Is Invitee", "cufsgd"),
    ACCOUNT,
)
EVENT_RELATION = SObject(
    "EventRelation",
    "Event Relation",
    "Event Relations",
    "0RE",
    EVENT_RELATION_FIELDS,
    traits(without=("undeletable", "layoutable", "searchable", "triggerable", "mruEnabled")),
    child_name="EventRelations",
)

TASK_STATES = choices("*Not Started", "In Progress", "Completed", "Waiting on someone else", "Deferred")
TASK_FIELDS: tuple[Field, ...] = (
    record_id("Activity ID"),
    WHO,
    WHAT,
    combobox("Subject", "Subject", 255, "cunfsaN", choices=SUBJECTS),
    day("ActivityDate", "Due Date Only", "cunfsgaP"),
    picklist("Status", "Status", 255, "cufsgad", choices=TASK_STATES, default="Not Started"),
    picklist("Priority", "Priority", 255, "cufsgad", choices=choices("High", "*Normal", "Low"), default="Normal"),
    boolean("IsHighPriority", "High Priority", "fsgd"),
    reference("OwnerId", "Assigned To ID", "cufsgadpm", ("User",), "Owner"),
    textarea("Description", "Description", 32000, "cunP", extra="plaintextarea"),
    DELETED_FIELD,
    ACCOUNT,
    boolean("IsClosed", "Closed", "fsgd"),
    *AUDIT_FIELDS,
    boolean("IsArchived", "Archived", "fsgd"),
    *REMINDER,
    moment("CompletedDateTime", "Completed Date", "nfsa"),
    picklist("TaskSubtype", "Task Subtype", 40, "cnfsgadr", choices=choices("*Task", "Email", "Call"), default="Task"),
)
TASK = SObject("Task", "Task", "Tasks", "00T", TASK_FIELDS, traits(), child_name="Tasks")
