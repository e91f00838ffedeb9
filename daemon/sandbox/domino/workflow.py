"""Which mail a write calls for: the notices that Notes would send to invitees or to the chair."""

from __future__ import annotations

from daemon.sandbox.domino.calls import Call
from daemon.sandbox.domino.content_lines import Component
from daemon.sandbox.domino.entries import Entry, Notice, address, invitees
from daemon.sandbox.domino.normalising import is_owner


def notice_of(method: str, entry: Entry, event: Component, call: Call) -> Notice | None:
    """Return the notice a write calls for: to the invitees of an own meeting, or to the chair of somebody else's."""
    guests = invitees(event)
    if not guests:
        return None
    organizer = event.first("ORGANIZER")
    comment = call.query.get("workflowcomment", "")
    if organizer is not None and not is_owner(organizer, call.mail_file.owner):
        reply = "REPLY" if method == "CANCEL" else "COUNTER"
        return Notice(reply, entry.uid, (address(organizer),), comment)
    return Notice(method, entry.uid, tuple(address(line) for line in guests), comment)
