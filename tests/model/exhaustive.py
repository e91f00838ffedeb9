"""The exhaustive model of approval, journal and crashes: one item, every interleaving (sync.md 2.9).

Two calendars hold one item each at most (a value, 0 for nothing). Both users edit and delete. The engine compares, a person
approves, the engine writes an intent, sends, reads the answer, commits the base. Requests and answers get lost, a request may
arrive after its retry, the process dies anywhere. Every reachable state is visited; a violation carries the trace to it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

Source, Target = 0, 1


@dataclass(frozen=True, slots=True)
class Variant:
    """Which safeguards the engine of a model has."""

    precondition: bool = True
    recheck: bool = True
    look_before_resend: bool = True
    keyed: bool = True
    quarantine: bool = True
    believed_base: bool = True
    edits: int = 2
    faults: int = 2
    approvals: int = 3


class Op(NamedTuple):
    """What is in the journal: the kind (create, update, delete), the value, the before-values, and how far it got."""

    kind: str
    after: int
    source_before: int
    target_before: int
    target_version: int
    phase: str


class Wire(NamedTuple):
    """A request that was sent and may still arrive."""

    kind: str
    after: int
    before: int
    version: int


class State(NamedTuple):
    """Everything there is.

    ``copies`` are further target records made by a doubled create. ``wires`` are requests under way, at most two: one that is
    waited for (the last, while the operation is sent) and one that is believed lost. ``version`` counts every change.
    """

    source: int = 1
    target: int = 0
    version: int = 0
    copies: int = 0
    base: tuple[int, int] | None = None
    approved: Op | None = None
    op: Op | None = None
    wires: tuple[Wire, ...] = ()
    answered: int = -1
    source_edits: int = 0
    target_edits: int = 0
    faults: int = 0
    approvals: int = 0
    next_value: int = 2
    lost: str = ""


Step = tuple[str, State]


def planned(state: State) -> Op | None:
    """What the engine proposes towards the target (or, as 'pull', towards the source when only the target changed)."""
    if state.op is not None:
        return None
    if state.base is None:
        if state.source and not state.target:
            return Op("create", state.source, state.source, 0, 0, "approved")
        return None
    was_source, was_target = state.base
    source_changed, target_changed = state.source != was_source, state.target != was_target
    if not source_changed or target_changed:
        return None  # nothing, or the other direction, or a conflict: a person chooses, nothing is sent from here
    kind = "delete" if not state.source else "update"
    return Op(kind, state.source, state.source, state.target, state.version, "approved")


def steps(state: State, variant: Variant) -> list[Step]:
    """Every step possible in ``state``."""
    found: list[Step] = []
    found.extend(_people(state, variant))
    found.extend(_engine(state, variant))
    found.extend(_network(state, variant))
    return found


def _people(state: State, variant: Variant) -> list[Step]:
    found: list[Step] = []
    value = state.next_value
    if state.source_edits < variant.edits and state.source:
        edited = state._replace(source_edits=state.source_edits + 1, next_value=value + 1)
        found.append(("source edits", edited._replace(source=value)))
        found.append(("source deletes", edited._replace(source=0)))
    if state.target_edits < variant.edits and state.target:
        edited = state._replace(target_edits=state.target_edits + 1, next_value=value + 1, version=state.version + 1)
        found.append(("target edits", edited._replace(target=value)))
        found.append(("target deletes", edited._replace(target=0)))
    plan = planned(state)
    if plan is not None and state.approved is None and state.approvals < variant.approvals:
        found.append(("approve", state._replace(approved=plan, approvals=state.approvals + 1)))
    return found


def _engine(state: State, variant: Variant) -> list[Step]:
    found: list[Step] = []
    if state.approved is not None and state.op is None:
        found.append(("ok", _begin(state, variant)))
    op = state.op
    if op is None:
        return [*found, *_rebase(state)]
    if op.phase == "intent":
        wire = Wire(op.kind, op.after, op.target_before, op.target_version)
        if len(state.wires) < 2:
            sent = state._replace(op=op._replace(phase="sent"), wires=(*state.wires, wire), answered=-1)
            found.append(("send", sent))
    if op.phase == "sent" and state.answered >= 0:
        answer = "acked" if state.answered else "stale"
        found.append(("read the answer", state._replace(op=op._replace(phase=answer), answered=-1)))
    if op.phase == "acked":
        found.append(("commit", _commit(state, op, variant)))
    if op.phase == "stale":
        found.append(("give up", state._replace(op=None)))
    if op.phase == "unknown":
        found.extend(_settle(state, op, variant))
    if state.faults < variant.faults and op.phase != "unknown":
        # The process dies: what it had not written down it does not know; an acked operation is in the journal.
        after = op if op.phase in ("acked", "stale") else op._replace(phase="unknown")
        found.append(("crash", state._replace(op=after, answered=-1, faults=state.faults + 1)))
    return found


def _rebase(state: State) -> list[Step]:
    """Both sides say the same: the base moves by itself; both are gone: there is nothing to remember."""
    if state.base is not None and state.source == state.target and state.base != (state.source, state.target):
        base = (state.source, state.target) if state.source else None
        return [("rebase", state._replace(base=base))]
    return []


def _begin(state: State, variant: Variant) -> State:
    approved = state.approved
    assert approved is not None
    cleared = state._replace(approved=None)
    # What is looked at again are the items of the row by their ids; a create has none at the target yet.
    same_create = approved.kind == "create" and state.base is None and state.source == approved.source_before
    if variant.recheck and planned(cleared) != approved and not same_create:
        return cleared  # it comes back as stale
    return cleared._replace(op=approved._replace(phase="intent"))


def _commit(state: State, op: Op, variant: Variant) -> State:
    if variant.believed_base:
        base: tuple[int, int] | None = (op.source_before, op.after)
    else:
        base = (state.source, state.target)
    if op.kind == "delete":
        base = None
        if state.source:
            base = (0, 0) if state.target == 0 else base
    return state._replace(op=None, base=base if base != (0, 0) else None)


def _settle(state: State, op: Op, variant: Variant) -> list[Step]:
    """What became of an operation whose answer nobody knows: look, then decide. Nothing is sent here."""
    if op.kind == "create" and variant.quarantine and not variant.keyed and state.wires:
        return []  # wait until the request can no longer arrive
    if not variant.look_before_resend:
        return [("resend blindly", state._replace(op=op._replace(phase="intent")))]
    if op.kind == "delete":
        if state.target == 0:
            return [("look: gone", state._replace(op=op._replace(phase="acked")))]
    elif state.target == op.after:
        return [("look: there", state._replace(op=op._replace(phase="acked")))]
    elif op.kind == "create" and state.target:
        return [("look: there, edited", state._replace(op=op._replace(phase="acked")))]
    return [("look: not done", state._replace(op=op._replace(phase="stale")))]


def _network(state: State, variant: Variant) -> list[Step]:
    found: list[Step] = []
    for number, wire in enumerate(state.wires):
        name = "" if number == len(state.wires) - 1 else " (the older one)"
        waiting = not name and state.op is not None and state.op.phase == "sent" and state.answered < 0
        rest = state.wires[:number] + state.wires[number + 1 :]
        arrived = _effect(state._replace(wires=rest), wire, variant)
        found.append((f"arrive{name}", arrived._replace(answered=arrived.answered if waiting else state.answered)))
        if state.faults >= variant.faults:
            continue
        fault = state.faults + 1
        gone = state._replace(wires=rest, faults=fault)
        found.append((f"lose the request{name}", _unknown(gone) if waiting else gone))
        if waiting:
            found.append(("lose the answer", _unknown(arrived._replace(faults=fault, answered=-1))))
            found.append(("delay the request", _unknown(state._replace(faults=fault))))
    return found


def _unknown(state: State) -> State:
    op = state.op
    if op is not None and op.phase == "sent":
        return state._replace(op=op._replace(phase="unknown"))
    return state


def _effect(state: State, wire: Wire, variant: Variant) -> State:
    """The request takes effect at the target, or is refused there. ``answered``: 1 done, 0 refused."""
    if wire.kind == "create":
        if not state.target:
            return state._replace(target=wire.after, version=state.version + 1, answered=1)
        if variant.keyed:
            return state._replace(answered=1)
        return state._replace(copies=state.copies + 1, answered=1)
    if variant.precondition and state.version != wire.version:
        return state._replace(answered=1 if wire.kind == "delete" and not state.target else 0)
    lost = state.lost
    if state.target not in (wire.before, wire.after):
        lost = "lost update"
    after = 0 if wire.kind == "delete" else wire.after
    if not state.target and wire.kind == "update":
        return state._replace(answered=0)
    return state._replace(target=after, version=state.version + 1, answered=1, lost=lost)


def violation(state: State, variant: Variant) -> str:
    """What must never be, in this state."""
    if state.lost:
        return state.lost
    if state.copies:
        return "duplicate"
    quiet = state.op is None and state.approved is None and not state.wires
    if quiet and state.base == (state.source, state.target) and state.source != state.target and state.source:
        return "quiet but different"
    return ""


class Explored(NamedTuple):
    """How many states there are, and the shortest trace to each kind of violation."""

    states: int
    violations: dict[str, tuple[str, ...]]
    traces: tuple[tuple[str, ...], ...]


def explore(variant: Variant, keep: int = 0) -> Explored:
    """Breadth first over every reachable state; ``keep``: so many traces of final states, evenly chosen."""
    start = State()
    came: dict[State, tuple[State, str] | None] = {start: None}
    queue = deque([start])
    violations: dict[str, tuple[str, ...]] = {}
    ends: list[State] = []
    while queue:
        state = queue.popleft()
        kind = violation(state, variant)
        if kind:
            violations.setdefault(kind, trace(came, state))
            continue
        after = steps(state, variant)
        if not after:
            ends.append(state)
        for name, reached in after:
            if name == "ok" and not variant.recheck and planned(state._replace(approved=None)) != state.approved:
                violations.setdefault("sent unseen", (*trace(came, state), name))
            if reached not in came:
                came[reached] = (state, name)
                queue.append(reached)
    chosen = ends[:: max(1, len(ends) // keep)][:keep] if keep else []
    return Explored(len(came), violations, tuple(trace(came, end) for end in chosen))


def trace(came: dict[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    """The steps from the start to ``state``."""
    names: list[str] = []
    step = came[state]
    while step is not None:
        before, name = step
        names.append(name)
        step = came[before]
    return tuple(reversed(names))


def replay_end(names: tuple[str, ...], variant: Variant) -> State:
    """The state in which a trace ends."""
    state = State()
    for name in names:
        state = next(reached for step, reached in steps(state, variant) if step == name)
    return state
