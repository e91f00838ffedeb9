"""A change of one property leaves every other line of a file as it stood, byte for byte, whatever stands there."""

from __future__ import annotations

from hypothesis import given, settings, strategies as st

from daemon.calendars.content_lines import cut_line, logical_lines
from daemon.calendars.icalendar_write import patch_event

NAMES = st.sampled_from(["X-OTHER", "ATTENDEE", "COMMENT", "X-LOTUS-CHILD_UID", "DESCRIPTION", "CATEGORIES", "x-lower"])
LETTERS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=120)
PARAMS = st.sampled_from(["", ";A=1", ';CN="a;b:c, d"', ";EMPTY=", ';B=x;C="y",z'])


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """One property with folds anywhere, also in the middle of a character."""
    octets = f"{draw(NAMES)}{draw(PARAMS)}:{draw(LETTERS)}".encode()
    for place in sorted(draw(st.sets(st.integers(12, 300), max_size=3)), reverse=True):
        if place < len(octets):
            octets = octets[:place] + b"\r\n" + draw(st.sampled_from([b" ", b"\t"])) + octets[place:]
    return octets + b"\r\n"


def unfolded(data: bytes) -> list[bytes]:
    return [line for line, _ in logical_lines(data)]


@settings(deadline=None)
@given(st.lists(lines(), max_size=6), st.lists(lines(), max_size=6))
def test_the_other_lines_stay(before: list[bytes], after: list[bytes]) -> None:
    data = b"".join(
        [
            b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART:20260310T090000Z\r\n",
            *before,
            b"SUMMARY:One\r\n",
            *after,
            b"END:VEVENT\r\nEND:VCALENDAR\r\n",
        ]
    )
    patched = patch_event(data, "a", "", {"summary": "Two"}, user_zone="Europe/Berlin").encode()
    expected = [b"SUMMARY:Two" if cut_line(line).name == "SUMMARY" else line for line in unfolded(data)]
    assert unfolded(patched) == expected
    if all(_is_text(line) for line in data.split(b"\r\n")):
        assert patched == data.replace(b"SUMMARY:One\r\n", b"SUMMARY:Two\r\n")


def _is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
