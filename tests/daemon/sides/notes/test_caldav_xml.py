"""The XML of CalDAV: multistatus in every spelling, document types refused, request bodies that stay well-formed."""

from __future__ import annotations

import contextlib
import tracemalloc
from xml.etree import ElementTree

import pytest
from hypothesis import given, strategies as st

from daemon.sides.notes.caldav_xml import (
    DAV,
    ETAG,
    BadXml,
    multiget,
    path_of,
    read_conditions,
    read_multistatus,
    read_xml,
    sync_collection,
)


def document(rows: str) -> bytes:
    return f'<m:multistatus xmlns:m="DAV:">{rows}</m:multistatus>'.encode()


def test_a_row_keeps_only_what_was_delivered() -> None:
    rows = document(
        "<m:response><m:href> /a.ics </m:href><m:propstat><m:prop><m:getetag>\"1\"</m:getetag></m:prop>"
        "<m:status>HTTP/1.1 200 OK</m:status></m:propstat><m:propstat><m:prop><m:owner/></m:prop>"
        "<m:status>HTTP/1.1 404 Not Found</m:status></m:propstat></m:response>"
        "<m:response><m:href>/b.ics</m:href><m:href>/c.ics</m:href><m:status>HTTP/2 404</m:status></m:response>"
        "<m:sync-token> opaque </m:sync-token>"
    )  # fmt: skip
    status = read_multistatus(rows)
    assert [(row.href, row.status) for row in status.rows] == [("/a.ics", 200), ("/b.ics", 404), ("/c.ics", 404)]
    assert status.rows[0].text(ETAG) == '"1"'
    assert set(status.rows[0].props) == {ETAG}
    assert status.token == "opaque"


def test_a_property_that_is_missing_is_no_missing_resource() -> None:
    """Catches: a 404 of getetag taken for a 404 of the entry, which would look like a deletion."""
    rows = document(
        "<m:response><m:href>/a.ics</m:href><m:propstat><m:prop><m:getetag/></m:prop>"
        "<m:status>HTTP/1.1 404 Not Found</m:status></m:propstat></m:response>"
    )
    (row,) = read_multistatus(rows).rows
    assert row.status == 200
    assert row.text(ETAG) == ""


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "xxxxxxxxxx">'
    + "".join(f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><multistatus xmlns="DAV:">&i;</multistatus>'
).encode()


@pytest.mark.parametrize(
    "data",
    [
        LAUGHS,
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><multistatus xmlns="DAV:"/>',
        '<!DOCTYPE x><multistatus xmlns="DAV:"/>'.encode("utf-16"),
        b'<!-- a --><!DOCTYPE x><multistatus xmlns="DAV:"/>',
    ],
)
def test_a_document_type_is_refused_whatever_its_coding(data: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(BadXml):
        read_multistatus(data)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20, "nothing was expanded"


def test_the_words_doctype_in_an_entry_are_just_words() -> None:
    rows = document("<m:response><m:href>/<![CDATA[a&<!DOCTYPE html>]]></m:href></m:response>")
    assert read_multistatus(rows).rows[0].href == "/a&<!DOCTYPE html>"


@pytest.mark.parametrize(
    "data", [b"", b"<", b"<a/>", b"<a>", b'<multistatus xmlns="x:"/>', b"\xff\xfe", b'<?xml version="1.0" encoding="nope"?><a/>']
)  # fmt: skip
def test_what_is_no_multistatus_is_refused(data: bytes) -> None:
    with pytest.raises(BadXml):
        read_multistatus(data)


def test_an_address_that_is_none_is_refused_and_no_entry_lost() -> None:
    rows = "<response><href>http://[bad/x.ics</href><propstat><prop/><status>HTTP/1.1 200 OK</status></propstat></response>"
    with pytest.raises(BadXml):
        read_multistatus(f'<multistatus xmlns="DAV:">{rows}</multistatus>'.encode())
    homes = '<C:calendar-home-set xmlns:C="urn:ietf:params:xml:ns:caldav"><href>http://[bad</href><href>/c/</href>'
    found = rows.replace("http://[bad/x.ics", "/c/").replace("<prop/>", f"<prop>{homes}</C:calendar-home-set></prop>")
    (row,) = read_multistatus(f'<multistatus xmlns="DAV:">{found}</multistatus>'.encode()).rows
    assert row.hrefs("{urn:ietf:params:xml:ns:caldav}calendar-home-set") == ["/c/"]


@given(st.binary(max_size=400))
def test_bytes_give_a_document_or_a_refusal(data: bytes) -> None:
    with contextlib.suppress(BadXml):
        read_xml(data)
    assert isinstance(read_conditions(data), frozenset)


def test_conditions_are_named() -> None:
    assert read_conditions(b'<error xmlns="DAV:"><valid-sync-token/></error>') == {"valid-sync-token"}
    assert read_conditions(b'<html xmlns="DAV:"><valid-sync-token/></html>') == frozenset()


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("/c/a%40b.ics", "/c/a@b.ics"),
        ("/c/a@b.ics", "/c/a@b.ics"),
        ("a%20b.ics", "/c/a%20b.ics"),
        ("/c/a b.ics", "/c/a%20b.ics"),
        ("https://elsewhere.example.com/c/x.ics", "/c/x.ics"),
        ("/c/%C3%BC.ics", "/c/%C3%BC.ics"),
        ("/c/a%2Fb.ics", "/c/a%2Fb.ics"),
        ("/c/100%25.ics", "/c/100%25.ics"),
        ("/c/caf%e9.ics", "/c/caf%E9.ics"),
        ("/c/a#b.ics", "/c/a%23b.ics"),
        ("//c/two.ics", "/c/two.ics"),
    ],
)
def test_an_href_has_one_spelling(href: str, path: str) -> None:
    assert path_of(href, "/c/") == path
    assert path_of(path, "/c/") == path


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff")))
)
def test_requests_stay_well_formed(names: list[str]) -> None:
    root = ElementTree.fromstring(multiget(names))
    assert [href.text or "" for href in root.findall(f"{DAV}href")] == names
    token = "".join(names)
    assert (ElementTree.fromstring(sync_collection(token)).findtext(f"{DAV}sync-token") or "") == token
