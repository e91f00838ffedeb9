"""Other programs and misfortune around a bench: edits behind the engine's back, lost answers, lagging listings, crashes.

Steps take whole numbers, so that a seed or a shrinking test case says everything.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from daemon.runs.rules_in_force import window
from daemon.sides.contract import SideUnavailable
from daemon.sync.base import LinkState
from daemon.sync.rules import Rules
from shared.models import Image
from shared.states import Side
from tests.fakes.engine import CRASH_POINTS, ZONE, Bench
from tests.fakes.engine_checks import Watch
from tests.fakes.engine_process import START
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


def rules_of(private: str, protect: bool, conflicts: str = "ask") -> Rules:
    return Rules(
        window(START, ZONE, 30, 365), private=private, protect_formatting=protect, conflicts=conflicts, version="r1"
    )


class Surroundings:
    """One installation and the world around it."""

    def __init__(self, *, keyed: bool, deltas: bool, private: str, protect: bool) -> None:
        self.private = private
        self.protect = protect
        self.bench = Bench(keyed=keyed, deltas=deltas, rules=rules_of(private, protect))
        self.watch = Watch(self.bench)
        self.trace: list[str] = []
        self.deleted: dict[Side, list[tuple[str, Image]]] = {side: [] for side in Side}
        self._count = 0
        self._hidden: set[str] = set()
        self._backup = b""

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

    def restore(self, side_no: int, item: int) -> None:
        side = self.side(side_no)
        gone = [(key, image) for key, image in self.deleted[side.side] if key not in side.entries]
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
        """A row drops out of the listing and nothing can be told of it by its id; of every other one never again."""
        side = self.side(side_no)
        key = self.key(side, item)
        if key is not None:
            side.faults.hidden.add(key)
            side.faults.unclear.add(key)
            if item % 2:
                side.faults.lost.add(key)
            self.say("vanish", side.side, key, item % 2)

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
        side.rewrite = (None, _trimmed, prefixed)[how % 3]
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

    def clock(self, by: int) -> None:
        steps = (timedelta(seconds=2), timedelta(minutes=3), timedelta(minutes=13), timedelta(hours=25))
        self.bench.clock.now += steps[by % len(steps)]
        self.say("clock", by % len(steps))

    def resize_window(self, past: int, future: int) -> None:
        """P20: a smaller window plans nothing by itself."""
        self.bench.past_days = (30, 3, 90)[past % 3]
        self.bench.future_days = (365, 10, 700)[future % 3]
        self.say("window", self.bench.past_days, self.bench.future_days)


def _trimmed(image: Image) -> Image:
    return msgspec.structs.replace(image, subject=image.subject.strip(), description=image.description.strip())


def prefixed(image: Image) -> Image:
    """What an org's automation makes of a subject."""
    subject = image.subject if image.subject.startswith("[X] ") else f"[X] {image.subject}"
    return msgspec.structs.replace(image, subject=subject[:255])
