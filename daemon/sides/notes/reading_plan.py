"""Decides which details a reading fetches: all of them, or the changed ones plus the oldest twenty-fourth of the rest.

A change of the text alone does not show in Domino's list (notes.md 0), so a manual run reads every detail of the window and an
automatic one reads each at least once in 24 readings (contracts.md 2). The memory is the bookmark: per entry a digest of its
list elements, the number of the reading that last fetched it, and its UID.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from daemon.sides.notes.domino_list import Element
from daemon.sync.appointment import split_notes_key
from daemon.sync.trees import Record

SHARE = 24
_VERSION = 1


@dataclass(slots=True)
class ReadingPlan:
    """``to_read`` names entries; ``untouched`` the keys of those that are left unread this time and still hold."""

    number: int
    digests: dict[str, str]
    last_read: dict[str, int]
    uids: dict[str, str]
    known: dict[str, dict[str, Record]]
    to_read: list[str] = field(default_factory=list)
    untouched: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def make(cls, bookmark: str, entries: Mapping[str, Sequence[Element]], known: Mapping[str, Record]) -> ReadingPlan:
        """The plan for one reading; a bookmark that is empty or not ours asks for everything."""
        number, memory = _read_bookmark(bookmark)
        by_uid: dict[str, dict[str, Record]] = {}
        for key, record in known.items():
            by_uid.setdefault(split_notes_key(key)[0], {})[key] = record
        digests = {entry: _digest(elements) for entry, elements in entries.items()}
        plan = cls(number + 1, digests, {}, {}, by_uid)
        rest: list[tuple[int, str]] = []
        for entry in entries:
            digest, last, uid = memory.get(entry, ("", 0, ""))
            if digest == digests[entry] and uid in by_uid:
                plan.last_read[entry], plan.uids[entry] = last, uid
                rest.append((last, entry))
            else:
                plan.to_read.append(entry)
        rest.sort()
        turn = math.ceil(len(rest) / SHARE)
        plan.to_read += [entry for _, entry in rest[:turn]]
        plan.untouched = {entry: frozenset(by_uid[plan.uids[entry]]) for _, entry in rest[turn:]}
        return plan

    def known_of(self, entry: str) -> Mapping[str, Record]:
        """The stored records of an entry whose handle is its UID."""
        return self.known.get(entry, {})

    def note_read(self, entry: str, uid: str) -> None:
        """Remembers that an entry was fetched; one that could not be read (no UID) is fetched again next time."""
        if uid:
            self.last_read[entry], self.uids[entry] = self.number, uid

    def bookmark(self) -> str:
        """The memory for the next reading."""
        entries = {
            entry: [self.digests[entry], last, self.uids[entry] if self.uids[entry] != entry else ""]
            for entry, last in self.last_read.items()
        }
        return json.dumps({"v": _VERSION, "n": self.number, "e": entries}, separators=(",", ":"), sort_keys=True)


def _digest(elements: Sequence[Element]) -> str:
    return hashlib.blake2b(b"".join(sorted(element.digest for element in elements)), digest_size=9).hexdigest()


def _read_bookmark(bookmark: str) -> tuple[int, dict[str, tuple[str, int, str]]]:
    """(number of the last reading, entry -> (digest, number when read, UID)); nothing for a bookmark that is not ours."""
    try:
        document = json.loads(bookmark) if bookmark else {}
        if document.get("v") != _VERSION:
            return 0, {}
        memory = {
            str(entry): (str(digest), int(last), str(uid) or str(entry))
            for entry, (digest, last, uid) in document["e"].items()
        }
        return int(document["n"]), memory
    except (ValueError, TypeError, KeyError, AttributeError):
        return 0, {}
