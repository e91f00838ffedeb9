"""The review page's files, each listed by name with its media type: nothing else of the folder is ever served."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}

PAGE_FILES: tuple[str, ...] = (
    "index.html",
    "accounts_view.js",
    "api.js",
    "app.js",
    "base.css",
    "detail_pane.js",
    "dialog.js",
    "doctor_view.js",
    "dom.js",
    "find_view.js",
    "frame.css",
    "header.js",
    "history_view.js",
    "icon.svg",
    "icons.js",
    "ignored_view.js",
    "menu.js",
    "ok_flow.js",
    "panes.css",
    "run_rows.js",
    "settings_view.js",
    "state.js",
    "summary.css",
    "summary_filters.js",
    "summary_footer.js",
    "summary_keys.js",
    "summary_model.js",
    "summary_table.js",
    "summary_view.js",
    "sync_view.js",
    "times.js",
    "words.js",
)
"""Public: they hold no data. ``index.html`` is served at ``/``, the others at ``/NAME``."""


@dataclass(frozen=True, slots=True)
class PageFile:
    content: bytes
    media_type: str


def load_page(folder: Path) -> dict[str, PageFile]:
    """Request path to file, read once; a listed file that is missing raises FileNotFoundError at the start, not later."""
    files: dict[str, PageFile] = {}
    for name in PAGE_FILES:
        place = folder / name
        address = "/" if name == "index.html" else f"/{name}"
        files[address] = PageFile(place.read_bytes(), _KINDS[place.suffix])
    return files
