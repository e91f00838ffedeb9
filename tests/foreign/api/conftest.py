"""schemathesis in an environment of its own, and the whole house with a run that waits for review."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from shared.models import OneDecision
from shared.states import Decision

ROOT = Path(__file__).resolve().parents[3]
PINS = ROOT / "packaging" / "requirements" / "foreign-schemathesis.txt"
sys.path.insert(0, str(ROOT / "tests" / "end_to_end"))
from house import a_house  # noqa: E402 - test folders are no packages

if TYPE_CHECKING:
    from house import House


@pytest.fixture(scope="session")
def schemathesis(foreign_cache: Path) -> Path:
    """The program; its environment is made anew when the pins change (next to our own libraries it breaks them)."""
    folder, uv = foreign_cache / "schemathesis", str(Path(sys.executable).with_name("uv"))
    ready, pins = folder / ".ready", PINS.read_text("utf-8")
    with FileLock(foreign_cache / "schemathesis.lock"):
        if not ready.exists() or ready.read_text("utf-8") != pins:
            python = str(folder / "bin" / "python")
            make = [uv, "venv", "-q", "--clear", "--python", sys.executable, str(folder)]
            install = [uv, "pip", "install", "-q", "--require-hashes", "--python", python, "-r", str(PINS)]
            subprocess.run(make, check=True, timeout=60)
            subprocess.run(install, check=True, timeout=300)
            ready.write_text(pins, "utf-8")
    return folder / "bin" / "schemathesis"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Both sandboxes with the demo's calendars; one run in the history with ignored rows, another one waiting."""
    with a_house(tmp_path_factory.mktemp("judged") / "home", "--seed", "demo") as built:
        built.sync()
        run = built.client.status().run
        assert run is not None
        rows = built.client.every_change(run.id)
        ignorable = [
            row
            for row in rows
            if any(one.decision is Decision.IGNORE_FOREVER for one in row.choices) and not row.series
        ][:12]
        assert len(ignorable) == 12
        taken = tuple(
            OneDecision(change=row.id, revision=row.revision, decision=Decision.IGNORE_FOREVER) for row in ignorable
        )
        built.client.decide(run.id, taken)
        built.run("apply", "--wait", expect=None)
        built.sync()
        waiting = built.client.status().run
        assert waiting is not None
        assert waiting.state.value == "awaiting_review"
        yield built
