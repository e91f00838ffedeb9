"""Content lines and components: unfolding on bytes, parameters, what a bad line becomes."""

from __future__ import annotations

import pytest

from daemon.calendars import content_lines
from daemon.calendars.content_lines import TooLarge, cut_line, logical_lines, read_components, unescape


def test_unfolding_takes_exactly_one_blank() -> None:
    assert [line for line, _ in logical_lines(b"A:one\r\n  two\r\n\tthree\r\nB:x")] == [b"A:one twothree", b"B:x"]


def test_a_name_folded_in_its_middle_is_no_part_of_the_line_before() -> None:
    folded = b"UID:a\r\nX-LONG-NA\r\n ME;A=b:1\r\nDESCRIPTIO\r\n N:text\r\nLOCATION\r\n :here"
    assert [line for line, _ in logical_lines(folded)] == [
        b"UID:a",
        b"X-LONG-NAME;A=b:1",
        b"DESCRIPTION:text",
        b"LOCATION:here",
    ]
    # A text with raw line breaks, indented by its writer.
    (text,) = [line for line, _ in logical_lines(b"DESCRIPTION:Agenda\r\nTopics\r\n first: budget")]
    assert text == b"DESCRIPTION:Agenda\\nTopicsfirst: budget"


def test_physical_lines_are_kept_for_rewriting() -> None:
    assert [physical for _, physical in logical_lines(b"A:one\r\n two\r\nB:x\r\n")] == [[b"A:one", b" two"], [b"B:x"]]


@pytest.mark.parametrize(
    ("line", "name", "params", "value"),
    [
        (b"SUMMARY:a:b", "SUMMARY", {}, "a:b"),
        (b"X-LOTUS-CHILD_UID:1", "X-LOTUS-CHILD_UID", {}, "1"),
        (b'dtstart;tzid="W. Europe":20260302T090000', "DTSTART", {"TZID": ("W. Europe",)}, "20260302T090000"),
        (b'X;A="x:y;z",b;B=c:v', "X", {"A": ("x:y;z", "b"), "B": ("c",)}, "v"),
        (b"DTSTART;TZID=:20260302", "DTSTART", {"TZID": ("",)}, "20260302"),
        (b"DTSTART;VALUE=DATE-TIME;:20260302", "DTSTART", {"VALUE": ("DATE-TIME",)}, "20260302"),
        (b'DTSTART;TZID="Open:20260302', "DTSTART", {"TZID": ("Open",)}, "20260302"),
        (b"VEVENT:62", "VEVENT", {}, "62"),
        (b":value", "", {}, "value"),
        (b"", "", {}, ""),
    ],
)
def test_cutting(line: bytes, name: str, params: dict[str, tuple[str, ...]], value: str) -> None:
    cut = cut_line(line)
    assert (cut.name, dict(cut.params), cut.value) == (name, params, value)


def test_escapes() -> None:
    assert unescape(r"a\, b\; c\\n \n d\N\x") == "a, b; c\\n \n d\n\\x"


def test_a_component_keeps_its_text_with_its_parts() -> None:
    text = "BEGIN:VEVENT\r\nUID:a\r\nBEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n"
    (calendar,) = read_components(f"BEGIN:VCALENDAR\r\n{text}END:VCALENDAR".encode())
    assert calendar.children[0].text == text
    assert calendar.children[0].children[0].text == "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\n"


def test_nesting_is_bounded() -> None:
    deep = b"BEGIN:VCALENDAR\n" + b"BEGIN:X\n" * 5_000 + b"END:X\n" * 5_000
    assert len(read_components(deep)) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"X:" + b"x" * content_lines.MAX_BYTES,
        b"BEGIN:X\nEND:X\n" * (content_lines.MAX_COMPONENTS + 1),
        b"a:\n" * (content_lines.MAX_LINES + 1),
    ],
)
def test_limits(data: bytes) -> None:
    with pytest.raises(TooLarge):
        read_components(data)
