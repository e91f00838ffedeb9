"""Translates repeat rules of vCalendar 1.0 (`W2 MO WE #10`, `MP1 1+ SU 20270101T000000Z`) into RRULE text.

From the vCalendar 1.0 specification, section "Recurrence Rule Grammar": a letter code with an interval, occurrence lists, and
a duration `#n` (0 = for ever, 2 when absent) or an end date. Rules nested within rules (hours and minutes) are refused.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from daemon.calendars.time_values import BadValue

_FREQUENCIES: Final = {"D": "DAILY", "W": "WEEKLY", "MP": "MONTHLY", "MD": "MONTHLY", "YM": "YEARLY", "YD": "YEARLY"}
_LISTS: Final = {"W": "BYDAY", "MD": "BYMONTHDAY", "YM": "BYMONTH", "YD": "BYYEARDAY"}
_HEAD = re.compile(r"(D|W|MP|MD|YM|YD)(\d{1,4})")
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def translate(text: str, start: datetime) -> str:
    """The RRULE text. `start` gives the month day of a rule that names none. Raises BadValue("bad_rule")."""
    head, *words = text.upper().split() or [""]
    found = _HEAD.fullmatch(head)
    if not found:
        raise BadValue("bad_rule", "The repeat rule of this entry cannot be read: it names no frequency.")
    code, interval = found[1], found[2]
    ends: list[str] = []
    values: list[str] = []
    for word in words:
        if word.startswith("#") and word[1:].isdigit():
            ends.append("" if int(word[1:]) == 0 else f"COUNT={int(word[1:])}")
        elif re.fullmatch(r"\d{8}(T\d{6}Z?)?", word):
            ends.append(f"UNTIL={word}")
        elif re.fullmatch(r"\d{1,3}[+-]?|[A-Z]{2}|LD", word):
            values.append(word)
        else:
            raise BadValue("bad_rule", "The repeat rule of this entry cannot be read: it holds an unknown word.")
    parts = [f"FREQ={_FREQUENCIES[code]}", f"INTERVAL={interval}", *_list_parts(code, values, start)]
    # The specification: without a duration a rule stands for two occurrences.
    return ";".join(part for part in (*parts, *(ends or ["COUNT=2"])) if part)


def _list_parts(code: str, values: list[str], start: datetime) -> list[str]:
    if code == "MP":
        return _month_positions(values)
    if not values:
        return []
    items = ["-1" if word == "LD" else _signed(word) for word in values]
    parts = [f"{_LISTS[code]}={','.join(items)}"] if code in _LISTS else []
    return [*parts, f"BYMONTHDAY={start.day}"] if code == "YM" else parts


def _month_positions(values: list[str]) -> list[str]:
    """`1+ SU 2- MO` means the first Sunday and the last Monday but one."""
    days: list[str] = []
    positions: list[str] = []
    fresh = True
    for word in values:
        if word in _WEEKDAYS:
            days += [f"{position}{word}" for position in positions]
            fresh = True
        else:
            positions = [*([] if fresh else positions), _signed(word)]
            fresh = False
    return [f"BYDAY={','.join(days)}"] if days else []


def _signed(word: str) -> str:
    return f"-{word[:-1]}" if word.endswith("-") else word.rstrip("+")
