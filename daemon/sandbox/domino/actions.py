"""Invitations, notices and actions: accept, decline, delegate, counter, cancel and what they leave behind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from daemon.sandbox.domino.calls import Call, empty_answer, json_answer, text_answer
from daemon.sandbox.domino.content_lines import Component, unescape
from daemon.sandbox.domino.das_json import event_document, zone_document
from daemon.sandbox.domino.detail import find_entry, find_occurrence, shown
from daemon.sandbox.domino.entries import Entry, Notice, address
from daemon.sandbox.domino.errors import BAD_ACTION, NOT_FOUND, NOT_SUPPORTED, DasError, calendar_error
from daemon.sandbox.domino.listing import stamp
from daemon.sandbox.domino.normalising import is_owner
from daemon.sandbox.domino.occurrence_writing import RANGES, remove_dates
from daemon.sandbox.domino.values import BadValue, start_of
from daemon.sandbox.domino.workflow import notice_of


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action does: the iTIP method of its mail to the chair, and why the view hides the entry afterwards."""

    method: str | None
    hides: str | None = None


#: The actions of a person on a meeting somebody else chairs; "cancel" and "delete" are the chair's.
EFFECTS: dict[str, Effect] = {
    "accept": Effect("REPLY"),
    "tentative": Effect("REPLY"),
    "decline": Effect("REPLY", "declined"),
    "delegate": Effect("REPLY", "delegated"),
    "counter": Effect("COUNTER"),
    "requestinfo": Effect("REFRESH"),
    "cancel": Effect("CANCEL", "cancelled"),
    "delete": Effect("CANCEL"),
    "processall": Effect(None),
    "removecancelled": Effect(None),
}


def list_invitations(call: Call) -> web.Response:
    """Answer `GET /invitations`: those that wait for an answer."""
    since, received = stamp(call.query, "since"), stamp(call.query, "receivedsince")
    wanted = call.query.get("id")
    found = []
    for entry in call.mail_file.entries.values():
        if entry.notice is None or (entry.private and not call.rights.sees_private):
            continue
        start = _start(entry)
        if (since and start and start <= since) or (received and entry.modified <= received):
            continue
        if wanted is None or wanted == entry.uid:
            found.append(entry)
    return _summaries(call, found)


def list_entry_notices(call: Call, uid: str) -> web.Response:
    """Answer `GET /events/{uid}/notices`: an invitation that still waits is the only kind kept here."""
    entry = call.mail_file.find(uid)
    if entry is None or (entry.private and not call.rights.sees_private):
        raise calendar_error(NOT_FOUND, "Error reading notices", f"There is no entry {uid}.")
    return _summaries(call, [entry] if entry.notice else [])


def _summaries(call: Call, entries: list[Entry]) -> web.Response:
    """Answer with short forms of notices."""
    notices = [
        {
            "summary": unescape(entry.master.value("SUMMARY") or ""),
            "scheduleMethod": "request",
            "href": call.link("notices", entry.unid),
        }
        for entry in entries
    ]
    return json_answer(call.request, {"notices": notices}) if notices else empty_answer()


def _start(entry: Entry) -> datetime | None:
    """Return when the event of an invitation starts; None where that cannot be told."""
    start = start_of(entry.master)
    try:
        return None if start is None else start.utc(entry.zones())
    except (BadValue, OverflowError):
        return None


def _waiting(call: Call, unid: str, message: str) -> Entry:
    """Return the invitation of a document id; 404/1031 where there is none."""
    entry = call.mail_file.by_unid(unid)
    if entry is None or entry.notice is None or (entry.private and not call.rights.sees_private):
        raise calendar_error(NOT_FOUND, message, f"There is no notice {unid}.")
    return entry


def read_notice(call: Call, unid: str) -> web.Response:
    """Answer `GET /notices/{unid}`."""
    entry = _waiting(call, unid, "Error reading notice")
    parts = [shown(event, entry, call) for event in entry.events]
    if call.wants_icalendar:
        return text_answer(call, [*entry.definitions, *parts])
    document: dict[str, Any] = {"href": call.link("notices", entry.unid), "scheduleMethod": "request"}
    if entry.definitions:
        document["timezones"] = [zone_document(zone) for zone in entry.definitions]
    document["events"] = [
        event_document(part, href=call.link("notices", entry.unid), uid=entry.uid, links=[]) for part in parts
    ]
    return json_answer(call.request, document)


async def act_on_notice(call: Call, unid: str) -> web.Response:
    """Answer `PUT /notices/{unid}/action`."""
    name, effect, comment = await _asked(call)
    entry = _waiting(call, unid, "Error performing action")
    if name in {"cancel", "delete"}:
        raise calendar_error(NOT_SUPPORTED, "Error performing action", f"{name} is for the chair.")
    if name in {"accept", "tentative", "decline", "delegate"}:
        entry.notice = None
    _carry_out(call, entry, effect, entry.master, comment)
    return empty_answer()


async def act_on_entry(call: Call, uid: str) -> web.Response:
    """Answer `PUT /events/{uid}/action`."""
    name, effect, comment = await _asked(call)
    entry = find_entry(call, uid, "Error performing action")
    _refuse_foreign(call, entry, name)
    if name == "delete":
        call.mail_file.remove(entry.uid)
        call.mail(notice_of("CANCEL", entry, entry.master, call))
    else:
        _carry_out(call, entry, effect, entry.master, comment)
    return empty_answer()


async def act_on_occurrence(call: Call, uid: str, recurrence_id: str) -> web.Response:
    """Answer `PUT /events/{uid}/{recurrenceId}/action`; a date that is declined, cancelled or deleted goes away."""
    name, effect, comment = await _asked(call)
    entry = find_entry(call, uid, "Error performing action")
    row = find_occurrence(entry, recurrence_id, "Error performing action")
    _refuse_foreign(call, entry, name)
    which = RANGES.get(call.query.get("recurrenceRange", "").lower())
    if which is None:
        raise calendar_error(BAD_ACTION, "Error performing action", "recurrenceRange is all, future or previous.")
    if effect.hides or name == "delete":
        remove_dates(entry, recurrence_id, which, call.now)
        if not entry.events:
            call.mail_file.remove(entry.uid)
            call.mail(_reply(call, entry, effect, row.event, comment))
            return empty_answer()
    _carry_out(call, entry, Effect(effect.method), row.event, comment)
    return empty_answer()


async def _asked(call: Call) -> tuple[str, Effect, str]:
    """Return (action, its effect, the person's comment); 400 for a missing or unknown type or a broken body."""
    call.need_write()
    name = call.query.get("type", "").lower()
    if not name:
        raise DasError(400, "Action type not specified.")
    if name not in EFFECTS:
        raise calendar_error(BAD_ACTION, "Error performing action", f"There is no action {name!r}.")
    text = await call.text()
    try:
        document = json.loads(text) if text.strip() else {}
        comment = str(document.get("comments", ""))
    except (ValueError, AttributeError, RecursionError) as error:
        raise DasError(400, "Error parsing JSON content.", detail=str(error)) from error
    return name, EFFECTS[name], comment


def _refuse_foreign(call: Call, entry: Entry, name: str) -> None:
    """Refuse to cancel what somebody else chairs."""
    organizer = entry.master.first("ORGANIZER")
    if name == "cancel" and organizer is not None and not is_owner(organizer, call.mail_file.owner):
        raise calendar_error(NOT_SUPPORTED, "Error performing action", "Only the chair cancels a meeting.")


def _carry_out(call: Call, entry: Entry, effect: Effect, event: Component, comment: str) -> None:
    """Store what an action changes, then mail."""
    if effect.method is None:
        return
    entry.hidden = effect.hides or entry.hidden
    entry.modified = call.now
    call.mail_file.save(entry)
    call.mail(_reply(call, entry, effect, event, comment))


def _reply(call: Call, entry: Entry, effect: Effect, event: Component, comment: str) -> Notice | None:
    """Return the mail of an action."""
    organizer = event.first("ORGANIZER")
    if effect.method is None or organizer is None:
        return None
    if effect.method == "CANCEL":
        return notice_of("CANCEL", entry, event, call)
    return Notice(effect.method, entry.uid, (address(organizer),), comment)
