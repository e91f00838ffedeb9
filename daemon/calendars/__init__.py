"""Time as calendars mean it: iCalendar text, recurrence and time zones, without I/O and without a clock."""
