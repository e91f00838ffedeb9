"""jsforce, installed into the cache folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

JSFORCE = "3.10.26"


@pytest.fixture(scope="session")
def jsforce(npm_folder: Callable[[str, str], Path]) -> Path:
    """A folder whose node_modules hold jsforce."""
    return npm_folder("jsforce", JSFORCE)
