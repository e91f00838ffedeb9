"""Writes of whole entries: create, update, delete."""

from __future__ import annotations

from aiohttp import web

from daemon.sandbox.domino.calls import ICALENDAR, Call, empty_answer
from daemon.sandbox.domino.content_lines import Component, Line
from daemon.sandbox.domino.detail import answer_entry, find_entry
from daemon.sandbox.domino.entries import Entry
from daemon.sandbox.domino.errors import (
    BAD_ID,
    EXISTS,
    NEWER_VERSION,
    NOT_ACCEPTED,
    NOT_SUPPORTED,
    calendar_error,
)
from daemon.sandbox.domino.expansion import END_OF_TIME, exception_id, masters_of, repeats
from daemon.sandbox.domino.normalising import (
    Body,
    invalid,
    is_owner,
    notes_zones,
    refuse_series,
    stored_event,
    update_count,
)
from daemon.sandbox.domino.occurrence_writing import replace_date, target
from daemon.sandbox.domino.rule_forms import by_position
from daemon.sandbox.domino.series_dates import set_dates, starts_at
from daemon.sandbox.domino.values import read_line
from daemon.sandbox.domino.workflow import notice_of
from daemon.sandbox.domino.zones import EntryZones

#: What an update that leaves it out keeps, unless `literally=true` (notes.md 1.8).
_KEPT_ON_UPDATE = ("DESCRIPTION", "ATTACH", "X-LOTUS-HASATTACH")


async def create(call: Call) -> web.Response:
    """Answer `POST /events`: 201 with Location and the entry as stored."""
    body = await call.body()
    masters = masters_of(body.events)
    if len(masters) != 1:
        raise invalid("There must be one entry, alone or with its exceptions.")
    unid = call.unids.make(call.mail_file.path)
    uid = body.uid() or f"{unid}-Lotus_Auto_Generated"
    if call.mail_file.find(uid) is not None:
        raise calendar_error(EXISTS, "Error creating event", f"{uid} is there already.")
    zones = EntryZones(body.definitions, call.options.zone)
    master = stored_event(masters[0], uid, call.writer, zones)
    entry = Entry(uid, unid, notes_zones(body), [master], call.now, call.options.zone)
    _shape_series(entry)
    for exception in (event for event in body.events if event.first("RECURRENCE-ID")):
        replace_date(entry, exception_id(exception, zones), stored_event(exception, uid, call.writer, zones))
    organizer = masters[0].first("ORGANIZER")
    if organizer is not None and not is_owner(organizer, call.mail_file.owner) and masters[0].first("ATTENDEE"):
        # Notes takes a meeting that somebody else chairs for an invitation waiting to be answered.
        entry.notice = "I"
    if not entry.occurrences(END_OF_TIME):
        raise invalid("Every date of the series is excepted.")
    call.mail_file.save(entry)
    if entry.notice is None:
        call.mail(notice_of("REQUEST", entry, master, call))
    return answer_entry(call, entry, entry.events, icalendar=call.media == ICALENDAR, status=201)


def _shape_series(entry: Entry) -> None:
    """Keep a rule that Notes holds by position as a list of dates."""
    master = entry.master
    rule = master.value("RRULE")
    if rule is not None and (by_position(rule) or master.first("RDATE") is not None):
        entry.changed()
        if rows := [row for row in entry.occurrences(END_OF_TIME) if row.id]:
            set_dates(master, rows)
            entry.changed()


async def update(call: Call, uid: str) -> web.Response:
    """Answer `PUT /events/{uid}`: the entry, or the occurrence that the body's RECURRENCE-ID names."""
    body = await call.body()
    waiting = call.mail_file.find(uid)
    if waiting is not None and waiting.notice is not None:
        raise calendar_error(NOT_ACCEPTED, "Error updating event")
    entry = find_entry(call, uid, "Error updating event")
    refuse_series(body.events)
    event = body.events[0]
    if event.first("RECURRENCE-ID"):
        zones = EntryZones(body.definitions, call.options.zone)
        return update_one(call, entry, exception_id(event, zones), body)
    if entry.is_series or repeats(event):
        raise calendar_error(NOT_SUPPORTED, "Error updating event", "Not yet implemented for a series.")
    check_uid(body, entry)
    old = entry.master
    merged = with_what_is_kept(event, old, call)
    zones = EntryZones(body.definitions, call.options.zone)
    made = stored_event(merged, entry.uid, call.writer, zones, update_count(old) + 1)
    set_sequence(made, event, old, starts_at(made, zones) != starts_at(old, entry.zones()), call)
    keep_attachments(made, old, call)
    entry.definitions = notes_zones(body)
    entry.events = [made]
    entry.modified = call.now
    call.mail_file.save(entry)
    call.mail(notice_of("REQUEST", entry, made, call))
    return answer_entry(call, entry, entry.events, icalendar=call.media == ICALENDAR)


async def update_occurrence(call: Call, uid: str, recurrence_id: str) -> web.Response:
    """Answer `PUT /events/{uid}/{recurrenceId}`."""
    body = await call.body()
    entry = find_entry(call, uid, "Error updating event")
    refuse_series(body.events)
    return update_one(call, entry, recurrence_id, body)


def update_one(call: Call, entry: Entry, recurrence_id: str, body: Body) -> web.Response:
    """Change one occurrence and answer with it."""
    event = body.events[0]
    if repeats(event) and event.first("RRULE"):
        raise calendar_error(NOT_SUPPORTED, "Error updating event", "An occurrence has no rule.")
    check_uid(body, entry)
    zones = EntryZones(body.definitions, call.options.zone)
    old, is_new_time = target(entry, recurrence_id, event, zones)
    made = stored_event(with_what_is_kept(event, old, call), entry.uid, call.writer, zones, update_count(old) + 1)
    set_sequence(made, event, old, is_new_time, call)
    keep_attachments(made, old, call)
    known = {zone.value("TZID") for zone in entry.definitions}
    entry.definitions += [zone for zone in notes_zones(body) if zone.value("TZID") not in known]
    replace_date(entry, recurrence_id, made)
    entry.modified = call.now
    call.mail_file.save(entry)
    call.mail(notice_of("REQUEST", entry, made, call))
    return answer_entry(call, entry, [made], icalendar=call.media == ICALENDAR)


def check_uid(body: Body, entry: Entry) -> None:
    """Refuse a body about another entry."""
    if body.uid() not in {"", entry.uid}:
        raise calendar_error(BAD_ID, "Error updating event", "The UID of the body is another one.")


def with_what_is_kept(event: Component, old: Component, call: Call) -> Component:
    """Return the body's VEVENT with what the update leaves in place: text, and an end where none was sent."""
    made = event.copy()
    given = event.first("DESCRIPTION")
    kept = old.first("DESCRIPTION")
    clears = given is not None and not given.value and call.options.empty_description == "clears"
    if kept is not None and not call.flag("literally") and not clears and (given is None or not given.value):
        made.put(Line("DESCRIPTION", kept.value))
    ends = made.first("DTEND") is not None or made.first("DURATION") is not None
    if not ends and old.value("X-LOTUS-APPTTYPE") not in {"1", "4"} and (start := made.first("DTSTART")):
        made.put(read_line(start).line("DTEND"))
    return made


def keep_attachments(made: Component, old: Component, call: Call) -> None:
    """Carry over what the API cannot send: files and their marker."""
    if not call.flag("literally"):
        for name in _KEPT_ON_UPDATE[1:]:
            made.lines += old.every(name)


def set_sequence(made: Component, event: Component, old: Component, is_new_time: bool, call: Call) -> None:
    """Set SEQUENCE the smart way: absent is current, older is refused (409/1027), a new time of a meeting counts up."""
    if made.value("X-LOTUS-APPTTYPE") != "3":
        made.put(Line("SEQUENCE", "0"))
        return
    stored = _number(old.value("SEQUENCE"))
    absent = 0 if call.flag("strictsequence") else stored
    given = _number(event.value("SEQUENCE")) if event.value("SEQUENCE") else absent
    if given < stored:
        raise calendar_error(
            NEWER_VERSION, "Error updating event", f"The entry is at {stored}, the request at {given}."
        )
    made.put(Line("SEQUENCE", str(stored + 1 if is_new_time and given == stored else given)))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def delete(call: Call, uid: str) -> web.Response:
    """Answer `DELETE /events/{uid}`: all documents of the entry."""
    call.need_write()
    entry = find_entry(call, uid, "Error deleting event")
    call.mail_file.remove(entry.uid)
    call.mail(notice_of("CANCEL", entry, entry.master, call))
    return empty_answer()
