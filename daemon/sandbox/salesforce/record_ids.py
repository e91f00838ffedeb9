"""Record ids: 15 case-sensitive characters plus a three-character suffix that makes them safe to compare in any case."""

from __future__ import annotations

import itertools
import re
from functools import lru_cache

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
#: The part of an id that names the server instance; any three characters will do.
_POD = "5J0"


def suffix(short: str) -> str:
    """Return the three characters that encode which of the fifteen are upper case (five per character)."""
    return _third(short[:5]) + _third(short[5:10]) + _third(short[10:])


@lru_cache(maxsize=4096)
def _third(part: str) -> str:
    return _SUFFIX[sum(1 << k for k, c in enumerate(part) if "A" <= c <= "Z")]


def full_id(given: str) -> str | None:
    """Return the 18-character form of a 15- or 18-character id, or None for anything else.

    An 18-character id in which the case was lost is repaired from its suffix, as Salesforce does.
    """
    if not _SHAPE.fullmatch(given):
        return None
    if len(given) == 15:
        return given + suffix(given)
    mask = [_SUFFIX.find(c) for c in given[15:].upper()]
    if -1 in mask:
        return None
    letters = [c.upper() if mask[n // 5] >> (n % 5) & 1 else c.lower() for n, c in enumerate(given[:15])]
    short = "".join(letters)
    return short + suffix(short)


class IdSource:
    """Gives new ids in rising order, per key prefix."""

    def __init__(self) -> None:
        self._counters: dict[str, itertools.count[int]] = {}

    def new(self, prefix: str) -> str:
        """Return the next 18-character id with this key prefix."""
        number = next(self._counters.setdefault(prefix, itertools.count(1)))
        text = ""
        while number:
            number, digit = divmod(number, 62)
            text = _DIGITS[digit] + text
        short = f"{prefix}{_POD}{text:0>9}"
        return short + suffix(short)
