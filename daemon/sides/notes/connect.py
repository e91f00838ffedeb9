"""Makes the Notes side that the settings name: a Domino server, an .ics file or address, a folder of them, or CalDAV."""

from __future__ import annotations

from daemon.sides.contract import Side
from daemon.sides.notes.caldav import CaldavSide
from daemon.sides.notes.domino import DominoSide
from daemon.sides.notes.ics_files import IcsFileSide
from daemon.sides.notes.ics_folder import IcsFolderSide
from shared.texts import text

KINDS = ("domino", "ics_file", "ics_folder", "caldav")


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
    if kind == "caldav":
        return CaldavSide(url, user, password, calendar, zone=zone, ca_file=ca_file, allow_http=allow_http)
    raise ValueError(text("notes.kind_unknown", kind=kind).text)
