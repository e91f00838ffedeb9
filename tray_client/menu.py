"""The words of the tray: what a menu entry is, what it can ask for, and what one moment of the icon looks like."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.states import Decision


class Place(StrEnum):
    """A part of the page that can be opened (``view`` in the fragment of its address)."""

    SYNCHRONIZATION = "synchronization"
    SUMMARY = "summary"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class OpenPage:
    """Open the page at ``place``; ``change`` is the row to show there."""

    place: Place
    change: str | None = None


@dataclass(frozen=True, slots=True)
class Decide:
    """Post a decision on one row (``change``) or on all rows of a series (``series``, revision = the run's plan)."""

    run: str
    revision: str
    decision: Decision
    change: str | None = None
    series: str | None = None


@dataclass(frozen=True, slots=True)
class Apply:
    """The Ok button, for the plan the person saw."""

    run: str
    plan: str


@dataclass(frozen=True, slots=True)
class PauseRuns:
    """Pause automatic runs for ``hours``."""

    hours: int


@dataclass(frozen=True, slots=True)
class ResumeRuns:
    """Let automatic runs go on."""


@dataclass(frozen=True, slots=True)
class StartDaemon:
    """Start the daemon, when none answers."""


@dataclass(frozen=True, slots=True)
class Restart:
    """End the running daemon, start the installed one, and start this program again."""


@dataclass(frozen=True, slots=True)
class Quit:
    """End the tray client; the daemon goes on."""


Command = OpenPage | Decide | Apply | PauseRuns | ResumeRuns | StartDaemon | Restart | Quit


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu: with a command it can be chosen, with ``entries`` it opens them, with neither it is grey.

    ``ticked`` is None for a line that cannot be ticked. An empty label is a separating line.
    """

    label: str
    command: Command | None = None
    entries: tuple[Entry, ...] = ()
    ticked: bool | None = None

    @property
    def enabled(self) -> bool:
        return self.command is not None or bool(self.entries)


LINE = Entry("")


class IconState(StrEnum):
    """What the icon shows, each by a shape of its own (icons.py)."""

    IDLE = "idle"
    WORKING = "working"
    DECISION = "decision"
    SIGN_IN = "sign_in"
    PROBLEM = "problem"
    PAUSED = "paused"
    OFFLINE = "offline"
    NO_DAEMON = "no_daemon"


@dataclass(frozen=True, slots=True)
class View:
    """One moment of the tray icon. ``click`` is what a (double) click does where the icon also has a menu;
    ``only_click`` what it does on desktops whose icons have no menu: it must lead to everything else."""

    icon: IconState
    tooltip: str
    entries: tuple[Entry, ...]
    click: Command
    only_click: Command
