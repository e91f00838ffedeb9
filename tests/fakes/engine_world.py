"""A whole installation that must settle: everything healed, everything approved, both calendars agree, and then silence."""

from __future__ import annotations

from functools import partial

import msgspec

from daemon.runs.brake import SAME_VALUE_AT_MOST
from daemon.sync.appointment import differing, item_id
from daemon.sync.base import LinkState
from daemon.sync.projection import canonical, project
from daemon.sync.rules import Rules
from shared.models import Image
from shared.problems import ApiProblem
from shared.states import Action, Group, Result, RunMode, RunState, Side
from tests.fakes.engine_checks import content
from tests.fakes.engine_person import Person

ROUNDS = 6
"""Runs within which everything must have settled; two where no question has to be asked twice (P3)."""


class World(Person):
    """Everything that can happen to one installation, and what must hold when it has calmed down."""

    def settle(self, *, approve_link: bool = False) -> None:
        """P3 and P4: with everything healed and everything approved, both agree soon, and then nothing more is written."""
        self._heal()
        rounds = unread = 0
        while True:
            self.start()
            if not self.bench.waits():
                if self._quarantined() and unread <= 2:
                    self.bench.clock.advance(minutes=13)
                    unread += 1
                    continue
                ended = self.bench.coordinator.last_ended
                unread += 1
                if ended is None or ended.state is not RunState.FAILED or unread > 2:
                    break
                continue  # a sudden drop is believed when the next complete reading agrees
            rows = [row for row in self.bench.rows() if row.action is not Action.CANNOT_SYNC]
            rounds += bool(rows)
            if rounds > ROUNDS:
                self.watch.broken("P3", f"not settled after {ROUNDS} rounds: {self._screen()}")
                break
            guard = self.bench.run.guard if self.bench.run else None
            if guard is not None and guard.confirm is None:
                self.bench.cancel()
                return
            self.decide_all(0)
            self.ok()
            self.bench.clock.advance(minutes=13)
        self.watch.verify()
        before = self._sent()
        self.start()
        if self.bench.waits() or self._sent() != before:
            self.watch.broken("P4", f"a run on a settled pair is not empty: {self._screen()}")
        self._agreement()
        self.watch.verify()

    def _quarantined(self) -> bool:
        """Whether a row waits because what was sent for it may still arrive."""
        comparison = self.bench.coordinator.comparison
        quiet = comparison.plan.quiet.values() if comparison is not None else ()
        return any(text.code == "row.waiting" for why in quiet for text in why)

    def _heal(self) -> None:
        self.recover()
        self.bench.crash_plan = None
        for number, side in enumerate(self.bench.sides):
            side.rewrite = None
            while side.network.under_way:
                self.arrive(number, 0)
        self.bench.cancel()
        self.bench.clock.advance(hours=25)  # the daily full reading finds what a delta never tells

    def _agreement(self) -> None:
        """P3: what is linked says the same; what is not has its reason."""
        comparison = self.bench.coordinator.comparison
        assert comparison is not None
        rules = self.bench.rules_now()
        ignored = {one.item for one in self.bench.base().ignores}
        linked: set[tuple[Side, str]] = set()
        for link in self.bench.base().links:
            for side in Side:
                linked.add((side, link.key(side)))
            n = self.bench.notes.entries.get(link.notes_key)
            s = self.bench.salesforce.entries.get(link.salesforce_key)
            if link.state is not LinkState.LINKED or n is None or s is None or link.id in ignored or link.private_seen:
                continue
            if self.private != "carry" and (n.image.private or s.image.private):
                continue
            if not rules.window.holds(n.image) or not rules.window.holds(s.image):
                continue
            differ = self._differ(n.image, s.image, rules)
            if differ and not comparison.plan.quiet.get(link.id):
                self.watch.broken("P3", f"{link.id} differs in {sorted(differ)} without a reason")
            elif differ - {Group.DESCRIPTION} and not self._excused(link.id):
                self.watch.broken("P3", f"{link.id} is quiet but different in {sorted(differ)}")
        self._everything_has_a_reason(linked)

    def _differ(self, n: Image, s: Image, rules: Rules) -> frozenset[Group]:
        to_s = canonical(project(n, Side.SALESFORCE, rules, self.bench.salesforce.capabilities).image)
        to_n = canonical(project(s, Side.NOTES, rules, self.bench.notes.capabilities).image)
        groups = rules.groups
        found = differing(to_s, canonical(s), groups) & differing(to_n, canonical(n), groups)
        return found if not self.protect else found - {Group.DESCRIPTION}

    def _excused(self, link: str) -> bool:
        """Acknowledged rows that cannot be synchronized (a time the other side cannot hold) stay different."""
        comparison = self.bench.coordinator.comparison
        assert comparison is not None
        codes = {text.code for text in comparison.plan.quiet.get(link, ())}
        return any(code.startswith("cannot.") for code in codes)

    def _everything_has_a_reason(self, linked: set[tuple[Side, str]]) -> None:
        comparison = self.bench.coordinator.comparison
        assert comparison is not None
        for side in self.bench.sides:
            for key in side.entries:
                known = (
                    (side.side, key) in linked
                    or (side.side, key) in comparison.plan.left_out
                    or item_id(self.bench.pairing(), side.side, key) in comparison.plan.quiet
                )
                inside = self.bench.rules_now().window.holds(side.entries[key].image)
                if inside and not known:
                    self.watch.broken("P3", f"{key} on {side.side} is nowhere and nothing says why")

    def undo_round(self) -> None:
        """P31: apply one run completely, undo it completely: both calendars hold what they held."""
        self._heal()
        self.start()
        if not self.bench.waits() or (self.bench.run and self.bench.run.guard):
            self.bench.cancel()
            return
        run = self.bench.run
        assert run is not None
        self.decide_all(0)
        before = [sorted(content(entry.image) for entry in side.entries.values()) for side in self.bench.sides]
        private = any(entry.image.private for side in self.bench.sides for entry in side.entries.values())
        self.ok()
        if self.bench.run is not None or private:
            return
        try:
            self.bench.undo(run.id)
        except ApiProblem:
            return
        if not self.bench.waits():
            return
        if any(op.adopted for op in self.bench.runs.ops_of(run.id)):
            return  # what was there before the run is not undone by it, and the row says so
        unable = [row for row in self.bench.rows() if row.action is Action.CANNOT_SYNC]
        if any(row.summary.code == "undo.text_erased" for row in unable):
            self.bench.cancel()
            return  # it was private once, so its text was not kept, and the row says so
        if unable:
            self.watch.broken("P31", f"nothing happened since, and {len(unable)} rows cannot be undone")
        self.decide_all(0)
        self.ok()
        outcomes = self.bench.runs.outcomes(run.id)
        self.say("undone", len(outcomes))
        if self.bench.run is not None or any(one.result is not Result.APPLIED for one in outcomes.values()):
            return
        after = [sorted(content(entry.image) for entry in side.entries.values()) for side in self.bench.sides]
        if before != after:
            self.watch.broken("P31", f"undo did not restore: {before} / {after}")
        self.watch.verify()

    def ping_pong(self) -> None:
        """P32: a calendar that rewrites what it is sent gets each item once; two that fight are stopped by the brake."""
        stubborn = ((Side.SALESFORCE,), (Side.NOTES,), tuple(Side))[len(self.trace) % 3]
        pairs = [link for link in self.bench.base().links if link.state is LinkState.LINKED and not link.private_seen]
        entries = self.bench.notes.entries
        chosen = next(
            (one for one in pairs if one.notes_key in entries and not entries[one.notes_key].image.private), None
        )
        if chosen is None:
            return
        for side in stubborn:
            self.bench.side(side).rewrite = partial(_pinned, f"{side} decides")
        self.bench.notes.edit(chosen.notes_key, location="Room 2")
        before = dict(self.watch.writes_by_key)
        for _ in range(2 * SAME_VALUE_AT_MOST + 4):
            self.start()
            if not self.bench.waits():
                break
            self.decide_all(0)
            self.ok()
            self.bench.clock.advance(minutes=13)
        most = 1 if len(stubborn) == 1 else 1 + SAME_VALUE_AT_MOST  # the person's own value, and then theirs
        for name, count in self.watch.writes_by_key.items():
            if count - before.get(name, 0) > most:
                self.watch.broken("P32", f"{name} was written {count - before.get(name, 0)} times and nobody edited it")
        for side in self.bench.sides:
            side.rewrite = None
        self.watch.verify()

    def end(self) -> None:
        """The last look: settled, no ping-pong, and no trace of what was private."""
        try:
            if self.bench.run is not None and self.bench.run.mode is RunMode.UNDO:
                self.bench.cancel()
            self.settle()
            self.ping_pong()
            self.watch.check_traces()
            self.watch.verify()
        finally:
            self.bench.close()


def _pinned(place: str, image: Image) -> Image:
    """What a calendar makes of every meeting that wants each of them in one place."""
    return msgspec.structs.replace(image, location=place)
