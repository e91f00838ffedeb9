"""Rules of the house that a program can check: the map in the README, sizes, docstrings, no addresses of registries."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT / "tests") not in sys.path:
    sys.path.insert(0, str(ROOT / "tests"))

from readme_map import first_line, written  # noqa: E402

SOURCES = sorted(path for top in ("shared", "daemon", "tray_client") for path in (ROOT / top).rglob("*.py"))
PAGE = sorted((ROOT / "daemon" / "page").glob("*.js"))
FORBIDDEN_WORDS = re.compile(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError")
REGISTRIES = re.compile(
    "|".join(["pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npmjs", "deb" + r"\.debian"])
)


def test_the_generated_parts_of_the_readme_are_true() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert written(readme) == readme, "run: python tests/readme_map.py"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_module_is_small_and_says_what_it_is(path: Path) -> None:
    text = path.read_text("utf-8")
    assert first_line(path), "the first line of the docstring is the module's entry in the README"
    assert len(text.splitlines()) <= 350
    assert not FORBIDDEN_WORDS.search(text)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno <= 60, f"{node.name} is too long"


@pytest.mark.parametrize("path", PAGE, ids=lambda path: path.name)
def test_a_page_module_is_small_and_never_writes_markup(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 350
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text)


def test_no_file_names_a_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found = []
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        text_file = path.suffix in {".py", ".js", ".md", ".toml", ".txt", ".yml", ".yaml", ".json", ".sh"}
        if text_file and path.is_file() and REGISTRIES.search(path.read_text("utf-8", errors="replace")):
            found.append(name)
    assert found == []


def test_the_top_level_is_the_agreed_one() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tops = {name.split("/")[0] for name in listed.split("\0") if name}
    allowed = {
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "Makefile",
        "daemon",
        "tray_client",
        "shared",
        "tests",
        "packaging",
    }
    assert {top for top in tops if not top.startswith(".")} <= allowed
    assert not (ROOT / "packaging" / "__init__.py").exists()
