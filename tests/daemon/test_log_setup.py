"""The log: in a file, in UTC, without what an exception may carry of a calendar."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from daemon.log_setup import set_up

CANARY = "canary-4711"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_our_own_lines_and_others_warnings_are_kept(tmp_path: Path) -> None:
    """Catches: an empty log, or one flooded (and told about people) by libraries that log addresses."""
    path = tmp_path / "logs" / "daemon.log"
    set_up(path)
    logging.getLogger("daemon.runs.coordinator").info("a run ended")
    logging.getLogger("some.library").info("chatter")
    logging.getLogger("aiohttp.access").warning("GET /mail/%s.nsf", CANARY)
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) == 1 and lines[0].endswith("INFO daemon.runs.coordinator: a run ended")
    assert lines[0][10] == "T" and lines[0][19] == "Z"


def test_an_exception_is_logged_with_its_place_but_not_with_its_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Catches: a subject in the log, because an exception's message quotes what could not be understood."""
    path = tmp_path / "daemon.log"
    set_up(path)
    try:
        try:
            int(CANARY)
        except ValueError as first:
            raise KeyError(CANARY) from first
    except KeyError:
        logging.getLogger("daemon.runs.coordinator").exception("comparing failed")
    text = path.read_text("utf-8")
    assert CANARY not in text and CANARY not in capsys.readouterr().err
    assert "KeyError" in text and "ValueError" in text
    assert "test_log_setup.py" in text and "comparing failed" in text
