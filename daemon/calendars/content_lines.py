"""Cuts an iCalendar byte stream into content lines and components, however badly it is written.

Lexing follows RFC 5545 section 3.1, with the tolerance that real files need (reference/notes.md 6): folds in the middle of a
UTF-8 character or before `:` and `;`, empty lines, Latin-1 bytes, mixed case, unbalanced quotes, names with underscores,
components that are never closed, vCalendar 1.0 quoted-printable. A line with parameters goes through the icalendar library's
`Contentline`; what that refuses is cut here. Nothing in this module knows what a property means.
"""

from __future__ import annotations

import codecs
import quopri
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from icalendar.parser import Contentline

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_COMPONENTS: Final = 20_000
MAX_LINE_BYTES: Final = 1024 * 1024
MAX_LINES: Final = 500_000
MAX_DEPTH: Final = 32

_PLAIN = re.compile(r"([A-Za-z0-9_.\-]+)[ \t]*:(.*)", re.DOTALL)
_PROPERTY = re.compile(rb"[ \t]*[A-Za-z0-9_.\-]+[ \t]*[:;]")
_BARE_NAME = re.compile(rb"[A-Za-z0-9_.\-]+[ \t]*")
_FOLDED_HEAD = re.compile(rb"[ \t]+[:;]")
_WHOLE_NAME = re.compile(rb"[A-Z0-9-]+[:;]")
_BLOCK = re.compile(rb"[ \t]*(BEGIN|END)[ \t]*:", re.IGNORECASE)
_QUOTED_PRINTABLE = re.compile(rb"^[^:]*QUOTED-PRINTABLE[^:]*:", re.IGNORECASE)
_ESCAPE = re.compile(r"\\([nN,;\\:\"])")
# Code pages of calendars by their registered names; Python knows codecs under other names that are no code pages.
_CHARSET = re.compile(
    rb"^X-LOTUS-CHARSET[^:\r\n]*:[ \t]*((?:iso|windows|cp\d|ibm|koi8|big5|gb|euc|shift_?jis|ks_c|tis|latin|mac)[\w.:-]*)",
    re.IGNORECASE | re.MULTILINE,
)
_HEAD_BYTES: Final = 4096
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# A component of this list never stands inside another one of it: a second BEGIN ends an unclosed first one.
TOP_LEVEL: Final = frozenset({"VEVENT", "VTODO", "VJOURNAL", "VFREEBUSY", "VTIMEZONE", "VCALENDAR"})


class TooLarge(ValueError):
    """The stream breaks a limit of contracts.md 12; the text is one sentence for people."""


@dataclass(frozen=True, slots=True)
class ContentLine:
    """One unfolded line: upper-case name, parameters (upper-case names), value with its escapes still in place."""

    name: str
    params: tuple[tuple[str, tuple[str, ...]], ...]
    value: str
    cut: bool = False

    def param(self, name: str) -> str | None:
        """The first value of a parameter, without quotes; None when absent."""
        for key, values in self.params:
            if key == name:
                return values[0] if values else ""
        return None


@dataclass(slots=True)
class Component:
    """A BEGIN/END block: its own lines, its children, and its text as it stood in the stream (CRLF line ends)."""

    name: str
    lines: list[ContentLine] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)
    physical: list[bytes] = field(default_factory=list)

    def first(self, name: str) -> ContentLine | None:
        """The first line of that name, or None."""
        return next((line for line in self.lines if line.name == name), None)

    def every(self, name: str) -> list[ContentLine]:
        """All lines of that name, in order."""
        return [line for line in self.lines if line.name == name]

    def value(self, name: str) -> str:
        """The raw value of the first line of that name, stripped; empty when absent."""
        line = self.first(name)
        return line.value.strip() if line else ""

    @property
    def text(self) -> str:
        """The component as it stood in the stream, decoded, with CRLF line ends."""
        return as_text(self.physical)


def decode(data: bytes) -> str:
    """UTF-8 where it is UTF-8, otherwise Windows Latin-1 (old Mozilla and Notes exports), each line by itself.

    Lines stay as they stand, but a line that was folded in the middle of a character is folded before it.
    """
    if _is_utf8(data):
        return data.decode()
    physical = [line for _, lines in logical_lines(data) for line in lines]
    if len(physical) < 2:
        return _latin(data)
    text = as_text(physical)
    return text if data.endswith((b"\n", b"\r")) else text.removesuffix("\r\n")


def _latin(data: bytes) -> str:
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def as_bytes(data: bytes | str) -> bytes:
    """UTF-8 bytes without a byte-order mark; UTF-16 with a mark, and text in the code page that it names, is converted."""
    if isinstance(data, str):
        return data.encode("utf-8", "replace").removeprefix(b"\xef\xbb\xbf")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").encode("utf-8", "replace")
    return _from_code_page(data.removeprefix(b"\xef\xbb\xbf"))


def _from_code_page(data: bytes) -> bytes:
    """What X-LOTUS-CHARSET calls a code page becomes UTF-8, if it is so: a file in UTF-8 stays, whatever the word says."""
    word = _CHARSET.search(data, 0, _HEAD_BYTES)
    if word is None or (not data.isascii() and _is_utf8(data)):
        return data
    try:
        return data.decode(word[1].decode("ascii")).encode("utf-8")
    except (LookupError, ValueError):
        return data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def logical_lines(data: bytes) -> Iterator[tuple[bytes, list[bytes]]]:
    """Yields (unfolded line, the physical lines it was made of). Unfolding works on bytes, so a split character survives."""
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    parts: list[bytes] = []
    physical: list[bytes] = []
    lines = [line for line in data.split(b"\n") if line]
    for index, line in enumerate(lines):
        if parts and line[:1] in (b" ", b"\t"):
            parts.append(line[1:])
        elif parts and parts[-1].endswith(b"=") and _QUOTED_PRINTABLE.match(parts[0]):
            parts.append(b"\r\n" + line)
        elif parts and not _BLOCK.match(parts[0]) and not _is_property(line, lines[index + 1 : index + 2]):
            # A text written with raw line breaks, or a fold that lost its blank: keep it as a line of the text.
            parts.append(b"\\n" + line)
        else:
            if parts:
                yield b"".join(parts), physical
            parts, physical = [line], []
        physical.append(line)
    if parts:
        yield b"".join(parts), physical


def as_text(physical: Sequence[bytes]) -> str:
    """Lines as they stood, decoded, each with CRLF at its end; where a fold cuts through a character it moves before it."""
    whole = b"\r\n".join([*physical, b""])
    if _is_utf8(whole):
        return whole.decode()
    folded: list[list[bytes]] = []
    for line in physical:
        if folded and line[:1] in (b" ", b"\t"):
            folded[-1].append(line)
        else:
            folded.append([line])
    return "".join(f"{_whole_characters(lines)}\r\n" for lines in folded)


def _whole_characters(lines: list[bytes]) -> str:
    whole = b"\r\n".join(lines)
    if len(lines) == 1:
        return whole.decode() if _is_utf8(whole) else _latin(whole)
    reader = codecs.getincrementaldecoder("utf-8")()
    cut = b""
    texts: list[str] = []
    try:
        for line in lines:
            texts.append(reader.decode(line[:1] + cut + line[1:] if cut else line))
            cut = reader.getstate()[0]
            reader.reset()
    except UnicodeDecodeError:
        return _latin(whole)
    return _latin(whole) if cut else "\r\n".join(texts)


def _is_property(line: bytes, following: list[bytes]) -> bool:
    """True for `NAME:`, `NAME;`, and for a bare `NAME` whose colon or rest (then in capitals) was folded to the next line."""
    if _PROPERTY.match(line):
        return True
    if not following or not _BARE_NAME.fullmatch(line):
        return False
    folded = following[0][:1] in (b" ", b"\t") and _WHOLE_NAME.match(line + following[0][1:])
    return bool(folded or _FOLDED_HEAD.match(following[0]))


def cut_line(data: bytes) -> ContentLine:
    """One unfolded line as name, parameters and value. Never raises; a line over the limit keeps its head only."""
    cut = len(data) > MAX_LINE_BYTES
    if cut:
        data = data[: data.find(b":", 0, 4096) + 1] or data[:64]
    text = _CONTROL.sub("", decode(data))
    plain = _PLAIN.fullmatch(text)
    if plain:
        return ContentLine(plain[1].upper(), (), plain[2], cut)
    try:
        name, found, value = Contentline(text).raw_parts()  # type: ignore[no-untyped-call]
        if value or text.rstrip().endswith(":"):
            return _decoded(ContentLine(name.upper(), _params(found), value, cut))
    except (ValueError, AssertionError, IndexError):
        pass
    return _decoded(_cut_by_hand(text, cut))


def _params(found: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    items = found.items() if isinstance(found, dict) else ()
    return tuple(
        (str(key).upper(), tuple(map(str, value)) if isinstance(value, list | tuple) else (str(value),))
        for key, value in items
    )


def _cut_by_hand(text: str, cut: bool) -> ContentLine:
    """What the library refuses: quotes that never close, empty parameters, blanks. Quotes are not trusted here."""
    head, _, value = text.partition(":")
    name, *rest = head.split(";")
    params: list[tuple[str, tuple[str, ...]]] = []
    for part in rest:
        key, _, content = part.partition("=")
        if key.strip():
            # vCalendar 1.0 writes a bare word where iCalendar has NAME=VALUE.
            params.append((key.strip().upper(), (content.strip().strip('"'),)))
    if head.count('"') % 2 and value.endswith('"'):
        value = value[:-1]
    return ContentLine(re.sub(r"\s", "", name).upper(), tuple(params), value, cut)


def _decoded(line: ContentLine) -> ContentLine:
    """vCalendar 1.0: a quoted-printable value becomes text (its line breaks escaped, as elsewhere)."""
    bare = any(key == "QUOTED-PRINTABLE" for key, _ in line.params)
    if not bare and (line.param("ENCODING") or "").upper() != "QUOTED-PRINTABLE":
        return line
    octets = quopri.decodestring(line.value.encode("utf-8", "replace"))
    charset = (line.param("CHARSET") or "utf-8").strip()
    try:
        text = octets.decode(charset)
    except (LookupError, UnicodeDecodeError, ValueError):
        text = decode(octets)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return ContentLine(line.name, line.params, _CONTROL.sub("", text), line.cut)


def unescape(value: str) -> str:
    """TEXT escapes undone (RFC 5545 3.3.11); `\\N` and escaped colons and quotes of older writers, too."""
    if "\\" not in value:
        return value
    return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], value)


def read_components(data: bytes) -> list[Component]:
    """Every top-level component of the stream in order; those inside a VCALENDAR are its children.

    Raises TooLarge for a stream over MAX_BYTES, MAX_LINES or MAX_COMPONENTS; nothing else.
    """
    if len(data) > MAX_BYTES:
        raise TooLarge(f"The calendar is larger than {MAX_BYTES // 1024 // 1024} MB; export a shorter period.")
    roots: list[Component] = []
    stack: list[Component] = []
    count = 0
    for number, (unfolded, physical) in enumerate(logical_lines(data)):
        if number >= MAX_LINES:
            raise TooLarge(f"The calendar holds more than {MAX_LINES} lines; export a shorter period.")
        line = cut_line(unfolded)
        if line.name == "BEGIN":
            count += 1
            if count > MAX_COMPONENTS:
                raise TooLarge(f"The calendar holds more than {MAX_COMPONENTS} components; export a shorter period.")
            opened = Component(line.value.strip().upper(), physical=list(physical))
            _close_for(opened.name, stack)
            _keep_text(stack, physical)
            if len(stack) < MAX_DEPTH:
                (stack[-1].children if stack else roots).append(opened)
                stack.append(opened)
        elif line.name == "END":
            _end(line.value.strip().upper(), stack, physical)
        elif stack:
            stack[-1].lines.append(line)
            _keep_text(stack, physical)
    return roots


def _close_for(name: str, stack: list[Component]) -> None:
    """Closes what an opening component cannot stand in; VCALENDAR stands nowhere, the others only in a VCALENDAR."""
    if name == "VCALENDAR":
        stack.clear()
    elif name in TOP_LEVEL:
        while stack and stack[-1].name != "VCALENDAR":
            stack.pop()


def _keep_text(stack: list[Component], physical: list[bytes]) -> None:
    """A VCALENDAR does not keep its text (the caller has it); everything inside it does."""
    for component in stack:
        if component.name != "VCALENDAR":
            component.physical.extend(physical)


def _end(name: str, stack: list[Component], physical: list[bytes]) -> None:
    """An END closes everything down to its BEGIN; one without a BEGIN closes nothing."""
    if not any(component.name == name for component in stack):
        return
    while stack[-1].name != name:
        stack.pop()
    _keep_text(stack, physical)
    stack.pop()
