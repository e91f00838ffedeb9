"""A person, other programs and misfortune around a bench: every step the simulation and the state machine can take.

Steps take whole numbers, so that a seed or a shrinking test case says everything. After each step the watch is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from daemon.runs.rules_in_force import window
from daemon.sides.contract import SideUnavailable, WrongAccount
from daemon.sync.appointment import differing, item_id
from daemon.sync.base import LinkState
from daemon.sync.projection import canonical, project
from daemon.sync.proposal import Proposal
from daemon.sync.rules import Rules
from shared.models import Choice, Image, OneDecision
from shared.problems import ApiProblem
from shared.states import Action, Answer, Decision, Group, Result, RunMode, RunState, Side
from tests.fakes.engine import CRASH_POINTS, START, ZONE, Bench
from tests.fakes.engine_checks import Broken, Watch, content
from tests.fakes.engine_side import EngineSide
from tests.fakes.memory_side import sentence

SUBJECTS = ("Lunch", "Call", "Visit Example GmbH", "Ä" * 300, " Padded  ")
PLACES = ("", "Room 1", "Room 2", "Phone")
BODIES = ("", "Agenda", "Agenda\r\nLine two ", "Figures")
TIMES = (
    ("2026-03-10T09:00Z", "2026-03-10T10:00Z", False),
    ("2026-03-10T09:10Z", "2026-03-10T10:10Z", False),
    ("2026-03-12T14:00Z", "2026-03-12T15:30Z", False),
    ("2026-03-20", "2026-03-22", True),
    ("2026-05-04T07:00Z", "2026-05-04T08:00Z", False),
    ("2027-08-01T07:00Z", "2027-08-01T08:00Z", False),
    ("2026-04-01", "2026-04-30", True),
)
FIELDS = ("subject", "location", "description", "time", "show_as")
WAYS = ("lose_after", "lose_before", "delay", "cut")
MOST_ITEMS = 9
ROUNDS = 6
"""Runs within which everything must have settled; two where no question has to be asked twice (P3)."""


def rules_of(private: str, protect: bool, conflicts: str = "ask") -> Rules:
    return Rules(
        window(START, ZONE, 30, 365), private=private, protect_formatting=protect, conflicts=conflicts, version="r1"
    )


class World:
    """Everything that can happen to one installation, as numbered steps."""

    def __init__(self, *, keyed: bool, deltas: bool, private: str, protect: bool) -> None:
        self.private = private
        self.protect = protect
        self.bench = Bench(keyed=keyed, deltas=deltas, rules=rules_of(private, protect))
        self.watch = Watch(self.bench)
        self.trace: list[str] = []
        self.deleted: dict[Side, list[tuple[str, Image]]] = {side: [] for side in Side}
        self._count = 0
        self._hidden: set[str] = set()

    def say(self, *words: object) -> None:
        self.trace.append(" ".join(str(word) for word in words))

    def side(self, number: int) -> EngineSide:
        return self.bench.sides[number % 2]

    def key(self, side: EngineSide, number: int) -> str | None:
        keys = list(side.entries)
        return keys[number % len(keys)] if keys else None

    # other programs ------------------------------------------------------------------------------------------------

    def make(self, side_no: int, what: int, when: int) -> None:
        """A new item, as the person makes it in that calendar."""
        side = self.side(side_no)
        if len(side.entries) >= MOST_ITEMS + 6:
            return
        start, end, all_day = self._time(side, when)
        image = Image(subject=SUBJECTS[what % len(SUBJECTS)], starts_at=start, ends_at=end, all_day=all_day)
        key = side.put(image)
        self.say("make", side.side, key)

    def _time(self, side: EngineSide, number: int) -> tuple[str, str, bool]:
        """A time this calendar can hold (Salesforce: two weeks at most)."""
        return TIMES[number % (len(TIMES) - (side.side is Side.SALESFORCE))]

    def twin(self, what: int, when: int) -> None:
        """The same meeting typed into both calendars."""
        for number in range(2):
            self.make(number, what, when)

    def crowd(self, count: int) -> None:
        """Many items at once in Notes, each at its own time."""
        for number in range(count % 14):
            day = 1 + (self._count + number) % 27
            moment = f"2026-06-{day:02}T{8 + (self._count + number) // 27 % 10:02}"
            self.bench.notes.put(Image(subject=f"Series {day}", starts_at=f"{moment}:00Z", ends_at=f"{moment}:30Z"))
        self._count += count % 14
        self.say("crowd", count % 14)

    def edit(self, side_no: int, item: int, field: int, value: int) -> None:
        side = self.side(side_no)
        key = self.key(side, item)
        if key is None:
            return
        self._edit(side, key, field, value)
        self.say("edit", side.side, key, FIELDS[field % len(FIELDS)], value)

    def _edit(self, side: EngineSide, key: str, field: int, value: int) -> None:
        name = FIELDS[field % len(FIELDS)]
        if name == "time":
            start, end, all_day = self._time(side, value)
            side.edit(key, starts_at=start, ends_at=end, all_day=all_day)
        elif name == "show_as":
            shows = ("busy", "free", "tentative" if side.side is Side.NOTES else "out_of_office")
            side.edit(key, show_as=shows[value % 3])
        elif side.entries[key].image.private:
            side.edit(key, **{name: self._canary(side)})
        else:
            chosen = {"subject": SUBJECTS, "location": PLACES, "description": BODIES}[name]
            side.edit(key, **{name: chosen[value % len(chosen)]})

    def _canary(self, side: EngineSide) -> str:
        self._count += 1
        word = f"Kanarie{self._count:04}q"
        if self.private != "carry":
            self.watch.canaries[word] = side.side
        return word

    def same_edit(self, item: int, field: int, value: int) -> None:
        """The same change on both sides of a linked pair."""
        links = [link for link in self.bench.base().links if link.state is LinkState.LINKED]
        if not links:
            return
        link = links[item % len(links)]
        for side in self.bench.sides:
            if link.key(side.side) in side.entries:
                self._edit(side, link.key(side.side), field % 4, value)
        self.say("same edit", link.id, field % 4, value)

    def touch(self, side_no: int, item: int) -> None:
        side = self.side(side_no)
        key = self.key(side, item)
        if key is not None:
            side.touch(key)
            self.say("touch", side.side, key)

    def remove(self, side_no: int, item: int) -> None:
        side = self.side(side_no)
        key = self.key(side, item)
        if key is not None:
            self.deleted[side.side].append((key, side.entries[key].image))
            side.remove(key)
            self.say("remove", side.side, key)

    def remove_many(self, side_no: int) -> None:
        side = self.side(side_no)
        for key in list(side.entries)[:8]:
            self.deleted[side.side].append((key, side.entries[key].image))
            side.remove(key)
        self.say("remove many", side.side)

    def wipe(self, side_no: int, confirm: int) -> None:
        """Eight items are deleted at once and everything is approved, with or without the number."""
        self.bench.clock.advance(minutes=13)
        self.remove_many(side_no)
        for _ in range(2):
            self.start()
        self.decide_all(0)
        self.ok(confirm % 2)

    def restore(self, side_no: int, item: int) -> None:
        side = self.side(side_no)
        # An item whose id a link still carries (it was re-created under another key) is a case of its own:
        # tests/simulation/test_known.py.
        taken = {link.id for link in self.bench.base().links}
        gone = [
            (key, image)
            for key, image in self.deleted[side.side]
            if key not in side.entries and item_id(self.bench.pairing(), side.side, key) not in taken
        ]
        if gone:
            key, image = gone[item % len(gone)]
            side.restore(key, image)
            self.watch.restored.add(key)
            self.say("restore", side.side, key)

    def hide(self, side_no: int, item: int) -> None:
        """Mark an item private and write into it what nobody else may ever read."""
        side = self.side(side_no)
        key = self.key(side, item)
        if key is not None and not side.entries[key].image.private:
            self._hidden.add(key)
            side.edit(
                key,
                private=True,
                subject=self._canary(side),
                location=self._canary(side),
                description=self._canary(side),
            )
            self.say("hide", side.side, key)

    def publish(self, side_no: int, item: int) -> None:
        side = self.side(side_no)
        key = self.key(side, item)
        if key is not None and side.entries[key].image.private:
            side.edit(key, private=False, subject="Call", location="", description="")
            self.say("publish", side.side, key)

    # misfortune ----------------------------------------------------------------------------------------------------

    def network(self, side_no: int, skip: int, way: int) -> None:
        """One of the next writes goes wrong."""
        side = self.side(side_no)
        side.network.next = ["ok"] * (skip % 3) + [WAYS[way % len(WAYS)]]
        self.say("network", side.side, side.network.next)

    def arrive(self, side_no: int, number: int) -> None:
        side = self.side(side_no)
        if side.arrive(number):
            self.say("arrive", side.side)

    def lag(self, side_no: int, item: int, absent: int) -> None:
        """The listing goes on showing what was, or nothing at all."""
        side = self.side(side_no)
        key = self.key(side, item)
        if key is not None:
            side.lag(key, None if absent % 2 else side.entries[key])
            self.say("lag", side.side, key, absent % 2)

    def vanish(self, side_no: int, item: int) -> None:
        """A row drops out of the listing and nothing can be told of it by its id."""
        side = self.side(side_no)
        key = self.key(side, item)
        if key is not None:
            side.faults.hidden.add(key)
            side.faults.unclear.add(key)
            self.say("vanish", side.side, key)

    def cut_listing(self, side_no: int) -> None:
        """The listing stops short: the second half is missing and it says so."""
        side = self.side(side_no)
        side.faults.incomplete = True
        keys = list(side.entries)
        side.faults.hidden.update(keys[len(keys) // 2 :])
        self.say("cut listing", side.side)

    def away(self, side_no: int, call: int) -> None:
        side = self.side(side_no)
        name = ("observe", "look", "write", "find_created")[call % 4]
        side.faults.fail[name] = SideUnavailable(sentence("Away."))
        self.say("away", side.side, name)

    def refuse(self, side_no: int, item: int) -> None:
        side = self.side(side_no)
        key = self.key(side, item)
        if key is not None:
            side.faults.refuse[key] = "No."
            self.say("refuse", side.side, key)

    def rewrite(self, side_no: int, how: int) -> None:
        """A before-save trigger that trims, or one that puts something in front."""
        side = self.side(side_no)
        side.rewrite = (None, _trimmed, _prefixed)[how % 3]
        self.say("rewrite", side.side, how % 3)

    def recover(self) -> None:
        for side in self.bench.sides:
            side.catch_up()
            side.faults.refuse.clear()
            side.faults.fail.clear()
            side.network.next.clear()
        self.say("recover")

    def crash(self, point: int, occurrence: int) -> None:
        """The process will end at a point of the next work it does."""
        name = CRASH_POINTS[point % len(CRASH_POINTS)] if point % 3 else "*"
        self.bench.crash_next(name, 1 + occurrence % (40 if name == "*" else 2))
        self.say("crash at", name, occurrence)

    def restart(self) -> None:
        self.bench.restart()
        self.say("restart")
        self._after_run()

    def lose_database(self) -> None:
        """P28: an empty state deletes nothing and doubles nothing that is exactly the same on both sides."""
        self.bench.crash_plan = None
        for side in self.bench.sides:
            side.network.under_way.clear()
            if not side.keyed:
                side.created_by.clear()  # from here on only the person can tell whose copy is whose
        self.bench.lose_database()
        self.say("lose database")
        run = self.bench.start()
        for row in self.bench.rows():
            if any(write.kind == "delete" for one in row.settlements[:1] if one for write in one.writes):
                self.watch.broken("P28", f"{row.action} is proposed without a base")
        self.say("first run", run.state if run else "ended", [str(row.action) for row in self.bench.rows()])
        self._after_run()

    def switch_account(self) -> None:
        """P34: another calendar answers under the same settings: the run stops, and nothing at all is sent."""
        if self.bench.run is not None and self.bench.run.mode is RunMode.UNDO:
            return
        connections, before = self.bench.connections, self._sent()
        connections.refuse = WrongAccount(sentence("Another calendar answers."))
        self.bench.start()
        connections.refuse = None
        if self._sent() != before:
            self.watch.broken("P34", "something was written to another account")
        self.say("switch account", self._screen())
        self._after_run()

    def clock(self, by: int) -> None:
        steps = (timedelta(seconds=2), timedelta(minutes=3), timedelta(minutes=13), timedelta(hours=25))
        self.bench.clock.now += steps[by % len(steps)]
        self.say("clock", by % len(steps))

    def resize_window(self, past: int, future: int) -> None:
        """P20: a smaller window plans nothing by itself."""
        self.bench.past_days = (30, 3, 90)[past % 3]
        self.bench.future_days = (365, 10, 700)[future % 3]
        self.say("window", self.bench.past_days, self.bench.future_days)

    # the person at the program ---------------------------------------------------------------------------------------

    def start(self, mode: int = 0) -> None:
        before = self._sent()
        run = self.bench.run
        if run is not None and run.mode is RunMode.UNDO:
            return
        self.bench.start(RunMode.AUTOMATIC if mode % 4 == 3 else RunMode.MANUAL)
        if self._sent() != before:
            self.watch.broken("P13", "comparing wrote to a calendar")
        self.say("start", self._screen())
        self._after_run()

    def _sent(self) -> int:
        return sum(len(side.requests) for side in self.bench.sides)

    def _screen(self) -> str:
        rows = ", ".join(f"{row.action}:{row.notes_key}:{row.salesforce_key}" for row in self.bench.rows())
        return f"[{rows}]" if self.bench.waits() else "ended"

    def _after_run(self) -> None:
        self.watch.check_state()
        self.watch.check_plan()
        self.watch.verify()

    def decide(self, row_no: int, choice_no: int) -> None:
        """One choice of one row's menu."""
        if not self.bench.waits() or not self.bench.rows():
            return
        row = self.bench.rows()[row_no % len(self.bench.rows())]
        if not row.choices:
            return
        one = decision_for(row, row.choices[choice_no % len(row.choices)])
        if one is None:
            return
        self.bench.decide([one])
        self.say("decide", row.action, one.decision, one.answer)

    def decide_all(self, pick: int) -> None:
        """Every row gets something that is carried out."""
        if self.bench.waits():
            self.bench.decide(filter(None, (carried_out(row, pick) for row in self.bench.rows())))
            self.say("decide all", pick)

    def ok(self, confirm: int = 1, late_edit: int = 0) -> None:
        """Ok; ``late_edit`` > 0: somebody edits an item in the very moment before a write."""
        if not self.bench.waits():
            return
        self.watch.approve()
        if late_edit:
            self._edit_in_the_gap(late_edit)
        before = [len(side.requests) for side in self.bench.sides]
        review = self.bench.review
        assert review is not None
        number = review.deletions() if confirm else None
        guard = self.bench.run.guard if self.bench.run else None
        if guard is not None and guard.confirm == "confirm_deletions" and confirm:
            number = number or guard.numbers["deletions"]
        moves = guard.numbers.get("count", guard.numbers.get("items")) if guard and confirm else None
        try:
            self.bench.ok(number, moves)
        except ApiProblem as problem:
            self.say("ok refused", problem.name)
            if self._sent() != sum(before):
                self.watch.broken("P19", "a refused Ok wrote")
        for side, sent in zip(self.bench.sides, before, strict=True):
            side.faults.before_write = None
            self.say("sent", side.side, [f"{one.write.kind}:{one.write.key}" for one in side.requests[sent:]])
        self.watch.check_guards(bool(confirm), before)
        self._after_run()

    def _edit_in_the_gap(self, number: int) -> None:
        side = self.side(number)
        key = self.key(side, number // 2)
        if key is None:
            return

        def edit() -> None:
            if key in side.entries and not side.entries[key].image.private:
                self.watch.gap.add(key)
                side.edit(key, location=f"Late {number % 7}")

        side.faults.before_write = edit
        self.say("late edit", side.side, key)

    def sync(self, pick: int, late_edit: int = 0) -> None:
        """The usual evening: start, say yes to everything (``pick`` 0: what is recommended), Ok."""
        self.start()
        self.decide_all(pick)
        self.ok(1, late_edit)

    def furnish(self, count: int, pick: Callable[[], int]) -> None:
        """A calendar that is already in use: some meetings, brought over before the story begins."""
        for _ in range(count):
            self.make(pick(), pick(), pick())
        self.sync(0)
        self.bench.clock.advance(minutes=13)

    def cancel(self) -> None:
        self.bench.cancel()
        self.say("cancel")

    def rearm(self, number: int) -> None:
        ignores = self.bench.base().ignores
        if ignores:
            self.bench.links.drop_ignore(self.bench.pairing(), ignores[number % len(ignores)].id)
            self.say("rearm")

    def undo_last(self) -> None:
        """P31: the inverse of the last run puts both calendars back as they were before it."""
        if self.bench.run is not None:
            return
        ended = self.bench.runs.newest(1)
        if not ended:
            return
        try:
            self.bench.undo(ended[0].id)
        except (ApiProblem, SideUnavailable) as problem:
            self.say("undo refused", type(problem).__name__)
            return
        self.say("undo", self._screen())
        self._after_run()

    # settling ------------------------------------------------------------------------------------------------------

    def settle(self, *, approve_link: bool = False) -> None:
        """P3 and P4: with everything healed and everything approved, both agree soon, and then nothing more is written."""
        self._heal()
        rounds = unread = 0
        while True:
            self.start()
            if not self.bench.waits():
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
            if self.private != "carry" and {link.notes_key, link.salesforce_key} & self._hidden:
                continue  # "leave the copy" takes an edit of that moment for settled: tests/simulation/test_known.py
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
        stuck = [row for row in self.bench.rows() if row.action is Action.CANNOT_SYNC]
        if stuck:
            self.watch.broken("P31", f"nothing happened since, and {len(stuck)} rows cannot be undone")
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

    def end(self) -> None:
        """The last look: settled, and no trace of what was private."""
        try:
            if self.bench.run is not None and self.bench.run.mode is RunMode.UNDO:
                self.bench.cancel()
            self.settle()
            self.watch.check_traces()
            self.watch.verify()
        finally:
            self.bench.close()


def _trimmed(image: Image) -> Image:
    return msgspec.structs.replace(image, subject=image.subject.strip(), description=image.description.strip())


def _prefixed(image: Image) -> Image:
    subject = image.subject if image.subject.startswith("[X] ") else f"[X] {image.subject}"
    return msgspec.structs.replace(image, subject=subject[:255])


def decision_for(row: Proposal, choice: Choice) -> OneDecision | None:
    """The decision that takes this entry of the menu; fields are chosen alternately."""
    fields = None
    if choice.decision is Decision.CHOOSE_FIELDS:
        if row.frame is None:
            return None
        open_fields = [one.group for one in row.fields if one.state == "conflict"]
        fields = {group: (Side.SALESFORCE, Side.NOTES)[number % 2] for number, group in enumerate(open_fields)}
        if not fields:
            return None
    one = OneDecision(
        change=row.id,
        revision=row.revision,
        decision=choice.decision,
        answer=choice.answer,
        candidate=choice.candidate,
        fields=fields,
    )
    try:
        from daemon.runs.review import check_offered

        check_offered(row, one)
    except ApiProblem:
        return None
    return one


def carried_out(row: Proposal, pick: int) -> OneDecision | None:
    """An entry of the menu that Ok carries out (approve first); None for a row that only can be ignored."""
    offered: Sequence[Choice] = [
        choice for choice in row.choices if choice.decision.writes and choice.decision is not Decision.CHOOSE_FIELDS
    ]
    if not offered:
        return None
    recommended = [choice for choice in offered if choice.recommended or choice.decision is Decision.APPROVE]
    chosen = offered[pick % len(offered)] if pick or not recommended else recommended[0]
    if chosen.answer is Answer.PAIR and chosen.candidate is None:
        return None
    return decision_for(row, chosen)


Step = Callable[..., Any]
__all__ = ["Broken", "Step", "World"]
