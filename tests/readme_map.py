"""Writes the README's map of the house from the first line of each module's docstring: ``python tests/readme_map.py``."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
START, END = "<!-- map: written by tests/readme_map.py -->", "<!-- end of map -->"


def first_line(path: Path) -> str:
    """The sentence a module's docstring starts with."""
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    return docstring.split("\n\n")[0].replace("\n", " ").strip()


def house_map() -> str:
    """A list per folder, folders in the order of the architecture."""
    lines: list[str] = []
    for top in ("shared", "daemon", "tray_client"):
        folders = sorted({path.parent for path in (ROOT / top).rglob("*.py")})
        for folder in folders:
            init = folder / "__init__.py"
            title = folder.relative_to(ROOT).as_posix()
            about = f": {first_line(init)}" if init.exists() else ""
            lines += [f"**`{title}/`**{about}", ""]
            lines += [
                f"- `{path.name}`: {first_line(path)}"
                for path in sorted(folder.glob("*.py"))
                if path.name != "__init__.py"
            ]
            lines.append("")
    return "\n".join(lines).rstrip()


def written(readme: str) -> str:
    """The README with the map as it should be."""
    before, _, rest = readme.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n\n{house_map()}\n\n{END}{after}"


def main() -> None:
    path = ROOT / "README.md"
    path.write_text(written(path.read_text("utf-8")), "utf-8")
    sys.stdout.write("README.md: the map is up to date\n")


if __name__ == "__main__":
    main()
