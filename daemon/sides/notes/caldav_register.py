"""Knows which resource of a CalDAV collection holds which UIDs, and asks the server what changed since.

By sync-collection with its token (RFC 6578) where the server has it, else by ctag and a list of ETags. A token the server no
longer knows (403 from Radicale, 412 from Xandikos) means: list everything. Nothing counts as removed but what the server says
is 404, or what a complete list lacks. The register, as JSON, is the side's bookmark.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from daemon.sides.contract import SideUnavailable
from daemon.sides.notes.caldav_discovery import Collection
from daemon.sides.notes.caldav_http import DavError, DavSession
from daemon.sides.notes.caldav_xml import (
    CALDAV,
    CTAG,
    DAV,
    ETAG,
    RESOURCE_TYPE,
    Row,
    path_of,
    propfind,
    sync_collection,
)
from shared.texts import text

_VERSION = 1
_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Listing:
    """What a listing told: hrefs with their ETags (``present``; all of them when ``full``, else the changed ones), hrefs that
    are 404, and the marks to ask with next time."""

    present: dict[str, str]
    removed: frozenset[str] = frozenset()
    token: str = ""
    ctag: str = ""
    full: bool = True


@dataclass(slots=True)
class Register:
    """The resources of one collection: ETag and UIDs by href. ``unread`` could not be read and are asked for again.

    ``former`` is what each href was last seen to hold, also after it went or when it cannot be read.
    """

    path: str
    token: str = ""
    ctag: str = ""
    etags: dict[str, str] = field(default_factory=dict)
    uids: dict[str, tuple[str, ...]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    former: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _places: dict[str, set[str]] = field(default_factory=dict)

    def hrefs(self, uid: str) -> list[str]:
        """The resources that hold a UID; by the standard one, but copies exist."""
        return sorted(self._places.get(uid, ()))

    def doubled(self) -> dict[str, list[str]]:
        return {uid: sorted(hrefs) for uid, hrefs in self._places.items() if len(hrefs) > 1}

    def note(self, href: str, uids: Iterable[str]) -> None:
        """What was read at ``href``; no UIDs means that it holds none."""
        self._forget_uids(href)
        self.uids[href] = self.former[href] = tuple(dict.fromkeys(uids))
        self.unread.discard(href)
        for uid in self.uids[href]:
            self._places.setdefault(uid, set()).add(href)

    def note_unread(self, href: str) -> None:
        """A resource that is there but cannot be read: it counts as holding what it held."""
        self.note(href, self.former.get(href, ()))
        self.unread.add(href)

    def knew(self, uid: str) -> bool:
        """Whether the UID was ever seen here, so that its resource is not one of those that were never read."""
        return any(uid in uids for uids in self.former.values())

    def renewed(self) -> Register:
        """An empty register of the same collection that remembers what was where."""
        return Register(self.path, former=dict(self.former))

    def drop(self, href: str) -> None:
        self._forget_uids(href)
        self.etags.pop(href, None)
        self.unread.discard(href)

    def take(self, listing: Listing) -> list[str]:
        """Takes a listing over. The hrefs to read: new, changed, removed (to see that they are), left unread before."""
        gone = (self.etags.keys() - listing.present.keys()) if listing.full else listing.removed
        changed = {
            href
            for href, etag in listing.present.items()
            if not listing.full or not etag or self.etags.get(href) != etag or href not in self.uids
        }
        self.etags.update(listing.present)
        self.token, self.ctag = listing.token, listing.ctag
        # All of them count as unread until they were: a reading that breaks off must not hide what the marks now pass over.
        self.unread |= changed | gone
        return sorted(self.unread)

    def sharing(self, hrefs: Iterable[str]) -> list[str]:
        """Further resources that hold UIDs of these: they must be read together."""
        given = set(hrefs)
        found = {other for href in given for uid in self.uids.get(href, ()) for other in self._places.get(uid, ())}
        return sorted(found - given)

    def _forget_uids(self, href: str) -> None:
        for uid in self.uids.pop(href, ()):
            self._places[uid].discard(href)
            if not self._places[uid]:
                del self._places[uid]

    def bookmark(self) -> str:
        """ETags are left out where a token makes them needless, a UID where the resource is called by it."""
        entries = {}
        for href, etag in self.etags.items():
            name = href.removeprefix(self.path)
            uids = self.uids.get(href, ())
            kept = "" if self.token else etag
            entries[name] = [kept] if uids == (name.removesuffix(".ics"),) else [kept, list(uids)]
        document = {
            "v": _VERSION,
            "c": self.path,
            "t": self.token,
            "g": self.ctag,
            "u": sorted(self.unread),
            "e": entries,
        }
        return json.dumps(document, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_bookmark(cls, bookmark: str, path: str) -> Register | None:
        """The register of an earlier reading; None for a bookmark that is empty, not ours, or of another collection."""
        try:
            document = json.loads(bookmark) if bookmark else {}
            if document.get("v") != _VERSION or document.get("c") != path:
                return None
            register = cls(path, str(document["t"]), str(document["g"]))
            for name, (etag, *rest) in document["e"].items():
                href = path + name if not name.startswith("/") else name
                register.etags[href] = str(etag)
                register.note(href, [str(uid) for uid in rest[0]] if rest else [name.removesuffix(".ics")])
            register.unread = {str(href) for href in document["u"]}
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        return register


async def list_everything(session: DavSession, collection: Collection) -> Listing:
    """All resources. Raises DavError when the server refuses, a SideError when it cannot be asked."""
    if collection.answers("sync-collection"):
        try:
            listing = await _by_token(session, collection.path, "")
        except DavError as refusal:
            if refusal.status in (401, 404, 410):
                raise
        else:
            # Without an entry and without a mark it says nothing (RFC 6578 3.2: the mark is always there).
            if listing.present or listing.token:
                return listing
    return await _by_etags(session, collection.path)


async def list_since(session: DavSession, collection: Collection, register: Register) -> Listing | None:
    """What changed since the register's marks; None when the server cannot tell, and everything must be listed."""
    if register.token:
        try:
            listing = await _by_token(session, collection.path, register.token)
        except DavError as refusal:
            # Any refusal but these speaks of the token (403, 409, 410, 412, 507 are all in use).
            if refusal.status in (401, 404):
                raise
            return None
        return listing if listing.token else None
    if not register.ctag:
        return None
    if await _ctag(session, collection.path) == register.ctag:
        return Listing({}, ctag=register.ctag, full=False)
    return await _by_etags(session, collection.path)


async def _by_token(session: DavSession, path: str, token: str) -> Listing:
    """Follows a report that is delivered in parts (507 on the collection itself: RFC 6578 3.6)."""
    full = not token
    present: dict[str, str] = {}
    removed: set[str] = set()
    for _page in range(_PAGES):
        status, final = await session.multistatus("REPORT", path, sync_collection(token))
        cut = False
        for row in status.rows:
            href = path_of(row.href, final)
            if href.rstrip("/") == path.rstrip("/"):
                if row.status not in (200, 507):
                    raise SideUnavailable(text("notes.list_incomplete", host=session.host))
                cut = cut or row.status == 507
            elif row.status in (404, 410):
                removed.add(href)
                present.pop(href, None)
            elif not _is_collection(row, href):
                present[href] = row.text(ETAG)
                removed.discard(href)
        if not cut:
            return Listing(present, frozenset(removed), token=status.token, full=full)
        if status.token in ("", token):
            break
        token = status.token
    raise SideUnavailable(text("notes.list_incomplete", host=session.host))


async def _by_etags(session: DavSession, path: str) -> Listing:
    """The ctag is asked first: what changes after it shows in the next reading."""
    ctag = await _ctag(session, path)
    status, final = await session.multistatus("PROPFIND", path, propfind((ETAG, RESOURCE_TYPE)), depth="1")
    present: dict[str, str] = {}
    itself = False
    for row in status.rows:
        href = path_of(row.href, final)
        own = href.rstrip("/") == path.rstrip("/")
        if row.status == 507 or (own and row.status != 200):
            raise SideUnavailable(text("notes.list_incomplete", host=session.host))
        if own or _is_collection(row, href):
            itself = True
        else:
            present[href] = row.text(ETAG)
    if not itself and not present:
        # Even an empty collection names itself.
        raise SideUnavailable(text("notes.list_incomplete", host=session.host))
    return Listing(present, ctag=ctag)


async def _ctag(session: DavSession, path: str) -> str:
    status, _final = await session.multistatus("PROPFIND", path, propfind((CTAG,)))
    return next((row.text(CTAG) for row in status.rows), "")


def _is_collection(row: Row, href: str) -> bool:
    return href.endswith("/") or bool(row.names(RESOURCE_TYPE) & {f"{DAV}collection", f"{CALDAV}calendar"})
