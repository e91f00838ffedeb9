"""A person at the program: starts, decides, says Ok, cancels, undoes; after each step the watch is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from daemon.runs.review import check_offered
from daemon.sides.contract import SideUnavailable, WrongAccount
from daemon.sync.proposal import Proposal
from shared.models import Choice, OneDecision
from shared.problems import ApiProblem
from shared.states import Action, Answer, Decision, RunMode, Side
from tests.fakes.engine_surroundings import Surroundings
from tests.fakes.memory_side import sentence


class Person(Surroundings):
    """What one does with the program, as numbered steps."""

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
        ended = self.bench.coordinator.last_ended
        if ended is not None and ended.because is not None and ended.because.code == "run.internal":
            self.watch.broken("engine", self.bench.log.lines[-1])
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
        for row, settlement in self.bench.chosen():
            said = [salesforce_key for _, salesforce_key in settlement.kept_apart]
            if row.action is Action.QUESTION and settlement.link_state is not None:
                said.append(settlement.salesforce_key)
            for salesforce_key in said:  # the person says whose it is, or whose it is not, and may be wrong
                self.bench.salesforce.created_by.pop(salesforce_key, None)
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

    def astray(self, side_no: int, what: int, when: int, way: int, how: int, later: int) -> None:
        """A create whose request or answer goes astray on its way to a calendar that may rewrite what it is sent."""
        self.recover()
        self.rewrite(1 - side_no % 2, how)
        self.make(side_no, what, when)
        self.network(1 - side_no % 2, 0, way)
        self.sync(0)
        self.bench.clock.advance(minutes=(0, 3, 13)[later % 3])
        self.sync(0)
        self.arrive(1 - side_no % 2, 0)
        self.sync(0)

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

    # what befalls the whole installation

    def wipe(self, side_no: int, confirm: int) -> None:
        """Eight items are deleted at once and everything is approved, with or without the number."""
        self.bench.clock.advance(minutes=13)
        self.remove_many(side_no)
        for _ in range(2):
            self.start()
        self.decide_all(0)
        self.ok(confirm % 2)

    def restart(self) -> None:
        self.bench.restart()
        self.say("restart")
        self._after_run()

    def take_backup(self) -> None:
        """Somebody copies the state folder."""
        self._backup = self.bench.backup()
        self.say("backup")

    def restore_backup(self) -> None:
        """An old copy of the state folder is put back: what was decided and written since is forgotten."""
        if not self._backup:
            return
        self._forget(self._backup)
        self.say("restore backup")
        self.bench.drive(self.bench.take_up())
        self._after_run()

    def _forget(self, backup: bytes = b"") -> None:
        self.bench.crash_plan = None
        self.watch.origins.clear()
        for side in self.bench.sides:
            side.network.under_way.clear()
            if not side.keyed:
                side.created_by.clear()  # from here on only the person can tell whose copy is whose
        self.bench.lose_database(backup)

    def lose_database(self) -> None:
        """P28: an empty state deletes nothing and doubles nothing that is exactly the same on both sides."""
        self._forget()
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
