"""Where the log goes: one rotated file without subjects, attendees, bodies or secrets."""

from __future__ import annotations

import logging
import logging.handlers
import sys
import time
import traceback
from pathlib import Path
from typing import Any

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _Formatter(logging.Formatter):
    converter = staticmethod(time.gmtime)  # log lines of two machines must be comparable

    def formatException(self, ei: Any) -> str:
        """Where each exception of the chain came from and its kind; its words may quote a calendar and stay out."""
        error: BaseException | None = ei[1]
        parts = []
        while error is not None:
            parts.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\ncaused by\n".join(parts)


def set_up(path: Path) -> None:
    """Log to ``path`` (1 MB, five old files) and warnings to stderr.

    Libraries that log request URLs or bodies are kept at WARNING: a Salesforce query or a Domino address may hold a
    person's name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    formatter = _Formatter(FORMAT, "%Y-%m-%dT%H:%M:%SZ")
    file = logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=5, encoding="utf-8", delay=True)
    file.setFormatter(formatter)
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(logging.ERROR)
    screen.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [file, screen]
    root.setLevel(logging.WARNING)
    for library in ("urllib3", "requests", "aiohttp", "simple_salesforce", "asyncio"):
        logging.getLogger(library).setLevel(logging.ERROR)
    logging.getLogger("daemon").setLevel(logging.INFO)
