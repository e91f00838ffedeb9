"""Makes Debian's PyGObject visible in this environment: one symbolic link, nothing to compile (machine.md 2).

Run with the environment's own interpreter: ``.venv/bin/python packaging/linux/link_gi.py``. Exit code 0 when ``import gi`` works
afterwards, else 1 with one sentence. The system interpreter must be of the same minor version.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

SYSTEM_PYTHON = "/usr/bin/python3"
ASK = "import gi, sys; print(gi.__path__[0]); print('%d.%d' % sys.version_info[:2])"


def works() -> bool:
    """Whether this environment imports gi with GTK 3 (in a fresh process: a failed import leaves traces)."""
    probe = "import gi; gi.require_version('Gtk', '3.0')"
    return subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False).returncode == 0


def link() -> str:
    """Link it; returns a sentence that says what is missing, or an empty string."""
    if works():
        return ""
    if shutil.which(SYSTEM_PYTHON) is None:
        return f"{SYSTEM_PYTHON} is missing, so the tray icon cannot show a menu here."
    asked = subprocess.run([SYSTEM_PYTHON, "-c", ASK], capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        return "Debian's python3-gi is missing: apt-get install python3-gi gir1.2-gtk-3.0"
    folder, version = asked.stdout.split()
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    if version != own:
        return f"{SYSTEM_PYTHON} is Python {version}, this environment is {own}: its python3-gi cannot be used."
    place = Path(sysconfig.get_paths()["purelib"]) / "gi"
    with contextlib.suppress(FileExistsError):
        os.symlink(folder, place)
    return "" if works() else "python3-gi is there, but GTK 3 is not: apt-get install gir1.2-gtk-3.0"


if __name__ == "__main__":
    complaint = link()
    if complaint:
        print(complaint, file=sys.stderr)
    sys.exit(1 if complaint else 0)
