"""Every sentence the program asks for is in the catalogue, and every one in the catalogue can be asked for."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from shared.texts import CATALOGUE, text

ROOT = Path(__file__).resolve().parents[2]
USED = re.compile(r"""\btext\(\s*"([a-z_]+\.[a-z_0-9.]+)\"""")


def used_codes() -> list[tuple[str, str]]:
    found = []
    for folder in ("daemon", "shared", "tray_client"):
        for path in (ROOT / folder).rglob("*.py"):
            found += [(str(path.relative_to(ROOT)), code) for code in USED.findall(path.read_text("utf-8"))]
    return found


def test_every_code_in_the_source_is_in_the_catalogue() -> None:
    codes = used_codes()
    assert len(codes) > 50
    missing = [(path, code) for path, code in codes if code not in CATALOGUE]
    assert missing == []


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_a_sentence_has_names_for_its_gaps_and_an_end(code: str) -> None:
    template = CATALOGUE[code]
    names = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
    assert all(names), "a gap without a name cannot be translated"
    assert template == template.strip()


def test_a_code_that_nobody_wrote_is_a_fault() -> None:
    with pytest.raises(KeyError):
        text("no.such_code")
