"""`GET /api` and `GET /api/calendar`: which services there are and where a person's calendar lies."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web

from daemon.sandbox.domino.calls import json_answer, origin
from daemon.sandbox.domino.errors import DasError
from daemon.sandbox.domino.options import DominoOptions
from daemon.sandbox.domino.people import HOME_SERVER, Person, find_person


def services(request: web.Request, options: DominoOptions) -> web.Response:
    """Answer the list of services."""
    calendar = {
        "name": "Calendar",
        "enabled": options.service_enabled,
        "version": "9.0.1",
        "href": "/api/calendar",
    }
    core = {"name": "Core", "enabled": True, "version": "9.0.1", "href": "/api/core"}
    return json_answer(request, {"services": [calendar, core]})


def calendars(request: web.Request, person: Person, options: DominoOptions) -> web.Response:
    """Answer where the calendar of the caller, or of `owner`, lies; 400 for an owner nobody knows."""
    name = request.query.get("owner")
    owner = person if name is None else find_person(name)
    if owner is None:
        raise DasError(400, "Error resolving the owner.", detail=f"{name!r} is not in the directory.")
    base = f"{origin(request) if options.absolute_links else ''}{quote(owner.mail_file)}/api/calendar"
    document: dict[str, Any] = {
        "owner": {
            "displayName": owner.common_name,
            "distinguishedName": owner.distinguished_name,
            "homeServer": HOME_SERVER,
            "email": owner.email,
        },
        "links": [{"rel": rel, "href": f"{base}/{rel}"} for rel in ("events", "invitations")],
    }
    return json_answer(request, {"calendars": [document]})
