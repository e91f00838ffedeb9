"""Replays a trace of the exhaustive model on the real engine: the model's source is Notes, its target Salesforce.

What people do between two steps of the engine is done at the very point where the engine stands; where the model loses, delays
or crashes, so does the bench.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from shared.models import Image, OneDecision
from shared.problems import ApiProblem
from shared.states import Action, Decision
from tests.fakes.engine import Bench
from tests.fakes.engine_checks import Watch
from tests.fakes.engine_process import Crash

PEOPLE = ("source edits", "source deletes", "target edits", "target deletes")
ACTIONS = (Action.CREATE_IN_SALESFORCE, Action.UPDATE_IN_SALESFORCE, Action.DELETE_IN_SALESFORCE)
FAULTS = {"lose the request": "lose_before", "lose the answer": "lose_after", "delay the request": "delay"}


@dataclass
class Replay:
    """One trace on one bench."""

    trace: tuple[str, ...]
    keyed: bool
    at: int = 0
    value: int = 2
    writing: bool = False
    skipped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bench = Bench(keyed=self.keyed)
        self.watch = Watch(self.bench)
        self.bench.stay_down = True
        self.key = self.bench.notes.put(
            Image(subject="Visit", location="v1", starts_at="2026-03-10T09:00Z", ends_at="2026-03-10T10:00Z")
        )
        self.bench.at_point = self._at_point

    def run(self) -> tuple[int, int]:
        """The values both calendars hold at the end (0: nothing)."""
        while (name := self._next()) is not None:
            if name in PEOPLE:
                self._people()
            elif name == "approve":
                self.at += 1
                self._approve()
            elif name == "ok":
                self.at += 1
                self._ok()
            elif name.startswith("arrive"):
                self.at += 1
                self.bench.salesforce.arrive(0 if name != "arrive" else -1)
            elif name.startswith("lose the request"):
                self.at += 1
                self.bench.salesforce.network.under_way.pop(0 if name.endswith(")") else -1)
            else:
                self.at += 1
                if name.startswith("look") or name == "commit":
                    self._compare()
        if self.bench.gate.shut:
            self.bench.come_up()
        self.watch.check_state()
        self.watch.verify()
        found = self._held(self.bench.notes.entries), self._held(self.bench.salesforce.entries)
        self.bench.close()
        return found

    def _next(self) -> str | None:
        return self.trace[self.at] if self.at < len(self.trace) else None

    @staticmethod
    def _held(entries: dict[str, object]) -> int:
        assert len(entries) <= 1, "doubled"
        return next((int(entry.image.location[1:]) for entry in entries.values()), 0)  # type: ignore[attr-defined]

    def _people(self) -> None:
        """Every step of people that comes next."""
        while (name := self._next()) in PEOPLE:
            assert name is not None
            side = self.bench.notes if name.startswith("source") else self.bench.salesforce
            (key,) = side.entries
            if name.endswith("edits"):
                side.edit(key, location=f"v{self.value}")
            else:
                side.remove(key)
            self.value += 1
            self.watch.gap.add(key)
            self.at += 1

    def _compare(self) -> None:
        if self.bench.gate.shut:
            self.bench.come_up()
        self.bench.start()

    def _approve(self) -> None:
        self._compare()  # links what an earlier process left open, so that it can grow older than ten minutes
        self.bench.clock.advance(minutes=13)
        if self.keyed:  # the model has no clock: what is under way stays under way
            network = self.bench.salesforce.network
            network.under_way = [replace(one, at=self.bench.clock.now) for one in network.under_way]
        self.bench.start()
        rows = [row for row in self.bench.rows() if row.action in ACTIONS]
        assert len(rows) == 1, (self.trace, [row.action for row in self.bench.rows()])
        self.bench.decide([OneDecision(change=rows[0].id, revision=rows[0].revision, decision=Decision.APPROVE)])

    def _ok(self) -> None:
        """Ok with the number of deletions; what the trace does meanwhile happens inside (``_at_point``)."""
        self.watch.approve()
        review = self.bench.review
        assert review is not None
        self.writing = True
        try:
            self.bench.ok(review.deletions() or None)
        except ApiProblem as problem:
            self.skipped.append(str(problem.name))
        finally:
            self.writing = False

    def _at_point(self, point: str) -> None:
        """The engine stands at a step of its own: let the world do what the trace says happens before its next one."""
        if not self.writing:
            return
        step = point.removeprefix("salesforce.").split("_")[0]
        if point == "journal.sent.before" or step == "before":
            self._people()
            self._maybe_crash()
            if step == "before" and self._next() == "send":
                self._send()
        elif step == "effect":
            self._after_effect()
        elif point in ("journal.acked.after", "journal.ended.after"):
            if self._next() == "read the answer":
                self.at += 1
            self._people()
            self._maybe_crash()
        elif point == "journal.finish_with.after" and self._next() in ("commit", "give up"):
            self.at += 1
        elif step == "answered" and self._next() == "crash":
            self._maybe_crash()

    def _send(self) -> None:
        self.at += 1
        self._people()
        name = self._next()
        if name is None or name == "crash":
            self.bench.salesforce.network.next = ["delay"]
        elif name in FAULTS:
            self.bench.salesforce.network.next = [FAULTS[name]]
            self.at += 1
        elif name.startswith("arrive ("):
            self.at += 1
            self.bench.salesforce.arrive(0)
            self.at -= 1
            self._send()
        elif name == "arrive":
            self.at += 1

    def _after_effect(self) -> None:
        self._people()
        if self._next() == "crash":
            self._maybe_crash()

    def _maybe_crash(self) -> None:
        if self._next() == "crash":
            self.at += 1
            raise Crash("as the trace says")
