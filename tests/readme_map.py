"""Writes the generated parts of the README, the map of the house and the decision tables: ``python tests/readme_map.py``."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from daemon.sync.decide import LINKED, UNLINKED, Outcome  # noqa: E402

STATUS_WORDS = {
    "U": "unchanged",
    "E": "edited",
    "X": "cannot be held by the other side",
    "H": "became private",
    "L": "left the window / a filter",
    "D": "deleted, with evidence",
    "?": "unknown",
}
PRESENCE_WORDS = {
    "-": "absent",
    "C": "new",
    "Cx": "new, cannot be held",
    "Cp": "new, private",
    "Co": "new, out of scope",
    "?": "unknown",
}


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


def table(cells: dict[tuple[str, str], tuple[Outcome, ...]], words: dict[str, str]) -> str:
    """A decision table as Markdown: rows are Notes, columns Salesforce."""
    head = "| Notes \\ Salesforce | " + " | ".join(words.values()) + " |"
    lines = [head, "|" + " --- |" * (len(words) + 1)]
    for row, label in words.items():
        found = [" / ".join(one.value for one in cells[(row, column)]) for column in words]
        lines.append(f"| **{label}** | " + " | ".join(found) + " |")
    return "\n".join(lines)


def decision_tables() -> str:
    """Both tables of daemon/sync/decide.py, as the planner reads them."""
    return (
        f"Linked pairs:\n\n{table(LINKED, STATUS_WORDS)}\n\n"
        f"No link yet (two presences in one row match each other):\n\n{table(UNLINKED, PRESENCE_WORDS)}"
    )


PARTS = {"map": house_map, "decisions": decision_tables}
"""Each generated part stands between two comment lines of its name."""


def written(readme: str) -> str:
    """The README with its generated parts as they should be."""
    for name, part in PARTS.items():
        start, end = f"<!-- {name}: written by tests/readme_map.py -->", f"<!-- end of {name} -->"
        before, _, rest = readme.partition(start)
        _, _, after = rest.partition(end)
        readme = f"{before}{start}\n\n{part()}\n\n{end}{after}"
    return readme


def main() -> None:
    path = ROOT / "README.md"
    path.write_text(written(path.read_text("utf-8")), "utf-8")
    sys.stdout.write("README.md: the map is up to date\n")


if __name__ == "__main__":
    main()
