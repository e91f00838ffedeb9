"""The kinds of Notes connections that the settings can name."""

from __future__ import annotations

import pytest

from daemon.sides.notes.caldav import CaldavSide
from daemon.sides.notes.connect import connect
from daemon.sides.notes.domino import DominoSide
from daemon.sides.notes.ics_files import IcsFileSide
from daemon.sides.notes.ics_folder import IcsFolderSide


@pytest.mark.parametrize(
    ("kind", "side"),
    [("domino", DominoSide), ("ics_file", IcsFileSide), ("ics_folder", IcsFolderSide), ("caldav", CaldavSide)],
)
def test_each_kind_has_its_side(kind: str, side: type) -> None:
    assert isinstance(connect(kind, "/tmp/x", "user", "password", zone="Europe/Berlin"), side)


@pytest.mark.parametrize("kind", ["exchange", ""])
def test_another_kind_is_refused_with_what_there_is(kind: str) -> None:
    with pytest.raises(ValueError, match="choose domino, ics_file, ics_folder or caldav"):
        connect(kind, "x", "user", "password", zone="Europe/Berlin")
