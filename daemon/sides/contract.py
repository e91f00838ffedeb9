"""The contract behind which each calendar system stands: what a side can be asked, what it answers, how it fails.

Versions are opaque. Times are UTC. A side reads and writes; it never decides. Sources: contracts.md, A side.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from daemon.sync.rules import Window
from daemon.sync.trees import Capabilities, Evidence, LeftOut, Record
from shared.models import CalendarInfo, Image, Text
from shared.states import Group

ProgressSink = Callable[[str, int, int | None], None]
"""Called with (phase, done, total or None); must return at once."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Who answers: ``identity`` binds the base to this calendar or org (contracts.md 10); ``zone`` is the person's IANA zone."""

    identity: str
    zone: str
    capabilities: Capabilities
    name: str = ""
    own_calendar: bool = True


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a reading covered. Only a complete one lets an absence be looked into."""

    complete: bool
    window: Window
    server_time: datetime | None = None
    bookmark: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One reading. ``full``: everything in the window; else a delta to be merged into the stored tree.

    ``unreadable`` names what could not be understood (handle -> LeftOut with its sentence); ``left_out`` what is no item
    (cancelled, superseded, not an event, an unanswered invitation). ``unchanged`` are keys whose payload digest equals
    the known one: the stored record still holds.
    """

    full: bool
    records: tuple[Record, ...]
    coverage: Coverage
    gone: Mapping[str, Evidence] = field(default_factory=dict)
    unchanged: frozenset[str] = frozenset()
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    record: Record


@dataclass(frozen=True, slots=True)
class Gone:
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Unclear:
    """Nothing can be told of the item. ``lasting``: waiting will not help, it is out of this person's sight for good."""

    reason: Text
    lasting: bool = False


Looked = Found | Gone | Unclear


@dataclass(frozen=True, slots=True)
class Write:
    """One write to send. ``kind`` create, update or delete; ``after`` the image wanted; ``groups`` what may change.

    ``op_id`` is the journal's id; ``create_key`` the idempotency key of a create (stable over attempts). Creates with one
    ``series_key`` (not empty) are dates of one series: distinct starts, otherwise equal. A side may store them as one entry,
    whose identity comes from that key alone; each still has its own outcome and is found by its original start.
    ``raw`` is the payload last read, for sides that patch their own text.
    """

    op_id: str
    kind: str
    key: str = ""
    expected_version: str = ""
    before: Image | None = None
    after: Image | None = None
    groups: frozenset[Group] = frozenset()
    create_key: str = ""
    raw: str = ""
    series_key: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """Written (or found to be already so). ``stored`` is what the side holds now; None after a delete.

    ``was_there``: this create was refused because its key was taken, and ``stored`` is what took it.
    """

    op_id: str
    key: str
    version: str
    stored: Record | None
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The side said no. ``permanent`` means: not again until the item or a rule changes."""

    op_id: str
    code: str
    text: Text
    permanent: bool = True


@dataclass(frozen=True, slots=True)
class Stale:
    """The item is not what ``expected_version`` said; nothing was written."""

    op_id: str


@dataclass(frozen=True, slots=True)
class LostAnswer:
    """Sent, but the answer never came: look before anything is sent again."""

    op_id: str
    text: Text


Outcome = Done | Refused | Stale | LostAnswer


@dataclass(frozen=True, slots=True)
class Traces:
    """What may have become of a create whose answer was lost: ``sure`` are its result (best first), ``doubtful`` may be.

    A side that recognises its creates by key has no doubtful ones. Elsewhere they are the person's records made since the
    create was first sent that say something else: a trigger or a person may have changed what was sent (sync.md 2.9, "or ask").
    The sure ones may belong to another create or pair by now, which only the caller knows; then the doubtful ones matter.
    """

    sure: tuple[Record, ...] = ()
    doubtful: tuple[Record, ...] = ()


class SideError(Exception):
    """Base of the errors a side raises; ``text`` is the sentence for the person."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.text)
        self.text = text


class SideUnavailable(SideError):
    """The side cannot be reached or answers nonsense; ``retry_at`` is a moment in UTC or None."""

    def __init__(self, text: Text, retry_at: datetime | None = None) -> None:
        super().__init__(text)
        self.retry_at = retry_at


class SignInNeeded(SideError):
    """The person must sign in again."""


class LimitReached(SideError):
    """The side's allowance is used up ``until`` (UTC)."""

    def __init__(self, text: Text, until: datetime | None = None) -> None:
        super().__init__(text)
        self.until = until


class WrongAccount(SideError):
    """Another account, org or mail file answers than the one the base belongs to."""


class Side(Protocol):
    """A calendar system. One instance serves one account; methods may be called one after another, not at once."""

    async def open(self) -> Probe: ...

    async def close(self) -> None: ...

    async def calendars(self) -> Sequence[CalendarInfo]: ...

    async def observe(
        self, window: Window, bookmark: str, known: Mapping[str, Record], progress: ProgressSink
    ) -> Observation:
        """Read what matters. ``known`` are the stored records by key: a payload whose digest is known is not parsed again.

        An empty ``bookmark`` asks for a full reading.
        """
        ...

    async def look(self, keys: Iterable[str]) -> Mapping[str, Looked]:
        """Each key by itself, with evidence; a key that cannot be told is Unclear."""
        ...

    def write(self, writes: Sequence[Write]) -> AsyncIterator[Outcome]:
        """Carry out writes; yields one outcome each, as soon as it is known, in any order."""
        ...

    def key_of_create(self, create_key: str) -> str:
        """The key under which what a create with this idempotency key makes will stand; empty where only the server knows."""
        ...

    def made_here(self, key: str) -> bool:
        """Whether ``key`` is one that only a create of this program gives."""
        ...

    async def find_created(self, writes: Sequence[Write]) -> Mapping[str, Traces]:
        """By ``op_id``, what may have become of creates whose answers were lost; asked for together, in as few calls as can be.

        An operation without traces is not in the answer.
        """
        ...
