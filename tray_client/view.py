"""PURE: turns the daemon's Status and the first pending rows into the icon, its tooltip and its menu."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from shared.labels import (
    ACTION_WORDS,
    DECISION_WORDS,
    IGNORE_FOREVER,
    IGNORE_UNTIL_CHANGE,
    OPEN_SYNCHRONIZATION,
    STATE_WORDS,
    counted,
)
from shared.local_times import moment_words, short_start
from shared.models import Change, Run, Status
from shared.states import Action, DaemonState, Decision, RunState
from tray_client.menu import (
    LINE,
    Apply,
    Decide,
    Entry,
    IconState,
    OpenPage,
    PauseRuns,
    Place,
    Quit,
    Restart,
    ResumeRuns,
    StartDaemon,
    View,
)

MOST_ROWS = 10
TITLE_LENGTH = 40
LINE_LENGTH = 90
TOOLTIP_LENGTH = 120
"""Windows takes 127 UTF-16 units and fails on more (anchors.md 4); titles do not stand in tooltips."""

SYNCHRONIZATION = OpenPage(Place.SYNCHRONIZATION)
SUMMARY = OpenPage(Place.SUMMARY)
SETTINGS = OpenPage(Place.SETTINGS)
PAUSE_HOURS = (1, 2, 4)

ICON_OF_STATE: dict[DaemonState, IconState] = {
    DaemonState.STOPPING: IconState.WORKING,
    DaemonState.STARTING: IconState.WORKING,
    DaemonState.APPLYING: IconState.WORKING,
    DaemonState.COMPARING: IconState.WORKING,
    DaemonState.NEEDS_SIGN_IN: IconState.SIGN_IN,
    DaemonState.FAILED: IconState.PROBLEM,
    DaemonState.AWAITING_REVIEW: IconState.DECISION,
    DaemonState.OFFLINE: IconState.OFFLINE,
    DaemonState.PAUSED: IconState.PAUSED,
    DaemonState.IDLE: IconState.IDLE,
}


@dataclass(frozen=True, slots=True)
class NoDaemon:
    """No daemon answers; ``because`` is what went wrong with the last try, if there was one."""

    because: str = ""


@dataclass(frozen=True, slots=True)
class OtherDaemon:
    """A daemon of another version runs; ``because`` says so."""

    because: str


@dataclass(frozen=True, slots=True)
class Connected:
    """The daemon's Status with the first rows that wait for a decision, in the order to show them."""

    status: Status
    rows: tuple[Change, ...] = ()


Moment = NoDaemon | OtherDaemon | Connected


def make_view(moment: Moment, zone: tzinfo | None = None) -> View:
    """What the tray shows; times in ``zone`` (None: this machine's)."""
    match moment:
        case NoDaemon(because):
            return _without_daemon(because)
        case OtherDaemon(because):
            return _other_daemon(because)
        case Connected(status, rows):
            return _connected(status, rows, zone)


def _without_daemon(because: str) -> View:
    words = because or "Daybridge is not running"
    entries = (Entry("Start Daybridge", StartDaemon()), LINE, Entry(_cut(words, LINE_LENGTH)), Entry("Quit", Quit()))
    return View(IconState.NO_DAEMON, _tooltip(words), entries, StartDaemon(), StartDaemon())


def _other_daemon(because: str) -> View:
    entries = (Entry("Restart", Restart()), Entry("Quit", Quit()))
    tooltip = _tooltip(because or "Restart to finish the update")
    return View(IconState.PROBLEM, tooltip, entries, Restart(), Restart())


def _connected(status: Status, rows: tuple[Change, ...], zone: tzinfo | None) -> View:
    words = state_words(status, zone)
    entries = (
        Entry(OPEN_SYNCHRONIZATION, SYNCHRONIZATION),
        *_pending(status, rows, zone),
        LINE,
        _pause(status),
        Entry("Settings", SETTINGS),
        LINE,
        Entry(_cut(words, LINE_LENGTH)),
        Entry("Quit", Quit()),
    )
    return View(ICON_OF_STATE[status.state], _tooltip(words), entries, SETTINGS, SYNCHRONIZATION)


def state_words(status: Status, zone: tzinfo | None = None) -> str:
    """The status line: the state, and for a resting daemon when it ran last and will run next."""
    if status.state is DaemonState.AWAITING_REVIEW:
        return f"{counted(status.pending.changes, 'change waits', 'changes wait')} for your decision"
    if status.state is DaemonState.PAUSED and status.paused_until:
        return f"Automatic runs are paused until {moment_words(status.paused_until, zone)}"
    if status.state is not DaemonState.IDLE:
        said = status.because.text if status.because is not None else ""
        return said or STATE_WORDS[status.state]
    last = max((each.last_run for each in status.objects if each.last_run), default=None)
    words = f"Last Run: {moment_words(last, zone)}"
    if status.next_run_at:
        words += f", next: {moment_words(status.next_run_at, zone)}"
    return words


def reviewing(status: Status) -> Run | None:
    """The open run while it waits for decisions."""
    run = status.run
    return run if run is not None and run.state is RunState.AWAITING_REVIEW else None


def _pending(status: Status, rows: tuple[Change, ...], zone: tzinfo | None) -> tuple[Entry, ...]:
    run = reviewing(status)
    if run is None:
        return ()
    lines = [_row(run, row, zone) for row in rows[:MOST_ROWS]]
    end = (_ok(status, run), Entry("Show all …", SUMMARY))
    inside = (*lines, LINE, *end) if lines else end
    return (Entry(f"Pending changes ({status.pending.changes})", entries=inside),)


def _ok(status: Status, run: Run) -> Entry:
    """*Ok: write n changes*; it opens the window where a guard holds the run, and is grey when nothing is approved."""
    label = f"Ok: write {counted(status.pending.approved, 'change', 'changes')}"
    if run.guard is not None:
        return Entry(f"{label} …", SUMMARY)
    if status.pending.approved == 0:
        return Entry(label)
    return Entry(label, Apply(run.id, run.plan))


def _row(run: Run, row: Change, zone: tzinfo | None) -> Entry:
    deciding = {choice.decision: choice for choice in row.choices}
    entries: list[Entry] = []
    approve = deciding.get(Decision.APPROVE)
    if approve is not None:
        chosen = row.decision is Decision.APPROVE
        if approve.destructive:
            entries.append(Entry("Approve …", OpenPage(Place.SUMMARY, row.id), ticked=chosen))
        else:
            entries.append(Entry("Approve", _decide(run, row, Decision.APPROVE), ticked=chosen))
    for decision, label in (
        (Decision.IGNORE_UNTIL_CHANGE, IGNORE_UNTIL_CHANGE),
        (Decision.IGNORE_FOREVER, IGNORE_FOREVER),
    ):
        if decision in deciding:
            entries.append(Entry(label, _decide(run, row, decision), ticked=row.decision is decision))
    entries.append(Entry("Show", OpenPage(Place.SUMMARY, row.id)))
    return Entry(row_words(row, zone), entries=tuple(entries))


def row_words(row: Change, zone: tzinfo | None = None) -> str:
    """One row on one line: title, when, what would be done, and the decision once there is one."""
    title = " ".join(row.title.split()) or "(no subject)"
    title = _cut(title, TITLE_LENGTH)
    times = _series_count(row)
    when = f"{times} times" if times else short_start(row.starts_at, zone)
    words = f"{title} · {when} · {ACTION_WORDS[row.action]}"
    if row.decision is not Decision.UNDECIDED:
        words += f" · {DECISION_WORDS[row.decision]}"
    return words


def _series_count(row: Change) -> int:
    """How many rows a collapsed series row stands for; 0 for a row that stands for itself."""
    series = row.series
    return series.count if series is not None and series.position == 0 and series.count > 1 else 0


def _decide(run: Run, row: Change, decision: Decision) -> Decide:
    if row.series is not None and _series_count(row):
        return Decide(run.id, run.plan, decision, series=row.series.id)
    return Decide(run.id, row.revision, decision, change=row.id)


def _pause(status: Status) -> Entry:
    if status.state is DaemonState.PAUSED or status.paused_until:
        return Entry("Resume automatic runs", ResumeRuns())
    hours = tuple(Entry(counted(each, "hour", "hours"), PauseRuns(each)) for each in PAUSE_HOURS)
    return Entry("Pause automatic runs", entries=hours)


def _tooltip(words: str) -> str:
    return _cut(f"Daybridge: {words}", TOOLTIP_LENGTH)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def first_rows(rows: tuple[Change, ...]) -> tuple[Change, ...]:
    """The rows for the menu: those still undecided first, each group in the daemon's order; never ``cannot_sync``."""
    waiting = [row for row in rows if row.action is not Action.CANNOT_SYNC]
    return tuple(sorted(waiting, key=lambda row: row.decision is not Decision.UNDECIDED)[:MOST_ROWS])
