"""Finds the calendar meant by an address and a name: the collection itself, or by way of the person's principal and home.

Order (RFC 6764, RFC 5397, RFC 4791): the path entered, else /.well-known/caldav, else the root; there current-user-principal;
there calendar-home-set; the calendars in it. Of several calendars none is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from daemon.sides.contract import SideUnavailable
from daemon.sides.notes.caldav_http import Ask, DavError, DavSession
from daemon.sides.notes.caldav_xml import CALDAV, DAV, Row, path_of, propfind
from shared.texts import text

WELL_KNOWN = "/.well-known/caldav"
_PRINCIPAL, _OWNER, _NAME = f"{DAV}current-user-principal", f"{DAV}owner", f"{DAV}displayname"
_PRIVILEGES, _TYPE = f"{DAV}current-user-privilege-set", f"{DAV}resourcetype"
_REPORTS, _COMPONENTS = f"{DAV}supported-report-set", f"{CALDAV}supported-calendar-component-set"
_HOMES, _ADDRESSES = f"{CALDAV}calendar-home-set", f"{CALDAV}calendar-user-address-set"
_ASKED = propfind((_PRINCIPAL, _OWNER, _NAME, _PRIVILEGES, _TYPE, _REPORTS, _COMPONENTS, _HOMES, _ADDRESSES))
_WRITING = frozenset({f"{DAV}all", f"{DAV}write", f"{DAV}write-content"})


@dataclass(frozen=True, slots=True)
class Collection:
    """A calendar: its encoded path (with the slash at its end), its name, and what may be done and asked there."""

    path: str
    name: str
    own: bool = True
    can_write: bool = True
    reports: frozenset[str] = frozenset()

    def answers(self, report: str) -> bool:
        """Whether a REPORT is worth trying; a server that lists none may answer all the same."""
        return not self.reports or report in self.reports


@dataclass(frozen=True, slots=True)
class Found:
    """The calendar chosen, those one may choose from, every name of the person, and whether the server sends invitations."""

    chosen: Collection
    calendars: tuple[Collection, ...]
    names: tuple[str, ...]
    invites: bool


async def find(session: DavSession, entered: str, wanted: str) -> Found:
    """``entered``: the path of the address in the settings. ``wanted``: empty, a path or address, or a calendar's name.

    Raises SideUnavailable with a sentence when nothing, or not exactly one calendar, fits.
    """
    row, path = await _start(session, entered)
    principal = next((path_of(href, path) for href in row.hrefs(_PRINCIPAL)), "")
    person = await _describe_if_there(session, principal) if principal else None
    here = _collection(row, path, principal)
    homes = _homes(session, row, path) or (_homes(session, person, principal) if person is not None else [])
    directly = here if not wanted.strip() else await _named_by_path(session, wanted, principal)
    found: list[Collection] = []
    if directly is None or wanted.strip():
        # An address of one calendar as the whole setting needs no other to be looked up.
        try:
            found = await _listed(session, homes or [path], principal)
        except SideUnavailable:
            # One that was named by its path is there, also where the home does not tell its contents.
            if directly is None:
                raise
    chosen = directly or _choose(session, found, wanted.strip())
    if all(each.path != chosen.path for each in found):
        found.append(chosen)
    return Found(chosen, tuple(found), _names(person), await _invites(session, chosen))


async def _start(session: DavSession, entered: str) -> tuple[Row, str]:
    """The first description that the server gives, of the path entered or of where it says CalDAV is."""
    path = path_of(entered or "/", "/")
    if path != "/":
        return await _describe(session, path)
    try:
        return await _describe(session, WELL_KNOWN)
    except (DavError, SideUnavailable) as failure:
        # Many servers have no such address, and some answer a web page; one that cannot be reached fails again below.
        if isinstance(failure, SideUnavailable) and not failure.text.code.startswith("caldav."):
            raise
    return await _describe(session, "/")


async def _describe(session: DavSession, path: str) -> tuple[Row, str]:
    try:
        return await _row(session, path)
    except DavError as refusal:
        if path == WELL_KNOWN:
            raise
        raise list_error(session, path, refusal) from None


async def _row(session: DavSession, path: str) -> tuple[Row, str]:
    status, final = await session.multistatus("PROPFIND", path, _ASKED)
    for row in status.rows:
        if path_of(row.href, final).rstrip("/") == final.rstrip("/") or len(status.rows) == 1:
            if row.status in (403, 404, 410):
                raise DavError(row.status)
            return row, path_of(row.href, final)
    raise SideUnavailable(text("caldav.not_caldav", host=session.host))


async def _describe_if_there(session: DavSession, path: str) -> Row | None:
    try:
        return (await _row(session, path))[0]
    except DavError:
        return None


def _homes(session: DavSession, row: Row, path: str) -> list[str]:
    """The paths of the calendar homes; one on another server is told, not followed with the password."""
    return [_path_here(session, href, path) for href in row.hrefs(_HOMES)]


def _path_here(session: DavSession, href: str, base: str) -> str:
    """The path of an address that must lie on this server. Raises SideUnavailable with the other server's address."""
    host = urlsplit(href).hostname
    if host and host.casefold() != (urlsplit(session.address.origin).hostname or "").casefold():
        raise SideUnavailable(text("notes.redirect", host=session.host, target=f"{urlsplit(href).scheme}://{host}"))
    return path_of(href, base)


async def _listed(session: DavSession, homes: list[str], principal: str) -> list[Collection]:
    found: dict[str, Collection] = {}
    for home in homes:
        try:
            status, final = await session.multistatus("PROPFIND", home, _ASKED, depth="1")
        except DavError as refusal:
            raise list_error(session, home, refusal) from None
        for row in status.rows:
            calendar = _collection(row, path_of(row.href, final), principal)
            if calendar is not None:
                found[calendar.path] = calendar
    return list(found.values())


def _collection(row: Row, path: str, principal: str) -> Collection | None:
    """The calendar a row describes; None for anything else, and for one that holds no events."""
    if f"{CALDAV}calendar" not in row.names(_TYPE):
        return None
    components = row.props.get(_COMPONENTS)
    kinds = {part.get("name", "").upper() for part in components} if components is not None else set()
    if kinds and "VEVENT" not in kinds:
        return None
    owners = {path_of(href, path).rstrip("/") for href in row.hrefs(_OWNER)}
    reports = frozenset(name.rpartition("}")[2] for name in row.names(_REPORTS)) - {"supported-report", "report"}
    return Collection(
        path if path.endswith("/") else f"{path}/",
        row.text(_NAME) or unquote(path.rstrip("/").rpartition("/")[2]),
        own=not owners or not principal or principal.rstrip("/") in owners,
        can_write=_PRIVILEGES not in row.props or bool(row.names(_PRIVILEGES) & _WRITING),
        reports=reports,
    )


async def _named_by_path(session: DavSession, wanted: str, principal: str) -> Collection | None:
    """The calendar that a path or a whole address names; None when ``wanted`` is a name."""
    named = wanted.strip()
    if "://" not in named and not named.startswith("/"):
        return None
    row, path = await _describe(session, _path_here(session, named, "/"))
    calendar = _collection(row, path, principal)
    if calendar is None:
        raise SideUnavailable(text("caldav.no_calendar", path=path, host=session.host))
    return calendar


def _choose(session: DavSession, found: list[Collection], wanted: str) -> Collection:
    if wanted:
        fits = [each for each in found if wanted.casefold() in (each.name.casefold(), _last(each.path).casefold())]
        if len(fits) != 1:
            code = "caldav.no_such_name" if not fits else "caldav.choose"
            raise SideUnavailable(text(code, name=wanted, host=session.host, names=_shown(fits or found)))
        return fits[0]
    if not found:
        raise SideUnavailable(text("caldav.no_calendar", path="/", host=session.host))
    if len(found) > 1:
        raise SideUnavailable(text("caldav.choose", host=session.host, names=_shown(found)))
    return found[0]


def _last(path: str) -> str:
    return unquote(path.rstrip("/").rpartition("/")[2])


def _shown(calendars: list[Collection]) -> str:
    return ", ".join(f"{each.name} ({each.path})" for each in calendars[:20]) or "none"


def _names(person: Row | None) -> tuple[str, ...]:
    """Mail addresses and the display name of the person signed in."""
    if person is None:
        return ()
    mails = [href[7:] for href in person.hrefs(_ADDRESSES) if href.casefold().startswith("mailto:")]
    return (*(unquote(mail) for mail in mails), person.text(_NAME))


async def _invites(session: DavSession, calendar: Collection) -> bool:
    """Whether the server mails invitees by itself when an entry is written (RFC 6638 2: calendar-auto-schedule)."""
    try:
        answer = await session.read(Ask("OPTIONS", calendar.path))
    except DavError:
        return False
    return "calendar-auto-schedule" in answer.headers.get("dav", "").casefold()


def list_error(session: DavSession, path: str, refusal: DavError) -> SideUnavailable:
    """The sentence for a refused PROPFIND or REPORT of a collection."""
    if refusal.status == 403:
        return SideUnavailable(text("notes.no_access", user=session.user, path=path, host=session.host))
    if refusal.not_found:
        return SideUnavailable(text("caldav.no_calendar", path=path, host=session.host))
    if refusal.status in (400, 405, 501):
        return SideUnavailable(text("caldav.not_caldav", host=session.host))
    return SideUnavailable(text("notes.server_error", host=session.host, status=refusal.status))
