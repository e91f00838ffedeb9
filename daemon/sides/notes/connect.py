"""Makes the Notes side that the settings name: a Domino server, one .ics file or address, or a folder of .ics files."""

from __future__ import annotations

from daemon.sides.contract import Side
from daemon.sides.notes.domino import DominoSide
from daemon.sides.notes.ics_files import IcsFileSide
from daemon.sides.notes.ics_folder import IcsFolderSide
from shared.texts import text

KINDS = ("domino", "ics_file", "ics_folder")


def connect(
    kind: str,
    url: str,
    user: str,
    password: str,
    calendar: str = "",
    *,
    zone: str,
    ca_file: str = "",
    allow_http: bool = False,
) -> Side:
    """A side, not yet opened. ``url``: a server's address, or the path of a file or folder. ``zone``: the person's, IANA.

    Raises ValueError with a sentence for a kind that does not exist.
    """
    if kind == "domino":
        return DominoSide(url, user, password, calendar, zone=zone, ca_file=ca_file, allow_http=allow_http)
    if kind == "ics_file":
        return IcsFileSide(url, user, password, zone=zone, ca_file=ca_file, allow_http=allow_http)
    if kind == "ics_folder":
        return IcsFolderSide(url, user, zone=zone)
    raise ValueError(text("notes.caldav_absent" if kind == "caldav" else "notes.kind_unknown", kind=kind).text)
