"""What the planner answers: proposals, look-ups it wants, upkeep of the base, and what an approved choice carries out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from daemon.sync.base import LinkState
from daemon.sync.merge import Frame
from daemon.sync.trees import LeftOut
from shared.models import Candidate, Choice, FieldRow, Guard, Image, Series, Text
from shared.states import Action, Decision, Group, Risk, Side


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """One write to one calendar. ``after`` is the whole image wanted, ``groups`` what may change (all of them on a create).

    ``raw`` is the payload a re-creation starts from (what the item was linked to), where one was kept. ``origin`` names what a
    create stands for where that is no item of the other side: its key is made from it, so that it is made once and only once.
    """

    side: Side
    kind: str
    key: str = ""
    expected_version: str = ""
    before: Image | None = None
    after: Image | None = None
    groups: frozenset[Group] = frozenset()
    raw: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What carrying out one decision means: writes, then the link as it shall be once all of them are done.

    ``link_state`` None leaves links alone, TOMBSTONE remembers a removal, and ``forget`` drops the link. The images are the
    *believed* ones (sync.md 2.9): after-image on a target, the image seen on a source; the executor replaces a target's image by
    what the server stored where only the server's normalisation differs. ``notes_body_written`` is the description this
    settlement puts into Notes, or None.

    A key left empty beside a create is the one the create will bring. FROZEN is a pair the person detached: it stands still
    until forgotten (a pair out of the window needs no state, its base simply stays). ``kept_apart`` holds every pair an answer
    *keep apart* speaks of; ``keep_apart`` is its first. ``no_more_apart`` takes such an answer back.
    """

    writes: tuple[PlannedWrite, ...] = ()
    link_state: LinkState | None = None
    forget: bool = False
    notes_image: Image | None = None
    salesforce_image: Image | None = None
    notes_key: str = ""
    salesforce_key: str = ""
    generation: int = 1
    keep_syncing: bool = False
    private_seen: bool = False
    keep_apart: tuple[str, str] | None = None
    notes_body_written: str | None = None
    kept_apart: tuple[tuple[str, str], ...] = ()
    no_more_apart: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """One row, before any decision. ``revision`` is a hash of the inputs only (interfaces.md, Change).

    ``notes_key``/``salesforce_key`` name the records it speaks of, and ``notes_digest``/``salesforce_digest`` are what an
    ignore remembers of them (ignore.remember). ``notes``/``salesforce`` are the images to show (private ones already without
    text). ``base`` is what both were last in step with, where there is a link that kept it.
    ``settlements`` says for each entry of ``choices``, by index, what it carries out; CHOOSE_FIELDS is worked out by
    settle.py from ``fields`` over ``frame``, which is set where fields can be chosen.
    """

    id: str
    item: str
    action: Action
    revision: str
    default_decision: Decision
    title: str
    starts_at: str
    ends_at: str
    all_day: bool
    notes_key: str = ""
    salesforce_key: str = ""
    notes_version: str = ""
    salesforce_version: str = ""
    generation: int = 0
    series: Series | None = None
    notes: Image | None = None
    salesforce: Image | None = None
    base: Image | None = None
    candidates: tuple[Candidate, ...] = ()
    choices: tuple[Choice, ...] = ()
    settlements: tuple[Settlement | None, ...] = ()
    risks: tuple[Risk, ...] = ()
    fields: tuple[FieldRow, ...] = ()
    summary: Text | None = None
    why: tuple[Text, ...] = ()
    frame: Frame | None = None
    notes_digest: bytes = b""
    salesforce_digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """A silent change of the base that writes to no calendar: rebase, freeze, forget, tombstone, drop_ignore.

    ``rebase`` sets both images (and state LINKED, and ``private_seen`` to what stands here). ``freeze`` keeps the images.
    ``tombstone`` keeps keys and generation and replaces both images by those given (none: nothing is held back later).
    ``drop_ignore`` removes the ignore named by ``ignore``.
    """

    kind: str
    item: str
    notes_image: Image | None = None
    salesforce_image: Image | None = None
    ignore: str = ""
    private_seen: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer of the planner. ``changes`` are sorted by (start, id); ``left_out`` tells why an item gets no row."""

    changes: tuple[Proposal, ...] = ()
    wanted: frozenset[tuple[Side, str]] = frozenset()
    upkeep: tuple[Upkeep, ...] = ()
    left_out: Mapping[tuple[Side, str], LeftOut] = field(default_factory=dict)
    quiet: Mapping[str, tuple[Text, ...]] = field(default_factory=dict)
    guard: Guard | None = None
    plan_hash: str = ""
