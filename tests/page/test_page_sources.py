"""The page's sources: no module builds markup from text, none is long, and nothing is loaded from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from daemon.api.server import PAGE_FOLDER


@pytest.mark.parametrize("script", sorted(PAGE_FOLDER.glob("*.js")), ids=lambda path: path.name)
def test_no_module_builds_markup_from_text(script: Path) -> None:
    told = script.read_text(encoding="utf-8")
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc"
    forbidden = markup + r"|\beval\(|new Function"
    assert re.findall(forbidden, told) == []
    assert len(told.splitlines()) <= 300


@pytest.mark.parametrize("file", sorted(PAGE_FOLDER.glob("*.[jchs]*")), ids=lambda path: path.name)
def test_nothing_comes_from_another_host_and_nothing_is_inline(file: Path) -> None:
    told = file.read_text(encoding="utf-8")
    assert re.findall(r"(?:src|href|url|from|import)\W{1,3}https?://", told) == []
    if file.suffix == ".html":
        assert re.findall(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", told) == []
