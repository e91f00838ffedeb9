"""Finds the calendars a person can choose on a Domino server: the own one, an owner's by name, a mail file by its path.

``GET /api/calendar`` answers for the caller, ``?owner=`` for a colleague (notes.md 1.2). Nothing in the service tells rights, so
for a calendar that is not one's own a DELETE of an identity that never existed is tried: who may write gets «not found», who
may only read is refused ([?] on real servers: anything but a refusal counts as permission, and a later refusal is reported).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from daemon.sides.contract import SideUnavailable
from daemon.sides.notes.domino_address import as_mail_file, events_path, is_mail_file
from daemon.sides.notes.domino_answers import DominoError
from daemon.sides.notes.domino_http import Call, DominoSession
from daemon.sides.notes.wire import LostInTransit
from shared.models import CalendarInfo
from shared.texts import text


@dataclass(frozen=True, slots=True)
class MailFile:
    """A calendar: its path, its owner's distinguished name, other names and address (empty where not told)."""

    path: str
    owner: str = ""
    name: str = ""
    email: str = ""
    kind: str = "own"


async def check_service(session: DominoSession) -> None:
    """Raises SideUnavailable with its sentence when the calendar service is not there. Signs in on the way."""
    try:
        document, _answer = await session.get_json("/api")
    except DominoError as refusal:
        if refusal.status in (403, 404):
            raise SideUnavailable(text("notes.service_off", host=session.host)) from None
        raise SideUnavailable(text("notes.server_error", host=session.host, status=refusal.status)) from None
    services = document.get("services", [])
    for service in services if isinstance(services, list) else []:
        named = isinstance(service, dict) and str(service.get("name", "")).casefold() == "calendar"
        if named and service.get("enabled") is False:
            raise SideUnavailable(text("notes.service_off", host=session.host))


async def own_calendar(session: DominoSession) -> MailFile | None:
    """The caller's own calendar; None where the server knows none (a user without a mail file)."""
    return await _discover(session, {})


async def choose(session: DominoSession, calendar: str, own: MailFile | None) -> MailFile:
    """The calendar meant by a setting: empty = own, a path, or an owner's name. Raises SideUnavailable when there is none."""
    if not calendar.strip():
        if own is None:
            raise SideUnavailable(text("notes.no_owner", host=session.host, owner=session.user))
        return own
    if is_mail_file(calendar.strip()):
        path = as_mail_file(calendar)
        if own is not None and own.path.casefold() == path.casefold():
            return own
        return MailFile(path, name=path.rpartition("/")[2], kind="team")
    found = await _discover(session, {"owner": calendar.strip()})
    if found is None:
        raise SideUnavailable(text("notes.no_owner", host=session.host, owner=calendar.strip()))
    if own is not None and own.path.casefold() == found.path.casefold():
        return own
    return MailFile(found.path, found.owner, found.name, found.email, "delegated")


async def _discover(session: DominoSession, query: dict[str, str]) -> MailFile | None:
    try:
        document, _answer = await session.get_json("/api/calendar", query)
    except DominoError as refusal:
        if refusal.status == 403:
            raise SideUnavailable(text("notes.service_off", host=session.host)) from None
        # 400 for an owner nobody knows, 500 for a caller without a mail file, 404 where discovery is missing.
        if refusal.status not in (400, 404, 500):
            raise SideUnavailable(text("notes.server_error", host=session.host, status=refusal.status)) from None
        return None
    calendars = document.get("calendars", [])
    given = calendars[0] if isinstance(calendars, list) and calendars and isinstance(calendars[0], dict) else {}
    path = _events_link(given)
    if not path:
        return None
    owner = given.get("owner")
    names: dict[str, Any] = owner if isinstance(owner, dict) else {}
    return MailFile(
        path,
        owner=str(names.get("distinguishedName") or ""),
        name=str(names.get("displayName") or ""),
        email=str(names.get("email") or ""),
    )


def _events_link(given: dict[str, Any]) -> str:
    """The mail file's path out of the link to its events, relative or absolute."""
    links = given.get("links", [])
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("rel") == "events":
            return unquote(urlsplit(str(link.get("href", ""))).path).partition("/api/calendar")[0]
    return ""


async def check_readable(session: DominoSession, mail_file: MailFile, now: datetime) -> None:
    """Lists one day, so that a missing file or missing access is told before anything else. Raises SideUnavailable."""
    day = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    next_day = (now + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        await session.get_json(events_path(mail_file.path), {"since": day, "before": next_day, "count": "1"})
    except DominoError as refusal:
        raise list_error(session, mail_file.path, refusal) from None


def list_error(session: DominoSession, path: str, refusal: DominoError) -> SideUnavailable:
    """The sentence for a refused list."""
    if refusal.status in (401, 403):
        return SideUnavailable(text("notes.no_access", user=session.user, path=path, host=session.host))
    if refusal.status == 404:
        return SideUnavailable(text("notes.no_mail_file", path=path, host=session.host))
    return SideUnavailable(text("notes.server_error", host=session.host, status=refusal.status))


async def may_write(session: DominoSession, mail_file: MailFile) -> bool:
    """Whether entries may be written there; the owner always may."""
    if mail_file.kind == "own":
        return True
    never = f"{secrets.token_hex(16).upper()}-Daybridge_Rights"
    try:
        answer = await session.write(Call("DELETE", events_path(mail_file.path, never), {"workflow": "false"}))
    except LostInTransit:
        raise SideUnavailable(text("notes.cut_off", host=session.host)) from None
    return answer.status not in (401, 403, 405)


def calendar_info(mail_file: MailFile, *, can_write: bool, selected: bool) -> CalendarInfo:
    """As the API shows it. Who is no owner may see no private entries; the service does not tell."""
    return CalendarInfo(
        id=mail_file.path,
        name=mail_file.name or mail_file.path,
        kind=mail_file.kind,
        owner=mail_file.owner,
        path=mail_file.path,
        can_write=can_write,
        sees_private=mail_file.kind == "own",
        selected=selected,
    )
