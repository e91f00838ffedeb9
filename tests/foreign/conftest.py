"""Other people's clients and servers judge ours; collected only when `make test-foreign` asks for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

collect_ignore_glob = [] if os.environ.get("DAYBRIDGE_FOREIGN") == "1" else ["*"]


@pytest.fixture(scope="session")
def foreign_cache() -> Path:
    """The folder into which the foreign programs are installed; it is never committed."""
    folder = Path(__file__).resolve().parents[2] / ".cache" / "foreign"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
