"""The first synchronization of items that exist on both sides: who belongs together, and who only might.

Tiers of sync.md 2.7: our key on the record (1), exact fingerprint, unique (3), the same n to m only where the items are identical
(4), alike but not the same (5, always a question), leftovers (6). Tier 5 asks a little more than sync.md does, because a question
costs a click and a duplicate costs trust: also where one subject begins with the other, and where the same subject stands at
another time of the same day. Tier 2, a finished create in the journal, is settled before
the planner runs. Cost: a dictionary per tier; only items that start within 15 minutes of each other are compared by subject.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from daemon.sync.projection import minute_of
from daemon.sync.trees import Record

NEAR_MINUTES = 15
ALIKE = 0.85
PARTNERS_ASKED = 20
"""How many partners of one fingerprint a question names at most (those nearest in the stable order)."""
TELLING = 8
"""Characters a subject needs to tell a meeting: «Call» alone does not."""
BEGINS_ALIKE = 0.9
"""The likeness of two subjects of which one begins with the other, and of one subject at two times of a day."""
COMPARED_CHARACTERS = 80
"""How much of two subjects is compared letter by letter; the cost grows with the square."""
COMPARED = 40
"""How many items that start within the reach are compared by subject at most, so that a crowded hour costs no minutes."""

Fingerprint = tuple[str, str, str, bool]
Pair = tuple[Record, Record]
"""(Notes record, Salesforce record)."""


@dataclass(slots=True)
class Matches:
    """``linked`` pairs, ``doubtful`` (a Notes record with its possible partners and how alike they are, 0 to 1), leftovers;
    ``waiting``: Notes records that are our copies of what was just given another partner.
    """

    by_key: list[Pair] = field(default_factory=list)
    linked: list[Pair] = field(default_factory=list)
    doubtful: list[tuple[Record, list[tuple[Record, float]]]] = field(default_factory=list)
    notes: list[Record] = field(default_factory=list)
    salesforce: list[Record] = field(default_factory=list)
    waiting: list[Record] = field(default_factory=list)


def folded(subject: str) -> str:
    """A subject as tiers 3 to 5 compare it: NFC, case folded, single blanks."""
    return " ".join(unicodedata.normalize("NFC", subject).casefold().split())


def fingerprint(record: Record) -> Fingerprint:
    """Subject, start, end, all-day."""
    image = record.image
    return (folded(image.subject), image.starts_at, image.ends_at, image.all_day)


def match(
    notes: Iterable[Record],
    salesforce: Iterable[Record],
    identical: Callable[[Record, Record], bool],
    apart: frozenset[tuple[str, str]],
    suspects: frozenset[tuple[str, str]] = frozenset(),
    copies: frozenset[tuple[str, str]] = frozenset(),
) -> Matches:
    """Match the unlinked records of both sides; ``apart`` holds pairs a person answered *keep apart*, ``suspects`` pairs of
    which the event may be the copy that a create without an answer made: those are asked before anything else is tried.
    ``copies`` are pairs of which the Notes entry stands under the key that our copy of the event gets.
    """
    found = Matches()
    rest_n, rest_s = _by_own_key(_sorted(notes), _sorted(salesforce), found)
    if suspects - apart:
        rest_n, rest_s = _by_suspicion(rest_n, rest_s, suspects - apart, apart, found)
    rest_n, rest_s = _by_fingerprint(rest_n, rest_s, identical, apart, found)
    if copies:
        rest_n, rest_s = _by_copies(rest_n, rest_s, sorted(copies), found)
    _by_likeness(rest_n, rest_s, apart, found)
    return found


def _sorted(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda record: (record.image.starts_at, record.key))


def _by_own_key(notes: list[Record], salesforce: list[Record], found: Matches) -> tuple[list[Record], list[Record]]:
    """Tier 1: the record carries the key of a Notes item (or the create key the caller put on the Notes record)."""
    index: dict[str, Record] = {}
    for record in notes:
        index.setdefault(record.key, record)
        if record.foreign_key:
            index.setdefault(record.foreign_key, record)
    used: set[str] = set()
    rest: list[Record] = []
    for record in salesforce:
        partner = index.get(record.foreign_key) if record.foreign_key else None
        if partner is None or partner.key in used:
            rest.append(record)
            continue
        used.add(partner.key)
        found.by_key.append((partner, record))
    return [record for record in notes if record.key not in used], rest


def _by_copies(
    notes: list[Record], salesforce: list[Record], copies: list[tuple[str, str]], found: Matches
) -> tuple[list[Record], list[Record]]:
    """Our own copy by its key, where no exact twin of either was found: an older copy may have come out of the bin.

    An entry whose event got another partner waits: once those two are linked, it is asked about as what it is.
    """
    ours, theirs = {record.key: record for record in notes}, {record.key: record for record in salesforce}
    for notes_key, salesforce_key in copies:
        if notes_key in ours and salesforce_key in theirs:
            found.by_key.append((ours.pop(notes_key), theirs.pop(salesforce_key)))
    for notes_key, _ in copies:
        if notes_key in ours:
            found.waiting.append(ours.pop(notes_key))
    return list(ours.values()), list(theirs.values())


def _by_suspicion(
    notes: list[Record],
    salesforce: list[Record],
    suspects: frozenset[tuple[str, str]],
    apart: frozenset[tuple[str, str]],
    found: Matches,
) -> tuple[list[Record], list[Record]]:
    """Tier 2 where a record cannot be recognised: what may be our copy is asked about, beside an exact twin."""
    there = {record.key: record for record in salesforce}
    of_notes: dict[str, list[Record]] = {}
    for name, key in sorted(suspects):
        if key in there:
            of_notes.setdefault(name, []).append(there[key])
    asked: set[str] = set()
    rest: list[Record] = []
    for record in notes:
        partners = of_notes.get(record.key, [])
        if not partners:
            rest.append(record)
            continue
        known = {partner.key for partner in partners}
        partners = partners + [
            other
            for other in salesforce
            if fingerprint(other) == fingerprint(record)
            and other.key not in known
            and (record.key, other.key) not in apart
        ]
        found.doubtful.append((record, by_likeness(record, partners)[:PARTNERS_ASKED]))
        asked.update(partner.key for partner, _ in found.doubtful[-1][1])
    return rest, [record for record in salesforce if record.key not in asked]


def _by_fingerprint(
    notes: list[Record],
    salesforce: list[Record],
    identical: Callable[[Record, Record], bool],
    apart: frozenset[tuple[str, str]],
    found: Matches,
) -> tuple[list[Record], list[Record]]:
    groups: dict[Fingerprint, tuple[list[Record], list[Record]]] = {}
    for record in notes:
        groups.setdefault(fingerprint(record), ([], []))[0].append(record)
    for record in salesforce:
        groups.setdefault(fingerprint(record), ([], []))[1].append(record)
    rest_n: list[Record] = []
    rest_s: list[Record] = []
    for name in sorted(groups):
        ours, theirs = groups[name]
        if not ours or not theirs:
            rest_n.extend(ours)
            rest_s.extend(theirs)
            continue
        _same_fingerprint(ours, theirs, identical, apart, found, rest_n, rest_s)
    return rest_n, rest_s


def _same_fingerprint(
    notes: list[Record],
    salesforce: list[Record],
    identical: Callable[[Record, Record], bool],
    apart: frozenset[tuple[str, str]],
    found: Matches,
    rest_n: list[Record],
    rest_s: list[Record],
) -> None:
    """One fingerprint: unique on both sides links; n to m links only identical items; what is left with a partner is asked."""
    if len(notes) == 1 and len(salesforce) == 1 and (notes[0].key, salesforce[0].key) not in apart:
        found.linked.append((notes[0], salesforce[0]))
        return
    # In a group where all are identical it does not matter who gets whom; elsewhere nothing is paired without being asked.
    alike = all(identical(n, salesforce[0]) for n in notes) and all(identical(notes[0], s) for s in salesforce)
    free = {s.key: s for s in salesforce}
    asked: set[str] = set()
    for index, record in enumerate(notes):
        if alike:
            partner = next((s for s in free.values() if (record.key, s.key) not in apart), None)
            if partner is not None:
                found.linked.append((record, partner))
                del free[partner.key]
                continue
            rest_n.append(record)
            continue
        near = salesforce[max(0, index - PARTNERS_ASKED // 2) : index + PARTNERS_ASKED // 2]
        partners = [s for s in near if (record.key, s.key) not in apart]
        if not partners:
            rest_n.append(record)
            continue
        found.doubtful.append((record, [(partner, 1.0) for partner in partners]))
        asked.update(partner.key for partner in partners)
    rest_s.extend(s for s in free.values() if s.key not in asked)


def _by_likeness(
    notes: list[Record], salesforce: list[Record], apart: frozenset[tuple[str, str]], found: Matches
) -> None:
    """Tier 5: same day, start within 15 minutes, subjects alike; or the same telling subject at another time of the day."""
    same: dict[tuple[str, str, bool], list[Record]] = {}
    for record in _sorted(salesforce):
        same.setdefault(_subject_of_day(record), []).append(record)
    timed: dict[bool, list[tuple[int, str, Record, str]]] = {True: [], False: []}
    for record in salesforce:
        start = minute_of(record.image.starts_at)
        if start is not None:
            timed[record.image.all_day].append((start, record.key, record, folded(record.image.subject)))
    for some in timed.values():
        some.sort(key=lambda one: one[:2])
    asked: set[str] = set()
    for record in _sorted(notes):
        partners = _near(record, timed[record.image.all_day], apart)
        if not partners and len(folded(record.image.subject)) >= TELLING:
            others = same.get(_subject_of_day(record), ())
            partners = [(other, BEGINS_ALIKE) for other in others if (record.key, other.key) not in apart][
                :PARTNERS_ASKED
            ]
        if partners:
            found.doubtful.append((record, partners))
            asked.update(partner.key for partner, _ in partners)
        else:
            found.notes.append(record)
    found.salesforce.extend(record for record in _sorted(salesforce) if record.key not in asked)


def _subject_of_day(record: Record) -> tuple[str, str, bool]:
    return (folded(record.image.subject), record.image.starts_at[:10], record.image.all_day)


def _near(
    record: Record, others: list[tuple[int, str, Record, str]], apart: frozenset[tuple[str, str]]
) -> list[tuple[Record, float]]:
    start = minute_of(record.image.starts_at)
    if start is None:
        return []
    subject = folded(record.image.subject)
    reach = 0 if record.image.all_day else NEAR_MINUTES
    found: list[tuple[Record, float]] = []
    compared = 0
    for index in range(bisect_left(others, start - reach, key=lambda one: one[0]), len(others)):
        moment, _, other, other_subject = others[index]
        if moment > start + reach:
            break
        same_day = record.image.starts_at[:10] == other.image.starts_at[:10]
        if not same_day or (record.key, other.key) in apart:
            continue
        compared += 1
        if compared > COMPARED:
            break
        score = likeness(subject, other_subject)
        if score >= ALIKE:
            found.append((other, score))
    return sorted(found, key=lambda one: (-one[1], one[0].key))


def by_likeness(record: Record, partners: Iterable[Record]) -> list[tuple[Record, float]]:
    """The partners with how alike their subjects are, however little, the likest first."""
    subject = folded(record.image.subject)
    scored = [(partner, _ratio(subject, folded(partner.image.subject))) for partner in partners]
    return sorted(scored, key=lambda one: (-one[1], one[0].key))


def likeness(left: str, right: str) -> float:
    """How alike two folded subjects are, 0 to 1, the same in both directions."""
    if left == right:
        return 1.0
    shorter, longer = sorted((left, right), key=len)
    if len(shorter) >= TELLING and longer.startswith(f"{shorter} "):
        return BEGINS_ALIKE
    return _ratio(left, right, ALIKE)


def _ratio(left: str, right: str, least: float = 0.0) -> float:
    """How alike two texts are letter by letter, the same in both directions; 0 where it is surely less than ``least``."""
    first, second = sorted((left[:COMPARED_CHARACTERS], right[:COMPARED_CHARACTERS]))
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
        return 0.0
    return round(matcher.ratio(), 3)
