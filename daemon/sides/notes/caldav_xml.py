"""Writes the XML that CalDAV asks with and reads its multistatus answers; a document type (and so any entity) is refused.

Names are in ElementTree's form, ``{namespace}local``. Sources: RFC 4918 13 and 14 (multistatus, error), RFC 4791 (calendar-data,
calendar-multiget), RFC 6578 (sync-collection).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

DAV = "{DAV:}"
CALDAV = "{urn:ietf:params:xml:ns:caldav}"
SERVER = "{http://calendarserver.org/ns/}"
ETAG, RESOURCE_TYPE, SYNC_TOKEN = f"{DAV}getetag", f"{DAV}resourcetype", f"{DAV}sync-token"
CALENDAR_DATA, CTAG = f"{CALDAV}calendar-data", f"{SERVER}getctag"
_NAMESPACES = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"'
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'
_PREFIXES = {DAV: "", CALDAV: "C:", SERVER: "S:"}
_STATUS = re.compile(r"\s*HTTP/\d(?:\.\d)?\s+(\d{3})")
_SAFE = "!$&'()*+,;=:@-._~"


class BadXml(ValueError):
    """The answer is no XML, is cut off, has a document type, or is another document than was asked for."""


class _Builder(ElementTree.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise BadXml("a document type is not accepted")


@dataclass(frozen=True, slots=True)
class Row:
    """One response of a multistatus: its href as sent, its status, and the properties the server did deliver.

    A row with properties counts as there (200), also when none of them was delivered: only a status of its own says
    that a resource is gone.
    """

    href: str
    status: int
    props: Mapping[str, ElementTree.Element]

    def text(self, name: str) -> str:
        element = self.props.get(name)
        return (element.text or "").strip() if element is not None else ""

    def hrefs(self, name: str) -> list[str]:
        """The addresses inside a property like calendar-home-set."""
        element = self.props.get(name)
        found = element.iter(f"{DAV}href") if element is not None else ()
        return [href.text.strip() for href in found if href.text and _is_address(href.text.strip())]

    def names(self, name: str) -> frozenset[str]:
        """The names of all elements inside a property like resourcetype or supported-report-set."""
        element = self.props.get(name)
        return (
            frozenset(part.tag for part in element.iter() if part is not element)
            if element is not None
            else frozenset()
        )


@dataclass(frozen=True, slots=True)
class MultiStatus:
    """The rows of a 207 answer, and the sync token where the report gives one."""

    rows: tuple[Row, ...] = ()
    token: str = field(default="", repr=False)


def read_xml(data: bytes) -> ElementTree.Element:
    """The root element. Raises BadXml."""
    parser = ElementTree.XMLParser(target=_Builder())
    try:
        parser.feed(data)
        root = parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as failure:
        raise BadXml(str(failure)) from None
    if not isinstance(root, ElementTree.Element):
        raise BadXml("no document")
    return root


def read_multistatus(data: bytes) -> MultiStatus:
    """Raises BadXml for anything but a multistatus."""
    root = read_xml(data)
    if root.tag != f"{DAV}multistatus":
        raise BadXml(f"not a multistatus: {root.tag[:80]}")
    rows = tuple(row for response in root.findall(f"{DAV}response") for row in _rows(response))
    return MultiStatus(rows, (root.findtext(SYNC_TOKEN) or "").strip())


def _rows(response: ElementTree.Element) -> Iterator[Row]:
    """One row per href; a response that only carries a status may name several."""
    own = response.findtext(f"{DAV}status")
    props: dict[str, ElementTree.Element] = {}
    for propstat in response.findall(f"{DAV}propstat"):
        if _status(propstat.findtext(f"{DAV}status")) == 200:
            props.update({element.tag: element for element in propstat.findall(f"{DAV}prop/*")})
    for href in response.findall(f"{DAV}href"):
        if href.text and href.text.strip():
            if not _is_address(href.text.strip()):
                # Left out, its entry would seem gone.
                raise BadXml("an address that is none")
            yield Row(href.text.strip(), 200 if own is None else _status(own), props)


def _is_address(href: str) -> bool:
    """Whether anything can be asked for by it."""
    try:
        return bool(urlsplit(href).geturl())
    except ValueError:
        return False


def _status(line: str | None) -> int:
    found = _STATUS.match(line or "")
    return int(found[1]) if found else 0


def read_conditions(data: bytes) -> frozenset[str]:
    """The local names of the conditions in a DAV:error body; empty for any other body."""
    try:
        root = read_xml(data)
    except BadXml:
        return frozenset()
    if root.tag != f"{DAV}error":
        return frozenset()
    return frozenset(element.tag.rpartition("}")[2] for element in root)


def path_of(href: str, base: str) -> str:
    """The path of an href in one spelling (servers answer ``%40`` and ``@`` alike); ``base`` is the path asked.

    Only the path counts: a proxy may put a host name into hrefs that is not the one asked, and no other is ever asked. What no
    href may hold (RFC 4918 8.3) is taken as part of the path: a fragment, two slashes at its beginning. Octets that
    are no UTF-8 stay as they are.
    """
    href = href.replace("#", "%23")
    path = urlsplit(urljoin(base, f"/{href.lstrip('/')}" if href.startswith("//") else href)).path
    return "/".join(quote(unquote_to_bytes(part), safe=_SAFE) for part in path.split("/"))


def propfind(names: Iterable[str]) -> str:
    """The body of a PROPFIND for these properties."""
    return f"{_HEAD}<propfind {_NAMESPACES}><prop>{_empty(names)}</prop></propfind>"


def sync_collection(token: str) -> str:
    """The body of a sync-collection REPORT: what changed since ``token``, or everything for an empty one."""
    return (
        f"{_HEAD}<sync-collection {_NAMESPACES}><sync-token>{escape(token)}</sync-token>"
        f"<sync-level>1</sync-level><prop>{_empty((ETAG, RESOURCE_TYPE))}</prop></sync-collection>"
    )


def multiget(paths: Iterable[str]) -> str:
    """The body of a calendar-multiget REPORT."""
    hrefs = "".join(f"<href>{escape(path)}</href>" for path in paths)
    return f"{_HEAD}<C:calendar-multiget {_NAMESPACES}><prop>{_empty((ETAG, CALENDAR_DATA))}</prop>{hrefs}</C:calendar-multiget>"


def _empty(names: Iterable[str]) -> str:
    parts: list[str] = []
    for name in names:
        space, _, local = name.rpartition("}")
        parts.append(f"<{_PREFIXES[space + '}']}{local}/>")
    return "".join(parts)
