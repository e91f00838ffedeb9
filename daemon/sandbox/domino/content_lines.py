"""Reads iCalendar text into content lines and components, keeps what it read verbatim, and folds as Notes does.

Only the lexical layer of RFC 5545 lives here. A `Line` that was read remembers its physical text, so a component that
nobody changed is written back byte for byte. Reading is lenient (blank lines, missing END, stray lines are survived,
because an import must not lose an entry); whether a text may be *written* through the API is decided elsewhere.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_PARAMETER = re.compile(r';([A-Za-z0-9_-]+)(?:=((?:"[^"]*"|[^";:,])*(?:,(?:"[^"]*"|[^";:,])*)*))?')
_PART = re.compile(r'"([^"]*)"|([^",]+)')
_ESCAPES = {"n": "\n", "N": "\n"}
_MAX_OCTETS = 74
#: Notes folds early, before these characters when one stands near the end of the line (notes.md 6).
_FOLD_BEFORE = ";:,"


@dataclass(frozen=True, slots=True)
class Line:
    """One content line: `name` in upper case, `params` with upper-case names and unquoted values, `value` raw.

    `raw` is the physical text without the final line break (folds inside); None for a line made here.
    """

    name: str
    value: str
    params: tuple[tuple[str, tuple[str, ...]], ...] = ()
    raw: str | None = None

    def param(self, name: str) -> str | None:
        """Return the first value of a parameter."""
        for key, values in self.params:
            if key == name:
                return values[0] if values else ""
        return None

    def with_param(self, name: str, value: str | None) -> Line:
        """Return the line with a parameter set in place, added at the end, or (None) taken away."""
        kept = [(k, v) for k, v in self.params if k != name or value is not None]
        if value is not None:
            at = next((i for i, (k, _) in enumerate(kept) if k == name), None)
            if at is None:
                kept.append((name, (value,)))
            else:
                kept[at] = (name, (value,))
        return Line(self.name, self.value, tuple(kept))

    def with_value(self, value: str) -> Line:
        """Return the line with another raw value."""
        return Line(self.name, value, self.params)

    def text(self) -> str:
        """Return the physical text: as it was read, or built and folded."""
        if self.raw is not None:
            return self.raw
        parameters = "".join(f";{key}={','.join(_quoted(key, v) for v in values)}" for key, values in self.params)
        return fold(f"{self.name}{parameters}:{self.value}")


def _quoted(name: str, value: str) -> str:
    """Quote a parameter value where the grammar asks for it and where Notes always does."""
    if name in {"TZID", "CN", "SENT-BY", "ALTREP", "DIR", "DELEGATED-TO", "DELEGATED-FROM"} or re.search(
        "[;:,]", value
    ):
        return '"' + value.replace('"', "'") + '"'
    return value


def fold(line: str) -> str:
    """Fold a logical line the way Notes does: early, before `;`, `:` or `,`, else in mid-word."""
    pieces: list[str] = []
    rest = line
    while len(rest.encode()) > _MAX_OCTETS:
        cut = _fold_at(rest)
        pieces.append(rest[:cut])
        rest = rest[cut:]
    pieces.append(rest)
    return "\r\n ".join(pieces)


def _fold_at(rest: str) -> int:
    """Return how many characters of `rest` go on this physical line."""
    octets = 0
    limit = 0
    for character in rest:
        octets += len(character.encode())
        if octets > _MAX_OCTETS - 1:
            break
        limit += 1
    early = max(rest.rfind(mark, limit - 20, limit) for mark in _FOLD_BEFORE)
    return early if early > 0 else limit


@dataclass(slots=True)
class Component:
    """A component: `name` in upper case, its own lines in order, its sub-components in order."""

    name: str
    lines: list[Line] = field(default_factory=list)
    children: list[Component] = field(default_factory=list)

    def first(self, name: str) -> Line | None:
        """Return the first line of that name."""
        return next((line for line in self.lines if line.name == name), None)

    def every(self, name: str) -> list[Line]:
        """Return all lines of that name."""
        return [line for line in self.lines if line.name == name]

    def value(self, name: str) -> str | None:
        """Return the raw value of the first line of that name, stripped."""
        line = self.first(name)
        return None if line is None else line.value.strip()

    def put(self, line: Line) -> None:
        """Replace the first line of that name and drop further ones, or append."""
        at = next((i for i, old in enumerate(self.lines) if old.name == line.name), len(self.lines))
        self.lines = [old for old in self.lines if old.name != line.name]
        self.lines.insert(min(at, len(self.lines)), line)

    def drop(self, *names: str) -> None:
        """Take lines away by name."""
        self.lines = [line for line in self.lines if line.name not in names]

    def copy(self) -> Component:
        """Return a copy whose lines can be changed without touching this one."""
        return Component(self.name, list(self.lines), [child.copy() for child in self.children])

    def physical(self) -> Iterator[str]:
        """Yield the physical text of each line, BEGIN and END included."""
        yield f"BEGIN:{self.name}"
        for line in self.lines:
            yield line.text()
        for child in self.children:
            yield from child.physical()
        yield f"END:{self.name}"

    def text(self) -> str:
        """Return the component as text with CRLF line ends."""
        return "".join(f"{line}\r\n" for line in self.physical())


@dataclass(frozen=True, slots=True)
class ReadText:
    """What a text held: its top-level components and the flaws that were survived."""

    components: list[Component]
    flaws: list[str]


def read_text(text: str) -> ReadText:
    """Read all components of a text; never fails. A flaw is one sentence."""
    roots: list[Component] = []
    stack: list[Component] = []
    flaws: list[str] = []
    for physical in _logical(text):
        line = parse_line(physical)
        if line is None:
            flaws.append("A line is not a content line and was left out.")
        elif line.name == "BEGIN":
            made = Component(line.value.strip().upper())
            (stack[-1].children if stack else roots).append(made)
            stack.append(made)
        elif line.name == "END":
            _close(stack, line.value.strip().upper(), flaws)
        elif stack:
            stack[-1].lines.append(line)
        else:
            flaws.append("A line stands outside of any component and was left out.")
    if stack:
        flaws.append(f"END:{stack[-1].name} is missing.")
    return ReadText(roots, flaws)


def _close(stack: list[Component], name: str, flaws: list[str]) -> None:
    """Close the innermost component of that name."""
    if name not in [open_one.name for open_one in stack]:
        flaws.append(f"END:{name} has no BEGIN.")
        return
    while stack and stack.pop().name != name:
        flaws.append(f"END:{name} closes a component that was still open.")


def _logical(text: str) -> Iterator[str]:
    """Yield each logical line as its physical text, folds kept as CRLF + blank."""
    pending: str | None = None
    for physical in re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")):
        if physical[:1] in {" ", "\t"} and pending is not None:
            pending += "\r\n" + physical
            continue
        if pending is not None and pending.endswith("=") and "QUOTED-PRINTABLE" in pending.upper():
            pending = pending[:-1] + physical
            continue
        if pending is not None and pending.strip():
            yield pending
        pending = physical
    if pending is not None and pending.strip():
        yield pending


def parse_line(physical: str) -> Line | None:
    """Parse one logical line given as physical text; None where it is no content line."""
    logical = re.sub(r"\r\n[ \t]", "", physical)
    name = _NAME.match(logical)
    if name is None:
        return None
    at = name.end()
    params: list[tuple[str, tuple[str, ...]]] = []
    while found := _PARAMETER.match(logical, at):
        params.append((found[1].upper(), tuple(a or b for a, b in _PART.findall(found[2] or ""))))
        at = found.end()
    if logical[at : at + 1] != ":":
        # A damaged parameter list: Notes still takes what follows the first colon.
        at = logical.find(":", name.end())
        if at < 0:
            return None
    line = Line(name[0].upper(), logical[at + 1 :], tuple(params), physical)
    if (line.param("ENCODING") or "").upper() == "QUOTED-PRINTABLE" or ("QUOTED-PRINTABLE", ()) in line.params:
        return _plain(line)
    return line


def _plain(line: Line) -> Line:
    """Turn a quoted-printable value (vCalendar 1.0) into text, as an import does."""
    charset = line.param("CHARSET") or "utf-8"
    data = quopri.decodestring(line.value.encode("utf-8", "replace"))
    try:
        value = data.decode(charset)
    except (LookupError, UnicodeDecodeError):
        value = data.decode("latin-1")
    kept = tuple((k, v) for k, v in line.params if k not in {"ENCODING", "CHARSET", "QUOTED-PRINTABLE"})
    return Line(line.name, escape(value), kept)


def escape(text: str) -> str:
    """Escape a TEXT value."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return re.sub(r"\r\n|\r|\n", r"\\n", text)


def unescape(value: str) -> str:
    """Return what a TEXT value says."""
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), value)


def split_values(value: str) -> list[str]:
    """Split a raw value at its unescaped commas."""
    return re.split(r"(?<!\\),", value)


def calendar_text(head: Iterable[Line], children: Iterable[Component]) -> str:
    """Return a VCALENDAR of these lines and components."""
    return Component("VCALENDAR", list(head), list(children)).text()
