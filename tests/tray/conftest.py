"""The virtual desktop for the tray tests: skipped with the reason where its programs are missing, a failure in CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tray.desktop import Desktop, Programs, missing_tools
from tests.tray.link_gi import link


def _what_is_missing() -> str:
    if not sys.platform.startswith("linux"):
        return "the virtual screen needs Linux"
    tools = missing_tools()
    if tools:
        return f"not installed: {', '.join(tools)} (packages: tests/tray/packages.txt)"
    return link()


@pytest.fixture(scope="session")
def _tools() -> None:
    missing = _what_is_missing()
    if missing and os.environ.get("CI"):
        pytest.fail(f"in CI the tray tests may not be skipped; {missing}")
    if missing:
        pytest.skip(missing)


@pytest.fixture
def desktop(_tools: None, tmp_path: Path) -> Iterator[Desktop]:
    """An empty screen: no panel, no session bus."""
    screen = Desktop(tmp_path)
    yield screen
    screen.stop()


@pytest.fixture
def panel_desktop(desktop: Desktop) -> Desktop:
    """A screen with a panel for XEmbed icons and a session bus."""
    desktop.start_bus()
    desktop.start_panel()
    return desktop


@pytest.fixture
def programs(tmp_path: Path) -> Callable[[Desktop], Programs]:
    return lambda screen: Programs(screen, tmp_path / "home")
