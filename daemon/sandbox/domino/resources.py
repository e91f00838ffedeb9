"""The table of resources below `/api/calendar` of a mail file: which path and method lead to which function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from daemon.sandbox.domino import actions, detail, listing, occurrence_writing, writing
from daemon.sandbox.domino.calls import Call
from daemon.sandbox.domino.errors import DasError

Handler = Callable[[Call], web.Response | Awaitable[web.Response]]


def find_resource(parts: list[str]) -> Mapping[str, Handler]:
    """Return the handlers of a path by method; DasError 404 for one that does not exist."""
    match parts:
        case []:
            raise DasError(404, "Database context not allowed.")
        case ["events"]:
            return {"GET": listing.list_events, "POST": writing.create}
        case ["events", uid]:
            return {
                "GET": lambda call: detail.read_entry(call, uid),
                "PUT": lambda call: writing.update(call, uid),
                "DELETE": lambda call: writing.delete(call, uid),
            }
        case ["events", uid, "instances"]:
            return {"GET": lambda call: detail.read_instances(call, uid)}
        case ["events", uid, "notices"]:
            return {"GET": lambda call: actions.list_entry_notices(call, uid)}
        case ["events", uid, "action"]:
            return {"PUT": lambda call: actions.act_on_entry(call, uid)}
        case ["events", uid, recurrence_id]:
            return {
                "GET": lambda call: detail.read_occurrence(call, uid, recurrence_id),
                "PUT": lambda call: writing.update_occurrence(call, uid, recurrence_id),
                "DELETE": lambda call: occurrence_writing.delete_occurrence(call, uid, recurrence_id),
            }
        case ["events", uid, recurrence_id, "action"]:
            return {"PUT": lambda call: actions.act_on_occurrence(call, uid, recurrence_id)}
        case ["invitations"]:
            return {"GET": actions.list_invitations}
        case ["notices", unid]:
            return {"GET": lambda call: actions.read_notice(call, unid)}
        case ["notices", unid, "action"]:
            return {"PUT": lambda call: actions.act_on_notice(call, unid)}
        case _:
            raise DasError(404, "Resource not found.")
