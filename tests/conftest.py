"""Rules for every test: no skips in CI, the sample data is there, the same examples each time, long stories only for make soak.

A run of ``make test`` must say the same twice: Hypothesis draws its examples from the test itself. New ones are looked for with
DAYBRIDGE_RANDOM=1 (``make soak``).
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("random", database=None)
settings.load_profile("random" if os.environ.get("DAYBRIDGE_RANDOM") else "same")

IN_CI = os.environ.get("CI", "") not in ("", "0", "false")


LONG_FILES = ("properties", "crash", "simulation", "model", "end_to_end", "page", "tray", "daemon/cli")
"""Folders with files that take minutes: handed out first, so that no worker is left alone with one at the end."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long files first; the tests marked soak are left to ``-m soak``: deselected, not skipped, as nobody asked for them."""
    places = [Path(__file__).parent / name for name in LONG_FILES]
    items.sort(
        key=lambda item: next((n for n, place in enumerate(places) if item.path.is_relative_to(place)), len(places))
    )
    if "soak" in str(config.getoption("markexpr")):
        return
    long = [item for item in items if item.get_closest_marker("soak") is not None]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where nothing may be skipped."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.longrepr = f"{item.nodeid} was skipped, and in CI nothing may be: {reason}"
    return report


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of sample data (``$DAYBRIDGE_SAMPLES`` or ``../shared/data``); skips where it is absent."""
    given = os.environ.get("DAYBRIDGE_SAMPLES")
    folder = Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"the sample data is not at {folder}; set DAYBRIDGE_SAMPLES")
    return folder
